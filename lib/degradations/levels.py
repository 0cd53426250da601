"""Degradations at one strength, as recipes and protocols name them.

In comments: [P] a paper, [C] its authors' released code, [O] our choice.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lib import degradations
from lib.degradations import camera


class Level:
    """One degradation at one strength: how it degrades images, and what it needs around them."""

    name: str
    multiple = 1  # images are cropped to sides that it divides before they are degraded
    border = 0  # pixels at each side that PSNR leaves out
    margin = 0  # pixels beyond a training patch that its input depends on
    block = 1  # pixels a side of the blocks among which a patch has a place

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return the degraded images of clean (N, C, H, W) in [0, 1]."""
        raise NotImplementedError


@dataclass(frozen=True)
class Denoise(Level):
    """Gaussian noise of one level, in 8-bit grey levels."""

    sigma: float
    quantise: bool = True  # [C] noisy images are 8-bit files in AdaFM's script

    @property
    def name(self) -> str:
        return f"sigma{self.sigma:g}" if self.quantise else f"sigma{self.sigma:g} float"

    @property
    def multiple(self) -> int:
        """Return 2 for 8-bit noise: AdaFM's script adds it to images of even sides [C]."""
        return 2 if self.quantise else 1

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return noisy images of the shape of clean (N, C, H, W) in [0, 1]."""
        sigma = torch.full((len(clean),), self.sigma)
        return degradations.add_gaussian_noise(clean, sigma, generator=generator, quantise=self.quantise)


@dataclass(frozen=True)
class Compress(Level):
    """JPEG of one quality: gray for one channel, 4:2:0 for three."""

    quality: int

    block = 8  # pixels a side; twice that where chroma is halved

    @property
    def name(self) -> str:
        return f"q{self.quality}"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return images of the shape of clean (N, C, H, W) in [0, 1], decoded from JPEGs."""
        return compressed(clean, self.quality)


@dataclass(frozen=True)
class Shrink(Level):
    """Bicubic super-resolution by one factor; the network's input is enlarged to full size first."""

    factor: float

    @property
    def name(self) -> str:
        return f"x{self.factor:g}"

    @property
    def multiple(self) -> int:
        """Return the factor, or 1 where it is not whole."""
        return int(self.factor) if float(self.factor).is_integer() else 1

    @property
    def border(self) -> int:
        """Return the factor in whole pixels, which PSNR leaves out since SRCNN."""
        return math.ceil(self.factor)

    @property
    def margin(self) -> int:
        """Return the reach of two bicubic kernels in pixels."""
        return 4 * math.ceil(self.factor)

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return images of the shape of clean (N, C, H, W) in [0, 1], 8-bit."""
        return degradations.lower_resolution(clean, self.factor)


@dataclass(frozen=True)
class Small(Shrink):
    """Bicubic super-resolution by one whole factor; the network's input is the small image itself."""

    factor: int

    @property
    def name(self) -> str:
        return f"small x{self.factor}"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return (N, C, H / factor, W / factor), 8-bit, of clean (N, C, H, W) in [0, 1], sides divisible by
        the factor."""
        return degradations.to_8bit(degradations.resize(clean, scale=1 / self.factor))


@dataclass(frozen=True)
class Blurred(Level):
    """Blind super-resolution by one whole factor: a Gaussian blur, then every so many-th pixel.

    The network's input is the small image itself, whose pixels lie where `blur_and_subsample` says.
    along, across: variances along the two axes of the Gaussian, in squared pixels of the large image.
    angle: from x (to the right) towards y (down), in radians. size: taps a side of its kernel.
    """

    factor: int
    along: float = 2.0  # [P] "width"; [C] of MZSR: a variance
    across: float = 2.0
    angle: float = 0.0
    size: int = 21  # [C] the published kernel

    @property
    def name(self) -> str:
        if self.along == self.across:
            return f"blurred {self.along:g} x{self.factor}"
        return f"blurred {self.along:g} {self.across:g} {self.angle:g} x{self.factor}"

    @property
    def multiple(self) -> int:
        return self.factor

    @property
    def border(self) -> int:
        return self.factor

    @property
    def margin(self) -> int:
        """Return the kernel's reach in pixels, a multiple of the factor."""
        return -(-(self.size // 2) // self.factor) * self.factor

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return (N, C, H / factor, W / factor), 8-bit, of clean (N, C, H, W) in [0, 1], sides divisible by
        the factor. In float64, or pixels near a tie would not be those of the published images."""
        x = clean.double()
        deviations = x.new_tensor([[self.along], [self.across]]).sqrt()
        kernels = degradations.gaussian_kernels(*deviations, x.new_tensor([self.angle]), self.size)
        small = degradations.blur_and_subsample(x, kernels.expand(len(x), -1, -1), self.factor)
        return degradations.to_8bit(small).to(clean)


@dataclass(frozen=True)
class Camera(Level):
    """The noise of cameras that are drawn anew for every image: `lib.degradations.camera`.

    measured: with the published response curves; False stands in power curves, which need no file.
    """

    measured: bool = True

    margin = 2  # the reach of demosaicing

    @property
    def name(self) -> str:
        return "camera" if self.measured else "camera by formula"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return noisy images of the shape of clean (N, 3, H, W) in [0, 1], 8-bit [C]."""
        curves = (camera.measured_curves if self.measured else camera.power_curves)(clean.device)
        shots = camera.Shots.drawn(len(clean), len(curves.response), clean.device, generator)
        return degradations.to_8bit(camera.add_camera_noise(clean, shots, curves, generator=generator))


@dataclass(frozen=True)
class BlurNoise(Level):
    """A Gaussian blur of `blur` pixels, then noise of `sigma` grey levels, stored in 8 bits."""

    blur: float
    sigma: float

    @property
    def name(self) -> str:
        return f"r{self.blur:g} sigma{self.sigma:g}"

    @property
    def margin(self) -> int:
        """Return half a kernel of 21 pixels."""
        return 10 if self.blur else 0

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Return blurred and noisy images of the shape of clean (N, C, H, W) in [0, 1]."""
        return degradations.blur_and_noise(clean, self.blur, self.sigma, generator=generator)


@dataclass(frozen=True)
class Clean(Level):
    """No degradation: what a judge of images says of the original."""

    name = "clean"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        return clean


def compressed(clean: Tensor, quality: float | Tensor) -> Tensor:
    """Return images decoded from JPEGs of the reference codec, of one quality or one per image; gray images
    on a GPU are compressed there, to the same values."""
    compress = degradations.jpeg_gray if clean.is_cuda and clean.shape[1] == 1 else degradations.jpeg
    return compress(clean, quality)
