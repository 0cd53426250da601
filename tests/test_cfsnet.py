"""CFSNet: sizes, the knob and its ends, coupling and folding as formulae, what either step may change."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from trained import moved

from lib.evaluation.inference import restore
from lib.models.cfsnet import CFSNet, Critic, MainBranch, Mapping, TuningBlock

TASKS = {
    "denoise": {"channels": 1, "blocks": 3, "residual": True},
    "deblock": {"channels": 1, "blocks": 3},
    "sr x2": {"channels": 3, "blocks": 2, "scale": 2},
    "sr x3": {"channels": 3, "blocks": 2, "scale": 3},
    "sr x4": {"channels": 3, "blocks": 2, "scale": 4},
    "sr x4, 3x3": {"channels": 3, "blocks": 2, "scale": 4, "up_kernel": 3},
}
VARIANTS = {
    **TASKS,
    "SA denoise": {**TASKS["denoise"], "adaptive": False},
    "SA sr x4": {**TASKS["sr x4"], "adaptive": False},
}
PAPER_SIZES = {
    "gray": (MainBranch, {}, 739_712),
    "gray, both": (CFSNet, {}, 1_730_944),
    "colour": (MainBranch, {"channels": 3, "residual": True}, 742_016),
    "colour, both": (CFSNet, {"channels": 3, "residual": True}, 1_733_248),
    "sr": (MainBranch, {"channels": 3, "blocks": 30, "scale": 4}, 2_288_768),
    "sr, both": (CFSNet, {"channels": 3, "blocks": 30, "scale": 4}, 4_996_224),
}

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


def small(variant, dtype=torch.float32):
    return moved(CFSNet(width=6, **variant)).to(dtype)


def main_of(net, variant):
    """The network of step 1 with the weights of the main branch of `net`."""
    main = MainBranch(width=6, **{k: v for k, v in variant.items() if k != "adaptive"})
    main.load_state_dict({k: v for k, v in net.state_dict().items() if k in main.state_dict()})
    return main.to(next(net.parameters()).dtype)


def picture(variant, n=2, size=(11, 14), dtype=torch.float32):
    generator = torch.Generator().manual_seed(2)
    return torch.rand(n, variant["channels"], *size, generator=generator).to(dtype)


def at(alpha, n=2, dtype=torch.float32):
    return torch.full((n, 1), alpha, dtype=dtype)


def none(n=2):
    return torch.zeros(n, 0)


def parameters(net):
    return sum(p.numel() for p in net.parameters())


def changed(net, before):
    return {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}


def copied(net):
    return {k: v.clone() for k, v in net.state_dict().items()}


# --- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "arguments", "count"), PAPER_SIZES.values(), ids=PAPER_SIZES)
def test_networks_have_the_parameters_of_their_layers(kind, arguments, count):
    """Summed layer by layer from the paper and, where it is silent on biases, the released layers."""
    assert parameters(kind(**arguments)) == count


def test_the_parts_have_the_parameters_of_their_layers():
    """20 or 60 convolutions; 512 to 256 to 128 to 64; 64 to 64 to 64 for 10 or 31 modules."""
    gray, sr = CFSNet(), CFSNet(channels=3, blocks=30, scale=4)
    assert parameters(gray.tuning) == 20 * 9 * 64 * 64 == 737_280
    assert parameters(sr.tuning) + parameters(sr.tuning_up) == 2_281_472
    for net, own in ((gray, 81_920), (sr, 253_952)):
        assert parameters(net.mapping.shared) == 172_032
        assert parameters(net.mapping.own) == own
    assert parameters(CFSNet(adaptive=False)) == 739_712 + 737_280


@pytest.mark.parametrize(("blocks", "scale", "layers"), [(10, 1, 23), (30, 4, 65)])
def test_mapping_has_three_shared_layers_and_two_for_each_module(blocks, scale, layers):
    """The paper's 2 M + 3 without an upscaler; with one, that is a module too."""
    net = CFSNet(width=4, blocks=blocks, scale=scale)
    linear = [m for m in net.modules() if isinstance(m, nn.Linear)]
    assert len(linear) == layers
    assert all(layer.bias is None for layer in linear)


