"""Executes notebooks headless, each in its own subprocess, and leaves what they made in one folder; where it
is asked for, what they show is trained and measured before, all as one graph.

A run folder holds for every notebook NAME: NAME.ipynb and NAME.html (executed), NAME/ (the tables,
figures and claims.csv that it wrote), NAME.log, NAME.json (its outcome); and index.html.
"""

import hashlib
import json
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from tqdm import tqdm

from lib.base import devices, locks
from lib.base.paths import CHECKPOINTS, MEASURED, NOTEBOOKS, ROOT
from lib.runs import graph, loads, outcomes, processes
from lib.runs.graph import Step
from lib.runs.outcomes import Outcome

LIMIT = 240.0  # minutes that a notebook may take, and each of its cells
GRACE = 60.0  # seconds from the limit of a cell to that of the process around it


class BadNotebook(ValueError):
    """A notebook that cannot be run as asked; the message is one clear sentence."""


@dataclass(frozen=True)
class Job:
    """One notebook to execute into one run folder; `parameters` are those that were set, `limit` the minutes
    that it may take."""

    notebook: Path
    folder: Path
    parameters: dict[str, str | int | None]
    limit: float = LIMIT

    @property
    def name(self) -> str:
        return self.notebook.stem

    @property
    def output(self) -> Path:
        """Where the notebook writes its tables, figures and claims."""
        return self.folder / self.name

    def fingerprint(self) -> str:
        """Changes with the notebook's text, with every parameter, and with the code, the networks and the
        rows that it shows."""
        settings = json.dumps([self.parameters, _shown()], sort_keys=True).encode()
        return hashlib.sha256(self.notebook.read_bytes() + settings).hexdigest()[:12]

    def progress(self) -> tuple[int, int]:
        """Cells done, and in all; (0, 0) when it is not running."""
        try:
            done, total = (self.folder / f"{self.name}.progress").read_text().split()
        except (FileNotFoundError, ValueError):  # not there, or being written just now
            return 0, 0
        return int(done), int(total)


def _shown() -> list[tuple[str, int, int]]:
    """Name, size and time of every file of the library, of networks, and of rows."""
    files = chain.from_iterable(
        folder.rglob(pattern)
        for folder, pattern in ((ROOT / "lib", "*.py"), (CHECKPOINTS, "[!.]*.*"), (MEASURED, "[!.]*.*"))
    )
    return sorted((str(f.relative_to(ROOT)), f.stat().st_size, f.stat().st_mtime_ns) for f in files)


