"""Training runs by name; one file per paper says what they are."""

from collections.abc import Sequence

from lib.recipes import adafm, budgets, cfsnet, cugan, qgcn, vdir
from lib.recipes.common import SCALES, Recipe, Scale

__all__ = ["SCALES", "Recipe", "Scale", "find", "of_paper", "queue", "ways", "with_needs"]

_FILES = {"adafm": adafm, "qgcn": qgcn, "cfsnet": cfsnet, "vdir": vdir, "cugan": cugan}
_PAPERS = {
    "smoke": {key: paper.runs(paper.SMOKE) for key, paper in _FILES.items()},
    "compact": {key: paper.runs(paper.COMPACT) for key, paper in _FILES.items()},
    "paper": {key: paper.runs(paper.PAPER) for key, paper in _FILES.items()},
}


def of_paper(key: str, scale: Scale) -> tuple[Recipe, ...]:
    """Return every run of one paper, most wanted first; what they need of other papers is not among them."""
    return _PAPERS[scale][key]


def queue(scale: Scale) -> tuple[Recipe, ...]:
    """Return every run at this scale, paper by paper, most wanted first, parents and guides before what needs
    them."""
    return tuple(recipe for runs in _PAPERS[scale].values() for recipe in runs)


def with_needs(runs: Sequence[Recipe]) -> list[Recipe]:
    """Return these runs, each after the parents and guides it needs, of other papers too."""
    found: dict[str, Recipe] = {}

    def take(recipe: Recipe) -> None:
        for needed in recipe.needs:
            take(find(needed, recipe.scale))
        found.setdefault(recipe.name, recipe)

    for recipe in runs:
        take(recipe)
    return list(found.values())


def find(name: str, scale: Scale) -> Recipe:
    """Return the recipe of a run; raises KeyError naming the known runs."""
    for recipe in queue(scale):
        if recipe.name == name:
            return recipe
    known = ", ".join(recipe.name for recipe in queue(scale))
    raise KeyError(f"No run is called {name}. There are: {known}.")


def ways(name: str, scale: Scale) -> tuple[Recipe, ...]:
    """Return every recipe of a run: of its full schedule and, at paper scale, within its budget for a CPU.

    Raises KeyError naming the known runs.
    """
    short = (budgets.find(name),) if scale == "paper" and name in budgets.SECONDS else ()
    full = tuple(recipe for recipe in queue(scale) if recipe.name == name)
    return (*full, *short) or (find(name, scale),)
