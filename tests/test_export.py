import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_slider_state import loaded
from torch import nn

from lib.__main__ import size
from lib.app import export as module
from lib.app import public
from lib.app.export import CannotExport, export
from lib.app.tasks import DEJPEG, DENOISE, SR, Loaded, whole_super_resolution
from lib.models.knobs import Controllable, Held
from lib.training.wrappers import Interpolated

pytest.importorskip("onnxscript", reason="ONNX is an extra: pip install -e .[export]")
onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX is an extra: pip install -e .[export]")


@pytest.fixture
def network() -> Loaded:
    """With layers that the knob does something to."""
    found = loaded()
    for name, parameter in found.net.named_parameters():
        if "module.filter" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return found


def run(file, **inputs) -> np.ndarray:
    session = onnxruntime.InferenceSession(file)
    assert {given.name for given in session.get_inputs()} == set(inputs)
    return session.run(None, {name: np.asarray(x, np.float32) for name, x in inputs.items()})[0]


def test_size_is_free_and_the_knob_an_input(network, tmp_path):
    file = tmp_path / "new" / "net.onnx"
    assert export(network, file) <= module.TOLERANCE
    x = torch.rand(1, 3, 34, 58)
    restored = [run(file, picture=x, knobs=[[coef]]) for coef in (0.0, 0.6)]
    for y, coef in zip(restored, (0.0, 0.6), strict=True):
        with torch.inference_mode():
            expected = network.net(x, torch.tensor([[coef]])).numpy()
        np.testing.assert_allclose(y, expected, atol=module.TOLERANCE)
    assert np.abs(restored[1] - restored[0]).max() > 0.01
    assert [path.name for path in file.parent.iterdir()] == ["net.onnx"]


def test_a_knob_can_be_baked_in(network, tmp_path):
    file = tmp_path / "net.onnx"
    export(network, file, knobs={"coef": 0.6})
    x = torch.rand(1, 3, 20, 22)
    with torch.inference_mode():
        expected = network.net(x, torch.tensor([[0.6]])).numpy()
    np.testing.assert_allclose(run(file, picture=x), expected, atol=module.TOLERANCE)


def test_the_file_says_what_it_is_and_nothing_of_this_machine(network, tmp_path):
    file = tmp_path / "net.onnx"
    export(network, file)
    said = onnxruntime.InferenceSession(file).get_modelmeta().custom_metadata_map
    assert (said["network"], said["scale"], said["multiple"]) == ("adafm-denoise", "smoke", "2")
    assert json.loads(said["knobs"]) == [{"name": "coef", "low": 0.0, "high": 1.0}]
    assert b".py" not in file.read_bytes()


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (SR, "bicubic enlargement, as MATLAB's"),
        (whole_super_resolution(4), "each pixel repeated 4 times across and down"),
    ],
)
def test_the_file_of_a_network_that_enlarges_says_what_comes_before(task, expected, network, tmp_path):
    file = tmp_path / "net.onnx"
    export(replace(network, name="sr", task=task), file)
    said = onnxruntime.InferenceSession(file).get_modelmeta().custom_metadata_map
    assert said["before"] == expected
    assert said["network"] == ("sr x3 to x4" if task is SR else "sr x4")


def test_interpolated_weights_are_baked_in_or_refused(network, tmp_path):
    pair = Interpolated(network.net, network.net)
    both = Loaded("pair", pair, DENOISE, 3, "smoke", None)
    with pytest.raises(CannotExport, match="fix them: --knob coef=0 --knob texture=0"):
        export(both, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
    export(both, tmp_path / "net.onnx", knobs={"coef": 0.3, "texture": 0.5})


class Windows(Controllable):
    """Subtracts the mean of every window of 32 pixels: how many there are is part of its structure."""

    def fold(self, knobs: torch.Tensor) -> nn.Module:
        return Held(self, knobs)

    def forward(self, x: torch.Tensor, knobs: torch.Tensor) -> torch.Tensor:
        columns = [column - column.mean() for column in x.split([32] * (x.shape[-1] // 32), dim=-1)]
        return torch.cat(columns, -1)


def test_a_network_of_windows_needs_a_size(tmp_path):
    windows = Loaded("windows", Windows(), DEJPEG, 1, "smoke", None)
    file = tmp_path / "net.onnx"
    with pytest.raises(CannotExport, match="give --size"):
        export(windows, file, knobs={})
    export(windows, file, knobs={}, size=(32, 64))
    x = torch.rand(1, 1, 32, 64)
    np.testing.assert_allclose(run(file, picture=x), windows.net(x, torch.zeros(1, 0)), atol=1e-6)


def test_a_file_that_computes_something_else_is_not_kept(network, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_difference", lambda *_: 0.1)
    with pytest.raises(CannotExport, match=r"differs from torch by 0\.1"):
        export(network, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


SHIPPED = [
    ("cfsnet-denoise", None, None),
    ("vdir-real", None, None),
    ("vdir-jpeg", None, None),
    ("cugan", {"blur": 0.5, "noise": 0.6, "texture": 0.3}, None),
    ("qgcn", {"texture": 0.5}, (64, 96)),
]


@pytest.mark.parametrize(("name", "knobs", "size"), SHIPPED)
def test_a_network_of_every_method_is_exported(name, knobs, size, tmp_path):
    """The comparison with torch is part of it."""
    assert export(public.load(name, "compact"), tmp_path / "net.onnx", knobs=knobs, size=size) <= 1e-4


def test_sides_must_fit(network, tmp_path):
    with pytest.raises(CannotExport, match="multiples of 2 pixels"):
        export(network, tmp_path / "net.onnx", size=(31, 20))


def test_a_size_is_two_numbers():
    assert size("480x320") == (480, 320)
    for text in ("480", "480x", "axb", "0x3"):
        with pytest.raises(Exception, match=r"480x320|not above 0"):
            size(text)
