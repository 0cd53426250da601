from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from lib.app.tasks import (
    DEBLUR,
    DEJPEG,
    DENOISE,
    DENOISE_FLOAT,
    REAL,
    SR,
    KnobCurve,
    Loaded,
    Task,
    automatic,
    beyond,
    blind_super_resolution,
    enlarge,
    extrapolates,
    knob_for,
    prepare,
    straight_line,
    super_resolution,
)
from lib.data.images import BadImage, Picture, encode, read, to_pixels, to_tensor
from lib.degradations import to_8bit
from lib.degradations.levels import BlurNoise, Blurred
from lib.models.knobs import Controllable, Knob

CURVE = KnobCurve("coef", "sigma", (-0.25, 1 / 60), low=15, high=75)
COEF = Knob("coef", 0.0, 1.0, 0.0, "")


class Net(Controllable):
    knobs = (COEF,)


def loaded(curve: KnobCurve | None, task: Task = DENOISE) -> Loaded:
    return Loaded("net", Net(), task, 3, "smoke", curve)


@pytest.mark.parametrize(("level", "knob"), [(15, 0.0), (45, 0.5), (75, 1.0), (0, 0.0), (99, 1.0)])
def test_a_line_from_15_to_75(level, knob):
    assert knob_for(level, CURVE) == pytest.approx(knob)


def test_a_curve_that_was_measured_beyond_the_range_goes_there():
    """And no further than the best knobs that were found."""
    wider = KnobCurve("alpha_in", "sigma", (-1.0, 0.03), 5, 75, least=-0.5, most=1.2)
    assert [knob_for(sigma, wider) for sigma in (10, 20, 30, 70)] == pytest.approx([-0.5, -0.4, -0.1, 1.1])
    assert knob_for(75, wider) == 1.2


def test_only_levels_and_knobs_outside_the_range_get_a_sentence():
    assert beyond(15, CURVE) is None and beyond(75, CURVE) is None
    assert beyond(80.04, CURVE).startswith("sigma 80 lies outside 15 to 75, ")
    assert beyond(14.96, CURVE).startswith("sigma 15 ") and beyond(9.26, CURVE).startswith("sigma 9.3 ")
    assert extrapolates(1.0, COEF) is None
    assert "coef = 1.2 lies outside 0 to 1" in extrapolates(1.2, COEF)


def test_auto_follows_the_curve():
    noisy = 127.5 + 45 * np.random.default_rng(0).standard_normal((200, 200))
    level, value = automatic(Picture(noisy.clip(0, 255).astype(np.uint8)), loaded(CURVE), 7.0)
    assert level == pytest.approx(45, rel=0.06)
    assert value == pytest.approx(0.5, abs=0.05)


def test_auto_without_a_curve_says_so():
    with pytest.raises(ValueError, match="no fitted curve"):
        automatic(Picture(np.zeros((20, 20), np.uint8)), loaded(None), 7.0)


def test_auto_reads_the_quality_of_a_jpeg_and_says_where_it_lies_outside(astronaut):
    curve = KnobCurve("coef", "quality", (8 / 7, -1 / 70), low=10, high=80)
    for stored, knob in ((45, 0.5), (85, 0.0), (5, 1.0)):
        picture = read(encode(Picture(astronaut[:40, :40]), "jpeg", quality=stored))
        level, value = automatic(picture, loaded(curve, DEJPEG), 30.0)
        assert (level, value) == (stored, pytest.approx(knob))
    assert beyond(85, curve) == (
        "quality 85 lies outside 10 to 80, the levels that Auto knows: "
        "coef is set for the nearest one."
    )


@pytest.mark.parametrize(("factor", "knob"), [(3.0, 0.0), (3.4, 0.4), (4.0, 1.0)])
def test_auto_takes_the_factor_that_was_stated(factor, knob):
    line = straight_line("coef", SR.level)
    picture = Picture(np.zeros((20, 20), np.uint8))
    assert automatic(picture, loaded(line, SR), factor) == (factor, pytest.approx(knob))


def test_super_resolution_starts_inside_its_range():
    assert [super_resolution(low, low + 1).level.start for low in (2.0, 3.0, 5.0)] == [2.4, 3.4, 5.4]


def test_enlarging_keeps_bits_and_takes_the_alpha_along(astronaut):
    """A ramp stays a ramp: of 257 grey levels a pixel, one third of it away from the borders."""
    ramp = np.tile(np.arange(40, dtype=np.uint16) * 771, (10, 1))
    large = enlarge(Picture(ramp, alpha=ramp), 3, max_pixels=10**6)
    assert large.pixels.shape == (30, 120) and large.pixels.dtype == np.uint16
    assert (np.diff(large.pixels[15, 9:-9].astype(int)) == 257).all()
    np.testing.assert_array_equal(large.alpha, large.pixels)
    assert enlarge(Picture(astronaut[:10, :11]), 3.4, max_pixels=10**6).pixels.shape == (34, 38, 3)


def test_a_picture_that_would_grow_too_large_is_refused_before_it_does():
    """Its pixels are not even touched."""
    picture = Picture(np.broadcast_to(np.uint8(0), (100_000, 100_000)))
    with pytest.raises(BadImage, match=r"3\.4 times, it would have 340000 x 340000 pixels, more"):
        enlarge(picture, 3.4, max_pixels=100_000_000)


