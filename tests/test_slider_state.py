import io
import math
import shlex
import sys
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from test_metadata import SRGB, photographed
from test_restore import deep_with_alpha

from lib import __main__ as command_line
from lib.app import slider_state
from lib.app.slider_state import AGAIN, FLIPPED, ITSELF, Box, LatestWins, SliderState, fit, mirrored
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
    blind_super_resolution,
    enlarge,
    straight_line,
    whole_super_resolution,
)
from lib.data.images import Picture, encode, read, to_pixels, to_tensor
from lib.data.metadata import Metadata
from lib.data.sets import Sample
from lib.degradations import resize, to_8bit
from lib.models.adafm import AdaFM, RestorationNet
from lib.models.cfsnet import CFSNet
from lib.models.cugan import CUNet
from lib.models.vdir import VDIR, Encoder, Estimator, Restorer, jpeg_reading, noise_reading
from lib.training.wrappers import Interpolated, OfRepeated

CURVE = KnobCurve("coef", "sigma", (-0.25, 1 / 60), low=15, high=75)
QUALITY_CURVE = KnobCurve("coef", "quality", (8 / 7, -1 / 70), low=10, high=80)


def loaded(curve: KnobCurve | None = CURVE, task: Task = DENOISE, channels: int = 3) -> Loaded:
    """A small network of random weights."""
    torch.manual_seed(0)
    net = RestorationNet(channels, 4, 1, partial(AdaFM, kernel_size=1)).eval()
    for parameter in net.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=1.5 * parameter[0].numel() ** -0.5)
    torch.nn.init.constant_(net.out.bias, 0.5)  # an image in the middle of the range
    return Loaded(f"adafm-{task.name}", net, task, channels, "smoke", curve)


def three_knobs() -> Loaded:
    """Two small networks of random weights that are told blur and noise, and texture between them."""
    torch.manual_seed(0)
    nets = [CUNet(widths=(4, 6), blocks=1).eval() for _ in range(2)]
    for net in nets:
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter, std=0.3 * parameter[0].numel() ** -0.5)
    curves = [straight_line(*pair) for pair in zip(DEBLUR.told, DEBLUR.levels, strict=True)]
    return Loaded("cugan", Interpolated(*nets), DEBLUR, 3, "smoke", curves[0], (curves[1],))


@pytest.fixture
def state(astronaut) -> SliderState:
    gray = np.full((150, 160, 3), 128, np.uint8)
    samples = [Sample("face", astronaut[:200, 100:340]), Sample("gray", gray)]
    return SliderState([loaded()], samples, device="cpu")


@pytest.fixture
def jpeg_state(astronaut) -> SliderState:
    samples = [Sample("face", astronaut[:200, 100:340])]
    return SliderState([loaded(QUALITY_CURVE, DEJPEG, 1)], samples, device="cpu")


@pytest.fixture
def sr_state(astronaut) -> SliderState:
    network = loaded(straight_line("coef", SR.level), SR)
    samples = [Sample("face", astronaut[:61, 100:180]), Sample("hand", astronaut[-40:, :30])]
    return SliderState([network], samples, device="cpu")


def y_db(pixels: np.ndarray, reference: np.ndarray) -> float:
    """BT.601 luma of 8-bit images, peak 255."""
    weights = np.array([65.481, 128.553, 24.966]) / 255
    difference = (pixels.astype(float) - reference) @ weights
    return 10 * np.log10(255**2 / np.mean(difference**2))


def test_starts_with_the_first_sample_degraded_and_a_reference(state):
    frame = state.frame()
    assert state.name == "face" and state.size == (240, 200)
    assert frame.restored.shape == (200, 240, 3) and frame.whole
    difference = state.degraded().astype(float) - state.original()
    by_hand = 10 * np.log10(255**2 / np.mean(difference**2))
    assert frame.before_db == pytest.approx(by_hand, abs=1e-3)


def test_turning_the_knob_changes_the_result_only(state):
    before, first = state.degraded(), state.frame()
    state.set_knob("coef", 0.8)
    second = state.frame()
    assert np.abs(first.restored.astype(float) - second.restored).mean() > 1
    assert first.after_db != second.after_db and first.before_db == second.before_db
    np.testing.assert_array_equal(before, state.degraded())


