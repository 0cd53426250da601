"""What each knob of CUGAN does to images on its whole way: changes, noise, sharpness, PSNR."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib.data.images import Picture, to_pixels
from lib.metrics.estimates import estimate_noise
from lib.metrics.fidelity import psnr
from lib.models.knobs import Controllable
from lib.papers.cugan.subjects import LIVE1, PLACES, TENTHS, TURNED, WAYS, on_live1
from lib.papers.pictures import busiest_crop
from lib.papers.report import Report
from lib.papers.scenes import restored
from lib.recipes.cugan import TEXTURE

PICTURES = 8
SIDE = 160  # pixels, of the part with the most edges


@dataclass(frozen=True)
class Sweep:
    """One knob at every tenth, over images.

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
        """(N,): what the largest change is of the sum of them all; a still image changes evenly."""
        changes, total = self.changes, self.changes.sum(0)
        even = np.full(len(total), 1 / len(changes))
        return np.divide(changes.max(0), total, out=even, where=total > 0)

    @property
    def whole_change(self) -> np.ndarray:
        """(N,): mean absolute change from one end to the other, grey levels."""
        return 255 * (self.made[-1] - self.made[0]).abs().mean((1, 2, 3)).numpy()

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


def keep_facts(report: Report) -> None:
    """Keep what turning does to every image, where this run records and the networks and LIVE1 are here."""
    protocol = on_live1(TURNED)
    if not (report.record and report.available(TEXTURE) and report.at_hand(protocol) == LIVE1):
        return
    names, clean, degraded = zip(*protocol.inputs(PICTURES), strict=True)
    crops = [busiest_crop(x, SIDE) for x in clean]
    whole, seen = (
        torch.cat([crop.cut(x) for crop, x in zip(crops, pictures, strict=True)])
        for pictures in (clean, degraded)
    )
    sweeps = {knob: sweep(report.network(TEXTURE), whole, seen, knob) for knob in WAYS}
    report.keep_facts("cugan-fig4", measured(names, sweeps))


def measured(names: Sequence[str], sweeps: dict[str, Sweep]) -> dict[str, float]:
    """Return, by what is measured and image, what the claims on the sweep of each knob rest on."""
    found = {f"largest share of {knob}": sweep.largest_share for knob, sweep in sweeps.items()}
    found |= {f"whole change of {knob}": sweep.whole_change for knob, sweep in sweeps.items()}
    watched = (
        ("noise", "noise left", sweeps["noise"].noise, PLACES["noise"]),
        ("blur", "mean step", sweeps["blur"].sharpness, PLACES["blur"]),
        ("texture", "mean step", sweeps["texture"].sharpness, PLACES["texture"]),
        *((knob, "PSNR", sweep.psnr, TENTHS) for knob, sweep in sweeps.items()),
    )
    for knob, what, values, places in watched:
        found |= {f"{what} at {knob} {at:g}": values[TENTHS.index(at)] for at in places}
    return {
        f"{title}: {name}": float(value)
        for title, values in found.items()
        for name, value in zip(names, values, strict=True)
    }
