"""What VDIR's tables and figures measure: which networks, on which sets, at which levels; names of facts."""

from lib.data.sets import MissingData, weights_file
from lib.degradations.levels import Blurred, Camera, Compress, Denoise
from lib.evaluation.measure import AsTaken, Metric, Protocol, Setting
from lib.papers.variants import SAMPLES
from lib.recipes.common import seeded_name
from lib.recipes.vdir import (
    AWGN,
    FFDNET,
    FFDNET_TOLD,
    JPEG_RGB,
    JPEG_Y,
    NAIVE,
    NO_PRIOR,
    REAL,
    REAL_NAIVE,
    enlarging_name,
)
from lib.training.networks import INPUT

URBAN = "urban100"
TITLES = {
    "cbsd68": "CBSD68",
    "kodak24": "Kodak24",
    "set5": "Set5",
    "bsds500-val": "BSD100",
    "classic5": "Classic5",
    "live1": "LIVE1",
    URBAN: "Urban100 (25 of 100)",
    "sidd-valid": "SIDD validation",
    "cc15": "cc15 (not SIDD, not DND)",
    "polyu": "PolyU (not SIDD, not DND)",
}
MEASURED_AGAIN = ("cbsd68", "set5", "classic5", "live1")  # sets that a notebook measures again
AUTHORS = "VDIR, its authors' weights"  # a row that only those who have them see
METRICS: dict[Metric, str] = {"psnr": "PSNR", "ssim": "SSIM", "ssim_u8": "SSIM"}
NO_ESTIMATOR, ENSEMBLE = "vdir-awgn-noest", f"{REAL} +"
WITHOUT_KNOB = (NAIVE, NO_PRIOR, NO_ESTIMATOR, REAL, ENSEMBLE, REAL_NAIVE)


def at_rest(run: str) -> tuple[float, ...]:
    """Return the knobs of blind restoration: none where there is no estimator, or `strength` at 0."""
    return () if run in WITHOUT_KNOB else (0.0,)


def blind(run: str, protocol: Protocol) -> Setting:
    """Return a network trained here that is told nothing."""
    return Setting(run, at_rest(run), protocol)


# --- Gaussian noise ----------------------------------------------------------------------------------

SIGMAS = (10, 30, 50, 70)
NOISY_SETS = ("cbsd68", "kodak24", URBAN)
PUBLISHED = {"CDnCNN": "CDnCNN-B", "FFDNet": "FFDNet colour"}
FFDNET_SIGMAS = (30, 50)  # of table 11
ABLATION = {  # table 9: what we call the rows, and the paper does
    NAIVE: ("the restorer alone", "L_res only"),
    NO_PRIOR: (
        "without adversarial and estimation loss",
        "L_res + beta KL + L_rec without adversarial loss",
    ),
    NO_ESTIMATOR: ("without estimation loss", ""),
    AWGN: ("the whole loss", "full loss (with adversarial loss)"),
}


def noisy(sigma: float, dataset: str = "cbsd68") -> Protocol:
    """Return noise neither clipped nor rounded, all of RGB."""
    return Protocol(dataset, Denoise(sigma, quantise=False), multiple=1)


def denoised(method: str, sigma: int, dataset: str = "cbsd68") -> Setting:
    """Return the setting of a method of table 1 that is measured here: VDIR, or one of PUBLISHED."""
    if method == "VDIR":
        return blind(AWGN, noisy(sigma, dataset))
    knobs = (float(sigma),) if method == "FFDNet" else ()
    return Setting(PUBLISHED[method], knobs, noisy(sigma, dataset))


def sampled(sigma: int, training: int = 0) -> tuple[Setting, ...]:
    """Return VDIR with a sample of the latent, a few times; training: the seed of its network."""
    run = seeded_name(AWGN, training)
    return tuple(Setting(f"{run} sample {seed}", (0.0,), noisy(sigma)) for seed in range(SAMPLES))


def on_ffdnet(sigma: int) -> tuple[Setting, Setting]:
    """Return FFDNet with the latent, blind, and the same network told the level, both trained here."""
    protocol = noisy(sigma, URBAN)
    return blind(FFDNET, protocol), Setting(FFDNET_TOLD, (float(sigma),), protocol)


# --- super-resolution --------------------------------------------------------------------------------

ROUND, TURNED, FOUR = "x2 g_2.0 isotropic", "x2 g_ani anisotropic", "x4 g_2.0 isotropic"
BLURS = {ROUND: Blurred(2), TURNED: Blurred(2, along=4.0, across=1.0, angle=-0.5), FOUR: Blurred(4)}
SMALL_SETS = ("set5", "bsds500-val", URBAN)
IN_PLACE = "Bicubic, pixels in place"  # not printed


def small(level: Blurred, dataset: str, metric: Metric = "psnr") -> Protocol:
    """Return blind super-resolution, compared on 8-bit Y without a border."""
    return Protocol(dataset, level, colour="8-bit Y of RGB", multiple=1, metric=metric)


