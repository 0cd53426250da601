"""How evenly each knob turns: made from the networks, no rows are kept."""

from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.app import public
from lib.app.tasks import Loaded, at_start
from lib.data.images import to_tensor
from lib.data.sets import load_images
from lib.evaluation.inference import Restorer, restore_colours
from lib.models.knobs import Knob
from lib.papers.report import Report
from lib.papers.shown import Parts, together

SIDE, SMALL_SIDE = 256, 96  # pixels of the images that knobs are turned over; at smoke scale
IMAGES = 3
POSITIONS = 11  # of every knob
FAMILIES = {"noise": "noise and blur", "JPEG": "JPEG", "size": "super-resolution"}


def smoothness(report: Report) -> Parts:
    """Return how much an image changes from each tenth of a knob's way to the next, as figure and table: an
    even knob has a flat line.

    Every knob of every public network, on an image degraded as its slider starts, the other knobs where
    they start there.
    """
    lines = {
        (loaded, knob.name): _steps(report, loaded, knob)
        for loaded in _turnable(report)
        for knob in loaded.net.knobs
    }
    rows = [
        {
            "network": loaded.title,
            "knob": knob,
            "whole way, grey levels": f"{steps.sum():.2f}",
            "largest step": f"{steps.max():.2f}",
            "largest / mean": f"{steps.max() / steps.mean():.2f}",
        }
        for (loaded, knob), steps in lines.items()
    ]
    columns = ["network", "knob", "whole way, grey levels", "largest step", "largest / mean"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["network", "knob"])
    report.save_table("compare-smooth", frame)
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, (family, title) in zip(figure.subplots(1, len(FAMILIES)), FAMILIES.items(), strict=True):
        for (loaded, knob), steps in lines.items():
            if loaded.task.family == family:
                middles = (np.arange(len(steps)) + 0.5) / len(steps)
                axes.plot(middles, steps, marker=".", label=f"{loaded.title}, {knob}")
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("share of the knob's way")
        axes.set_ylabel("change per tenth (grey levels)")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7)
    return together(report.save_figure("compare-smooth", figure), frame)


def _turnable(report: Report) -> list[Loaded]:
    there = [network for network in public.NETWORKS if report.available(network.run)]
    return [public.load_run(network, report.scale, report.checkpoints) for network in there]


def _steps(report: Report, loaded: Loaded, knob: Knob) -> np.ndarray:
    """Return root mean square changes of what is restored between neighbouring positions, in grey levels."""
    samples = load_images("skimage", 1 if report.scale == "smoke" else IMAGES)
    side = SMALL_SIDE if report.scale == "smoke" else SIDE
    restorer = Restorer(loaded.net, device=report.device, precision="float32")
    levels = loaded.task.starts
    knobs = at_start(loaded, levels)
    squares = []
    for sample in samples:
        clean = to_tensor(sample.pixels[:side, :side])
        degraded = loaded.task.degrade(clean, *levels.values(), 0)
        made = []
        for value in np.linspace(knob.low, knob.high, POSITIONS).tolist():
            restore = partial(restorer, knobs=tuple((knobs | {knob.name: value}).values()))
            made.append(restore_colours(restore, degraded, loaded.channels).clamp(0, 1))
        squares.append([float((b - a).square().mean()) for a, b in pairwise(made)])
    return 255 * np.sqrt(np.mean(squares, axis=0))