def test_biases_stand_in_the_main_blocks_only():
    for net in (CFSNet(), CFSNet(channels=3, scale=4)):
        names = {name for name, _ in net.named_parameters() if "bias" in name}
        assert names == {f"body.{i}.{conv}.bias" for i in range(10) for conv in "ab"}


def test_a_compact_network_has_a_fifth_of_a_million_parameters():
    assert parameters(CFSNet(width=24, blocks=8)) == pytest.approx(200_000, rel=0.05)


@pytest.mark.parametrize(("width", "side", "count"), [(64, 128, 14_499_401), (64, 64, 13_885_001)])
def test_critic_has_the_parameters_of_its_layers(width, side, count):
    """At 64 pixels a side the linear layers see 2 x 2 positions, not 4 x 4: 12 * 512 * 100 weights fewer."""
    assert parameters(Critic(width=width, side=side)) == count


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0, 5, 2.5])
def test_other_scales_are_refused(scale):
    with pytest.raises(ValueError, match=f"not by {scale}"):
        MainBranch(scale=scale)


def test_an_enlarged_residual_is_refused():
    with pytest.raises(ValueError, match="residual"):
        CFSNet(scale=4, residual=True)


# --- start values ----------------------------------------------------------------------------------


def test_coefficients_start_near_zero():
    """Five layers of 0.1 times He's deviation: sqrt(0.02^5) = 5.7e-5, with either sign."""
    torch.manual_seed(0)
    alphas = CFSNet().coefficients(at(1.0, n=1))
    assert alphas.shape == (10, 1, 64)
    assert 1e-5 < alphas.std() < 3e-4
    many = torch.stack([Mapping(24, 8)() for _ in range(20)])  # a compact network starts the same
    assert float(many.detach().std()) == pytest.approx(5.7e-5, rel=0.2)


def test_layers_start_as_he_times_a_tenth():
    torch.manual_seed(0)
    net, critic = CFSNet(channels=3, scale=4), Critic()
    layers = [m for m in (*net.modules(), *critic.layers.modules()) if isinstance(m, nn.Conv2d | nn.Linear)]
    for layer in layers:
        he = (2 / layer.weight[0].numel()) ** 0.5
        assert float(layer.weight.detach().std()) == pytest.approx(0.1 * he, rel=0.1)
        assert layer.bias is None or not layer.bias.any()


def test_without_a_mapping_the_tuning_branch_starts_as_he():
    """At 1 its blocks follow each other. Two convolutions and one ReLU double the variance: 2^5 for ten."""
    torch.manual_seed(0)
    net = CFSNet(adaptive=False)
    for block in net.tuning:
        for layer in (block.a, block.b):
            assert float(layer.weight.detach().std()) == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)
    h = first = net.head(torch.rand(1, 1, 24, 24))
    for block in net.tuning:
        h = block(h)
    assert 3 < h.std() / first.std() < 2**5  # the borders lose some of it


@each_variant
def test_a_new_stage_starts_at_the_main_branch(variant):
    torch.manual_seed(0)
    net = CFSNet(width=16, **variant)
    torch.manual_seed(0)
    main = MainBranch(width=16, **{k: v for k, v in variant.items() if k != "adaptive"})
    x = picture(variant)
    expected = main(x, none())
    assert torch.equal(net(x, at(0.0)), expected)
    if variant.get("adaptive", True):
        torch.testing.assert_close(net(x, at(1.0)), expected, atol=1e-5, rtol=0)


# --- the knob --------------------------------------------------------------------------------------


