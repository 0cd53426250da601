"""Numbers measured at three places beside the printed one.

A report function asks for cells. Opening a notebook, a cell reads the stored rows and measures the first
few images again; recording (`python -m lib measure`), it measures every image and stores the rows, those
left out that are stored for the same weights and images.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from lib.base import paths
from lib.evaluation.measure import UNITS, Measurement, Metric, Setting, knob_text
from lib.evaluation.results import Store, Stored
from lib.papers import facts
from lib.papers.cells import Absence, Cell
from lib.papers.judging import PRINTED_AS, seeded
from lib.papers.scores import mean
from lib.papers.shares import shares, told
from lib.papers.workbench import Workbench, stand_in
from lib.recipes import Scale
from lib.recipes.common import SEEDS
from lib.training.checkpoints import path_of

# how papers call what they print; None: as it is measured here no paper prints it
PRINTED_METRICS: dict[str, str | None] = {"ssim_u8": "ssim", "lpips_paper": "lpips", "lpips": None}
SLOW: tuple[Metric, ...] = ("dists",)  # seconds an image: a notebook shows what is stored

Measure = Callable[[Setting], Measurement]
Find = Callable[[str, Scale, Setting], Stored | None]


@dataclass
class Measuring(Workbench):
    """A workbench with the stored rows of a paper and what it prints.

    record: measure every image and keep the rows; fresh: those too that are stored already.
    """

    measured: list[tuple[str, Measurement]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.store = Store(self.paper)
        self.printed = _printed(paths.PRINTED / f"{self.paper}.csv")

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
        """The cell of a setting by every metric; images are restored once for all that are measured."""
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
        find_stored: Find,
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
            setting,
            self._seeds(item, setting, find_stored),
            absent=None if any(stored.values()) else self._absence(item, setting),
            trained=told(shares([setting.network], self.checkpoints)) if stored["paper"] else "",
        )

    def _seeds(self, item: str, setting: Setting, find_stored: Find) -> tuple[float, ...]:
        """Return the means of the further trainings at compact scale that are stored."""
        further = [seeded(setting, seed) for seed in SEEDS[1:]]
        found = [find_stored(item, "compact", one) for one in further if one not in (None, setting)]
        return tuple(mean(stored.scores) for stored in found if stored)

    def _absence(self, item: str, setting: Setting) -> Absence:
        """Return why nothing is stored of a setting."""
        missing = self.missing(setting.protocol) or self.untrained(setting.network)
        return missing or Absence("Not measured yet", f"python -m lib measure {self.paper} --items", (item,))

    def _record_embedded(self, item: str, setting: Setting) -> None:
        """The same on the photographs that everybody has."""
        protocol = replace(setting.protocol, dataset=stand_in(setting.protocol))
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


def _printed(path: Path) -> pd.DataFrame:
    """A paper's numbers; none for what no paper has."""
    if not path.exists():
        return pd.DataFrame(columns=["item", "dataset", "method", "setting", "metric", "value"])
    printed = pd.read_csv(path, keep_default_na=False)
    return printed[printed["value"] != "N/A"]  # as some cells of tables are printed


def _by(setting: Setting, metric: Metric) -> Setting:
    return replace(setting, protocol=replace(setting.protocol, metric=metric))
