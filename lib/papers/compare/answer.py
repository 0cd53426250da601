"""Which knob one would want: an answer in five sentences, made from what is on record."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lib.evaluation import costs
from lib.papers.compare.costs import recorded
from lib.papers.compare.levels import Grid, losses, measured, with_auto
from lib.papers.compare.subjects import JPEG, NOISE, Rival
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Prose
from lib.training.networks import PUBLISHED

ITEM = "compare-answer"


def answer(report: Report) -> Prose:
    """Return five sentences: who gains most on noise, what Auto loses of it, what a wrong knob costs, the
    same of JPEG, and the time that each takes; of what is not on record, that it is not."""
    noise, jpeg = (
        with_auto(report, measured(report, contest, live=False), live=False) for contest in (NOISE, JPEG)
    )
    scale = report.scale
    return report.prose(
        ITEM,
        f"Against noise {wanted(noise, scale)}.",
        f"Where Auto reads the level off the image and sets the knob, {at_auto(noise, scale)}.",
        f"A knob set for the next level instead {wrong(noise, scale)}.",
        f"Against JPEG {wanted(jpeg, scale)}; a knob set for the next quality {wrong(jpeg, scale)}.",
        times(recorded(report)),
    )


def wanted(grid: Grid, scale: str) -> str:
    """Return whose knob gains most, and what the others gain: dB over the degraded image, in the mean of all
    levels, every knob where it is best."""
    found = {rival: gained for rival in _ours(grid) if (gained := gains(grid, rival, scale))}
    if not found:
        return f"nothing is measured at {scale} scale"
    levels = grid.contest.levels
    ahead = [max(found, key=lambda rival, at=level: found[rival][at]).title for level in levels]
    best, *others = sorted(found, key=lambda rival: -_mean(found[rival]))
    said = f"no knob: {best.title}, blind," if best.knob == "blind" else f"the knob of {best.title}: it"
    where = f"{grid.contest.on(levels[0]).dataset}, {grid.contest.measure} {levels[0]} to {levels[-1]}"
    rest = [f"{rival.title} ({rival.knob}) {_mean(found[rival]):.2f}" for rival in others]
    compared = f", against {_listed(rest)}" if rest else ""
    return (
        f"you would want {said} gains {_mean(found[best]):.2f} dB in the mean of {len(levels)} levels "
        f"({where}), and most at {ahead.count(best.title)} of them{compared}"
    )


def gains(grid: Grid, rival: Rival, scale: str) -> dict[float, float] | None:
    """Return what a network gains at its best at every level; None where one is not measured."""
    best = {level: grid.best(rival, level, scale) for level in grid.contest.levels}
    if None in best.values() or not all(grid.inputs[level].at(scale) for level in best):
        return None
    return {level: mean((cell - grid.inputs[level]).at(scale)) for level, (_, cell) in best.items()}


def at_auto(grid: Grid, scale: str) -> str:
    """Return what every network loses of its best at Auto, in the mean of all levels."""
    lost = {}
    for rival in _ours(grid):
        best = {level: grid.best(rival, level, scale) for level in grid.contest.levels}
        auto = {level: grid.at_auto.get((rival.title, level)) for level in grid.contest.levels}
        if None not in best.values() and all(cell and cell.at(scale) for cell in auto.values()):
            short = {level: mean((cell - auto[level]).at(scale)) for level, (_, cell) in best.items()}
            lost[rival.title] = _mean(short)
    return f"that falls short by {_each(lost)}" if lost else "what that loses is not measured"


def wrong(grid: Grid, scale: str) -> str:
    """Return what a knob costs that is set for a neighbouring level, in the mean, and at the worst."""
    found = {rival.title: losses(grid, rival, scale) for rival in _ours(grid)}
    known = {title: lost for title, lost in found.items() if lost is not None}
    if not known:
        return "costs what is not measured"
    near = {t: np.mean([*np.diagonal(lost, 1), *np.diagonal(lost, -1)]) for t, lost in known.items()}
    worst = {title: lost.max() for title, lost in known.items()}
    return f"costs {_each(near)} in the mean, one set for the worst of all {_each(worst)}"


def times(rows: pd.DataFrame) -> str:
    """Return how long a network of each paper, and what needs none, take on one image."""
    if rows.empty:
        return costs.ABSENT
    alike = costs.on_one_image(rows)
    ours, plain = (
        _listed([f"{row.title} {row.ms:.0f}" for row in own.sort_values("ms").itertuples()])
        for own in (costs.of_each_paper(alike), costs.filters(alike))
    )
    return (
        f"An image of {costs.SIDE}x{costs.SIDE} pixels takes, in ms, {ours}, and without a network {plain} "
        f"({costs.machine(rows)})."
    )


def _ours(grid: Grid) -> list[Rival]:
    return [rival for rival in grid.contest.rivals if rival.network not in PUBLISHED]


def _mean(by_level: Mapping[float, float]) -> float:
    return float(np.mean(list(by_level.values())))


def _each(lost: Mapping[str, float]) -> str:
    """The least first."""
    order = sorted(lost.items(), key=lambda pair: pair[1])
    return _listed([f"{value:.2f} dB ({title})" for title, value in order])


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
