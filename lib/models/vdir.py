"""VDIR: a restoring network told about its image by the latent map of a variational encoder.

Source: Soh, Cho, "Variational Deep Image Restoration", IEEE Transactions on Image Processing 2022.
Where each part is from: [P] the paper; [C] the authors' released code, which settles what the paper
leaves to its supplement; [O] our choice.

Encoder, restorer and, for the knob, estimator are what restores (`VDIR`). Decoder and discriminator
are needed in training only. Every convolution is 3x3 with a bias and zero padding [C]; images lie in
[0, 1], noisy ones beyond it, and nothing is clamped. The latent map c has a quarter of the sides.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from lib.models.baselines import stack
from lib.models.blocks import ResidualBlock, conv3
from lib.models.knobs import Controllable, Held, Knob

LATENT = 4  # [P] channels
TRUNCATED = 0.8796256610342398  # standard deviation of a standard normal cut off at -2 and 2


class Encoder(nn.Module):
    """Mean and log variance of the latent map, given a degraded image (section IV.E; layers [C]).

    channels: 3 (RGB) or 1 (Y). width: 64. Pooling comes before the ReLU [C] and rounds sizes up.

    x (N, channels, H, W) -> mean and log variance, each (N, latent, ceil(H / 4), ceil(W / 4)).
    """

    def __init__(self, channels: int = 3, width: int = 64, latent: int = LATENT):
        super().__init__()
        self.trunk = nn.Sequential(
            _conv3(channels, width),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.ReLU(inplace=True),
            _conv3(width, width),
            nn.ReLU(inplace=True),
            _conv3(width, width),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.ReLU(inplace=True),
            _conv3(width, width),
            nn.ReLU(inplace=True),
            _conv3(width, width),
        )
        self.mean = _conv3(width, latent)
        self.log_variance = _conv3(width, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.trunk(x)
        return self.mean(h), self.log_variance(h)


def sample(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """Draw mean + eps exp(log_variance / 2), eps standard normal and independent per element.

    All (N, latent, h, w). eps is drawn where the generator lives: one of the CPU draws the same
    whatever the device. Gradients reach mean and log variance.
    """
    eps = torch.randn(mean.shape, generator=generator, device=generator.device).to(mean)
    return mean + eps * (log_variance / 2).exp()


def resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize bilinearly, pixel centres aligned [O] (the released code aligns the upper left corners).

    maps (N, K, h, w), the latent or what is estimated from it -> (N, K, *size).
    """
    return F.interpolate(maps, size=size, mode="bilinear", align_corners=False)


