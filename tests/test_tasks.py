import numpy as np
import pytest
import torch

from lib.data import load_images
from lib.images import Picture, to_pixels, to_tensor
from lib.models.knobs import Controllable, Knob
from lib.tasks import (
    DENOISE,
    KnobCurve,
    Loaded,
    add_noise,
    automatic,
    beyond,
    estimate_noise,
    extrapolates,
    knob_for,
)

CURVE = KnobCurve("coef", "sigma", (-0.25, 1 / 60), low=15, high=75)
COEF = Knob("coef", 0.0, 1.0, 0.0, "")


class Net(Controllable):
    knobs = (COEF,)


def loaded(curve: KnobCurve | None) -> Loaded:
    return Loaded("net", Net(), DENOISE, 3, "smoke", curve)


@pytest.mark.parametrize(("level", "knob"), [(15, 0.0), (45, 0.5), (75, 1.0), (0, 0.0), (99, 1.0)])
def test_a_line_from_15_to_75(level, knob):
    assert knob_for(level, CURVE) == pytest.approx(knob)


def test_only_levels_and_knobs_outside_the_range_get_a_sentence():
    assert beyond(15, CURVE) is None and beyond(75, CURVE) is None
    assert "sigma 80.0" in beyond(80, CURVE)
    assert extrapolates(1.0, COEF) is None
    assert "coef = 1.2 lies outside 0 to 1" in extrapolates(1.2, COEF)


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


def test_auto_follows_the_curve(photo):
    noisy = 127.5 + 45 * np.random.default_rng(0).standard_normal((200, 200))
    level, value = automatic(Picture(noisy.clip(0, 255).astype(np.uint8)), loaded(CURVE))
    assert level == pytest.approx(45, rel=0.06)
    assert value == pytest.approx(0.5, abs=0.05)


def test_auto_without_a_curve_says_so():
    with pytest.raises(ValueError, match="no fitted curve"):
        automatic(Picture(np.zeros((20, 20), np.uint8)), loaded(None))


def test_the_same_seed_makes_the_same_8_bit_noise(photo):
    first, again, other = (DENOISE.degrade(photo, 25, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    torch.testing.assert_close(first * 255, (first * 255).round(), atol=1e-4, rtol=0)
    middle = (photo > 0.4) & (photo < 0.6)  # where nothing is clipped
    assert float((first - photo)[middle].std()) * 255 == pytest.approx(25, rel=0.02)
