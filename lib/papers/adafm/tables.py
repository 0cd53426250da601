"""Tables 1 to 5 of AdaFM."""

from collections.abc import Sequence

from lib.evaluation.measure import Setting
from lib.papers.adafm.subjects import (
    DENOISING,
    EASY_TO_HARD,
    FACTORS,
    JPEG,
    KERNELS,
    SR,
    SUBJECTS,
    Subject,
    there_and_back,
)
from lib.papers.at_hand import DIV2K
from lib.papers.cells import Cell, quoted
from lib.papers.report import Report
from lib.papers.tables import METHODS_DOWN, ONE_COLUMN, Line, Row, Table
from lib.training.networks import INPUT, arcnn

RIVALS = (  # task, level of the basic model, the rival's name in table 1, and ours where it is published
    (DENOISING, 15, "DnCNN", None),
    (JPEG, 10, "ARCNN", arcnn(10)),
    (SR, 4, "SRResNet", None),
)


def table1(report: Report) -> Table:
    """The basic model of each task against a known network: ARCNN with its authors' weights, others quoted
    as in the paper."""
    item = "adafm-table1"
    rows: list[Row] = []
    for subject, level, name, published in RIVALS:
        written = subject.level(level)
        rival = quoted(report.printed_value(item, subject.dataset, name, written))
        if published:
            known = Setting(published, (), subject.on(level))
            rival = report.cell(item, known, (name, written), live=False)
        setting = Setting(subject.basic(level), (), subject.on(level))
        ours = report.cell(item, setting, ("basic model", written))
        line = Line(subject.dataset, written)
        rows += [(line, name, rival), (line, "basic model", ours)]
    return report.table(item, rows, ONE_COLUMN)


def table2(report: Report) -> Table:
    """Filter size: from end to end of each task with 1x1 to 7x7 filters, and a dedicated network."""
    item = "adafm-table2"
    rows: list[Row] = []
    for subject in SUBJECTS:
        cells = _kernels(report, subject, subject.dataset)
        rows += _kernel_rows(subject, subject.dataset, cells)
    rows += _kernel_rows(SR, "DIV2K100", _kernels(report, SR, DIV2K))
    return report.table(item, rows)


def _kernels(report: Report, subject: Subject, dataset: str) -> dict[int, Cell]:
    """Filter size -> cell; 0 is the network trained on the end level."""
    protocol, written = subject.on(subject.end, dataset), subject.range(subject.start, subject.end)
    item = "adafm-table2"
    cells = {
        k: report.cell(
            item,
            Setting(subject.stage(subject.start, subject.end, k), (1.0,), protocol),
            (f"AdaFM-Net {k}x{k}", written),
        )
        for k in KERNELS
    }
    dedicated = Setting(subject.basic(subject.end), (), protocol)
    return cells | {0: report.cell(item, dedicated, ("baseline", written))}


def _kernel_rows(subject: Subject, dataset: str, cells: dict[int, Cell]) -> list[Row]:
    line = Line(dataset, subject.range(subject.start, subject.end))
    return [(line, f"{k}x{k}" if k else "trained on it", cell) for k, cell in cells.items()]


def table3(report: Report) -> Table:
    """AdaBN and conditional IN against AdaFM-Net, at the start and at the end level of each task."""
    return report.table("adafm-table3", [row for s in SUBJECTS for row in _against_rivals(report, s)])


def _against_rivals(report: Report, subject: Subject) -> list[Row]:
    item = "adafm-table3"
    ends = {subject.start: "start", subject.end: "end"}
    networks = {
        "AdaBN": subject.adabn,
        "Conditional IN": subject.conditioned,
        "Conditional IN, both levels at once": subject.conditional,
        "Conditional IN, both levels at once, in windows": subject.conditional_in_windows,
        "AdaFM-Net": subject.wide,
    }
    cells = {
        (method, level): report.cell(
            item,
            Setting(network, (float(coef),), subject.on(level)),
            (method, f"{subject.level(level)} ({end})"),
        )
        for method, network in networks.items()
        for coef, (level, end) in enumerate(ends.items())
    }

    return [
        (Line(subject.dataset, f"{subject.level(level)} ({ends[level]})"), method, cell)
        for (method, level), cell in cells.items()
    ]


def table4(report: Report) -> Table:
    """Super-resolution: range, start level and direction, 5x5 filters, on Set5 and DIV2K100."""
    rows = _distances(report, "adafm-table4", SR, FACTORS)
    rows += _distances(report, "adafm-table4", SR, FACTORS, DIV2K)
    factors = (2, 3, 4, 5, 6)
    inputs = [report.cell("adafm-table4", Setting(INPUT, (), SR.on(f))) for f in factors]
    lines = [(Line("Set5, the input", f"x{f}"), "bicubic", c) for f, c in zip(factors, inputs, strict=True)]
    return report.table("adafm-table4", rows + lines, METHODS_DOWN)


def table5(report: Report) -> Table:
    """JPEG and denoising: range and direction, 1x1 filters."""
    rows: list[Row] = []
    for subject in EASY_TO_HARD:
        rows += _distances(report, "adafm-table5", subject, there_and_back(subject))
    return report.table("adafm-table5", rows, METHODS_DOWN)


def _distances(
    report: Report, item: str, subject: Subject, pairs: Sequence[tuple[int, int]], dataset: str = ""
) -> list[Row]:
    """Each adaptation, the network trained on its end level, and the distance between them."""
    rows: list[Row] = []
    for start, end in pairs:
        written, protocol = subject.range(start, end), subject.on(end, dataset)
        dedicated = report.cell(item, Setting(subject.basic(end), (), protocol), ("baseline", written))
        stage = Setting(subject.stage(start, end), (1.0,), protocol)
        adapted = report.cell(item, stage, ("AdaFM-Net", written))
        line = Line("DIV2K100" if dataset == DIV2K else subject.dataset, written)
        rows += [
            (line, "trained on it", dedicated),
            (line, "AdaFM-Net", adapted),
            (line, "distance", dedicated - adapted),
        ]
    return rows