def test_a_degraded_jpeg_is_pillows_and_in_colour_420(photo, astronaut):
    file = BytesIO()
    Image.fromarray(astronaut).save(file, "jpeg", quality=20)  # Pillow's own subsampling is 4:2:0
    np.testing.assert_array_equal(to_pixels(DEJPEG.degrade(photo, 20.0, 0)), np.asarray(Image.open(file)))


def test_a_lower_resolution_has_the_same_size_and_fewer_details(photo):
    for factor in (3.0, 3.4):
        low = SR.degrade(photo[..., :100, :101], factor, 0)
        assert low.shape == (1, 3, 100, 101)
        assert float(low.diff(dim=-1).abs().mean()) < 0.8 * float(photo.diff(dim=-1).abs().mean())


def test_float_noise_is_left_as_it_is(photo):
    noisy = DENOISE_FLOAT.degrade(photo, 50, 3)
    assert noisy.min() < 0 and noisy.max() > 1
    assert float((noisy - photo).std()) * 255 == pytest.approx(50, rel=0.02)
    torch.testing.assert_close(to_8bit(noisy), DENOISE.degrade(photo, 50, 3))


def test_the_same_seed_makes_the_same_8_bit_noise(photo):
    first, again, other = (DENOISE.degrade(photo, 25, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    torch.testing.assert_close(first * 255, (first * 255).round(), atol=1e-4, rtol=0)
    middle = (photo > 0.4) & (photo < 0.6)  # where nothing is clipped
    assert float((first - photo)[middle].std()) * 255 == pytest.approx(25, rel=0.02)


@pytest.mark.parametrize("factor", [2, 4])
def test_pixels_of_blind_super_resolution_are_repeated(factor, photo, astronaut):
    task = blind_super_resolution(factor)
    assert task.factors == (factor, factor) and replace(loaded(None), task=task).title == f"net x{factor}"
    alpha = np.arange(70, dtype=np.uint8).reshape(7, 10)
    large = prepare(Picture(astronaut[:7, :10], alpha=alpha), task, 2.0, max_pixels=10**6)
    assert large.pixels.shape == (7 * factor, 10 * factor, 3)
    np.testing.assert_array_equal(large.pixels[::factor, ::factor], astronaut[:7, :10])
    np.testing.assert_array_equal(large.alpha[factor - 1 :: factor, factor - 1 :: factor], alpha)
    with pytest.raises(BadImage, match=f"enlarged {factor} times"):
        prepare(Picture(astronaut), task, 2.0, max_pixels=10**5)
    degraded = task.degrade(photo[..., :41, :50], 2.0, 0)
    assert degraded.shape == (1, 3, 41, 50)
    small = Blurred(factor).degrade(photo[..., :41, :50], torch.Generator())
    assert torch.equal(degraded[..., ::factor, ::factor], small)
    assert torch.equal(degraded[..., 1:40:factor, ::factor], small[..., : 40 // factor, :])


def test_pictures_that_keep_their_size_are_left_alone(astronaut):
    picture = Picture(astronaut)
    assert prepare(picture, DENOISE, 30.0, max_pixels=1) is picture
    assert DENOISE.factors is None and SR.factors == (3.0, 4.0)


def test_a_camera_takes_gray_and_colour_and_more_noise_the_stronger(photo):
    x = photo[..., :64, :64]
    gray = x.mean(1, keepdim=True)
    assert REAL.degrade(gray, 50.0, 1).shape == gray.shape
    errors = [float((REAL.degrade(x, strength, 1) - x).std()) for strength in (0.0, 50.0, 100.0)]
    assert errors[0] < errors[1] < errors[2]
    first, again, other = (REAL.degrade(x, 50.0, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_blur_and_noise_are_those_that_cugan_is_trained_on(photo):
    x, levels = photo[..., :60, :70], (2.0, 30.0)
    made = DEBLUR.degrade(x, *levels, 5)
    expected = BlurNoise(*levels).degrade(x, torch.Generator().manual_seed(5))
    assert torch.equal(made, expected)
    assert not torch.equal(made, DEBLUR.degrade(x, *levels, 6))


def test_every_level_of_a_task_has_its_estimate_and_its_knob(astronaut):
    """A blur of 2 pixels is half of 4, noise of 30 grey levels is 0.6 of 50."""

    class Both(Controllable):
        knobs = (Knob("blur", 0.0, 1.0, 0.0, ""), Knob("noise", 0.0, 1.0, 0.0, ""))

    first, second = map(straight_line, DEBLUR.told, DEBLUR.levels)
    network = Loaded("both", Both(), DEBLUR, 3, "smoke", first, (second,))
    x = to_tensor(astronaut)[..., :300, :300]
    picture = Picture(to_pixels(DEBLUR.degrade(x, 2.0, 30.0, 0)))
    blur, noise = (automatic(picture, network, None, place) for place in (0, 1))
    assert blur == pytest.approx((2.0, 0.5), rel=0.2)
    assert noise == pytest.approx((30.0, 0.6), rel=0.03)
