"""Degradations: noise, blur, lower resolution, blind super-resolution, JPEG.

Pure functions on (N, C, H, W) floats in [0, 1], on whatever device the images are. A level is one
number for all images or a tensor (N,), one per image. Randomness comes in as a generator.
"""

import io
import math
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lib.data.resize import mirrored, resize

Border = Literal["replicate", "symmetric"]


def to_8bit(x: Tensor) -> Tensor:
    """Return (N, C, H, W) clipped to [0, 1] and rounded to k/255."""
    return (x.clamp(0, 1) * 255).round() / 255


def add_gaussian_noise(
    x: Tensor, sigma: float | Tensor, *, generator: torch.Generator, quantise: bool
) -> Tensor:
    """Add white Gaussian noise: y = x + (sigma / 255) n, n ~ N(0, 1) per pixel and channel.

    sigma: in 8-bit grey levels (15 means 15/255).
    Returns (N, C, H, W): floats left unclipped or, with `quantise`, clipped and rounded to k/255.
    `quantise` changes the tables: AdaFM stores noisy images as 8-bit files, CFSNet and VDIR do not.
    The noise is drawn where the generator lives: one on the CPU gives the same noise on every
    device, one on the GPU draws faster.
    """
    noise = torch.randn(x.shape, generator=generator, device=generator.device).to(x)
    y = x + _levels(sigma, x).view(-1, 1, 1, 1) / 255 * noise
    return to_8bit(y) if quantise else y


def gaussian_blur(
    x: Tensor,
    sigma_x: float | Tensor,
    sigma_y: float | Tensor | None = None,
    angle: float | Tensor | None = None,
    *,
    border: Border,
    kernel_size: int | None = None,
) -> Tensor:
    """Correlate with a Gaussian of sum 1, sampled at whole pixels, one per image.

    sigma_x, sigma_y: standard deviations in pixels along the two axes of the Gaussian; 0 leaves
        that axis alone. Without sigma_y the blur is isotropic.
    angle: radians by which the axes are turned from x (to the right) towards y (down): covariance
        R diag(sigma_x^2, sigma_y^2) R^T. Without it the axes are the image's and the blur is
        computed along one after the other.
    border: `replicate` repeats the edge pixel; `symmetric` mirrors at the edge, edge pixel included
        (MATLAB's symmetric, SciPy's reflect).
    kernel_size: odd. By default it reaches four standard deviations of the widest Gaussian, for
        which the host waits for the device; so training states it. ValueError when even.
    Returns (N, C, H, W), not rounded.
    """
    sigma_x = _levels(sigma_x, x)
    sigma_y = sigma_x if sigma_y is None else _levels(sigma_y, x)
    if kernel_size is None:
        kernel_size = 2 * math.ceil(4 * float(torch.maximum(sigma_x, sigma_y).max())) + 1
    elif kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, not {kernel_size}.")
    radius = kernel_size // 2
    offset = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    padded = _pad(_pad(x, radius, -1, border), radius, -2, border)
    if angle is None:
        rows = _gaussian(offset / _positive(sigma_x).view(-1, 1))  # (N, K)
        columns = _gaussian(offset / _positive(sigma_y).view(-1, 1))
        return _correlate(_correlate(padded, rows[:, None, :]), columns[:, :, None])
    return _correlate(padded, gaussian_kernels(sigma_x, sigma_y, _levels(angle, x), kernel_size))


def gaussian_kernels(sigma_x: Tensor, sigma_y: Tensor, angle: Tensor, kernel_size: int) -> Tensor:
    """Return turned Gaussians of sum 1, sampled at whole pixels: (N, kernel_size, kernel_size), rows first.

    sigma_x, sigma_y, angle: (N,), as `gaussian_blur` takes them. kernel_size: odd.
    """
    radius = kernel_size // 2
    offset = torch.arange(-radius, radius + 1, device=sigma_x.device, dtype=sigma_x.dtype)
    right, down = offset.view(1, 1, -1), offset.view(1, -1, 1)
    sigma_x, sigma_y, angle = (v.view(-1, 1, 1) for v in (_positive(sigma_x), _positive(sigma_y), angle))
    along = (angle.cos() * right + angle.sin() * down) / sigma_x
    across = (angle.cos() * down - angle.sin() * right) / sigma_y
    return _gaussian(along, across)


