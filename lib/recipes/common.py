"""What every training run states: a frozen dataclass that is hashed into the run's name.

In comments: [P] the paper, [C] the authors' released code, [O] our choice.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import ClassVar, Literal, TypeVar

import torch
from torch import Tensor, nn

from lib import degradations, losses
from lib.base.devices import Precision
from lib.data import images, patches
from lib.degradations.levels import Level
from lib.metrics.fidelity import psnr
from lib.metrics.perceptual import PUBLISHED_GUIDES
from lib.models.knobs import Controllable

Scale = Literal["smoke", "compact", "paper"]
Author = Literal["the paper's", "the released code's", "our"]
SHORT_BETAS = (0.9, 0.99)  # [O] 1.2 dB more than 0.999 after 1000 compact steps
SHORT_CLIP = 0.5  # [O] largest gradient norm: keeps a high rate stable
SHORT_GAIN = 4.0  # [O] undoes most of the released x0.1: the blocks take part from the first step
SCALES: tuple[Scale, ...] = ("smoke", "compact", "paper")
SEEDS = (0, 1, 2)  # of the networks whose spread is measured


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
class Annealed:
    """A constant rate, over the last part of the budget falling straight to zero: until then a step does not
    depend on the budget, and a longer one goes on from there."""

    last: float = 0.2

    def factor(self, fraction: float) -> float:
        return min(1.0, (1 - fraction) / self.last)


Schedule = Steps | Cosine | Annealed


@dataclass(frozen=True)
class Outcome:
    """What a step made: its loss, what the log says besides, and images for an opponent to tell apart.

    parts: scalars, one for each name in the recipe's `parts` that `objective` accounts for.
    terms: weighted scalars by name, which add up to the loss; none where the loss is one term.
    meeting: what all terms depend on, in the graph: the restored image, or VDIR's latent.
    knobs: (N, K), what the fakes were made with, for an opponent that is told.
    """

    loss: Tensor
    parts: tuple[Tensor, ...] = ()
    terms: dict[str, Tensor] = field(default_factory=dict)
    meeting: Tensor | None = None
    real: Tensor | None = None
    fake: Tensor | None = None
    knobs: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run. Subclasses build the network and make the training pairs."""

    name: str
    scale: Scale
    patch: int  # pixels
    batch: int
    steps: int  # the budget, unless `minutes` is set
    lr: float
    schedule: Schedule
    channels: int = 3
    minutes: float | None = None
    loss: Literal["l1", "mse"] = "l1"
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float | None = None  # largest gradient norm of each of `clipped`; None leaves gradients alone
    phased: bool = False  # patches begin anywhere among the blocks of a JPEG; False: at a block's corner
    precision: Precision | None = None  # of the arithmetic; None: the fastest of the machine
    training_set: str
    seed: int = 0
    parent: str = ""  # the run whose weights this one starts from
    stage: bool = False  # only the modules of `trained_in_stage` learn
    short_lr: float  # [O] takes the place of `lr` in a budgeted run, together with BETAS and CLIP
    watch: str = ""  # image set whose PSNR the training curve follows; "": images held out
    guide: str = ""  # the frozen network that judges what this one makes: a run, or one in PUBLISHED_GUIDES
    opponent_lr: float = 0.0  # of the network trained against this one, where there is one
    opponent_betas: tuple[float, float] = (0.9, 0.999)

    parts: ClassVar[tuple[str, ...]] = ()  # what the training curve shows beside the loss
    measures: ClassVar[tuple[str, ...]] = ("validation_psnr", "validation_psnr_y")  # what `judged` returns

    @property
    def scheduled_by(self) -> Author:
        """Return who says how many steps the full schedule has."""
        return "our"

    @property
    def pixels(self) -> int:
        """Return the training pixels of all steps."""
        return self.steps * self.batch * self.patch**2

    @property
    def before_annealing(self) -> int:
        """Return after how many steps a longer budget would go on otherwise; 0 where all depend on it."""
        if self.minutes is not None or not isinstance(self.schedule, Annealed):
            return 0
        return int((1 - self.schedule.last) * self.steps)

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the runs that have to be trained before this one."""
        return tuple(name for name in (self.parent, self.guide) if name and name not in PUBLISHED_GUIDES)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Return every level that this run degrades its patches to."""
        return ()

    @property
    def block(self) -> int:
        """Return the side in pixels of the blocks among which a patch begins anywhere, or 1."""
        side = max((level.block for level in self.levels), default=1)
        return side * (2 if side > 1 and self.channels == 3 else 1) if self.phased else 1

    @property
    def drawn(self) -> int:
        """Return the side in pixels of what is sampled: the patch and what its input depends on."""
        side = self.patch + 2 * max((level.margin for level in self.levels), default=0) + self.block - 1
        multiple = math.lcm(self.block, *(level.multiple for level in self.levels))
        return -(-side // multiple) * multiple

    def cut(self, sampled: Sequence[Tensor], generator: torch.Generator) -> list[Tensor]:
        """Return the same patch of each of what was sampled, (N, C, drawn, drawn) -> (N, C, patch, patch),
        and of an image that a level has made smaller the same part: the middle, or, `phased`, one that begins
        anywhere in the first block."""
        if self.block == 1:
            return [self.inner(x) for x in sampled]
        return patches.anywhere(sampled, self.patch, self.block, generator)

    def inner(self, x: Tensor) -> Tensor:
        """Return the patch in the middle of what was sampled; of a smaller image the same part."""
        smaller = self.drawn // x.shape[-1]
        start, side = (self.drawn - self.patch) // 2 // smaller, self.patch // smaller
        return x[..., start : start + side, start : start + side]

    def clipped(self, net: nn.Module) -> dict[str, nn.Module]:
        """Return the networks whose gradients are clipped, each for itself: all that is trained, as one."""
        return {"network": nn.ModuleList(self.trained(net))}

    def opponent_wins(self, curve: Sequence[dict[str, float]]) -> bool:
        """Return whether the opponent has left this network behind; curve: its rows, oldest first."""
        return False

    @property
    def least(self) -> int:
        """Return how many images `pairs` needs at once."""
        return 1

    def build(self) -> nn.Module:
        raise TypeError(f"{type(self).__name__} builds no network")

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return clean (N, C, H, W) degraded, and the knobs (N, K) they are restored with."""
        raise TypeError(f"{type(self).__name__} makes no training pairs")

    def finish(self, net: nn.Module, batches: Callable[[int], tuple[Tensor, torch.Generator]]) -> None:
        """Do what follows the last step; `batches(i)` gives fresh clean patches and a generator."""

    def budgeted(
        self,
        *,
        steps: int | None = None,
        minutes: float | None = None,
        patch: int | None = None,
        batch: int | None = None,
    ) -> "Recipe":
        """Return this run within a budget far below its own: annealed at its end, at a rate that suits it."""
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

    def opponent(self) -> nn.Module | None:
        """Return a network that is trained against this one and not kept: a discriminator, a critic."""
        return None

    def objective(
        self,
        net: nn.Module,
        clean: Tensor,
        generator: torch.Generator,
        guide: nn.Module | None,
        opponent: nn.Module | None,
    ) -> Outcome:
        """Return the outcome of a step on clean (N, C, drawn, drawn) in [0, 1]; `net` is called as built."""
        x, clean, knobs = self.examples(clean, generator)
        restored = net(x, knobs).float()
        terms = self.terms(restored, clean, guide)
        return Outcome(sum(terms.values()), terms=terms, meeting=restored)

    def opposition(self, opponent: nn.Module, made: Outcome, generator: torch.Generator) -> Outcome:
        """Return the outcome of the opponent's step on what `objective` made, detached."""
        raise TypeError(f"{type(self).__name__} has no opponent")

    def examples(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return degraded patches of clean (N, C, drawn, drawn), the same clean, and their knobs (N, K)."""
        x, knobs = self.pairs(clean, generator)
        x, clean = self.cut((x, clean), generator)
        return x.contiguous(memory_format=torch.channels_last), clean, knobs

    def terms(self, x: Tensor, reference: Tensor, guide: nn.Module | None) -> dict[str, Tensor]:
        """Return the weighted parts of the loss by name, of restored and true images."""
        return {"error": losses.l1(x, reference) if self.loss == "l1" else losses.mse(x, reference)}

    def judged(self, net: Controllable, clean: Tensor, generator: torch.Generator) -> tuple[float, ...]:
        """Return the mean PSNR in dB of a whole image (1, C, H, W), 8-bit output: all channels, and Y (the
        same for a network of Y)."""
        border = max(level.border for level in self.levels)
        multiple = net.multiple * math.lcm(*(level.multiple for level in self.levels))
        clean = images.cropped(clean, multiple)
        x, knobs = self.pairs(clean.repeat(self.least, 1, 1, 1), generator)
        restored = degradations.to_8bit(net(x.contiguous(memory_format=torch.channels_last), knobs))
        clean = clean.expand_as(restored)
        luma = [y if y.shape[1] == 1 else images.rgb_to_y(y) for y in (restored, clean)]
        both = (psnr(a, b, border=border).mean() for a, b in ((restored, clean), luma))
        return tuple(float(value) for value in both)

    def trained(self, net: Controllable) -> list[nn.Module]:
        return net.trained_in_stage() if self.stage else [net]

    def sha(self) -> str:
        """Return 12 hex digits over the kind of recipe and every field that is not at its default: the same
        hash, the same run; a field that is added changes no run that does not use it."""
        stated = {f.name for f in fields(self) if getattr(self, f.name) != f.default}
        text = json.dumps({k: v for k, v in asdict(self).items() if k in stated}, sort_keys=True)
        return hashlib.sha256(f"{type(self).__name__} {text}".encode()).hexdigest()[:12]

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, kw_only=True)
class OneLevel(Recipe):
    """A run on one level, with the knobs, if any, where `trained_at` has them."""

    level: Level

    trained_at: ClassVar[tuple[float, ...]] = ()

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.level,)

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self.level.degrade(clean, generator), clean.new_tensor(self.trained_at).repeat(len(clean), 1)


Run = TypeVar("Run", bound=Recipe)


@dataclass(frozen=True, kw_only=True)
class SharedSize:
    """What every paper changes between scales; its own file adds the rest."""

    scale: Scale
    patch: int
    batch: int
    steps: int
    lr: float
    short_lr: float
    schedule: Schedule
    betas: tuple[float, float]
    clip: float | None
    training_set: str
    precision: Precision | None = None

    def run(self, kind: Callable[..., Run], name: str, **own: object) -> Run:
        """Return a recipe with these fields, and `own` besides or in their place."""
        shared = {field.name: getattr(self, field.name) for field in fields(SharedSize)}
        return kind(**{"name": name, **shared, **own})


def seeded_name(name: str, seed: int) -> str:
    """Return the name of the same run from another seed; the first is 0."""
    return f"{name}-seed{seed}" if seed else name


def again(*runs: Recipe) -> tuple[Recipe, ...]:
    """Return the same runs from every further seed, those that start from one another too."""
    names = {run.name for run in runs}
    return tuple(
        replace(
            run,
            name=seeded_name(run.name, seed),
            seed=seed,
            parent=seeded_name(run.parent, seed) if run.parent in names else run.parent,
        )
        for seed in SEEDS[1:]
        for run in runs
    )
