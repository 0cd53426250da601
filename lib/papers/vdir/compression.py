"""Tables 6 and 7 and figure 4 of VDIR: JPEG of many qualities, gray and in colour."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from lib.evaluation.measure import Metric, Setting
from lib.papers.common import Cell, Drawing, Report, Verdict
from lib.papers.gains import Test, above_printed, all_above, at_paper, listed, surely_above
from lib.papers.scores import mean
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.subjects import MEASURED_AGAIN, METRICS, TITLES, URBAN, at_rest, colour_jpeg, gray_jpeg
from lib.recipes import Scale
from lib.recipes.vdir import JPEG_RGB, JPEG_Y
from lib.training.networks import ARCNN_QUALITIES, INPUT, arcnn, arcnn_in_colour

Rows = list[tuple[str, str, Cell]]
BY: tuple[Metric, ...] = ("psnr", "ssim_u8")
QUALITIES = (10, 20, 30, 40, 70, 80)
HIGH = (70, 80)
SETS = ("classic5", "live1", URBAN)
ARCNN = "AR-CNN"
OTHERS = (ARCNN, "Guo et al.", "MemNet", "Galteri et al.")
WHOLE = ("classic5", "live1")  # sets of which no picture is missing here
COLOUR_QUALITIES = tuple(range(10, 81, 10))
COLOUR_SETS = ("live1", URBAN)
AGAIN = 10  # quality that a notebook measures again
EVEN = 0.3  # dB between the largest and the smallest gain
STYLES = {"paper": "-", "compact": "--", "this_run": ":"}
LINES = {  # colour, and the columns that are drawn: only one where no training of ours makes them differ
    "JPEG": ("0.4", ("paper",)),
    "VDIR": ("C3", tuple(STYLES)),
    ARCNN: ("C0", ("paper",)),
}


def table6(report: Report) -> pd.DataFrame:
    """Y alone, one network for all qualities; SSIM with the plain 8x8 window. AR-CNN with its authors'
    weights, others quoted."""
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
            known = {}
            if quality in ARCNN_QUALITIES:
                setting = Setting(arcnn(quality), (), protocol)
                known = report.cells(item, setting, BY, (ARCNN, written), live=False)
            for metric in BY:
                line = f"{TITLES[dataset]} {written} {METRICS[metric]}"
                others = _quoted(report, item, dataset, written, metric)
                if known:
                    others[ARCNN] = known[metric]
                rows += [(line, "JPEG", jpeg[metric])]
                rows += [(line, name, cell) for name, cell in others.items()]
                rows += [(line, "VDIR", ours[metric])]
                if metric == "psnr" and dataset in WHOLE:
                    ahead += [above_printed(ours["psnr"], cell.printed) for cell in others.values()]
    report.judge(CLAIMS["better than others at each quality"], at_paper(all_above(ahead)))
    high = [gains[dataset, quality] for dataset in SETS for quality in HIGH]
    report.judge(CLAIMS["high qualities gain too"], all_above(high))
    return report.table(item, rows)


def _quoted(report: Report, item: str, dataset: str, written: str, metric: Metric) -> dict[str, Cell]:
    """What the paper quotes of others, where it does."""
    unit = "dB" if metric == "psnr" else "1"
    cells = {
        name: Cell(report.printed_value(item, dataset, name, written, metric), needs="quoted", unit=unit)
        for name in OTHERS
    }
    return {name: cell for name, cell in cells.items() if cell.printed is not None}


def table7(report: Report) -> pd.DataFrame:
    """In colour, chroma at half the sides: the JPEG, what becomes of it, and the gain; beside them, not in
    the paper's table, AR-CNN on Y."""
    curves = _curves(report)
    gains = {key: cells["VDIR"] - cells["JPEG"] for key, cells in curves.items()}
    report.judge(CLAIMS["an even gain on LIVE1"], _even([gains["live1", q] for q in COLOUR_QUALITIES]))
    falls = gains[URBAN, 30] - gains[URBAN, 80]
    report.judge(CLAIMS["less to gain from high qualities on Urban100"], all_above([falls]))
    rows: Rows = []
    for dataset, quality in curves:
        line = f"{TITLES[dataset]} q{quality}"
        rows += [(line, method, cell) for method, cell in curves[dataset, quality].items()]
        rows.append((line, "gain", gains[dataset, quality]))
    return report.table("vdir-table7", rows)


def _curves(report: Report) -> dict[tuple[str, int], dict[str, Cell]]:
    """By set and quality, the cells of the JPEG and of what is made of it, by method."""
    return {
        (dataset, quality): _in_colour(report, dataset, quality)
        for dataset in COLOUR_SETS
        for quality in COLOUR_QUALITIES
    }


def _in_colour(report: Report, dataset: str, quality: int) -> dict[str, Cell]:
    networks = {"JPEG": (INPUT, ()), "VDIR": (JPEG_RGB, at_rest(JPEG_RGB))}
    if quality in ARCNN_QUALITIES:
        networks[ARCNN] = (arcnn_in_colour(quality), ())
    again = dataset in MEASURED_AGAIN and quality == AGAIN
    return {
        method: report.cell(
            "vdir-table7",
            Setting(*network, colour_jpeg(quality, dataset)),
            (method, f"q{quality}"),
            live=again and method != ARCNN,
        )
        for method, network in networks.items()
    }


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
    """Table 7 as curves over the quality, dots as printed; AR-CNN at the qualities it was trained for."""
    curves = _curves(report)
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, dataset in zip(figure.subplots(1, len(COLOUR_SETS)), COLOUR_SETS, strict=True):
        for method, (colour, columns) in LINES.items():
            at = {q: curves[dataset, q] for q in COLOUR_QUALITIES}
            cells = {q: by_method[method] for q, by_method in at.items() if method in by_method}
            printed = {q: cell.printed for q, cell in cells.items() if cell.printed is not None}
            axes.plot(printed.keys(), printed.values(), ".", color=colour)
            for column in columns:
                known = {q: getattr(cell, column) for q, cell in cells.items()}
                known = {q: mean(scores) for q, scores in known.items() if scores}
                if known:
                    label = f"{method}, {column.replace('_', ' ')}" if len(columns) > 1 else method
                    axes.plot(known.keys(), known.values(), STYLES[column], color=colour, label=label)
        axes.set_title(f"{TITLES[dataset]} (dots: printed)", fontsize=10)
        axes.set_xlabel("JPEG quality")
        axes.set_ylabel("PSNR (dB)")
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return report.save_figure("vdir-fig4", figure)
