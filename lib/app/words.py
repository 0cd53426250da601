"""What a turn of a knob does, in a photographer's words; the paper's symbol for it stays the knob's name."""

from dataclasses import dataclass

from lib.app.tasks import Loaded
from lib.evaluation.knob_curves import knob_for
from lib.models.knobs import Knob


@dataclass(frozen=True)
class Effect:
    """name: what is turned. low, high: what there is of it at the two ends of the knob."""

    name: str
    low: str = "less"
    high: str = "more"


NOISE = Effect("Noise removed")
TEXTURE = Effect("Texture", "smooth", "fine")
REMOVED = {"noise": NOISE, "JPEG": Effect("Compression removed"), "size": Effect("Sharpened")}
OWN = {"texture": TEXTURE, "blur": Effect("Blur removed"), "noise": NOISE}


def effect(knob: Knob, loaded: Loaded) -> Effect:
    """What turning a knob of this network up does.

    A knob removes more towards the worse levels, and its curve says at which end these are.
    """
    if knob.name in OWN:
        return OWN[knob.name]
    task = loaded.task
    if task.repeats > 1 and knob.name == "alpha_in":  # from the smallest error to the most likely texture
        return TEXTURE
    removed, curve = REMOVED[task.family], loaded.curve
    if curve is None:  # it adds to the level itself
        return removed
    rises = knob_for(curve.high, curve) > knob_for(curve.low, curve)
    worse_upwards = task.family != "JPEG"
    return removed if rises is worse_upwards else Effect(removed.name, "more", "less")
