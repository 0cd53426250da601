"""Figure 5 of VDIR, and two images that change latents: what the restorer does with what it is told."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from lib.data.images import Picture, to_pixels
from lib.degradations import to_8bit
from lib.metrics.estimates import estimate_noise
from lib.metrics.fidelity import psnr
from lib.models.vdir import VDIR
from lib.papers import facts
from lib.papers.pictures import Panel, absent, strips
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.scores import Scores, with_interval
from lib.papers.shown import Parts, together
from lib.papers.vdir.subjects import (
    CASES,
    EDGES,
    FLIPPED,
    LESS,
    MILD,
    MORE,
    MOVED,
    NOISE,
    OTHER,
    OWN,
    PSNR,
    QUANTITIES,
    STRONG,
    noisy,
    of_seed,
)
from lib.recipes.common import SEEDS, seeded_name
from lib.recipes.vdir import AWGN

SIGMA = 30  # [P] of what is restored
LEVELS = (10, 20, 30, 40, 50, 60)
PICTURES = 16
SIDE = 160  # pixels, cut from the middle of each image
EXAMPLE = 2  # image of the figures
SWAPPED = (2, 3)  # two images that change latents

Seen = dict[str, Scores]  # what was measured of the results with one latent, image by image


def fig5(report: Report) -> Parts:
    """Return one noisy image restored with five latents; the table is the mean over images."""
    net = report.network(AWGN)
    seen = manipulated(net, noisy_crops(report)) if net else {}
    if seen and report.record and at_hand(report):
        crops = noisy_crops(report)
        report.keep_facts("vdir-fig5", by_seed(report, AWGN, lambda one: told(manipulated(one, crops))))
    frame = pd.DataFrame([_line(case, seen) for case in CASES])
    frame = frame.set_index("latent of")
    report.save_table("vdir-fig5", frame)
    scene = example(report, SIGMA)
    panels = [scene.restored("(b) its own latent", AWGN, (0.0,))]
    for title, other in others(report).items():
        panels.append(_told(scene, net, title, other))
    title = f"Sigma {SIGMA}, restored with the latent of something else ({report.scale} scale)"
    figure = strips([scene.strip(title, [[scene.original, *panels]])])
    return together(report.save_figure("vdir-fig5", figure), frame)


def at_hand(report: Report) -> bool:
    """Return whether the images of figures 5 and 6 are here, not what stands in for them."""
    return report.at_hand(noisy(SIGMA)) == noisy(SIGMA).dataset


def by_seed(report: Report, run: str, facts_of: Callable[[VDIR], dict[str, float]]) -> dict[str, float]:
    """Return facts of every training of a run, as far as they are at hand."""
    found = {}
    for seed in SEEDS:
        net = report.network(seeded_name(run, seed))
        if net is None:
            break
        found |= {of_seed(seed, name): value for name, value in facts_of(net).items()}
    return found


def told(seen: dict[str, Seen]) -> dict[str, float]:
    """Return what claims on figure 5 rest on."""
    return facts.by_image({f"{case}, {q}": scores for case, of in seen.items() for q, scores in of.items()})


def example(report: Report, sigma: float) -> Scene:
    """Return the image of the figures, its sides whole positions of the latent."""
    return Scene(report, replace(noisy(sigma), multiple=VDIR.multiple), EXAMPLE)


def noisy_crops(report: Report) -> dict[str, dict[int, Tensor]]:
    """Return, by image and level (0 for none), its middle with the same noise, as strong as the level."""
    found: dict[str, dict[int, Tensor]] = {}
    for sigma in LEVELS:
        dataset = report.at_hand(noisy(sigma))
        for name, clean, degraded in noisy(sigma, dataset).inputs(PICTURES):
            found.setdefault(name, {0: middle(clean)})[sigma] = middle(degraded)
    return found


def middle(x: Tensor) -> Tensor:
    """Return what is measured of an image (1, C, H, W)."""
    top, left = ((side - SIDE) // 2 for side in x.shape[-2:])
    return x[..., top : top + SIDE, left : left + SIDE]


@torch.inference_mode()
def manipulated(net: VDIR, crops: dict[str, dict[int, Tensor]]) -> dict[str, Seen]:
    """Return, by the latent that it was told, what became of every image."""
    found: dict[str, Seen] = {case: {quantity: {} for quantity in QUANTITIES} for case in CASES}
    last = list(crops.values())[-1]
    for name, of in crops.items():
        told = {OWN: of[SIGMA], FLIPPED: of[SIGMA].flip(-1), LESS: of[MILD], MORE: of[STRONG]}
        told[OTHER] = last[SIGMA]
        last = of
        results = {case: net.told_by(other, of[SIGMA]) for case, other in told.items()}
        for case, restored in results.items():
            moved = 255 * float((restored - results[OWN]).abs().mean())
            for quantity, value in {**look(restored, of[0]), MOVED: moved}.items():
                found[case][quantity][name] = value
    return found


def look(restored: Tensor, clean: Tensor) -> dict[str, float]:
    """Return how near a result is to its original, how noisy it still is, and how sharp."""
    shown = to_8bit(restored)
    edges = sum(float(shown.diff(dim=dim).square().mean()) for dim in (-1, -2))
    noise = estimate_noise(Picture(to_pixels(shown)))
    return {PSNR: float(psnr(shown, clean)), NOISE: noise, EDGES: 1000 * edges}


def _line(case: str, seen: dict[str, Seen]) -> dict[str, str]:
    """One row of the table."""
    shown = {q: with_interval(seen[case][q]) if seen else "-" for q in QUANTITIES}
    return {"latent of": case, **shown}


def others(report: Report) -> dict[str, Tensor]:
    """Return what the encoder sees in figures 5 and 6 instead of the image itself."""
    seen = {sigma: example(report, sigma).degraded for sigma in (SIGMA, MILD, STRONG)}
    return {
        "(c) flipped": seen[SIGMA].flip(-1),
        f"(d) of sigma {MILD}": seen[MILD],
        f"(e) of sigma {STRONG}": seen[STRONG],
    }


@torch.inference_mode()
def _told(scene: Scene, net: VDIR | None, title: str, other: Tensor) -> Panel:
    if net is None:
        return absent(title)
    return scene.judged(title, to_8bit(net.told_by(other, scene.degraded)))


def swap(report: Report) -> Parts:
    """Return a mildly and a strongly noisy image, each restored with either latent; not in the paper."""
    net = report.network(AWGN)
    first, second = (
        Scene(report, noisy(sigma), picture) for sigma, picture in zip((MILD, STRONG), SWAPPED, strict=True)
    )
    parts, rows = [], []
    for scene, other, sigma in ((first, second, MILD), (second, first, STRONG)):
        panels = [
            _told(scene, net, "its own latent", scene.degraded),
            _told(scene, net, "the other's latent", other.degraded),
        ]
        parts.append(scene.strip(f"Sigma {sigma} ({report.scale} scale)", [[scene.original, *panels]]))
        own, told = (panel.picture for panel in panels)
        shown = "-" if net is None else f"{255 * float((own - told).abs().mean()):.2f}"
        row = {"image": f"sigma {sigma}", **{panel.title: panel.note for panel in panels}}
        rows.append(row | {MOVED: shown})
    frame = pd.DataFrame(rows).set_index("image")
    report.save_table("vdir-swap", frame)
    return together(report.save_figure("vdir-swap", strips(parts)), frame)
