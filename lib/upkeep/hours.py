"""What is trained and measured of the queue for a CPU, and how many hours of it are left on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

from lib.base import devices, paths
from lib.base.rows import read
from lib.recipes import Recipe
from lib.recipes.budgets import QUEUE, WITHOUT_BF16, Training
from lib.runs import training_queue
from lib.training import checkpoints, unfinished
from lib.training.unfinished import Progress


@dataclass(frozen=True)
class Hours:
    """The queue as it stands. out: of checkpoints; measured: of rows."""

    queue: tuple[Training, ...] = QUEUE
    out: Path = paths.CHECKPOINTS
    measured: Path = paths.MEASURED

    @cached_property
    def missing(self) -> list[bool]:
        return training_queue.are_missing([training.recipe for training in self.queue], self.out)

    @cached_property
    def slower(self) -> tuple[float, str]:
        """Return how many times the seconds of the list a step takes here, and whence that is known."""
        made = ((self._run_here(training.recipe), training.seconds) for training in self.queue)
        ratios = [progress.seconds / progress.step / seconds for progress, seconds in made if progress.step]
        if ratios:
            return median(ratios), "measured here"
        fast = devices.fast_precision(devices.choose("cpu")) == "bfloat16"
        return (1.0, "with avx512_bf16") if fast else (WITHOUT_BF16, "without avx512_bf16")

    def left(self, training: Training) -> float:
        """Return the hours of a run that is missing, at its own speed where it was begun on this machine."""
        here = self._run_here(training.recipe)
        seconds = here.seconds / here.step if here.step else self.slower[0] * training.seconds
        return seconds * (training.recipe.steps - self._done(training.recipe)) / 3600

    def rows(self) -> Iterator[list[str]]:
        """Return for every place of the queue its run, its state, and the hours left."""
        known = self._measured()
        for training, missing in zip(self.queue, self.missing, strict=True):
            recipe = training.recipe
            if missing:
                step = self._done(recipe)
                state, left = f"step {step:,}" if step else "missing", f"{self.left(training):.1f}"
            else:
                noted = checkpoints.noted(checkpoints.path_of(recipe.name, recipe.scale, self.out))
                state, left = ("measured" if noted["recipe_sha"] in known else "trained, not measured"), ""
            yield [f"{recipe.name}, {recipe.steps:,} steps", state, left]

    def total(self) -> str:
        """Return in a sentence what is left."""
        wanted = [training for training, missing in zip(self.queue, self.missing, strict=True) if missing]
        slower, known = self.slower
        hours = sum(map(self.left, wanted))
        paused = " Paused: train --resume lets them go on." * unfinished.paused(self.out)
        trained = f"{len(self.queue) - len(wanted)} of {len(self.queue)} are trained"
        speed = f"{slower:.2g} times the seconds of the list, {known}"
        left = f"{hours:.1f} hours are left for one process, half of that for two ({speed})"
        return f"{trained}; {left}.{paused}"

    def _done(self, recipe: Recipe) -> int:
        """Return after how many steps a run goes on; one whose parent will be trained begins anew."""
        missing = {one.recipe.name for one, wanted in zip(self.queue, self.missing, strict=True) if wanted}
        return 0 if missing & set(recipe.needs) else self._run_here(recipe).step

    def _run_here(self, recipe: Recipe) -> Progress:
        """Return how far the run, or a shorter budget of it, was trained here, as far as that is kept."""
        found = unfinished.states(recipe, self.out).values()
        return max(found, key=lambda progress: progress.step, default=Progress())

    def _measured(self) -> set[str]:
        """Return the hashes of the recipes of which rows are stored."""
        stored = (read(path) for path in self.measured.glob("*.csv"))
        return {row["recipe_sha"] for rows in stored for row in rows if "recipe_sha" in row}
