"""The gauge: from a score to a quality, and where there is none."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lib.base import provenance
from lib.degradations.levels import Clean, Compress
from lib.evaluation import jpeg_quality
from lib.evaluation.jpeg_quality import Gauge
from lib.evaluation.measure import Measurement, Protocol, Setting
from lib.evaluation.results import Store
from lib.models.qgcn import Ranker
from lib.recipes import find
from lib.recipes.qgcn import RANKER
from lib.training.checkpoints import Provenance, path_of, save


class Mean(nn.Module):
    """Scores an image by its mean luma, and keeps what it was shown."""

    def forward(self, x):
        self.shown = x
        return x.mean((1, 2, 3))


@pytest.mark.parametrize(("gray", "quality"), [(0.0, 10), (0.5, 30), (1.0, 50)])
def test_a_score_between_known_ones_reads_between_their_qualities(gray, quality):
    """Black and white have luma 16 / 255 and 235 / 255."""
    read = Gauge(Mean(), (10, 50), (16 / 255, 235 / 255)).read
    for channels in (1, 3):
        reading = read(torch.full((1, channels, 40, 40), gray))
        assert reading.quality == pytest.approx(quality, abs=1e-3)
        assert reading.score == pytest.approx((16 + 219 * gray) / 255, abs=1e-5)


@pytest.mark.parametrize(("side", "seen"), [(20, 32), (100, 100), (300, 256)])
def test_what_is_looked_at_has_a_bounded_size_and_the_grid_of_blocks(side, seen):
    judge = Mean()
    x = torch.arange(side * side, dtype=torch.float32).view(1, 1, side, side) / side**2
    Gauge(judge, (1, 2), (0, 1)).read(x)
    assert judge.shown.shape == (1, 1, seen, seen)
    if side == 300:
        first = (judge.shown[0, 0, 0, 0] * 255 - 16) / 219
        assert float(first) == pytest.approx((16 * 300 + 16) / 300**2, abs=1e-4)  # (300 - 256) // 2 is 22


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A ranker of random weights and the means that were measured with it: the order is not perfect."""
    monkeypatch.setattr(provenance, "_git", lambda *words: "")
    torch.manual_seed(0)
    history = Provenance(RANKER, "", "{}", "smoke")
    weights = save(path_of(RANKER, "smoke", tmp_path), find(RANKER, "smoke").build().state_dict(), history)
    protocol = Protocol("live1", Clean(), colour="luma", multiple=1, metric="score")

    def put(levels, weights=weights):
        rows = [
            Measurement(
                Setting(RANKER, (), replace(protocol, level=level)), "smoke", {"a": score}, history, weights,
                "d", "cpu",
            )
            for level, score in levels.items()
        ]  # fmt: skip
        Store("qgcn", tmp_path).write([(jpeg_quality.ITEM, row) for row in rows])
        return tmp_path

    return put


def test_the_scale_is_read_from_the_rows_of_the_same_weights(shelf):
    folder = shelf({Compress(30): 2.0, Compress(5): -1.0, Compress(10): 0.5, Compress(20): 0.4, Clean(): 9.0})
    found = jpeg_quality.load("smoke", folder, folder)
    assert isinstance(found.ranker, Ranker)
    assert found.qualities == (5, 10, 20, 30)
    assert found.scores == (-1.0, 0.5, 0.5, 2.0)  # never falls
    shelf({Compress(5): -2.0, Compress(30): 2.0}, "other weights")
    assert jpeg_quality.load("smoke", folder, folder) is None


def test_without_a_ranker_or_rows_there_is_no_gauge(shelf, tmp_path):
    assert jpeg_quality.load("paper", tmp_path, tmp_path) is None
    assert jpeg_quality.load("smoke", tmp_path, tmp_path) is None
