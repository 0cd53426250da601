"""Figures 7 and 8 of CFSNet: pictures with an unseen level, at several controls."""

from lib.measure import samples
from lib.reports.cfsnet.subjects import DEBLOCKING, DENOISING, Subject
from lib.reports.cfsnet.tables import PUBLISHED
from lib.reports.common import Drawing, Report
from lib.reports.pictures import Strip, strips
from lib.reports.scenes import Scene

SEVEN = {  # pictures of BSD68, and the controls that the poster shows
    "test051": (0.0, 0.4, 0.5, 0.7, 1.0),
    "test017": (0.0, 0.4, 0.5, 0.6, 1.0),
    "test001": (0.0, 0.4, 0.5, 0.6, 1.0),
}
EIGHT = {"house": (0.0, 0.5, 0.8), "ocean": (0.2, 0.5, 1.0)}  # of LIVE1


def fig7(report: Report) -> Drawing:
    """Sigma 40, between the two levels of training: too little control leaves noise, too much smears."""
    parts = [_strip(report, DENOISING, 40, "DnCNN-B", name, alphas) for name, alphas in SEVEN.items()]
    return report.save_figure("cfsnet-fig7", strips(parts))


def fig8(report: Report) -> Drawing:
    """Quality 20, Y alone: from quality 10 (smooth) to quality 40 (sharp, with blocks)."""
    parts = [_strip(report, DEBLOCKING, 20, "DnCNN-3", name, alphas) for name, alphas in EIGHT.items()]
    return report.save_figure("cfsnet-fig8", strips(parts))


def _strip(
    report: Report, subject: Subject, level: int, rival: str, name: str, alphas: tuple[float, ...]
) -> Strip:
    protocol = subject.on(level)
    names = [sample.name for sample in samples(report.at_hand(protocol))]
    scene = Scene(report, protocol, names.index(name) if name in names else 0)
    panels = [scene.original, scene.restored(f"{rival} (published)", PUBLISHED[rival])]
    panels += [scene.restored(f"alpha_in {alpha:g}", subject.tuned, (alpha,)) for alpha in alphas]
    return scene.strip(f"{name}, {subject.written(level)} ({report.scale} scale)", [panels])
