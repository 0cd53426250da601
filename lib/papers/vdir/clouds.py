"""The latent averaged over a patch, four numbers: clouds of them, and what can be read off their places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from scipy.spatial.distance import cdist
from torch import Tensor

from lib.base import atomic
from lib.models.vdir import VDIR
from lib.papers.report import Report
from lib.papers.scores import Scores
from lib.papers.tsne import tsne
from lib.papers.vdir.maps import latent

SIDE = 96  # [O] pixels of a patch
NEIGHBOURS = 5
COLOURS = ("red", "green", "blue")
PERPLEXITY = 30  # [O] of t-SNE


@dataclass(frozen=True)
class Cloud:
    """The latents of patches and what is known of each.

    codes: (n, latent), each number in its own standard deviations. value: (n,), a noise level or the number
    of a set. colour: (n, 3), mean of the patch. image: (n,), from which it is. levels: (n,), what the
    estimator reads, where there is one.
    """

    codes: np.ndarray
    value: np.ndarray
    colour: np.ndarray
    picture: np.ndarray
    levels: np.ndarray | None = None


@torch.inference_mode()
def cloud(net: VDIR, patches: Sequence[Tensor], values: Sequence[Sequence[float]]) -> Cloud:
    """Return the latents of patches.

    patches: of each image (n, 3, SIDE, SIDE). values: what is known of each.
    """
    latents = [latent(net, x) for x in patches]
    codes = torch.cat([c.mean((2, 3)) for c in latents]).numpy()
    codes = (codes - codes.mean(0)) / np.maximum(codes.std(0), 1e-6)
    colour = torch.cat([x.mean((2, 3)) for x in patches]).numpy()
    picture = np.repeat(np.arange(len(patches)), [len(x) for x in patches])
    levels = None
    if net.estimator is not None:
        levels = torch.cat([net.estimator.level(c) for c in latents]).numpy()
    return Cloud(codes, np.concatenate([np.asarray(v) for v in values]), colour, picture, levels)


def cut(x: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return n patches from anywhere in an image: (1, C, H, W) -> (n, C, SIDE, SIDE)."""
    draw = torch.rand(n, 2, generator=generator)
    corners = (draw * (torch.tensor(x.shape[-2:]) - SIDE + 1)).long().tolist()
    return torch.cat([x[..., top : top + SIDE, left : left + SIDE] for top, left in corners])


def linear_errors(found: Cloud) -> dict[str, np.ndarray]:
    """Return what least squares on the even images read of each odd one, minus the truth."""
    design = np.column_stack([found.codes, np.ones(len(found.codes))])
    fitted_on = found.picture % 2 == 0
    weights, *_ = np.linalg.lstsq(design[fitted_on], found.value[fitted_on], rcond=None)
    errors = design @ weights - found.value
    return {str(p): errors[found.picture == p] for p in set(found.picture[~fitted_on])}


def neighbours(found: Cloud, distance: np.ndarray) -> tuple[Scores, Scores]:
    """Return the mean, image by image, of `distance` (n, n) from its patches to the nearest ones by
    latent, and to all, of other images."""
    apart = np.linalg.norm(found.codes[:, None] - found.codes, axis=-1)
    elsewhere = found.picture[:, None] != found.picture
    nearest = np.where(elsewhere, apart, np.inf).argmin(1)
    near = distance[np.arange(len(nearest)), nearest]
    far = np.where(elsewhere, distance, 0).sum(1) / elsewhere.sum(1)
    own = {str(p): found.picture == p for p in set(found.picture)}
    near_by = {name: float(near[rows].mean()) for name, rows in own.items()}
    return near_by, {name: float(far[rows].mean()) for name, rows in own.items()}


def guesses(found: Cloud) -> Scores:
    """Return the share, image by image, of patches whose nearest neighbours of other images are mostly
    of its kind."""
    apart = cdist(found.codes, found.codes)
    apart[found.picture[:, None] == found.picture] = np.inf
    nearest = found.value[apart.argsort(1)[:, :NEIGHBOURS]].astype(int)  # (n, NEIGHBOURS)
    guessed = np.array([np.bincount(row).argmax() for row in nearest])
    right = guessed == found.value
    return {str(p): float(right[found.picture == p].mean()) for p in set(found.picture)}


def plane(found: Cloud) -> pd.DataFrame:
    """Return a line for each patch: its place by t-SNE, as in the paper (x, y), its mean colour in [0, 1]
    (red, green, blue), what is known of it (value)."""
    columns = dict(zip(("x", "y"), tsne(found.codes, PERPLEXITY).T, strict=True))
    columns |= dict(zip(COLOURS, found.colour.T.clip(0, 1), strict=True))
    return pd.DataFrame(columns | {"value": found.value})


def on_record(report: Report, item: str, found: Cloud | None, whole: bool) -> pd.DataFrame | None:
    """Return the plane of whole sets, as it is stored where they are not here; else of what stands in.

    whole: whether `found` is of whole sets; then it is stored where this run records. None where nothing is
    known.
    """
    path = report.store.rows_path.with_name(f"{item}-{report.scale}.csv.gz")
    if found is not None and (whole or not path.exists()):
        places = plane(found)
        if whole and report.record:
            with atomic.written(path) as part:
                compression = {"method": "gzip", "mtime": 0}
                places.round(3).to_csv(part, index=False, lineterminator="\n", compression=compression)
        return places
    return pd.read_csv(path) if path.exists() else None


def unnumbered(panels: Sequence[Axes]) -> None:
    """Take the numbers off the axes: places of t-SNE have no unit."""
    for axes in panels:
        axes.set(xticks=[], yticks=[], xlabel="t-SNE of the latent's four means")
