"""What restoring an image costs with every public network, and with what else one might take. `make bench`.

Each is measured in a process of its own, so that its memory is its own. On the image that all are timed on
(lib/evaluation/costs.py): time, share of the machine's own convolution rate, memory, operations and, of what
removes noise, PSNR at sigma 30 with the knob where Auto sets it for that level. A few are also timed on
larger and smaller images.
"""

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from skimage import restoration
from torch import Tensor, nn

from lib.app import public
from lib.app.tasks import Loaded, at_start
from lib.base import devices, timing
from lib.base.devices import Precision
from lib.data.images import to_tensor
from lib.data.sets import load_images
from lib.degradations.basic import add_gaussian_noise, to_8bit
from lib.evaluation.costs import OF_EACH, SIDE, Cost, multiplications, write
from lib.evaluation.inference import Restorer, seen_by
from lib.evaluation.knob_curves import knob_for
from lib.metrics.fidelity import psnr
from lib.models.knobs import Controllable
from lib.recipes import Scale
from lib.training.checkpoints import path_of
from lib.training.networks import has_published, published, runs_of

SIGMA = 30  # of the noisy photograph, grey levels
SIZES = ((256, 384), (SIDE, SIDE), (1264, 1896), (4000, 6000))  # height and width, the smallest first
PUBLISHED = {"CDnCNN-B": 3, "FFDNet colour": 3, "DnCNN-3": 1}  # channels; where their weights are here
WIDTH = 64  # channels of the convolution whose rate is the machine's
COLUMNS = {"float32": "fp32", "bfloat16": "bf16"}

Size = tuple[int, int]


def non_local_means(noisy: np.ndarray) -> np.ndarray:
    sigma = SIGMA / 255
    known = {"sigma": sigma, "h": 0.8 * sigma, "fast_mode": True}
    return restoration.denoise_nl_means(noisy, patch_size=5, patch_distance=6, channel_axis=2, **known)


def wavelets(noisy: np.ndarray) -> np.ndarray:
    return restoration.denoise_wavelet(noisy, SIGMA / 255, convert2ycbcr=True, channel_axis=2)


def bm3d(noisy: np.ndarray) -> np.ndarray:
    return importlib.import_module("bm3d").bm3d_rgb(noisy, SIGMA / 255)


# What a user would pick instead, by its package: of (H, W, 3) in [0, 1], told the level of the noise.
FILTERS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "non-local means": ("skimage", non_local_means),
    "wavelets": ("skimage", wavelets),
    "BM3D": ("bm3d", bm3d),
}


@dataclass(frozen=True)
class Subject:
    """A network with its knobs set. denoises: whether it is made to remove noise from an image in colour."""

    title: str
    scale: str
    net: Controllable
    channels: int
    knobs: tuple[float, ...]
    denoises: bool


def run(path: Path, repeats: int = 5, device: str = "auto") -> bool:
    """Measures everything and prints it; returns whether it was recorded in `path`: not on a busy machine."""
    machine = devices.machine(devices.choose(device))
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    busy = f"The machine is busy (load above {devices.QUIET}): times are shown, and not recorded."
    quiet = machine["load"] <= devices.QUIET
    if not quiet:
        print(busy)
    print(LINE("", "pixels", "GFLOP", "fp32 ms", "share", "bf16 ms", "share", "MiB", "PSNR"))
    costs = []
    for cost in _all(device, repeats):
        costs.append(cost)
        print(_line(cost), flush=True)
    if quiet:
        write(path, costs, machine)
    print(f"Recorded in {path}." if quiet else busy)
    return quiet


def _all(device: str, repeats: int) -> Iterator[Cost]:
    """Every network that is here, and every filter whose package is, one after the other."""
    apart = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with apart:
        for title, scale in entered():
            sizes = SIZES if title in OF_EACH and scale == "compact" else ((SIDE, SIDE),)
            yield from apart.submit(of_network, title, scale, sizes, repeats, device).result()
        for title, (package, _) in FILTERS.items():
            if find_spec(package):
                yield apart.submit(of_filter, title, SIDE, repeats).result()


def entered() -> list[tuple[str, str]]:
    """Return name and scale of every public network that is trained here, and of what is compared with."""
    ours = {known.name: public.find(known.name).run for known in public.NETWORKS}
    there = [
        (name, scale)
        for name, run in ours.items()
        for scale in ("compact", "paper")
        if all(path_of(part, scale).exists() for part in runs_of(run))
    ]
    return there + [(name, "published") for name in PUBLISHED if has_published(name)]


def of_network(
    title: str, scale: str, sizes: Sequence[Size], repeats: int, device: str, side: int = SIDE
) -> list[Cost]:
    """Return what a network costs at every size; of the square of `side`, where it is among them, all."""
    devices.tune_cpu()
    subject, on = _subject(title, scale), devices.choose(device)
    costs = [_timed(subject, size, side, repeats, on) for size in sizes]  # before memory is used otherwise
    return [
        _whole(cost, subject, repeats, on) if (cost.height, cost.width) == (side, side) else cost
        for cost in costs
    ]


