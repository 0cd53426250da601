"""How the steps of a reproduction ended, kept beside what they made."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lib.base import atomic


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended. `status` is "done" or "failed"; `error` is one line, or empty."""

    notebook: str
    status: str
    seconds: float
    error: str
    parameters: dict
    fingerprint: str

    def save(self, folder: Path) -> None:
        """Writes it beside the executed notebook in the run folder."""
        with atomic.written(folder / f"{self.notebook}.json") as part:
            part.write_text(json.dumps(asdict(self), indent=2) + "\n")


def load(folder: Path) -> list[Outcome]:
    """The outcomes of a run folder, by notebook name."""
    found = []
    for path in sorted(folder.glob("*.json")):
        with suppress(FileNotFoundError):  # another process begins that notebook anew
            found.append(Outcome(**json.loads(path.read_text())))
    return found
