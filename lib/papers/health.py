"""How trainings went, from the curves that are stored beside their checkpoints."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.papers.pictures import sentence
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find
from lib.training.health import DEAD, DEAD_LIMIT, FACTOR, NORM, SHARE

ABREAST = 3  # panels
ENDS = {"": "as trained", "low": "knobs at their low ends", "high": "at their high ends"}


def health(report: Report, item: str, runs: Sequence[str]) -> Drawing:
    """A line of plots for every run: the parts of its losses, what is said of its opponent, and what it
    was validated by, step by step."""
    recipes = [find(run, report.scale) for run in runs]
    columns = max(len(recipe.parts) for recipe in recipes) + 1
    figure = Figure(figsize=(3.1 * columns, 2.7 * len(runs)), layout="constrained")
    for line, recipe in zip(figure.subplots(len(runs), columns, squeeze=False), recipes, strict=True):
        curve = report.training_curve(recipe.name, report.scale)
        for axes, name in zip(line, (*recipe.parts, recipe.measures[0]), strict=False):
            _draw(axes, curve, name)
        line[0].set_ylabel(recipe.name, fontsize=9)
    figure.suptitle(f"Training against a critic, {report.scale} scale", fontsize=11)
    return report.save_figure(item, figure)


def _draw(axes: Axes, curve: pd.DataFrame | None, name: str) -> None:
    axes.set_title(name.replace("_", " "), fontsize=10)
    if curve is None or curve.empty:
        said = "not trained" if curve is None else "too short for a curve"
        axes.text(0.5, 0.5, said, ha="center", va="center", transform=axes.transAxes)
        return
    axes.plot(curve["step"], curve[name], marker=".")
    axes.set_xlabel("step", fontsize=8)
    axes.grid(alpha=0.3)


def training_health(report: Report, run: str) -> Drawing:
    """Return one training step by step: what it was validated by, the norm of each network's gradient and
    what clipped it, the share of each part of the loss in the gradient; and the share of channels of each
    layer that never fire at its end. Panels of what its curve does not hold are left out."""
    curve = report.training_curve(run, report.scale)
    item = f"{report.paper}-training"
    if curve is None or curve.empty:
        return report.save_figure(item, sentence(f"{run} of {report.scale} size has no curve."))
    named = {first: _columns(curve, first) for first in (NORM, FACTOR, SHARE)}
    lines = {"validated by (dB)": {"PSNR": next(c for c in curve if c.startswith("validation"))}}
    lines |= {
        "norm of the gradient": named[NORM],
        "clipped by the factor": named[FACTOR],
        "share in the gradient": named[SHARE],
    }
    shown = {title: of for title, of in lines.items() if of}
    layers = _layers(curve)
    count = len(shown) + bool(layers)
    rows = -(-count // ABREAST)
    figure = Figure(figsize=(3.3 * min(count, ABREAST), 3 * rows), layout="constrained")
    panels = [figure.add_subplot(rows, min(count, ABREAST), at + 1) for at in range(count)]
    for axes, (title, of) in zip(panels, shown.items(), strict=False):
        _lines(axes, curve, title, of)
    if layers:
        _dead(panels[-1], curve, layers)
    figure.suptitle(f"Training of {run}, {report.scale} size", fontsize=11)
    return report.save_figure(item, figure)


def _columns(curve: pd.DataFrame, first: str) -> dict[str, str]:
    """Return the columns whose name begins with this word, by what follows."""
    return {name.removeprefix(f"{first} "): name for name in curve if name.startswith(f"{first} ")}


def _layers(curve: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of dead channels from the first layer to the last, by where the knobs stood."""
    found: dict[str, list[str]] = {said: [] for said in ENDS.values()}
    for name, column in _columns(curve, DEAD).items():
        end, _, layer = name.partition(" ")
        if end not in ENDS:
            found[ENDS[""]].append(column)
        elif layer:
            found[ENDS[end]].append(column)
    return {said: columns for said, columns in found.items() if columns}


def _lines(axes: Axes, curve: pd.DataFrame, title: str, columns: dict[str, str]) -> None:
    for label, column in columns.items():
        axes.plot(curve["step"], curve[column], marker=".", label=label)
    if title.startswith("norm"):
        axes.set_yscale("log")
    elif title.startswith(("clipped", "share")):
        axes.set_ylim(0, 1.05)
    if len(columns) > 1:
        axes.legend(fontsize=8)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("step", fontsize=9)
    axes.grid(alpha=0.3)


def _dead(axes: Axes, curve: pd.DataFrame, layers: dict[str, list[str]]) -> None:
    """Draw the share of dead channels of each layer, from input to output, at the end of the training."""
    for said, columns in layers.items():
        axes.plot([100 * curve[column].iloc[-1] for column in columns], marker=".", label=said)
    axes.axhline(100 * DEAD_LIMIT, color="0.5", ls=":")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    axes.set_title("channels that never fire (%)", fontsize=10)
    axes.set_xlabel("layer", fontsize=9)
    axes.grid(alpha=0.3)
