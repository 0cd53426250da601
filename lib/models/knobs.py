"""What a controllable network is: called with knobs, says what they are, folds to a plain module.

Ways to make one of others: `Held` keeps the knobs of a network where they are, `Interpolated` adds a
knob that moves between two networks, `SelfEnsemble` is the mean over all orientations of a picture,
`OfRepeated` gives a network that enlarges a picture of the size of its result.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor, nn
from torch.func import functional_call


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
        """The same network with its knobs, shape (K,), baked in: a module called as `plain(x)`."""
        raise TypeError(f"{type(self).__name__} defines no fold")

    def trained_in_stage(self) -> list[nn.Module]:
        """The modules that an adaptation stage trains; everything else stays frozen."""
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


class Interpolated(Controllable):
    """Two networks of one architecture, and a knob `texture` that moves every weight between them.

    Every parameter and every running statistic is (1 - texture) first + texture second: 0 is the
    first network and 1 the second, exactly (network interpolation, as in Wang et al., "ESRGAN", ECCV
    workshops 2018). What lies between restores well where the second was trained on from the first;
    two networks trained from different starts have, in general, nothing between them.

    meaning: what the two ends are to a user. Knobs of the networks themselves come before `texture`;
    knobs (N, K + 1). Raises ValueError where the architectures differ.
    """

    def __init__(
        self,
        first: Controllable,
        second: Controllable,
        meaning: str = "0: the first network, 1: the second",
    ):
        super().__init__()
        if _architecture(first) != _architecture(second):
            raise ValueError("Only networks of the same architecture can be interpolated.")
        self.first = first
        self.second = second
        self.knobs = (*first.knobs, Knob("texture", 0.0, 1.0, 0.0, meaning))
        self.multiple = first.multiple

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        """One pass for every texture that occurs among the pictures."""
        texture = knobs[:, -1]
        groups = [(texture == value).nonzero()[:, 0] for value in texture.unique()]
        restored = [
            functional_call(self.first, self._weights(texture[rows[0]]), (x[rows], knobs[rows, :-1]))
            for rows in groups
        ]
        return torch.cat(restored)[torch.cat(groups).argsort()]

    def fold(self, knobs: Tensor) -> nn.Module:
        """One network with the weights at this texture, folded at its own knobs."""
        net = copy.deepcopy(self.first)
        net.load_state_dict(self._weights(knobs[-1]))
        return net.fold(knobs[:-1])

    def _weights(self, texture: Tensor) -> dict[str, Tensor]:
        """The state of either network at this texture; counters stay those of the first."""
        ends = self.first.state_dict(keep_vars=True), self.second.state_dict(keep_vars=True)
        return {
            name: torch.lerp(a, ends[1][name], float(texture)) if a.is_floating_point() else a
            for name, a in ends[0].items()
        }


class EveryNth(nn.Module):
    """(N, C, H, W) -> every n-th row and column from the first on."""

    def __init__(self, n: int):
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        return x[..., :: self.n, :: self.n]


class OfRepeated(Controllable):
    """A network that enlarges pictures `factor` times a side, given them with every pixel repeated as often.

    It picks the pixels out again, so that what goes in and what comes out have one size. Knobs are those of
    `net`; one pixel that it sees stands for `spread` pixels a side.
    """

    def __init__(self, net: Controllable, factor: int):
        super().__init__()
        self.pick = EveryNth(factor)
        self.net = net
        self.knobs = net.knobs
        self.multiple = factor * net.multiple
        self.spread = factor

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return self.net(self.pick(x), knobs)

    def fold(self, knobs: Tensor) -> nn.Sequential:
        return nn.Sequential(self.pick, self.net.fold(knobs))


class SelfEnsemble(Controllable):
    """The mean over the eight flips and quarter turns of a picture, each turned back: "+" in tables.

    Knobs and shapes are those of `net`, at eight times its cost. A network that draws samples draws one
    for every orientation.
    """

    def __init__(self, net: Controllable):
        super().__init__()
        self.net = net
        self.knobs = net.knobs
        self.multiple = net.multiple

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return over_orientations(lambda turned: self.net(turned, knobs), x)

    def fold(self, knobs: Tensor) -> nn.Module:
        return PlainEnsemble(self.net.fold(knobs))


class PlainEnsemble(nn.Module):
    """A folded `SelfEnsemble`: called as `plain(x)`."""

    def __init__(self, plain: nn.Module):
        super().__init__()
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        return over_orientations(self.plain, x)


def over_orientations(restore: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The mean of what is restored of each orientation of x (N, C, H, W), turned back."""
    total = 0
    for turns, flipped in product(range(4), (False, True)):
        turned = (x.flip(-1) if flipped else x).rot90(turns, (-2, -1))
        restored = restore(turned).rot90(-turns, (-2, -1))
        total = total + (restored.flip(-1) if flipped else restored)
    return total / 8


def _architecture(net: nn.Module) -> tuple[str, dict[str, torch.Size]]:
    """Layers with their settings (a dilation has no weight of its own), and the shapes of all weights."""
    return repr(net), {name: tensor.shape for name, tensor in net.state_dict().items()}
