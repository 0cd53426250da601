"""AdaFM-Net: a restoration network modulated by per-channel filters, and its two rivals.

Source: He, Dong, Qiao, "Modulating Image Restoration with Continual Levels via Adaptive Feature
Modification Layers", CVPR 2019. Layer order, the ReLU after the pixel shuffle and the
initialisation follow the authors' released code, which the paper leaves open.
Differs from their code: the coefficient is an argument of forward, not an edit of the weights.

One backbone serves every network of the paper. A *site* is what stands after a convolution of the
residual blocks: nothing (basic model), an AdaFM layer, batch norm (AdaBN) or conditional
instance norm.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.base.convolutions import copied, depthwise, scaled
from lib.models.blocks import conv3, start_as_he
from lib.models.knobs import Controllable, Knob

Placement = Literal["before_activation", "after_activation", "all_convs"]


class Nothing(nn.Module):
    """The site of a basic model: hands its input on."""

    knobs: tuple[Knob, ...] = ()

    def __init__(self, channels: int):
        super().__init__()

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return x

    def fold(self, knobs: Tensor) -> nn.Module:
        return nn.Identity()


class AdaFM(nn.Module):
    """y_c = x_c + coef (g_c * x_c + b_c), with * a 2-D filter on channel c alone (eq. 3 and 6).

    coef 0 leaves the start-level network as it was; coef 1 gives the end level.
    """

    knobs = (
        Knob("coef", 0.0, 1.0, 0.0, "0: the level the network started from, 1: the level it was adapted to"),
    )

    def __init__(self, channels: int, kernel_size: int):
        super().__init__()
        self.filter = nn.Conv2d(channels, channels, kernel_size, padding=kernel_size // 2, groups=channels)
        nn.init.zeros_(self.filter.weight)  # the identity, where stage two begins
        nn.init.zeros_(self.filter.bias)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        """Return (N, C, H, W) of x (N, C, H, W) and knobs (N, 1)."""
        if self.filter.kernel_size == (1, 1):  # an affine map per channel: trains faster so on a CPU
            scale = 1 + knobs * self.filter.weight.view(1, -1)
            shift = knobs * self.filter.bias
            return torch.addcmul(_spread(shift, x), x, _spread(scale, x))
        return x + knobs.view(-1, 1, 1, 1).to(x.dtype) * self.filter(x)

    def fold(self, knobs: Tensor) -> nn.Conv2d:
        """Return one depth-wise convolution that computes the same, exactly, borders included."""
        folded = copied(self.filter)
        centre = self.filter.kernel_size[0] // 2
        with torch.no_grad():
            folded.weight.mul_(knobs[0])
            folded.bias.mul_(knobs[0])
            folded.weight[:, :, centre, centre] += 1
        return folded


class AdaBN(nn.Module):
    """Batch norm with one set of statistics per level; coef moves linearly between them.

    Trained on the start level (set 0); set 1 is re-estimated on end-level images with every weight
    kept (Li et al., "Revisiting batch normalization for practical domain adaptation", as compared in
    table 3). While training, set 0 follows the batches; while `adapting`, set 1 averages them.
    """

    knobs = (Knob("coef", 0.0, 1.0, 0.0, "0: statistics of the start level, 1: those of the end level"),)

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(2, channels))
        self.register_buffer("var", torch.ones(2, channels))
        self.register_buffer("batches", torch.zeros(()))
        self.adapting = False

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        """Return (N, C, H, W) of x (N, C, H, W) and knobs (N, 1)."""
        if self.adapting or self.training:
            level = int(self.adapting)
            if self.adapting:
                self.batches += 1
            momentum = 1 / float(self.batches) if self.adapting else 0.1
            return F.batch_norm(x, self.mean[level], self.var[level], self.weight, self.bias, True, momentum)
        coef = knobs.view(-1, 1)
        mean = torch.lerp(self.mean[:1], self.mean[1:], coef)
        scale = self.weight / (torch.lerp(self.var[:1], self.var[1:], coef) + 1e-5).sqrt()
        shift = self.bias - mean * scale
        return torch.addcmul(shift[:, :, None, None], x, scale[:, :, None, None])

    def fold(self, knobs: Tensor) -> nn.Conv2d:
        """Return a 1x1 depth-wise convolution with the statistics at this coef baked in."""
        mean, var = (torch.lerp(both[0], both[1], knobs[0]) for both in (self.mean, self.var))
        scale = self.weight / (var + 1e-5).sqrt()
        return depthwise(scale, self.bias - mean * scale)


class ConditionalIN(nn.Module):
    """Instance norm with one (gamma, beta) per level; coef moves linearly between them.

    Dumoulin et al., "A learned representation for artistic style": shared convolutions, trained on
    both levels together, each level through its own affine parameters.
    """

    knobs = (
        Knob("coef", 0.0, 1.0, 0.0, "0: affine parameters of the start level, 1: those of the end level"),
    )

    def __init__(self, channels: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(2, channels))
        self.beta = nn.Parameter(torch.zeros(2, channels))

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        """Return (N, C, H, W) of x (N, C, H, W) and knobs (N, 1)."""
        coef = knobs.view(-1, 1)
        gamma = torch.lerp(self.gamma[:1], self.gamma[1:], coef)[:, :, None, None]
        beta = torch.lerp(self.beta[:1], self.beta[1:], coef)[:, :, None, None]
        return F.instance_norm(x) * gamma + beta

    def fold(self, knobs: Tensor) -> nn.InstanceNorm2d:
        folded = nn.InstanceNorm2d(self.gamma.shape[1], affine=True).to(self.gamma)
        with torch.no_grad():
            folded.weight.copy_(torch.lerp(self.gamma[0], self.gamma[1], knobs[0]))
            folded.bias.copy_(torch.lerp(self.beta[0], self.beta[1], knobs[0]))
        return folded


class Site(nn.Module):
    """Convolution, site module, ReLU (if any); `late` puts the site module after the ReLU."""

    def __init__(self, conv: nn.Conv2d, module: nn.Module, *, relu: bool = False, late: bool = False):
        super().__init__()
        self.conv = conv
        self.module = module
        self.relu = relu
        self.late = late

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        x = self.conv(x)
        if self.late:
            return self.module(F.relu(x) if self.relu else x, knobs)
        x = self.module(x, knobs)
        return F.relu(x) if self.relu else x

    def fold(self, knobs: Tensor) -> nn.Sequential:
        """Return convolution and site: a per-channel affine site disappears into its convolution, any other
        stays behind it."""
        conv, module = copied(self.conv), self.module.fold(knobs)
        activation = [nn.ReLU(inplace=True)] if self.relu else []
        if isinstance(module, nn.Identity):
            return nn.Sequential(conv, *activation)
        if self.late and self.relu:
            return nn.Sequential(conv, *activation, module)
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
            return nn.Sequential(scaled(conv, module), *activation)
        return nn.Sequential(conv, module, *activation)


class Block(nn.Module):
    """A residual block with a site behind each of its two 3x3 convolutions."""

    def __init__(self, width: int, site: Callable[[int], nn.Module], late: bool):
        super().__init__()
        self.a = Site(conv3(width, width), site(width), relu=True, late=late)
        self.b = Site(conv3(width, width), site(width))

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return x + self.b(self.a(x, knobs), knobs)


class RestorationNet(Controllable):
    """The basic model of section 4.1, with a module of the caller's choice at its sites.

    channels: 3 (RGB) or 1 (Y). width, blocks: 64 and 16 in the paper.
    site: called with a channel count for every site; `Nothing` gives the basic model.
    placement: `before_activation` (the paper's), `after_activation` (after the ReLU inside a block;
        the block's second site stays behind its second convolution, which has no activation), or
        `all_convs` (also after head, body, up and HR convolution).
    after_body: also after the body convolution: 33 layers, as in figure 4 and the released code,
        against the 32 that the text counts.

    x (N, channels, H, W) in [0, 1], H and W even; knobs (N, 1), or (N, 0) for the basic model;
    returns the restored image, the shape of x, not clipped. There is no input-to-output skip.
    """

    multiple = 2

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,
        blocks: int = 16,
        site: Callable[[int], nn.Module] = Nothing,
        placement: Placement = "before_activation",
        after_body: bool = False,
    ):
        super().__init__()
        late = placement == "after_activation"
        outer = site if placement == "all_convs" else Nothing
        self.head = Site(nn.Conv2d(channels, width, 3, stride=2, padding=1), outer(width))
        self.body = nn.ModuleList(Block(width, site, late) for _ in range(blocks))
        self.tail = Site(conv3(width, width), site(width) if after_body else outer(width))
        self.up = Site(conv3(width, 4 * width), outer(4 * width))
        self.hr = Site(conv3(width, width), outer(width), relu=True)
        self.out = conv3(width, channels)
        self.knobs = self.body[0].a.module.knobs
        for conv in (*(site.conv for site in self.sites()), self.out):
            start_as_he(conv, 0.1)  # the released code's scale; the paper is silent

    def sites(self) -> list[Site]:
        """Return every convolution but the last, with what follows it, in the order of computation."""
        inner = (site for block in self.body for site in (block.a, block.b))
        return [self.head, *inner, self.tail, self.up, self.hr]

    def trained_in_stage(self) -> list[nn.Module]:
        return [site.module for site in self.sites()]

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        h = first = self.head(x, knobs)  # (N, width, H/2, W/2)
        for block in self.body:
            h = block(h, knobs)
        h = first + self.tail(h, knobs)
        h = F.relu(F.pixel_shuffle(self.up(h, knobs), 2))  # (N, width, H, W)
        return self.out(self.hr(h, knobs))  # (N, channels, H, W)

    def fold(self, knobs: Tensor) -> "PlainNet":
        return PlainNet(self, knobs)


class PlainNet(nn.Module):
    """A RestorationNet with its coefficient baked in: as cheap as the basic model when k = 1."""

    multiple = 2

    def __init__(self, net: RestorationNet, knobs: Tensor):
        super().__init__()
        self.head = net.head.fold(knobs)
        self.body = nn.ModuleList(
            nn.Sequential(*block.a.fold(knobs), *block.b.fold(knobs)) for block in net.body
        )
        self.tail = net.tail.fold(knobs)
        self.up = nn.Sequential(*net.up.fold(knobs), nn.PixelShuffle(2), nn.ReLU(inplace=True))
        self.hr = net.hr.fold(knobs)
        self.out = copied(net.out)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        h = first = self.head(x)
        for block in self.body:
            h = block(h).add_(h)
        h = self.tail(h).add_(first)
        return self.out(self.hr(self.up(h)))


def _spread(values: Tensor, x: Tensor) -> Tensor:
    """Return (N, C) as (N, C, 1, 1), as precise as x."""
    return values[:, :, None, None].to(x.dtype)
