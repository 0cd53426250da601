"""How long a cluster takes for all trainings, by simulation: the real graph and its order, a clock that is
turned by hand, measured times, failures drawn at random."""

import csv
import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lib import recipes
from lib.base import atomic, paths
from lib.base.rows import Rows
from lib.recipes import Scale
from lib.runs import graph, processes
from lib.runs.graph import Step
from lib.upkeep.rendered import table

TABLE = paths.MEASURED / "schedule.csv"
WORKERS = (1, 4, 16, 64)
KILLED = 0.1  # of the attempts at a run: share that ends with its worker
LOST = (0.5, 3.0)  # minutes, of the work since the last saved state and of the start anew
BROKEN = 0.05  # of the runs: share that fails for good
SEED = 0


@dataclass(frozen=True)
class Timed:
    """The work of a simulated step: done in so many minutes, however often it is killed; or failed."""

    name: str
    minutes: float
    error: str = ""

    def __call__(self, threads: int | None) -> str:
        return self.error


class Simulated(Executor):
    """Workers that take no time but their clock's, in minutes. begun: how often each run was handed out."""

    def __init__(self, places: int):
        self.places = places
        self.clock = 0.0
        self.begun: Counter[str] = Counter()
        self.running: list[tuple[float, int, Future, Callable[[], object]]] = []

    def submit(self, function, /, run: Timed, *arguments) -> Future:
        future: Future = Future()
        self.begun[run.name] += 1
        if len(self.running) == self.places:
            raise RuntimeError(f"{run.name} was handed out while no worker was free.")
        ends = self.clock + run.minutes
        entry = (ends, self.begun.total(), future, lambda: function(run, *arguments))
        heapq.heappush(self.running, entry)
        return future

    def advance(self) -> None:
        """To the next end."""
        self.clock, _, future, outcome = heapq.heappop(self.running)
        future.set_result(outcome())


@dataclass
class Course(graph.Watcher):
    """What became of every step, in order; turns the clock."""

    workers: Simulated
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def running(self, steps: Iterable[Step]) -> None:
        if self.workers.running:
            self.workers.advance()

    def ended(self, step: Step, seconds: float, error: str, left: int) -> None:
        (self.failed if error else self.done).append(step.name)

    def left_out(self, step: Step, missing: Sequence[str]) -> None:
        self.left.append(step.name)


@dataclass(frozen=True)
class Simulation:
    """One course of all runs. makespan, bound: minutes; the bound is the longest chain or all work shared out
    evenly, whichever is longer. kills: of workers."""

    course: Course
    makespan: float
    bound: float
    kills: int


def steps_of(minutes: Mapping[str, float], scale: Scale) -> list[Step]:
    """These runs in the order of the queue, each with what it needs among them."""
    known = [recipe for recipe in recipes.queue(scale) if recipe.name in minutes]
    return [
        Step(r.name, Timed(r.name, minutes[r.name]), frozenset(set(r.needs) & minutes.keys())) for r in known
    ]


def simulate(steps: Sequence[Step], places: int, draw: random.Random | None = None) -> Simulation:
    """The steps, whose works are `Timed`, in the order given. draw: of failures; None: nothing fails."""
    kills = {step.name: _kills(draw) if draw else 0 for step in steps}
    steps = [Step(s.name, _disturbed(s.work, kills[s.name], draw), s.needs) for s in steps]
    workers = Simulated(places)
    course = Course(workers)
    graph.done_by(processes.Workers(workers, lambda: places, None), steps, course)
    tried = {s.name: s for s in steps if s.name in workers.begun}
    return Simulation(course, workers.clock, _bound(tried, places), sum(kills[name] for name in tried))


def _kills(draw: random.Random) -> int:
    count = 0
    while draw.random() < KILLED:
        count += 1
    return count


def _disturbed(run: Timed, kills: int, draw: random.Random | None) -> Timed:
    if draw is None:
        return run
    lost = sum(draw.uniform(*LOST) for _ in range(kills))
    broken = draw.random() < BROKEN
    minutes = draw.uniform(0, run.minutes) if broken else run.minutes
    return Timed(run.name, minutes + lost, "broken" if broken else "")


def _bound(tried: Mapping[str, Step], places: int) -> float:
    @cache
    def end(name: str) -> float:
        step = tried[name]
        return step.work.minutes + max((end(need) for need in step.needs if need in tried), default=0.0)

    return max(*map(end, tried), sum(step.work.minutes for step in tried.values()) / places)


def record(times: Mapping[Scale, Mapping[str, float]], path: Path = TABLE) -> None:
    """Simulates all runs of each scale whose minutes are known, in the order of a cluster and in that of the
    queue; writes the table."""
    rows = [_row(scale, times[scale], places) for scale in times for places in WORKERS]
    with atomic.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _row(scale: Scale, minutes: Mapping[str, float], places: int) -> dict[str, object]:
    queue = steps_of(minutes, scale)
    cluster = graph.longest_chain_first(queue, minutes)
    plain, given = simulate(cluster, places), simulate(queue, places)
    rough = simulate(cluster, places, random.Random(SEED))
    return {
        "scale": scale,
        "workers": places,
        "runs": len(queue),
        "bound_minutes": f"{plain.bound:.1f}",
        "minutes": f"{plain.makespan:.1f}",
        "minutes_in_queue_order": f"{given.makespan:.1f}",
        "kills": rough.kills,
        "failed": len(rough.course.failed),
        "left_out": len(rough.course.left),
        "bound_with_failures": f"{rough.bound:.1f}",
        "minutes_with_failures": f"{rough.makespan:.1f}",
        "seed": SEED,
    }


def rendered(rows: Rows) -> str:
    """The table of the page."""
    head = ["scale, runs", "workers", "bound, hours", "longest chain first", "in the queue's order"]
    head += ["workers killed / runs failed / left out", "bound then, hours", "took"]
    lines = []
    for row in rows:
        bound, then = float(row["bound_minutes"]), float(row["bound_with_failures"])
        over = [float(row[k]) / bound - 1 for k in ("minutes", "minutes_in_queue_order")]
        bad = f"{row['kills']} / {row['failed']} / {row['left_out']}"
        lines.append(
            [
                f"{row['scale']}, {row['runs']}",
                row["workers"],
                f"{bound / 60:.1f}",
                *(f"{o:+.1%}" for o in over),
                bad,
                f"{then / 60:.1f}",
                f"{float(row['minutes_with_failures']) / then - 1:+.1%}",
            ]
        )
    return table(head, lines)
