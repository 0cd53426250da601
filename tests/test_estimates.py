import numpy as np
import pytest

from lib.data import load_images
from lib.degradations import jpeg
from lib.estimates import estimate_noise, estimate_quality
from lib.images import Picture, encode, read, to_pixels, to_tensor
from lib.tasks import add_noise


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
