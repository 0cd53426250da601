"""Every training run of AdaFM, at three scales. Names as in the paper's list of runs.

[P] the paper, [C] the authors' released options, [O] our choice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from lib.degradations.levels import Compress, Denoise, Level, Shrink
from lib.models.adafm import AdaBN, AdaFM, ConditionalIN, Nothing, Placement, RestorationNet
from lib.models.baselines import ARCNN
from lib.recipes.common import (
    SHORT_BETAS,
    SHORT_CLIP,
    SHORT_GAIN,
    Annealed,
    Author,
    Cosine,
    OneLevel,
    Recipe,
    Schedule,
    SharedSize,
    Steps,
    again,
)


@dataclass(frozen=True, kw_only=True)
class Basic(OneLevel):
    """A basic model, trained on one level."""

    width: int = 64  # [C] nf
    blocks: int = 16  # [P] residual blocks
    init_gain: float = 1.0  # [C] 1: the released initialisation

    site: ClassVar[Callable[[int], nn.Module]] = Nothing  # what stands behind the convolutions of the blocks

    @property
    def scheduled_by(self) -> Author:
        return "the released code's"

    def build(self) -> RestorationNet:
        return self._start(RestorationNet(self.channels, self.width, self.blocks, self.site))

    def budgeted(self, **budget: float | None) -> "Basic":
        return replace(super().budgeted(**budget), init_gain=SHORT_GAIN)

    def _start(self, net: RestorationNet) -> RestorationNet:
        with torch.no_grad():
            for conv in (*(site.conv for site in net.sites()), net.out):
                conv.weight.mul_(self.init_gain)
        return net


@dataclass(frozen=True, kw_only=True)
class Adapted(Basic):
    """Stage two: AdaFM layers on a frozen basic model, trained on the end level alone (sec. 3.4)."""

    stage: bool = True
    kernel_size: int = 1  # [P] 1 for denoising and DeJPEG, 5 for super-resolution
    placement: Placement = "before_activation"  # [P]
    after_body: bool = False  # [P] counts 32 layers; [C] has a 33rd behind the body convolution

    trained_at = (1.0,)

    def build(self) -> RestorationNet:
        site = partial(AdaFM, kernel_size=self.kernel_size)
        return RestorationNet(self.channels, self.width, self.blocks, site, self.placement, self.after_body)


@dataclass(frozen=True, kw_only=True)
class Scratch(Adapted):
    """AdaFM-Net with every weight trained on the end level at once: does it have more capacity?"""

    stage: bool = False

    def build(self) -> RestorationNet:
        net = self._start(super().build())
        for module in net.modules():
            if isinstance(module, AdaFM):
                nn.init.kaiming_normal_(module.filter.weight)  # [C] as every other convolution
                module.filter.weight.data.mul_(0.1)
        return net


@dataclass(frozen=True, kw_only=True)
class BothEnds(Basic):
    """A network that learns from both ends of its knob."""

    end: Level

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.level, self.end)


@dataclass(frozen=True, kw_only=True)
class BatchNormed(BothEnds):
    """AdaBN: trained on `level`; then the statistics of `end` are taken with every weight kept."""

    statistics_batches: int = 200  # [O] the papers say only that the statistics are recomputed

    site = AdaBN
    trained_at = (0.0,)

    @torch.no_grad()
    def finish(self, net: RestorationNet, batches: Callable[[int], tuple[Tensor, torch.Generator]]) -> None:
        sites = [m for m in net.modules() if isinstance(m, AdaBN)]
        for site in sites:
            site.adapting = True
        for i in range(self.statistics_batches):
            clean, generator = batches(i)
            (x,) = self.cut((self.end.degrade(clean, generator),), generator)
            net(x, clean.new_ones(len(clean), 1))
        for site in sites:
            site.adapting = False


@dataclass(frozen=True, kw_only=True)
class Conditional(BothEnds):
    """Conditional IN: [O] one set of convolutions, half of every batch per level, each through its
    own affine parameters. The paper does not say how its baseline was trained."""

    site = ConditionalIN

    @property
    def least(self) -> int:
        return 2

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        start, end = clean.chunk(2)
        x = torch.cat([self.level.degrade(start, generator), self.end.degrade(end, generator)])
        knobs = torch.cat([start.new_zeros(len(start), 1), end.new_ones(len(end), 1)])
        return x, knobs


@dataclass(frozen=True, kw_only=True)
class InstanceNormed(Basic):
    """The start of conditional IN as like for like: instance norm, trained on one level; at its end the
    second scale and shift are those of the first."""

    site = ConditionalIN
    trained_at = (0.0,)

    @torch.no_grad()
    def finish(self, net: RestorationNet, batches: Callable[[int], tuple[Tensor, torch.Generator]]) -> None:
        for module in net.modules():
            if isinstance(module, ConditionalIN):
                module.gamma[1] = module.gamma[0]
                module.beta[1] = module.beta[0]


@dataclass(frozen=True, kw_only=True)
class Conditioned(InstanceNormed):
    """Conditional IN as like for like [O]: the start network frozen, a second scale and shift learnt on the
    end level, as many parameters and the same training as AdaFM's."""

    stage: bool = True

    trained_at = (1.0,)

    def finish(self, net: RestorationNet, batches: Callable[[int], tuple[Tensor, torch.Generator]]) -> None:
        """Leave scale and shift of the start as they are: no gradient reaches them."""


