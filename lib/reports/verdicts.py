"""Verdicts on all claims, from the stored rows, kept beside them for the README."""

from pathlib import Path

import pandas as pd

from lib import paths
from lib.reports import adafm
from lib.reports.common import Cell, Report

SCALES = ("compact", "paper")


class Reread(Report):
    """A report on the stored rows: its cells measure nothing."""

    def cell_from(self, item, setting, printed, measure, find_stored) -> Cell:
        stored = (find_stored(item, scale, setting) for scale in SCALES)
        compact, paper = (found.scores if found else None for found in stored)
        return Cell(self.printed_value(item, setting.protocol.dataset, *printed), paper, compact)


def write(folder: Path = paths.MEASURED, device: str = "auto") -> Path:
    """Judges every claim of AdaFM at both scales and writes `adafm-verdicts.csv`; returns its path."""
    path = folder / "adafm-verdicts.csv"
    parts = []
    for scale in SCALES:
        report = Reread("adafm", scale, device)
        for item in adafm.ITEMS.values():
            item(report)
        verdicts = report.verdicts()
        parts.append(verdicts[verdicts["scale"] == scale])
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat(parts).to_csv(path, index=False, lineterminator="\n")
    return path
