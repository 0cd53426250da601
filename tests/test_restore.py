import base64
import io
import os
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from test_images import deep_png_file, png_chunk
from test_metadata import SRGB, photographed
from torch import nn

from lib.app import restore
from lib.app.restore import Request, Results, otherwise
from lib.app.tasks import (
    DEBLUR,
    DEJPEG,
    DENOISE,
    SR,
    KnobCurve,
    Loaded,
    blind_super_resolution,
    enlarge,
    straight_line,
)
from lib.base import devices
from lib.data.images import Picture, encode, read, to_pixels, to_tensor, write
from lib.data.metadata import Metadata
from lib.evaluation.inference import Restorer, restore_colours
from lib.models.knobs import Controllable, Knob
from lib.recipes import find
from lib.training.wrappers import OfRepeated


class Brighten(Controllable):
    """Adds `amount` to every pixel."""

    knobs = (Knob("amount", 0.0, 1.0, 0.0, ""),)

    def __init__(self):
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(()))

    def fold(self, knobs):
        return Added(float(knobs[0]))


class Added(nn.Module):
    def __init__(self, amount: float):
        super().__init__()
        self.amount = amount

    def forward(self, x):
        return x + self.amount


NETWORK = Loaded(
    "brighten", Brighten(), DENOISE, 3, "smoke", KnobCurve("amount", "sigma", (0.0, 0.01), 5, 50)
)
LUMA = Loaded(
    "brighten-luma", Brighten(), DEJPEG, 1, "smoke", KnobCurve("amount", "quality", (0.8, -0.01), 10, 80)
)
LARGER = Loaded("brighten-larger", Brighten(), SR, 3, "smoke", straight_line("amount", SR.level))
ARITHMETIC = base64.b64decode(  # 16 x + 4 y at (x, y), 13 x 9 pixels, by cjpeg -arithmetic -quality 85
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0d"
    "Hx8fExciJCIeJBweHx7/yQALCAAJAA0BAREA/8wABgAQEAX/2gAIAQEAAD8A/wC4/wByEZUaCX6igfBOrAbW7qH8R+dsCIOqtPhz"
    "OP/Z"
)
DARK = np.zeros((20, 30, 3), np.uint8)
HALF = (("amount", 0.5),)


def restore_files(
    inputs, output, *, network, overwrite=False, full_names=False, quality=None, say=print, **how
):
    """How many failed."""
    results = Results(output, overwrite, full_names, quality)
    return restore.restore_files(inputs, results, Request(network, **how), say=say)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write(tmp_path / "in" / "a.png", Picture(DARK))
    write(tmp_path / "in" / "deep" / "b.jpg", Picture(DARK))
    (tmp_path / "in" / "notes.txt").write_text("no image")
    return tmp_path


def test_one_file_to_a_file(folder):
    out = folder / "out.bmp"
    assert restore_files([folder / "in" / "a.png"], out, network=NETWORK, knobs=HALF) == 0
    np.testing.assert_array_equal(read(out).pixels, DARK + 128)


def test_a_folder_keeps_its_tree_and_becomes_png(folder):
    said = []
    failed = restore_files(
        [folder / "in"], folder / "out", network=NETWORK, knobs=HALF, say=said.append
    )
    assert failed == 0
    results = {p.relative_to(folder / "out").as_posix() for p in (folder / "out").rglob("*.*")}
    assert results == {"a.png", "deep/b.png"}
    assert [line[:5] for line in said] == ["[1/2]", "[2/2]"]


def test_a_bad_file_is_told_and_the_others_go_on(folder):
    rough = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    (folder / "in" / "broken.png").write_bytes(encode(Picture(rough), "png")[:900])
    said = []
    failed = restore_files([folder / "in"], folder / "out", network=NETWORK, say=said.append)
    assert failed == 1
    assert len([line for line in said if "failed" in line and "broken.png" in line]) == 1
    assert (folder / "out" / "deep" / "b.png").exists()


def test_a_missing_file_is_told(folder):
    said = []
    failed = restore_files(
        [folder / "none.png"], folder / "out.png", network=NETWORK, say=said.append
    )
    assert failed == 1 and "none.png" in said[0]


