"""Figure 7 of VDIR: what the latent of a patch says of its noise and of its content.

Drawn by t-SNE, as in the paper; how well the level is read is measured on the four numbers themselves.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from lib.data.images import to_tensor
from lib.degradations import add_gaussian_noise
from lib.evaluation.measure import samples
from lib.papers.common import Drawing, Report
from lib.papers.gains import surely_above
from lib.papers.scores import Scores, with_interval
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.clouds import Cloud, cloud, cut, linear_errors, neighbours, plane, unnumbered
from lib.papers.vdir.maps import before_training, untrained
from lib.papers.vdir.subjects import noisy
from lib.recipes.vdir import AWGN

PATCHES_OF = "bsds500-val"  # [O] the paper has DIV2K's validation part
LEVELS = tuple(range(10, 56, 5))  # [P]
WELL = 0.9  # R2
EXACT = 2.0  # grey levels
LINEAR = "R2 of a line through the four numbers, other half of the pictures"
LINEAR_ERROR = "its mean error in sigma (grey levels)"
NEAREST = "distance in sigma to the nearest patch of another picture"
CHANCE = "the same to any patch of another picture"
NEARER_LEVEL = "how much nearer than chance that is (grey levels of sigma)"
NEARER_COLOUR = "how much nearer than chance its mean colour is (grey levels)"
ESTIMATED = "mean error of the estimator (grey levels)"


def fig7(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """Patches with ten noise levels: coloured as they look, and by their level."""
    net = report.network(AWGN)
    patches = _noisy_patches(report) if net else ([], [])
    found = cloud(net, *patches) if net else None
    probes = _probes(found) if found else {}
    start = _probes(cloud(before_training(AWGN, report.scale), *patches)) if found else {}

    def judge(claim: str, holds: Callable[[], tuple[bool, str]]) -> None:
        report.judge(CLAIMS[claim], lambda scale: holds() if found and scale == report.scale else None)

    judge("the level is read off the latent", lambda: _above(LINEAR, probes[LINEAR], WELL))
    judge("neighbours share the level", lambda: _learnt(NEARER_LEVEL, probes, start))
    judge("neighbours share the colour", lambda: _learnt(NEARER_COLOUR, probes, start))
    judge("the estimator reads the level", lambda: _exact(ESTIMATED, probes[ESTIMATED]))
    titles = (LINEAR, LINEAR_ERROR, NEAREST, CHANCE, NEARER_LEVEL, NEARER_COLOUR, ESTIMATED)
    frame = pd.DataFrame(
        {
            column: {title: with_interval(of[title]) if title in of else "-" for title in titles}
            for column, of in ((report.scale, probes), ("before training", start))
        }
    ).rename_axis("read off the latent")
    report.save_table("vdir-fig7", frame)
    figure = _level_figure(found) if found else untrained(report)
    return report.save_figure("vdir-fig7", figure), frame


def _noisy_patches(report: Report) -> tuple[list[Tensor], list[tuple[int, ...]]]:
    """One patch at every level from each picture, anywhere in it."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for sample in samples(report.at_hand(noisy(LEVELS[0], PATCHES_OF))):
        clean = cut(to_tensor(sample.pixels), len(LEVELS), generator)
        sigma = torch.tensor(LEVELS, dtype=torch.float32)
        found.append(add_gaussian_noise(clean, sigma, generator=generator, quantise=False))
    return found, [LEVELS] * len(found)


def _probes(found: Cloud) -> dict[str, Scores]:
    """Of each picture, what is read off its patches and how far that is from the truth."""
    errors = linear_errors(found)
    spread = float(np.var(LEVELS))
    probes = {
        LINEAR: {name: 1 - float(np.mean(e**2)) / spread for name, e in errors.items()},
        LINEAR_ERROR: {name: float(np.abs(e).mean()) for name, e in errors.items()},
    }
    of_level = np.abs(found.value[:, None] - found.value)
    of_colour = 255 * np.linalg.norm(found.colour[:, None] - found.colour, axis=-1)
    probes[NEAREST], probes[CHANCE] = neighbours(found, of_level)
    near, far = neighbours(found, of_colour)
    probes[NEARER_LEVEL] = {name: probes[CHANCE][name] - d for name, d in probes[NEAREST].items()}
    probes[NEARER_COLOUR] = {name: far[name] - d for name, d in near.items()}
    if found.levels is not None:
        error = np.abs(found.levels - found.value)
        probes[ESTIMATED] = {str(p): float(error[found.picture == p].mean()) for p in set(found.picture)}
    return probes


def _level_figure(found: Cloud) -> Figure:
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    by_colour, by_level = figure.subplots(1, 2)
    at = plane(found)
    by_colour.scatter(*at.T, c=found.colour.clip(0, 1), s=10)
    by_colour.set_title("(a) mean colour of the noisy patch", fontsize=10)
    dots = by_level.scatter(*at.T, c=found.value, s=10, cmap="viridis")
    by_level.set_title("(b) noise level", fontsize=10)
    figure.colorbar(dots, ax=by_level, label="sigma")
    unnumbered((by_colour, by_level))
    return figure


def _above(title: str, scores: Scores, least: float) -> tuple[bool, str]:
    return surely_above(scores, least), f"{title}: {with_interval(scores)}"


def _learnt(title: str, probes: dict[str, Scores], start: dict[str, Scores]) -> tuple[bool, str]:
    """Whether it is more than an encoder tells that has learnt nothing."""
    more = {name: value - start[title][name] for name, value in probes[title].items()}
    shown = f"{with_interval(probes[title])}, before training {with_interval(start[title])}"
    return surely_above(more), f"{title}: {shown}"


def _exact(title: str, errors: Scores) -> tuple[bool, str]:
    exact = surely_above({name: EXACT - error for name, error in errors.items()})
    return exact, f"{title}: {with_interval(errors)}"
