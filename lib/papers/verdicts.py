"""Verdicts on all claims, and printed numbers beside measured ones: from stored rows, and kept with them."""

from pathlib import Path

import pandas as pd

from lib.base import paths
from lib.evaluation.measure import UNITS
from lib.papers.cells import Cell
from lib.papers.judging import SCALES, judge_all
from lib.papers.papers import Paper, find
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.training.networks import PUBLISHED, WEIGHTLESS

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


COLUMNS = ("claim", "item", "paper", "scale", "measured", "verdict")


def judged(paper: Paper, folder: Path = paths.MEASURED) -> pd.DataFrame:
    """Return every claim of a paper judged at both scales by the stored rows, a line each."""
    rows = [
        (j.claim.name, j.claim.item, j.claim.paper, j.scale, j.measured, j.verdict)
        for j in judge_all(paper.key, paper.claims.values(), folder)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def shown(report: Report) -> pd.DataFrame:
    """Return every claim of the report's paper judged at both scales; write it to the output folder."""
    frame = judged(find(report.paper))
    if report.output:
        frame.to_csv(Path(report.output) / "claims.csv", index=False)
    return frame


def beside(paper: Paper, device: str = "auto") -> pd.DataFrame:
    """Return every printed number of a network trained here and what was measured at either scale."""
    report = Reread(paper.key, device=device)
    for item in paper.items.values():
        item(report)
    return pd.DataFrame(report.beside, columns=BESIDE).drop_duplicates()


def write(paper: Paper, folder: Path = paths.MEASURED, device: str = "auto") -> Path:
    """Judge every claim of a paper and write `<key>-verdicts.csv`, and `<key>-beside.csv` with every printed
    number and what was measured; return the path of the first."""
    path = folder / f"{paper.key}-verdicts.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    judged(paper).to_csv(path, index=False, lineterminator="\n")
    measured = folder / f"{paper.key}-beside.csv"
    beside(paper, device).to_csv(measured, index=False, lineterminator="\n", float_format="%.4f")
    return path
