"""How strongly an image was degraded, read off the image itself: its noise, blur and JPEG quality."""

from functools import cache

import numpy as np

from lib.data.images import Picture, encode, read

CLIPPED = 0.001  # share of samples at black or white above which clipping is allowed for
CORRECTIONS = 5
MOST = 127.5  # grey levels: half the values at black, half at white

LOOKED_AT = 1024  # pixels a side: what of an image is looked at
TILE = 128  # pixels a side, in which a larger image is sampled, and of which spectra are taken
COARSE = 3  # of TILE: longer waves say more of the scene than of its blur
STEEPNESS = 2.6  # power of a photograph falls with frequency to this: mean of BSDS500's training images
BLURS = np.arange(41) / 10  # pixels
FITTING = 8  # Gauss-Newton steps

QUALITIES = range(5, 96)
CENTRE = 256  # pixels a side: what of an image is looked at
ROUNDING = 0.5  # standard deviation of a coefficient after rounding to 8 bits, generously
STRAY = 0.3  # share of coefficients taken to lie off every grid
LEAST = 3.0  # smaller coefficients say nothing: most were rounded to zero


def estimate_noise(picture: Picture) -> float:
    """Standard deviation of the noise in 8-bit grey levels, mean over channels, at most MOST.

    The median absolute deviation of the finest diagonal wavelet coefficients (Donoho and Johnstone,
    1994), from scikit-image. Noise that was clipped at black and white reads lower than it was: there
    a smooth image and a level are sought which, made noisy and clipped, look and read the same.
    Channels of one value do not count. Images without others, or of less than 16 pixels a side, read 0:
    there is nothing to estimate from. A side of more than LOOKED_AT pixels is sampled: LOOKED_AT of them, in
    evenly spread runs of TILE. Raises ValueError where no channel takes more than two values: what is drawn
    and what is noise look the same there.
    """
    pixels = picture.pixels
    if min(pixels.shape[:2]) < 16:
        return 0.0
    pixels = pixels[np.ix_(*map(_spread, pixels.shape[:2]))]
    x = np.atleast_3d(pixels).astype(np.float32) / np.iinfo(pixels.dtype).max
    x = x[..., np.ptp(x, (0, 1)) > 0]
    if not x.size:
        return 0.0
    if ((x == x.min((0, 1))) | (x == x.max((0, 1)))).all():
        raise ValueError("The noise of an image of two values cannot be read: set the knob by hand.")
    read = sigma = _wavelet_sigma(x)
    if read > 0 and ((x == 0) | (x == 1)).mean() > CLIPPED:
        smooth = clean = _smooth(x)
        noise = np.random.default_rng(0).standard_normal(x.shape, dtype=np.float32)
        for _ in range(CORRECTIONS):
            made = (clean + sigma * noise).clip(0, 1)
            sigma = min(sigma * read / _wavelet_sigma(made), MOST / 255)
            clean = (clean + smooth - _smooth(made)).clip(0, 1)
    return min(255 * sigma, MOST)