def test_nothing_is_overwritten_unless_asked(folder):
    source, out = folder / "in" / "a.png", folder / "out.png"
    out.write_text("mine")
    said = []
    assert restore_files([source], out, network=NETWORK, say=said.append) == 1
    assert out.read_text() == "mine" and "--overwrite" in said[0]
    assert restore_files([source], out, network=NETWORK, overwrite=True) == 0
    assert read(out).pixels.shape == DARK.shape


def test_an_input_is_never_overwritten(folder):
    source = folder / "in" / "a.png"
    before = source.read_bytes()
    assert restore_files([source], source, network=NETWORK, knobs=HALF, overwrite=True) == 1
    assert source.read_bytes() == before


def test_two_inputs_do_not_share_a_result(folder):
    write(folder / "a.bmp", Picture(DARK))
    inputs = [folder / "in" / "a.png", folder / "a.bmp"]
    said = []
    assert restore_files(inputs, folder / "out", network=NETWORK, say=said.append) == 1
    assert "would replace the result of" in said[1]


@pytest.mark.parametrize("out", [".", "in"])
def test_results_may_go_to_the_input_folder_or_above(folder, out):
    said = []
    restore_files([folder / "in"], folder / out, network=NETWORK, knobs=HALF, say=said.append)
    assert len(said) == 2 and (folder / out / "deep" / "b.png").exists()
    assert read(folder / "in" / "a.png").pixels.max() == 0  # an input is not written over


def test_a_picture_that_no_one_foresaw_stops_no_other(folder, monkeypatch):
    original = restore.restore_picture

    def sometimes(restorer, picture, *arguments, **options):
        if picture.pixels.shape == (7, 7, 3):
            raise RuntimeError("too small for the window")
        return original(restorer, picture, *arguments, **options)

    monkeypatch.setattr(restore, "restore_picture", sometimes)
    write(folder / "in" / "0.png", Picture(DARK[:7, :7]))
    said = []
    assert restore_files([folder / "in"], folder / "out", network=NETWORK, say=said.append) == 1
    assert said[0] == f"[1/3] failed: {folder / 'in' / '0.png'}: too small for the window"
    assert (folder / "out" / "a.png").exists() and (folder / "out" / "deep" / "b.png").exists()


def test_a_picture_that_failed_takes_no_place(folder):
    (folder / "in" / "a.jpg").write_bytes(b"no image")
    assert restore_files([folder / "in"], folder / "out", network=NETWORK, say=lambda line: None) == 1
    assert (folder / "out" / "a.png").exists()


def test_results_inside_the_input_folder_are_not_inputs(folder):
    out = folder / "in" / "out"
    assert restore_files([folder / "in"], out, network=NETWORK) == 0
    said = []
    restore_files([folder / "in"], out, network=NETWORK, overwrite=True, say=said.append)
    assert len(said) == 2


def test_auto_sets_the_knob_of_each_picture(folder):
    noisy = 100 + 30 * np.random.default_rng(0).standard_normal((100, 100, 3))
    write(folder / "noisy.png", Picture(noisy.clip(0, 255).round().astype(np.uint8)))
    said = []
    restore_files(
        [folder / "noisy.png"], folder / "out.png", network=NETWORK, auto=True, say=said.append
    )
    mean = read(folder / "out.png").pixels.mean()
    assert mean == pytest.approx(100 + 0.3 * 255, abs=6)
    assert "estimated sigma" in said[0]


def test_knobs_outside_their_range_are_said_to_extrapolate(folder):
    said = []
    restore_files(
        [folder / "in" / "a.png"],
        folder / "o.png",
        network=NETWORK,
        knobs=(("amount", 1.5),),
        say=said.append,
    )
    assert "extrapolates" in said[0]


def test_unknown_knob_names_the_known(folder):
    with pytest.raises(ValueError, match="no knob coef; its knobs: amount"):
        restore_files([folder / "in"], folder / "out", network=NETWORK, knobs=(("coef", 0.5),))


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(ValueError, match="no image"):
        restore_files([tmp_path], tmp_path / "out", network=NETWORK)


