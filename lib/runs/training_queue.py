"""Many training runs: each in a process of its own with a log, parents and guides before what needs them."""

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from lib.base import paths
from lib.recipes import Recipe
from lib.runs import processes
from lib.runs.graph import Step, Watcher
from lib.training import checkpoints


def trainings(recipes: Iterable[Recipe], command: Callable[[str], Sequence[str]]) -> list[Step]:
    """A step for each run, in their order, `command` giving for its name what trains it alone."""
    return [_step(recipe, recipe.name, command(recipe.name), recipe.needs) for recipe in recipes]


def in_turn(recipes: Iterable[Recipe], command: Callable[[Recipe], Sequence[str]]) -> list[Step]:
    """A step for each budget of a run, where some are trained again, longer or from a parent that was: after
    their earlier budgets, and from the latest that stands before them of what they need."""
    steps: dict[str, Step] = {}
    latest: dict[str, str] = {}
    for recipe in recipes:
        needs = {latest.get(name, name) for name in (*recipe.needs, *({recipe.name} & latest.keys()))}
        name = f"{recipe.name} ({recipe.steps:,} steps)"
        name += " again" * (name in steps)
        steps[name] = _step(recipe, name, command(recipe), needs)
        latest[recipe.name] = name
    return list(steps.values())


def _step(recipe: Recipe, name: str, command: Sequence[str], needs: Iterable[str]) -> Step:
    return Step(name, processes.Logged(tuple(command), log_of(recipe)), frozenset(needs))


def missing(recipes: Iterable[Recipe], out: Path = paths.CHECKPOINTS) -> list[Recipe]:
    """Those budgets that are not trained, or that need what is trained before them."""
    recipes = list(recipes)
    return [one for one, wanted in zip(recipes, are_missing(recipes, out), strict=True) if wanted]


def are_missing(recipes: Iterable[Recipe], out: Path = paths.CHECKPOINTS) -> list[bool]:
    """Whether each budget is not trained, or needs what is trained before it."""
    wanted: set[str] = set()
    found = []
    for recipe in recipes:
        found.append(bool(wanted & set(recipe.needs)) or not trained(recipe, out))
        wanted |= {recipe.name} if found[-1] else set()
    return found


def trained(recipe: Recipe, out: Path = paths.CHECKPOINTS) -> bool:
    """Whether today's recipe was trained for as many steps, from what is here of its parent and its guide."""
    path = checkpoints.path_of(recipe.name, recipe.scale, out)
    noted = checkpoints.noted(path)
    needed = {noted.get(of, ""): noted.get(f"{of}_sha") for of in ("parent", "guide")}
    here = {
        name: checkpoints.noted(checkpoints.path_of(name, recipe.scale, out)).get("weights_sha", sha)
        for name, sha in needed.items()
    }
    return checkpoints.made_by(recipe, path) and noted["steps"] >= recipe.steps and here == needed


def log_of(recipe: Recipe) -> Path:
    return paths.RUNS / "training" / f"{recipe.name}-{recipe.scale}.log"


def groups(runs: Sequence[Step]) -> list[list[Step]]:
    """The runs in groups that need nothing of one another; inside a group their order is kept."""
    found: list[list[Step]] = []
    for run in runs:
        related = [g for g in found if any(run.name in other.needs or other.name in run.needs for other in g)]
        found = [group for group in found if group not in related]
        found.append([*chain.from_iterable(related), run])
    place = {run.name: i for i, run in enumerate(runs)}
    ordered = [sorted(group, key=lambda run: place[run.name]) for group in found]
    return sorted(ordered, key=lambda group: place[group[0].name])


class Lines(Watcher):
    """A line for each start and end. logs: of the steps that have one, by name."""

    def __init__(self, logs: dict[str, Path], say: Callable[[str], None] = print):
        self.logs = logs
        self.say = say

    def begun(self, step: Step) -> None:
        log = self.logs.get(step.name)
        self.say(f"{step.name}: begun" + (f", log {os.path.relpath(log)}" if log else ""))

    def ended(self, step: Step, seconds: float, error: str, left: int) -> None:
        how = f"failed after {seconds / 60:.1f} min: {error}" if error else f"done in {seconds / 60:.1f} min"
        self.say(f"{step.name}: {how} ({left} left)")

    def left_out(self, step: Step, missing: Sequence[str]) -> None:
        self.say(f"{step.name}: not begun, for {', '.join(missing)} is not done")
