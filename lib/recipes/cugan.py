"""Every training run of CUGAN, at three scales. Names as in the paper's list of runs.

[P] the paper, [C] the authors' released code or that of its ancestor CResMD, [O] our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor, nn

from lib import degradations, losses
from lib.degradations.levels import BlurNoise, Level
from lib.models.cugan import BLUR, SIGMA, CResMD, CUNet, Discriminator
from lib.models.knobs import Controllable
from lib.recipes.common import (
    SHORT_BETAS,
    SHORT_CLIP,
    SHORT_GAIN,
    Annealed,
    Author,
    Cosine,
    Outcome,
    Recipe,
    Schedule,
    SharedSize,
    Steps,
    again,
)
from lib.recipes.qgcn import RANKER_RGB

SHORT_WEIGHT = 1.0  # [O] where every w starts in a short run: up to 1 dB more after 1200 compact steps
SHORT_DEVIATION = 0.7  # [O] of A: 0.05 to 0.27 dB more than the released start after 3500 compact steps


@dataclass(frozen=True, kw_only=True)
class Restoring(Recipe):
    """Restores blurred and noisy images: of one level, or of random ones that the network is told."""

    level: BlurNoise | None = None  # None: another for every image
    power: float = 1.0  # [C] of the uniform draw of a strength; 2 is Beta(0.5, 1), mostly mild
    clean_share: float = 0.0  # [C] 0: of the images that are not degraded at all
    init_gain: float = 1.0  # [C] 1: the released initialisation of convolutions
    init_weight: float = 0.0  # [C] 0: w is A z at the start, and no branch takes part where z is 0
    gate_deviation: float | None = None  # of the elements of A at the start; None: the released tenth of He's

    @property
    def scheduled_by(self) -> Author:
        return "the released code's"

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.level or BlurNoise(BLUR, SIGMA),)

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        if self.level is not None:
            return self.level.degrade(clean, generator), clean.new_zeros(len(clean), 0)
        z = self.strengths(len(clean), generator).to(clean)
        x = degradations.blur_and_noise(clean, BLUR * z[:, 0], SIGMA * z[:, 1], generator=generator)
        return x, z

    def strengths(self, count: int, generator: torch.Generator) -> Tensor:
        """Return strengths of blur and noise, (count, 2), in steps of 0.1 pixels and one grey level [P].

        A quarter of the images each is blurred only and noisy only [C].
        """
        kind, *draw = torch.rand(3, count, generator=generator, device=generator.device)
        blur, noise = (u**self.power for u in draw)
        blur = (10 * BLUR * blur).round() / (10 * BLUR) * ((kind < 0.25) | (kind >= 0.5))
        noise = (SIGMA * noise).round() / SIGMA * (kind >= 0.25)
        strengths = torch.stack([blur, noise], 1)
        if not self.clean_share:
            return strengths
        degraded = torch.rand(count, 1, generator=generator, device=generator.device) >= self.clean_share
        return strengths * degraded

    def judged(self, net: Controllable, clean: Tensor, generator: torch.Generator) -> tuple[float, ...]:
        """Judge every network on the same strengths: PSNR of hardly degraded images says little."""
        return Recipe.judged(replace(self, power=1.0, clean_share=0.0), net, clean, generator)

    def budgeted(self, **budget: float | None) -> "Restoring":
        start = {"init_gain": SHORT_GAIN, "init_weight": SHORT_WEIGHT, "gate_deviation": SHORT_DEVIATION}
        return replace(super().budgeted(**budget), **start)

    def _start(self, net: Controllable) -> Controllable:
        with torch.no_grad():
            for layer in net.modules():
                if isinstance(layer, nn.Conv2d):
                    layer.weight.mul_(self.init_gain)
                elif isinstance(layer, nn.Linear):
                    layer.bias.fill_(self.init_weight)
                    if self.gate_deviation is not None:
                        layer.weight.normal_(0, self.gate_deviation)
        return net


@dataclass(frozen=True, kw_only=True)
class UShaped(Restoring):
    """Stage 1: CUnet, or for one level a Unet without knobs."""

    widths: tuple[int, ...] = (64, 128, 256)  # [P]
    blocks: int = 2  # [P] on either side of every scale

    def build(self) -> CUNet:
        return self._start(CUNet(self.channels, self.widths, self.blocks, modulated=self.level is None))


@dataclass(frozen=True, kw_only=True)
class Adversarial(UShaped):
    """Stage 2: CUGAN or a UGAN, from the network of stage 1: features of the guide, a discriminator, and
    the squared error."""

    perceptual_weight: float = 1.0  # [P]
    gan_weight: float = 0.005  # [P]
    mse_weight: float = 0.01  # [P]
    discriminator: int = 64  # [C] width
    normed: bool = True  # [C] batch norm in the discriminator
    gfm: bool = True  # the discriminator is told the degradation; without meaning for one level

    @property
    def scheduled_by(self) -> Author:
        return "our"

    @property
    def parts(self) -> tuple[str, ...]:
        """Return names. real, fake: mean logits; lean: covariance of fakes' logits and degradation."""
        return ("mse", "perceptual", *(("real", "fake", "lean") if self.gan_weight else ()))

    def opponent(self) -> Discriminator | None:
        if not self.gan_weight:
            return None
        told = self.gfm and self.level is None
        norm = nn.BatchNorm2d if self.normed else nn.Identity
        return Discriminator(self.channels, self.discriminator, told, norm)

    def objective(
        self,
        net: nn.Module,
        clean: Tensor,
        generator: torch.Generator,
        guide: nn.Module,
        opponent: nn.Module | None,
    ) -> Outcome:
        """Return L_percep + 0.005 L_GAN + 0.01 L_MSE [P]; the guide's maps stand for VGG's conv5_4 [O]."""
        x, real, knobs = self.examples(clean, generator)
        fake = net(x, knobs).float()
        error = losses.mse(fake, real)
        perceptual = losses.perceptual(guide, fake, real)
        terms = {"perceptual": self.perceptual_weight * perceptual, "mse": self.mse_weight * error}
        if opponent is not None:
            terms["adversarial"] = self.gan_weight * losses.gan_generator(opponent(fake, knobs).float())
        return Outcome(sum(terms.values()), (error, perceptual), terms, fake, real, fake.detach(), knobs)

    def opponent_wins(self, curve: Sequence[dict[str, float]]) -> bool:
        """Return whether real images have a chance higher by a half than fakes in the last fifth [O]."""
        if not self.gan_weight:
            return False
        last = curve[-max(1, len(curve) // 5) :]
        real, fake = (np.mean([row[name] for row in last]) for name in ("real", "fake"))
        return expit(real) - expit(fake) > 0.5

    def opposition(self, opponent: nn.Module, made: Outcome, generator: torch.Generator) -> Outcome:
        """Show it real images first and fakes apart from them, both told what the fake was made from [C]."""
        real, fake = (opponent(images, made.knobs).float() for images in (made.real, made.fake))
        severity = made.knobs.sum(1)
        lean = ((severity - severity.mean()) * fake).mean()
        return Outcome(losses.gan_discriminator(real, fake), (real.mean(), fake.mean(), lean))


@dataclass(frozen=True, kw_only=True)
class Rival(Restoring):
    """CResMD."""

    width: int = 64  # [C]
    blocks: int = 32  # [C]

    def build(self) -> CResMD:
        return self._start(CResMD(self.channels, self.width, self.blocks))


@dataclass(frozen=True, kw_only=True)
class Size(SharedSize):
    """What else changes between scales."""

    widths: tuple[int, ...]
    rival_width: int
    rival_blocks: int
    rival_power: float
    rival_loss: Literal["l1", "mse"]
    discriminator: int
    normed: bool
    clean_share: float
    gan_weight: float
    guide: str
    gan_batch: int
    gan_steps: int
    gan_lr: float
    opponent_lr: float
    gan_schedule: Schedule
    rival_betas: tuple[float, float]
    init_gain: float
    init_weight: float
    gate_deviation: float | None


PAPER = Size(
    scale="paper",
    widths=(64, 128, 256),  # [P]
    rival_width=64,  # [C]
    rival_blocks=32,  # [C]
    rival_power=2.0,  # [C]
    rival_loss="l1",  # [C]
    discriminator=64,  # [C]
    normed=True,  # [C]
    clean_share=0.0,  # [C]
    gan_weight=0.005,  # [P]
    guide="vgg16-conv5_3",  # [O] the paper has conv5_4 of VGG-19
    patch=64,  # [P]
    batch=16,  # [P]
    gan_batch=16,  # [P]
    steps=1_000_000,  # [C] CResMD's; the paper is silent
    gan_steps=500_000,  # [O] at least the 400 000 of the last halving
    lr=5e-4,  # [P]
    gan_lr=5e-4,  # [P]; 1e-4 in the options of the same code family
    opponent_lr=5e-4,  # [P]
    short_lr=3e-4,
    schedule=Steps(drops=tuple((fifth / 5, 0.5) for fifth in range(1, 5))),  # [P] halved every 2e5
    gan_schedule=Steps(drops=tuple((at, 0.5) for at in (0.1, 0.2, 0.4, 0.6, 0.8))),  # [P] at 5e4 to 4e5
    betas=(0.9, 0.999),  # [P]
    rival_betas=(0.9, 0.99),  # [C]
    clip=None,
    init_gain=1.0,
    init_weight=0.0,
    gate_deviation=None,
    training_set="bsds500-traintest",  # [O] the paper has DIV2K
)
# What two cores train of it: less than half of the pixels a step, and starts, rates, betas and clipping that
# suit a short run [O]; losses, their weights and levels stay the paper's.
CPU = replace(
    PAPER,
    patch=48,  # [O]; 64 [P]
    batch=12,  # [O]; 16 [P]
    gan_batch=8,  # [O]; 16 [P]
    steps=10_000,  # [O]; 1e6 [C]
    gan_steps=5_000,  # [O]; 5e5 [O]
    lr=PAPER.short_lr,  # [O]; 5e-4 [P]
    gan_lr=PAPER.short_lr,  # [O]; 5e-4 [P]
    schedule=Annealed(),  # [O]; halved every fifth [P]
    gan_schedule=Annealed(),  # [O]; halved five times [P]
    init_gain=SHORT_GAIN,  # [O]; 1 [C]
    init_weight=SHORT_WEIGHT,  # [O]; 0 [C]
    gate_deviation=SHORT_DEVIATION,  # [O]; a tenth of He's [C]
    betas=SHORT_BETAS,  # [O]; (0.9, 0.999) [P]
    clip=SHORT_CLIP,  # [O]; none [C]
    precision="bfloat16",  # [O]; float32 [C]
)
COMPACT = Size(
    scale="compact",
    widths=(12, 24, 48),  # [O] 0.23 M parameters
    rival_width=24,
    rival_blocks=20,  # [O] 0.23 M parameters, as many as CUnet
    rival_power=1.0,  # [O] as CUnet; mostly mild images teach a short training little
    rival_loss="mse",  # [O] with l1 a short training learns to take noise away, and nothing of blur
    discriminator=16,
    normed=False,  # [O] small batches, small patches
    clean_share=0.1,  # [O] with gates that start at 1 a clean image is damaged otherwise
    gan_weight=0.05,  # [O] at 0.005 the discriminator wins from step 1500 on, and LPIPS is worse
    guide="vgg16-conv5_3",
    patch=48,
    batch=12,
    gan_batch=8,
    steps=14_000,
    gan_steps=2_500,
    lr=1e-3,
    gan_lr=3e-4,
    opponent_lr=1e-3,  # [O] at 3e-4 it is fooled throughout
    short_lr=1e-3,
    schedule=Cosine(),
    gan_schedule=Cosine(),
    betas=SHORT_BETAS,
    rival_betas=SHORT_BETAS,
    clip=SHORT_CLIP,
    init_gain=SHORT_GAIN,
    init_weight=SHORT_WEIGHT,
    gate_deviation=SHORT_DEVIATION,
    training_set="bsds500-traintest",
)
SMOKE = replace(
    COMPACT,
    scale="smoke",
    widths=(4, 8, 16),
    rival_width=8,
    discriminator=4,
    patch=32,
    batch=4,
    gan_batch=4,
    steps=4,
    gan_steps=4,
    rival_blocks=2,
    guide=RANKER_RGB,
    training_set="skimage",
)

CUNET, CUGAN, RIVAL = "cunet", "cugan", "cresmd"
WITHOUT_GFM, WITHOUT_GAN = "cugan-nogfm", "cugan-nogan"
TEXTURE = "cugan-texture"  # both of the first two, and a knob between them
BLOCKS = {1: 6, 2: 3, 3: 2}  # [P] on either side: twelve in all, whatever the number of scales
# [P] tables 1 and 2: pixels of blur and grey levels of noise, the most wanted first
IN_TABLE_2 = ((0, 30), (4, 0), (4, 50), (0, 50), (2, 0), (1, 15), (1, 30), (2, 50))
SETTINGS = (*IN_TABLE_2, (2, 30), (4, 30))


def runs(size: Size) -> tuple[Recipe, ...]:
    """Return every run, the most wanted first; parents before what starts from them."""
    cunet, cugan = _pair(size, CUNET, CUGAN)
    return (
        cunet,
        cugan,
        replace(cugan, name=WITHOUT_GFM, gfm=False),
        replace(cugan, name=WITHOUT_GAN, gan_weight=0.0),  # [O] a control
        *(run for setting in SETTINGS for run in _dedicated(size, *setting)),
        *(run for scales in (1, 2) for run in _of_fewer_scales(size, scales)),
        _rival(size),
        *again(*_headline(size)),
    )


def _headline(size: Size) -> tuple[Recipe, ...]:
    """Return what the main claims compare: CUnet, CResMD and a Unet for each degradation, CUGAN and UGANs.

    Every UGAN from another seed, also those whose Unet is in no claim and stays the first.
    """
    unets, ugans = zip(*(_dedicated(size, *setting) for setting in SETTINGS), strict=True)
    return (*_pair(size, CUNET, CUGAN), _rival(size), *unets[: len(IN_TABLE_2)], *ugans)


def unet_name(blur: int, sigma: int) -> str:
    return f"unet-r{blur}-s{sigma}"


def ugan_name(blur: int, sigma: int) -> str:
    return f"ugan-r{blur}-s{sigma}"


def scales_name(scales: int) -> str:
    """Return the name of CUGAN of so many scales, 1 to 3."""
    return CUGAN if scales == len(BLOCKS) else f"{CUGAN}-{scales}"


def _pair(
    size: Size, first: str, second: str, *, level: BlurNoise | None = None, scales: int = 3
) -> tuple[UShaped, Adversarial]:
    """Return both stages of a network."""
    stage1 = _shaped(size, first, UShaped, level, scales)
    stage2 = replace(
        _shaped(size, second, Adversarial, level, scales),
        parent=first,
        guide=size.guide,
        batch=size.gan_batch,
        steps=size.gan_steps,
        lr=size.gan_lr,
        short_lr=min(size.short_lr, size.gan_lr),
        schedule=size.gan_schedule,
        opponent_lr=size.opponent_lr,
        opponent_betas=size.betas,
        discriminator=size.discriminator,
        normed=size.normed,
        gan_weight=size.gan_weight,
    )
    return stage1, stage2


def _shaped(
    size: Size, name: str, kind: type[UShaped], level: BlurNoise | None, scales: int
) -> UShaped:
    return size.run(
        kind,
        name,
        loss="mse",  # [P]
        level=level,
        widths=size.widths[:scales],
        blocks=BLOCKS[scales],
        init_gain=size.init_gain,
        init_weight=size.init_weight,
        gate_deviation=size.gate_deviation if level is None else None,
        clean_share=size.clean_share if level is None else 0.0,
    )


def _dedicated(size: Size, blur: int, sigma: int) -> tuple[UShaped, Adversarial]:
    names = unet_name(blur, sigma), ugan_name(blur, sigma)
    return _pair(size, *names, level=BlurNoise(blur, sigma))


def _of_fewer_scales(size: Size, scales: int) -> tuple[UShaped, Adversarial]:
    return _pair(size, f"{CUNET}-{scales}", scales_name(scales), scales=scales)


def _rival(size: Size) -> Rival:
    return size.run(
        Rival,
        RIVAL,
        betas=size.rival_betas,
        loss=size.rival_loss,
        power=size.rival_power,
        width=size.rival_width,
        blocks=size.rival_blocks,
        init_gain=size.init_gain,
        init_weight=size.init_weight,
        gate_deviation=size.gate_deviation,
        clean_share=size.clean_share,
    )
