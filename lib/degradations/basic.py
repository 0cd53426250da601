"""Degradations: noise, blur, MATLAB's bicubic resize, blind super-resolution, JPEG.

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

Border = Literal["replicate", "symmetric"]

# The standard's luma table (ITU-T T.81, annex K.1), which libjpeg scales by the quality.
_LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)

# The slow-integer DCT of libjpeg (Loeffler, Ligtenberg, Moschytz 1989, constants of 13 bits) with
# its products collected: between two roundings every output is an integer combination of the
# inputs. Left halves of its rows; even rows are mirrored, odd rows mirrored and negated.
_DCT_LEFT = (
    (8192, 8192, 8192, 8192),
    (11363, 9633, 6437, 2260),
    (10703, 4433, -4433, -10703),
    (9633, -2259, -11362, -6436),
    (8192, -8192, -8192, 8192),
    (6437, -11362, 2261, 9633),
    (4433, -10704, 10704, -4433),
    (2260, -6436, 9633, -11363),
)


def to_8bit(x: Tensor) -> Tensor:
    """(N, C, H, W) -> the same, clipped to [0, 1] and rounded to k/255."""
    return (x.clamp(0, 1) * 255).round() / 255


def add_gaussian_noise(
    x: Tensor, sigma: float | Tensor, *, generator: torch.Generator, quantise: bool
) -> Tensor:
    """White Gaussian noise: y = x + (sigma / 255) n, n ~ N(0, 1) per pixel and channel.

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
    """Correlation with a Gaussian of sum 1, sampled at whole pixels, one per image.

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
    """Turned Gaussians of sum 1, sampled at whole pixels: (N, kernel_size, kernel_size), rows first.

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
    """Correlation with one kernel per image, of which rows and columns 0, factor, 2 factor, ... are kept.

    kernels: (N, k, k), k odd. Mirrored borders, edge pixel included. Pixel i of the result lies on pixel
    factor * i of x, not in the middle of those that it stands for: half a pixel to the upper left at
    factor 2. Soh, Cho, Cho, "Meta-Transfer Learning for Zero-Shot Super-Resolution", CVPR 2020, whose
    pictures VDIR is measured on.
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
    """A Gaussian blur, then white noise, clipped and rounded to k/255: the degradation of CUGAN.

    blur: standard deviation in pixels, 0 to 4; 0 is no blur. The kernel has 21x21 taps and the edge
        pixel is repeated (MATLAB's fspecial and imfilter in the authors' scripts).
    sigma: in 8-bit grey levels. Returns (N, C, H, W); also without noise it is rounded.
    """
    blurred = gaussian_blur(x, blur, border="replicate", kernel_size=21)
    return add_gaussian_noise(blurred, sigma, generator=generator, quantise=True)


def resize(
    x: Tensor, *, scale: float | None = None, size: tuple[int, int] | None = None
) -> Tensor:
    """MATLAB's `imresize(x, scale)` or `imresize(x, size)`, bicubic, antialiased when shrinking.

    Keys' cubic with a = -0.5, widened by 1/scale when shrinking; symmetric borders; output pixel i
    lies at (i + 0.5) / scale - 0.5. Give one of
    scale: any positive number; the output has ceil(scale * side) pixels a side;
    size: (height, width) of the output; the scale of each side follows from it.
    Returns (N, C, height, width), neither clipped nor rounded: it overshoots [0, 1] at edges.
    Raises ValueError unless exactly one of the two is given. An own sum, because
    `torch.nn.functional.interpolate` knows neither symmetric borders nor ceil.
    """
    if (scale is None) == (size is None):
        raise ValueError("resize takes either a scale or a size.")
    for dim in (-2, -1):
        side = x.shape[-2]
        out = math.ceil(scale * side) if size is None else size[dim]
        x = _resize_rows(x, out, out / side if scale is None else scale).mT
    return x.contiguous()


def enlarge_from_corner(x: Tensor, factor: int) -> Tensor:
    """Bicubic as `resize`, but pixel i is put on pixel factor * i, where `blur_and_subsample` took it from.

    Returns (N, C, factor H, factor W), neither clipped nor rounded.
    """
    for side in (x.shape[-2], x.shape[-1]):
        x = _resize_rows(x, factor * side, factor, corner=0.0).mT
    return x.contiguous()


def lower_resolution(x: Tensor, factor: float) -> Tensor:
    """Bicubic down by 1/factor and up again to the same size, MATLAB's resize both ways.

    factor: above 1, whole or not. What is in between is not rounded; the result is clipped and
    rounded to 8 bits, the input of SRCNN and of AdaFM's networks. A side that the factor does not
    divide gives ceil(side / factor) pixels in between, and the enlarged picture is cropped.
    """
    height, width = x.shape[-2:]
    if float(factor).is_integer() and not (height % factor or width % factor):
        small = resize(x, size=(int(height / factor), int(width / factor)))
        return to_8bit(resize(small, size=(height, width)))
    small = resize(x, scale=1 / factor)
    return to_8bit(resize(small, scale=factor)[..., :height, :width])


def jpeg(x: Tensor, quality: float | Tensor, *, subsampling: str = "4:2:0") -> Tensor:
    """Pillow's JPEG codec, image by image: gray for C = 1, YCbCr colour for C = 3.

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


