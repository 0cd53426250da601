"""Not in the paper: every quality from 5 to 95, those that no network was trained on included."""

from matplotlib.figure import Figure

from lib.evaluation.measure import UNITS, Metric, Setting
from lib.papers.cells import Cell
from lib.papers.qgcn.subjects import CLASSIC5, DNCNN, METRICS, QUALITIES, on, restored
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Parts, together
from lib.papers.tables import Line, Table
from lib.recipes.adafm import DEJPEG, stage_name
from lib.recipes.qgcn import FULL
from lib.training.networks import INPUT

ITEM = "qgcn-unseen"
EVERY = tuple(range(5, 96, 5))
LIVE = (10, 30, 90)  # qualities that a notebook measures again
ADAFM = stage_name(DEJPEG, 80, 10, 1)
COLOURS = {"JPEG": "0.5", "QGCN": "C3", "w/o DC": "C1", "DnCNN-3": "C0", "AdaFM at its best knob": "C2"}


def unseen(report: Report) -> Parts:
    """PSNR, SSIM and PSNR-B of one network for all qualities, of DnCNN-3, of AdaFM-Net (80 to 10) at the
    coefficient that is best for each quality, and of the JPEG itself."""
    networks = {"JPEG": INPUT, "QGCN": FULL, "w/o DC": "qgcn-wo-dc", "DnCNN-3": DNCNN}
    cells = {
        (title, q, metric): cell
        for title, network in networks.items()
        for q in EVERY
        for metric, cell in report.cells(
            ITEM, restored(network, q, CLASSIC5), tuple(METRICS), live=q in LIVE and network != DNCNN
        ).items()
    }
    for q in EVERY:
        cells |= {("AdaFM at its best knob", q, m): cell for m, cell in _adafm(report, q).items()}
    return together(report.save_figure(ITEM, _figure(report, cells)), _table(report, cells))


def _adafm(report: Report, quality: int) -> dict[Metric, Cell]:
    """By every metric at the knob with the best PSNR."""
    protocol = on(quality, CLASSIC5)
    best, knobs = report.best(f"{ITEM}-adafm", Setting(ADAFM, (), protocol), live=False)
    cells: dict[Metric, Cell] = {"psnr": best}
    known = knobs.get("this_run", knobs.get(report.scale))
    for metric in ("ssim", "psnr_b"):
        setting = Setting(ADAFM, () if known is None else (known,), on(quality, CLASSIC5, metric))
        cells[metric] = report.cell(f"{ITEM}-adafm", setting, live=False)
    return cells


def _at(report: Report, cell: Cell) -> float | None:
    scores = cell.at(report.scale)
    return mean(scores) if scores else None


def _figure(report: Report, cells: dict[tuple[str, int, Metric], Cell]) -> Figure:
    """Gains over the JPEG: absolute values would hide them."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    for axes, metric in zip(figure.subplots(1, len(METRICS)), METRICS, strict=True):
        for title, colour in COLOURS.items():
            gains = [_at(report, cells[title, q, metric] - cells["JPEG", q, metric]) for q in EVERY]
            if None not in gains:
                axes.plot(EVERY, gains, color=colour, label=title, marker=".")
        for q in QUALITIES:
            axes.axvline(q, color="0.9", zorder=0)
        axes.set_xlabel("JPEG quality (trained on: grey lines)")
        axes.set_ylabel(f"{METRICS[metric]} above the JPEG" + (" (dB)" if UNITS[metric] == "dB" else ""))
        axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    figure.suptitle(f"{CLASSIC5}, networks at {report.scale} scale; DnCNN-3 as published", fontsize=11)
    return figure


def _table(report: Report, cells: dict[tuple[str, int, Metric], Cell]) -> Table:
    order = [(title, q, metric) for q in EVERY for metric in METRICS for title in COLOURS]
    rows = [(Line(CLASSIC5, f"q{q}", METRICS[m]), title, cells[title, q, m]) for title, q, m in order]
    return report.table(ITEM, rows)
