"""Times against their aims: folding, the slider, training, start-up. `python -m lib bench --aims`.

Weights do not change how long a network takes: where a network is not trained, random weights stand
in, and the table says so. Images are the photographs embedded in scikit-image. Times are medians.
"""

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import torch
from torch import nn

from lib.app import public
from lib.app.slider_state import Rendering, SliderState, fit
from lib.app.tasks import Loaded
from lib.base import devices, paths, timing
from lib.data import sets
from lib.data.images import Picture, encode
from lib.data.sets import Sample
from lib.models.adafm import AdaFM, RestorationNet
from lib.recipes import Scale, find
from lib.recipes.cfsnet import DENOISE, tuned_name
from lib.recipes.cugan import CUNET, unet_name
from lib.training import loop
from lib.training.networks import runs_of
from lib.training.wrappers import Interpolated

BASIC = "adafm-denoise-basic-s15"
NETWORK = "adafm-denoise"
ANSWERING = (NETWORK, "cfsnet-denoise", "vdir-denoise", "qgcn", "cugan")
WARM_UP = 3
FOLDING = {"compact": 512, "paper": 256}  # pixels a side
TURNS = (  # scale, pixels a side, aim in ms
    ("compact", 256, None),
    ("compact", 512, 100.0),
    ("paper", 128, 50.0),
    ("paper", 512, None),
)


@dataclass(frozen=True)
class Result:
    """One measured time or ratio. `aim` is the largest value that is good enough, or None."""

    what: str
    value: float
    unit: str
    aim: float | None = None
    note: str = ""

    @property
    def met(self) -> str:
        return "" if self.aim is None else "yes" if self.value <= self.aim else "no"


def run(path: Path, repeats: int = 30, device: str = "auto") -> None:
    """Measures everything, prints a line for each and writes them to `path` as CSV."""
    devices.tune_cpu()
    chosen = devices.choose(device)
    machine = devices.machine(chosen)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    if machine["load"] > devices.QUIET:
        print(f"The machine is busy (load above {devices.QUIET}): these times are not to be trusted.")
    line = "{:58} {:>9} {:>9} {:4} {}".format
    print(line("", "aim", "measured", "met", ""))
    results = []
    for result in _all(repeats, chosen):
        results.append(result)
        aim = "" if result.aim is None else f"{result.aim:g}"
        print(line(f"{result.what}, {result.unit}", aim, f"{result.value:.4g}", result.met, result.note))
    _write(path, results, machine)
    print(f"Written to {path}.")


def _all(repeats: int, device: torch.device) -> Iterator[Result]:
    for scale, side in FOLDING.items():
        yield folding(scale, side, repeats, device)
        yield coupling(scale, side, repeats, device)
        yield conditioning(scale, side, repeats, device)
    for scale, side, aim in TURNS:
        yield from slider(scale, side, aim, repeats, device)
    for name in ANSWERING:
        yield answer(name, "compact", repeats, device)
    yield from training_step(repeats, device)
    yield from start_up(min(repeats, 5))


def folding(scale: Scale, side: int, repeats: int, device: torch.device) -> Result:
    """Time of AdaFM-Net (k = 1) folded at coef 0.5, in times of the basic network of the same size."""
    recipe = find(BASIC, scale)
    size = (recipe.channels, recipe.width, recipe.blocks)
    basic = RestorationNet(*size).fold(torch.zeros(0))
    folded = RestorationNet(*size, partial(AdaFM, kernel_size=1)).fold(torch.tensor([0.5]))
    x = torch.rand(1, 3, side, side)
    what = f"AdaFM-Net folded / basic network, {scale}, {side}x{side}"
    forwards = [_forward(net, device, x) for net in (basic, folded)]
    return Result(what, _ratio(*forwards, repeats, device), "times", 1.02, "random weights")


def coupling(scale: Scale, side: int, repeats: int, device: torch.device) -> Result:
    """Time of CFSNet folded at alpha_in 0.5, in times of its two branches side by side."""
    recipe = find(tuned_name(DENOISE, 50), scale)
    net = recipe.build().requires_grad_(False)
    x, alpha = torch.rand(1, recipe.channels, side, side), torch.full((1, 1), 0.5)
    what = f"CFSNet folded / in two branches, {scale}, {side}x{side}"
    forwards = [_forward(net, device, x, alpha), _forward(net.fold(alpha[0]), device, x)]
    return Result(what, _ratio(*forwards, repeats, device), "times", 1.0, "random weights")


def conditioning(scale: Scale, side: int, repeats: int, device: torch.device) -> Result:
    """Time of CUnet folded at blur 0.5 and noise 0.6, in times of a Unet, which has no knobs."""
    unet, cunet = (find(name, scale).build().requires_grad_(False) for name in (unet_name(0, 30), CUNET))
    x = torch.rand(1, 3, side, side)
    what = f"CUnet folded / Unet, {scale}, {side}x{side}"
    plain = (unet.fold(torch.zeros(0)), cunet.fold(torch.tensor([0.5, 0.6])))
    forwards = [_forward(net, device, x) for net in plain]
    return Result(what, _ratio(*forwards, repeats, device), "times", 1.02, "random weights")


def _ratio(
    first: Callable[[], object], second: Callable[[], object], repeats: int, device: torch.device
) -> float:
    """Time of the second in times of the first: both run in turns, the first of each pair alternating; the
    median of the ratios of the pairs."""
    for forward in (first, second) * WARM_UP:
        forward()
    ratios = []
    for i in range(repeats):
        order = (second, first) if i % 2 else (first, second)
        took = {forward: timing.seconds(forward, device) for forward in order}
        ratios.append(took[second] / took[first])
    return median(ratios)