def test_level_and_seed_change_the_degraded_picture(state):
    state.set_level(10)
    weak = state.degraded()
    state.set_level(60)
    strong = state.degraded()
    state.set_seed(5)
    assert (
        np.abs(strong.astype(int) - state.original()).mean()
        > 3 * np.abs(weak.astype(int) - state.original()).mean()
    )
    assert not np.array_equal(strong, state.degraded())


def test_a_picture_taken_as_it_is_has_no_reference(state):
    state.set_degrading(False)
    frame = state.frame()
    np.testing.assert_array_equal(state.degraded(), state.original())
    assert frame.before_db is None and frame.after_db is None


def test_auto_estimates_and_sets_the_knob(state):
    state.choose("gray")
    state.set_level(45)
    state.auto()
    assert state.knobs["coef"] == pytest.approx(0.5, abs=0.05)
    assert state.note.startswith("Auto: sigma estimated as 4")


def test_auto_beyond_the_trained_levels_says_so(state):
    state.choose("gray")
    state.set_level(5)
    state.auto()
    assert state.knobs["coef"] == 0.0 and "outside 15 to 75" in state.note


def test_auto_without_a_curve_says_so(astronaut):
    state = SliderState([loaded(curve=None)], [Sample("face", astronaut[:64, :64])], device="cpu")
    assert not state.can_auto
    state.auto()
    assert "no fitted curve" in state.note


def test_a_knob_outside_its_range_extrapolates_aloud(state):
    state.set_knob("coef", 1.3)
    assert state.knobs["coef"] == 1.3 and "extrapolates" in state.note
    state.set_knob("coef", 0.3)
    assert state.note == ""


def test_unknown_knob(state):
    with pytest.raises(ValueError, match="coef"):
        state.set_knob("strength", 0.5)


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n broken"])
def test_a_bad_upload_leaves_a_sentence_and_the_picture(state, data):
    before = state.frame().restored
    state.upload("mine.png", data)
    assert state.note.startswith("mine.png: ") and state.note.endswith(".")
    assert state.name == "face"
    np.testing.assert_array_equal(state.frame().restored, before)


def test_a_truncated_upload_is_bad_too(state, astronaut):
    state.upload("half.png", encode(Picture(astronaut[:64, :64]), "png")[:5000])
    assert "half.png" in state.note and state.name == "face"


def test_too_large_an_upload_is_refused_in_words(state):
    state.refuse_upload("poster.tif", 200 * 2**20)
    assert "200 MiB" in state.note and "64 MiB" in state.note and state.name == "face"


def test_an_upload_is_taken_as_it_is(state, astronaut):
    state.upload("mine.png", encode(Picture(astronaut[:50, :70]), "png"))
    assert state.note.startswith("Auto: ") and state.size == (70, 50) and not state.degrading
    np.testing.assert_array_equal(state.original(), astronaut[:50, :70])


def test_every_image_and_network_opens_at_auto_and_it_is_said(state, astronaut):
    state.set_knob("coef", 0.9)
    noisy = to_8bit(to_tensor(astronaut[:200, 100:340]) + 45 / 255 * torch.randn(1, 3, 200, 240))
    state.upload("mine.png", encode(Picture(to_pixels(noisy)), "png"))
    opened, said = dict(state.knobs), state.note
    assert opened["coef"] == pytest.approx(0.5, abs=0.05) and said.startswith("Auto: sigma estimated as 4")
    state.auto()
    assert (state.knobs, state.note) == (opened, said)
    state.choose("face")
    assert state.knobs["coef"] == pytest.approx(0.25, abs=0.05)


def test_knobs_that_say_the_levels_are_estimated_on_an_image_as_it_is(blurred_state, astronaut):
    noisy = to_8bit(to_tensor(astronaut[:200, 100:340]) + 20 / 255 * torch.randn(1, 3, 200, 240))
    blurred_state.upload("mine.png", encode(Picture(to_pixels(noisy)), "png"))
    assert blurred_state.knobs["noise"] == pytest.approx(0.4, abs=0.05)


def test_a_share_of_the_image_before_is_blended_in(state):
    restored, before = (x.astype(float) for x in (state.frame().restored, state.degraded()))
    state.set_blend(0.25)
    np.testing.assert_allclose(state.frame().restored, 0.75 * before + 0.25 * restored, atol=1)
    name, data = state.download()
    np.testing.assert_array_equal(read(data).pixels, state.frame().restored)
    assert name == "face-adafm-denoise-coef0.25-blend0.25.png"
    assert state.command().endswith("# without the 75 % of the image before that are blended in")


