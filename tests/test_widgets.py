import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from lib.app.slider_state import SliderState
from lib.app.tasks import DEJPEG, DENOISE_FLOAT, SR, straight_line
from lib.data.images import Picture, encode, to_tensor
from lib.data.sets import Sample
from lib.evaluation.jpeg_quality import Reading
from lib.evaluation.measure import measurable
from lib.metrics.fidelity import ssim
from lib.models.vdir import noise_reading

pytest.importorskip("anywidget", reason="the notebook widgets are an extra: pip install -e .[app]")

from test_slider_state import QUALITY_CURVE, blind, loaded, three_knobs

from lib.app import slider_state, widgets
from lib.app.widgets import Slider


@pytest.fixture
def slider(astronaut) -> Slider:
    samples = [Sample("face", astronaut[:120, 150:310]), Sample("hand", astronaut[-100:, :90])]
    return Slider(SliderState([loaded()], samples, device="cpu"))


def sent(action: dict, serial: int = 0) -> dict:
    """The message of an action."""
    needs = {name: value for name, value in action.items() if name not in ("do", "moving")}
    return {"do": action["do"], "with": needs, "moving": action.get("moving", False), "serial": serial}


def do(slider: Slider, action: dict, *buffers: bytes) -> None:
    """What the browser sends."""
    serial = slider.controls["serial"] + 1
    slider._take(sent(action, serial), [memoryview(b) for b in buffers])
    slider.wait()
    assert slider.controls["serial"] == serial


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_draws_once_at_creation(slider):
    for data in (slider.original, slider.before, slider.after):
        assert opened(data).size == (160, 120) and opened(data).format == "PNG"
    assert slider.result["whole"] and slider.result["after_db"].endswith(" dB")
    assert [knob["name"] for knob in slider.controls["knobs"]] == ["coef"]


def test_jpeg_while_moving_and_lossless_at_rest(slider):
    slider.state.pixels_per_second = 1e12  # fast enough to do without a region
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": True})
    assert opened(slider.after).format == "JPEG"
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": False})
    assert opened(slider.after).format == "PNG"
    np.testing.assert_array_equal(opened(slider.after), slider.state.frame().restored)


def test_another_network_has_controls_of_its_own(astronaut):
    networks = [loaded(), loaded(QUALITY_CURVE, DEJPEG, 1)]
    slider = Slider(SliderState(networks, [Sample("face", astronaut[:60, 150:230])], device="cpu"))
    assert slider.controls["networks"] == ["adafm-denoise", "adafm-dejpeg"]
    assert slider.controls["seeded"] and slider.controls["level"]["name"] == "sigma"
    noisy = slider.before
    do(slider, {"do": "use", "title": "adafm-dejpeg"})
    assert (slider.controls["network"], slider.controls["level"]["name"]) == ("adafm-dejpeg", "quality")
    assert not slider.controls["seeded"] and slider.before != noisy
    assert slider.result["after_db"].endswith("dB (Y)")


def test_a_network_of_two_levels_has_two_rows_and_a_pad(astronaut):
    samples = [Sample("face", astronaut[:140, 150:310])]
    slider = Slider(SliderState([loaded(), three_knobs()], samples, device="cpu"))
    assert slider.controls["pad"] == slider.controls["further"] == []
    do(slider, {"do": "use", "title": "cugan"})
    assert slider.controls["pad"] == ["blur", "noise"]
    assert [knob["name"] for knob in slider.controls["knobs"]] == ["blur", "noise", "texture"]
    (noise,) = slider.controls["further"]
    assert slider.controls["level"]["name"] == "radius" and noise["name"] == "sigma" and noise["active"]
    before = slider.before
    do(slider, {"do": "level", "name": "sigma", "value": 3, "moving": False})
    assert slider.controls["further"][0]["value"] == 3 and slider.before != before
    assert slider.controls["level"]["value"] == 2.0
    after = slider.after
    do(slider, {"do": "knobs", "values": {"blur": 0.3, "noise": 0.4}, "moving": False})
    assert [knob["value"] for knob in slider.controls["knobs"]] == [0.3, 0.4, 0.0]
    assert slider.after != after
    do(slider, {"do": "degrade", "degrading": False})
    assert not slider.controls["further"][0]["active"]


