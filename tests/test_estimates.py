import numpy as np
import pytest

from lib.app.tasks import add_noise, blur_and_add_noise
from lib.data.images import Picture, encode, read, to_pixels, to_tensor
from lib.data.sets import load_images
from lib.degradations import jpeg
from lib.metrics import estimates
from lib.metrics.estimates import estimate_blur, estimate_noise, estimate_quality


def compressed(pixels: np.ndarray, quality: int) -> Picture:
    """Through Pillow's codec, 4:2:0 where it is in colour; its tables are lost, as in a screenshot."""
    return Picture(to_pixels(jpeg(to_tensor(pixels), quality)))


@pytest.mark.parametrize("sigma", [10, 30, 50])
@pytest.mark.parametrize("shape", [(200, 200), (200, 200, 3)])
def test_noise_on_gray_is_estimated(sigma, shape):
    """Without texture or clipping, the estimate is the noise that was drawn."""
    noisy = 127.5 + sigma * np.random.default_rng(0).standard_normal(shape)
    picture = Picture(noisy.clip(0, 255).round().astype(np.uint8))
    assert estimate_noise(picture) == pytest.approx(sigma, rel=0.06)


@pytest.mark.parametrize("sigma", [25, 45, 75])
def test_noise_clipped_at_black_and_white_is_estimated_on_photographs(sigma):
    """The plain wavelet estimate reads 75 as 57 to 66 here."""
    for sample in load_images("skimage")[:3]:
        noisy = add_noise(to_tensor(sample.pixels), sigma, 0)
        assert estimate_noise(Picture(to_pixels(noisy))) == pytest.approx(sigma, rel=0.07)


def test_sixteen_bits_are_estimated_in_8_bit_grey_levels():
    noisy = 127.5 + 20 * np.random.default_rng(0).standard_normal((200, 200))
    picture = Picture((noisy * 257).astype(np.uint16))
    assert estimate_noise(picture) == pytest.approx(20, rel=0.06)


def test_a_channel_without_detail_tells_nothing_of_the_noise():
    noisy = 127.5 + 20 * np.random.default_rng(0).standard_normal((200, 200, 3))
    pixels = noisy.clip(0, 255).round().astype(np.uint8)
    pixels[..., 2] = 0
    assert estimate_noise(Picture(pixels)) == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 3)])
def test_black_has_no_noise(shape):
    assert estimate_noise(Picture(np.zeros(shape, np.uint8))) == 0


@pytest.mark.parametrize("row", [np.arange(64), np.repeat([0, 9, 255], 22), np.repeat([3, 8, 90], 22)])
def test_without_diagonal_detail_there_is_no_noise(row):
    picture = Picture(np.tile(row.astype(np.uint8), (64, 1)))
    assert estimate_noise(picture) == pytest.approx(0, abs=1e-3)


