"""How near a restored image is to its reference, and how natural it looks on its own.

Every metric takes images (N, C, H, W) in [0, 1], computes in float64 and returns (N,): one value
per image, never pooled over the batch. Nothing is clipped or rounded here, so what was measured,
floats or 8-bit pixels, is the caller's choice and part of the protocol.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.data.images import RGB_TO_GRAY

Window = Literal["gaussian11", "uniform8"]


def psnr(x: Tensor, reference: Tensor, *, border: int = 0) -> Tensor:
    """Peak signal-to-noise ratio in dB, peak 1, over all pixels and channels of an image.

    x, reference: (N, C, H, W) in [0, 1]. `border` pixels are left out on each side.
    Returns (N,) float64; infinite where an image equals its reference.
    Raises ValueError when the shapes differ or the border leaves no pixel.
    """
    x, reference = _pair(x, reference, border)
    return -10 * torch.log10(_mean_square(x - reference))


def square_error(x: Tensor, reference: Tensor, *, border: int = 0) -> Tensor:
    """Mean squared error in squared 8-bit grey levels, over all pixels and channels of an image.

    The root of its mean over a set is the RMSE of the PIRM challenge (Blau et al., 2018). Arguments and
    what is raised as in `psnr`. Returns (N,) float64.
    """
    x, reference = _pair(x, reference, border)
    return 255**2 * _mean_square(x - reference)


def ssim(x: Tensor, reference: Tensor, *, window: Window, border: int = 0) -> Tensor:
    """Structural similarity (Wang et al., 2004), mean over window positions, then over channels.

    x, reference: (N, C, H, W) in [0, 1]. `border` pixels are left out on each side.
    window: "gaussian11" is the 11x11 Gaussian of sigma 1.5, scikit-image's `structural_similarity`
        with gaussian_weights=True, sigma=1.5, use_sample_covariance=False; "uniform8" is the plain
        8x8 mean. Both count only windows that lie inside the image and use population variances.
    Returns (N,) float64. Raises ValueError for any other window and for an image smaller than it.
    """
    x, reference = _pair(x, reference, border)
    match window:
        case "gaussian11":
            taps = _gaussian(11, 1.5)
        case "uniform8":
            taps = torch.full((8,), 1 / 8)
        case _:
            raise ValueError(f"There is no SSIM window {window}.")
    if min(x.shape[-2:]) < len(taps):
        size = f"{x.shape[-1]}x{x.shape[-2]}"
        raise ValueError(f"The SSIM window of {len(taps)} pixels does not fit into {size}.")
    moments = torch.stack([x, reference, x * x, reference * reference, x * reference])
    mean_x, mean_r, square_x, square_r, product = _filter(moments.flatten(0, 1), taps).chunk(5)
    variances = square_x - mean_x**2 + square_r - mean_r**2
    covariance = product - mean_x * mean_r
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_x * mean_r + c1) / (mean_x**2 + mean_r**2 + c1)
    return (luminance * (2 * covariance + c2) / (variances + c2)).mean((1, 2, 3))


def psnr_b(x: Tensor, reference: Tensor) -> Tensor:
    """PSNR-B in dB: PSNR whose error also counts visible 8x8 block edges (Yim and Bovik, 2011).

    The blocking effect of x is added to the mean squared error: squared steps across block edges
    minus squared steps elsewhere, each averaged over its own positions, rows and columns together,
    times log2(8) / log2(min(H, W)), and nothing where that is negative. The block grid starts at
    the upper left pixel.

    x, reference: (N, 1, H, W) luma in [0, 1], H and W above 8. Returns (N,) float64.
    Raises ValueError for more than one channel or for an image without a block edge.
    """
    x, reference = _pair(x, reference, 0)
    _, channels, height, width = x.shape
    if channels != 1:
        raise ValueError(f"PSNR-B is defined on one luma channel, not on {channels} channels.")
    if min(height, width) <= 8:
        raise ValueError(f"PSNR-B needs more than 8 pixels each way, not {width}x{height}.")
    down, across = x.diff(dim=-2).square(), x.diff(dim=-1).square()
    edges = torch.cat([down[..., 7::8, :].flatten(1), across[..., 7::8].flatten(1)], 1)
    total = down.flatten(1).sum(1) + across.flatten(1).sum(1)
    others = down[0].numel() + across[0].numel() - edges.shape[1]
    step = edges.mean(1) - (total - edges.sum(1)) / others
    blocking = step.clamp(min=0) * math.log2(8) / math.log2(min(height, width))
    return -10 * torch.log10(_mean_square(x - reference) + blocking)


@dataclass(frozen=True)
class NiqeParameters:
    """The Gaussian that NIQE compares with: features of undistorted photographs."""

    mean: Tensor  # (36,) float64
    covariance: Tensor  # (36, 36) float64


def niqe_parameters(path: str | Path) -> NiqeParameters:
    """Read the authors' `modelparameters.mat`.

    Raises FileNotFoundError when it is absent and ValueError when it holds something else.
    """
    from scipy.io import loadmat

    if not Path(path).is_file():
        raise FileNotFoundError(
            f"NIQE needs modelparameters.mat of its authors' release, and {path} is not there."
        )
    stored = loadmat(path)
    if not {"mu_prisparam", "cov_prisparam"} <= stored.keys():
        raise ValueError(f"{path} does not hold the parameters of NIQE.")
    return NiqeParameters(
        torch.from_numpy(stored["mu_prisparam"]).double().flatten(),
        torch.from_numpy(stored["cov_prisparam"]).double(),
    )


def niqe(x: Tensor, parameters: NiqeParameters) -> Tensor:
    """Naturalness without a reference, lower is better (Mittal, Soundararajan, Bovik, 2013).

    Distance between two Gaussians fitted to 36 features of 96x96 blocks: those of the image and
    those of natural scenes. Follows the authors' MATLAB release (the `niqe` built into MATLAB gives
    other values), except that flat areas are exactly flat here. In those the release counts the
    signs of its filter's rounding errors, which no other program repeats. On five calibration
    images the two differ by 0.03 at most, where a third of the image is flat, and agree in all
    printed digits where nothing is.

    x: (N, 1, H, W) gray, taken as it is, or (N, 3, H, W) RGB, turned into MATLAB's `rgb2gray` and
        rounded to 8 bits as there; range [0, 1]. Pixels that fill no whole block are left out.
    Returns (N,) float64; not a number where fewer than two blocks have any texture.
    Raises ValueError for an image of fewer than two blocks.
    """
    rows, columns = x.shape[-2] // _BLOCK, x.shape[-1] // _BLOCK
    if rows * columns < 2:
        raise ValueError(f"NIQE needs two blocks of 96x96 pixels, not {x.shape[-1]}x{x.shape[-2]}.")
    gray = 255 * x.double()
    if x.shape[1] == 3:
        gray = torch.einsum("nchw,c->nhw", gray, gray.new_tensor(RGB_TO_GRAY)).round()[:, None]
    gray = gray[..., : rows * _BLOCK, : columns * _BLOCK]
    scales = _niqe_features(gray, _BLOCK), _niqe_features(_half(gray), _BLOCK // 2)
    features = torch.cat(scales, -1)
    return torch.stack([_niqe_distance(each, parameters) for each in features])


_BLOCK = 96
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # right, below and both diagonals
_ROUNDING = 1e-9  # grey levels; a smaller difference from the local mean is none


def _niqe_features(gray: Tensor, block: int) -> Tensor:
    """gray (N, 1, H, W) in 0..255 -> (N, blocks, 18) features of locally normalised pixels."""
    taps = _gaussian(7, 7 / 6)
    padded = F.pad(gray, (3, 3, 3, 3), mode="replicate")
    mean = _filter(padded, taps)
    deviation = (_filter(padded**2, taps) - mean**2).abs().sqrt()
    difference = F.hardshrink(gray - mean, _ROUNDING)
    blocks = F.unfold(difference / (deviation + 1), block, stride=block)
    blocks = blocks.transpose(1, 2).unflatten(2, (block, block))
    alpha, left, right = _asymmetric_gaussian(blocks)
    features = [alpha, (left + right) / 2]
    for shift in _NEIGHBOURS:
        alpha, left, right = _asymmetric_gaussian(blocks * blocks.roll(shift, (2, 3)))
        mean = (right - left) * torch.exp(torch.lgamma(2 / alpha) - torch.lgamma(1 / alpha))
        features += [alpha, mean, left, right]
    return torch.stack(features, -1)


def _asymmetric_gaussian(blocks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shape and left and right scale of the generalised Gaussian with the moments of each block.

    Moment matching over a grid of shapes, as Lasmar et al. (2009) fit it. blocks (N, B, h, w);
    returns three times (N, B), not a number where a block is flat.
    """
    values = blocks.flatten(2)
    left = _root_mean_square(values, values < 0)
    right = _root_mean_square(values, values > 0)
    ratio = left / right
    wanted = values.abs().mean(2) ** 2 / values.square().mean(2)
    wanted = wanted * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shapes = torch.arange(200, 10_001).to(values) / 1000
    first, second, third = (torch.lgamma(k / shapes) for k in (1, 2, 3))
    offered = torch.exp(2 * second - first - third)
    best = (offered - wanted[..., None]).abs().argmin(2)
    alpha, scale = shapes[best], torch.exp((first - third) / 2)[best]
    return alpha, left * scale, right * scale


