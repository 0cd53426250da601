import numpy as np

from lib.papers.tsne import tsne


def test_neighbours_stay_neighbours():
    """Three clouds far apart: the nearest other of every point is of its own cloud, every time alike."""
    points = np.random.default_rng(0).normal(size=(30, 8)) + 20 * np.eye(3, 8).repeat(10, 0)
    places = tsne(points, perplexity=10)
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + 1e9 * np.eye(30)
    np.testing.assert_array_equal(apart.argmin(1) // 10, np.arange(30) // 10)
    np.testing.assert_allclose(tsne(points, perplexity=10), places)


def test_fewer_points_than_neighbours():
    assert np.isfinite(tsne(np.eye(4), perplexity=30)).all()
