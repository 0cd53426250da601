"""Every training run of VDIR, at three scales. Names as in the paper's list of runs.

[P] the paper, [C] the authors' released code, [O] our choice. DIV2K [P] is replaced by the photographs
of BSDS500 [O], and of them no flat patches are left out. SIDD, the other half of what the paper trains
its networks for real noise on, is not at hand: they see the camera noise of CBDNet alone, and the run of
table VIII on SIDD is not here, nor is the one on synthetic noise, which would be `vdir-real-res` again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from lib import losses
from lib.degradations.levels import Level
from lib.models.baselines import FFDNet
from lib.models.knobs import Controllable
from lib.models.vdir import (
    LATENT,
    VDIR,
    Alone,
    Decoder,
    Discriminator,
    Encoder,
    Estimator,
    LatentFFDNet,
    Restorer,
    sample,
    start,
)
from lib.recipes.blind import AnyBlur, AnyCamera, AnyNoise, AnyQuality, Unknown
from lib.recipes.common import (
    SHORT_BETAS,
    SHORT_CLIP,
    Annealed,
    Cosine,
    Outcome,
    Recipe,
    SharedSize,
    Steps,
    again,
)

# [O] Branches that add little at first: after 400 steps of a small network 0.6 dB more at sigma 30, and an
# output that moves twice as far with the latent of another noise level.
SHORT_GAIN = 0.1


@dataclass(frozen=True)
class Grouped:
    """The restorer of the paper."""

    width: int = 64  # [P]
    groups: int = 5  # [P] D
    blocks: int = 5  # [P] N
    factor: int = 1
    branch_gain: float = 1.0  # of what a residual branch adds, at the start; [C] 1

    def build(self, channels: int, latent: int) -> Restorer:
        restorer = Restorer(channels, self.width, self.groups, self.blocks, latent, self.factor)
        with torch.no_grad():
            for conv in restorer.branch_ends():
                conv.weight.mul_(self.branch_gain)
        return restorer

    def short(self) -> "Grouped":
        return replace(self, branch_gain=SHORT_GAIN)


@dataclass(frozen=True)
class Plain:
    """FFDNet as the restorer, of table XI."""

    width: int = 96  # [C] of colour FFDNet
    depth: int = 12  # [C]
    normed: bool = False  # [C] True: batch norm in training

    def build(self, channels: int, latent: int) -> LatentFFDNet:
        return LatentFFDNet(channels, self.width, self.depth, latent, self.normed)

    def short(self) -> "Plain":
        return self


@dataclass(frozen=True, kw_only=True)
class Naive(Recipe):
    """A restorer without a latent, trained for L_res alone: the blind baseline of tables IX and X."""

    unknown: Unknown
    restorer: Grouped | Plain

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.unknown.level,)

    def build(self) -> Controllable:
        return Alone(self.restorer.build(self.channels, 0))

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self.unknown.degrade(clean, generator)[0], clean.new_zeros(len(clean), 0)

    def budgeted(self, **budget: float | None) -> "Naive":
        return replace(super().budgeted(**budget), restorer=self.restorer.short())


@dataclass(frozen=True, kw_only=True)
class Told(Recipe):
    """FFDNet that is given the noise level, trained as the others are: the rival of table XI."""

    unknown: AnyNoise
    restorer: Plain

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.unknown.level,)

    def build(self) -> FFDNet:
        """Return FFDNet, started as `LatentFFDNet` is [O]."""
        net = FFDNet(self.channels, self.restorer.width, self.restorer.depth, self.restorer.normed)
        for conv in net.body:
            if isinstance(conv, nn.Conv2d):
                start(conv, gain=2.0)
        return net

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        noisy, truth = self.unknown.degrade(clean, generator)
        return noisy, 255 * truth


@dataclass(frozen=True, kw_only=True)
class Variational(Naive):
    """Encoder, restorer, decoder and estimator together, against a discriminator (eqs. 14 to 18)."""

    coder: int = 64  # [C] width of encoder, decoder and estimator
    critic: int = 64  # [C] width of the discriminator's first layer
    kl_weight: float = 0.01  # [P] beta
    adversarial_weight: float = 0.001  # [C] lambda_1
    estimation_weight: float = 1.0  # [P] lambda_2; 0 where nothing is known [P]: no estimator
    by_contrast: bool = False  # [C] False; True: the encoder's first filters start with mean zero
    # [O] True: each of the four for itself. Under one norm over all of them the largest gradient, of decoder
    # or encoder, scales the restorer's step down to a hundredth, and differently in every ablation.
    clipped_apart: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        estimation = ("estimation",) if self.estimation_weight else ()
        adversarial = ("adversarial", "discriminator") if self.adversarial_weight else ()
        return ("restoration", "kl", "rebuilding", *estimation, *adversarial)

    def build(self) -> VDIR:
        """Build the estimator last: without it the rest starts from the same weights."""
        encoder = Encoder(self.channels, self.coder)
        if self.by_contrast:
            with torch.no_grad():
                first = next(encoder.parameters())
                first.sub_(first.mean((2, 3), keepdim=True))
        restorer = self.restorer.build(self.channels, LATENT)
        decoder = Decoder(self.channels, self.coder)
        estimator = None
        if self.estimation_weight:
            estimator = Estimator(self.unknown.reading(self.channels), self.coder)
        return VDIR(encoder, restorer, estimator, decoder)

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return pairs whose knob, where there is one, stays at blind restoration."""
        x, _ = super().pairs(clean, generator)
        return x, x.new_zeros(len(x), int(self.estimation_weight > 0))

    def clipped(self, net: VDIR) -> dict[str, nn.Module]:
        return dict(net.named_children()) if self.clipped_apart else super().clipped(net)

    def opponent_wins(self, curve: Sequence[dict[str, float]]) -> bool:
        """Return whether it gives real images 3 chances in 4, fakes 1, or better, over the last fifth [O]."""
        last = curve[-max(1, len(curve) // 5) :]
        losses_of_opponent = [row["discriminator"] for row in last if "discriminator" in row]
        return bool(losses_of_opponent) and np.mean(losses_of_opponent) < 2 * math.log(4 / 3)

    def opponent(self) -> Discriminator | None:
        return Discriminator(self.channels, self.critic) if self.adversarial_weight else None

    def objective(
        self,
        net: VDIR,
        clean: Tensor,
        generator: torch.Generator,
        guide: nn.Module | None,
        opponent: nn.Module | None,
    ) -> Outcome:
        degraded, truth = self.unknown.degrade(clean, generator)
        y, clean = self.cut((degraded, clean), generator)
        y = y.contiguous(memory_format=torch.channels_last)
        mean, log_variance = (maps.float() for maps in net.encoder(y))
        c = sample(mean, log_variance, generator)
        rebuilt = net.decoder(c).float()
        terms = {
            "restoration": (1.0, losses.l1(net.restorer(y, c).float(), clean)),
            "kl": (self.kl_weight, losses.kl_to_standard_normal(mean, log_variance)),
            "rebuilding": (1.0, losses.l1(rebuilt, y)),
        }
        if net.estimator is not None:
            error = self.unknown.error(net.estimator(c).float(), truth, y.shape[-2:])
            terms["estimation"] = (self.estimation_weight, error)
        if opponent is not None:
            gan = losses.gan_generator(opponent(rebuilt).float())
            terms["adversarial"] = (self.adversarial_weight, gan)
        weighted = {name: weight * term for name, (weight, term) in terms.items()}
        parts = tuple(term for _, term in terms.values())
        return Outcome(sum(weighted.values()), parts, weighted, mean, y, rebuilt.detach())

    def opposition(self, opponent: nn.Module, made: Outcome, generator: torch.Generator) -> Outcome:
        """Judge the images of the step before it [O]; the released code draws others."""
        loss = losses.gan_discriminator(opponent(made.real).float(), opponent(made.fake).float())
        return Outcome(loss, (loss,))


@dataclass(frozen=True, kw_only=True)
class Size(SharedSize):
    """What else changes between scales."""

    restorer: Grouped
    plain: Plain
    coder: int
    critic: int
    plain_steps: int
    subtle_coder: int  # of JPEG and blur, which show less than noise does
    subtle_batch: int
    subtle_lr: float
    subtle_weight: float
    subtle_by_contrast: bool
    rgb_patch: int  # whole blocks of 16 pixels, of which a colour JPEG is made
    real_patch: int
    real_batch: int
    real_coder: int
    long_steps: int  # of the order of the rows of table IX after more training; 0: no such runs
    small_patch: int  # of the low-resolution image
    opponent_lr: float
    camera: AnyCamera


PAPER = Size(
    scale="paper",
    restorer=Grouped(),
    plain=Plain(normed=True),
    coder=64,  # [C]
    critic=64,  # [C]
    patch=96,  # [P]
    batch=16,  # [P]; 32 in the released code
    subtle_coder=64,  # [C]
    subtle_batch=16,  # [P]
    subtle_lr=2e-4,  # [P]
    subtle_weight=1.0,  # [P]
    subtle_by_contrast=False,  # [C]
    rgb_patch=96,  # [P]
    real_patch=256,  # [P]
    real_batch=4,  # [P]
    real_coder=64,  # [C]
    long_steps=0,
    small_patch=48,  # [P]
    steps=500_000,  # [O] the released code goes on until it is stopped
    plain_steps=500_000,  # [O]
    lr=2e-4,  # [P]
    short_lr=3e-4,  # [O]
    opponent_lr=2e-4,  # [C]
    schedule=Steps(drops=((0.2, 0.5), (0.4, 0.5), (0.6, 0.5), (0.8, 0.8))),  # [P] halved every 1e5, to 2e-5
    betas=(0.9, 0.999),  # [P]
    clip=None,
    camera=AnyCamera(),
    training_set="bsds500-traintest",  # [O] the paper has DIV2K
)
# What two cores train of it: an eighth of the pixels a step, and starts, rates, betas and clipping that suit
# a short run [O]; losses, their weights and levels stay the paper's.
CPU = replace(
    PAPER,
    restorer=PAPER.restorer.short(),  # [O]; branches that add all at the start [C]
    patch=48,  # [O]; 96 [P]
    batch=8,  # [O]; 16 [P]
    subtle_batch=8,  # [O]; 16 [P]
    rgb_patch=48,  # [O]; 96 [P]
    small_patch=32,  # [O]; 48 [P]: what is less reaches the discriminator's last halving as one pixel
    steps=10_000,  # [O]; 5e5 [O]
    lr=PAPER.short_lr,  # [O]; 2e-4 [P]
    subtle_lr=PAPER.short_lr,  # [O]; 2e-4 [P]
    subtle_by_contrast=True,  # [O]; False [C]: a start without which quality is long not read
    schedule=Annealed(),  # [O]; halved every fifth [P]
    betas=SHORT_BETAS,  # [O]; (0.9, 0.999) [P]
    clip=SHORT_CLIP,  # [O]; none [C]
    precision="bfloat16",  # [O]; float32 [C]
)
COMPACT = Size(
    scale="compact",
    restorer=Grouped(width=24, groups=4, blocks=4, branch_gain=SHORT_GAIN),
    plain=Plain(width=64, depth=7, normed=True),
    coder=24,
    critic=16,
    patch=40,
    batch=8,
    # [O] With these the quality of a JPEG is read to 14 of 100 after 650 steps. Without any one of the last
    # three, or with coder and batch as for noise, it is 20 for long, as a constant has it.
    subtle_coder=64,
    subtle_batch=32,
    subtle_lr=1e-3,
    subtle_weight=10.0,
    subtle_by_contrast=True,
    rgb_patch=48,
    real_patch=40,
    real_batch=8,
    real_coder=64,  # [O] at 24 two of the four channels of the latent say nothing
    long_steps=12_000,
    small_patch=32,
    steps=3_000,
    plain_steps=20_000,  # [O] no skips to start from: after 6,000 still 4 dB below the published network
    lr=3e-3,  # [O] against 1e-3, as above: 1.7 dB more, and two to three times as far
    short_lr=3e-3,
    opponent_lr=1e-3,
    schedule=Cosine(),
    betas=SHORT_BETAS,
    clip=SHORT_CLIP,
    camera=AnyCamera(),
    training_set="bsds500-traintest",
)
# Patches of 32: smaller ones reach the discriminator's last halving as one pixel, and there oneDNN's weight
# gradient in bfloat16 is not a number now and then.
SMOKE = replace(
    COMPACT,
    scale="smoke",
    restorer=Grouped(width=8, groups=2, blocks=1, branch_gain=SHORT_GAIN),
    plain=Plain(width=8, depth=3, normed=True),
    coder=8,
    critic=4,
    patch=32,
    batch=3,
    subtle_coder=8,
    subtle_batch=3,
    subtle_lr=3e-3,
    rgb_patch=32,
    real_patch=32,
    real_batch=3,
    real_coder=8,
    long_steps=0,
    small_patch=32,
    steps=4,
    plain_steps=4,
    camera=AnyCamera(measured=False),
    training_set="skimage",
)

AWGN, NAIVE, NO_PRIOR = "vdir-awgn", "vdir-awgn-res", "vdir-awgn-l1"
NO_ESTIMATION = "vdir-awgn-noest"
FFDNET, FFDNET_TOLD = "vdir-awgn-ffdnet", "vdir-ffdnet-nonblind"
REAL, REAL_NAIVE = "vdir-real", "vdir-real-res"
JPEG_Y, JPEG_RGB = "vdir-jpeg-y", "vdir-jpeg-rgb"


def runs(size: Size) -> tuple[Recipe, ...]:
    """Return every run, the most wanted first."""
    awgn = _variational(size, AWGN, AnyNoise())
    table9 = (
        awgn,
        _run(size, NAIVE, AnyNoise(), Naive),
        replace(awgn, name=NO_PRIOR, adversarial_weight=0.0, estimation_weight=0.0),
        replace(awgn, name=NO_ESTIMATION, estimation_weight=0.0),
    )
    told = _run(size, FFDNET_TOLD, AnyNoise(), Told)
    table11 = tuple(
        replace(run, restorer=size.plain, steps=size.plain_steps)
        for run in (replace(awgn, name=FFDNET), told)
    )
    jpeg_y = _subtle(size, JPEG_Y, AnyQuality(), channels=1)
    jpeg_rgb = _subtle(size, JPEG_RGB, AnyQuality())
    return (
        *table9,
        replace(jpeg_rgb, patch=size.rgb_patch),
        jpeg_y,
        _enlarging(size, 2),
        _real(size, _variational(size, REAL, size.camera)),
        _real(size, _run(size, REAL_NAIVE, size.camera, Naive)),
        _enlarging(size, 4),
        *table11,
        *again(*table9),  # what the main claims compare
        *again(jpeg_y, *table11),
        *(replace(run, name=long_name(run.name), steps=size.long_steps) for run in table9 if size.long_steps),
    )


def long_name(name: str) -> str:
    """Return the name of the same run, trained longer."""
    return f"{name}-long"


def enlarging_name(factor: Literal[2, 4]) -> str:
    return f"vdir-sr-x{factor}"


def _run(
    size: Size, name: str, unknown: Unknown, kind: type[Naive] | type[Told], channels: Literal[1, 3] = 3
) -> Recipe:
    return size.run(
        kind,
        name,
        channels=channels,
        unknown=unknown,
        restorer=size.restorer,
        phased=isinstance(unknown, AnyQuality),
    )


def _variational(size: Size, name: str, unknown: Unknown, channels: Literal[1, 3] = 3) -> Variational:
    return replace(
        _run(size, name, unknown, Variational, channels),
        coder=size.coder,
        critic=size.critic,
        clipped_apart=True,
        opponent_lr=size.opponent_lr,
        opponent_betas=(0.5, 0.999),  # [C]
    )


def _subtle(size: Size, name: str, unknown: Unknown, channels: Literal[1, 3] = 3) -> Variational:
    run = _variational(size, name, unknown, channels)
    return replace(
        run,
        coder=size.subtle_coder,
        batch=size.subtle_batch,
        lr=size.subtle_lr,
        estimation_weight=size.subtle_weight,
        by_contrast=size.subtle_by_contrast,
    )


def _enlarging(size: Size, factor: Literal[2, 4]) -> Variational:
    run = _subtle(size, enlarging_name(factor), AnyBlur(factor))
    restorer = replace(size.restorer, factor=factor)
    return replace(run, patch=factor * size.small_patch, restorer=restorer)


def _real(size: Size, run: Naive) -> Naive:
    run = replace(run, patch=size.real_patch, batch=size.real_batch)
    if isinstance(run, Variational):
        run = replace(run, estimation_weight=0.0, coder=size.real_coder)
    return run
