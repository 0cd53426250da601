"""CUGAN: sizes, the network as formulae, its knobs and folding, the discriminator and what it is told."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from trained import moved

from lib.evaluation.inference import restore
from lib.models.cugan import GFM, CResMD, CUNet, Discriminator
from lib.recipes import find
from lib.recipes.cugan import CUNET, RIVAL
from lib.training.wrappers import Interpolated

PAPER_SIZES = {
    "CUNet": (CUNet, {}, 6_534_476),
    "Unet": (CUNet, {"modulated": False}, 6_528_515),
    "two scales": (CUNet, {"widths": (64, 128), "blocks": 3}, 2_287_052),
    "one scale": (CUNet, {"widths": (64,), "blocks": 6}, 892_108),
    "narrow": (CUNet, {"widths": (64, 64, 96)}, 1_343_980),
    "CResMD": (CResMD, {}, 2_557_708),
    "discriminator": (Discriminator, {}, 13_748_681),
    "without GFM": (Discriminator, {"modulated": False}, 13_731_401),
    "plain batch norm": (Discriminator, {"norm": partial(nn.BatchNorm2d, affine=False)}, 13_742_921),
}
UNETS = {
    "three scales": {"widths": (4, 6, 10), "blocks": 1},
    "two scales": {"widths": (4, 6), "blocks": 2},
    "one scale": {"widths": (5,), "blocks": 3},
}
MAKES = {
    **{name: lambda size=size: CUNet(**size) for name, size in UNETS.items()},
    "CResMD": lambda: CResMD(width=6, blocks=2),
}

each_unet = pytest.mark.parametrize("size", UNETS.values(), ids=UNETS)
each_net = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)


def picture(n=2, size=(8, 12), dtype=torch.float32, seed=2):
    return torch.rand(n, 3, *size, generator=torch.Generator().manual_seed(seed)).to(dtype)


def knobs(*rows, dtype=torch.float32):
    return torch.tensor(rows, dtype=dtype)


def none(n=2):
    return torch.zeros(n, 0)


def parameters(net):
    return sum(p.numel() for p in net.parameters())


def linear(net):
    return [m for m in net.modules() if isinstance(m, nn.Linear)]


def copied(net):
    return {k: v.clone() for k, v in net.state_dict().items()}


def set_weights(net, value):
    """Every w at `value` whatever the knobs."""
    with torch.no_grad():
        for layer in linear(net):
            layer.weight.zero_()
            layer.bias.fill_(value)


# --- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "arguments", "count"), PAPER_SIZES.values(), ids=PAPER_SIZES)
def test_networks_have_the_parameters_of_their_layers(kind, arguments, count):
    """Summed layer by layer from the paper's text and the released layers."""
    assert parameters(kind(**arguments)) == count


@pytest.mark.parametrize(
    ("net", "places", "count"),
    [
        (CUNet(), 15, 5_961),
        (CUNet(widths=(64, 128), blocks=3), 14, 3_657),
        (CUNet(widths=(64,), blocks=6), 13, 2_313),
        (CResMD(), 33, 6_153),
    ],
    ids=["three scales", "two scales", "one scale", "CResMD"],
)
def test_every_place_has_a_linear_layer_of_its_own(net, places, count):
    """Twelve blocks, a fusion for every scale but the lowest, the connection to the output."""
    layers = linear(net)
    assert len(layers) == places
    assert sum(parameters(layer) for layer in layers) == count
    assert all(layer.in_features == 2 and layer.bias is not None for layer in layers)


def test_a_network_without_knobs_has_none_of_them():
    net = CUNet(modulated=False)
    assert linear(net) == [] and net.knobs == ()


def test_a_compact_network_has_a_fifth_of_a_million_parameters():
    assert parameters(CUNet(widths=(12, 24, 48))) == pytest.approx(200_000, rel=0.2)


@pytest.mark.parametrize(("scale", "factor", "tolerance"), [("compact", 1.0, 0.03), ("paper", 2.55, 0.01)])
def test_the_rival_is_as_large_in_short_runs_and_at_paper_scale_as_released(scale, factor, tolerance):
    ours, rival = (parameters(find(name, scale).build()) for name in (CUNET, RIVAL))
    assert ours / rival == pytest.approx(factor, abs=tolerance)


