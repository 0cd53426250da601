"""What the ranker of QGCN says of pictures: its score against the quality, and its maps (figure 4)."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn import functional as F

from lib.degradations.levels import Clean, Compress
from lib.evaluation.measure import Protocol, Setting, interval
from lib.models.qgcn import Ranker
from lib.papers.common import Cell, Drawing, Report, Verdict
from lib.papers.pictures import as_shown, sentence
from lib.papers.qgcn.claims import CLAIMS
from lib.papers.qgcn.subjects import QUALITIES
from lib.papers.scores import Scores, mean, with_interval
from lib.recipes import Scale
from lib.recipes.qgcn import RANKER

ITEM = "qgcn-cqr-rank"
TRAINED = (*range(1, 11), *range(12, 31, 2))  # of the qualities that the ranker is trained on
RANKED = (*TRAINED, 35, 40, 50, 60, 70, 80, 90, 95, 100)
APART = 5  # between two qualities whose order is judged
LIVE1 = "live1"
MAPS = 3  # [O] the paper does not say which maps its figure shows
PICTURES = 8  # on which the maps are judged
EXAMPLE = 2  # picture of figure 4


def rank(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """The score of every picture at every quality, and how well its order is that of the qualities."""
    cells = scored(report)

    def follows(scale: Scale) -> Verdict:
        scores = {q: cells[q].at(scale) for q in RANKED}
        if not all(scores.values()):
            return None
        right, correlation = accuracy(scores, TRAINED), correlations(scores, TRAINED)
        text = f"{with_interval(right, 3)} of pairs, rank correlation {with_interval(correlation, 3)}"
        return mean(right) > 0.98, text

    def highest(scale: Scale) -> Verdict:
        gain = (cells["clean"] - cells[30]).at(scale)
        if not gain:
            return None
        share = np.mean([value > 0 for value in gain.values()])
        return mean(gain) > 0, f"by {with_interval(gain)}; above on {share:.0%} of the pictures"

    report.judge(CLAIMS["the score follows the quality"], follows)
    report.judge(CLAIMS["the clean picture scores highest"], highest)
    frame = pd.DataFrame([_summary(report, cells, qualities) for qualities in (TRAINED, RANKED)])
    frame = frame.set_index("qualities")
    report.save_table(ITEM, frame)
    return report.save_figure(ITEM, _score_figure(report, cells)), frame


def scored(report: Report, *, live: bool = True) -> dict[int | str, Cell]:
    """The ranker's score of every picture at each of RANKED, and clean."""
    levels = {**{q: Compress(q) for q in RANKED}, "clean": Clean()}
    return {
        at: report.cell(
            ITEM,
            Setting(RANKER, (), Protocol(LIVE1, level, colour="luma", multiple=1, metric="score")),
            live=live,
        )
        for at, level in levels.items()
    }


def accuracy(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Of each picture, the share of pairs at least APART whose lower quality scores lower."""
    pairs = [(a, b) for a, b in combinations(sorted(qualities), 2) if b - a >= APART]
    return {
        name: float(np.mean([scores[a][name] < scores[b][name] for a, b in pairs]))
        for name in scores[qualities[0]]
    }


def correlations(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Of each picture, Spearman's rank correlation of score and quality."""
    return {
        name: float(spearmanr(qualities, [scores[q][name] for q in qualities]).statistic)
        for name in scores[qualities[0]]
    }


def _summary(report: Report, cells: dict, qualities: tuple[int, ...]) -> dict[str, str]:
    row = {"qualities": f"{min(qualities)} to {max(qualities)}"}
    for column in ("paper", "compact", "this_run"):
        scores = {q: getattr(cells[q], column) for q in qualities}
        for title, of in (("pairs ranked rightly", accuracy), ("rank correlation", correlations)):
            shown = f"{mean(of(scores, qualities)):.3f}" if all(scores.values()) else "-"
            row[f"{title}, {column.replace('_', ' ')}"] = shown
    return row


def _score_figure(report: Report, cells: dict[int | str, Cell]) -> Figure:
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
    """Maps of the ranker for a clean picture and its JPEG versions, and whether they respond as said."""
    ranker = report.network(RANKER)
    protocol = Protocol(LIVE1, Compress(QUALITIES[0]), colour="luma", multiple=1)
    dataset = report.at_hand(protocol)
    cleans = [clean for _, clean, _ in Protocol(dataset, Clean(), colour="luma", multiple=1).inputs(PICTURES)]
    report.judge(CLAIMS["the clean picture leaves the ranker cold"], _cold(report, ranker, cleans))
    report.judge(CLAIMS["the ranker responds where artefacts are"], _where(report, ranker, cleans))
    if ranker is None:
        figure = sentence(f"The ranker is not trained at {report.scale} scale.")
        return report.save_figure("qgcn-fig4", figure)
    return report.save_figure("qgcn-fig4", _map_figure(ranker, cleans[min(EXAMPLE, len(cleans) - 1)]))


@torch.inference_mode()
def responses(ranker: Ranker, x: Tensor) -> list[Tensor]:
    """Of the first MAPS maps of a picture (1, 1, H, W), the mean magnitude over channels, (h, w) each."""
    return [m.abs().mean(1)[0] for m in ranker.features(x)[:MAPS]]


def _cold(report: Report, ranker: Ranker | None, cleans: list[Tensor]) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        if ranker is None or scale != report.scale:
            return None
        means = np.array(
            [[[float(m.mean()) for m in responses(ranker, x)] for x in _versions(clean)] for clean in cleans]
        ).mean(0)  # (clean and qualities rising, maps)
        clean, *compressed = means
        falls = bool((np.diff(compressed, axis=0) < 0).all() and (compressed[-1] > clean).all())
        shown = "; ".join(", ".join(f"{v:.3f}" for v in column) for column in means.T)
        return falls, f"clean, quality 10, 20, 30 on maps 1 to {MAPS}: {shown} ({len(cleans)} pictures)"

    return test


def _where(report: Report, ranker: Ranker | None, cleans: list[Tensor]) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        if ranker is None or scale != report.scale:
            return None
        found = {str(i): _agreement(ranker, clean) for i, clean in enumerate(cleans)}
        certain = interval(np.array(list(found.values())))[0] > 0
        return certain, f"rank correlation {with_interval(found)} at quality 10, map 2"

    return test


def _agreement(ranker: Ranker, clean: Tensor) -> float:
    """Rank correlation of map 2 and of the mean error below each of its positions."""
    _, worst, *_ = _versions(clean)
    response = responses(ranker, worst)[1]
    error = F.adaptive_avg_pool2d((worst - clean).abs(), response.shape)[0, 0]
    return float(spearmanr(response.flatten(), error.flatten()).statistic)


def _versions(clean: Tensor) -> list[Tensor]:
    """The picture, then its JPEGs from the lowest quality up."""
    return [clean, *(Compress(q).degrade(clean, torch.Generator()) for q in QUALITIES)]


def _map_figure(ranker: Ranker, clean: Tensor) -> Figure:
    versions = _versions(clean)
    maps = [responses(ranker, x) for x in versions]
    figure = Figure(figsize=(11, 9), layout="constrained")
    grid = figure.subplots(1 + MAPS, len(versions))
    titles = ("clean", *(f"quality {q}" for q in QUALITIES))
    for axes, picture, title in zip(grid[0], versions, titles, strict=True):
        axes.imshow(as_shown(picture), vmin=0, vmax=1)
        axes.set_title(title, fontsize=10)
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