def checkerboard(*values: int, side: int = 1) -> np.ndarray:
    return np.array(values, np.uint8)[np.indices((64, 64)).sum(0) // side % len(values)]


@pytest.mark.parametrize("values", [(0, 255), (3, 90), (0, 1)])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("deep", [False, True])
def test_the_noise_of_two_values_cannot_be_read(values, colour, deep):
    pixels = checkerboard(*values)
    pixels = np.dstack([pixels, 255 - pixels, pixels]) if colour else pixels
    with pytest.raises(ValueError, match="two values cannot be read"):
        estimate_noise(Picture(pixels.astype(np.uint16) * 257 if deep else pixels))


@pytest.mark.parametrize("values", [(0, 255, 254), (0, 255, 128, 255), (255, 0, 1, 254)])
@pytest.mark.parametrize("side", [1, 2])
def test_no_noise_is_beyond_half_the_values_black_and_half_white(values, side):
    assert 0 <= estimate_noise(Picture(checkerboard(*values, side=side))) <= 127.5


@pytest.mark.parametrize("sigma", [10, 40])
def test_a_large_picture_is_sampled(sigma, monkeypatch):
    """The same noise everywhere reads as it is; and of 24 megapixels no more than one is computed with."""
    seen = []
    original = estimates._wavelet_sigma
    monkeypatch.setattr(estimates, "_wavelet_sigma", lambda x: seen.append(x.shape) or original(x))
    noise = sigma * np.random.default_rng(0).standard_normal((400, 500), dtype=np.float32)
    noisy = np.tile(127.5 + noise, (10, 12)).clip(0, 255).astype(np.uint8)
    assert estimate_noise(Picture(noisy)) == pytest.approx(sigma, rel=0.06)
    assert seen and set(seen) == {(1024, 1024, 1)}


def test_a_large_picture_is_sampled_everywhere():
    """Noise in one half of an image, whichever, is seen; a square in the middle would miss the edges."""
    noise = 30 * np.random.default_rng(0).standard_normal((2000, 2000))
    for half in (np.s_[:1200], np.s_[800:], np.s_[:, :1200], np.s_[:, 800:]):
        pixels = np.full((2000, 2000), 127.5)
        pixels[half] += noise[half]
        assert estimate_noise(Picture(pixels.clip(0, 255).astype(np.uint8))) > 10


def test_tiny_pictures_have_no_noise():
    assert estimate_noise(Picture(np.zeros((4, 5, 3), np.uint8))) == 0


@pytest.mark.parametrize("quality", [1, 9, 10, 50, 75, 85, 99, 100])
def test_the_quality_of_a_jpeg_file_is_read_off_its_table(quality, astronaut):
    picture = read(encode(Picture(astronaut[:33, :47]), "jpeg", quality=quality))
    assert estimate_quality(picture) == quality


def test_a_table_of_another_making_has_the_nearest_quality():
    """The standard's own table, quality 50, with its last number changed."""
    standard = read(encode(Picture(np.zeros((8, 8), np.uint8)), "jpeg", quality=50)).tables
    assert standard[:8] == (16, 11, 10, 16, 24, 40, 51, 61) and standard[-1] == 99
    picture = Picture(np.zeros((8, 8), np.uint8), tables=(*standard[:-1], 90))
    assert estimate_quality(picture) == 50


@pytest.mark.parametrize("quality", [7, 10, 20, 40, 60, 80, 90])
def test_quality_is_exact_on_photographs_without_tables(quality):
    """80 is the harder for 90, whose steps are half as wide; the coffee and the astronaut are clipped."""
    for sample in (*load_images("skimage")[:3], *load_images("skimage-gray")[:2]):
        assert estimate_quality(compressed(sample.pixels, quality)) == quality, sample.name


def test_the_grid_is_found_whatever_the_size_and_the_bits(astronaut):
    picture = compressed(astronaut[:301, :499], 30)
    assert estimate_quality(picture) == 30
    assert estimate_quality(Picture(picture.pixels.astype(np.uint16) * 257)) == 30


def test_what_was_never_a_jpeg_has_a_high_quality():
    """Of the embedded photographs in gray, some are JPEG files themselves; noise is none."""
    photographs = [sample.pixels for sample in load_images("skimage")]
    noise = np.random.default_rng(0).integers(0, 256, (64, 72, 3), dtype=np.uint8)
    assert all(estimate_quality(Picture(pixels)) >= 90 for pixels in (*photographs, noise))


@pytest.mark.parametrize("shape", [(1, 1), (4, 5, 3), (7, 300), (8, 8), (64, 64, 3)])
def test_pictures_too_small_or_too_flat_to_tell_have_a_high_quality(shape):
    assert estimate_quality(Picture(np.full(shape, 99, np.uint8))) >= 90


def test_black_and_white_all_over_tells_nothing():
    letters = np.zeros((64, 64), np.uint8)
    letters[:, ::3] = 255
    assert estimate_quality(Picture(letters)) >= 90


@pytest.mark.parametrize(("sigma", "tolerance"), [(0, 0.4), (15, 0.4), (30, 0.5), (50, 0.8)])
@pytest.mark.parametrize("radius", [1.0, 2.0, 3.0, 4.0])
def test_blur_is_estimated_on_photographs_through_noise(radius, sigma, tolerance):
    """Photographs differ: a blur of one pixel and an image that was a little soft look much alike."""
    for sample in load_images("skimage")[:3]:
        x = to_tensor(sample.pixels)[..., :300, :300]
        picture = Picture(to_pixels(blur_and_add_noise(x, radius, sigma, 0)))
        assert estimate_blur(picture) == pytest.approx(radius, abs=tolerance), sample.name


@pytest.mark.parametrize("sigma", [0, 30])
def test_sharp_photographs_have_little_blur(sigma):
    for sample in load_images("skimage")[:3]:
        x = to_tensor(sample.pixels)[..., :300, :300]
        assert estimate_blur(Picture(to_pixels(blur_and_add_noise(x, 0.0, sigma, 0)))) <= 0.6, sample.name


def test_a_made_spectrum_is_read_exactly():
    """Noise shaped to the law that the estimate presumes, blurred by 1.5 and 2.5 pixels."""
    noise = np.random.default_rng(0).standard_normal((512, 512))
    f = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.fftfreq(512))
    f[0, 0] = 1
    for radius in (1.5, 2.5):
        gain = f**-1.3 * np.exp(-2 * np.pi**2 * radius**2 * f**2)
        x = np.fft.ifft2(np.fft.fft2(noise) * gain).real
        x = 128 + 40 * x / x.std()
        picture = Picture(x.clip(0, 255).round().astype(np.uint8))
        assert estimate_blur(picture) == pytest.approx(radius, abs=0.11)


def test_blur_is_read_alike_of_16_bits_and_of_gray(astronaut):
    x = blur_and_add_noise(to_tensor(astronaut)[..., :200, :260], 2.0, 10.0, 0)
    pixels = to_pixels(x)
    read = estimate_blur(Picture(pixels))
    assert estimate_blur(Picture(pixels.astype(np.uint16) * 257)) == read
    assert estimate_blur(Picture(pixels[..., 1])) == pytest.approx(read, abs=0.3)


@pytest.mark.parametrize("shape", [(4, 5, 3), (127, 400), (150, 150), (150, 150, 3)])
def test_nothing_to_see_is_no_blur(shape):
    assert estimate_blur(Picture(np.full(shape, 99, np.uint8))) == 0
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert estimate_blur(Picture(noise)) == 0
