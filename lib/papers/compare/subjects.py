"""What is compared: two contests on the same images, each with every network that can enter it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lib.degradations.levels import Compress, Denoise
from lib.evaluation.measure import Protocol, Setting
from lib.models.cugan import SIGMA
from lib.papers.cfsnet.subjects import DEBLOCKING, DENOISING, tenths
from lib.recipes import cfsnet
from lib.recipes.adafm import DEJPEG, DENOISE, stage_name
from lib.recipes.cugan import CUNET, TEXTURE
from lib.recipes.qgcn import FULL

NOISES = (5, 10, 15, 25, 35, 50, 60, 75)


def quarters(low: float, high: float) -> tuple[float, ...]:
    """Return multiples of 0.25 between two ends."""
    return tuple(i / 4 for i in range(math.ceil(4 * low), math.floor(4 * high) + 1))


@dataclass(frozen=True)
class Rival:
    """A network and how its knob is set: turned by a person, told the level, or none (blind).

    told: the knobs at a level; of a network that is turned, those before the one that is. heard: the levels
    that it is told in turn, where being told a wrong one is measured. reach: of a knob that is turned,
    in steps of 0.1 between 0 and 1, of 0.25 where it goes beyond.
    colour: of its lines. curve: whether Auto has its curve from here, of the networks whose paper does not
    fit one. auto: whether Auto can set its knob.
    """

    title: str
    network: str
    colour: str
    knob: Literal["turned", "told", "blind"] = "turned"
    told: Callable[[float], tuple[float, ...]] = lambda level: ()
    heard: tuple[float, ...] = ()
    reach: tuple[float, float] = (0.0, 1.0)
    curve: bool = False
    auto: bool = False

    @property
    def positions(self) -> tuple[float | None, ...]:
        """Return where the knob is put at every level; None: where it belongs."""
        if self.knob != "turned":
            return self.heard or (None,)
        return tenths(*self.reach) if self.reach == (0.0, 1.0) else quarters(*self.reach)

    def own(self, level: float) -> tuple[float | None, ...]:
        """Return the positions among which its best is looked for: of a network that is told, the truth."""
        return (level,) if self.heard else self.positions

    def knobs(self, level: float, position: float | None) -> tuple[float, ...]:
        if self.knob == "turned":
            return (*self.told(level), position)
        return self.told(level if position is None else position)


@dataclass(frozen=True)
class Contest:
    """Networks on one set of images at every level; `live` are those that a notebook measures again.

    trained: the levels that most of the networks were trained on.
    """

    item: str
    measure: Literal["sigma", "quality"]
    axis: str
    levels: tuple[float, ...]
    live: tuple[float, ...]
    trained: tuple[float, ...]
    on: Callable[[float], Protocol]
    rivals: tuple[Rival, ...]

    def setting(self, rival: Rival, level: float, position: float | None) -> Setting:
        return Setting(rival.network, rival.knobs(level, position), self.on(level))


def noisy(sigma: float) -> Protocol:
    """Return the protocol of noise clipped and rounded to 8 bits, as a file holds it, all of RGB."""
    return Protocol("set14", Denoise(sigma), multiple=1)


def compressed(quality: float) -> Protocol:
    """Return the protocol of JPEG of the 8-bit Y."""
    return Protocol("classic5", Compress(quality), colour="luma", multiple=1)


def as_noise(sigma: float) -> tuple[float, float]:
    """Return what CUnet is told of an image that is not blurred."""
    return 0.0, sigma / SIGMA


def _cfsnet(run: str, reach: tuple[float, float]) -> Rival:
    return Rival("CFSNet", run, "C1", reach=reach, curve=True, auto=True)


NOISE = Contest(
    item="compare-denoise",
    measure="sigma",
    axis="noise level sigma (8-bit grey levels)",
    levels=NOISES,
    live=(25, 50),
    trained=(15, 25, 50, 75),
    on=noisy,
    rivals=(
        Rival("AdaFM", stage_name(DENOISE, 15, 75, 1), "C2", auto=True),
        _cfsnet(cfsnet.tuned_name(cfsnet.COLOUR, 50), DENOISING.reach),
        Rival("VDIR", "vdir-awgn", "C3", "blind", lambda sigma: (0.0,)),
        Rival("CUnet", CUNET, "C4", "told", as_noise, heard=NOISES, auto=True),
        Rival("CDnCNN-B", "CDnCNN-B", "0.5", "blind"),
        Rival("FFDNet", "FFDNet colour", "0.2", "told", lambda sigma: (sigma,)),
    ),
)
JPEG = Contest(
    item="compare-dejpeg",
    measure="quality",
    axis="JPEG quality",
    levels=(5, 10, 20, 30, 40, 60, 80, 90),
    live=(10, 40),
    trained=(10, 20, 30, 40, 80),
    on=compressed,
    rivals=(
        Rival("AdaFM", stage_name(DEJPEG, 80, 10, 1), "C2", auto=True),
        _cfsnet(cfsnet.tuned_name(cfsnet.DEBLOCK, 40), DEBLOCKING.reach),
        Rival("QGCN", FULL, "C0", "blind"),
        Rival("VDIR", "vdir-jpeg-y", "C3", "blind", lambda quality: (0.0,)),
        Rival("DnCNN-3", "DnCNN-3", "0.5", "blind"),
    ),
)
CONTESTS = (NOISE, JPEG)

# Networks whose knob moves between the least error and texture, for the plane of error and look.
TEXTURED = {
    NOISE.item: Rival("CUGAN, texture", TEXTURE, "C6", told=as_noise),
    JPEG.item: Rival("QGCN, texture", "qgcn", "C6"),
}
