"""What the items of CUGAN measure: degradations, what the knobs are told of them, protocols, metrics, and
the settings of every item that a claim stands on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lib.degradations.levels import BlurNoise, Denoise
from lib.evaluation.measure import Colour, Metric, Protocol, Setting
from lib.models.cugan import BLUR, SIGMA
from lib.recipes import find
from lib.recipes.cugan import (
    BLOCKS,
    CUGAN,
    CUNET,
    RIVAL,
    TEXTURE,
    WITHOUT_GAN,
    WITHOUT_GFM,
    scales_name,
    ugan_name,
    unet_name,
)
from lib.training.networks import INPUT

LIVE1 = "live1"
ONE = (BlurNoise(0, 30), BlurNoise(0, 50), BlurNoise(2, 0), BlurNoise(4, 0))
MILD = (BlurNoise(1, 15), BlurNoise(1, 30))
STRONG = (BlurNoise(2, 30), BlurNoise(2, 50), BlurNoise(4, 30), BlurNoise(4, 50))
GAN_LEVELS = (*ONE, *MILD, *STRONG)  # of table 1
MSE_LEVELS = (*ONE, *MILD, BlurNoise(2, 50), BlurNoise(4, 50))  # of table 2
LPIPS: Metric = "lpips_paper"  # [C] what the paper prints
CONTROLLED: tuple[Metric, ...] = (LPIPS, "dists")  # by which a UGAN has to be better than its Unet
METRICS: dict[Metric, str] = {
    LPIPS: "LPIPS, unscaled",
    "lpips": "LPIPS",
    "dists": "DISTS",
    "features": "ranker features",
    "niqe": "NIQE",
    "psnr": "PSNR",
}


def told(level: BlurNoise) -> tuple[float, float]:
    """Return the knobs that say this degradation."""
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
    """Return a network with knobs on LIVE1, told the degradation."""
    return Setting(network, told(level), on_live1(level))


def cunet(level: BlurNoise) -> Setting:
    return cugan(level, CUNET)


def by(metric: Metric, setting: Setting) -> Setting:
    """Return the same setting, judged by this metric."""
    return replace(setting, protocol=replace(setting.protocol, metric=metric))


def first_stage(setting: Setting) -> Setting:
    """Return the same of the network that an adversarial one was trained on from."""
    return replace(setting, network=find(setting.network, "paper").parent)


# --- tables 1 and 2, by method as it is printed -------------------------------------------------------


def of_table1(level: BlurNoise) -> dict[str, Setting]:
    """Return the network for a degradation and the one that is told it."""
    return {"UGAN": Setting(ugan(level), (), on_live1(level)), "CUGAN": cugan(level)}


def of_table2(level: BlurNoise) -> dict[str, Setting]:
    """Return the network for a degradation, two that are told it, and the degraded images themselves."""
    protocol = on_cbsd68(level)
    return {
        "degraded": Setting(INPUT, (), protocol),
        "Unet": Setting(unet(level), (), protocol),
        "CUnet": Setting(CUNET, told(level), protocol),
        "CResMD": Setting(RIVAL, told(level), protocol),
    }


# --- table 3 -----------------------------------------------------------------------------------------

AS_PRINTED = "cbsd68 (called gray)"
FFDNET = "FFDNet colour"
SIGMAS = (15, 25, 30, 40, 50)  # the text has 40 as well, for which the table prints nothing
IN_TABLE_2 = (30, 50)


@dataclass(frozen=True)
class Reading:
    """One way to denoise the images and to judge the result."""

    title: str
    network: str
    dataset: str
    colour: Colour = "all channels"

    def setting(self, sigma: int) -> Setting:
        """Return the setting. Published networks have their noise as it was for them, neither clipped nor
        rounded; ours as a file holds it."""
        if self.network == CUNET:
            level, knobs = BlurNoise(0, sigma), told(BlurNoise(0, sigma))
        else:
            level, knobs = Denoise(sigma, quantise=False), (float(sigma),)
        return Setting(self.network, knobs, Protocol(self.dataset, level, colour=self.colour, multiple=8))


IN_COLOUR = Reading("CUnet: colour, judged in colour", CUNET, "cbsd68")
FFDNET_IN_COLOUR = Reading("FFDNet colour (published): judged in colour", FFDNET, "cbsd68")
FFDNET_IN_GRAY = Reading("FFDNet colour (published): judged in gray", FFDNET, "cbsd68", "gray of RGB")
IN_GRAY = Reading("CUnet: colour, judged in gray", CUNET, "cbsd68", "gray of RGB")
ONE_NOISE = Reading("CUnet: gray, one noise in all channels", CUNET, "bsd68", "gray copied")
GRAY = Reading("FFDNet gray (published)", "FFDNet gray", "bsd68")
READINGS = (
    IN_COLOUR,
    FFDNET_IN_COLOUR,
    IN_GRAY,
    FFDNET_IN_GRAY,
    Reading("CUnet: gray, a noise for each channel", CUNET, "bsd68", "gray as RGB"),
    ONE_NOISE,
    GRAY,
)

# --- figures -----------------------------------------------------------------------------------------

MEANT, GIVEN = BlurNoise(2, 30), BlurNoise(1, 50)  # [P] of figure 2
IN_TWO = {
    f"Unet for {MEANT.name}": Setting(unet(MEANT), (), on_live1(GIVEN)),
    "CUnet, told": cunet(GIVEN),
    f"UGAN for {MEANT.name}": Setting(ugan(MEANT), (), on_live1(GIVEN)),
    "CUGAN, told": cugan(GIVEN),
}
TENTHS = tuple(i / 10 for i in range(11))  # of every knob, of figure 4 and of the fusion weights
TURNED = BlurNoise(2, 30)  # of figure 4
LEVELS = dict(zip(("blur", "noise"), told(TURNED), strict=True))  # of each knob: what the image has
# Blur, noise and texture on the way of every knob, by where it stands; blur is told while texture turns, and
# 0 while noise does, as in the paper.
WAYS: dict[str, Callable[[float], tuple[float, float, float]]] = {
    "noise": lambda at: (0.0, at, 1.0),
    "blur": lambda at: (at, LEVELS["noise"], 1.0),
    "texture": lambda at: (LEVELS["blur"], LEVELS["noise"], at),
}
PLACES = {  # of each knob: where figure 4's claims look at noise and steps
    "noise": tuple(at for at in TENTHS if at <= LEVELS["noise"]),
    "blur": tuple(at for at in TENTHS if at <= LEVELS["blur"]),
    "texture": (0.0, 1.0),
}
BETWEEN = {"blur": (0.0, LEVELS["blur"]), "texture": (0.0, 0.5, 1.0)}  # where figure 4 has rows of whole sets
LOOKS: dict[Metric, str] = {m: METRICS[m] for m in ("psnr", "niqe", "lpips")}  # of these
IN_SEVEN = (BlurNoise(1, 30), BlurNoise(2, 15))
SCALES = {f"CUGAN-{scales}": scales_name(scales) for scales in BLOCKS}  # of figure 7
CONTROL = "no discriminator"
IN_EIGHT = {"with GFM": CUGAN, "without GFM": WITHOUT_GFM, CONTROL: WITHOUT_GAN}


def turned(knob: str, at: float, metric: Metric = "psnr") -> Setting:
    """Return both networks of figure 4 as one, a knob of it on its way."""
    return Setting(TEXTURE, WAYS[knob](at), on_live1(TURNED, metric))