def test_download_is_lossless_and_keeps_bits_and_alpha(state):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 65536, (40, 51, 3), dtype=np.uint16)
    alpha = rng.integers(0, 65536, (40, 51), dtype=np.uint16)
    state.upload("deep.png", encode(Picture(pixels, alpha), "png"))
    name, data = state.download()
    saved = read(data)
    assert name == "deep-adafm-denoise-coef1.00.png"  # pure noise: Auto goes to the end
    assert saved.pixels.dtype == np.uint16
    np.testing.assert_array_equal(saved.alpha, alpha)
    shown = state.frame().restored
    np.testing.assert_allclose(saved.pixels / 257, shown, atol=0.51)


def test_the_download_is_what_is_shown(state):
    _, data = state.download()
    np.testing.assert_array_equal(read(data).pixels, state.frame().restored)


def test_a_region_answers_first_when_the_whole_is_slow(state):
    state.frame()
    assert not state.region_first()  # nothing changed since
    state.pixels_per_second = 1000.0
    state.set_knob("coef", 0.5)
    assert state.region_first()
    state.pixels_per_second = 1e12
    assert not state.region_first()


def test_a_region_answers_first_while_the_speed_is_not_known(state, monkeypatch):
    monkeypatch.setattr(slider_state, "QUICK", math.prod(state.size) - 1)
    assert state.pixels_per_second is None and state.region_first()
    monkeypatch.setattr(slider_state, "QUICK", math.prod(state.size))
    assert not state.region_first()


def test_a_close_up_is_of_the_pictures_themselves(state):
    assert state.close_up(64) is None  # nothing is restored yet
    whole = state.frame().restored
    state.look_at(0.9, 0.301)
    box, parts = state.close_up(65)
    assert (box.left + box.width, box.top) == (240, 27)  # to the last pixel
    rows, columns = slice(box.top, box.top + 65), slice(box.left, box.left + 65)
    for name, picture in (("original", state.original()), ("before", state.degraded()), ("after", whole)):
        np.testing.assert_array_equal(parts[name], picture[rows, columns])


@pytest.mark.parametrize("focus", [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (7.0, -3.0)])
def test_the_region_is_a_part_of_the_whole(state, focus):
    state.look_at(*focus)
    region = state.region()
    box = region.box
    assert not region.whole and box.left + box.width <= 240 and box.top + box.height <= 200
    whole = state.frame().restored
    part = whole[box.top : box.top + box.height, box.left : box.left + box.width]
    inside = (slice(16, -16), slice(16, -16))  # away from the region's own border
    np.testing.assert_allclose(region.restored[inside], part[inside], atol=1)


def test_jpeg_is_measured_on_luma(jpeg_state):
    jpeg_state.set_level(12)
    frame = jpeg_state.frame()
    original = jpeg_state.original()
    assert frame.before_db == pytest.approx(y_db(jpeg_state.degraded(), original), abs=1e-3)
    assert frame.after_db == pytest.approx(y_db(frame.restored, original), abs=0.05)
    assert not jpeg_state.loaded.task.seeded


def test_auto_sees_the_quality_of_what_was_degraded(jpeg_state):
    jpeg_state.set_level(45)
    jpeg_state.auto()
    assert jpeg_state.note == "Auto: quality estimated as 45, coef set to 0.50."
    assert jpeg_state.knobs["coef"] == 0.5


def test_auto_reads_the_tables_of_an_uploaded_jpeg(jpeg_state, astronaut):
    jpeg_state.upload("mine.jpg", encode(Picture(astronaut[:41, :33]), "jpeg", quality=85))
    assert jpeg_state.size == (33, 41)
    jpeg_state.auto()
    found = "Auto: quality estimated as 85, coef set to 0.00. quality 85 lies outside 10 to 80"
    assert jpeg_state.note.startswith(found)
    assert jpeg_state.frame().restored.shape == (41, 33, 3)


def test_a_truncated_jpeg_leaves_a_sentence(jpeg_state, astronaut):
    jpeg_state.upload("cut.jpg", encode(Picture(astronaut[:64, :64]), "jpeg")[:-300])
    assert jpeg_state.note.startswith("cut.jpg: The given image is truncated") and jpeg_state.name == "face"


def test_a_gray_jpeg_stays_gray(jpeg_state, astronaut):
    jpeg_state.upload("gray.jpg", encode(Picture(astronaut[:41, :33, 0]), "jpeg", quality=20))
    jpeg_state.set_degrading(True)
    frame = jpeg_state.frame()
    assert frame.restored.shape == (41, 33) and frame.before_db > 20


