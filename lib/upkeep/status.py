"""What is trained, measured and missing at each scale; which image sets are here; the device."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from safetensors import SafetensorError, safe_open

from lib.base import devices, paths
from lib.base.rows import read
from lib.data import sets
from lib.papers.adafm import claims as adafm
from lib.papers.cfsnet import claims as cfsnet
from lib.papers.cugan import claims as cugan
from lib.papers.qgcn import claims as qgcn
from lib.papers.vdir import claims as vdir
from lib.recipes import Scale, find, queue
from lib.training.checkpoints import made_by, path_of
from lib.training.unfinished import under_way
from lib.upkeep.hours import Hours

COMPARED = ("compare-denoise", "compare-dejpeg", "compare-seeds", "compare-plane", "compare-unaided")
ITEMS = {  # of every paper, in the order of its claims, and those of them that keep no rows
    key: (tuple(dict.fromkeys(claim.item for claim in paper.CLAIMS.values())), paper.LIVE)
    for key, paper in {"adafm": adafm, "cfsnet": cfsnet, "cugan": cugan, "vdir": vdir, "qgcn": qgcn}.items()
} | {"compare": (COMPARED, ())}
SHOWN: tuple[Scale, ...] = ("compact", "paper")


def text(checkpoints: Path = paths.CHECKPOINTS, measured: Path = paths.MEASURED) -> str:
    """Plain tables; weights are not read, only the headers of their files."""
    queue = Hours(out=checkpoints, measured=measured)
    parts = [
        _table(["training run", *SHOWN], _runs(checkpoints)),
        _table(["queue for a CPU, paper", "state", "hours left"], queue.rows()),
        queue.total(),
        _table(["item", *SHOWN], _items(measured)),
        _table(["image set", "where"], _sets()),
        _table(["device", "precision"], [_device()]),
    ]
    return "\n\n".join(parts)


def _runs(folder: Path) -> Iterable[list[str]]:
    names = dict.fromkeys(recipe.name for scale in SHOWN for recipe in queue(scale))
    for name in names:
        yield [name, *(_run(name, scale, folder) for scale in SHOWN)]


def _run(name: str, scale: Scale, folder: Path) -> str:
    path = path_of(name, scale, folder)
    if path.exists():
        header = _header(path)
        if not {"steps", "utc"} <= header.keys():
            return "damaged"
        old = not made_by(find(name, scale), path)
        made = f"{json.loads(header['steps'])} steps, {json.loads(header['utc'])[:10]}"
        return f"{made}, by an earlier recipe" if old else made
    started = (paths.RUNS / "training").glob(f"{name}-{scale}-*/state.safetensors")
    states = [_state(path) for path in started]
    if states:
        return "; ".join(states)
    return "trained, weights not shipped" if path.with_suffix(".csv").exists() else "missing"


def _state(path: Path) -> str:
    """How far an unfinished run is."""
    header = _header(path)
    step = json.loads(header.get("progress", "{}")).get("step", 0)
    share = json.loads(header.get("share", "0"))
    return f"{'in training' if under_way(path.parent) else 'stopped'}: step {step} ({share:.0%})"


def _header(path: Path) -> dict[str, str]:
    """The file's own notes; empty where it is damaged."""
    try:
        with safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError):
        return {}


def _items(folder: Path) -> Iterable[list[str]]:
    for key, (items, live) in ITEMS.items():
        stored = (read(folder / f"{key}{kind}.csv") for kind in ("", "-facts"))
        counts = Counter((row["item"], row["scale"]) for rows in stored for row in rows)
        for item in dict.fromkeys((*items, *(item for item, _ in counts))):
            if item in live:
                yield [item, *("made in the notebook" for _ in SHOWN)]
            else:
                found = (counts[item, scale] for scale in SHOWN)
                yield [item, *(f"{count} rows" if count else "missing" for count in found)]


def _sets() -> Iterable[list[str]]:
    for name, where in sets.found().items():
        yield [name, str(where) if where else "missing"]


def _device() -> list[str]:
    device = devices.choose()
    return [devices.describe(device), devices.fast_precision(device)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    rows = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join(lines)
