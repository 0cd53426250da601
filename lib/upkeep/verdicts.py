"""docs/verdicts.md: every verdict and what stands behind it, rendered from stored rows, and forest plots."""

import hashlib
from collections import Counter
from pathlib import Path

from lib.base import paths
from lib.base.rows import Rows, read
from lib.papers import forest
from lib.papers.deciding import CONFIDENCE, holm
from lib.papers.papers import PAPERS, Paper
from lib.papers.verdict_table import TITLES, by_claim, details, marked, notes, reasons, spelt
from lib.upkeep.readme import VERDICTS, counts
from lib.upkeep.rendered import table

PAGE = paths.ROOT / "docs" / "verdicts.md"
NEW = "not yet made"
PLOTS = PAGE.with_suffix("")
FIRST = "verdicts-first.csv"  # every verdict on the first networks: one training each, images alone resampled


def update() -> None:
    """Writes the page and a plot for each paper."""
    PAGE.write_text(render(), encoding="utf-8")
    PLOTS.mkdir(exist_ok=True)
    for paper in PAPERS:
        rows, made_from = stored(paper, paths.MEASURED)
        (PLOTS / f"{paper.key}.svg").write_text(forest.svg(rows, made_from), encoding="utf-8")


def render(measured: Path = paths.MEASURED) -> str:
    """The text of the page."""
    found = [(paper, *stored(paper, measured)) for paper in PAPERS]
    head = ["paper", *(f"claims, {title}" for title in TITLES.values())]
    lines = [
        [f"[{paper.title}](#{paper.key})", *(counts(paper, rows, scale) for scale in TITLES)]
        for paper, rows, _ in found
    ]
    parts = [
        "# Verdicts on the papers' claims",
        "Rendered from results/measured by `python -m lib readme`. Headline claims are bold and first.",
        table(head, lines),
        error_rate([row for _, rows, _ in found for row in rows]),
        moved(read(measured / FIRST), {paper.key: rows for paper, rows, _ in found}),
        *(_section(*of) for of in found),
    ]
    return "\n\n".join(parts) + "\n"


def error_rate(rows: Rows) -> str:
    """How many of the decided headline claims stand when all are taken together, and what that means."""
    tested = [row for row in rows if row["headline"] and row["p"]]
    stands = dict(zip(map(_place, tested), holm([float(row["p"]) for row in tested]), strict=True))
    decided = [row for row in tested if row["verdict"] != "undecided"]
    said = [f"*{r['claim']}* ({TITLES[r['scale']]}) {r['verdict']}" for r in decided if stands[_place(r)]]
    return (
        f"Over both scales {len(tested)} headline claims were compared with bounds; {len(decided)} are "
        f"decided, each by itself with a chance of error of at most {1 - CONFIDENCE:.0%}. By Holm's "
        f"procedure over all {len(tested)}, {len(said)} of them stand{': ' * bool(said)}{', '.join(said)}. "
        f"That means: the chance that even one of those that stand is an accident of images and trainings is "
        f"at most {1 - CONFIDENCE:.0%}."
    )


def moved(first: Rows, now: dict[str, Rows]) -> str:
    """Return a table of compact verdicts on the first networks, a line each, and what they are now; claims
    that were not made then are its last line. now: rows of verdicts by the paper's key."""
    before = {(row["key"], row["claim"]): row["verdict"] for row in first if row["scale"] == "compact"}
    ways = Counter(
        (before.get((key, row["claim"]), NEW), row["verdict"])
        for key, rows in now.items()
        for row in rows
        if row["scale"] == "compact"
    )
    lines = [[was, *(str(ways[was, verdict]) for verdict in VERDICTS)] for was in (*VERDICTS, NEW)]
    return (
        "The first compact trainings had faults and one seed; most were repeated without the faults, and "
        "verdicts now allow for the spread of seeds as well as of images. Claims by what they were judged "
        f"then, a line each, and what they are now:\n\n{table(['then', *VERDICTS], lines)}"
    )


def _place(row: dict[str, str]) -> tuple[str, str, str]:
    return row["item"], row["claim"], row["scale"]


def stored(paper: Paper, measured: Path) -> tuple[Rows, str]:
    """The rows of a paper's verdicts, and the hash of their file."""
    path = measured / f"{paper.key}-verdicts.csv"
    return read(path), hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "none"


def _section(paper: Paper, rows: Rows, made_from: str) -> str:
    why, lines, folded = reasons(rows), [], []
    for at in by_claim(rows):
        first = next(iter(at.values()))
        name = f"**{first['claim']}**" if first["headline"] else first["claim"]
        margins = [spelt(row) for scale in TITLES if (row := at.get(scale)) and row["value"]]
        lines.append([name, *(marked(at[s], why).replace(" ", "&nbsp;") for s in TITLES), "; ".join(margins)])
        text = " ".join(f"*{title}:* {said}" for title, said in details(at) if title != "Control")
        folded.append(f"- {name}. {text}")
    contradicted = f" In {paper.controls} made-up networks contradict every claim, as they must."
    parts = [
        f'<a id="{paper.key}"></a>',
        f"## {paper.title}",
        f"Of {paper.key}-verdicts.csv {made_from}.{contradicted if paper.controls else ''}",
        table(["claim", *TITLES.values(), "clears its bound by"], lines),
        "<br>".join(notes(why)),
        "<details><summary>What the paper says, what was measured, and whose bound decides</summary>",
        "\n".join(folded),
        "</details>",
        f"![Forest plot of {paper.title}](verdicts/{paper.key}.svg)",
        forest.CAPTION,
    ]
    return "\n\n".join(parts)
