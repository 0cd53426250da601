"""Not in the paper: how well Auto reads blur and noise off images whose degradation is known."""

from itertools import product

import pandas as pd
import torch
from matplotlib.figure import Figure

from lib.data.images import Picture, to_pixels
from lib.degradations.levels import BlurNoise, Clean
from lib.evaluation.measure import Protocol
from lib.metrics.estimates import estimate_blur, estimate_noise
from lib.papers.cugan.subjects import LIVE1
from lib.papers.report import Report
from lib.papers.scores import Scores, mean, with_interval
from lib.papers.shown import Parts, together

ITEM = "cugan-auto"
BLURS, SIGMAS = (0, 1, 2, 3, 4), (0, 15, 30, 50)
PICTURES = 8  # of LIVE1: none was used to choose anything in the estimates
Read = dict[BlurNoise, tuple[Scores, Scores]]  # blur in pixels, noise in grey levels, by image


def auto(report: Report) -> Parts:
    """Blur and noise as they are read, against what they are."""
    dataset = report.at_hand(Protocol(LIVE1, Clean()))
    found = accuracy(dataset, report.images or PICTURES)
    frame = pd.DataFrame([_row(level, *read) for level, read in found.items()])
    frame = frame.set_index(["blur", "noise"])
    report.save_table(ITEM, frame)
    return together(report.save_figure(ITEM, _figure(dataset, found)), frame)


def accuracy(dataset: str, pictures: int) -> Read:
    """Both estimates on the first images of a set, degraded in every combination of levels."""
    cleans = [(name, clean) for name, clean, _ in Protocol(dataset, Clean(), multiple=1).inputs(pictures)]
    found: Read = {}
    for level in (BlurNoise(*pair) for pair in product(BLURS, SIGMAS)):
        blur, noise = {}, {}
        for i, (name, clean) in enumerate(cleans):
            degraded = level.degrade(clean, torch.Generator().manual_seed(i))
            picture = Picture(to_pixels(degraded))
            blur[name], noise[name] = estimate_blur(picture), estimate_noise(picture)
        found[level] = blur, noise
    return found


def _row(level: BlurNoise, blur: Scores, noise: Scores) -> dict[str, str]:
    def off(scores: Scores, true: float) -> Scores:
        return {name: abs(value - true) for name, value in scores.items()}

    return {
        "blur": f"{level.blur:g}",
        "noise": f"{level.sigma:g}",
        "blur read": f"{mean(blur):.2f}",
        "off by (pixels)": with_interval(off(blur, level.blur)),
        "noise read": f"{mean(noise):.1f}",
        "off by (grey levels)": with_interval(off(noise, level.sigma), 1),
    }


def _figure(dataset: str, found: Read) -> Figure:
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    of_blur, of_noise = figure.subplots(1, 2)
    for number, sigma in enumerate(SIGMAS):
        read = [mean(found[BlurNoise(blur, sigma)][0]) for blur in BLURS]
        of_blur.plot(BLURS, read, marker="o", color=f"C{number}", label=f"noise {sigma}")
    for number, blur in enumerate(BLURS):
        read = [mean(found[BlurNoise(blur, sigma)][1]) for sigma in SIGMAS]
        of_noise.plot(SIGMAS, read, marker="o", color=f"C{number}", label=f"blur {blur}")
    for axes, what, true in ((of_blur, "blur (pixels)", BLURS), (of_noise, "noise (grey levels)", SIGMAS)):
        axes.plot(true, true, color="0.6", lw=1, ls="--")
        axes.set_xlabel(what)
        axes.set_ylabel("as read, mean")
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    pictures = len(next(iter(found.values()))[0])
    figure.suptitle(f"What Auto reads off {pictures} images of {dataset}", fontsize=11)
    return figure