def restored(source, network, **options):
    """(the result's pixels, what was said) of one image."""
    said = []
    out = source.with_name(f"{source.stem}-out.png")
    failed = restore_files([source], out, network=network, say=said.append, overwrite=True, **options)
    return (None if failed else read(out).pixels), said


@pytest.mark.parametrize(("quality", "amount"), [(20, 0.6), (50, 0.3), (80, 0.0)])
def test_auto_reads_the_quality_of_a_jpeg(quality, amount, tmp_path):
    """`amount` follows 0.8 - quality / 100; luma 0.5 brighter is 255 / 219 times that in RGB."""
    write(tmp_path / "a.jpg", Picture(np.full((17, 21, 3), 40, np.uint8)), quality=quality)
    stored = read(tmp_path / "a.jpg").pixels
    pixels, said = restored(tmp_path / "a.jpg", LUMA, auto=True)
    assert pixels.mean() - stored.mean() == pytest.approx(255 * amount * 255 / 219, abs=1)
    assert len(said) == 1 and f"(estimated quality {quality})" in said[0]


@pytest.mark.parametrize(("quality", "amount"), [(5, 0.7), (90, 0.0)])
def test_a_quality_outside_the_trained_ones_takes_the_nearest_and_says_so(quality, amount, tmp_path):
    write(tmp_path / "a.jpg", Picture(DARK), quality=quality)
    pixels, (said,) = restored(tmp_path / "a.jpg", LUMA, auto=True)
    assert f"amount {amount:.2f}" in said and "outside 10 to 80" in said and pixels.shape == DARK.shape


@pytest.mark.parametrize("progressive", [False, True])
def test_jpegs_of_odd_size_and_progressive_ones_are_restored(progressive, tmp_path, astronaut):
    """With nothing added, the result is what Pillow decodes."""
    file = io.BytesIO()
    Image.fromarray(astronaut[:31, 200:253]).save(file, "jpeg", quality=40, progressive=progressive)
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    pixels, _ = restored(tmp_path / "a.jpg", LUMA)
    np.testing.assert_allclose(pixels, np.asarray(Image.open(file)).astype(int), atol=1)


def test_an_arithmetic_coded_jpeg_is_restored(tmp_path):
    (tmp_path / "a.jpg").write_bytes(ARITHMETIC)
    assert b"\xff\xc9" in ARITHMETIC  # the marker of sequential arithmetic coding
    pixels, said = restored(tmp_path / "a.jpg", LUMA, auto=True)
    ramp = 16 * np.arange(13) + 4 * np.arange(9)[:, None]
    np.testing.assert_allclose(pixels, ramp, atol=8)
    assert "(estimated quality 85)" in said[0]


@pytest.mark.parametrize("kept", [2, 100, 700, -2])
def test_a_truncated_jpeg_is_one_sentence(kept, tmp_path, astronaut):
    (tmp_path / "a.jpg").write_bytes(encode(Picture(astronaut[:64, :64]), "jpeg")[:kept])
    pixels, (said,) = restored(tmp_path / "a.jpg", LUMA, auto=True)
    assert pixels is None and "a.jpg" in said and "failed" in said and said.endswith(".")


def test_a_lossless_jpeg_is_one_sentence(tmp_path, astronaut):
    """The start of a baseline frame, renamed that of a lossless one."""
    data = encode(Picture(astronaut[:64, :64]), "jpeg").replace(b"\xff\xc0", b"\xff\xc3", 1)
    (tmp_path / "a.jpg").write_bytes(data)
    pixels, (said,) = restored(tmp_path / "a.jpg", LUMA)
    assert pixels is None and "a.jpg is truncated or damaged" in said


def test_a_factor_enlarges_and_sets_the_knob(tmp_path):
    write(tmp_path / "a.png", Picture(DARK))
    pixels, (said,) = restored(tmp_path / "a.png", LARGER, factor=3.2)
    assert pixels.shape == (64, 96, 3) and (pixels == round(0.2 * 255)).all()
    assert "amount 0.20" in said and "estimated" not in said


