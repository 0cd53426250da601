"""Figures 1 and 2 of QGCN: our own drawings of the ranker and of the network, made from the modules."""

import torch
from matplotlib.figure import Figure

from lib.papers.diagrams import PLAIN, SPECIAL, Box, by, chain, conv, outputs
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find
from lib.recipes.qgcn import FULL, RANKER

Shapes = dict[torch.nn.Module, str]  # of what every layer returns
LEGEND = "in the boxes: weights; below them: output for one patch, channels x height x width"


def fig1(report: Report) -> Drawing:
    """The ranker: ten convolutions in five stages, whose ends are the maps that losses compare."""
    recipe = find(RANKER, report.scale)
    net = recipe.build().eval()
    shapes = outputs(net, torch.zeros(1, recipe.channels, recipe.patch, recipe.patch))
    boxes = [Box("image", "", by((recipe.channels, recipe.patch, recipe.patch)), PLAIN)]
    for number, stage in enumerate(net.stages, start=1):
        first, second = (layer for layer in stage if isinstance(layer, torch.nn.Conv2d))
        boxes.append(conv("conv 3x3\nBN, LReLU" if number > 1 else "conv 3x3\nLReLU", first, shapes))
        ending = conv(f"conv 4x4, stride 2\nmap {number}", second, shapes)
        boxes.append(Box(ending.name, ending.weights, ending.output, SPECIAL))
    linear = "\n".join(by(layer.weight.shape) for layer in net.score if isinstance(layer, torch.nn.Linear))
    boxes.append(Box("mean over all,\ntwo linear layers", linear, "score", PLAIN))
    half = len(boxes) // 2
    figure = Figure(figsize=(12.5, 4.6), layout="constrained")
    above, below = figure.subplots(2, 1)
    chain(above, boxes[:half], (), half)
    chain(below, boxes[half:], (), half)
    weights = sum(p.numel() for p in net.parameters())
    above.set_title(f"The ranker, {weights:,} parameters ({report.scale} scale)", fontsize=11)
    figure.supxlabel(LEGEND, fontsize=8)
    return report.save_figure("qgcn-fig1", figure)


def fig2(report: Report) -> Drawing:
    """The network: residual attention blocks, of which the first and the last have a non-local mask."""
    recipe = find(FULL, report.scale)
    net = recipe.build().eval()
    picture = torch.zeros(1, recipe.channels, recipe.patch, recipe.patch)
    shapes = outputs(net, picture, torch.zeros(1, 0))
    *blocks, between, last = net.body
    whole = by(picture.shape[1:])
    trunk = [
        Box("image", "", whole, PLAIN),
        conv("head conv", net.head, shapes),
        Box("non-local block", "below", shapes[blocks[0]], SPECIAL),
        Box(f"{len(blocks) - 1} local blocks", "below, without\nnon-local", shapes[blocks[-1]], PLAIN),
        conv("conv", between, shapes),
        Box("non-local block", "below", shapes[last], SPECIAL),
        conv("tail conv,\n+ image", net.tail, shapes),
    ]
    figure = Figure(figsize=(12.5, 6.9), layout="constrained")
    rows = figure.subplots(3, 1)
    chain(rows[0], trunk, ((0, 6),), 7)
    chain(rows[1], _block(blocks[0], net.head, shapes), ((1, 3),), 7)
    chain(rows[2], _mask(blocks[0].mask, blocks[0].entry, shapes), ((2, 5),), 7)
    weights = sum(p.numel() for p in net.parameters())
    rows[0].set_title(f"The de-blocking network, {weights:,} parameters ({report.scale} scale)", fontsize=11)
    rows[1].set_title("One block", fontsize=11)
    rows[2].set_title("Its mask", fontsize=11)
    figure.supxlabel(LEGEND, fontsize=8)
    return report.save_figure("qgcn-fig2", figure)


def _block(block: torch.nn.Module, before: torch.nn.Module, shapes: Shapes) -> list[Box]:
    """The parts of a block behind a layer."""
    dilated = "\n".join(by(scale.weight.shape) for scale in block.entry.a.scales[:2])
    return [
        Box("from the\nprevious block", "", shapes[before], PLAIN),
        Box("residual, dilated\n1, 2 and 4", dilated, shapes[block.entry], SPECIAL),
        Box("trunk: two more,\ntimes the mask", "", shapes[block.trunk], SPECIAL),
        Box("+ what entered\nthe trunk", "", shapes[block.trunk], PLAIN),
        Box("two residual,\nconv", by(block.exit[-1].weight.shape), shapes[block.exit], PLAIN),
    ]


def _mask(mask: torch.nn.Module, before: torch.nn.Module, shapes: Shapes) -> list[Box]:
    """The parts of a non-local mask behind a layer."""
    return [
        Box("from the entry", "", shapes[before], PLAIN),
        Box("non-local", by(mask.first.theta.weight.shape), shapes[mask.first], SPECIAL),
        Box("residual", "", shapes[mask.near], PLAIN),
        conv("conv, stride 2", mask.far[0], shapes),
        Box("two residual,\nupsampling conv", by(mask.far[-1].weight.shape), shapes[mask.far], PLAIN),
        Box("+ as it was,\nresidual, 1x1", by(mask.last[1].weight.shape), shapes[mask.last], PLAIN),
        Box("sigmoid: mask", "", shapes[mask.last], PLAIN),
    ]