def test_the_discriminator_has_ten_convolutions_and_nine_modulations():
    net = Discriminator()
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.kernel_size[0], c.stride[0]) for c in convolutions] == [(3, 1), (4, 2)] * 5
    widths = [64, 64, 128, 128, 256, 256, 512, 512, 512, 512]
    assert [c.out_channels for c in convolutions] == widths
    assert [c.bias is not None for c in convolutions] == [True] + [False] * 9
    modulations = [m for m in net.modules() if isinstance(m, GFM)]
    assert [m.scale.out_features for m in modulations] == widths[1:]
    assert sum(parameters(m) for m in modulations) == 17_280


# --- start values ----------------------------------------------------------------------------------


def test_layers_start_as_he_times_a_tenth():
    torch.manual_seed(0)
    for net in (CUNet(), CResMD()):
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 1000:
                he = (2 / layer.weight[0].numel()) ** 0.5
                assert float(layer.weight.detach().std()) == pytest.approx(0.1 * he, rel=0.1)
            if isinstance(layer, nn.Conv2d | nn.Linear):
                assert not layer.bias.any()
        conditions = torch.cat([layer.weight.detach().flatten() for layer in linear(net)])
        assert float(conditions.std()) == pytest.approx(0.1, rel=0.05)  # sqrt(2 / 2) / 10


def test_transposed_convolutions_start_as_the_framework_makes_them():
    """Uniform with the deviation 1 / sqrt(3 fan); a transposed one counts its outputs, 64 and 128 times 4."""
    torch.manual_seed(0)
    layers = [m for m in CUNet().modules() if isinstance(m, nn.ConvTranspose2d)]
    found = sorted(float(layer.weight.detach().std()) for layer in layers)
    assert found == pytest.approx([(3 * 4 * width) ** -0.5 for width in (128, 64)], rel=0.03)


@each_net
def test_a_new_network_hands_its_picture_on_where_z_is_0(make):
    torch.manual_seed(0)
    net, x = make(), picture()
    assert torch.equal(net(x, torch.zeros(2, 2)), x)
    torch.testing.assert_close(net(x, torch.ones(2, 2)), x, atol=0.05, rtol=0)


# --- the network as formulae -----------------------------------------------------------------------


def conv(x, layer):
    stride = layer.stride[0]
    return F.conv2d(x, layer.weight, layer.bias, stride=stride, padding=layer.padding[0])


def w(place, z):
    """A z + b, written out."""
    values = z[:, :1] * place.weight.weight[:, 0] + z[:, 1:] * place.weight.weight[:, 1] + place.weight.bias
    return values[:, :, None, None]


def blocks(h, layers, z):
    for block in layers:
        h = h + w(block.b, z) * conv(F.relu(conv(h, block.a)), block.b.conv)
    return h


def up(h, place):
    return F.conv_transpose2d(h, place.conv.weight, place.conv.bias, stride=2)


def test_the_generator_is_the_papers_table_of_layers():
    net = moved(CUNet(**UNETS["three scales"])).double()
    x, z = picture(dtype=torch.float64), knobs((0.3, 0.8), (1.0, 0.0), dtype=torch.float64)
    one, two, three = net.body, net.body.below, net.body.below.below
    first = blocks(conv(x, net.head), one.left, z)  # (2, 4, 8, 12)
    second = blocks(conv(first, one.down), two.left, z)  # (2, 6, 4, 6)
    third = blocks(conv(second, two.down), three.left, z)  # (2, 10, 2, 3)
    third = blocks(third, three.right, z)
    second = blocks(second + w(two.up, z) * up(third, two.up), two.right, z)
    first = blocks(first + w(one.up, z) * up(second, one.up), one.right, z)
    expected = x + w(net.tail, z) * conv(first, net.tail.conv)
    torch.testing.assert_close(net(x, z), expected, atol=1e-10, rtol=0)


def test_cresmd_is_the_released_network():
    net = moved(CResMD(width=6, blocks=2)).double()
    x, z = picture(dtype=torch.float64), knobs((0.3, 0.8), (1.0, 0.0), dtype=torch.float64)
    h = blocks(conv(x, net.head), net.body, z)
    assert h.shape == (2, 6, 4, 6)
    h = F.relu(conv(F.relu(F.pixel_shuffle(conv(h, net.up), 2)), net.hr))
    expected = x + w(net.tail, z) * conv(h, net.tail.conv)
    torch.testing.assert_close(net(x, z), expected, atol=1e-10, rtol=0)


@each_net
def test_with_every_weight_at_zero_the_picture_stays_as_it_is(make):
    net, x = moved(make()), picture()
    set_weights(net, 0.0)
    assert torch.equal(net(x, torch.rand(2, 2)), x)


