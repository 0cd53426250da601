"""Networks made of others, each called with knobs and folded like any other network, and bicubic
interpolation as one.

`Interpolated` adds a knob that moves between two networks, `SelfEnsemble` is the mean over all orientations
of an image, `InWindows` restores square by square, `OnLuma` restores Y alone, `OfRepeated` gives a network
that enlarges an image of the size of its result; `Told` and `Sampled` change what a VDIR is told.
"""

import copy
from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from lib.data.images import rgb_to_ycbcr, ycbcr_to_rgb
from lib.degradations import enlarge_from_corner, resize
from lib.models.knobs import Controllable, Held, Knob
from lib.models.vdir import VDIR, PlainVDIR

AT_ONCE = 64  # windows


class Around(Controllable):
    """A network used otherwise than as it is, with the knobs and the multiple of `net`."""

    def __init__(self, net: Controllable):
        super().__init__()
        self.net = net
        self.knobs = net.knobs
        self.multiple = net.multiple


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
        """One pass for every texture that occurs among the images."""
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


class SelfEnsemble(Around):
    """The mean over the eight flips and quarter turns of an image, each turned back: "+" in tables.

    Knobs and shapes are those of `net`, at eight times its cost. A network that draws samples draws one
    for every orientation.
    """

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


class InWindows(Controllable):
    """Every square of `side` pixels restored by itself, as in training, neighbours half over one another.

    Where squares overlap their results are blended, those near a square's edge the least. Knobs and shapes
    are those of `net`, at four times its cost.
    """

    def __init__(self, net: Controllable, side: int):
        super().__init__()
        if side % (2 * net.multiple):
            raise ValueError(f"A window has a multiple of {2 * net.multiple} pixels a side, not {side}.")
        self.net = net
        self.side = side
        self.knobs = net.knobs
        self.multiple = net.multiple

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        def restored(image: Tensor, own: Tensor) -> Tensor:
            return in_windows(lambda parts: self.net(parts, own.expand(len(parts), -1)), image, self.side)

        return torch.cat([restored(x[i : i + 1], knobs[i]) for i in range(len(x))])

    def fold(self, knobs: Tensor) -> nn.Module:
        return PlainWindows(self.net.fold(knobs), self.side)


class PlainWindows(nn.Module):
    """A folded `InWindows`: called as `plain(x)`."""

    def __init__(self, plain: nn.Module, side: int):
        super().__init__()
        self.plain = plain
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        return in_windows(self.plain, x, self.side)


class OnLuma(Around):
    """A network of Y on images in colour: it restores their Y, and Cb and Cr stay as they are.

    x (N, 3, H, W) RGB in [0, 1]; knobs are those of `net`; returns RGB of the shape of x, not clipped.
    """

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        ycbcr = rgb_to_ycbcr(x)
        return ycbcr_to_rgb(torch.cat([self.net(ycbcr[:, :1], knobs), ycbcr[:, 1:]], 1))

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


class Bicubic(Controllable):
    """Enlarges `factor` times a side.

    from_corner: puts pixels where `blur_and_subsample` took them from; False centres them, as MATLAB does
    and as the tables of blind super-resolution print it.

    x (N, C, H, W), knobs (N, 0) -> (N, C, factor H, factor W), not clipped.
    """

    def __init__(self, factor: int, *, from_corner: bool = False):
        super().__init__()
        self.factor = factor
        self.from_corner = from_corner

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return enlarge_from_corner(x, self.factor) if self.from_corner else resize(x, scale=self.factor)

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


class EveryNth(nn.Module):
    """(N, C, H, W) -> every n-th row and column from the first on."""

    def __init__(self, n: int):
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        return x[..., :: self.n, :: self.n]


class OfRepeated(Controllable):
    """A network that enlarges images `factor` times a side, given them with every pixel repeated as often.

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


class Told(Controllable):
    """A VDIR that restores an image with the latent of another, to which its knob adds (figure 5).

    x (N, 2 * channels, H, W), the image and then the other one -> (N, channels, H, W). Knobs are those
    of `net`.
    """

    def __init__(self, net: VDIR):
        super().__init__()
        self.net = net
        self.knobs = net.knobs
        self.multiple = net.multiple

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        image, other = x.chunk(2, 1)
        mean, _ = self.net.encoder(other)
        return self.net.restorer(image, self.net.moved(mean, knobs))

    def fold(self, knobs: Tensor) -> "PlainTold":
        return PlainTold(self.net.fold(knobs))


class PlainTold(nn.Module):
    """A `Told` at one strength."""

    multiple = VDIR.multiple

    def __init__(self, plain: PlainVDIR):
        super().__init__()
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        image, other = x.chunk(2, 1)
        return self.plain.restorer(image, self.plain.latent(other))


class Sampled(Controllable):
    """A VDIR that restores with samples of its latent, the same at every call; the mean of what they give.

    samples: one, as the authors test [P][C], or more for a closer Monte-Carlo estimate [O]. seed: of the
    CPU generator that a call starts anew. Knobs and shapes are those of `net`. Every tile of a large
    image gets the same draws.
    """

    def __init__(self, net: VDIR, seed: int, samples: int = 1):
        super().__init__()
        self.net = net
        self.seed = seed
        self.samples = samples
        self.knobs = net.knobs
        self.multiple = net.multiple

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        return sum(self.net.sampled(x, knobs, generator) for _ in range(self.samples)) / self.samples

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


def over_orientations(restore: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The mean of what is restored of each orientation of x (N, C, H, W), turned back."""
    total = 0
    for turns, flipped in product(range(4), (False, True)):
        turned = (x.flip(-1) if flipped else x).rot90(turns, (-2, -1))
        restored = restore(turned).rot90(-turns, (-2, -1))
        total = total + (restored.flip(-1) if flipped else restored)
    return total / 8


def in_windows(restore: Callable[[Tensor], Tensor], x: Tensor, side: int) -> Tensor:
    """x (N, C, H, W) restored square by square, (M, C, side, side) at a time; images smaller than a
    square, or no multiple of half of one, are continued by their edge."""
    n, c, height, width = x.shape
    step = side // 2
    more = [max(side - size, (side - size) % step) for size in (width, height)]
    x = F.pad(x, (0, more[0], 0, more[1]), mode="replicate")
    parts = F.unfold(x, side, stride=step)  # (N, C * side * side, windows)
    parts = parts.transpose(1, 2).reshape(-1, c, side, side)
    restored = torch.cat([restore(some).float() for some in parts.split(AT_ONCE)])
    ramp = torch.hann_window(side + 2, periodic=False, device=x.device)[1:-1]
    weight = ramp[:, None] * ramp
    total, weights = (
        F.fold(part.reshape(n, -1, c * side**2).transpose(1, 2), x.shape[-2:], side, stride=step)
        for part in (restored * weight, weight.expand(len(restored), c, -1, -1))
    )
    return (total / weights)[..., :height, :width]


def _architecture(net: nn.Module) -> tuple[str, dict[str, torch.Size]]:
    """Layers with their settings (a dilation has no weight of its own), and the shapes of all weights."""
    return repr(net), {name: tensor.shape for name, tensor in net.state_dict().items()}
