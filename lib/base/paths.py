"""Where things are, relative to the repository root."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
RESULTS = ROOT / "results"
PRINTED = RESULTS / "printed"
MEASURED = RESULTS / "measured"
FIGURES = RESULTS / "figures"
CHECKPOINTS = RESULTS / "checkpoints"
RUNS = RESULTS / "runs"
NOTEBOOKS = ROOT / "notebooks"
