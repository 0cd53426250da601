"""Stored rows, measured again on this machine, and through what users call."""

import pytest

from lib.app import public
from lib.degradations.levels import Compress, Denoise
from lib.evaluation.inference import Restorer, restore_colours, seen_by
from lib.evaluation.measure import Bench, Protocol, Setting
from lib.evaluation.results import Store
from lib.papers.adafm.subjects import DENOISING
from lib.papers.at_hand import EMBEDDED, EMBEDDED_GRAY
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
    again = Bench("compact", device="cpu", limit=2).measure(setting)
    assert stored.row["weights_sha"] == again.weights_sha
    assert len(again.scores) == 2
    for name, value in again.scores.items():
        assert abs(value - stored.scores[name]) <= AGREE["dB"], name


def luma(dataset, quality):
    return Protocol(dataset, Compress(quality), colour="luma", multiple=1)


USED = [  # where it is stored, the name that users call, its knobs; one network a paper
    ("adafm", "adafm-fig2", "adafm-denoise", (0.5,), Protocol(EMBEDDED, Denoise(45))),
    ("cfsnet", "cfsnet-table2", "cfsnet-deblock", (0.6,), luma(EMBEDDED, 20)),
    ("compare", "compare-plane", "cugan", (0.0, 1.0, 0.1), Protocol(EMBEDDED, Denoise(50), multiple=1)),
    ("vdir", "vdir-table6", "vdir-jpeg", (0.0,), luma(EMBEDDED, 20)),
    ("compare", "compare-plane", "qgcn", (0.1,), luma(EMBEDDED_GRAY, 10)),
]


@pytest.mark.parametrize(("paper", "item", "name", "knobs", "protocol"), USED, ids=[one[2] for one in USED])
def test_what_users_call_makes_what_was_measured(paper, item, name, knobs, protocol):
    """In float32, as measured; where bfloat16 is fast, users get that. Grays from black to white, whose Y
    ends at 16 and 235, are what a network of Y sees of a gray image."""
    stored = Store(paper).find(item, "compact", Setting(public.find(name).run, knobs, protocol))
    image, clean, degraded = next(protocol.inputs(1))
    network = public.load(name, "compact")
    restorer = Restorer(network.net, device="cpu", precision="float32")
    given = degraded if network.channels == 3 else (255 * degraded - 16) / 219
    restored = restore_colours(lambda x: restorer(x, knobs), given, network.channels)
    score = protocol.score(seen_by(restored, network.channels), clean)
    assert score == pytest.approx(stored.scores[image], abs=AGREE["dB"])


@pytest.mark.parametrize("paper", [paper.key for paper in PAPERS])
def test_every_row_comes_from_the_weights_that_are_shipped(paper):
    rows = Store(paper).rows
    if rows.empty:
        pytest.skip(f"{paper} is not measured")
    assert "smoke" not in set(rows["scale"])
    measured = rows.groupby(["recipe", "scale"])["weights_sha"].agg(set)
    shipped = {key: shas for key, shas in measured.items() if path_of(*key).exists()}
    assert shipped
    for (run, scale), shas in shipped.items():
        assert shas == {networks.load(run, scale).weights_sha}, run
