"""What a network is for: how its degradation is made, how its levels are read off an image, and
which knob each level asks for.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lib.data.images import BadImage, Picture, to_pixels, to_tensor
from lib.degradations import (
    add_gaussian_noise,
    blur_and_noise,
    camera,
    jpeg,
    lower_resolution,
    resize,
    to_8bit,
)
from lib.degradations.levels import Blurred
from lib.evaluation.inference import restore_colours
from lib.evaluation.knob_curves import KnobCurve, knob_for
from lib.metrics.estimates import estimate_blur, estimate_noise, estimate_quality
from lib.models.cugan import BLUR, SIGMA
from lib.models.knobs import Controllable, Knob

OFF = 0.07  # of a level: by how much reading it may be off


@dataclass(frozen=True)
class Level:
    """The strength of a degradation, as a user sets it."""

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float

    def within(self, value: float) -> float:
        """The value, or the end of the range that it lies beyond."""
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Task:
    """A degradation that can be made, and how its levels are known of an image taken as it is.

    family: what its images suffer from; networks of one family can be tried on the same image.
    levels: its strengths, one or several.
    degrade: image (N, C, H, W) in [0, 1], one number for each level, seed -> the degraded image, same
        shape, as the networks of the task were trained on it.
    estimates: image -> its level, one for each; none where the user says it.
    told: the knobs that are the levels themselves, 0 at the lowest and 1 at the highest.
    psnr_on: what PSNR compares: every channel of an image, or its Y.
    seeded: whether another seed degrades otherwise.
    enlarges: whether an image taken as it is is first enlarged, by a factor that is the level.
    repeats: how often along a side each of its pixels is first repeated, for networks that pick them out
        again and enlarge by themselves.
    """

    name: str
    family: Literal["noise", "JPEG", "size"]
    levels: tuple[Level, ...]
    degrade: Callable[..., Tensor]
    estimates: tuple[Callable[[Picture], float], ...]
    psnr_on: Literal["all", "Y"]
    seeded: bool = False
    enlarges: bool = False
    repeats: int = 1
    told: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """The first, of most tasks the only one."""
        return self.levels[0]

    @property
    def starts(self) -> dict[str, float]:
        """Every level by name, where a slider starts."""
        return {level.name: level.start for level in self.levels}

    @property
    def factors(self) -> tuple[float, float] | None:
        """By how much at least and at most images become larger; None where they keep their size."""
        if self.enlarges:
            return self.level.low, self.level.high
        return (float(self.repeats),) * 2 if self.repeats > 1 else None


@dataclass(frozen=True)
class Loaded:
    """A network by its public name, with what a user's image needs around it.

    channels: 3 for a network of colour images, 1 for a network of luma.
    curve: of the task's first level; None for a network whose knob Auto cannot set. further: of its other
    levels, in their order. trained: between which levels it was trained, for each that the task estimates.
    """

    name: str
    net: Controllable
    task: Task
    channels: Literal[1, 3]
    scale: str
    curve: KnobCurve | None
    further: tuple[KnobCurve, ...] = ()
    trained: tuple[tuple[float, float], ...] = ()

    @property
    def curves(self) -> tuple[KnobCurve, ...]:
        return () if self.curve is None else (self.curve, *self.further)

    @property
    def title(self) -> str:
        return title_of(self.name, self.task)


def title_of(name: str, task: Task) -> str:
    """A network's name, with its factors where a name stands for several networks."""
    return f"{name} {between(*task.factors, 'x')}" if task.factors else name


def between(low: float, high: float, before: str = "") -> str:
    """A range of levels, or the one level where its ends are the same."""
    return f"{before}{low:g} to {before}{high:g}" if low < high else f"{before}{low:g}"


def straight_line(knob: str, level: Level) -> KnobCurve:
    """The curve from 0 at the lowest level to 1 at the highest, where none was measured."""
    width = level.high - level.low
    return KnobCurve(knob, level.name, (-level.low / width, 1 / width), level.low, level.high)


def at_start(network: Loaded, levels: Mapping[str, float]) -> dict[str, float]:
    """Every knob by name where the network has it, but one that is told a level at the level."""
    knobs = {knob.name: knob.start for knob in network.net.knobs}
    told = (curve for curve in network.curves if curve.knob in network.task.told)
    return knobs | {curve.knob: round(knob_for(levels[curve.level_name], curve), 2) for curve in told}


