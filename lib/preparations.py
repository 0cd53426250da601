"""What notebooks show has to be trained and measured first: steps for what is missing, in a graph."""

import sys
from collections.abc import Sequence
from functools import partial

from lib import checkpoints, paths, pool, recipes, trainings
from lib.graph import Step
from lib.recipes import Recipe, Scale
from lib.reports import papers

MEASURE = "measure "


def preparations(notebook: str, scale: Scale, device: str, *, train: bool, measure: bool) -> list[Step]:
    """Trainings of the runs of a notebook's paper that have no checkpoint, and after them the measurement of
    all of its items on whole sets, each if asked for; none for a notebook that is not of a paper.

    The playground and the comparison take the networks of all papers.
    """
    paper = next((p for p in (*papers.PAPERS, papers.COMPARISON) if p.notebook == notebook), None)
    if paper is None and notebook != papers.PLAYGROUND:
        return []
    own = recipes.of_paper(paper.key, scale) if paper in papers.PAPERS else recipes.queue(scale)
    runs = _with_what_they_need(own) if train else ()
    missing = [recipe for recipe in runs if not checkpoints.path_of(recipe.name, scale).exists()]
    options = (f"--scale={scale}", f"--device={device}")
    steps = trainings.trainings(missing, lambda name: (sys.executable, "-m", "lib", "train", name, *options))
    if measure and paper is not None:
        command = (sys.executable, "-m", "lib", "measure", paper.key, *options)
        log = paths.RUNS / "measuring" / f"{paper.key}-{scale}.log"
        names = frozenset(step.name for step in steps)
        steps.append(Step(MEASURE + paper.key, partial(pool.run_logged, command, log), after=names))
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
