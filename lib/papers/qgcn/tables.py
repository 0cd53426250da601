"""Tables 1 and 2 of QGCN, and what one network for several qualities costs."""

from collections.abc import Sequence

import pandas as pd

from lib.evaluation.measure import UNITS, Metric
from lib.papers.common import Cell, Report
from lib.papers.qgcn.subjects import (
    ABLATION,
    DNCNN,
    LIVE1,
    METRICS,
    OTHER_READING,
    QUALITIES,
    RNAN,
    SETS,
    VARIANTS,
    own,
    restored,
)
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
    return report.table(item, _rows(SETS[ABLATION], cells))


def table2(report: Report) -> pd.DataFrame:
    """Against others: ARCNN and DnCNN-3 with their authors' weights and RNAN trained here on the same
    pictures, three more as quoted in the paper."""
    item = "qgcn-table2"
    networks = {"JPEG": INPUT, "DnCNN": DNCNN, "RNAN": RNAN, "Ours": FULL}
    rows: Rows = []
    for dataset, title in SETS.items():
        cells = _quoted(report, item, dataset) | _measured(report, item, networks, dataset)
        for quality in QUALITIES:
            cells |= _measured(report, item, {"ARCNN": arcnn(quality)}, dataset, (quality,))
        rows += _rows(title, cells)
    return report.table(item, rows)


def per_quality(report: Report) -> pd.DataFrame:
    """Not in the paper: one network for three qualities beside one for each."""
    item = "qgcn-perq"
    rows: Rows = []
    for quality in QUALITIES:
        alone, shared = (report.cell(item, restored(net, quality, LIVE1)) for net in (own(quality), FULL))
        line = f"{SETS[LIVE1]} q{quality}"
        rows += [
            (line, "trained for it", alone),
            (line, "one for all", shared),
            (line, "what that costs", alone - shared),
        ]
    return report.table(item, rows)


def _quoted(report: Report, item: str, dataset: str) -> Cells:
    return {
        (method, quality, metric): Cell(
            report.printed_value(item, dataset, method, f"q{quality}", metric),
            needs="quoted",
            unit=UNITS[metric],
        )
        for method in QUOTED
        for quality in QUALITIES
        for metric in METRICS
    }


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
            setting, live = restored(network, quality, dataset), network not in PUBLISHED
            cells = report.cells(item, setting, tuple(METRICS), (method, f"q{quality}"), live=live)
            found |= {(method, quality, metric): cell for metric, cell in cells.items()}
    return found


def _rows(title: str, cells: Cells) -> Rows:
    order = sorted(cells, key=lambda key: (QUALITIES.index(key[1]), list(METRICS).index(key[2])))
    return [(f"{title} q{q} {METRICS[m]}", method, cells[method, q, m]) for method, q, m in order]
