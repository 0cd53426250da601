"""Figures 5 and 6 of CUGAN and the grid of its two knobs, on photographs whose degradation nobody knows.

The paper's own, of DPED and NIND, are shown where they are at hand; RNI15 stands in for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lib.data.images import Picture, read, to_pixels, to_tensor
from lib.data.sets import supplied
from lib.degradations import resize, to_8bit
from lib.degradations.estimates import estimate_blur, estimate_noise
from lib.degradations.levels import Clean
from lib.evaluation.measure import Protocol, interval
from lib.models.cugan import BLUR, SIGMA
from lib.models.knobs import Controllable
from lib.papers.common import Drawing, Report, Verdict
from lib.papers.cugan.claims import CLAIMS
from lib.papers.cugan.judging import Test
from lib.papers.cugan.sweeps import mean_step
from lib.papers.pictures import Panel, Strip, busiest_crop, strips
from lib.papers.scenes import CROP, restored, untrained
from lib.papers.scores import with_interval
from lib.recipes import Scale
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
PART = 768  # pixels a side, of what figure 6 restores of a photograph
LOOKED_AT = 256  # pixels a side, of what is measured
NOISY = 1.0  # grey levels: in a picture with less there is nothing to take away
FREE = 0.5  # of the noise, that may be left where it is called gone


@dataclass(frozen=True)
class Photograph:
    """A picture (1, 3, H, W) in [0, 1], and of which set it is."""

    picture: Tensor
    source: str


def fig5(report: Report) -> Drawing:
    """A small photograph enlarged by bicubic, then knobs and texture; the two networks that won challenges
    are not here, for their weights are not at hand."""
    photograph = _photograph(report, "dped", "DPED")
    x = to_8bit(resize(busiest_crop(photograph.picture, LOW).cut(photograph.picture), scale=ENLARGED))
    panels = _row(report, TEXTURE, x, TUNED)
    whole = Panel(x, f"enlarged {ENLARGED} times, bicubic")
    title = f"{photograph.source}: [blur, noise, texture] ({report.scale} scale)"
    crop = busiest_crop(x, SHOWN)
    return report.save_figure("cugan-fig5", strips([Strip(title, whole, [panels], crop)]))


def fig6(report: Report) -> Drawing:
    """Noise taken away, and then the picture sharpened."""
    report.judge(CLAIMS["real noise goes, and sharpening does not bring it back"], _goes(report))
    photograph = _photograph(report, "nind", "NIND")
    x = _manageable(photograph.picture)
    rows = [_row(report, CUGAN, x, knobs) for knobs in (DENOISED, SHARPENED)]
    title = f"{photograph.source}: [blur, noise] ({report.scale} scale)"
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
    """A part of a large picture: it is restored in one piece."""
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
    """Name and picture: the one that is shown of RNI15, or the first of what stands in for it."""
    pictures = {name: x for name, _, x in _real(report).inputs()}
    name = EXAMPLE if EXAMPLE in pictures else next(iter(pictures))
    return name, pictures[name]


def _real(report: Report) -> Protocol:
    return replace(RNI15, dataset=report.at_hand(RNI15))


def _row(report: Report, network: str, x: Tensor, settings: Sequence[Knobs]) -> list[Panel]:
    net = report.network(network)
    titles = [f"[{', '.join(f'{knob:.2g}' for knob in knobs)}]" for knobs in settings]
    if net is None:
        return [untrained(x, title) for title in titles]
    return [Panel(restored(net, x, knobs), title) for knobs, title in zip(settings, titles, strict=True)]


def _goes(report: Report) -> Test:
    """Over all photographs of RNI15: noise that is left, and sharpness, at the ends of the two rows."""
    net = report.network(CUGAN)

    def test(scale: Scale) -> Verdict:
        if net is None or scale != report.scale or _real(report).dataset != RNI15.dataset:
            return None
        pictures = [busiest_crop(x, LOOKED_AT).cut(x) for _, _, x in RNI15.inputs()]
        noise, sharp = _measured(net, pictures)
        if not noise.size:
            return None, "no picture has noise to take away"
        left, sharper = noise[1:] / noise[0], sharp[1] - sharp[0]
        shown = [with_interval({str(i): float(v) for i, v in enumerate(one)}) for one in (*left, sharper)]
        gone = all(interval(one)[1] < FREE for one in left)
        text = f"{shown[0]} of the noise left, {shown[1]} after sharpening, which adds {shown[2]} grey levels"
        return gone and interval(sharper)[0] > 0, f"{text} to the mean step from pixel to pixel"

    return test


def _measured(net: Controllable, pictures: list[Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """Noise in grey levels of the pictures, denoised and then sharpened, (3, pictures), those without any
    left out; sharpness denoised and sharpened, (2, pictures)."""
    rows = []
    for x in pictures:
        ends = [restored(net, x, knobs) for knobs in (DENOISED[-1], SHARPENED[-1])]
        noise = [estimate_noise(Picture(to_pixels(one))) for one in (x, *ends)]
        if noise[0] >= NOISY:
            rows.append([*noise, *mean_step(torch.cat(ends)).tolist()])
    table = np.array(rows).T
    return table[:3], table[3:]
