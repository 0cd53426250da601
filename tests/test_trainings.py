"""Many runs: their order, what a failure stops, and the same work as jobs of an array."""

import sys
import threading
import time
from pathlib import Path

import pytest

from lib import checkpoints, recipes, trainings
from lib.training import folder_of, under_way
from lib.trainings import Training, groups, train_all

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
        return Training(name, frozenset(needs.split()), command, tmp_path / f"{name}.log")

    def runs(*texts):
        return [training(text) for text in texts]

    runs.done = lambda: done.read_text().split()
    return runs


@pytest.mark.parametrize("jobs", [1, 2])
def test_runs_wait_for_what_they_need(make, jobs):
    said = []
    runs = make("stage: basic", "basic", "other", "late: stage other")
    assert train_all(runs, jobs=jobs, say=said.append) == []
    assert sorted(make.done()) == ["basic", "late", "other", "stage"]
    assert said[-1].startswith("late: done in 0.0 min (0 left)")


def test_one_at_a_time_the_first_that_can_goes_first(make):
    train_all(make("b", "c: a", "a", "d"), say=lambda line: None)
    assert make.done() == ["b", "a", "c", "d"]


def test_a_failure_stops_only_what_needs_it(make):
    said = []
    runs = make("bad", "child: bad", "grandchild: child", "other")
    assert train_all(runs, say=said.append) == ["bad", "child", "grandchild"]
    assert make.done() == ["other"]
    assert any(line.startswith("bad: failed after") and "the lamp is out" in line for line in said)
    assert "child: not trained, for bad is not" in said


def test_what_is_needed_from_outside_is_not_waited_for(make):
    assert train_all(make("stage: elsewhere"), say=lambda line: None) == ["stage"]  # its own process says why


def test_a_dask_cluster_trains_the_same(make):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        assert train_all(make("stage: basic", "basic"), cluster=address, say=lambda line: None) == []
    assert make.done() == ["basic", "stage"]


def test_a_run_whose_worker_is_killed_ends_as_if_nothing_had_happened(tmp_path):
    distributed, psutil = pytest.importorskip("distributed"), pytest.importorskip("psutil")
    name, steps = "adafm-dejpeg-basic-q80", 300
    folder = folder_of(recipes.find(name, "smoke").budgeted(steps=steps))

    def run(out):
        options = ("--scale=smoke", f"--steps={steps}", "--device=cpu", f"--out={tmp_path / out}")
        command = (sys.executable, "-m", "lib", "train", name, *options)
        return Training(name, frozenset(), command, tmp_path / f"{out}.log")

    def trainers():
        if not (folder.exists() and under_way(folder)):
            return []
        own = f"--out={tmp_path / 'disturbed'}"
        return [process for process in psutil.process_iter(["cmdline"]) if own in process.info["cmdline"]]

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        options = {"cluster": cluster.scheduler_address, "say": lambda line: None}
        disturbed = threading.Thread(target=train_all, args=([run("disturbed")],), kwargs=options)
        disturbed.start()
        while disturbed.is_alive() and not (found := trainers()):
            time.sleep(0.02)
        worker = found[0].parent()
        worker.kill()
        disturbed.join()
    assert train_all([run("undisturbed")], say=lambda line: None) == []
    first, second = (checkpoints.path_of(name, "smoke", tmp_path / f) for f in ("disturbed", "undisturbed"))
    assert checkpoints.load(first).weights_sha == checkpoints.load(second).weights_sha


def test_groups_need_nothing_of_one_another(make):
    runs = make("a", "b: a", "c", "d: c", "e: a", "f: d e", "g")
    assert [[run.name for run in group] for group in groups(runs)] == [list("abcdef"), ["g"]]
    assert [[run.name for run in group] for group in groups(runs[:5])] == [list("abe"), list("cd")]


def test_every_recipe_comes_after_what_it_needs():
    runs = trainings.trainings(recipes.queue("compact"), lambda name: [name])
    seen = set()
    for run in runs:
        assert run.needs <= seen, run.name
        assert run.command == (run.name,) and isinstance(run.log, Path)
        seen.add(run.name)
