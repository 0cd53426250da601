"""What notebooks show has to be trained and measured first: steps for what is missing, in a graph."""

import shlex
import sys
from collections.abc import Iterable

from lib import recipes
from lib.base import paths
from lib.recipes import Scale
from lib.runs import processes, training_queue
from lib.runs.graph import Step
from lib.training import checkpoints

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


def preparations(
    notebook: str, scale: Scale, device: str, *, train: bool, measure: bool, fresh: bool = False
) -> list[Step]:
    """Trainings of the runs of a notebook's paper that have no checkpoint, and after them the measurement of
    all of its items on whole sets, each if asked for; none for a notebook that is not of a paper.

    The playground and the comparison take the networks of all papers. fresh: what is stored is measured
    again.
    """
    if notebook not in NOTEBOOKS:
        return []
    key = NOTEBOOKS[notebook]
    own = recipes.queue(scale) if key in (COMPARISON, PLAYGROUND) else recipes.of_paper(key, scale)
    runs = recipes.with_needs(own) if train else ()
    missing = [recipe for recipe in runs if not checkpoints.path_of(recipe.name, scale).exists()]
    options = (f"--scale={scale}", f"--device={device}")
    steps = training_queue.trainings(
        missing, lambda name: (sys.executable, "-m", "lib", "train", name, *options)
    )
    if measure and key != PLAYGROUND:
        again = ("--fresh",) if fresh else ()
        command = (sys.executable, "-m", "lib", "measure", key, *options, *again)
        log = paths.RUNS / "measuring" / f"{key}-{scale}.log"
        waits = {step.name for step in steps} | {MEASURE + key for key in FIRST.get(key, ())}
        steps.append(Step(MEASURE + key, processes.Logged(command, log), after=frozenset(waits)))
    return steps


def stages(steps: Iterable[Step]) -> list[str]:
    """The same as shell commands: trainings, on one line those that start from one another, then
    measurements."""
    unique = {step.name: step for step in steps}.values()
    measuring = [step for step in unique if step.name.startswith(MEASURE)]
    groups = training_queue.groups([step for step in unique if step not in measuring])
    lines = [" && ".join(shlex.join(step.work.command) for step in group) for group in groups]
    if lines:
        lines.insert(0, "# trainings, in any order")
    if measuring:
        measuring.sort(key=lambda step: any(MEASURE + key == step.name for key in FIRST))
        lines += ["# then measurements, in this order"]
        lines += [shlex.join(step.work.command) for step in measuring]
    return lines
