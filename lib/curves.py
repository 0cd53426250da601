"""Fitted curves of knobs, kept with the measured rows: by them Auto sets a knob."""

import csv
from pathlib import Path

from lib import locks, paths, whole
from lib.rows import read
from lib.tasks import KnobCurve

CURVES = paths.MEASURED / "curves.csv"
ENDS = ("low", "high", "least", "most")  # of a fitted curve


def read_curve(run: str, scale: str, path: Path = CURVES) -> KnobCurve | None:
    """The fitted curve of the knob of a run, or None where it has not been measured."""
    for row in read(path):
        if (row["run"], row["scale"]) == (run, scale):
            powers = tuple(float(c) for c in row["coefficients"].split())
            ends = (float(row[end]) for end in ENDS)
            return KnobCurve(row["knob"], row["level"], powers, *ends)
    return None


def write_curve(run: str, scale: str, curve: KnobCurve, path: Path = CURVES) -> None:
    """Keep a fitted curve, in place of an earlier one of the same run and scale."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.held(path.parent, wait=True):
        _put(run, scale, curve, path)


def _put(run: str, scale: str, curve: KnobCurve, path: Path) -> None:
    rows = [r for r in read(path) if (r["run"], r["scale"]) != (run, scale)]
    rows.append(
        {
            "run": run,
            "scale": scale,
            "knob": curve.knob,
            "level": curve.level_name,
            "coefficients": " ".join(f"{c:.8g}" for c in curve.coefficients),
            **{end: f"{getattr(curve, end):.4g}" for end in ENDS},
        }
    )
    with whole.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda r: (r["run"], r["scale"])))
