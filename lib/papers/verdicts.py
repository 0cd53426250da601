"""Verdicts on all claims, and printed numbers beside measured ones: from stored rows, and kept with them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lib.base import atomic, paths
from lib.base.rows import Rows, read
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


def beside(paper: Paper, device: str = "auto", items: Sequence[str] = ()) -> pd.DataFrame:
    """Return every printed number of a network trained here and what was measured at either scale; of these
    items, where some are named."""
    report = Reread(paper.key, device=device)
    for name in items or paper.items:
        paper.items[name](report)
    return pd.DataFrame(report.beside, columns=BESIDE).drop_duplicates()


def write(
    paper: Paper, folder: Path = paths.MEASURED, device: str = "auto", items: Sequence[str] = ()
) -> Path:
    """Judge every claim of a paper and write `<key>-verdicts.csv`, and `<key>-beside.csv` with every printed
    number and what was measured; return the path of the first. items: what is said of others stays."""
    path, measured = (folder / f"{paper.key}-{kind}.csv" for kind in ("verdicts", "beside"))
    path.parent.mkdir(parents=True, exist_ok=True)
    others = {(row["claim"], row["scale"]): row for row in _others(path, items)}
    rows = [others.get((row["claim"], row["scale"]), row) for row in judged(paper).to_dict("records")]
    with atomic.written(path) as part:
        pd.DataFrame(rows).to_csv(part, index=False, lineterminator="\n")
    again = beside(paper, device, items).to_csv(index=False, float_format="%.4f")
    again = pd.read_csv(io.StringIO(again), dtype=str, keep_default_na=False)
    frame = pd.concat([pd.DataFrame(_others(measured, items), columns=BESIDE), again])
    if items:
        places = {name: place for place, name in enumerate(paper.items)}
        frame = frame.sort_values("item", key=lambda names: names.map(places), kind="stable")
    with atomic.written(measured) as part:
        frame.to_csv(part, index=False, lineterminator="\n")
    return path


def _others(path: Path, items: Sequence[str]) -> Rows:
    """Return what stands in a file of items that are not among these; nothing where none is named."""
    return [row for row in read(path) if row["item"] not in items] if items else []
