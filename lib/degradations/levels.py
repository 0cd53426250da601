"""Degradations at one strength, as recipes and protocols name them.

In comments: [P] a paper, [C] its authors' released code, [O] our choice.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lib import degradations
from lib.degradations import camera


@dataclass(frozen=True)
class Denoise:
    """Gaussian noise of one level, in 8-bit grey levels."""

    sigma: float
    quantise: bool = True  # [C] noisy images are 8-bit files in AdaFM's script

    border = 0
    margin = 0

    @property
    def name(self) -> str:
        return f"sigma{self.sigma:g}" if self.quantise else f"sigma{self.sigma:g} float"

    @property
    def multiple(self) -> int:
        """AdaFM's script adds its noise to pictures of even sides [C]."""
        return 2 if self.quantise else 1

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, noisy."""
        sigma = torch.full((len(clean),), self.sigma)
        return degradations.add_gaussian_noise(clean, sigma, generator=generator, quantise=self.quantise)


def compressed(clean: Tensor, quality: float | Tensor) -> Tensor:
    """JPEG through the reference codec, of one quality or one per picture; gray pictures on a GPU are
    compressed there, to the same values."""
    compress = degradations.jpeg_gray if clean.is_cuda and clean.shape[1] == 1 else degradations.jpeg
    return compress(clean, quality)


@dataclass(frozen=True)
class Compress:
    """JPEG of one quality: gray for one channel, 4:2:0 for three."""

    quality: int

    multiple = 1
    border = 0
    margin = 0
    block = 8  # pixels a side; twice that where chroma is halved

    @property
    def name(self) -> str:
        return f"q{self.quality}"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, decoded from a JPEG."""
        return compressed(clean, self.quality)


@dataclass(frozen=True)
class Shrink:
    """Bicubic super-resolution by one factor; the network's input is enlarged to full size first."""

    factor: float

    @property
    def name(self) -> str:
        return f"x{self.factor:g}"

    @property
    def multiple(self) -> int:
        """1 where the factor is not whole."""
        return int(self.factor) if float(self.factor).is_integer() else 1

    @property
    def border(self) -> int:
        """As since SRCNN."""
        return math.ceil(self.factor)

    @property
    def margin(self) -> int:
        """Two bicubic kernels."""
        return 4 * math.ceil(self.factor)

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, 8-bit."""
        return degradations.lower_resolution(clean, self.factor)


@dataclass(frozen=True)
class Small:
    """Bicubic super-resolution by one whole factor; the network's input is the small picture itself."""

    factor: int

    @property
    def name(self) -> str:
        return f"small x{self.factor}"

    @property
    def multiple(self) -> int:
        return self.factor

    @property
    def border(self) -> int:
        return self.factor

    @property
    def margin(self) -> int:
        """Two bicubic kernels."""
        return 4 * self.factor

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1], sides divisible by the factor -> (N, C, H / factor, W / factor),
        8-bit."""
        return degradations.to_8bit(degradations.resize(clean, scale=1 / self.factor))


@dataclass(frozen=True)
class Blurred:
    """Blind super-resolution by one whole factor: a Gaussian blur, then every so many-th pixel.

    The network's input is the small picture itself, whose pixels lie where `blur_and_subsample` says.
    along, across: variances along the two axes of the Gaussian, in squared pixels of the large picture.
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
        """The kernel's reach, in whole pixels of the small picture."""
        return -(-(self.size // 2) // self.factor) * self.factor

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1], sides divisible by the factor -> (N, C, H / factor, W / factor),
        8-bit. In float64, or pixels near a tie would not be those of the published pictures."""
        x = clean.double()
        deviations = x.new_tensor([[self.along], [self.across]]).sqrt()
        kernels = degradations.gaussian_kernels(*deviations, x.new_tensor([self.angle]), self.size)
        small = degradations.blur_and_subsample(x, kernels.expand(len(x), -1, -1), self.factor)
        return degradations.to_8bit(small).to(clean)


@dataclass(frozen=True)
class Camera:
    """The noise of cameras that are drawn anew for every picture: `lib.degradations.camera`.

    measured: with the published response curves; False stands in power curves, which need no file.
    """

    measured: bool = True

    multiple = 1
    border = 0
    margin = 2  # the reach of demosaicing

    @property
    def name(self) -> str:
        return "camera" if self.measured else "camera by formula"

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, 3, H, W) in [0, 1] -> the same shape, noisy, 8-bit [C]."""
        curves = (camera.measured_curves if self.measured else camera.power_curves)(clean.device)
        shots = camera.Shots.drawn(len(clean), len(curves.response), clean.device, generator)
        return degradations.to_8bit(camera.add_camera_noise(clean, shots, curves, generator=generator))


@dataclass(frozen=True)
class BlurNoise:
    """A Gaussian blur of `blur` pixels, then noise of `sigma` grey levels, stored in 8 bits."""

    blur: float
    sigma: float

    multiple = 1
    border = 0

    @property
    def name(self) -> str:
        return f"r{self.blur:g} sigma{self.sigma:g}"

    @property
    def margin(self) -> int:
        """Half a kernel of 21 pixels."""
        return 10 if self.blur else 0

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """clean (N, C, H, W) in [0, 1] -> the same shape, blurred and noisy."""
        return degradations.blur_and_noise(clean, self.blur, self.sigma, generator=generator)


@dataclass(frozen=True)
class Clean:
    """No degradation: what a judge of pictures says of the original."""

    name = "clean"
    multiple = 1
    border = 0
    margin = 0

    def degrade(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        return clean


# Every level says: `multiple`, pictures are cropped to sides that it divides before they are degraded;
# `border`, pixels at each side that PSNR leaves out; `margin`, pixels beyond a training patch that its
# input depends on.
Level = Denoise | Compress | Shrink | Small | Blurred | Camera | BlurNoise | Clean