def test_a_factor_outside_the_range_extrapolates_aloud(tmp_path):
    write(tmp_path / "a.png", Picture(DARK))
    pixels, (said,) = restored(tmp_path / "a.png", LARGER, factor=2.5)
    assert pixels.shape == (50, 75, 3) and "amount 0.00 factor 2.5 lies outside 3 to 4" in said


def test_a_knob_that_is_given_stays(tmp_path):
    write(tmp_path / "a.png", Picture(DARK))
    pixels, _ = restored(tmp_path / "a.png", LARGER, factor=4.0, knobs=HALF)
    assert pixels.shape == (80, 120, 3) and (pixels == 128).all()


def test_alpha_and_16_bits_are_enlarged_too(tmp_path):
    rng = np.random.default_rng(0)
    deep, alpha = (rng.integers(0, 65536, (9, 7), dtype=np.uint16) for _ in range(2))
    write(tmp_path / "a.png", Picture(deep, alpha))
    _, _ = restored(tmp_path / "a.png", LARGER, factor=3.4, knobs=(("amount", 0.0),))
    result = read(tmp_path / "a-out.png")
    expected = enlarge(Picture(deep, alpha), 3.4, max_pixels=10**6)
    assert result.pixels.shape == (31, 24)
    np.testing.assert_array_equal(result.alpha, expected.alpha)
    np.testing.assert_allclose(result.pixels.astype(int), expected.pixels, atol=1)


def test_a_picture_that_would_grow_too_large_is_told(tmp_path):
    """30 megapixels in 4 kB."""
    Image.new("1", (6000, 5000)).save(tmp_path / "a.png")
    pixels, (said,) = restored(tmp_path / "a.png", LARGER, factor=4.0)
    assert pixels is None
    assert "a.png: enlarged 4 times, it would have 24000 x 20000 pixels, more than" in said


@pytest.mark.parametrize(
    ("network", "factor", "sentence"),
    [
        (LARGER, None, "brighten-larger enlarges images: say how many times, such as --factor 3.4"),
        (NETWORK, 3.4, "brighten enlarges nothing"),
        (LUMA, 2.0, "brighten-luma enlarges nothing"),
    ],
)
def test_a_factor_belongs_to_networks_that_enlarge(network, factor, sentence, folder):
    with pytest.raises(ValueError, match=sentence):
        restore_files([folder / "in"], folder / "out", network=network, factor=factor)


def vdir(name, task):
    """A network of random weights."""
    net = find(name, "smoke").build().eval()
    return Loaded("net", OfRepeated(net, task.repeats) if task.repeats > 1 else net, task, 3, "smoke", None)


def test_blind_super_resolution_enlarges_a_file(tmp_path, astronaut):
    write(tmp_path / "a.png", Picture(astronaut[:20, :31], alpha=np.full((20, 31), 200, np.uint8)))
    network = vdir("vdir-sr-x2", blind_super_resolution(2))
    pixels, (said,) = restored(tmp_path / "a.png", network, factor=2.0)
    assert pixels.shape == (40, 62, 3) and "strength 0.00" in said
    assert read(tmp_path / "a-out.png").alpha.shape == (40, 62)
    with pytest.raises(ValueError, match="such as --factor 2"):
        restored(tmp_path / "a.png", network)


@pytest.mark.parametrize(
    ("name", "task"), [("vdir-awgn", DENOISE), ("vdir-sr-x2", blind_super_resolution(2))]
)
def test_samples_of_the_latent_change_what_is_restored(name, task):
    network = vdir(name, task)
    x, blind = torch.rand(1, 3, 16, 24), torch.zeros(1, 1)
    several = otherwise(network, samples=2)
    with torch.no_grad():
        assert several.net(x, blind).shape == x.shape
        assert not torch.equal(several.net(x, blind), network.net(x, blind))
        assert torch.equal(several.net(x, blind), several.net(x, blind))
    assert (several.net.knobs, several.net.multiple) == (network.net.knobs, network.net.multiple)
    assert otherwise(network).net is network.net


