"""The `restore` command: files and folders through a network.

Where results go. One input file and an OUT that ends like an image (`.png`, `.tif`, ...): that
file, in that format. Otherwise OUT is a folder: each file becomes OUT/<name>.png, lossless, and
what was found in a folder keeps its place below it. A result never replaces an input, nor another
result of the same command; it replaces an older file only with `--overwrite`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from lib.app.tasks import Loaded, Task, automatic, beyond, extrapolates, prepare, settings, shown
from lib.data.images import SUFFIXES, BadImage, Picture, read, to_pixels, to_tensor, write
from lib.data.sets import load_images
from lib.evaluation.inference import TILE, Progress, Restorer, restore_picture
from lib.models.vdir import VDIR
from lib.training.wrappers import OfRepeated, Sampled, SelfEnsemble

MAX_PIXELS = 100_000_000  # of a picture, and of what it is enlarged to

Setting = tuple[str, float]


@dataclass(frozen=True)
class Job:
    source: Path
    target: Path


def restore_files(
    inputs: Sequence[Path],
    output: Path,
    *,
    network: Loaded,
    knobs: Sequence[Setting] = (),
    auto: bool = False,
    factor: float | None = None,
    degrade: Sequence[Setting] = (),
    seed: int = 0,
    device: str | torch.device = "auto",
    tile: int = TILE,
    overwrite: bool = False,
    say: Callable[[str], None] = print,
) -> int:
    """Restores every picture, telling `say` one line each; returns how many failed.

    A picture that cannot be read or written is told in one sentence, and the others go on.

    knobs: (name, value) pairs; knobs not named stay where they start. With `auto`, the knobs of the
    network's curves follow the levels estimated on each picture.
    factor: how many times a super-resolution network enlarges each picture, by bicubic before it
    restores; without `knobs` the knob follows it too.
    degrade: levels of the network's task, by which each picture is made worse before, as under a slider,
    those not named as a slider starts; none: it is taken as it is. seed: of what is random in that.
    Raises ValueError for a knob or a level that the network does not have, a factor missing or out of
    place, `auto` without a curve, a tile too small for its overlap, or inputs without a picture.
    """
    check_factor(network.name, network.task, factor)
    auto = auto or (network.task.enlarges and not knobs)
    if auto and network.curve is None:
        raise ValueError(f"{network.name} has no fitted curve from which to set its knob.")
    levels = _levels(network, degrade, factor) if degrade else None
    fixed = settings(network, knobs, levels)
    for sentence in (extrapolates(fixed[knob.name], knob) for knob in network.net.knobs):
        if sentence:
            say(sentence)
    restorer = Restorer(network.net, device=device, tile=tile)
    jobs = list(_jobs(inputs, output))
    if not jobs:
        raise ValueError(f"There is no picture in {', '.join(map(str, inputs))}.")
    targets = _Targets({job.source.resolve() for job in jobs}, overwrite)
    failed = 0
    for number, job in enumerate(jobs, start=1):
        count = f"[{number}/{len(jobs)}]"
        start = time.perf_counter()
        try:
            targets.claim(job)
            x = None
            if levels is None:
                picture = _read(job.source, network.task, factor)
            else:
                picture = _picture(job.source)
                x = network.task.degrade(to_tensor(picture.pixels), *levels.values(), seed)
                picture = replace(picture, pixels=to_pixels(x), tables=None)
            knobs_set, remark = _auto(picture, network, fixed, factor) if auto else (fixed, "")
            restored = restore_picture(
                restorer,
                picture,
                tuple(knobs_set.values()),
                channels=network.channels,
                x=x,
                progress=_tenths(f"{count} {job.source}", say),
            )
            write(job.target, restored)
        except Exception as error:  # one picture stops no other
            failed += 1
            targets.release(job)
            said = str(error) or type(error).__name__
            say(f"{count} failed: {said if str(job.source) in said else f'{job.source}: {said}'}")
        else:
            at = ", ".join(f"{name} {value:.2f}" for name, value in knobs_set.items())
            seconds = time.perf_counter() - start
            say(f"{count} {job.source} -> {job.target}  {at}{remark}  {seconds:.1f} s")
    return failed


def check_factor(name: str, task: Task, factor: float | None) -> None:
    """Raises ValueError unless a network that enlarges, and no other, was told how many times."""
    if task.factors and factor is None:
        start = task.level.start if task.enlarges else task.repeats
        raise ValueError(f"{name} enlarges pictures: say how many times, such as --factor {start:g}.")
    if factor is not None and not task.factors:
        raise ValueError(f"{name} enlarges nothing: --factor is for super-resolution networks.")


def otherwise(network: Loaded, *, samples: int | None = None, ensemble: bool = False) -> Loaded:
    """The network, restoring with the mean over samples of its latent, over eight orientations, or both.

    Raises ValueError where it has no latent, or where a turned picture is another to it.
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
            raise ValueError(f"{network.name} takes pixels to lie in a corner and sees no picture turned.")
        net = SelfEnsemble(net)
    return replace(network, net=net.eval())