@each_unet
def test_with_every_weight_at_one_it_is_the_network_without_knobs(size):
    net, plain, x = moved(CUNet(**size)), CUNet(**size, modulated=False), picture()
    set_weights(net, 1.0)
    plain.load_state_dict({k: v for k, v in net.state_dict().items() if k in plain.state_dict()})
    assert torch.equal(net(x, torch.rand(2, 2)), plain(x, none()))
    assert not torch.allclose(plain(x, none()), x, atol=0.1)


# --- the knobs -------------------------------------------------------------------------------------


def test_the_knobs_say_what_they_are():
    for net in (CUNet(widths=(4,), blocks=1), CResMD(width=4, blocks=1)):
        blur, noise = net.knobs
        assert (blur.name, blur.low, blur.high) == ("blur", 0.0, 1.0)
        assert (noise.name, noise.low, noise.high) == ("noise", 0.0, 1.0)
        assert "4 pixels" in blur.meaning and "50 grey levels" in noise.meaning


@each_net
def test_every_picture_has_its_own_knobs(make):
    net = moved(make()).double()
    x = picture(n=4, dtype=torch.float64)
    z = knobs((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.4, 1.3), dtype=torch.float64)
    together = net(x, z)
    for i in range(4):
        torch.testing.assert_close(together[i : i + 1], net(x[i : i + 1], z[i : i + 1]), atol=1e-10, rtol=0)
    assert not torch.allclose(together, net(x, z.flip(0)), atol=1e-3)
    same = net(x[:1].expand(4, -1, -1, -1), z)
    for i in range(1, 4):
        assert not torch.allclose(same[0], same[i], atol=1e-3)  # either knob turns something


# --- sides -----------------------------------------------------------------------------------------


@each_unet
def test_sides_that_do_not_divide_are_refused(size):
    net, multiple = moved(CUNet(**size)), {3: 4, 2: 2, 1: 1}[len(size["widths"])]
    assert net.multiple == multiple
    x = picture(size=(3 * multiple, 5 * multiple))
    assert net(x, torch.rand(2, 2)).shape == x.shape
    for cut in range(1, multiple):
        for wrong in (x[..., cut:, :], x[..., cut:]):
            with pytest.raises(ValueError, match=f"do not divide by {multiple}"):
                net(wrong, torch.rand(2, 2))


@each_net
def test_any_size_through_inference(make):
    net, x = moved(make()).eval(), picture(n=1, size=(17, 9))
    restored = restore(net, x, knobs=(0.4, 0.7))
    padded = F.pad(x, (0, -9 % net.multiple, 0, -17 % net.multiple), mode="replicate")
    with torch.no_grad():
        expected = net(padded, knobs((0.4, 0.7)))[..., :17, :9]
    torch.testing.assert_close(restored, expected, atol=1e-4, rtol=1e-5)


# --- folding ---------------------------------------------------------------------------------------


def error_of_fold(net, x, z):
    """Relative to the largest value of the output."""
    z = torch.tensor(z, dtype=x.dtype)
    with torch.no_grad():
        y = net(x, z.expand(len(x), -1))
        return (net.fold(z)(x) - y).abs().max() / y.abs().max()


