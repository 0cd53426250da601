"""docs/results: every notebook as a page that is read without running anything, made from stored rows.

Tables and curves are what is on record; photographs in figures are those that come with scikit-image.
"""

import hashlib
import os
import re
import tempfile
from io import BytesIO
from pathlib import Path

import jupytext
import pandas as pd
from PIL import Image

from lib.base import paths
from lib.evaluation import costs
from lib.papers import published
from lib.papers.companion import reproduced
from lib.papers.papers import COMPARISON, PAPERS, Paper
from lib.papers.report import Report
from lib.papers.shown import Drawing, Prose
from lib.papers.tables import STYLE, Table

PAGES = paths.ROOT / "docs" / "results"
WIDEST = 1100  # pixels, of a figure
CALL = re.compile(r"^\w+\.(\w+)\(report\)$")
# their tables are of the photographs at hand, not of what is on record
ON_SAMPLES = ("vdir-fig5", "vdir-fig6", "vdir-swap", "vdir-strength", "cugan-auto", "qgcn-reading")


class Recorded(Report):
    """A report that measures nothing: its cells are what is stored."""

    def _by(self, measure, live):
        return None


def update() -> None:
    """Writes a page for each notebook, and its figures."""
    data = os.environ.get("RESTORATION_DATA")
    with tempfile.TemporaryDirectory() as nothing:
        os.environ["RESTORATION_DATA"] = nothing
        try:
            for paper in (*PAPERS, COMPARISON):
                _write(paper)
        finally:
            os.environ.pop("RESTORATION_DATA")
            if data is not None:
                os.environ["RESTORATION_DATA"] = data


def rows_sha(paper: Paper, folder: Path = paths.MEASURED) -> str:
    """Return 12 hex digits over the stored rows of a paper, of all files that its page is made from."""
    files = sorted(path for path in folder.glob(f"{paper.key}[-.]*") if "-verdicts" not in path.name)
    if paper is COMPARISON:
        files += folder.glob(costs.RECORD.name)
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def page_of(paper: Paper) -> Path:
    return PAGES / f"{paper.notebook}.md"


def _write(paper: Paper) -> None:
    report, folder = Recorded(paper.key), PAGES / paper.notebook
    folder.mkdir(parents=True, exist_ok=True)
    functions = {item.__name__: (name, item) for name, item in paper.items.items()}
    parts = []
    for cell in jupytext.read(paths.NOTEBOOKS / f"{paper.notebook}.py").cells:
        call = CALL.match(cell.source)
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.source == "reproduced(report)":
            parts.append(reproduced(report).data)
        elif cell.source == "published.table()":
            parts.append(published.table().reset_index().to_markdown(index=False))
        elif cell.source.startswith("verdicts.") and paper.claims:
            parts.append(f"[Verdicts on all claims](../verdicts.md#{paper.key})")
            if cell.source.startswith("verdicts.shown"):
                parts.append(f"![forest plot](../verdicts/{paper.key}.svg)")
        elif call and call[1] in functions:
            parts += _item(report, folder, *functions[call[1]])
    made_from = f"<!-- rows {rows_sha(paper)} -->\nMade by `python -m lib results` from the rows on record."
    page_of(paper).write_text("\n\n".join([made_from, *parts]) + "\n", encoding="utf-8")


def _item(report: Report, folder: Path, name: str, item) -> list[str]:
    """What an item shows, as Markdown; its figures go to the folder."""
    shown, found = item(report), []
    for part in [shown] if isinstance(shown, Drawing | Prose | Table | pd.DataFrame) else shown:
        if isinstance(part, Drawing):
            path = folder / f"{name}{len(found) or ''}.webp"
            _save(part.png, path)
            found.append(f"![{name}]({folder.name}/{path.name})")
        elif isinstance(part, Prose):
            found.append(str(part))
        elif isinstance(part, Table):
            found.append(part.html.removeprefix(STYLE))
        elif name not in ON_SAMPLES:
            found.append(part.reset_index().to_markdown(index=False))
    return found


def _save(png: bytes, path: Path) -> None:
    image = Image.open(BytesIO(png)).convert("RGB")
    image.thumbnail((WIDEST, 10 * WIDEST))
    image.save(path, quality=75, method=6)
