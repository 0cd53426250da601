"""Tables 1 and 2 of CFSNet: the best control for every level, beside other networks."""

from collections.abc import Sequence

import pandas as pd

from lib.evaluation.measure import Setting
from lib.papers.cfsnet.subjects import DEBLOCKING, DENOISING, Subject
from lib.papers.common import Cell, Report
from lib.training.networks import INPUT

Rows = list[tuple[str, str, Cell]]


def table1(report: Report) -> pd.DataFrame:
    """Gray denoising of BSD68, levels 15 and 30 unseen: DnCNN-B and FFDNet with their authors' weights."""
    item, quoted = "cfsnet-table1", ("BM3D", "TNRD", "IRCNN")
    rows, _, _ = _table(report, item, DENOISING, quoted, ("DnCNN-B", "FFDNet"))
    start = report.cell(item, Setting(DENOISING.tuned, (0.0,), DENOISING.on(15)))
    rows.append(("bsd68 sigma15", "CFSNet at 0", start))
    return report.table(item, rows)


def table2(report: Report) -> pd.DataFrame:
    """Deblocking of LIVE1 (Y), qualities 20 and 30 unseen: ARCNN and DnCNN-3 with their authors' weights."""
    item, quoted = "cfsnet-table2", ("SA-DCT", "TNRD")
    rows, ours, others = _table(report, item, DEBLOCKING, quoted, ("ARCNN", "DnCNN-3"))
    rows += [
        (f"{DEBLOCKING.dataset} {DEBLOCKING.written(q)}", "CFSNet above DnCNN-3", best - others["DnCNN-3", q])
        for q, best in ours.items()
    ]
    return report.table(item, rows)


def _table(
    report: Report,
    item: str,
    subject: Subject,
    quoted: Sequence[str],
    published: Sequence[str],
) -> tuple[Rows, dict[int, Cell], dict[tuple[str, int], Cell]]:
    """Rows, ours at its best control by level, and others by name and level."""
    rows: Rows = []
    ours, others = {}, {}
    for level in subject.tabled:
        written, protocol = subject.written(level), subject.on(level)
        line = f"{subject.dataset} {written}"
        if subject is DEBLOCKING:
            rows.append((line, "JPEG", report.cell(item, Setting(INPUT, (), protocol), ("JPEG", written))))
        for name in quoted:
            printed = report.printed_value(item, subject.dataset, name, written)
            rows.append((line, name, Cell(printed, needs="quoted")))
        for name in published:
            others[name, level] = report.cell(item, subject.rival(name, level), (name, written), live=False)
            rows.append((line, name, others[name, level]))
        printed = ("CFSNet", written)
        ours[level], knobs = report.best(item, subject.ours(level), printed, over=subject.grid)
        rows.append((line, f"CFSNet{_controls(knobs)}", ours[level]))
    return rows, ours, others


def _controls(knobs: dict[str, float]) -> str:
    found = [f"{knobs[scale]:.1f}" for scale in ("paper", "compact") if scale in knobs]
    return f" at alpha_in {', '.join(found)}" if found else ""
