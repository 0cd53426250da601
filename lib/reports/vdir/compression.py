"""Tables 6 and 7 and figure 4 of VDIR: JPEG of many qualities, gray and in colour."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from lib.claims.vdir import CLAIMS
from lib.measure import Metric, Setting
from lib.networks import INPUT
from lib.recipes import Scale
from lib.recipes.vdir import JPEG_RGB, JPEG_Y
from lib.reports.common import Cell, Drawing, Report, Verdict, mean
from lib.reports.gains import Test, above_printed, all_above, at_paper, listed, surely_above
from lib.reports.vdir.subjects import (
    MEASURED_AGAIN,
    METRICS,
    TITLES,
    URBAN,
    at_rest,
    colour_jpeg,
    gray_jpeg,
)

Rows = list[tuple[str, str, Cell]]
BY: tuple[Metric, ...] = ("psnr", "ssim_u8")
QUALITIES = (10, 20, 30, 40, 70, 80)
HIGH = (70, 80)
SETS = ("classic5", "live1", URBAN)
QUOTED = ("AR-CNN", "Guo et al.", "MemNet", "Galteri et al.")
WHOLE = ("classic5", "live1")  # sets of which no picture is missing here
COLOUR_QUALITIES = tuple(range(10, 81, 10))
COLOUR_SETS = ("live1", URBAN)
AGAIN = 10  # quality that a notebook measures again
EVEN = 0.3  # dB between the largest and the smallest gain
COLUMNS = {"paper": "-", "compact": "--", "this_run": ":"}


def table6(report: Report) -> pd.DataFrame:
    """Y alone, one network for all qualities; SSIM with the plain 8x8 window."""
    item = "vdir-table6"
    rows: Rows = []
    gains: dict[tuple[str, int], Cell] = {}
    ahead = []
    for dataset in SETS:
        for quality in QUALITIES:
            written, live = f"q{quality}", dataset in MEASURED_AGAIN and quality == AGAIN
            protocol = gray_jpeg(quality, dataset)
            jpeg = report.cells(item, Setting(INPUT, (), protocol), BY, ("JPEG", written), live=live)
            setting = Setting(JPEG_Y, at_rest(JPEG_Y), protocol)
            ours = report.cells(item, setting, BY, ("VDIR", written), live=live)
            gains[dataset, quality] = ours["psnr"] - jpeg["psnr"]
            for metric in BY:
                line = f"{TITLES[dataset]} {written} {METRICS[metric]}"
                quoted = _quoted(report, item, dataset, written, metric)
                rows += [(line, "JPEG", jpeg[metric])]
                rows += [(line, name, cell) for name, cell in quoted.items()]
                rows += [(line, "VDIR", ours[metric])]
                if metric == "psnr" and dataset in WHOLE:
                    ahead += [above_printed(ours["psnr"], cell.printed) for cell in quoted.values()]
    report.judge(CLAIMS["better than others at each quality"], at_paper(all_above(ahead)))
    high = [gains[dataset, quality] for dataset in SETS for quality in HIGH]
    report.judge(CLAIMS["high qualities gain too"], all_above(high))
    return report.table(item, rows)


def _quoted(report: Report, item: str, dataset: str, written: str, metric: Metric) -> dict[str, Cell]:
    """What the paper quotes of others, where it does."""
    unit = "dB" if metric == "psnr" else "1"
    cells = {
        name: Cell(report.printed_value(item, dataset, name, written, metric), needs="quoted", unit=unit)
        for name in QUOTED
    }
    return {name: cell for name, cell in cells.items() if cell.printed is not None}


def table7(report: Report) -> pd.DataFrame:
    """In colour, chroma at half the sides: the JPEG, what becomes of it, and the gain."""
    curves = _curves(report)
    gains = {key: ours - jpeg for key, (jpeg, ours) in curves.items()}
    report.judge(CLAIMS["an even gain on LIVE1"], _even([gains["live1", q] for q in COLOUR_QUALITIES]))
    falls = gains[URBAN, 30] - gains[URBAN, 80]
    report.judge(CLAIMS["less to gain from high qualities on Urban100"], all_above([falls]))
    rows: Rows = []
    for dataset, quality in curves:
        line = f"{TITLES[dataset]} q{quality}"
        jpeg, ours = curves[dataset, quality]
        rows += [(line, "JPEG", jpeg), (line, "VDIR", ours), (line, "gain", gains[dataset, quality])]
    return report.table("vdir-table7", rows)


def _curves(report: Report) -> dict[tuple[str, int], tuple[Cell, Cell]]:
    """By set and quality, the cells of the JPEG and of what is made of it."""
    found = {}
    for dataset in COLOUR_SETS:
        for quality in COLOUR_QUALITIES:
            live = dataset in MEASURED_AGAIN and quality == AGAIN
            networks = {"JPEG": (INPUT, ()), "VDIR": (JPEG_RGB, at_rest(JPEG_RGB))}
            found[dataset, quality] = tuple(
                report.cell(
                    "vdir-table7",
                    Setting(*network, colour_jpeg(quality, dataset)),
                    (method, f"q{quality}"),
                    live=live,
                )
                for method, network in networks.items()
            )
    return found


def _even(gains: Sequence[Cell]) -> Test:
    def test(scale: Scale) -> Verdict:
        scores = [gain.at(scale) for gain in gains]
        if not all(scores):
            return None
        means = [mean(s) for s in scores]
        positive = all(surely_above(s) for s in scores)
        return positive and max(means) - min(means) <= EVEN, f"gains {listed(scores)}"

    return test


def fig4(report: Report) -> Drawing:
    """Table 7 as curves over the quality, dots as printed."""
    curves = _curves(report)
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, dataset in zip(figure.subplots(1, len(COLOUR_SETS)), COLOUR_SETS, strict=True):
        for i, (method, colour) in enumerate({"JPEG": "0.4", "VDIR": "C3"}.items()):
            cells = {q: curves[dataset, q][i] for q in COLOUR_QUALITIES}
            axes.plot(cells.keys(), [cell.printed for cell in cells.values()], ".", color=colour)
            for column, style in COLUMNS.items():
                known = {q: getattr(cell, column) for q, cell in cells.items()}
                known = {q: mean(scores) for q, scores in known.items() if scores}
                if known:
                    label = f"{method}, {column.replace('_', ' ')}"
                    axes.plot(known.keys(), known.values(), style, color=colour, label=label)
        axes.set_title(f"{TITLES[dataset]} (dots: printed)", fontsize=10)
        axes.set_xlabel("JPEG quality")
        axes.set_ylabel("PSNR (dB)")
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return report.save_figure("vdir-fig4", figure)
