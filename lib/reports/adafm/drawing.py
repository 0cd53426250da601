"""Figure 4 of AdaFM: our own drawing of the network, made from the module and what flows through it."""

from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import nn

from lib.models.adafm import AdaFM, RestorationNet
from lib.recipes import find
from lib.reports.adafm.subjects import DENOISING
from lib.reports.common import Drawing, Report

INPUT_SIDE = 96  # pixels, the paper's patch
CONV, ADAFM, PLAIN = "#cfe0f5", "#f6c9a8", "#e6e6e6"  # colours of the boxes


@dataclass(frozen=True)
class Box:
    """A layer: its name, the shapes of its weights and of its output."""

    name: str
    weights: str
    output: str
    colour: str


def fig4(report: Report) -> Drawing:
    """The network of this notebook's scale: every kind of layer with its weights and its output."""
    recipe = find(DENOISING.wide, report.scale)
    net = recipe.build()
    figure = Figure(figsize=(12.5, 4.6), layout="constrained")
    trunk, block = figure.subplots(2, 1)
    outputs = _outputs(net, recipe.channels)
    _chain(trunk, _trunk(net, outputs, recipe.channels), ((1, 3),))
    _chain(block, _block(net, outputs), ((0, 5),))
    count = len(net.body)
    layers = sum(isinstance(m, AdaFM) for m in net.modules())
    title = f"AdaFM-Net: {count} residual blocks, {layers} AdaFM layers ({report.scale} scale)"
    trunk.set_title(title, fontsize=11)
    block.set_title("One residual block", fontsize=11)
    figure.supxlabel(
        "in the boxes: weights; below them: output for one patch, channels x height x width", fontsize=8
    )
    return report.save_figure("adafm-fig4", figure)


@torch.inference_mode()
def _outputs(net: RestorationNet, channels: int) -> dict[nn.Module, str]:
    """What every module returns for one patch, as C x H x W."""
    found: dict[nn.Module, str] = {}

    def keep(module: nn.Module, _: tuple, output: torch.Tensor) -> None:
        found[module] = _by(output.shape[1:])

    hooks = [module.register_forward_hook(keep) for module in net.modules()]
    net(torch.zeros(1, channels, INPUT_SIDE, INPUT_SIDE), torch.zeros(1, len(net.knobs)))
    for hook in hooks:
        hook.remove()
    return found


def _trunk(net: RestorationNet, outputs: dict[nn.Module, str], channels: int) -> list[Box]:
    picture = f"{channels} x {INPUT_SIDE} x {INPUT_SIDE}"
    blocks = Box(f"{len(net.body)} residual\nblocks", "below", outputs[net.body[-1]], PLAIN)
    width = net.hr.conv.in_channels
    shuffled = Box("pixel shuffle x2,\nReLU", "", f"{width} x {INPUT_SIDE} x {INPUT_SIDE}", PLAIN)
    return [
        Box("picture", "", picture, PLAIN),
        _conv("head conv,\nstride 2", net.head.conv, outputs),
        blocks,
        _conv("body conv,\n+ head", net.tail.conv, outputs),
        _conv("up conv", net.up.conv, outputs),
        shuffled,
        _conv("HR conv,\nReLU", net.hr.conv, outputs),
        _conv("output conv", net.out, outputs),
    ]


def _block(net: RestorationNet, outputs: dict[nn.Module, str]) -> list[Box]:
    a, b = net.body[0].a, net.body[0].b
    return [
        Box("from the\nprevious block", "", outputs[net.head], PLAIN),
        _conv("conv", a.conv, outputs),
        _adafm(a.module, outputs),
        Box("ReLU", "", outputs[a], PLAIN),
        _conv("conv", b.conv, outputs),
        _adafm(b.module, outputs, "\n+ block input"),
    ]


def _conv(name: str, conv: nn.Conv2d, outputs: dict[nn.Module, str]) -> Box:
    return Box(name, _by(conv.weight.shape), outputs[conv], CONV)


def _adafm(layer: AdaFM, outputs: dict[nn.Module, str], after: str = "") -> Box:
    return Box(f"AdaFM, x coef{after}", _by(layer.filter.weight.shape), outputs[layer], ADAFM)


def _by(shape: torch.Size) -> str:
    return " x ".join(str(side) for side in shape)


def _chain(axes: Axes, boxes: list[Box], skips: tuple[tuple[int, int], ...]) -> None:
    """Boxes from left to right; an arc for every skip from one box to another."""
    step, wide, high = 1.0, 0.78, 0.62
    for i, box in enumerate(boxes):
        left = i * step
        axes.add_patch(
            FancyBboxPatch((left, 0), wide, high, boxstyle="round,pad=0.02", fc=box.colour, ec="0.3", lw=0.8)
        )
        middle = {"x": left + wide / 2, "ha": "center", "va": "center"}
        axes.text(y=high * 0.64, s=box.name, fontsize=9, **middle)
        axes.text(y=high * 0.2, s=box.weights, fontsize=7, color="0.25", **middle)
        axes.text(y=-0.16, s=box.output, fontsize=7, color="C0", **middle)
        if i:
            axes.annotate("", (left - 0.02, high / 2), (left - step + wide + 0.02, high / 2),
                          arrowprops={"arrowstyle": "->", "color": "0.3"})  # fmt: skip
    for start, end in skips:
        ends = ((start * step + wide / 2, high + 0.03), (end * step + wide / 2, high + 0.03))
        arc = FancyArrowPatch(*ends, connectionstyle="arc3,rad=-0.12", arrowstyle="->", color="0.3")
        arc.set_mutation_scale(10)
        axes.add_patch(arc)
    axes.set_xlim(-0.1, 8 * step)
    axes.set_ylim(-0.25, 1.2)
    axes.axis("off")
