"""Figure 3, drawn and tested: does the network flatten what a level does to an image?

The paper sketches a curved manifold of degraded images that the network's features make straight, so
that levels between two known ones lie between their features. Measured here: how far images of the
levels between lie from the line through the two end levels, in pixels and in the coupled features behind
every module; for control, in images that are merely blurred, and in the last features of the network before
its training; and the principal components and the t-SNE of how strongly every channel responds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from lib.evaluation.measure import interval
from lib.models.cfsnet import CFSNet
from lib.papers.cfsnet.subjects import (
    BLURRED,
    DEBLOCKING,
    DENOISING,
    LAST,
    PIXELS,
    SUBJECTS,
    UNTRAINED,
    Subject,
)
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.papers.tsne import tsne
from lib.recipes import Recipe, find

LEVELS = {DENOISING: (25, 30, 35, 40, 45, 50), DEBLOCKING: (10, 15, 20, 25, 30, 35, 40)}
CONTROL = 0.5  # [O] both branches take part
PICTURES, SIDE = 8, 96  # [O] and pixels a side of each
BOX = 5  # [O] pixels a side of the blur that is a control
PERPLEXITY = 10  # [O] of t-SNE, about as many neighbours


def fig3(report: Report) -> Drawing:
    """Of either task: the last coupled features' channels on two axes, twice, and the distance from the line.

    Noisy images of one noise field lie on a line, being sums of image and level times noise; so only
    deblocking can show that features are straighter than images.
    """
    item = "cfsnet-fig3"
    figure = Figure(figsize=(16, 8), layout="constrained")
    for row, subject in zip(figure.subplots(2, 3), SUBJECTS, strict=True):
        net = report.network(subject.tuned)
        if net is None:
            row[0].text(0.02, 0.5, f"{subject.tuned} is not trained at {report.scale} scale.")
            continue
        pictures = _pictures(report, subject)
        spaces = [features(net, x) for x in pictures.values()]
        curves = np.array([[deviation(points) for points in own] for own in spaces])
        _draw_channels(row[0], row[1], [own[-1] for own in spaces], subject)
        _draw_deviation(row[2], curves)
        if subject is DEBLOCKING:
            report.keep_facts(item, _facts(list(pictures), curves, _controls(report, pictures.values())))
    return report.save_figure(item, figure)


def _facts(names: Sequence[str], curves: np.ndarray, controls: dict[str, list[float]]) -> dict[str, float]:
    """How far every image is off the line: curves (images, 1 + modules) at first and last, controls."""
    spaces = {PIXELS: curves[:, 0], LAST: curves[:, -1], **controls}
    return {
        f"{space}: {name}": float(far)
        for space, column in spaces.items()
        for name, far in zip(names, column, strict=True)
    }


def _controls(report: Report, pictures: Iterable[Tensor]) -> dict[str, list[float]]:
    """What flattens as well without having learnt anything: a box blur, and the network before training."""
    pictures = list(pictures)
    start = before_training(find(DEBLOCKING.tuned, report.scale))
    return {
        BLURRED: [deviation(blurred(x)) for x in pictures],
        UNTRAINED: [deviation(features(start, x)[-1]) for x in pictures],
    }


def before_training(recipe: Recipe) -> CFSNet:
    """Return the network of a run as it is started."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return recipe.build().eval().requires_grad_(False)


def blurred(x: Tensor) -> Tensor:
    """Return images (L, C, H, W) as means over BOX x BOX pixels."""
    return F.avg_pool2d(F.pad(x, [BOX // 2] * 4, mode="reflect"), BOX, stride=1)


@torch.inference_mode()
def features(net: CFSNet, x: Tensor) -> list[Tensor]:
    """The images x (L, C, H, W) themselves, then B_1 to B_M at CONTROL, (L, width, H, W) each."""
    plain = net.fold(torch.tensor([CONTROL]))
    found, h = [x], plain.head(x)
    for block in plain.body:
        h = block(h)
        found.append(h)
    return found


def deviation(points: Tensor) -> float:
    """Of points (L, ...): the mean distance of those between the first and the last from the line through
    these two, in units of the distance between them."""
    points = points.flatten(1).double()
    along = points[-1] - points[0]
    between = points[1:-1] - points[0]
    off = between - torch.outer(between @ along / (along @ along), along)
    return float(off.norm(dim=1).mean() / along.norm())


def components(points: Tensor) -> tuple[Tensor, Tensor]:
    """The two main coordinates of centred points (N, D), (N, 2), and the share of the variance of each."""
    points = points.double()
    values, vectors = torch.linalg.eigh(points @ points.T)
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    return vectors[:, :2] * values[:2].sqrt(), values[:2] / values.sum()


def _pictures(report: Report, subject: Subject) -> dict[str, Tensor]:
    """Centres of the first images of the set, each at every level, (L, C, SIDE, SIDE)."""
    found: dict[str, list[Tensor]] = {}
    for level in LEVELS[subject]:
        protocol = subject.on(level)
        here = replace(protocol, dataset=report.at_hand(protocol))
        for name, _, degraded in here.inputs(PICTURES):
            found.setdefault(name, []).append(_centre(degraded))
    return {name: torch.cat(own) for name, own in found.items()}


def _centre(x: Tensor) -> Tensor:
    top, left = ((side - SIDE) // 2 // 8 * 8 for side in x.shape[-2:])  # whole blocks of a JPEG
    return x[..., top : top + SIDE, left : left + SIDE]


def _draw_channels(main: Axes, near: Axes, maps: list[Tensor], subject: Subject) -> None:
    """The mean magnitude of every channel: a line through the levels of each image, less its own mean."""
    strengths = [own.abs().mean((2, 3)) for own in maps]
    points = torch.cat([own - own.mean(0) for own in strengths])
    places, shares = components(points)
    _draw_paths(main, places, len(maps), subject, "PCA")
    main.set_xlabel(f"first component ({shares[0]:.0%} of the variance)")
    main.set_ylabel(f"second ({shares[1]:.0%})")
    scaled = (points / points.std()).double().numpy()
    _draw_paths(near, torch.from_numpy(tsne(scaled, PERPLEXITY)), len(maps), subject, "t-SNE")


def _draw_paths(axes: Axes, places: Tensor, pictures: int, subject: Subject, kind: str) -> None:
    for line in places.chunk(pictures):
        axes.plot(*line.T, color="0.8", lw=0.8, zorder=0)
    shown = axes.scatter(*places.T, c=LEVELS[subject] * pictures, cmap="viridis", s=14)
    axes.figure.colorbar(shown, ax=axes, label="level")
    axes.set_title(f"{subject.title}: channels of the last coupled features, {kind}", fontsize=10)
    axes.locator_params(nbins=6)


def _draw_deviation(axes: Axes, curves: np.ndarray) -> None:
    low, high = np.array([interval(column) for column in curves.T]).T
    depth = range(curves.shape[1])
    axes.plot(depth, curves.mean(0), marker=".")
    axes.fill_between(depth, low, high, alpha=0.2)
    axes.set_ylim(bottom=0)
    axes.set_xticks(depth)
    axes.set_xlabel("modules passed (0: the images)")
    axes.set_ylabel("distance from the line between the end levels")
    axes.set_title(f"alpha_in {CONTROL:g}, {len(curves)} images; 95 % intervals", fontsize=10)
    axes.grid(alpha=0.3)
