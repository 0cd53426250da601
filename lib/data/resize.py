"""MATLAB's bicubic `imresize` on (N, C, H, W)."""

import math

import torch
from torch import Tensor


def resize(
    x: Tensor, *, scale: float | None = None, size: tuple[int, int] | None = None
) -> Tensor:
    """Return MATLAB's `imresize(x, scale)` or `imresize(x, size)`, bicubic, antialiased when shrinking.

    Keys' cubic with a = -0.5, widened by 1/scale when shrinking; symmetric borders; output pixel i
    lies at (i + 0.5) / scale - 0.5. Give one of
    scale: any positive number; the output has ceil(scale * side) pixels a side;
    size: (height, width) of the output; the scale of each side follows from it.
    Returns (N, C, height, width), neither clipped nor rounded: it overshoots [0, 1] at edges.
    Raises ValueError unless exactly one of the two is given. An own sum, because
    `torch.nn.functional.interpolate` knows neither symmetric borders nor ceil.
    """
    if (scale is None) == (size is None):
        raise ValueError("resize takes either a scale or a size.")
    for dim in (-2, -1):
        side = x.shape[-2]
        out = math.ceil(scale * side) if size is None else size[dim]
        x = _resize_rows(x, out, out / side if scale is None else scale).mT
    return x.contiguous()


def enlarge_from_corner(x: Tensor, factor: int) -> Tensor:
    """Enlarge bicubically as `resize` does, but so that pixel i is put on pixel factor * i, where
    `blur_and_subsample` took it from.

    Returns (N, C, factor H, factor W), neither clipped nor rounded.
    """
    for side in (x.shape[-2], x.shape[-1]):
        x = _resize_rows(x, factor * side, factor, corner=0.0).mT
    return x.contiguous()


def mirrored(index: Tensor, side: int) -> Tensor:
    """Return whole-number positions beyond the border, mirrored at it with the edge pixel repeated."""
    index = index % (2 * side)
    return torch.minimum(index, 2 * side - 1 - index)


def _resize_rows(x: Tensor, out: int, scale: float, corner: float = 0.5) -> Tensor:
    """Return (N, C, out, W) of x (N, C, H, W): every row of the output is a weighted sum of `taps` rows.

    Row i of the output lies on row (i + corner) / scale - corner: images share their corner's edge at 0.5,
    the middle of their first row at 0.
    Rows, because copying whole rows is several times faster than gathering columns.
    """
    squeeze = min(scale, 1.0)
    centre = (torch.arange(out, dtype=torch.float64, device=x.device) + corner) / scale - corner
    first = torch.floor(centre - 2 / squeeze).long() + 1
    taps = math.ceil(4 / squeeze)
    positions = first[:, None] + torch.arange(taps, device=x.device)  # (out, taps)
    weights = _cubic((positions - centre[:, None]) * squeeze)
    weights = (weights / weights.sum(1, keepdim=True)).to(x.dtype)
    sources = mirrored(positions, x.shape[-2])
    x = x.contiguous()
    y = x.new_zeros(*x.shape[:2], out, x.shape[-1])
    for tap in range(taps):
        y.addcmul_(x.index_select(-2, sources[:, tap]), weights[:, tap, None])
    return y


def _cubic(distance: Tensor) -> Tensor:
    """Return the weight at a distance: Keys 1981 with a = -0.5, zero beyond a distance of 2."""
    d = distance.abs()
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return torch.where(d <= 1, near, torch.where(d <= 2, far, torch.zeros_like(d)))
