"""Figures 5 and 6 of CUGAN and the grid of its two knobs, on photographs whose degradation nobody knows.

The paper's own, of DPED and NIND, are shown where they are at hand; RNI15 stands in for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from lib.data.images import Picture, read, to_pixels, to_tensor
from lib.data.sets import supplied
from lib.degradations import resize, to_8bit
from lib.degradations.levels import Clean
from lib.evaluation.measure import Protocol
from lib.metrics.estimates import estimate_blur, estimate_noise
from lib.models.cugan import BLUR, SIGMA
from lib.models.knobs import Controllable
from lib.papers.cugan.sweeps import mean_step
from lib.papers.pictures import Panel, Strip, absent, busiest_crop, calmest_crop, strips
from lib.papers.report import Report
from lib.papers.scenes import CROP, restored
from lib.papers.shown import Drawing
from lib.recipes.cugan import CUGAN, TEXTURE

Knobs = tuple[float, ...]
RNI15 = Protocol("rni15", Clean(), multiple=1)
EXAMPLE = "Frog"
LOW, ENLARGED = 96, 4  # pixels a side of what figure 5 enlarges, and how many times
SHOWN = 192  # pixels a side, of the part of figure 5 that is shown
TUNED: tuple[Knobs, ...] = (
    (0.0, 0.0, 1.0),
    (0.3, 0.1, 1.0),
    (0.5, 0.2, 1.0),
    (0.5, 0.2, 0.5),
    (0.5, 0.2, 0.0),
)
DENOISED: tuple[Knobs, ...] = ((0.0, 0.0), (0.0, 0.2), (0.0, 0.4), (0.0, 0.6), (0.0, 0.8))  # [P] the ends
SHARPENED: tuple[Knobs, ...] = ((0.1, 0.8), (0.2, 0.8), (0.3, 0.8))  # [P] the end
GRID_BLUR, GRID_NOISE = (0.0, 0.2, 0.4, 0.6), (0.0, 0.2, 0.4, 0.6, 0.8)
BESIDE = (  # [P]
    "beside it in the paper, not here: Fritsche et al. (winner of AIM 2019), Ji et al. (of NTIRE 2020)"
)
ALONE = "no other network is beside it in the paper"
PART = 768  # pixels a side, of what figure 6 restores of a photograph
LOOKED_AT = 256  # pixels a side, of the part of which steps are measured
CALM = 96  # pixels a side, of the part of which noise is: elsewhere texture reads as noise


@dataclass(frozen=True)
class Photograph:
    """An image (1, 3, H, W) in [0, 1], and of which set it is."""

    picture: Tensor
    source: str


def fig5(report: Report) -> Drawing:
    """A small photograph enlarged by bicubic, then knobs and texture; the two networks that won challenges
    are named, for their weights are not at hand."""
    photograph = _photograph(report, "dped", "DPED")
    x = to_8bit(resize(busiest_crop(photograph.picture, LOW).cut(photograph.picture), scale=ENLARGED))
    panels = _row(report, TEXTURE, x, TUNED)
    whole = Panel(x, f"enlarged {ENLARGED} times, bicubic")
    title = f"{photograph.source}: [blur, noise, texture] ({report.scale} scale)\n{BESIDE}"
    crop = busiest_crop(x, SHOWN)
    return report.save_figure("cugan-fig5", strips([Strip(title, whole, [panels], crop)]))


def fig6(report: Report) -> Drawing:
    """Noise taken away, and then the image sharpened."""
    if report.record and report.available(CUGAN) and _real(report) == RNI15:
        pictures = {name: x for name, _, x in RNI15.inputs()}
        report.keep_facts("cugan-fig6", measured(report.network(CUGAN), pictures))
    photograph = _photograph(report, "nind", "NIND")
    x = _manageable(photograph.picture)
    rows = [_row(report, CUGAN, x, knobs) for knobs in (DENOISED, SHARPENED)]
    title = f"{photograph.source}: [blur, noise] ({report.scale} scale); {ALONE}"
    strip = Strip(title, Panel(x, "as it is"), rows, busiest_crop(x, CROP))
    return report.save_figure("cugan-fig6", strips([strip]))


def grid(report: Report) -> Drawing:
    """Not in the paper: a real photograph over both knobs, and where Auto would put them."""
    _, x = _example(report)
    picture = Picture(to_pixels(x))
    auto = tuple(
        min(1.0, level / most)
        for level, most in ((estimate_blur(picture), BLUR), (estimate_noise(picture), SIGMA))
    )
    rows = [_row(report, CUGAN, x, [(blur, noise) for noise in GRID_NOISE]) for blur in GRID_BLUR]
    (found,) = _row(report, CUGAN, x, [auto])
    whole = Panel(x, "as it is", f"Auto: {found.title}")
    title = f"{_real(report).dataset}: [blur, noise], below what Auto finds ({report.scale} scale)"
    strip = Strip(title, whole, [*rows, [found]], busiest_crop(x, CROP))
    return report.save_figure("cugan-grid", strips([strip]))


def _manageable(x: Tensor) -> Tensor:
    """A part of a large image: it is restored in one piece."""
    return x if max(x.shape[-2:]) <= PART else busiest_crop(x, PART).cut(x)


def _photograph(report: Report, folder: str, name: str) -> Photograph:
    """The first of a set that users supply, or of what stands in for it, with a word on that."""
    files = supplied(folder)
    if files:
        x = to_tensor(read(files[0]).pixels)
        return Photograph(x.expand(-1, 3, -1, -1).float(), f"{name}, {files[0].stem}")
    shown, x = _example(report)
    return Photograph(x, f"needs {name}; {shown} of {_real(report).dataset} stands in for it")


def _example(report: Report) -> tuple[str, Tensor]:
    """Name and image: the one that is shown of RNI15, or the first of what stands in for it."""
    pictures = {name: x for name, _, x in _real(report).inputs()}
    name = EXAMPLE if EXAMPLE in pictures else next(iter(pictures))
    return name, pictures[name]


def _real(report: Report) -> Protocol:
    return replace(RNI15, dataset=report.at_hand(RNI15))


def _row(report: Report, network: str, x: Tensor, settings: Sequence[Knobs]) -> list[Panel]:
    net = report.network(network)
    titles = [f"[{', '.join(f'{knob:.2g}' for knob in knobs)}]" for knobs in settings]
    if net is None:
        return [absent(title) for title in titles]
    return [Panel(restored(net, x, knobs), title) for knobs, title in zip(settings, titles, strict=True)]


def measured(net: Controllable, pictures: dict[str, Tensor]) -> dict[str, float]:
    """Return noise in the calmest part and mean step in the busiest, in grey levels, of every image by
    name: as it is seen (noise alone), as it is left at the end of the first row, and sharpened at that of
    the second."""
    found = {}
    ends = {"left": DENOISED[-1], "sharpened": SHARPENED[-1]}
    for name, x in pictures.items():
        calm, busy = calmest_crop(x, CALM).cut(x), busiest_crop(x, LOOKED_AT).cut(x)
        parts = {"seen": calm} | {what: restored(net, calm, knobs) for what, knobs in ends.items()}
        for what, part in parts.items():
            found[f"noise {what} in the calmest part: {name}"] = estimate_noise(Picture(to_pixels(part)))
        for what, knobs in ends.items():
            found[f"mean step {what}: {name}"] = float(mean_step(restored(net, busy, knobs)))
    return found