def _forward(net: nn.Module, device: torch.device, *inputs: torch.Tensor) -> Callable[[], object]:
    """A call of the network on an image, and its knobs where it takes them."""
    net = net.eval().to(device, memory_format=torch.channels_last)
    x, *knobs = (each.to(device) for each in inputs)
    x = x.contiguous(memory_format=torch.channels_last)
    precision = devices.fast_precision(device)

    def forward() -> None:
        with torch.inference_mode(), devices.autocast(device, precision):
            net(x, *knobs)

    return forward


def slider(
    scale: Scale, side: int, aim: float | None, repeats: int, device: torch.device
) -> Iterator[Result]:
    """Milliseconds from a control that moved to the bytes for the browser.

    Turning the coefficient: folding, the network, 8-bit, both PSNR values, JPEG. Turning the noise
    level also degrades the image anew and encodes it.
    """
    loaded, note = _network(scale)
    state = SliderState([loaded], [_square(side)], device=device)
    state.moving = True
    coefs = (0.01 * (i % 97) for i in range(10**9))
    levels = (20.0 + i % 41 for i in range(10**9))

    def turn_coef() -> None:
        state.set_knob("coef", next(coefs))
        _encoded(state.frame())

    def turn_level() -> None:
        state.set_level(next(levels))
        encode(Picture(fit(state.degraded()), None, None), "jpeg", quality=90)
        _encoded(state.frame())

    what = f"slider, {scale}, {side}x{side}"
    for turned, turn, least in (("coef", turn_coef, aim), ("noise level", turn_level, None)):
        milliseconds = 1000 * timing.usual(turn, repeats, device)
        yield Result(f"{what}, {turned} turned", milliseconds, "ms", least, note)


def answer(name: str, scale: Scale, repeats: int, device: torch.device) -> Result:
    """Milliseconds from a knob that moved to the bytes of the region that answers first, in an image of 512
    pixels a side."""
    loaded, note = _network(scale, name)
    state = SliderState([loaded], [_square(512)], device=device)
    state.moving = True
    state.frame()
    knob = loaded.net.knobs[0]
    places = (knob.low + (knob.high - knob.low) * (i % 97) / 97 for i in range(10**9))

    def turn() -> None:
        state.set_knob(knob.name, next(places))
        _encoded(state.region())

    what = f"slider, {name}, {scale}, region of 512x512, {knob.name} turned"
    return Result(what, 1000 * timing.usual(turn, repeats, device), "ms", 150.0, note)


def _encoded(rendering: Rendering) -> bytes:
    """As the slider sends it in the middle of a gesture."""
    return encode(Picture(fit(rendering.restored), None, None), "jpeg", quality=90)


def _network(scale: Scale, name: str = NETWORK) -> tuple[Loaded, str]:
    try:
        return public.load(name, scale), ""
    except FileNotFoundError:
        known = public.find(name)
        nets = [find(run, scale).build().eval().requires_grad_(False) for run in runs_of(known.run)]
        net = Interpolated(*nets) if len(nets) > 1 else nets[0]
        return Loaded(name, net, known.task, known.channels, scale, None), "random weights"


def _square(side: int) -> Sample:
    sample = sets.load_images("skimage", limit=1)[0]
    if min(sample.pixels.shape[:2]) < side:
        raise ValueError(f"{sample.name} has less than {side} pixels a side.")
    return replace(sample, pixels=sample.pixels[:side, :side])


def training_step(repeats: int, device: torch.device) -> Iterator[Result]:
    """Steps per second of the compact basic network, and the share of data and degradation."""
    recipe = replace(find(BASIC, "compact"), training_set="skimage")
    job = loop.Job(recipe, device, paths.CHECKPOINTS, compiled=False)
    job.net.train()
    steps = iter(range(10**9))

    def prepare() -> None:
        clean, generator = job.batch(recipe.seed, next(steps))
        x, _ = recipe.pairs(clean, generator)
        x.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        job.make_step(next(steps))

    for _ in range(WARM_UP):
        step()
    times = [(timing.seconds(prepare, device), timing.seconds(step, device)) for _ in range(repeats)]
    prepared, stepped = (median(column) for column in zip(*times, strict=True))
    what = f"training {BASIC}, compact"
    yield Result(what, 1 / stepped, "steps/s", None, "on the embedded photographs")
    yield Result(f"{what}: data and degradation", 100 * prepared / stepped, "% of a step", 10.0)


def start_up(repeats: int) -> Iterator[Result]:
    """Seconds of fresh interpreters, less those of one that does nothing."""
    nothing = _interpreter(repeats, "-c", "")
    yield Result("import lib", max(0, _interpreter(repeats, "-c", "import lib") - nothing), "s", 2.0)
    yield Result("python -m lib --help", _interpreter(repeats, "-m", "lib", "--help"), "s", 0.5)
    yield Result("import torch, to compare", _interpreter(1, "-c", "import torch") - nothing, "s")


def _interpreter(repeats: int, *arguments: str) -> float:
    def start() -> None:
        subprocess.run([sys.executable, *arguments], cwd=paths.ROOT, stdout=subprocess.DEVNULL, check=True)

    return median(timing.seconds(start, torch.device("cpu")) for _ in range(repeats))


def _write(path: Path, results: Sequence[Result], machine: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        names = ["what", "unit", "aim", "measured", "met", "note", *machine]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for r in results:
            own = {"what": r.what, "unit": r.unit, "aim": r.aim, "measured": f"{r.value:.5g}"}
            writer.writerow({**own, "met": r.met, "note": r.note, **machine})
