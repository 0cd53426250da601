"""Fitted curves of knobs, kept with the measured rows: by them Auto sets a knob."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib.base import atomic, locks, paths
from lib.base.rows import read

CURVES = paths.MEASURED / "curves.csv"
ENDS = ("low", "high", "least", "most")  # of a fitted curve


@dataclass(frozen=True)
class KnobCurve:
    """The best value of one knob for each degradation level: a polynomial fitted to measurements.

    coefficients: lowest power first, as numpy.polynomial takes them; the fit holds for levels from
    low to high. least, most: between which the knob stays, the range of training and as far beyond it as
    the best value of a measured level lay.
    """

    knob: str
    level_name: str
    coefficients: tuple[float, ...]
    low: float
    high: float
    least: float = 0.0
    most: float = 1.0


def knob_for(level: float, curve: KnobCurve) -> float:
    """The knob at this level; below and above the measured levels, the knob at the nearest one."""
    nearest = min(max(level, curve.low), curve.high)
    value = float(np.polynomial.Polynomial(curve.coefficients)(nearest))
    return min(max(value, curve.least), curve.most)


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
    with atomic.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda r: (r["run"], r["scale"])))