def jpeg_gray(x: Tensor, quality: float | Tensor) -> Tensor:
    """Gray JPEG computed on the device in batches: what `jpeg` gives for (N, 1, H, W).

    quality: 1 to 100, one per image or one for all. x is clipped and rounded to 8 bits first.
    Sides that are no multiple of 8 are continued by their last pixel, as the codec does.
    Both transforms are libjpeg's slow-integer ones: sums of integers, held exactly in float64, so
    that no coefficient near a tie is rounded the other way.
    """
    height, width = x.shape[-2:]
    table = _luma_tables(_levels(quality, x))[:, None, :, None, :]  # (N, 1, 8, 1, 8)
    dct = _dct_matrix(x.device)

    y = (x.clamp(0, 1) * 255).round().double() - 128
    y = F.pad(y, (0, -width % 8, 0, -height % 8), mode="replicate")[:, 0]
    n, padded_height, padded_width = y.shape
    blocks = (n, padded_height // 8, 8, padded_width // 8, 8)

    y = _round_shift(y.view(n, -1, 8) @ dct.T, 11)  # along rows, two extra bits kept
    y = _round_shift(dct @ y.view(n, -1, 8, padded_width), 15).view(blocks)
    levels = torch.floor(y.abs() / (8 * table) + 0.5) * y.sign()  # half away from zero
    y = (levels * table).view(n, -1, 8, padded_width)
    y = _round_shift(dct.T @ y, 11)
    y = _round_shift(y.view(n, -1, 8) @ dct, 18)
    y = (y.view(n, 1, padded_height, padded_width)[..., :height, :width] + 128).clamp(0, 255)
    return y.to(x.dtype) / 255


def _levels(level: float | Tensor, x: Tensor) -> Tensor:
    """A level per image, (N,), with the type and on the device of the images."""
    return torch.as_tensor(level, dtype=x.dtype, device=x.device).expand(len(x))


def _positive(sigma: Tensor) -> Tensor:
    """So small a sigma that its Gaussian is 1 at the centre and 0 elsewhere, instead of 0/0."""
    return sigma.clamp(min=1e-3)


def _gaussian(*distances: Tensor) -> Tensor:
    """exp(-d^2/2), each kernel of the batch (N, ...) normalised to sum 1."""
    kernel = torch.exp(-sum(d.square() for d in distances) / 2)
    return kernel / kernel.flatten(1).sum(1).view(-1, *[1] * (kernel.ndim - 1))


def _correlate(x: Tensor, kernels: Tensor) -> Tensor:
    """(N, C, H, W) with kernels (N, h, w), one per image, at 'valid' positions."""
    n, channels, *sides = x.shape
    weight = kernels[:, None].repeat_interleave(channels, 0)  # (N C, 1, h, w)
    with torch.autocast(x.device.type, enabled=False):
        y = F.conv2d(x.reshape(1, n * channels, *sides), weight, groups=n * channels)
    return y.view(n, channels, *y.shape[-2:])


def _pad(x: Tensor, radius: int, dim: int, border: Border) -> Tensor:
    side = x.shape[dim]
    index = torch.arange(-radius, side + radius, device=x.device)
    index = index.clamp(0, side - 1) if border == "replicate" else _mirrored(index, side)
    return x.index_select(dim, index)


def _mirrored(index: Tensor, side: int) -> Tensor:
    """Whole-number positions beyond the border, mirrored at it with the edge pixel repeated."""
    index = index % (2 * side)
    return torch.minimum(index, 2 * side - 1 - index)


def _resize_rows(x: Tensor, out: int, scale: float, corner: float = 0.5) -> Tensor:
    """(N, C, H, W) -> (N, C, out, W): every row of the output is a weighted sum of `taps` rows.

    Row i of the output lies on row (i + corner) / scale - corner: pictures share their corner's edge at 0.5,
    the middle of their first row at 0.
    Rows, because copying whole rows is several times faster than gathering columns.
    """
    squeeze = min(scale, 1.0)
    centre = (torch.arange(out, dtype=torch.float64, device=x.device) + corner) / scale - corner
    first = torch.floor(centre - 2 / squeeze).long() + 1
    taps = math.ceil(4 / squeeze)
    positions = first[:, None] + torch.arange(taps, device=x.device)  # (out, taps)
    weights = _cubic((positions - centre[:, None]) * squeeze)
    weights = (weights / weights.sum(1, keepdim=True)).to(x.dtype)
    sources = _mirrored(positions, x.shape[-2])
    x = x.contiguous()
    y = x.new_zeros(*x.shape[:2], out, x.shape[-1])
    for tap in range(taps):
        y.addcmul_(x.index_select(-2, sources[:, tap]), weights[:, tap, None])
    return y


def _cubic(distance: Tensor) -> Tensor:
    """Keys 1981 with a = -0.5: zero beyond a distance of 2."""
    d = distance.abs()
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return torch.where(d <= 1, near, torch.where(d <= 2, far, torch.zeros_like(d)))


def _through_codec(image: Tensor, quality: int, subsampling: str) -> Tensor:
    """(C, H, W) uint8 -> the same, written as a JPEG file in memory and read back."""
    pixels = image.permute(1, 2, 0).numpy()
    gray = pixels.shape[2] == 1
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if gray else pixels).save(
        file, "jpeg", quality=quality, subsampling=-1 if gray else subsampling
    )
    decoded = np.array(Image.open(file))
    return torch.from_numpy(decoded.reshape(pixels.shape)).permute(2, 0, 1)


def _luma_tables(quality: Tensor) -> Tensor:
    """Qualities (N,) -> libjpeg's tables (N, 8, 8), float64 whole numbers 1 to 255."""
    base = torch.tensor(_LUMA_TABLE, dtype=torch.float64, device=quality.device)
    q = quality.double().round().clamp(1, 100)
    percent = torch.where(q < 50, torch.floor(5000 / q), 200 - 2 * q)
    return torch.floor((base * percent.view(-1, 1, 1) + 50) / 100).clamp(1, 255)


def _dct_matrix(device: torch.device) -> Tensor:
    left = torch.tensor(_DCT_LEFT, dtype=torch.float64, device=device)
    sign = torch.tensor([1.0, -1.0] * 4, dtype=torch.float64, device=device)
    return torch.cat([left, left.flip(1) * sign[:, None]], 1)


def _round_shift(x: Tensor, bits: int) -> Tensor:
    """Whole numbers over 2^bits, rounded as libjpeg's right shift does: halves upwards."""
    return torch.floor(x / 2**bits + 0.5)
