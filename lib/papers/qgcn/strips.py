"""Figures 3, 5 and 6 of QGCN: crops of LIVE1 restored by its variants and by others."""

from lib.papers.pictures import Strip, strips
from lib.papers.qgcn.subjects import DNCNN, LIVE1, METRICS, RNAN, UNIT_RANGE, VARIANTS, on
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.shown import Drawing
from lib.recipes.qgcn import FULL, UNIT

WINDOWS, EDGES, DOLLS = "buildings", "lighthouse2", "carnivaldolls"  # pictures of LIVE1
RIVALS = {"DnCNN-3": DNCNN, "RNAN (trained here)": RNAN, "full model": FULL}


def fig3(report: Report) -> Drawing:
    """What each part contributes to the eye: quality 10."""
    scene = Scene(report, on(10, LIVE1), WINDOWS, tuple(METRICS))
    shown = VARIANTS | {UNIT_RANGE.title: UNIT}
    panels = [scene.restored(title, network) for title, network in shown.items()]
    title = f"The ablations on quality 10, PSNR | SSIM | PSNR-B ({report.scale} scale)"
    return report.save_figure("qgcn-fig3", strips([scene.strip(title, [[scene.original, *panels]])]))


def fig5(report: Report) -> Drawing:
    """Against others on a picture with edges; the paper's own choice of picture and quality is not
    readable in our source."""
    return report.save_figure("qgcn-fig5", strips([_against(report, EDGES, 10)]))


def fig6(report: Report) -> Drawing:
    """Carnivaldolls at quality 20, as the caption says, and at 10, which fits the printed values."""
    parts = [_against(report, DOLLS, quality) for quality in (20, 10)]
    return report.save_figure("qgcn-fig6", strips(parts))


def _against(report: Report, picture: str, quality: int) -> Strip:
    scene = Scene(report, on(quality, LIVE1), picture, tuple(METRICS))
    panels = [scene.restored(title, network) for title, network in RIVALS.items()]
    title = f"Quality {quality}, PSNR | SSIM | PSNR-B ({report.scale} scale)"
    return scene.strip(title, [[scene.original, *panels]])
