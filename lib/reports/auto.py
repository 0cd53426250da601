"""From a measured series of best knobs to the curve by which Auto sets the knob."""

from collections.abc import Sequence

import numpy as np

from lib import curves
from lib.measure import fit_curve
from lib.reports.common import Report
from lib.tasks import KnobCurve


def keep_for_auto(
    report: Report, network: str, level_name: str, levels: Sequence[float], knobs: Sequence[float], order: int
) -> None:
    """Fit a polynomial of `order` through the best knob of a network at every level, and store it."""
    knob = report.network(network).knobs[0]
    powers = fit_curve(np.array(levels), np.array(knobs), order).coef
    ends = min(levels), max(levels), min(knob.low, *knobs), max(knob.high, *knobs)
    curves.write_curve(network, report.scale, KnobCurve(knob.name, level_name, tuple(powers), *ends))