def test_a_degraded_picture_keeps_its_size_in_super_resolution(sr_state):
    assert sr_state.size == (80, 61) and sr_state.level == pytest.approx(3.4)
    frame = sr_state.frame()
    assert frame.restored.shape == (61, 80, 3)
    by_hand = y_db(sr_state.degraded(), sr_state.original())
    assert frame.before_db == pytest.approx(by_hand, abs=1e-3)
    assert sr_state.before_name == "degraded"


def test_an_upload_is_enlarged_by_the_scale(sr_state, astronaut):
    pixels = astronaut[:20, :31]
    sr_state.upload("mine.png", encode(Picture(pixels), "png"))
    assert sr_state.size == (106, 68)  # ceil(3.4 * 31), 3.4 * 20
    assert sr_state.can_set_level and sr_state.before_name == "enlarged"
    large = enlarge(Picture(pixels), 3.4, max_pixels=10**6).pixels
    np.testing.assert_array_equal(sr_state.degraded(), large)
    frame = sr_state.frame()
    assert frame.restored.shape == (68, 106, 3) and frame.before_db is None
    sr_state.set_level(4)
    assert sr_state.size == (124, 80) and sr_state.frame().restored.shape == (80, 124, 3)
    sr_state.look_at(1, 1)
    box = sr_state.region().box
    assert (box.left + box.width, box.top + box.height) == (124, 80)


def test_a_network_of_one_factor_shows_the_small_picture_by_its_pixels(astronaut):
    """Sides that four does not divide: the last blocks are cut off."""
    torch.manual_seed(0)
    net = OfRepeated(CFSNet(channels=3, width=4, blocks=1, scale=4), 4).eval()
    network = Loaded("cfsnet-sr", net, whole_super_resolution(4), 3, "smoke", None)
    state = SliderState([network], [Sample("face", astronaut[:61, 100:182])], device="cpu")
    small = to_pixels(to_8bit(resize(to_tensor(astronaut[:61, 100:182]), scale=1 / 4)))
    blocks = np.kron(small, np.ones((4, 4, 1), np.uint8))[:61, :82]
    np.testing.assert_array_equal(state.degraded(), blocks)
    frame = state.frame()
    assert frame.restored.shape == (61, 82, 3) and frame.after_db is not None
    assert not state.can_set_level and not state.can_auto
    state.upload("mine.png", encode(Picture(astronaut[:20, :31]), "png"))
    assert state.size == (124, 80) and state.before_name == "enlarged" and not state.can_set_level
    assert state.frame().restored.shape == (80, 124, 3)
    state.look_at(0.6, 0.6)
    box = state.region().box
    assert (box.left % 4, box.top % 4) == (0, 0)


def test_another_network_takes_the_same_picture(astronaut):
    sr = loaded(straight_line("coef", SR.level), SR)
    samples = [Sample("face", astronaut[:61, 100:180])]
    state = SliderState([loaded(), loaded(QUALITY_CURVE, DEJPEG, 1), sr], samples, device="cpu")
    assert list(state.networks) == ["adafm-denoise", "adafm-dejpeg", "adafm-sr x3 to x4"]
    noisy = state.degraded()
    state.set_knob("coef", 0.6)
    state.use("adafm-dejpeg")
    opened = dict(state.knobs)
    state.auto()  # what it finds is where the slider opens
    assert (state.loaded.name, state.level, state.knobs) == ("adafm-dejpeg", 30, opened)
    file = io.BytesIO()
    Image.fromarray(astronaut[:61, 100:180]).save(file, "jpeg", quality=30)
    np.testing.assert_array_equal(state.degraded(), np.array(Image.open(file)))
    state.frame()
    state.set_degrading(False)
    state.use("adafm-sr x3 to x4")
    assert state.size == (272, 208) and state.frame().restored.shape == (208, 272, 3)
    state.set_degrading(True)
    state.use("adafm-denoise")
    np.testing.assert_array_equal(state.degraded(), noisy)
    assert state.download()[0] == "face-adafm-denoise-coef0.25.png"


