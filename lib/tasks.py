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


CLIPPED = 0.001  # share of samples at black or white above which clipping is allowed for
CORRECTIONS = 5


def estimate_noise(picture: Picture) -> float:
    """Standard deviation of the noise in 8-bit grey levels, mean over channels.

    The median absolute deviation of the finest diagonal wavelet coefficients (Donoho and Johnstone,
    1994), from scikit-image. Noise that was clipped at black and white reads lower than it was: there
    a smooth picture and a level are sought which, made noisy and clipped, look and read the same.
    Pictures of less than 16 pixels a side read 0: there is nothing to estimate from.
    """
    pixels = picture.pixels
    if min(pixels.shape[:2]) < 16:
        return 0.0
    x = pixels.astype(np.float32) / np.iinfo(pixels.dtype).max
    read = sigma = _wavelet_sigma(x)
    if read > 0 and ((x == 0) | (x == 1)).mean() > CLIPPED:
        smooth = clean = _smooth(x)
        noise = np.random.default_rng(0).standard_normal(x.shape, dtype=np.float32)
        for _ in range(CORRECTIONS):
            made = (clean + sigma * noise).clip(0, 1)
            sigma *= read / _wavelet_sigma(made)
            clean = (clean + smooth - _smooth(made)).clip(0, 1)
    return 255 * sigma


def _smooth(x: np.ndarray) -> np.ndarray:
    from skimage.filters import gaussian

    return gaussian(x, 1.5, channel_axis=-1 if x.ndim == 3 else None)


def _wavelet_sigma(x: np.ndarray) -> float:
    from skimage.restoration import estimate_sigma

    return float(estimate_sigma(x, average_sigmas=True, channel_axis=-1 if x.ndim == 3 else None))


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
