"""What the ranker of QGCN says of pictures: its score against the quality, and its maps (figure 4)."""

from dataclasses import replace

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
from lib.papers.common import Cell, Drawing, Report
from lib.papers.pictures import as_shown, sentence
from lib.papers.qgcn.order import accuracy, correlations
from lib.papers.qgcn.subjects import LIVE1, MAPS, RANKED, SCORED, TRAINED, VERSIONS, scored
from lib.papers.scores import mean
from lib.recipes.qgcn import RANKER

ITEM = "qgcn-cqr-rank"
PICTURES = 8  # on which the maps are judged
EXAMPLE = 2  # picture of figure 4


def rank(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """The score of every picture at every quality, and how well its order is that of the qualities."""
    cells = {at: score_cell(report, at) for at in SCORED}
    frame = pd.DataFrame([_summary(cells, qualities) for qualities in (TRAINED, RANKED)])
    frame = frame.set_index("qualities")
    report.save_table(ITEM, frame)
    return report.save_figure(ITEM, _score_figure(cells)), frame


def score_cell(report: Report, at: int | str, *, live: bool = True) -> Cell:
    """Return the ranker's score of every picture at a quality of RANKED, or clean."""
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
        values = np.array([list(scores[q].values()) for q in RANKED])  # (qualities, pictures)
        axes.plot(RANKED, values.mean(1), color=colour, label=column.replace("_", " "))
        axes.fill_between(RANKED, *np.quantile(values, (0.1, 0.9), axis=1), color=colour, alpha=0.15)
        axes.axhline(mean(clean), color=colour, ls="--", lw=1, label=f"clean, {column.replace('_', ' ')}")
    axes.set_xlabel("JPEG quality")
    axes.set_ylabel("score (mean; 80 % of the pictures)")
    axes.legend(fontsize=8)
    return figure


def fig4(report: Report) -> Drawing:
    """Maps of the ranker for a clean picture and its JPEG versions; what they say of several is kept."""
    item, ranker = "qgcn-fig4", report.network(RANKER)
    if ranker is None:
        return report.save_figure(item, sentence(f"The ranker is not trained at {report.scale} scale."))
    protocol = Protocol(LIVE1, Clean(), colour="luma", multiple=1)
    dataset = report.at_hand(protocol)
    cleans = [clean for _, clean, _ in replace(protocol, dataset=dataset).inputs(PICTURES)]
    if report.record and dataset == LIVE1:
        report.keep_facts(item, told(ranker, cleans))
    return report.save_figure(item, _map_figure(ranker, cleans[min(EXAMPLE, len(cleans) - 1)]))


@torch.inference_mode()
def responses(ranker: Ranker, x: Tensor) -> list[Tensor]:
    """Return the mean magnitude over channels of each of MAPS for a picture (1, 1, H, W), (h, w) each."""
    return [m.abs().mean(1)[0] for m in ranker.features(x)[: len(MAPS)]]


def told(ranker: Ranker, cleans: list[Tensor]) -> dict[str, float]:
    """Return what claims on figure 4 rest on: the mean response of each map to each of VERSIONS, and how well
    map 2 agrees with the error of each picture at the lowest quality."""
    means = np.array(
        [[[float(m.mean()) for m in responses(ranker, x)] for x in _versions(clean)] for clean in cleans]
    ).mean(0)  # (versions, maps)
    found = {
        f"map {k}, {version}": float(value)
        for version, line in zip(VERSIONS, means, strict=True)
        for k, value in zip(MAPS, line, strict=True)
    }
    agreements = {f"agreement {i}": _agreement(ranker, clean) for i, clean in enumerate(cleans)}
    return {"pictures": len(cleans), **found, **agreements}


def _agreement(ranker: Ranker, clean: Tensor) -> float:
    """Rank correlation of map 2 and of the mean error below each of its positions."""
    _, worst, *_ = _versions(clean)
    response = responses(ranker, worst)[1]
    error = F.adaptive_avg_pool2d((worst - clean).abs(), response.shape)[0, 0]
    return float(spearmanr(response.flatten(), error.flatten()).statistic)


def _versions(clean: Tensor) -> list[Tensor]:
    """A picture at each of VERSIONS."""
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
