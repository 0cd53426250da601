"""Panels of images for figures: the whole image once, then the same enlarged crop at every setting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib import patches
from matplotlib.figure import Figure
from torch import Tensor


@dataclass(frozen=True)
class Panel:
    """One image (1, C, H, W) in [0, 1] and the two lines under it; None: its network is not here."""

    picture: Tensor | None
    title: str
    note: str = ""


def absent(title: str) -> Panel:
    """Return a panel that figures name and leave out: its network is not here."""
    return Panel(None, title)


@dataclass(frozen=True)
class Crop:
    """A square of the image, in pixels."""

    top: int
    left: int
    side: int

    def of(self, picture: np.ndarray) -> np.ndarray:
        return picture[self.top : self.top + self.side, self.left : self.left + self.side]

    def cut(self, x: Tensor) -> Tensor:
        """The same of (..., H, W)."""
        return x[..., self.top : self.top + self.side, self.left : self.left + self.side]


@dataclass(frozen=True)
class Strip:
    """A whole image with its crop outlined, and rows of enlarged crops beside it."""

    title: str
    whole: Panel
    rows: Sequence[Sequence[Panel]]
    crop: Crop


def strips(parts: Sequence[Strip]) -> Figure:
    """Return the strips below one another; panels whose network is not here are named above their strip."""
    parts = [_there(part) for part in parts]
    columns = max((len(row) for part in parts for row in part.rows), default=0)
    heights = [2.3 * max(1, len(part.rows)) + 0.5 for part in parts]
    figure = Figure(figsize=(3.2 + 1.9 * columns, sum(heights)), layout="constrained")
    below = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
    for own, part in zip(below, parts, strict=True):
        grid = own.add_gridspec(max(1, len(part.rows)), columns + 1, width_ratios=[1.6] + [1] * columns)
        axes = own.add_subplot(grid[:, 0])
        _draw(axes, part.whole, as_shown(part.whole.picture))
        corner, side = (part.crop.left - 0.5, part.crop.top - 0.5), part.crop.side
        axes.add_patch(patches.Rectangle(corner, side, side, fill=False, color="#e8452c", lw=1.5))
        for r, row in enumerate(part.rows):
            for c, panel in enumerate(row):
                _draw(own.add_subplot(grid[r, c + 1]), panel, part.crop.of(as_shown(panel.picture)))
        own.suptitle(part.title, fontsize=11)
    return figure


def _there(part: Strip) -> Strip:
    missing = dict.fromkeys(panel.title for row in part.rows for panel in row if panel.picture is None)
    if not missing:
        return part
    rows = [[panel for panel in row if panel.picture is not None] for row in part.rows]
    title = f"{part.title}\nweights not here: {', '.join(missing)}"
    return replace(part, title=title, rows=[row for row in rows if row])


def sentence(text: str) -> Figure:
    """Instead of a figure, why there is none."""
    figure = Figure(figsize=(7, 0.6))
    figure.text(0.02, 0.5, text, va="center")
    return figure


def as_shown(picture: Tensor) -> np.ndarray:
    """(1, C, H, W) or (C, H, W) -> (H, W, 3) floats in [0, 1]."""
    pixels = picture.detach().cpu().clamp(0, 1).reshape(picture.shape[-3:]).permute(1, 2, 0).numpy()
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def busiest_crop(clean: Tensor, side: int) -> Crop:
    """The square with the most edges, away from the border: where a difference can be seen; a smaller one
    in an image that does not hold it."""
    return _by_edges(clean, side, np.argmax)


def calmest_crop(clean: Tensor, side: int) -> Crop:
    """The square with the fewest edges: where noise is not taken for texture, nor texture for noise."""
    return _by_edges(clean, side, np.argmin)


def _by_edges(clean: Tensor, side: int, chosen: Callable[[np.ndarray], np.intp]) -> Crop:
    margin = 8
    luma = as_shown(clean).mean(axis=2)
    side = min(side, min(luma.shape) - 2 * margin - 1)
    rows, columns = np.gradient(luma)
    energy = np.abs(rows) + np.abs(columns)
    total = energy.cumsum(0).cumsum(1)
    total = np.pad(total, ((1, 0), (1, 0)))
    sums = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    inner = sums[margin:-margin, margin:-margin]
    top, left = np.unravel_index(chosen(inner), inner.shape)
    return Crop(int(top) + margin, int(left) + margin, side)


def _draw(axes, panel: Panel, pixels: np.ndarray) -> None:
    axes.imshow(pixels, interpolation="nearest", vmin=0, vmax=1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlabel(panel.note, fontsize=8)
