"""What the tables of VDIR measure: on which sets, at which levels, by which protocols."""

from lib.data.sets import MissingData, weights_file
from lib.degradations.levels import Blurred, Camera, Compress, Denoise
from lib.evaluation.measure import AsTaken, Metric, Protocol
from lib.recipes.vdir import NAIVE, NO_PRIOR, REAL, REAL_NAIVE

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
NO_ESTIMATOR = "vdir-awgn-noest"
WITHOUT_KNOB = (NAIVE, NO_PRIOR, NO_ESTIMATOR, REAL, REAL_NAIVE)


def at_rest(run: str) -> tuple[float, ...]:
    """The knobs of blind restoration: none where there is no estimator, or `strength` at 0."""
    return () if run in WITHOUT_KNOB else (0.0,)


def noisy(sigma: float, dataset: str = "cbsd68") -> Protocol:
    """Noise neither clipped nor rounded, all of RGB."""
    return Protocol(dataset, Denoise(sigma, quantise=False), multiple=1)


def small(level: Blurred, dataset: str, metric: Metric = "psnr") -> Protocol:
    """Blind super-resolution, compared on 8-bit Y without a border."""
    return Protocol(dataset, level, colour="8-bit Y of RGB", multiple=1, metric=metric)


def gray_jpeg(quality: int, dataset: str, metric: Metric = "psnr") -> Protocol:
    """JPEG of the 8-bit Y; SSIM with the plain 8x8 window."""
    return Protocol(dataset, Compress(quality), colour="luma", multiple=1, metric=metric)


def colour_jpeg(quality: int, dataset: str) -> Protocol:
    """JPEG with chroma at half the sides, all of RGB."""
    return Protocol(dataset, Compress(quality), multiple=1)


def photographed(dataset: str) -> Protocol:
    """Real noise, in sets that bring noisy photographs; all of RGB."""
    return Protocol(dataset, AsTaken(), multiple=1)


def camera() -> Protocol:
    """Synthetic camera noise on CBSD68, by curves of a formula where the measured ones are not at hand."""
    return Protocol("cbsd68", Camera(_curves_at_hand()), multiple=1)


def _curves_at_hand() -> bool:
    try:
        weights_file("camera_response/201_CRF_data.mat")
    except MissingData:
        return False
    return True
