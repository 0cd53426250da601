"""Protocol + network + images -> rows: one per image, and one per setting that sums them up.

Best knobs are searched on the test images themselves, as in the papers.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib import losses
from lib.base import devices, paths, provenance
from lib.data import images, sets
from lib.degradations import to_8bit
from lib.degradations.levels import Level
from lib.metrics import perceptual, pirm
from lib.metrics.fidelity import NiqeParameters, niqe, niqe_parameters, psnr, psnr_b, square_error, ssim
from lib.models.qgcn import Ranker
from lib.recipes.qgcn import RANKER_RGB
from lib.training import networks
from lib.training.checkpoints import Provenance

Colour = Literal[
    "all channels", "luma", "Y of RGB", "8-bit Y of RGB", "gray of RGB", "gray as RGB", "gray copied"
]
# SSIM with the Gaussian 11x11, the plain 8x8 window; mse in grey levels, for the RMSE of a set;
# ma: of Ma et al., half of the PIRM challenge's index; lpips_paper: LPIPS as CUGAN's authors compute it,
# of images whose range it mistakes; score: of a network that judges what it is shown;
# features: distance in the maps of the ranker for RGB at the scale of the network that is measured
Metric = Literal[
    "psnr", "ssim", "ssim_u8", "psnr_b", "mse", "niqe", "ma",
    "lpips", "lpips_paper", "dists", "features", "score"
]  # fmt: skip
UNITS: dict[Metric, str] = {
    "psnr": "dB",
    "ssim": "1",
    "ssim_u8": "1",
    "psnr_b": "dB",
    "mse": "levels^2",
    "niqe": "score",
    "ma": "score",
    "lpips": "distance",
    "lpips_paper": "distance",
    "dists": "distance",
    "features": "distance",
    "score": "score",
}
NIQE_FILE = "niqe/modelparameters.mat"
FILES: dict[Metric, tuple[perceptual.Forms, ...]] = {  # published ones that a metric reads
    "niqe": ((NIQE_FILE,),),
    "lpips": perceptual.LPIPS_FILES,
    "lpips_paper": perceptual.LPIPS_FILES,
    "dists": perceptual.DISTS_FILES,
}
PERCEPTUAL: dict[Metric, Callable[..., nn.Module]] = {  # made from these files
    "lpips": perceptual.load_lpips,
    "lpips_paper": functools.partial(perceptual.load_lpips, black=0.0),
    "dists": perceptual.load_dists,
}
OF_FLOATS: tuple[Metric, ...] = ("lpips_paper", "dists")  # [C] CUGAN, whose printed values they stand beside


@dataclass(frozen=True)
class AsTaken:
    """Nothing is degraded here: the set brings a noisy photograph of every image."""

    name = "as taken"
    multiple = 1
    border = 0


@dataclass(frozen=True)
class Protocol:
    """How a restored image is scored: which images, which degradation, which metric.

    The metric of each image on 8-bit output, or for OF_FLOATS on clamped output, without the border that
    the level leaves out.

    multiple: after degrading, images are cropped to sides that it divides; 2 is what AdaFM's released
    test script does.

    colour: `luma` degrades, restores and compares the 8-bit BT.601 Y of an image; `Y of RGB` degrades
    and restores RGB, and compares the Y of both, not rounded; `8-bit Y of RGB` rounds them: with a border
    of 4 pixels and the metrics mse and niqe, the PIRM challenge. LPIPS and DISTS compare RGB. `gray of RGB`
    compares gray of 8 bits. Of a gray image a network of colours sees three equal channels: `gray as RGB`
    degrades each for itself, `gray copied` all alike; all channels are compared.
    shaves: how often the border is left out; 2 is what AdaFM's released script does on Y.
    """

    dataset: str
    level: Level | AsTaken
    seed: int = 0
    colour: Colour = "all channels"
    shaves: int = 1
    multiple: int = 2
    metric: Metric = "psnr"

    @property
    def border(self) -> int:
        return self.shaves * self.level.border

    @property
    def eight_bit(self) -> bool:
        return self.metric not in OF_FLOATS

    def inputs(self, limit: int | None = None) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, clean and degraded image, (1, C, H, W) in [0, 1], of the first `limit` images.

        The noise of image i comes from its own generator: a part of a set is measured as in the whole.
        Raises ValueError where the images should be as taken and the set has no noisy photographs.
        """
        for i, sample in enumerate(samples(self.dataset, limit)):
            clean = images.cropped(self._channels(images.to_tensor(sample.pixels)), self.level.multiple)
            if isinstance(self.level, AsTaken):
                degraded = self._taken(sample)
            else:
                generator = torch.Generator().manual_seed((self.seed << 20) + i)
                degraded = self.level.degrade(clean, generator)
            if self.colour == "gray copied":
                clean, degraded = (x.expand(-1, 3, -1, -1) for x in (clean, degraded))
            yield sample.name, *(images.cropped(x, self.multiple) for x in (clean, degraded))

    def score(self, restored: Tensor, clean: Tensor, ranker: Ranker | None = None) -> float:
        """restored, clean (1, C, H, W) in [0, 1]; ranker: for the metric that takes one."""
        restored = to_8bit(restored) if self.eight_bit else restored.clamp(0, 1)
        if self.metric != "ma" and self.metric not in PERCEPTUAL:
            restored, clean = self._compared(restored), self._compared(clean)
        match self.metric:
            case "psnr":
                value = psnr(restored, clean, border=self.border)
            case "ssim":
                value = ssim(restored, clean, window="gaussian11", border=self.border)
            case "ssim_u8":
                value = ssim(restored, clean, window="uniform8", border=self.border)
            case "psnr_b":
                value = psnr_b(restored, clean)
            case "mse":
                value = square_error(restored, clean, border=self.border)
            case "niqe":
                value = niqe(images.shaved(restored, self.border), natural_scenes())
            case "ma":
                value = pirm.ma(images.shaved(restored, self.border))
            case "lpips" | "lpips_paper" | "dists":
                both = (images.shaved(x.expand(-1, 3, -1, -1), self.border) for x in (restored, clean))
                value = _perceptual(self.metric)(*both)
            case "features":
                value = feature_distance(ranker, restored, clean)
            case "score":
                raise ValueError("A score is what a judge gives, not a comparison of two images.")
        return float(value)

    def _taken(self, sample: sets.Sample) -> Tensor:
        if sample.taken is None:
            raise ValueError(f"{self.dataset} has no noisy photographs of its images.")
        return self._channels(images.to_tensor(sample.taken))

    def _channels(self, x: Tensor) -> Tensor:
        """What is degraded of a gray or colour image."""
        if self.colour == "luma" and x.shape[1] == 3:
            return to_8bit(images.rgb_to_y(x))
        wide = self.colour.endswith("Y of RGB") or self.colour == "gray as RGB"
        return x.expand(-1, 3, -1, -1) if wide else x

    def _compared(self, x: Tensor) -> Tensor:
        match self.colour:
            case "Y of RGB":
                return images.rgb_to_y(x)
            case "8-bit Y of RGB":
                return to_8bit(images.rgb_to_y(x))
            case "gray of RGB":
                return to_8bit(images.rgb_to_gray(x))
        return x