def test_the_degraded_picture_ends_lossless_too(slider):
    before = slider.before
    do(slider, {"do": "level", "value": 80, "moving": True})
    assert opened(slider.before).format == "JPEG"
    do(slider, {"do": "level", "value": 80, "moving": False})
    assert opened(slider.before).format == "PNG" and slider.before != before
    np.testing.assert_array_equal(opened(slider.before), slider.state.degraded())


def test_a_region_is_shown_first_and_then_the_whole(slider):
    shown = []
    slider.observe(lambda change: shown.append(change["new"]["whole"]), names="result")
    slider.state.pixels_per_second = 1000.0
    do(slider, {"do": "knob", "name": "coef", "value": 0.7, "moving": False})
    assert shown == [False, True, True] and slider.region == b""  # the last with SSIM


def test_while_moving_a_slow_picture_stays_with_its_region(slider):
    slider.state.pixels_per_second = 1000.0
    do(slider, {"do": "knob", "name": "coef", "value": 0.7, "moving": True})
    assert not slider.result["whole"]
    assert opened(slider.region).size == (96, 96)


def test_every_other_action(slider):
    do(slider, {"do": "seed", "seed": 3})
    assert slider.controls["seed"] == 3
    do(slider, {"do": "degrade", "degrading": False})
    assert slider.result["before_db"] == "" and slider.controls["degrading"] is False
    do(slider, {"do": "choose", "name": "hand"})
    assert opened(slider.original).size == (90, 100)
    do(slider, {"do": "auto"})
    assert slider.result["note"].startswith("Auto: ")
    slider._take(sent({"do": "look", "x": 0.25, "y": 0.75}), [])
    assert slider.state.focus == (0.25, 0.75)


def test_a_network_with_a_latent_is_told_another(astronaut):
    samples = [Sample("face", astronaut[:120, 150:310]), Sample("hand", astronaut[-100:, :90])]
    network = blind(3, noise_reading(3), DENOISE_FLOAT)
    slider = Slider(SliderState([network, loaded()], samples, device="cpu"))
    own = slider.after
    do(slider, {"do": "latent", "of": "hand", "level": 65})
    controls = slider.controls
    assert (controls["latent_of"], controls["latent_level"]) == ("hand", 65)
    assert slider.after != own
    do(slider, {"do": "use", "title": "adafm-denoise"})
    assert slider.controls["latents"] == []


class Always:
    """A gauge that reads the same of every colour image."""

    def read(self, x):
        assert x.shape[1] == 3
        return Reading(-1.54, 12.4)


def test_a_gauge_reads_the_whole_picture_at_rest(astronaut):
    face = [Sample("face", astronaut[:60, 150:230])]
    slider = Slider(SliderState([loaded(QUALITY_CURVE, DEJPEG, 1)], face, gauge=Always(), device="cpu"))
    said = "; looks like JPEG quality 12 before, 12 after (an estimate)"
    assert f"{said}; SSIM " in slider.result["did"]
    slider.state.pixels_per_second = 1e12
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": True})
    assert "JPEG" not in slider.result["did"]


def test_a_picture_at_rest_is_scored(astronaut):
    """SSIM with a reference, NIQE where its parameters are at hand, nothing in the middle of a gesture."""
    slider = Slider(SliderState([loaded()], [Sample("face", astronaut[:200, 100:300])], device="cpu"))
    before, after = re.search(r"; SSIM (\S+) to ([^;]+)", slider.result["did"]).groups()
    state = slider.state
    expected = [ssim(to_tensor(pixels), to_tensor(state.original()), window="gaussian11")
                for pixels in (state.degraded(), state.frame().restored)]  # fmt: skip
    assert [float(before), float(after)] == pytest.approx([float(x) for x in expected], rel=0.01)
    assert ("; NIQE " in slider.result["did"]) is measurable("niqe")
    do(slider, {"do": "degrade", "degrading": False})
    assert "SSIM" not in slider.result["did"]
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": True})
    assert "NIQE" not in slider.result["did"]


