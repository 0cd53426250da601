"""How far apart the same network comes out of three trainings, and which differences are larger."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from lib.papers.cells import Cell
from lib.papers.compare.levels import Grid, measured
from lib.papers.compare.subjects import JPEG, NOISE, Contest, Rival
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.recipes.common import SEEDS, seeded_name

ITEM = "compare-seeds"
SPREAD = {NOISE.item: ("AdaFM", "CFSNet", "VDIR", "CUnet"), JPEG.item: ("QGCN",)}  # trained more than once

Found = dict[str, list[float]]  # title -> mean PSNR of every seed


def seeds(report: Report) -> pd.DataFrame:
    """Return PSNR of every seed at the position of its knob that is best for it, and the order of all
    methods, in which those no further apart than the spread of either stand as equals."""
    rows = []
    for contest in (NOISE, JPEG):
        grid = measured(report, contest, live=False)
        for level in contest.live:
            found = _found(report, grid, level)
            row = {"": contest.on(level).level.name}
            for title in (*SPREAD[NOISE.item], *SPREAD[JPEG.item]):
                row[title] = _spelt(found.get(title, []))
            rows.append(row | {"order": order(found)})
    frame = pd.DataFrame(rows).set_index("")
    report.save_table(ITEM, frame)
    return frame


def order(found: Found) -> str:
    """Return titles, the best first by the mean over seeds; `>` where one is better by more than either comes
    apart over seeds, `=` where not, `?` where neither was trained more than once."""
    titles = sorted(found, key=lambda title: -np.mean(found[title]))
    return (
        "".join([*titles[:1], *(f" {_relation(found[a], found[b])} {b}" for a, b in pairwise(titles))]) or "-"
    )


def _relation(better: list[float], worse: list[float]) -> str:
    apart = [np.ptp(values) for values in (better, worse) if len(values) == len(SEEDS)]
    if not apart:
        return "?"
    return ">" if np.mean(better) - np.mean(worse) > max(apart) else "="


def _found(report: Report, grid: Grid, level: float) -> Found:
    """Of every method of a contest that is measured: the first seed alone, or all."""
    found: Found = {}
    for rival in grid.contest.rivals:
        best = grid.best(rival, level, report.scale)
        if best is None:
            continue
        values = [mean(best[1].at(report.scale))]
        if rival.title in SPREAD[grid.contest.item]:
            values += _others(report, grid.contest, rival, level)
        found[rival.title] = values
    return found


def _others(report: Report, contest: Contest, rival: Rival, level: float) -> list[float]:
    """Of the further seeds; nothing until all of them are measured."""
    again = [replace(rival, network=seeded_name(rival.network, seed)) for seed in SEEDS[1:]]
    cells = [_at_best(report, contest, one, level).at(report.scale) for one in again]
    return [mean(scores) for scores in cells] if all(cells) else []


def _at_best(report: Report, contest: Contest, rival: Rival, level: float) -> Cell:
    """A knob that is turned stands where it is best: it is not the same for every training."""
    first, *more = rival.own(level)
    setting = contest.setting(rival, level, first)
    return report.best(ITEM, setting, over=[first, *more])[0] if more else report.cell(ITEM, setting)


def _spelt(values: list[float]) -> str:
    """Every seed, and how far they come apart where all are measured."""
    if not values:
        return "-"
    text = ", ".join(f"{value:.2f}" for value in values)
    return (
        f"{text} (apart {np.ptp(values):.2f})" if len(values) == len(SEEDS) else f"{text} (of seed 0 alone)"
    )
