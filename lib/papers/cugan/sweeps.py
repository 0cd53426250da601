"""What each knob of CUGAN does to pictures on its whole way: changes, noise, sharpness, PSNR."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lib.data.images import Picture, to_pixels
from lib.degradations.estimates import estimate_noise
from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import interval
from lib.metrics.fidelity import psnr
from lib.models.knobs import Controllable
from lib.papers.common import Report, Verdict
from lib.papers.cugan.claims import CLAIMS
from lib.papers.cugan.subjects import on_live1, told
from lib.papers.pictures import busiest_crop
from lib.papers.scenes import restored
from lib.papers.scores import with_interval
from lib.recipes import Scale
from lib.recipes.cugan import TEXTURE

LEVEL = BlurNoise(2, 30)
BLUR, NOISE = told(LEVEL)
TENTHS = tuple(i / 10 for i in range(11))
PICTURES = 8
SIDE = 160  # pixels, of the part with the most edges
LARGEST = 0.3  # of the whole change, that one tenth of the way may make

# The way of every knob, at where it stands; blur is told while texture turns, and 0 while noise does, as
# in the paper.
WAYS: dict[str, Callable[[float], tuple[float, float, float]]] = {
    "noise": lambda at: (0.0, at, 1.0),
    "blur": lambda at: (at, NOISE, 1.0),
    "texture": lambda at: (BLUR, NOISE, at),
}


@dataclass(frozen=True)
class Sweep:
    """One knob at every tenth, over pictures.

    clean: (N, 3, H, W). made: what is restored at each place of the knob, (11, N, 3, H, W).
    """

    clean: Tensor
    made: Tensor

    @property
    def changes(self) -> np.ndarray:
        """(10, N): mean absolute change between neighbours, grey levels."""
        return 255 * self.made.diff(dim=0).abs().mean((2, 3, 4)).numpy()

    @property
    def largest_share(self) -> np.ndarray:
        """(N,): what the largest change is of the sum of them all; a still picture changes evenly."""
        changes, total = self.changes, self.changes.sum(0)
        even = np.full(len(total), 1 / len(changes))
        return np.divide(changes.max(0), total, out=even, where=total > 0)

    @property
    def noise(self) -> np.ndarray:
        """(11, N): deviation of the noise that is left, grey levels."""
        return np.array([[estimate_noise(Picture(to_pixels(x[None]))) for x in made] for made in self.made])

    @property
    def sharpness(self) -> np.ndarray:
        """(11, N): mean step from pixel to pixel, grey levels."""
        return np.array([mean_step(made) for made in self.made])

    @property
    def psnr(self) -> np.ndarray:
        """(11, N), dB."""
        return np.array([psnr(made, self.clean) for made in self.made])


def sweep(net: Controllable, clean: Tensor, degraded: Tensor, knob: str) -> Sweep:
    """clean, degraded: (N, 3, H, W) in [0, 1]."""
    return Sweep(clean, torch.stack([restored(net, degraded, WAYS[knob](at)) for at in TENTHS]))


def mean_step(x: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels in grey levels; x (N, C, H, W) in [0, 1] -> (N,)."""
    down, across = x.diff(dim=-2).abs().mean((1, 2, 3)), x.diff(dim=-1).abs().mean((1, 2, 3))
    return 255 * (down + across) / 2


def judge(report: Report) -> None:
    """The claims on what turning does, where the networks of this scale are at hand."""
    net = report.network(TEXTURE)
    sweeps = {} if net is None else {knob: sweep(net, *_pictures(report), knob) for knob in WAYS}
    dataset = report.at_hand(on_live1(LEVEL))

    def tested(knob: str, test: Callable[[Sweep], Verdict]) -> Callable[[Scale], Verdict]:
        def judged(scale: Scale) -> Verdict:
            if not sweeps or scale != report.scale:
                return None
            holds, text = test(sweeps[knob])
            return holds, f"{text}, {PICTURES} pictures of {dataset}"

        return judged

    report.judge(CLAIMS["more of the noise knob leaves less noise"], tested("noise", _less_noise))
    report.judge(CLAIMS["more of the blur knob sharpens"], tested("blur", _sharper))
    report.judge(CLAIMS["texture costs accuracy"], tested("texture", _costs))
    for knob in WAYS:
        report.judge(CLAIMS[f"smooth transition ({knob})"], tested(knob, _smooth))


def _pictures(report: Report) -> tuple[Tensor, Tensor]:
    """Clean and degraded, (N, 3, SIDE, SIDE) each."""
    protocol = replace(on_live1(LEVEL), dataset=report.at_hand(on_live1(LEVEL)))
    cut = [
        [busiest_crop(clean, SIDE).cut(x) for x in (clean, degraded)]
        for _, clean, degraded in protocol.inputs(PICTURES)
    ]
    clean, degraded = (torch.cat(pictures) for pictures in zip(*cut, strict=True))
    return clean, degraded


def _less_noise(found: Sweep) -> Verdict:
    way = replace(found, made=found.made[: 1 + round(10 * NOISE)]).noise
    sure = all(interval(step)[1] < 0 for step in np.diff(way, axis=0))
    return sure, f"noise left in grey levels from 0 to {NOISE:g}: {_means(way)}"


def _sharper(found: Sweep) -> Verdict:
    way = found.sharpness[: 1 + round(10 * BLUR)]
    sure = all(interval(step)[0] > 0 for step in np.diff(way, axis=0))
    return sure, f"mean step from pixel to pixel in grey levels from 0 to {BLUR:g}: {_means(way)}"


def _costs(found: Sweep) -> Verdict:
    lost, gained = (values[-1] - values[0] for values in (found.psnr, found.sharpness))
    text = f"{_shown(lost)} dB; mean step from pixel to pixel {_shown(gained)} grey levels"
    return interval(lost)[1] < 0 and interval(gained)[0] > 0, text


def _smooth(found: Sweep) -> Verdict:
    share = found.largest_share
    return interval(share)[1] <= LARGEST, f"largest share of a tenth {_shown(share)}"


def _means(values: np.ndarray) -> str:
    return ", ".join(f"{value:.2f}" for value in values.mean(1))


def _shown(values: np.ndarray) -> str:
    return with_interval({str(i): float(value) for i, value in enumerate(values)})
