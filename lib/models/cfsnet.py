"""CFSNet: two branches of one network, mixed channel by channel, and the critic of its GAN training.

Source: Wang, Guo, Tian, Yang, "CFSNet: Toward a Controllable Feature Space for Image Restoration",
ICCV 2019. Where each part is from: [P] the paper's text and equations; [F] its figure 2; [C] the
authors' released code; [D] their poster; [V] checked by our own computation; [O] our choice.

A main branch is trained alone for one objective, as `MainBranch`. `CFSNet` is the same network with a
tuning branch beside it, trained for a second objective at alpha_in = 1 while the main branch is frozen.
The released code leads elsewhere than the paper in three places:
- for denoising it predicts the noise, which the paper's formulae do not show: followed (`residual`);
- its upscalers read B_M + B_0 and have 1x1 kernels, where the paper's equations stop at B_M and its text
  says 3x3: followed, the kernels can be chosen (`up_kernel`);
- for super-resolution it halves alpha_in while training and not when testing: not followed, 1 is where
  the tuning branch was trained [P]. As alpha_m is proportional to alpha_in, a network trained at 0.5
  is the same network with another scale on its knob.
"""

import copy
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.base.convolutions import StackedBlock, stacked_upscaler
from lib.models.blocks import ResidualBlock, conv3, score_layers, start_as_he
from lib.models.knobs import Controllable, Knob

GAIN = 0.1  # [C] on He's deviations, in every layer; the paper cites an initialisation, likely He's
MEANING = "0: what the main branch was trained for, 1: what the tuning branch was trained for"
FACTORS = {1: (), 2: (2,), 3: (3,), 4: (2, 2)}  # pixel shuffles per scale: 3 and 4 [C], 2 [O]
_conv3 = partial(conv3, bias=False)


