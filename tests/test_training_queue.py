"""Many runs: their order, what a failure stops, and the same work as jobs of an array."""

import re
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from unittest.mock import Mock

import pytest
import torch

from lib import recipes
from lib.runs import processes, training_queue
from lib.runs.graph import Step, Watcher, carry_out
from lib.runs.training_queue import Lines, groups
from lib.training import checkpoints
from lib.training.unfinished import folder_of, settled

STEP = """
import pathlib, sys
name, log, *needs = sys.argv[1:]
done = pathlib.Path(log).read_text().split()
assert set(needs) <= set(done), f"{name} began before {needs}"
if name.startswith("bad"):
    sys.exit("the lamp is out")
with open(log, "a") as file:
    file.write(name + "\\n")
"""


@pytest.fixture
def make(tmp_path):
    """Makes runs from "name: what it needs"; each notes its name in `done`."""
    done = tmp_path / "done"
    done.write_text("")

    def training(text):
        name, _, needs = text.partition(":")
        command = (sys.executable, "-c", STEP, name, str(done), *needs.split())
        work = partial(processes.run_logged, command, tmp_path / f"{name}.log")
        return Step(name, work, frozenset(needs.split()))

    def runs(*texts):
        return [training(text) for text in texts]

    runs.done = lambda: done.read_text().split()
    return runs


@pytest.mark.parametrize("jobs", [1, 2])
def test_runs_wait_for_what_they_need(make, jobs):
    said = []
    runs = make("stage: basic", "basic", "other", "late: stage other")
    assert carry_out(runs, Lines({}, said.append), jobs=jobs) == []
    assert sorted(make.done()) == ["basic", "late", "other", "stage"]
    assert said[-1].startswith("late: done in 0.0 min (0 left)")


def test_one_at_a_time_the_first_that_can_goes_first(make):
    carry_out(make("b", "c: a", "a", "d"), Watcher())
    assert make.done() == ["b", "a", "c", "d"]


def test_a_failure_stops_only_what_needs_it(make):
    said = []
    runs = make("bad", "child: bad", "grandchild: child", "other")
    assert carry_out(runs, Lines({}, said.append)) == ["bad", "child", "grandchild"]
    assert make.done() == ["other"]
    assert any(line.startswith("bad: failed after") and "the lamp is out" in line for line in said)
    assert "child: not begun, for bad is not done" in said


def test_what_is_cancelled_with_its_scheduler_has_failed(monkeypatch):
    """As dask cancels what it was given where the scheduler is lost."""
    said = []

    @contextmanager
    def workers(number, cluster):
        given = Mock()
        given.submit.side_effect = cancelled
        yield processes.Workers(given, lambda: 1, None)

    def cancelled(*_):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future

    monkeypatch.setattr(processes, "workers", workers)
    assert carry_out([Step("a", lambda threads: "")], Lines({}, said.append), cluster="tcp://x") == ["a"]
    assert said[-1] == "a: failed after 0.0 min: cancelled: the scheduler was lost (0 left)"


def test_what_is_needed_from_outside_is_not_waited_for(make):
    assert carry_out(make("stage: elsewhere"), Watcher()) == ["stage"]  # its own process says why


def test_a_dask_cluster_trains_the_same(make):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        assert carry_out(make("stage: basic", "basic"), Watcher(), cluster=address) == []
    assert make.done() == ["basic", "stage"]


def test_a_run_whose_worker_is_killed_ends_as_if_nothing_had_happened(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as dask sets it for its workers
    distributed, psutil = pytest.importorskip("distributed"), pytest.importorskip("psutil")
    name, steps = "adafm-dejpeg-basic-q80", 300
    recipe = recipes.find(name, "smoke").budgeted(steps=steps)
    folder = folder_of(settled(recipe, torch.device("cpu")), tmp_path / "disturbed")

    def run(out):
        options = (f"--steps={steps}", "--scale=smoke", "--device=cpu", "--save-every=0.3")
        command = (sys.executable, "-m", "lib", "train", name, *options, f"--out={tmp_path / out}")
        return Step(name, partial(processes.run_logged, command, tmp_path / f"{out}.log"))

    def worker():
        """The process that started the training, once there is a state from which it could go on."""
        own = f"--out={tmp_path / 'disturbed'}"
        found = [p for p in psutil.process_iter(["cmdline"]) if own in (p.info["cmdline"] or ())]
        return found[0].parent() if found and (folder / "state.safetensors").exists() else None

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        disturbed = threading.Thread(
            target=carry_out,
            args=([run("disturbed")], Watcher()),
            kwargs={"cluster": cluster.scheduler_address},
        )
        disturbed.start()
        while disturbed.is_alive() and not (busy := worker()):
            time.sleep(0.02)
        assert busy, "the training ended before it could be disturbed"
        busy.kill()
        disturbed.join()
    said = (tmp_path / "disturbed.log").read_text()
    assert int(re.search(rf"^{name} goes on from step (\d+)", said, re.MULTILINE)[1]) in range(1, steps)
    assert carry_out([run("undisturbed")], Watcher()) == []
    assert "goes on" not in (tmp_path / "undisturbed.log").read_text()
    first, second = (checkpoints.path_of(name, "smoke", tmp_path / f) for f in ("disturbed", "undisturbed"))
    assert checkpoints.load(first).weights_sha == checkpoints.load(second).weights_sha


def test_groups_need_nothing_of_one_another(make):
    runs = make("a", "b: a", "c", "d: c", "e: a", "f: d e", "g")
    assert [[run.name for run in group] for group in groups(runs)] == [list("abcdef"), ["g"]]
    assert [[run.name for run in group] for group in groups(runs[:5])] == [list("abe"), list("cd")]


def test_every_recipe_comes_after_what_it_needs():
    runs = training_queue.trainings(recipes.queue("compact"), lambda name: [name])
    seen = set()
    for run in runs:
        assert run.needs <= seen, run.name
        assert run.work.command == (run.name,)
        seen.add(run.name)
