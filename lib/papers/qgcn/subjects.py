"""What the tables and figures of QGCN measure: which networks, on which sets, at which levels, by which
metrics."""

from lib.degradations.levels import Clean, Compress, Level
from lib.evaluation.measure import Metric, Protocol, Setting
from lib.recipes.qgcn import FULL, RANKER, UNIT, WITHOUT_RANKER

QUALITIES = (10, 20, 30)
CLASSIC5, LIVE1 = "classic5", "live1"
SETS = {CLASSIC5: "Classic5", LIVE1: "LIVE1", "bsds500-val": "BSDS500 val (100)"}
ABLATION = "bsds500-val"  # not all 500, as the paper says: DnCNN-3 has its printed values on these
METRICS: dict[Metric, str] = {"psnr": "PSNR", "ssim": "SSIM", "psnr_b": "PSNR-B"}
VARIANTS = {
    "w/o CQR": WITHOUT_RANKER,
    "w/o DC": "qgcn-wo-dc",
    "w/o L_Q": "qgcn-wo-lq",
    "w/o L_F": "qgcn-wo-lf",
    "Ours": FULL,
}
OTHER_READING = {"error in [0, 1]": UNIT}  # [O] not a row of the paper
DNCNN, RNAN = "DnCNN-3", "qgcn-rnan-mae"

TRAINED = (*range(1, 11), *range(12, 31, 2))  # of the qualities that the ranker is trained on
RANKED = (*TRAINED, 35, 40, 50, 60, 70, 80, 90, 95, 100)
SCORED: dict[int | str, Level] = {**{q: Compress(q) for q in RANKED}, "clean": Clean()}
VERSIONS: dict[str, Level] = {"clean": Clean(), **{f"q{q}": Compress(q) for q in QUALITIES}}  # of figure 4
MAPS = (1, 2, 3)  # [O] the paper does not say which maps its figure shows


def on(quality: int, dataset: str, metric: Metric = "psnr") -> Protocol:
    """Return the protocol of the tables: gray JPEG of the 8-bit Y, whole pictures."""
    return Protocol(dataset, Compress(quality), colour="luma", multiple=1, metric=metric)


def restored(network: str, quality: int, dataset: str, metric: Metric = "psnr") -> Setting:
    """Return a network, none of which has a knob here, at one quality."""
    return Setting(network, (), on(quality, dataset, metric))


def own(quality: int) -> str:
    """Return the name of the network trained on one quality alone."""
    return f"{FULL}-q{quality}"


def scored(at: int | str) -> Setting:
    """Return the setting of the ranker's scores of LIVE1 at a quality of RANKED, or clean."""
    return Setting(RANKER, (), Protocol(LIVE1, SCORED[at], colour="luma", multiple=1, metric="score"))
