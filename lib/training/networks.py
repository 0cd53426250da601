"""A network by name: a run of ours with its weights (a stage: its parent's too), a published one, or none."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from torch import Tensor, nn

from lib.base import paths
from lib.base.hashes import weights_sha
from lib.data.sets import has_file, weights_file
from lib.metrics import perceptual
from lib.models.knobs import Controllable
from lib.recipes import Scale, adafm, cfsnet, cugan, qgcn
from lib.recipes.common import SEEDS, seeded_name
from lib.training import checkpoints
from lib.training.checkpoints import BadCheckpoint, Provenance
from lib.training.published import load_arcnn, load_dncnn, load_ffdnet, load_vdir
from lib.training.wrappers import Bicubic, Interpolated, OnLuma

ARCNN_QUALITIES = (10, 20, 30, 40)  # there is one AR-CNN for each


def arcnn(quality: int) -> str:
    """The published AR-CNN for JPEGs of this quality, one of ARCNN_QUALITIES, by name."""
    return f"AR-CNN q{quality}"


def arcnn_in_colour(quality: int) -> str:
    """The same on the Y of images in colour."""
    return f"{arcnn(quality)} on Y of RGB"


VDIR_AWGN, VDIR_REAL = "VDIR for Gaussian noise", "VDIR for real noise"  # with their authors' weights

PUBLISHED: dict[str, tuple[str, Callable[[Path], Controllable]]] = {
    "DnCNN-S 15": ("dncnn/sigma=15.mat", load_dncnn),
    "DnCNN-S 25": ("dncnn/sigma=25.mat", load_dncnn),
    "DnCNN-S 50": ("dncnn/sigma=50.mat", load_dncnn),
    "DnCNN-B": ("dncnn/GD_Gray_Blind.mat", load_dncnn),
    "CDnCNN-B": ("dncnn/GD_Color_Blind.mat", load_dncnn),
    "DnCNN-3": ("dncnn/DnCNN3.mat", load_dncnn),
    "FFDNet gray": ("ffdnet/FFDNet_gray.mat", load_ffdnet),
    "FFDNet colour": ("ffdnet/FFDNet_color.mat", load_ffdnet),
    **{arcnn(q): (f"arcnn/q{q}.mat", load_arcnn) for q in ARCNN_QUALITIES},
    **{
        arcnn_in_colour(q): (f"arcnn/q{q}.mat", lambda path: OnLuma(load_arcnn(path)).eval())
        for q in ARCNN_QUALITIES
    },
    VDIR_AWGN: ("vdir/model-AWGN.index", load_vdir),
    VDIR_REAL: ("vdir/model-Real_Noise.index", load_vdir),
}

# Two runs of one architecture, the second trained on from the first, with a knob `texture` between them.
PAIRS: dict[str, tuple[str, str]] = {
    cugan.TEXTURE: (cugan.CUNET, cugan.CUGAN),
    "qgcn": (qgcn.WITHOUT_RANKER, qgcn.TEXTURE),
    "dni-denoise": (cfsnet.main_name(cfsnet.DENOISE, 25), cfsnet.fine_tuned_name(cfsnet.DENOISE, 25, 50)),
    "dni-deblock": (cfsnet.main_name(cfsnet.DEBLOCK, 10), cfsnet.fine_tuned_name(cfsnet.DEBLOCK, 10, 40)),
    "dni-sr": (cfsnet.SR_MAIN, cfsnet.SR_FINE_TUNED),
}
PAIRS |= {  # those trained from further seeds
    seeded_name(name, seed): tuple(seeded_name(run, seed) for run in PAIRS[name])
    for name in ("dni-denoise", "dni-deblock")
    for seed in SEEDS[1:]
}
PAIRS |= {  # of which AdaFM's layers alone differ
    adafm.between_name(task, start, *pair, 1): tuple(adafm.stage_name(task, start, end, 1) for end in pair)
    for task, (start, *levels) in adafm.PIECES.items()
    for pair in pairwise(levels)
}
BETWEEN = "0: the network of least error, 1: the one trained on from it"


@dataclass(frozen=True)
class Variant:
    """A run whose network restores otherwise than as it is: with all orientations of an image, say.

    used: the network and what its training was like -> the network that restores.
    stamp: what else than weights its results depend on.
    """

    run: str
    used: Callable[[Controllable, Provenance], Controllable]
    stamp: Callable[[Controllable], str] = lambda _: ""


Variants = Mapping[str, Variant]

INPUT = "input"  # the degraded image itself, a row of the papers' tables


@dataclass(frozen=True)
class Trained:
    """A network ready to restore, and where its weights come from."""

    net: Controllable
    provenance: Provenance
    weights_sha: str


class Untouched(Controllable):
    """Hands an image on as it is."""

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return x

    def fold(self, knobs: Tensor) -> nn.Module:
        return nn.Identity()


# Rows of the papers' tables that need no weights.
WEIGHTLESS: dict[str, Callable[[], Controllable]] = {
    INPUT: Untouched,
    **{f"bicubic x{factor}": partial(Bicubic, factor) for factor in (2, 4)},
    **{f"bicubic x{factor} in place": partial(Bicubic, factor, from_corner=True) for factor in (2, 4)},
}


def any_network(
    name: str, scale: Scale, folder: Path = paths.CHECKPOINTS, variants: Variants = MappingProxyType({})
) -> Trained:
    """A run at `scale`, a pair of runs, a variant of a run, a published network, or one without weights.

    Raises what `load` and `published` do.
    """
    if name in WEIGHTLESS:
        return Trained(WEIGHTLESS[name](), Provenance(name, "", "", scale_of(name, scale)), "")
    if name in PAIRS:
        return pair(name, scale, folder)
    if name in variants:
        variant = variants[name]
        trained = load(variant.run, scale, folder)
        net, sha = variant.used(trained.net, trained.provenance).eval(), trained.weights_sha
        stamp = variant.stamp(net)
        return replace(trained, net=net, weights_sha=_sha(sha, stamp) if stamp else sha)
    return published(name) if name in PUBLISHED else load(name, scale, folder)


def runs_of(name: str, variants: Variants = MappingProxyType({})) -> tuple[str, ...]:
    """The training runs behind a name: one, or the two of a pair."""
    if name in variants:
        return (variants[name].run,)
    return PAIRS.get(name, (name,))


def pair(name: str, scale: Scale, folder: Path = paths.CHECKPOINTS) -> Trained:
    """A pair of runs and the knob between them, with the history of the second."""
    first, second = (load(run, scale, folder) for run in runs_of(name))
    both = _sha(first.weights_sha, second.weights_sha)
    return Trained(Interpolated(first.net, second.net, BETWEEN).eval(), second.provenance, both)


def _sha(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def scale_of(name: str, scale: str) -> str:
    """The scale under which rows of a network are kept: one without weights has none, other people's their
    own."""
    if name in WEIGHTLESS:
        return "none"
    return "published" if name in PUBLISHED else scale


def published(name: str) -> Trained:
    """A published network with the authors' weights; raises MissingData where the file is not here."""
    file, read = PUBLISHED[name]
    net = read(weights_file(file)).requires_grad_(False)
    history = Provenance(name, "", "", "published")
    return Trained(net, history, weights_sha(net.state_dict()))