def test_the_degradation_stays_with_another_network(astronaut):
    """As far as the other one's task has it: here blur and noise up to 50."""
    colour, jpeg = loaded(), loaded(QUALITY_CURVE, DEJPEG, 1)
    state = SliderState([colour, three_knobs(), jpeg], [Sample("face", astronaut[:60, :80])], device="cpu")
    state.set_level(40)
    state.use("cugan")
    assert state.levels == {"radius": 2.0, "sigma": 40} and state.knobs["noise"] == 0.8
    state.use("adafm-denoise")
    state.set_level(80)
    state.use("cugan")
    assert state.levels["sigma"] == 50
    state.use("adafm-dejpeg")
    assert state.levels == {"quality": 30}


def test_a_network_that_would_enlarge_too_far_is_not_taken(astronaut, monkeypatch):
    sr = loaded(straight_line("coef", SR.level), SR)
    state = SliderState([loaded(), sr], [Sample("face", astronaut[:61, 100:180])], device="cpu")
    monkeypatch.setattr(slider_state, "MAX_PIXELS", 272 * 208 - 1)
    state.set_degrading(False)
    state.set_knob("coef", 0.4)
    state.use("adafm-sr x3 to x4")
    assert "272 x 208 pixels" in state.note
    assert state.loaded.name == "adafm-denoise" and state.knobs == {"coef": 0.4}
    assert state.frame().restored.shape == (61, 80, 3)


def test_degrading_again_returns_to_the_picture_itself(sr_state, astronaut):
    sr_state.set_degrading(False)
    assert sr_state.size == (272, 208)
    sr_state.set_degrading(True)
    assert sr_state.size == (80, 61)
    np.testing.assert_array_equal(sr_state.original(), astronaut[:61, 100:180])


def test_the_download_of_an_enlarged_upload_has_its_alpha_and_bits(sr_state):
    alpha = np.full((10, 12), 40000, np.uint16)
    alpha[:, 6:] = 65535
    deep = np.random.default_rng(0).integers(0, 65536, (10, 12, 3), dtype=np.uint16)
    sr_state.upload("deep.png", encode(Picture(deep, alpha), "png"))
    name, data = sr_state.download()
    saved = read(data)
    assert name == "deep-adafm-sr-x3-to-x4-coef0.40.png"
    assert saved.pixels.shape == (34, 41, 3) and saved.pixels.dtype == np.uint16
    assert (saved.alpha[:, :12] == 40000).all() and (saved.alpha[:, -12:] == 65535).all()


def test_auto_takes_the_scale_that_was_set(sr_state):
    sr_state.set_level(3.7)
    assert sr_state.can_auto
    sr_state.auto()
    assert sr_state.note == "Auto: factor 3.7, coef set to 0.70."
    assert sr_state.knobs["coef"] == pytest.approx(0.7)


def test_pictures_that_would_grow_too_large_leave_a_sentence(sr_state, astronaut, monkeypatch):
    """The limit is put between 3.4 and 4 times the sample, whose 61 x 80 pixels are 4,880."""
    monkeypatch.setattr(slider_state, "MAX_PIXELS", 60_000)
    sr_state.upload("large.png", encode(Picture(astronaut[:100, :100]), "png"))
    assert sr_state.note == (
        "large.png: enlarged 3.4 times, it would have 340 x 340 pixels, more than the limit of 60,000 pixels."
    )
    assert sr_state.name == "face" and sr_state.degrading
    sr_state.set_degrading(False)
    assert "pixels" not in sr_state.note and sr_state.size == (272, 208)
    sr_state.set_level(4)
    assert "320 x 244 pixels" in sr_state.note
    assert sr_state.level == pytest.approx(3.4) and sr_state.size == (272, 208)


@pytest.fixture
def blurred_state(astronaut) -> SliderState:
    return SliderState([three_knobs()], [Sample("face", astronaut[:200, 100:340])], device="cpu")


def test_knobs_that_say_the_levels_start_at_them(blurred_state, state):
    assert blurred_state.knobs == {"blur": 0.5, "noise": 0.6, "texture": 0.0}
    assert state.knobs == {"coef": 0.25}  # turned, not told: where Auto finds it


def test_a_seed_beyond_what_generators_take_is_the_largest(state):
    state.set_seed(10**30)
    assert state.seed == 2**32 - 1
    state.frame()


def test_every_level_of_a_degradation_is_set_by_name(blurred_state):
    state = blurred_state
    assert state.levels == {"radius": 2.0, "sigma": 30.0} and state.level == 2.0
    state.set_level(0.0, "sigma")
    blurred = state.degraded()
    by_hand = DEBLUR.degrade(torch.tensor(state.original()).permute(2, 0, 1)[None] / 255, 2.0, 0.0, 0)
    np.testing.assert_array_equal(blurred, (by_hand[0] * 255).round().byte().permute(1, 2, 0))
    state.set_level(9.0)
    assert state.levels == {"radius": 4.0, "sigma": 0.0}
    assert (
        np.abs(np.diff(state.degraded().astype(int), axis=1)).mean()
        < np.abs(np.diff(blurred.astype(int), axis=1)).mean()
    )


