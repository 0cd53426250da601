"""Figure 5 of VDIR, and two pictures that change latents: what the restorer does with what it is told."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from lib.data.images import Picture, to_pixels
from lib.degradations import to_8bit
from lib.degradations.estimates import estimate_noise
from lib.metrics.fidelity import psnr
from lib.models.vdir import VDIR
from lib.papers.common import Drawing, Report, Verdict
from lib.papers.gains import surely_above
from lib.papers.pictures import Panel, strips
from lib.papers.scenes import Scene
from lib.papers.scores import Scores, with_interval
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.subjects import noisy
from lib.recipes import Scale
from lib.recipes.vdir import AWGN

SIGMA = 30  # [P] of what is restored
MILD, STRONG = 10, 50  # [O] the paper does not say
OWN, FLIPPED, OTHER = "its own", "flipped", "another picture's"
LESS, MORE = f"sigma {MILD}", f"sigma {STRONG}"
CASES = (OWN, FLIPPED, LESS, MORE, OTHER)
LEVELS = (10, 20, 30, 40, 50, 60)
PICTURES = 16
SIDE = 160  # pixels, cut from the middle of each picture
EXAMPLE = 2  # picture of the figures
SWAPPED = (2, 3)  # two pictures that change latents
PSNR, MOVED = "PSNR (dB)", "output moved by (grey levels)"
NOISE, EDGES = "noise left (grey levels)", "gradient energy (thousandths)"
QUANTITIES = (PSNR, MOVED, NOISE, EDGES)
HEEDED = 0.5  # grey levels: rounding to 8 bits moves half as far


Seen = dict[str, Scores]  # what was measured of the results with one latent, picture by picture


def fig5(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """One noisy picture restored with five latents; the table is the mean over pictures."""
    net = report.network(AWGN)
    seen = manipulated(net, noisy_crops(report)) if net else {}
    _judge(report, seen)
    frame = pd.DataFrame([_line(case, seen) for case in CASES])
    frame = frame.set_index("latent of")
    report.save_table("vdir-fig5", frame)
    scene = example(report, SIGMA)
    panels = [scene.restored("(b) its own latent", AWGN, (0.0,))]
    for title, other in others(report).items():
        panels.append(_told(scene, net, title, other))
    title = f"Sigma {SIGMA}, restored with the latent of something else ({report.scale} scale)"
    return report.save_figure("vdir-fig5", strips([scene.strip(title, [[scene.original, *panels]])])), frame


def example(report: Report, sigma: float) -> Scene:
    """The picture of the figures, its sides whole positions of the latent."""
    return Scene(report, replace(noisy(sigma), multiple=VDIR.multiple), EXAMPLE)


def noisy_crops(report: Report) -> dict[str, dict[int, Tensor]]:
    """By picture and level (0 for none), the middle of it with the same noise, as strong as the level."""
    found: dict[str, dict[int, Tensor]] = {}
    for sigma in LEVELS:
        dataset = report.at_hand(noisy(sigma))
        for name, clean, degraded in noisy(sigma, dataset).inputs(PICTURES):
            found.setdefault(name, {0: middle(clean)})[sigma] = middle(degraded)
    return found


def middle(x: Tensor) -> Tensor:
    """What is measured of a picture (1, C, H, W)."""
    top, left = ((side - SIDE) // 2 for side in x.shape[-2:])
    return x[..., top : top + SIDE, left : left + SIDE]


@torch.inference_mode()
def manipulated(net: VDIR, crops: dict[str, dict[int, Tensor]]) -> dict[str, Seen]:
    """By the latent that it was told, what became of every picture."""
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
    """How near a result is to its original, how noisy it still is, and how sharp."""
    shown = to_8bit(restored)
    edges = sum(float(shown.diff(dim=dim).square().mean()) for dim in (-1, -2))
    noise = estimate_noise(Picture(to_pixels(shown)))
    return {PSNR: float(psnr(shown, clean)), NOISE: noise, EDGES: 1000 * edges}


def _less(a: Scores, b: Scores) -> Scores:
    return {name: a[name] - b[name] for name in a}


def _judge(report: Report, seen: dict[str, Seen]) -> None:
    def judge(claim: str, differences: Callable[[], list[Scores]], unit: str, least: float = 0.0) -> None:
        def test(scale: Scale) -> Verdict:
            if not seen or scale != report.scale:
                return None
            found = differences()
            listed = ", ".join(with_interval(scores) for scores in found)
            return all(surely_above(scores, least) for scores in found), f"{listed}{unit}"

        report.judge(CLAIMS[claim], test)

    judge("the latent is heeded", lambda: [seen[LESS][MOVED], seen[MORE][MOVED]], " grey levels", HEEDED)
    judge(
        "its own latent is best",
        lambda: [_less(seen[OWN][PSNR], seen[case][PSNR]) for case in (FLIPPED, LESS, MORE)],
        " dB above flipped, milder, stronger",
    )
    judge(
        "other content does less harm",
        lambda: [_less(seen[FLIPPED][PSNR], seen[case][PSNR]) for case in (LESS, MORE)],
        " dB above milder, stronger",
    )
    judge(
        "too mild a latent leaves noise",
        lambda: [_less(seen[LESS][NOISE], seen[OWN][NOISE])],
        " grey levels more noise",
    )
    judge(
        "too strong a latent smooths",
        lambda: [_less(seen[OWN][EDGES], seen[MORE][EDGES])],
        " thousandths less gradient energy",
    )


def _line(case: str, seen: dict[str, Seen]) -> dict[str, str]:
    """One row of the table."""
    shown = {q: with_interval(seen[case][q]) if seen else "-" for q in QUANTITIES}
    return {"latent of": case, **shown}


def others(report: Report) -> dict[str, Tensor]:
    """What the encoder sees in figures 5 and 6 instead of the picture itself."""
    seen = {sigma: example(report, sigma).degraded for sigma in (SIGMA, MILD, STRONG)}
    return {
        "(c) flipped": seen[SIGMA].flip(-1),
        f"(d) of sigma {MILD}": seen[MILD],
        f"(e) of sigma {STRONG}": seen[STRONG],
    }


@torch.inference_mode()
def _told(scene: Scene, net: VDIR | None, title: str, other: Tensor) -> Panel:
    if net is None:
        return scene.untrained(title)
    return scene.judged(title, to_8bit(net.told_by(other, scene.degraded)))


def swap(report: Report) -> tuple[Drawing, pd.DataFrame]:
    """Not in the paper: a mildly and a strongly noisy picture, each restored with the latent of either."""
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
        moved = 255 * float((panels[0].picture - panels[1].picture).abs().mean())
        shown = "-" if net is None else f"{moved:.2f}"
        row = {"picture": f"sigma {sigma}", **{panel.title: panel.note for panel in panels}}
        rows.append(row | {MOVED: shown})
    frame = pd.DataFrame(rows).set_index("picture")
    report.save_table("vdir-swap", frame)
    return report.save_figure("vdir-swap", strips(parts)), frame
