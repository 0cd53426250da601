"""A trained network by the name of its run: recipe, weights and, for a stage, its parent's."""

from dataclasses import dataclass
from pathlib import Path

from lib import checkpoints, paths
from lib.checkpoints import BadCheckpoint, Provenance
from lib.models.knobs import Controllable
from lib.recipes import Scale, find


@dataclass(frozen=True)
class Trained:
    """A network ready to restore, and where its weights come from."""

    net: Controllable
    provenance: Provenance
    weights_sha: str


def load(name: str, scale: Scale, folder: Path = paths.CHECKPOINTS) -> Trained:
    """The run `name` at `scale`, in evaluation mode, on the CPU.

    Raises FileNotFoundError where a checkpoint is missing, BadCheckpoint where a file or its
    parent is not what its header says or does not fit the recipe.
    """
    own = checkpoints.load(checkpoints.path_of(name, scale, folder))
    tensors = dict(own.tensors)
    if own.provenance.parent:
        parent = checkpoints.load(checkpoints.path_of(own.provenance.parent, scale, folder))
        if parent.weights_sha != own.provenance.parent_sha:
            raise BadCheckpoint(
                f"{name} was adapted from weights {own.provenance.parent_sha} of "
                f"{own.provenance.parent}, but {parent.weights_sha} is here."
            )
        tensors = parent.tensors | tensors
    net = find(name, scale).build()
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise BadCheckpoint(f"{name} does not fit its recipe at {scale} scale: {error}") from error
    return Trained(net.eval().requires_grad_(False), own.provenance, own.weights_sha)