@each_variant
def test_alpha_0_is_the_main_branch_bit_for_bit(variant):
    net, x = small(variant), picture(variant)
    main = main_of(net, variant)
    expected = main(x, none())
    assert torch.equal(net(x, at(0.0)), expected)
    assert torch.equal(net.fold(torch.zeros(1))(x), expected)
    assert torch.equal(main.fold(torch.zeros(0))(x), expected)
    assert parameters(net.fold(torch.zeros(1))) == parameters(main)
    for alpha in (-0.5, 0.5, 1.0):
        assert not torch.allclose(net(x, at(alpha)), expected, atol=1e-2)


def test_coefficients_are_the_layers_applied_to_a_vector_of_alpha_in():
    """As the paper writes it, layer after layer on 512 (here 48) copies of alpha_in for every image."""
    net = small({"channels": 1, "blocks": 3}, torch.float64)
    alpha_in = torch.tensor([[-0.5], [0.0], [0.3], [1.0], [1.5]], dtype=torch.float64)
    common = alpha_in * torch.ones(5, 48, dtype=torch.float64)
    for layer in net.mapping.shared:
        common = F.linear(common, layer.weight)
    alphas = net.coefficients(alpha_in)
    for m, (first, second) in enumerate(net.mapping.own):
        expected = common @ first.weight.T @ second.weight.T
        torch.testing.assert_close(alphas[m], expected, atol=1e-12, rtol=0)
    assert not alphas[:, 1].any()
    torch.testing.assert_close(alphas[:, 4], 5 * alphas[:, 2], atol=1e-12, rtol=0)
    assert alphas.min() < 0 < 1 < alphas.max()  # confined to nothing


def test_without_a_mapping_every_coefficient_is_alpha_in():
    alphas = CFSNet(width=4, blocks=2, adaptive=False).coefficients(torch.tensor([[0.3], [-1.0]]))
    assert torch.equal(alphas, torch.tensor([0.3, -1.0]).view(1, 2, 1).expand(2, 2, 4))