def test_all_orientations_of_a_file(tmp_path, astronaut):
    write(tmp_path / "a.png", Picture(astronaut[:21, :32]))
    network = vdir("vdir-awgn", DENOISE)
    once, _ = restored(tmp_path / "a.png", network)
    turned, _ = restored(tmp_path / "a.png", otherwise(network, ensemble=True))
    assert once.shape == turned.shape and (once != turned).any()


def test_what_cannot_be_sampled_or_turned_says_so():
    with pytest.raises(ValueError, match="brighten has no latent to draw samples of"):
        otherwise(NETWORK, samples=2)
    with pytest.raises(ValueError, match="sees no image turned"):
        otherwise(vdir("vdir-sr-x2", blind_super_resolution(2)), ensemble=True)


class TwoKnobs(Brighten):
    knobs = (Knob("blur", 0.0, 1.0, 0.0, ""), Knob("noise", 0.0, 1.0, 0.0, ""))


def test_auto_sets_a_knob_for_every_level_and_says_so(tmp_path):
    """Noise of 25 grey levels is half of 50; what this network adds to every pixel is its blur knob, 0."""
    first, second = (straight_line(*pair) for pair in zip(DEBLUR.told, DEBLUR.levels, strict=True))
    network = Loaded("two", TwoKnobs(), DEBLUR, 3, "smoke", first, (second,))
    rng = np.random.default_rng(0)
    noisy = (127.5 + 25 * rng.standard_normal((200, 200, 3))).clip(0, 255).astype(np.uint8)
    write(tmp_path / "in.png", Picture(noisy))
    said = []
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    assert restore_files([source], target, network=network, auto=True, say=said.append) == 0
    expected = r"blur 0\.00, noise 0\.(49|5\d) \(estimated radius 0\) \(estimated sigma 2[456]"
    assert re.search(expected, said[0])
    np.testing.assert_array_equal(read(target).pixels, noisy)


def deep_with_alpha(channels: int, shape=(24, 32)) -> Picture:
    """A ramp in 16 bits, half transparent in one half."""
    ramp = np.linspace(10_000, 50_000, shape[1]).astype(np.uint16)
    pixels = np.broadcast_to(ramp, shape) if channels == 1 else np.broadcast_to(ramp[:, None], (*shape, 3))
    alpha = np.full(shape, 65535, np.uint16)
    alpha[:, : shape[1] // 2] = 30_000
    return Picture(np.ascontiguousarray(pixels), alpha)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("network", "degrade", "off"),
    [(NETWORK, (("sigma", 10.0),), 1500), (LUMA, (("quality", 90.0),), 800)],
)
def test_a_deep_picture_with_alpha_that_is_degraded_keeps_its_depth(
    suffix, channels, network, degrade, off, tmp_path
):
    given = deep_with_alpha(channels)
    write(tmp_path / f"a{suffix}", given)
    restored(tmp_path / f"a{suffix}", network, degrade=degrade)
    result = read(tmp_path / "a-out.png")
    assert result.pixels.dtype == np.uint16
    np.testing.assert_array_equal(result.alpha, given.alpha)
    assert abs(result.pixels.mean() - given.pixels.mean()) < off


def test_a_colour_key_of_16_bits_survives_a_degradation(tmp_path):
    """A PNG whose first colour is transparent by its tRNS chunk."""
    deep = deep_with_alpha(3).pixels
    key = png_chunk(b"tRNS", deep[0, 0].astype(">u2").tobytes())
    (tmp_path / "a.png").write_bytes(deep_png_file(deep, key))
    restored(tmp_path / "a.png", NETWORK, degrade=(("sigma", 5.0),))
    result = read(tmp_path / "a-out.png")
    assert abs(result.pixels.mean() - deep.mean()) < 500 and (result.alpha[:, 0] == 0).all()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize(("run", "task", "channels"), [("vdir-awgn", DENOISE, 3), ("vdir-jpeg-y", DEJPEG, 1)])
