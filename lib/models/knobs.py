"""What a controllable network is: called with knobs, says what they are, folds to a plain module."""

import copy
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Knob:
    """One control of a network: its range, where it starts, and what turning it means to a user."""

    name: str
    low: float
    high: float
    start: float
    meaning: str


class Controllable(nn.Module):
    """A restoration network with K knobs.

    `net(x, knobs)`: x (N, C, H, W) in [0, 1], knobs (N, K), one row of settings per image;
    returns (N, C, H, W), not clipped. A network of one fixed level has no knobs (K = 0).
    """

    knobs: tuple[Knob, ...] = ()
    multiple = 1  # height and width must be divisible by this
    spread = 1  # pixels a side that stand for one that the network sees

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        raise TypeError(f"{type(self).__name__} defines no forward")

    def fold(self, knobs: Tensor) -> nn.Module:
        """Return the same network with its knobs, shape (K,), baked in: a module called as `plain(x)`."""
        raise TypeError(f"{type(self).__name__} defines no fold")

    def trained_in_stage(self) -> list[nn.Module]:
        """Return the modules that an adaptation stage trains; everything else stays frozen."""
        raise TypeError(f"{type(self).__name__} has no adaptation stage")


class Held(nn.Module):
    """A copy of a network with its knobs held where they are: called as `plain(x)`."""

    def __init__(self, net: Controllable, knobs: Tensor):
        super().__init__()
        self.net = copy.deepcopy(net).requires_grad_(False)
        self.multiple = net.multiple
        self.register_buffer("knobs", knobs.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x, self.knobs.expand(len(x), -1))
