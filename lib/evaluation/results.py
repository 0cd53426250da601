"""Stored measurements: tidy rows in results/measured, written by code, read by every table and figure.

`<paper>.csv` has one row per item and setting; `<paper>-images.csv.gz` the per-image values behind
them, stored once per setting however many items use it.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from gzip import BadGzipFile
from pathlib import Path

import pandas as pd

from lib.base import atomic, locks, paths
from lib.base.rows import Rows
from lib.evaluation.measure import Measurement, Setting, knob_text
from lib.training.networks import scale_of

SETTING = ["scale", "recipe", "dataset", "level", "colour", "border", "multiple", "seed", "metric"]
KEY = ["scale", "recipe", "knobs", "dataset", "level", "colour", "border", "multiple", "seed", "metric"]


class BadRows(ValueError):
    """A file of rows that cannot be read; the message is one sentence that names it."""


@dataclass(frozen=True)
class Stored:
    """A measurement read back: its knobs, its per-image values, the row it came from."""

    knobs: tuple[float, ...]
    scores: dict[str, float]
    row: dict[str, object]


class Store:
    """The rows of one paper. A missing file is an empty store; a damaged one raises BadRows."""

    def __init__(self, paper: str, folder: Path = paths.MEASURED):
        self.rows_path = folder / f"{paper}.csv"
        self.images_path = folder / f"{paper}-images.csv.gz"
        self.rows = _read(self.rows_path)
        self.images = _read(self.images_path)

    def find(self, item: str, scale: str, setting: Setting) -> Stored | None:
        """The stored measurement of a setting for an item."""
        knobs = knob_text(setting.knobs)
        return self._last(
            row for row in self._matching(scale, setting) if (row["item"], row["knobs"]) == (item, knobs)
        )

    def find_best(self, item: str, scale: str, setting: Setting) -> Stored | None:
        """The stored measurement of an item whose knob was searched; the setting's knobs do not count."""
        found = [row for row in self._matching(scale, setting) if row["item"] == item]
        return self._stored(max(found, key=lambda row: float(row["value"]))) if found else None

    def find_elsewhere(self, scale: str, setting: Setting) -> Stored | None:
        """The stored measurement of a setting for whatever item."""
        knobs = knob_text(setting.knobs)
        return self._last(row for row in self._matching(scale, setting) if row["knobs"] == knobs)

    def share(self, item: str, stored: Stored) -> None:
        """The same measurement for another item."""
        self._put(pd.DataFrame([{**stored.row, "item": item}]), pd.DataFrame())

    def write(self, measured: Iterable[tuple[str, Measurement]]) -> None:
        """Add measurements, each with its item; the same item and setting replaces what was there.

        Rows of the same networks with earlier weights are dropped; what another process has written
        meanwhile stays.
        """
        measured = list(measured)
        if not measured:
            return
        rows = pd.DataFrame([m.row(item) for item, m in measured]).astype(str)
        images = pd.DataFrame(
            {**row, "image": name, "value": f"{v:.4f}"}
            for (_, m), row in zip(measured, rows[[*KEY, "weights_sha"]].to_dict("records"), strict=True)
            for name, v in m.scores.items()
        )
        self._put(rows, images)

    def _put(self, rows: pd.DataFrame, images: pd.DataFrame) -> None:
        self.rows_path.parent.mkdir(parents=True, exist_ok=True)
        with locks.held(self.rows_path.parent, wait=True):
            self.rows = _merge(_read(self.rows_path), rows, ["item", *KEY])
            self.images = _merge(_read(self.images_path), images, [*KEY, "image"])
            for parts in ("_settings", "_behind"):
                vars(self).pop(parts, None)
            compression = {"method": "gzip", "mtime": 0}
            with atomic.written(self.images_path) as part:
                self.images.to_csv(part, index=False, lineterminator="\n", compression=compression)
            with atomic.written(self.rows_path) as part:  # after what is behind them: no lock is held to read
                self.rows.to_csv(part, index=False, lineterminator="\n")

    @cached_property
    def _settings(self) -> dict[tuple[str, ...], Rows]:
        return _parts(self.rows, SETTING)

    @cached_property
    def _behind(self) -> dict[tuple[str, ...], Rows]:
        return _parts(self.images, KEY)

    def _matching(self, scale: str, setting: Setting) -> Rows:
        """The rows of a setting at whatever knobs."""
        wanted = {
            "scale": scale_of(setting.network, scale),
            "recipe": setting.network,
            "dataset": setting.protocol.dataset,
            "level": setting.protocol.level.name,
            "colour": setting.protocol.colour,
            "border": str(setting.protocol.border),
            "multiple": str(setting.protocol.multiple),
            "seed": str(setting.protocol.seed),
            "metric": setting.protocol.metric,
        }
        return self._settings.get(tuple(wanted[name] for name in SETTING), [])

    def _last(self, rows: Iterable[dict[str, str]]) -> Stored | None:
        found = list(rows)
        return self._stored(found[-1]) if found else None

    def _stored(self, row: dict[str, str]) -> Stored:
        behind = self._behind.get(tuple(row[name] for name in KEY), [])
        scores = {one["image"]: float(one["value"]) for one in behind}
        return Stored(tuple(float(k) for k in row["knobs"].split()), scores, dict(row))


def _parts(frame: pd.DataFrame, key: list[str]) -> dict[tuple[str, ...], Rows]:
    """The rows by what the columns of the key say; a lookup in them does not go through all."""
    parts: dict[tuple[str, ...], Rows] = {}
    for row in frame.to_dict("records"):
        parts.setdefault(tuple(row[name] for name in key), []).append(row)
    return parts


def _read(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame()
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, EOFError, BadGzipFile, zlib.error) as error:
        raise BadRows(f"{path.name} is damaged ({str(error).strip()}).") from error


def _merge(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    if new.empty:
        return old
    kept = pd.concat([_current(old, new), new])
    return kept.drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)


def _current(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """`old` without what was measured on earlier weights of the networks in `new`."""
    if old.empty:
        return old
    network = ["scale", "recipe"]
    weights = new.drop_duplicates(network).set_index(network)["weights_sha"]
    now = weights.reindex(pd.MultiIndex.from_frame(old[network])).to_numpy()
    return old[pd.isna(now) | (old["weights_sha"] == now)]
