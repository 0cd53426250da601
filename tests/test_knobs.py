"""Networks made of others: knobs held or between two networks, all orientations, repeated pixels."""

import pytest
import torch
from torch import nn

from lib.evaluation.inference import restore
from lib.models.baselines import DnCNN, FFDNet
from lib.models.knobs import Controllable, Held, Knob
from lib.models.qgcn import QGCN
from lib.training.wrappers import Bicubic, Interpolated, OfRepeated, SelfEnsemble


def two(make):
    torch.manual_seed(0)
    return make().eval(), make().eval()


def small_qgcn():
    return QGCN(width=6, blocks=2)


def at(texture, n=1):
    return torch.full((n, 1), texture)


NONE = torch.zeros(1, 0)
MAKES = {"QGCN": small_qgcn, "DnCNN": lambda: DnCNN(1, 6, 4)}


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_the_ends_are_the_networks_bit_for_bit(make):
    first, second = two(make)
    net, x = Interpolated(first, second), torch.rand(1, 1, 16, 20)
    for texture, end in ((0.0, first), (1.0, second)):
        assert torch.equal(net(x, at(texture)), end(x, NONE))
        assert torch.equal(net.fold(torch.tensor([texture]))(x), end(x, NONE))
    assert not torch.allclose(first(x, NONE), second(x, NONE))


def test_the_middle_has_averaged_weights():
    first, second = two(small_qgcn)
    averaged = small_qgcn()
    with torch.no_grad():
        for p, a, b in zip(averaged.parameters(), first.parameters(), second.parameters(), strict=True):
            p.copy_((a + b) / 2)
    x = torch.rand(1, 1, 16, 20)
    torch.testing.assert_close(Interpolated(first, second)(x, at(0.5)), averaged(x, NONE))


def test_every_picture_has_its_own_texture():
    net, x = Interpolated(*two(small_qgcn)), torch.rand(4, 1, 16, 20)
    textures = torch.tensor([[0.7], [0.0], [0.7], [1.0]])
    together = net(x, textures)
    for i in range(4):
        torch.testing.assert_close(together[i : i + 1], net(x[i : i + 1], textures[i : i + 1]))
    assert not torch.allclose(together, net(x, textures.flip(0)))


def test_running_statistics_move_too_and_counters_stay():
    class Normed(DnCNN):
        def __init__(self):
            super().__init__(1, 4, 3)
            self.residual.insert(1, nn.BatchNorm2d(4))

    first, second = two(Normed)
    second.residual[1].running_mean.fill_(2)
    second.residual[1].num_batches_tracked.fill_(9)
    norm = Interpolated(first, second).fold(torch.tensor([0.25])).net.residual[1]
    assert norm.running_mean.tolist() == [0.5] * 4
    assert norm.num_batches_tracked == 0


def test_folding_is_one_network_and_leaves_both_alone():
    net = Interpolated(*two(small_qgcn))
    before = {k: v.clone() for k, v in net.state_dict().items()}
    plain, x = net.fold(torch.tensor([0.3])), torch.rand(1, 1, 16, 20)
    torch.testing.assert_close(plain(x), net(x, at(0.3)))
    assert sum(p.numel() for p in plain.parameters()) == sum(p.numel() for p in net.first.parameters())
    assert not any(p.requires_grad for p in plain.parameters())
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_restores_through_inference_like_any_other():
    net, x = Interpolated(*two(small_qgcn)), torch.rand(1, 1, 17, 21)
    assert net.multiple == 2
    assert restore(net, x, knobs=(0.5,)).shape == x.shape


def test_knobs_of_the_networks_come_before_texture():
    first, second = two(lambda: FFDNet(1, 6, 3))
    net, x = Interpolated(first, second, "0: smooth, 1: rough"), torch.rand(2, 1, 16, 20)
    assert [knob.name for knob in net.knobs] == ["sigma", "texture"]
    assert net.knobs[-1].meaning == "0: smooth, 1: rough"
    restored = net(x, torch.tensor([[10.0, 0.0], [50.0, 1.0]]))
    torch.testing.assert_close(restored[:1], first(x[:1], torch.tensor([[10.0]])))
    torch.testing.assert_close(restored[1:], second(x[1:], torch.tensor([[50.0]])))
    torch.testing.assert_close(net.fold(torch.tensor([50.0, 1.0]))(x[1:]), restored[1:])


def test_gradients_reach_both_networks():
    net = Interpolated(*two(small_qgcn))
    net(torch.rand(1, 1, 16, 16), at(0.25)).sum().backward()
    ratio = net.first.tail.weight.grad / net.second.tail.weight.grad
    torch.testing.assert_close(ratio, torch.full_like(ratio, 3.0))


@pytest.mark.parametrize(
    "other",
    [
        QGCN(width=9, blocks=2),
        QGCN(width=6, blocks=3),
        QGCN(width=6, blocks=2, dilated=False),
        DnCNN(1, 6, 4),
    ],
    ids=["width", "blocks", "dilation", "kind"],
)
def test_other_architectures_are_refused(other):
    with pytest.raises(ValueError, match="same architecture"):
        Interpolated(small_qgcn(), other)


def test_a_dilation_is_part_of_the_architecture_though_it_has_no_weights():
    first, second = two(small_qgcn)
    for scale in second.body[0].entry.a.scales:
        scale.dilation = scale.padding = (1, 1)
    with pytest.raises(ValueError, match="same architecture"):
        Interpolated(first, second)


# --- orientations and repeated pixels --------------------------------------------------------------


class Filter(Controllable):
    """A 3x3 filter of each channel, times its knob."""

    knobs = (Knob("gain", 0.0, 2.0, 1.0, ""),)

    def __init__(self, taps):
        super().__init__()
        self.register_buffer("taps", taps)

    def forward(self, x, knobs):
        kernel = self.taps.expand(x.shape[1], 1, 3, 3)
        return knobs.view(-1, 1, 1, 1) * nn.functional.conv2d(x, kernel, padding=1, groups=x.shape[1])

    def fold(self, knobs):
        return Held(self, knobs)


def test_all_orientations_of_a_filter_are_its_mean_over_them():
    taps = torch.rand(3, 3, generator=torch.Generator().manual_seed(0))
    turned = [t.rot90(turns) for t in (taps, taps.flip(-1)) for turns in range(4)]
    net, mean = SelfEnsemble(Filter(taps)), Filter(torch.stack(turned).mean(0))
    x, knobs = torch.rand(2, 3, 7, 10), torch.tensor([[0.5], [2.0]])
    torch.testing.assert_close(net(x, knobs), mean(x, knobs))
    torch.testing.assert_close(net.fold(knobs[0])(x[:1]), mean(x[:1], knobs[:1]))
    assert (net.knobs, net.multiple) == (Filter.knobs, 1)
    assert not torch.allclose(mean(x, knobs), Filter(taps)(x, knobs))


@pytest.mark.parametrize("factor", [2, 4])
def test_repeated_pixels_are_picked_out_again(factor):
    small = torch.rand(1, 3, 9, 7)
    large = small.repeat_interleave(factor, -2).repeat_interleave(factor, -1)
    net = OfRepeated(Bicubic(factor), factor)
    expected = Bicubic(factor)(small, NONE)
    assert torch.equal(net(large, NONE), expected) and expected.shape == large.shape
    assert torch.equal(net.fold(NONE[0])(large), expected)
    assert (net.multiple, net.spread) == (factor, factor)
