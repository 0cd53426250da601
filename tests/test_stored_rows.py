"""Stored rows, measured again on this machine."""

import pytest

from lib.degradations.levels import Denoise
from lib.evaluation.measure import Bench, Protocol, Setting
from lib.evaluation.results import Store
from lib.papers.adafm.subjects import DENOISING
from lib.papers.at_hand import EMBEDDED
from lib.papers.papers import PAPERS
from lib.papers.report import AGREE
from lib.training import networks
from lib.training.checkpoints import path_of

SAMPLE = [
    ("adafm-table5", DENOISING.basic(15), (), 15),
    ("adafm-table5", DENOISING.basic(75), (), 75),
    ("adafm-table5", DENOISING.wide, (1.0,), 75),
    ("adafm-table2", "adafm-denoise-s15-s75-k5", (1.0,), 75),
    ("adafm-fig2", DENOISING.wide, (0.5,), 45),
]


@pytest.mark.parametrize(("item", "network", "knobs", "sigma"), SAMPLE, ids=lambda value: str(value))
def test_a_stored_row_is_measured_again(item, network, knobs, sigma):
    setting = Setting(network, knobs, Protocol(EMBEDDED, Denoise(sigma)))
    stored = Store("adafm").find(item, "compact", setting)
    assert stored is not None, "the row is missing: python -m lib measure adafm"
    again = Bench("compact", device="cpu").measure(setting)
    assert stored.row["weights_sha"] == again.weights_sha
    assert stored.scores.keys() == again.scores.keys()
    for name, value in again.scores.items():
        assert abs(value - stored.scores[name]) <= AGREE["dB"], name


@pytest.mark.parametrize("paper", [paper.key for paper in PAPERS])
def test_every_row_comes_from_the_weights_that_are_shipped(paper):
    rows = Store(paper).rows
    if rows.empty:
        pytest.skip(f"{paper} is not measured")
    assert "smoke" not in set(rows["scale"])
    for (run, scale), group in rows.groupby(["recipe", "scale"]):
        if path_of(run, scale).exists():
            assert set(group["weights_sha"]) == {networks.load(run, scale).weights_sha}