def test_16_bits_are_restored_in_float32(run, task, channels, suffix, tmp_path, monkeypatch):
    """Whatever the device is fast at; 8 bits are not."""
    monkeypatch.setattr(devices, "fast_precision", lambda device: "bfloat16")
    network = replace(vdir(run, task), channels=channels)
    exactly = Restorer(network.net, device="cpu", precision="float32")
    ramp = np.broadcast_to(np.linspace(5000, 60_000, 300).astype(np.uint16)[:, None], (24, 300, 3))
    for pixels, exact in ((ramp, True), ((ramp >> 8).astype(np.uint8), False)):
        given = Picture(np.ascontiguousarray(pixels))
        write(tmp_path / f"a{suffix}", given)
        found, _ = restored(tmp_path / f"a{suffix}", network)
        x = restore_colours(lambda y: exactly(y, [0.0]), to_tensor(given.pixels), channels)
        expected = to_pixels(x, bits=given.bits)
        assert found.dtype == expected.dtype and np.array_equal(found, expected) == exact


def test_profile_and_camera_stay_with_a_picture_unless_stripped(tmp_path):
    said = Metadata(SRGB, exif=photographed().tobytes(), dpi=(300.0, 300.0))
    write(tmp_path / "a.jpg", Picture(DARK, metadata=said))
    asked = ((NETWORK, {}), (LARGER, {"factor": 3.2}), (NETWORK, {"degrade": [("sigma", 5)]}))
    for network, options in asked:
        restored(tmp_path / "a.jpg", network, **options)
        kept = read(tmp_path / "a-out.png").metadata
        assert kept.profile == SRGB and b"Camera" in kept.exif
        assert kept.dpi == pytest.approx((300, 300), abs=0.1)
        restored(tmp_path / "a.jpg", network, strip=True, **options)
        assert read(tmp_path / "a-out.png").metadata == Metadata()


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 0, 255)])
@pytest.mark.parametrize("factor", [3.0, 3.4])
def test_hidden_colours_do_not_bleed_into_what_is_seen(hidden, factor, tmp_path):
    colour = np.array((230, 60, 40), np.uint8)
    disc = np.hypot(*np.indices((20, 30)) - np.array([9.5, 14.5])[:, None, None]) < 7
    pixels = np.where(disc[..., None], colour, np.array(hidden, np.uint8))
    write(tmp_path / "a.png", Picture(pixels, np.where(disc, 255, 0).astype(np.uint8)))
    restored(tmp_path / "a.png", LARGER, factor=factor, knobs=(("amount", 0.0),))
    result = read(tmp_path / "a-out.png")
    seen = result.alpha > 0
    assert np.abs(result.pixels[seen].astype(int) - colour).max() <= 1


def test_in_a_folder_only_files_count_and_what_is_skipped_is_named(folder):
    there = folder / "in"
    (there / "album.png").mkdir()
    os.mkfifo(there / "pipe.png")
    (there / "gone.png").symlink_to(there / "nothing.png")
    (there / "._a.png").write_bytes(b"Mac OS X")
    for name in ("one.heic", "two.JP2"):
        (there / name).write_bytes(b"cannot be read")
    for name in ("still.gif", "small.avif"):
        Image.fromarray(DARK).save(there / name)
    said = []
    assert restore_files([there], folder / "out", network=NETWORK, say=said.append) == 0
    results = {p.name for p in (folder / "out").rglob("*.png")}
    assert results == {"a.png", "b.png", "still.png", "small.png"}
    (skipped,) = [line for line in said if "kipped" in line]
    assert all(name in skipped for name in ("one.heic", "two.JP2", "pipe.png", "gone.png"))
    assert "._a.png" not in "".join(said) and "album.png" not in "".join(said)


def test_a_pipe_by_name_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    pixels, (said,) = restored(tmp_path / "pipe.png", NETWORK)
    assert pixels is None and "pipe.png is no file" in said


@pytest.mark.parametrize("name", ["x.gif", "x.avif", "x.HEIC", "x.jp2"])
def test_a_format_that_cannot_be_written_is_an_error(name, folder):
    with pytest.raises(ValueError, match="cannot be written"):
        restore_files([folder / "in" / "a.png"], folder / name, network=NETWORK)
    assert not (folder / name).exists()


