"""What to compare with: ARCNN, trained here and published, the published DnCNN and FFDNet, and bicubic
interpolation.

Sources: Dong, Deng, Loy, Tang, "Compression Artifacts Reduction by a Deep Convolutional Network",
ICCV 2015; Zhang et al., "Beyond a Gaussian Denoiser", TIP 2017; Zhang, Zuo, Zhang, "FFDNet", TIP
2018. The published MATLAB files hold DnCNN and FFDNet with their batch norms merged into the
convolutions, so neither network has batch norm here.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lib.data.images import rgb_to_ycbcr, ycbcr_to_rgb
from lib.degradations import enlarge_from_corner, resize
from lib.models.adafm import Nothing, Site
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
            nn.init.kaiming_normal_(each.conv.weight)
            nn.init.zeros_(each.conv.bias)

    def sites(self) -> list[Site]:
        """Every convolution with what follows it, in the order of computation."""
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


class OnLuma(Controllable):
    """A network of Y on pictures in colour: it restores their Y, and Cb and Cr stay as they are.

    x (N, 3, H, W) RGB in [0, 1]; knobs are those of `net`; returns RGB of the shape of x, not clipped.
    """

    def __init__(self, net: Controllable):
        super().__init__()
        self.net = net
        self.knobs = net.knobs
        self.multiple = net.multiple

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        ycbcr = rgb_to_ycbcr(x)
        return ycbcr_to_rgb(torch.cat([self.net(ycbcr[:, :1], knobs), ycbcr[:, 1:]], 1))

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


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
    """3x3 convolutions on the four half-size pictures of an image, beside a map of its noise level.

    channels, width, depth: 1, 64, 15 (gray) or 3, 96, 12 (colour).
    normed: batch norm as it is trained with; the published weights have it merged into the convolutions.

    x (N, channels, H, W) in [0, 1], H and W even; knobs (N, 1), the noise level in 8-bit grey
    levels; returns the denoised image itself, not clipped. Half-size pictures are in the order of
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
        """The level stays a map: zero padding makes it differ from a bias along the borders."""
        held = Held(self, knobs)
        held.net.body = merged(held.net.body)
        return held


class Bicubic(Controllable):
    """Enlarges `factor` times a side.

    from_corner: puts pixels where `blur_and_subsample` took them from; False centres them, as MATLAB does
    and as the tables of blind super-resolution print it.

    x (N, C, H, W), knobs (N, 0) -> (N, C, factor H, factor W), not clipped.
    """

    def __init__(self, factor: int, *, from_corner: bool = False):
        super().__init__()
        self.factor = factor
        self.from_corner = from_corner

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return enlarge_from_corner(x, self.factor) if self.from_corner else resize(x, scale=self.factor)

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


def load_dncnn(path: str | Path) -> DnCNN:
    """A published DnCNN from its MATLAB file; channels, width and depth are read from it.

    Returns the network in evaluation mode. Raises FileNotFoundError when the file is absent and
    ValueError when it holds another network. The blind networks produce denormal numbers, which
    make a CPU ten times slower unless `torch.set_flush_denormal(True)` was called.
    """
    layers = _matlab_convolutions(path)
    (width, channels), depth = layers[0][0].shape[:2], len(layers)
    return _filled(DnCNN(channels, width, depth), layers, path)


def load_ffdnet(path: str | Path) -> FFDNet:
    """A published FFDNet, gray or colour, from its MATLAB file; raises as `load_dncnn` does."""
    layers = _matlab_convolutions(path)
    (width, channels_in), depth = layers[0][0].shape[:2], len(layers)
    channels = (channels_in - 1) // 4
    if channels == 0:
        raise ValueError(f"{path} holds {channels_in} input channels, which is no FFDNet.")
    (first, first_bias), (last, last_bias) = layers[0], layers[-1]
    order = _row_by_row(channels)
    layers[0] = torch.cat([first[:, order], first[:, -1:]], 1), first_bias
    layers[-1] = last[order], last_bias[order]
    return _filled(FFDNet(channels, width, depth), layers, path)


