"""What the tables and figures of QGCN measure: which networks, on which sets, at which levels, by which
metrics."""

from dataclasses import dataclass

from lib.degradations.levels import Clean, Compress, Level
from lib.evaluation.measure import Metric, Protocol, Setting
from lib.recipes.qgcn import (
    FULL,
    RANKER,
    WITHOUT_DILATION,
    WITHOUT_FEATURES,
    WITHOUT_RANKER,
    WITHOUT_SCORE,
    unit_name,
)

QUALITIES = (10, 20, 30)
CLASSIC5, LIVE1 = "classic5", "live1"
SETS = {CLASSIC5: "Classic5", LIVE1: "LIVE1", "bsds500-val": "BSDS500 val (100)"}
ABLATION = "bsds500-val"  # not all 500, as the paper says: DnCNN-3 has its printed values on these
METRICS: dict[Metric, str] = {"psnr": "PSNR", "ssim": "SSIM", "psnr_b": "PSNR-B"}
OURS, NO_RANKER, NO_DILATION, NO_SCORE, NO_FEATURES = "Ours", "w/o CQR", "w/o DC", "w/o L_Q", "w/o L_F"


@dataclass(frozen=True)
class Reading:
    """One way to read the weights of the losses, whose error counts in a range that the paper does not give.

    title: empty for ours, grey levels. networks: of the rows of table 1, by their names there.
    """

    title: str
    networks: dict[str, str]

    def named(self, text: str) -> str:
        """Return what a row or a claim is called in this reading."""
        return f"{text} ({self.title})" if self.title else text


VARIANTS = {
    NO_RANKER: WITHOUT_RANKER,
    NO_DILATION: WITHOUT_DILATION,
    NO_SCORE: WITHOUT_SCORE,
    NO_FEATURES: WITHOUT_FEATURES,
    OURS: FULL,
}
GREY = Reading("", VARIANTS)
UNIT_RANGE = Reading(  # [O] an error of 1 between black and white; nothing is weighed without the ranker
    "error in [0, 1]",
    {
        title: network if title == NO_RANKER else unit_name(network) for title, network in VARIANTS.items()
    },
)
READINGS = (GREY, UNIT_RANGE)
DNCNN, RNAN = "DnCNN-3", "qgcn-rnan-mae"

TRAINED = (*range(1, 11), *range(12, 31, 2))  # of the qualities that the ranker is trained on
RANKED = (*TRAINED, 35, 40, 50, 60, 70, 80, 90, 95, 100)
SCORED: dict[int | str, Level] = {**{q: Compress(q) for q in RANKED}, "clean": Clean()}
VERSIONS: dict[str, Level] = {"clean": Clean(), **{f"q{q}": Compress(q) for q in QUALITIES}}  # of figure 4
MAPS = (1, 2, 3)  # [O] the paper does not say which maps its figure shows
AGREEMENT, EDGES = "agreement of map 2", "agreement of edges"  # with the error


def on(quality: int, dataset: str, metric: Metric = "psnr") -> Protocol:
    """Return the protocol of the tables: gray JPEG of the 8-bit Y, whole images."""
    return Protocol(dataset, Compress(quality), colour="luma", multiple=1, metric=metric)


def restored(network: str, quality: int, dataset: str, metric: Metric = "psnr") -> Setting:
    """Return a network, none of which has a knob here, at one quality."""
    return Setting(network, (), on(quality, dataset, metric))


def scored(at: int | str) -> Setting:
    """Return the setting of the ranker's scores of LIVE1 at a quality of RANKED, or clean."""
    return Setting(RANKER, (), Protocol(LIVE1, SCORED[at], colour="luma", multiple=1, metric="score"))


def mapped(k: int, version: str) -> str:
    """Return the name of the mean response of map k."""
    return f"map {k}, {version}"


def channelled(k: int, version: str) -> str:
    """Return the name of the response of the channel of map k that was chosen on other images."""
    return f"channel of map {k}, {version}"
