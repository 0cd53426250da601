"""Verdicts as a table: a line for each claim, with both scales as columns."""

from html import escape

from lib.base.rows import Rows
from lib.papers.scores import DECIMALS

ENDS = ("value", "low", "high")
TITLES = {"paper": "paper size", "compact": "compact"}
STYLE = """<style>
.verdicts { max-width: 62rem; font: 15px/1.45 system-ui, sans-serif }
.verdicts summary, .verdicts .head { display: grid; grid-template-columns: 1fr 6.3rem 6.3rem; gap: .4rem;
  padding: .35rem .2rem; border-bottom: 1px solid #ccc; align-items: center }
.verdicts summary { cursor: pointer } .verdicts summary::marker { content: "" }
.verdicts summary > :first-child::before { content: "\\25b8\\a0"; color: #666 }
.verdicts [open] > summary > :first-child::before { content: "\\25be\\a0" }
.verdicts .head { font-weight: bold; border-bottom-width: 2px; padding-top: 1rem }
.verdicts details > div { padding: .4rem 1rem .8rem; overflow-wrap: anywhere }
.verdicts p { margin: .3rem 0 } .verdicts .notes { font-size: 14px }
.chip { border: 2px solid; border-radius: .8rem; padding: 0 .4rem; font-size: 13px; text-align: center;
  white-space: nowrap; color: #111; print-color-adjust: exact; -webkit-print-color-adjust: exact }
.chip.holds { border-color: #1b7837; background: #d4efd8 }
.chip.differs { border-color: #8b0000; background: #8b0000; color: #fff; font-weight: bold }
.chip.undecided { border: 2px dashed #a66a00; background: #ffe9b8 }
.chip.not-tested { border: 1px dotted #777; background: #f1f1f1; color: #444 }
@media (max-width: 30rem) {
  .verdicts summary, .verdicts .head { grid-template-columns: 1fr 5.1rem 5.1rem; gap: .2rem }
  .chip { font-size: 12px; padding: 0 } .verdicts .head { font-size: 13px } }
@media print { .chip.differs { color: #8b0000; background: none } }
</style>"""


def by_claim(rows: Rows) -> list[dict[str, dict[str, str]]]:
    """Return for every claim its rows by scale, headline claims first."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["claim"], {})[row["scale"]] = row
    return sorted(found.values(), key=lambda at: not next(iter(at.values()))["headline"])


def reasons(rows: Rows) -> dict[str, int]:
    """Return why claims were not tested, and how many for each reason, the most first."""
    claims: dict[str, set[str]] = {}
    for row in rows:
        if row["verdict"] == "not tested":
            claims.setdefault(row["measured"], set()).add(row["claim"])
    return {why: len(claims[why]) for why in sorted(claims, key=lambda why: (-len(claims[why]), why))}


def marked(row: dict[str, str], why: dict[str, int]) -> str:
    """Return the verdict, with the number of the footnote that says why there is none."""
    if row["verdict"] != "not tested":
        return row["verdict"]
    return f"{row['verdict']}<sup>{[*why].index(row['measured']) + 1}</sup>"


def notes(why: dict[str, int]) -> list[str]:
    """Return the footnotes of a table of verdicts."""
    return [
        f"<sup>{i}</sup> {escape(of)}: {count} claim{'s' * (count > 1)}."
        for i, (of, count) in enumerate(why.items(), 1)
    ]


def spelt(row: dict[str, str]) -> str:
    """Return by how much a comparison clears its bound; nothing where none was made."""
    if not row["value"]:
        return ""
    value, low, high = (f"{float(row[name]):z.{DECIMALS.get(row['unit'], 3)}f}" for name in ENDS)
    return f"{value} [{low}, {high}]{'' if row['unit'] == '1' else ' ' + row['unit']}"


def details(at: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Return what stands behind the verdicts on a claim: titles and texts."""
    first = next(iter(at.values()))
    found = [(f"Paper, {first['item'].partition('-')[2]}", first["paper"]), ("Bound", f"{first['bound']}.")]
    for scale, title in TITLES.items():
        row = at.get(scale)
        if row and row["verdict"] != "not tested":
            found.append((f"Measured, {title}", f"{row['measured']}."))
            if row["value"]:
                of = f" (nearest to failing of {row['among']} comparisons)" * (row["among"] != "1")
                found.append(("Clears its bound by", f"{spelt(row)}{of}."))
    if len(found) > 2 and first["control"]:
        found.append(("Control", f"contradicted, as it must be, by made-up networks in {first['control']}."))
    return found


def chip(verdict: str, text: str) -> str:
    """Return text in the colours of a verdict, as STYLE has them."""
    return f'<span class="chip {verdict.replace(" ", "-")}">{text}</span>'


def html(rows: Rows) -> str:
    """Return a table with a line for each claim, both scales as columns, all else behind a fold; it needs
    STYLE once on its page."""
    why, lines, group = reasons(rows), [], None
    for at in by_claim(rows):
        first = next(iter(at.values()))
        if group != (group := "Headline claims" if first["headline"] else "Further claims"):
            heads = "".join(f"<span>{title}</span>" for title in TITLES.values())
            lines.append(f'<div class="head"><span>{group}</span>{heads}</div>')
        chips = "".join(
            chip(at[s]["verdict"], marked(at[s], why)) if s in at else "<span></span>" for s in TITLES
        )
        name = f"<b>{escape(first['claim'])}</b>" if first["headline"] else escape(first["claim"])
        text = "".join(f"<p><b>{title}:</b> {escape(said)}</p>" for title, said in details(at))
        lines.append(
            f"<details><summary><span>{name}</span>{chips}</summary><div>{text}</div></details>"
        )
    foot = "".join(f"<p>{note}</p>" for note in notes(why))
    return f'<div class="verdicts">{"".join(lines)}<div class="notes">{foot}</div></div>'