class TuningBlock(nn.Module):
    """Two 3x3 convolutions without bias, a ReLU between them, nothing added [F][C]; a main block is a
    `ResidualBlock`, with biases."""

    def __init__(self, width: int):
        super().__init__()
        self.a = _conv3(width, width)
        self.b = _conv3(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.b(F.relu(self.a(x), inplace=True))


class Mapping(nn.Module):
    """The linear layers that turn alpha_in into coupling coefficients, eq. 2: alpha_m = alpha_in a_m.

    Three layers shared by all modules, 8 to 4 to 2 to 1 widths (512 to 64 in the paper; that they scale
    with the width is ours [O]), then two per module, width to width [P][F]. They have neither biases nor
    activations [C]; so what alpha_in times a vector of ones leads to is proportional to alpha_in [V],
    and only a_m is computed. It is not confined to 0..1 and not 1 at alpha_in = 1. With GAIN in five layers
    its standard deviation starts at 5.7e-5 [V]: a new stage begins close to the main branch.

    modules: how many couplings there are. () -> a, (modules, width).
    """

    def __init__(self, width: int, modules: int):
        super().__init__()
        self.shared = _linear(8 * width, 4 * width, 2 * width, width)
        self.own = nn.ModuleList(_linear(width, width, width) for _ in range(modules))
        start_as_he(self, GAIN)

    def forward(self) -> Tensor:
        first = self.shared[0].weight
        common = self.shared(first.new_ones(first.shape[1]))
        return torch.stack([own(common) for own in self.own])


class OneForAll(nn.Module):
    """In place of `Mapping`: a_m = 1, every channel of every module takes alpha_in itself (section 4.2).

    () -> a, (modules, width).
    """

    def __init__(self, width: int, modules: int):
        super().__init__()
        self.register_buffer("ones", torch.ones(modules, width), persistent=False)

    def forward(self) -> Tensor:
        return self.ones


class MainBranch(Controllable):
    """The network of step 1: residual blocks, and for super-resolution an upscaler (section 3.1).

    channels: 1 (gray, Y) or 3 (RGB). width: 64 [P]. blocks: 10 for denoising and de-blocking, 30 for
    super-resolution [P].
    residual: the layers compute what is wrong with the image, and it is subtracted from x: denoising
        only [C].
    scale: 1, or 2, 3 or 4 for super-resolution. x is then the small image.
    up_kernel: 1 [C] or 3 [P], of the upscaler's convolutions behind its first.

    It has no knobs. x (N, channels, H, W) in [0, 1], any H and W; knobs (N, 0); returns the restored
    image (N, channels, scale H, scale W), not clipped. Head, end and upscaler have no bias [C]. Raises
    ValueError for another scale, and for a residual of an enlarged image.
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        blocks: int = 10,
        residual: bool = False,
        scale: int = 1,
        up_kernel: int = 1,
    ):
        super().__init__()
        if scale not in FACTORS:
            raise ValueError(f"CFSNet enlarges by 1, 2, 3 or 4, not by {scale}.")
        if residual and scale > 1:
            raise ValueError("A residual has the size of the input: it cannot be enlarged.")
        self.residual = residual
        self.scale = scale
        self.head = _conv3(channels, width)
        self.body = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.up = _upscaler(width, scale, up_kernel)
        self.out = _conv3(width, channels)
        start_as_he(self, GAIN)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        first = self.head(x)
        h = self.up(first + self.body(first))  # (N, width, scale H, scale W)
        return x - self.out(h) if self.residual else self.out(h)

    def fold(self, knobs: Tensor) -> "Plain":
        return Plain(self, copy.deepcopy(self.body), copy.deepcopy(self.up))

    def extra_repr(self) -> str:
        return f"residual={self.residual}"


class CFSNet(MainBranch):
    """Main branch and tuning branch, coupled after every block: B_m = (1 - alpha_m) R_m + alpha_m T_m.

    Eq. 7, for each channel; both blocks of a module read the coupled B_{m-1}. For super-resolution
    either branch has an upscaler, coupled like one more module [F]. Arguments, x and what is returned
    as in `MainBranch`, whose weights fit under the same names; knobs (N, 1).

    adaptive: False gives CFSNet-SA, the ablation of section 4.2: every alpha_m is alpha_in. At 1 its
        main blocks drop out with their skips, so its tuning convolutions start as He et al. without
        GAIN [O]: with it the signal is lost on its way through them [V].

    alpha_in 0 is the main branch, bit for bit, however the tuning branch was trained; 1 is where
    that was trained. Values outside 0..1 extrapolate and are not clamped: the authors' network of sigma
    25 and 50 restores sigma 15 best at -0.5 [D].
    """

    knobs = (Knob("alpha_in", 0.0, 1.0, 0.0, MEANING),)

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        blocks: int = 10,
        residual: bool = False,
        scale: int = 1,
        up_kernel: int = 1,
        adaptive: bool = True,
    ):
        super().__init__(channels, width, blocks, residual, scale, up_kernel)
        self.tuning = nn.ModuleList(TuningBlock(width) for _ in range(blocks))
        self.tuning_up = _upscaler(width, scale, up_kernel)
        couplings = blocks + (scale > 1)
        self.mapping = Mapping(width, couplings) if adaptive else OneForAll(width, couplings)
        for module in (self.tuning, self.tuning_up):
            start_as_he(module, GAIN if adaptive else 1.0)

    def trained_in_stage(self) -> list[nn.Module]:
        return [self.tuning, self.tuning_up, self.mapping]

    def coefficients(self, knobs: Tensor) -> Tensor:
        """Return alpha_m of every block, and last of the upscaler: knobs (N, 1) -> (modules, N, width)."""
        a = self.mapping()
        return a[:, None] * knobs.to(a)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        alphas = self.coefficients(knobs)[..., None, None]
        h = first = self.head(x)
        for main, tuning, alpha in zip(self.body, self.tuning, alphas, strict=False):
            h = _coupled(main(h), tuning(h), alpha)
        h = first + h
        if self.scale > 1:
            h = _coupled(self.up(h), self.tuning_up(h), alphas[-1])  # (N, width, scale H, scale W)
        return x - self.out(h) if self.residual else self.out(h)

    @torch.no_grad()
    def fold(self, knobs: Tensor) -> "Plain":
        """Return the pairs of blocks as stacked convolutions; at alpha_in 0 the main branch alone."""
        if knobs[0] == 0:
            return super().fold(knobs[:0])
        alphas = self.coefficients(knobs[None])[:, 0]  # (modules, width)
        pairs = zip(self.body, self.tuning, alphas, strict=False)
        body = nn.Sequential(*(StackedBlock(*pair) for pair in pairs))
        if self.scale == 1:
            return Plain(self, body, nn.Identity())
        return Plain(self, body, stacked_upscaler(self.up, self.tuning_up, alphas[-1]))


class Plain(nn.Module):
    """A MainBranch or a CFSNet without its knob: head and end are copied, body and upscaler are given."""

    def __init__(self, net: MainBranch, body: nn.Module, up: nn.Module):
        super().__init__()
        self.residual = net.residual
        self.scale = net.scale
        self.head = copy.deepcopy(net.head)
        self.body = body
        self.up = up
        self.out = copy.deepcopy(net.out)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        first = self.head(x)
        h = self.up(self.body(first).add_(first))
        return x - self.out(h) if self.residual else self.out(h)


class Critic(nn.Module):
    """Tells restored from true images in the second step of super-resolution (section 4.1).

    The paper only names WGAN-GP; the layers are [C]: ten convolutions with LeakyReLU, every second of
    them halving the sides, then two linear layers. channels: 3. width: 64, of the first convolution. side:
    of the images in pixels, divisible by 32.
    norm: called with a channel count, behind every convolution but the first. Batch norm [C] makes the
        score of an image depend on its batch, which a gradient penalty does not allow for;
        `nn.Identity` or `nn.InstanceNorm2d` do without.
    gain: of the weights at the start, in times of He et al.'s; [C] 0.1.

    x (N, channels, side, side) in [0, 1] -> scores (N,), without a sigmoid. Raises ValueError for
    another side.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,
        side: int = 128,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        gain: float = GAIN,
    ):
        super().__init__()
        if side % 32:
            raise ValueError(f"The critic halves its input five times: {side} pixels do not divide by 32.")
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        layers = [conv3(channels, width), nn.LeakyReLU(0.2, inplace=True)]
        layers += _normed(width, width, 4, norm)
        for before, after in pairwise(widths):
            layers += [*_normed(before, after, 3, norm), *_normed(after, after, 4, norm)]
        self.layers = nn.Sequential(*layers)
        self.score = score_layers(8 * width * (side // 32) ** 2, width)
        self.side = side
        start_as_he(self, gain)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2:] != (self.side, self.side):
            height, width = x.shape[-2:]
            raise ValueError(f"This critic judges {self.side} x {self.side} pixels, not {height} x {width}.")
        return self.score(self.layers(x).flatten(1)).squeeze(1)


def _linear(*widths: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(before, after, bias=False) for before, after in pairwise(widths)))


