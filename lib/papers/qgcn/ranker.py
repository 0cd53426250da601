"""What the ranker of QGCN says of images: its score against the quality, and its maps (figure 4)."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn import functional as F

from lib.degradations.levels import Clean
from lib.evaluation.measure import Protocol
from lib.models.qgcn import Ranker
from lib.papers.cells import Cell
from lib.papers.pictures import as_shown, sentence
from lib.papers.qgcn.order import accuracy, correlations
from lib.papers.qgcn.subjects import (
    ABLATION,
    AGREEMENT,
    EDGES,
    LIVE1,
    MAPS,
    RANKED,
    SCORED,
    TRAINED,
    VERSIONS,
    channelled,
    mapped,
    scored,
)
from lib.papers.report import Report
from lib.papers.scores import Scores, mean
from lib.papers.shown import Drawing, Parts, together
from lib.recipes.common import SEEDS, seeded_name
from lib.recipes.qgcn import RANKER

ITEM = "qgcn-cqr-rank"
EXAMPLE = 2  # image of figure 4
OTHERS, CHOOSING = ABLATION, 8  # images on which channels are chosen; the ranker has seen none of them
SMOOTHINGS = (1, 5, 9)  # pixels a side, of edges

Pictures = dict[str, Tensor]  # clean ones by name


def rank(report: Report) -> Parts:
    """The score of every image at every quality, and how well its order is that of the qualities."""
    cells = {at: score_cell(report, at) for at in SCORED}
    frame = pd.DataFrame([_summary(cells, qualities) for qualities in (TRAINED, RANKED)])
    frame = frame.set_index("qualities")
    report.save_table(ITEM, frame)
    return together(report.save_figure(ITEM, _score_figure(cells)), frame)


def score_cell(report: Report, at: int | str, *, live: bool = True) -> Cell:
    """Return the ranker's score of every image at a quality of RANKED, or clean."""
    return report.cell(ITEM, scored(at), live=live)


def _summary(cells: dict[int | str, Cell], qualities: tuple[int, ...]) -> dict[str, str]:
    row = {"qualities": f"{min(qualities)} to {max(qualities)}"}
    for column in ("paper", "compact", "this_run"):
        scores = {q: getattr(cells[q], column) for q in qualities}
        for title, of in (("pairs ranked rightly", accuracy), ("rank correlation", correlations)):
            shown = f"{mean(of(scores, qualities)):.3f}" if all(scores.values()) else "-"
            row[f"{title}, {column.replace('_', ' ')}"] = shown
    return row


def _score_figure(cells: dict[int | str, Cell]) -> Figure:
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(min(TRAINED), max(TRAINED), color="0.93", label="trained on")
    for column, colour in (("paper", "C0"), ("compact", "C1"), ("this_run", "C2")):
        scores = {q: getattr(cells[q], column) for q in RANKED}
        clean = getattr(cells["clean"], column)
        if not (all(scores.values()) and clean):
            continue
        values = np.array([list(scores[q].values()) for q in RANKED])  # (qualities, images)
        axes.plot(RANKED, values.mean(1), color=colour, label=column.replace("_", " "))
        axes.fill_between(RANKED, *np.quantile(values, (0.1, 0.9), axis=1), color=colour, alpha=0.15)
        axes.axhline(mean(clean), color=colour, ls="--", lw=1, label=f"clean, {column.replace('_', ' ')}")
    axes.set_xlabel("JPEG quality")
    axes.set_ylabel("score (mean; 80 % of the images)")
    axes.legend(fontsize=8)
    return figure


def fig4(report: Report) -> Drawing:
    """Maps of the ranker for a clean image and its JPEG versions; what they say of all is kept."""
    item, ranker = "qgcn-fig4", report.network(RANKER)
    if ranker is None:
        return report.save_figure(item, sentence(f"The ranker is not trained at {report.scale} scale."))
    if report.record and all(report.at_hand(_clean(dataset)) == dataset for dataset in (LIVE1, OTHERS)):
        report.keep_facts(item, _told_by_all(report))
    cleans = list(_pictures(report.at_hand(_clean(LIVE1)), EXAMPLE + 1).values())
    return report.save_figure(item, _map_figure(ranker, cleans[-1]))


