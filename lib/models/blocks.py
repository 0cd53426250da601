"""What networks of several papers share: a convolution, a residual block, how layers start, a score."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F


def conv3(channels_in: int, channels_out: int, *, bias: bool = True) -> nn.Conv2d:
    """Return a 3x3 convolution with zero padding, which keeps the sides."""
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=bias)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a ReLU between them; the input is added. (N, width, H, W).

    conv: called with the channels before and behind for each of them.
    """

    def __init__(self, width: int, conv: Callable[[int, int], nn.Conv2d] = conv3):
        super().__init__()
        self.a = conv(width, width)
        self.b = conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.b(F.relu(self.a(x), inplace=True))


def score_layers(features: int, width: int) -> nn.Sequential:
    """Return two linear layers from features to one score, with 100 units between them at width 64, as the
    discriminators of ESRGAN's code end: (N, features) -> (N, 1)."""
    hidden = max(1, round(100 * width / 64))
    return nn.Sequential(nn.Linear(features, hidden), nn.LeakyReLU(0.2, inplace=True), nn.Linear(hidden, 1))


def start_as_he(module: nn.Module, gain: float = 1.0) -> None:
    """Start every convolution and linear layer as He et al. (2015), fan-in, times `gain`; biases at zero.

    Transposed convolutions stay as the framework makes them.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            layer.weight.data.mul_(gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