class Group(nn.Module):
    """Residual in residual: blocks and one more convolution; the input is added. (N, width, H, W)."""

    def __init__(self, width: int, blocks: int):
        super().__init__()
        inner = (ResidualBlock(width, _conv3) for _ in range(blocks))
        self.body = nn.Sequential(*inner, _conv3(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Restorer(nn.Module):
    """The clean image, given the degraded one and its latent map (section IV.E, figure 3).

    channels: 3 (RGB) or 1 (Y). width, groups, blocks: 64, D = 5 and N = 5 [P].
    latent: channels of the latent; 0 for the network that gets none ("L_res only" of table IX).
    factor: 1 restores at the size of the image, and the last convolution computes what to add to
        it. 2 and 4 enlarge: one pixel shuffle by 2 for each doubling, without a ReLU [O: the paper
        draws one sub-pixel stage]; nothing of the image is added, as sizes differ [P].
    resize: brings the latent to the size of the image; another than `resized` for published weights.

    y (N, channels, H, W), c (N, latent, h, w), brought to the size of y and concatenated behind it,
    or None where latent is 0; returns (N, channels, factor H, factor W), not clipped. Raises
    ValueError for another factor.
    """

    multiple = 1

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,
        groups: int = 5,
        blocks: int = 5,
        latent: int = LATENT,
        factor: int = 1,
        resize: Callable[[Tensor, tuple[int, int]], Tensor] = resized,
    ):
        super().__init__()
        if factor not in (1, 2, 4):
            raise ValueError(f"VDIR restores at factor 1, 2 or 4, not {factor}.")
        self.factor = factor
        self.resize = resize
        self.head = _conv3(channels + latent, width)
        self.body = nn.Sequential(*(Group(width, blocks) for _ in range(groups)), _conv3(width, width))
        doublings = factor.bit_length() - 1
        self.up = nn.Sequential(
            *(m for _ in range(doublings) for m in (_conv3(width, 4 * width), nn.PixelShuffle(2)))
        )
        self.tail = _conv3(width, channels)

    def branch_ends(self) -> list[nn.Conv2d]:
        """Return the convolutions whose result is added to what went into their branch."""
        *groups, last = self.body
        inner = [conv for group in groups for conv in (*(b.b for b in group.body[:-1]), group.body[-1])]
        return [*inner, last, *([self.tail] if self.factor == 1 else [])]

    def forward(self, y: Tensor, c: Tensor | None = None) -> Tensor:
        told = y if c is None else torch.cat([y, self.resize(c, y.shape[-2:])], 1)
        first = self.head(told)  # (N, width, H, W)
        x = self.tail(self.up(first + self.body(first)))
        return y + x if self.factor == 1 else x


class LatentFFDNet(nn.Module):
    """FFDNet with the latent map where its noise level was: the restorer of table XI [O: the layers].

    channels, width, depth: 3, 96, 12, as in colour FFDNet. normed: as of FFDNet. The latent is brought to
    half the sides.

    y (N, channels, H, W), H and W even; c (N, latent, h, w); returns the restored image itself,
    the shape of y, not clipped.
    """

    multiple = 2

    def __init__(
        self,
        channels: int = 3,
        width: int = 96,
        depth: int = 12,
        latent: int = LATENT,
        normed: bool = False,
    ):
        super().__init__()
        self.body = stack(4 * channels + latent, width, depth, 4 * channels, normed)
        for conv in self.body:
            if isinstance(conv, nn.Conv2d):
                start(conv, gain=2.0)  # [O] without skips, a gain of 1 would halve the signal at every ReLU

    def forward(self, y: Tensor, c: Tensor) -> Tensor:
        parts = F.pixel_unshuffle(y, 2)  # (N, 4 channels, H/2, W/2)
        return F.pixel_shuffle(self.body(torch.cat([parts, resized(c, parts.shape[-2:])], 1)), 2)


class Decoder(nn.Module):
    """Rebuilds the degraded image from the latent map, in training only (layers [C]).

    channels, width: as of the encoder. Enlarges by repeating pixels.

    c (N, latent, h, w) -> (N, channels, 4 h, 4 w), not clipped.
    """

    def __init__(self, channels: int = 3, width: int = 64, latent: int = LATENT):
        super().__init__()
        self.layers = nn.Sequential(
            _conv3(latent, width),
            nn.ReLU(inplace=True),  # before the enlargement rather than behind it: the same, cheaper
            nn.Upsample(scale_factor=2),
            _conv3(width, width),
            nn.ReLU(inplace=True),
            _conv3(width, width),
            nn.ReLU(inplace=True),
            nn.Upsample(scale_factor=2),
            _conv3(width, width),
            nn.ReLU(inplace=True),
            _conv3(width, channels),
        )

    def forward(self, c: Tensor) -> Tensor:
        return self.layers(c)


@dataclass(frozen=True)
class Reading:
    """How the estimator's maps become one degradation level [O]: the higher, the more degraded.

    weights: one per map; the level is the weighted sum of the maps.
    reach: how far the knob `strength` goes to either side, in the unit of the level.
    quantity: what the level measures and in which unit, as a user is told.
    magnitude: of what a map reads, in which the estimator counts.
    """

    weights: tuple[float, ...]
    reach: float
    quantity: str
    magnitude: float = 1.0


def noise_reading(channels: int = 3) -> Reading:
    """Return how noise is read: a map per channel, sigma / 255 [C]; the level is sigma in grey levels."""
    return Reading((255 / channels,) * channels, 30.0, "noise in 8-bit grey levels")


def jpeg_reading(channels: int = 3) -> Reading:
    """Return how JPEG is read: a map per channel, quality / 100 [O]; the level is minus the quality."""
    return Reading((-100 / channels,) * channels, 30.0, "JPEG quality lost")


def kernel_reading(size: int = 15) -> Reading:
    """Return how blur is read: a map per tap of the kernel, row by row [P]; the level is its variance.

    That is the mean over both axes of the second moment about the middle tap, in squared pixels of
    the large image, for a kernel that sums to one.
    """
    squares = [(i - size // 2) ** 2 for i in range(size)]
    weights = tuple((dy + dx) / 2 for dy in squares for dx in squares)
    return Reading(weights, 2.0, "variance of the blur", magnitude=1 / size**2)


class Estimator(nn.Module):
    """Reads the known parameter of the degradation off the latent map: EST of eq. 18.

    Two convolutions with a ReLU between them [P]; width: 64 [C]. reading: how many maps there are
    and what they say.

    c (N, latent, h, w) -> (N, K, h, w). In training it sees the sampled latent [C]; noise and JPEG
    maps are compared at the size of the image (`resized`), kernels where they are.
    """

    def __init__(self, reading: Reading, width: int = 64, latent: int = LATENT):
        super().__init__()
        self.reading = reading
        self.register_buffer("weights", torch.tensor(reading.weights), persistent=False)
        self.a = _conv3(latent, width)
        self.b = _conv3(width, len(reading.weights))

    def forward(self, c: Tensor) -> Tensor:
        return self.reading.magnitude * self.b(F.relu(self.a(c)))

    def level(self, c: Tensor) -> Tensor:
        """Return the degradation level of each image, mean over its positions: (N, latent, h, w) -> (N,)."""
        return self(c).mean((2, 3)) @ self.weights

    @torch.no_grad()
    def step(self, c: Tensor) -> Tensor:
        """Return what to add to the latent at every position for a level higher by one [O].

        The shortest such step by the slope of the image's level at c: exact as far as no hidden unit
        crosses zero, so for small steps, or where the estimator is linear. Zero where the level does
        not depend on c. c (N, latent, h, w) -> (N, latent).
        """
        above = (self.a(c) > 0).to(c)  # the ReLU lets the slope through here
        weights = self.reading.magnitude * self.weights.to(c)
        outer = weights.view(1, -1, 1, 1).expand(len(c), -1, *c.shape[-2:])
        inner = F.conv_transpose2d(outer, self.b.weight, padding=1) * above
        slope = F.conv_transpose2d(inner, self.a.weight, padding=1).mean((2, 3))
        steepness = slope.square().sum(1, keepdim=True)
        return torch.where(steepness > 0, slope / steepness, 0.0)


class VDIR(Controllable):
    """Blind restoration through the latent map, with a knob that corrects what the latent says.

    encoder, restorer: of the same image channels and latent. estimator: makes the knob; None
    where the degradation has no known parameter (real noise) or none was trained, and then the
    network has no knobs (K = 0). decoder: trained with them; restoring needs none.

    The knob `strength` [O] adds `strength` times the estimator's `step` to the latent: the restorer
    is told that the image is that much more degraded, in the unit of the reading, than the encoder
    found. 0 is blind restoration as it is, bit for bit; above 0 the restorer should remove more than
    it would by itself, below 0 less, as far as it heeds its latent: nothing in training sees to that.
    The step is the image's own, or the tile's where an image is restored in tiles, so that tiles
    of unlike content can move a little apart at strengths other than 0.

    x (N, channels, H, W); knobs (N, 1) or (N, 0); returns the restored images, not clipped, of the
    shape of x, or `factor` times its sides. The latent is its mean; `sampled` draws it. Any size can
    be computed, except that LatentFFDNet needs even sides; `multiple` keeps tiles on the latent's grid.
    """

    multiple = 4

    def __init__(
        self,
        encoder: Encoder,
        restorer: Restorer | LatentFFDNet,
        estimator: Estimator | None = None,
        decoder: Decoder | None = None,
    ):
        super().__init__()
        self.encoder = encoder
        self.restorer = restorer
        self.estimator = estimator
        self.decoder = decoder
        if estimator is not None:
            reading = estimator.reading
            meaning = f"{reading.quantity}, added to what the network finds in the image; 0: blind"
            self.knobs = (Knob("strength", -reading.reach, reading.reach, 0.0, meaning),)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        mean, _ = self.encoder(x)
        return self.restorer(x, self.moved(mean, knobs))

    def sampled(self, x: Tensor, knobs: Tensor, generator: torch.Generator) -> Tensor:
        """Restore as `forward` does, with one sample of the latent: how the authors test [P][C]."""
        return self.restorer(x, self.moved(sample(*self.encoder(x), generator), knobs))

    def told_by(self, other: Tensor, x: Tensor) -> Tensor:
        """Return x restored with the latent of another image (figure 5); sizes may differ."""
        mean, _ = self.encoder(other)
        return self.restorer(x, mean)

    def moved(self, c: Tensor, knobs: Tensor) -> Tensor:
        """Return the latent (N, latent, h, w) at the knobs; gradients pass to c, none to the estimator."""
        if self.estimator is None:
            return c
        return c + (knobs.to(c) * self.estimator.step(c))[:, :, None, None]

    def fold(self, knobs: Tensor) -> "PlainVDIR":
        return PlainVDIR(self, knobs)


class PlainVDIR(nn.Module):
    """A VDIR at one strength: without the log variance and, at strength 0, without the estimator."""

    multiple = VDIR.multiple

    def __init__(self, net: VDIR, knobs: Tensor):
        super().__init__()
        self.encoder = nn.Sequential(*copy.deepcopy(net.encoder.trunk), copy.deepcopy(net.encoder.mean))
        self.restorer = copy.deepcopy(net.restorer)
        self.strength = float(knobs.sum())
        self.estimator = copy.deepcopy(net.estimator) if self.strength else None
        self.requires_grad_(False)

    def latent(self, x: Tensor) -> Tensor:
        """Return what the restorer is told of x (N, C, H, W): (N, latent, H / 4, W / 4)."""
        c = self.encoder(x)
        if self.estimator is None:
            return c
        return c + self.strength * self.estimator.step(c)[:, :, None, None]

    def forward(self, x: Tensor) -> Tensor:
        return self.restorer(x, self.latent(x))


class Alone(Controllable):
    """A restorer without a latent: what the ablation of table IX starts from ("L_res only").

    restorer: made with latent=0. x (N, channels, H, W), knobs (N, 0) -> what the restorer returns.
    """

    def __init__(self, restorer: Restorer):
        super().__init__()
        self.restorer = restorer

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return self.restorer(x)

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


class Discriminator(nn.Module):
    """Tells degraded images from those that the decoder made, in training only (layers [C]).

    Eleven convolutions, every one with spectral norm (in training mode one power iteration a pass),
    LeakyReLU 0.2 between them, no batch norm. channels: 3 or 1. width: of the first, 64; it doubles
    at each of the first three halvings. Strided convolutions are padded on all sides [O].

    x (N, channels, H, W) -> logits (N, 1, ceil(H / 32), ceil(W / 32)), above 0 for "degraded".
    """

    def __init__(self, channels: int = 3, width: int = 64):
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        layers = []
        for before, after in zip([channels, *widths], widths, strict=False):
            for channels_in, stride in ((before, 1), (after, 2)):
                layers += [_normed(channels_in, after, stride), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, _normed(widths[-1], 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def _conv3(channels_in: int, channels_out: int) -> nn.Conv2d:
    return start(conv3(channels_in, channels_out))


def _normed(channels_in: int, channels_out: int, stride: int = 1) -> nn.Module:
    conv = nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1)
    return spectral_norm(start(conv, gain=2.0))


def start(conv: nn.Conv2d, gain: float = 1.0) -> nn.Conv2d:
    """Start weights from a normal cut off at two deviations, of variance gain / fan-in; biases zero [C]."""
    std = math.sqrt(gain / conv.weight[0].numel()) / TRUNCATED
    nn.init.trunc_normal_(conv.weight, std=std, a=-2 * std, b=2 * std)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv
