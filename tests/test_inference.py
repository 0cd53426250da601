import dataclasses
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from lib.data.images import Picture, rgb_to_ycbcr, to_pixels, to_tensor
from lib.evaluation.inference import Restorer, restore, restore_colours, restore_picture
from lib.models.adafm import AdaFM, RestorationNet
from lib.models.knobs import Controllable, Knob


class Blur(Controllable):
    """Mean over a square of 2 * reach + 1 pixels, mixed with the input by its knob."""

    knobs = (Knob("strength", 0.0, 1.0, 0.0, "0: the input, 1: the mean"),)
    multiple = 4

    def __init__(self, channels: int = 3, reach: int = 4):
        super().__init__()
        side = 2 * reach + 1
        self.conv = nn.Conv2d(channels, channels, side, padding=reach, groups=channels, bias=False)
        nn.init.constant_(self.conv.weight, 1 / side**2)

    def fold(self, knobs: torch.Tensor) -> nn.Module:
        plain = nn.Conv2d(
            **{
                "in_channels": self.conv.in_channels,
                "out_channels": self.conv.out_channels,
                "kernel_size": self.conv.kernel_size,
                "padding": self.conv.padding,
                "groups": self.conv.groups,
                "bias": False,
            }
        )
        middle = self.conv.kernel_size[0] // 2
        with torch.no_grad():
            plain.weight.copy_(knobs[0] * self.conv.weight)
            plain.weight[:, :, middle, middle] += 1 - knobs[0]
        return plain


def adafm_net(blocks: int = 2) -> RestorationNet:
    torch.manual_seed(0)
    net = RestorationNet(3, 8, blocks, partial(AdaFM, kernel_size=3)).eval()
    for parameter in net.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    return net


def test_equals_the_network_itself(photo):
    net = adafm_net()
    with torch.inference_mode():
        expected = net(photo, torch.tensor([[0.3]]))
    torch.testing.assert_close(restore(net, photo, knobs=(0.3,)), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(97, 130), (64, 300), (33, 34)])
def test_tiles_with_enough_context_equal_the_whole(photo, size):
    x = photo[..., : size[0], : size[1]]
    whole = restore(Blur(), x, knobs=(0.7,))
    tiled = restore(Blur(), x, knobs=(0.7,), tile=32, overlap=4)
    torch.testing.assert_close(tiled, whole, atol=1e-6, rtol=0)


def test_too_little_context_shows(photo):
    """The reach of the blur is 4 pixels, so an overlap of 0 must leave seams."""
    x = photo[..., :96, :96]
    seams = restore(Blur(), x, knobs=(1.0,), tile=32, overlap=0) - restore(Blur(), x, knobs=(1.0,))
    assert seams.abs().max() > 1 / 255


def test_seams_of_a_deep_network_stay_below_a_grey_level(photo):
    """Sixteen blocks of random weights that keep the size of what passes through them."""
    net, x = adafm_net(blocks=16), photo[..., :224, :224]
    with torch.inference_mode():
        scale = restore(net, x, knobs=(0.5,)).std() / x.std()  # its output in units of an image
    seams = restore(net, x, knobs=(0.5,), tile=160) - restore(net, x, knobs=(0.5,))
    assert seams.abs().max() / scale < 1 / 255


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (17, 2)])
def test_any_size(photo, size):
    x = photo[..., : size[0], : size[1]]
    torch.testing.assert_close(restore(Blur(), x, knobs=(0.0,)), x, atol=1e-6, rtol=0)


def test_padding_replicates_the_border():
    x = torch.full((1, 3, 9, 9), 0.25)
    x[..., 8] = 0.75
    restored = restore(Blur(reach=1), x, knobs=(1.0,))
    # Column 8 is padded to 12 with itself: (0.25 + 0.75 + 0.75) / 3, away from the zeros outside.
    torch.testing.assert_close(restored[..., 4, 8], torch.full((1, 3), 1.75 / 3))


def test_a_tile_smaller_than_its_overlaps_is_refused(photo):
    with pytest.raises(ValueError, match="overlap of 48"):
        restore(Blur(), photo, knobs=(0.0,), tile=64)


def test_wrong_number_of_knobs_names_the_knobs(photo):
    with pytest.raises(ValueError, match="strength"):
        restore(Blur(), photo)


def test_every_tile_is_told_and_can_stop_the_work(photo):
    told = []
    restorer = Restorer(Blur(), device="cpu", tile=192, overlap=32)
    restorer(photo, (0.0,), progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 16) for done in range(1, 17)]

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        restorer(photo, (0.0,), progress=stop)


def test_folds_once_per_setting():
    net = Blur()
    folds = []
    original = net.fold
    net.fold = lambda knobs: folds.append(float(knobs[0])) or original(knobs)
    restorer = Restorer(net, device="cpu")
    for knob in (0.25, 0.25, 0.5, 0.25):
        restorer(torch.zeros(1, 3, 8, 8), (knob,))
    assert folds == [0.25, 0.5]


def test_sixteen_bits_and_alpha_are_kept():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 65536, (21, 30, 3), dtype=np.uint16)
    alpha = rng.integers(0, 65536, (21, 30), dtype=np.uint16)
    restorer = Restorer(Blur(), device="cpu", precision="float32")
    restored = restore_picture(restorer, Picture(pixels, alpha), (0.0,), channels=3)
    np.testing.assert_array_equal(restored.pixels, pixels)
    np.testing.assert_array_equal(restored.alpha, alpha)


def test_gray_through_a_colour_network(astronaut):
    gray = np.ascontiguousarray(astronaut[:40, :50, 0])
    restorer = Restorer(Blur(), device="cpu", precision="float32")
    restored = restore_picture(restorer, Picture(gray), (1.0,), channels=3)
    alone = restore(Blur(channels=1), to_tensor(gray), knobs=(1.0,))
    np.testing.assert_array_equal(restored.pixels, to_pixels(alone))


def test_colour_through_a_luma_network_keeps_chroma(photo):
    x = photo[..., :64, :64]
    restored = restore_colours(lambda y: y * 0.5 + 0.25, x, channels=1)
    before, after = rgb_to_ycbcr(x), rgb_to_ycbcr(restored)
    torch.testing.assert_close(after[:, 1:], before[:, 1:], atol=1e-5, rtol=0)
    torch.testing.assert_close(after[:, :1], before[:, :1] * 0.5 + 0.25, atol=1e-5, rtol=0)


def test_jpeg_tables_do_not_outlive_the_jpeg(astronaut):
    picture = dataclasses.replace(Picture(astronaut[:16, :16]), tables=(1,) * 64)
    restored = restore_picture(Restorer(Blur(), device="cpu"), picture, (0.0,), channels=3)
    assert restored.tables is None


def test_a_luma_network_sees_the_y_of_a_gray_picture(photo):
    """White is 235 and black 16, as in the Y of colour images."""
    seen = []

    def look(x):
        seen.append(x)
        return x

    gray = photo[:, :1]
    restored = restore_colours(look, gray, 1)
    torch.testing.assert_close(seen[0], (16 + 219 * gray) / 255, atol=1e-6, rtol=0)
    torch.testing.assert_close(restored, gray, atol=1e-5, rtol=0)
