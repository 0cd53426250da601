"""Training runs by name; one file per paper says what they are."""

from lib.recipes import adafm, cfsnet, cugan, qgcn, vdir
from lib.recipes.common import SCALES, Recipe, Scale

__all__ = ["SCALES", "Recipe", "Scale", "find", "queue"]

_FILES = (adafm, qgcn, cfsnet, vdir, cugan)
_PAPERS = {
    "smoke": tuple(paper.runs(paper.SMOKE) for paper in _FILES),
    "compact": tuple(paper.runs(paper.COMPACT) for paper in _FILES),
    "paper": tuple(paper.runs(paper.PAPER) for paper in _FILES),
}


def queue(scale: Scale) -> tuple[Recipe, ...]:
    """Every run at this scale, paper by paper, most wanted first, parents and guides before what needs
    them."""
    return tuple(recipe for runs in _PAPERS[scale] for recipe in runs)


def find(name: str, scale: Scale) -> Recipe:
    """The recipe of a run; raises KeyError naming the known runs."""
    for recipe in queue(scale):
        if recipe.name == name:
            return recipe
    known = ", ".join(recipe.name for recipe in queue(scale))
    raise KeyError(f"No run is called {name}. There are: {known}.")