@each_net
@pytest.mark.parametrize("z", [(0.0, 0.0), (0.25, 0.6), (1.0, 0.0), (1.2, 1.5)])
@pytest.mark.parametrize(("dtype", "largest"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_fold_is_exact_borders_included(make, z, dtype, largest):
    net = moved(make()).to(dtype)
    assert error_of_fold(net, picture(dtype=dtype), z) < largest
    assert error_of_fold(net, picture(size=(4, 4), dtype=dtype), z) < largest


@each_unet
def test_a_network_without_knobs_folds_to_itself(size):
    net, x = moved(CUNet(**size, modulated=False)), picture()
    assert torch.equal(net.fold(torch.zeros(0))(x), net(x, none()))


@each_unet
def test_folded_is_as_large_as_the_network_without_knobs(size):
    plain = moved(CUNet(**size)).fold(torch.tensor([0.3, 0.7]))
    assert parameters(plain) == parameters(CUNet(**size, modulated=False))
    assert linear(plain) == []
    assert not any(p.requires_grad for p in plain.parameters())


@each_net
def test_folding_leaves_the_network_alone(make):
    net = moved(make())
    before = copied(net)
    plain = net.fold(torch.tensor([0.3, 0.7]))
    with torch.no_grad():
        for p in plain.parameters():
            p.zero_()
    after = net.state_dict()
    assert after.keys() == before.keys() and all(torch.equal(after[k], v) for k, v in before.items())
    assert all(p.requires_grad for p in net.parameters())


@each_net
def test_half_precision_follows(make):
    net, x, z = moved(make()), picture(), knobs((0.3, 0.8), (0.3, 0.8))
    with torch.no_grad():
        expected = net(x, z)
        with torch.autocast("cpu", torch.bfloat16):
            for y in (net(x, z), net.fold(z[0])(x)):
                assert (y - expected).abs().max() < 0.1 * expected.abs().max()


# --- between CUGAN and CUnet -----------------------------------------------------------------------


def test_texture_leads_from_cugan_to_cunet_in_all_weights():
    cugan, cunet = (moved(CUNet(**UNETS["three scales"]), seed) for seed in (1, 3))
    net, x, z = Interpolated(cugan, cunet), picture(n=1), (0.3, 0.8)
    assert [knob.name for knob in net.knobs] == ["blur", "noise", "texture"]
    assert torch.equal(net(x, knobs((*z, 0.0))), cugan(x, knobs(z)))
    assert torch.equal(net(x, knobs((*z, 1.0))), cunet(x, knobs(z)))
    between = CUNet(**UNETS["three scales"])
    a, b = cugan.state_dict(), cunet.state_dict()
    between.load_state_dict({k: 0.75 * a[k] + 0.25 * b[k] for k in a})
    torch.testing.assert_close(net(x, knobs((*z, 0.25))), between(x, knobs(z)))
    torch.testing.assert_close(net.fold(torch.tensor((*z, 0.25)))(x), between(x, knobs(z)))


# --- training --------------------------------------------------------------------------------------


@each_net
def test_gradients_reach_every_layer(make):
    net = moved(make())
    net(picture(), torch.rand(2, 2)).square().mean().backward()
    assert all(p.grad.isfinite().all() and p.grad.any() for p in net.parameters())


def test_at_z_0_gradients_reach_only_the_offsets_of_a_new_network():
    """w = b = 0 there: a branch is silent, and nothing flows back through it."""
    torch.manual_seed(0)
    net = CUNet(**UNETS["three scales"])
    net(picture(), torch.zeros(2, 2)).square().mean().backward()
    assert {name for name, p in net.named_parameters() if p.grad.any()} == {"tail.weight.bias"}


def test_a_new_compact_network_learns():
    torch.manual_seed(0)
    net = CUNet(widths=(12, 24, 48))
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    clean = torch.rand(4, 3, 3, 3).repeat_interleave(8, 2).repeat_interleave(8, 3)
    noise = torch.tensor([0.0, 0.4, 0.7, 1.0])
    x = clean + 50 / 255 * noise.view(-1, 1, 1, 1) * torch.randn_like(clean)
    z = torch.stack([torch.zeros(4), noise], 1)
    losses = []
    for _ in range(40):
        loss = (net(x, z) - clean).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


# --- the discriminator -----------------------------------------------------------------------------


def judge(**options):
    return Discriminator(width=4, **options)


def test_gfm_is_a_scale_and_a_shift_per_channel_that_follow_z():
    layer = moved(GFM(5))
    x, z = torch.randn(2, 5, 3, 4), knobs((0.3, 0.8), (1.0, 0.0))
    a = z @ layer.scale.weight.T + layer.scale.bias
    b = z @ layer.shift.weight.T + layer.shift.bias
    expected = torch.stack(
        [torch.stack([a[n, c] * x[n, c] + b[n, c] for c in range(5)]) for n in range(2)]
    )
    torch.testing.assert_close(layer(x, z), expected)


def test_gfm_starts_as_the_identity_at_z_0_and_near_it_elsewhere():
    torch.manual_seed(0)
    layer, x = GFM(400), torch.randn(1, 400, 1, 1)
    assert torch.equal(layer(x, torch.zeros(1, 2)), x)
    a, b = layer.scale(torch.ones(1, 2)).detach(), layer.shift(torch.ones(1, 2)).detach()
    assert float(a.mean()) == pytest.approx(1, abs=0.03) and float(b.mean()) == pytest.approx(0, abs=0.03)
    assert float(a.std()) == pytest.approx(0.1 * 2**0.5, rel=0.15)  # two inputs, a tenth of He's deviation
    assert float(b.std()) == pytest.approx(0.1 * 2**0.5, rel=0.15)


@pytest.mark.parametrize("training", [True, False])
def test_a_new_discriminator_agrees_with_one_without_gfm_where_z_is_0(training):
    told, plain = judge().train(training), judge(modulated=False).train(training)
    plain.load_state_dict({k: v for k, v in told.state_dict().items() if "gfm" not in k})
    x = picture(n=3, size=(32, 48))
    torch.testing.assert_close(told(x, torch.zeros(3, 2)), plain(x, none(3)))


def test_the_score_depends_on_what_the_discriminator_is_told():
    net, x = moved(judge()).eval(), picture(n=1, size=(32, 32)).expand(3, -1, -1, -1)
    scores = net(x, knobs((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    assert scores.shape == (3,)
    assert (scores[0] - scores[1:]).abs().min() > 1e-3
    for i, z in enumerate(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))):
        torch.testing.assert_close(net(x[:1], knobs(z)), scores[i : i + 1])  # each image has its own


def test_discriminators_told_and_untold_start_alike():
    torch.manual_seed(0)
    told = Discriminator(width=4).state_dict()
    torch.manual_seed(0)
    untold = Discriminator(width=4, modulated=False).state_dict()
    assert all(torch.equal(told[name], value) for name, value in untold.items())


def test_without_gfm_it_is_told_nothing():
    net, x = moved(judge(modulated=False)).eval(), picture(n=2, size=(32, 32))
    assert linear(net) == linear(net.score)
    assert torch.equal(net(x, none()), net(x, torch.rand(2, 2)))


def test_a_discriminator_judges_pictures_of_any_side_from_32():
    net = moved(judge()).eval()
    for size in ((32, 32), (48, 64), (33, 71)):
        assert net(picture(size=size), torch.rand(2, 2)).isfinite().all()


@pytest.mark.parametrize(("norm", "alone"), [(nn.BatchNorm2d, False), (nn.Identity, True)])
def test_without_batch_norm_every_picture_is_judged_for_itself(norm, alone):
    net, x, z = moved(judge(norm=norm)).train(), picture(n=4, size=(48, 48)), torch.rand(4, 2)
    assert torch.allclose(net(x, z)[:2], net(x[:2], z[:2]), atol=1e-4) is alone


def test_without_batch_norm_convolutions_have_biases_and_start_as_he():
    """With the slope 0.2 of LeakyReLU: deviation sqrt(2 / (1.04 fan-in))."""
    torch.manual_seed(0)
    for layer in Discriminator(width=16, norm=nn.Identity).body:
        assert layer.conv.bias is not None
        he = (2 / 1.04 / layer.conv.weight[0].numel()) ** 0.5
        assert float(layer.conv.weight.detach().std()) == pytest.approx(he, rel=0.05)


def test_a_discriminator_uses_what_it_is_told():
    """Images of 0.4 are real when z is (0, 0) and restored when it is (1, 1), those of 0.6 the other way:
    nobody can tell who is not told."""
    x = torch.cat([torch.full((2, 3, 32, 32), value) for value in (0.4, 0.6)])
    z, real = knobs((0, 0), (1, 1), (1, 1), (0, 0)), torch.tensor([1.0, 0.0, 1.0, 0.0])
    losses = {}
    for told in (True, False):
        torch.manual_seed(0)
        net = judge(modulated=told, norm=nn.Identity)
        optimiser = torch.optim.Adam(net.parameters(), 3e-3)
        for _ in range(150):
            loss = F.binary_cross_entropy_with_logits(net(x, z), real)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        losses[told] = loss.item()
    assert losses[True] < 0.1
    assert losses[False] > 0.69


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.Identity])
def test_gradients_reach_all_of_a_discriminator_that_trains(norm):
    net = judge(norm=norm).train()
    net(picture(n=3, size=(32, 32)), torch.rand(3, 2)).square().sum().backward()
    assert all(p.grad.any() for p in net.parameters())


def test_through_a_frozen_discriminator_gradients_reach_the_generator_alone():
    generator, net = moved(CUNet(**UNETS["three scales"])), judge().train().requires_grad_(False)
    z = torch.rand(3, 2)
    net(generator(picture(n=3, size=(32, 32)), z), z).sum().backward()
    assert all(p.grad.any() for p in generator.parameters())
    assert all(p.grad is None for p in net.parameters())
