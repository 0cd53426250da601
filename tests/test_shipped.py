"""Every checkpoint in the repository is of today's recipe, or is listed as to be trained anew."""

import hashlib
import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from lib.base import paths
from lib.recipes import Recipe, budgets, find
from lib.training import checkpoints
from lib.training.checkpoints import Provenance

# To be trained anew, for their recipes have changed since. Names leave this list, none joins it: who changes
# a recipe trains its network.
OUTDATED = {
    *("adafm-arcnn-g1", "adafm-arcnn-g3", "adafm-arcnn-g5"),
    *("adafm-arcnn-s15", "adafm-arcnn-s15-ft-s50", "adafm-arcnn-s50-scratch"),
    *("cfsnet-deblock-main-q10", "cfsnet-deblock-main-q20", "cfsnet-deblock-main-q30"),
    *("cfsnet-deblock-tune-q40", "cfsnet-sa-deblock-tune-q40", "dni-deblock-q10-ft-q40"),
    *("cfsnet-denoise-main-s30", "cfsnet-denoise-main-s40", "cfsnet-sa-denoise-tune-s50"),
    *("cfsnet-sr-tune-gan", "dni-sr-mae-ft-gan"),
    *("cugan", "cunet"),
    *("qgcn-cqr", "qgcn-full", "qgcn-texture", "qgcn-wo-cqr"),
    *("vdir-awgn", "vdir-jpeg-rgb", "vdir-jpeg-y", "vdir-sr-x2", "vdir-sr-x4"),
}

SHIPPED = sorted(
    path for scale in ("compact", "paper") for path in (paths.CHECKPOINTS / scale).glob("*.safetensors")
)
COMPACT = [path for path in SHIPPED if path.parent.name == "compact"]


def history(path: Path) -> Provenance:
    return checkpoints.load(path).provenance


def todays(noted: Provenance) -> Recipe:
    """What would be trained by the name; at paper scale within the budget that the checkpoint had."""
    stated = json.loads(noted.recipe_fields)
    recipe = checkpoints.recipe_of(noted.recipe, noted.scale, noted)
    if recipe.before_annealing:
        return replace(recipe, steps=stated["steps"])
    if noted.scale != "paper" or stated["steps"] == recipe.steps:
        return recipe
    return recipe.budgeted(**{name: stated[name] for name in ("steps", "patch", "batch")})


def first_sha(recipe: Recipe, stated: set[str]) -> str:
    """As the first networks at paper scale were hashed: over all fields that there were, those at their
    defaults too. Empty where a field that was added since is not at its default."""
    if any(f.name not in stated and getattr(recipe, f.name) != f.default for f in fields(recipe)):
        return ""
    text = json.dumps({k: v for k, v in asdict(recipe).items() if k in stated}, sort_keys=True)
    return hashlib.sha256(f"{type(recipe).__name__} {text}".encode()).hexdigest()[:12]


def is_current(noted: Provenance, recipe: Recipe) -> bool:
    known = {recipe.sha()}
    if noted.scale == "paper":
        known.add(first_sha(recipe, set(json.loads(noted.recipe_fields))))
    return noted.recipe_sha in known


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_checkpoint_is_of_todays_recipe_unless_it_is_to_be_trained_anew(path):
    noted = history(path)
    assert (noted.recipe, noted.scale) == (path.stem, path.parent.name)
    outdated = path in COMPACT and path.stem in OUTDATED
    if is_current(noted, todays(noted)):
        assert not outdated, f"{path.stem} has been trained anew: take it off OUTDATED"
    else:
        assert outdated, f"the recipe of {path.stem} has changed: train it anew"


def test_what_is_to_be_trained_anew_is_here():
    assert not OUTDATED - {path.stem for path in COMPACT}


def test_what_is_current_starts_from_and_is_judged_by_what_is_here():
    """A parent or a guide that was trained anew takes with it what was trained from it."""
    current = [history(path) for path in SHIPPED if path.stem not in OUTDATED]
    needed = [
        (checkpoints.path_of(name, noted.scale), sha, noted.recipe)
        for noted in current
        for name, sha in ((noted.parent, noted.parent_sha), (noted.guide, noted.guide_sha))
    ]
    there = [one for one in needed if one[0].exists()]
    assert there
    for path, sha, needing in there:
        assert checkpoints.load(path).weights_sha == sha, (needing, path.stem)


@pytest.mark.parametrize("scale", ["compact", "paper"])
@pytest.mark.parametrize("change", [{"lr": 2e-4}, {"phased": True}, {"precision": "bfloat16"}, {"width": 8}])
def test_a_changed_recipe_is_noticed(change, scale):
    """By today's hashes, and by the first ones at paper scale, also in a field that came later."""
    noted = history(checkpoints.path_of("adafm-denoise-basic-s75", scale))
    recipe = todays(noted)
    assert is_current(noted, recipe)
    assert not is_current(noted, replace(recipe, **change))


@pytest.mark.parametrize("name", ["adafm-dejpeg-basic-q80", "qgcn-start", "vdir-jpeg-y"])
def test_a_network_within_its_budget_for_a_cpu_is_of_todays_recipe_in_whatever_steps(name):
    for steps in (None, 30_000):
        recipe = budgets.find(name, steps)
        noted = Provenance(name, recipe.sha(), recipe.as_json(), "paper", steps=recipe.steps)
        assert todays(noted) == recipe and is_current(noted, todays(noted))
        changed = replace(recipe, lr=2e-4)
        noted = replace(noted, recipe_sha=changed.sha(), recipe_fields=changed.as_json())
        assert not is_current(noted, recipe)


UNMEASURED = sorted((paths.CHECKPOINTS / "unmeasured").glob("*.safetensors"))


@pytest.mark.parametrize("path", UNMEASURED, ids=lambda path: path.stem)
def test_what_waits_to_be_measured_is_of_todays_recipe(path):
    """Rows are of the weights in compact/: new ones take their place together with their rows."""
    assert checkpoints.made_by(find(path.stem, "compact"), path)
