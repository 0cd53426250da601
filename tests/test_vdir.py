"""VDIR: sizes, the parts as formulae, sampling, the knob, where gradients go."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib import losses
from lib.evaluation.inference import restore
from lib.models.baselines import FFDNet
from lib.models.vdir import (
    VDIR,
    Alone,
    Decoder,
    Discriminator,
    Encoder,
    Estimator,
    LatentFFDNet,
    Restorer,
    jpeg_reading,
    kernel_reading,
    noise_reading,
    resized,
    sample,
)
from lib.training.wrappers import OfRepeated, Sampled, Told

DOUBLE = torch.float64


def parameters(*nets):
    return sum(p.numel() for net in nets for p in net.parameters())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, dtype=torch.float32, seed=0):
    return torch.randn(shape, generator=seeded(seed), dtype=dtype)


def at(*strengths, dtype=torch.float32):
    return torch.tensor(strengths, dtype=dtype)[:, None]


def none(n, dtype=torch.float32):
    return torch.zeros(n, 0, dtype=dtype)


def small(channels=3, factor=1, seed=0):
    torch.manual_seed(seed)
    restorer = Restorer(channels, width=6, groups=2, blocks=1, factor=factor)
    reading = noise_reading(channels) if factor == 1 else kernel_reading(5)
    net = VDIR(Encoder(channels, width=6), restorer, Estimator(reading, width=8))
    return shaken(net).eval()


def shaken(net):
    """The network with biases that are not zero, or much would go unnoticed."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.bias, std=0.1)
    return net


# --- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "colour", "gray"),
    [
        (Restorer, 2_073_795, 2_071_489),
        (Encoder, 154_120, 152_968),
        (Decoder, 114_883, 113_729),
        (Discriminator, 9_409_601, 9_408_449),
        (lambda channels: Estimator(noise_reading(channels)), 4_099, 2_945),
        (lambda channels: Restorer(channels, latent=0), 2_071_491, 2_069_185),
    ],
    ids=["restorer", "encoder", "decoder", "discriminator", "estimator", "restorer alone"],
)
def test_parameters_at_the_size_of_the_paper(make, colour, gray):
    """Restorer and encoder are those of the index of the published checkpoints; the rest by hand."""
    assert parameters(make(channels=3)) == colour
    assert parameters(make(channels=1)) == gray


def test_parameters_of_the_whole_networks():
    """The paper rounds the first to 2.2 M; colour FFDNet has 852 108, and 4 instead of 1 extra inputs."""
    assert parameters(VDIR(Encoder(), Restorer())) == 2_227_915
    assert parameters(VDIR(Encoder(1), Restorer(1))) == 2_224_457
    assert parameters(VDIR(Encoder(), Restorer(factor=2))) == 2_375_627
    assert parameters(VDIR(Encoder(), Restorer(factor=4))) == 2_523_339
    assert parameters(Restorer(factor=2)) == 2_221_507
    assert parameters(Restorer(factor=4)) == 2_369_219
    assert parameters(FFDNet(3, 96, 12)) == 852_108
    assert parameters(LatentFFDNet()) == 854_700
    assert parameters(VDIR(Encoder(), LatentFFDNet())) == 1_008_820
    assert parameters(Estimator(kernel_reading())) == 132_193


def test_compact_network():
    """Convolutions counted by hand: 9 in out + out each."""

    def conv(before, after):
        return 9 * before * after + after

    encoder = conv(3, 24) + 4 * conv(24, 24) + 2 * conv(24, 4)
    restorer = conv(7, 24) + 4 * (9 * conv(24, 24)) + conv(24, 24) + conv(24, 3)
    net = VDIR(Encoder(width=24), Restorer(width=24, groups=4, blocks=4))
    assert parameters(net) == encoder + restorer == 218_123


def test_every_convolution_is_3x3_with_a_bias():
    reading = noise_reading()
    for net in (Encoder(), Restorer(factor=4), Decoder(), Estimator(reading), Discriminator(width=4)):
        convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
        assert all(m.kernel_size == (3, 3) and m.bias is not None for m in convolutions)


