"""From a measured series of best knobs to the curve by which Auto sets the knob."""

from collections.abc import Sequence

import numpy as np

from lib import public
from lib.measure import fit_curve
from lib.reports.common import Report
from lib.tasks import KnobCurve


def keep_for_auto(
    report: Report, network: str, level_name: str, levels: Sequence[float], knobs: Sequence[float], order: int
) -> None:
    """Fit a polynomial of `order` through the best knob of a network at every level, and store it."""
    knob = report.network(network).knobs[0].name
    powers = fit_curve(np.array(levels), np.array(knobs), order).coef
    curve = KnobCurve(knob, level_name, tuple(powers), min(levels), max(levels))
    public.write_curve(network, report.scale, curve)