def test_auto_sets_two_knobs_and_leaves_the_third(blurred_state):
    state = blurred_state
    state.set_knob("texture", 0.7)
    state.auto()
    assert state.pad == ("blur", "noise")
    assert state.knobs == {
        "blur": pytest.approx(0.5, abs=0.13),
        "noise": pytest.approx(0.6, abs=0.03),
        "texture": 0.7,
    }
    blur, noise = (f"{state.knobs[name]:.2f}" for name in ("blur", "noise"))
    assert state.note.startswith("Auto: radius estimated as ")
    assert f", blur set to {blur}; sigma estimated as " in state.note
    assert state.note.endswith(f", noise set to {noise}.")


def test_two_knobs_turn_together_and_each_changes_the_result(blurred_state):
    state = blurred_state
    results = []
    for values in ({"blur": 0.5, "noise": 0.0}, {"noise": 0.6}, {"texture": 1.0}):
        state.set_knobs(values)
        results.append(state.frame().restored)
    assert state.knobs == {"blur": 0.5, "noise": 0.6, "texture": 1.0}
    assert not np.array_equal(results[0], results[1]) and not np.array_equal(results[1], results[2])
    state.set_knobs({"blur": 1.5, "noise": -0.1})
    assert "blur = 1.5" in state.note and "noise = -0.1" in state.note
    assert state.download()[0] == "face-cugan-blur1.50-noise-0.10-texture1.00.png"


def test_networks_of_one_level_have_no_pad(state, sr_state):
    assert state.pad == sr_state.pad == ()


def test_pictures_are_shrunk_for_the_screen_only_when_large():
    small, large = np.zeros((20, 30, 3), np.uint8), np.zeros((100, 3000), np.uint8)
    assert fit(small) is small
    assert fit(large).shape == (48, 1440)


def test_of_waiting_actions_of_a_kind_only_the_newest_is_done():
    started, go = threading.Event(), threading.Event()
    done, drawn = [], []

    def first():
        started.set()
        go.wait(10)

    work = LatestWins(lambda superseded: drawn.append(list(done)), failed=lambda error: None)
    work.submit("first", first)
    started.wait(10)
    for value in range(5):
        work.submit("knob", lambda value=value: done.append(value))
    work.submit("level", lambda: done.append("level"))
    assert work.superseded()
    go.set()
    work.wait(10)
    assert done == [4, "level"]
    assert drawn == [[], [4, "level"]]


def test_a_failing_action_is_told_and_the_thread_goes_on():
    errors, done = [], []

    def fail():
        raise RuntimeError("no memory")

    work = LatestWins(lambda superseded: None, failed=errors.append)
    work.submit("a", fail)
    work.wait(10)
    work.submit("b", lambda: done.append(1))
    work.wait(10)
    assert [str(error) for error in errors] == ["no memory"] and done == [1]


def test_what_waits_behind_a_failing_action_is_done():
    started, go, errors, done = threading.Event(), threading.Event(), [], []

    def first():
        started.set()
        go.wait(10)

    def fail():
        raise RuntimeError("no memory")

    work = LatestWins(lambda superseded: done.append("drawn"), failed=errors.append)
    work.submit("first", first)
    started.wait(10)
    work.submit("a", fail)
    work.submit("b", lambda: done.append("b"))
    go.set()
    work.wait(10)
    assert done == ["drawn", "b", "drawn"] and [str(error) for error in errors] == ["no memory"]


def test_an_upload_of_blind_super_resolution_is_repeated_and_its_level_rests(astronaut):
    """The level is a blur, which an image taken as it is has already."""
    task = blind_super_resolution(2)
    samples = [Sample("face", astronaut[:61, 100:180])]
    state = SliderState([loaded(None, task)], samples, device="cpu")
    assert state.size == (80, 61) and state.can_set_level and state.frame().before_db is not None
    state.upload("mine.png", encode(Picture(astronaut[:20, :31]), "png"))
    assert state.size == (62, 40) and state.before_name == "enlarged" and not state.can_set_level
    np.testing.assert_array_equal(state.degraded()[::2, ::2], astronaut[:20, :31])


