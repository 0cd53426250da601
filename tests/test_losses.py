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


def test_training_a_ranker_moves_its_weights_and_its_statistics():
    torch.manual_seed(0)
    ranker = Ranker(width=4).train()
    scores = ranker(torch.rand(4, 1, 32, 32))
    losses.margin_ranking(scores[:2], scores[2:], torch.tensor([True, False])).backward()
    assert all(p.grad is not None for p in ranker.parameters())
    assert all(b.item() == 1 for n, b in ranker.named_buffers() if n.endswith("num_batches_tracked"))
