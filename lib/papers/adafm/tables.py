"""Tables 1 to 5 of AdaFM."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pandas as pd

from lib.evaluation.measure import Setting
from lib.papers.adafm.claims import CLAIMS
from lib.papers.adafm.subjects import DENOISING, JPEG, KERNELS, SR, SUBJECTS, Subject
from lib.papers.common import DIV2K, Cell, Report, Scores, Verdict, mean, with_interval
from lib.papers.gains import Test, at_paper
from lib.recipes import Scale
from lib.training.networks import INPUT, arcnn

Rows = list[tuple[str, str, Cell]]
EASY_TO_HARD = {DENOISING: (25, 35, 50, 75), JPEG: (60, 40, 20, 10)}  # from the task's start
ONE_FACTOR, TWO_FACTORS = ((2, 3), (3, 4), (4, 5), (5, 6)), ((2, 4), (3, 5), (4, 6))
FACTORS = (*ONE_FACTOR, *TWO_FACTORS, (4, 3), (4, 2))  # start and end of table 4's adaptations
RIVALS = (  # task, level of the basic model, the rival's name in table 1, and ours where it is published
    (DENOISING, 15, "DnCNN", None),
    (JPEG, 10, "ARCNN", arcnn(10)),
    (SR, 4, "SRResNet", None),
)


def table1(report: Report) -> pd.DataFrame:
    """The basic model of each task against a known network: ARCNN with its authors' weights, others quoted
    as in the paper."""
    item = "adafm-table1"
    rows: Rows = []
    for subject, level, name, published in RIVALS:
        written = subject.level(level)
        rival = Cell(printed=report.printed_value(item, subject.dataset, name, written), needs="quoted")
        if published:
            known = Setting(published, (), subject.on(level))
            rival = report.cell(item, known, (name, written), live=False)
        setting = Setting(subject.basic(level), (), subject.on(level))
        ours = report.cell(item, setting, ("basic model", written))
        report.judge(subject.claim("known networks"), at_paper(_at_least(ours, rival.printed)))
        line = f"{subject.dataset} {written}"
        rows += [(line, name, rival), (line, "basic model", ours)]
    return report.table(item, rows)


def _at_least(ours: Cell, rival: float) -> Test:
    def test(scale: Scale) -> Verdict:
        scores = ours.at(scale)
        if not scores:
            return None
        return mean(scores) >= rival, f"{with_interval(scores)} dB against {rival:.2f} dB"

    return test


def table2(report: Report) -> pd.DataFrame:
    """Filter size: from end to end of each task with 1x1 to 7x7 filters, and a dedicated network."""
    item = "adafm-table2"
    rows: Rows = []
    for subject in SUBJECTS:
        cells = _kernels(report, subject, subject.dataset)
        rows += _kernel_rows(subject, subject.dataset, cells)
        _judge_kernels(report, subject, cells)
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


def _kernel_rows(subject: Subject, dataset: str, cells: dict[int, Cell]) -> Rows:
    line = f"{dataset} {subject.range(subject.start, subject.end)}"
    return [(line, f"{k}x{k}" if k else "trained on it", cell) for k, cell in cells.items()]


def _judge_kernels(report: Report, subject: Subject, cells: dict[int, Cell]) -> None:
    def never_falls(scale: Scale) -> Verdict:
        steps = [(cells[b] - cells[a]).at(scale) for a, b in pairwise(KERNELS)]
        if not all(steps):
            return None
        gains = ", ".join(with_interval(s) for s in steps)
        return all(mean(s) >= 0 for s in steps), f"1x1 to 3x3, to 5x5, to 7x7: {gains} dB"

    def gain(larger: int, smaller: int, fits: Callable[[float], bool]) -> Callable[[Scale], Verdict]:
        def test(scale: Scale) -> Verdict:
            scores = (cells[larger] - cells[smaller]).at(scale)
            return (fits(round(mean(scores), 4)), f"{with_interval(scores)} dB") if scores else None

        return test

    matters = gain(3, 1, lambda db: db > 0.4) if subject is SR else gain(7, 1, lambda db: db < 0.1)
    report.judge(subject.claim("larger filters do not hurt"), never_falls)
    report.judge(subject.claim("how much filter size matters"), matters)
    report.judge(subject.claim("5x5 is enough"), gain(7, 5, lambda db: db <= 0.03))


def table3(report: Report) -> pd.DataFrame:
    """AdaBN and conditional IN against AdaFM-Net, at the start and at the end level of each task."""
    return report.table("adafm-table3", [row for s in SUBJECTS for row in _against_rivals(report, s)])


def _against_rivals(report: Report, subject: Subject) -> Rows:
    item = "adafm-table3"
    ends = {subject.start: "start", subject.end: "end"}
    networks = {
        "AdaBN": subject.adabn,
        "Conditional IN": subject.conditional_in_windows,
        "Conditional IN, whole picture": subject.conditional,
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

    def short(method: str, scale: Scale) -> list[Scores | None]:
        return [(cells["AdaFM-Net", level] - cells[method, level]).at(scale) for level in ends]

    def wins(scale: Scale) -> Verdict:
        gaps = short("AdaBN", scale) + short("Conditional IN", scale)
        if not all(gaps):
            return None
        names = ("AdaBN start", "end", "conditional IN start", "end")
        text = ", ".join(f"{n} {with_interval(g)}" for n, g in zip(names, gaps, strict=True))
        return all(mean(g) > 0 for g in gaps), f"ahead of {text} dB"

    def collapses(scale: Scale) -> Verdict:
        gaps = short("AdaBN", scale)
        if not all(gaps):
            return None
        start, end = gaps
        return (
            abs(mean(start)) <= 0.6 and mean(end) > 1.5,
            f"short by {with_interval(start)} dB at the start, {with_interval(end)} dB at the end",
        )

    def falls_short(scale: Scale) -> Verdict:
        gaps = short("Conditional IN", scale)
        if not all(gaps):
            return None
        least = 0.4 if subject is JPEG else 0.5
        return all(mean(g) >= least for g in gaps), " and ".join(f"{with_interval(g)} dB" for g in gaps)

    report.judge(subject.claim("AdaFM beats its rivals"), wins)
    report.judge(subject.claim("AdaBN collapses"), collapses)
    report.judge(subject.claim("conditional IN falls short"), falls_short)
    return [
        (f"{subject.dataset} {subject.level(level)} ({ends[level]})", method, cell)
        for (method, level), cell in cells.items()
    ]


def table4(report: Report) -> pd.DataFrame:
    """Super-resolution: range, start level and direction, 5x5 filters, on Set5 and DIV2K100."""
    rows, far = _distances(report, "adafm-table4", SR, FACTORS)
    rows += _distances(report, "adafm-table4", SR, FACTORS, DIV2K)[0]
    _judge_table4(report, far)
    factors = (2, 3, 4, 5, 6)
    inputs = [report.cell("adafm-table4", Setting(INPUT, (), SR.on(f))) for f in factors]
    lines = [(f"set5 x{f}", "input (bicubic)", c) for f, c in zip(factors, inputs, strict=True)]
    return report.table("adafm-table4", lines + rows)


def _judge_table4(report: Report, far: dict[tuple[int, int], Cell]) -> None:
    def distances(scale: Scale, pairs: Sequence[tuple[int, int]]) -> list[Scores] | None:
        found = [far[pair].at(scale) for pair in pairs]
        return found if all(found) else None

    def compared(*sides: tuple[tuple[int, int], tuple[int, int]]) -> Callable[[Scale], Verdict]:
        """Whether the first pair of each is nearer than the second."""

        def test(scale: Scale) -> Verdict:
            near, further = (distances(scale, [side[i] for side in sides]) for i in (0, 1))
            if not (near and further):
                return None
            text = ", ".join(
                f"{SR.range(*a)} {with_interval(n)}, {SR.range(*b)} {with_interval(f)}"
                for (a, b), n, f in zip(sides, near, further, strict=True)
            )
            return all(mean(n) < mean(f) for n, f in zip(near, further, strict=True)), f"{text} dB"

        return test

    def harder_start(scale: Scale) -> Verdict:
        groups = [distances(scale, group) for group in (ONE_FACTOR, TWO_FACTORS)]
        if not all(groups):
            return None
        text = "; ".join(", ".join(with_interval(s) for s in group) for group in groups)
        return all(mean(b) < mean(a) for group in groups for a, b in pairwise(group)), f"{text} dB"

    def too_far(scale: Scale) -> Verdict:
        scores = far[2, 4].at(scale)
        return (mean(scores) > 0.3, f"{with_interval(scores)} dB") if scores else None

    forward = compared(((3, 4), (4, 3)), ((2, 4), (4, 2)))
    wider = compared(((2, 3), (2, 4)), ((3, 4), (3, 5)), ((4, 5), (4, 6)))
    report.judge(CLAIMS["easy to hard beats hard to easy"], forward)
    report.judge(CLAIMS["a harder start is nearer"], harder_start)
    report.judge(CLAIMS["a wider range is farther"], wider)
    report.judge(CLAIMS["x2 to x4 is too far"], too_far)


def table5(report: Report) -> pd.DataFrame:
    """JPEG and denoising: range and direction, 1x1 filters."""
    rows: Rows = []
    for subject in EASY_TO_HARD:
        pairs = there_and_back(subject)
        own, far = _distances(report, "adafm-table5", subject, pairs)
        rows += own
        _judge_table5(report, subject, [far[pair] for pair in pairs[:-1]], far[pairs[-1]])
    return report.table("adafm-table5", rows)


def there_and_back(subject: Subject) -> list[tuple[int, int]]:
    """Start and end of table 5's adaptations: from the easy level to every harder one, and back."""
    return [*((subject.start, end) for end in EASY_TO_HARD[subject]), (subject.end, subject.start)]


