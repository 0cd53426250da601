"""What a run left in its folder, and the page that shows it: a card for each paper, then everything."""

import json
import re
from collections import Counter
from html import escape
from pathlib import Path
from string import Template

from lib.base import atomic
from lib.base.rows import Rows, read
from lib.papers import forest
from lib.papers.papers import COMPARISON, PAPERS, Paper
from lib.papers.verdict_table import STYLE, TITLES, chip, html
from lib.runs.outcomes import Outcome, load

VERDICTS = ("holds", "differs", "undecided", "not tested")
SUFFIXES = (".png", ".csv", ".md")
BY_NOTEBOOK = {paper.notebook: paper for paper in (*PAPERS, COMPARISON)}

PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Run $name</title>$chips<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem;
  color: #111; background: #fff; overflow-wrap: anywhere }
h1, h2, h3 { line-height: 1.25; margin: 0 0 .5rem } h1 { font-size: 1.75rem }
section { margin-top: 2rem } p { margin: .5rem 0 }
a { color: #0b57a4 } small, .small { font-size: .875em; color: #444 }
.failed { color: #a40000; font-weight: bold }
.cards { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)) }
.card { display: grid; grid-row: span 2; grid-template-rows: subgrid; gap: .75rem; padding: 1rem;
  border: 1px solid #ccc; border-radius: .5rem; break-inside: avoid }
.card img { display: block; width: 100%; max-height: 20rem; object-fit: contain }
.card .chip { display: inline-block; padding: 0 .4rem }
.finding { border-left: 3px solid #ccc; padding-left: .75rem }
ul { padding-left: 1.25rem; columns: 24rem; column-gap: 2rem }
li { break-inside: avoid } li small a { white-space: nowrap }
section > details > summary { cursor: pointer; font-weight: bold }
@media print {
  body { margin: 0; padding: 0; font-size: 12px } h2, h3 { break-after: avoid }
  .cards { grid-template-columns: 1fr 1fr; gap: .75rem } .card { padding: .5rem }
  .card img { max-height: 13rem } .card .chip { font-size: 11px }
}
</style></head><body>
<h1>Five papers on controllable image restoration, run again</h1>
<p class="small">Run $name. Coloured numbers count a paper's claims: <i>compact</i> networks are narrower
and trained briefly, <i>paper size</i> is the paper's own; <i>undecided</i> is a claim that what was measured
neither bears out nor contradicts.</p>
$failed
<div class="cards">$cards</div>
$missing
<section><h2>Tables, figures, claims</h2>$sections</section>
</body></html>
""")

CARD = Template("""<article class="card"><div>$image</div>
<div><h2>$title</h2>$failed<p>$gist</p>$counts$finding<p>$links</p></div></article>""")

SECTION = Template("""<section id="$name"><h3>$title</h3>$failed
<p class="small">Took $seconds s; set for this run: $settings. $files</p>
$items$claims</section>""")


def items(output: Path) -> list[str]:
    """Return the names of the tables and figures that a notebook wrote into its output folder."""
    there = output.iterdir() if output.is_dir() else ()
    return sorted({path.stem for path in there if path.suffix in SUFFIXES} - {"claims"})


def line(outcome: Outcome, folder: Path) -> str:
    """Return one line for the terminal: time, items made, claims by their verdicts."""
    output = folder / outcome.notebook
    if outcome.status == "failed":
        return f"{outcome.notebook}: failed after {outcome.seconds:.0f} s: {outcome.error}"
    said = Counter(row["verdict"] for row in read(output / "claims.csv"))
    return (
        f"{outcome.notebook}: {outcome.seconds:.0f} s, {len(items(output))} items, "
        f"claims: {said['holds']} held, {said['differs']} differ,"
        f" {said['undecided']} undecided, {said['not tested']} not tested"
    )


def write(folder: Path) -> Path:
    """Write index.html from what is in the run folder now; return its path."""
    outcomes = {outcome.notebook: outcome for outcome in load(folder)}
    cards = [_card(paper, outcomes[name], folder) for name, paper in BY_NOTEBOOK.items() if name in outcomes]
    missing = [paper.title for name, paper in BY_NOTEBOOK.items() if name not in outcomes]
    text = PAGE.substitute(
        name=escape(folder.name),
        chips=STYLE,
        failed="".join(_failed(of, f"{name}: ") for name, of in outcomes.items() if name not in BY_NOTEBOOK),
        cards="\n".join(cards),
        missing=f"<p>Not in this run, or not yet: {', '.join(missing)}.</p>" if missing else "",
        sections="\n".join(_section(outcome, folder) for outcome in outcomes.values()),
    )
    page = folder / "index.html"
    with atomic.written(page) as part:
        part.write_text(text, encoding="utf-8")
    return page


def finding(rows: Rows) -> str:
    """Return as HTML the surest verdict, on a headline claim where one is decided: what the paper says, and
    what was measured; nothing where nothing was tested."""
    tested = [row for row in rows if row["verdict"] != "not tested"]
    if not tested:
        return ""
    row = min(tested, key=lambda r: (r["verdict"] == "undecided", not r["headline"], float(r["p"] or 1)))
    measured = re.sub(r" \[[^]]*\]", "", row["measured"])  # intervals stand in the table
    claim = escape(row["claim"][:1].upper() + row["claim"][1:])
    return (
        f'<p class="finding"><b>{claim}</b> {chip(row["verdict"], row["verdict"])}<br>'
        f"The paper: {escape(row['paper'])} Here ({TITLES[row['scale']]}): {escape(measured)}.</p>"
    )


def headings(executed: Path, paper: Paper) -> dict[str, str]:
    """Return for every item of a paper the heading above it in an executed notebook, in its order."""
    found, heading = {}, ""
    calls = {f".{function.__name__}(report": item for item, function in paper.items.items()}
    for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"] if executed.exists() else ():
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = [heading, *re.findall(r"(?m)^##+ (.+)$", text)][-1]
        else:
            found |= {item: heading for call, item in calls.items() if call in text}
    return found


def _card(paper: Paper, outcome: Outcome, folder: Path) -> str:
    name = paper.notebook
    rows = read(folder / name / "claims.csv")
    image = f"{name}/{paper.face}.png"
    shown = f'<a href="{image}"><img src="{image}" alt="{escape(paper.gist)}"></a>'
    links = [("what the notebook shows", f"{name}.html")] if (folder / f"{name}.html").exists() else []
    links.append(("tables, figures, claims", f"#{name}"))
    return CARD.substitute(
        image=shown if (folder / image).exists() else "<small>No image in this run.</small>",
        title=escape(paper.title),
        failed=_failed(outcome),
        gist=escape(paper.gist),
        counts="".join(_counts(rows, scale) for scale in TITLES),
        finding=finding(rows),
        links=" · ".join(f'<a href="{to}">{text}</a>' for text, to in links),
    )


def _counts(rows: Rows, scale: str) -> str:
    said = Counter(row["verdict"] for row in rows if row["scale"] == scale)
    chips = " ".join(chip(verdict, f"{said[verdict]} {verdict}") for verdict in VERDICTS if said[verdict])
    return f'<p class="counts"><small>{TITLES[scale]}:</small> {chips}</p>' if chips else ""


def _failed(outcome: Outcome, before: str = "") -> str:
    said = f"{escape(before)}Failed: {escape(outcome.error)}"
    return f'<p class="failed">{said}</p>' if outcome.status == "failed" else ""


def _section(outcome: Outcome, folder: Path) -> str:
    name = escape(outcome.notebook)
    output = folder / outcome.notebook
    kinds = {"what the notebook shows": ".html", "notebook": ".ipynb", "log": ".log"}
    files = {kind: folder / f"{outcome.notebook}{suffix}" for kind, suffix in kinds.items()}
    settings = [f"{key} {'all' if to is None else to}" for key, to in outcome.parameters.items()]
    paper = BY_NOTEBOOK.get(outcome.notebook)
    rows = read(output / "claims.csv")
    made = "".join(_items(output, folder, paper))
    plot = forest.figure(f"{name}/claims.svg") if (output / "claims.svg").exists() else ""
    title = "Claims, one by one" + ", and by how much they hold or differ" * bool(plot)
    return SECTION.substitute(
        name=name,
        title=escape(paper.title) if paper else name,
        failed=_failed(outcome),
        files=_links(files, folder),
        seconds=f"{outcome.seconds:.0f}",
        settings=escape(", ".join(settings) or "nothing"),
        items=f"<ul>{made}</ul>\n" if made else "",
        claims=f"<details><summary>{title}</summary>{html(rows)}{plot}</details>" if rows else "",
    )


def _items(output: Path, folder: Path, paper: Paper | None) -> list[str]:
    """A line for everything of one name, in the notebook's order: linked to its place there; its files."""
    page = folder / f"{output.name}.html"
    under = headings(folder / f"{output.name}.ipynb", paper) if paper else {}
    found: dict[str, list[Path]] = {item: [] for item in under}
    for name in items(output):
        item = max((item for item in under if name.startswith(item)), key=len, default=name)
        found.setdefault(item, []).extend(output / f"{name}{suffix}" for suffix in SUFFIXES)
    lines: dict[str, list[Path]] = {}
    for item, files in found.items():
        heading = under.get(item, "")
        label = escape(_label(item, heading))
        if heading and page.exists():
            label = f'<a href="{page.name}#{escape(heading.replace(" ", "-"))}">{label}</a>'
        lines.setdefault(label, []).extend(files)
    linked = {
        label: _links({file.name.partition("-")[2] or file.name: file for file in files}, folder)
        for label, files in lines.items()
    }
    return [f"<li>{label} <small>{links}</small></li>" for label, links in linked.items() if links]


def _label(item: str, heading: str) -> str:
    """A number as in the paper, with what its heading says of it; otherwise the heading."""
    key, _, rest = item.partition("-")
    if numbered := re.fullmatch(r"(table|fig)(\d+)", rest):
        kind = {"table": "Table", "fig": "Figure"}[numbered[1]]
        return ": ".join(filter(None, [f"{kind} {numbered[2]}", heading.partition(": ")[2]]))
    return heading or rest.replace("-", " ") or key


def _links(files: dict[str, Path], folder: Path) -> str:
    there = {name: escape(str(file.relative_to(folder))) for name, file in files.items() if file.exists()}
    return " · ".join(f'<a href="{to}">{escape(name)}</a>' for name, to in there.items())
