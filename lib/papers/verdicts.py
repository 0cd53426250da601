"""Verdicts on all claims, and printed numbers beside measured ones, from the stored rows and kept with
them for the README."""

from pathlib import Path

import pandas as pd

from lib.base import paths
from lib.evaluation.measure import UNITS
from lib.papers.common import Cell, Report, mean
from lib.papers.papers import Paper
from lib.training.networks import PUBLISHED, WEIGHTLESS

SCALES = ("compact", "paper")
BESIDE = ("item", "dataset", "method", "setting", "metric", "unit", "network", "printed", "paper", "compact")


class Reread(Report):
    """A report on the stored rows: its cells measure nothing. beside: every cell that the paper prints, of
    networks trained here."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.beside: list[dict[str, str | float | None]] = []

    def cell_from(self, item, setting, printed, measure, find_stored) -> Cell:
        stored = (find_stored(item, scale, setting) for scale in SCALES)
        compact, paper = (found.scores if found else None for found in stored)
        protocol = setting.protocol
        value = self.printed_value(item, protocol.dataset, *printed, protocol.metric)
        ours = setting.network not in WEIGHTLESS and setting.network not in PUBLISHED
        if value is not None and ours:
            method, at = printed
            self.beside.append(
                {
                    "item": item,
                    "dataset": protocol.dataset,
                    "method": method,
                    "setting": at,
                    "metric": protocol.metric,
                    "unit": UNITS[protocol.metric],
                    "network": setting.network,
                    "printed": value,
                    **{
                        s: mean(found) if found else None
                        for s, found in (("paper", paper), ("compact", compact))
                    },
                }
            )
        return Cell(value, paper, compact, unit=UNITS[protocol.metric])


def write(paper: Paper, folder: Path = paths.MEASURED, device: str = "auto") -> Path:
    """Judges every claim of a paper at both scales and writes `<key>-verdicts.csv`, and `<key>-beside.csv`
    with every printed number and what was measured; returns the path of the first."""
    path = folder / f"{paper.key}-verdicts.csv"
    parts = []
    for scale in SCALES:
        report = Reread(paper.key, scale, device)
        for item in paper.items.values():
            item(report)
        verdicts = report.verdicts()
        parts.append(verdicts[verdicts["scale"] == scale])
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat(parts).to_csv(path, index=False, lineterminator="\n")
    beside = pd.DataFrame(report.beside, columns=BESIDE).drop_duplicates()
    beside.to_csv(folder / f"{paper.key}-beside.csv", index=False, lineterminator="\n", float_format="%.4f")
    return path
