"""What a run left in its folder, and the page that links it."""

from collections import Counter
from html import escape
from pathlib import Path
from string import Template

from lib.base import atomic
from lib.base.rows import Rows, read
from lib.papers import forest, verdict_table
from lib.runs.outcomes import Outcome, load

VERDICTS = ("holds", "differs", "undecided", "not tested")

PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>$title</title><style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
th, td { border: 1px solid #ccc; padding: .25rem .75rem; text-align: left; vertical-align: top }
.failed { color: #a40000; font-weight: bold }
figure { display: inline-block; margin: .5rem 1rem .5rem 0; vertical-align: top }
figure img { max-width: 18rem; max-height: 14rem; border: 1px solid #ccc; display: block }
</style></head><body>
<h1>$title</h1>
$summary
$sections
</body></html>
""")


def items(output: Path) -> list[str]:
    """Names of the tables and figures that a notebook wrote into its output folder."""
    there = output.iterdir() if output.is_dir() else ()
    made = {path.stem for path in there if path.suffix in (".csv", ".md", ".png")}
    return sorted(made - {"claims"})


def claims(output: Path) -> Rows:
    """Rows of a notebook's claims.csv."""
    return read(output / "claims.csv")


def counts(output: Path) -> list[int]:
    """How many claims hold, differ, are undecided, and were not tested."""
    verdicts = Counter(row["verdict"] for row in claims(output))
    return [verdicts[verdict] for verdict in VERDICTS]


def line(outcome: Outcome, folder: Path) -> str:
    """One line for the terminal: time, items made, claims by their verdicts."""
    output = folder / outcome.notebook
    if outcome.status == "failed":
        return f"{outcome.notebook}: failed after {outcome.seconds:.0f} s: {outcome.error}"
    held, differ, undecided, untested = counts(output)
    return (
        f"{outcome.notebook}: {outcome.seconds:.0f} s, {len(items(output))} items, "
        f"claims: {held} held, {differ} differ, {undecided} undecided, {untested} not tested"
    )


def write(folder: Path) -> Path:
    """Writes index.html from what is in the run folder now; returns its path."""
    outcomes = load(folder)
    page = folder / "index.html"
    text = PAGE.substitute(
        title=escape(f"Run {folder.name}"),
        summary=_summary(outcomes, folder),
        sections="\n".join(_section(outcome, folder) for outcome in outcomes),
    )
    with atomic.written(page) as part:
        part.write_text(text, encoding="utf-8")
    return page


def _summary(outcomes: list[Outcome], folder: Path) -> str:
    rows = []
    for outcome in outcomes:
        output = folder / outcome.notebook
        link = f'<a href="#{escape(outcome.notebook)}">{escape(outcome.notebook)}</a>'
        state = f'<span class="{outcome.status}">{outcome.status}</span>'
        cells = [link, state, f"{outcome.seconds:.0f} s", len(items(output)), *counts(output)]
        rows.append([str(cell) for cell in cells])
    return _table(["notebook", "", "time", "items", *VERDICTS], rows)


def _section(outcome: Outcome, folder: Path) -> str:
    name = escape(outcome.notebook)
    output = folder / outcome.notebook
    files = [f"{outcome.notebook}.html", f"{outcome.notebook}.ipynb", f"{outcome.notebook}.log"]
    settings = ", ".join(
        f"{key} {'all' if value is None else value}" for key, value in outcome.parameters.items()
    )
    parts = [
        f'<h2 id="{name}">{name}</h2>',
        f"<p>{_links(files, folder)}</p>",
        f"<p>Set for this run: {escape(settings or 'nothing')}.</p>",
    ]
    if outcome.status == "failed":
        parts.append(f'<p class="failed">Failed: {escape(outcome.error)}</p>')
    if rows := claims(output):
        parts.append("<h3>Claims</h3>" + verdict_table.html(rows))
    if (output / "claims.svg").exists():
        parts.append(forest.figure(f"{name}/claims.svg"))
    if names := items(output):
        parts.append("<h3>Items</h3>" + "\n".join(_item(item, output, folder) for item in names))
    return "\n".join(parts)


def _item(item: str, output: Path, folder: Path) -> str:
    files = [f"{output.name}/{item}{suffix}" for suffix in (".csv", ".md", ".png")]
    picture = f"{escape(files[-1])}"
    image = f'<a href="{picture}"><img src="{picture}" alt="{escape(item)}" loading="lazy"></a>'
    shown = image if (folder / files[-1]).exists() else ""
    caption = f"{escape(item)}: {_links(files, folder)}"
    return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"


def _links(files: list[str], folder: Path) -> str:
    there = [escape(file) for file in files if (folder / file).exists()]
    return " · ".join(f'<a href="{file}">{file.rpartition("/")[2]}</a>' for file in there)


def _table(head: list[str], rows: list[list[str]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return f"<table><tr>{titles}</tr>{''.join(f'<tr>{row}</tr>' for row in lines)}</table>"
