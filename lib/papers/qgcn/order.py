"""How well the scores of the ranker order the qualities of a picture."""

from itertools import combinations

import numpy as np

from lib.papers.scores import Scores

APART = 5  # between two qualities whose order is judged


def accuracy(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Return the share of pairs at least APART whose lower quality scores lower, picture by picture."""
    pairs = [(a, b) for a, b in combinations(sorted(qualities), 2) if b - a >= APART]
    return {
        name: float(np.mean([scores[a][name] < scores[b][name] for a, b in pairs]))
        for name in scores[qualities[0]]
    }


def correlations(scores: dict[int, Scores], qualities: tuple[int, ...]) -> Scores:
    """Return Spearman's rank correlation of score and quality, picture by picture."""
    from scipy.stats import spearmanr

    return {
        name: float(spearmanr(qualities, [scores[q][name] for q in qualities]).statistic)
        for name in scores[qualities[0]]
    }
