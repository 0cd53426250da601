"""How long trainings take beside one another: what the order of many on a cluster goes by."""

from lib import recipes
from lib.base import paths
from lib.base.rows import read
from lib.recipes import Scale
from lib.training import checkpoints

WORK = (
    paths.MEASURED / "work.csv"
)  # a row for each run at paper scale: steps, batch, and TFLOP for each image


def of_runs(scale: Scale) -> dict[str, float]:
    """By name, in one unit: TFLOP at paper scale, elsewhere the minutes that were measured."""
    return work() if scale == "paper" else minutes(scale)


def work() -> dict[str, float]:
    """TFLOP of every run at paper scale, by its printed schedule."""
    return {
        row["run"]: int(row["steps"]) * int(row["batch"]) * float(row["tflop_per_image"])
        for row in read(WORK)
    }


def minutes(scale: Scale) -> dict[str, float]:
    """Minutes of every run that has a training curve, by its last line."""
    found = {}
    for recipe in recipes.queue(scale):
        curve = read(checkpoints.path_of(recipe.name, scale).with_suffix(".csv"))
        if curve:
            found[recipe.name] = float(curve[-1]["step"]) / float(curve[-1]["steps_per_second"]) / 60
    return found
