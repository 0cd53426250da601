import threading
from functools import partial

import numpy as np
import pytest
import torch

from lib.data import Sample
from lib.images import Picture, encode, read
from lib.models.adafm import AdaFM, RestorationNet
from lib.slider_state import LatestWins, SliderState, fit
from lib.tasks import DENOISE, KnobCurve, Loaded

CURVE = KnobCurve("coef", "sigma", (-0.25, 1 / 60), low=15, high=75)


def loaded(curve: KnobCurve | None = CURVE) -> Loaded:
    """A small network of random weights."""
    torch.manual_seed(0)
    net = RestorationNet(3, 4, 1, partial(AdaFM, kernel_size=1)).eval()
    for parameter in net.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=1.5 * parameter[0].numel() ** -0.5)
    torch.nn.init.constant_(net.out.bias, 0.5)  # a picture in the middle of the range
    return Loaded("adafm-denoise", net, DENOISE, 3, "smoke", curve)


@pytest.fixture
def state(astronaut) -> SliderState:
    gray = np.full((150, 160, 3), 128, np.uint8)
    samples = [Sample("face", astronaut[:200, 100:340]), Sample("gray", gray)]
    return SliderState(loaded(), samples, device="cpu")


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
    state = SliderState(loaded(curve=None), [Sample("face", astronaut[:64, :64])], device="cpu")
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


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"])
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
    assert state.note == "" and state.size == (70, 50) and not state.degrading
    np.testing.assert_array_equal(state.original(), astronaut[:50, :70])


def test_download_is_lossless_and_keeps_bits_and_alpha(state):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 65536, (40, 51, 3), dtype=np.uint16)
    alpha = rng.integers(0, 65536, (40, 51), dtype=np.uint16)
    state.upload("deep.png", encode(Picture(pixels, alpha), "png"))
    name, data = state.download()
    saved = read(data)
    assert name == "deep-adafm-denoise-coef0.00.png"
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
