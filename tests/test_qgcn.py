"""QGCN and its ranker: sizes, the parts as formulae, windows, what a new network does."""

import resource

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.evaluation.inference import restore
from lib.models.qgcn import QGCN, Block, Mask, MultiScale, NonLocal, Ranker, Residual, grid

WHOLE = 10**6  # positions: more than any map here has


def parameters(net):
    return sum(p.numel() for p in net.parameters())


def lively(net, seed=1):
    """The network with non-local operations that do something, and something different everywhere."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, NonLocal):
            for conv in (module.theta, module.phi, module.g, module.out):
                nn.init.normal_(conv.weight, std=0.4, generator=generator)
                nn.init.normal_(conv.bias, std=0.4, generator=generator)
    return net


def noise(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


def none(n, dtype=torch.float32):
    return torch.zeros(n, 0, dtype=dtype)


# --- sizes -----------------------------------------------------------------------------------------


def test_ranker_has_the_parameters_of_its_layers():
    """Ten convolutions, nine batch norms, two linear layers, each counted by hand."""
    convolutions = 13_675_968
    norms = 2 * (64 + 2 * 128 + 2 * 256 + 4 * 512)
    linear = 512 * 100 + 100 + 100 + 1
    ranker = Ranker()
    assert sum(parameters(m) for m in ranker.modules() if isinstance(m, nn.Conv2d)) == convolutions
    assert parameters(ranker) == convolutions + norms + linear == 13_733_129


@pytest.mark.parametrize(
    ("blocks", "dilated", "count"),
    [
        (10, True, 8_957_249),
        (10, False, 8_957_249),
        (6, True, 5_396_289),
        (4, True, 3_615_809),
    ],
)
def test_network_has_the_parameters_of_its_layers(blocks, dilated, count):
    """A block: 20 convolutions 64 to 64, one transposed 6x6, one 1x1; two blocks have a non-local part."""
    conv, up, one = 64 * 64 * 9 + 64, 64 * 64 * 36 + 64, 64 * 64 + 64
    non_local = 3 * (64 * 32 + 32) + 32 * 64 + 64
    ends = 9 * 64 + 64 + 64 * 9 + 1
    assert blocks * (20 * conv + up + one) + 2 * non_local + conv + ends == count
    assert parameters(QGCN(blocks=blocks, dilated=dilated)) == count


@pytest.mark.parametrize("blocks", [2, 4, 10])
def test_first_and_last_block_are_non_local(blocks):
    body = [m for m in QGCN(width=6, blocks=blocks).body if isinstance(m, Block)]
    assert len(body) == blocks
    kinds = [isinstance(block.mask.first, NonLocal) for block in body]
    assert kinds == [True, *[False] * (blocks - 2), True]
    plain = QGCN(width=6, blocks=blocks, non_local=False)
    assert not any(isinstance(m, NonLocal) for m in plain.modules())


def test_one_block_is_refused():
    with pytest.raises(ValueError, match="not 1"):
        QGCN(blocks=1)


# --- the ranker ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(32, 32), (128, 128), (70, 45)])
def test_ranker_scores_pictures_and_shows_its_maps(size):
    ranker, x = Ranker(width=4).eval(), noise(3, 1, *size)
    maps, score = ranker.look(x)
    assert score.shape == (3,)
    assert [m.shape[1] for m in maps] == [4, 8, 16, 32, 32]
    for level, each in enumerate(maps, start=1):
        assert each.shape[2:] == (size[0] >> level, size[1] >> level)
    assert torch.equal(ranker(x), score)
    assert all(torch.equal(a, b) for a, b in zip(ranker.features(x), maps, strict=True))


def test_maps_are_taken_behind_the_leaky_relu():
    """Recomputed from the map before: convolution, norm, LReLU, strided convolution, norm, LReLU."""
    ranker = Ranker(width=4).double().eval()
    maps = ranker.features(noise(2, 1, 64, 64, dtype=torch.float64))
    a, norm_a, _, b, norm_b, _ = ranker.stages[1]
    x = F.leaky_relu(norm_a(F.conv2d(maps[0], a.weight, a.bias, padding=1)), 0.2)
    x = F.leaky_relu(norm_b(F.conv2d(x, b.weight, b.bias, stride=2, padding=1)), 0.2)
    torch.testing.assert_close(maps[1], x)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in ranker.stages[0][:3])


@pytest.mark.parametrize("size", [(31, 64), (64, 16)])
def test_ranker_refuses_small_pictures(size):
    with pytest.raises(ValueError, match=f"{size[0]} x {size[1]}"):
        Ranker(width=2)(noise(1, 1, *size))


# --- the parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "parts"), [(64, [22, 21, 21]), (24, [8, 8, 8]), (23, [9, 7, 7])])
def test_multi_scale_has_the_parameters_of_one_plain_convolution(width, parts):
    module = MultiScale(width)
    assert [scale.out_channels for scale in module.scales] == parts
    assert parameters(module) == parameters(nn.Conv2d(width, width, 3))


def test_multi_scale_is_three_dilated_convolutions_side_by_side():
    module, x = MultiScale(8).double(), noise(2, 8, 11, 13, dtype=torch.float64)
    expected = [
        F.conv2d(x, scale.weight, scale.bias, padding=dilation, dilation=dilation)
        for scale, dilation in zip(module.scales, (1, 2, 4), strict=True)
    ]
    assert torch.equal(module(x), torch.cat(expected, 1))
    assert module(x).shape == x.shape


def test_residual_block_by_formula():
    module, x = Residual(5).double(), noise(1, 5, 9, 8, dtype=torch.float64)
    torch.testing.assert_close(module(x), x + module.b(module.a(x).relu()))


def test_mask_lies_between_0_and_1():
    for first in (nn.Identity(), lively(NonLocal(6))):
        x = 3 * noise(2, 6, 16, 20)
        mask = Mask(6, first)(x)
        assert mask.shape == x.shape
        assert 0 < mask.min() < mask.max() < 1


def test_block_lets_the_masked_trunk_through():
    block, x = Block(6, True, nn.Identity()).double(), noise(1, 6, 8, 10, dtype=torch.float64)
    h = block.entry(x)
    torch.testing.assert_close(block(x), block.exit(h + block.trunk(h) * block.mask(h)))
    dilated = [isinstance(m.a, MultiScale) for m in block.modules() if isinstance(m, Residual)]
    assert dilated == [True] * 3 + [False] * 6


def test_both_kinds_of_block_agree_at_the_start():
    local, non_local = Block(6, True, nn.Identity()), Block(6, True, NonLocal(6))
    non_local.load_state_dict(local.state_dict(), strict=False)
    x = noise(2, 6, 16, 12)
    assert torch.equal(local(x), non_local(x))
    assert not torch.allclose(local(x), lively(non_local)(x))


# --- attention -------------------------------------------------------------------------------------


def attended_naively(module, x):
    """Every weight written down, exactly as the formula says; one image."""
    theta, phi, g = (conv(x).flatten(2)[0] for conv in (module.theta, module.phi, module.g))
    logits = theta.T @ phi  # (queries, keys)
    weights = logits.exp() / logits.exp().sum(1, keepdim=True)
    y = (weights @ g.T).T.reshape(1, -1, *x.shape[2:])
    return x + module.out(y)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_one_window_is_attention_over_the_whole_map(memory_format):
    module = lively(NonLocal(6, window=7 * 9)).double()
    x = noise(1, 6, 7, 9, dtype=torch.float64).contiguous(memory_format=memory_format)
    expected = attended_naively(module, x)
    torch.testing.assert_close(module(x), expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(module.float()(x.float()).double(), expected, atol=1e-5, rtol=0)


def test_larger_maps_are_attended_window_by_window():
    """10 x 13 positions in windows of 30 at most: 2 rows and 3 columns, the first ones larger."""
    module = lively(NonLocal(6, window=30)).double()
    x = noise(1, 6, 10, 13, dtype=torch.float64)
    bands = [
        torch.cat([attended_naively(module, part) for part in band.split((5, 4, 4), 3)], 3)
        for band in x.split((5, 5), 2)
    ]
    torch.testing.assert_close(module(x), torch.cat(bands, 2), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("height", "width", "most", "expected"),
    [
        (100, 100, 10_000, (1, 1)),
        (50, 200, 10_000, (1, 1)),
        (101, 100, 10_000, (2, 1)),
        (10, 13, 30, (2, 3)),
        (512, 768, 10_000, (5, 8)),  # 103 x 96 = 9888
        (4, 4, 1, (4, 4)),
    ],
)
def test_grid_of_windows(height, width, most, expected):
    assert grid(height, width, most) == expected


@pytest.mark.parametrize("size", [(1, 1000), (37, 911), (640, 480), (2, 2)])
@pytest.mark.parametrize("most", [1, 100, 10_000])
def test_no_window_is_larger_than_it_may_be(size, most):
    rows, columns = grid(*size, most)
    assert 1 <= rows <= size[0]
    assert 1 <= columns <= size[1]
    assert -(-size[0] // rows) * -(-size[1] // columns) <= most


def test_empty_windows_are_refused():
    with pytest.raises(ValueError, match="0 positions"):
        grid(8, 8, 0)


def test_a_large_picture_needs_little_memory():
    """All weights of 512 x 768 positions would take 600 GB, those of one window of 10 000 take 400 MB."""
    net, x = QGCN(width=4, blocks=2, window=256).eval(), noise(1, 1, 512, 768)
    attention, y = NonLocal(4), noise(1, 4, 100, 100)
    with torch.inference_mode():
        net(x[..., :32, :32], none(1))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert net(x, none(1)).shape == x.shape
        attention(y)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 * 1024  # KiB


def test_a_constant_map_has_no_seams():
    module = lively(NonLocal(6, window=40)).double()
    y = module(torch.full((1, 6, 23, 31), 0.4, dtype=torch.float64))
    torch.testing.assert_close(y, y[..., :1, :1].expand_as(y), atol=1e-12, rtol=0)


def steps(y, border):
    """The largest step inside an image; two pixels apart, as the transposed convolution alternates."""
    inner = y[..., border:-border, border:-border]
    down, across = inner[..., 2:, :] - inner[..., :-2, :], inner[..., 2:] - inner[..., :-2]
    return max(down.abs().max(), across.abs().max())


def test_a_constant_picture_has_no_seams():
    """In windows of 16 x 16, and in tiles: no step above a tenth of a grey level away from the border."""
    torch.manual_seed(0)
    net = lively(QGCN(width=6, blocks=2, window=256)).eval()
    x = torch.full((1, 1, 128, 128), 0.5)
    whole = restore(net, x)
    assert steps(whole, 40) < 0.1 / 255
    assert steps(restore(net, x, tile=96, overlap=40), 40) < 0.1 / 255
    assert (whole - x).abs().max() > 1 / 255  # it does something


# --- the network -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dilated", [True, False])
def test_with_a_zeroed_tail_the_network_returns_its_input(dilated):
    net, x = lively(QGCN(width=6, blocks=3, dilated=dilated)), noise(2, 1, 16, 20)
    assert not torch.allclose(net(x, none(2)), x)
    nn.init.zeros_(net.tail.weight)
    nn.init.zeros_(net.tail.bias)
    assert torch.equal(net(x, none(2)), x)


def test_folded_network_computes_the_same():
    net, x = lively(QGCN(width=6, blocks=2)), noise(2, 1, 16, 20)
    plain = net.fold(torch.zeros(0))
    assert torch.equal(plain(x), net(x, none(2)))
    assert net.knobs == ()
    assert not any(p.requires_grad for p in plain.parameters())
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("size", [(17, 21), (32, 9), (1, 1)])
def test_any_size_through_inference(size):
    net, x = QGCN(width=6, blocks=2).eval(), torch.rand(1, 1, *size)
    assert restore(net, x).shape == x.shape


def test_every_picture_for_itself():
    net, x = lively(QGCN(width=6, blocks=2, window=64)).double(), noise(3, 1, 16, 20, dtype=torch.float64)
    together = net(x, none(3))
    for i in range(3):
        torch.testing.assert_close(together[i : i + 1], net(x[i : i + 1], none(1)), atol=1e-12, rtol=0)


@pytest.mark.parametrize("window", [WHOLE, 64])
def test_gradients_are_those_of_the_formula(window):
    """Against finite differences, through attention in one window and in several."""
    module = lively(NonLocal(2, window)).double()
    x = noise(1, 2, 10, 10, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(module, x, fast_mode=True)


@pytest.mark.parametrize("width", [16, 24])
def test_a_compact_network_takes_a_step(width):
    torch.manual_seed(0)
    net, x = QGCN(width=width, blocks=4), torch.rand(2, 1, 64, 64)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    (net(x, none(2)) - x.square()).abs().mean().backward()
    optimiser.step()
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    hidden = ("theta", "phi", "first.g")  # behind an output of zeros no gradient comes yet
    assert {k for k in before if k not in changed} == {k for k in before if any(h in k for h in hidden)}
