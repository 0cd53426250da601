"""What the slider knows and does, without a browser: one method per thing a user can do.

A `SliderState` is touched by one thread only, that of its `LatestWins`; `look_at` and `close_up` alone
may be called from any.
"""

import math
import shlex
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lib.app.recommend import recommended
from lib.app.tasks import (
    Loaded,
    at_start,
    automatic,
    beyond,
    extrapolates,
    outside_training,
    prepare,
    shown,
    untrained,
)
from lib.data.images import BadImage, Picture, encode, fill_hidden, read, rgb_to_y, to_pixels, to_tensor
from lib.data.metadata import Metadata, with_notes
from lib.data.sets import Sample
from lib.degradations import to_8bit
from lib.evaluation.inference import Progress, Restorer, precision_for, restore_colours, seen_by
from lib.evaluation.jpeg_quality import Gauge, Reading
from lib.evaluation.measure import measurable, natural_scenes
from lib.metrics.fidelity import niqe, psnr, ssim
from lib.models.vdir import VDIR
from lib.training.wrappers import Told

MAX_PIXELS = 25_000_000
MAX_BYTES = 64 * 2**20
DISPLAYED = 1440  # pixels: the longer side of what is sent to a screen
LARGEST_SEED = 2**32 - 1
SSIM_SIDE, NIQE_SIDE = 11, 96  # pixels, of a window and of a block
SCORED = 500_000  # pixels of the largest image that is scored whole
SCORED_PART = 672  # pixels a side, seven blocks of NIQE: of a larger one this part
RECOMMENDED = 4_000_000  # pixels of the largest upload off which is read which network it asks for
QUICK = 512 * 512  # pixels: a larger image waits for the whole only once the speed is known
PATIENCE = 0.12  # seconds: a whole image that takes longer is preceded by a region
REGION_SECONDS = 0.04
ITSELF, AGAIN, FLIPPED = "itself", "this image", "this image, flipped"


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, x: Tensor) -> Tensor:
        return x[..., self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True)
class Rendering:
    """A restored region or image.

    restored: (h, w) or (h, w, 3) uint8, the pixels inside `box`. before_db and after_db: PSNR of
    the degraded and of the restored pixels inside `box`, on what the task says; None without a
    reference.
    """

    restored: np.ndarray
    box: Box
    whole: bool
    seconds: float
    before_db: float | None
    after_db: float | None


