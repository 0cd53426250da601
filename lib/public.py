"""The networks a user calls by name, on the command line and under a slider."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib import networks, paths, tasks
from lib.checkpoints import path_of
from lib.recipes import Scale
from lib.tasks import KnobCurve, Loaded, Task

CURVES = paths.MEASURED / "curves.csv"


@dataclass(frozen=True)
class Public:
    """A public name, the run behind it, and what its pictures are."""

    name: str
    run: str
    task: Task
    channels: Literal[1, 3]


NETWORKS = (Public("adafm-denoise", "adafm-denoise-s15-s75-k1", tasks.DENOISE, 3),)


def load(name: str, scale: Scale | None = None, folder: Path = paths.CHECKPOINTS) -> Loaded:
    """A network by its public name, at paper scale where it is trained and compact otherwise.

    Raises ValueError naming the networks there are, FileNotFoundError where none is trained.
    """
    public = find(name)
    if scale is None:
        scale = "paper" if path_of(public.run, "paper", folder).exists() else "compact"
    trained = networks.load(public.run, scale, folder)
    return Loaded(name, trained.net, public.task, public.channels, scale, read_curve(name, scale))


def find(name: str) -> Public:
    for public in NETWORKS:
        if public.name == name:
            return public
    known = ", ".join(public.name for public in NETWORKS)
    raise ValueError(f"There is no network {name}; there are: {known}.")


def read_curve(network: str, scale: str, path: Path = CURVES) -> KnobCurve | None:
    """The fitted curve of a network's knob, or None where it has not been measured."""
    for row in _rows(path):
        if (row["network"], row["scale"]) == (network, scale):
            powers = tuple(float(c) for c in row["coefficients"].split())
            return KnobCurve(row["knob"], row["level"], powers, float(row["low"]), float(row["high"]))
    return None


def write_curve(network: str, scale: str, curve: KnobCurve, path: Path = CURVES) -> None:
    """Keep a fitted curve, in place of an earlier one of the same network and scale."""
    rows = [r for r in _rows(path) if (r["network"], r["scale"]) != (network, scale)]
    rows.append(
        {
            "network": network,
            "scale": scale,
            "knob": curve.knob,
            "level": curve.level_name,
            "coefficients": " ".join(f"{c:.8g}" for c in curve.coefficients),
            "low": f"{curve.low:g}",
            "high": f"{curve.high:g}",
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda r: (r["network"], r["scale"])))


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
