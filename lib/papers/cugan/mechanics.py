"""How CUGAN works and how its adversarial training went: fusion weights, and real against fake."""

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import nn

from lib.models.cugan import CUNet
from lib.papers.cugan.subjects import TENTHS
from lib.papers.pictures import sentence
from lib.papers.report import Report
from lib.papers.shown import Drawing, Parts, together
from lib.recipes import Scale, find
from lib.recipes.cugan import CUGAN, CUNET, SETTINGS, WITHOUT_GFM, scales_name, ugan_name
from lib.training.health import MILD, SEVERE

DEDICATED = tuple(ugan_name(*setting) for setting in SETTINGS)
ADVERSARIAL = (
    CUGAN,
    WITHOUT_GFM,
    scales_name(1),
    scales_name(2),
    *DEDICATED,
)
DRAWN = {CUGAN: "C3", WITHOUT_GFM: "C0"}
LAST = 0.25  # of a training, that the table sums up
BARELY = 0.2  # between mean logits: 0.55 against 0.50 as probabilities
SURE = 0.98  # probability from which a discriminator is called sure


def fusion(report: Report) -> Drawing:
    """Not a figure of the paper: mean magnitude of the weights of each fusion as both knobs grow."""
    item, net = "cugan-mech-w", report.network(CUGAN)
    weights = {} if net is None else fusion_weights(net)
    if not weights:
        return report.save_figure(item, sentence(f"CUGAN is not trained at {report.scale} scale."))
    found = {
        f"{title} at {at:g}": value
        for title, values in weights.items()
        for at, value in zip(TENTHS, values, strict=True)
    }
    for title, values in fusion_weights(untrained(report.scale)).items():
        found |= {f"{title} at the start at {at}": values[place] for at, place in ((0, 0), (1, -1))}
    report.keep_facts(item, found)
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for title, values in weights.items():
        axes.plot(TENTHS, values, marker=".", label=title)
    axes.set_xlabel("blur and noise knob, both")
    axes.set_ylabel("mean magnitude of w")
    axes.set_title(f"Weights of the fusions ({report.scale} scale)", fontsize=11)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return report.save_figure(item, figure)


def untrained(scale: Scale) -> CUNet:
    """CUnet as its training begins, from which CUGAN goes on."""
    recipe = find(CUNET, scale)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return recipe.build()


@torch.inference_mode()
def fusion_weights(net: CUNet) -> dict[str, list[float]]:
    """Mean magnitude over channels at every tenth of both knobs, by what is fused."""
    z = torch.tensor([[at, at] for at in TENTHS])
    places: dict[str, nn.Linear] = {}
    scales, number = net.body, 1
    while scales.below is not None:
        places[f"scale {number + 1} into {number}"] = scales.up.weight
        scales, number = scales.below, number + 1
    places["to the output"] = net.tail.weight
    return {title: layer(z).abs().mean(1).tolist() for title, layer in places.items()}


def health(report: Report) -> Parts:
    """What discriminators said of real and of restored images while training, and how it ended.

    The paper says that without GFM the discriminator rejects what was strongly degraded outright: seen in
    `lean`, the covariance of its logits of restored images with how degraded their inputs were. And that
    then no gradient reaches the generator: seen in that of the more degraded half of a batch over that of the
    other.
    """
    item = "cugan-health"
    curves = {run: report.training_curve(run, report.scale) for run in ADVERSARIAL}
    curves = {run: curve for run, curve in curves.items() if curve is not None and len(curve)}
    frame = pd.DataFrame([_ending(run, curve) for run, curve in curves.items()])
    if curves:
        frame = frame.set_index("run")
        report.save_table(item, frame)
        return together(report.save_figure(item, _health_figure(report, curves)), frame)
    figure = sentence(f"No adversarial training of {report.scale} scale has a curve.")
    return together(report.save_figure(item, figure), frame)


def _ending(run: str, curve: pd.DataFrame) -> dict[str, str]:
    """Means over the last part of a training."""
    last = curve[curve["step"] >= (1 - LAST) * curve["step"].max()]
    real, fake = last["real"].mean(), last["fake"].mean()
    return {
        "run": run,
        "steps": f"{int(curve['step'].max()):,}",
        "real": f"{real:.2f}",
        "fake": f"{fake:.2f}",
        "lean": "" if run in DEDICATED else f"{last['lean'].mean():.3f}",
        "gradient, severe / mild": _pull(last),
        "reading": _reading(real, fake),
    }


def _pull(curve: pd.DataFrame) -> str:
    """Empty where the training did not log it."""
    if MILD not in curve or SEVERE not in curve:
        return ""
    return f"{(curve[SEVERE] / curve[MILD]).mean():.2f}"


def _reading(real: float, fake: float) -> str:
    """Of mean logits."""
    sure = torch.tensor([real, -fake]).sigmoid() >= SURE
    if real <= fake:
        return "the discriminator tells nothing apart"
    if real - fake < BARELY:
        return "the discriminator barely tells them apart"
    return "the discriminator is sure of both" if bool(sure.all()) else "in balance"


def _health_figure(report: Report, curves: dict[str, pd.DataFrame]) -> Figure:
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    logits, gaps, features = figure.subplots(1, 3)
    for run, curve in curves.items():
        colour, wide = DRAWN.get(run, "0.75"), 1.5 if run in DRAWN else 0.8
        label = run if run in DRAWN else None
        if run in DRAWN:
            logits.plot(curve["step"], curve["real"], color=colour, label=f"{run}, real")
            logits.plot(curve["step"], curve["fake"], "--", color=colour, label=f"{run}, restored")
        gaps.plot(curve["step"], curve["real"] - curve["fake"], color=colour, lw=wide, label=label)
        features.plot(curve["step"], curve["perceptual"], color=colour, lw=wide, label=label)
    titles = ("mean logit", "real less restored (grey: the others)", "perceptual loss")
    for axes, title in zip((logits, gaps, features), titles, strict=True):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("training step")
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7)
    figure.suptitle(f"Adversarial training ({report.scale} scale)", fontsize=11)
    return figure
