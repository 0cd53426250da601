"""The `restore` command: files and folders through a network.

Where results go. One input file and an OUT that ends like an image (`.png`, `.tif`, ...): that
file, in that format. Otherwise OUT is a folder: each file becomes OUT/<name>.png, lossless, and
what was found in a folder keeps its place below it. A result never replaces an input, nor another
result of the same command; it replaces an older file only with `--overwrite`.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from lib.app.recommend import recommended
from lib.app.tasks import (
    Loaded,
    Task,
    automatic,
    beyond,
    extrapolates,
    outside_training,
    prepare,
    settings,
    shown,
)
from lib.data.images import (
    QUALITY,
    READABLE,
    SUFFIXES,
    UNREADABLE,
    BadImage,
    Picture,
    fill_hidden,
    read,
    to_pixels,
    to_tensor,
    write,
)
from lib.data.metadata import Metadata
from lib.data.sets import load_images
from lib.evaluation.inference import TILE, Progress, Restorer, restore_picture
from lib.models.knobs import Controllable
from lib.models.vdir import VDIR
from lib.training.wrappers import OfRepeated, Sampled, SelfEnsemble

MAX_PIXELS = 100_000_000  # of an image, and of what it is enlarged to
NAMED = 5  # of the files that are skipped

Setting = tuple[str, float]


@dataclass(frozen=True)
class Request:
    """How every image is restored.

    knobs: (name, value) pairs; knobs not named stay where they start. With `auto`, the knobs of the
    network's curves follow the levels estimated on each image.
    factor: how many times a super-resolution network enlarges each image, by bicubic before it
    restores; without `knobs` the knob follows it too.
    degrade: levels of the network's task, by which each image is made worse before, as under a slider,
    those not named as a slider starts; none: it is taken as it is. seed: of what is random in that.
    strip: whether profile, EXIF and the like are left out of results.
    Raises ValueError for a knob or a level that the network does not have, a factor missing or out of
    place, and `auto` without a curve.
    """

    network: Loaded
    knobs: Sequence[Setting] = ()
    auto: bool = False
    factor: float | None = None
    degrade: Sequence[Setting] = ()
    seed: int = 0
    strip: bool = False

    def __post_init__(self) -> None:
        check_factor(self.network.name, self.network.task, self.factor)
        if self.sets_itself and self.network.curve is None:
            raise ValueError(f"{self.network.name} has no fitted curve from which to set its knob.")
        settings(self.network, self.knobs, self.levels)

    def of(self, picture: Picture) -> "tuple[Request, str]":
        """Return what is done to one image, and what was read off it to know that: this, whatever it is."""
        return self, ""

    @property
    def nets(self) -> tuple[Controllable, ...]:
        """Return the networks that are known to be needed."""
        return (self.network.net,)

    @property
    def remarks(self) -> list[str]:
        """Return sentences on knobs outside what the network was trained for."""
        found = (extrapolates(self.fixed[knob.name], knob) for knob in self.network.net.knobs)
        return [sentence for sentence in found if sentence]

    @property
    def sets_itself(self) -> bool:
        """Whether knobs follow what each image is."""
        return self.auto or (self.network.task.enlarges and not self.knobs)

    @property
    def levels(self) -> dict[str, float] | None:
        """By which images are made worse; None where they are taken as they are."""
        return _levels(self.network, self.degrade, self.factor) if self.degrade else None

    @property
    def fixed(self) -> dict[str, float]:
        """Every knob, before Auto."""
        return settings(self.network, self.knobs, self.levels)


@dataclass(frozen=True)
class ByImage:
    """Every image with the network that it asks for, at Auto or blind. load: a network by its public name."""

    load: Callable[[str], Loaded]
    strip: bool = False
    nets: Sequence[Controllable] = ()  # of these and of remarks none is known before the images are
    remarks: Sequence[str] = ()

    def of(self, picture: Picture) -> tuple[Request | None, str]:
        """Return what is done to one image, None where it needs nothing, and what was read off it."""
        found = recommended(picture)
        if not found.network:
            return None, found.read
        network = self.load(found.network)
        asked = Request(network, auto=network.curve is not None, strip=self.strip)
        return asked, f": {found.read}"


@dataclass(frozen=True)
class Results:
    """Where results go: a file, or a folder of PNG files.

    full_names: a.jpg becomes a.jpg.png, so that a.jpg and a.png of one folder both have a place.
    quality: 1 to 100, of a JPEG or WebP file.
    """

    path: Path
    overwrite: bool = False
    full_names: bool = False
    quality: int | None = None

    def is_file(self, inputs: Sequence[Path]) -> bool:
        """Raises ValueError where the path ends like an image and cannot be one, and where a quality is
        given to another format."""
        suffix = self.path.suffix.lower()
        named = suffix in (*READABLE, *UNREADABLE) and not self.path.is_dir()
        if named and suffix not in SUFFIXES:
            raise ValueError(f"{self.path}: {suffix} cannot be written; there are {', '.join(SUFFIXES)}.")
        if named and (len(inputs) > 1 or inputs[0].is_dir()):
            raise ValueError(f"{self.path} is one file, and there may be several images: name a folder.")
        if self.quality is not None and not (named and SUFFIXES[suffix] in ("jpeg", "webp")):
            raise ValueError("--quality is for a result that is one JPEG or WebP file.")
        return named

    def target(self, place: Path) -> Path:
        """In the folder, for a file of this place."""
        target = self.path / place
        return target.with_name(f"{target.name}.png") if self.full_names else target.with_suffix(".png")


@dataclass(frozen=True)
class Job:
    source: Path
    target: Path


def restore_files(
    inputs: Sequence[Path],
    results: Results,
    request: Request | ByImage,
    *,
    device: str | torch.device = "auto",
    tile: int = TILE,
    say: Callable[[str], None] = print,
) -> int:
    """Restores every image, telling `say` one line each; returns how many failed.

    An image that cannot be read or written is told in one sentence, and the others go on. In a folder of
    results those that are there already stay.
    Raises ValueError for a tile too small for its overlap, inputs without an image, and as `Results` does.
    """
    for sentence in request.remarks:
        say(sentence)
    restorer = functools.cache(partial(Restorer, device=device, tile=tile))
    for net in request.nets:
        restorer(net)
    jobs = list(_jobs(inputs, results, say))
    if not jobs:
        raise ValueError(f"There is no image in {', '.join(map(str, inputs))}.")
    targets = _Targets({job.source.resolve() for job in jobs}, results, inputs)
    failed = 0
    for number, job in enumerate(jobs, start=1):
        count = f"[{number}/{len(jobs)}]"
        try:
            if targets.claim(job):
                tell = _telling(f"{count} {job.source}", say)
                tell(_restored(job, request, restorer, results.quality, tell))
            else:
                say(f"{count} {job.target} is there already; --overwrite replaces it.")
        except Exception as error:  # one image stops no other
            failed += 1
            targets.release(job)
            said = str(error) or type(error).__name__
            say(f"{count} failed: {said if str(job.source) in said else f'{job.source}: {said}'}")
    return failed


def _restored(
    job: Job,
    asked: Request | ByImage,
    restorer: Callable[[Controllable], Restorer],
    quality: int | None,
    say: Callable[[str], None],
) -> str:
    """Writes the result of one image, where there is something to restore; returns what was done."""
    start = time.perf_counter()
    picture = _picture(job.source)
    request, read = asked.of(picture)
    if request is None:
        return f": nothing to restore ({read}); nothing is written."
    picture, x = _taken(job.source, picture, request)
    if harm := outside_training(picture, request.network):
        say(f": {harm}")
    knobs, remark = _auto(picture, request) if request.sets_itself else (request.fixed, "")
    restored = restore_picture(
        restorer(request.network.net),
        picture,
        tuple(knobs.values()),
        channels=request.network.channels,
        x=x,
        progress=_tenths(say),
    )
    if request.strip:
        restored = replace(restored, metadata=Metadata())
    write(job.target, restored, quality=QUALITY if quality is None else quality)
    at = ", ".join(f"{name} {value:.2f}" for name, value in knobs.items())
    by = f"{read}, {request.network.name}" if read else ""
    return f"{by} -> {job.target}  {at}{remark}  {time.perf_counter() - start:.1f} s"


def check_factor(name: str, task: Task, factor: float | None) -> None:
    """Raises ValueError unless a network that enlarges, and no other, was told how many times."""
    if task.factors and factor is None:
        start = task.level.start if task.enlarges else task.repeats
        raise ValueError(f"{name} enlarges images: say how many times, such as --factor {start:g}.")
    if factor is not None and not task.factors:
        raise ValueError(f"{name} enlarges nothing: --factor is for super-resolution networks.")


def otherwise(network: Loaded, *, samples: int | None = None, ensemble: bool = False) -> Loaded:
    """The network, restoring with the mean over samples of its latent, over eight orientations, or both.

    Raises ValueError where it has no latent, or where a turned image is another to it.
    """
    net = network.net
    if samples:
        inner = net.net if isinstance(net, OfRepeated) else net
        if not isinstance(inner, VDIR):
            raise ValueError(f"{network.name} has no latent to draw samples of.")
        inner = Sampled(inner, seed=0, samples=samples)
        net = OfRepeated(inner, net.spread) if isinstance(net, OfRepeated) else inner
    if ensemble:
        if network.task.repeats > 1:
            raise ValueError(f"{network.name} takes pixels to lie in a corner and sees no image turned.")
        net = SelfEnsemble(net)
    return replace(network, net=net.eval())


def _taken(source: Path, picture: Picture, request: Request) -> tuple[Picture, Tensor | None]:
    """What the network takes of a file, and its pixels where they are known better than in whole numbers."""
    task = request.network.task
    if request.levels is not None:
        x = task.degrade(to_tensor(picture.pixels), *request.levels.values(), request.seed)
        return replace(picture, pixels=to_pixels(x, bits=picture.bits), tables=None), x
    try:
        return prepare(picture, task, request.factor, max_pixels=MAX_PIXELS), None
    except BadImage as reason:
        raise BadImage(f"{source}: {reason}") from None


def _picture(source: Path) -> Picture:
    """The file, or, where there is none of this name, the photograph of scikit-image that has it."""
    samples = {} if source.exists() else {Path(s.name): s for s in load_images("skimage")}
    if source in samples:
        return Picture(samples[source].pixels)
    if source.exists() and not source.is_file():  # a pipe would be waited for
        raise BadImage(f"{source} is no file.")
    return fill_hidden(read(source, max_pixels=MAX_PIXELS))


def _levels(network: Loaded, given: Sequence[Setting], factor: float | None) -> dict[str, float]:
    """By name, as given or where a slider starts; raises ValueError for what the task does not have, and for
    a factor other than that of the network."""
    limits = {level.name: level for level in network.task.levels}
    for name, value in given:
        if name not in limits:
            known = ", ".join(limits)
            raise ValueError(f"Images for {network.name} are not degraded by {name}, but by {known}.")
        low, high = limits[name].low, limits[name].high
        if not low <= value <= high:
            raise ValueError(f"{name} = {value:g} lies outside {low:g} to {high:g}.")
        if network.task.enlarges and value != factor:
            raise ValueError(f"--factor {factor:g} and --degrade {name}={value:g} contradict each other.")
    return network.task.starts | dict(given)


def _auto(picture: Picture, request: Request) -> tuple[dict[str, float], str]:
    found, remarks = dict(request.fixed), []
    for place, curve in enumerate(request.network.curves):
        level, found[curve.knob] = automatic(picture, request.network, request.factor, place)
        if not request.factor:
            remarks.append(f"(estimated {curve.level_name} {shown(level)})")
        remarks.append(beyond(level, curve))
    return found, "".join(f" {said}" for said in remarks if said)


def _jobs(inputs: Sequence[Path], results: Results, say: Callable[[str], None]) -> Iterator[Job]:
    if results.is_file(inputs):
        yield Job(inputs[0], results.path)
        return
    for given in inputs:
        if not given.is_dir():
            yield Job(given, results.target(Path(given.name)))
            continue
        inside = given.resolve() in results.path.resolve().parents  # older results are no inputs
        found = [
            path
            for path in sorted(given.rglob("*"))
            if not (path.is_dir() or path.name.startswith("._"))  # the latter are notes of a Macintosh
            and not (inside and results.path.resolve() in path.resolve().parents)
        ]
        images = [path for path in found if path.suffix.lower() in (*READABLE, *UNREADABLE)]
        readable = {path for path in images if path.suffix.lower() in READABLE and path.is_file()}
        if skipped := [str(path) for path in images if path not in readable]:
            more = f" and {len(skipped) - NAMED} more" if len(skipped) > NAMED else ""
            say(f"Skipped, as they cannot be read: {', '.join(skipped[:NAMED])}{more}.")
        for path in sorted(readable):
            yield Job(path, results.target(path.relative_to(given)))


class _Targets:
    """Sees to it that nothing is written over by accident."""

    def __init__(self, sources: set[Path], results: Results, inputs: Sequence[Path]):
        self._sources = sources
        self._overwrite = results.overwrite
        self._single = results.is_file(inputs)
        self._taken: dict[Path, Path] = {}

    def claim(self, job: Job) -> bool:
        """Whether this result is still to be made; raises BadImage where it has no place."""
        target = job.target.resolve()
        if target in self._taken:
            taken = self._taken[target]
            raise BadImage(f"{job.source} would replace the result of {taken}; --full-names keeps both.")
        if target in self._sources:
            raise BadImage(f"{job.source} would be written over {job.target}, which is an input.")
        there = target.exists() and not self._overwrite
        if there and self._single:
            raise BadImage(f"{job.target} is there already; --overwrite replaces it.")
        self._taken[target] = job.source
        return not there

    def release(self, job: Job) -> None:
        """There is no result."""
        if self._taken.get(job.target.resolve()) == job.source:
            del self._taken[job.target.resolve()]


def _telling(of: str, say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda line: say(f"{of}{line}")


def _tenths(say: Callable[[str], None]) -> Progress:
    """One line for every tenth of an image of many tiles."""

    def progress(done: int, total: int) -> None:
        if total >= 20 and 10 * done // total > 10 * (done - 1) // total:
            say(f": {100 * done // total} %")

    return progress
