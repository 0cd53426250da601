"""What every training run states: a frozen dataclass that is hashed into the run's name.

In comments: [P] the paper, [C] the authors' released code, [O] our choice.
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from lib import degradations, images, losses
from lib.metrics import psnr
from lib.models.knobs import Controllable

Scale = Literal["smoke", "compact", "paper"]
SHORT_BETAS = (0.9, 0.99)  # [O] 1.2 dB more than 0.999 after 1000 compact steps
SHORT_CLIP = 0.5  # [O] largest gradient norm: keeps a high rate stable
SHORT_GAIN = 4.0  # [O] undoes most of the released x0.1: the blocks take part from the first step
SCALES: tuple[Scale, ...] = ("smoke", "compact", "paper")


@dataclass(frozen=True)
class Steps:
    """Learning rate in steps: from each fraction of the budget on, multiplied by its factor."""

    drops: tuple[tuple[float, float], ...] = ()

    def factor(self, fraction: float) -> float:
        return math.prod(factor for at, factor in self.drops if fraction >= at)


@dataclass(frozen=True)
class Cosine:
    """Linear warm-up, then half a cosine down to zero: a budget of any length ends annealed."""

    warmup: float = 0.03

    def factor(self, fraction: float) -> float:
        if fraction < self.warmup:
            return max(fraction / self.warmup, 0.01)
        return 0.5 + 0.5 * math.cos(math.pi * (fraction - self.warmup) / (1 - self.warmup))


@dataclass(frozen=True)
class Denoise:
    """Gaussian noise of one level, in 8-bit grey levels."""

    sigma: float
    quantise: bool = True  # [C] noisy images are 8-bit files in the authors' script

    multiple = 2
    border = 0
    margin = 0

    @property
    def name(self) -> str:
        return f"sigma{self.sigma:g}" if self.quantise else f"sigma{self.sigma:g} float"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, noisy."""
        sigma = torch.full((len(clean),), self.sigma)
        return degradations.add_gaussian_noise(clean, sigma, generator=generator, quantise=self.quantise)


