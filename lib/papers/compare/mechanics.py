"""How evenly each knob turns, and what each network costs: made from the networks, no rows are kept."""

import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from lib.app import public
from lib.app.tasks import Loaded, at_start
from lib.base import devices
from lib.data.images import to_tensor
from lib.data.sets import load_images
from lib.evaluation.inference import Restorer, restore_colours
from lib.models.knobs import Knob
from lib.papers.compare.subjects import JPEG, NOISE, Contest, Rival
from lib.papers.report import Report
from lib.papers.shown import Parts, together

SIDE, SMALL_SIDE = 256, 96  # pixels of the pictures that are timed, and turned over; at smoke scale
PICTURES = 3
POSITIONS = 11  # of every knob
REPEATS = 5
FAMILIES = {"noise": "noise and blur", "JPEG": "JPEG", "size": "super-resolution"}


def smoothness(report: Report) -> Parts:
    """How much a picture changes from each tenth of a knob's way to the next: an even knob has a flat line.

    Every knob of every public network, on a picture degraded as its slider starts, the other knobs where
    they start there.
    """
    lines = {
        (loaded, knob.name): _steps(report, loaded, knob)
        for loaded in _turnable(report)
        for knob in loaded.net.knobs
    }
    rows = [
        {
            "network": loaded.title,
            "knob": knob,
            "whole way, grey levels": f"{steps.sum():.2f}",
            "largest step": f"{steps.max():.2f}",
            "largest / mean": f"{steps.max() / steps.mean():.2f}",
        }
        for (loaded, knob), steps in lines.items()
    ]
    columns = ["network", "knob", "whole way, grey levels", "largest step", "largest / mean"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["network", "knob"])
    report.save_table("compare-smooth", frame)
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, (family, title) in zip(figure.subplots(1, len(FAMILIES)), FAMILIES.items(), strict=True):
        for (loaded, knob), steps in lines.items():
            if loaded.task.family == family:
                middles = (np.arange(len(steps)) + 0.5) / len(steps)
                axes.plot(middles, steps, marker=".", label=f"{loaded.title}, {knob}")
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("share of the knob's way")
        axes.set_ylabel("change per tenth (grey levels)")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7)
    return together(report.save_figure("compare-smooth", figure), frame)


def _turnable(report: Report) -> list[Loaded]:
    there = [network for network in public.NETWORKS if report.available(network.run)]
    return [public.load_run(network, report.scale, report.checkpoints) for network in there]


def _side(report: Report) -> int:
    return SMALL_SIDE if report.scale == "smoke" else SIDE


def _steps(report: Report, loaded: Loaded, knob: Knob) -> np.ndarray:
    """Root mean square changes of what is restored between neighbouring positions, in grey levels."""
    samples = load_images("skimage", 1 if report.scale == "smoke" else PICTURES)
    side = _side(report)
    restorer = Restorer(loaded.net, device=report.device, precision="float32")
    levels = loaded.task.starts
    knobs = at_start(loaded, levels)
    squares = []
    for sample in samples:
        clean = to_tensor(sample.pixels[:side, :side])
        degraded = loaded.task.degrade(clean, *levels.values(), 0)
        made = []
        for value in np.linspace(knob.low, knob.high, POSITIONS).tolist():
            restore = partial(restorer, knobs=tuple((knobs | {knob.name: value}).values()))
            made.append(restore_colours(restore, degraded, loaded.channels).clamp(0, 1))
        squares.append([float((b - a).square().mean()) for a, b in pairwise(made)])
    return 255 * np.sqrt(np.mean(squares, axis=0))


def cost(report: Report) -> Parts:
    """Weights, multiplications and time of every network with its knob baked in."""
    entered = [
        (contest, rival, channels, marker)
        for contest, channels, marker in ((NOISE, 3, "o"), (JPEG, 1, "s"))
        for rival in contest.rivals
        if report.available(rival.network)
    ]
    rows = [_row(report, contest, rival, channels) for contest, rival, channels, _ in entered]
    columns = ["network", "channels", "parameters", "multiplications per pixel", "ms per megapixel"]
    frame = pd.DataFrame(rows, columns=columns).set_index("network")
    report.save_table("compare-cost", frame)
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes = figure.subplots()
    for (_, rival, channels, marker), row in zip(entered, rows, strict=True):
        millions = row["parameters"] / 1e6
        label = f"{rival.title}, {'RGB' if channels == 3 else 'gray'}, {millions:.2f} M weights"
        at = row["multiplications per pixel"], row["ms per megapixel"]
        axes.scatter(*at, 30 + 120 * millions, rival.colour, marker, label=label, alpha=0.8)
    if rows:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(EngFormatter())
            axis.set_minor_formatter(NullFormatter())
        figure.legend(loc="outside right upper", fontsize=8)
    axes.set_xlabel("multiplications per pixel (area: weights)")
    axes.set_ylabel("ms per megapixel")
    axes.set_title(f"{devices.describe(devices.choose(report.device))}, {report.scale} scale", fontsize=10)
    axes.grid(alpha=0.3)
    return together(report.save_figure("compare-cost", figure), frame)


def _row(report: Report, contest: Contest, rival: Rival, channels: int) -> dict[str, object]:
    net = report.network(rival.network)
    knobs = rival.knobs(contest.live[0], rival.positions[len(rival.positions) // 2])
    plain = net.fold(torch.tensor(knobs)).eval()
    restorer = Restorer(net, device=report.device)
    side = _side(report)
    x = torch.rand(1, channels, side, side)
    return {
        "network": rival.network,
        "channels": channels,
        "parameters": sum(parameter.numel() for parameter in plain.parameters()),
        "multiplications per pixel": round(multiplications(plain, x) / side**2),
        "ms per megapixel": round(1e9 * _seconds(restorer, x, knobs) / side**2, 1),
    }


def _seconds(restorer: Restorer, x: Tensor, knobs: Sequence[float]) -> float:
    """Median of REPEATS, after one that folds."""
    restorer(x, knobs)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        restorer(x, knobs)
        times.append(time.perf_counter() - start)
    return median(times)


@torch.inference_mode()
def multiplications(net: nn.Module, x: Tensor) -> int:
    """Of a plain module for x (N, C, H, W): convolutions, linear layers and attention, which is taken apart
    for that."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        net(x)
    return counter.get_total_flops() // 2
