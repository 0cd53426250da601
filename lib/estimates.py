"""How strongly a picture was degraded, read off the picture itself: its noise, its JPEG quality."""

from functools import cache

import numpy as np

from lib.images import Picture, encode, read

CLIPPED = 0.001  # share of samples at black or white above which clipping is allowed for
CORRECTIONS = 5

QUALITIES = range(5, 96)
CENTRE = 256  # pixels a side: what of a picture is looked at
ROUNDING = 0.5  # standard deviation of a DCT coefficient after rounding to 8 bits, generously
STRAY = 0.3  # share of coefficients taken to lie off every grid
LEAST = 3.0  # smaller coefficients say nothing: most were rounded to zero


def estimate_noise(picture: Picture) -> float:
    """Standard deviation of the noise in 8-bit grey levels, mean over channels.

    The median absolute deviation of the finest diagonal wavelet coefficients (Donoho and Johnstone,
    1994), from scikit-image. Noise that was clipped at black and white reads lower than it was: there
    a smooth picture and a level are sought which, made noisy and clipped, look and read the same.
    Pictures of less than 16 pixels a side read 0: there is nothing to estimate from.
    """
    pixels = picture.pixels
    if min(pixels.shape[:2]) < 16:
        return 0.0
    x = pixels.astype(np.float32) / np.iinfo(pixels.dtype).max
    read = sigma = _wavelet_sigma(x)
    if read > 0 and ((x == 0) | (x == 1)).mean() > CLIPPED:
        smooth = clean = _smooth(x)
        noise = np.random.default_rng(0).standard_normal(x.shape, dtype=np.float32)
        for _ in range(CORRECTIONS):
            made = (clean + sigma * noise).clip(0, 1)
            sigma *= read / _wavelet_sigma(made)
            clean = (clean + smooth - _smooth(made)).clip(0, 1)
    return 255 * sigma


def _smooth(x: np.ndarray) -> np.ndarray:
    from skimage.filters import gaussian

    return gaussian(x, 1.5, channel_axis=-1 if x.ndim == 3 else None)


def _wavelet_sigma(x: np.ndarray) -> float:
    from skimage.restoration import estimate_sigma

    return float(estimate_sigma(x, average_sigmas=True, channel_axis=-1 if x.ndim == 3 else None))


def estimate_quality(picture: Picture) -> float:
    """The quality, on libjpeg's scale, at which the picture was last stored as a JPEG.

    Of a JPEG file, 1 to 100: the quality whose luma table is nearest to the file's, so exact for the
    standard's tables. Of any other picture, 5 to 95: its luma's DCT coefficients lie near whole
    multiples of the table that they were stored with, and the likeliest table is taken (Fan and de
    Queiroz, 2003, with a share of stray coefficients). A picture that was never a JPEG reads 90 or
    more, and so does one whose blocks of 8 x 8 pixels no longer begin at its upper left corner.
    Pictures of less than 8 pixels a side, without any detail, or black and white all over (text) read
    95: nothing can be seen there.
    """
    if picture.tables is not None:
        return float(_nearest_quality(np.array(picture.tables)))
    coefficients, positions = _strong_coefficients(picture.pixels)
    likelihoods = {
        quality: _likelihood(coefficients, _luma_table(quality)[positions]) for quality in QUALITIES
    }
    return float(max(QUALITIES, key=lambda quality: (likelihoods[quality], quality)))


@cache
def _luma_table(quality: int) -> np.ndarray:
    """(64,): what libjpeg divides the coefficients of a block by, row by row."""
    file = encode(Picture(np.zeros((8, 8), np.uint8)), "jpeg", quality=quality)
    return np.array(read(file).tables)


def _nearest_quality(table: np.ndarray) -> int:
    return min(range(1, 101), key=lambda quality: np.abs(_luma_table(quality) - table).sum())


def _likelihood(coefficients: np.ndarray, steps: np.ndarray) -> float:
    """Log-likelihood of coefficients stored with these steps, against never having been stored.

    Summed over all whole multiples, a step carries its own width of the coefficients' density, which
    therefore cancels: finer steps that divide the true one fit as well, but are less likely.
    """
    off = coefficients - steps * np.round(coefficients / steps)
    near = np.exp(-((off / ROUNDING) ** 2) / 2) / (ROUNDING * np.sqrt(2 * np.pi))
    return float(np.log((1 - STRAY) * steps * near + STRAY).sum())


def _strong_coefficients(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(values, positions 1 to 63 in their block) of the centre's luma DCT coefficients, (K,) each.

    Left out are blocks with clipped pixels, where the decoded values were others, and every block's
    mean, which rounding moves as a whole.
    """
    from scipy.fft import dctn

    x = _blocks(pixels.astype(np.float64) * (255 / np.iinfo(pixels.dtype).max))  # (B, 8, 8, C)
    clipped = ((x == 0) | (x == 255)).any((1, 2, 3))
    luma = x[~clipped] @ ([1.0] if x.shape[3] == 1 else [0.299, 0.587, 0.114])
    coefficients = dctn(luma, axes=(1, 2), norm="ortho").reshape(-1, 64)
    strong = np.abs(coefficients) >= LEAST
    strong[:, 0] = False
    return coefficients[strong], np.nonzero(strong)[1]


def _blocks(pixels: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) -> (B, 8, 8, C): the JPEG blocks of the centre, none of a tiny picture."""
    height, width = pixels.shape[:2]
    x = pixels.reshape(height, width, -1)[_central_blocks(height), _central_blocks(width)]
    down, across, channels = x.shape[0] // 8, x.shape[1] // 8, x.shape[2]
    return x.reshape(down, 8, across, 8, channels).swapaxes(1, 2).reshape(-1, 8, 8, channels)


def _central_blocks(side: int) -> slice:
    length = min(side, CENTRE) // 8 * 8
    start = (side - length) // 2 // 8 * 8
    return slice(start, start + length)
