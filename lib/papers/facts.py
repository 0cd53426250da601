"""Numbers that are no setting's score (an angle between filters, a share of channels), kept as rows.

`results/measured/<paper>-facts.csv`: item, scale, fact, value.
"""

import csv
from pathlib import Path

from lib.base import atomic, locks, paths
from lib.base.rows import read
from lib.papers.scores import Scores

COLUMNS = ("item", "scale", "fact", "value")
KEY = ("item", "scale", "fact")


def path_of(paper: str, folder: Path = paths.MEASURED) -> Path:
    return folder / f"{paper}-facts.csv"


def load(paper: str, folder: Path = paths.MEASURED) -> dict[tuple[str, str, str], float]:
    """Return every fact of a paper by item, scale and name."""
    return {tuple(row[key] for key in KEY): float(row["value"]) for row in read(path_of(paper, folder))}


def by_image(found: dict[str, Scores]) -> dict[str, float]:
    """Return what is known of quantities image by image as facts called `<quantity>: <image>`."""
    return {
        f"{quantity}: {image}": value for quantity, scores in found.items() for image, value in scores.items()
    }


def keep(paper: str, item: str, scale: str, found: dict[str, float], folder: Path = paths.MEASURED) -> None:
    """Store the facts of an item at a scale, in place of what is stored of it."""
    path = path_of(paper, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.held(path.parent, wait=True):
        rows = [row for row in read(path) if (row["item"], row["scale"]) != (item, scale)]
        rows += [
            dict(zip(COLUMNS, (item, scale, name, f"{value:.6g}"), strict=True))
            for name, value in found.items()
        ]
        with atomic.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted(rows, key=lambda row: (row["item"], row["scale"])))
