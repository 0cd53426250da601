"""libjpeg's arithmetic on whole batches of gray images: what its codec does to them, without the codec."""

import torch
from torch import Tensor
from torch.nn import functional as F

# The standard's luma table (ITU-T T.81, annex K.1), which libjpeg scales by the quality.
_LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)

# The slow-integer DCT of libjpeg (Loeffler, Ligtenberg, Moschytz 1989, constants of 13 bits) with
# its products collected: between two roundings every output is an integer combination of the
# inputs. Left halves of its rows; even rows are mirrored, odd rows mirrored and negated.
_DCT_LEFT = (
    (8192, 8192, 8192, 8192),
    (11363, 9633, 6437, 2260),
    (10703, 4433, -4433, -10703),
    (9633, -2259, -11362, -6436),
    (8192, -8192, -8192, 8192),
    (6437, -11362, 2261, 9633),
    (4433, -10704, 10704, -4433),
    (2260, -6436, 9633, -11363),
)


def jpeg_gray(x: Tensor, quality: float | Tensor) -> Tensor:
    """Return gray images (N, 1, H, W) coded as JPEGs and decoded, computed on their device in batches.

    quality: 1 to 100, one per image or one for all. x is clipped and rounded to 8 bits first.
    Sides that are no multiple of 8 are continued by their last pixel, as the codec does.
    Equal to what the codec itself gives: both transforms are libjpeg's slow-integer ones, sums of integers
    held exactly in float64, so that no coefficient near a tie is rounded the other way.
    """
    height, width = x.shape[-2:]
    qualities = torch.as_tensor(quality, dtype=x.dtype, device=x.device).expand(len(x))
    table = _luma_tables(qualities)[:, None, :, None, :]  # (N, 1, 8, 1, 8)
    dct = _dct_matrix(x.device)

    y = (x.clamp(0, 1) * 255).round().double() - 128
    y = F.pad(y, (0, -width % 8, 0, -height % 8), mode="replicate")[:, 0]
    n, padded_height, padded_width = y.shape
    blocks = (n, padded_height // 8, 8, padded_width // 8, 8)

    y = _round_shift(y.view(n, -1, 8) @ dct.T, 11)  # along rows, two extra bits kept
    y = _round_shift(dct @ y.view(n, -1, 8, padded_width), 15).view(blocks)
    levels = torch.floor(y.abs() / (8 * table) + 0.5) * y.sign()  # half away from zero
    y = (levels * table).view(n, -1, 8, padded_width)
    y = _round_shift(dct.T @ y, 11)
    y = _round_shift(y.view(n, -1, 8) @ dct, 18)
    y = (y.view(n, 1, padded_height, padded_width)[..., :height, :width] + 128).clamp(0, 255)
    return y.to(x.dtype) / 255


def _luma_tables(quality: Tensor) -> Tensor:
    """Return libjpeg's tables (N, 8, 8) for qualities (N,): float64 whole numbers 1 to 255."""
    base = torch.tensor(_LUMA_TABLE, dtype=torch.float64, device=quality.device)
    q = quality.double().round().clamp(1, 100)
    percent = torch.where(q < 50, torch.floor(5000 / q), 200 - 2 * q)
    return torch.floor((base * percent.view(-1, 1, 1) + 50) / 100).clamp(1, 255)


def _dct_matrix(device: torch.device) -> Tensor:
    left = torch.tensor(_DCT_LEFT, dtype=torch.float64, device=device)
    sign = torch.tensor([1.0, -1.0] * 4, dtype=torch.float64, device=device)
    return torch.cat([left, left.flip(1) * sign[:, None]], 1)


def _round_shift(x: Tensor, bits: int) -> Tensor:
    """Return whole numbers over 2^bits, rounded as libjpeg's right shift does: halves upwards."""
    return torch.floor(x / 2**bits + 0.5)
