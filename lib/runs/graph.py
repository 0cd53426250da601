"""Steps that wait for one another, each with its work in a process of its own: trainings, measurements,
notebooks."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from functools import cache

from lib.runs import processes

BLINK = 0.5  # seconds between two looks at what runs


@dataclass(frozen=True)
class Step:
    """One thing to do. `work` is given the threads it may use (None: as it likes) and returns one line on
    what went wrong, or nothing; it travels to the worker.

    needs: names of steps without whose success it cannot be done; after: those whose end it waits for.
    """

    name: str
    work: Callable[[int | None], str]
    needs: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


class Watcher:
    """Hears how steps fare; on its own it says nothing."""

    def begun(self, step: Step) -> None: ...

    def running(self, steps: Iterable[Step]) -> None:
        """Now and then, while they run."""

    def ended(self, step: Step, seconds: float, error: str, left: int) -> None: ...

    def left_out(self, step: Step, missing: Sequence[str]) -> None: ...


def carry_out(
    steps: Sequence[Step], watcher: Watcher, *, jobs: int = 1, cluster: str | None = None
) -> list[str]:
    """Does the steps, `jobs` at a time, or on the dask cluster at an address as many as it has places for,
    the first ones first. A failing step stops only what needs it. Returns the names of those that were not
    done."""
    with processes.workers(jobs, cluster) as workers:
        return done_by(workers, steps, watcher)


def done_by(workers: processes.Workers, steps: Sequence[Step], watcher: Watcher) -> list[str]:
    """The same by whatever workers; no step is handed out before one of them is free, so that the order is
    the one given."""
    waiting, running = list(steps), {}
    failed: list[str] = []
    while waiting or running:
        for step in [step for step in waiting if step.needs & set(failed)]:
            waiting.remove(step)
            failed.append(step.name)
            watcher.left_out(step, sorted(step.needs & set(failed)))
        to_come = {step.name for step in (*waiting, *running.values())}
        ready = [step for step in waiting if not (step.needs | step.after) & to_come]
        for step in ready[: max(0, workers.places() - len(running))]:
            waiting.remove(step)
            running[workers.executor.submit(_timed, step.work, workers.threads)] = step
            watcher.begun(step)
        watcher.running(running.values())
        for future in wait(running, timeout=BLINK, return_when=FIRST_COMPLETED).done:
            step = running.pop(future)
            seconds, error = _outcome(future)
            failed += [step.name] if error else []
            watcher.ended(step, seconds, error, len(waiting) + len(running))
    return failed


def longest_chain_first(steps: Sequence[Step], load: Mapping[str, float]) -> list[Step]:
    """The steps in the order that keeps many workers busy: first what the longest chain hangs on. Of equals,
    the first.

    load: how long each takes, by name, in whatever unit; nothing for what is not named.
    """
    waits = {step.name: step.needs | step.after for step in steps}
    behind = {name: [other for other in waits if name in waits[other]] for name in waits}

    @cache
    def chain(name: str) -> float:
        return load.get(name, 0.0) + max(map(chain, behind[name]), default=0.0)

    return sorted(steps, key=lambda step: -chain(step.name))


def _timed(work: Callable[[int | None], str], threads: int | None) -> tuple[float, str]:
    start = time.monotonic()
    error = work(threads)
    return time.monotonic() - start, error


def _outcome(future: Future) -> tuple[float, str]:
    try:
        error = future.exception()  # of the worker, not of the step
    except CancelledError:
        return 0.0, "cancelled: the scheduler was lost"
    return (0.0, f"{type(error).__name__}: {error}") if error else future.result()