def load_arcnn(path: str | Path) -> ARCNN:
    """A published ARCNN, for Y and one JPEG quality, from its MATLAB file; raises as `load_dncnn` does."""
    layers = [_arcnn_layer(path, layer) for layer in ("conv1", "conv2", "conv22", "conv3")]
    return _filled(ARCNN(1, edges=True), layers, path)


def _arcnn_layer(path: str | Path, layer: str) -> tuple[Tensor, Tensor]:
    """Weight (out, in, k, k) and bias (out,) of a convolution in a MATLAB v5 file.

    The file has (in, k * k, out), the taps column by column, without the last side where there is one output.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file of published weights at {path}.")
    try:
        file = loadmat(path, variable_names=(f"weights_{layer}", f"biases_{layer}"))
        weight, bias = (torch.from_numpy(file[f"{kind}_{layer}"]) for kind in ("weights", "biases"))
        side = math.isqrt(weight.shape[1])
        return weight.reshape(len(weight), side, side, -1).permute(3, 0, 2, 1), bias.flatten()
    except (MatReadError, ValueError, NotImplementedError, KeyError, RuntimeError) as error:
        raise ValueError(f"{path} holds no ARCNN, or is no MATLAB v5 file.") from error


def stack(
    channels_in: int, width: int, depth: int, channels_out: int, normed: bool = False
) -> nn.Sequential:
    """`depth` 3x3 convolutions with a ReLU between them, all but the ends of `width` channels.

    normed: batch norm behind every convolution but the first and the last, which then has no bias.
    """
    widths = [channels_in, *[width] * (depth - 1), channels_out]
    layers = []
    for number, (before, after) in enumerate(pairwise(widths)):
        norm = [nn.BatchNorm2d(after)] if normed and 0 < number < depth - 1 else []
        conv = nn.Conv2d(before, after, 3, padding=1, bias=not norm)
        layers += [conv, *norm, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers[:-1])


def merged(layers: nn.Sequential) -> nn.Sequential:
    """The same layers with every batch norm, at its running statistics, in the convolution before it."""
    found: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            found[-1] = fuse_conv_bn_eval(found[-1].eval(), layer.eval())
        else:
            found.append(layer)
    return nn.Sequential(*found)


def _row_by_row(channels: int) -> Tensor:
    """MATLAB's index of each half-size picture; it counts the four by columns, torch by rows."""
    return torch.arange(4 * channels).view(channels, 2, 2).transpose(1, 2).flatten()


def _filled(net: nn.Module, layers: list[tuple[Tensor, Tensor]], path: str | Path) -> nn.Module:
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    for conv, (weight, bias) in zip(convolutions, layers, strict=True):
        if conv.weight.shape != weight.shape:
            raise ValueError(f"{path} holds no {type(net).__name__}: a layer does not fit.")
        conv.weight.data.copy_(weight)
        conv.bias.data.copy_(bias)
    return net.eval()


def _matlab_convolutions(path: str | Path) -> list[tuple[Tensor, Tensor]]:
    """Weights (out, in, 3, 3) and biases (out,) of a MatConvNet network in a MATLAB v7.3 file.

    HDF5 shows MATLAB's (height, width, in, out) back to front, without its trailing ones.
    """
    import h5py

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file of published weights at {path}.")
    layers = []
    try:
        with h5py.File(path) as file:
            for reference in file["net/layers"][:].ravel():
                layer = file[reference]
                if bytes(layer["type"][:].astype("u1")) == b"conv":
                    weight, bias = (torch.from_numpy(file[r][:]) for r in layer["weights"][:].ravel())
                    weight = weight.view(bias.numel(), -1, *weight.shape[-2:]).mT
                    layers.append((weight, bias.flatten()))
    except (OSError, KeyError) as error:
        raise ValueError(f"{path} is not a MatConvNet network in a MATLAB v7.3 file.") from error
    return layers