def measurable(metric: Metric) -> bool:
    """Whether the published files that a metric reads, or its package, are here."""
    if metric == "ma":
        return pirm.available()
    return all(sets.has_file(*forms) for forms in FILES.get(metric, ()))


@functools.cache
def natural_scenes() -> NiqeParameters:
    """What NIQE compares with; raises MissingData where its authors' file is not here."""
    return niqe_parameters(sets.weights_file(NIQE_FILE))


@functools.cache
def _perceptual(metric: Metric) -> nn.Module:
    return PERCEPTUAL[metric](*(sets.weights_file(*forms) for forms in FILES[metric]))


def feature_distance(ranker: Ranker, x: Tensor, reference: Tensor) -> Tensor:
    """How far two images (1, 3, H, W) in [0, 1] lie apart in a ranker's maps, as QGCN's feature matching
    loss adds them up. Not LPIPS: the ranker was trained to order JPEGs, not to agree with people."""
    device = next(ranker.parameters()).device
    return losses.feature_matching(*(ranker.features(picture.to(device)) for picture in (x, reference)))


@functools.lru_cache(maxsize=8)
def samples(dataset: str, limit: int | None = None) -> list[sets.Sample]:
    return sets.load_images(dataset, limit)


@dataclass(frozen=True)
class Setting:
    """One point of a table: a network by the name of its run, its knobs, a protocol."""

    network: str
    knobs: tuple[float, ...]
    protocol: Protocol


