"""How well the scores of the ranker order the qualities of an image, and those of all images together."""

from itertools import combinations

import numpy as np

from lib.papers.scores import Scores

APART = 5  # between two qualities whose order is judged


def accuracy(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Return the share of pairs at least APART whose lower quality scores lower, image by image."""
    pairs = [(a, b) for a, b in combinations(sorted(qualities), 2) if b - a >= APART]
    return {
        name: float(np.mean([scores[a][name] < scores[b][name] for a, b in pairs]))
        for name in scores[qualities[0]]
    }


def correlations(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Return Spearman's rank correlation of score and quality, image by image."""
    return {name: _correlation(scores, qualities, [name]) for name in scores[qualities[0]]}


def pooled(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Return Spearman's rank correlation of score and quality over all images together, as a value for each
    image whose mean it is.

    These are Tukey's pseudo-values of the jackknife, n r - (n - 1) r without the image: from them an
    interval over images follows as from any other values.
    """
    names = list(scores[qualities[0]])
    whole = _correlation(scores, qualities, names)
    without = {name: [other for other in names if other != name] for name in names}
    return {
        name: len(names) * whole - len(others) * _correlation(scores, qualities, others)
        for name, others in without.items()
    }


def _correlation(scores: dict[int, Scores], qualities: tuple[int, ...], names: list[str]) -> float:
    from scipy.stats import spearmanr

    asked = np.repeat(qualities, len(names))
    return float(spearmanr(asked, [scores[q][name] for q in qualities for name in names]).statistic)
