"""Figures 1, 6, 7 and 8 of CFSNet: images at several controls."""

from dataclasses import replace

import torch
from torch import Tensor

from lib.data import sets
from lib.data.images import rgb_to_ycbcr, to_tensor, ycbcr_to_rgb
from lib.degradations import jpeg
from lib.evaluation.measure import Protocol, measurable, samples
from lib.papers.at_hand import PIRM
from lib.papers.cfsnet.subjects import DEBLOCKING, DENOISING, PUBLISHED, Subject, enlarging
from lib.papers.pictures import Panel, Strip, strips
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.shown import Drawing
from lib.recipes.cfsnet import SR_TUNED

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
SIX = {  # images of PIRM, and the controls that the poster shows
    "215": (0.0, 0.2, 0.3, 0.4, 1.0),
    "211": (0.0, 0.2, 0.3, 0.6, 1.0),
    "268": (0.0, 0.2, 0.3, 0.5, 1.0),
}
STAND_INS = ("baboon", "comic", "zebra")  # of Set14, where PIRM is not here
SEVEN = {  # images of BSD68, and the controls that the poster shows
    "test051": (0.0, 0.4, 0.5, 0.7, 1.0),
    "test017": (0.0, 0.4, 0.5, 0.6, 1.0),
    "test001": (0.0, 0.4, 0.5, 0.6, 1.0),
}
EIGHT = {"house": (0.0, 0.5, 0.8), "ocean": (0.2, 0.5, 1.0)}  # of LIVE1


def fig1(report: Report) -> Drawing:
    """Both trade-offs; on images of our own choice, as the paper's are not named in our source."""
    parts = [
        _enlarged(report, "set14", "comic", QUARTERS),
        _strip(report, DENOISING, 40, ("DnCNN-B",), "test044", QUARTERS),
    ]
    return report.save_figure("cfsnet-fig1", strips(parts))


def fig6(report: Report) -> Drawing:
    """Super-resolution x4 from least error (0) to natural textures (1)."""
    dataset, names = (PIRM, tuple(SIX)) if sets.locate(PIRM) else ("set14", STAND_INS)
    chosen = enumerate(zip(names, SIX.values(), strict=True))
    parts = [_enlarged(report, dataset, *each, place) for place, each in chosen]
    return report.save_figure("cfsnet-fig6", strips(parts))


def fig7(report: Report) -> Drawing:
    """Sigma 40, between the two levels of training: too little control leaves noise, too much smears."""
    rivals = ("DnCNN-B", "FFDNet")
    parts = [
        _strip(report, DENOISING, 40, rivals, *each, place) for place, each in enumerate(SEVEN.items())
    ]
    return report.save_figure("cfsnet-fig7", strips(parts))


def fig8(report: Report) -> Drawing:
    """Quality 20, from quality 10 (smooth) to quality 40 (sharp, with blocks)."""
    rivals = ("ARCNN", "DnCNN-3")
    parts = [
        _strip(report, DEBLOCKING, 20, rivals, *each, place) for place, each in enumerate(EIGHT.items())
    ]
    return report.save_figure("cfsnet-fig8", strips(parts))


class _Coloured(Scene):
    """Y is restored and scored. It is shown with Cb and Cr: the original's own, elsewhere the JPEG's."""

    def __init__(self, report: Report, protocol: Protocol, image: str, place: int = 0):
        super().__init__(report, protocol, image, place=place)
        sample = samples(self.protocol.dataset)[self.number]
        self.colours = to_tensor(sample.pixels).expand(-1, 3, -1, -1)
        self.decoded = jpeg(self.colours, protocol.level.quality)

    @property
    def original(self) -> Panel:
        return replace(super().original, picture=self.colours)

    def judged(self, title: str, picture: Tensor) -> Panel:
        shown = ycbcr_to_rgb(torch.cat((picture, rgb_to_ycbcr(self.decoded)[:, 1:]), 1))
        return replace(super().judged(title, picture), picture=shown)


def _strip(
    report: Report,
    subject: Subject,
    level: int,
    rivals: tuple[str, ...],
    name: str,
    alphas: tuple[float, ...],
    place: int = 0,
) -> Strip:
    protocol = subject.on(level)
    kind = _Coloured if subject is DEBLOCKING else Scene
    scene = kind(report, protocol, name, place=place)
    known = [scene.restored(f"{rival} (published)", *PUBLISHED[rival](level)) for rival in rivals]
    ours = [scene.restored(f"alpha_in {alpha:g}", subject.tuned, (alpha,)) for alpha in alphas]
    rows = [[scene.original, scene.judged("degraded", scene.seen), *known], ours]
    return scene.strip(f"{scene.name}, {subject.written(level)} ({report.scale} scale)", rows)


def _enlarged(
    report: Report, dataset: str, name: str, alphas: tuple[float, ...], place: int = 0
) -> Strip:
    protocol = enlarging(dataset)
    metrics = tuple(metric for metric in ("psnr", "niqe") if measurable(metric))
    scene = Scene(report, protocol, name, metrics, place)
    panels = [scene.original, scene.judged("bicubic", scene.seen)]
    panels += [scene.restored(f"alpha_in {alpha:g}", SR_TUNED, (alpha,)) for alpha in alphas]
    shown = " | ".join(metric.upper() for metric in metrics)
    return scene.strip(f"{scene.name}, x4, {shown} of Y ({report.scale} scale)", [panels])