@dataclass(frozen=True)
class Measurement:
    """The metric on every image of a setting, and what it was measured with."""

    setting: Setting
    scale: str
    scores: dict[str, float]  # image name -> value
    history: Provenance
    weights_sha: str
    data_sha: str
    device: str

    @property
    def mean(self) -> float:
        """The data set's value: the mean of the per-image values."""
        return float(np.mean(list(self.scores.values())))

    def row(self, item: str) -> dict[str, object]:
        """The setting as one tidy row."""
        protocol, history = self.setting.protocol, self.history
        return {
            "item": item,
            "dataset": protocol.dataset,
            "level": protocol.level.name,
            "knobs": knob_text(self.setting.knobs),
            "metric": protocol.metric,
            "unit": UNITS[protocol.metric],
            "value": f"{self.mean:.4f}",
            "n_images": len(self.scores),
            "colour": protocol.colour,
            "border": protocol.border,
            "multiple": protocol.multiple,
            "eight_bit": protocol.eight_bit,
            "recipe": self.setting.network,
            "scale": self.scale,
            "recipe_sha": history.recipe_sha,
            "weights_sha": self.weights_sha,
            "steps": history.steps,
            "patches": history.patches,
            "training_set": history.training_set,
            "trained_on": history.device,
            "data_sha": self.data_sha,
            "commit": provenance.commit(),
            "dirty": provenance.dirty(),
            "seed": protocol.seed,
            "device": self.device,
            "torch": torch.__version__,
            "utc": provenance.now(),
        }


def knob_text(knobs: tuple[float, ...]) -> str:
    return " ".join(f"{knob:.2f}" for knob in knobs)


class Bench:
    """Measures settings at one scale on one device, each at most once.

    `limit`: the first so many images of every set; None for all.
    Raises FileNotFoundError where a checkpoint or a set is missing.
    """

    def __init__(
        self,
        scale: str,
        *,
        device: str = "auto",
        limit: int | None = None,
        folder: Path = paths.CHECKPOINTS,
        variants: networks.Variants = MappingProxyType({}),
    ):
        self.scale = scale
        self.device = devices.choose(device)
        self.limit = limit
        self.folder = folder
        self.variants = variants
        self._known: dict[Setting, Measurement] = {}
        self._networks: dict[str, networks.Trained] = {}

    def measure(self, setting: Setting) -> Measurement:
        return self.measure_all([setting])[0]

    def measure_all(self, settings: Sequence[Setting]) -> list[Measurement]:
        """Settings that differ in the metric alone: every image is restored once for all of them."""
        missing = [setting for setting in settings if setting not in self._known]
        if missing:
            self._known |= zip(missing, self._measure(missing), strict=True)
        return [self._known[setting] for setting in settings]

    def network(self, name: str) -> networks.Trained:
        """The network, read once."""
        if name not in self._networks:
            self._networks[name] = networks.any_network(
                name, self.scale, self.folder, self.variants
            )
        return self._networks[name]

    def best(
        self, network: str, protocol: Protocol, over: Sequence[float] | None = None
    ) -> Measurement:
        """The knob with the highest set mean, measured on the images at hand: of those in `over`, or in
        hundredths between 0 and 1."""
        if over is not None:
            tried = [self.measure(Setting(network, (knob,), protocol)) for knob in over]
            return max(tried, key=lambda measurement: measurement.mean)
        few = self
        if self.limit is None or self.limit > COARSE_IMAGES:
            few = Bench(
                self.scale,
                device=str(self.device),
                limit=COARSE_IMAGES,
                folder=self.folder,
                variants=self.variants,
            )
        knob = best_knob(
            lambda coef: few.measure(Setting(network, (coef,), protocol)).mean,
            lambda coef: self.measure(Setting(network, (coef,), protocol)).mean,
        )
        return self.measure(Setting(network, (knob,), protocol))

    def data_sha(self, protocol: Protocol) -> str:
        """Of the images, and of the ranker that compares them where one does."""
        of_images = sets.set_hash(samples(protocol.dataset, self.limit))
        if protocol.metric != "features":
            return of_images
        both = f"{of_images} {self.network(RANKER_RGB).weights_sha}"
        return hashlib.sha256(both.encode()).hexdigest()[:12]

    def _measure(self, settings: Sequence[Setting]) -> list[Measurement]:
        (network,) = {setting.network for setting in settings}
        (knobs,) = {setting.knobs for setting in settings}
        trained = self.network(network)
        protocols = [setting.protocol for setting in settings]
        if [protocol.metric for protocol in protocols] == ["score"]:
            scores = [judge(trained.net, protocols[0], device=self.device, limit=self.limit)]
        else:
            plain = Padded(trained.net.fold(torch.tensor(knobs)), trained.net.multiple)
            ranker = None
            if any(protocol.metric == "features" for protocol in protocols):
                ranker = self.network(RANKER_RGB).net.to(self.device)
            scores = evaluate(plain, protocols, device=self.device, limit=self.limit, ranker=ranker)
        return [
            Measurement(
                setting,
                networks.scale_of(network, self.scale),
                values,
                trained.provenance,
                trained.weights_sha,
                self.data_sha(setting.protocol),
                devices.describe(self.device),
            )
            for setting, values in zip(settings, scores, strict=True)
        ]