def told(ranker: Ranker, shown: Pictures, others: Sequence[Tensor]) -> dict[str, Scores]:
    """Return what claims on figure 4 rest on, quantity by quantity and image by image.

    For each of MAPS and VERSIONS the mean response of all channels, and that of the channel which on `others`
    responds most to the lowest quality, measured by its response to what is clean; how well map 2 agrees at
    the lowest quality with the error, and how well edges do.
    """
    channels = _chosen(ranker, others)
    found: dict[str, Scores] = defaultdict(dict)
    for name, clean in shown.items():
        versions = _versions(clean)
        for version, x in zip(VERSIONS, versions, strict=True):
            for k, strength, channel in zip(MAPS, _strengths(ranker, x), channels, strict=True):
                found[mapped(k, version)][name] = float(strength.mean())
                found[channelled(k, version)][name] = float(strength[channel])
        found[AGREEMENT][name], found[EDGES][name] = _agreements(ranker, clean, versions[1])
    return found


@torch.inference_mode()
def responses(ranker: Ranker, x: Tensor) -> list[Tensor]:
    """Return the mean magnitude over channels of each of MAPS for an image (1, 1, H, W), (h, w) each."""
    return [m.abs().mean(1)[0] for m in ranker.features(x)[: len(MAPS)]]


@torch.inference_mode()
def _strengths(ranker: Ranker, x: Tensor) -> list[Tensor]:
    """The mean magnitude of every channel of each of MAPS, (C,) each."""
    return [m.abs().mean((0, 2, 3)) for m in ranker.features(x)[: len(MAPS)]]


def _chosen(ranker: Ranker, cleans: Sequence[Tensor]) -> list[int]:
    """Of each of MAPS the channel that responds most to the lowest quality, against what it does to clean
    images."""
    both = [[_strengths(ranker, x) for x in _versions(clean)[:2]] for clean in cleans]
    picked = []
    for k in range(len(MAPS)):
        quiet, loud = (torch.stack([one[version][k] for one in both]).mean(0) for version in (0, 1))
        picked.append(int((loud / quiet.clamp(min=1e-6)).argmax()))
    return picked


def _agreements(ranker: Ranker, clean: Tensor, worst: Tensor) -> tuple[float, float]:
    """Rank correlation with the mean error below each position of map 2: of the map, and of what an edge
    detector sees there, the slope of brightness, smoothed as suits it best."""
    response = responses(ranker, worst)[1]
    slope = torch.hypot(*torch.gradient(worst, dim=(2, 3)))
    edges = [F.avg_pool2d(slope, side, 1, side // 2) for side in SMOOTHINGS]
    error, *edges = (F.adaptive_avg_pool2d(x, response.shape) for x in ((worst - clean).abs(), *edges))
    found = [float(spearmanr(x.flatten(), error.flatten()).statistic) for x in (response, *edges)]
    return found[0], max(found[1:])


def _told_by_all(report: Report) -> dict[str, float]:
    """Facts of every training of the ranker."""
    shown, others = _pictures(LIVE1), list(_pictures(OTHERS, CHOOSING).values())
    facts = {}
    for seed in SEEDS:
        ranker = report.network(seeded_name(RANKER, seed))
        if ranker is not None:
            facts |= as_facts(told(ranker, shown, others), seed)
    return facts


def as_facts(found: dict[str, Scores], seed: int = 0) -> dict[str, float]:
    """Return what was told of a training under the names by which claims find it."""
    return {
        f"{seeded_name(quantity, seed)}: {picture}": value
        for quantity, scores in found.items()
        for picture, value in scores.items()
    }


def _clean(dataset: str) -> Protocol:
    return Protocol(dataset, Clean(), colour="luma", multiple=1)


def _pictures(dataset: str, limit: int | None = None) -> Pictures:
    return {name: clean for name, clean, _ in _clean(dataset).inputs(limit)}


def _versions(clean: Tensor) -> list[Tensor]:
    """An image at each of VERSIONS."""
    return [level.degrade(clean, torch.Generator()) for level in VERSIONS.values()]


def _map_figure(ranker: Ranker, clean: Tensor) -> Figure:
    versions = _versions(clean)
    maps = [responses(ranker, x) for x in versions]
    figure = Figure(figsize=(11, 9), layout="constrained")
    grid = figure.subplots(1 + len(MAPS), len(versions))
    for axes, picture, title in zip(grid[0], versions, VERSIONS, strict=True):
        axes.imshow(as_shown(picture), vmin=0, vmax=1)
        axes.set_title(title.replace("q", "quality "), fontsize=10)
    for k, line in enumerate(grid[1:]):
        limit = max(float(own[k].quantile(0.99)) for own in maps)
        for axes, own in zip(line, maps, strict=True):
            shown = axes.imshow(own[k], cmap="magma", vmin=0, vmax=limit)
            axes.set_xlabel(f"mean {float(own[k].mean()):.3f}", fontsize=8)
        line[0].set_ylabel(f"map {k + 1}", fontsize=10)
        figure.colorbar(shown, ax=list(line), fraction=0.02, pad=0.01)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    return figure