@dataclass(frozen=True)
class Compress:
    """JPEG of one quality: gray for one channel, 4:2:0 for three.

    Through the reference codec; gray pictures on a GPU are compressed there, to the same values.
    """

    quality: int

    multiple = 1
    border = 0
    margin = 0

    @property
    def name(self) -> str:
        return f"q{self.quality}"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, decoded from a JPEG."""
        compress = degradations.jpeg_gray if clean.is_cuda and clean.shape[1] == 1 else degradations.jpeg
        return compress(clean, self.quality)


@dataclass(frozen=True)
class Shrink:
    """Bicubic super-resolution by one factor; the network's input is enlarged to full size first."""

    factor: float

    @property
    def name(self) -> str:
        return f"x{self.factor:g}"

    @property
    def multiple(self) -> int:
        """1 where the factor is not whole."""
        return int(self.factor) if float(self.factor).is_integer() else 1

    @property
    def border(self) -> int:
        """As since SRCNN."""
        return math.ceil(self.factor)

    @property
    def margin(self) -> int:
        """Two bicubic kernels."""
        return 4 * math.ceil(self.factor)

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, 8-bit."""
        return degradations.lower_resolution(clean, self.factor)


# Every level says: `multiple`, pictures are cropped to sides that it divides before they are degraded;
# `border`, pixels at each side that PSNR leaves out; `margin`, pixels beyond a training patch that its
# input depends on.
Level = Denoise | Compress | Shrink


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run. Subclasses build the network and make the training pairs."""

    name: str
    scale: Scale
    patch: int  # pixels
    batch: int
    steps: int  # the budget, unless `minutes` is set
    lr: float
    schedule: Steps | Cosine
    channels: int = 3
    minutes: float | None = None
    loss: Literal["l1", "mse"] = "l1"
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float | None = None  # largest gradient norm; None leaves gradients alone
    training_set: str
    seed: int = 0
    parent: str = ""  # the run whose weights this one starts from
    stage: bool = False  # only the modules of `trained_in_stage` learn
    short_lr: float  # [O] takes the place of `lr` in a budgeted run, together with BETAS and CLIP
    watch: str = ""  # image set whose PSNR the training curve follows; "": images held out
    guide: str = ""  # the run whose network judges what this one makes, frozen

    measures: ClassVar[tuple[str, ...]] = ("validation_psnr", "validation_psnr_y")  # what `judged` returns

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level that this run degrades its patches to."""
        return ()

    @property
    def drawn(self) -> int:
        """Pixels a side of what is sampled: the patch, and around it what its input depends on."""
        side = self.patch + 2 * max((level.margin for level in self.levels), default=0)
        multiple = math.lcm(*(level.multiple for level in self.levels))
        return -(-side // multiple) * multiple

    def inner(self, x: Tensor) -> Tensor:
        """The patch in the middle of what was sampled, (N, C, drawn, drawn) -> (N, C, patch, patch)."""
        start = (self.drawn - self.patch) // 2
        return x[..., start : start + self.patch, start : start + self.patch]

    @property
    def least(self) -> int:
        """Pictures that `pairs` needs at once."""
        return 1

    def build(self) -> nn.Module:
        raise TypeError(f"{type(self).__name__} builds no network")

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """clean (N, C, H, W) -> the same degraded, and the knobs (N, K) they are restored with."""
        raise TypeError(f"{type(self).__name__} makes no training pairs")

    def finish(self, net: nn.Module, batches: Callable[[int], tuple[Tensor, torch.Generator]]) -> None:
        """What follows the last step; `batches(i)` gives fresh clean patches and a generator."""

    def budgeted(
        self,
        *,
        steps: int | None = None,
        minutes: float | None = None,
        patch: int | None = None,
        batch: int | None = None,
    ) -> "Recipe":
        """This run within a budget far below its own: annealed at its end, at a rate that suits it."""
        return replace(
            self,
            steps=steps or self.steps,
            minutes=minutes,
            patch=patch or self.patch,
            batch=batch or self.batch,
            lr=self.short_lr,
            schedule=Cosine(),
            betas=SHORT_BETAS,
            clip=SHORT_CLIP,
        )

    def objective(
        self, net: nn.Module, clean: Tensor, generator: torch.Generator, guide: nn.Module | None
    ) -> Tensor:
        """The loss on clean (N, C, drawn, drawn) in [0, 1]; `net` is called as the built one is."""
        x, knobs = self.pairs(clean, generator)
        x, clean = self.inner(x), self.inner(clean)
        restored = net(x.contiguous(memory_format=torch.channels_last), knobs)
        return self.criterion(restored.float(), clean, guide)

    def criterion(self, x: Tensor, reference: Tensor, guide: nn.Module | None) -> Tensor:
        return losses.l1(x, reference) if self.loss == "l1" else losses.mse(x, reference)

    def judged(self, net: nn.Module, clean: Tensor, generator: torch.Generator) -> tuple[float, ...]:
        """Mean PSNR in dB of a whole picture (1, C, H, W), 8-bit output: all channels, and Y (the same
        for a network of Y)."""
        border = max(level.border for level in self.levels)
        clean = images.cropped(clean, math.lcm(*(level.multiple for level in self.levels)))
        x, knobs = self.pairs(clean.repeat(self.least, 1, 1, 1), generator)
        x, clean = images.cropped(x, 2), images.cropped(clean, 2)
        restored = degradations.to_8bit(net(x.contiguous(memory_format=torch.channels_last), knobs))
        clean = clean.expand_as(restored)
        luma = [y if y.shape[1] == 1 else images.rgb_to_y(y) for y in (restored, clean)]
        both = (psnr(a, b, border=border).mean() for a, b in ((restored, clean), luma))
        return tuple(float(value) for value in both)

    def trained(self, net: Controllable) -> list[nn.Module]:
        return net.trained_in_stage() if self.stage else [net]

    def sha(self) -> str:
        """12 hex digits over the kind of recipe and every field: the same hash, the same run."""
        return hashlib.sha256(f"{type(self).__name__} {self.as_json()}".encode()).hexdigest()[:12]

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)
