"""Figure 2 of CFSNet: our own drawing of the coupled branches, made from the module, and its coefficients."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from lib.models.cfsnet import CFSNet
from lib.papers.cfsnet.subjects import COEFFICIENTS, DENOISING, SUBJECTS
from lib.papers.diagrams import PLAIN, SPECIAL, Box, by, chain, conv, outputs
from lib.papers.pictures import sentence
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find
from lib.recipes.cfsnet import SR_TUNED


def fig2(report: Report) -> Drawing:
    """Main branch, one coupled module, and the mapping from the control to its coefficients."""
    recipe = find(DENOISING.tuned, report.scale)
    net = recipe.build().eval()
    picture = torch.zeros(1, recipe.channels, recipe.patch, recipe.patch)
    shapes = outputs(net, picture, torch.zeros(1, 1))
    body, tuning = net.body[0], net.tuning[0]
    feature = shapes[body]
    trunk = [
        Box("image", "", by(picture.shape[1:]), PLAIN),
        conv("head conv", net.head, shapes),
        Box(f"{len(net.body)} coupled\nmodules", "below", feature, SPECIAL),
        Box("+ head", "", feature, PLAIN),
        conv("end conv", net.out, shapes),
        Box("image - noise" if net.residual else "image", "", by(picture.shape[1:]), PLAIN),
    ]
    entering = Box("coupled feature of\nthe last module", "", feature, PLAIN)
    leaving = Box("sum of both: the next\ncoupled feature", "", feature, PLAIN)
    weights = by(body.a.weight.shape)
    main = Box("main block: conv, ReLU,\nconv, + input", weights, shapes[body], PLAIN)
    tuned = Box("tuning block: conv,\nReLU, conv", weights, shapes[tuning], SPECIAL)
    figure = Figure(figsize=(12.5, 9.2), layout="constrained")
    above, *branches, below = figure.subplots(4, 1)
    chain(above, trunk, ((1, 3),), 6)
    for axes, block, factor in zip(branches, (main, tuned), ("x (1 - alpha)", "x alpha"), strict=True):
        chain(axes, [entering, block, Box(factor, "", feature, block.colour), leaving], (), 6)
    chain(below, _mapping(net), (), 6)
    count = sum(p.numel() for p in net.parameters())
    above.set_title(f"CFSNet, {count:,} parameters ({report.scale} scale)", fontsize=11)
    branches[0].set_title("One module: its main and its tuning block read the same feature", fontsize=11)
    below.set_title("From the control to alpha, linear without bias: alpha = alpha_in a", fontsize=11)
    figure.supxlabel("in the boxes: weights; below them: output for one patch", fontsize=8)
    return report.save_figure("cfsnet-fig2", figure)


def coefficients(report: Report) -> Drawing:
    """What each module couples with at alpha_in 1, channel by channel; for CFSNet-SA all of it would be 1."""
    networks = {subject.title: subject.tuned for subject in SUBJECTS} | {"super-resolution": SR_TUNED}
    found = {title: by_module(net) for title, run in networks.items() if (net := report.network(run))}
    if not found:
        return report.save_figure(COEFFICIENTS, sentence(f"CFSNet is not trained at {report.scale} scale."))
    figure = Figure(figsize=(4.2 * len(found), 4.2), layout="constrained")
    limit = max(float(alphas.abs().max()) for alphas in found.values())
    panels = figure.subplots(1, len(found), squeeze=False)[0]
    for axes, (title, alphas) in zip(panels, found.items(), strict=True):
        shown = axes.imshow(alphas.sort(1).values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
        outside = float(((alphas < 0) | (alphas > 1)).float().mean())
        axes.set_title(f"{title}: {outside:.0%} outside 0 to 1", fontsize=10)
        axes.set_xlabel("channels, sorted in each module")
        names = [f"{i}: {mean:+z.2f}" for i, mean in enumerate(alphas.mean(1), start=1)]
        axes.set_yticks(range(len(names)), names, fontsize=9)
    figure.supylabel("module, and its mean over channels", fontsize=10)
    figure.colorbar(shown, ax=figure.axes, label="alpha at alpha_in 1", fraction=0.03)
    return report.save_figure(COEFFICIENTS, figure)


def by_module(net: CFSNet) -> Tensor:
    """Return the coefficients at alpha_in 1, (modules, channels); of the upscaler last."""
    return net.coefficients(torch.ones(1, 1))[:, 0].detach()


def _mapping(net: CFSNet) -> list[Box]:
    linear = [m for m in net.mapping.modules() if isinstance(m, torch.nn.Linear)]
    shared = [layer for layer in linear if layer.in_features > layer.out_features]
    own = next(layer for layer in linear if layer not in shared)
    size = shared[0].in_features
    boxes = [Box(f"alpha_in,\n{size} times", "", str(size), PLAIN)]
    boxes += [Box("shared layer", by(layer.weight.shape), str(layer.out_features), PLAIN) for layer in shared]
    ending = Box("two layers of\neach module", by(own.weight.shape), str(own.out_features), SPECIAL)
    return [*boxes, ending, Box("alpha", "", str(own.out_features), SPECIAL)]
