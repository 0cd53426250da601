"""Drawings of networks, made from the modules themselves and from what flows through them."""

from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import Tensor, nn

CONV, SPECIAL, PLAIN = "#cfe0f5", "#f6c9a8", "#e6e6e6"  # colours of the boxes


@dataclass(frozen=True)
class Box:
    """A layer: its name, the shapes of its weights and of its output."""

    name: str
    weights: str
    output: str
    colour: str


@torch.inference_mode()
def outputs(net: nn.Module, *inputs: Tensor) -> dict[nn.Module, str]:
    """What every module returns for one image, as C x H x W; only modules that return one tensor."""
    found: dict[nn.Module, str] = {}

    def keep(module: nn.Module, _: tuple, output: object) -> None:
        if isinstance(output, Tensor):
            found[module] = by(output.shape[1:])

    hooks = [module.register_forward_hook(keep) for module in net.modules()]
    net(*inputs)
    for hook in hooks:
        hook.remove()
    return found


def conv(name: str, layer: nn.Conv2d, shapes: dict[nn.Module, str]) -> Box:
    return Box(name, by(layer.weight.shape), shapes[layer], CONV)


def by(shape: torch.Size) -> str:
    return " x ".join(str(side) for side in shape)


def chain(axes: Axes, boxes: list[Box], skips: tuple[tuple[int, int], ...], places: int) -> None:
    """Boxes from left to right, with room for `places` of them; an arc for every skip from one to another."""
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
    axes.set_xlim(-0.1, places * step)
    axes.set_ylim(-0.25, 1.2)
    axes.axis("off")
