"""What to compare with: ARCNN, trained here and published, and the published DnCNN and FFDNet.

Sources: Dong, Deng, Loy, Tang, "Compression Artifacts Reduction by a Deep Convolutional Network",
ICCV 2015; Zhang et al., "Beyond a Gaussian Denoiser", TIP 2017; Zhang, Zuo, Zhang, "FFDNet", TIP
2018. The published MATLAB files hold DnCNN and FFDNet with their batch norms merged into the
convolutions, so neither network has batch norm here.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.base.convolutions import merged
from lib.models.adafm import Nothing, Site
from lib.models.blocks import start_as_he
from lib.models.knobs import Controllable, Held, Knob


class ARCNN(Controllable):
    """Four convolutions, 9x9 to 64, 7x7 to 32, 1x1 to 16 and 5x5 to the image, ReLU between them.

    channels: 3 (RGB) or 1 (Y).
    site: called with a channel count for what follows every convolution, before its ReLU; `Nothing`
        gives ARCNN itself, `AdaFM` the depth-wise filters g of the AdaFM paper's Observation 1.
    edges: every convolution repeats the last pixel at borders, as the authors' test script does; False
        pads with zeros. In training the original loses its borders.

    x (N, channels, H, W) in [0, 1]; knobs (N, K) as the site module has them, (N, 0) for ARCNN
    itself; returns the restored image, not a residual, the shape of x, not clipped. Initialised as
    He et al. (2015): with the Gaussian of deviation 0.001 of the original the first steps hardly move.
    """

    def __init__(
        self, channels: int = 3, site: Callable[[int], nn.Module] = Nothing, *, edges: bool = False
    ):
        super().__init__()
        convolution = partial(nn.Conv2d, padding_mode="replicate" if edges else "zeros")
        self.extract = Site(convolution(channels, 64, 9, padding=4), site(64), relu=True)
        self.enhance = Site(convolution(64, 32, 7, padding=3), site(32), relu=True)
        self.map = Site(convolution(32, 16, 1), site(16), relu=True)
        self.rebuild = Site(convolution(16, channels, 5, padding=2), site(channels))
        self.knobs = self.extract.module.knobs
        for each in self.sites():
            start_as_he(each.conv)

    def sites(self) -> list[Site]:
        """Return every convolution with what follows it, in the order of computation."""
        return [self.extract, self.enhance, self.map, self.rebuild]

    def trained_in_stage(self) -> list[nn.Module]:
        return [each.module for each in self.sites()]

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        for each in self.sites():
            x = each(x, knobs)
        return x

    def fold(self, knobs: Tensor) -> nn.Sequential:
        plain = nn.Sequential(*(layer for each in self.sites() for layer in each.fold(knobs)))
        return plain.requires_grad_(False)


class DnCNN(Controllable):
    """3x3 convolutions with a ReLU between them that compute what is wrong with the image.

    depth: 17 for one noise level (DnCNN-S), 20 for the blind networks (DnCNN-B, CDnCNN-B) and for
    DnCNN-3. channels: 1 or, for CDnCNN-B, 3.

    x (N, channels, H, W) in [0, 1], knobs (N, 0); returns x minus the residual, not clipped.
    """

    def __init__(self, channels: int = 1, width: int = 64, depth: int = 17):
        super().__init__()
        self.residual = stack(channels, width, depth, channels)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return x - self.residual(x)

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


class FFDNet(Controllable):
    """3x3 convolutions on the four half-size images of an image, beside a map of its noise level.

    channels, width, depth: 1, 64, 15 (gray) or 3, 96, 12 (colour).
    normed: batch norm as it is trained with; the published weights have it merged into the convolutions.

    x (N, channels, H, W) in [0, 1], H and W even; knobs (N, 1), the noise level in 8-bit grey
    levels; returns the denoised image itself, not clipped. Half-size images are in the order of
    `torch.nn.functional.pixel_unshuffle`.
    """

    knobs = (Knob("sigma", 0.0, 75.0, 25.0, "noise level to remove, in 8-bit grey levels"),)
    multiple = 2

    def __init__(self, channels: int = 1, width: int = 64, depth: int = 15, normed: bool = False):
        super().__init__()
        self.body = stack(4 * channels + 1, width, depth, 4 * channels, normed)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        parts = F.pixel_unshuffle(x, 2)  # (N, 4C, H/2, W/2)
        level = (knobs.to(x) / 255).view(-1, 1, 1, 1).expand(-1, -1, *parts.shape[-2:])
        return F.pixel_shuffle(self.body(torch.cat([parts, level], 1)), 2)

    def fold(self, knobs: Tensor) -> Held:
        """Return the network with its batch norms merged; the level stays a map, as zero padding makes it
        differ from a bias along the borders."""
        held = Held(self, knobs)
        held.net.body = merged(held.net.body)
        return held


def stack(
    channels_in: int, width: int, depth: int, channels_out: int, normed: bool = False
) -> nn.Sequential:
    """Return `depth` 3x3 convolutions with a ReLU between them, all but the ends of `width` channels.

    normed: batch norm behind every convolution but the first and the last, which then has no bias.
    """
    widths = [channels_in, *[width] * (depth - 1), channels_out]
    layers = []
    for number, (before, after) in enumerate(pairwise(widths)):
        norm = [nn.BatchNorm2d(after)] if normed and 0 < number < depth - 1 else []
        conv = nn.Conv2d(before, after, 3, padding=1, bias=not norm)
        layers += [conv, *norm, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers[:-1])
