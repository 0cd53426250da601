"""Budgets for a CPU: what they change of a full schedule, the order of their queue, what of it is missing."""

from collections import Counter
from dataclasses import asdict, replace

import pytest
import torch
from command import lib

from lib.base import paths
from lib.recipes import budgets, find, vdir
from lib.recipes.common import SHORT_BETAS, SHORT_CLIP, Annealed
from lib.runs import processes, training_queue
from lib.training import checkpoints, networks, unfinished
from lib.training.checkpoints import Provenance

NAMES = list(budgets.SECONDS)
SHORT = {"steps", "patch", "batch", "lr", "schedule", "betas", "clip", "precision"}
STARTS = {"init_gain", "init_weight", "gate_deviation", "by_contrast", "opponent_betas"}
STAGE, BASIC = "adafm-dejpeg-q80-q10-k1", "adafm-dejpeg-basic-q80"


def changed(name):
    short, full = (asdict(one) for one in (budgets.find(name), find(name, "paper")))
    assert short.keys() == full.keys()
    return {field for field in short if short[field] != full[field]}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "qgcn-start"])
def test_a_budget_changes_steps_rates_and_starts_and_nothing_else(name):
    more = {"restorer"} if name.startswith("vdir") else set()
    more |= {"blocks", "parent"} if name.startswith("qgcn") else set()
    assert changed(name) <= SHORT | STARTS | more
    assert {"steps", "lr", "schedule", "betas", "clip", "precision"} <= changed(name)
    run = budgets.find(name)
    assert (run.schedule, run.betas, run.clip) == (Annealed(), SHORT_BETAS, SHORT_CLIP)


def test_of_the_restorer_only_its_start_changes():
    assert budgets.find(vdir.AWGN).restorer == find(vdir.AWGN, "paper").restorer.short()


def test_ten_thousand_steps_a_first_stage_and_fewer_a_second():
    for name in NAMES:
        run = budgets.find(name)
        dedicated = name.startswith("cfsnet") and not run.parent and name[-2:] in ("30", "40", "20")
        expected = {15_000} if dedicated else {2_500, 5_000} if run.parent else {10_000}
        assert run.steps in expected, name


def test_the_rows_of_qgcn_are_equally_long_continuations_of_one_network():
    rows = [budgets.find(name) for name in ("qgcn-wo-cqr", "qgcn-full", "qgcn-wo-lq", "qgcn-wo-lf")]
    assert {(row.parent, row.steps, row.blocks) for row in rows} == {("qgcn-start", 2_500, 4)}
    start = budgets.find("qgcn-start")
    assert replace(rows[0], name=start.name, parent="", steps=start.steps) == start


def test_everything_is_trained_once_before_anything_is_trained_for_longer():
    runs = [training.recipe for training in budgets.QUEUE]
    first = next(i for i, run in enumerate(runs) if run.steps == budgets.LONGER)
    assert max(Counter(run.name for run in runs[:first]).values()) == 1
    assert {run.name for run in runs} == set(NAMES)
    seen = set()
    for run in runs:
        assert set(run.needs) <= seen, run.name
        seen.add(run.name)
    assert max(training.seconds * training.recipe.steps for training in budgets.QUEUE) < 10 * 3600


def test_what_starts_from_a_longer_run_is_trained_again_behind_it():
    runs = [training.recipe for training in budgets.QUEUE]
    steps = training_queue.in_turn(runs, lambda run: (run.name, str(run.steps)))
    assert len({step.name for step in steps}) == len(steps) == len(runs)
    again = {step.name: step for step in steps}[f"{STAGE} (2,500 steps) again"]
    assert again.needs == {f"{BASIC} (30,000 steps)", f"{STAGE} (2,500 steps)"}


