"""The pages in docs/differences: what a choice changes, where this repository measured both ways."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

from lib.base import paths
from lib.base.rows import Rows, read
from lib.evaluation.measure import Metric, knob_text
from lib.papers.adafm.subjects import DENOISING, SUBJECTS
from lib.papers.cugan.tables import PRINTED_BLUR
from lib.papers.variants import SAMPLES
from lib.recipes import cfsnet, cugan, qgcn, vdir
from lib.training.networks import scale_of
from lib.upkeep.rendered import filled, table

PAGES = paths.ROOT / "docs" / "differences"
SCALE = "compact"
RULE = 1 / cugan.BLUR  # the knob of a blur of one pixel
TITLES: dict[Metric, str] = {"psnr": "PSNR, dB", "features": "distance in the ranker's maps"}


@dataclass(frozen=True)
class Way:
    """One way of doing it: networks by name, of which the mean counts, at a knob, on a level, as rows write
    it."""

    title: str
    networks: tuple[str, ...]
    level: str
    knobs: tuple[float, ...] = ()


@dataclass(frozen=True)
class Effect:
    """Ours and the other way on the same set. choice: as the page's first table names it."""

    choice: str
    item: str
    dataset: str
    here: Way
    otherwise: Way
    metric: Metric = "psnr"

    def line(self, rows: Rows) -> list[str]:
        """A line of the table; a dash for what is not measured."""
        ours, theirs = (self._value(rows, way) for way in (self.here, self.otherwise))
        both = ours is not None and theirs is not None
        return [
            self.choice,
            f"{self.dataset}, {self.here.level.removesuffix(' float')}",
            TITLES[self.metric],
            f"{self.here.title}: {_spelt(ours)}",
            f"{self.otherwise.title}: {_spelt(theirs)}",
            f"{theirs - ours:+.2f}" if both else "-",
        ]

    def _value(self, rows: Rows, way: Way) -> float | None:
        wanted = (self.item, self.dataset, self.metric, way.level, knob_text(way.knobs))
        keys = ("item", "dataset", "metric", "level", "knobs")
        found = {
            row["recipe"]: float(row["value"])
            for row in rows
            if tuple(row[key] for key in keys) == wanted and row["scale"] == scale_of(row["recipe"], SCALE)
        }
        return fmean(found[n] for n in way.networks) if found.keys() >= set(way.networks) else None


def _adafm() -> list[Effect]:
    noise = [
        Effect(
            "noise",
            "adafm-extra-noise",
            DENOISING.dataset,
            Way("8 bits", (DENOISING.basic(sigma),), DENOISING.level(sigma)),
            Way("float", (DENOISING.basic(sigma),), f"{DENOISING.level(sigma)} float"),
        )
        for sigma in (DENOISING.start, DENOISING.end)
    ]
    windows = [
        Effect(
            "AdaBN and conditional IN",
            "adafm-table3",
            subject.dataset,
            Way("windows", (subject.conditional_in_windows,), subject.level(level), (knob,)),
            Way("whole images", (subject.conditional,), subject.level(level), (knob,)),
        )
        for subject in SUBJECTS
        for level, knob in ((subject.start, 0.0), (subject.end, 1.0))
    ]
    return noise + windows


def _cfsnet() -> list[Effect]:
    way = partial(Way, networks=(cfsnet.tuned_name(cfsnet.DENOISE, 50),), level="sigma15 float")
    here, otherwise = way("-0.4", knobs=(-0.4,)), way("0", knobs=(0.0,))
    return [Effect("coefficient of the lowest noise level", "cfsnet-table1", "bsd68", here, otherwise)]


def _cugan() -> list[Effect]:
    return [
        Effect(
            "knob of the mildest blur",
            "cugan-table1",
            "live1",
            Way(f"{RULE:g}", (cugan.CUGAN,), f"r1 sigma{sigma}", (RULE, sigma / cugan.SIGMA)),
            Way(f"{PRINTED_BLUR}", (cugan.CUGAN,), f"r1 sigma{sigma}", (PRINTED_BLUR, sigma / cugan.SIGMA)),
            metric,
        )
        for metric in ("psnr", "features")
        for sigma in (15, 30)
    ]


def _vdir() -> list[Effect]:
    samples = tuple(f"{vdir.AWGN} sample {seed}" for seed in range(SAMPLES))
    latent = [
        Effect(
            "restoring",
            "vdir-table1",
            "cbsd68",
            Way("mean", (vdir.AWGN,), f"sigma{sigma} float", (0.0,)),
            Way(f"one sample (of {SAMPLES})", samples, f"sigma{sigma} float", (0.0,)),
        )
        for sigma in (10, 30, 50, 70)
    ]
    turned = Effect(
        "restoring",
        "vdir-table2",
        "cbsd68",
        Way("as it lies", (vdir.REAL,), "camera"),
        Way("all orientations", (f"{vdir.REAL} +",), "camera"),
    )
    shifted = [
        Effect(
            "rivals of blind super-resolution",
            f"vdir-table{number}",
            "set5",
            Way("in place", (f"bicubic x{factor} in place",), f"blurred 2 x{factor}"),
            Way("as printed", (f"bicubic x{factor}",), f"blurred 2 x{factor}"),
        )
        for number, factor in ((4, 2), (5, 4))
    ]
    return [*latent, turned, *shifted]


def _qgcn() -> list[Effect]:
    return [
        Effect(
            "range in which the error counts beside the ranker's losses",
            "qgcn-table1",
            "bsds500-val",
            Way("grey levels", (qgcn.FULL,), f"q{quality}"),
            Way("[0, 1]", (qgcn.UNIT,), f"q{quality}"),
        )
        for quality in (10, 20, 30)
    ]


EFFECTS = {"adafm": _adafm(), "cfsnet": _cfsnet(), "cugan": _cugan(), "vdir": _vdir(), "qgcn": _qgcn()}


def update(folder: Path = PAGES) -> None:
    """Writes every page anew with its measured part."""
    for key in EFFECTS:
        page = folder / f"{key}.md"
        page.write_text(render(key, page.read_text(encoding="utf-8")), encoding="utf-8")


def render(key: str, text: str, measured: Path = paths.MEASURED) -> str:
    """The text of a paper's page with its measured part; raises ValueError where its marks are missing."""
    rows = read(measured / f"{key}.csv")
    head = ["choice", "on", "measured", "here", "the other way", "which changes"]
    lines = [effect.line(rows) for effect in EFFECTS[key]]
    note = f"Networks of ours are those of {SCALE} scale."
    return filled(text, {"effects": f"{note}\n\n{table(head, lines)}"})


def _spelt(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
