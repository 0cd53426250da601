"""Losses, unweighted: the weights live in recipes, the sum in the training step."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class FeatureExtractor(Protocol):
    """A network whose inner maps tell how alike two pictures are: the ranker of QGCN, or a VGG.

    What guides another network is frozen by whoever trains that one: in evaluation mode, its
    parameters without gradients. Gradients still pass through it to the picture.
    """

    def features(self, x: Tensor) -> list[Tensor]:
        """x (N, C, H, W) in [0, 1] -> maps (N, C_i, H_i, W_i), the shallowest first."""


def l1(x: Tensor, reference: Tensor) -> Tensor:
    """Mean absolute difference over every pixel and channel; x, reference (N, C, H, W)."""
    return (x - reference).abs().mean()


def mse(x: Tensor, reference: Tensor) -> Tensor:
    """Mean squared difference over every pixel and channel; x, reference (N, C, H, W)."""
    return (x - reference).square().mean()


def margin_ranking(first: Tensor, second: Tensor, first_is_worse: Tensor, margin: float = 0.5) -> Tensor:
    """Mean of max(0, (s_i - s_j) eta + margin): the worse picture of a pair shall score lower by `margin`.

    first, second: scores s_i and s_j, (N,). first_is_worse: (N,) bool; eta is 1 where it holds and -1
    elsewhere. Scores are not clamped. QGCN, eq. 2, where the margin is 0.5.
    """
    eta = torch.where(first_is_worse, 1.0, -1.0).to(first)
    return ((first - second) * eta + margin).clamp(min=0).mean()


def quality(score: Tensor) -> Tensor:
    """Mean of sigmoid(-score), in (0, 1): low where a ranker scores pictures high. QGCN, eq. 4.

    score: (N,), of restored pictures. The gradient fades out for scores far above zero.
    """
    return torch.sigmoid(-score).mean()


def feature_matching(maps: list[Tensor], reference_maps: list[Tensor]) -> Tensor:
    """Sum over maps of the mean absolute difference, so that every map counts the same. QGCN, eq. 5.

    maps, reference_maps: of the restored and of the true pictures, as `FeatureExtractor.features`
    gives them. Raises ValueError where one list is longer.
    """
    return sum(l1(a, b) for a, b in zip(maps, reference_maps, strict=True))
