"""The parts of README.md that come from results: between <!-- NAME --> and <!-- /NAME -->, rendered
from printed numbers, stored rows and verdicts, so that no number is typed."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import pandas as pd

from lib.base import paths
from lib.base.rows import Rows, read
from lib.evaluation import costs
from lib.evaluation.results import Store
from lib.papers.papers import PAPERS, Paper
from lib.upkeep.numbers import published
from lib.upkeep.rendered import filled, table

README = paths.ROOT / "README.md"
RULER = 0.03  # dB
VERDICTS = {"holds": "held", "differs": "differ", "undecided": "undecided", "not tested": "not tested"}
Network = tuple[str, str]  # its name, and its knobs as rows write them


@dataclass(frozen=True)
class Finding:
    """Two networks on the same images, one by one. methods: what the paper calls them, with its setting."""

    said: str
    item: str
    dataset: str
    level: str
    networks: tuple[Network, Network]
    methods: tuple[tuple[str, str], tuple[str, str]]
    metric: str = "psnr"

    def sentence(self, images: Store, beside: Rows) -> str:
        """How they lie apart at compact scale, and what the paper prints; or that it is not measured."""
        ours, other = (self._values(images, network) for network in self.networks)
        gaps = [ours[image] - other[image] for image in ours if image in other]
        if len(gaps) < 2:
            return f"{self.said}: not measured."
        low, _, high = quantiles(gaps, method="inclusive")
        first, second = (self._printed(beside, *method) for method in self.methods)
        return (
            f"{self.said}: ahead on {sum(gap > 0 for gap in gaps)} of {len(gaps)} images ({self.dataset}), "
            f"the middle half by {low:+.2f} to {high:+.2f} dB; printed {first - second:+.2f} dB."
        )

    def _values(self, images: Store, network: Network) -> dict[str, float]:
        wanted = ("compact", *network, self.dataset, self.level, self.metric)
        keys = ["scale", "recipe", "knobs", "dataset", "level", "metric"]
        if images.images.empty:
            return {}
        rows = images.images.query(" and ".join(f"{k} == {w!r}" for k, w in zip(keys, wanted, strict=True)))
        own = rows[rows["colour"].isin(["all channels", "luma"])]
        return dict(zip(own["image"], own["value"].astype(float), strict=True))

    def _printed(self, beside: Rows, method: str, setting: str) -> float:
        wanted = (self.item, self.dataset, method, setting, self.metric)
        keys = ("item", "dataset", "method", "setting", "metric")
        return next(float(row["printed"]) for row in beside if tuple(row[key] for key in keys) == wanted)


FINDINGS = {
    "adafm": Finding(
        "Adapted from sigma 15 to 75, against trained on 75",
        "adafm-table5",
        "cbsd68",
        "sigma75",
        (("adafm-denoise-s15-s75-k1", "1.00"), ("adafm-denoise-basic-s75", "")),
        (("AdaFM-Net", "sigma15->sigma75"), ("baseline", "sigma15->sigma75")),
    ),
    "cfsnet": Finding(
        "At sigma 15, milder than in its training, the knob at -0.4, against 0",
        "cfsnet-poster-curves",
        "bsd68",
        "sigma15 float",
        (("cfsnet-denoise-tune-s50", "-0.40"), ("cfsnet-denoise-tune-s50", "0.00")),
        (("CFSNet", "sigma15; alpha_in=-0.4"), ("CFSNet", "sigma15; alpha_in=0.0")),
    ),
    "cugan": Finding(
        "One network for all blurs and noises, against one for sigma 30",
        "cugan-table2",
        "cbsd68",
        "r0 sigma30",
        (("cunet", "0.00 0.60"), ("unet-r0-s30", "")),
        (("CUnet", "r0 sigma30"), ("Unet", "r0 sigma30")),
    ),
    "vdir": Finding(
        "With the latent and all losses, against the restorer alone, sigma 30",
        "vdir-table9",
        "cbsd68",
        "sigma30 float",
        (("vdir-awgn", "0.00"), ("vdir-awgn-res", "")),
        (("full loss (with adversarial loss)", "sigma30"), ("L_res only", "sigma30")),
    ),
    "qgcn": Finding(
        "With the quality ranker, against without, quality 20, in PSNR-B",
        "qgcn-table1",
        "bsds500-val",
        "q20",
        (("qgcn-full", ""), ("qgcn-wo-cqr", "")),
        (("Ours", "q20"), ("w/o CQR", "q20")),
        "psnr_b",
    ),
}

# What is suspected behind the largest misses, by network.
CAUSES = {
    "vdir-sr-x2": "Bicubic gives its printed number, so blur and measure agree; the small network saw too "
    "few blurs to tell this narrow one.",
    "vdir-awgn-ffdnet": "The restorer, not its latent: FFDNet told the level, trained here as long, is "
    "nearly as short; its published weights, on the same images, are not.",
    "vdir-sr-x4": "Bicubic agrees here too; enlarging four times was learnt in as few steps as twice.",
}
MISSES = 3


def update(path: Path = README) -> None:
    """Writes the file anew with every part rendered."""
    path.write_text(render(path.read_text(encoding="utf-8")), encoding="utf-8")


def render(text: str, measured: Path = paths.MEASURED, printed: Path = paths.PRINTED) -> str:
    """The README's text with every part rendered; raises ValueError where a pair of marks is missing."""
    parts = {
        "times": times(read(measured / "times.csv")),
        "scoreboard": scoreboard(measured),
        "ruler": ruler(read(measured / "published.csv"), read(printed / "published.csv")),
        "misses": misses(measured),
        "costs": priced(costs.read(measured / costs.RECORD.name)),
    }
    return filled(text, parts)


