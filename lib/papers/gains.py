"""Tests of claims that one thing is better than another, by 95 % intervals over images."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from lib.papers.common import Cell, Verdict
from lib.papers.scores import Scores, listed, surely_above
from lib.recipes import Scale

Test = Callable[[Scale], Verdict]


def all_above(gains: Sequence[Cell], least: float = 0.0) -> Test:
    """Whether every gain is surely above `least`."""

    def test(scale: Scale) -> Verdict:
        scores = [gain.at(scale) for gain in gains]
        if not all(scores):
            return None
        return all(surely_above(s, least) for s in scores), f"gains {listed(scores, gains[0].unit)}"

    return test


def at_paper(test: Test) -> Test:
    """The same of a claim on absolute numbers, or on a comparison with networks of full size: only at the
    paper's own size."""
    smaller = (None, "says nothing of smaller networks")
    return lambda scale: test(scale) if scale == "paper" else smaller


def above_printed(cell: Cell, number: float) -> Cell:
    """By how much, image by image, a cell is above a number that is printed for the whole set."""

    def above(scores: Scores | None) -> Scores | None:
        return {k: value - number for k, value in scores.items()} if scores else None

    printed = None if cell.printed is None else round(cell.printed - number, 4)
    return replace(
        cell,
        printed=printed,
        paper=above(cell.paper),
        compact=above(cell.compact),
        this_run=above(cell.this_run),
    )
