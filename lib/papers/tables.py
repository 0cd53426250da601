"""Tables in the shape that the paper gave them, and the long form that is kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from typing import NamedTuple

import pandas as pd

from lib.papers.cells import QUOTED, Absence, Cell, rounded, shown
from lib.papers.scores import mean, with_interval

STYLE = """<style>
.numbers {overflow-x: auto; font-size: 12.5px; line-height: 1.35; margin: .6em 0}
.numbers table {border-collapse: collapse; margin: .3em 0 .8em; font-variant-numeric: tabular-nums}
.numbers th, .numbers td {padding: .2em .55em; text-align: right; white-space: nowrap; vertical-align: top}
.numbers thead th {border-bottom: 1px solid #888; font-weight: 600; white-space: normal}
.numbers tbody th {text-align: left; font-weight: 400; white-space: normal; max-width: 15em}
.numbers tbody tr {border-bottom: 1px solid #e4e4e4}
.numbers td span, .numbers .compact {color: #14558f} .numbers b {font-weight: 400}
.numbers td sub, .numbers p sub {vertical-align: baseline; font-size: .85em}
.numbers .wide sub {display: block} .numbers sup {line-height: 0}
.numbers sub, .numbers td i {color: #767676} .numbers .quoted {background: #f1f1f1}
.numbers .same {background: #dcebf7} .numbers .opposite {background: #fbe0cc}
.numbers p {margin: .2em 0; color: #444; max-width: 62em; white-space: normal}
</style>"""


SHORT = 14  # characters that stay on a line
WIDE = 7  # columns from which printed numbers stand below ours
SPELT = {"cbsd68": "CBSD68", "bsd68": "BSD68", "set5": "Set5", "live1": "LIVE1", "classic5": "Classic5"}


class Line(NamedTuple):
    """Where a number stands in a table, but for the method."""

    dataset: str
    setting: str = ""
    metric: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


Row = tuple[Line, str, Cell]  # place, method, numbers


class Axis(Enum):
    """What tells the rows or the columns of a table apart."""

    DATASET = "set"
    SETTING = "setting"
    METRIC = "metric"
    METHOD = "method"

    def of(self, row: Row) -> str:
        line, method, _ = row
        return method if self is Axis.METHOD else line[list(Axis).index(self)]


@dataclass(frozen=True)
class Shape:
    """What goes down and what across; numbers that differ in nothing of both share a cell."""

    down: tuple[Axis, ...] = (Axis.DATASET, Axis.SETTING)
    across: tuple[Axis, ...] = (Axis.METHOD,)


BY_METHOD = Shape()
BY_LEVEL = Shape((Axis.SETTING, Axis.DATASET))
METHODS_DOWN = Shape((Axis.DATASET, Axis.METHOD), (Axis.SETTING,))
ONE_COLUMN = Shape((Axis.DATASET, Axis.SETTING, Axis.METHOD), ())


@dataclass(frozen=True)
class Table:
    """A finished table: `frame` in long form, a number each line; shown in the paper's shape."""

    frame: pd.DataFrame
    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.frame.drop(columns="why not").to_string()


def long_form(rows: Sequence[Row], this_run: str) -> pd.DataFrame:
    """Return rows as a frame of text, line and method its index: printed, at both scales, in this run; empty
    where there is none, and in the last column why nothing is stored.

    Where all are in dB the index says so once. Values of this run on other images than the line's carry a
    star.
    """
    head = "dB" if {cell.unit for _, _, cell in rows} == {"dB"} else "quantity"
    if any(cell.stand_in for _, _, cell in rows):
        this_run += " (*: embedded photographs)"
    return pd.DataFrame(
        [
            {
                "": str(line),
                head: f"{method} {cell.note}".strip(),
                "printed": "" if cell.printed is None else rounded(cell.printed, cell.unit),
                "paper scale": shown(cell.paper, cell.unit),
                "compact": shown(cell.compact, cell.unit),
                this_run: shown(cell.this_run, cell.unit)
                + (" *" if cell.stand_in and cell.this_run else ""),
                "why not": cell.needs if cell.needs == QUOTED else str(cell.absent or ""),
            }
            for line, method, cell in rows
        ]
    ).set_index(["", head])


class Footnotes:
    """Reasons why something is not measured, each with its mark, in the order in which they come."""

    def __init__(self) -> None:
        self.named: dict[tuple[str, str], dict[str, None]] = {}

    def mark(self, absence: Absence) -> str:
        """Return the mark of a reason; what one command brings shares it."""
        reason = absence.why, absence.command
        self.named.setdefault(reason, {}).update(dict.fromkeys(absence.of))
        return chr(ord("a") + list(self.named).index(reason))

    def __str__(self) -> str:
        reasons = [Absence(*reason, tuple(names)) for reason, names in self.named.items()]
        return "".join(f"<p><sup>{self.mark(one)}</sup> {escape(str(one))}</p>" for one in reasons)


def paper_shaped(rows: Sequence[Row], shape: Shape, caption: str, this_run: str) -> str:
    """Return rows as HTML: ours with its interval on hover, beside it small and grey what is printed.

    A table whose columns are not those of every image set falls into one for each. What is only quoted stands
    first and on grey. caption: HTML that stands below.
    """
    notes = Footnotes()
    rows = _quoted_first(rows)
    blocks = _blocks(rows, shape)
    tables = "".join(_table(block, shape, notes, this_run) for block in blocks)
    return f'{STYLE}<div class="numbers">{tables}<p>{caption}</p>{notes}</div>'


def _quoted_first(rows: Sequence[Row]) -> list[Row]:
    """The same rows, methods of which nothing was measured before all others."""
    measured = {method for _, method, cell in rows if cell.needs != QUOTED}
    return sorted(rows, key=lambda row: row[1] in measured)


def _blocks(rows: list[Row], shape: Shape) -> list[list[Row]]:
    if Axis.DATASET not in shape.down or Axis.SETTING not in shape.across:
        return [rows]
    parts = [[row for row in rows if row[0].dataset == name] for (name,) in _keys(rows, (Axis.DATASET,))]
    columns = [set(_keys(part, shape.across)) for part in parts]
    return [rows] if all(own == columns[0] for own in columns) else parts


def _keys(rows: Sequence[Row], axes: Sequence[Axis]) -> list:
    return list(dict.fromkeys(tuple(axis.of(row) for axis in axes) for row in rows))


def _table(rows: list[Row], shape: Shape, notes: Footnotes, this_run: str) -> str:
    columns, lines = _in_order(rows, shape.across), _in_order(rows, shape.down)
    cells: dict[tuple, list[Row]] = {}
    for row in rows:
        place = tuple(axis.of(row) for axis in (*shape.down, *shape.across))
        cells.setdefault(place, []).append(row)
    heads = "".join(
        "<tr>"
        + (f'<th colspan="{len(shape.down)}"></th>' if len(shape.down) else "")
        + "".join(f'<th colspan="{span}">{_spelt(name)}</th>' for name, span in _spans(columns, depth))
        + "</tr>"
        for depth in range(len(shape.across))
    )
    body, before = [], ("\0",) * len(shape.down)
    for line in lines:
        heading = "".join(
            f"<th>{'' if line[: i + 1] == before[: i + 1] else _spelt(part)}</th>"
            for i, part in enumerate(line)
        )
        before = line
        numbers = "".join(_data(cells.get(line + column, []), notes, this_run) for column in columns)
        body.append(f"<tr>{heading}{numbers}</tr>")
    wide = ' class="wide"' if len(columns) > WIDE else ""
    return f"<table{wide}><thead>{heads}</thead><tbody>{''.join(body)}</tbody></table>"


def _spelt(name: str) -> str:
    """Return a set, a level or a method as the papers write it, as HTML."""
    text = SPELT.get(name, name).replace("->", " \u2192 ")
    if len(text) <= SHORT:
        text = text.replace(" ", "\u00a0")
    return escape(re.sub(r"\bsigma(?=\d)", "\u03c3 ", re.sub(r"\bx(?=\d)", "\u00d7", text)))


def _in_order(rows: list[Row], axes: Sequence[Axis]) -> list[tuple[str, ...]]:
    """What is on these axes, sorted by where each part first comes."""
    first = [{key: i for i, (key,) in enumerate(_keys(rows, (axis,)))} for axis in axes]
    return sorted(_keys(rows, axes), key=lambda key: [at[part] for at, part in zip(first, key, strict=True)])


def _spans(columns: list[tuple[str, ...]], depth: int) -> list[tuple[str, int]]:
    """Headings at a depth, each with the number of columns below it."""
    found: list[tuple[str, int]] = []
    before: tuple[str, ...] | None = None
    for column in columns:
        if before is not None and column[: depth + 1] == before[: depth + 1]:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((column[depth], 1))
        before = column
    return found


def _data(rows: list[Row], notes: Footnotes, this_run: str) -> str:
    """One cell of the grid, which may hold several metrics one below the other."""
    if not rows:
        return "<td></td>"
    cells = [cell for _, _, cell in rows]
    tint = "quoted" if all(cell.needs == QUOTED for cell in cells) else _tint(cells)
    inside = "".join(f"<div>{_numbers(cell, notes)}</div>" for cell in cells)
    hover = "&#10;".join(escape(_hover(row, this_run)) for row in rows)
    return f'<td class="{tint}" title="{hover}">{inside}</td>'


def _tint(cells: list[Cell]) -> str:
    """Whether differences have the sign that is printed."""
    pairs = [(mean(cell.compact or cell.paper), cell.printed) for cell in cells
             if cell.contrast and cell.printed is not None and (cell.compact or cell.paper)]
    if not pairs:
        return ""
    return "same" if all(round(ours, 2) * printed >= 0 for ours, printed in pairs) else "opposite"


def _numbers(cell: Cell, notes: Footnotes) -> str:
    printed = "" if cell.printed is None else f" <sub>{rounded(cell.printed, cell.unit)}</sub>"
    if cell.needs == QUOTED:
        return printed
    found = [
        f"<{tag}>{rounded(mean(scores), cell.unit)}</{tag}>"
        for tag, scores in (("b", cell.paper), ("span", None if cell.paper == cell.compact else cell.compact))
        if scores
    ]
    if not found and cell.absent:
        found = [f'<i>&ndash;<sup>{notes.mark(cell.absent)}</sup></i>']
    return " ".join(found) + printed


def _hover(row: Row, this_run: str) -> str:
    line, method, cell = row
    parts = [f"{line}, {method} ({cell.unit})" if cell.unit != "1" else f"{line}, {method}"]
    after = f", after {cell.trained}" if cell.trained else ""
    for name, scores in ((f"the paper's size{after}", cell.paper), ("compact", cell.compact)):
        if scores:
            parts.append(f"{name}: {with_interval(scores)}, {len(scores)} images")
    if cell.note:
        parts.append(cell.note)
    if cell.seeds:
        parts.append("further seeds: " + ", ".join(rounded(value, cell.unit) for value in cell.seeds))
    if cell.this_run:
        where = ", embedded photographs" if cell.stand_in else ""
        parts.append(f"{this_run}{where}: {rounded(mean(cell.this_run), cell.unit)}")
    if cell.printed is not None:
        parts.append(f"printed: {rounded(cell.printed, cell.unit)}")
    return "\n".join(parts)
