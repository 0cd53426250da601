"""How much arithmetic a training run is: floating-point operations, counted while a step of it is made."""

import hashlib
from dataclasses import asdict, fields
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from lib.degradations.levels import Level
from lib.metrics import perceptual
from lib.recipes import Recipe, Scale, find

KINDS = 3  # of degradations, where a recipe names no levels: it needs an image for each
OF_NO_WEIGHT = (
    *("name", "seed", "parent", "batch", "steps", "minutes", "precision", "training_set", "watch", "betas"),
    *("lr", "schedule", "short_lr", "clip", "opponent_lr", "opponent_betas"),
)

VGGS = {"vgg16-conv5_3": (16, perceptual.VGG16_TAP), "vgg19-conv5_4": (19, perceptual.VGG19_TAP)}


class Counted(TorchDispatchMode):
    """Adds up convolutions, matrix products and attention, two operations for each multiplication."""

    def __init__(self):
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        count = flop_registry.get(function.overloadpacket)
        if count:
            self.operations += count(*args, **(kwargs or {}), out_val=made)
        return made


def kind(recipe: Recipe) -> str:
    """Return 12 hex digits over what the arithmetic of one image of a step depends on: runs that share them
    need one count for each image."""
    stated = {f.name: getattr(recipe, f.name) for f in fields(recipe) if f.name not in OF_NO_WEIGHT}
    levels = {name for name, value in stated.items() if isinstance(value, Level)}
    own = {name: value for name, value in asdict(recipe).items() if name in stated.keys() - levels}
    text = repr((type(recipe).__name__, recipe.drawn, sorted((k, repr(v)) for k, v in own.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def step_operations(recipe: Recipe) -> float:
    """Return the floating-point operations of one step of a run: its network, the guide that judges it and
    its opponent, forward and backward, with random weights on random patches."""
    torch.manual_seed(0)
    net = recipe.build().train().requires_grad_(False)
    nn.ModuleList(recipe.trained(net)).requires_grad_(True)
    opponent = recipe.opponent()
    guide = _guide(recipe.guide, recipe.scale) if recipe.guide else None
    generator = torch.Generator().manual_seed(0)
    images = recipe.least if recipe.levels else KINDS
    clean = torch.rand(images, recipe.channels, recipe.drawn, recipe.drawn, generator=generator)
    with Counted() as counted, sdpa_kernel(SDPBackend.MATH):
        _step(recipe, net, clean, generator, guide, opponent)
    return counted.operations / images * recipe.batch


def _step(
    recipe: Recipe,
    net: nn.Module,
    clean: Tensor,
    generator: torch.Generator,
    guide: nn.Module | None,
    opponent: nn.Module | None,
) -> None:
    if opponent is not None:
        opponent.requires_grad_(False)
    made = recipe.objective(net, clean, generator, guide, opponent)
    made.loss.backward()
    if opponent is not None:
        opponent.requires_grad_(True)
        recipe.opposition(opponent, made, generator).loss.backward()


@cache
def _guide(name: str, scale: Scale) -> nn.Module:
    """A guide of this size, its weights random."""
    if name in VGGS:
        depth, tap = VGGS[name]
        net = perceptual.VggMap(perceptual.vgg(depth), tap)
    else:
        net = find(name, scale).build()
    return net.eval().requires_grad_(False)
