"""What notebooks show has to be trained and measured first: steps for what is missing, in a graph."""

import sys
from collections.abc import Sequence
from functools import partial

from lib import checkpoints, paths, pool, recipes, trainings
from lib.graph import Step
from lib.recipes import Recipe, Scale

MEASURE = "measure "
FIRST = {"compare": ("adafm",)}  # whose curves of Auto it takes
COMPARISON, PLAYGROUND = "compare", ""
NOTEBOOKS = {  # and what `measure` calls what they show
    "00_playground": PLAYGROUND,
    "01_adafm": "adafm",
    "02_cfsnet": "cfsnet",
    "03_cugan": "cugan",
    "04_vdir": "vdir",
    "05_qgcn": "qgcn",
    "06_compare": COMPARISON,
}


def preparations(notebook: str, scale: Scale, device: str, *, train: bool, measure: bool) -> list[Step]:
    """Trainings of the runs of a notebook's paper that have no checkpoint, and after them the measurement of
    all of its items on whole sets, each if asked for; none for a notebook that is not of a paper.

    The playground and the comparison take the networks of all papers.
    """
    if notebook not in NOTEBOOKS:
        return []
    key = NOTEBOOKS[notebook]
    own = recipes.queue(scale) if key in (COMPARISON, PLAYGROUND) else recipes.of_paper(key, scale)
    runs = _with_what_they_need(own) if train else ()
    missing = [recipe for recipe in runs if not checkpoints.path_of(recipe.name, scale).exists()]
    options = (f"--scale={scale}", f"--device={device}")
    steps = trainings.trainings(missing, lambda name: (sys.executable, "-m", "lib", "train", name, *options))
    if measure and key != PLAYGROUND:
        command = (sys.executable, "-m", "lib", "measure", key, *options)
        log = paths.RUNS / "measuring" / f"{key}-{scale}.log"
        waits = {step.name for step in steps} | {MEASURE + key for key in FIRST.get(key, ())}
        steps.append(Step(MEASURE + key, partial(pool.run_logged, command, log), after=frozenset(waits)))
    return steps


def _with_what_they_need(runs: Sequence[Recipe]) -> list[Recipe]:
    """Parents and guides of other papers too, before what needs them."""
    found: dict[str, Recipe] = {}

    def take(recipe: Recipe) -> None:
        for needed in filter(None, (recipe.parent, recipe.guide)):
            take(recipes.find(needed, recipe.scale))
        found.setdefault(recipe.name, recipe)

    for recipe in runs:
        take(recipe)
    return list(found.values())