def test_initial_weights_have_the_variance_that_the_released_code_gives():
    for net, gain in ((Restorer(), 1.0), (Encoder(), 1.0), (Discriminator(width=16), 2.0)):
        for conv in (m for m in net.modules() if isinstance(m, nn.Conv2d)):
            raw = conv.parametrizations.weight.original if gain == 2 else conv.weight
            assert not conv.bias.any()
            if raw.numel() > 30_000:
                deviation = math.sqrt(gain / (9 * conv.in_channels))
                assert raw.std().item() == pytest.approx(deviation, rel=0.02)
                assert raw.abs().max().item() <= 2.28 * deviation  # 2 / 0.8796


# --- the encoder and its latent --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "latent"),
    [((96, 96), (24, 24)), ((33, 47), (9, 12)), ((34, 45), (9, 12)), ((1, 5), (1, 2))],
)
def test_latent_has_a_quarter_of_the_sides_rounded_up(size, latent):
    mean, log_variance = Encoder(width=4)(noise(2, 3, *size))
    assert mean.shape == log_variance.shape == (2, 4, *latent)


def test_encoder_by_formula():
    encoder, x = shaken(Encoder(1, width=5)).double(), noise(2, 1, 14, 10, dtype=DOUBLE)
    a, b, c, d, e = (m for m in encoder.trunk if isinstance(m, nn.Conv2d))
    h = b(F.max_pool2d(a(x).relu(), 2)).relu()  # 7 x 5
    h = F.max_pool2d(F.pad(c(h).relu(), (0, 1, 0, 1)), 2)  # the odd row and column stand alone
    h = e(d(h).relu())
    mean, log_variance = encoder(x)
    torch.testing.assert_close(mean, encoder.mean(h))
    torch.testing.assert_close(log_variance, encoder.log_variance(h))


def test_samples_have_the_mean_and_the_variance_asked_for():
    """200 000 draws each: three standard errors of a mean are 0.0067 deviations, of a deviation 0.0047."""
    mean = torch.tensor([-1.0, 0.0, 2.0, 0.5]).view(1, 4, 1, 1).expand(1, 4, 400, 500)
    deviation = torch.tensor([0.5, 1.0, 3.0, 0.01]).view(1, 4, 1, 1)
    c = sample(mean, 2 * deviation.log().expand_as(mean), seeded())
    eps = (c - mean) / deviation
    assert eps.mean((2, 3)).abs().max() < 0.0067
    assert (eps.std((2, 3)) - 1).abs().max() < 0.0047
    assert torch.corrcoef(eps.flatten(2)[0]).triu(1).abs().max() < 0.0067
    neighbours = (eps[..., 1:] * eps[..., :-1]).mean((2, 3))
    assert neighbours.abs().max() < 0.0067


def test_the_generator_decides_the_sample():
    mean, log_variance = noise(2, 4, 5, 6), noise(2, 4, 5, 6, seed=1)
    first = sample(mean, log_variance, seeded(3))
    assert torch.equal(first, sample(mean, log_variance, seeded(3)))
    assert not torch.equal(first, sample(mean, log_variance, seeded(4)))
    torch.manual_seed(0)
    state = torch.get_rng_state()
    sample(mean, log_variance, seeded(3))
    assert torch.equal(state, torch.get_rng_state())


def test_no_variance_no_noise():
    mean = noise(1, 4, 5, 6)
    assert torch.equal(sample(mean, torch.full_like(mean, -200.0), seeded()), mean)


def test_gradients_of_a_sample():
    """d c / d mean = 1 and d c / d log variance = (c - mean) / 2."""
    mean = noise(1, 4, 5, 6, dtype=DOUBLE).requires_grad_()
    log_variance = noise(1, 4, 5, 6, dtype=DOUBLE, seed=1).requires_grad_()
    c = sample(mean, log_variance, seeded())
    c.sum().backward()
    assert torch.equal(mean.grad, torch.ones_like(mean))
    torch.testing.assert_close(log_variance.grad, (c - mean).detach() / 2)
    assert torch.autograd.gradcheck(lambda m, s: sample(m, s, seeded()), (mean, log_variance))


# --- the restorers ---------------------------------------------------------------------------------


