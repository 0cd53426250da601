"""Losses, unweighted: the weights live in recipes, the sum in the training step."""

from torch import Tensor


def l1(x: Tensor, reference: Tensor) -> Tensor:
    """Mean absolute difference over every pixel and channel; x, reference (N, C, H, W)."""
    return (x - reference).abs().mean()


def mse(x: Tensor, reference: Tensor) -> Tensor:
    """Mean squared difference over every pixel and channel; x, reference (N, C, H, W)."""
    return (x - reference).square().mean()
