"""Every training run of QGCN, at three scales: rankers, the de-blocking network and its ablations.

[P] the paper, [R] the released code of RNAN, [K] that of RankSRGAN, [O] our choice: the paper has no code.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor, nn

from lib import degradations, losses
from lib.degradations.levels import Compress, Level
from lib.models.qgcn import QGCN, WINDOW, Ranker
from lib.recipes.common import (
    SHORT_BETAS,
    SHORT_CLIP,
    Annealed,
    Cosine,
    Outcome,
    Recipe,
    Schedule,
    SharedSize,
    Steps,
    again,
)

GREY = 255.0  # levels between black and white
APART = 5  # quality factors, between two versions whose order is validated


@dataclass(frozen=True, kw_only=True)
class Ranking(Recipe):
    """A ranker: which of two degraded versions of a patch is the worse? Subclasses make the versions."""

    width: int = 64  # [K]
    margin: float = 0.5  # [P]
    # [K] Scores count up to here in the loss. Without it they drift to where the sigmoid of L_Q is flat.
    most: float | None = None

    measures = ("validation_accuracy",)

    def build(self) -> Ranker:
        return Ranker(self.channels, self.width)

    def versions(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return two versions of clean (N, C, H, W); and whether the first is the worse, (N,) bool."""
        raise TypeError(f"{type(self).__name__} makes no versions")

    def objective(
        self,
        net: nn.Module,
        clean: Tensor,
        generator: torch.Generator,
        guide: nn.Module | None,
        opponent: nn.Module | None,
    ) -> Outcome:
        """Show it both versions, which go through the network in one batch and share its statistics [O]."""
        first, second, first_is_worse = self.versions(clean, generator)
        first, second = self.cut((first, second), generator)
        both = torch.cat([first, second]).contiguous(memory_format=torch.channels_last)
        scores = net(both).float()
        if self.most is not None:
            scores = scores.clamp(-self.most, self.most)
        return Outcome(losses.margin_ranking(*scores.chunk(2), first_is_worse, self.margin))


