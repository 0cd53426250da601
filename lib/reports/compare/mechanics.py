"""How evenly each knob turns, and what each network costs: made from the networks, no rows are kept."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from lib import devices
from lib.inference import Restorer
from lib.reports.common import Drawing, Report
from lib.reports.compare.subjects import CONTESTS, JPEG, NOISE, Contest, Rival

SIDE = 256  # pixels of the picture that is timed
REPEATS = 5


def smoothness(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """How much a picture changes between neighbouring positions of a knob: an even knob has a flat line."""
    lines = {
        (contest.item, rival.title): (rival, _steps(report, contest, rival))
        for contest in CONTESTS
        for rival in contest.rivals
        if rival.knob == "turned" and report.available(rival.network)
    }
    rows = [
        {
            "contest": item,
            "network": title,
            "whole way, grey levels": f"{steps.sum():.2f}",
            "largest step": f"{steps.max():.2f}",
            "largest / mean": f"{steps.max() / steps.mean():.2f}",
        }
        for (item, title), (_, steps) in lines.items()
    ]
    columns = ["contest", "network", "whole way, grey levels", "largest step", "largest / mean"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["contest", "network"])
    report.save_table("compare-smooth", frame)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, contest in zip(figure.subplots(1, len(CONTESTS)), CONTESTS, strict=True):
        for (item, title), (rival, steps) in lines.items():
            if item == contest.item:
                middles = [(a + b) / 2 for a, b in pairwise(rival.positions)]
                axes.plot(middles, steps, color=rival.colour, marker=".", label=title)
        axes.set_title(f"{contest.axis}: {contest.live[0]}", fontsize=9)
        axes.set_xlabel("knob")
        axes.set_ylabel("change per 0.1 (grey levels)")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return report.save_figure("compare-smooth", figure), frame


def _steps(report: Report, contest: Contest, rival: Rival) -> np.ndarray:
    """Root mean square changes of the restored picture, in grey levels, along its positions."""
    protocol = contest.on(contest.live[0])
    _, _, degraded = next(replace(protocol, dataset=report.at_hand(protocol)).inputs(1))
    restorer = Restorer(report.network(rival.network), device=report.device, precision="float32")
    pictures = [restorer(degraded, (position,)).clamp(0, 1) for position in rival.positions]
    return np.array([255 * float((b - a).square().mean().sqrt()) for a, b in pairwise(pictures)])


def cost(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """Weights, multiplications and time of every network with its knob baked in."""
    entered = [
        (rival, channels, marker)
        for contest, channels, marker in ((NOISE, 3, "o"), (JPEG, 1, "s"))
        for rival in contest.rivals
        if report.available(rival.network)
    ]
    rows = [_row(report, rival, channels) for rival, channels, _ in entered]
    columns = ["network", "channels", "parameters", "multiplications per pixel", "ms per megapixel"]
    frame = pd.DataFrame(rows, columns=columns).set_index("network")
    report.save_table("compare-cost", frame)
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes = figure.subplots()
    for (rival, channels, marker), row in zip(entered, rows, strict=True):
        label = f"{rival.title}, {'RGB' if channels == 3 else 'gray'}"
        at = row["multiplications per pixel"], row["ms per megapixel"]
        axes.plot(*at, marker, color=rival.colour, label=label)
    if rows:
        axes.set_xscale("log")
        axes.set_yscale("log")
        figure.legend(loc="outside right upper", fontsize=8)
    axes.set_xlabel("multiplications per pixel")
    axes.set_ylabel("ms per megapixel")
    axes.set_title(f"{devices.describe(devices.choose(report.device))}, {report.scale} scale", fontsize=10)
    axes.grid(alpha=0.3)
    return report.save_figure("compare-cost", figure), frame


def _row(report: Report, rival: Rival, channels: int) -> dict[str, object]:
    net = report.network(rival.network)
    knobs = rival.knobs(0.0, rival.positions[len(rival.positions) // 2])
    plain = net.fold(torch.tensor(knobs)).eval()
    restorer = Restorer(net, device=report.device)
    x = torch.rand(1, channels, SIDE, SIDE)
    return {
        "network": rival.network,
        "channels": channels,
        "parameters": sum(parameter.numel() for parameter in plain.parameters()),
        "multiplications per pixel": round(multiplications(plain, x) / SIDE**2),
        "ms per megapixel": round(1e9 * _seconds(restorer, x, knobs) / SIDE**2, 1),
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
    """Of the convolutions and linear layers of a plain module for x (N, C, H, W)."""
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal total
        total += layer.weight[0].numel() * out.numel()

    layers = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        net(x)
    finally:
        for hook in hooks:
            hook.remove()
    return total