def blur_and_subsample(x: Tensor, kernels: Tensor, factor: int) -> Tensor:
    """Correlate with one kernel per image and keep rows and columns 0, factor, 2 factor, ...

    kernels: (N, k, k), k odd. Mirrored borders, edge pixel included. Pixel i of the result lies on pixel
    factor * i of x, not in the middle of those that it stands for: half a pixel to the upper left at
    factor 2. Soh, Cho, Cho, "Meta-Transfer Learning for Zero-Shot Super-Resolution", CVPR 2020, whose
    images VDIR is measured on.
    Returns (N, C, ceil(H / factor), ceil(W / factor)), neither clipped nor rounded.
    """
    radius = kernels.shape[-1] // 2
    n, channels, height, width = x.shape
    padded = _pad(_pad(x, radius, -1, "symmetric"), radius, -2, "symmetric")
    padded = F.pad(padded, (0, -padded.shape[-1] % factor, 0, -padded.shape[-2] % factor))
    blocks = padded.unflatten(-1, (-1, factor)).unflatten(-3, (-1, factor))
    phases = blocks.permute(3, 5, 0, 1, 2, 4).contiguous()
    rows, columns = -(-height // factor), -(-width // factor)
    y = x.new_zeros(n, channels, rows, columns)
    for down in range(kernels.shape[-2]):  # several times faster than a strided convolution in float64
        for right in range(kernels.shape[-1]):
            phase = phases[down % factor, right % factor]
            top, left = down // factor, right // factor
            part = phase[..., top : top + rows, left : left + columns]
            y.addcmul_(part, kernels[:, down, right].view(-1, 1, 1, 1))
    return y


def blur_and_noise(
    x: Tensor, blur: float | Tensor, sigma: float | Tensor, *, generator: torch.Generator
) -> Tensor:
    """Blur with a Gaussian, then add white noise, clip and round to k/255: the degradation of CUGAN.

    blur: standard deviation in pixels, 0 to 4; 0 is no blur. The kernel has 21x21 taps and the edge
        pixel is repeated (MATLAB's fspecial and imfilter in the authors' scripts).
    sigma: in 8-bit grey levels. Returns (N, C, H, W); also without noise it is rounded.
    """
    blurred = gaussian_blur(x, blur, border="replicate", kernel_size=21)
    return add_gaussian_noise(blurred, sigma, generator=generator, quantise=True)


def lower_resolution(x: Tensor, factor: float) -> Tensor:
    """Resize bicubically by 1/factor and up again to the same size, MATLAB's resize both ways.

    factor: above 1, whole or not. What is in between is not rounded; the result is clipped and
    rounded to 8 bits, the input of SRCNN and of AdaFM's networks. A side that the factor does not
    divide gives ceil(side / factor) pixels in between, and the enlarged image is cropped.
    """
    height, width = x.shape[-2:]
    if float(factor).is_integer() and not (height % factor or width % factor):
        small = resize(x, size=(int(height / factor), int(width / factor)))
        return to_8bit(resize(small, size=(height, width)))
    small = resize(x, scale=1 / factor)
    return to_8bit(resize(small, scale=factor)[..., :height, :width])


def jpeg(x: Tensor, quality: float | Tensor, *, subsampling: str = "4:2:0") -> Tensor:
    """Code as JPEG and decode with Pillow, image by image: gray for C = 1, YCbCr colour for C = 3.

    quality: 1 to 100, libjpeg's scale; fractions are rounded. subsampling: of the colour planes,
    "4:2:0", "4:2:2" or "4:4:4"; a gray image has none.
    The codec takes 8 bits, so x is clipped and rounded first. Returns (N, C, H, W) of values k/255.
    """
    qualities = _levels(quality, x).round().int().tolist()
    images = (x.clamp(0, 1) * 255).round().to("cpu", torch.uint8)
    decoded = [
        _through_codec(image, q, subsampling) for image, q in zip(images, qualities, strict=True)
    ]
    return torch.stack(decoded).to(x) / 255


def _levels(level: float | Tensor, x: Tensor) -> Tensor:
    """Return a level per image, (N,), with the type and on the device of the images."""
    return torch.as_tensor(level, dtype=x.dtype, device=x.device).expand(len(x))


def _positive(sigma: Tensor) -> Tensor:
    """Return sigma, at least one whose Gaussian is 1 at the centre and 0 elsewhere, instead of 0/0."""
    return sigma.clamp(min=1e-3)


def _gaussian(*distances: Tensor) -> Tensor:
    """Return exp(-d^2/2), each kernel of the batch (N, ...) normalised to sum 1."""
    kernel = torch.exp(-sum(d.square() for d in distances) / 2)
    return kernel / kernel.flatten(1).sum(1).view(-1, *[1] * (kernel.ndim - 1))


def _correlate(x: Tensor, kernels: Tensor) -> Tensor:
    """Correlate (N, C, H, W) with kernels (N, h, w), one per image, at 'valid' positions."""
    n, channels, *sides = x.shape
    weight = kernels[:, None].repeat_interleave(channels, 0)  # (N C, 1, h, w)
    with torch.autocast(x.device.type, enabled=False):
        y = F.conv2d(x.reshape(1, n * channels, *sides), weight, groups=n * channels)
    return y.view(n, channels, *y.shape[-2:])


def _pad(x: Tensor, radius: int, dim: int, border: Border) -> Tensor:
    side = x.shape[dim]
    index = torch.arange(-radius, side + radius, device=x.device)
    index = index.clamp(0, side - 1) if border == "replicate" else mirrored(index, side)
    return x.index_select(dim, index)


def _through_codec(image: Tensor, quality: int, subsampling: str) -> Tensor:
    """Return (C, H, W) uint8 written as a JPEG file in memory and read back."""
    pixels = image.permute(1, 2, 0).numpy()
    gray = pixels.shape[2] == 1
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if gray else pixels).save(
        file, "jpeg", quality=quality, subsampling=-1 if gray else subsampling
    )
    decoded = np.array(Image.open(file))
    return torch.from_numpy(decoded.reshape(pixels.shape)).permute(2, 0, 1)
