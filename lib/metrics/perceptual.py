"""LPIPS and DISTS in plain torch, and the networks that they look through: AlexNet and VGG.

Layers are numbered as in torchvision's `features`, so that its published weights fit under their names;
the authors' own weights on top of them are two small files. `python -m lib fetch weights_lpips` (or
weights_dists, weights_vgg19) brings them, or a path is given. Of most there is a second form: safetensors
with the same tensors under the same names, without classifiers. Images are RGB in [0, 1] throughout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from lib.base.hashes import weights_sha
from lib.data import sets

Forms = tuple[str, ...]  # names of one published file in its several forms, as `data.weights_file` takes them

VGG16_FILE: Forms = ("dists/vgg16_features.safetensors", "dists/vgg16-397923af.pth")
VGG19_FILE: Forms = ("vgg19/vgg19-dcbb9e9d.pth",)
LPIPS_FILES: tuple[Forms, ...] = (
    ("lpips/alexnet_features.safetensors", "lpips/alexnet-owt-7be5be79.pth"),
    ("lpips/alex_v0.1.safetensors", "lpips/alex.pth"),
)
DISTS_FILES: tuple[Forms, ...] = (VGG16_FILE, ("dists/alpha_beta.safetensors", "dists/weights.pt"))

ALEXNET_TAPS = (1, 4, 7, 9, 11)  # behind every ReLU
VGG16_TAPS = (3, 8, 15, 22, 29)  # relu1_2, relu2_2, relu3_3, relu4_3, relu5_3
VGG16_TAP, VGG19_TAP = 28, 34  # conv5_3 and conv5_4, before their ReLU
CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # of VGG, in front of every pooling


def alexnet(widths: Sequence[int] = (64, 192, 384, 256, 256)) -> nn.Sequential:
    """The convolutions of AlexNet as in torchvision (Krizhevsky, 2014), random; without the last pooling."""
    a, b, c, d, e = widths
    return nn.Sequential(
        *(nn.Conv2d(3, a, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(b, c, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(c, d, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(d, e, 3, padding=1), nn.ReLU()),
    )


def vgg(depth: int, width: int = 64) -> nn.Sequential:
    """The convolutions of VGG-16 or VGG-19 (Simonyan and Zisserman, ICLR 2015), random."""
    layers: list[nn.Module] = []
    before = 3
    for stage, count in enumerate(CONVOLUTIONS[depth]):
        after = width * min(2**stage, 8)
        for _ in range(count):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
            before = after
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def maps(layers: nn.Sequential, x: Tensor, taps: Sequence[int]) -> list[Tensor]:
    """What the layers of these numbers make of x (N, 3, H, W): (N, C_i, H_i, W_i), the shallowest first."""
    found = []
    for number, layer in enumerate(layers[: taps[-1] + 1]):
        x = layer(x)
        if number in taps:
            found.append(x)
    return found


class LPIPS(nn.Module):
    """Learned perceptual image patch similarity, version 0.1 on AlexNet; lower is better.

    Source: Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable Effectiveness of Deep Features as a
    Perceptual Metric", CVPR 2018, eq. 1, and the authors' code: images in [-1, 1] less `SHIFT`, over
    `SCALE`; maps of unit length at every position; their squared difference weighted by channel, averaged
    over positions and summed over maps.

    black: what the network is given for black, where white is 1. With 0 this is LPIPS as it comes out where
    images in [0, 1] are taken for ones in [-1, 1], as in the released evaluation of CUGAN.

    x, reference (N, 3, H, W) in [0, 1], at least 63 pixels a side -> (N,), 0 for the same image.
    """

    SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)

    def __init__(self, layers: nn.Sequential, taps: Sequence[int] = ALEXNET_TAPS, *, black: float = -1.0):
        super().__init__()
        self.layers = layers
        self.taps = taps
        self.black = black
        self.weights = nn.ParameterList(torch.ones(width) for width in _widths(layers, taps))

    def forward(self, x: Tensor, reference: Tensor) -> Tensor:
        pairs = zip(self._seen(x), self._seen(reference), self.weights, strict=True)
        return sum(((a - b).square() * w[:, None, None]).sum(1).mean((1, 2)) for a, b, w in pairs)

    def _seen(self, x: Tensor) -> list[Tensor]:
        x = self.black + (1 - self.black) * x
        found = maps(self.layers, _normalised(x, self.SHIFT, self.SCALE), self.taps)
        return [each / (each.norm(dim=1, keepdim=True) + 1e-10) for each in found]


class DISTS(nn.Module):
    """Deep image structure and texture similarity, on VGG-16; lower is better.

    Source: Ding, Ma, Wang, Simoncelli, "Image Quality Assessment: Unifying Structure and Texture
    Similarity", TPAMI 2022, and the authors' code: the image itself and five maps, poolings that are
    roots of weighted mean squares; alike in texture are maps of the same mean, in structure those that
    correlate. Images are taken at their own size; the authors' command line shrinks them to 256 pixels.

    x, reference (N, 3, H, W) in [0, 1], at least 16 pixels a side -> (N,), 0 for the same image.
    """

    MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
    SMALL = 1e-6

    def __init__(self, layers: nn.Sequential, taps: Sequence[int] = VGG16_TAPS):
        super().__init__()
        self.layers = nn.Sequential(
            *(HannPool() if isinstance(layer, nn.MaxPool2d) else layer for layer in layers)
        )
        self.taps = taps
        count = 3 + sum(_widths(layers, taps))
        self.alpha = nn.Parameter(torch.ones(count))  # of texture
        self.beta = nn.Parameter(torch.ones(count))  # of structure

    def forward(self, x: Tensor, reference: Tensor) -> Tensor:
        pairs = zip(self._seen(x), self._seen(reference), strict=True)
        texture, structure = zip(*(self._alike(a, b) for a, b in pairs), strict=True)
        alike = (self.alpha * torch.cat(texture, 1) + self.beta * torch.cat(structure, 1)).sum(1)
        return 1 - alike / (self.alpha.sum() + self.beta.sum())

    def _seen(self, x: Tensor) -> list[Tensor]:
        return [x, *maps(self.layers, _normalised(x, self.MEAN, self.DEVIATION), self.taps)]

    def _alike(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (N, C, H, W) -> texture and structure, (N, C) each, at most 1."""
        mean_a, mean_b = (each.mean((2, 3), keepdim=True) for each in (a, b))
        product = mean_a * mean_b
        variances = (a - mean_a).square().mean((2, 3)) + (b - mean_b).square().mean((2, 3))
        covariance = (a * b).mean((2, 3)) - product[..., 0, 0]
        texture = (2 * product + self.SMALL) / (mean_a.square() + mean_b.square() + self.SMALL)
        return texture[..., 0, 0], (2 * covariance + self.SMALL) / (variances + self.SMALL)


