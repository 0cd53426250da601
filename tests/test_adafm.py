"""AdaFM-Net and its rivals: sizes as printed, the knob's two ends, folding, what a stage may change."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.models.adafm import AdaBN, AdaFM, ConditionalIN, Nothing, RestorationNet

SITES = {f"AdaFM {k}x{k}": partial(AdaFM, kernel_size=k) for k in (1, 3, 5, 7)}
RIVALS = {"AdaBN": AdaBN, "conditional IN": ConditionalIN}
PLACEMENTS = ("before_activation", "after_activation", "all_convs")


def small(site, placement="before_activation", after_body=False, seed=0):
    torch.manual_seed(seed)
    return RestorationNet(3, 6, 2, site, placement, after_body)


def moved(net, seed=1):
    """The network with every tensor of its sites and every bias away from where it starts."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in (*net.parameters(), *(b for b in net.buffers() if b.dim())):
            tensor.add_(0.3 * torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype))
    return net


def pictures(n, dtype=torch.float32):
    return torch.rand(n, 3, 14, 18, generator=torch.Generator().manual_seed(2), dtype=dtype)


def weights(net):
    return sum(p.numel() for p in net.parameters() if p.dim() > 1)


def parameters(net):
    return sum(p.numel() for p in net.parameters())


# --- sizes -----------------------------------------------------------------------------------------


def test_basic_model_has_the_weights_of_its_layers():
    """Head 1728, 16 blocks of 73 728, body 36 864, up 147 456, HR 36 864, output 1728; and biases."""
    net = RestorationNet()
    assert weights(net) == 1_728 + 16 * 73_728 + 36_864 + 147_456 + 36_864 + 1_728
    assert parameters(net) - weights(net) == 34 * 64 + 256 + 64 + 3
    assert parameters(RestorationNet(channels=1)) == 1_404_481


@pytest.mark.parametrize(
    ("k", "share", "added_by_32", "added_by_33"),
    [
        (1, 0.15, 2_048, 2_112),
        (3, 1.31, 18_432, 19_008),
        (5, 3.65, 51_200, 52_800),
        (7, 7.15, 100_352, 103_488),
    ],
)
def test_adafm_adds_the_printed_share(k, share, added_by_32, added_by_33):
    """The paper: 2048 filters, 0.15, 1.31 and 3.65 % of the weights (7x7 not printed); biases aside."""
    basic = weights(RestorationNet())
    for after_body, added in ((False, added_by_32), (True, added_by_33)):
        net = RestorationNet(site=SITES[f"AdaFM {k}x{k}"], after_body=after_body)
        layers = [m for m in net.modules() if isinstance(m, AdaFM)]
        assert len(layers) == (33 if after_body else 32)
        assert weights(net) - basic == added
        assert sum(m.filter.bias.numel() for m in layers) == 64 * len(layers)
    assert 100 * added_by_32 / basic == pytest.approx(share, abs=0.005)


def test_all_convs_puts_a_layer_behind_every_convolution_but_the_last():
    net = RestorationNet(site=SITES["AdaFM 5x5"], placement="all_convs")
    sizes = [m.filter.weight.shape[0] for m in net.modules() if isinstance(m, AdaFM)]
    assert sorted(sizes) == [64] * 35 + [256]


# --- the knob --------------------------------------------------------------------------------------


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("name", SITES)
def test_coef_0_is_the_basic_model_bit_for_bit(name, placement):
    net = moved(small(SITES[name], placement, after_body=True))
    basic = small(Nothing)
    basic.load_state_dict({k: v for k, v in net.state_dict().items() if "filter" not in k})
    x = pictures(2)
    assert torch.equal(net(x, torch.zeros(2, 1)), basic(x, torch.zeros(2, 0)))
    assert not torch.equal(net(x, torch.ones(2, 1)), basic(x, torch.zeros(2, 0)))


@pytest.mark.parametrize("name", SITES)
def test_a_new_stage_is_the_basic_model_at_any_coef(name):
    net, basic = small(SITES[name]), small(Nothing)
    basic.load_state_dict({k: v for k, v in net.state_dict().items() if "filter" not in k})
    x = pictures(2)
    assert torch.equal(net(x, torch.full((2, 1), 0.7)), basic(x, torch.zeros(2, 0)))


