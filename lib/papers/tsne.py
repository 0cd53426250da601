"""t-SNE (van der Maaten and Hinton, JMLR 2008): a plane on which only who is near whom counts."""

import numpy as np
from sklearn.manifold import TSNE


def tsne(points: np.ndarray, perplexity: float) -> np.ndarray:
    """(n, d) -> (n, 2), the same for the same points. `perplexity`: about how many neighbours each has; a
    third of the points at most."""
    perplexity = min(perplexity, (len(points) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(points.astype(np.float64))