def _niqe_distance(features: Tensor, parameters: NiqeParameters) -> Tensor:
    """features (B, 36) of one image -> scalar. A flat block has features that are not numbers."""
    textured = features[features.isfinite().all(1)]
    if len(textured) < 2:
        return features.new_tensor(math.nan)
    covariance = (parameters.covariance.to(features) + textured.T.cov()) / 2
    difference = parameters.mean.to(features) - features.nanmean(0)
    return (difference @ torch.linalg.pinv(covariance) @ difference).sqrt()


def _half(gray: Tensor) -> Tensor:
    """MATLAB's imresize(x, 0.5): bicubic (a = -0.5) stretched twofold, symmetric borders.

    At half scale every output pixel has the same eight taps. gray (N, 1, H, W), H and W even.
    """
    near, far = gray.new_tensor([0.25, 0.75]), gray.new_tensor([1.25, 1.75])
    near = 1.5 * near**3 - 2.5 * near**2 + 1
    far = -0.5 * far**3 + 2.5 * far**2 - 4 * far + 2
    taps = torch.cat([far.flip(0), near.flip(0), near, far]) / 2
    height, width = gray.shape[-2:]
    rows, columns = (_mirror(size, 3).to(gray.device) for size in (height, width))
    return _filter(gray[..., rows, :][..., columns], taps, stride=2)