def _normed(before: int, after: int, kernel: int, norm: Callable[[int], nn.Module]) -> list[nn.Module]:
    """Return a convolution, its norm, which has a bias, and LeakyReLU; a kernel of 4 halves the sides."""
    bare = norm is nn.Identity
    conv = nn.Conv2d(before, after, kernel, stride=2 if kernel == 4 else 1, padding=1, bias=bare)
    return [conv, norm(after), nn.LeakyReLU(0.2, inplace=True)]


def _upscaler(width: int, scale: int, kernel: int) -> nn.Sequential:
    """Return a 3x3 convolution, then one and a pixel shuffle for every factor; nothing at scale 1.

    Neither biases nor activations [C]. (N, width, H, W) -> (N, width, scale H, scale W).
    """
    layers = [_conv3(width, width)] if scale > 1 else []
    for factor in FACTORS[scale]:
        conv = nn.Conv2d(width, factor**2 * width, kernel, padding=kernel // 2, bias=False)
        layers += [conv, nn.PixelShuffle(factor)]
    return nn.Sequential(*layers)


def _coupled(main: Tensor, tuning: Tensor, alpha: Tensor) -> Tensor:
    """Return B_m of eq. 7; main, tuning (N, width, H, W), alpha (N, width, 1, 1); `main` where alpha is 0."""
    return torch.lerp(main, tuning, alpha.to(main.dtype))
