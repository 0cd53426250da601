"""VDIR's published checkpoints: which variable is which weight, and how the latent is enlarged."""

import numpy as np
import pytest
import torch
from test_tf_checkpoint import write
from torch.nn import functional as F

from lib.base import tf_checkpoint
from lib.models.vdir import VDIR, Encoder, Restorer
from lib.training.published import load_vdir, resized_from_corner, scopes

BLOCKS = [f"Denoise/RIRBlock{i}/RBlock{k}/conv{c}" for i in range(5) for k in range(5) for c in (1, 2)]
NAMES = [
    *(f"EST/{name}" for name in ("conv1", "conv2", "conv3", "conv4", "conv5", "mu", "sigma")),
    *(f"Denoise/conv{i}" for i in (1, 2, 3)),
    *(f"Denoise/RIRBlock{i}/conv_out" for i in range(5)),
    *BLOCKS,
]
ENDS = {"EST/conv1": (3, 64), "EST/mu": (64, 4), "EST/sigma": (64, 4), "Denoise/conv1": (7, 64),
        "Denoise/conv3": (64, 3)}  # fmt: skip


@pytest.fixture(scope="module")
def variables():
    """Of the shapes that the released code makes; kernels are (height, width, in, out)."""
    rng = np.random.default_rng(0)
    found = {}
    for name in NAMES:
        inner, outer = ENDS.get(name, (64, 64))
        found[f"{name}/conv2d/kernel"] = rng.normal(0, 0.02, (3, 3, inner, outer)).astype(np.float32)
        found[f"{name}/conv2d/bias"] = rng.normal(0, 0.1, outer).astype(np.float32)
    return found


def _quick(content):
    """Bit by bit these files would take a minute."""
    return tf_checkpoint.checksum(content).to_bytes(4, "little")


@pytest.fixture(scope="module")
def net(variables, tmp_path_factory):
    """From files with one variable more."""
    path = tmp_path_factory.mktemp("model") / "model-AWGN.index"
    more = {"DEC/conv1/conv2d/bias": np.zeros(64, np.float32)}
    write(path, variables | more, per_block=40, crc=_quick)
    return load_vdir(path)


def test_every_weight_has_one_variable_of_its_shape(variables, net):
    assert len(variables) == 130 == len(list(net.parameters()))  # 130 in the index of both published ones
    assert sum(v.size for v in variables.values()) == 2_227_915 == sum(p.numel() for p in net.parameters())
    assert sorted(scopes(net)) == sorted(NAMES)
    assert len({id(conv) for conv in scopes(net).values()}) == 65


def test_the_network_is_the_released_code_line_by_line(variables, net):
    """Written once more from the order of its layers; TensorFlow's convolution is a correlation too."""

    def conv(x, name, relu=False):
        kernel, bias = (torch.from_numpy(variables[f"{name}/conv2d/{p}"]) for p in ("kernel", "bias"))
        y = F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1)
        return F.relu(y) if relu else y

    x = torch.rand(1, 3, 14, 22, generator=torch.Generator().manual_seed(0))
    h = F.relu(F.max_pool2d(conv(x, "EST/conv1"), 2, ceil_mode=True))
    h = conv(h, "EST/conv2", relu=True)
    h = F.relu(F.max_pool2d(conv(h, "EST/conv3"), 2, ceil_mode=True))
    h = conv(conv(h, "EST/conv4", relu=True), "EST/conv5")
    mu, sigma = conv(h, "EST/mu"), conv(h, "EST/sigma")
    first = head = conv(torch.cat([x, resized_from_corner(mu, (14, 22))], 1), "Denoise/conv1")
    for i in range(5):
        before = head
        for k in range(5):
            block = f"Denoise/RIRBlock{i}/RBlock{k}"
            head = head + conv(conv(head, f"{block}/conv1", relu=True), f"{block}/conv2")
        head = before + conv(head, f"Denoise/RIRBlock{i}/conv_out")
    expected = x + conv(first + conv(head, "Denoise/conv2"), "Denoise/conv3")

    with torch.no_grad():
        torch.testing.assert_close(net.encoder(x), (mu, sigma))
        torch.testing.assert_close(net(x, torch.zeros(1, 0)), expected)
        torch.testing.assert_close(net.fold(torch.zeros(0))(x), expected)


def test_enlarging_counts_from_the_first_pixel():
    """0, 1, 2, 3 in steps of a quarter, then the last pixel; to 5 pixels in steps of 4/5."""
    ramp = torch.arange(4.0).expand(1, 1, 4, 4)
    quarters = torch.arange(16.0).clamp(max=12) / 4
    torch.testing.assert_close(resized_from_corner(ramp, (16, 16))[0, 0, 5], quarters)
    torch.testing.assert_close(resized_from_corner(ramp.mT, (16, 16))[0, 0, :, 5], quarters)
    fifths = torch.tensor([0.0, 0.8, 1.6, 2.4, 3.0])
    torch.testing.assert_close(resized_from_corner(ramp, (4, 5))[0, 0, 0], fifths)


@pytest.mark.parametrize(
    ("changed", "value", "reason"),
    [
        ("EST/mu/conv2d/bias", None, "EST/mu is missing"),
        ("Denoise/conv1/conv2d/kernel", np.zeros((3, 3, 5, 64), np.float32), "Denoise/conv1 does not fit"),
        ("EST/mu/conv2d/kernel", np.zeros((64, 4), np.float32), "EST/mu does not fit"),
    ],
)
def test_another_network_is_refused(variables, monkeypatch, changed, value, reason):
    others = {name: v for name, v in (variables | {changed: value}).items() if v is not None}
    monkeypatch.setattr(tf_checkpoint, "read", lambda path: others)
    with pytest.raises(ValueError, match=reason):
        load_vdir("m.index")


def test_a_network_trained_here_enlarges_by_centres():
    restorer = Restorer(width=4, groups=1, blocks=1)
    net = VDIR(Encoder(width=4), restorer)
    assert restorer.resize is not resized_from_corner and len(scopes(net)) == 7 + 3 + 3
