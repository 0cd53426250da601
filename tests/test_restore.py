import numpy as np
import pytest
import torch
from torch import nn

from lib.images import Picture, encode, read, write
from lib.models.knobs import Controllable, Knob
from lib.restore import restore_files
from lib.tasks import DENOISE, KnobCurve, Loaded


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
DARK = np.zeros((20, 30, 3), np.uint8)
HALF = (("amount", 0.5),)


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
