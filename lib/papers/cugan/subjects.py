"""What the tables of CUGAN measure: degradations, what the knobs are told of them, protocols, metrics."""

from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import Metric, Protocol, Setting
from lib.models.cugan import BLUR, SIGMA
from lib.recipes.cugan import CUGAN, CUNET, ugan_name, unet_name

LIVE1 = "live1"
ONE = (BlurNoise(0, 30), BlurNoise(0, 50), BlurNoise(2, 0), BlurNoise(4, 0))
MILD = (BlurNoise(1, 15), BlurNoise(1, 30))
STRONG = (BlurNoise(2, 30), BlurNoise(2, 50), BlurNoise(4, 30), BlurNoise(4, 50))
GAN_LEVELS = (*ONE, *MILD, *STRONG)  # of table 1
MSE_LEVELS = (*ONE, *MILD, BlurNoise(2, 50), BlurNoise(4, 50))  # of table 2
METRICS: dict[Metric, str] = {
    "lpips_paper": "LPIPS, unscaled",  # [C] what the paper prints
    "lpips": "LPIPS",
    "dists": "DISTS",
    "features": "ranker features",
    "niqe": "NIQE",
    "psnr": "PSNR",
}


def told(level: BlurNoise) -> tuple[float, float]:
    """The knobs that say this degradation."""
    return level.blur / BLUR, level.sigma / SIGMA


def on_live1(level: BlurNoise, metric: Metric = "psnr") -> Protocol:
    return Protocol(LIVE1, level, multiple=16, metric=metric)  # [C] of the adversarial tests


def on_cbsd68(level: BlurNoise) -> Protocol:
    return Protocol("cbsd68", level, multiple=8)  # [C] of the others


def unet(level: BlurNoise) -> str:
    return unet_name(level.blur, level.sigma)


def ugan(level: BlurNoise) -> str:
    return ugan_name(level.blur, level.sigma)


def cugan(level: BlurNoise, network: str = CUGAN) -> Setting:
    """A network with knobs on LIVE1, told the degradation."""
    return Setting(network, told(level), on_live1(level))


def cunet(level: BlurNoise) -> Setting:
    return cugan(level, CUNET)