@dataclass(frozen=True, kw_only=True)
class RankingQuality(Ranking):
    """The compression quality ranker: two JPEG versions with different labels."""

    labels: tuple[tuple[int, int], ...] = ((1, 10), (11, 20), (21, 30))  # [P] quality factors of each

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(Compress(high) for _, high in self.labels)

    def versions(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return two JPEGs, the quality factor of each uniform within the range of its label [O]."""
        draw = torch.rand(2 * len(self.labels), len(clean), generator=generator, device=generator.device)
        order, within = draw.chunk(2)
        labels = order.argsort(0)[:2]
        low, high = torch.tensor(self.labels, device=labels.device)[labels].unbind(-1)
        quality = low + (within[:2] * (high - low + 1)).floor()
        compress = degradations.jpeg_gray if clean.is_cuda else degradations.jpeg
        first, second = (compress(clean, q) for q in quality.to(clean))
        return first, second, (labels[0] < labels[1]).to(clean.device)

    def judged(self, net: nn.Module, clean: Tensor, generator: torch.Generator) -> tuple[float, ...]:
        """Return the share of pairs in the right order, of versions at least five quality factors apart."""
        qualities = range(self.labels[0][0], self.labels[-1][1] + 1, 3)
        scores = [net(degradations.jpeg(clean, q)).item() for q in qualities]
        pairs = combinations(zip(qualities, scores, strict=True), 2)
        right = [low < high for (a, low), (b, high) in pairs if b - a >= APART]
        return (sum(right) / len(right),)


@dataclass(frozen=True, kw_only=True)
class RankingAll(Ranking):
    """A ranker of colour images over noise, blur and JPEG [O]: its maps stand in for those of a
    network trained on photographs of objects. Both versions of a patch suffer from the same kind."""

    sigma: float = 75.0  # grey levels, the most noise
    blur: float = 4.0  # pixels, the widest Gaussian
    quality: tuple[int, int] = (95, 5)  # of the mildest and of the hardest JPEG
    gap: float = 0.1  # the two versions are at least this far apart, of the whole range

    def versions(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        draw = torch.rand(3, len(clean), generator=generator, device=generator.device).to(clean)
        gap = self.gap + (1 - self.gap) * draw[0]
        mild = (1 - gap) * draw[1]
        strength = torch.stack([mild, mild + gap])
        first_is_worse = draw[2] < 0.5
        first, second = torch.where(first_is_worse, strength.flip(0), strength)
        pair = (self._degrade(clean, strength, generator) for strength in (first, second))
        return *pair, first_is_worse

    def judged(self, net: nn.Module, clean: Tensor, generator: torch.Generator) -> tuple[float, ...]:
        """Return the share of pairs in the right order, of versions of one kind at five strengths."""
        clean, strengths = clean.repeat(3, 1, 1, 1), torch.linspace(0, 1, 5)
        scores = [net(self._degrade(clean, s.repeat(3).to(clean), generator)) for s in strengths]
        right = [mild > hard for mild, hard in combinations(scores, 2)]
        return (float(torch.cat(right).float().mean()),)

    def _degrade(self, clean: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
        """Degrade a third of the batch each with noise, blur and JPEG of strength (N,) in [0, 1]."""
        noisy, blurred, compressed = clean.tensor_split(3)
        s, b, j = strength.tensor_split(3)
        mildest, hardest = self.quality
        return torch.cat(
            [
                degradations.add_gaussian_noise(noisy, self.sigma * s, generator=generator, quantise=True),
                degradations.to_8bit(
                    degradations.gaussian_blur(blurred, self.blur * b, border="symmetric", kernel_size=25)
                ),
                degradations.jpeg(compressed, mildest + (hardest - mildest) * j),
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Deblock(Recipe):
    """The de-blocking network: one for several quality factors, an equal part of each batch at each.

    The paper gives the weights of its losses and not the range of an image. RNAN's code counts the error
    in grey levels, 0 to 255 [R]; read so, the ranker's losses refine what the error demands. Counted
    in [0, 1], they outweigh it: `qgcn-full-unit`, and the texture end of the knob.
    """

    qualities: tuple[int, ...] = (10, 20, 30)  # [P]
    width: int = 64  # [R]
    blocks: int = 10  # [R]
    dilated: bool = True  # [P]
    window: int = WINDOW
    quality_weight: float = 0.01  # [P]
    feature_weight: float = 0.9  # [P]

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(Compress(quality) for quality in self.qualities)

    @property
    def least(self) -> int:
        return len(self.qualities)

    def build(self) -> QGCN:
        return QGCN(self.channels, self.width, self.blocks, self.dilated, window=self.window)

    def pairs(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        parts = clean.tensor_split(len(self.levels))
        x = [level.degrade(part, generator) for level, part in zip(self.levels, parts, strict=True)]
        return torch.cat(x), clean.new_zeros(len(clean), 0)

    def terms(self, x: Tensor, reference: Tensor, guide: nn.Module | None) -> dict[str, Tensor]:
        """Return L_MAE, 0.01 L_Q and 0.9 L_F (eq. 6), over what an error of 1 counts; unguided, L_MAE."""
        found = super().terms(x, reference, None)
        if guide is None:
            return found
        maps, score = guide.look(x)
        with torch.no_grad():
            reference_maps = guide.features(reference)
        found["quality"] = self.quality_weight * losses.quality(score)
        found["features"] = self.feature_weight * losses.feature_matching(maps, reference_maps)
        return found


@dataclass(frozen=True, kw_only=True)
class Size(SharedSize):
    """What else changes between scales."""

    ranker: int  # width
    rank_batch: int  # of the ranker of compression, whose patches are those of what it guides
    ranker_patch: int  # of the ranker of colour images
    ranker_batch: int
    ranker_steps: int
    width: int
    blocks: int
    window: int
    fine_steps: int  # of the network fine-tuned from the one trained with L_MAE alone
    ranker_schedule: Schedule


PAPER = Size(
    scale="paper",
    ranker=64,  # [K]
    rank_batch=16,  # [K]
    ranker_patch=128,  # [K]
    ranker_batch=16,  # [K]
    ranker_steps=200_000,  # [O]
    width=64,
    blocks=10,
    window=WINDOW,
    patch=64,  # [O]
    batch=15,  # [O] equal thirds; 16 [R]
    steps=500_000,  # [O]
    fine_steps=100_000,  # [O]
    lr=1e-4,  # [P]
    short_lr=3e-4,
    schedule=Steps(drops=tuple((fifth / 5, 0.5) for fifth in range(1, 5))),  # [P] halved every 1e5
    ranker_schedule=Steps(drops=((0.5, 0.5),)),  # [P] halved every 1e5
    betas=(0.9, 0.999),
    clip=None,
    training_set="bsds500-traintest",  # [O] the paper has DIV2K
)
# What two cores train of it: less than a quarter of the pixels a step, and rates, betas and clipping that
# suit a short run [O]; losses, their weights and qualities stay the paper's.
CPU = replace(
    PAPER,
    blocks=4,  # [O]; 10 [R]: the paper gives no number
    patch=48,  # [O]; 64 [O]
    batch=6,  # [O] equal thirds; 15 [O]
    ranker_steps=10_000,  # [O]; 2e5 [O]
    steps=10_000,  # [O]; 5e5 [O]
    fine_steps=2_500,  # [O]; 1e5 [O]
    lr=PAPER.short_lr,  # [O]; 1e-4 [P]
    schedule=Annealed(),  # [O]; halved every fifth [P]
    ranker_schedule=Annealed(),  # [O]; halved after half [P]
    betas=SHORT_BETAS,  # [O]; (0.9, 0.999) [O]
    clip=SHORT_CLIP,  # [O]; none [O]
    precision="bfloat16",  # [O]; float32 [R]
)
COMPACT = Size(
    scale="compact",
    ranker=16,
    rank_batch=64,
    ranker_patch=128,
    ranker_batch=12,
    ranker_steps=1_500,
    width=16,
    blocks=4,
    window=48**2,  # no training patch is cut
    patch=48,
    batch=12,
    steps=3_000,
    fine_steps=1_000,
    lr=1e-3,
    short_lr=1e-3,
    schedule=Cosine(),
    ranker_schedule=Cosine(),
    betas=SHORT_BETAS,
    clip=SHORT_CLIP,
    training_set="bsds500-traintest",
)
SMOKE = replace(
    COMPACT,
    scale="smoke",
    ranker=4,
    rank_batch=4,
    ranker_patch=48,
    ranker_batch=4,
    ranker_steps=4,
    width=12,
    blocks=2,
    window=32**2,
    patch=32,
    batch=3,
    steps=4,
    fine_steps=2,
    training_set="skimage",
)

RANKER, RANKER_RGB = "qgcn-cqr", "ranker-rgb"
FULL, WITHOUT_RANKER, TEXTURE = "qgcn-full", "qgcn-wo-cqr", "qgcn-texture"
UNIT = "qgcn-full-unit"
WITHOUT_DILATION, WITHOUT_SCORE, WITHOUT_FEATURES = "qgcn-wo-dc", "qgcn-wo-lq", "qgcn-wo-lf"
PLAIN = "qgcn-rnan-mae"
START = "qgcn-start"


def runs(size: Size) -> tuple[Recipe, ...]:
    """Return every run, the most wanted first; what guides another or starts it stands before it."""
    ranker = replace(_ranker(size), patch=size.patch, batch=size.rank_batch, phased=True, most=5.0)  # [K] 5
    unit = _deblock(size)
    full = replace(
        unit,
        name=FULL,
        quality_weight=unit.quality_weight / GREY,
        feature_weight=unit.feature_weight / GREY,
    )
    mae = replace(full, name=WITHOUT_RANKER, guide="", quality_weight=0.0, feature_weight=0.0)
    grey = full, *_ablations(full)
    plain = replace(mae, name=PLAIN, dilated=False)
    other = tuple(replace(run, name=unit_name(run.name)) for run in _ablations(unit))
    specialists = tuple(replace(full, name=own_name(q), qualities=(q,)) for q in full.qualities)
    return (
        ranker,
        full,
        mae,
        replace(unit, name=TEXTURE, parent=mae.name, steps=size.fine_steps),
        unit,
        *grey[1:],
        plain,
        _ranker(size, RankingAll, RANKER_RGB, 3),
        *other,
        *again(*grey, mae, plain),
        *again(unit, *other),
        *specialists,
        *again(ranker),  # its order of qualities is judged; what it guides keeps to the first
        *again(*specialists),
    )


def continued(size: Size) -> tuple[Recipe, ...]:
    """Return the rows of table 1 as a short budget has them [O]: continuations, equally long, of one network
    that is trained with L_MAE alone. The ranker stands first, then that network."""
    known = {run.name: run for run in runs(size)}
    start = replace(known[WITHOUT_RANKER], name=START)
    rows = (known[name] for name in (WITHOUT_RANKER, FULL, WITHOUT_SCORE, WITHOUT_FEATURES))
    return (
        known[RANKER],
        start,
        *(replace(row, parent=START, steps=size.fine_steps) for row in rows),
    )


def unit_name(name: str) -> str:
    """Return the name of the same row of table 1 with the error counted in [0, 1]."""
    return f"{name}-unit"


def own_name(quality: int) -> str:
    """Return the name of the network trained on one quality alone."""
    return f"{FULL}-q{quality}"


def _ablations(full: Deblock) -> tuple[Deblock, ...]:
    """Return the rows of table 1 that are guided, at the weights of this one."""
    return (
        replace(full, name=WITHOUT_DILATION, dilated=False),
        replace(full, name=WITHOUT_SCORE, quality_weight=0.0),
        replace(full, name=WITHOUT_FEATURES, feature_weight=0.0),
    )


def _ranker(
    size: Size, kind: type[Ranking] = RankingQuality, name: str = RANKER, channels: Literal[1, 3] = 1
) -> Ranking:
    """Return a ranker of Y [P], or of colour images."""
    return size.run(
        kind,
        name,
        patch=size.ranker_patch,
        batch=size.ranker_batch,
        steps=size.ranker_steps,
        schedule=size.ranker_schedule,
        channels=channels,
        width=size.ranker,
    )


def _deblock(size: Size) -> Deblock:
    return size.run(
        Deblock,
        UNIT,
        channels=1,  # [P] Y
        phased=True,
        guide=RANKER,
        width=size.width,
        blocks=size.blocks,
        window=size.window,
    )