@dataclass(frozen=True, kw_only=True)
class Observation(OneLevel):
    """The ARCNN study of Observation 1: trained, fine-tuned, or followed by depth-wise filters g."""

    g: int = 0  # size of the filter g behind every layer; 0: none

    def build(self) -> ARCNN:
        site = partial(AdaFM, kernel_size=self.g) if self.g else Nothing
        return ARCNN(self.channels, site)

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self.level.degrade(clean, generator), clean.new_ones(len(clean), int(self.g > 0))


@dataclass(frozen=True)
class Task:
    """One of the paper's three tasks: how its levels are written and what its networks see."""

    name: Literal["denoise", "dejpeg", "sr"]
    mark: Literal["s", "q", "x"]  # before a level in a run's name
    at: Callable[[float], Level]
    channels: int
    phased: bool = False  # patches begin anywhere among the blocks of a JPEG, as those of a whole one do


DENOISE = Task("denoise", "s", Denoise, 3)
DEJPEG = Task("dejpeg", "q", Compress, 1, phased=True)  # [P] Y
SR = Task("sr", "x", Shrink, 3)  # [P] RGB, measured on Y


def basic_name(task: Task, level: int) -> str:
    return f"adafm-{task.name}-basic-{task.mark}{level:g}"


def stage_name(task: Task, start: int, end: int, k: int) -> str:
    return f"adafm-{task.name}-{task.mark}{start}-{task.mark}{end}-k{k}"


def between_name(task: Task, start: int, first: int, second: int, k: int) -> str:
    """Of the AdaFM layers of two levels, on one basic network, with everything between them."""
    return f"{stage_name(task, start, first, k)}-to-{task.mark}{second}"


def bn_name(task: Task, start: int) -> str:
    return f"adafm-{task.name}-bn-{task.mark}{start}"


def cin_name(task: Task, start: int, end: int) -> str:
    return f"adafm-{task.name}-cin-{task.mark}{start}-{task.mark}{end}"


def in_name(task: Task, start: int) -> str:
    return f"adafm-{task.name}-in-{task.mark}{start}"


def in_stage_name(task: Task, start: int, end: int) -> str:
    return f"{in_name(task, start)}-{task.mark}{end}"


CONDITIONAL = (cin_name(DENOISE, 15, 75), cin_name(DEJPEG, 80, 10), cin_name(SR, 3, 4))


PIECES = {  # levels of one basic network's AdaFM layers, between which a line gives the coefficient
    DENOISE: (15, 25, 35, 50, 75),
    DEJPEG: (80, 60, 40, 20, 10),
}


@dataclass(frozen=True)
class Rates:
    """Learning rates of stages: of filters of 1x1, which are affine, and of larger ones."""

    affine: float
    filters: float

    def of(self, kernel_size: int) -> float:
        return self.affine if kernel_size == 1 else self.filters


@dataclass(frozen=True, kw_only=True)
class Size(SharedSize):
    """What else changes between scales; everything else is the same recipe."""

    width: int
    blocks: int
    stage_rates: Rates
    jpeg_stage_rates: Rates
    stage_schedule: Schedule
    stage_steps: int
    arcnn_lr: float
    arcnn_steps: int
    arcnn_fit_steps: int  # of the filters g
    arcnn_patch: int  # four layers see 19 pixels a side
    arcnn_batch: int
    in_patch: int  # of the networks with instance norm, whose statistics are those of what they see
    in_batch: int
    init_gain: float
    short_stage_rates: Rates

    def rates(self, task: Task) -> Rates:
        return self.jpeg_stage_rates if task is DEJPEG else self.stage_rates