def times(rows: Rows) -> str:
    """Commands with their times; nothing where none was taken."""
    if not rows:
        return ""
    lines = [[row["command"], _duration(float(row["seconds"])), row["hardware"]] for row in rows]
    return table(["command", "time", "hardware"], lines)


def scoreboard(measured: Path) -> str:
    """One line per paper: what is reproduced, how its claims stand at compact scale, one finding."""
    lines = []
    for paper in PAPERS:
        verdicts, beside = (read(measured / f"{paper.key}-{kind}.csv") for kind in ("verdicts", "beside"))
        stored = (read(measured / f"{paper.key}{kind}.csv") for kind in ("", "-facts"))
        made = set(paper.live) | {row["item"] for rows in stored for row in rows}
        notebook = f"[{paper.title}](notebooks/{paper.notebook}.ipynb)"
        items = f"{len(made & set(paper.items))} of {len(paper.items)}"
        claims = map(str, counted(paper, verdicts, "compact").values())
        finding = FINDINGS[paper.key].sentence(Store(paper.key, measured), beside)
        lines.append([notebook, items, *claims, finding])
    return table(["paper, its notebook", "items", *VERDICTS.values(), "one finding"], lines)


def counted(paper: Paper, verdicts: Rows, scale: str) -> dict[str, int]:
    """How many claims of a paper got each verdict at a scale; what has none was not tested."""
    found = Counter(row["verdict"] for row in verdicts if row["scale"] == scale)
    decided = {verdict: found[verdict] for verdict in VERDICTS if verdict != "not tested"}
    return decided | {"not tested": len(paper.claims) - sum(decided.values())}


def counts(paper: Paper, verdicts: Rows, scale: str) -> str:
    """The same in words."""
    return ", ".join(f"{verdict}: {n}" for verdict, n in counted(paper, verdicts, scale).items())


def ruler(rows: Rows, printed: Rows) -> str:
    """How near published weights come to their printed PSNRs in our pipeline; or that none is measured."""
    off = [abs(ours - theirs) for *_, (theirs, ours) in published(rows, printed)]
    if not off:
        return "Published weights are not measured."
    return (
        "The ruler: published weights through our pipeline give "
        f"{sum(o <= RULER for o in off)} of {len(off)} printed PSNRs within {RULER} dB; "
        f"the farthest is {max(off):.3f} dB off."
    )


def misses(measured: Path) -> str:
    """The networks that fall farthest short of print in PSNR, each where it does so most."""
    lines = []
    for gap, scale, paper, row in largest(measured):
        item = row["item"].removeprefix(f"{paper.key}-").replace("table", "table ")
        where = f"{item}, {row['dataset']}: {row['method']}, {row['setting']}"
        values = [f"{float(row['printed']):.2f}", f"{float(row[scale]):.2f} ({scale})", f"{gap:+.2f}"]
        lines.append([paper.title.partition(" (")[0], where, *values, CAUSES.get(row["network"], "-")])
    return table(["paper", "where", "printed, dB", "here", "gap", "suspected cause"], lines)


def priced(rows: pd.DataFrame) -> str:
    """A line for a network of each paper: time in the faster precision with the share of the machine's
    convolution rate, memory, and the time of the largest image; a sentence where nothing is on record."""
    if rows.empty:
        return costs.ABSENT
    own = costs.of_each_paper(rows)
    alike, largest = costs.on_one_image(own), own[own["megapixels"] == own["megapixels"].max()]
    seconds = dict(zip(largest["title"], largest["ms"] / 1000, strict=True))
    fast = "bf16" if alike["bf16_ms"].notna().any() else "fp32"
    columns = ("title", f"{fast}_ms", f"{fast}_share", "memory_mib")
    shown = zip(*(alike[name] for name in columns), strict=True)
    lines = [
        [title, f"{ms:.0f} ({share:.0%})", f"{memory:.0f}", f"{seconds[title]:.1f}"]
        for title, ms, share, memory in shown
    ]
    plain = costs.filters(costs.on_one_image(rows)).itertuples()
    beside = "".join(f", {row.title} {row.ms:.0f} ms" for row in plain)
    said = f"{costs.SIDE}x{costs.SIDE}, {costs.machine(rows)} (share of its convolution rate){beside}:"
    head = ["network", f"{fast}, ms", "MiB", f"{own['megapixels'].max():.0f} MP, s"]
    return f"{said}\n\n{table(head, lines)}"


def largest(measured: Path) -> list[tuple[float, str, Paper, dict[str, str]]]:
    """The largest misses: the gap in dB, at which scale (the larger that is measured), whose, and its row."""
    found = [
        (float(row[scale]) - float(row["printed"]), scale, paper, row)
        for paper in PAPERS
        for row in read(measured / f"{paper.key}-beside.csv")
        if row["metric"] == "psnr" and (scale := next((s for s in ("paper", "compact") if row[s]), ""))
    ]
    worst = {}
    for one in sorted(found, key=lambda one: one[0]):
        worst.setdefault(one[3]["network"], one)
    return list(worst.values())[:MISSES]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
