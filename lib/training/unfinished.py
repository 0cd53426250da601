"""A run that is not finished: where its state lies, who trains it, and the state itself, written and read.

Of a run whose rate is constant until it is annealed the state before that is kept, by its number of steps and
for whatever budget: a longer one goes on from there.
"""

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
PAUSED = "paused"  # a file among the unfinished runs, while none of them goes on


class Busy(RuntimeError):
    """Another process is training this run."""


@dataclass
class Progress:
    """What has to survive a kill, besides the tensors."""

    step: int = 0
    seconds: float = 0.0
    started_from: str = ""  # hashes of the weights of parent and guide
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
    return above(out) / f"{recipe.name}-{recipe.scale}-{recipe.sha()}"


def above(out: Path = paths.CHECKPOINTS) -> Path:
    """Return the folder of all unfinished runs."""
    return (paths.RUNS if out == paths.CHECKPOINTS else out) / "training"


def before_annealing(recipe: Recipe, out: Path = paths.CHECKPOINTS) -> Path:
    """Return where the state before annealing is kept of a run, settled, whose schedule has such a state."""
    return kept_in(recipe, out) / f"{recipe.before_annealing}.safetensors"


def kept_in(recipe: Recipe, out: Path = paths.CHECKPOINTS) -> Path:
    """Return the folder of the states before annealing of a run, settled, in whatever number of steps."""
    return folder_of(replace(recipe, steps=0), out)


def pause(out: Path = paths.CHECKPOINTS) -> None:
    """Let every run among these wait after the step that it is in."""
    above(out).mkdir(parents=True, exist_ok=True)
    (above(out) / PAUSED).touch()


def go_on(out: Path = paths.CHECKPOINTS) -> None:
    """End a pause."""
    (above(out) / PAUSED).unlink(missing_ok=True)


def paused(out: Path = paths.CHECKPOINTS) -> bool:
    return (above(out) / PAUSED).exists()


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


def save(path: Path, progress: Progress, share: float, learners: Learners) -> None:
    """Write the whole state of a run atomically; share: how much of its budget is used, 0 to 1."""
    tensors = {}
    for name, learner in learners.items():
        tensors |= {f"{name}.{k}": v for k, v in learner.net.state_dict().items()}
        for i, parameter in enumerate(learner.parameters):
            moments = learner.optimiser.state[parameter]
            tensors |= {f"{learner.moments}.{i}.{k}": v for k, v in moments.items()}
    checkpoints.write_atomically(
        path,
        {k: v.cpu().contiguous() for k, v in tensors.items()},
        {"progress": json.dumps(asdict(progress)), "share": json.dumps(share)},
    )


def latest(recipe: Recipe, out: Path, started_from: str, *, fresh: bool = False) -> Path | None:
    """Return the furthest state that a run, settled, goes on from: its own, or, unless it is to be `fresh`,
    the one before annealing of the same run in fewer steps; None where there is none that started from the
    same weights."""
    known = states(recipe, out)
    same = [
        path
        for path, progress in known.items()
        if progress.started_from == started_from and (path.name == FILE or not fresh)
    ]
    return max(same, key=lambda path: known[path].step, default=None)


def states(recipe: Recipe, out: Path) -> dict[Path, Progress]:
    """Return where the states lie that a run, settled, may go on from, and how far it was; no weights are
    read."""
    kept = kept_in(recipe, out).glob("*.safetensors") if recipe.before_annealing else ()
    found = [path for path in kept if int(path.stem) <= recipe.before_annealing]
    own = folder_of(recipe, out) / FILE
    return {path: progress_of(path) for path in (*found, own) if path.exists()}


def progress_of(path: Path) -> Progress:
    """Return how far the run was whose state lies here; reads no weights."""
    with safe_open(path, framework="pt") as file:
        return Progress(**json.loads(file.metadata()["progress"]))


def resume(path: Path, learners: Learners) -> Progress:
    """Return how far a run was when its state was saved, and put its networks and optimisers there."""
    with safe_open(path, framework="pt") as file:
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (not a dict)
    for name, learner in learners.items():
        learner.net.load_state_dict(_under(f"{name}.", tensors))
        for i, parameter in enumerate(learner.parameters):
            # The fused optimiser walks through memory: a moment has to lie there as its parameter does.
            learner.optimiser.state[parameter] = {
                k: torch.empty_like(parameter).copy_(v) if v.dim() else v.to(parameter.device)
                for k, v in _under(f"{learner.moments}.{i}.", tensors).items()
            }
    return progress_of(path)


def remove(folder: Path) -> None:
    """Remove the state of a run that has ended."""
    (folder / FILE).unlink(missing_ok=True)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