class SliderState:
    """An image, how it is degraded, the network and where its knobs stand, and what comes out.

    `networks`, by title, are those to choose from; the first is taken. `gauge`, where there is one, reads
    the quality of the image before and after.
    `levels` and `knobs` are by name.
    `latent_of` is whose latent a VDIR is told (ITSELF: blind restoration), `latent_level` how degraded
    that one is.
    `note` is the sentence that the last action left for the user, empty when all is well.
    `focus` is the point, in fractions of width and height, around which a region is restored first.
    `moving` is true in the middle of a gesture, when speed matters more than the last bit.
    `blend` is the share of the restored image in what is shown, the rest is the image before.
    `unread` is true while Auto is to set the knobs of an image just taken, but has not yet.
    `pixels_per_second` is the speed of the last restoration, None before the first.
    `pictures` counts the images taken, an enlarged one anew at every factor.
    """

    def __init__(
        self,
        networks: Sequence[Loaded],
        samples: Sequence[Sample],
        *,
        gauge: Gauge | None = None,
        device: str | torch.device = "auto",
    ):
        self.gauge = gauge
        self.networks = {loaded.title: loaded for loaded in networks}
        self.samples = {sample.name: sample for sample in samples}
        self._restorers = {loaded.title: Restorer(loaded.net, device=device) for loaded in networks}
        self._told = {
            loaded.title: Restorer(Told(loaded.net), device=device)
            for loaded in networks
            if isinstance(loaded.net, VDIR)
        }
        self.loaded = networks[0]
        self.levels = self.loaded.task.starts
        self.knobs = at_start(self.loaded, self.levels)
        self.latent_of, self.latent_level = ITSELF, self.level
        self.seed = 0
        self.degrading = True
        self.moving = False
        self.focus = (0.5, 0.5)
        self.note = ""
        self.pixels_per_second: float | None = None
        self.pictures = 0
        self.blend = 1.0
        self.unread = False
        self._picture = self._taken = None
        self.choose(next(iter(self.samples)))

    # What a user does.

    def use(self, title: str) -> None:
        """Another of the networks, its knobs where Auto sets them; the image stays, and of its levels those
        that the other one knows by the same name."""
        loaded = self.networks[title]
        levels = {
            level.name: level.within(self.levels.get(level.name, level.start)) for level in loaded.task.levels
        }
        if self._take(self.name, self._picture, self.degrading, levels, loaded):
            self.latent_of, self.latent_level = ITSELF, self.level
            self.pixels_per_second = None
            self._open()

    def choose(self, name: str) -> None:
        """One of the samples, by name; they are clean, and are degraded."""
        if self._take(name, Picture(self.samples[name].pixels, None, None), True, self.levels):
            self._open()

    def upload(self, name: str, data: bytes) -> None:
        """The user's own image, taken as it is; a bad one leaves a sentence and nothing else. What of
        its name cannot be printed becomes underscores."""
        name = "".join(letter if letter.isprintable() else "_" for letter in name)
        try:
            picture = fill_hidden(read(data, max_pixels=MAX_PIXELS))
        except BadImage as error:
            self.note = f"{name}: {error}"
            return
        if self._take(name, picture, False, self.levels):
            self._open()
            self.note = " ".join(filter(None, (self.note, self._recommended())))

    def _recommended(self) -> str:
        """One sentence where another network that is here is made for what is read off an image of moderate
        size; empty otherwise."""
        if math.prod(self._picture.pixels.shape[:2]) > RECOMMENDED:
            return ""
        try:
            found = recommended(self._picture)
        except ValueError:  # two values
            return ""
        here = found.network in {loaded.name for loaded in self.networks.values()} - {self.loaded.name}
        return f"Recommended: {found.network} ({found.read})." if here else ""

    def refuse_upload(self, name: str, size: int) -> None:
        """Larger than what is sent through a notebook's connection; known before it is sent."""
        self.note = f"{name} has {size / 2**20:.0f} MiB; images up to {MAX_BYTES // 2**20} MiB are taken."

    def set_degrading(self, degrading: bool) -> None:
        """Degrade the image, or take it as it is (enlarged, where the task is to): no reference then."""
        if self._take(self.name, self._picture, degrading, self.levels):
            self._open()

    def set_level(self, value: float, name: str = "") -> None:
        """One of the levels of the degradation, by name; the first without one."""
        limits = next(level for level in self.loaded.task.levels if name in ("", level.name))
        levels = {**self.levels, limits.name: limits.within(value)}
        self._take(self.name, self._picture, self.degrading, levels)

    def set_seed(self, seed: int) -> None:
        self.seed = min(max(seed, 0), LARGEST_SEED)
        self._forget()
        self.note = ""

    def set_knob(self, name: str, value: float) -> None:
        """Values outside the trained range are allowed, and said to extrapolate."""
        if name not in self.knobs:
            raise ValueError(f"The network has no knob {name}; it has {', '.join(self.knobs)}.")
        self.knobs[name] = value
        self.unread = False
        self._restored = None
        knob = next(knob for knob in self.loaded.net.knobs if knob.name == name)
        self.note = extrapolates(value, knob) or ""

    def set_knobs(self, values: dict[str, float]) -> None:
        """Several at once; what extrapolates of them is said together."""
        notes = []
        for name, value in values.items():
            self.set_knob(name, value)
            notes.append(self.note)
        self.note = " ".join(filter(None, notes))

    def set_blend(self, share: float) -> None:
        """How much of the restored image is shown, 0 to 1."""
        self.blend = min(max(share, 0.0), 1.0)
        self.note = ""

    def set_latent(self, of: str, level: float) -> None:
        """Tells the restorer what the encoder sees in another image, degraded by `level` (figure 5 of
        VDIR); raises ValueError for an image that is not among `latents`."""
        if of not in self.latents:
            raise ValueError(f"There is no latent of {of}; there are: {', '.join(self.latents) or 'none'}.")
        self.latent_of, self.latent_level = of, self.loaded.task.level.within(level)
        self._restored = None
        self.note = ""

    def auto(self) -> None:
        """Estimates the levels on the degraded image and sets the knobs by the fitted curves.

        A level that the task cannot estimate is the one that was set.
        """
        self.unread = False
        try:
            found = self._automatic()
        except ValueError as error:
            self.note = str(error)
            return
        estimated = " estimated as" if self.loaded.task.estimates else ""
        said, remarks = [], []
        for curve, (level, value) in zip(self.loaded.curves, found, strict=True):
            self.set_knob(curve.knob, round(value, 2))
            said.append(f"{curve.level_name}{estimated} {shown(level)}, {curve.knob} set to {value:.2f}")
            remarks.append(beyond(level, curve))
        harm = self._harm()
        self.note = " ".join(filter(None, (f"Auto: {'; '.join(said)}.", *([harm] if harm else remarks))))

    def _open(self) -> None:
        """Knobs where Auto sets them, and the sentence that says so; where it cannot, at their start. A large
        image is read later, when a region of it has been shown."""
        self.knobs = at_start(self.loaded, self.levels)
        self.unread = self.can_auto and not self._knows_levels
        if self.unread and math.prod(self.size) > QUICK and self.loaded.task.estimates:
            self.note = "Reading off the image how it is damaged, for Auto."
        elif self.unread:
            self.auto()

    @property
    def _knows_levels(self) -> bool:
        """Whether the knobs are told the levels that the image was degraded by."""
        return self.degrading and bool(self.loaded.task.told)

    def _automatic(self) -> list[tuple[float, float]]:
        """The estimated level and the position of its knob, curve by curve; raises ValueError where a level
        cannot be estimated."""
        picture, places = self.degraded_picture(), range(len(self.loaded.task.levels))
        return [automatic(picture, self.loaded, self.level, place) for place in places]

    def look_at(self, x: float, y: float) -> None:
        """Where the next region is restored first, in fractions of width and height."""
        self.focus = (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))

    def knobs_at_start(self) -> dict[str, float]:
        """Where Auto would set them; where it cannot, or they are told the levels, where they start."""
        starts = at_start(self.loaded, self.levels)
        with suppress(ValueError):
            found = self._automatic() if self.can_auto and not self._knows_levels else []
            named = zip(self.loaded.curves, found, strict=False)
            return starts | {curve.knob: round(value, 2) for curve, (_, value) in named}
        return starts

    # What a user sees.

    @property
    def level(self) -> float:
        """The first of the levels, of most tasks the only one."""
        return self.levels[self.loaded.task.level.name]

    @property
    def pad(self) -> tuple[str, ...]:
        """Two knobs, across and up, that say the levels of a task of two; none for other tasks."""
        knobs = tuple(curve.knob for curve in self.loaded.curves)
        return knobs if len(knobs) == 2 else ()

    @property
    def latents(self) -> tuple[str, ...]:
        """Whose latents the network can be told; none where it has no latent."""
        return (ITSELF, AGAIN, FLIPPED, *self.samples) if self.loaded.title in self._told else ()

    @property
    def can_auto(self) -> bool:
        return self.loaded.curve is not None

    @property
    def can_set_level(self) -> bool:
        """False for an image taken as it is, unless the level says how far it is enlarged; and where
        there is one level only."""
        task = self.loaded.task
        return task.level.low < task.level.high and (self.degrading or task.enlarges)

    @property
    def before_name(self) -> str:
        """What the image before restoration is, in a word or three."""
        if self.degrading:
            return "degraded"
        return "enlarged" if self.loaded.task.factors else "as it is"

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the image that the network takes."""
        return self._clean.shape[-1], self._clean.shape[-2]

    @property
    def colours(self) -> Metadata:
        """What the numbers of the image mean as colours."""
        return self._taken.metadata.colours

    def original(self) -> np.ndarray:
        return to_pixels(self._clean)

    def degraded(self, box: Box | None = None) -> np.ndarray:
        """The whole of it, or a part."""
        x = self._degraded()
        return to_pixels(x if box is None else box.cut(x))

    def region_first(self) -> bool:
        """Whether a region should answer before the whole image does."""
        if self._restored is not None:
            return False
        quick = QUICK if self.pixels_per_second is None else PATIENCE * self.pixels_per_second
        return math.prod(self.size) > quick

    def region(self) -> Rendering:
        """A square around `focus`, as large as can be restored in REGION_SECONDS."""
        side = 32 * int(math.sqrt(REGION_SECONDS * (self.pixels_per_second or 0)) / 32)
        box = self.around(min(max(side, 96), 512))
        restored, seconds = self._restore(box)
        return self._rendering(box, self._blended(restored, box), seconds, whole=False)

    def _blended(self, restored: Tensor, box: Box) -> Tensor:
        """With as much of the image before in it as the user wants."""
        if self.blend == 1:
            return restored
        return torch.lerp(box.cut(self._degraded()).clamp(0, 1), restored.clamp(0, 1), self.blend)

    def _result(self) -> Tensor:
        """The whole restored image as it is shown."""
        return self._blended(self._restored[0], Box(0, 0, *self.size))

    def around(self, side: int) -> Box:
        """The square of so many pixels around `focus`, or what the image has of it."""
        return square(self.focus, self.size, side, self.loaded.net.multiple)

    def restored_with(self, loaded: Loaded, knobs: Sequence[float], box: Box) -> Rendering:
        """What another of the networks, or other knobs, make of a part of the degraded image: exact but
        for a margin along its edge, which sees nothing beyond."""
        return self._rendering(box, *self._run(loaded, knobs, box), whole=False)

    def frame(self, progress: Progress | None = None) -> Rendering:
        """The whole image; what `progress` raises stops it."""
        whole = Box(0, 0, *self.size)
        if self._restored is None:
            self._restored = self._restore(whole, progress)
        restored, seconds = self._restored
        return self._rendering(whole, self._blended(restored, whole), seconds, whole=True)

    def close_up(self, side: int) -> tuple[Box, dict[str, np.ndarray]] | None:
        """A square around `focus` pixel by pixel: the original, before and after restoration; None before the
        whole image is restored."""
        clean, degraded, restored = self._clean, self._degraded_now, self._restored
        if degraded is None or restored is None or clean.shape != degraded.shape:
            return None
        box = square(self.focus, clean.shape[:-3:-1], side)
        pictures = {"original": clean, "before": degraded, "after": self._result()}
        return box, {name: to_pixels(box.cut(x)) for name, x in pictures.items()}

    def readings(self) -> tuple[Reading, Reading] | None:
        """What the gauge reads of the whole image before and after restoration; None without one, and for
        networks that are not for JPEG: it knows no other damage."""
        if self.gauge is None or self._restored is None or self.loaded.task.family != "JPEG":
            return None
        return self.gauge.read(self._degraded()), self.gauge.read(to_8bit(self._result()))

    def scores(self) -> Iterator[tuple[str, float, float]]:
        """Name and values before and after restoration, one by one, for each takes a while: SSIM where there
        is a reference, on what the task compares, and NIQE where its parameters are here and the image has
        blocks enough. Of an image of more than SCORED pixels a part around `focus`, and the name says so."""
        whole = math.prod(self.size) <= SCORED
        box = Box(0, 0, *self.size) if whole else self.around(SCORED_PART)
        size = (box.width, box.height)
        part = "" if whole else f" ({box.width} x {box.height} pixels of it)"
        clean = box.cut(self._clean)
        if self.degrading and min(size) >= SSIM_SIDE:
            yield self._scored(
                f"SSIM{part}", box, lambda x: ssim(*self._compared(x, clean), window="gaussian11")
            )
        if measurable("niqe") and math.prod(side // NIQE_SIDE for side in size) > 1:
            yield self._scored(f"NIQE{part}", box, lambda x: niqe(x, natural_scenes()))

    def _scored(self, name: str, box: Box, score: Callable[[Tensor], Tensor]) -> tuple[str, float, float]:
        if (name, box) not in self._scores_before:
            self._scores_before[name, box] = float(score(to_8bit(box.cut(self._degraded()))))
        return name, self._scores_before[name, box], float(score(to_8bit(box.cut(self._result()))))

    def download(self) -> tuple[str, bytes]:
        """(file name, lossless PNG) of the whole restored image, with its alpha and bit depth."""
        self.frame()
        pixels = to_pixels(self._result(), bits=self._taken.bits)
        restored = replace(self._taken, pixels=pixels, tables=None)
        settings = "".join(f"-{name}{value:.2f}" for name, value in self.knobs.items())
        settings += f"-blend{self.blend:.2f}" if self.blend < 1 else ""
        network = self.loaded.title.replace(" ", "-")  # several share a name
        name = f"{PurePath(self.name).stem}-{network}{settings}.png"
        notes = {"Software": "restoration-knobs", "Comment": self.command()}
        return name, with_notes(encode(restored, "png"), notes)

    def command(self) -> str:
        """The command line that does the same to a file; a remark tells what it cannot do."""
        loaded = self.loaded
        dashed = self.name.startswith("-")
        words = ["python", "-m", "lib", "restore", *([] if dashed else [self.name]), "-o", "restored.png"]
        network = loaded.title if loaded.task.enlarges else loaded.name  # of several for the factor
        words += [f"--network={network}", f"--scale={loaded.scale}"]
        words += [f"--knob={name}={value:g}" for name, value in self.knobs.items()]
        if loaded.task.factors:
            words.append(f"--factor={self.level if loaded.task.enlarges else loaded.task.repeats:g}")
        if self.degrading:
            words += [f"--degrade={name}={value:g}" for name, value in self.levels.items()]
            words += [f"--seed={self.seed}"] if loaded.task.seeded else []
        words += ["--", self.name] if dashed else []
        line = shlex.join(words)
        return f"{line}  # without {' and '.join(without)}" if (without := self._beyond_command()) else line

    def _beyond_command(self) -> list[str]:
        """What is set here and cannot be said on the command line."""
        latent = f"the latent of {self.latent_of}, {self.loaded.task.level.name} {self.latent_level:g}"
        blend = f"the {100 * (1 - self.blend):.0f} % of the image before that are blended in"
        return [*([latent] if self.latent_of != ITSELF else []), *([blend] if self.blend < 1 else [])]

    def _take(
        self,
        name: str,
        picture: Picture,
        degrading: bool,
        levels: dict[str, float],
        loaded: Loaded | None = None,
    ) -> bool:
        """All of this, or a sentence and nothing where the enlarged image would be too large."""
        loaded = loaded or self.loaded
        taken = picture
        if not degrading:
            try:
                level = levels[loaded.task.level.name]
                taken = prepare(picture, loaded.task, level, max_pixels=MAX_PIXELS)
            except BadImage as error:
                self.note = f"{name}: {error}"
                return False
        self.name, self._picture, self.degrading, self.levels = name, picture, degrading, levels
        self.loaded = loaded
        if taken is not self._taken:
            self._taken, self._clean = taken, to_tensor(taken.pixels)
            self.pictures += 1
        self._forget()
        self.note = self._harm()
        return True

    def _harm(self) -> str:
        """One sentence where the network was not trained for what it gets; empty otherwise."""
        if self.degrading:
            return untrained(self.loaded, tuple(self.levels.values()))
        return outside_training(self._picture, self.loaded)

    def _forget(self) -> None:
        self._degraded_now: Tensor | None = None
        self._restored: tuple[Tensor, float] | None = None
        self._scores_before: dict[tuple[str, Box], float] = {}

    def _degraded(self) -> Tensor:
        if self._degraded_now is None:
            degrade = self.loaded.task.degrade
            self._degraded_now = (
                degrade(self._clean, *self.levels.values(), self.seed) if self.degrading else self._clean
            )
        return self._degraded_now

    def degraded_picture(self) -> Picture:
        """As a user's file would hold it; one that was taken as it is, with its own tables."""
        if not self.degrading:
            return self._picture
        pixels = to_pixels(self._degraded(), bits=self._picture.bits)
        return replace(self._picture, pixels=pixels, tables=None)

    def _other(self) -> Tensor:
        """The image whose latent the restorer is told, degraded, continued or cut to the size of the
        image."""
        clean = self._clean
        if self.latent_of in self.samples:
            clean = mirrored(to_tensor(self.samples[self.latent_of].pixels), self._clean.shape[-2:])
        levels = (self.latent_level, *list(self.levels.values())[1:])
        other = self.loaded.task.degrade(clean, *levels, self.seed)
        return other.flip(-1) if self.latent_of == FLIPPED else other

    def _restore(self, box: Box, progress: Progress | None = None) -> tuple[Tensor, float]:
        restored, seconds = self._run(self.loaded, tuple(self.knobs.values()), box, progress)
        self.pixels_per_second = box.width * box.height / seconds
        return restored, seconds

    def _run(
        self, loaded: Loaded, knobs: Sequence[float], box: Box, progress: Progress | None = None
    ) -> tuple[Tensor, float]:
        """What one of the networks makes of a part of the degraded image, and the seconds it took."""
        x = box.cut(self._degraded())
        restorer, beside = self._restorers[loaded.title], []
        if loaded is self.loaded and self.latent_of != ITSELF:
            restorer = self._told[loaded.title]
            beside = [seen_by(box.cut(self._other()), loaded.channels)]

        def restore(y: Tensor) -> Tensor:
            told = torch.cat([y, *beside], 1)
            return restorer(told, knobs, progress=progress, precision=precision_for(self._taken))

        start = time.perf_counter()
        restored = restore_colours(restore, x, loaded.channels)
        return restored, time.perf_counter() - start

    def _rendering(self, box: Box, restored: Tensor, seconds: float, *, whole: bool) -> Rendering:
        before = after = None
        if self.degrading:
            clean = box.cut(self._clean)
            before = self._decibels(box.cut(self._degraded()), clean)
            after = self._decibels(restored, clean)
        return Rendering(to_pixels(restored), box, whole, seconds, before, after)

    def _decibels(self, x: Tensor, clean: Tensor) -> float:
        return float(psnr(*self._compared(x, clean)))

    def _compared(self, x: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
        """Both as the task compares them, the first in 8 bits."""
        x = to_8bit(x)
        if self.loaded.task.psnr_on == "Y" and x.shape[1] == 3:
            return rgb_to_y(x), rgb_to_y(clean)
        return x, clean


def square(focus: tuple[float, float], size: Sequence[int], side: int, step: int = 1) -> Box:
    """The square of `side` pixels around a point of an image of `size` (width, height), or what that has of
    it; `focus` in fractions of both. It begins at a multiple of `step` from the left and from the top."""
    left, top = (
        int(min(max(share * length - side / 2, 0), max(length - side, 0))) // step * step
        for share, length in zip(focus, size, strict=True)
    )
    width, height = size
    return Box(left, top, min(side, width), min(side, height))


def mirrored(x: Tensor, size: Sequence[int]) -> Tensor:
    """x (N, C, h, w) cut to `size` (H, W), or continued by its mirror image as often as that takes."""
    for dim, length in zip((-2, -1), size, strict=True):
        at = torch.arange(length) % (2 * x.shape[dim])
        x = x.index_select(dim, torch.minimum(at, 2 * x.shape[dim] - 1 - at))
    return x


def fit(pixels: np.ndarray, side: int = DISPLAYED) -> np.ndarray:
    """Shrunk, if need be, until no side is longer than `side`."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


class LatestWins:
    """Runs actions on a thread of its own, each followed by a drawing.

    Of the actions of one kind that wait, only the newest is kept; kinds keep their order. `draw` is
    called with a function that says whether something newer waits, so that it can stop early.
    `failed` hears of the first thing that an action or `draw` raises; the others and the thread go on.
    """

    def __init__(self, draw: Callable[[Callable[[], bool]], None], failed: Callable[[Exception], None]):
        self._draw = draw
        self._failed = failed
        self._waiting: dict[Hashable, Callable[[], None]] = {}
        self._busy = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True, name="slider").start()

    def submit(self, kind: Hashable, action: Callable[[], None]) -> None:
        with self._changed:
            self._waiting.pop(kind, None)
            self._waiting[kind] = action
            self._changed.notify_all()

    def superseded(self) -> bool:
        return bool(self._waiting)

    def wait(self, timeout: float = 60.0) -> None:
        """Until nothing waits or runs; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout):
                raise TimeoutError(f"Still busy after {timeout:g} seconds.")

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(self.superseded)
                actions = list(self._waiting.values())
                self._waiting.clear()
                self._busy = True
            failures = []
            for step in (*actions, partial(self._draw, self.superseded)):
                try:
                    step()
                except Exception as error:  # a slider that dies of one image helps nobody
                    failures.append(error)
            for error in failures[:1]:
                self._failed(error)
