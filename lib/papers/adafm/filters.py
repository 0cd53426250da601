"""Figure 3 and Observation 1: filters of networks for different levels look alike."""


import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from lib.evaluation.measure import Setting
from lib.models.adafm import AdaFM
from lib.papers.adafm.subjects import ARCNN_CONTROL, ARCNN_FILTERS, ARCNN_START, ARCNN_TUNED, DENOISING
from lib.papers.report import Report
from lib.papers.shown import Parts, together
from lib.papers.tables import Line
from lib.recipes import Scale, find


def fig3(report: Report) -> Parts:
    """Observation 1: ARCNN filters before and after fine-tuning, the filters g between them, and how
    much of the fine-tuned network g recovers."""
    item = "adafm-fig3"
    tuned = report.cell(item, Setting(ARCNN_TUNED, (), DENOISING.on(50)))
    untouched = report.cell(item, Setting(ARCNN_START, (), DENOISING.on(50)))
    fits = {
        g: report.cell(item, Setting(name, (1.0,), DENOISING.on(50))) for g, name in ARCNN_FILTERS.items()
    }
    arcnn = [report.network(name) for name in (ARCNN_START, ARCNN_TUNED, ARCNN_CONTROL)]
    first = [net.sites()[0].conv.weight for net in arcnn if net]
    close, control = (cosine_distance(first[0], f) for f in first[1:]) if all(arcnn) else (None, None)

    if close is not None:
        moved = cosine_distance(first[0], _at_random(report.scale))
        found = {"fine-tuned": close, "independent": control, "trained from start": moved}
        report.keep_facts(item, found)
    line = Line("cbsd68", "sigma50")
    rows = [(line, "ARCNN trained on 15", untouched)]
    rows += [(line, f"with g of {g}x{g}", cell) for g, cell in fits.items()]
    frame = report.table(item, [*rows, (line, "fine-tuned on 50", tuned)])
    fitted = report.network(ARCNN_FILTERS[5])
    if close is None or fitted is None:
        blank = Figure(figsize=(7, 0.6))
        blank.text(0.02, 0.5, f"The ARCNN networks are not trained at {report.scale} scale.", va="center")
        return together(report.save_figure(item, blank), frame)
    figure = _filters(first[0], first[1], fitted.sites()[0].module, close, control)
    return together(report.save_figure(item, figure), frame)


def _at_random(scale: Scale) -> Tensor:
    """First-layer filters of the start network as its training found them."""
    recipe = find(ARCNN_START, scale)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        return recipe.build().sites()[0].conv.weight


def cosine_distance(a: Tensor, b: Tensor) -> float:
    """Mean over filters of 1 - cos between corresponding filters; a, b (filters, C, k, k)."""
    return float((1 - F.cosine_similarity(a.flatten(1), b.flatten(1))).mean())


def _filters(start: Tensor, tuned: Tensor, g: AdaFM, close: float, control: float) -> Figure:
    """The eight strongest first-layer filters in both networks, and the 5x5 g fitted behind each."""
    strongest = start.flatten(1).norm(dim=1).topk(8).indices
    delta = torch.zeros_like(g.filter.weight)
    delta[:, :, delta.shape[2] // 2, delta.shape[3] // 2] = 1
    rows = {
        "f, sigma 15": start.mean(1)[strongest],
        "f, fine-tuned on 50": tuned.mean(1)[strongest],
        "g, 5x5": (g.filter.weight + delta)[strongest, 0],
    }
    figure = Figure(figsize=(9, 3.9), layout="constrained")
    axes = figure.subplots(len(rows), 8)
    for line, (label, filters) in zip(axes, rows.items(), strict=True):
        limit = float(filters.abs().max())
        for axis, weights in zip(line, filters, strict=True):
            shown = axis.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit)
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(label, fontsize=9)
        figure.colorbar(shown, ax=list(line), fraction=0.02, pad=0.01)
    figure.suptitle(
        f"First-layer filters (mean over RGB): cosine distance {close:.3f} after fine-tuning, "
        f"{control:.3f} between independent networks",
        fontsize=10,
    )
    return figure
