"""Not in the paper: how well the quality of one image can be read, off the ranker's score or the grid of
its coefficients."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.data.images import Picture, to_pixels
from lib.degradations import jpeg
from lib.degradations.levels import Clean
from lib.evaluation.jpeg_quality import quality_at
from lib.evaluation.measure import Protocol
from lib.metrics.estimates import estimate_quality
from lib.papers.qgcn.ranker import score_cell
from lib.papers.qgcn.subjects import LIVE1, RANKED
from lib.papers.report import Report
from lib.papers.scores import Scores
from lib.papers.shown import Parts, together

ITEM = "qgcn-reading"
READ = (10, 20, 30, 50, 70, 90)
PICTURES = 8  # whose grid is read
CUT = (3, 5)  # pixels, off the upper and left edge: then blocks no longer begin at the corner
SCORE, GRID, MOVED = "ranker's score", "grid", "grid, corner cut off"
COLOURS = {SCORE: "C3", GRID: "C0", MOVED: "C1"}

Readings = dict[int, list[float]]  # quality -> what was read of each image


def reading(report: Report) -> Parts:
    """What is read at each quality, and how far it is off on the mean."""
    scores = {q: score_cell(report, q, live=False).at(report.scale) for q in RANKED}
    read = {GRID: _off_grid(report, (0, 0)), MOVED: _off_grid(report, CUT)}
    if all(scores.values()):
        read = {SCORE: off_score(scores)} | read
    frame = pd.DataFrame(
        {
            title: {q: f"{np.mean(np.abs(np.subtract(found[q], q))):.1f}" for q in READ}
            for title, found in read.items()
        }
    )
    frame.index.name = "quality (mean error of what is read)"
    report.save_table(ITEM, frame)
    return together(report.save_figure(ITEM, _figure(read)), frame)


def off_score(scores: dict[int, Scores]) -> Readings:
    """Of each image at each of READ, the quality at which the mean of all others scores the same."""
    names, qualities = list(scores[READ[0]]), sorted(scores)
    values = np.array([[scores[q][name] for name in names] for q in qualities])  # (qualities, images)
    others = (values.sum(1, keepdims=True) - values) / (len(names) - 1)
    rising = np.maximum.accumulate(others)
    return {
        q: [quality_at(values[qualities.index(q), i], qualities, rising[:, i]) for i in range(len(names))]
        for q in READ
    }


def _off_grid(report: Report, cut: tuple[int, int]) -> Readings:
    protocol = Protocol(LIVE1, Clean(), colour="luma", multiple=1)
    clean = [x for _, x, _ in replace(protocol, dataset=report.at_hand(protocol)).inputs(PICTURES)]
    return {
        q: [estimate_quality(Picture(to_pixels(jpeg(x, q)[..., cut[0] :, cut[1] :]))) for x in clean]
        for q in READ
    }


def _figure(read: dict[str, Readings]) -> Figure:
    figure = Figure(figsize=(5.5, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color="0.8", lw=1)
    for place, (title, found) in enumerate(read.items()):
        middle = np.array([np.median(found[q]) for q in READ])
        ends = np.array([(min(found[q]), max(found[q])) for q in READ]).T
        axes.errorbar(
            np.array(READ) + place - 1, middle, np.abs(ends - middle), color=COLOURS[title], fmt="o", ms=4,
            capsize=2, label=f"{title} ({len(found[READ[0]])} images)",
        )  # fmt: skip
    axes.set_xlabel("JPEG quality")
    axes.set_ylabel("quality read (median, least and most)")
    figure.legend(loc="outside lower center", fontsize=8)
    return figure
