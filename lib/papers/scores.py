"""Values of a setting image by image, and what is said of them: means, differences, intervals."""

from collections.abc import Sequence

import numpy as np

from lib.evaluation.measure import interval

Scores = dict[str, float]  # image name -> value
DECIMALS = {"dB": 2, "distance": 4}  # of a unit, where it is not 3


def mean(scores: Scores) -> float:
    """Return the mean over images."""
    return float(np.mean(list(scores.values())))


def difference(a: Scores, b: Scores) -> Scores:
    """Return a - b on every image that both have."""
    return {image: a[image] - b[image] for image in a if image in b}


def with_interval(scores: Scores, decimals: int = 2) -> str:
    """Return `0.21 [0.18, 0.25]`: the mean and its 95 % bootstrap interval over images."""
    low, high = interval(np.array(list(scores.values())))
    return f"{mean(scores):.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def listed(scores: Sequence[Scores], unit: str = "dB") -> str:
    """Return means with their intervals, one after the other, and the unit where it has a name of its own."""
    text = ", ".join(with_interval(s, DECIMALS.get(unit, 3)) for s in scores)
    return f"{text} dB" if unit == "dB" else text


def surely_above(scores: Scores, least: float = 0.0) -> bool:
    """Return whether the mean over images is above `least`, its interval included."""
    return interval(np.array(list(scores.values())))[0] > least
