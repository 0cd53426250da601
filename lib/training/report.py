"""What a training tells: a line now and then, and its curve at the end."""

import csv
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from lib.recipes import Recipe
from lib.training import health
from lib.training.unfinished import Progress


def tell(bar: tqdm, recipe: Recipe, progress: Progress, before: Progress, losses: dict[str, float]) -> None:
    """Print how far a run is, or write it into the bar where that is shown.

    before: where this process took the run up; what is left is told at the speed since then. losses: means
    of the steps since the last validation by the names of their columns. bar.total: the budget of the run,
    in steps or, where its recipe states minutes, in seconds.
    """
    rate = (progress.step - before.step) / (progress.seconds - before.seconds)
    done, pace = (progress.seconds, 1.0) if recipe.minutes else (progress.step, rate)
    latest = progress.curve[-1] if progress.curve else {}
    values = "  ".join(f"{name} {value:.5g}" for name, value in losses.items())
    watched = (f"{k} {latest[k]:.2f}" for k in (recipe.measures[0], health.DEAD) if k in latest)
    text = "  ".join((values, *watched, f"{rate:.1f} steps/s"))
    if not bar.disable:
        bar.set_postfix_str(text)
        return
    left = (bar.total - done) / pace
    print(
        f"{recipe.name}  step {progress.step} ({done / bar.total:.0%})  {text}  {left / 60:.1f} min left",
        flush=True,
    )


def write_curve(path: Path, curve: list[health.Row], columns: Iterable[str], watched: str) -> None:
    """Write the rows of a training curve as CSV; columns: what its head has where there is no row.

    A run that went on with later code may have columns that its first rows lack: these stay empty.
    """
    names = dict.fromkeys(name for row in curve for name in row) or columns
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, (*names, "images"), lineterminator="\n")
        writer.writeheader()
        for row in curve:
            values = {k: v if isinstance(v, int) else f"{v:.6g}" for k, v in row.items()}
            writer.writerow({**values, "images": watched})