def _mirror(size: int, pad: int) -> Tensor:
    """Indices of 0..size-1 continued on both sides by reflection that repeats the edge."""
    inside = torch.arange(size)
    return torch.cat([inside[:pad].flip(0), inside, inside[-pad:].flip(0)])


def _pair(x: Tensor, reference: Tensor, border: int) -> tuple[Tensor, Tensor]:
    if x.shape != reference.shape or x.ndim != 4:
        shapes = f"{tuple(x.shape)} and {tuple(reference.shape)}"
        raise ValueError(f"An image and its reference are (N, C, H, W) of one shape, not {shapes}.")
    height, width = x.shape[-2:]
    if 2 * border >= min(height, width):
        raise ValueError(f"A border of {border} leaves no pixel of {width}x{height}.")
    inside = (..., slice(border, height - border), slice(border, width - border))
    return x[inside].double(), reference[inside].double()


def _mean_square(x: Tensor) -> Tensor:
    return x.square().mean((1, 2, 3))


def _root_mean_square(values: Tensor, where: Tensor) -> Tensor:
    return ((values**2 * where).sum(2) / where.sum(2)).sqrt()


def _gaussian(size: int, sigma: float) -> Tensor:
    offsets = torch.arange(size, dtype=torch.float64) - size // 2
    taps = torch.exp(-(offsets**2) / (2 * sigma**2))
    return taps / taps.sum()


def _filter(x: Tensor, taps: Tensor, *, stride: int = 1) -> Tensor:
    """Filter (N, C, H, W) along both axes with the same taps, inside the image only.

    A sum of shifted copies: four times as fast as float64 convolution on a CPU.
    """
    first, *others = taps.tolist()
    for axis in (-2, -1):
        shifted = x.unfold(axis, len(taps), stride)
        x = shifted[..., 0] * first
        for i, tap in enumerate(others, 1):
            x.add_(shifted[..., i], alpha=tap)
    return x
