"""Rows of a CSV file, as text."""

import csv
from pathlib import Path

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    """The rows of a CSV file with a head; none where the file is not there."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