def blind(channels: int, reading, task: Task) -> Loaded:
    """A small VDIR of random weights."""
    torch.manual_seed(0)
    restorer = Restorer(channels, width=6, groups=2, blocks=1)
    net = VDIR(Encoder(channels, width=6), restorer, Estimator(reading, width=8)).eval()
    return Loaded(f"vdir-{task.name}", net, task, channels, "smoke", None)


@pytest.fixture
def told_state(astronaut) -> SliderState:
    samples = [Sample("face", astronaut[:200, 100:340]), Sample("hand", astronaut[-90:, :70])]
    colour, gray = blind(3, noise_reading(3), DENOISE_FLOAT), blind(1, jpeg_reading(), DEJPEG)
    return SliderState([colour, gray, loaded()], samples, device="cpu")


def test_the_latent_of_the_same_picture_with_the_same_noise_is_its_own(told_state):
    own = told_state.frame().restored
    told_state.set_latent(AGAIN, told_state.level)
    np.testing.assert_array_equal(told_state.frame().restored, own)
    told_state.set_latent(AGAIN, 70)
    assert (told_state.frame().restored != own).any()
    told_state.set_latent(ITSELF, 70)
    np.testing.assert_array_equal(told_state.frame().restored, own)


@pytest.mark.parametrize("of", [FLIPPED, "hand"])
@pytest.mark.parametrize("title", ["vdir-denoise", "vdir-dejpeg"])
def test_the_latent_of_another_picture_is_heeded(told_state, title, of):
    """By a network of colour and one of luma; in the part that answers first, too."""
    told_state.use(title)
    own = told_state.frame().restored
    told_state.set_latent(of, told_state.level)
    told = told_state.frame().restored
    assert told.shape == own.shape and (told != own).any()
    told_state.pixels_per_second = 1
    region = told_state.region()
    box = region.box
    inside = told[box.top : box.top + box.height, box.left : box.left + box.width]
    # a network of this depth sees the latent 30 pixels away
    np.testing.assert_allclose(region.restored[32:-32, 32:-32], inside[32:-32, 32:-32], atol=1)


def test_only_the_network_in_use_is_told(told_state):
    told_state.use("adafm-denoise")
    assert told_state.latents == ()
    with pytest.raises(ValueError, match="no latent of hand; there are: none"):
        told_state.set_latent("hand", 30)
    told_state.use("vdir-denoise")
    assert told_state.latents == (ITSELF, AGAIN, FLIPPED, "face", "hand")
    told_state.set_latent("hand", 30)
    assert told_state.command().endswith("  # without the latent of hand, sigma 30")
    told_state.use("vdir-dejpeg")
    assert (told_state.latent_of, told_state.latent_level) == (ITSELF, told_state.level)
    assert "#" not in told_state.command()


def test_an_upload_is_told_of_a_sample_or_of_itself_with_more_noise(told_state, astronaut):
    told_state.upload("mine.png", encode(Picture(astronaut[:50, :60]), "png"))
    own = told_state.frame().restored
    for of in (AGAIN, "hand"):
        told_state.set_latent(of, 60)
        assert (told_state.frame().restored != own).any()


def test_a_picture_is_cut_or_continued_by_its_mirror_image():
    x = torch.arange(3.0).view(1, 1, 1, 3)
    assert mirrored(x, (2, 8)).tolist() == [[[[0, 1, 2, 2, 1, 0, 0, 1]] * 2]]
    assert mirrored(x, (1, 2)).tolist() == [[[[0, 1]]]]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_deep_upload_with_alpha_can_be_degraded_and_taken_away(state, channels):
    given = deep_with_alpha(channels)
    state.upload("deep.png", encode(given, "png"))
    state.set_degrading(True)
    state.auto()
    saved = read(state.download()[1])
    assert saved.pixels.dtype == np.uint16
    np.testing.assert_array_equal(saved.alpha, given.alpha)
    assert np.abs(saved.pixels.mean() - to_pixels(state._restored[0], bits=16).mean()) < 1


def test_a_deep_upload_is_restored_in_float32(state):
    for restorer in state._restorers.values():
        restorer.precision = "bfloat16"
    rng = np.random.default_rng(0)
    state.upload("deep.png", encode(Picture(rng.integers(0, 65536, (64, 64), dtype=np.uint16)), "png"))
    again, _ = state._run(state.loaded, tuple(state.knobs.values()), Box(0, 0, *state.size))
    restorer, seen = state._restorers[state.loaded.title], state._clean.expand(-1, 3, -1, -1)
    exact = restorer(seen, tuple(state.knobs.values()), precision="float32")
    assert torch.equal(again, exact.mean(1, keepdim=True))