PAPER = Size(
    scale="paper",
    width=64,  # [C] nf
    blocks=16,  # [P]
    patch=96,  # [P]
    batch=16,  # [P]
    lr=1e-4,  # [P]
    schedule=Steps(drops=((0.5, 0.1),)),  # [P] x0.1 at 5e5, [C] of 1e6
    steps=1_000_000,  # [C]; figure 5 plots the first 300 000
    stage_rates=Rates(1e-4, 1e-4),  # [C]
    jpeg_stage_rates=Rates(1e-4, 1e-4),  # [C]
    stage_schedule=Steps(),  # [C] the drop falls on the last iteration
    stage_steps=500_000,  # [C]
    arcnn_lr=1e-4,  # [O] the paper gives no schedule for ARCNN
    arcnn_steps=500_000,  # [O]
    arcnn_fit_steps=500_000,  # [O]
    arcnn_patch=96,
    arcnn_batch=16,
    in_patch=96,
    in_batch=16,
    init_gain=1.0,  # [C]
    betas=(0.9, 0.999),  # [P]
    clip=None,
    training_set="bsds500-traintest",  # [O] the papers have DIV2K
    short_lr=3e-4,  # [O] at 1e-3 most channels of the blocks die, and nothing is left to adapt
    short_stage_rates=Rates(1e-2, 3e-3),
)
# What two cores train of it: an eighth of the pixels a step, and starts, rates, betas and clipping that suit
# a short run [O]; losses and levels stay the paper's.
CPU = replace(
    PAPER,
    patch=48,  # [O]; 96 [P]
    batch=8,  # [O]; 16 [P]
    steps=10_000,  # [O]; 1e6 [C]
    stage_steps=2_500,  # [O]; 5e5 [C]
    lr=PAPER.short_lr,  # [O]; 1e-4 [P]
    stage_rates=PAPER.short_stage_rates,  # [O]; 1e-4 [C]
    jpeg_stage_rates=PAPER.short_stage_rates,  # [O]; 1e-4 [C]
    schedule=Annealed(),  # [O]; x0.1 after half [P]
    stage_schedule=Annealed(),  # [O]; constant [C]
    in_patch=96,  # [P]: statistics are those of a patch
    in_batch=2,  # [O]; 16 [P]
    init_gain=SHORT_GAIN,  # [O]; 1 [C]
    betas=SHORT_BETAS,  # [O]; (0.9, 0.999) [P]
    clip=SHORT_CLIP,  # [O]; none [C]
    precision="bfloat16",  # [O]; float32 [C]
)
COMPACT = Size(
    scale="compact",
    width=32,
    blocks=8,  # [O] 0.2 M parameters
    patch=48,
    batch=12,
    lr=1e-3,  # [O] at 2e-3 up to 14 of the 32 channels of a block die, and less is left to adapt
    schedule=Cosine(),
    steps=6_000,
    stage_rates=Rates(1e-2, 3e-3),
    # [O] at 1e-2 the network for 10 wins 0.05 dB, but a third of its channels never fire; here 15 of 100
    jpeg_stage_rates=Rates(5e-4, 1e-3),
    stage_schedule=Cosine(),
    stage_steps=2_000,
    arcnn_lr=1e-3,
    arcnn_steps=30_000,  # [O] until no filter resembles its start
    arcnn_fit_steps=5_000,
    arcnn_patch=32,
    arcnn_batch=8,
    in_patch=96,
    in_batch=4,
    init_gain=SHORT_GAIN,
    betas=SHORT_BETAS,
    clip=SHORT_CLIP,
    training_set="bsds500-traintest",
    short_lr=1e-3,
    short_stage_rates=Rates(1e-2, 3e-3),
)
SMOKE = replace(
    COMPACT,
    scale="smoke",
    width=8,
    blocks=2,
    patch=24,
    batch=4,
    steps=6,
    stage_steps=4,
    arcnn_steps=4,
    arcnn_fit_steps=4,
    arcnn_patch=24,
    arcnn_batch=4,
    in_patch=24,
    training_set="skimage",
)


WIDTHS = {"half": 0.5, "double": 2.0}  # [O] times the width of every other network


def runs(size: Size) -> tuple[Recipe, ...]:
    """Return every run, the most wanted first, in the order that completes whole tables; a stage stands
    behind its parent."""
    return (
        *_pair(size, DENOISE, 15, 75, 1),
        *_pair(size, DEJPEG, 80, 10, 1),
        *(_basic(size, DENOISE, sigma) for sigma in (25, 35, 50)),
        *(_stage(size, DENOISE, 15, end, 1) for end in (25, 35, 50)),
        *(_stage(size, DENOISE, 15, 75, k) for k in (3, 5, 7)),
        *_pair(size, SR, 3, 4, 5),
        *(_basic(size, DEJPEG, quality) for quality in (60, 40, 20)),
        *(_stage(size, DEJPEG, 80, end, 1) for end in (60, 40, 20)),
        *(_stage(size, DEJPEG, 80, 10, k) for k in (3, 5, 7)),
        *(_stage(size, SR, 3, 4, k) for k in (1, 3, 7)),
        *(_basic(size, SR, factor) for factor in (2, 5, 6)),
        *(_stage(size, SR, *ends, 5) for ends in ((2, 3), (4, 5), (5, 6), (2, 4), (3, 5), (4, 6), (4, 2))),
        *_rivals(size, DENOISE, 15, 75),
        *_rivals(size, DEJPEG, 80, 10),
        *_rivals(size, SR, 3, 4),
        *_observation(size),
        *(_basic(size, DEJPEG, quality) for quality in (70, 50, 30)),
        *_variants(size),
        *(run for width in WIDTHS for run in _as_wide(size, width)),
        *again(*_headline(size)),
    )


