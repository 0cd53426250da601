"""Verdicts on all claims, and printed numbers beside measured ones: from stored rows, and kept with them."""

import base64
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lib.base import atomic, paths
from lib.base.rows import Rows
from lib.evaluation.measure import UNITS
from lib.papers import forest, verdict_table
from lib.papers.cells import Cell
from lib.papers.judging import SCALES, Judged, judge_all
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


def judged(paper: Paper, folder: Path = paths.MEASURED) -> pd.DataFrame:
    """Return every claim of a paper judged at both scales by the stored rows, a line of text each: what the
    verdict is; where a mean was compared with a bound, by how much it is on the right side, from low to high,
    with what probability by chance, of the comparison (among so many) that is nearest to failing."""
    found = judge_all(paper.key, paper.claims.values(), folder)
    return pd.DataFrame([_row(one) | {"control": paper.controls} for one in found])


def _row(one: Judged) -> dict[str, str]:
    claim, margin = one.claim, one.margin
    said = {"claim": claim.name, "item": claim.item, "paper": claim.paper, "scale": one.scale}
    said |= {"measured": one.measured, "verdict": one.verdict, "bound": claim.bound}
    said |= {"headline": "yes" if claim.headline else "", "unit": margin.sample.unit if margin else ""}
    numbers = ("value", "low", "high", "among", "p")
    return said | {name: f"{getattr(margin, name):.4g}" if margin else "" for name in numbers}


@dataclass(frozen=True)
class Shown:
    """Verdicts as a notebook shows them."""

    rows: Rows
    plotted: bool = True  # whether the forest plot stands below

    def _repr_html_(self) -> str:
        if not self.plotted:
            return verdict_table.STYLE + verdict_table.html(self.rows)
        plot = base64.b64encode(forest.svg(self.rows).encode()).decode()
        shown = forest.figure(f"data:image/svg+xml;base64,{plot}") if plot else ""
        return verdict_table.STYLE + verdict_table.html(self.rows) + shown


def shown(report: Report) -> Shown:
    """Return every claim of the report's paper judged at both scales; write rows and forest plot to the
    output folder."""
    frame = judged(find(report.paper))
    said = Shown(frame.to_dict("records"))
    if report.output:
        frame.to_csv(Path(report.output) / "claims.csv", index=False)
        if plot := forest.svg(said.rows):
            (Path(report.output) / "claims.svg").write_text(plot, encoding="utf-8")
    return said


def headlines(report: Report) -> Shown:
    """Return what the paper's main claims came to, for the top of a notebook."""
    rows = judged(find(report.paper)).to_dict("records")
    return Shown([row for row in rows if row["headline"]], plotted=False)


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
    with atomic.written(path) as part:
        judged(paper).to_csv(part, index=False, lineterminator="\n")
    with atomic.written(folder / f"{paper.key}-beside.csv") as part:
        beside(paper, device).to_csv(part, index=False, lineterminator="\n", float_format="%.4f")
    return path
