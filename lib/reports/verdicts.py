"""Verdicts on all claims, from the stored rows, kept beside them for the README."""

from pathlib import Path

import pandas as pd

from lib import paths
from lib.measure import UNITS
from lib.reports.common import Cell, Report
from lib.reports.papers import Paper

SCALES = ("compact", "paper")


class Reread(Report):
    """A report on the stored rows: its cells measure nothing."""

    def cell_from(self, item, setting, printed, measure, find_stored) -> Cell:
        stored = (find_stored(item, scale, setting) for scale in SCALES)
        compact, paper = (found.scores if found else None for found in stored)
        protocol = setting.protocol
        printed = self.printed_value(item, protocol.dataset, *printed, protocol.metric)
        return Cell(printed, paper, compact, unit=UNITS[protocol.metric])


def write(paper: Paper, folder: Path = paths.MEASURED, device: str = "auto") -> Path:
    """Judges every claim of a paper at both scales and writes `<key>-verdicts.csv`; returns its path."""
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
    return path
