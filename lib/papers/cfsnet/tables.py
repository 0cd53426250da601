"""Tables 1 and 2 of CFSNet: the best control for every level, beside other networks."""

from collections.abc import Callable, Sequence

import pandas as pd

from lib.evaluation.measure import Setting
from lib.papers.cfsnet.claims import CLAIMS
from lib.papers.cfsnet.subjects import DEBLOCKING, DENOISING, Subject
from lib.papers.common import Cell, Report, Verdict
from lib.papers.gains import Test, at_paper, surely_above
from lib.papers.scores import mean, with_interval
from lib.recipes import Scale
from lib.training.networks import INPUT, arcnn

Rows = list[tuple[str, str, Cell]]
PUBLISHED: dict[str, Callable[[int], tuple[str, tuple[float, ...]]]] = {  # network and knobs at a level
    "DnCNN-B": lambda _: ("DnCNN-B", ()),
    "FFDNet": lambda level: ("FFDNet gray", (float(level),)),
    "ARCNN": lambda level: (arcnn(level), ()),
    "DnCNN-3": lambda _: ("DnCNN-3", ()),
}
SAME = 0.05  # dB


def table1(report: Report) -> pd.DataFrame:
    """Gray denoising of BSD68, levels 15 and 30 unseen: DnCNN-B and FFDNet with their authors' weights."""
    item, levels = "cfsnet-table1", (15, 25, 30, 50)
    quoted = ("BM3D", "TNRD", "IRCNN")
    rows, ours, others, knobs = _table(report, item, DENOISING, levels, quoted, ("DnCNN-B", "FFDNet"))
    start = report.cell(item, Setting(DENOISING.tuned, (0.0,), DENOISING.on(15)))
    rows.append(("bsd68 sigma15", "CFSNet at 0", start))

    def beyond(scale: Scale) -> Verdict:
        gain = (ours[15] - start).at(scale)
        if not gain or scale not in knobs[15]:
            return None
        text = f"best at {knobs[15][scale]:.1f}, {with_interval(gain)} dB above 0"
        return knobs[15][scale] < 0 and surely_above(gain), text

    report.judge(
        CLAIMS["no worse than DnCNN at its own level"], _at_least(ours[25] - others["DnCNN-B", 25], 0.0)
    )
    report.judge(
        CLAIMS["as good as FFDNet at the other end"], _at_least(ours[50] - others["FFDNet", 50], -SAME)
    )
    report.judge(CLAIMS["an unseen level between the two"], _at_least(ours[30] - others["DnCNN-B", 30], 0.0))
    report.judge(CLAIMS["an unseen level beyond"], beyond)
    return report.table(item, rows)


def table2(report: Report) -> pd.DataFrame:
    """Deblocking of LIVE1 (Y), qualities 20 and 30 unseen: ARCNN and DnCNN-3 with their authors' weights."""
    item, levels = "cfsnet-table2", (10, 20, 30, 40)
    quoted = ("SA-DCT", "TNRD")
    rows, ours, others, _ = _table(report, item, DEBLOCKING, levels, quoted, ("ARCNN", "DnCNN-3"))
    gains = [ours[q] - others["DnCNN-3", q] for q in levels]
    rows += [
        (f"{DEBLOCKING.dataset} {DEBLOCKING.written(q)}", "CFSNet above DnCNN-3", gain)
        for q, gain in zip(levels, gains, strict=True)
    ]

    def better(scale: Scale) -> Verdict:
        scores = [gain.at(scale) for gain in gains]
        if not all(scores):
            return None
        return all(mean(s) > 0 for s in scores), f"by {', '.join(with_interval(s) for s in scores)} dB"

    report.judge(CLAIMS["better than DnCNN at every quality"], at_paper(better))
    return report.table(item, rows)


def _table(
    report: Report,
    item: str,
    subject: Subject,
    levels: Sequence[int],
    quoted: Sequence[str],
    published: Sequence[str],
) -> tuple[Rows, dict[int, Cell], dict[tuple[str, int], Cell], dict[int, dict[str, float]]]:
    """Rows, ours at its best control by level, others by name and level, and the controls."""
    rows: Rows = []
    ours, others, knobs = {}, {}, {}
    for level in levels:
        written, protocol = subject.written(level), subject.on(level)
        line = f"{subject.dataset} {written}"
        if subject is DEBLOCKING:
            rows.append((line, "JPEG", report.cell(item, Setting(INPUT, (), protocol), ("JPEG", written))))
        for name in quoted:
            printed = report.printed_value(item, subject.dataset, name, written)
            rows.append((line, name, Cell(printed, needs="quoted")))
        for name in published:
            setting = Setting(*PUBLISHED[name](level), protocol)
            others[name, level] = report.cell(item, setting, (name, written), live=False)
            rows.append((line, name, others[name, level]))
        setting = Setting(subject.tuned, (), protocol)
        ours[level], knobs[level] = report.best(item, setting, ("CFSNet", written), over=subject.grid)
        rows.append((line, f"CFSNet{_controls(knobs[level])}", ours[level]))
    return rows, ours, others, knobs


def _controls(knobs: dict[str, float]) -> str:
    found = [f"{knobs[scale]:.1f}" for scale in ("paper", "compact") if scale in knobs]
    return f" at alpha_in {', '.join(found)}" if found else ""


def _at_least(gain: Cell, least: float) -> Test:
    """A claim on absolute decibels."""

    def test(scale: Scale) -> Verdict:
        scores = gain.at(scale)
        if not scores:
            return None
        return mean(scores) >= least, f"{with_interval(scores)} dB above"

    return at_paper(test)