def find_notebooks(names: list[str]) -> list[Path]:
    """Paths of the notebooks named, by stem or by path, each once; all in notebooks/ when none is named.

    Raises BadNotebook for one that is not there, and for two of one name.
    """
    if not names:
        return sorted(NOTEBOOKS.glob("*.ipynb"))
    found = [Path(n) if n.endswith(".ipynb") else NOTEBOOKS / f"{n}.ipynb" for n in names]
    for path in found:
        if not path.exists():
            there = ", ".join(sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
            raise BadNotebook(f"There is no notebook {path.stem}; there are: {there}.")
    unique = list(dict.fromkeys(path.resolve() for path in found))
    for name, number in Counter(path.stem for path in unique).items():
        if number > 1:
            raise BadNotebook(f"Two notebooks are called {name}: one run cannot hold both.")
    return unique


def check(job: Job) -> None:
    """Raises BadNotebook unless the notebook has a parameters cell that knows what will be set."""
    import papermill
    from nbformat.reader import NotJSONError

    if job.folder.resolve() == job.notebook.resolve().parent:
        raise BadNotebook(f"A run in {job.folder} would replace the notebooks that lie there.")
    try:
        known = papermill.inspect_notebook(job.notebook)
    except NotJSONError:
        raise BadNotebook(f"{job.notebook.name} is no notebook.") from None
    if not known:
        raise BadNotebook(f"{job.notebook.name} has no cell tagged 'parameters'.")
    for name in [*job.parameters, "output"]:
        if name not in known:
            raise BadNotebook(
                f"{job.notebook.name} knows no parameter {name}; it knows {', '.join(known)}."
            )


def reproduce(
    jobs: list[Job],
    *,
    before: Mapping[str, Sequence[Step]] | None = None,
    cluster: str | None = None,
    fresh: bool = False,
    changed: Callable[[Path], object] = lambda folder: None,
) -> list[Outcome]:
    """Executes the jobs, in a local pool or on the dask cluster at an address.

    changed: called with the folder whenever something in it has, to keep a page of it.
    before: by the name of a job, steps whose end it waits for; what several wait for is done once, and what
    fails of it has an outcome too.
    A job that ended well before, with the same notebook text, parameters, code, networks and rows, and that
    waits for nothing, is not executed again unless `fresh`. A failing notebook stops no other. Raises
    BadNotebook or pool.NoCluster before anything starts.
    """
    if cluster:
        processes.reach(cluster)
    for job in jobs:
        check(job)
        job.output.mkdir(parents=True, exist_ok=True)
    before = before or {}
    todo = [job for job in jobs if fresh or before.get(job.name) or not finished(job)]
    names = {job.name for job in jobs} | {step.name for job in todo for step in before.get(job.name, ())}
    done = {job.name for job in jobs if job not in todo}
    for name in sorted(done):
        print(f"{name}: as it was executed before, for nothing has changed", flush=True)
    folder = jobs[0].folder
    earlier = {o.notebook for o in outcomes.load(folder) if not o.fingerprint}  # steps that failed then
    for name in (names | earlier) - done:
        (folder / f"{name}.json").unlink(missing_ok=True)
    if todo:
        _execute(todo, before, cluster, changed)
    changed(folder)
    return [outcome for outcome in outcomes.load(folder) if outcome.notebook in names]


def finished(job: Job) -> bool:
    """Whether the run folder holds this very job, ended well."""
    stored = [outcome for outcome in outcomes.load(job.folder) if outcome.notebook == job.name]
    return any(o.status == "done" and o.fingerprint == job.fingerprint() for o in stored)


def commands(jobs: list[Job], *options: str) -> list[str]:
    """One shell command per job: together they make the same run, in any order, on any machine."""
    return [shlex.join([
        sys.executable, "-m", "lib", "reproduce", str(job.notebook),
        "--name", job.folder.name, "--out", str(job.folder.parent),
        *(f"--{name}={'all' if to is None else to}" for name, to in job.parameters.items()),
        f"--limit={job.limit:g}", *options,
    ]) for job in jobs]  # fmt: skip


def run_notebook(job: Job, threads: int | None = None) -> Outcome:
    """Executes one job in a subprocess, so that one killed for its memory ends alone.

    Where another process is executing it into the same folder, that goes on, and this has failed.
    """
    try:
        with locks.held(job.output, wait=False):
            return _run(job, threads)
    except BlockingIOError:
        error = "another process is executing it into the same folder"
        return Outcome(job.name, "failed", 0.0, error, job.parameters, "")


def _run(job: Job, threads: int | None) -> Outcome:
    fingerprint = job.fingerprint()
    for suffix in (".json", ".ipynb", ".html", ".log"):
        (job.folder / f"{job.name}{suffix}").unlink(missing_ok=True)
    for made in job.output.iterdir():
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    parameters = json.dumps({**job.parameters, "output": str(job.output)})
    seconds = round(60 * job.limit)
    words = [str(job.notebook), str(job.folder), parameters, json.dumps(seconds)]
    start = time.monotonic()
    error = processes.run_logged(
        [sys.executable, "-m", "lib.runs.execute", *words],
        job.folder / f"{job.name}.log",
        threads,
        limit=seconds + GRACE,
    )
    return _outcome(job, time.monotonic() - start, error, fingerprint)


def _outcome(job: Job, seconds: float, error: str, fingerprint: str) -> Outcome:
    outcome = Outcome(
        notebook=job.name,
        status="failed" if error else "done",
        seconds=round(seconds, 1),
        error=error,
        parameters=job.parameters,
        fingerprint=fingerprint,
    )
    outcome.save(job.folder)
    return outcome


def _execute(
    jobs: list[Job],
    before: Mapping[str, Sequence[Step]],
    cluster: str | None,
    changed: Callable[[Path], object],
) -> None:
    first = {step.name: step for job in jobs for step in before.get(job.name, ())}
    steps = [
        Step(job.name, partial(_executed, job), after=frozenset(s.name for s in before.get(job.name, ())))
        for job in jobs
    ]
    together = [*first.values(), *steps]
    if cluster:
        scale = jobs[0].parameters.get("scale", "compact")
        together = graph.longest_chain_first(together, loads.of_runs(scale))
    device = str(jobs[0].parameters.get("device", "auto"))
    shared = cluster is None and devices.choose(device).type == "cuda"
    workers = 1 if shared else min(len(together), max(1, processes.cores() // 2))
    graph.carry_out(together, Display(jobs, changed), jobs=workers, cluster=cluster)


def _executed(job: Job, threads: int | None) -> str:
    return run_notebook(job, threads).error


class Display(graph.Watcher):
    """Cells done of every running notebook: a bar each in a terminal, a line a cell in a log; a line for the
    end of every step."""

    def __init__(self, jobs: list[Job], changed: Callable[[Path], object]) -> None:
        self.changed = changed
        self.jobs = {job.name: job for job in jobs}
        self.folder = jobs[0].folder
        self.bars: dict[str, tqdm] = {}
        self.shown: dict[str, int] = {}
        self.terminal = sys.stderr.isatty()

    def begun(self, step: Step) -> None:
        if step.name not in self.jobs:
            print(f"{step.name}: begun", flush=True)

    def running(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if step.name in self.jobs:
                self._show(self.jobs[step.name])

    def ended(self, step: Step, seconds: float, error: str, left: int) -> None:
        if step.name in self.bars:
            self.bars.pop(step.name).close()
        how = "failed" if error else "done"
        why = f": {error}" if error and step.name not in self.jobs else ""
        print(f"{step.name}: {how} in {seconds:.0f} s{why}", flush=True)
        self._keep(step.name, seconds, error)

    def left_out(self, step: Step, missing: Sequence[str]) -> None:
        why = f"not begun, for {', '.join(missing)} is not done"
        print(f"{step.name}: {why}", flush=True)
        self._keep(step.name, 0.0, why)

    def _keep(self, name: str, seconds: float, error: str) -> None:
        """Nobody else keeps an outcome where the worker of a notebook was lost, or another step failed."""
        job = self.jobs.get(name)
        if error and not (self.folder / f"{name}.json").exists():
            if job:
                _outcome(job, seconds, error, job.fingerprint())
            else:
                Outcome(name, "failed", round(seconds, 1), error, {}, "").save(self.folder)
        self.changed(self.folder)

    def _show(self, job: Job) -> None:
        done, total = job.progress()
        if not total:
            return
        if self.terminal:
            bar = self.bars.get(job.name)
            if bar is None:
                bar = self.bars[job.name] = tqdm(total=total, desc=job.name, unit="cell")
            bar.n = done
            bar.refresh()
        elif self.shown.get(job.name) != done:
            self.shown[job.name] = done
            print(f"{job.name}: {done}/{total} cells", flush=True)