def test_of_a_large_picture_a_part_is_scored(astronaut, monkeypatch):
    monkeypatch.setattr(slider_state, "SCORED", 200 * 200 - 1)
    monkeypatch.setattr(slider_state, "SCORED_PART", 96)
    state = SliderState([loaded()], [Sample("face", astronaut[:200, 100:300])], device="cpu")
    state.look_at(0.2, 0.8)
    slider = Slider(state)
    box, parts = state.close_up(96)
    said = re.search(r"; SSIM \(96 x 96 pixels of it\) (\S+) to ([^;]+)", slider.result["did"]).groups()
    assert (box.left, box.top) == (0, 104)
    original, *both = (to_tensor(parts[name]) for name in ("original", "before", "after"))
    expected = [ssim(x, original, window="gaussian11") for x in both]
    assert [float(x) for x in said] == pytest.approx([float(x) for x in expected], rel=0.01)


def test_tiles_go_when_they_are_of_something_else(astronaut):
    samples = [Sample("face", astronaut[:200, 100:300])]
    slider = Slider(SliderState([loaded(), loaded(QUALITY_CURVE, DEJPEG, 1)], samples, device="cpu"))
    do(slider, {"do": "sheet"})
    assert slider.tiles
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": False})
    assert slider.tiles
    for change in ({"do": "level", "value": 50}, {"do": "use", "title": "adafm-dejpeg"}):
        do(slider, {"do": "sheet"})
        do(slider, change)
        assert slider.tiles == []


def test_the_magnifier_gets_the_pixels_that_the_screen_does_not_have(slider, monkeypatch):
    magnify = {"do": "magnify", "on": True, "x": 0.9, "y": 0.1}
    slider._take(sent(magnify), [])
    assert slider.close_up == {}  # the whole was sent
    monkeypatch.setattr(widgets, "DISPLAYED", 159)
    monkeypatch.setattr(widgets, "CLOSE_UP", 40)
    slider._take(sent(magnify), [])
    part = slider.close_up
    rows = slice(part["top"], part["top"] + part["height"])
    columns = slice(part["left"], part["left"] + part["width"])
    assert (part["left"], part["top"]) == (120, 0)
    state = slider.state
    np.testing.assert_array_equal(opened(part["before"]), state.degraded()[rows, columns])
    np.testing.assert_array_equal(opened(part["after"]), state.frame().restored[rows, columns])
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": False})
    assert slider.close_up["before"] == part["before"] and slider.close_up["after"] != part["after"]
    slider._take(sent({**magnify, "on": False, "x": 0.1}), [])
    assert state.focus == (0.9, 0.1)  # a magnifier that is put away looks nowhere
    assert slider.close_up == {}


def test_scores_give_way_to_something_newer(astronaut):
    slider = Slider(SliderState([loaded()], [Sample("face", astronaut[:60, 100:160])], device="cpu"))
    shown = slider.result["did"]
    slider._show_scores(lambda: True)
    assert slider.result["did"] == shown


def test_a_gauge_has_nothing_to_say_of_other_damage(astronaut):
    """It knows JPEG alone: it rated a noisy image turned into worms far above the noisy image."""
    face = [Sample("face", astronaut[:60, 150:230])]
    slider = Slider(SliderState([loaded()], face, gauge=Always(), device="cpu"))
    assert "JPEG" not in slider.result["did"]
    do(slider, {"do": "degrade", "degrading": False})
    assert "JPEG" not in slider.result["did"]


def test_a_jpeg_slider_has_no_seed_and_measures_luma(astronaut):
    network = loaded(QUALITY_CURVE, DEJPEG, 1)
    slider = Slider(SliderState([network], [Sample("face", astronaut[:60, 150:230])], device="cpu"))
    assert slider.controls["level"]["label"] == "JPEG quality" and not slider.controls["seeded"]
    assert slider.result["before_db"].endswith(" dB (Y)")
    do(slider, {"do": "degrade", "degrading": False})
    assert slider.controls["before"] == "as it is" and not slider.controls["level"]["active"]