def test_one_file_cannot_hold_several_images(folder):
    for inputs in ([folder / "in"], [folder / "in" / "a.png", folder / "in" / "deep" / "b.jpg"]):
        with pytest.raises(ValueError, match="name a folder"):
            restore_files(inputs, folder / "all.png", network=NETWORK)
    assert not (folder / "all.png").exists()


def test_a_folder_goes_on_where_it_stopped(folder):
    out = folder / "out"
    write(out / "a.png", Picture(DARK))
    said = []
    assert restore_files([folder / "in"], out, network=NETWORK, knobs=HALF, say=said.append) == 0
    assert "is there already" in said[0] and "failed" not in said[0]
    assert read(out / "a.png").pixels.max() == 0 and read(out / "deep" / "b.png").pixels.max() > 0
    assert restore_files([folder / "in"], out, network=NETWORK, knobs=HALF, overwrite=True) == 0
    assert read(out / "a.png").pixels.max() == 128


def test_full_names_keep_two_pictures_of_one_name(folder):
    write(folder / "in" / "a.jpg", Picture(DARK))
    out = folder / "out"
    assert restore_files([folder / "in"], out, network=NETWORK, full_names=True) == 0
    results = {p.relative_to(out).as_posix() for p in out.rglob("*.png")}
    assert results == {"a.jpg.png", "a.png.png", "deep/b.jpg.png"}


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_quality_is_that_of_the_file(suffix, tmp_path, astronaut):
    write(tmp_path / "a.png", Picture(astronaut[:100, :100]))
    sizes = {}
    for quality in (None, 20, 95):
        out = tmp_path / f"{quality}{suffix}"
        assert restore_files([tmp_path / "a.png"], out, network=NETWORK, quality=quality) == 0
        sizes[quality] = out.stat().st_size
    assert sizes[None] == sizes[95] > 2 * sizes[20]


@pytest.mark.parametrize("name", ["out.png", "out.tif", "out"])
def test_quality_is_for_a_jpeg_or_webp_file(name, folder):
    with pytest.raises(ValueError, match="one JPEG or WebP file"):
        restore_files([folder / "in" / "a.png"], folder / name, network=NETWORK, quality=50)


def test_auto_says_that_two_values_cannot_be_read(tmp_path):
    Image.fromarray(np.indices((64, 64)).sum(0) % 2 == 1).save(tmp_path / "a.png")
    pixels, (said,) = restored(tmp_path / "a.png", NETWORK, auto=True)
    assert pixels is None and "a.png: The noise of an image of two values cannot be read" in said


def noisy(sigma: float) -> np.ndarray:
    noise = sigma * np.random.default_rng(0).standard_normal((100, 100, 3))
    return (127.5 + noise).clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("how", [{}, {"auto": True}, {"knobs": HALF}])
@pytest.mark.parametrize(("sigma", "harms"), [(0.5, True), (15, False), (75, False), (100, True)])
def test_noise_that_was_not_trained_for_is_told_before(sigma, harms, how, tmp_path):
    write(tmp_path / "a.png", Picture(noisy(sigma)))
    _, said = restored(tmp_path / "a.png", replace(NETWORK, trained=((15, 75),)), **how)
    assert len(said) == 1 + harms
    if harms:
        assert re.fullmatch(
            r"\[1/1\] \S+a\.png: brighten was trained for sigma 15 to 75 \(here \S+\): "
            r"it may do the image harm\.",
            said[0],
        )


@pytest.mark.parametrize(("quality", "harms"), [(10, False), (30, False), (85, True)])
def test_a_quality_that_was_not_trained_for_is_told_before(quality, harms, tmp_path, astronaut):
    write(tmp_path / "a.jpg", Picture(astronaut[:64, :64]), quality=quality)
    _, said = restored(tmp_path / "a.jpg", replace(LUMA, trained=((10, 30),)))
    assert len(said) == 1 + harms and ("was trained for quality 10 to 30 (here 85)" in said[0]) == harms


def test_what_cannot_be_read_harms_nobody(tmp_path):
    Image.fromarray(np.indices((64, 64)).sum(0) % 2 == 1).save(tmp_path / "a.png")
    _, said = restored(tmp_path / "a.png", replace(NETWORK, trained=((15, 75),)))
    assert len(said) == 1
