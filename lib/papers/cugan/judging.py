"""Verdicts of CUGAN's claims: a difference counts where its whole interval over images lies on one side; a
bound, which is the paper's own largest mean, holds for means."""

from collections.abc import Callable, Sequence

import numpy as np

from lib.evaluation.measure import interval
from lib.papers.common import Cell, Verdict
from lib.papers.scores import Scores, listed, mean, with_interval
from lib.recipes import Scale

Test = Callable[[Scale], Verdict]


def ends(scores: Scores) -> tuple[float, float]:
    """The interval of the mean, in the digits that rows are kept with."""
    low, high = interval(np.array(list(scores.values())))
    return round(low, 4), round(high, 4)


def above(gains: Sequence[Cell], least: int | None = None) -> Test:
    """Whether every gain, or at least so many, is above zero."""

    def test(scale: Scale) -> Verdict:
        scores = [gain.at(scale) for gain in gains]
        if not all(scores):
            return None
        sure = sum(ends(s)[0] > 0 for s in scores)
        return sure >= (least or len(gains)), f"by {listed(scores, gains[0].unit)}"

    return test


def within(losses: Sequence[Cell], most: float) -> Test:
    """Whether no loss is more than this."""

    def test(scale: Scale) -> Verdict:
        scores = [loss.at(scale) for loss in losses]
        if not all(scores):
            return None
        return all(round(mean(s), 4) <= most for s in scores), f"short by {listed(scores, losses[0].unit)}"

    return test


def within_share(pairs: Sequence[tuple[Cell, Cell]], most: float) -> Test:
    """Whether ours exceeds the other by no more than this share of the other's mean."""

    def test(scale: Scale) -> Verdict:
        both = [(ours.at(scale), other.at(scale)) for ours, other in pairs]
        if not all(a and b for a, b in both):
            return None
        shares = [{k: (a[k] - b[k]) / mean(b) for k in a} for a, b in both]
        text = ", ".join(with_interval(share, 3) for share in shares)
        return all(round(mean(s), 4) <= round(most, 4) for s in shares), f"more by a share of {text}"

    return test