def enlarged(method: str, blur: str, dataset: str) -> Setting:
    """Return the setting of a method of tables 4 and 5 that is measured here: VDIR, or a bicubic."""
    level = BLURS[blur]
    if method == "VDIR":
        return blind(enlarging_name(level.factor), small(level, dataset))
    place = " in place" if method == IN_PLACE else ""
    return Setting(f"bicubic x{level.factor}{place}", (), small(level, dataset))


# --- JPEG --------------------------------------------------------------------------------------------

QUALITIES, HIGH = (10, 20, 30, 40, 70, 80), (70, 80)  # of table 6
GRAY_SETS = ("classic5", "live1", URBAN)
ARCNN = "AR-CNN"
QUOTED = (ARCNN, "Guo et al.", "MemNet", "Galteri et al.")  # up to quality 40; the last of LIVE1 alone
COLOUR_QUALITIES = tuple(range(10, 81, 10))  # of table 7
COLOUR_SETS = ("live1", URBAN)


def gray_jpeg(quality: int, dataset: str, metric: Metric = "psnr") -> Protocol:
    """Return JPEG of the 8-bit Y; SSIM with the plain 8x8 window."""
    return Protocol(dataset, Compress(quality), colour="luma", multiple=1, metric=metric)


def colour_jpeg(quality: int, dataset: str) -> Protocol:
    """Return JPEG with chroma at half the sides, all of RGB."""
    return Protocol(dataset, Compress(quality), multiple=1)


def gray(method: str, quality: int, dataset: str) -> Setting:
    """Return the JPEG of table 6, or what VDIR makes of it."""
    protocol = gray_jpeg(quality, dataset)
    return blind(JPEG_Y, protocol) if method == "VDIR" else Setting(INPUT, (), protocol)


def coloured(method: str, quality: int, dataset: str) -> Setting:
    """Return the JPEG of table 7, or what VDIR makes of it."""
    protocol = colour_jpeg(quality, dataset)
    return blind(JPEG_RGB, protocol) if method == "VDIR" else Setting(INPUT, (), protocol)


# --- the noise of cameras ----------------------------------------------------------------------------

SIDD = "sidd-valid"
SERVERS = {"SIDD": "needs SIDD's server", "DND": "needs DND's server"}
BASELINE, SYNTHETIC = "restorer-only baseline", "trained on DIV2K with synthetic realistic noise"
ON_SIDD = "trained on SIDD"


def photographed(dataset: str) -> Protocol:
    """Return real noise, in sets that bring noisy photographs; all of RGB."""
    return Protocol(dataset, AsTaken(), multiple=1)


def camera() -> Protocol:
    """Return synthetic camera noise on CBSD68, by curves of a formula where the measured are not at hand."""
    return Protocol("cbsd68", Camera(_curves_at_hand()), multiple=1)


def _curves_at_hand() -> bool:
    try:
        weights_file("camera_response/201_CRF_data.mat")
    except MissingData:
        return False
    return True


# --- what the latent does: names of facts ------------------------------------------------------------


def of_seed(seed: int, fact: str) -> str:
    """Return the name of a fact of the network trained from a seed."""
    return f"seed {seed}, {fact}" if seed else fact


MILD, STRONG = 10, 50  # [O] of the noise whose latents figure 5 shows; the paper does not say
OWN, FLIPPED, OTHER = "its own", "flipped", "another image's"
LESS, MORE = f"sigma {MILD}", f"sigma {STRONG}"
CASES = (OWN, FLIPPED, LESS, MORE, OTHER)
PSNR, MOVED = "PSNR (dB)", "output moved by (grey levels)"
NOISE, EDGES = "noise left (grey levels)", "gradient energy (thousandths)"
QUANTITIES = (PSNR, MOVED, NOISE, EDGES)

STEP, ORDER, TEXTURE = "step", "rank correlation", "texture"  # of each channel, figure 6
ELSEWHERE = "texture, on another image's map"

LINEAR, ERROR, NEARER_LEVEL, NEARER_COLOUR, ESTIMATED = "line", "error", "level", "colour", "estimator"
READ = {
    LINEAR: "R2 of a line through the four numbers, other half of the images",
    ERROR: "its mean error in sigma (grey levels)",
    "nearest": "distance in sigma to the nearest patch of another image",
    "chance": "the same to any patch of another image",
    NEARER_LEVEL: "how much nearer than chance that is (grey levels of sigma)",
    NEARER_COLOUR: "how much nearer than chance its mean colour is (grey levels)",
    ESTIMATED: "mean error of the estimator (grey levels)",
}
TRAINED, START = "trained", "before training"
UNTAUGHT = {run: ABLATION[run][0] for run in (NO_ESTIMATOR, NO_PRIOR)}  # no loss told them the level
POSTERIOR, PIXELS = "trained, in deviations of its posterior", "raw pixels"  # of figure 8

AROUND = (-20.0, -10.0, 0.0, 10.0, 20.0)  # grey levels more or less than what the network found
READ_AT = (10, 30, 60)  # [O] sigmas at which the estimator reads what the knob did


def asked(sigma: int, knob: float) -> str:
    """Return the name of the fact how much more the estimator reads at a knob than at 0."""
    return f"sigma {sigma}, asked {knob:g}, read"
