"""Tables 1 and 2 of CFSNet: the best control for every level, beside other networks."""

from collections.abc import Sequence
from dataclasses import replace

from lib.evaluation.measure import Setting
from lib.papers.cells import Cell, quoted
from lib.papers.cfsnet.subjects import DEBLOCKING, DENOISING, Subject
from lib.papers.report import Report
from lib.papers.tables import METHODS_DOWN, Line, Row, Table
from lib.training.networks import INPUT


def table1(report: Report) -> Table:
    """Gray denoising of BSD68, levels 15 and 30 unseen: DnCNN-B and FFDNet with their authors' weights."""
    item, rivals = "cfsnet-table1", ("BM3D", "TNRD", "IRCNN")
    rows, _, _ = _table(report, item, DENOISING, rivals, ("DnCNN-B", "FFDNet"))
    start = report.cell(item, Setting(DENOISING.tuned, (0.0,), DENOISING.on(15)))
    rows.append((Line("bsd68", "sigma15"), "CFSNet at 0", start))
    return report.table(item, rows, METHODS_DOWN)


def table2(report: Report) -> Table:
    """Deblocking of LIVE1 (Y), qualities 20 and 30 unseen: ARCNN and DnCNN-3 with their authors' weights."""
    item, rivals = "cfsnet-table2", ("SA-DCT", "TNRD")
    rows, ours, others = _table(report, item, DEBLOCKING, rivals, ("ARCNN", "DnCNN-3"))
    rows += [
        (Line(DEBLOCKING.dataset, DEBLOCKING.written(q)), "CFSNet above DnCNN-3", best - others["DnCNN-3", q])
        for q, best in ours.items()
    ]
    return report.table(item, rows, METHODS_DOWN)


def _table(
    report: Report,
    item: str,
    subject: Subject,
    only_printed: Sequence[str],
    published: Sequence[str],
) -> tuple[list[Row], dict[int, Cell], dict[tuple[str, int], Cell]]:
    """Rows, ours at its best control by level, and others by name and level."""
    rows: list[Row] = []
    ours, others = {}, {}
    for level in subject.tabled:
        written, protocol = subject.written(level), subject.on(level)
        line = Line(subject.dataset, written)
        if subject is DEBLOCKING:
            rows.append((line, "JPEG", report.cell(item, Setting(INPUT, (), protocol), ("JPEG", written))))
        for name in only_printed:
            printed = report.printed_value(item, subject.dataset, name, written)
            rows.append((line, name, quoted(printed)))
        for name in published:
            others[name, level] = report.cell(item, subject.rival(name, level), (name, written), live=False)
            rows.append((line, name, others[name, level]))
        printed = ("CFSNet", written)
        ours[level], knobs = report.best(item, subject.ours(level), printed, over=subject.grid)
        rows.append((line, "CFSNet", replace(ours[level], note=_controls(knobs))))
    return rows, ours, others


def _controls(knobs: dict[str, float]) -> str:
    found = [f"{knobs[scale]:.1f}" for scale in ("paper", "compact") if scale in knobs]
    return f"at alpha_in {', '.join(found)}" if found else ""
