"""Figure 6 of VDIR: the latent maps themselves, over noise levels and over a picture."""

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn import functional as F

from lib.models.vdir import LATENT, VDIR
from lib.papers.common import Drawing, Report, Verdict
from lib.papers.gains import Test, surely_above
from lib.papers.pictures import as_shown
from lib.papers.scores import Scores, with_interval
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.manipulation import LEVELS, MILD, SIGMA, STRONG, example, noisy_crops, others
from lib.recipes import Scale, find
from lib.recipes.vdir import AWGN

ORDERED = 0.9  # rank correlation
DEAD = 1e-6  # standard deviation of a channel that says nothing
TOLD = 1.0  # deviations of the latent's own distribution: what is less drowns when it is sampled
Crops = dict[str, dict[int, Tensor]]


def fig6(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """The four channels of the latent in the cases of figure 5; the table has their means by noise level."""
    net = report.network(AWGN)
    crops = noisy_crops(report)
    report.judge(CLAIMS["latents follow the level"], _follow(report, net, crops))
    report.judge(CLAIMS["latents tell texture from flat"], _textured(report, net, crops))
    frame = pd.DataFrame([_level_means(net, crops, sigma) for sigma in LEVELS]).set_index("sigma")
    report.save_table("vdir-fig6", frame)
    if net is None:
        return report.save_figure("vdir-fig6", untrained(report)), frame
    own = example(report, SIGMA).degraded
    return report.save_figure("vdir-fig6", _map_figure(net, {"(b) its own": own, **others(report)})), frame


def before_training(run: str, scale: Scale) -> VDIR:
    """The network as it starts: what a latent tells that has learnt nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return find(run, scale).build().eval().requires_grad_(False)


def untrained(report: Report) -> Figure:
    """One line where a network is missing."""
    figure = Figure(figsize=(7, 0.6))
    figure.text(0.02, 0.5, f"The network is not trained at {report.scale} scale.", va="center")
    return figure


@torch.inference_mode()
def latent(net: VDIR, x: Tensor) -> Tensor:
    """Its mean, (N, latent, h, w)."""
    return net.encoder(x)[0]


@torch.inference_mode()
def deviation(net: VDIR, x: Tensor) -> Tensor:
    """How widely each channel of it is drawn, mean over positions: (N, latent)."""
    return (net.encoder(x)[1] / 2).exp().mean((2, 3))


def _level_means(net: VDIR | None, crops: Crops, sigma: int) -> dict[str, str]:
    row = {"sigma": str(sigma)}
    if net is None:
        return row | {f"channel {k}": "-" for k in range(1, LATENT + 1)}
    means = np.mean([latent(net, of[sigma]).mean((0, 2, 3)).numpy() for of in crops.values()], axis=0)
    return row | {f"channel {k}": f"{value:.2f}" for k, value in enumerate(means, start=1)}


def _best_channel(by_channel: list[Scores]) -> tuple[int, Scores]:
    """The channel whose mean over pictures is largest, its sign made positive."""
    means = [float(np.mean(list(scores.values()))) for scores in by_channel]
    channel = int(np.argmax(np.abs(means)))
    sign = np.sign(means[channel])
    return channel + 1, {name: float(sign * value) for name, value in by_channel[channel].items()}


def _follow(report: Report, net: VDIR | None, crops: Crops) -> Test:
    """The channel that moves furthest between the mildest and the strongest of figure 5's levels, in the
    deviations of its own distribution, and whether it does so level by level."""

    def test(scale: Scale) -> Verdict:
        if net is None or scale != report.scale:
            return None
        moved: list[Scores] = [{} for _ in range(LATENT)]
        ordered: list[Scores] = [{} for _ in range(LATENT)]
        for name, of in crops.items():
            means = torch.stack([latent(net, of[sigma]).mean((0, 2, 3)) for sigma in LEVELS])
            step = means[LEVELS.index(STRONG)] - means[LEVELS.index(MILD)]
            step = step / deviation(net, of[SIGMA])[0].clamp(min=DEAD)
            for k, values in enumerate(means.T):
                alive = float(values.std()) > DEAD
                moved[k][name] = float(step[k])
                ordered[k][name] = abs(float(spearmanr(LEVELS, values).statistic)) if alive else 0.0
        channel, shift = _best_channel(moved)
        order = ordered[channel - 1]
        return surely_above(order, ORDERED) and surely_above(shift, TOLD), (
            f"channel {channel}: rank correlation {with_interval(order)}, from sigma {MILD} to {STRONG} by "
            f"{with_interval(shift)} of its deviations"
        )

    return test


def _textured(report: Report, net: VDIR | None, crops: Crops) -> Test:
    """Difference of a channel between the two quarters, in the deviations of its own distribution."""

    def test(scale: Scale) -> Verdict:
        if net is None or scale != report.scale:
            return None
        found: list[Scores] = [{} for _ in range(LATENT)]
        for name, of in crops.items():
            c = latent(net, of[SIGMA])[0].flatten(1)
            texture = _texture(of[0])
            low, high = texture.quantile(0.25), texture.quantile(0.75)
            difference = c[:, texture >= high].mean(1) - c[:, texture <= low].mean(1)
            own = deviation(net, of[SIGMA])[0].clamp(min=DEAD)
            for scores, value in zip(found, difference / own, strict=True):
                scores[name] = float(value)
        channel, scores = _best_channel(found)
        apart = f"channel {channel}: {with_interval(scores)} of its deviations apart"
        return surely_above(scores, TOLD), apart

    return test


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
            axes.set_xlabel(f"channel {k + 1}, mean {own[k].mean():.2f}", fontsize=8)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    return figure
