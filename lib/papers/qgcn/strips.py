"""Figures 3, 5 and 6 of QGCN: crops of LIVE1 restored by its variants and by others."""

import pandas as pd

from lib.evaluation.measure import UNITS
from lib.papers.cells import rounded
from lib.papers.pictures import Strip, strips
from lib.papers.qgcn.subjects import DNCNN, LIVE1, METRICS, RNAN, UNIT_RANGE, VARIANTS, on
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.shown import Drawing, Parts, together
from lib.recipes.qgcn import FULL, UNIT

WINDOWS, EDGES, DOLLS = "buildings", "lighthouse2", "carnivaldolls"  # images of LIVE1
RIVALS = {"DnCNN-3": DNCNN, "RNAN (trained here)": RNAN, "full model": FULL}
PRINTED_AS = dict(zip(("DnCNN", "RNAN", "Ours"), RIVALS, strict=True))  # LPIO's weights are not to be had
CAPTION = "q20 (as captioned)"


def fig3(report: Report) -> Drawing:
    """What each part contributes to the eye: quality 10."""
    scene = Scene(report, on(10, LIVE1), WINDOWS, tuple(METRICS))
    shown = VARIANTS | {UNIT_RANGE.title: UNIT}
    panels = [scene.restored(title, network) for title, network in shown.items()]
    title = f"The ablations on quality 10, PSNR | SSIM | PSNR-B ({report.scale} scale)"
    return report.save_figure("qgcn-fig3", strips([scene.strip(title, [[scene.original, *panels]])]))


def fig5(report: Report) -> Drawing:
    """Against others on an image with edges; the paper's own choice of image and quality is not
    readable in our source."""
    return report.save_figure("qgcn-fig5", strips([_against(report, EDGES, 10)]))


def fig6(report: Report) -> Parts:
    """Carnivaldolls at quality 20, as the caption says, and at 10, which fits the printed values; these
    beside what is written under our panels."""
    item, captioned = "qgcn-fig6", 20
    parts = {quality: _against(report, DOLLS, quality) for quality in (captioned, 10)}
    frame = pd.DataFrame({"printed, quality 20": _printed(report, item)}).rename_axis("PSNR | SSIM | PSNR-B")
    for quality, part in parts.items():
        notes = {panel.title: panel.note for panel in part.rows[0]}
        frame[f"{part.whole.title.split(',')[0]}, quality {quality}"] = [
            notes.get(PRINTED_AS.get(method), "") for method in frame.index
        ]
    report.save_table(item, frame)
    return together(report.save_figure(item, strips(list(parts.values()))), frame)


def _printed(report: Report, item: str) -> dict[str, str]:
    """By method what the paper has under its panels."""
    return {
        method: " | ".join(
            rounded(report.printed_value(item, f"live1 {DOLLS}", method, CAPTION, metric), UNITS[metric])
            for metric in METRICS
        )
        for method in ("DnCNN", "LPIO", "RNAN", "Ours")
    }


def _against(report: Report, picture: str, quality: int) -> Strip:
    scene = Scene(report, on(quality, LIVE1), picture, tuple(METRICS))
    panels = [scene.restored(title, network) for title, network in RIVALS.items()]
    title = f"Quality {quality}, PSNR | SSIM | PSNR-B ({report.scale} scale)"
    return scene.strip(title, [[scene.original, *panels]])
