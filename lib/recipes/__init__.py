"""Training runs by name; one file per paper says what they are."""

from lib.recipes import adafm
from lib.recipes.common import SCALES, Recipe, Scale

__all__ = ["SCALES", "Recipe", "Scale", "find", "queue"]

_SIZES = {"smoke": adafm.SMOKE, "compact": adafm.COMPACT, "paper": adafm.PAPER}


def queue(scale: Scale) -> tuple[Recipe, ...]:
    """Every run at this scale, most wanted first, parents before their stages."""
    return adafm.runs(_SIZES[scale])


def find(name: str, scale: Scale) -> Recipe:
    """The recipe of a run; raises KeyError naming the known runs."""
    for recipe in queue(scale):
        if recipe.name == name:
            return recipe
    known = ", ".join(recipe.name for recipe in queue(scale))
    raise KeyError(f"No run is called {name}. There are: {known}.")
