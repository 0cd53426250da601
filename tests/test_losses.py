"""Losses: values worked out by hand, and where gradients go when a frozen ranker guides a network."""

import math

import pytest
import torch
from torch.nn import functional as F

from lib import losses
from lib.models.qgcn import QGCN, Ranker

YES, NO = torch.tensor([True]), torch.tensor([False])


def test_l1_and_mse_by_hand():
    x, reference = torch.tensor([[[[0.0, 0.5]]]]), torch.tensor([[[[0.1, 0.2]]]])
    assert losses.l1(x, reference).item() == pytest.approx(0.2)
    assert losses.mse(x, reference).item() == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("first", "second", "first_is_worse", "expected"),
    [
        (-1.0, 1.0, YES, 0.0),  # in order and far apart
        (1.0, -1.0, NO, 0.0),
        (0.0, 0.5, YES, 0.0),  # in order by exactly the margin
        (0.0, 0.2, YES, 0.3),  # in order, but closer than the margin
        (1.0, -1.0, YES, 2.5),  # swapped
        (-1.0, 1.0, NO, 2.5),
        (0.7, 0.7, NO, 0.5),
    ],
)
def test_margin_ranking_by_hand(first, second, first_is_worse, expected):
    loss = losses.margin_ranking(torch.tensor([first]), torch.tensor([second]), first_is_worse)
    assert loss.item() == pytest.approx(expected)


def test_margin_ranking_is_the_mean_that_torch_computes():
    first, second = torch.randn(2, 9, generator=torch.Generator().manual_seed(0))
    worse = torch.arange(9) % 2 == 0
    target = torch.where(worse, -1.0, 1.0)  # torch: 1 where the first shall be higher
    expected = F.margin_ranking_loss(first, second, target, margin=0.8)
    torch.testing.assert_close(losses.margin_ranking(first, second, worse, margin=0.8), expected)


def test_margin_ranking_pushes_the_worse_score_down():
    scores = torch.zeros(2, requires_grad=True)
    losses.margin_ranking(scores[:1], scores[1:], YES).backward()
    assert scores.grad.tolist() == [1.0, -1.0]  # a step against the gradient lowers the first


def test_quality_by_hand():
    assert losses.quality(torch.tensor([0.0])).item() == pytest.approx(0.5)
    scores = torch.tensor([math.log(3), -math.log(3)])  # sigmoid of -s: 1/4 and 3/4
    assert losses.quality(scores).item() == pytest.approx(0.5)
    assert losses.quality(scores[:1]).item() == pytest.approx(0.25)


def test_feature_matching_weighs_every_map_alike_whatever_its_size():
    maps = [torch.full((2, 3, 8, 8), 1.0), torch.full((2, 5, 2, 2), -2.0)]
    zeros = [torch.zeros_like(each) for each in maps]
    assert losses.feature_matching(maps, zeros).item() == pytest.approx(1 + 2)
    with pytest.raises(ValueError):
        losses.feature_matching(maps, zeros[:1])


def test_the_ranker_is_a_feature_extractor():
    assert isinstance(Ranker(width=2), losses.FeatureExtractor)
    assert not isinstance(QGCN(width=4, blocks=2), losses.FeatureExtractor)


@pytest.mark.parametrize("name", ["quality", "feature_matching"])
def test_a_frozen_ranker_guides_the_network_and_stays_as_it_is(name):
    torch.manual_seed(0)
    ranker = Ranker(width=4).eval().requires_grad_(False)
    net = QGCN(width=6, blocks=2)
    before = {k: v.clone() for k, v in ranker.state_dict().items()}
    clean = torch.rand(2, 1, 32, 32)
    restored = net(clean.round(decimals=1), torch.zeros(2, 0))
    restored.retain_grad()
    maps, score = ranker.look(restored)
    loss = {
        "quality": losses.quality(score),
        "feature_matching": losses.feature_matching(maps, ranker.features(clean)),
    }[name]
    loss.backward()
    assert restored.grad.abs().sum() > 0
    assert net.head.weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in ranker.parameters())
    assert all(torch.equal(v, before[k]) for k, v in ranker.state_dict().items())


def test_what_a_guide_sees_pulls_the_restored_picture_alone():
    """The same as matching its maps by hand; none of it reaches the reference."""
    torch.manual_seed(0)
    guide = Ranker(width=4).eval().requires_grad_(False)
    x, reference = (torch.rand(2, 1, 32, 32, requires_grad=True) for _ in range(2))
    loss = losses.perceptual(guide, x, reference)
    expected = losses.feature_matching(guide.features(x), guide.features(reference))
    assert loss.item() == pytest.approx(expected.item())
    loss.backward()
    assert x.grad.any() and reference.grad is None


def test_training_a_ranker_moves_its_weights_and_its_statistics():
    torch.manual_seed(0)
    ranker = Ranker(width=4).train()
    scores = ranker(torch.rand(4, 1, 32, 32))
    losses.margin_ranking(scores[:2], scores[2:], torch.tensor([True, False])).backward()
    assert all(p.grad is not None for p in ranker.parameters())
    tracked = [b.item() for n, b in ranker.named_buffers() if n.endswith("num_batches_tracked")]
    assert set(tracked) == {1}


