"""Degradations that a network is not told: drawn anew for every patch, with the truth about each.

Each says `level`, one of the levels it draws from, which reaches as far and crops as all of them do;
`degrade`, the degraded images and the truth; `reading`, how an estimator's maps tell the truth; and
`error`, how far from the truth they are. [P] the paper of VDIR, [C] released code, [O] our choice.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lib import degradations, losses
from lib.degradations.levels import Blurred, Camera, Compress, Denoise, compressed
from lib.models.vdir import Reading, jpeg_reading, kernel_reading, noise_reading, resized


@dataclass(frozen=True)
class AnyNoise:
    """Gaussian noise neither clipped nor rounded, of a level between two, in 8-bit grey levels."""

    low: float = 5.0  # [P]
    high: float = 70.0  # [P]

    @property
    def level(self) -> Denoise:
        return Denoise(self.high, quantise=False)

    def degrade(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return noisy images of the shape of clean (N, C, H, W), and sigma / 255 (N, 1). One level an image
        [O]: in the released code, one a batch."""
        (sigma,) = self.low + (self.high - self.low) * _uniform(1, clean, generator)
        noisy = degradations.add_gaussian_noise(clean, sigma, generator=generator, quantise=False)
        return noisy, sigma[:, None] / 255

    def reading(self, channels: int) -> Reading:
        return noise_reading(channels)

    def error(self, maps: Tensor, truth: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the error of maps (N, K, h, w), compared at the size of the image [C]."""
        return losses.estimation(resized(maps, size), truth)


@dataclass(frozen=True)
class AnyQuality:
    """JPEG of one of several quality factors: gray for one channel, 4:2:0 for three."""

    qualities: tuple[int, ...] = (10, 20, 30, 40, 50, 60, 70, 80)  # [P]

    @property
    def level(self) -> Compress:
        return Compress(self.qualities[0])

    def degrade(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return JPEGs of the shape of clean (N, C, H, W), and quality / 100 (N, 1). Blocks begin at the
        corner of what is given."""
        (draw,) = _uniform(1, clean, generator)
        quality = draw.new_tensor(self.qualities)[(draw * len(self.qualities)).long()]
        return compressed(clean, quality), quality[:, None] / 100

    def reading(self, channels: int) -> Reading:
        return jpeg_reading(channels)

    def error(self, maps: Tensor, truth: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the error of maps (N, K, h, w), compared as of noise [O]."""
        return losses.estimation(resized(maps, size), truth)


@dataclass(frozen=True)
class AnyBlur:
    """A Gaussian blur of any width, shape and direction, then every so many-th pixel.

    The numbers are those of MZSR [C], whose setting the paper takes over.
    """

    factor: int
    least: float = 1.0  # [C] variance along either axis, squared pixels of the large image
    per_factor: float = 2.5  # [C] the most, times the factor
    size: int = 15  # [P] taps a side

    @property
    def level(self) -> Blurred:
        return Blurred(self.factor, size=self.size)

    def degrade(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return (N, C, H / factor, W / factor) of clean (N, C, H, W), and the kernels (N, size, size).
        Clipped and not rounded [C]."""
        draw = _uniform(3, clean, generator)
        along = self.least + (self.per_factor * self.factor - self.least) * draw[0]
        across = self.least + (along - self.least) * draw[1]
        kernels = degradations.gaussian_kernels(along.sqrt(), across.sqrt(), torch.pi * draw[2], self.size)
        return degradations.blur_and_subsample(clean, kernels, self.factor).clamp(0, 1), kernels

    def reading(self, channels: int) -> Reading:
        return kernel_reading(self.size)

    def error(self, maps: Tensor, truth: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the error of maps (N, size * size, h, w), compared where they are [O]."""
        return losses.kernel_estimation(maps, truth)


@dataclass(frozen=True)
class AnyCamera:
    """The noise of a camera; there is no number that an estimator could be told [P]."""

    measured: bool = True

    @property
    def level(self) -> Camera:
        return Camera(self.measured)

    def degrade(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, None]:
        """Return noisy images of the shape of clean (N, 3, H, W), 8-bit, and nothing. Drawn anew for every
        patch [O]: the authors' generator writes one noisy file an image."""
        return self.level.degrade(clean, generator), None


Unknown = AnyNoise | AnyQuality | AnyBlur | AnyCamera


def _uniform(rows: int, clean: Tensor, generator: torch.Generator) -> Tensor:
    """Return (rows, N) uniform numbers in [0, 1), drawn where the generator lives."""
    return torch.rand(rows, len(clean), generator=generator, device=generator.device).to(clean)
