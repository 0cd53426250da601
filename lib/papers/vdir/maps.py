"""Figure 6 of VDIR: the latent maps themselves, over noise levels and over an image."""

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn import functional as F

from lib.models.vdir import LATENT, VDIR
from lib.papers import facts
from lib.papers.pictures import as_shown
from lib.papers.report import Report
from lib.papers.scores import Scores
from lib.papers.shown import Parts, together
from lib.papers.vdir.manipulation import LEVELS, SIGMA, at_hand, by_seed, example, noisy_crops, others
from lib.papers.vdir.subjects import ELSEWHERE, MILD, ORDER, STEP, STRONG, TEXTURE
from lib.recipes import Scale, find
from lib.recipes.vdir import AWGN

DEAD = 1e-6  # standard deviation of a channel that says nothing
Crops = dict[str, dict[int, Tensor]]


def fig6(report: Report) -> Parts:
    """Return the four channels of the latent in the cases of figure 5; the table has their means by level."""
    net = report.network(AWGN)
    crops = noisy_crops(report)
    if net and report.record and at_hand(report):
        report.keep_facts("vdir-fig6", by_seed(report, AWGN, lambda one: told(one, crops)))
    frame = pd.DataFrame([_level_means(net, crops, sigma) for sigma in LEVELS]).set_index("sigma")
    report.save_table("vdir-fig6", frame)
    if net is None:
        return together(report.save_figure("vdir-fig6", untrained(report)), frame)
    own = example(report, SIGMA).degraded
    figure = _map_figure(net, {"(b) its own": own, **others(report)})
    return together(report.save_figure("vdir-fig6", figure), frame)


def before_training(run: str, scale: Scale) -> VDIR:
    """Return the network as it starts: what a latent tells that has learnt nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return find(run, scale).build().eval().requires_grad_(False)


def untrained(report: Report) -> Figure:
    """Return one line where a network is missing."""
    figure = Figure(figsize=(7, 0.6))
    figure.text(0.02, 0.5, f"The network is not trained at {report.scale} scale.", va="center")
    return figure


@torch.inference_mode()
def latent(net: VDIR, x: Tensor) -> Tensor:
    """Return its mean, (N, latent, h, w)."""
    return net.encoder(x)[0]


@torch.inference_mode()
def deviation(net: VDIR, x: Tensor) -> Tensor:
    """Return how widely each channel of it is drawn, mean over positions: (N, latent)."""
    return (net.encoder(x)[1] / 2).exp().mean((2, 3))


def _level_means(net: VDIR | None, crops: Crops, sigma: int) -> dict[str, str]:
    row = {"sigma": str(sigma)}
    if net is None:
        return row | {f"channel {k}": "-" for k in range(1, LATENT + 1)}
    means = np.mean([latent(net, of[sigma]).mean((0, 2, 3)).numpy() for of in crops.values()], axis=0)
    return row | {f"channel {k}": f"{value:.2f}" for k, value in enumerate(means, start=1)}


def told(net: VDIR, crops: Crops) -> dict[str, float]:
    """Return what claims on figure 6 rest on: how far each channel moves from MILD to STRONG, how well its
    order is that of the levels, and how far its textured quarter is from its flat one, on its own map and
    on that of another image. Distances are in deviations of the channel's own distribution."""
    quantities = (STEP, ORDER, TEXTURE, ELSEWHERE)
    found: dict[str, Scores] = {f"channel {k}, {q}": {} for k in range(1, LATENT + 1) for q in quantities}
    last = list(crops.values())[-1]
    for name, of in crops.items():
        own = deviation(net, of[SIGMA])[0].clamp(min=DEAD)
        means = torch.stack([latent(net, of[sigma]).mean((0, 2, 3)) for sigma in LEVELS])
        step = (means[LEVELS.index(STRONG)] - means[LEVELS.index(MILD)]) / own
        order = [_order(values) for values in means.T]
        texture = _texture(of[0])
        apart, elsewhere = (
            _textured_from_flat(latent(net, seen[SIGMA])[0].flatten(1), texture) / own for seen in (of, last)
        )
        last = of
        for k in range(LATENT):
            values = step[k], order[k], apart[k], elsewhere[k]
            for quantity, value in zip(quantities, values, strict=True):
                found[f"channel {k + 1}, {quantity}"][name] = float(value)
    return facts.by_image(found)


def _order(values: Tensor) -> float:
    """Rank correlation of a channel's means with the levels, whichever its sign."""
    alive = float(values.std()) > DEAD
    return abs(float(spearmanr(LEVELS, values).statistic)) if alive else 0.0


def _textured_from_flat(c: Tensor, texture: Tensor) -> Tensor:
    """c (latent, positions), texture (positions,) -> difference between the two quarters, (latent,)."""
    low, high = texture.quantile(0.25), texture.quantile(0.75)
    return c[:, texture >= high].mean(1) - c[:, texture <= low].mean(1)


def _texture(clean: Tensor) -> Tensor:
    """Gradient energy around every position of the latent, (positions,)."""
    gray = clean.mean(1, keepdim=True)
    energy = F.pad(gray.diff(dim=-1).square(), (0, 1)) + F.pad(gray.diff(dim=-2).square(), (0, 0, 0, 1))
    return F.avg_pool2d(F.avg_pool2d(energy, 4), 5, stride=1, padding=2).flatten()


def _map_figure(net: VDIR, cases: dict[str, Tensor]) -> Figure:
    maps = {title: latent(net, x)[0].numpy() for title, x in cases.items()}
    figure = Figure(figsize=(12, 2.3 * len(cases)), layout="constrained")
    grid = figure.subplots(len(cases), LATENT + 1)
    limits = [np.quantile([own[k] for own in maps.values()], (0.01, 0.99)) for k in range(LATENT)]
    for line, (title, own) in zip(grid, maps.items(), strict=True):
        line[0].imshow(as_shown(cases[title]), vmin=0, vmax=1)
        line[0].set_ylabel(title, fontsize=9)
        for k, axes in enumerate(line[1:]):
            axes.imshow(own[k], cmap="viridis", vmin=limits[k][0], vmax=limits[k][1])
            axes.set_xlabel(f"channel {k + 1}, mean {own[k].mean():.2f}", fontsize=9)
    for column in grid.T[1:]:  # one scale for all cases of a channel
        figure.colorbar(column[-1].images[0], ax=list(column), location="bottom", fraction=0.03, pad=0.01)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    return figure
