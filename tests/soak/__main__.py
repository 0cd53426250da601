"""Long trials of what must not break: python tests/soak [TRIAL] [--cases N] [--seed S]. `make soak` runs all.

Each runs in a process of its own. Only where all are run, and in full, results/measured/soak.csv is written.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import trials

from lib.base import atomic, devices, paths, provenance

FULL = {
    trials.damaged_images: 1000,
    trials.killed_trainings: 80,
    trials.flipped_checkpoints: 100,
    trials.flipped_image_sets: 100,
    trials.flipped_rows: 100,
    trials.full_disk: 400,
    trials.killed_reproductions: 10,
    trials.turned_slider: 50_000,
    trials.hostile_uploads: 500,
}
NAMES = {trial.__name__: trial for trial in FULL}
TOLD = 5  # of what went wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/soak", description=__doc__)
    parser.add_argument("trial", nargs="?", choices=NAMES, help="(default: all)")
    parser.add_argument("--cases", type=int, help="of each trial (default: as many as are recorded)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.trial:
        return one(arguments.trial, arguments.cases, arguments.seed)
    rows = [row(name, arguments.cases, arguments.seed) for name in NAMES]
    if arguments.cases is None:
        store(rows, paths.MEASURED / "soak.csv")
    return int(any(found["wrong"] for found in rows))


def one(name: str, cases: int | None, seed: int) -> int:
    """A trial in this process; its last line is what it found, as JSON."""
    devices.tune_cpu()
    with tempfile.TemporaryDirectory() as folder:
        result = NAMES[name](cases or FULL[NAMES[name]], seed, Path(folder))
    print(json.dumps(asdict(result)))
    return int(bool(result.wrong))


def row(name: str, cases: int | None, seed: int) -> dict[str, object]:
    """A trial in a process of its own, as a row."""
    start = time.monotonic()
    command = [sys.executable, __file__, name, f"--seed={seed}", *([f"--cases={cases}"] if cases else [])]
    ended = subprocess.run(command, capture_output=True, text=True)
    lines = ended.stdout.splitlines()
    last = lines[-1] if lines and ended.returncode in (0, 1) else ""
    if last.startswith("{"):
        found = json.loads(last)
    else:
        found = {"tried": 0, "wrong": [(ended.stderr.strip().splitlines() or ["no word"])[-1]], "note": ""}
    seconds = f"{time.monotonic() - start:.0f}"
    wrong = found["wrong"]
    print(f"{name}: {found['tried']} cases, {len(wrong)} wrong, {seconds} s; {found['note']}", flush=True)
    print("".join(f"  {sentence}\n" for sentence in wrong[:TOLD]), end="", flush=True)
    return {
        "trial": name,
        "cases": found["tried"],
        "wrong": len(wrong),
        "note": found["note"],
        "seed": seed,
        "seconds": seconds,
        "commit": provenance.commit(),
        "utc": provenance.now(),
    }


def store(rows: list[dict[str, object]], path: Path) -> None:
    with atomic.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
