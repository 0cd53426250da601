"""What every report shares: cells measured at three places beside the printed one, and tables.

A report function asks for cells. Opening a notebook, a cell reads the stored rows and measures the first
few images again; recording (`python -m lib measure`), it measures every image and stores the rows, those
left out that are stored for the same weights and images.
"""

import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.base import paths
from lib.data import sets
from lib.evaluation.measure import (
    UNITS,
    Bench,
    Measurement,
    Metric,
    Protocol,
    Setting,
    knob_text,
    measurable,
)
from lib.evaluation.results import Store, Stored
from lib.metrics import pirm
from lib.models.knobs import Controllable
from lib.papers import facts
from lib.papers.at_hand import ALONE, EMBEDDED, EMBEDDED_GRAY, SMALL, SMALL_GRAY
from lib.papers.judging import PRINTED_AS, seeded
from lib.papers.scores import DECIMALS, Scores, difference, mean
from lib.papers.variants import VARIANTS
from lib.recipes import Scale, find
from lib.recipes.common import SEEDS
from lib.recipes.qgcn import RANKER_RGB
from lib.training.checkpoints import path_of
from lib.training.loop import train
from lib.training.networks import PUBLISHED, WEIGHTLESS, has_published, runs_of

WEIGHTS = {
    "niqe": "NIQE's parameters",
    "ma": f"the package {pirm.PACKAGE}",
    "lpips": "LPIPS weights",
    "lpips_paper": "LPIPS weights",
    "dists": "DISTS weights",
}
# how papers call what they print; None: as it is measured here no paper prints it
PRINTED_METRICS: dict[str, str | None] = {"ssim_u8": "ssim", "lpips_paper": "lpips", "lpips": None}
SLOW: tuple[Metric, ...] = ("dists",)  # seconds a picture: a notebook shows what is stored
# between a stored row and the same measurement made again
AGREE = {"dB": 0.005, "1": 0.0005, "score": 0.005, "levels^2": 0.5, "distance": 0.0005}

Measure = Callable[[Setting], Measurement]


@dataclass(frozen=True)
class Cell:
    """One number of a table, four times: printed, and per image at paper scale, compact, in this run."""

    printed: float | None = None
    paper: Scores | None = None
    compact: Scores | None = None
    this_run: Scores | None = None
    needs: str = ""  # why this is not measured
    unit: str = "dB"
    stand_in: bool = False  # whether this run measured other images than the table's
    skipped: bool = False  # whether this run left it at the stored rows

    def __sub__(self, other: "Cell") -> "Cell":
        """The difference image by image; absent where either is."""
        both = (self.printed, other.printed)
        return Cell(
            None if None in both else round(self.printed - other.printed, 4),
            _difference(self.paper, other.paper),
            _difference(self.compact, other.compact),
            _difference(self.this_run, other.this_run),
            self.needs,
            self.unit,
            self.stand_in,
            self.skipped or other.skipped,
        )

    def __neg__(self) -> "Cell":
        zero = {k: 0.0 for scores in (self.paper, self.compact, self.this_run) if scores for k in scores}
        return Cell(0.0, zero, zero, zero) - self

    def at(self, scale: Scale) -> Scores | None:
        """The whole-set values a verdict at this scale rests on."""
        return self.paper if scale == "paper" else self.compact


def averaged(cells: Sequence[Cell]) -> Cell:
    """The mean of several cells image by image, absent where one of them is; nothing printed."""

    def together(scores: list[Scores | None]) -> Scores | None:
        return {k: float(np.mean([s[k] for s in scores])) for k in scores[0]} if all(scores) else None

    return replace(
        cells[0],
        printed=None,
        paper=together([cell.paper for cell in cells]),
        compact=together([cell.compact for cell in cells]),
        this_run=together([cell.this_run for cell in cells]),
    )


def _difference(a: Scores | None, b: Scores | None) -> Scores | None:
    return difference(a, b) if a and b else None


@dataclass(frozen=True)
class Drawing:
    """A finished figure; a notebook shows it."""

    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass
