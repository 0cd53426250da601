"""Tables 6 and 7 and figure 4 of VDIR: JPEG of many qualities, gray and in colour."""

from matplotlib.figure import Figure

from lib.evaluation.measure import Metric, Setting
from lib.papers.cells import Cell, quoted
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.papers.shown import Drawing
from lib.papers.tables import BY_LEVEL, METHODS_DOWN, Line, Row, Table
from lib.papers.vdir.subjects import (
    ARCNN,
    COLOUR_QUALITIES,
    COLOUR_SETS,
    GRAY_SETS,
    MEASURED_AGAIN,
    METRICS,
    QUALITIES,
    QUOTED,
    TITLES,
    colour_jpeg,
    coloured,
    gray,
    gray_jpeg,
)
from lib.training.networks import ARCNN_QUALITIES, arcnn, arcnn_in_colour

BY: tuple[Metric, ...] = ("psnr", "ssim_u8")
AGAIN = 10  # quality that a notebook measures again
STYLES = {"paper": "-", "compact": "--", "this_run": ":"}
LINES = {  # colour, and the columns that are drawn: only one where no training of ours makes them differ
    "JPEG": ("0.4", ("paper",)),
    "VDIR": ("C3", tuple(STYLES)),
    ARCNN: ("C0", ("paper",)),
}


def table6(report: Report) -> Table:
    """Return Y alone, one network for all qualities; SSIM with the plain 8x8 window. AR-CNN with its authors'
    weights, others quoted."""
    item = "vdir-table6"
    rows: list[Row] = []
    for dataset in GRAY_SETS:
        for quality in QUALITIES:
            written, live = f"q{quality}", dataset in MEASURED_AGAIN and quality == AGAIN
            jpeg, ours = (
                report.cells(item, gray(method, quality, dataset), BY, (method, written), live=live)
                for method in ("JPEG", "VDIR")
            )
            known = {}
            if quality in ARCNN_QUALITIES:
                setting = Setting(arcnn(quality), (), gray_jpeg(quality, dataset))
                known = report.cells(item, setting, BY, (ARCNN, written), live=False)
            for metric in BY:
                others = _quoted(report, item, dataset, written, metric)
                if known:
                    others[ARCNN] = known[metric]
                line = Line(TITLES[dataset], written, METRICS[metric])
                cells = {"JPEG": jpeg[metric], **others, "VDIR": ours[metric]}
                rows += [(line, name, cell) for name, cell in cells.items()]
    return report.table(item, rows, BY_LEVEL)


def _quoted(report: Report, item: str, dataset: str, written: str, metric: Metric) -> dict[str, Cell]:
    """What the paper quotes of others, where it does."""
    unit = "dB" if metric == "psnr" else "1"
    cells = {
        name: quoted(report.printed_value(item, dataset, name, written, metric), unit)
        for name in QUOTED
    }
    return {name: cell for name, cell in cells.items() if cell.printed is not None}


def table7(report: Report) -> Table:
    """Return the JPEG in colour, chroma at half the sides, what becomes of it, and the gain; beside them, not
    in the paper's table, AR-CNN on Y."""
    rows: list[Row] = []
    for (dataset, quality), cells in _curves(report).items():
        line = Line(TITLES[dataset], f"q{quality}")
        rows += [(line, method, cell) for method, cell in cells.items()]
        rows.append((line, "gain", cells["VDIR"] - cells["JPEG"]))
    return report.table("vdir-table7", rows, METHODS_DOWN)


def _curves(report: Report) -> dict[tuple[str, int], dict[str, Cell]]:
    """By set and quality, the cells of the JPEG and of what is made of it, by method."""
    return {
        (dataset, quality): _in_colour(report, dataset, quality)
        for dataset in COLOUR_SETS
        for quality in COLOUR_QUALITIES
    }


def _in_colour(report: Report, dataset: str, quality: int) -> dict[str, Cell]:
    settings = {method: coloured(method, quality, dataset) for method in ("JPEG", "VDIR")}
    if quality in ARCNN_QUALITIES:
        settings[ARCNN] = Setting(arcnn_in_colour(quality), (), colour_jpeg(quality, dataset))
    again = dataset in MEASURED_AGAIN and quality == AGAIN
    return {
        method: report.cell("vdir-table7", setting, (method, f"q{quality}"), live=again and method != ARCNN)
        for method, setting in settings.items()
    }


def fig4(report: Report) -> Drawing:
    """Return table 7 as curves over the quality, dots as printed; AR-CNN at the qualities it was made for."""
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