def test_kl_by_hand():
    """0.5 (var + mean^2 - 1 - ln var): 0; 0.5 * 4; 0.5 (4 - 1 - ln 4); 0.5 (1/4 + 1 - 1 + ln 4)."""
    mean = torch.tensor([0.0, 2.0, 0.0, 1.0])
    variance = torch.tensor([1.0, 1.0, 4.0, 0.25])
    expected = [0.0, 2.0, 0.8068528, 0.8181472]
    for m, v, kl in zip(mean, variance, expected, strict=True):
        assert losses.kl_to_standard_normal(m[None], v.log()[None]).item() == pytest.approx(kl, abs=1e-6)
    total = losses.kl_to_standard_normal(mean, variance.log()).item()
    assert total == pytest.approx(sum(expected) / 4)


def test_kl_is_the_mean_of_what_torch_computes():
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = 2 * torch.randn(2, 3, 4, 5, 6, generator=generator)
    ours = losses.kl_to_standard_normal(mean, log_variance)
    there = torch.distributions.Normal(mean, log_variance.exp().sqrt())
    prior = torch.distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(ours, torch.distributions.kl_divergence(there, prior).mean())


def test_kl_pulls_to_the_standard_normal():
    mean, log_variance = torch.tensor([3.0, -1.0, 0.0]), torch.tensor([-2.0, 1.0, 0.0])
    mean.requires_grad_(), log_variance.requires_grad_()
    losses.kl_to_standard_normal(mean, log_variance).backward()
    assert mean.grad.tolist() == pytest.approx([1.0, -1 / 3, 0.0])
    assert log_variance.grad.tolist() == pytest.approx([(math.exp(s) - 1) / 6 for s in (-2, 1, 0)])


def test_gan_losses_are_cross_entropies():
    real, fake = 3 * torch.randn(2, 4, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    entropy = F.binary_cross_entropy_with_logits
    torch.testing.assert_close(losses.gan_generator(fake), entropy(fake, torch.ones_like(fake)))
    torch.testing.assert_close(
        losses.gan_discriminator(real, fake),
        entropy(real, torch.ones_like(real)) + entropy(fake, torch.zeros_like(fake)),
    )


def test_gan_losses_by_hand():
    undecided = torch.zeros(2, 1, 3, 3)
    assert losses.gan_generator(undecided).item() == pytest.approx(math.log(2))
    assert losses.gan_discriminator(undecided, undecided).item() == pytest.approx(2 * math.log(2))
    sure = torch.full((1,), math.log(3))  # D = 3/4
    assert losses.gan_generator(sure).item() == pytest.approx(math.log(4 / 3))
    assert losses.gan_discriminator(sure, -sure).item() == pytest.approx(2 * math.log(4 / 3))


def test_gan_losses_are_finite_far_out():
    far = torch.tensor([-1e4, 1e4])
    assert losses.gan_generator(far).item() == pytest.approx(5e3)
    assert losses.gan_discriminator(far, far).item() == pytest.approx(1e4)


def test_estimation_by_hand():
    """Maps at 0.1 and 0.3 for an image of level 0.2, at 0.5 for one of 0.4."""
    maps = torch.tensor([[0.1, 0.3], [0.5, 0.5]])[:, :, None, None].expand(2, 2, 5, 7)
    target = torch.tensor([[0.2], [0.4]])
    assert losses.estimation(maps, target).item() == pytest.approx(0.1)
    assert losses.estimation(maps, target.expand(2, 2)).item() == pytest.approx(0.1)


def test_kernel_estimation_sums_over_taps():
    kernel = torch.zeros(2, 3, 3)
    kernel[:, 1, 1] = 1.0
    right = kernel.flatten(1)[:, :, None, None].repeat(1, 1, 4, 5)
    assert losses.kernel_estimation(right, kernel).item() == 0
    wrong = right.roll(1, dims=1)  # all weight on the next tap
    assert losses.kernel_estimation(wrong, kernel).item() == pytest.approx(2)
    half = torch.where(torch.arange(5) < 2, wrong, right)  # two columns of five
    assert losses.kernel_estimation(half, kernel).item() == pytest.approx(0.8)


def test_kernels_are_read_row_by_row():
    kernel = torch.arange(9.0).view(1, 3, 3)
    maps = torch.arange(9.0).view(1, 9, 1, 1)
    assert losses.kernel_estimation(maps, kernel).item() == 0
    assert losses.kernel_estimation(maps, kernel.mT).item() > 0


def test_wasserstein_losses_by_hand():
    real, fake = torch.tensor([2.0, 4.0]), torch.tensor([1.0, -1.0])
    assert losses.wasserstein_generator(fake).item() == 0.0
    assert losses.wasserstein_critic(real, fake).item() == -3.0


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic_is_its_slope_less_one_squared(slope):
    """A critic w.x has the gradient w everywhere."""
    direction = torch.randn(1, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    weight = (slope * direction / direction.norm()).requires_grad_()
    real, fake = torch.rand(2, 4, 2, 3, 3)
    penalty = losses.gradient_penalty(lambda x: (x * weight).sum((1, 2, 3)), real, fake, torch.rand(4))
    assert penalty.item() == pytest.approx((slope - 1) ** 2, abs=1e-5)
    if slope:
        penalty.backward()  # reaches the critic
        assert bool(weight.grad.norm() > 0.1) == (slope != 1)


def test_gradient_penalty_looks_between_real_and_fake():
    """Half |x|^2 has the gradient x: the penalty is that of the point in between."""
    real, fake = torch.full((1, 1, 1, 1), 5.0), torch.ones(1, 1, 1, 1)
    for mix, point in ((0.0, 1.0), (1.0, 5.0), (0.25, 2.0)):
        penalty = losses.gradient_penalty(
            lambda x: 0.5 * x.square().sum((1, 2, 3)), real, fake, torch.tensor([mix])
        )
        assert penalty.item() == pytest.approx((point - 1) ** 2)
