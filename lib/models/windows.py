"""Restoring a picture in overlapping windows: for networks that normalise over all that they see."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models.knobs import Controllable

AT_ONCE = 64  # windows


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
        def restored(picture: Tensor, own: Tensor) -> Tensor:
            return in_windows(lambda parts: self.net(parts, own.expand(len(parts), -1)), picture, self.side)

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


def in_windows(restore: Callable[[Tensor], Tensor], x: Tensor, side: int) -> Tensor:
    """x (N, C, H, W) restored square by square, (M, C, side, side) at a time; pictures smaller than a
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
