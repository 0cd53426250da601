"""One image of a set, degraded, and the panels of a figure that are made of it."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lib.degradations import resize, to_8bit
from lib.evaluation.measure import UNITS, Metric, Padded, Protocol, samples
from lib.models.knobs import Controllable
from lib.papers.pictures import Panel, Strip, absent, busiest_crop
from lib.papers.report import Report

CROP = 96  # pixels a side, of what is shown enlarged


def restored(net: Controllable, x: Tensor, knobs: tuple[float, ...] = ()) -> Tensor:
    """x (N, C, H, W) of any size at these knobs, clipped and rounded to 8 bits."""
    plain = Padded(net.fold(torch.tensor(knobs)), net.multiple).eval()
    with torch.inference_mode():
        return to_8bit(plain(x))


class Scene:
    """An image of the protocol's set, or of what stands in for it, under its own name.

    image: its name, or its number. place: of the one that stands in for a name that is not there.
    metrics: what is written under every panel.
    """

    def __init__(
        self,
        report: Report,
        protocol: Protocol,
        image: str | int,
        metrics: Sequence[Metric] = ("psnr",),
        place: int = 0,
    ):
        self.report = report
        self.protocol = replace(protocol, dataset=report.at_hand(protocol))
        self.metrics = metrics
        names = [sample.name for sample in samples(self.protocol.dataset)]
        number = image if isinstance(image, int) else place % len(names)
        self.number = names.index(image) if image in names else number
        self.name, self.clean, self.degraded = list(self.protocol.inputs(self.number + 1))[self.number]

    @property
    def original(self) -> Panel:
        return Panel(self.clean, "original")

    @property
    def seen(self) -> Tensor:
        """The degraded image at the size of the original: a smaller one is enlarged by bicubic."""
        size = tuple(self.clean.shape[-2:])
        same = self.degraded.shape[-2:] == self.clean.shape[-2:]
        return self.degraded if same else to_8bit(resize(self.degraded, size=size))

    def restored(self, title: str, network: str, knobs: tuple[float, ...] = ()) -> Panel:
        """What the network makes of it, or an absent panel."""
        net = self.report.network(network)
        if net is None:
            return absent(title)
        return self.judged(title, restored(net, self.degraded, knobs))

    def judged(self, title: str, picture: Tensor) -> Panel:
        """Any version of the image, with its scores."""
        scores = (replace(self.protocol, metric=m).score(picture, self.clean) for m in self.metrics)
        shown = (
            f"{score:.2f} dB" if UNITS[m] == "dB" else f"{score:.3f}"
            for m, score in zip(self.metrics, scores, strict=True)
        )
        return Panel(picture, title, " | ".join(shown))

    def strip(self, title: str, rows: list[list[Panel]]) -> Strip:
        whole = self.judged(f"{self.name}, {self.protocol.level.name}", self.seen)
        return Strip(title, whole, rows, busiest_crop(self.clean, CROP))