def test_profile_and_camera_of_an_upload_are_in_its_download(state):
    said = Metadata(SRGB, exif=photographed().tobytes(), dpi=(300.0, 300.0))
    state.upload("a.jpg", encode(Picture(np.full((20, 30, 3), 90, np.uint8), metadata=said), "jpeg"))
    kept = read(state.download()[1]).metadata
    assert kept.profile == SRGB and b"Camera" in kept.exif and kept.dpi == pytest.approx((300, 300), abs=0.1)
    assert state.colours == Metadata(SRGB)  # what is sent to a screen tells no place


def test_hidden_colours_of_an_upload_do_not_bleed(sr_state):
    pixels, alpha = np.zeros((20, 30, 3), np.uint8), np.zeros((20, 30), np.uint8)
    pixels[5:15, 8:22], alpha[5:15, 8:22] = (230, 60, 40), 255
    sr_state.upload("a.png", encode(Picture(pixels, alpha), "png"))
    assert np.abs(sr_state.original().astype(int) - (230, 60, 40)).max() <= 1


def test_the_command_for_a_name_that_looks_like_an_option(state, tmp_path):
    state.upload("-dash.png", encode(Picture(np.full((20, 30, 3), 90, np.uint8)), "png"))
    words = shlex.split(state.command())
    assert words[-2:] == ["--", "-dash.png"]
    with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
        patch.setattr(command_line, "restore", lambda arguments: sys.exit(str(arguments.inputs[0])))
        patch.setattr(sys, "argv", words[2:])
        command_line.main()
    assert ended.value.code == "-dash.png"


@pytest.mark.parametrize("size", [(2, 60), (60, 2), (1, 1), (1, 40)])
def test_a_thin_picture_through_a_camera(size):
    """The mosaic of a sensor is continued beyond so few pixels too."""
    torch.manual_seed(0)
    thin = Sample("thin", np.full((*size, 3), 90, np.uint8))
    state = SliderState([loaded(None, REAL)], [thin], device="cpu")
    state.set_level(1.0)
    assert state.frame().restored.shape == (*size, 3)
    assert np.abs(state.degraded().astype(int) - 90).max() < 30


def test_a_picture_that_the_network_was_not_trained_for_is_told(astronaut):
    one, other = replace(loaded(), trained=((15, 75),)), replace(loaded(task=DENOISE_FLOAT), name="other")
    state = SliderState([one, other], [Sample("face", astronaut[:100, :100])], device="cpu")
    assert "was trained for" not in state.note
    state.set_level(90)
    assert "adafm-denoise was trained for sigma 15 to 75 (here 90)" in state.note
    state.set_level(40)
    assert state.note == ""
    state.upload("clean.png", encode(Picture(astronaut[:100, :100]), "png"))
    assert "was trained for sigma 15 to 75 (here" in state.note and "harm" in state.note
    state.use("other")
    assert "was trained for" not in state.note
    state.use("adafm-denoise")
    assert "harm" in state.note


@pytest.mark.parametrize(
    ("name", "saved"), [("a\0b.png", "a_b"), ("\udcff.png", "_"), ("a\nb.png", "a_b"), ("é 💾.png", "é 💾")]
)
def test_an_upload_of_any_name_can_be_saved(name, saved, state):
    state.upload(name, encode(Picture(np.zeros((16, 16, 3), np.uint8)), "png"))
    assert state.download()[0].startswith(f"{saved}-adafm")


def test_an_upload_that_asks_for_another_network_names_it(astronaut):
    networks = [loaded(), replace(loaded(task=DEJPEG), name="vdir-jpeg-color")]
    state = SliderState(networks, [Sample("face", astronaut[:100, :100])], device="cpu")
    compressed = encode(Picture(astronaut[:256, :256]), "jpeg", quality=20)
    state.upload("web.jpg", compressed)
    assert "Recommended: vdir-jpeg-color (JPEG quality 20)." in state.note
    state.use("vdir-jpeg-color")
    state.upload("web.jpg", compressed)
    assert "Recommended" not in state.note
    alone = SliderState([loaded()], [Sample("face", astronaut[:100, :100])], device="cpu")
    alone.upload("web.jpg", compressed)
    assert "Recommended" not in alone.note
