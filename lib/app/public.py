"""The networks a user calls by name, on the command line and under a slider."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lib.app import tasks
from lib.app.tasks import Loaded, Task
from lib.base import paths
from lib.evaluation import knob_curves
from lib.models.cugan import BLUR, SIGMA
from lib.recipes import Scale, cfsnet, cugan, vdir
from lib.training import networks
from lib.training.checkpoints import path_of
from lib.training.wrappers import OfRepeated


@dataclass(frozen=True)
class Public:
    """A public name, a run behind it, and what its images are.

    A name that stands for several runs has one for each range of levels, the usual one first.
    run: a training run, or a pair of them as `networks.PAIRS` has it.
    trained: the lowest and highest level in its training, for each that the task can read off an image.
    """

    name: str
    run: str
    task: Task
    channels: Literal[1, 3]
    trained: tuple[tuple[float, float], ...] = ()


NETWORKS = (
    Public("adafm-denoise", "adafm-denoise-s15-s75-k1", tasks.DENOISE, 3, ((15, 75),)),
    Public("adafm-dejpeg", "adafm-dejpeg-q80-q10-k1", tasks.DEJPEG, 1, ((10, 80),)),
    Public("adafm-sr", "adafm-sr-x3-x4-k5", tasks.SR, 3),
    Public("adafm-sr", "adafm-sr-x2-x3-k5", tasks.super_resolution(2.0, 3.0), 3),
    Public("adafm-sr", "adafm-sr-x4-x5-k5", tasks.super_resolution(4.0, 5.0), 3),
    Public("adafm-sr", "adafm-sr-x5-x6-k5", tasks.super_resolution(5.0, 6.0), 3),
    Public("cfsnet-denoise", cfsnet.tuned_name(cfsnet.COLOUR, 50), tasks.DENOISE_FLOAT, 3, ((25, 50),)),
    Public("cfsnet-deblock", cfsnet.tuned_name(cfsnet.DEBLOCK, 40), tasks.DEJPEG, 1, ((10, 40),)),
    Public("cfsnet-sr", cfsnet.SR_TUNED, tasks.whole_super_resolution(cfsnet.FACTOR), 3),
    Public("vdir-denoise", vdir.AWGN, tasks.DENOISE_FLOAT, 3, ((5, 70),)),
    Public("vdir-jpeg", vdir.JPEG_Y, tasks.DEJPEG, 1, ((10, 80),)),
    Public("vdir-jpeg-color", vdir.JPEG_RGB, tasks.DEJPEG_COLOUR, 3, ((10, 80),)),
    Public("vdir-sr", vdir.enlarging_name(2), tasks.blind_super_resolution(2), 3),
    Public("vdir-sr", vdir.enlarging_name(4), tasks.blind_super_resolution(4), 3),
    Public("vdir-real", vdir.REAL, tasks.REAL, 3),
    Public("qgcn", "qgcn", tasks.DEJPEG, 1, ((10, 30),)),
    Public("cugan", cugan.TEXTURE, tasks.DEBLUR, 3, ((0, BLUR), (0, SIGMA))),
)


def load(
    name: str,
    scale: Scale | None = None,
    folder: Path = paths.CHECKPOINTS,
    *,
    level: float | None = None,
) -> Loaded:
    """A network by its public name or title, at paper scale where it is trained and compact otherwise.

    level: the factor of adafm-sr, such as 2.6, of vdir-sr, or the only one of cfsnet-sr: a trained run whose
    range of factors holds it is taken, and the slider of a range starts there; without it the usual run.
    Raises ValueError naming the networks there are, or the factors that are trained where this one
    is not, or where a network without factors is given one; FileNotFoundError where the usual run is
    not trained.
    """
    scales: tuple[Scale, ...] = ("paper", "compact") if scale is None else (scale,)
    public = find(name) if level is None else _trained_for(level, name, scales, folder)
    scale = next((s for s in scales if _there(public, s, folder)), scales[-1])
    loaded = load_run(public, scale, folder)
    if level is None or not loaded.task.enlarges:
        return loaded
    task = replace(loaded.task, levels=(replace(loaded.task.level, start=level),))
    return replace(loaded, task=task)


def load_run(public: Public, scale: Scale, folder: Path = paths.CHECKPOINTS) -> Loaded:
    """One of NETWORKS at one scale; raises FileNotFoundError where it is not trained."""
    net = networks.any_network(public.run, scale, folder).net
    if public.task.repeats > 1:
        net = OfRepeated(net, public.task.repeats).eval()
    found = Loaded(public.name, net, public.task, public.channels, scale, None, trained=public.trained)
    if public.task.told:
        first, *further = map(tasks.straight_line, public.task.told, public.task.levels)
        return replace(found, curve=first, further=tuple(further))
    curve = knob_curves.read_curve(public.run, scale)
    if curve is None and public.task.enlarges:
        curve = tasks.straight_line("coef", public.task.level)
    return replace(found, curve=curve)


def find(name: str) -> Public:
    """The usual run behind a name, or the one behind a title, such as adafm-sr x4 to x5; raises ValueError
    naming the networks there are."""
    return _behind(name)[0]


def _behind(name: str) -> list[Public]:
    runs = [run for run in NETWORKS if name in (run.name, tasks.title_of(run.name, run.task))]
    if not runs:
        known = ", ".join(dict.fromkeys(public.name for public in NETWORKS))
        raise ValueError(f"There is no network {name}; there are: {known}.")
    return runs


def _trained_for(level: float, name: str, scales: tuple[Scale, ...], folder: Path) -> Public:
    runs = _behind(name)
    if runs[0].task.factors is None:
        raise ValueError(f"{name} enlarges nothing: it has no factor.")
    trained = [run for s in scales for run in runs if _there(run, s, folder)]
    for run in trained:
        low, high = run.task.factors
        if low <= level <= high:
            return run
    limits = sorted({run.task.factors for run in trained})
    there = ", ".join(tasks.between(*ends) for ends in limits) or "none"
    raise ValueError(f"{name} has no trained network for a factor of {level:g}; factors there are: {there}.")


def _there(public: Public, scale: Scale, folder: Path) -> bool:
    return all(path_of(run, scale, folder).exists() for run in networks.runs_of(public.run))
