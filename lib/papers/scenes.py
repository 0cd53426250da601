"""One picture of a set, degraded, and the panels of a figure that are made of it."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lib.degradations import resize, to_8bit
from lib.evaluation.measure import UNITS, Metric, Padded, Protocol
from lib.models.knobs import Controllable
from lib.papers.pictures import Panel, Strip, busiest_crop
from lib.papers.report import Report

CROP = 96  # pixels a side, of what is shown enlarged


def restored(net: Controllable, x: Tensor, knobs: tuple[float, ...] = ()) -> Tensor:
    """x (N, C, H, W) of any size at these knobs, clipped and rounded to 8 bits."""
    plain = Padded(net.fold(torch.tensor(knobs)), net.multiple).eval()
    with torch.inference_mode():
        return to_8bit(plain(x))


def untrained(picture: Tensor, title: str) -> Panel:
    """An empty panel of a picture's size: what is not trained, or trained and not shipped."""
    return Panel(torch.full_like(picture, 0.93), title, "weights not here")


class Scene:
    """Picture number `picture` of the protocol's set, or of what stands in for it.

    metrics: what is written under every panel.
    """

    def __init__(
        self, report: Report, protocol: Protocol, picture: int, metrics: Sequence[Metric] = ("psnr",)
    ):
        self.report = report
        self.protocol = replace(protocol, dataset=report.at_hand(protocol))
        self.metrics = metrics
        _, self.clean, self.degraded = list(self.protocol.inputs(picture + 1))[picture]

    @property
    def original(self) -> Panel:
        return Panel(self.clean, "original")

    @property
    def seen(self) -> Tensor:
        """The degraded picture at the size of the original: a smaller one is enlarged by bicubic."""
        size = tuple(self.clean.shape[-2:])
        same = self.degraded.shape[-2:] == self.clean.shape[-2:]
        return self.degraded if same else to_8bit(resize(self.degraded, size=size))

    def restored(self, title: str, network: str, knobs: tuple[float, ...] = ()) -> Panel:
        """What the network makes of it; an empty panel where it is not at hand."""
        net = self.report.network(network)
        if net is None:
            return untrained(self.clean, title)
        return self.judged(title, restored(net, self.degraded, knobs))

    def untrained(self, title: str) -> Panel:
        return untrained(self.clean, title)

    def judged(self, title: str, picture: Tensor) -> Panel:
        """Any version of the picture, with its scores."""
        scores = (replace(self.protocol, metric=m).score(picture, self.clean) for m in self.metrics)
        shown = (
            f"{score:.2f} dB" if UNITS[m] == "dB" else f"{score:.3f}"
            for m, score in zip(self.metrics, scores, strict=True)
        )
        return Panel(picture, title, " | ".join(shown))

    def strip(self, title: str, rows: list[list[Panel]]) -> Strip:
        whole = self.judged(f"degraded, {self.protocol.level.name}", self.seen)
        return Strip(title, whole, rows, busiest_crop(self.clean, CROP))
