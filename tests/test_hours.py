"""What is trained and measured of the queue for a CPU, and the hours that are left of it."""

import pytest
import torch

from lib.base import devices, paths
from lib.recipes import budgets
from lib.training import checkpoints, unfinished
from lib.training.checkpoints import Provenance
from lib.upkeep.hours import Hours

BASIC, STAGE = "adafm-dejpeg-basic-q80", "adafm-dejpeg-q80-q10-k1"
QUEUE = tuple(
    budgets.Training(budgets.find(name, steps), 0.1)
    for name, steps in ((BASIC, None), (STAGE, None), (BASIC, 30_000), (STAGE, None))
)


@pytest.fixture
def hours(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(devices, "fast_precision", lambda device: "float32")

    def now():
        return Hours(QUEUE, tmp_path, tmp_path)

    return now


def trained(recipe, out, weight=1.0, **parent):
    noted = Provenance(
        recipe.name, recipe.sha(), recipe.as_json(), "paper", steps=recipe.steps, training_set="x", **parent
    )
    path = checkpoints.path_of(recipe.name, "paper", out)
    return checkpoints.save(path, {"weight": torch.tensor([weight])}, noted)


def begun(path, step, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.save(path, unfinished.Progress(step=step, seconds=seconds), 0.0, {})


def test_of_nothing_trained_the_hours_are_those_of_the_list_by_the_stated_factor(hours):
    assert hours().total().startswith("0 of 4 are trained; 3.8 hours are left for one process")
    steps = 10_000 + 2_500 + 30_000 + 2_500
    assert sum(map(hours().left, QUEUE)) == pytest.approx(3 * 0.1 * steps / 3600)


def test_what_was_begun_here_tells_how_fast_this_machine_is(hours, tmp_path):
    recipe = QUEUE[0].recipe
    begun(unfinished.folder_of(recipe, tmp_path) / unfinished.FILE, 4_000, 800.0)
    assert hours().slower == (2.0, "measured here")
    assert [hours().left(one) * 3600 for one in QUEUE[:2]] == pytest.approx([0.2 * 6_000, 0.2 * 2_500])
    assert [state for _, state, _ in hours().rows()] == ["step 4,000", "missing", "missing", "missing"]


def test_a_longer_budget_is_left_from_before_annealing_and_what_starts_from_it_anew(hours, tmp_path):
    basic, stage = QUEUE[0].recipe, QUEUE[1].recipe
    sha = trained(basic, tmp_path)
    trained(stage, tmp_path, parent=BASIC, parent_sha=sha)
    begun(unfinished.before_annealing(basic, tmp_path), 8_000, 800.0)
    begun(unfinished.before_annealing(stage, tmp_path), 2_000, 200.0)
    (tmp_path / "adafm.csv").write_text(f"item,scale,recipe_sha\na,paper,{basic.sha()}\n")
    states = [state for _, state, _ in hours().rows()]
    assert states == ["measured", "trained, not measured", "step 8,000", "missing"]
    assert hours().left(QUEUE[2]) * 3600 == pytest.approx(0.1 * 22_000)
    assert hours().left(QUEUE[3]) * 3600 == pytest.approx(0.1 * 2_500)

    trained(QUEUE[2].recipe, tmp_path, weight=2.0)
    assert [state.partition(" ")[0] for _, state, _ in hours().rows()][2:] == ["trained,", "step"]
    assert hours().missing == [False, True, False, True]


def test_a_pause_is_told(hours, tmp_path):
    assert "Paused" not in hours().total()
    unfinished.pause(tmp_path)
    assert hours().total().endswith("Paused: train --resume lets them go on.")
    unfinished.go_on(tmp_path)
    assert "Paused" not in hours().total()
