"""One number of a table: as it is printed, and as it was measured at each scale and in this run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lib.evaluation.measure import Setting
from lib.papers.scores import DECIMALS, Scores, difference, mean
from lib.recipes import Scale

QUOTED = "quoted"  # of what only the paper says


@dataclass(frozen=True)
class Absence:
    """Why a number is not there, and the command that brings it; `of`: what the command is to name."""

    why: str
    command: str = ""
    of: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([f"{self.why}:" if self.command else self.why, self.command, *self.of]).strip()


@dataclass(frozen=True)
class Cell:
    """One number of a table, four times: printed, and per image at paper scale, compact, in this run."""

    printed: float | None = None
    paper: Scores | None = None
    compact: Scores | None = None
    this_run: Scores | None = None
    needs: str = ""  # why this is not measured
    unit: str = "dB"
    stand_in: bool = False  # whether this run measured other images than the table's
    skipped: bool = False  # whether this run left it at the stored rows
    setting: Setting | None = None  # what was measured; None of what was not, and of a difference
    seeds: tuple[float, ...] = ()  # means of the further trainings at compact scale
    contrast: bool = False  # a difference between two cells
    absent: Absence | None = None  # of what is not stored
    trained: str = ""  # for what share of its schedule the network at paper scale was
    note: str = ""  # what else is to be said of it, such as its knob

    def __sub__(self, other: "Cell") -> "Cell":
        """Return the difference image by image; absent where either is."""
        both = (self.printed, other.printed)
        return replace(
            self,
            printed=None if None in both else round(self.printed - other.printed, 4),
            paper=_difference(self.paper, other.paper),
            compact=_difference(self.compact, other.compact),
            this_run=_difference(self.this_run, other.this_run),
            needs=self.needs or other.needs,
            skipped=self.skipped or other.skipped,
            seeds=tuple(a - b for a, b in zip(self.seeds, other.seeds, strict=False)),
            contrast=True,
            absent=self.absent or other.absent,
            note="",
        )

    def __neg__(self) -> "Cell":
        zero = {k: 0.0 for scores in (self.paper, self.compact, self.this_run) if scores for k in scores}
        return Cell(0.0, zero, zero, zero) - self

    def at(self, scale: Scale) -> Scores | None:
        """Return the whole-set values a verdict at this scale rests on."""
        return self.paper if scale == "paper" else self.compact


def quoted(printed: float | None, unit: str = "dB") -> Cell:
    """Return the cell of a rival that nobody measures here."""
    return Cell(printed, needs=QUOTED, unit=unit)


def averaged(cells: Sequence[Cell]) -> Cell:
    """Return the mean of several cells image by image, absent where one of them is; nothing printed."""

    def together(scores: list[Scores | None]) -> Scores | None:
        return {k: float(np.mean([s[k] for s in scores])) for k in scores[0]} if all(scores) else None

    return replace(
        cells[0],
        printed=None,
        paper=together([cell.paper for cell in cells]),
        compact=together([cell.compact for cell in cells]),
        this_run=together([cell.this_run for cell in cells]),
    )


def rounded(value: float, unit: str) -> str:
    """Return a number with the digits that its unit has in a table."""
    return f"{value:.{DECIMALS.get(unit, 3)}f}"


def shown(scores: Scores | None, unit: str) -> str:
    """Return the mean with the digits of its unit; empty where there is none."""
    return rounded(mean(scores), unit) if scores else ""


def _difference(a: Scores | None, b: Scores | None) -> Scores | None:
    return difference(a, b) if a and b else None
