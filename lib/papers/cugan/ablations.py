"""Figures 7 and 8 of CUGAN: how many scales, and whether the discriminator is told.

The paper draws LPIPS while training. Trainings here log their perceptual loss on training patches instead;
how the networks end is measured on LIVE1.
"""

from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import Metric, interval
from lib.papers.cells import Cell
from lib.papers.cugan.subjects import (
    GAN_LEVELS,
    IN_EIGHT,
    IN_SEVEN,
    LIVE1,
    LPIPS,
    METRICS,
    SCALES,
    cugan,
    first_stage,
)
from lib.papers.cugan.tables import BY_METRIC
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Parts, together
from lib.papers.tables import Line, Table

SEVEN, EIGHT = "cugan-fig7", "cugan-fig8"
COLOURS = ("C0", "C1", "C3")
Cells = dict[tuple[str, BlurNoise, Metric], Cell]


def fig7(report: Report) -> Parts:
    """One, two and three scales. Sizes differ with them (as in the paper), so depth of scales and number
    of weights are not told apart. Of what each was trained on from, whether that made it better."""
    cells = _measured(report, SEVEN, SCALES, IN_SEVEN)
    for (title, network), level in product(SCALES.items(), IN_SEVEN):
        before = report.cells(SEVEN, first_stage(cugan(level, network)), (LPIPS,))
        cells[f"{title} before", level, LPIPS] = before[LPIPS]
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    curves, *panels = figure.subplots(1, 1 + len(IN_SEVEN))
    _draw_curves(report, curves)
    for axes, level in zip(panels, IN_SEVEN, strict=True):
        _draw_ends(report, axes, {title: cells[title, level, LPIPS] for title in SCALES})
        axes.set_title(f"{LIVE1}, {level.name}, at the end", fontsize=10)
    figure.suptitle(f"Scales of the generator ({report.scale} scale)", fontsize=11)
    return together(report.save_figure(SEVEN, figure), _table(report, SEVEN, cells, "CUGAN-1", "CUGAN-3"))


def fig8(report: Report) -> Parts:
    """CUGAN, the same trained against a discriminator that is told nothing, and against none.

    Where the one without any comes out nearest by LPIPS, LPIPS cannot tell which discriminator is the better
    one.
    """
    cells = _measured(report, EIGHT, IN_EIGHT, GAN_LEVELS)
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots()
    for number, title in enumerate(IN_EIGHT):
        scores = [cells[title, level, LPIPS].at(report.scale) for level in GAN_LEVELS]
        known = {i + 0.25 * (number - 1): mean(s) for i, s in enumerate(scores) if s}
        if known:
            axes.bar(known.keys(), known.values(), 0.25, color=COLOURS[number], label=title)
    axes.set_xticks(range(len(GAN_LEVELS)), [level.name for level in GAN_LEVELS], rotation=30, fontsize=8)
    axes.set_ylabel(METRICS[LPIPS])
    axes.set_title(f"{LIVE1} ({report.scale} scale)", fontsize=11)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    table = _table(report, EIGHT, cells, "without GFM", "with GFM")
    return together(report.save_figure(EIGHT, figure), table)


def _measured(report: Report, item: str, networks: dict[str, str], levels: tuple[BlurNoise, ...]) -> Cells:
    return {
        (title, level, metric): cell
        for title, network in networks.items()
        for level in levels
        for metric, cell in report.cells(item, cugan(level, network), tuple(METRICS)).items()
    }


def _table(report: Report, item: str, cells: Cells, first: str, ours: str) -> Table:
    """Lines of every metric and level, and by how much `ours` is less than `first`."""
    rows = []
    titles = dict.fromkeys(title for title, _, _ in cells)
    for level in dict.fromkeys(level for _, level, _ in cells):
        for metric, shown in METRICS.items():
            line = Line(LIVE1, level.name, shown)
            at_hand = [title for title in titles if (title, level, metric) in cells]
            rows += [(line, title, cells[title, level, metric]) for title in at_hand]
            gain = cells[first, level, metric] - cells[ours, level, metric]
            rows.append((line, f"{first} less {ours}", gain))
    return report.table(item, rows, BY_METRIC)


def _draw_curves(report: Report, axes: Axes) -> None:
    for (title, run), colour in zip(SCALES.items(), COLOURS, strict=True):
        curve = report.training_curve(run, report.scale)
        if curve is not None:
            axes.plot(curve["step"], curve["perceptual"], color=colour, label=title)
    axes.set_xlabel("training step")
    axes.set_ylabel("perceptual loss,\ntraining patches")
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)


def _draw_ends(report: Report, axes: Axes, cells: dict[str, Cell]) -> None:
    for i, (cell, colour) in enumerate(zip(cells.values(), COLOURS, strict=True)):
        scores = cell.at(report.scale)
        if scores:
            middle, (low, high) = mean(scores), interval(np.array(list(scores.values())))
            bar = [[max(0, middle - low)], [max(0, high - middle)]]
            axes.errorbar(i, middle, bar, fmt="o", color=colour, capsize=4)
    axes.set_xticks(range(len(cells)), list(cells))
    axes.set_xlim(-0.5, len(cells) - 0.5)
    axes.set_ylabel(METRICS[LPIPS])
    axes.grid(alpha=0.3)
