"""What is trained and measured before a notebook is executed."""

import pytest

from lib import recipes
from lib.papers.papers import COMPARISON, PAPERS
from lib.runs import reproduction
from lib.runs.preparations import NOTEBOOKS, preparations
from lib.training import checkpoints


@pytest.fixture
def nothing_trained(tmp_path, monkeypatch):
    real = checkpoints.path_of
    monkeypatch.setattr(checkpoints, "path_of", lambda name, scale: real(name, scale, tmp_path))


def names(notebook, **options):
    asked = {"train": True, "measure": False} | options
    return [step.name for step in preparations(notebook, "smoke", "cpu", **asked)]


def test_runs_of_the_paper_and_what_they_need_of_others(nothing_trained):
    found = names("03_cugan")
    own = [recipe.name for recipe in recipes.of_paper("cugan", "smoke")]
    assert set(own) < set(found) and "ranker-rgb" in found
    assert found.index("ranker-rgb") < found.index("cugan") and found.index("cunet") < found.index("cugan")


def test_the_playground_and_the_comparison_take_all(nothing_trained):
    every = {recipe.name for recipe in recipes.queue("smoke")}
    assert set(names("00_playground")) == set(names("06_compare")) == every


def test_what_is_trained_is_not_trained_again(nothing_trained, tmp_path):
    before = names("05_qgcn")
    path = checkpoints.path_of("ranker-rgb", "smoke")
    path.parent.mkdir(parents=True)
    path.touch()
    assert set(before) - set(names("05_qgcn")) == {"ranker-rgb"}


def test_measuring_waits_for_the_trainings(nothing_trained):
    *trainings, last = preparations("02_cfsnet", "smoke", "cpu", train=True, measure=True)
    assert last.name == "measure cfsnet" and last.after == {step.name for step in trainings}
    assert not last.needs  # what could not be trained is shown as missing
    *_, compare = preparations("06_compare", "smoke", "cpu", train=False, measure=True)
    assert compare.after == {"measure adafm"}
    (alone,) = preparations("02_cfsnet", "smoke", "cpu", train=False, measure=True)
    assert alone.name == last.name and not alone.after


def test_measuring_afresh_is_asked_for(nothing_trained):
    for fresh in (False, True):
        asked = {"train": False, "measure": True, "fresh": fresh}
        (step,) = preparations("02_cfsnet", "smoke", "cpu", **asked)
        assert ("--fresh" in step.work.command) is fresh


def test_other_notebooks_need_nothing(nothing_trained):
    assert names("mine") == []
    assert names("00_playground", train=False, measure=True) == []


def test_every_notebook_is_known_by_what_it_shows():
    stems = {path.stem for path in reproduction.find_notebooks([])}
    assert set(NOTEBOOKS) == stems
    papers = (*PAPERS, COMPARISON)
    assert {paper.notebook: paper.key for paper in papers} == {n: key for n, key in NOTEBOOKS.items() if key}
