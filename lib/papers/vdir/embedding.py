"""Figure 7 of VDIR: what the latent of a patch says of its noise and of its content.

Drawn by t-SNE, as in the paper; how well the level is read is measured on the four numbers themselves.
"""

from contextlib import suppress

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from lib.data.images import to_tensor
from lib.degradations import add_gaussian_noise
from lib.evaluation.measure import samples
from lib.papers import facts
from lib.papers.judging import Evidence, NotMeasured
from lib.papers.report import Report
from lib.papers.scores import Scores, difference, with_interval
from lib.papers.shown import Parts, together
from lib.papers.vdir.clouds import (
    COLOURS,
    Cloud,
    cloud,
    cut,
    linear_errors,
    neighbours,
    on_record,
    unnumbered,
)
from lib.papers.vdir.manipulation import by_seed
from lib.papers.vdir.maps import before_training, untrained
from lib.papers.vdir.subjects import (
    ERROR,
    ESTIMATED,
    LINEAR,
    NEARER_COLOUR,
    NEARER_LEVEL,
    READ,
    START,
    TRAINED,
    UNTAUGHT,
    noisy,
)
from lib.recipes.vdir import AWGN

PATCHES_OF = "bsds500-val"  # [O] the paper has DIV2K's validation part
JUDGED = (LINEAR, ERROR, NEARER_LEVEL, NEARER_COLOUR, ESTIMATED)
LEVELS = tuple(range(10, 56, 5))  # [P]
Patches = tuple[list[Tensor], list[tuple[int, ...]]]  # of every image, and their levels


def fig7(report: Report) -> Parts:
    """Return patches with ten noise levels: coloured as they look, and by their level."""
    net, protocol = report.network(AWGN), noisy(LEVELS[0], PATCHES_OF)
    whole = report.at_hand(protocol) == protocol.dataset
    patches = _noisy_patches(report) if net else ([], [])
    found = cloud(net, *patches) if net else None
    probes = _probes(found) if found else {}
    start = _probes(cloud(before_training(AWGN, report.scale), *patches)) if found else {}
    if found and report.record and whole:
        report.keep_facts("vdir-fig7", _facts(report, patches, start))
    if not whole:
        probes, start = (_stored(report, by) or own for by, own in ((TRAINED, probes), (START, start)))
    frame = pd.DataFrame(
        {
            column: {title: with_interval(of[name]) if name in of else "-" for name, title in READ.items()}
            for column, of in ((report.scale, probes), (START, start))
        }
    ).rename_axis("read off the latent")
    report.save_table("vdir-fig7", frame)
    places = on_record(report, "vdir-fig7", found, whole)
    figure = untrained(report) if places is None else _level_figure(places)
    return together(report.save_figure("vdir-fig7", figure), frame)


def _stored(report: Report, by: str) -> dict[str, Scores]:
    """What is on record of the latents of one network, called `by`."""
    evidence, found = Evidence("vdir", report.scale, report.store.rows_path.parent), {}
    for name in JUDGED:
        with suppress(NotMeasured):
            found[name] = evidence.facts_by_image("vdir-fig7", f"{by}, {name}")
    return found


def _facts(report: Report, patches: Patches, start: dict[str, Scores]) -> dict[str, float]:
    """What claims on figure 7 rest on: the network, those that no loss told the level, and its start."""
    found = told(START, start)
    for run, by in ({AWGN: TRAINED} | UNTAUGHT).items():
        found |= by_seed(report, run, lambda net, by=by: told(by, _probes(cloud(net, *patches))))
    return found


def told(by: str, probes: dict[str, Scores]) -> dict[str, float]:
    """Return what is read off the latents of one network, called `by`."""
    return facts.by_image({f"{by}, {name}": probes[name] for name in JUDGED if name in probes})


def _noisy_patches(report: Report) -> Patches:
    """One patch at every level from each image, anywhere in it."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for sample in samples(report.at_hand(noisy(LEVELS[0], PATCHES_OF))):
        clean = cut(to_tensor(sample.pixels), len(LEVELS), generator)
        sigma = torch.tensor(LEVELS, dtype=torch.float32)
        found.append(add_gaussian_noise(clean, sigma, generator=generator, quantise=False))
    return found, [LEVELS] * len(found)


def _probes(found: Cloud) -> dict[str, Scores]:
    """Of each image, what is read off its patches and how far that is from the truth, by READ."""
    errors = linear_errors(found)
    spread = float(np.var(LEVELS))
    of_level = np.abs(found.value[:, None] - found.value)
    of_colour = 255 * np.linalg.norm(found.colour[:, None] - found.colour, axis=-1)
    nearest, chance = neighbours(found, of_level)
    alike, any_colour = neighbours(found, of_colour)
    probes = {
        LINEAR: {name: 1 - float(np.mean(e**2)) / spread for name, e in errors.items()},
        ERROR: {name: float(np.abs(e).mean()) for name, e in errors.items()},
        "nearest": nearest,
        "chance": chance,
        NEARER_LEVEL: difference(chance, nearest),
        NEARER_COLOUR: difference(any_colour, alike),
    }
    if found.levels is not None:
        error = np.abs(found.levels - found.value)
        probes[ESTIMATED] = {str(p): float(error[found.picture == p].mean()) for p in set(found.picture)}
    return probes


def _level_figure(places: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    by_colour, by_level = figure.subplots(1, 2)
    by_colour.scatter(places["x"], places["y"], c=places[[*COLOURS]].to_numpy(), s=10)
    by_colour.set_title("(a) mean colour of the noisy patch", fontsize=10)
    dots = by_level.scatter(places["x"], places["y"], c=places["value"], s=10, cmap="viridis")
    by_level.set_title("(b) noise level", fontsize=10)
    figure.suptitle(f"{len(places)} patches", fontsize=10)
    figure.colorbar(dots, ax=by_level, label="sigma")
    unnumbered((by_colour, by_level))
    return figure
