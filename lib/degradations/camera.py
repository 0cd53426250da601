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

from lib.data import sets
from lib.data.bayer import NO_MOSAIC, demosaic, mosaic

SHOT, READ = 0.16, 0.06  # largest deviations, of the irradiance and of 1
FULL = 2**16  # what the sensor counts up to


@dataclass(frozen=True)
class Curves:
    """Response curves and their inverses, each (curves, entries): values in [0, 1] at arguments evenly
    spread over [0, 1]."""

    response: Tensor  # irradiance -> pixel value
    inverse: Tensor


@functools.cache
def measured_curves(device: torch.device) -> Curves:
    """Return the 201 measured curves, of 1024 entries; raises MissingData without their files."""
    import scipy.io

    response = scipy.io.loadmat(sets.weights_file("camera_response/201_CRF_data.mat"))["B"]
    inverse = scipy.io.loadmat(sets.weights_file("camera_response/dorfCurvesInv.mat"))["invI"]
    return Curves(*(torch.tensor(table, device=device) for table in (response, inverse)))


def power_curves(device: torch.device, exponents: tuple[float, ...] = (1.8, 2.2, 2.4)) -> Curves:
    """Return stand-ins by formula, where no file shall be needed: the irradiance is a power of the value."""
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
        """Draw everything uniformly: curve, deviations up to SHOT and READ, and pattern or none."""
        draw = torch.rand(8, n, generator=generator, device=generator.device).to(device)
        curve, pattern = (draw[0] * curves).long(), (draw[1] * (NO_MOSAIC + 1)).long()
        return cls(curve, SHOT * draw[2:5].T, READ * draw[5:8].T, pattern)


def add_camera_noise(x: Tensor, shots: Shots, curves: Curves, *, generator: torch.Generator) -> Tensor:
    """Return what a camera makes of the scenes x (N, 3, H, W): the same shape in [0, 1], not rounded.

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
    """Return the entry of each image's table (N, entries) nearest to x (N, ...), clipped to [0, 1]."""
    entry = (x.clamp(0, 1) * (tables.shape[1] - 1)).round().long()
    return tables.to(x).gather(1, entry.flatten(1)).view_as(x)


def counted(x: Tensor) -> Tensor:
    """Round to the 16 bits of a sensor, and cut off where they end."""
    return (x * FULL).round().clamp(0, FULL - 1) / FULL
