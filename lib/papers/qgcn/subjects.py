"""What the tables of QGCN measure: which networks, on which sets, at which qualities, by which metrics."""

from lib.degradations.levels import Compress
from lib.evaluation.measure import Metric, Protocol
from lib.recipes.qgcn import FULL, UNIT, WITHOUT_RANKER

QUALITIES = (10, 20, 30)
SETS = {"classic5": "Classic5", "live1": "LIVE1", "bsds500-val": "BSDS500 val (100)"}
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


def on(quality: int, dataset: str, metric: Metric = "psnr") -> Protocol:
    """Gray JPEG of the 8-bit Y, whole pictures."""
    return Protocol(dataset, Compress(quality), colour="luma", multiple=1, metric=metric)
