"""Executes notebooks headless, each in its own subprocess, and leaves what they made in one folder.

A run folder holds for every notebook NAME: NAME.ipynb and NAME.html (executed), NAME/ (the tables,
figures and claims.csv that it wrote), NAME.log, NAME.json (its outcome); and index.html.
"""

import hashlib
import json
import os
import shlex
import shutil
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from lib import pool, run_page
from lib.paths import ROOT
from lib.run_page import Outcome

NOTEBOOKS = ROOT / "notebooks"


class BadNotebook(ValueError):
    """A notebook that cannot be run as asked; the message is one clear sentence."""


@dataclass(frozen=True)
class Job:
    """One notebook to execute into one run folder; `parameters` are those that were set."""

    notebook: Path
    folder: Path
    parameters: dict[str, str | int | None]

    @property
    def name(self) -> str:
        return self.notebook.stem

    @property
    def output(self) -> Path:
        """Where the notebook writes its tables, figures and claims."""
        return self.folder / self.name

    def fingerprint(self) -> str:
        """Changes with the notebook's text and with every parameter."""
        settings = json.dumps(self.parameters, sort_keys=True).encode()
        return hashlib.sha256(self.notebook.read_bytes() + settings).hexdigest()[:12]

    def progress(self) -> tuple[int, int]:
        """Cells done, and in all; (0, 0) when it is not running."""
        try:
            done, total = (self.folder / f"{self.name}.progress").read_text().split()
        except (FileNotFoundError, ValueError):  # not there, or being written just now
            return 0, 0
        return int(done), int(total)


def find_notebooks(names: list[str]) -> list[Path]:
    """Paths of the notebooks named, by stem or by path; all in notebooks/ when none is named."""
    if not names:
        return sorted(NOTEBOOKS.glob("*.ipynb"))
    found = [Path(n) if n.endswith(".ipynb") else NOTEBOOKS / f"{n}.ipynb" for n in names]
    for path in found:
        if not path.exists():
            there = ", ".join(sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
            raise BadNotebook(f"There is no notebook {path.stem}; there are: {there}.")
    return [path.resolve() for path in found]


def check(job: Job) -> None:
    """Raises BadNotebook unless the notebook has a parameters cell that knows what will be set."""
    import papermill

    if job.folder.resolve() == job.notebook.resolve().parent:
        raise BadNotebook(f"A run in {job.folder} would replace the notebooks that lie there.")
    known = papermill.inspect_notebook(job.notebook)
    if not known:
        raise BadNotebook(f"{job.notebook.name} has no cell tagged 'parameters'.")
    for name in [*job.parameters, "output"]:
        if name not in known:
            raise BadNotebook(
                f"{job.notebook.name} knows no parameter {name}; it knows {', '.join(known)}."
            )


def reproduce(
    jobs: list[Job], *, cluster: str | None = None, fresh: bool = False
) -> list[Outcome]:
    """Executes the jobs, in a local pool or on the dask cluster at an address, and keeps the page.

    A job that ended well before, with the same notebook text and parameters, is not executed again
    unless `fresh`. A failing notebook stops no other. Raises BadNotebook before anything starts.
    """
    for job in jobs:
        check(job)
        job.folder.mkdir(parents=True, exist_ok=True)
    todo = [job for job in jobs if fresh or not finished(job)]
    if todo:
        _execute(todo, cluster)
    folder = jobs[0].folder
    run_page.write(folder)
    names = {job.name for job in jobs}
    return [outcome for outcome in run_page.load(folder) if outcome.notebook in names]


def finished(job: Job) -> bool:
    """Whether the run folder holds this very job, ended well."""
    stored = [outcome for outcome in run_page.load(job.folder) if outcome.notebook == job.name]
    return any(o.status == "done" and o.fingerprint == job.fingerprint() for o in stored)


def commands(jobs: list[Job]) -> list[str]:
    """One shell command per job: together they make the same run, in any order, on any machine."""
    return [shlex.join([
        sys.executable, "-m", "lib", "reproduce",
        "--name", job.folder.name, "--out", str(job.folder.parent),
        *(f"--{name}={'all' if to is None else to}" for name, to in job.parameters.items()),
        "--notebooks", str(job.notebook),
    ]) for job in jobs]  # fmt: skip


def run_notebook(job: Job, threads: int | None = None) -> Outcome:
    """Executes one job in a subprocess, so that one killed for its memory ends alone."""
    for suffix in (".json", ".ipynb", ".html", ".log"):
        (job.folder / f"{job.name}{suffix}").unlink(missing_ok=True)
    shutil.rmtree(job.output, ignore_errors=True)
    job.output.mkdir()
    parameters = json.dumps({**job.parameters, "output": str(job.output)})
    command = [sys.executable, "-m", "lib.execute", str(job.notebook), str(job.folder), parameters]
    start = time.monotonic()
    error = pool.run_logged(command, job.folder / f"{job.name}.log", threads)
    return _outcome(job, time.monotonic() - start, error)


def _outcome(job: Job, seconds: float, error: str) -> Outcome:
    outcome = Outcome(
        notebook=job.name,
        status="failed" if error else "done",
        seconds=round(seconds, 1),
        error=error,
        parameters=job.parameters,
        fingerprint=job.fingerprint(),
    )
    outcome.save(job.folder)
    return outcome


def _execute(jobs: list[Job], cluster: str | None) -> None:
    display = Display()
    workers = min(len(jobs), max(1, (os.cpu_count() or 1) // 2))
    with pool.executor(workers, cluster) as (executor, threads):
        running = {executor.submit(run_notebook, job, threads): job for job in jobs}
        while running:
            ended, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for job in running.values():
                display.show(job)
            for future in ended:
                job = running.pop(future)
                display.end(job, _result(future, job))
                run_page.write(job.folder)


def _result(future: Future, job: Job) -> Outcome:
    error = future.exception()  # of the worker, not of the notebook
    return _outcome(job, 0.0, f"{type(error).__name__}: {error}") if error else future.result()


class Display:
    """Cells done of every running notebook: a bar each in a terminal, a line a cell in a log."""

    def __init__(self) -> None:
        self.bars: dict[str, tqdm] = {}
        self.shown: dict[str, int] = {}
        self.terminal = sys.stderr.isatty()

    def show(self, job: Job) -> None:
        """Brings the display of one job up to date."""
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

    def end(self, job: Job, outcome: Outcome) -> None:
        """Closes the display of a job that ended."""
        if job.name in self.bars:
            self.bars.pop(job.name).close()
        print(f"{job.name}: {outcome.status} in {outcome.seconds:.0f} s", flush=True)
