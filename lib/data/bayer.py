"""Bayer mosaics of images (N, 3, H, W), and their linear interpolation."""

import torch
from torch import Tensor
from torch.nn import functional as F

RED, GREEN, BLUE = range(3)
PATTERNS = (  # GBRG, GRBG, BGGR, RGGB: the colour of a pixel by the parity of its row and column
    ((GREEN, BLUE), (RED, GREEN)),
    ((GREEN, RED), (BLUE, GREEN)),
    ((BLUE, GREEN), (GREEN, RED)),
    ((RED, GREEN), (GREEN, BLUE)),
)
NO_MOSAIC = len(PATTERNS)

# Malvar, He, Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned color images",
# ICASSP 2004, figure 2, in sixteenths: what lies at the pixel itself; green at red or blue; red or blue at a
# green pixel that has it in its row, or in its column; red at blue and blue at red.
_ROW = ((0, 0, 1, 0, 0), (0, -2, 0, -2, 0), (-2, 8, 10, 8, -2), (0, -2, 0, -2, 0), (0, 0, 1, 0, 0))
_FILTERS = (
    ((0,) * 5, (0,) * 5, (0, 0, 16, 0, 0), (0,) * 5, (0,) * 5),
    ((0, 0, -2, 0, 0), (0, 0, 4, 0, 0), (-2, 4, 8, 4, -2), (0, 0, 4, 0, 0), (0, 0, -2, 0, 0)),
    _ROW,
    tuple(zip(*_ROW, strict=True)),
    ((0, 0, -3, 0, 0), (0, 4, 0, 4, 0), (-3, 0, 12, 0, -3), (0, 4, 0, 4, 0), (0, 0, -3, 0, 0)),
)
_ITSELF, _GREEN, _IN_ROW, _IN_COLUMN, _DIAGONAL = range(5)


def mosaic(x: Tensor, pattern: Tensor) -> Tensor:
    """Return the one colour that a Bayer sensor has at each pixel: (N, 3, H, W), (N,) -> (N, 1, H, W).

    Images without a mosaic are given that of the first pattern.
    """
    return x.gather(1, _tiled(_colours(pattern)[:, None], x.shape[-2:]))


def demosaic(raw: Tensor, pattern: Tensor) -> Tensor:
    """Interpolate a mosaic linearly, corrected by gradients: (N, 1, H, W), (N,) -> (N, 3, H, W), not clipped.

    Mirrored at borders without repeating the last pixel, which keeps the order of colours [O]; back and
    forth where fewer than three pixels lie along a side.
    """
    filters = torch.tensor(_FILTERS, dtype=raw.dtype, device=raw.device)[:, None] / 16
    with torch.autocast(raw.device.type, enabled=False):
        estimates = F.conv2d(_mirrored(raw, 2), filters)  # (N, 5, H, W)
    return estimates.gather(1, _tiled(_choices(_colours(pattern)), raw.shape[-2:]))


def _mirrored(x: Tensor, margin: int) -> Tensor:
    """Return (N, C, H, W) continued on every side."""
    for dim, side in ((-2, x.shape[-2]), (-1, x.shape[-1])):
        there_and_back = max(2 * (side - 1), 1)
        at = torch.arange(-margin, side + margin, device=x.device) % there_and_back
        x = x.index_select(dim, torch.minimum(at, there_and_back - at) if side > 1 else at)
    return x


def _colours(pattern: Tensor) -> Tensor:
    """Return the colour by the parity of row and column, (N, 2, 2), of patterns (N,)."""
    return torch.tensor(PATTERNS, device=pattern.device)[pattern % len(PATTERNS)]


def _choices(colours: Tensor) -> Tensor:
    """Return which filter gives each colour at each of the four kinds of pixel, (N, 3, 2, 2)."""
    here = colours[:, None]
    wanted = torch.arange(3, device=colours.device).view(1, 3, 1, 1)
    beside = torch.where(here.flip(3) == wanted, _IN_ROW, _IN_COLUMN)
    choice = torch.where(here == GREEN, beside, _DIAGONAL)
    choice = torch.where(wanted == GREEN, _GREEN, choice)
    return torch.where(here == wanted, _ITSELF, choice)


def _tiled(cell: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (N, C, 2, 2) repeated to (N, C, *size)."""
    height, width = size
    return cell.repeat(1, 1, -(-height // 2), -(-width // 2))[..., :height, :width]
