"""Every training run of CFSNet, at three scales. Names as in the paper's list of runs.

[P] the paper, [C] the authors' released code and option files, [O] our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from lib import losses
from lib.degradations.levels import Compress, Denoise, Level, Small
from lib.models.cfsnet import CFSNet, Critic, MainBranch
from lib.recipes.common import (
    SHORT_BETAS,
    SHORT_CLIP,
    SHORT_GAIN,
    Annealed,
    Author,
    Cosine,
    OneLevel,
    Outcome,
    Recipe,
    Schedule,
    SharedSize,
    Steps,
    again,
)
from lib.recipes.qgcn import RANKER_RGB


@dataclass(frozen=True, kw_only=True)
class Main(OneLevel):
    """Step 1: the main branch alone, for one level."""

    width: int = 64  # [P]
    blocks: int = 10  # [P] M: 10 for denoising and de-blocking, 30 for super-resolution
    residual: bool = False  # [C] for denoising
    enlarges: int = 1
    up_kernel: int = 1  # of the upscaler: 1 [C] or 3 [P]
    init_gain: float = 1.0  # [C] 1: the released initialisation

    @property
    def scheduled_by(self) -> Author:
        return "the released code's" if self.enlarges > 1 else "our"

    def build(self) -> MainBranch:
        return self._start(MainBranch(*self._layers()))

    def budgeted(self, **budget: float | None) -> "Main":
        return replace(super().budgeted(**budget), init_gain=SHORT_GAIN)

    def _layers(self) -> tuple[int, int, int, bool, int, int]:
        return self.channels, self.width, self.blocks, self.residual, self.enlarges, self.up_kernel

    def _start(self, net: MainBranch) -> MainBranch:
        with torch.no_grad():
            for block in net.body:
                block.a.weight.mul_(self.init_gain)
                block.b.weight.mul_(self.init_gain)
        return net


@dataclass(frozen=True, kw_only=True)
class Tuned(Main):
    """Step 2: the tuning branch at alpha_in = 1 beside a frozen main branch, for another level."""

    stage: bool = True
    adaptive: bool = True  # False: CFSNet-SA

    trained_at = (1.0,)

    def build(self) -> CFSNet:
        return self._start(CFSNet(*self._layers(), adaptive=self.adaptive))


@dataclass(frozen=True, kw_only=True)
class Adversarial(Recipe):
    """The loss of step 2 of super-resolution: the mean absolute error, features of the guide, a critic."""

    gan_weight: float = 0.01  # [P]
    perceptual_weight: float = 0.01  # [P]
    penalty_weight: float = 10.0  # [C]
    critic: int = 64  # [C] width

    parts = ("l1", "perceptual", "critic_gap", "gradient_penalty")

    def opponent(self) -> Critic:
        """Return a critic without a norm and started as He et al. [O]: a penalty on the gradient of the score
        of one image does not allow for the released batch norm, which makes that score depend on the others;
        with instance norm a small critic stays blind, and with the released tenth of He's weights and no norm
        it gives no signal at all."""
        return Critic(self.channels, self.critic, self.patch, nn.Identity, gain=1.0)

    def opponent_wins(self, curve: Sequence[dict[str, float]]) -> bool:
        """Return whether the guide sees more error than in the first fifth [O]: no score tells that."""
        fifth = max(1, len(curve) // 5)
        first, last = (sum(row["perceptual"] for row in part) for part in (curve[:fifth], curve[-fifth:]))
        return last > first

    def objective(
        self,
        net: nn.Module,
        clean: Tensor,
        generator: torch.Generator,
        guide: nn.Module,
        opponent: nn.Module,
    ) -> Outcome:
        x, real, knobs = self.examples(clean, generator)
        fake = net(x, knobs).float()
        error = losses.l1(fake, real)
        perceptual = losses.perceptual(guide, fake, real)
        terms = {
            "l1": error,
            "adversarial": self.gan_weight * losses.wasserstein_generator(opponent(fake).float()),
            "perceptual": self.perceptual_weight * perceptual,
        }
        return Outcome(sum(terms.values()), (error, perceptual), terms, fake, real, fake.detach())

    def opposition(self, opponent: nn.Module, made: Outcome, generator: torch.Generator) -> Outcome:
        distance = losses.wasserstein_critic(opponent(made.real).float(), opponent(made.fake).float())
        mix = torch.rand(len(made.real), generator=generator, device=generator.device)
        penalty = losses.gradient_penalty(opponent, made.real, made.fake, mix)
        return Outcome(distance + self.penalty_weight * penalty, (-distance, penalty))


@dataclass(frozen=True, kw_only=True)
class Perceptual(Tuned, Adversarial):
    """Step 2 of super-resolution: the tuning branch."""


@dataclass(frozen=True, kw_only=True)
class PerceptualMain(Main, Adversarial):
    """The rival of `Perceptual`: every weight of the main branch learns."""


@dataclass(frozen=True)
class Task:
    """One of the paper's tasks: what its networks see, and how a level is written."""

    name: Literal["denoise", "cdenoise", "deblock", "deblock-residual"]
    mark: Literal["s", "q"]  # before a level in a run's name
    at: type[Denoise] | type[Compress]
    channels: Literal[1, 3]
    residual: bool
    loss: Literal["l1", "mse"]
    phased: bool = False  # patches begin anywhere among the blocks of a JPEG, as those of a whole one do

    def level(self, at: int) -> Level:
        return Denoise(at, quantise=False) if self.at is Denoise else Compress(at)