@pytest.mark.parametrize("k", [1, 3, 5, 7])
def test_layer_is_the_depthwise_filter_of_the_paper_and_linear_in_coef(k):
    """Eq. 6: g* = I + coef (g - I), b* = coef b, as one depth-wise convolution with zero padding."""
    layer = moved(AdaFM(4, k)).double()
    x = torch.randn(1, 4, 9, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    identity = torch.zeros(4, 1, k, k, dtype=torch.float64)
    identity[:, :, k // 2, k // 2] = 1
    for coef in (0.0, 0.25, 1.0, 1.5):
        g = identity + coef * layer.filter.weight
        expected = F.conv2d(x, g, coef * layer.filter.bias, padding=k // 2, groups=4)
        torch.testing.assert_close(layer(x, torch.full((1, 1), coef)), expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", SITES | RIVALS)
def test_every_picture_has_its_own_knob(name):
    net = moved(small((SITES | RIVALS)[name])).double().eval()
    x = pictures(3, torch.float64)
    knobs = torch.tensor([[0.0], [0.3], [1.0]], dtype=torch.float64)
    together = net(x, knobs)
    for i in range(3):
        alone = net(x[i : i + 1], knobs[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-12, rtol=1e-12)  # values up to 1e7
    assert not torch.allclose(together, net(x, knobs.flip(0)), atol=1e-3)


# --- folding ---------------------------------------------------------------------------------------


def largest_error_of_fold(net, coef):
    net = moved(net).double().eval()
    x = pictures(2, torch.float64)
    knobs = torch.full((2, 1), coef, dtype=torch.float64)
    with torch.no_grad():
        return float((net.fold(knobs[0])(x) - net(x, knobs)).abs().max() / net(x, knobs).abs().max())


@pytest.mark.parametrize("after_body", [False, True])
@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("name", SITES | RIVALS)
def test_fold_is_exact_borders_included(name, placement, after_body):
    net = small((SITES | RIVALS)[name], placement, after_body)
    assert largest_error_of_fold(net, 0.37) < 1e-10


def test_folded_1x1_and_adabn_cost_what_the_basic_model_costs():
    basic = small(Nothing)
    for site in (SITES["AdaFM 1x1"], AdaBN):
        plain = small(site).fold(torch.tensor([0.5]))
        assert parameters(plain) == parameters(basic)
        assert not any(p.requires_grad for p in plain.parameters())


def test_folding_leaves_the_network_alone():
    net = moved(small(SITES["AdaFM 3x3"]))
    before = {k: v.clone() for k, v in net.state_dict().items()}
    plain = net.fold(torch.tensor([0.5]))
    with torch.no_grad():
        for p in plain.parameters():
            p.zero_()
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


# --- what a stage trains ---------------------------------------------------------------------------


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("name", SITES)
def test_a_stage_step_changes_the_filters_and_nothing_else(name, placement):
    net = small(SITES[name], placement).requires_grad_(False)
    trained = nn.ModuleList(net.trained_in_stage()).requires_grad_(True)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    x = pictures(2)
    (net(x, torch.ones(2, 1)) - x).abs().mean().backward()
    torch.optim.Adam(trained.parameters(), 1e-3).step()
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {k for k in before if "filter" in k}


# --- the rivals ------------------------------------------------------------------------------------


def test_adabn_normalises_with_the_statistics_of_its_end():
    """Both ends against torch's own batch norm, holding that end's mean and variance."""
    net = moved(AdaBN(5)).double().eval()
    x = torch.randn(2, 5, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for level in (0, 1):
        expected = F.batch_norm(x, net.mean[level], net.var[level], net.weight, net.bias)
        knobs = torch.full((2, 1), float(level), dtype=torch.float64)
        torch.testing.assert_close(net(x, knobs), expected, atol=1e-12, rtol=0)


def test_adabn_takes_start_statistics_while_training_and_averages_end_statistics_while_adapting():
    site = AdaBN(3).train()
    start, *end = torch.randn(5, 4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    site(start, torch.zeros(4, 1))
    own_start = [site.mean[0].clone(), site.var[0].clone()]
    torch.testing.assert_close(own_start[0], 0.1 * start.mean((0, 2, 3)))  # torch's usual momentum
    torch.testing.assert_close(own_start[1], 0.9 + 0.1 * start.var((0, 2, 3)))

    site.adapting = True
    for batch in end:
        site(2 + 3 * batch, torch.ones(4, 1))
    site.adapting = False
    torch.testing.assert_close(site.mean[1], torch.stack([(2 + 3 * b).mean((0, 2, 3)) for b in end]).mean(0))
    torch.testing.assert_close(site.var[1], torch.stack([(3 * b).var((0, 2, 3)) for b in end]).mean(0))
    assert torch.equal(site.mean[0], own_start[0])
    assert torch.equal(site.var[0], own_start[1])

    normalised = site.eval()(2 + 3 * torch.cat(end), torch.ones(16, 1))
    torch.testing.assert_close(normalised.mean((0, 2, 3)), torch.zeros(3), atol=1e-2, rtol=0)
    torch.testing.assert_close(normalised.std((0, 2, 3)), torch.ones(3), atol=1e-2, rtol=0)


def test_conditional_in_uses_the_affine_parameters_of_its_end():
    site = moved(ConditionalIN(4)).double()
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for level in (0, 1):
        expected = F.instance_norm(x, weight=site.gamma[level], bias=site.beta[level])
        knobs = torch.full((2, 1), float(level), dtype=torch.float64)
        torch.testing.assert_close(site(x, knobs), expected, atol=1e-12, rtol=0)