def _read(source: Path, task: Task, factor: float | None) -> Picture:
    """As networks of the task take it."""
    picture = _picture(source)
    try:
        return prepare(picture, task, factor, max_pixels=MAX_PIXELS)
    except BadImage as reason:
        raise BadImage(f"{source}: {reason}") from None


def _picture(source: Path) -> Picture:
    """The file, or, where there is none of this name, the photograph of scikit-image that has it."""
    samples = {} if source.exists() else {Path(s.name): s for s in load_images("skimage")}
    if source in samples:
        return Picture(samples[source].pixels)
    return read(source, max_pixels=MAX_PIXELS)


def _levels(network: Loaded, given: Sequence[Setting], factor: float | None) -> dict[str, float]:
    """By name, as given or where a slider starts; raises ValueError for what the task does not have, and for
    a factor other than that of the network."""
    limits = {level.name: level for level in network.task.levels}
    for name, value in given:
        if name not in limits:
            known = ", ".join(limits)
            raise ValueError(f"Pictures for {network.name} are not degraded by {name}, but by {known}.")
        low, high = limits[name].low, limits[name].high
        if not low <= value <= high:
            raise ValueError(f"{name} = {value:g} lies outside {low:g} to {high:g}.")
        if network.task.enlarges and value != factor:
            raise ValueError(f"--factor {factor:g} and --degrade {name}={value:g} contradict each other.")
    return network.task.starts | dict(given)


def _auto(
    picture: Picture, network: Loaded, fixed: dict[str, float], factor: float | None
) -> tuple[dict[str, float], str]:
    settings, remarks = dict(fixed), []
    for place, curve in enumerate(network.curves):
        level, settings[curve.knob] = automatic(picture, network, factor, place)
        remarks += ["" if factor else f"(estimated {curve.level_name} {shown(level)})", beyond(level, curve)]
    return settings, "".join(f" {said}" for said in remarks if said)


def _jobs(inputs: Sequence[Path], output: Path) -> Iterator[Job]:
    to_file = output.suffix.lower() in SUFFIXES and not output.is_dir()
    if len(inputs) == 1 and to_file and not inputs[0].is_dir():
        yield Job(inputs[0], output)
        return
    for given in inputs:
        if not given.is_dir():
            yield Job(given, output / f"{given.stem}.png")
            continue
        inside = given.resolve() in output.resolve().parents  # results of an earlier command are no inputs
        for path in sorted(given.rglob("*")):
            own = inside and output.resolve() in path.resolve().parents
            if path.suffix.lower() in SUFFIXES and not own:
                yield Job(path, (output / path.relative_to(given)).with_suffix(".png"))


class _Targets:
    """Sees to it that nothing is written over by accident."""

    def __init__(self, sources: set[Path], overwrite: bool):
        self._sources = sources
        self._overwrite = overwrite
        self._taken: dict[Path, Path] = {}

    def claim(self, job: Job) -> None:
        """Raises BadImage where this result has no place."""
        target = job.target.resolve()
        if target in self._taken:
            raise BadImage(f"{job.source} would replace the result of {self._taken[target]}.")
        if target in self._sources:
            raise BadImage(f"{job.source} would be written over {job.target}, which is an input.")
        if target.exists() and not self._overwrite:
            raise BadImage(f"{job.target} is there already; --overwrite replaces it.")
        self._taken[target] = job.source

    def release(self, job: Job) -> None:
        """There is no result."""
        if self._taken.get(job.target.resolve()) == job.source:
            del self._taken[job.target.resolve()]


def _tenths(what: str, say: Callable[[str], None]) -> Progress:
    """One line for every tenth of a picture of many tiles."""

    def progress(done: int, total: int) -> None:
        if total >= 20 and 10 * done // total > 10 * (done - 1) // total:
            say(f"{what}: {100 * done // total} %")

    return progress