def settings(
    network: Loaded, knobs: Sequence[tuple[str, float]], levels: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Every knob of a network by name, as given or where it starts; raises ValueError for one that it
    does not have. levels: where they are known, for knobs that are told them."""
    found = at_start(network, levels) if levels else {knob.name: knob.start for knob in network.net.knobs}
    for name, value in knobs:
        if name not in found:
            names = ", ".join(found) or "none"
            raise ValueError(f"{network.name} has no knob {name}; its knobs: {names}.")
        found[name] = value
    return found


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
        f"{curve.level_name} {shown(level)} lies outside {curve.low:g} to {curve.high:g}, "
        f"the levels that Auto knows: {curve.knob} is set for the nearest one."
    )


def outside_training(picture: Picture, network: Loaded) -> str:
    """One sentence where the levels read off an image lie outside those that the network was trained for by
    more than reading them is off; empty where they do not, or cannot be read."""
    found = []
    for estimate in network.task.estimates[: len(network.trained)]:
        try:
            found.append(estimate(picture))
        except ValueError:
            return ""
    return untrained(network, found)


def untrained(network: Loaded, levels: Sequence[float]) -> str:
    """The same of levels that are known."""
    names = (level.name for level in network.task.levels)
    beyond = [
        f"{name} {between(low, high)} (here {shown(level)})"
        for name, level, (low, high) in zip(names, levels, network.trained, strict=False)
        if not low * (1 - OFF) <= level <= high * (1 + OFF)
    ]
    said = " and ".join(beyond)
    return f"{network.name} was trained for {said}: it may do the image harm." if said else ""


def shown(level: float) -> str:
    """A level with at most one decimal."""
    return f"{round(level, 1):g}"


def automatic(picture: Picture, loaded: Loaded, stated: float | None, place: int = 0) -> tuple[float, float]:
    """(level number `place` of the task, value of the knob of its curve for it).

    The level is estimated on the image, or `stated` where the task estimates none. Raises
    ValueError where the network has no curve.
    """
    if loaded.curve is None:
        raise ValueError(f"{loaded.name} has no fitted curve from which Auto could set its knob.")
    curve, estimates = loaded.curves[place], loaded.task.estimates
    level = estimates[place](picture) if estimates else stated
    return level, knob_for(level, curve)


def enlarge(picture: Picture, factor: float, *, max_pixels: int) -> Picture:
    """MATLAB's bicubic, clipped and rounded to the image's own bits; its alpha goes along.

    A side becomes ceil(factor * side) pixels. Raises BadImage, without naming the image, where
    that makes more than `max_pixels` in all.
    """
    _check_size(picture, factor, max_pixels)

    def enlarged(samples: np.ndarray) -> np.ndarray:
        return to_pixels(resize(to_tensor(samples), scale=factor), bits=8 * samples.dtype.itemsize)

    alpha = None if picture.alpha is None else enlarged(picture.alpha)
    return replace(picture, pixels=enlarged(picture.pixels), alpha=alpha, tables=None)


def prepare(picture: Picture, task: Task, level: float, *, max_pixels: int) -> Picture:
    """An image taken as it is, as networks of the task want it: larger where they are for that.

    level: of the task, the factor where it enlarges. Raises BadImage as `enlarge` does.
    """
    if task.enlarges:
        return enlarge(picture, level, max_pixels=max_pixels)
    if task.repeats == 1:
        return picture
    _check_size(picture, task.repeats, max_pixels)

    def repeated(samples: np.ndarray) -> np.ndarray:
        return samples.repeat(task.repeats, 0).repeat(task.repeats, 1)

    alpha = None if picture.alpha is None else repeated(picture.alpha)
    return replace(picture, pixels=repeated(picture.pixels), alpha=alpha, tables=None)


def _check_size(picture: Picture, factor: float, max_pixels: int) -> None:
    height, width = (math.ceil(factor * side) for side in picture.pixels.shape[:2])
    if height * width > max_pixels:
        raise BadImage(
            f"enlarged {factor:g} times, it would have {width} x {height} pixels, "
            f"more than the limit of {max_pixels:,} pixels."
        )


def add_noise(x: Tensor, sigma: float, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    levels = torch.full((len(x),), float(sigma))
    return add_gaussian_noise(x, levels, generator=generator, quantise=True)


def add_float_noise(x: Tensor, sigma: float, seed: int) -> Tensor:
    """Neither clipped nor rounded, for networks that were trained so; what is shown of it is both."""
    return add_gaussian_noise(x, sigma, generator=torch.Generator().manual_seed(seed), quantise=False)


def compress(x: Tensor, quality: float, seed: int) -> Tensor:
    return jpeg(x, quality)


def shrink(x: Tensor, factor: float, seed: int) -> Tensor:
    return lower_resolution(x, factor)


def shrink_and_repeat(x: Tensor, factor: int) -> Tensor:
    """Bicubic to a small image of 8 bits, each of whose pixels is repeated to fill the image again."""
    return _repeated(to_8bit(resize(x, scale=1 / factor)), factor, x)


def photograph(x: Tensor, strength: float, seed: int) -> Tensor:
    """As a camera takes the image: response curve, noise and mosaic drawn by the seed, the noise as strong
    as this share, in percent, of the strongest that is trained on; curves by formula, which need no file."""
    generator = torch.Generator().manual_seed(seed)
    curves = camera.power_curves(x.device)
    drawn = camera.Shots.drawn(len(x), len(curves.response), x.device, generator)
    share = torch.full((len(x), 3), strength / 100)
    shots = replace(drawn, shot=share * camera.SHOT, read=share * camera.READ)

    def taken(scene: Tensor) -> Tensor:
        return to_8bit(camera.add_camera_noise(scene, shots, curves, generator=generator))

    return restore_colours(taken, x, 3)


def blur_and_repeat(x: Tensor, variance: float, factor: int) -> Tensor:
    """Blurred, every so many-th pixel kept, and each of these repeated to fill the image again."""
    small = Blurred(factor, along=variance, across=variance).degrade(x, torch.Generator())
    return _repeated(small, factor, x)


def _repeated(small: Tensor, factor: int, like: Tensor) -> Tensor:
    large = small.repeat_interleave(factor, -2).repeat_interleave(factor, -1)
    return large[..., : like.shape[-2], : like.shape[-1]]


def blur_and_add_noise(x: Tensor, radius: float, sigma: float, seed: int) -> Tensor:
    """A Gaussian blur of `radius` pixels, then noise of `sigma` grey levels."""
    return blur_and_noise(x, radius, sigma, generator=torch.Generator().manual_seed(seed))


DENOISE = Task(
    name="denoise",
    family="noise",
    levels=(Level("sigma", "Noise, grey levels", 0.0, 100.0, 1.0, 30.0),),
    degrade=add_noise,
    estimates=(estimate_noise,),
    psnr_on="all",
    seeded=True,
)

DENOISE_FLOAT = replace(DENOISE, degrade=add_float_noise)

DEJPEG = Task(
    name="dejpeg",
    family="JPEG",
    levels=(Level("quality", "JPEG quality", 5.0, 95.0, 1.0, 30.0),),
    degrade=compress,
    estimates=(estimate_quality,),
    psnr_on="Y",
)

DEJPEG_COLOUR = replace(DEJPEG, psnr_on="all")

REAL = Task(
    name="real",
    family="noise",
    levels=(Level("strength", "Camera noise, % of the most", 0.0, 100.0, 1.0, 50.0),),
    degrade=photograph,
    estimates=(),
    psnr_on="all",
    seeded=True,
)


def blind_super_resolution(factor: int) -> Task:
    """Super-resolution by a whole factor of images that were blurred before they lost pixels."""
    return Task(
        name="blind sr",
        family="size",
        levels=(Level("blur", "Variance of the blur, pixels squared", 0.5, 2.5 * factor, 0.1, 2.0),),
        degrade=lambda x, variance, seed: blur_and_repeat(x, variance, factor),
        estimates=(),
        psnr_on="Y",
        repeats=factor,
    )


DEBLUR = Task(
    name="deblur",
    family="noise",
    levels=(
        Level("radius", "Blur, pixels", 0.0, BLUR, 0.1, 2.0),
        Level("sigma", "Noise, grey levels", 0.0, SIGMA, 1.0, 30.0),
    ),
    degrade=blur_and_add_noise,
    estimates=(estimate_blur, estimate_noise),
    psnr_on="all",
    seeded=True,
    told=("blur", "noise"),
)


def super_resolution(low: float, high: float) -> Task:
    """Super-resolution by the factors that a network was trained between."""
    return Task(
        name="sr",
        family="size",
        levels=(Level("factor", "Scale factor", low, high, 0.1, low + 0.4),),
        degrade=shrink,
        estimates=(),
        psnr_on="Y",
        enlarges=True,
    )


def whole_super_resolution(factor: int) -> Task:
    """Super-resolution by one whole factor, for networks that see the small image itself."""
    return Task(
        name="small sr",
        family="size",
        levels=(Level("factor", "Scale factor", factor, factor, 1.0, factor),),
        degrade=lambda x, level, seed: shrink_and_repeat(x, factor),
        estimates=(),
        psnr_on="Y",
        repeats=factor,
    )


SR = super_resolution(3.0, 4.0)
