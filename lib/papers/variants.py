"""Networks used otherwise than as they are, by the names under which their rows are kept.

With a sample of the latent, with all orientations of an image, in windows as large as the patches of the
training, or with the knobs set by Auto for each image.
"""

import json
from functools import partial

from lib.app import tasks
from lib.app.auto import AtAuto
from lib.app.tasks import Task
from lib.evaluation import knob_curves
from lib.models.knobs import Controllable
from lib.recipes import adafm, cfsnet, cugan, vdir
from lib.recipes.common import SEEDS, seeded_name
from lib.training.checkpoints import Provenance
from lib.training.networks import Variant
from lib.training.wrappers import InWindows, Sampled, SelfEnsemble

SAMPLES = 3  # of a latent, of which tables show the mean
IN_WINDOWS = " in windows"
AT_AUTO = " at Auto"
BY_CURVE = {  # the run, and the task whose level is estimated
    adafm.stage_name(adafm.DENOISE, 15, 75, 1): tasks.DENOISE,
    adafm.stage_name(adafm.DEJPEG, 80, 10, 1): tasks.DEJPEG,
    cfsnet.tuned_name(cfsnet.COLOUR, 50): tasks.DENOISE,
    cfsnet.tuned_name(cfsnet.DEBLOCK, 40): tasks.DEJPEG,
}


def _by_curve(net: Controllable, history: Provenance, task: Task) -> AtAuto:
    """Raises FileNotFoundError where no curve is stored for the run."""
    curve = knob_curves.read_curve(history.recipe, history.scale)
    if curve is None:
        raise FileNotFoundError(f"No curve is stored by which Auto could set the knob of {history.recipe}.")
    return AtAuto(net, task, (curve,))


def _by_what_it_is_told(net: Controllable, _: Provenance) -> AtAuto:
    lines = map(tasks.straight_line, tasks.DEBLUR.told, tasks.DEBLUR.levels)
    return AtAuto(net, tasks.DEBLUR, tuple(lines))


def _curves_of(net: AtAuto) -> str:
    return repr(net.curves)


def _in_windows(net: Controllable, history: Provenance) -> InWindows:
    return InWindows(net, json.loads(history.recipe_fields)["patch"])


VARIANTS = {
    **{
        f"{run} sample {seed}": Variant(run, lambda net, _, seed=seed: Sampled(net, seed))
        for run in (seeded_name(vdir.AWGN, training) for training in SEEDS)
        for seed in range(SAMPLES)
    },
    f"{vdir.REAL} +": Variant(vdir.REAL, lambda net, _: SelfEnsemble(net)),
    **{f"{run}{IN_WINDOWS}": Variant(run, _in_windows) for run in adafm.CONDITIONAL},
    **{
        f"{run}{AT_AUTO}": Variant(run, partial(_by_curve, task=task), _curves_of)
        for run, task in BY_CURVE.items()
    },
    f"{cugan.CUNET}{AT_AUTO}": Variant(cugan.CUNET, _by_what_it_is_told, _curves_of),
}
