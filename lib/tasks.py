"""What a network is for: how its degradation is made, how its level is read off a picture, and
which knob that level asks for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lib.degradations import add_gaussian_noise
from lib.images import Picture
from lib.models.knobs import Controllable, Knob


@dataclass(frozen=True)
class Level:
    """The strength of a degradation, as a user sets it."""

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float


@dataclass(frozen=True)
class Task:
    """A degradation that can be made and, where `estimate` is given, measured.

    degrade: picture (N, C, H, W) in [0, 1], level, seed -> the degraded picture, same shape, 8-bit.
    estimate: picture -> its level.
    """

    name: str
    level: Level
    degrade: Callable[[Tensor, float, int], Tensor]
    estimate: Callable[[Picture], float] | None


@dataclass(frozen=True)
class KnobCurve:
    """The best value of one knob for each degradation level: a polynomial fitted to measurements.

    coefficients: lowest power first, as numpy.polynomial takes them; the fit holds for levels from
    low to high.
    """

    knob: str
    level_name: str
    coefficients: tuple[float, ...]
    low: float
    high: float


@dataclass(frozen=True)
class Loaded:
    """A network by its public name, with what a user's picture needs around it.

    channels: 3 for a network of colour pictures, 1 for a network of luma.
    curve: None for a network whose knob Auto cannot set.
    """

    name: str
    net: Controllable
    task: Task
    channels: Literal[1, 3]
    scale: str
    curve: KnobCurve | None


def knob_for(level: float, curve: KnobCurve) -> float:
    """The knob at this level; below and above the measured levels, the knob at the nearest one."""
    nearest = min(max(level, curve.low), curve.high)
    return float(np.polynomial.Polynomial(curve.coefficients)(nearest))


def clamp(value: float, knob: Knob) -> float:
    return min(max(value, knob.low), knob.high)


def extrapolates(value: float, knob: Knob) -> str | None:
    """One sentence where this setting lies outside what the network was trained for."""
    if knob.low <= value <= knob.high:
        return None
    return (
        f"{knob.name} = {value:g} lies outside {knob.low:g} to {knob.high:g}, "
        "the range that the network was trained for: the result extrapolates."
    )


def beyond(level: float, curve: KnobCurve) -> str | None:
    """One sentence where this level lies outside what the curve was measured for."""
    if curve.low <= level <= curve.high:
        return None
    return (
        f"{curve.level_name} {level:.1f} lies outside {curve.low:g} to {curve.high:g}, "
        f"the levels that the network was trained for: {curve.knob} is set for the nearest one."
    )


def automatic(picture: Picture, loaded: Loaded) -> tuple[float, float]:
    """(level estimated on the picture, value of `loaded.curve.knob` for it, within its range).

    Raises ValueError where the network has no curve or its task no estimate.
    """
    if loaded.curve is None or loaded.task.estimate is None:
        raise ValueError(f"{loaded.name} has no fitted curve from which Auto could set its knob.")
    level = loaded.task.estimate(picture)
    knob = next(knob for knob in loaded.net.knobs if knob.name == loaded.curve.knob)
    return level, clamp(knob_for(level, loaded.curve), knob)


def estimate_noise(picture: Picture) -> float:
    """Standard deviation of the noise in 8-bit grey levels, mean over channels.

    The median absolute deviation of the finest diagonal wavelet coefficients (Donoho and Johnstone,
    1994), from scikit-image. Noise that was clipped at black and white reads lower than it was.
    Pictures of less than 16 pixels a side read 0: there is nothing to estimate from.
    """
    from skimage.restoration import estimate_sigma

    pixels = picture.pixels
    if min(pixels.shape[:2]) < 16:
        return 0.0
    scaled = pixels.astype(np.float32) * (255 / np.iinfo(pixels.dtype).max)
    axis = -1 if pixels.ndim == 3 else None
    return float(estimate_sigma(scaled, average_sigmas=True, channel_axis=axis))


def add_noise(x: Tensor, sigma: float, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    levels = torch.full((len(x),), float(sigma))
    return add_gaussian_noise(x, levels, generator=generator, quantise=True)


DENOISE = Task(
    name="denoise",
    level=Level("sigma", "Noise, grey levels", 0.0, 100.0, 1.0, 30.0),
    degrade=add_noise,
    estimate=estimate_noise,
)
