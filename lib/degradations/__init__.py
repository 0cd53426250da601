"""What spoils an image: noise, blur, JPEG, smaller sizes; `camera` the noise of cameras; `levels` each at a
strength."""

from lib.data.jpeg import jpeg_gray
from lib.data.resize import enlarge_from_corner, resize
from lib.degradations.basic import (
    Border,
    add_gaussian_noise,
    blur_and_noise,
    blur_and_subsample,
    gaussian_blur,
    gaussian_kernels,
    jpeg,
    lower_resolution,
    to_8bit,
)

__all__ = [
    "Border",
    "add_gaussian_noise",
    "blur_and_noise",
    "blur_and_subsample",
    "enlarge_from_corner",
    "gaussian_blur",
    "gaussian_kernels",
    "jpeg",
    "jpeg_gray",
    "lower_resolution",
    "resize",
    "to_8bit",
]
