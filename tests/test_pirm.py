"""Ma's score by an optional package, and the index it is half of."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lib.data.images import shaved
from lib.degradations import to_8bit
from lib.degradations.levels import Small
from lib.evaluation.measure import Protocol
from lib.metrics import pirm


def test_the_index_of_the_challenge():
    assert pirm.index(np.array([4.0]), np.array([8.0])) == [3.0]


@pytest.fixture
def package(monkeypatch):
    """What stands in for the package: its score is the mean of the image; keeps how it was asked."""
    asked = []

    def create_metric(name, **options):
        asked.append((name, options))
        return lambda x: x.mean((1, 2, 3))

    monkeypatch.setitem(sys.modules, "pyiqa", SimpleNamespace(create_metric=create_metric, __spec__=True))
    pirm._network.cache_clear()
    yield asked
    pirm._network.cache_clear()


def test_it_sees_the_8_bit_colours_without_the_border(package):
    """It takes Y itself, rounded, by the coefficients of YCbCr."""
    x, clean = torch.rand(2, 1, 3, 24, 32, generator=torch.Generator().manual_seed(0))
    protocol = Protocol("set5", Small(4), colour="8-bit Y of RGB", multiple=1, metric="ma")
    assert protocol.border == 4
    expected = float(shaved(to_8bit(x), 4).mean())
    assert [protocol.score(x, clean) for _ in range(2)] == pytest.approx([expected] * 2)
    assert package == [("nrqm", {"device": "cpu", "color_space": "ycbcr", "crop_border": 0})]
    assert pirm.available()