def test_restorer_by_formula():
    net = shaken(Restorer(3, width=5, groups=2, blocks=2)).double()
    y, c = noise(1, 3, 9, 14, dtype=DOUBLE), noise(1, 4, 3, 4, dtype=DOUBLE, seed=1)
    enlarged = F.interpolate(c, (9, 14), mode="bilinear", align_corners=False)
    h = first = net.head(torch.cat([y, enlarged], 1))
    for group in net.body[:2]:
        inner = h
        for block in group.body[:2]:
            inner = inner + block.b(block.a(inner).relu())
        h = h + group.body[2](inner)
    h = first + net.body[2](h)
    torch.testing.assert_close(net(y, c), y + net.tail(h))


def test_with_a_zeroed_tail_the_restorer_returns_its_input():
    net, y = Restorer(width=6, groups=1, blocks=1), noise(2, 3, 33, 47)
    nn.init.zeros_(net.tail.weight)
    assert torch.equal(net(y, noise(2, 4, 9, 12)), y)
    large = Restorer(width=6, groups=1, blocks=1, factor=2)
    nn.init.zeros_(large.tail.weight)
    assert not large(y, noise(2, 4, 9, 12)).any()


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(33, 47), (16, 20)])
def test_sizes_of_what_is_restored(factor, channels, size):
    net = small(channels, factor)
    restored = net(noise(2, channels, *size), at(0.0, 1.0))
    assert restored.shape == (2, channels, factor * size[0], factor * size[1])


def test_factor_4_shuffles_twice_without_a_relu():
    net = shaken(Restorer(width=4, groups=1, blocks=1, factor=4)).double()
    y, c = noise(1, 3, 6, 5, dtype=DOUBLE), noise(1, 4, 2, 2, dtype=DOUBLE, seed=1)
    first = net.head(torch.cat([y, resized(c, (6, 5))], 1))
    h = first + net.body(first)
    for conv in (net.up[0], net.up[2]):
        h = F.pixel_shuffle(conv(h), 2)
    torch.testing.assert_close(net(y, c), net.tail(h))


@pytest.mark.parametrize("factor", [0, 3, 8])
def test_other_factors_are_refused(factor):
    with pytest.raises(ValueError, match=f"not {factor}"):
        Restorer(factor=factor)


def test_resizing_centres_pixels():
    """From 2 to 4, pixel centres aligned: weights 1/4 and 3/4 between, the border held."""
    assert resized(torch.tensor([[[[0.0, 4.0]]]]), (1, 4)).flatten().tolist() == [0, 1, 3, 4]


def test_ffdnet_with_a_constant_latent_map_is_ffdnet():
    """Three latent channels without weight and one in place of the noise level."""
    level_net, net = FFDNet(3, 8, 3).double(), LatentFFDNet(3, 8, 3).double()
    with torch.no_grad():
        for own, other in zip(net.body[2:], level_net.body[2:], strict=True):
            own.load_state_dict(other.state_dict())
        net.body[0].weight.zero_()
        net.body[0].weight[:, :13] = level_net.body[0].weight
        net.body[0].bias.copy_(level_net.body[0].bias)
    y, c = noise(2, 3, 18, 22, dtype=DOUBLE), noise(2, 4, 5, 6, dtype=DOUBLE)
    c[:, 0] = 30 / 255
    torch.testing.assert_close(net(y, c), level_net(y, at(30.0, 30.0, dtype=DOUBLE)))


# --- decoder, discriminator, estimator -------------------------------------------------------------


def test_decoder_by_formula():
    decoder, c = shaken(Decoder(3, width=5)).double(), noise(2, 4, 3, 6, dtype=DOUBLE)
    convolutions = [m for m in decoder.layers if isinstance(m, nn.Conv2d)]
    h = c
    for i, conv in enumerate(convolutions[:-1]):
        h = conv(h)
        if i in (0, 2):
            h = h.repeat_interleave(2, 2).repeat_interleave(2, 3)
        h = h.relu()
    rebuilt = decoder(c)
    torch.testing.assert_close(rebuilt, convolutions[-1](h))
    assert rebuilt.shape == (2, 3, 12, 24)


