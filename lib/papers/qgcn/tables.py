"""Tables 1 and 2 of QGCN, and what one network for several qualities costs."""

from collections.abc import Callable, Sequence

import pandas as pd

from lib.evaluation.measure import Metric, Setting
from lib.papers.common import Cell, Report, Verdict
from lib.papers.gains import all_above, surely_above
from lib.papers.qgcn.claims import CLAIMS
from lib.papers.qgcn.subjects import (
    ABLATION,
    DNCNN,
    METRICS,
    OTHER_READING,
    QUALITIES,
    RNAN,
    SETS,
    VARIANTS,
    on,
)
from lib.papers.scores import listed, mean
from lib.recipes import Scale
from lib.recipes.qgcn import FULL
from lib.training.networks import INPUT, PUBLISHED, arcnn

Rows = list[tuple[str, str, Cell]]
Cells = dict[tuple[str, int, Metric], Cell]  # method, quality, metric
QUOTED = ("LD", "TNRD", "LPIO")


def table1(report: Report) -> pd.DataFrame:
    """What each part contributes: the network without the ranker, dilation, or one of its losses; and, not
    in the paper, with the error counted in [0, 1]."""
    item = "qgcn-table1"
    cells = _measured(report, item, VARIANTS | OTHER_READING, ABLATION)

    def loss(variant: str, metric: Metric, quality: int) -> Cell:
        return cells["Ours", quality, metric] - cells[variant, quality, metric]

    def losses(variant: str, metric: Metric) -> list[Cell]:
        return [loss(variant, metric, quality) for quality in QUALITIES]

    report.judge(CLAIMS["the ranker helps"], all_above(losses("w/o CQR", "psnr_b")))
    report.judge(
        CLAIMS["the ranker helps most where artefacts are severe"],
        _first_above(loss("w/o CQR", "psnr_b", 10), [loss("w/o CQR", "psnr_b", 30)]),
    )
    report.judge(CLAIMS["the quality loss helps"], all_above(losses("w/o L_Q", "psnr_b")))
    report.judge(CLAIMS["feature matching keeps the structure"], all_above(losses("w/o L_F", "ssim")))
    report.judge(
        CLAIMS["feature matching is worth more than the quality loss"],
        _falls_further([(losses("w/o L_F", m), losses("w/o L_Q", m), METRICS[m]) for m in METRICS]),
    )
    report.judge(
        CLAIMS["dilation serves several qualities"],
        _more_than_first([loss("w/o DC", "psnr", quality) for quality in QUALITIES]),
    )
    return report.table(item, _rows(SETS[ABLATION], cells))


def table2(report: Report) -> pd.DataFrame:
    """Against others: ARCNN and DnCNN-3 with their authors' weights and RNAN trained here on the same
    pictures, three more as quoted in the paper."""
    item = "qgcn-table2"
    rows: Rows = []
    ours, rivals = {}, {}
    for dataset, title in SETS.items():
        networks = {"JPEG": INPUT, "DnCNN": DNCNN, "RNAN": RNAN, "Ours": FULL}
        cells = _measured(report, item, networks, dataset)
        quoted = {
            (method, quality, metric): Cell(
                report.printed_value(item, dataset, method, f"q{quality}", metric),
                needs="quoted",
                unit="1" if metric == "ssim" else "dB",
            )
            for method in QUOTED
            for quality in QUALITIES
            for metric in METRICS
        }
        for quality in QUALITIES:
            cells |= _measured(report, item, {"ARCNN": arcnn(quality)}, dataset, (quality,))
        rows += _rows(title, quoted | cells)
        ours |= {(dataset, *key[1:]): cell for key, cell in cells.items() if key[0] == "Ours"}
        rivals |= {(dataset, *key): cell for key, cell in cells.items()}

    def ahead(method: str, metric: Metric, sets: Sequence[str]) -> list[Cell]:
        return [ours[s, q, metric] - rivals[s, method, q, metric] for s in sets for q in QUALITIES]

    report.judge(CLAIMS["one network is as good as DnCNN"], all_above(ahead("DnCNN", "psnr", list(SETS))))
    report.judge(CLAIMS["fewer visible blocks than DnCNN"], all_above(ahead("DnCNN", "psnr_b", list(SETS))))
    report.judge(
        CLAIMS["fewer visible blocks than RNAN"], all_above(ahead("RNAN", "psnr_b", ("classic5", "live1")))
    )
    return report.table(item, rows)


def per_quality(report: Report) -> pd.DataFrame:
    """Not in the paper: one network for three qualities beside one for each."""
    item, dataset = "qgcn-perq", "live1"
    rows: Rows = []
    costs = []
    for quality in QUALITIES:
        own = report.cell(item, Setting(f"{FULL}-q{quality}", (), on(quality, dataset)))
        shared = report.cell(item, Setting(FULL, (), on(quality, dataset)))
        costs.append(own - shared)
        line = f"{SETS[dataset]} q{quality}"
        rows += [
            (line, "trained for it", own),
            (line, "one for all", shared),
            (line, "what that costs", costs[-1]),
        ]

    def little(scale: Scale) -> Verdict:
        scores = [cost.at(scale) for cost in costs]
        if not all(scores):
            return None
        return all(mean(s) <= 0.1 for s in scores), f"costs {listed(scores)}"

    report.judge(CLAIMS["a single network costs little"], little)
    return report.table(item, rows)


def _measured(
    report: Report,
    item: str,
    networks: dict[str, str],
    dataset: str,
    qualities: Sequence[int] = QUALITIES,
) -> Cells:
    found: Cells = {}
    for method, network in networks.items():
        for quality in qualities:
            setting = Setting(network, (), on(quality, dataset))
            written, live = (method, f"q{quality}"), network not in PUBLISHED
            cells = report.cells(item, setting, tuple(METRICS), written, live=live)
            found |= {(method, quality, metric): cell for metric, cell in cells.items()}
    return found


def _rows(title: str, cells: Cells) -> Rows:
    order = sorted(cells, key=lambda key: (QUALITIES.index(key[1]), list(METRICS).index(key[2])))
    return [(f"{title} q{q} {METRICS[m]}", method, cells[method, q, m]) for method, q, m in order]


def _first_above(first: Cell, others: Sequence[Cell]) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        scores = [cell.at(scale) for cell in (first, *others)]
        if not all(scores):
            return None
        more = [surely_above((first - other).at(scale)) for other in others]
        return all(more), listed(scores, first.unit)

    return test


def _more_than_first(cells: Sequence[Cell]) -> Callable[[Scale], Verdict]:
    def test(scale: Scale) -> Verdict:
        scores = [cell.at(scale) for cell in cells]
        if not all(scores):
            return None
        more = [surely_above((cell - cells[0]).at(scale)) for cell in cells[1:]]
        return all(more), f"loses {listed(scores, cells[0].unit)}"

    return test


def _falls_further(
    pairs: Sequence[tuple[list[Cell], list[Cell], str]],
) -> Callable[[Scale], Verdict]:
    """Whether by every metric the mean of the first losses is above that of the second."""

    def test(scale: Scale) -> Verdict:
        holds, parts = True, []
        for first, second, metric in pairs:
            more, less = ([cell.at(scale) for cell in cells] for cells in (first, second))
            if not (all(more) and all(less)):
                return None
            means = [sum(map(mean, scores)) / len(scores) for scores in (more, less)]
            holds = holds and means[0] > means[1]
            decimals = 3 if first[0].unit == "1" else 2
            parts.append(f"{metric} {means[0]:.{decimals}f} against {means[1]:.{decimals}f}")
        return holds, ", ".join(parts)

    return test