def has_published(name: str) -> bool:
    """Whether the authors' weights of this network are at hand."""
    return has_file(PUBLISHED[name][0])


def load_guide(name: str, scale: Scale, folder: Path = paths.CHECKPOINTS) -> Trained:
    """What judges the images of a training: one of `perceptual.PUBLISHED_GUIDES`, or a run at `scale`.

    Raises MissingData where the published files are not here, and what `load` does.
    """
    if name not in perceptual.PUBLISHED_GUIDES:
        return load(name, scale, folder)
    guide = perceptual.load_guide(name)
    return Trained(guide.net, Provenance(name, "", "", "published"), guide.weights_sha)


def load(name: str, scale: Scale, folder: Path = paths.CHECKPOINTS) -> Trained:
    """The run `name` at `scale`, in evaluation mode, on the CPU.

    Raises FileNotFoundError where a checkpoint is missing, BadCheckpoint where a file or its
    parent is not what its header says or does not fit the recipe.
    """
    own = checkpoints.load(checkpoints.path_of(name, scale, folder))
    recipe, tensors = checkpoints.recipe_of(name, scale, own.provenance), own.tensors
    if recipe.stage:
        parent = checkpoints.load(checkpoints.path_of(own.provenance.parent, scale, folder))
        if parent.weights_sha != own.provenance.parent_sha:
            raise BadCheckpoint(
                f"{name} was adapted from weights {own.provenance.parent_sha} of "
                f"{own.provenance.parent}, but {parent.weights_sha} is here."
            )
        tensors = parent.tensors | tensors
    net = recipe.build()
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise BadCheckpoint(f"{name} does not fit its recipe at {scale} scale: {error}") from error
    return Trained(net.eval().requires_grad_(False), own.provenance, own.weights_sha)
