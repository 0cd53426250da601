"""How trainings against an opponent went, from the curves that are stored beside their checkpoints."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes import find


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