def test_discriminator_judges_patches():
    net = Discriminator(width=2).eval()
    assert net(noise(2, 3, 96, 96)).shape == (2, 1, 3, 3)
    assert net(noise(1, 3, 33, 47)).shape == (1, 1, 2, 2)
    strides = [m.stride[0] for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert strides == [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]


def test_discriminator_iterates_once_a_pass_in_training_only():
    net = Discriminator(1, width=4)
    first = net.layers[0].parametrizations.weight
    raw = first.original.detach().flatten(1)
    u = first[0]._u.clone()
    net(noise(1, 1, 32, 32))
    v = F.normalize(raw.T @ u, dim=0)
    torch.testing.assert_close(first[0]._u, F.normalize(raw @ v, dim=0))
    before = first[0]._u.clone()
    net.eval()(noise(1, 1, 32, 32))
    assert torch.equal(first[0]._u, before)


def test_every_convolution_of_the_discriminator_has_spectral_norm_1():
    net = Discriminator(1, width=4)
    with torch.no_grad():
        for _ in range(100):
            net(noise(1, 1, 32, 32))
    convolutions = [m for m in net.eval().modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 11
    for conv in convolutions:
        norm = torch.linalg.matrix_norm(conv.weight.flatten(1), 2).item()
        assert norm == pytest.approx(1, abs=0.01)


def test_readings_in_their_units():
    """sigma / 255 on each map; quality / 100 on each map."""
    sigma, quality = torch.full((3,), 30 / 255), torch.full((3,), 0.4)
    assert torch.tensor(noise_reading().weights) @ sigma == pytest.approx(30)
    assert torch.tensor(jpeg_reading().weights) @ quality == pytest.approx(-40)
    assert torch.tensor(jpeg_reading(1).weights) @ quality[:1] == pytest.approx(-40)


def test_a_kernel_is_read_as_its_variance():
    """A Gaussian with covariance [[3.310, -1.262], [-1.262, 1.690]] in 15 x 15 taps: (3.31 + 1.69) / 2."""
    ticks = torch.arange(-7.0, 8.0)
    points = torch.stack(torch.meshgrid(ticks, ticks, indexing="xy"), -1)
    inverse = torch.linalg.inv(torch.tensor([[3.310, -1.262], [-1.262, 1.690]]))
    kernel = (-0.5 * torch.einsum("...i,ij,...j", points, inverse, points)).exp()
    weights = torch.tensor(kernel_reading(15).weights)
    assert weights @ (kernel / kernel.sum()).flatten() == pytest.approx(2.5, abs=0.01)


def test_level_is_the_weighted_mean_of_the_maps():
    estimator, c = shaken(Estimator(noise_reading(3), width=8)).double(), noise(2, 4, 6, 7, dtype=DOUBLE)
    maps = estimator.b(estimator.a(c).relu())
    assert torch.equal(estimator(c), maps)
    torch.testing.assert_close(estimator.level(c), 255 * maps.mean((1, 2, 3)), rtol=1e-6, atol=0)


# --- the knob --------------------------------------------------------------------------------------


def linear(estimator):
    """The estimator with every hidden unit above zero, whatever it sees."""
    nn.init.constant_(estimator.a.bias, 1000.0)
    return estimator.double()


@pytest.mark.parametrize("reading", [noise_reading(3), jpeg_reading(1), kernel_reading(5)], ids=str)
def test_a_linear_estimator_reads_exactly_what_strength_adds(reading):
    torch.manual_seed(0)
    estimator = linear(Estimator(reading, width=8)).requires_grad_(False)
    net = VDIR(Encoder(1, width=4), Restorer(1, 4, 1, 1), estimator).double()
    c = noise(2, 4, 9, 11, dtype=DOUBLE)
    strengths = torch.linspace(-reading.reach, reading.reach, 11, dtype=DOUBLE)
    levels = torch.stack([estimator.level(net.moved(c, s.expand(2, 1))) for s in strengths])
    assert (levels.diff(dim=0) > 0).all()
    torch.testing.assert_close(levels, estimator.level(c) + strengths[:, None])


def test_the_step_is_the_shortest_along_the_slope_of_the_level():
    """The slope by autograd: raised by one to first order, and no shorter step raises as much."""
    torch.manual_seed(0)
    estimator = shaken(Estimator(noise_reading(3), width=16)).double()
    c = noise(3, 4, 7, 9, dtype=DOUBLE)
    shift = torch.zeros(3, 4, dtype=DOUBLE, requires_grad=True)
    (slope,) = torch.autograd.grad(estimator.level(c + shift[:, :, None, None]).sum(), shift)
    step, ones = estimator.step(c), torch.ones(3, dtype=DOUBLE)
    torch.testing.assert_close((step * slope).sum(1), ones)
    torch.testing.assert_close(step.norm(dim=1) * slope.norm(dim=1), ones)


def test_an_estimator_that_reads_nothing_moves_nothing():
    estimator, c = Estimator(noise_reading(), width=8), noise(2, 4, 5, 6)
    nn.init.zeros_(estimator.b.weight)
    assert not estimator.step(c).any()


@pytest.mark.parametrize("factor", [1, 2])
def test_strength_0_is_blind_bit_for_bit(factor):
    net, x = small(factor=factor), noise(2, 3, 20, 24)
    blind = VDIR(net.encoder, net.restorer)
    expected = blind(x, none(2))
    assert torch.equal(net(x, at(0.0, 0.0)), expected)
    assert torch.equal(net.fold(torch.zeros(1))(x), expected)
    assert torch.equal(net.sampled(x, at(0.0, 0.0), seeded()), blind.sampled(x, none(2), seeded()))
    assert torch.equal(expected, net.restorer(x, net.encoder(x)[0]))
    assert not torch.allclose(net(x, at(5.0, 5.0)), expected)


def test_what_the_knob_says_of_itself():
    (knob,) = small().knobs
    assert (knob.name, knob.low, knob.start, knob.high) == ("strength", -30, 0, 30)
    assert "noise in 8-bit grey levels" in knob.meaning
    assert VDIR(Encoder(), Restorer()).knobs == ()


def test_every_picture_has_its_own_strength():
    net, x = small().double(), noise(3, 3, 16, 20, dtype=DOUBLE)
    strengths = at(-4.0, 0.0, 7.5, dtype=DOUBLE)
    together = net(x, strengths)
    for i in range(3):
        alone = net(x[i : i + 1], strengths[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-12, rtol=0)
    assert not torch.allclose(together, net(x, strengths.flip(0)))


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("strength", [-12.0, 3.5])
def test_folded_network_computes_the_same_and_leaves_the_original(factor, strength):
    net, x = small(factor=factor).double(), noise(2, 3, 33, 47, dtype=DOUBLE)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    plain = net.fold(torch.tensor([strength], dtype=DOUBLE))
    torch.testing.assert_close(plain(x), net(x, at(strength, strength, dtype=DOUBLE)))
    assert parameters(plain) == parameters(net) - parameters(net.encoder.log_variance)
    blind = net.fold(torch.zeros(1))
    assert parameters(blind) == parameters(plain) - parameters(net.estimator)
    assert not any(p.requires_grad for p in plain.parameters())
    assert all(p.requires_grad for p in net.parameters())
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_blind_networks_fold_too():
    torch.manual_seed(0)
    for blind in (VDIR(Encoder(1, 4), Restorer(1, 4, 1, 1)), Alone(Restorer(1, 4, 1, 1, latent=0))):
        x = noise(2, 1, 16, 20)
        assert blind.knobs == ()
        assert torch.equal(blind.fold(torch.zeros(0))(x), blind(x, none(2)))


# --- sampling, sizes and tiles ---------------------------------------------------------------------


def test_sampled_network_restores_alike_at_every_call():
    net, x = small(), noise(2, 3, 16, 20)
    first, second = Sampled(net, seed=1), Sampled(net, seed=2)
    strengths = at(0.0, 3.0)
    assert torch.equal(first(x, strengths), first(x, strengths))
    assert torch.equal(first(x, strengths), net.sampled(x, strengths, seeded(1)))
    assert not torch.allclose(first(x, strengths), second(x, strengths))
    assert torch.equal(first.fold(torch.tensor([3.0]))(x), first(x, at(3.0, 3.0)))
    assert (first.knobs, first.multiple) == (net.knobs, net.multiple)


def test_several_samples_are_averaged():
    net, x = small(), noise(2, 3, 16, 20)
    generator = seeded(3)
    drawn = [net.sampled(x, at(0.0, 3.0), generator) for _ in range(4)]
    torch.testing.assert_close(Sampled(net, 3, samples=4)(x, at(0.0, 3.0)), torch.stack(drawn).mean(0))
    assert not torch.allclose(drawn[0], drawn[1])


def test_with_a_variance_of_zero_sampling_is_the_mean():
    net, x = small(), noise(1, 3, 16, 20)
    nn.init.zeros_(net.encoder.log_variance.weight)
    nn.init.constant_(net.encoder.log_variance.bias, -200.0)
    assert torch.equal(net.sampled(x, at(2.0), seeded()), net(x, at(2.0)))


@pytest.mark.parametrize("size", [(33, 47), (8, 5), (1, 1)])
def test_any_size_through_inference(size):
    x = noise(1, 3, *size)
    assert restore(small(), x, knobs=(1.0,)).shape == x.shape
    torch.manual_seed(0)
    ffdnet = VDIR(Encoder(width=4), LatentFFDNet(width=6, depth=3))
    assert restore(ffdnet, x).shape == x.shape


def test_tiles_see_the_latent_of_the_whole_picture():
    """A shallow network sees fewer than 48 pixels to each side, so tiles must change nothing."""
    net, x = small(), noise(1, 3, 150, 203)
    whole = restore(net, x, knobs=(0.0,))
    tiled = restore(net, x, knobs=(0.0,), tile=130, overlap=48)
    torch.testing.assert_close(tiled, whole, atol=1e-5, rtol=0)


def test_tiles_of_repeated_pixels_see_as_much_as_others():
    """Of the same network, given its image with every pixel repeated; 48 pixels that it sees overlap."""
    net, x = small(factor=2), noise(1, 3, 150, 203)
    large = x.repeat_interleave(2, -2).repeat_interleave(2, -1)
    tiled = restore(OfRepeated(net, 2), large, knobs=(0.0,), tile=130, overlap=48)
    padded = F.pad(x, (0, 1, 0, 2), mode="replicate")
    expected = net(padded, at(0.0))[..., : 2 * 150, : 2 * 203]
    torch.testing.assert_close(tiled, expected, atol=1e-5, rtol=0)


def test_the_encoder_may_see_another_picture_than_the_restorer():
    net, x = small(), noise(1, 3, 16, 20)
    other = net.encoder(noise(1, 3, 16, 20, seed=1))[0]
    assert not torch.allclose(net.restorer(x, other), net(x, at(0.0)))


@pytest.mark.parametrize("strength", [0.0, 7.0])
def test_told_of_another_picture(strength):
    """What `told_by` computes, with the knob; of itself, blind restoration."""
    net, (x, other) = shaken(small()), noise(2, 1, 3, 16, 20)
    told = Told(net)
    c = net.moved(net.encoder(other)[0], at(strength))
    expected = net.restorer(x, c)
    both = torch.cat((x, other), 1)
    torch.testing.assert_close(told(both, at(strength)), expected)
    torch.testing.assert_close(told.fold(at(strength)[0])(both), expected)
    torch.testing.assert_close(told(torch.cat((x, x), 1), at(strength)), net(x, at(strength)))
    if not strength:
        torch.testing.assert_close(net.told_by(other, x), expected)


def test_told_through_inference_has_the_channels_of_the_picture():
    net = shaken(small())
    x, other = noise(2, 1, 3, 18, 30)
    restored = restore(Told(net), torch.cat((x, other), 1), knobs=(0.0,))
    assert restored.shape == x.shape


# --- gradients -------------------------------------------------------------------------------------


def test_gradients_are_those_of_the_formula():
    """Against finite differences: images and strengths, the mean and a sample."""
    net, x = small().double(), noise(2, 3, 9, 10, dtype=DOUBLE).requires_grad_()
    strengths = at(-1.0, 2.0, dtype=DOUBLE).requires_grad_()
    assert torch.autograd.gradcheck(net, (x, strengths), fast_mode=True)
    drawn = lambda x, strengths: net.sampled(x, strengths, seeded())  # noqa: E731
    assert torch.autograd.gradcheck(drawn, (x, strengths), fast_mode=True)


def touched(loss, modules):
    """The names of the modules that a loss pulls at."""
    for module in modules.values():
        module.zero_grad(set_to_none=True)
    loss.backward(retain_graph=True)
    return {
        name
        for name, module in modules.items()
        if any(p.grad is not None and p.grad.any() for p in module.parameters())
    }


def test_every_loss_pulls_at_the_networks_it_is_for():
    """Figure 2 of the paper."""
    net, y = small(), torch.rand(2, 3, 32, 32)
    torch.manual_seed(0)
    decoder, critic = Decoder(width=6), Discriminator(width=2)
    modules = {name: module for name, module in net.named_children()}
    modules |= {"decoder": decoder, "critic": critic}
    mean, log_variance = net.encoder(y)
    c = sample(mean, log_variance, seeded())
    rebuilt = decoder(c)
    target = torch.tensor([[0.1], [0.2]])
    estimate = resized(net.estimator(c), y.shape[-2:])

    assert touched(losses.l1(net.restorer(y, c), y.square()), modules) == {"encoder", "restorer"}
    assert touched(losses.kl_to_standard_normal(mean, log_variance), modules) == {"encoder"}
    assert touched(losses.l1(rebuilt, y), modules) == {"encoder", "decoder"}
    assert touched(losses.estimation(estimate, target), modules) == {"encoder", "estimator"}
    assert touched(losses.gan_generator(critic(rebuilt)), modules) == {"encoder", "decoder", "critic"}
    of_critic = losses.gan_discriminator(critic(y), critic(rebuilt.detach()))
    assert touched(of_critic, modules) == {"critic"}


def test_the_knob_trains_no_estimator():
    net, x = small(), noise(1, 3, 16, 16)
    net(x, at(3.0)).sum().backward()
    assert all(p.grad is None for p in net.estimator.parameters())
    assert net.encoder.trunk[0].weight.grad.any()


def test_a_few_steps_teach_the_estimator_the_noise_and_the_knob_follows():
    """Noise of 5 to 70 grey levels on flat images: encoder and estimator alone, 100 steps."""
    torch.manual_seed(0)
    net = VDIR(Encoder(1, 12), Restorer(1, 4, 1, 1), Estimator(noise_reading(1), width=16))
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    generator = seeded()

    def noisy(n):
        sigma = 5 + 65 * torch.rand(n, 1, generator=generator)
        noise = torch.randn(n, 1, 32, 32, generator=generator)
        return 0.5 + sigma[:, :, None, None] / 255 * noise, sigma

    for _ in range(100):
        y, sigma = noisy(8)
        mean, log_variance = net.encoder(y)
        maps = net.estimator(sample(mean, log_variance, generator))
        kl = losses.kl_to_standard_normal(mean, log_variance)
        optimiser.zero_grad()
        (losses.estimation(maps, sigma / 255) + 0.001 * kl).backward()
        optimiser.step()
    y, sigma = noisy(32)
    with torch.no_grad():
        mean, _ = net.encoder(y)
        levels = [net.estimator.level(net.moved(mean, at(s).expand(32, 1))) for s in (-2.0, 0.0, 2.0)]
    assert (levels[1] - sigma[:, 0]).abs().mean() < 10
    assert (levels[0] < levels[1]).all()
    assert (levels[1] < levels[2]).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_compact_network_takes_a_step(channels):
    torch.manual_seed(0)
    restorer = Restorer(channels, width=24, groups=4, blocks=4)
    net = VDIR(Encoder(channels, width=24), restorer, Estimator(noise_reading(channels), width=24))
    x = torch.rand(2, channels, 32, 32)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    mean, log_variance = net.encoder(x)
    c = sample(mean, log_variance, seeded())
    loss = losses.l1(net.restorer(x, c), x.square()) + losses.estimation(net.estimator(c), torch.ones(2, 1))
    (loss + 0.01 * losses.kl_to_standard_normal(mean, log_variance)).backward()
    optimiser.step()
    assert not [k for k, v in net.state_dict().items() if torch.equal(v, before[k])]