def test_an_enlarged_upload_follows_the_scale(astronaut):
    network = loaded(straight_line("coef", SR.level), SR)
    slider = Slider(SliderState([network], [Sample("face", astronaut[:60, 150:230])], device="cpu"))
    small = slider.original
    data = encode(Picture(astronaut[:20, :30]), "png")
    do(slider, {"do": "upload", "name": "face", "part": 0, "parts": 1}, data)
    do(slider, {"do": "level", "value": 4, "moving": False})
    assert opened(slider.before).size == opened(slider.after).size == (120, 80)
    assert (slider.controls["width"], slider.controls["height"]) == (120, 80)
    assert slider.controls["level"]["active"] and slider.controls["before"] == "enlarged"
    do(slider, {"do": "degrade", "degrading": True})
    assert opened(slider.original).size == opened(slider.before).size == (30, 20)
    do(slider, {"do": "choose", "name": "face"})
    assert slider.original == small


def test_uploads_arrive_in_parts(slider, astronaut):
    data = encode(Picture(astronaut[:60, :80]), "png")
    half = len(data) // 2
    parts = [memoryview(data[:half]), memoryview(data[half:])]
    for part, chunk in enumerate(parts):
        action = {"do": "upload", "name": "my.png", "part": part, "parts": 2}
        slider._take(sent(action, part + 1), [chunk])
    slider.wait()
    assert slider.controls["picture"] == "my.png" and slider.controls["width"] == 80


def test_a_bad_upload_is_said_and_the_picture_stays(slider):
    before = slider.after
    do(slider, {"do": "upload", "name": "my.png", "part": 0, "parts": 1}, b"not an image")
    assert slider.result["note"].startswith("my.png: ") and slider.after == before
    do(slider, {"do": "refuse", "name": "huge.png", "size": 2**30})
    assert "1024 MiB" in slider.result["note"]


def test_the_download_is_sent_as_a_file(slider, monkeypatch):
    sent = []
    monkeypatch.setattr(slider, "send", lambda message, buffers: sent.append((message, buffers)))
    do(slider, {"do": "download"})
    [(message, [data])] = sent
    assert message["name"] == "face-adafm-denoise-coef0.25.png"
    np.testing.assert_array_equal(opened(data), slider.state.frame().restored)


def test_what_fails_is_said(slider, monkeypatch, capsys, caplog):
    def fail(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(slider.state, "_take", fail)
    do(slider, {"do": "choose", "name": "hand"})
    assert slider.result["note"] == "That did not work: out of memory"
    assert slider.result["failed"] and "RuntimeError: out of memory" in caplog.text
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""  # a notebook would show it below the slider
    do(slider, {"do": "knob", "name": "coef", "value": 0.5, "moving": False})
    assert not slider.result["failed"] and slider.result["note"] == ""


def test_a_message_that_it_does_not_know_is_an_error(slider):
    with pytest.raises(ValueError, match="knows no action like"):
        slider._take(sent({"do": "dance"}), [])


def test_pages_without_a_kernel_get_a_picture(slider):
    data, _ = slider._repr_mimebundle_()
    still = np.asarray(opened(base64.b64decode(data["image/jpeg"])), float)
    assert still.shape == (120, 160, 3)
    degraded = slider.state.degraded()
    assert np.abs(still[:, :70] - degraded[:, :70]).mean() < 8  # JPEG of noise
    assert "application/vnd.jupyter.widget-view+json" in data


def test_of_a_large_picture_a_region_comes_before_auto_has_read_it(slider, astronaut, monkeypatch):
    monkeypatch.setattr(slider_state, "QUICK", 60 * 80 - 1)
    shown = []
    slider.observe(
        lambda change: shown.append((change["new"]["whole"], change["new"]["note"][:7])), names="result"
    )
    slider.state.pixels_per_second = 1000.0
    data = encode(Picture(astronaut[:60, :80]), "png")
    do(slider, {"do": "upload", "name": "my.png", "part": 0, "parts": 1}, data)
    assert shown[:3] == [(False, "Reading"), (False, "Auto: s"), (True, "Auto: s")]
    assert slider.controls["knobs"][0]["value"] == slider.state.knobs["coef"]
