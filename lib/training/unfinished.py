"""A run that is not finished: where its state lies, who trains it, and the state itself, written and read."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from lib.base import devices, locks, paths
from lib.recipes import Recipe
from lib.training import checkpoints, health

FILE = "state.safetensors"


class Busy(RuntimeError):
    """Another process is training this run."""


@dataclass
class Progress:
    """What has to survive a kill, besides the tensors."""

    step: int = 0
    seconds: float = 0.0
    curve: list[health.Row] = field(default_factory=list)  # a row for every validation


@dataclass(frozen=True)
class Learner:
    """A network that is trained, and the optimiser that trains it.

    moments: the first word in the names of the optimiser's tensors.
    """

    net: nn.Module
    optimiser: torch.optim.Adam
    moments: str

    @property
    def parameters(self) -> list[nn.Parameter]:
        return self.optimiser.param_groups[0]["params"]


Learners = dict[str, Learner]  # by the first word in the names of their weights


def settled(recipe: Recipe, device: torch.device) -> Recipe:
    """Return the recipe with the precision that it has on this device."""
    return replace(recipe, precision=recipe.precision or devices.fast_precision(device))


def folder_of(recipe: Recipe, out: Path = paths.CHECKPOINTS) -> Path:
    """Return where the state of an unfinished run lies: with the other runs, or with the checkpoints of a
    folder of one's own, whose runs are no business of others. recipe: settled, so that a run begun in one
    precision does not go on in another."""
    above = paths.RUNS if out == paths.CHECKPOINTS else out
    return above / "training" / f"{recipe.name}-{recipe.scale}-{recipe.sha()}"


def under_way(folder: Path) -> bool:
    """Return whether a process is training the run whose state lies here."""
    try:
        with locks.held(folder, wait=False):
            return False
    except BlockingIOError:
        return True


@contextmanager
def alone(recipe: Recipe, out: Path) -> Iterator[None]:
    """Keep every other process from training this run, settled; raises Busy where one does already."""
    folder = folder_of(recipe, out)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locks.held(folder, wait=False))
        except BlockingIOError:
            raise Busy(f"{recipe.name} is being trained by another process.") from None
        yield


def save(folder: Path, progress: Progress, share: float, learners: Learners) -> None:
    """Write the whole state of a run atomically; share: how much of its budget is used, 0 to 1."""
    tensors = {}
    for name, learner in learners.items():
        tensors |= {f"{name}.{k}": v for k, v in learner.net.state_dict().items()}
        for i, parameter in enumerate(learner.parameters):
            moments = learner.optimiser.state[parameter]
            tensors |= {f"{learner.moments}.{i}.{k}": v for k, v in moments.items()}
    checkpoints.write_atomically(
        folder / FILE,
        {k: v.cpu().contiguous() for k, v in tensors.items()},
        {"progress": json.dumps(asdict(progress)), "share": json.dumps(share)},
    )


def resume(folder: Path, learners: Learners) -> Progress | None:
    """Return how far a run of the same recipe was when it was last saved, and put its networks and optimisers
    there; None where nothing was saved."""
    path = folder / FILE
    if not path.exists():
        return None
    with safe_open(path, framework="pt") as file:
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (not a dict)
        progress = Progress(**json.loads(file.metadata()["progress"]))
    for name, learner in learners.items():
        learner.net.load_state_dict(_under(f"{name}.", tensors))
        for i, parameter in enumerate(learner.parameters):
            # The fused optimiser walks through memory: a moment has to lie there as its parameter does.
            learner.optimiser.state[parameter] = {
                k: torch.empty_like(parameter).copy_(v) if v.dim() else v.to(parameter.device)
                for k, v in _under(f"{learner.moments}.{i}.", tensors).items()
            }
    return progress


def remove(folder: Path) -> None:
    """Remove the state of a run that has ended."""
    (folder / FILE).unlink(missing_ok=True)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
