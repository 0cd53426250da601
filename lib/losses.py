"""Losses, unweighted: the weights live in recipes, the sum in the training step."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional as F


@runtime_checkable
class FeatureExtractor(Protocol):
    """A network whose inner maps tell how alike two images are: the ranker of QGCN, or a VGG.

    What guides another network is frozen by whoever trains that one: in evaluation mode, its
    parameters without gradients. Gradients still pass through it to the image.
    """

    def features(self, x: Tensor) -> list[Tensor]:
        """Return maps (N, C_i, H_i, W_i) of x (N, C, H, W) in [0, 1], the shallowest first."""


def l1(x: Tensor, reference: Tensor) -> Tensor:
    """Return the mean absolute difference over every pixel and channel; x, reference (N, C, H, W)."""
    return (x - reference).abs().mean()


def mse(x: Tensor, reference: Tensor) -> Tensor:
    """Return the mean squared difference over every pixel and channel; x, reference (N, C, H, W)."""
    return (x - reference).square().mean()


def margin_ranking(first: Tensor, second: Tensor, first_is_worse: Tensor, margin: float = 0.5) -> Tensor:
    """Return the mean of max(0, (s_i - s_j) eta + margin): the worse of a pair shall score lower by `margin`.

    first, second: scores s_i and s_j, (N,). first_is_worse: (N,) bool; eta is 1 where it holds and -1
    elsewhere. Scores are not clamped. QGCN, eq. 2, where the margin is 0.5.
    """
    eta = torch.where(first_is_worse, 1.0, -1.0).to(first)
    return ((first - second) * eta + margin).clamp(min=0).mean()


def quality(score: Tensor) -> Tensor:
    """Return the mean of sigmoid(-score), in (0, 1): low where a ranker scores images high. QGCN, eq. 4.

    score: (N,), of restored images. The gradient fades out for scores far above zero.
    """
    return torch.sigmoid(-score).mean()


def feature_matching(maps: list[Tensor], reference_maps: list[Tensor]) -> Tensor:
    """Return the sum over maps of the mean absolute difference: every map counts the same. QGCN, eq. 5.

    maps, reference_maps: of the restored and of the true images, as `FeatureExtractor.features`
    gives them. Raises ValueError where one list is longer.
    """
    return sum(l1(a, b) for a, b in zip(maps, reference_maps, strict=True))


def perceptual(guide: FeatureExtractor, x: Tensor, reference: Tensor) -> Tensor:
    """Return the feature matching of two images (N, C, H, W) by the guide; gradients reach x alone."""
    with torch.no_grad():
        wanted = guide.features(reference)
    return feature_matching(guide.features(x), wanted)


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the mean over elements of KL(N(mean, exp(log_variance)) || N(0, 1)), in nats, never below zero.

    mean, log_variance: (N, C, H, W), float32 (exp overflows in half precision). VDIR, eq. 15, divided
    by the number of latent elements: as a sum, the weight of the paper would empty the latent.
    """
    return 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean()


def gan_generator(fake: Tensor) -> Tensor:
    """Return the mean of -log D, D = sigmoid(fake): low where the discriminator takes fakes for real ones.

    fake: logits of any shape. Non-saturating; VDIR, eq. 17. Gradients also reach the discriminator
    that made the logits, unless its parameters are frozen.
    """
    return F.softplus(-fake).mean()


def gan_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return the mean of -log D over real ones plus mean of -log(1 - D) over fakes, D = sigmoid(logit).

    real, fake: logits of any shapes, those of the fakes from detached images. VDIR, eq. 16.
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def wasserstein_generator(fake: Tensor) -> Tensor:
    """Return minus the critic's mean score of fakes (N,). WGAN; CFSNet, step 2 of super-resolution."""
    return -fake.mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """Return the critic's mean score of fakes minus that of real ones; scores (N,). Minus this is the gap
    that estimates the distance between the two."""
    return fake.mean() - real.mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor
) -> Tensor:
    """Return the mean of (|gradient of the critic| - 1)^2 at points between real and fake images.

    real, fake: (N, C, H, W). mix: (N,), uniform in [0, 1], 1 at the real image (Gulrajani et al., "Improved
    Training of Wasserstein GANs", NeurIPS 2017). The norm is over all pixels of an image.
    """
    between = torch.lerp(fake.detach(), real, mix.view(-1, 1, 1, 1).to(real)).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def estimation(maps: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute error of an estimated parameter, over images, maps and positions.

    maps: (N, K, H, W). target: (N, K), or (N, 1) where all maps read the same, in the maps' unit.
    VDIR, last term of eq. 18, for noise levels and JPEG qualities.
    """
    return (maps - target[:, :, None, None]).abs().mean()


def kernel_estimation(maps: Tensor, kernel: Tensor) -> Tensor:
    """Return the absolute error of an estimated blur kernel: sum over taps, mean over images and positions.

    maps: (N, k * k, H, W), taps row by row. kernel: (N, k, k). The last term of VDIR's eq. 18 for
    super-resolution; that taps are summed is our choice, as their mean would be tiny. Between 0 and 2
    for kernels of non-negative taps that sum to one.
    """
    return (maps - kernel.flatten(1)[:, :, None, None]).abs().sum(1).mean()
