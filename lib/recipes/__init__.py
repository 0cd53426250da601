"""Training runs by name; one file per paper says what they are."""

from lib.recipes import adafm, cfsnet, qgcn
from lib.recipes.common import SCALES, Recipe, Scale

__all__ = ["SCALES", "Recipe", "Scale", "find", "queue"]

_PAPERS = {
    "smoke": (adafm.runs(adafm.SMOKE), qgcn.runs(qgcn.SMOKE), cfsnet.runs(cfsnet.SMOKE)),
    "compact": (adafm.runs(adafm.COMPACT), qgcn.runs(qgcn.COMPACT), cfsnet.runs(cfsnet.COMPACT)),
    "paper": (adafm.runs(adafm.PAPER), qgcn.runs(qgcn.PAPER), cfsnet.runs(cfsnet.PAPER)),
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
