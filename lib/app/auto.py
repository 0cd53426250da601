"""A network that sets its own knobs: what Auto does to every image, as a network without knobs."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lib.app.tasks import KnobCurve, Task, knob_for
from lib.data.images import Picture, to_pixels
from lib.models.knobs import Controllable, Held


class AtAuto(Controllable):
    """Estimates the levels of every image from its pixels of 8 bits and sets a knob for each by its curve,
    the other knobs where they start.

    x (N, 1 or 3, H, W) in [0, 1], knobs (N, 0); returns what `net` does. curves: one for each estimate of
    the task.
    """

    def __init__(self, net: Controllable, task: Task, curves: Sequence[KnobCurve]):
        super().__init__()
        self.net = net
        self.multiple = net.multiple
        self.task = task
        self.curves = tuple(curves)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return torch.cat([self.net.fold(self._settings(one))(one) for one in x.split(1)])

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)

    def _settings(self, x: Tensor) -> Tensor:
        picture, found = Picture(to_pixels(x.cpu())), {}
        for estimate, curve in zip(self.task.estimates, self.curves, strict=True):
            found[curve.knob] = knob_for(estimate(picture), curve)
        return x.new_tensor([found.get(knob.name, knob.start) for knob in self.net.knobs])