class HannPool(nn.Module):
    """The root of the mean square under a 3x3 Hann window, at every second pixel."""

    def forward(self, x: Tensor) -> Tensor:
        taps = x.new_tensor([0.25, 0.5, 0.25])
        kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 3, 3)
        return (F.conv2d(x.square(), kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()


class VggMap(nn.Module):
    """What one layer of a VGG sees, for perceptual losses; a `losses.FeatureExtractor`.

    ESRGAN and what follows it compare conv5_4 of VGG-19, before its ReLU (Wang et al., "ESRGAN: Enhanced
    Super-Resolution Generative Adversarial Networks", ECCV workshops 2018, section 3.3).
    """

    def __init__(self, layers: nn.Sequential, tap: int):
        super().__init__()
        self.layers = layers[: tap + 1]
        self.tap = tap

    def features(self, x: Tensor) -> list[Tensor]:
        """x (N, 3, H, W) in [0, 1] -> one map in the type of x, under autocast too; behind four poolings
        it is (N, 512, H / 16, W / 16)."""
        (found,) = maps(self.layers, _normalised(x, DISTS.MEAN, DISTS.DEVIATION), (self.tap,))
        return [found.to(x.dtype)]


def load_lpips(backbone: Path, heads: Path, *, black: float = -1.0) -> LPIPS:
    """From torchvision's AlexNet and the weights of the maps in the authors' release; black as in `LPIPS`."""
    metric = LPIPS(_with_weights(alexnet(), backbone), black=black)
    stored = _read(heads)
    for number, weights in enumerate(metric.weights):
        weights.data.copy_(stored[f"lin{number}.model.1.weight"].flatten())
    return metric.eval().requires_grad_(False)


def load_dists(backbone: Path, weights: Path) -> DISTS:
    """From torchvision's VGG-16 and alpha and beta of the authors' release."""
    metric = DISTS(_with_weights(vgg(16), backbone))
    stored = _read(weights)
    metric.alpha.data.copy_(stored["alpha"].flatten())
    metric.beta.data.copy_(stored["beta"].flatten())
    return metric.eval().requires_grad_(False)


def load_vgg16(backbone: Path) -> VggMap:
    """conv5_3 of torchvision's VGG-16, the nearest to the papers' layer in a network that DISTS needs too."""
    return VggMap(_with_weights(vgg(16), backbone), VGG16_TAP).eval().requires_grad_(False)


def load_vgg19(backbone: Path) -> VggMap:
    """conv5_4 of torchvision's VGG-19."""
    return VggMap(_with_weights(vgg(19), backbone), VGG19_TAP).eval().requires_grad_(False)


@dataclass(frozen=True)
class Guide:
    """A published network that judges what another one makes in training, frozen; and its weights' hash."""

    net: VggMap
    weights_sha: str


PUBLISHED_GUIDES: dict[str, tuple[Forms, Callable[[Path], VggMap]]] = {
    "vgg16-conv5_3": (VGG16_FILE, load_vgg16),
    "vgg19-conv5_4": (VGG19_FILE, load_vgg19),
}


def load_guide(name: str) -> Guide:
    """One of PUBLISHED_GUIDES; the hash is of its tensors, so it is the same for every form of the file.

    Raises data.MissingData, with the command that fetches the file, where no form of it is at hand.
    """
    forms, load = PUBLISHED_GUIDES[name]
    net = load(sets.weights_file(*forms))
    return Guide(net, weights_sha(net.state_dict()))


def _with_weights(layers: nn.Sequential, path: Path) -> nn.Sequential:
    """With those of a torchvision network; where its classifier is in the file too, it is left."""
    stored = {k.removeprefix("features."): v for k, v in _read(path).items() if k.startswith("features.")}
    layers.load_state_dict(stored)
    return layers


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _widths(layers: nn.Sequential, taps: Sequence[int]) -> list[int]:
    """Channels of the maps behind these layers."""
    convolutions = {i: layer for i, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)}
    return [convolutions[max(i for i in convolutions if i <= tap)].out_channels for tap in taps]


def _normalised(x: Tensor, shift: Sequence[float], scale: Sequence[float]) -> Tensor:
    shift, scale = (x.new_tensor(each)[:, None, None] for each in (shift, scale))
    return (x - shift) / scale
