"""Many training runs: each in a process of its own with a log, parents and guides before what needs them."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from lib import paths, pool
from lib.recipes import Recipe


@dataclass(frozen=True)
class Training:
    """One run to be trained by a command; `needs` are the names of the runs whose weights it takes."""

    name: str
    needs: frozenset[str]
    command: tuple[str, ...]
    log: Path


def trainings(recipes: Iterable[Recipe], command: Callable[[str], Sequence[str]]) -> list[Training]:
    """The runs in their order, `command` giving for the name of each what trains it alone."""
    return [
        Training(
            recipe.name,
            frozenset({recipe.parent, recipe.guide} - {""}),
            tuple(command(recipe.name)),
            paths.RUNS / "training" / f"{recipe.name}-{recipe.scale}.log",
        )
        for recipe in recipes
    ]


def groups(runs: Sequence[Training]) -> list[list[Training]]:
    """The runs in groups that need nothing of one another; inside a group their order is kept."""
    found: list[list[Training]] = []
    for run in runs:
        related = [g for g in found if any(run.name in other.needs or other.name in run.needs for other in g)]
        found = [group for group in found if group not in related]
        found.append([*chain.from_iterable(related), run])
    place = {run.name: i for i, run in enumerate(runs)}
    ordered = [sorted(group, key=lambda run: place[run.name]) for group in found]
    return sorted(ordered, key=lambda group: place[group[0].name])


def train_all(
    runs: Sequence[Training],
    *,
    jobs: int = 1,
    cluster: str | None = None,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Trains the runs, `jobs` at a time, or on a dask cluster as many as it takes, the first ones first.

    A run waits for those of `runs` that it needs. One that fails stops only what needs it. Tells `say` a
    line for each start and end. Returns the names of the runs that were not trained.
    """
    waiting, running = list(runs), {}
    failed: list[str] = []
    room = jobs if cluster is None else len(runs)
    with pool.executor(jobs, cluster) as (executor, threads):
        while waiting or running:
            open_names = {run.name for run in (*waiting, *running.values())}
            ready = [run for run in waiting if not run.needs & (open_names | set(failed))]
            for run in [run for run in waiting if run.needs & set(failed)]:
                waiting.remove(run)
                failed.append(run.name)
                say(f"{run.name}: not trained, for {', '.join(sorted(run.needs & set(failed)))} is not")
            for run in ready[: room - len(running)]:
                waiting.remove(run)
                running[executor.submit(_train, run, threads)] = run
                say(f"{run.name}: begun, log {os.path.relpath(run.log)}")
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                run = running.pop(future)
                minutes, error = _outcome(future)
                left = len(waiting) + len(running)
                if error:
                    failed.append(run.name)
                    say(f"{run.name}: failed after {minutes:.1f} min: {error} ({left} left)")
                else:
                    say(f"{run.name}: done in {minutes:.1f} min ({left} left)")
    return failed


def _train(run: Training, threads: int | None) -> tuple[float, str]:
    start = time.monotonic()
    error = pool.run_logged(run.command, run.log, threads)
    return (time.monotonic() - start) / 60, error


def _outcome(future: Future) -> tuple[float, str]:
    error = future.exception()  # of the worker, not of the run
    return (0.0, f"{type(error).__name__}: {error}") if error else future.result()
