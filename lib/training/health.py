"""Whether a training is sound: gradients, channels that never fire, who wins against whom.

All of it is measured beside the training, on patches held out, and changes nothing in it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from lib.models.knobs import Controllable
from lib.recipes.common import Outcome, Recipe

PATCHES = 64  # held out, on which channels are watched
DEAD_LIMIT = 0.2  # [O] a training that has lost more of its channels than this says so
DEAD, NORM, FACTOR, SHARE = "dead", "norm", "clip", "share"  # first words of the curve's columns
CLIPPING = NORM, FACTOR
MILD, SEVERE = "pull mild", "pull severe"  # columns of the curve
WHOLE = "network"  # so are layers called that stand in no module of their own

Row = dict[str, float]
Batch = tuple[Tensor, torch.Generator]


class _Firing(TorchFunctionMode):
    """Collects which channels of every ReLU were above zero, by the module that called it."""

    RELUS = (F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)

    def __init__(self):
        super().__init__()
        self.inside: list[str] = []
        self.fired: dict[str, Tensor] = {}
        self.calls: dict[str, int] = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func in self.RELUS:
            self._note(result)
        return result

    def _note(self, x: Tensor) -> None:
        where = self.inside[-1]
        self.calls[where] = self.calls.get(where, 0) + 1
        name = where if self.calls[where] == 1 else f"{where} {self.calls[where]}"
        fired = (x > 0).movedim(1, 0).flatten(1).any(1)
        self.fired[name] = self.fired.get(name, torch.zeros_like(fired)) | fired

    @contextmanager
    def named_in(self, net: nn.Module) -> Iterator[None]:
        """Know, while the network runs, which of its modules is at work; the network itself is WHOLE."""

        def leave(*_: object) -> None:
            self.inside.pop()

        hooks = []
        for name, module in net.named_modules():
            name = name or WHOLE
            hooks.append(module.register_forward_pre_hook(lambda *_, name=name: self.inside.append(name)))
            hooks.append(module.register_forward_hook(leave))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


@torch.no_grad()
def dead_channels(net: nn.Module, inputs: Iterable[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Return which channels no input makes fire, (C,) bool, for every ReLU of a network by its module's name.

    inputs: what the network is called with, images (N, C, H, W) and knobs (N, K).
    """
    watch = _Firing()
    with watch, watch.named_in(net):
        for x, knobs in inputs:
            watch.calls.clear()
            net(x, knobs)
    return {name: ~fired for name, fired in watch.fired.items()}


def dead_at_both_ends(net: Controllable, recipe: Recipe, batches: Sequence[Batch]) -> Row:
    """Return the share of dead channels, 0 to 1, of all layers together and of each for itself: as the
    network is trained and, where it has knobs, with all of them at their lows and at their highs; nothing of
    a network without ReLUs."""
    if not isinstance(net, Controllable):
        return {}
    examples = [recipe.examples(clean, generator) for clean, generator in batches]
    settings = {"": [(x, knobs) for x, _, knobs in examples]}
    if net.knobs and examples[0][2].shape[1]:
        for end, values in (("low", [k.low for k in net.knobs]), ("high", [k.high for k in net.knobs])):
            settings[f" {end}"] = [(x, knobs.new_tensor(values).expand_as(knobs)) for x, _, knobs in examples]
    row: Row = {}
    for end, inputs in settings.items():
        layers = dead_channels(net, inputs)
        if layers:
            row[f"{DEAD}{end}"] = float(torch.cat([*layers.values()]).float().mean())
        row |= {f"{DEAD}{end} {name}": float(dead.float().mean()) for name, dead in layers.items()}
    return row


def gradient_shares(made: Outcome) -> Row:
    """Return for every weighted term of a loss the norm of its gradient where all terms meet, over the sum of
    these norms; nothing of a loss of one term."""
    if len(made.terms) < 2:
        return {}
    norms = {}
    for name, term in made.terms.items():
        (slope,) = torch.autograd.grad(term, made.meeting, retain_graph=True, allow_unused=True)
        norms[name] = 0.0 if slope is None else float(slope.norm())
    total = sum(norms.values()) or 1.0
    return {f"{SHARE} {name}": norm / total for name, norm in norms.items()}


def pulls(made: Outcome) -> Row:
    """Return how strongly the adversarial loss pulls at an image, the norm of its gradient: mean over the
    less and over the more degraded half of a batch; nothing where no network is told a degradation."""
    if "adversarial" not in made.terms or made.knobs is None or not made.knobs.shape[1]:
        return {}
    (slope,) = torch.autograd.grad(made.terms["adversarial"], made.meeting, retain_graph=True)
    by_severity = slope.flatten(1).norm(dim=1)[made.knobs.sum(1).argsort()]
    middle = len(by_severity) // 2
    halves = {MILD: by_severity[:middle], SEVERE: by_severity[-middle:]}
    return {name: float(half.mean()) for name, half in halves.items()}


def complaints(recipe: Recipe, curve: Sequence[Row]) -> list[str]:
    """Return sentences on what is wrong at the end of a training: channels lost, an opponent that has won."""
    said = []
    dead = curve[-1].get(DEAD, 0.0) if curve else 0.0
    if dead > DEAD_LIMIT:
        said.append(f"{dead:.0%} of its channels never fire.")
    if curve and recipe.opponent_wins(curve):
        said.append("The network trained against it has won: it tells restored images from true ones.")
    return said


def clip_to(parameters: Sequence[nn.Parameter], most: float | None) -> Tensor:
    """Return the norm of the gradient of these parameters and what clipped it to at most `most`, (2,)."""
    norm = nn.utils.clip_grad_norm_(parameters, float("inf") if most is None else most)
    factor = torch.ones_like(norm) if most is None else (most / (norm + 1e-6)).clamp(max=1)
    return torch.stack([norm, factor])


def held_out_batches(
    sample: Callable[[int, torch.Generator], Tensor], device: torch.device, batch: int
) -> list[Batch]:
    """Return PATCHES clean patches that no training sees, always the same, in batches, each with a generator;
    none is smaller than a batch of the training, of which a recipe may need so many."""
    whole = max(1, PATCHES // batch)
    counts = [batch] * (whole - 1) + [PATCHES - batch * (whole - 1)]
    positions = torch.Generator().manual_seed(0)
    return [
        (sample(count, positions), torch.Generator(device).manual_seed(i)) for i, count in enumerate(counts)
    ]
