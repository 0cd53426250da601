"""Work in processes of its own: in a local pool or on a dask cluster, each with a log, some left behind."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lib.base.paths import ROOT

ATTEMPTS = 2  # of a process that is killed, or says that it may go better another time
GPU = "GPU"  # a slot that dask workers may offer
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


class NoCluster(ConnectionError):
    """No dask scheduler to be reached; the message is one clear sentence."""


@dataclass(frozen=True)
class Workers:
    """Who does the work. places: how many jobs they take at a time, as of now; threads: how many each job may
    use (None: as it likes)."""

    executor: Executor
    places: Callable[[], int]
    threads: int | None


@contextmanager
def workers(number: int, cluster: str | None) -> Iterator[Workers]:
    """So many processes here, or all workers of the dask scheduler at the address `cluster`.

    Raises NoCluster where that cannot be reached.
    """
    if cluster is None:
        pool = ThreadPoolExecutor(number)
        try:
            yield Workers(pool, lambda: number, max(1, cores() // number) if number > 1 else None)
        finally:
            pool.shutdown(cancel_futures=True)
    else:
        with _client(cluster) as client:
            slots = {GPU: 1} if _offers_slots(client) else None
            pool = client.get_executor(pure=False, retries=0, resources=slots)
            try:
                yield Workers(pool, lambda: _places(client), None)
            except BaseException:
                pool.shutdown(wait=False)  # what has not begun is not begun
                raise
            pool.shutdown()


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def reach(address: str) -> None:
    """Raises NoCluster unless a dask scheduler answers there."""
    _client(address).close()


def _client(address: str):
    try:
        from distributed import Client

        return Client(address)
    except ImportError as error:
        raise NoCluster("A cluster needs dask: pip install -e .[cluster]") from error
    except (OSError, ValueError) as error:
        raise NoCluster(f"No dask scheduler answers at {address}.") from error


def _offers_slots(client) -> bool:
    """Whether workers were started with slots for a GPU (`dask worker --resources GPU=1`): each job then
    takes one."""
    return any(GPU in worker["resources"] for worker in _known(client))


def _places(client) -> int:
    """One at least, which waits for the first worker to come."""
    known = _known(client)
    slots = sum(int(worker["resources"].get(GPU, 0)) for worker in known)
    return max(1, slots or sum(worker["nthreads"] for worker in known))


def _known(client) -> list[dict]:
    return list(client.scheduler_info(n_workers=-1)["workers"].values())


@dataclass(frozen=True)
class Logged:
    """A command to run to its end, and where what it says goes: the work of a step."""

    command: tuple[str, ...]
    log: Path

    def __call__(self, threads: int | None) -> str:
        return run_logged(self.command, self.log, threads)


def run_logged(
    command: Sequence[str], log: Path, threads: int | None = None, *, limit: float | None = None
) -> str:
    """Runs a command to its end, so that one killed for its memory ends alone; it is then started once more,
    as is one that ends with the status EX_TEMPFAIL, but not one that a person interrupts.

    What it says goes into `log`. Returns its last line where it failed, nothing where it did not. Where this
    process is killed, so is the command; where it takes longer than `limit` seconds, too.
    """
    environment = {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        for _ in range(ATTEMPTS):
            try:
                code = subprocess.run(
                    command,
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    preexec_fn=_end_with_parent,
                    timeout=limit,
                ).returncode
            except subprocess.TimeoutExpired:
                return f"the process was ended, for it took longer than {limit / 60:g} minutes"
            if (code >= 0 and code != os.EX_TEMPFAIL) or code == -signal.SIGINT:
                break
    return "" if code == 0 else _last_line(log, code)


def _end_with_parent() -> None:
    """Asks Linux to kill this process when the one that started it is gone."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def detach(command: Sequence[str], log: Path) -> int:
    """Starts a command that outlives this process and its terminal, with a log; returns its process group."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        ).pid


def _last_line(log: Path, code: int) -> str:
    if code < 0:
        return f"the process was killed by signal {-code}"
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    return lines[-1] if lines else f"the process ended with status {code}"