def of_filter(title: str, side: int, repeats: int) -> Cost:
    """Return what a filter costs that needs no network."""
    clean, noisy = photograph(side)
    pixels = noisy[0].permute(1, 2, 0).double().numpy()
    filtered = FILTERS[title][1]
    restored = torch.from_numpy(filtered(pixels)).permute(2, 0, 1)[None]
    took = timing.usual(lambda: filtered(pixels), repeats, torch.device("cpu"), warm_up=0)
    cost = Cost(title, "", side, side, 3, fp32_ms=1000 * took, memory_mib=peak_memory())
    return replace(cost, psnr=float(psnr(to_8bit(restored), clean.double())))


def _subject(title: str, scale: str | Scale) -> Subject:
    if scale == "published":
        net, channels = published(title).net, PUBLISHED[title]
        return Subject(title, scale, net, channels, (SIGMA,) * len(net.knobs), channels == 3)
    loaded = public.load(title, scale)
    return Subject(title, scale, loaded.net, loaded.channels, _knobs(loaded), "sigma" in loaded.task.starts)


def _knobs(loaded: Loaded) -> tuple[float, ...]:
    """Where Auto puts them for an image with noise alone, or for the level at which a slider starts."""
    levels = {**loaded.task.starts, "sigma": SIGMA, "radius": 0.0}
    knobs = at_start(loaded, levels)
    if loaded.curve and not loaded.task.told:
        knobs[loaded.curve.knob] = knob_for(levels[loaded.curve.level_name], loaded.curve)
    return tuple(knobs.values())


def _timed(subject: Subject, size: Size, side: int, repeats: int, device: torch.device) -> Cost:
    """Time in the fast precision and memory; once where the image is larger than all are timed on."""
    precision = devices.fast_precision(device)
    restorer = Restorer(subject.net, device=device, precision=precision)
    x = torch.rand(1, subject.channels, *size)
    often = repeats if size[0] * size[1] <= side * side else 1
    took = timing.usual(lambda: restorer(x, subject.knobs), often, device, warm_up=min(often - 1, 2))
    cost = Cost(subject.title, subject.scale, *size, subject.channels, memory_mib=peak_memory())
    return replace(cost, **{f"{COLUMNS[precision]}_ms": 1000 * took})


def _whole(cost: Cost, subject: Subject, repeats: int, device: torch.device) -> Cost:
    """The same with its operations, its PSNR, and its share of the machine's rate in every precision."""
    clean, noisy = photograph(cost.height)
    x = seen_by(noisy, subject.channels)
    plain = subject.net.fold(torch.tensor(subject.knobs)).eval()
    operations = 2 * multiplications(plain, x)
    for precision in dict.fromkeys(("float32", devices.fast_precision(device))):
        restorer = Restorer(subject.net, device=device, precision=precision)
        reached = rate(cost.height, precision, device)
        took = timing.usual(lambda r=restorer: r(x, subject.knobs), repeats, device)
        column = COLUMNS[precision]
        found = {"ms": 1000 * took, "rate": reached / 1e9, "share": operations / took / reached}
        cost = replace(cost, **{f"{column}_{name}": value for name, value in found.items()})
    if subject.denoises:
        cost = replace(cost, psnr=float(psnr(to_8bit(restorer(x, subject.knobs)), clean)))
    weights = sum(parameter.numel() for parameter in plain.parameters())
    return replace(cost, weights=weights, gflop=operations / 1e9)


def photograph(side: int) -> tuple[Tensor, Tensor]:
    """Return a photograph of `side` pixels a side, (1, 3, side, side) in [0, 1], and the same with noise."""
    (sample,) = load_images("skimage", limit=1)
    clean = to_tensor(sample.pixels[:side, :side])
    generator = torch.Generator().manual_seed(0)
    return clean, add_gaussian_noise(clean, SIGMA, generator=generator, quantise=True)


@torch.inference_mode()
def rate(side: int, precision: Precision, device: torch.device) -> float:
    """Return the operations a second that a 3x3 convolution of 64 channels reaches on this machine now."""
    kind = {"device": device, "dtype": getattr(torch, precision)}
    convolution = nn.Conv2d(WIDTH, WIDTH, 3, padding=1).to(**kind, memory_format=torch.channels_last)
    x = torch.rand(1, WIDTH, side, side).to(**kind, memory_format=torch.channels_last)
    took = timing.usual(lambda: convolution(x), 15, device)
    return 2 * 9 * WIDTH**2 * side**2 / took


def peak_memory() -> float | None:
    """Return the most memory that this process has had, in MiB; None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


LINE = "{:32} {:>11} {:>7} {:>9} {:>6} {:>9} {:>6} {:>7} {:>6}".format


def _line(cost: Cost) -> str:
    def shown(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    return LINE(
        f"{cost.title} {cost.scale}",
        f"{cost.width}x{cost.height}",
        shown(cost.gflop, ".0f"),
        shown(cost.fp32_ms, ".0f"),
        shown(cost.fp32_share, ".0%"),
        shown(cost.bf16_ms, ".0f"),
        shown(cost.bf16_share, ".0%"),
        shown(cost.memory_mib, ".0f"),
        shown(cost.psnr, ".2f"),
    )