def _judge_table5(report: Report, subject: Subject, easy: list[Cell], back: Cell) -> None:
    def all_easy(scale: Scale) -> list[Scores] | None:
        scores = [cell.at(scale) for cell in easy]
        return scores if all(scores) else None

    def grows(scale: Scale) -> Verdict:
        scores = all_easy(scale)
        if not scores:
            return None
        levels = ", ".join(str(end) for end in EASY_TO_HARD[subject])
        text = ", ".join(with_interval(s) for s in scores)
        return all(mean(b) > mean(a) for a, b in pairwise(scores)), f"to {levels}: {text} dB"

    def close(scale: Scale) -> Verdict:
        scores = all_easy(scale)
        if not scores:
            return None
        return all(mean(s) <= 0.2 for s in scores), f"largest {max(mean(s) for s in scores):.2f} dB"

    def worse(scale: Scale) -> Verdict:
        there, home = easy[-1].at(scale), back.at(scale)
        if not (there and home):
            return None
        times = mean(home) / mean(there)
        text = f"{with_interval(home)} against {with_interval(there)} dB: {times:.1f} times"
        return mean(home) >= 3 * mean(there), text

    report.judge(subject.claim("distance grows with range"), grows)
    report.judge(subject.claim("easy to hard is close"), close)
    report.judge(subject.claim("hard to easy is worse"), worse)


def _distances(
    report: Report, item: str, subject: Subject, pairs: Sequence[tuple[int, int]], dataset: str = ""
) -> tuple[Rows, dict[tuple[int, int], Cell]]:
    """Each adaptation, the network trained on its end level, and the distance between them."""
    rows: Rows = []
    far = {}
    for start, end in pairs:
        written, protocol = subject.range(start, end), subject.on(end, dataset)
        dedicated = report.cell(item, Setting(subject.basic(end), (), protocol), ("baseline", written))
        stage = Setting(subject.stage(start, end), (1.0,), protocol)
        adapted = report.cell(item, stage, ("AdaFM-Net", written))
        far[start, end] = dedicated - adapted
        line = f"{'DIV2K100' if dataset == DIV2K else subject.dataset} {written}"
        rows += [
            (line, "trained on it", dedicated),
            (line, "AdaFM-Net", adapted),
            (line, "distance", far[start, end]),
        ]
    return rows, far
