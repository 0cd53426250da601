"""Figures 1 to 3 of VDIR: our own drawings of the frameworks, of where losses pull, and of the network."""

from collections.abc import Iterable

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from lib.models.vdir import LATENT, VDIR, Group
from lib.papers.diagrams import CONV, PLAIN, SPECIAL, Box, by, chain, conv, outputs
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find
from lib.recipes.vdir import AWGN, FFDNET_TOLD, NAIVE, Variational, enlarging_name

LEGEND = "in the boxes: weights; below them: output for one patch, channels x height x width"


def fig1(report: Report) -> Drawing:
    """Return four ways to meet a degradation, with the parameters of the networks that are trained here."""
    told, alone, ours = (find(run, report.scale).build() for run in (FFDNET_TOLD, NAIVE, AWGN))
    rows = {
        "One network for each level, or one that is told it": [
            Box("restorer", _count(told), "told the level", CONV)
        ],
        "Blind: one network for all levels": [Box("restorer", _count(alone), "trained alone", CONV)],
        "Two stages: an estimator first, trained on known levels": [
            Box("estimator", "", "the level", SPECIAL),
            Box("restorer", "", "sees image and level", CONV),
        ],
        "VDIR: what is told is learned, together with the restorer": [
            Box("encoder", _count(ours.encoder), "mean, variance", SPECIAL),
            Box("latent c", "", "a sample", SPECIAL),
            Box("restorer", _count(ours.restorer), "sees image and c", CONV),
        ],
    }
    figure = Figure(figsize=(9, 7.6), layout="constrained")
    for axes, (title, middle) in zip(figure.subplots(len(rows), 1), rows.items(), strict=True):
        chain(axes, [Box("image y", "", "", PLAIN), *middle, Box("restored x", "", "", PLAIN)], (), 5)
        axes.set_title(title, fontsize=11)
    figure.supxlabel(f"in the boxes: parameters ({report.scale} scale)", fontsize=8)
    return report.save_figure("vdir-fig1", figure)


def _count(net: nn.Module) -> str:
    return f"{sum(p.numel() for p in net.parameters()):,}"


def fig2(report: Report) -> Drawing:
    """Return which loss trains which network: where a gradient arrives, found by sending one."""
    arrives = flows(find(AWGN, report.scale))
    networks = list(next(iter(arrives.values())))
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    for row, reached in enumerate(arrives.values()):
        for column, network in enumerate(networks):
            colour = SPECIAL if reached[network] else PLAIN
            axes.text(
                column,
                row,
                "gradient" if reached[network] else "none",
                ha="center",
                va="center",
                fontsize=9,
                bbox={"boxstyle": "round,pad=0.5", "fc": colour, "ec": "0.3"},
            )
    axes.set_xticks(range(len(networks)), networks)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(arrives)), arrives)
    axes.set_xlim(-0.6, len(networks) - 0.4)
    axes.set_ylim(len(arrives) - 0.4, -0.6)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    return report.save_figure("vdir-fig2", figure)


def flows(recipe: Variational) -> dict[str, dict[str, bool]]:
    """Return, by loss and network, whether a gradient of one arrives at the other in a training step."""
    torch.manual_seed(0)
    net, opponent = recipe.build(), recipe.opponent()
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand(2, recipe.channels, recipe.drawn, recipe.drawn, generator=generator)
    opponent.requires_grad_(False)  # as training holds it while the others learn
    made = recipe.objective(net, clean, generator, None, opponent)
    opponent.requires_grad_(True)
    opposed = recipe.opposition(opponent, made, generator)
    networks = {
        "encoder": net.encoder,
        "restorer": net.restorer,
        "decoder": net.decoder,
        "estimator": net.estimator,
        "discriminator": opponent,
    }
    parts = dict(zip(recipe.parts, (*made.parts, opposed.loss), strict=True))
    return {
        loss: {name: _arrives(term, module.parameters()) for name, module in networks.items()}
        for loss, term in parts.items()
    }


def _arrives(term: Tensor, parameters: Iterable[nn.Parameter]) -> bool:
    wanted = [p for p in parameters if p.requires_grad]
    found = torch.autograd.grad(term, wanted, retain_graph=True, allow_unused=True)
    return any(gradient is not None and bool(gradient.any()) for gradient in found)