def _spread(side: int) -> np.ndarray:
    """Indices along a side: all, or evenly spread runs of a long one."""
    if side <= LOOKED_AT:
        return np.arange(side)
    starts = np.linspace(0, side - TILE, LOOKED_AT // TILE).astype(int)
    return (starts[:, None] + np.arange(TILE)).ravel()


def estimate_blur(picture: Picture) -> float:
    """Standard deviation in pixels, 0 to 4, of the Gaussian that an image was blurred with.

    The power of a sharp photograph falls with spatial frequency f as f^-STEEPNESS, a Gaussian of r pixels
    multiplies it by exp(-4 pi^2 r^2 f^2), and white noise adds a constant, which is read off the image
    first: the r is taken whose curve lies nearest to the image's spectrum, in the mean square of
    logarithms over rings of frequency. An image that was soft before reads the blur that it had; one of
    less than TILE pixels a side, or without any detail, reads 0.
    """
    pixels = picture.pixels
    if min(pixels.shape[:2]) < TILE:
        return 0.0
    top, left = (max(0, side - LOOKED_AT) // 2 for side in pixels.shape[:2])
    centre = pixels[top : top + LOOKED_AT, left : left + LOOKED_AT]
    gray = centre.reshape(*centre.shape[:2], -1).mean(2, dtype=np.float64) / np.iinfo(pixels.dtype).max
    frequencies, power = _spectrum(255 * gray)
    if power[0] <= ROUNDING**2:
        return 0.0
    floor = max(255 * _wavelet_sigma(gray.astype(np.float32)), ROUNDING) ** 2
    if power[0] <= 2 * floor:  # less of the image than of the noise
        return 0.0
    return float(BLURS[_misfit(frequencies, power, floor).argmin()])


def _spectrum(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in cycles a pixel and the mean power on the ring of each, (K,) each; white noise of
    variance v has power v. Overlapping tiles under a Hann window (Welch, 1967)."""
    window = np.outer(*[np.hanning(TILE + 2)[1:-1]] * 2)
    tiles = np.lib.stride_tricks.sliding_window_view(gray, (TILE, TILE))[:: TILE // 2, :: TILE // 2]
    means = (tiles * window).sum((2, 3), keepdims=True) / window.sum()
    power = (np.abs(np.fft.rfft2((tiles - means) * window)) ** 2).mean((0, 1)) / (window**2).sum()
    rings = np.hypot(*np.meshgrid(np.fft.fftfreq(TILE), np.fft.rfftfreq(TILE), indexing="ij")) * TILE
    numbers = np.arange(COARSE, TILE // 2 + 1)
    return numbers / TILE, np.array([power[rings.round() == number].mean() for number in numbers])


def _misfit(frequencies: np.ndarray, power: np.ndarray, floor: float) -> np.ndarray:
    """Of each of BLURS, how far its curve lies from the spectrum at the contrast that suits it best."""
    shape = frequencies**-STEEPNESS * np.exp(-((2 * np.pi * BLURS[:, None] * frequencies) ** 2))
    shape /= shape[:, :1]
    contrast = np.full((len(BLURS), 1), np.log(power[0] - floor))
    for _ in range(FITTING):
        signal = np.exp(contrast) * shape
        slope = signal / (signal + floor)
        error = np.log(power) - np.log(signal + floor)
        contrast += np.clip((slope * error).sum(1, keepdims=True) / (slope**2).sum(1, keepdims=True), -2, 2)
    return np.square(np.log(power) - np.log(np.exp(contrast) * shape + floor)).sum(1)


def _smooth(x: np.ndarray) -> np.ndarray:
    from skimage.filters import gaussian

    return gaussian(x, 1.5, channel_axis=-1 if x.ndim == 3 else None)


def _wavelet_sigma(x: np.ndarray) -> float:
    """The mean over channels; of one without any diagonal detail 0."""
    from skimage.restoration import estimate_sigma

    sigmas = estimate_sigma(x, channel_axis=-1 if x.ndim == 3 else None)
    return float(np.nan_to_num(sigmas).mean())


def estimate_quality(picture: Picture) -> float:
    """The quality, on libjpeg's scale, at which the image was last stored as a JPEG.

    Of a JPEG file, 1 to 100: the quality whose luma table is nearest to the file's, so exact for the
    standard's tables. Of any other image, 5 to 95: its luma's DCT coefficients lie near whole
    multiples of the table that they were stored with, and the likeliest table is taken (Fan and de
    Queiroz, 2003, with a share of stray coefficients). An image that was never a JPEG reads 90 or
    more, and so does one whose blocks of 8 x 8 pixels no longer begin at its upper left corner.
    Images of less than 8 pixels a side, without any detail, or black and white all over (text) read
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
    """(H, W) or (H, W, C) -> (B, 8, 8, C): the JPEG blocks of the centre, none of a tiny image."""
    height, width = pixels.shape[:2]
    x = pixels.reshape(height, width, -1)[_central_blocks(height), _central_blocks(width)]
    down, across, channels = x.shape[0] // 8, x.shape[1] // 8, x.shape[2]
    return x.reshape(down, 8, across, 8, channels).swapaxes(1, 2).reshape(-1, 8, 8, channels)


def _central_blocks(side: int) -> slice:
    length = min(side, CENTRE) // 8 * 8
    start = (side - length) // 2 // 8 * 8
    return slice(start, start + length)