def _headline(size: Size) -> tuple[Recipe, ...]:
    """Return what the main claims compare: denoising and JPEG from end to end, and dedicated networks."""
    return tuple(
        run
        for task, easy, hard in ((DENOISE, 15, 75), (DEJPEG, 80, 10))
        for run in (_basic(size, task, easy), _basic(size, task, hard), _stage(size, task, easy, hard, 1))
    )


def _pair(size: Size, task: Task, easy: int, hard: int, k: int) -> tuple[Recipe, ...]:
    """Return both ends of a task, and the adaptation in either direction."""
    return (
        _basic(size, task, easy),
        _basic(size, task, hard),
        _stage(size, task, easy, hard, k),
        _stage(size, task, hard, easy, k),
    )


def _basic(
    size: Size, task: Task, level: int, kind: Callable[..., Basic] = Basic, name: str = ""
) -> Basic:
    return size.run(
        kind,
        name or basic_name(task, level),
        channels=task.channels,
        width=size.width,
        blocks=size.blocks,
        init_gain=size.init_gain,
        phased=task.phased,
        level=task.at(level),
    )


def _stage(size: Size, task: Task, start: int, end: int, k: int) -> Adapted:
    return size.run(
        Adapted,
        stage_name(task, start, end, k),
        steps=size.stage_steps,
        lr=size.rates(task).of(k),
        short_lr=size.short_stage_rates.of(k),
        schedule=size.stage_schedule,
        channels=task.channels,
        width=size.width,
        blocks=size.blocks,
        phased=task.phased,
        level=task.at(end),
        parent=basic_name(task, start),
        kernel_size=k,
        watch="set5" if task is SR else "",
    )


def _variants(size: Size) -> tuple[Recipe, ...]:
    """Return super-resolution x3 to x4, 5x5, with the layers elsewhere, and with all trained at once."""
    stage = _stage(size, SR, 3, 4, 5)
    return (
        replace(stage, name=f"{stage.name}-postact", placement="after_activation"),
        replace(stage, name=f"{stage.name}-allconv", placement="all_convs"),
        _basic(size, SR, 4, partial(Scratch, kernel_size=5), "adafm-sr-scratch-x4-k5"),
    )


def _as_wide(size: Size, width: str) -> tuple[Recipe, ...]:
    """Return JPEG from end to end and back, each network of another width: what a distance owes to it."""
    runs = _pair(replace(size, width=round(WIDTHS[width] * size.width)), DEJPEG, 80, 10, 1)
    return tuple(
        replace(run, name=f"{run.name}-{width}", parent=run.parent and f"{run.parent}-{width}")
        for run in runs
    )


def _rivals(size: Size, task: Task, start: int, end: int) -> tuple[Recipe, ...]:
    far = task.at(end)
    return (
        _basic(size, task, start, partial(BatchNormed, end=far), bn_name(task, start)),
        _basic(size, task, start, partial(Conditional, end=far), cin_name(task, start, end)),
        *_like_for_like(size, task, start, end),
    )


def _like_for_like(size: Size, task: Task, start: int, end: int) -> tuple[InstanceNormed, Conditioned]:
    size = replace(size, patch=size.in_patch, batch=size.in_batch)
    first = _basic(size, task, start, InstanceNormed, in_name(task, start))
    second = _basic(size, task, end, Conditioned, in_stage_name(task, start, end))
    return first, replace(
        second,
        parent=first.name,
        steps=size.stage_steps,
        lr=size.rates(task).affine,
        short_lr=size.short_stage_rates.affine,
        schedule=size.stage_schedule,
    )


def _observation(size: Size) -> tuple[Recipe, ...]:
    start = size.run(
        Observation,
        "adafm-arcnn-s15",
        patch=size.arcnn_patch,
        batch=size.arcnn_batch,
        steps=size.arcnn_steps,
        lr=size.arcnn_lr,
        short_lr=size.arcnn_lr,
        level=Denoise(15),
    )
    tuned = replace(start, name="adafm-arcnn-s15-ft-s50", level=Denoise(50), parent=start.name)
    control = replace(start, name="adafm-arcnn-s50-scratch", level=Denoise(50), seed=1)
    fit = replace(tuned, stage=True, steps=size.arcnn_fit_steps)
    fits = (replace(fit, name=f"adafm-arcnn-g{g}", g=g) for g in (1, 3, 5))
    return (start, tuned, control, *fits)
