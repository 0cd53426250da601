"""Processes of their own: what is logged, what is said of those that fail, and those left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lib.base.paths import ROOT
from lib.runs import processes


def python(code):
    return [sys.executable, "-c", code]


def test_what_a_process_says_is_logged(tmp_path):
    log = tmp_path / "new" / "run.log"
    assert processes.run_logged(python("import sys; print('out'); print('err', file=sys.stderr)"), log) == ""
    assert sorted(log.read_text().split()) == ["err", "out"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("print('begun'); raise SystemExit('the lamp is out')", "the lamp is out"),
        ("raise SystemExit(3)", "the process ended with status 3"),
        ("import os; os.kill(os.getpid(), 9)", "the process was killed by signal 9"),
    ],
)
def test_a_failure_is_one_line(code, error, tmp_path):
    assert processes.run_logged(python(code), tmp_path / "run.log") == error


def test_a_killed_process_is_started_once_more(tmp_path):
    first = tmp_path / "first"
    code = f"""
import os, pathlib
if not pathlib.Path({str(first)!r}).exists():
    pathlib.Path({str(first)!r}).touch()
    os.kill(os.getpid(), 9)
print("done")
"""
    assert processes.run_logged(python(code), tmp_path / "run.log") == ""
    assert (tmp_path / "run.log").read_text() == "done\n"


def test_what_may_go_better_another_time_is_started_once_more(tmp_path):
    tries = tmp_path / "tries"
    code = f"import os; open({str(tries)!r}, 'a').write('x'); print('the lamp is out'); raise SystemExit(75)"
    assert processes.run_logged(python(code), tmp_path / "run.log") == "the lamp is out"
    assert tries.read_text() == "xx"


def test_what_a_person_interrupts_is_not_started_again(tmp_path):
    tries = tmp_path / "tries"
    code = f"""
import os, signal
open({str(tries)!r}, "a").write("x")
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a shell runs in the background
os.kill(os.getpid(), signal.SIGINT)
"""
    assert processes.run_logged(python(code), tmp_path / "run.log") == "the process was killed by signal 2"
    assert tries.read_text() == "x"


def test_an_interrupted_cluster_begins_nothing_more(tmp_path):
    """What has begun there goes on: the work of a dask worker cannot be stopped."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with (
            pytest.raises(KeyboardInterrupt),
            processes.workers(1, cluster.scheduler_address) as workers,
        ):
            for name in ("first", "second", "third"):
                code = f"import time; open({str(tmp_path / name)!r}, 'w'); time.sleep(3)"
                workers.executor.submit(processes.run_logged, python(code), tmp_path / f"{name}.log")
            wait_until(lambda: any((tmp_path / name).exists() for name in ("first", "second", "third")))
            raise KeyboardInterrupt
        time.sleep(4)
    assert sum((tmp_path / name).exists() for name in ("first", "second", "third")) == 1


def test_what_takes_too_long_is_ended(tmp_path):
    log = tmp_path / "run.log"
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    error = processes.run_logged(python(code), log, limit=3)
    assert error == "the process was ended, for it took longer than 0.05 minutes"
    wait_until(lambda: not running(int(log.read_text())))


@pytest.mark.parametrize(("offered", "most"), [({}, 2), ({"GPU": 1}, 1)])
def test_jobs_take_a_slot_where_workers_offer_slots(offered, most, tmp_path):
    distributed = pytest.importorskip("distributed")
    code = "import os, sys, time; os.mkdir(sys.argv[1]); time.sleep(1); os.rmdir(sys.argv[1])"
    command = [*python(code), str(tmp_path / "one at a time")]
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, resources=offered
        ) as cluster,
        processes.workers(1, cluster.scheduler_address) as workers,
    ):
        logs = [tmp_path / f"{number}.log" for number in range(2)]
        assert workers.places() == most
        jobs = [workers.executor.submit(processes.run_logged, command, log) for log in logs]
        errors = [job.result() for job in jobs]
    assert bool(any(errors)) is (most == 2)


def test_a_process_ends_with_the_one_that_started_it(tmp_path):
    inner = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    log = tmp_path / "run.log"
    outer = f"""
import pathlib, sys
from lib.runs import processes
from lib.base.paths import ROOT
processes.run_logged([sys.executable, "-c", {inner!r}], pathlib.Path({str(log)!r}))
"""
    process = subprocess.Popen(python(outer), cwd=ROOT)
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
    child = int(log.read_text())
    process.kill()
    process.wait()
    wait_until(lambda: not running(child))


def running(pid):
    """Whether a process is there and no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_workers_share_the_cores(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "cores", lambda: 8)
    with processes.workers(1, None) as workers:
        assert workers.threads is None and workers.places() == 1
    with processes.workers(3, None) as workers:
        assert workers.threads == 2 and workers.places() == 3
        print_threads = python("import os; print(os.environ['OMP_NUM_THREADS'])")
        log = tmp_path / "run.log"
        ended = workers.executor.submit(processes.run_logged, print_threads, log, workers.threads)
        assert ended.result() == ""
    assert (tmp_path / "run.log").read_text() == "2\n"


def test_a_detached_process_has_a_group_of_its_own_that_ends_whole(tmp_path):
    child = "import time; print(1, flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    group = processes.detach(python(parent), tmp_path / "run.log")
    assert os.getpgid(group) == group != os.getpgid(0)
    wait_until(lambda: (tmp_path / "run.log").read_text() == "1\n")
    os.killpg(group, signal.SIGTERM)
    os.waitpid(group, 0)
    wait_until(lambda: not alive(group))


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(happened, seconds=20):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)
