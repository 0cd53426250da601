import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
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
from lib.data.images import Picture, encode, read, write
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


def restore_files(inputs, output, *, network, overwrite=False, full_names=False, quality=None, say=print, **how):
    """How many failed."""
    results = Results(output, overwrite, full_names, quality)
    return restore.restore_files(inputs, results, Request(network, **how), say=say)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write(tmp_path / "in" / "a.png", Picture(DARK))
    write(tmp_path / "in" / "deep" / "b.jpg", Picture(DARK))
    (tmp_path / "in" / "notes.txt").write_text("no picture")
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
    (folder / "in" / "a.jpg").write_bytes(b"no picture")
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
    with pytest.raises(ValueError, match="no picture"):
        restore_files([tmp_path], tmp_path / "out", network=NETWORK)


def restored(source, network, **options):
    """(the result's pixels, what was said) of one picture."""
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
        (LARGER, None, "brighten-larger enlarges pictures: say how many times, such as --factor 3.4"),
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
    with pytest.raises(ValueError, match="sees no picture turned"):
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
