"""Tables 4 and 5 of VDIR: super-resolution of images that were blurred no one says how."""

from collections.abc import Sequence

from lib.evaluation.measure import Metric
from lib.papers.cells import Cell, quoted
from lib.papers.report import Report
from lib.papers.tables import BY_LEVEL, Line, Table
from lib.papers.vdir.subjects import (
    FOUR,
    IN_PLACE,
    MEASURED_AGAIN,
    METRICS,
    ROUND,
    SMALL_SETS,
    TITLES,
    TURNED,
    enlarged,
)

BY: tuple[Metric, ...] = ("psnr", "ssim")
METHODS = ("Bicubic", IN_PLACE, "RCAN", "IKC", "MZSR", "DIP-FKP + USRNet", "VDIR")
MEASURED = ("Bicubic", IN_PLACE, "VDIR")


def table4(report: Report) -> Table:
    """Return twice the sides, with an isotropic and an anisotropic blur."""
    return _table(report, "vdir-table4", (ROUND, TURNED))


def table5(report: Report) -> Table:
    """Return four times the sides, with an isotropic blur."""
    return _table(report, "vdir-table5", (FOUR,))


def _table(report: Report, item: str, blurs: Sequence[str]) -> Table:
    rows = []
    for dataset in SMALL_SETS:
        for blur in blurs:
            cells = {method: _cells(report, item, method, blur, dataset) for method in METHODS}
            rows += [
                (Line(TITLES[dataset], blur, METRICS[metric]), method, own[metric])
                for metric in BY
                for method, own in cells.items()
            ]
    return report.table(item, rows, BY_LEVEL)


def _cells(report: Report, item: str, method: str, blur: str, dataset: str) -> dict[Metric, Cell]:
    if method in MEASURED:
        live = dataset in MEASURED_AGAIN
        return report.cells(item, enlarged(method, blur, dataset), BY, (method, blur), live=live)
    return {metric: _quoted(report, item, dataset, method, blur, metric) for metric in BY}


def _quoted(report: Report, item: str, dataset: str, method: str, blur: str, metric: Metric) -> Cell:
    printed = report.printed_value(item, dataset, method, blur, metric)
    return quoted(printed, "1" if metric == "ssim" else "dB")