def fig3(report: Report) -> Drawing:
    """Return encoder, restorer, one of its groups, its end for super-resolution, and the decoder."""
    recipe = find(AWGN, report.scale)
    net = recipe.build().eval()
    picture = torch.zeros(1, recipe.channels, recipe.patch, recipe.patch)
    shapes = outputs(net, picture, torch.zeros(1, 1)) | outputs(net.decoder, net.encoder(picture)[0])
    rows = {
        f"Encoder, {_count(net.encoder)} parameters": (_encoder(net, shapes, picture), ()),
        f"Restorer, {_count(net.restorer)} parameters": (_restorer(net, shapes, picture), ((1, 3),)),
        "One of its groups": (_group(net, shapes), ((0, 2),)),
        "Its end for super-resolution, x4": (_enlarging(report), ()),
        f"Decoder, in training only, {_count(net.decoder)} parameters": (_decoder(net, shapes), ()),
    }
    figure = Figure(figsize=(12.5, 11.5), layout="constrained")
    for axes, (title, (boxes, skips)) in zip(figure.subplots(len(rows), 1), rows.items(), strict=True):
        chain(axes, boxes, skips, 7)
        axes.set_title(title, fontsize=11)
    figure.suptitle(f"{report.scale} scale", fontsize=11)
    figure.supxlabel(LEGEND, fontsize=8)
    return report.save_figure("vdir-fig3", figure)


Shapes = dict[nn.Module, str]


def _encoder(net: VDIR, shapes: Shapes, picture: Tensor) -> list[Box]:
    first, second, third, _, last = _convolutions(net.encoder.trunk)
    return [
        Box("image y", "", by(picture.shape[1:]), PLAIN),
        conv("conv, pool 2,\nReLU", first, shapes),
        conv("conv, ReLU", second, shapes),
        conv("conv, pool 2,\nReLU", third, shapes),
        conv("two convs, ReLU\nbetween them", last, shapes),
        conv("conv: mean,\nconv: log variance", net.encoder.mean, shapes),
    ]


def _restorer(net: VDIR, shapes: Shapes, picture: Tensor) -> list[Box]:
    *groups, last = net.restorer.body
    return [
        Box("y and c, as\nlarge as y", "", by((picture.shape[1] + LATENT, *picture.shape[2:])), SPECIAL),
        conv("head conv", net.restorer.head, shapes),
        Box(f"{len(groups)} groups", "below", shapes[groups[-1]], SPECIAL),
        conv("conv, + head", last, shapes),
        conv("tail conv", net.restorer.tail, shapes),
        Box("+ y", "", shapes[net.restorer], PLAIN),
    ]


def _group(net: VDIR, shapes: Shapes) -> list[Box]:
    group: Group = net.restorer.body[0]
    *blocks, last = group.body
    weights = by(blocks[0].a.weight.shape)
    return [
        Box("from the\nprevious group", "", shapes[net.restorer.head], PLAIN),
        Box(f"{len(blocks)} times: conv,\nReLU, conv, + input", weights, shapes[blocks[-1]], CONV),
        conv("conv, + what\nentered", last, shapes),
    ]


def _enlarging(report: Report) -> list[Box]:
    recipe = find(enlarging_name(4), report.scale)
    net = recipe.build().eval()
    side = recipe.patch // net.restorer.factor
    small = torch.zeros(1, recipe.channels, side, side)
    shapes = outputs(net, small, torch.zeros(1, 1))
    first, shuffle, second, again = net.restorer.up
    return [
        Box("from the body", "", shapes[net.restorer.body], PLAIN),
        conv("conv", first, shapes),
        Box("pixel shuffle x2", "", shapes[shuffle], PLAIN),
        conv("conv", second, shapes),
        Box("pixel shuffle x2", "", shapes[again], PLAIN),
        conv("tail conv", net.restorer.tail, shapes),
    ]


def _decoder(net: VDIR, shapes: Shapes) -> list[Box]:
    first, second, third, fourth, fifth = _convolutions(net.decoder.layers)
    return [
        Box("latent c", "", shapes[net.encoder.mean], SPECIAL),
        conv("conv, ReLU,\nx2", first, shapes),
        conv("conv, ReLU", second, shapes),
        conv("conv, ReLU,\nx2", third, shapes),
        conv("conv, ReLU", fourth, shapes),
        conv("conv: y again", fifth, shapes),
    ]


def _convolutions(layers: nn.Sequential) -> list[nn.Conv2d]:
    return [layer for layer in layers if isinstance(layer, nn.Conv2d)]
