"""Figure 4 of AdaFM: our own drawing of the network, made from the module and what flows through it."""

import torch
from matplotlib.figure import Figure
from torch import nn

from lib.models.adafm import AdaFM, RestorationNet
from lib.papers.adafm.subjects import DENOISING
from lib.papers.diagrams import PLAIN, SPECIAL, Box, by, chain, conv, outputs
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find

INPUT_SIDE = 96  # pixels, the paper's patch


def fig4(report: Report) -> Drawing:
    """The network at the paper's size: every kind of layer with its weights and its output."""
    recipe = find(DENOISING.wide, "paper")
    net = recipe.build()
    figure = Figure(figsize=(12.5, 4.6), layout="constrained")
    trunk, block = figure.subplots(2, 1)
    picture = torch.zeros(1, recipe.channels, INPUT_SIDE, INPUT_SIDE)
    shapes = outputs(net, picture, torch.zeros(1, len(net.knobs)))
    chain(trunk, _trunk(net, shapes, recipe.channels), ((1, 3),), 8)
    chain(block, _block(net, shapes), ((0, 5),), 8)
    count = len(net.body)
    layers = sum(isinstance(m, AdaFM) for m in net.modules())
    steps = report.steps(recipe.name, "paper")
    trained = f"trained here for {steps:,} steps" if steps else "not trained here"
    title = f"AdaFM-Net of the paper's size: {count} residual blocks, {layers} AdaFM layers ({trained})"
    trunk.set_title(title, fontsize=11)
    block.set_title("One residual block", fontsize=11)
    figure.supxlabel(
        "in the boxes: weights; below them: output for one patch, channels x height x width", fontsize=8
    )
    return report.save_figure("adafm-fig4", figure)


def _trunk(net: RestorationNet, shapes: dict[nn.Module, str], channels: int) -> list[Box]:
    picture = f"{channels} x {INPUT_SIDE} x {INPUT_SIDE}"
    blocks = Box(f"{len(net.body)} residual\nblocks", "below", shapes[net.body[-1]], PLAIN)
    width = net.hr.conv.in_channels
    shuffled = Box("pixel shuffle x2,\nReLU", "", f"{width} x {INPUT_SIDE} x {INPUT_SIDE}", PLAIN)
    return [
        Box("image", "", picture, PLAIN),
        conv("head conv,\nstride 2", net.head.conv, shapes),
        blocks,
        conv("body conv,\n+ head", net.tail.conv, shapes),
        conv("up conv", net.up.conv, shapes),
        shuffled,
        conv("HR conv,\nReLU", net.hr.conv, shapes),
        conv("output conv", net.out, shapes),
    ]


def _block(net: RestorationNet, shapes: dict[nn.Module, str]) -> list[Box]:
    a, b = net.body[0].a, net.body[0].b
    return [
        Box("from the\nprevious block", "", shapes[net.head], PLAIN),
        conv("conv", a.conv, shapes),
        _adafm(a.module, shapes),
        Box("ReLU", "", shapes[a], PLAIN),
        conv("conv", b.conv, shapes),
        _adafm(b.module, shapes, "\n+ block input"),
    ]


def _adafm(layer: AdaFM, shapes: dict[nn.Module, str], after: str = "") -> Box:
    return Box(f"AdaFM, x coef{after}", by(layer.filter.weight.shape), shapes[layer], SPECIAL)
