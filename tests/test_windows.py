"""Restoring in windows: what the network sees, how results are joined, odd sizes, folding."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.models.knobs import Controllable, Knob
from lib.training.wrappers import InWindows, in_windows

SIDE = 8


class Normed(Controllable):
    """Divides what it sees by its largest value, and adds its knob."""

    knobs = (Knob("offset", 0.0, 1.0, 0.0, ""),)

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x, knobs):
        self.seen.append(tuple(x.shape))
        return x / x.amax((1, 2, 3), keepdim=True) + knobs[:, :, None, None]

    def fold(self, knobs):
        return nn.Identity()


@pytest.mark.parametrize(("height", "width"), [(8, 8), (20, 33), (5, 17), (3, 4)])
def test_what_does_nothing_hands_the_picture_on(height, width):
    x = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(in_windows(lambda parts: parts, x, SIDE), x)
    net = InWindows(Normed(), SIDE)
    torch.testing.assert_close(net.fold(torch.zeros(1))(x), x)


def test_the_network_sees_windows_and_nothing_else():
    net = Normed()
    x = torch.rand(2, 1, 24, 16, generator=torch.Generator().manual_seed(0)) + 0.1
    InWindows(net, SIDE)(x, torch.zeros(2, 1))
    assert net.seen == [(15, 1, SIDE, SIDE)] * 2
    picture = torch.ones(1, 1, 24, 32)
    picture[..., 16:] = 2
    assert torch.equal(InWindows(net, SIDE)(picture, torch.zeros(1, 1))[..., :12], torch.ones(1, 1, 24, 12))


def test_the_middle_of_a_window_counts_most():
    """Where windows know different things, the result moves from one to the other along the ramp."""
    x = torch.zeros(1, 1, SIDE, 2 * SIDE)
    places = iter(torch.arange(3.0))
    joined = in_windows(
        lambda parts: torch.stack([torch.full_like(p, float(next(places))) for p in parts]), x, SIDE
    )
    row = joined[0, 0, 0]
    assert row[: SIDE // 2].eq(0).all() and row[-SIDE // 2 :].eq(2).all()
    assert (row.diff() >= 0).all() and 0 < row[SIDE // 2] < 0.5 < row[SIDE - 1] < 1 + 1e-6


def test_every_picture_has_its_own_knobs():
    x = torch.ones(2, 1, SIDE, SIDE)
    out = InWindows(Normed(), SIDE)(x, torch.tensor([[0.0], [0.5]]))
    torch.testing.assert_close(out, torch.tensor([1.0, 1.5]).view(2, 1, 1, 1).expand_as(x))


def test_it_is_the_blend_of_windows_restored_one_by_one():
    conv = nn.Conv2d(1, 1, 3, padding=1)
    x = torch.rand(1, 1, SIDE, 12, generator=torch.Generator().manual_seed(0))
    ramp = torch.hann_window(SIDE + 2, periodic=False)[1:-1]
    weight = F.pad(ramp.expand(SIDE, -1), (0, 4)), F.pad(ramp.expand(SIDE, -1), (4, 0))
    parts = F.pad(conv(x[..., :SIDE]), (0, 4)), F.pad(conv(x[..., 4:]), (4, 0))
    expected = (parts[0] * weight[0] + parts[1] * weight[1]) / (weight[0] + weight[1])
    torch.testing.assert_close(in_windows(conv, x, SIDE), expected)


def test_a_window_has_halves_that_the_network_takes():
    net = Normed()
    net.multiple = 2
    with pytest.raises(ValueError, match="a multiple of 4 pixels a side, not 10"):
        InWindows(net, 10)
