"""Figure 3 of CUGAN: our own drawing of both networks, made from the modules."""

import torch
from matplotlib.figure import Figure
from torch import nn

from lib.models.cugan import CUNet, Discriminator, Fusion, Scales
from lib.papers.diagrams import PLAIN, SPECIAL, Box, by, chain, conv, outputs
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find
from lib.recipes.cugan import CUGAN

PLACES = 7
LEGEND = "in the boxes: weights; below them: output for one patch; orange: set by blur and noise"
Shapes = dict[nn.Module, str]


def fig3(report: Report) -> Drawing:
    """The U of the generator, one of its blocks, and the discriminator with its modulation."""
    recipe = find(CUGAN, report.scale)
    generator, judge = recipe.build().eval(), recipe.opponent().eval()
    picture = torch.zeros(1, recipe.channels, recipe.patch, recipe.patch)
    z = torch.zeros(1, len(generator.knobs))
    whole, shapes = by(picture.shape[1:]), outputs(generator, picture, z)
    figure = Figure(figsize=(13.5, 13), layout="constrained")
    rows = figure.subplots(6, 1)
    start = [Box("image", "", whole, PLAIN), conv("head conv", generator.head, shapes)]
    end = _fusion("tail conv, x w,\n+ image", generator.tail, shapes)
    chain(rows[0], [*start, *_down(generator.body, shapes)], (), PLACES)
    chain(rows[1], [*_up(generator.body, shapes), end], (), PLACES)
    chain(rows[2], _block(generator, shapes), ((0, 3),), PLACES)
    judged = outputs(judge, picture, z)
    layers = _judge(judge, judged)
    half = (len(layers) + 1) // 2
    chain(rows[3], [Box("image", "", whole, PLAIN), *layers[: half - 1]], (), PLACES)
    chain(rows[4], layers[half - 1 :], (), PLACES)
    chain(rows[5], _layer(judge, judged), (), PLACES)
    counts = [f"{sum(p.numel() for p in net.parameters()):,}" for net in (generator, judge)]
    rows[0].set_title(f"The generator, {counts[0]} parameters ({report.scale} scale): down", fontsize=11)
    rows[1].set_title("and up again; every fusion adds what the same scale had on the way down", fontsize=11)
    rows[2].set_title("One modulated residual block", fontsize=11)
    rows[3].set_title(f"The discriminator, {counts[1]} parameters", fontsize=11)
    rows[5].set_title(
        "One of its layers: GFM is a x + b, a and b for every channel from blur and noise", fontsize=11
    )
    figure.supxlabel(LEGEND, fontsize=8)
    return report.save_figure("cugan-fig3", figure)


def _down(scales: Scales, shapes: Shapes) -> list[Box]:
    """Blocks of the left sides, and all of the lowest scale, with what leads from one to the next."""
    left = _blocks(len(scales.left), shapes[scales.left])
    if scales.below is None:
        return [_blocks(len(scales.left) + len(scales.right), shapes[scales.right])]
    return [left, conv("down conv,\nstride 2", scales.down, shapes), *_down(scales.below, shapes)]


def _up(scales: Scales, shapes: Shapes) -> list[Box]:
    """Fusions and blocks of the right sides, the lowest scale first."""
    if scales.below is None:
        return [Box("from the\nlowest scale", "", shapes[scales.right], PLAIN)]
    fused = _fusion("up conv, x w,\n+ left side", scales.up, shapes)
    return [*_up(scales.below, shapes), fused, _blocks(len(scales.right), shapes[scales.right])]


def _blocks(count: int, output: str) -> Box:
    return Box(f"{count} residual\nblocks", "below", output, SPECIAL)


def _fusion(name: str, place: Fusion, shapes: Shapes) -> Box:
    weights = f"{by(place.conv.weight.shape)}\nw: {by(place.weight.weight.shape)}"
    return Box(name, weights, shapes[place], SPECIAL)


def _block(net: CUNet, shapes: Shapes) -> list[Box]:
    block = net.body.left[0]
    return [
        Box("from the\nprevious block", "", shapes[net.head], PLAIN),
        conv("conv, ReLU", block.a, shapes),
        conv("conv", block.b.conv, shapes),
        Box("x w,\n+ block input", f"w: {by(block.b.weight.weight.shape)}", shapes[block.b], SPECIAL),
    ]


def _judge(net: Discriminator, shapes: Shapes) -> list[Box]:
    layers = [conv("conv, LReLU", net.head, shapes)]
    for layer in net.body:
        stride = ", stride 2" if layer.conv.stride[0] > 1 else ""
        layers.append(Box(f"conv{stride},\nGFM, LReLU", by(layer.conv.weight.shape), shapes[layer], SPECIAL))
    linear = "\n".join(by(layer.weight.shape) for layer in net.score if isinstance(layer, nn.Linear))
    return [*layers, Box("mean over all,\ntwo linear layers", linear, "logit", PLAIN)]


def _layer(net: Discriminator, shapes: Shapes) -> list[Box]:
    layer = net.body[0]
    norm = "no norm" if isinstance(layer.norm, nn.Identity) else "batch norm"
    return [
        Box("from the\nprevious layer", "", shapes[net.head], PLAIN),
        conv("conv", layer.conv, shapes),
        Box(norm, "", shapes[layer.norm], PLAIN),
        Box("GFM", f"a: {by(layer.gfm.scale.weight.shape)}\nb: {by(layer.gfm.shift.weight.shape)}",
            shapes[layer.gfm], SPECIAL),
        Box("LReLU", "", shapes[layer], PLAIN),
    ]  # fmt: skip