class Report:
    """One notebook's run: where it measures, what it has shown, where its files go.

    scale: whose networks are used here; at "smoke" all of them are trained first, in seconds.
    train: "never", or "missing" to train what has no checkpoint. images: how many per set for "this
    run"; None for all. output: a folder for tables, figures and verdicts, or empty for none.
    record: measure every image and keep the rows instead; fresh: those too that are stored already.
    """

    paper: str
    scale: Scale = "compact"
    device: str = "auto"
    train: str = "never"
    images: int | None = 4
    output: str = ""
    record: bool = False
    fresh: bool = False
    checkpoints: Path = paths.CHECKPOINTS
    measured: list[tuple[str, Measurement]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.train not in ("never", "missing"):
            raise ValueError(f'train is "never" or "missing", not "{self.train}".')
        if self.scale == "smoke":  # tiny networks, trained on the spot, kept with the run
            self.train = "missing"
            self.checkpoints = Path(self.output or tempfile.mkdtemp()) / "checkpoints"
        for limit in ("display.max_rows", "display.max_colwidth"):
            pd.set_option(limit, None)  # a notebook shows its tables whole
        self.store = Store(self.paper)
        self.printed = _printed(paths.PRINTED / f"{self.paper}.csv")
        limit = None if self.record else self.images
        self.bench = Bench(
            self.scale, device=self.device, limit=limit, folder=self.checkpoints, variants=VARIANTS
        )
        if self.output:
            Path(self.output).mkdir(parents=True, exist_ok=True)

    def network(self, name: str) -> Controllable | None:
        """The network, or None where it is not trained at this scale."""
        return self.bench.network(name).net if self.available(name) else None

    def training_curve(self, run: str, scale: Scale) -> pd.DataFrame | None:
        """What a training logged, or None where the run is not trained."""
        path = path_of(run, scale, self.checkpoints).with_suffix(".csv")
        return pd.read_csv(path) if path.exists() else None

    def cell(
        self, item: str, setting: Setting, printed: tuple[str, str] = ("", ""), *, live: bool = True
    ) -> Cell:
        """The cell of a setting; `printed` is the method and the setting as the paper's table has them.

        live: False for what takes long: a notebook shows what is stored and does not measure it again.
        """
        measure = self._by(self.bench.measure, live)
        for again in self._further_trainings(setting):
            self.cell_from(item, again, ("", ""), measure, self.store.find)
        return self.cell_from(item, setting, printed, measure, self.store.find)

    def _further_trainings(self, setting: Setting) -> list[Setting]:
        """Return the setting with its network trained from every further seed that is at hand, to record."""
        again = [seeded(setting, seed) for seed in SEEDS[1:]] if self.record else []
        return [
            one
            for one in again
            if one not in (None, setting) and path_of(one.network, self.scale, self.checkpoints).exists()
        ]

    def cells(
        self,
        item: str,
        setting: Setting,
        metrics: Sequence[Metric],
        printed: tuple[str, str] = ("", ""),
        *,
        live: bool = True,
    ) -> dict[Metric, Cell]:
        """The cell of a setting by every metric; pictures are restored once for all that are measured."""
        for again in self._further_trainings(setting):
            self.cells(item, again, metrics)
        measured = [m for m in metrics if self.record or m not in SLOW]
        able = [m for m in measured if not self._needs(_by(setting, m).protocol)]

        def measure(one: Setting) -> Measurement:
            return self.bench.measure_all([_by(one, m) for m in able])[able.index(one.protocol.metric)]

        return {
            m: self.cell_from(
                item, _by(setting, m), printed, self._by(measure, live and m in measured), self.store.find
            )
            for m in metrics
        }

    def _by(self, measure: Measure, live: bool) -> Measure | None:
        return measure if live or self.record else None

    def best(
        self,
        item: str,
        setting: Setting,
        printed: tuple[str, str] = ("", ""),
        *,
        over: Sequence[float] | None = None,
        live: bool = True,
    ) -> tuple[Cell, dict[str, float]]:
        """The cell at the best knob, and that knob by column; the setting's own knobs do not count.

        over: the knobs to choose from; None searches hundredths between 0 and 1.

        A notebook on some images of each set does not search: it measures at the stored best knob.
        """
        knobs: dict[str, float] = {}
        if over is not None and self.record:
            self._share_best(item, setting, over)
        known = None
        if self.images is not None and not self.record:
            known = self.store.find_best(item, self.scale, setting)

        def search(s: Setting) -> Measurement:
            if known:
                return self.bench.measure(replace(s, knobs=known.knobs))
            found = self.bench.best(s.network, s.protocol, over)
            knobs["this_run"] = found.setting.knobs[0]
            return found

        cell = self.cell_from(item, setting, printed, self._by(search, live), self.store.find_best)
        for scale in ("paper", "compact"):
            stored = self.store.find_best(item, scale, setting)
            if stored:
                knobs[scale] = stored.knobs[0]
        if self.record and cell.this_run:
            knobs.setdefault("this_run", knobs.get(self.scale))  # what is stored stands
        return cell, knobs

    def cell_from(
        self,
        item: str,
        setting: Setting,
        printed: tuple[str, str],
        measure: Measure | None,
        find_stored: Callable[[str, Scale, Setting], Stored | None],
    ) -> Cell:
        """Measures where the network is at hand, reads the stored rows beside it."""
        this_run = None
        needs = self._needs(setting.protocol)
        here = replace(setting, protocol=replace(setting.protocol, dataset=self.at_hand(setting.protocol)))
        if measure is not None and not needs and self.available(setting.network):
            stands = self._standing(here, find_stored(item, self.scale, here)) or self._shared(item, here)
            if stands:
                knobs, this_run = stands.knobs, stands.scores
            else:
                measurement = measure(here)
                knobs, this_run = measurement.setting.knobs, measurement.scores
                self.measured.append((item, measurement))
            if self.record:
                print(f"{item}  {setting.network} {knob_text(knobs)}  {here.protocol.level.name}", flush=True)
                self._record_embedded(item, replace(here, knobs=knobs))
        stored = {s: find_stored(item, s, setting) for s in ("paper", "compact")}
        return Cell(
            self.printed_value(item, setting.protocol.dataset, *printed, setting.protocol.metric),
            *(stored[s].scores if stored[s] else None for s in ("paper", "compact")),
            this_run,
            needs,
            UNITS[setting.protocol.metric],
            here.protocol.dataset != setting.protocol.dataset,
            measure is None,
        )

    def _record_embedded(self, item: str, setting: Setting) -> None:
        """The same on the photographs that everybody has."""
        protocol = replace(setting.protocol, dataset=_stand_in(setting.protocol))
        embedded = replace(setting, protocol=protocol)
        stands = self._standing(embedded, self.store.find(item, self.scale, embedded))
        if setting != embedded and not (stands or self._shared(item, embedded)):
            self.measured.append((item, self.bench.measure(embedded)))

    def _standing(self, setting: Setting, stored: Stored | None) -> Stored | None:
        """What is stored, where it need not be measured again: the same weights on the same images."""
        if stored is None or self.fresh or not self.record:
            return None
        weights = self.bench.network(setting.network).weights_sha
        images = self.bench.data_sha(setting.protocol)
        return stored if (stored.row["weights_sha"], stored.row["data_sha"]) == (weights, images) else None

    def _shared(self, item: str, setting: Setting) -> Stored | None:
        """What was measured for another item, kept for this one as well."""
        stands = self._standing(setting, self.store.find_elsewhere(self.scale, setting))
        if stands:
            self.store.share(item, stands)
        return stands

    def _share_best(self, item: str, setting: Setting, over: Sequence[float]) -> None:
        """The best of the knobs, where all of them were measured for other items, kept for this one too."""
        here = replace(setting, protocol=replace(setting.protocol, dataset=self.at_hand(setting.protocol)))
        if not self.available(setting.network):
            return
        every = [replace(here, knobs=(knob,)) for knob in over]
        found = [self._standing(one, self.store.find_elsewhere(self.scale, one)) for one in every]
        if all(found):
            self.store.share(item, max(found, key=lambda stored: mean(stored.scores)))

    def _needs(self, protocol: Protocol) -> str:
        """What is missing here to measure by this protocol, in words; empty where nothing is."""
        if protocol.dataset in ALONE and not sets.locate(protocol.dataset):
            return f"needs {ALONE[protocol.dataset]}"
        if protocol.metric == "features" and not self.available(RANKER_RGB):
            return f"needs {RANKER_RGB}"
        return "" if measurable(protocol.metric) else f"needs {WEIGHTS[protocol.metric]}"

    def at_hand(self, protocol: Protocol) -> str:
        """Return the protocol's own set, or the photographs embedded in scikit-image where it is not here; at
        smoke scale, which proves only that code runs, their middles."""
        if self.scale == "smoke" and not sets.SETS[protocol.dataset].paired:
            return SMALL_GRAY if sets.SETS[protocol.dataset].gray else SMALL
        return protocol.dataset if sets.locate(protocol.dataset) else _stand_in(protocol)

    def available(self, network: str) -> bool:
        """Whether the network can be used, after training it where the notebook asks for that."""
        if network in WEIGHTLESS:
            return True
        if network in PUBLISHED:
            return has_published(network)
        return all([self._trained(run) for run in runs_of(network, VARIANTS)])

    def _trained(self, run: str) -> bool:
        if path_of(run, self.scale, self.checkpoints).exists():
            return True
        if self.train != "missing":
            return False
        recipe = find(run, self.scale)
        for needed in recipe.needs:
            self._trained(needed)
        train(recipe, device=self.device, out=self.checkpoints)
        return True

    def printed_value(
        self, item: str, dataset: str, method: str, setting: str, metric: str = "psnr"
    ) -> float | None:
        """The paper's number, or None where it prints none; `dataset` and `metric` by our names."""
        found = self.printed[
            (self.printed["item"] == item)
            & self.printed["dataset"].str.lower().isin(PRINTED_AS.get(dataset, (dataset,)))
            & (self.printed["method"] == method)
            & (self.printed["setting"] == setting)
            & (self.printed["metric"] == PRINTED_METRICS.get(metric, metric))
        ]
        return float(found["value"].iloc[0]) if len(found) else None

    def keep_facts(self, item: str, found: dict[str, float]) -> None:
        """Store numbers that are no setting's score, where this run records."""
        if self.record:
            facts.keep(self.paper, item, self.scale, found)

    def keep(self) -> None:
        """Write what was measured since the last time to the stored rows."""
        if self.measured:
            self.store.write(self.measured)
            print(f"{len(self.measured)} measurements are in {self.store.rows_path}.", flush=True)
            self.measured.clear()

    def table(self, item: str, rows: list[tuple[str, str, Cell]]) -> pd.DataFrame:
        """Rows of (line, quantity, cell) as a table of four columns; written to the output folder.

        Where all quantities are in dB the column says so once. Values of this run on other images than
        the line's carry a star.
        """
        head = "dB" if {cell.unit for _, _, cell in rows} == {"dB"} else "quantity"
        shown = f"this run: {self.scale}, {self.images or 'all'} images a set"
        if any(cell.stand_in for _, _, cell in rows):
            shown += " (*: embedded photographs)"
        frame = pd.DataFrame(
            [
                {
                    "": line,
                    head: quantity,
                    "printed": "" if cell.printed is None else _rounded(cell.printed, cell.unit),
                    "paper scale": _shown(cell.paper, cell.unit, cell.needs or "not trained"),
                    "compact": _shown(cell.compact, cell.unit, cell.needs or "not measured"),
                    shown: _shown(cell.this_run, cell.unit, cell.needs or _why_not(cell))
                    + (" *" if cell.stand_in and cell.this_run else ""),
                }
                for line, quantity, cell in rows
            ]
        ).set_index(["", head])
        self.save_table(item, frame)
        return frame

    def save_table(self, item: str, frame: pd.DataFrame) -> None:
        if self.output:
            frame.to_csv(Path(self.output) / f"{item}.csv")
            (Path(self.output) / f"{item}.md").write_text(frame.reset_index().to_markdown(index=False) + "\n")

    def save_figure(self, item: str, figure: Figure) -> Drawing:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=150, bbox_inches="tight")
        if self.output:
            (Path(self.output) / f"{item}.png").write_bytes(buffer.getvalue())
        return Drawing(buffer.getvalue())

    def agreement(self) -> str:
        """How the images measured in this run agree with the stored rows of the same measurement."""
        compared, worst = 0, dict.fromkeys(AGREE, 0.0)
        for item, m in self.measured:
            stored = self.store.find(item, self.scale, m.setting)
            if stored is None or stored.row["weights_sha"] != m.weights_sha:
                continue
            unit = UNITS[m.setting.protocol.metric]
            for name in m.scores.keys() & stored.scores.keys():
                compared += 1
                worst[unit] = max(worst[unit], abs(m.scores[name] - stored.scores[name]))
        if not compared:
            return "No stored row is the same measurement as one of this run."
        verdict = "agree" if all(worst[unit] <= AGREE[unit] for unit in AGREE) else "DISAGREE"
        of_ssim = f" and {worst['1']:.4f} of SSIM" if worst["1"] else ""
        return (
            f"{compared} values {verdict} with the stored rows: "
            f"largest difference {worst['dB']:.4f} dB{of_ssim}."
        )


def _stand_in(protocol: Protocol) -> str:
    """Gray photographs for a gray set, as its networks may take one channel; for pairs only themselves."""
    wanted = sets.SETS[protocol.dataset]
    if wanted.paired:
        return protocol.dataset
    return EMBEDDED_GRAY if wanted.gray else EMBEDDED


def _printed(path: Path) -> pd.DataFrame:
    """A paper's numbers; none for what no paper has."""
    if not path.exists():
        return pd.DataFrame(columns=["item", "dataset", "method", "setting", "metric", "value"])
    printed = pd.read_csv(path, keep_default_na=False)
    return printed[printed["value"] != "N/A"]  # as some cells of tables are printed


def _why_not(cell: Cell) -> str:
    return "takes long" if cell.skipped else "no network"


def _shown(scores: Scores | None, unit: str, absent: str) -> str:
    return _rounded(mean(scores), unit) if scores else absent


def _rounded(value: float, unit: str) -> str:
    return f"{value:.{DECIMALS.get(unit, 3)}f}"


def _by(setting: Setting, metric: Metric) -> Setting:
    return replace(setting, protocol=replace(setting.protocol, metric=metric))
