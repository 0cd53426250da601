"""The noise of a camera: irradiance, noise that grows with it, Bayer mosaic, demosaicing, response curve.

Source: Guo et al., "Toward Convolutional Blind Denoising of Real Photographs", CVPR 2019 (CBDNet), as its
released MATLAB helper AddNoiseMosai does it, whose noise VDIR was trained on; the 201 response curves are
those of Grossberg and Nayar, "Modeling the Space of Camera Response Functions", PAMI 2004.
Differs from the helper: a curve is looked up at the nearest entry, where it can take the one below.

Pure functions on (N, 3, H, W) floats in [0, 1], on whatever device they are; generator passed in.
"""

import functools
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.data import sets

SHOT, READ = 0.16, 0.06  # largest deviations, of the irradiance and of 1
FULL = 2**16  # what the sensor counts up to
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


@dataclass(frozen=True)
class Curves:
    """Response curves and their inverses, each (curves, entries): values in [0, 1] at arguments evenly
    spread over [0, 1]."""

    response: Tensor  # irradiance -> pixel value
    inverse: Tensor


@functools.cache
def measured_curves(device: torch.device) -> Curves:
    """The 201 measured ones, of 1024 entries; raises MissingData where their files are not at hand."""
    import scipy.io

    response = scipy.io.loadmat(sets.weights_file("camera_response/201_CRF_data.mat"))["B"]
    inverse = scipy.io.loadmat(sets.weights_file("camera_response/dorfCurvesInv.mat"))["invI"]
    return Curves(*(torch.tensor(table, device=device) for table in (response, inverse)))


def power_curves(device: torch.device, exponents: tuple[float, ...] = (1.8, 2.2, 2.4)) -> Curves:
    """Stand-ins by formula, where no file shall be needed: the irradiance is a power of the value."""
    at = torch.linspace(0, 1, 1024, device=device)
    powers = torch.tensor(exponents, device=device)[:, None]
    return Curves(at ** (1 / powers), at**powers)


@dataclass(frozen=True)
class Shots:
    """With which settings each of N images is taken.

    curve: (N,), which of the curves. shot, read: (N, 3), deviations of the noise, in units of the
    irradiance and of 1. pattern: (N,), which of PATTERNS, or NO_MOSAIC.
    """

    curve: Tensor
    shot: Tensor
    read: Tensor
    pattern: Tensor

    @classmethod
    def drawn(cls, n: int, curves: int, device: torch.device, generator: torch.Generator) -> "Shots":
        """Everything uniform: curve, deviations up to SHOT and READ, and pattern or none."""
        draw = torch.rand(8, n, generator=generator, device=generator.device).to(device)
        curve, pattern = (draw[0] * curves).long(), (draw[1] * (NO_MOSAIC + 1)).long()
        return cls(curve, SHOT * draw[2:5].T, READ * draw[5:8].T, pattern)


def add_camera_noise(x: Tensor, shots: Shots, curves: Curves, *, generator: torch.Generator) -> Tensor:
    """What a camera makes of the scenes x (N, 3, H, W); returns the same shape in [0, 1], not rounded.

    H, W: at least 3. curves: on the device of x.
    """
    irradiance = look_up(curves.inverse[shots.curve], x)
    noise = torch.randn(2, *x.shape, generator=generator, device=generator.device).to(x)
    shot, read = (deviation[:, :, None, None].to(x) for deviation in (shots.shot, shots.read))
    noisy = irradiance + shot * irradiance * noise[0] + read * noise[1]
    sensed = demosaic(counted(mosaic(noisy, shots.pattern)), shots.pattern)
    with_mosaic = (shots.pattern != NO_MOSAIC)[:, None, None, None]
    return look_up(curves.response[shots.curve], torch.where(with_mosaic, counted(sensed), noisy))


def look_up(tables: Tensor, x: Tensor) -> Tensor:
    """One table per image, (N, entries), at the nearest entry; x (N, ...) is clipped to [0, 1]."""
    entry = (x.clamp(0, 1) * (tables.shape[1] - 1)).round().long()
    return tables.to(x).gather(1, entry.flatten(1)).view_as(x)


def counted(x: Tensor) -> Tensor:
    """Rounded to the 16 bits of a sensor, and cut off where they end."""
    return (x * FULL).round().clamp(0, FULL - 1) / FULL


def mosaic(x: Tensor, pattern: Tensor) -> Tensor:
    """The one colour that a Bayer sensor has at each pixel: (N, 3, H, W), (N,) -> (N, 1, H, W).

    Images without a mosaic are given that of the first pattern.
    """
    return x.gather(1, _tiled(_colours(pattern)[:, None], x.shape[-2:]))


def demosaic(raw: Tensor, pattern: Tensor) -> Tensor:
    """Gradient-corrected linear interpolation of a mosaic: (N, 1, H, W), (N,) -> (N, 3, H, W), not clipped.

    Mirrored at borders without repeating the last pixel, which keeps the order of colours [O].
    """
    filters = torch.tensor(_FILTERS, dtype=raw.dtype, device=raw.device)[:, None] / 16
    with torch.autocast(raw.device.type, enabled=False):
        estimates = F.conv2d(F.pad(raw, (2, 2, 2, 2), mode="reflect"), filters)  # (N, 5, H, W)
    return estimates.gather(1, _tiled(_choices(_colours(pattern)), raw.shape[-2:]))


def _colours(pattern: Tensor) -> Tensor:
    """(N,) -> the colour by the parity of row and column, (N, 2, 2)."""
    return torch.tensor(PATTERNS, device=pattern.device)[pattern % len(PATTERNS)]


def _choices(colours: Tensor) -> Tensor:
    """Which filter gives each colour at each of the four kinds of pixel, (N, 3, 2, 2)."""
    here = colours[:, None]
    wanted = torch.arange(3, device=colours.device).view(1, 3, 1, 1)
    beside = torch.where(here.flip(3) == wanted, _IN_ROW, _IN_COLUMN)
    choice = torch.where(here == GREEN, beside, _DIAGONAL)
    choice = torch.where(wanted == GREEN, _GREEN, choice)
    return torch.where(here == wanted, _ITSELF, choice)


def _tiled(cell: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, C, 2, 2) repeated to (N, C, *size)."""
    height, width = size
    return cell.repeat(1, 1, -(-height // 2), -(-width // 2))[..., :height, :width]
