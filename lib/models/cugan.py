"""CUGAN: a U-shaped network that is told how blurred and how noisy its image is, and its rivals.

Source: Cai, He, Qiao, Dong, "Toward Interactive Modulation for Photo-Realistic Image Restoration",
CVPR workshops 2021. Where each part is from: [P] the paper; [C] the authors' released code; [V]
checked by our own computation; [O] our choice.

One generator serves two runs: CUnet is trained with the squared error alone, CUGAN goes on from it with
a discriminator, which knows the degradation too. Where paper and code differ:
- the released network has 6.5 million weights [V], the paper says 1.37: its widths are followed;
- the connection from input to output has weights in the code alone: followed.
The released code has no discriminator: its layers are those of the code's ancestor, CResMD, with the
average over the image that the paper describes.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models.blocks import conv3, score_layers, start_as_he
from lib.models.knobs import Controllable, Held, Knob

Norm = Callable[[int], nn.Module]

GAIN = 0.1  # [C] on He's deviations
BLUR, SIGMA = 4.0, 50.0  # [P] what the knobs stand for at 1: pixels of a Gaussian, grey levels of noise
KNOBS = (
    Knob("blur", 0.0, 1.0, 0.0, f"0: the image is sharp, 1: blurred by a Gaussian of {BLUR:g} pixels"),
    Knob("noise", 0.0, 1.0, 0.0, f"0: the image is free of noise, 1: it has {SIGMA:g} grey levels of it"),
)


class Fusion(nn.Module):
    """skip + w conv(h), with a weight per channel that the knobs set: w = A z + b.

    Everything that is modulated in a generator has this form: the branch of a residual block, the
    fusion of two scales, the connection from input to output. Each has a linear layer of its own [P],
    without an activation: w can have any value [C].

    modulated: False is w = 1, in a network for one degradation.
    skip (N, C, H, W), h: what `conv` takes, knobs (N, 2) -> (N, C, H, W).
    """

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d, modulated: bool):
        super().__init__()
        self.conv = conv
        self.weight = nn.Linear(len(KNOBS), conv.out_channels) if modulated else None

    def forward(self, skip: Tensor, h: Tensor, knobs: Tensor) -> Tensor:
        h = self.conv(h)
        return skip + h if self.weight is None else skip + h * self.weight(knobs)[:, :, None, None]

    def absorb(self, knobs: Tensor) -> None:
        """Multiply w at these knobs (2,) into the convolution, exactly; the knobs then do nothing."""
        if self.weight is None:
            return
        w = self.weight(knobs)
        last = isinstance(self.conv, nn.ConvTranspose2d)  # its weights lie as (in, out, k, k)
        self.conv.weight.mul_(w.view(-1, 1, 1) if last else w.view(-1, 1, 1, 1))
        self.conv.bias.mul_(w)
        self.weight = None


class Block(nn.Module):
    """A modulated residual block: two 3x3 convolutions with a ReLU between them. (N, width, H, W)."""

    def __init__(self, width: int, modulated: bool):
        super().__init__()
        self.a = conv3(width, width)
        self.b = Fusion(conv3(width, width), modulated)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return self.b(x, F.relu(self.a(x), inplace=True), knobs)


class Blocks(nn.ModuleList):
    """`count` residual blocks, one behind the other. (N, width, H, W)."""

    def __init__(self, width: int, count: int, modulated: bool):
        super().__init__(Block(width, modulated) for _ in range(count))

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        for block in self:
            x = block(x, knobs)
        return x


class Scales(nn.Module):
    """One scale of the U and, between the blocks of its left and of its right side, all those below it.

    A scale has half the sides of the one above; no activation follows the resampling [C]. What comes
    up is fused with what the left side made. (N, widths[0], H, W) -> the same shape.
    """

    def __init__(self, widths: tuple[int, ...], blocks: int, modulated: bool):
        super().__init__()
        width, *lower = widths
        self.left = Blocks(width, blocks, modulated)
        self.right = Blocks(width, blocks, modulated)
        self.below = Scales(tuple(lower), blocks, modulated) if lower else None
        if lower:
            self.down = nn.Conv2d(width, lower[0], 2, stride=2)
            self.up = Fusion(nn.ConvTranspose2d(lower[0], width, 2, stride=2), modulated)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        h = self.left(x, knobs)
        if self.below is not None:
            h = self.up(h, self.below(self.down(h), knobs), knobs)
        return self.right(h, knobs)


class CUNet(Controllable):
    """The generator: a residual U-Net with two knobs (section 3.1).

    channels: 3 (RGB). widths: of its scales, full size first, 64, 128 and 256 [P]. blocks: on either side
    of every scale, 2 [P]; the ablation has 3 with two scales and 6 with one, so twelve in all.
    modulated: False gives Unet and UGAN, for one degradation: no knobs, knobs (N, 0).

    x (N, channels, H, W) in [0, 1], sides divisible by `multiple`: 4 with three scales; knobs (N, 2),
    beyond 1 too; returns the restored image, the shape of x, not clipped. Raises ValueError for other
    sides. Layers start as He et al. (fan-in) times GAIN, except transposed convolutions, which the
    released code leaves as the framework makes them; so a new CUNet is close to the identity.
    """

    def __init__(
        self,
        channels: int = 3,
        widths: tuple[int, ...] = (64, 128, 256),
        blocks: int = 2,
        modulated: bool = True,
    ):
        super().__init__()
        self.knobs = KNOBS if modulated else ()
        self.multiple = 2 ** (len(widths) - 1)
        self.head = conv3(channels, widths[0])
        self.body = Scales(widths, blocks, modulated)
        self.tail = Fusion(conv3(widths[0], channels), modulated)
        start_as_he(self, GAIN)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        if height % self.multiple or width % self.multiple:
            raise ValueError(f"The sides of {height} x {width} pixels do not divide by {self.multiple}.")
        return self.tail(x, self.body(self.head(x), knobs), knobs)

    def fold(self, knobs: Tensor) -> Held:
        return _folded(self, knobs)


class CResMD(Controllable):
    """The rival with the same knobs: modulated residual blocks at half the sides, no U.

    He, Dong, Qiao, "Interactive Multi-dimension Modulation with Dynamic Controllable Residual Learning
    for Image Restoration", ECCV 2020; layers as in their released code. channels: 3. width, blocks: 64 and
    32 [C]. x (N, channels, H, W) in [0, 1], H and W even; knobs (N, 2); returns the restored image, the
    shape of x, not clipped.
    """

    knobs = KNOBS
    multiple = 2

    def __init__(self, channels: int = 3, width: int = 64, blocks: int = 32):
        super().__init__()
        self.head = nn.Conv2d(channels, width, 3, stride=2, padding=1)
        self.body = Blocks(width, blocks, modulated=True)
        self.up = conv3(width, 4 * width)
        self.hr = conv3(width, width)
        self.tail = Fusion(conv3(width, channels), modulated=True)
        start_as_he(self, GAIN)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        h = self.body(self.head(x), knobs)  # (N, width, H/2, W/2)
        h = F.relu(F.pixel_shuffle(self.up(h), 2))  # (N, width, H, W)
        return self.tail(x, F.relu(self.hr(h)), knobs)

    def fold(self, knobs: Tensor) -> Held:
        return _folded(self, knobs)


class GFM(nn.Module):
    """Global feature modulation: a x + b, a and b per channel from a linear layer of z each (section 3.2).

    It starts as the identity where z is 0, and near it elsewhere [O]: with biases of zero throughout,
    a would start near zero and the discriminator dead. (N, C, H, W), z (N, 2) -> (N, C, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.scale = nn.Linear(len(KNOBS), channels)
        self.shift = nn.Linear(len(KNOBS), channels)
        start_as_he(self, GAIN)
        nn.init.ones_(self.scale.bias)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return x * self.scale(z)[:, :, None, None] + self.shift(z)[:, :, None, None]


class Judging(nn.Module):
    """A convolution, its norm, GFM where there is one, and LeakyReLU; a kernel of 4 halves the sides."""

    def __init__(self, before: int, after: int, kernel: int, norm: Norm):
        super().__init__()
        stride, bare = 2 if kernel == 4 else 1, norm is nn.Identity
        self.conv = nn.Conv2d(before, after, kernel, stride=stride, padding=1, bias=bare)
        self.norm = norm(after)
        self.gfm: GFM | None = None
        if bare:
            nn.init.kaiming_normal_(self.conv.weight, 0.2)  # as the framework starts it, the signal fades

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return F.leaky_relu(x if self.gfm is None else self.gfm(x, z), 0.2)


class Discriminator(nn.Module):
    """Tells restored from true images, and knows how degraded the input was (section 3.2).

    Ten convolutions with LeakyReLU up to 8 widths, an average over the image and two linear layers
    [P]; kernels, batch norm and biases as in the ancestor of the released code [C]; GFM behind every
    batch norm [O].

    channels: 3. width: of the first convolution, 64. modulated: False leaves GFM out; z is then
    ignored, (N, 0) will do.
    norm: called with a channel count, behind every convolution but the first. Batch norm [C] makes the
        score of an image depend on its batch while it trains, and takes out what tells a batch of
        fakes from one of real images at a glance; `nn.Identity` does without [O].
    x (N, channels, H, W) in [0, 1], sides at least 32; z (N, 2), the knobs of the generator -> logits
    (N,).
    """

    def __init__(
        self, channels: int = 3, width: int = 64, modulated: bool = True, norm: Norm = nn.BatchNorm2d
    ):
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.head = conv3(channels, width)
        self.body = nn.ModuleList([Judging(width, width, 4, norm)])
        for before, after in pairwise(widths):
            self.body.append(Judging(before, after, 3, norm))
            self.body.append(Judging(after, after, 4, norm))
        self.score = score_layers(8 * width, width)
        for layer in self.body if modulated else ():  # last, so that the rest starts as without
            layer.gfm = GFM(layer.conv.out_channels)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        h = F.leaky_relu(self.head(x), 0.2)
        for layer in self.body:
            h = layer(h, z)
        return self.score(h.mean((2, 3))).squeeze(1)


@torch.no_grad()
def _folded(net: Controllable, knobs: Tensor) -> Held:
    """Return a copy with every w multiplied into its convolution: as cheap as without knobs."""
    plain = Held(net, knobs[:0])
    for module in plain.modules():
        if isinstance(module, Fusion):
            module.absorb(knobs)
    return plain