DENOISE = Task("denoise", "s", Denoise, 1, residual=True, loss="mse")  # [P] by reference to DnCNN
COLOUR = replace(DENOISE, name="cdenoise", channels=3)  # [C] the shipped option file
DEBLOCK = Task("deblock", "q", Compress, 1, residual=False, loss="l1", phased=True)  # [C] the readme
RESIDUAL = replace(DEBLOCK, name="deblock-residual", residual=True)  # [O] what is wrong, as in denoising
FACTOR = 4  # [P]


@dataclass(frozen=True, kw_only=True)
class Size(SharedSize):
    """What else changes between scales."""

    width: int
    blocks: int
    sr_blocks: int
    sr_patch: int
    sr_batch: int
    tune_steps: int
    scalar_steps: int  # of a tuning branch without coefficients of its own, which learns slowly
    deblock_steps: int
    deblock_tune_steps: int
    sr_steps: int
    tune_lr: float
    gan_lr: float  # of the second step of super-resolution, network and critic
    sr_schedule: Schedule
    up_kernel: int  # of the upscaler
    gan_weight: float
    guide: str
    init_gain: float
    critic: int
    gray_set: str  # of gray denoising: whole range, as BSD68 is; Y of colour images would be narrower
    noise_patch: int  # of denoising
    noise_batch: int
    noise_schedule: Schedule


PAPER = Size(
    scale="paper",
    width=64,  # [P]
    blocks=10,  # [P]
    sr_blocks=30,  # [P]
    patch=48,  # [P] for de-blocking
    batch=16,  # [P]
    sr_patch=128,  # [P]
    sr_batch=16,  # [P]
    steps=200_000,  # [O] the paper is silent
    tune_steps=200_000,  # [O]
    scalar_steps=200_000,  # [O]
    deblock_steps=200_000,  # [O]
    deblock_tune_steps=200_000,  # [O]
    sr_steps=600_000,  # [C]
    lr=1e-4,  # [P]
    tune_lr=1e-4,  # [P]
    gan_lr=1e-4,  # [P]; [C] for the critic
    short_lr=3e-4,
    schedule=Steps(drops=((0.5, 0.1),)),  # [P] / 10 every 1e5
    sr_schedule=Steps(drops=((2 / 3, 0.6),)),  # [P] x 0.6 every 4e5
    up_kernel=3,  # [P]; [C] 1
    gan_weight=0.01,  # [P]
    guide="vgg16-conv5_3",  # [O] the paper has a VGG's features
    betas=(0.9, 0.999),  # [P]
    clip=None,
    init_gain=1.0,
    critic=64,  # [C]
    training_set="bsds500-traintest",  # [P] for deblocking; for super-resolution they have DIV2K
    gray_set="train400",  # [P]
    noise_patch=40,  # [P]
    noise_batch=128,  # [P]
    noise_schedule=Steps(drops=((0.25, 0.1), (0.5, 0.1), (0.75, 0.1))),  # [P] / 10 every 5e4
)
# What two cores train of denoising and de-blocking: an eighth to three quarters of the pixels a step, and
# starts, rates, betas and clipping that suit a short run [O]; losses and levels stay the paper's.
CPU = replace(
    PAPER,
    patch=48,  # [P]
    batch=12,  # [O]; 16 [P]
    noise_patch=40,  # [P]
    noise_batch=16,  # [O]; 128 [P]
    steps=10_000,  # [O]; 2e5 [O]
    tune_steps=5_000,  # [O]; 2e5 [O]
    scalar_steps=5_000,  # [O]; 2e5 [O]: as many as its rival has
    deblock_steps=10_000,  # [O]; 2e5 [O]
    deblock_tune_steps=5_000,  # [O]; 2e5 [O]
    lr=PAPER.short_lr,  # [O]; 1e-4 [P]
    tune_lr=PAPER.short_lr,  # [O]; 1e-4 [P]
    schedule=Annealed(),  # [O]; / 10 after half [P]
    noise_schedule=Annealed(),  # [O]; / 10 after every quarter [P]
    init_gain=SHORT_GAIN,  # [O]; 1 [C]
    betas=SHORT_BETAS,  # [O]; (0.9, 0.999) [P]
    clip=SHORT_CLIP,  # [O]; none [C]
    precision="bfloat16",  # [O]; float32 [C]
)
COMPACT = Size(
    scale="compact",
    width=24,
    blocks=8,
    sr_blocks=10,
    patch=40,
    batch=16,
    sr_patch=64,
    sr_batch=8,
    steps=3_000,
    tune_steps=2_000,
    scalar_steps=20_000,
    deblock_steps=8_000,
    deblock_tune_steps=4_000,
    sr_steps=6_000,
    lr=1e-3,
    tune_lr=1e-3,
    gan_lr=3e-4,  # [O] at 1e-3 the tuning branch fades again and again while the critic learns
    short_lr=1e-3,
    schedule=Cosine(),
    sr_schedule=Cosine(),
    up_kernel=1,  # [C]
    gan_weight=0.01,  # [P]
    guide="vgg16-conv5_3",
    betas=SHORT_BETAS,
    clip=SHORT_CLIP,
    init_gain=SHORT_GAIN,
    critic=16,
    training_set="bsds500-traintest",
    gray_set="train400",
    noise_patch=40,
    noise_batch=16,
    noise_schedule=Cosine(),
)
SMOKE = replace(
    COMPACT,
    scale="smoke",
    width=8,
    blocks=2,
    sr_blocks=2,
    patch=24,
    batch=4,
    sr_patch=64,
    sr_batch=3,
    steps=4,
    tune_steps=4,
    scalar_steps=4,
    deblock_steps=4,
    deblock_tune_steps=4,
    sr_steps=4,
    guide=RANKER_RGB,
    critic=4,
    training_set="skimage",
    gray_set="skimage-gray",
    noise_patch=24,
    noise_batch=4,
)


def runs(size: Size) -> tuple[Recipe, ...]:
    """Return every run, the most wanted first; parents before what starts from them."""
    return (
        *_pair(size, DENOISE, 25, 50),
        _tuned(size, DENOISE, 25, 50, adaptive=False),
        _fine_tuned(size, DENOISE, 25, 50),
        *_pair(size, DEBLOCK, 10, 40),
        _tuned(size, DEBLOCK, 10, 40, adaptive=False),
        _fine_tuned(size, DEBLOCK, 10, 40),
        *_super_resolution(size),
        *_pair(size, COLOUR, 25, 50),
        *(_dedicated(size, DENOISE, sigma) for sigma in (30, 40)),
        *(_dedicated(size, DEBLOCK, quality) for quality in (20, 30)),
        *_pair(size, RESIDUAL, 10, 40),
        *again(*_pair(size, COLOUR, 25, 50)),
        *again(*_headline(size, DENOISE, 25, 50), *_headline(size, DEBLOCK, 10, 40)),
        *again(*(_dedicated(size, DENOISE, sigma) for sigma in (30, 40))),
        *again(*(_dedicated(size, DEBLOCK, quality) for quality in (20, 30))),
    )


def _headline(size: Size, task: Task, start: int, end: int) -> tuple[Recipe, ...]:
    """Return what the main claims compare: CFSNet, CFSNet-SA, every weight between two networks."""
    return (
        *_pair(size, task, start, end),
        _tuned(size, task, start, end, adaptive=False),
        _fine_tuned(size, task, start, end),
    )


def main_name(task: Task, level: int) -> str:
    return f"cfsnet-{task.name}-main-{task.mark}{level}"


def tuned_name(task: Task, level: int, *, adaptive: bool = True) -> str:
    return f"cfsnet-{'' if adaptive else 'sa-'}{task.name}-tune-{task.mark}{level}"


def fine_tuned_name(task: Task, start: int, end: int) -> str:
    """Return the name of the rival, deep network interpolation: the main branch trained on."""
    return f"dni-{task.name}-{task.mark}{start}-ft-{task.mark}{end}"


SR_MAIN, SR_TUNED = "cfsnet-sr-main-mae", "cfsnet-sr-tune-gan"
SR_FINE_TUNED = "dni-sr-mae-ft-gan"


def _pair(size: Size, task: Task, start: int, end: int) -> tuple[Main, Tuned]:
    return _main(size, task, start), _tuned(size, task, start, end)


def _main(size: Size, task: Task, level: int, kind: type[Main] = Main) -> Main:
    noise = task.at is Denoise
    return size.run(
        kind,
        main_name(task, level),
        channels=task.channels,
        loss=task.loss,
        level=task.level(level),
        phased=task.phased,
        width=size.width,
        blocks=size.blocks,
        residual=task.residual,
        init_gain=size.init_gain,
        patch=size.noise_patch if noise else size.patch,
        batch=size.noise_batch if noise else size.batch,
        schedule=size.noise_schedule if noise else size.schedule,
        steps=size.steps if noise else size.deblock_steps,
        training_set=size.gray_set if task is DENOISE else size.training_set,
    )


def _dedicated(size: Size, task: Task, level: int) -> Main:
    """Return a main branch for one level, trained for as many steps as both branches together [O]."""
    main = _main(size, task, level)
    return replace(main, steps=main.steps + _tune_steps(size, task))


def _tune_steps(size: Size, task: Task) -> int:
    return size.tune_steps if task.at is Denoise else size.deblock_tune_steps


def _tuned(size: Size, task: Task, start: int, end: int, *, adaptive: bool = True) -> Tuned:
    return replace(
        _main(size, task, end, Tuned),
        name=tuned_name(task, end, adaptive=adaptive),
        parent=main_name(task, start),
        steps=_tune_steps(size, task) if adaptive else size.scalar_steps,
        lr=size.tune_lr,
        adaptive=adaptive,
    )


def _fine_tuned(size: Size, task: Task, start: int, end: int) -> Main:
    return replace(
        _main(size, task, end),
        name=fine_tuned_name(task, start, end),
        parent=main_name(task, start),
        steps=_tune_steps(size, task),
    )


def _super_resolution(size: Size) -> tuple[Recipe, ...]:
    """Return the main branch, its tuning branch, and the rival of that."""
    kinds = {SR_TUNED: Perceptual, SR_FINE_TUNED: PerceptualMain}
    second = (
        replace(
            _enlarging(size, name, kind),
            parent=SR_MAIN,
            guide=size.guide,
            gan_weight=size.gan_weight,
            lr=size.gan_lr,
            short_lr=min(size.short_lr, size.gan_lr),
            opponent_lr=size.gan_lr,
            critic=size.critic,
        )
        for name, kind in kinds.items()
    )
    return _enlarging(size, SR_MAIN, Main), *second


def _enlarging(size: Size, name: str, kind: type[Main]) -> Main:
    return size.run(
        kind,
        name,
        patch=size.sr_patch,
        batch=size.sr_batch,
        steps=size.sr_steps,
        schedule=size.sr_schedule,
        level=Small(FACTOR),
        width=size.width,
        blocks=size.sr_blocks,
        enlarges=FACTOR,
        up_kernel=size.up_kernel,
        init_gain=size.init_gain,
    )
