"""From a measured series of best knobs to the curve by which Auto sets the knob."""

from collections.abc import Sequence

import numpy as np

from lib.app.tasks import KnobCurve
from lib.evaluation import knob_curves
from lib.evaluation.measure import fit_curve
from lib.papers.report import Report


def keep_for_auto(
    report: Report, network: str, level_name: str, levels: Sequence[float], knobs: Sequence[float], order: int
) -> None:
    """Fit a polynomial of `order` through the best knob of a network at every level, and store it."""
    knob = report.network(network).knobs[0]
    powers = fit_curve(np.array(levels), np.array(knobs), order).coef
    ends = min(levels), max(levels), min(knob.low, *knobs), max(knob.high, *knobs)
    knob_curves.write_curve(network, report.scale, KnobCurve(knob.name, level_name, tuple(powers), *ends))