def test_the_rate_is_constant_and_falls_to_zero_over_the_last_fifth():
    factors = [Annealed().factor(step / 20) for step in range(21)]
    assert factors[:16] == [1.0] * 16
    assert factors[16:] == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
    assert budgets.find(BASIC).before_annealing == 8_000
    assert find(BASIC, "paper").before_annealing == find(BASIC, "compact").before_annealing == 0


def noted(run, **history):
    return Provenance(run.name, run.sha(), run.as_json(), "paper", steps=run.steps, **history)


def put(run, out, weight=1.0, **history):
    path = checkpoints.path_of(run.name, "paper", out)
    return checkpoints.save(path, {"weight": torch.tensor([weight])}, noted(run, **history))


def test_a_budget_is_missing_until_it_is_trained_for_as_many_steps_from_the_parent_that_is_here(tmp_path):
    basic, longer, stage = budgets.find(BASIC), budgets.find(BASIC, 30_000), budgets.find(STAGE)
    queue = [basic, stage, longer, stage]
    assert training_queue.are_missing(queue, tmp_path) == [True] * 4
    sha = put(basic, tmp_path)
    assert training_queue.are_missing(queue, tmp_path) == [False, True, True, True]
    put(stage, tmp_path, parent=BASIC, parent_sha=sha)
    assert training_queue.are_missing(queue, tmp_path) == [False, False, True, True]
    put(longer, tmp_path, weight=2.0)
    assert training_queue.are_missing(queue, tmp_path) == [False, True, False, True]


def test_a_network_of_the_budget_is_built_as_it_was_trained(tmp_path):
    """Of four blocks, where the full schedule has ten; the start of a budget is in no other list."""
    for name in ("qgcn-start", "qgcn-wo-cqr"):
        run = budgets.find(name)
        checkpoints.save(checkpoints.path_of(name, "paper", tmp_path), run.build().state_dict(), noted(run))
        assert sum(p.numel() for p in networks.load(name, "paper", tmp_path).net.parameters()) == sum(
            p.numel() for p in run.build().parameters()
        )


def test_the_queue_goes_on_in_the_background_from_where_it_is_then(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    begun = []
    monkeypatch.setattr(processes, "detach", lambda command, log: begun.append(command) or 1234)
    options = ("--scale", "paper", "--budget", "cpu", "--jobs", 2, "--background", "--out", tmp_path)
    assert lib("train", "--next", 7, *options) == 0
    (command,) = begun
    assert command[1:] == ["-m", "lib", "train", "--next", "7", "--scale=paper", "--device=auto",
                           "--budget=cpu", f"--out={tmp_path}", "--jobs", "2"]  # fmt: skip
    assert "7 runs are trained in the background." in capsys.readouterr().out


def test_each_run_of_the_queue_is_told_its_steps(tmp_path, capsys):
    assert lib("train", BASIC, "--scale", "paper", "--budget", "cpu", "--list", "--out", tmp_path) == 0
    assert f"train {BASIC} --scale=paper --device=auto --budget=cpu --steps=10000" in capsys.readouterr().out
    longer = ("--steps", 30_000, "--list", "--out", tmp_path)
    assert lib("train", BASIC, "--scale", "paper", "--budget", "cpu", *longer) == 0
    assert "--budget=cpu --steps=30000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((BASIC, "--budget", "cpu"), "--budget is of --scale paper"),
        ((BASIC, "--budget", "cpu", "--scale", "paper", "--patch", 48), "takes no other budget than --steps"),
        (("cresmd", "--budget", "cpu", "--scale", "paper"), "No run called cresmd has a budget for a CPU."),
    ],
)
def test_what_is_no_budget_is_refused(arguments, sentence, capsys):
    assert lib("train", *arguments) == 1
    assert sentence in capsys.readouterr().err


def test_pause_and_resume(tmp_path):
    assert lib("train", "--pause", "--out", tmp_path) == 0
    assert unfinished.paused(tmp_path) and not unfinished.paused(tmp_path / "other")
    assert lib("train", "--resume", "--out", tmp_path) == 0
    assert not unfinished.paused(tmp_path)