class Padded(nn.Module):
    """A plain network for images of any size: their last rows and columns are repeated, and cut off
    from the result."""

    def __init__(self, net: nn.Module, multiple: int):
        super().__init__()
        self.net = net
        self.multiple = multiple

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.multiple, 0, -height % self.multiple), mode="replicate")
        restored = self.net(x)
        larger = restored.shape[-1] // x.shape[-1]
        return restored[..., : larger * height, : larger * width]


COARSE_IMAGES = 8  # images in the coarse part of a search


@torch.inference_mode()
def evaluate(
    net: nn.Module,
    protocols: Sequence[Protocol],
    *,
    device: torch.device,
    limit: int | None = None,
    ranker: Ranker | None = None,
) -> list[dict[str, float]]:
    """By each protocol, the score of a plain module `net(x)` on each image by name, in float32.

    Raises ValueError where the protocols differ in more than the metric.
    """
    if len({replace(protocol, metric="psnr") for protocol in protocols}) != 1:
        raise ValueError("Only protocols that differ in the metric alone are measured together.")
    devices.tune_cpu()
    net = net.to(device, memory_format=torch.channels_last).eval()
    scores: list[dict[str, float]] = [{} for _ in protocols]
    for name, clean, degraded in protocols[0].inputs(limit):
        x = degraded.to(device).contiguous(memory_format=torch.channels_last)
        restored = net(x).cpu()
        for own, protocol in zip(scores, protocols, strict=True):
            own[name] = protocol.score(restored, clean, ranker)
    return scores


@torch.inference_mode()
def judge(
    net: nn.Module, protocol: Protocol, *, device: torch.device, limit: int | None = None
) -> dict[str, float]:
    """What a network that scores images, (N, C, H, W) -> (N,), gives each degraded image by name."""
    devices.tune_cpu()
    net = net.to(device, memory_format=torch.channels_last).eval()
    return {name: float(net(degraded.to(device))) for name, _, degraded in protocol.inputs(limit)}


def best_knob(coarse: Callable[[float], float], fine: Callable[[float], float]) -> float:
    """The knob in [0, 1], in hundredths, with the highest `fine` score.

    `coarse`, a cheaper estimate, is tried at every fifth, then in hundredths uphill from the top of the
    parabola through its three best; from where it ends, `fine` goes uphill. Both must rise to one maximum
    and fall, as a set-mean PSNR does between two levels.
    """
    fifths = [coarse(i / 5) for i in range(6)]
    top = int(np.argmax(fifths))
    best = 20 * top
    if 0 < top < 5:
        before, here, after = fifths[top - 1 : top + 2]
        curvature = 2 * here - before - after
        best += round(10 * (after - before) / curvature) if curvature else 0
    return _uphill(fine, _uphill(coarse, best)) / 100


def _uphill(score: Callable[[float], float], start: int) -> int:
    """In hundredths, from `start` to the nearest maximum in 0..100."""
    here, value = start, score(start / 100)
    while True:
        around = {i: score(i / 100) for i in (here - 1, here + 1) if 0 <= i <= 100}
        ahead = max(around, key=around.get)
        if around[ahead] <= value:
            return here
        here, value = ahead, around[ahead]


def fit_curve(levels: np.ndarray, knobs: np.ndarray, order: int) -> np.polynomial.Polynomial:
    """Unweighted least squares of knob against level, end points included (AdaFM, eq. 7)."""
    return np.polynomial.Polynomial.fit(levels, knobs, order).convert()


def interval_of(
    statistic: Callable[[np.ndarray], float], values: np.ndarray, *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of a statistic of values (..., n) over n images."""
    count = values.shape[-1]
    picks = np.random.default_rng(seed).integers(0, count, (draws, count))
    low, high = np.quantile([statistic(values[..., pick]) for pick in picks], (0.025, 0.975))
    return float(low), float(high)


def interval(values: np.ndarray, *, draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of per-image values (n,)."""
    picks = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(np.asarray(values)[picks].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