@each_variant
def test_every_picture_has_its_own_alpha(variant):
    net = small(variant, torch.float64)
    x = picture(variant, n=4, dtype=torch.float64)
    knobs = torch.tensor([[0.0], [0.3], [1.0], [-0.5]], dtype=torch.float64)
    together = net(x, knobs)
    for i in range(4):
        alone = net(x[i : i + 1], knobs[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-10, rtol=0)
    assert not torch.allclose(together, net(x, knobs.flip(0)), atol=1e-3)


def test_the_knob_says_what_it_is():
    (knob,) = CFSNet(width=4, blocks=1).knobs
    assert (knob.name, knob.low, knob.high, knob.start) == ("alpha_in", 0.0, 1.0, 0.0)
    assert MainBranch(width=4, blocks=1).knobs == ()


# --- the network as formulae -----------------------------------------------------------------------


def conv(x, layer):
    return F.conv2d(x, layer.weight, layer.bias, padding=layer.weight.shape[-1] // 2)


def upscaled(h, layers):
    for layer in layers:
        h = conv(h, layer) if isinstance(layer, nn.Conv2d) else F.pixel_shuffle(h, layer.upscale_factor)
    return h


@each_variant
def test_network_is_the_formula_of_the_paper(variant):
    """B_m = (1 - alpha_m) R_m + alpha_m T_m, both from B_{m-1}; B_0 added at the end; the noise for sigma."""
    net, x = small(variant, torch.float64), picture(variant, dtype=torch.float64)
    knobs = torch.tensor([[0.7], [-0.4]], dtype=torch.float64)
    alphas = net.coefficients(knobs)[..., None, None]
    b = first = conv(x, net.head)
    for m, (main, tuning) in enumerate(zip(net.body, net.tuning, strict=True)):
        r = b + conv(F.relu(conv(b, main.a)), main.b)
        t = conv(F.relu(conv(b, tuning.a)), tuning.b)
        b = (1 - alphas[m]) * r + alphas[m] * t
    b = b + first
    if net.scale > 1:
        b = (1 - alphas[-1]) * upscaled(b, net.up) + alphas[-1] * upscaled(b, net.tuning_up)
    y = conv(b, net.out)
    expected = x - y if variant.get("residual") else y
    torch.testing.assert_close(net(x, knobs), expected, atol=1e-10, rtol=0)


def test_tuning_blocks_add_nothing():
    block = TuningBlock(4)
    nn.init.zeros_(block.b.weight)
    assert not block(torch.rand(1, 4, 5, 5)).any()


@each_task
@pytest.mark.parametrize("size", [(7, 9), (16, 5), (1, 1)])
def test_any_size(task, size):
    net, x = small(task), picture(task, size=size)
    scale = task.get("scale", 1)
    expected = (2, task["channels"], scale * size[0], scale * size[1])
    assert net(x, at(0.5)).shape == expected
    assert net.fold(torch.tensor([0.5]))(x).shape == expected
    assert net.multiple == 1


@pytest.mark.parametrize("task", ["denoise", "deblock"])
def test_any_size_through_inference(task):
    net, x = small(TASKS[task]).eval(), picture(TASKS[task], n=1, size=(17, 9))
    with torch.no_grad():
        torch.testing.assert_close(restore(net, x, knobs=[0.4]), net(x, at(0.4, 1)), atol=1e-4, rtol=1e-5)


# --- folding ---------------------------------------------------------------------------------------


def error_of_fold(net, x, alpha):
    """Relative to the largest value of the output."""
    with torch.no_grad():
        y = net(x, at(alpha, len(x), x.dtype))
        return (net.fold(torch.tensor([alpha], dtype=x.dtype))(x) - y).abs().max() / y.abs().max()


@each_variant
@pytest.mark.parametrize("alpha", [-0.5, 0.0, 0.37, 1.0, 1.5])
@pytest.mark.parametrize(("dtype", "largest"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_fold_is_exact_borders_included(variant, alpha, dtype, largest):
    net = small(variant, dtype)
    assert error_of_fold(net, picture(variant, dtype=dtype), alpha) < largest
    assert error_of_fold(net, picture(variant, size=(1, 3), dtype=dtype), alpha) < largest


def test_fold_is_exact_at_the_size_of_the_paper():
    torch.manual_seed(0)
    net = moved(CFSNet(residual=True))
    with torch.no_grad():
        for pair in net.mapping.own:  # coefficients between 0 and 1, or ten layers explode
            pair[1].weight.mul_(0.1)
    assert error_of_fold(net, torch.rand(1, 1, 20, 20), 0.6) < 1e-5


@each_task
def test_folded_has_two_convolutions_for_each_pair_of_blocks(task):
    """Twice the weights of the blocks and the upscaler, less the tuning branch's biases and the mapping."""
    net, main = small(task), MainBranch(width=6, **task)
    plain = net.fold(torch.tensor([0.5]))
    convolutions = [m for m in plain.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == sum(isinstance(m, nn.Conv2d) for m in main.modules())
    first_biases = 6 * task["blocks"]  # of the tuning branch: zeros beside those of the main branch
    assert parameters(plain) == parameters(net) - parameters(net.mapping) + first_biases
    assert not any(p.requires_grad for p in plain.parameters())


@each_variant
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_folding_leaves_the_network_alone(variant, alpha):
    net = small(variant)
    before = copied(net)
    plain = net.fold(torch.tensor([alpha]))
    with torch.no_grad():
        for p in plain.parameters():
            p.zero_()
    assert changed(net, before) == set()
    assert all(p.requires_grad for p in net.parameters())


@each_task
def test_half_precision_follows(task):
    net, x = small(task), picture(task)
    with torch.no_grad():
        expected = net(x, at(0.5))
        with torch.autocast("cpu", torch.bfloat16):
            for y in (net(x, at(0.5)), net.fold(torch.tensor([0.5]))(x)):
                assert (y - expected).abs().max() < 0.1 * expected.abs().max()


# --- what the two steps train ----------------------------------------------------------------------


@each_variant
def test_step_two_changes_the_tuning_branch_and_nothing_else(variant):
    net, x = small(variant), picture(variant)
    main = set(main_of(net, variant).state_dict())
    net.requires_grad_(False)
    trained = nn.ModuleList(net.trained_in_stage()).requires_grad_(True)
    before, at_zero = copied(net), net(x, at(0.0))
    net(x, at(1.0)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in trained.parameters())
    torch.optim.Adam(trained.parameters(), 1e-3).step()
    assert changed(net, before) == set(before) - main
    parts = {name.split(".")[0] for name in changed(net, before)}
    assert {"tuning"} <= parts <= {"tuning", "tuning_up", "mapping"}
    assert torch.equal(net(x, at(0.0)), at_zero)


@each_variant
def test_at_alpha_0_nothing_reaches_the_tuning_branch(variant):
    net, x = small(variant), picture(variant)
    net(x, at(0.0)).square().mean().backward()
    reached = {name.split(".")[0] for name, p in net.named_parameters() if p.grad.any()}
    assert reached == {"head", "body", "out"} | ({"up"} if net.scale > 1 else set())


def test_a_new_compact_stage_learns():
    """Every coefficient moves away from its start near zero, and the loss falls."""
    torch.manual_seed(0)
    net = CFSNet(width=24, blocks=2, residual=True).requires_grad_(False)
    trained = nn.ModuleList(net.trained_in_stage()).requires_grad_(True)
    optimiser = torch.optim.Adam(trained.parameters(), 2e-3)
    clean = torch.rand(4, 1, 3, 3).repeat_interleave(8, 2).repeat_interleave(8, 3)
    x = clean + 0.2 * torch.randn_like(clean)
    losses = []
    for _ in range(30):
        loss = (net(x, at(1.0, 4)) - clean).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    assert net.coefficients(at(1.0, 1)).std() > 1e-2


# --- the critic ------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.InstanceNorm2d, nn.Identity])
def test_critic_scores_pictures(norm):
    critic = Critic(width=4, side=64, norm=norm)
    kernels = [(m.kernel_size[0], m.stride[0]) for m in critic.modules() if isinstance(m, nn.Conv2d)]
    assert kernels == [(3, 1), (4, 2)] * 5
    x = torch.rand(3, 3, 64, 64, requires_grad=True)
    score = critic(x)
    assert score.shape == (3,)
    score.sum().backward()
    assert all(p.grad is not None for p in critic.parameters())
    assert x.grad.abs().max() > 0


@pytest.mark.parametrize(
    ("norm", "alone"), [(nn.BatchNorm2d, False), (nn.InstanceNorm2d, True), (nn.Identity, True)]
)
def test_without_batch_norm_every_picture_is_judged_for_itself(norm, alone):
    critic, x = moved(Critic(width=4, side=64, norm=norm)), torch.rand(3, 3, 64, 64)
    assert torch.allclose(critic(x)[:2], critic(x[:2]), atol=1e-4) is alone


@pytest.mark.parametrize(("norm", "biases"), [(nn.BatchNorm2d, 1), (nn.Identity, 10)])
def test_a_convolution_of_the_critic_has_a_bias_where_no_norm_has_one(norm, biases):
    convolutions = [m for m in Critic(width=4, side=64, norm=norm).modules() if isinstance(m, nn.Conv2d)]
    assert sum(conv.bias is not None for conv in convolutions) == biases and len(convolutions) == 10


def test_critic_refuses_other_sides():
    with pytest.raises(ValueError, match="48"):
        Critic(side=48)
    with pytest.raises(ValueError, match="32 x 64"):
        Critic(width=2, side=64)(torch.rand(2, 3, 32, 64))
