"""QGCN's tables and figures: verdicts from given numbers, the ranker's order, its maps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lib.base import paths, provenance
from lib.degradations.levels import Clean, Compress
from lib.evaluation import measure
from lib.evaluation.measure import Measurement, Protocol, Setting
from lib.evaluation.results import Store
from lib.models.qgcn import Ranker
from lib.papers import facts
from lib.papers.common import Report
from lib.papers.judging import Evidence, judge
from lib.papers.qgcn import items as qgcn
from lib.papers.qgcn import order, ranker, readings
from lib.papers.qgcn.claims import CLAIMS
from lib.papers.qgcn.subjects import (
    ABLATION,
    DNCNN,
    METRICS,
    QUALITIES,
    RANKED,
    RNAN,
    SETS,
    VARIANTS,
    on,
    scored,
)
from lib.recipes.qgcn import FULL, RANKER
from lib.training.checkpoints import Provenance

PRINTED = pd.read_csv(paths.PRINTED / "qgcn.csv")
PIXELS = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("qgcn", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("qgcn", tmp_path / "measured")
    report.available = lambda name: False
    return report


def verdict(report, claim, scale="compact"):
    return judge(CLAIMS[claim], Evidence("qgcn", scale, report.store.rows_path.parent)).verdict


def stored(item, network, protocol, value):
    scores = {"a": value - 0.01, "b": value + 0.01}
    scale = "published" if network == DNCNN else "compact"
    history = Provenance("", "", "", scale)
    return item, Measurement(Setting(network, (), protocol), scale, scores, history, "w", "d", "cpu")


def printed(table, method, dataset, quality, metric):
    found = PRINTED[
        (PRINTED["item"] == table)
        & (PRINTED["method"] == method)
        & (PRINTED["dataset"] == dataset)
        & (PRINTED["setting"] == f"q{quality}")
        & (PRINTED["metric"] == metric)
    ]
    return float(found["value"].item())


def store_table1(report, wrong=()):
    """The printed numbers, some of them changed by (variant, quality, metric)."""
    wrong = dict(wrong)
    report.store.write(
        stored(
            "qgcn-table1",
            network,
            on(q, ABLATION, metric),
            wrong.get((variant, q, metric), printed("qgcn-table1", variant, "BSDS500", q, metric)),
        )
        for variant, network in VARIANTS.items()
        for q in QUALITIES
        for metric in METRICS
    )


def test_the_papers_own_numbers_support_its_claims_on_table1(report):
    store_table1(report)
    claims = [claim.name for claim in CLAIMS.values() if claim.item == "qgcn-table1"]
    assert len(claims) == 6
    assert {verdict(report, claim) for claim in claims} == {"holds"}
    assert {verdict(report, claim, "paper") for claim in claims} == {"not tested"}
    shown = qgcn.table1(report)
    assert shown.loc[("BSDS500 val (100) q10 PSNR", "Ours"), "printed"] == "29.42"
    assert shown.loc[("BSDS500 val (100) q30 SSIM", "w/o L_F"), "compact"] == "0.861"


def test_sentences_say_by_how_much_printed_numbers_differ():
    assert CLAIMS["the ranker helps"].paper.endswith("(by 0.20, 0.40 and 0.08 dB).")
    assert CLAIMS["feature matching keeps the structure"].paper.endswith("(by 0.027, 0.056 and 0.030).")
    assert CLAIMS["dilation serves several qualities"].paper.endswith("(1.20 and 1.72 against 0.04 dB).")


@pytest.mark.parametrize(
    ("cell", "value", "claim"),
    [
        (("w/o CQR", 20, "psnr_b"), 31.30, "the ranker helps"),
        (("w/o CQR", 30, "psnr_b"), 31.70, "the ranker helps most where artefacts are severe"),
        (("w/o L_Q", 10, "psnr_b"), 29.02, "the quality loss helps"),
        (("w/o L_F", 10, "ssim"), 0.808, "feature matching keeps the structure"),
        (("w/o L_F", 30, "psnr"), 34.0, "feature matching is worth more than the quality loss"),
        (("w/o DC", 20, "psnr"), 31.96, "dilation serves several qualities"),
    ],
)
def test_a_wrong_number_in_table1_differs(report, cell, value, claim):
    store_table1(report, {cell: value}.items())
    assert verdict(report, claim) == "differs"


@pytest.mark.parametrize(("psnr_b", "expected"), [(0.2, "holds"), (-0.1, "differs")])
def test_table2_compares_with_what_was_measured_on_the_same_pictures(report, psnr_b, expected):
    """Ours is 0.1 dB above DnCNN in PSNR, and this much above it and RNAN in PSNR-B."""
    for dataset in SETS:
        for q in QUALITIES:
            for network, ahead in ((DNCNN, 0), (RNAN, 0), (FULL, psnr_b)):
                psnr = 29.0 + 0.1 * (network == FULL)
                values = {"psnr": psnr, "ssim": 0.8, "psnr_b": 29.0 + ahead}
                report.store.write(
                    stored("qgcn-table2", network, on(q, dataset, m), v) for m, v in values.items()
                )
    shown = qgcn.table2(report)
    assert verdict(report, "one network is as good as DnCNN") == "holds"
    assert verdict(report, "fewer visible blocks than DnCNN") == expected
    assert verdict(report, "fewer visible blocks than RNAN") == expected
    quoted = shown.loc[("LIVE1 q10 PSNR-B", "TNRD")]
    assert quoted["printed"] == "28.88" and set(quoted.drop("printed")) == {"quoted"}
    assert shown.loc[("LIVE1 q10 PSNR", "DnCNN")].iloc[-1] == "takes long"


@pytest.mark.parametrize(("own", "expected"), [(29.09, "holds"), (29.2, "differs")])
def test_what_a_single_network_costs(report, own, expected):
    for q in QUALITIES:
        report.store.write([stored("qgcn-perq", FULL, on(q, "live1"), 29.0)])
        report.store.write([stored("qgcn-perq", f"{FULL}-q{q}", on(q, "live1"), own)])
    assert verdict(report, "a single network costs little") == expected
    shown = qgcn.per_quality(report)
    assert shown.loc[("LIVE1 q10", "what that costs"), "compact"] == f"{own - 29:.2f}"


# --- the ranker ------------------------------------------------------------------------------------


def test_only_pairs_that_are_far_enough_apart_count():
    scores = {1: {"a": 0.0}, 4: {"a": -1.0}, 6: {"a": 2.0}, 30: {"a": 1.0}}
    right = order.accuracy(scores, (1, 4, 6, 30))  # of 1-6, 1-30, 4-30, 6-30 the last is wrong
    assert right == {"a": 0.75}
    assert order.correlations({q: {"a": float(q)} for q in (1, 2, 3)}, (1, 2, 3)) == {"a": 1.0}


def test_a_judge_scores_the_degraded_picture(monkeypatch):
    """A judge that returns the mean: no change without degradation."""

    class Mean(torch.nn.Module):
        def forward(self, x):
            return x.mean((1, 2, 3))

    pixels = np.full((40, 40), 100, np.uint8)
    sample = measure.sets.Sample("flat", pixels)
    monkeypatch.setattr(measure, "samples", lambda dataset, limit=None: [sample])
    protocol = Protocol("set", Clean(), colour="luma", multiple=1, metric="score")
    found = measure.judge(Mean(), protocol, device=torch.device("cpu"))
    assert found == {"flat": pytest.approx(100 / 255)}
    with pytest.raises(ValueError, match="what a judge gives"):
        protocol.score(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8))


@pytest.mark.parametrize(("clean", "expected"), [(4.0, "holds"), (2.0, "differs")])
def test_the_score_is_judged_on_stored_rows(report, clean, expected):
    protocol = Protocol("live1", Clean(), colour="luma", multiple=1, metric="score")
    assert scored("clean").protocol == protocol
    assert scored(30).protocol == replace(protocol, level=Compress(30))
    scores = {"clean": clean} | {q: 0.1 * q for q in RANKED}
    report.store.write(
        stored("qgcn-cqr-rank", RANKER, scored(at).protocol, score) for at, score in scores.items()
    )
    figure, frame = qgcn.rank(report)
    assert figure.png.startswith(b"\x89PNG")
    assert frame.loc["1 to 30", "pairs ranked rightly, compact"] == "1.000"
    assert verdict(report, "the score follows the quality") == "holds"
    assert verdict(report, "the clean picture scores highest") == expected


class Knowing(Ranker):
    """A ranker that knows the clean picture: its maps are the error, or the lack of it."""

    def __init__(self, clean, inverted):
        super().__init__(1, 4)
        self.clean, self.inverted = clean, inverted

    def features(self, x):
        error = 0.01 + (x - self.clean).abs()
        return [1 / error if self.inverted else error] * 3


@pytest.mark.parametrize(("inverted", "expected"), [(False, "holds"), (True, "differs")])
def test_maps_are_judged_by_their_response(report, inverted, expected):
    clean = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    told = ranker.told(Knowing(clean, inverted), [clean])
    facts.keep("qgcn", "qgcn-fig4", "compact", told, report.store.rows_path.parent)
    for claim in ("the clean picture leaves the ranker cold", "the ranker responds where artefacts are"):
        assert verdict(report, claim) == expected
        assert verdict(report, claim, "paper") == "not tested"


@pytest.mark.parametrize("at_hand", ["live1", "skimage-gray"])
def test_maps_are_kept_of_the_papers_own_pictures_alone(report, monkeypatch, at_hand):
    kept = {}
    monkeypatch.setattr(facts, "keep", lambda paper, item, scale, found: kept.update({item: found}))
    monkeypatch.setattr(measure, "samples", lambda dataset, limit=None: [measure.sets.Sample("a", PIXELS)])
    report.record, report.at_hand = True, lambda protocol: at_hand
    report.network = lambda name: Ranker(1, 4).eval()
    assert qgcn.fig4(report).png.startswith(b"\x89PNG")
    assert list(kept) == (["qgcn-fig4"] if at_hand == "live1" else [])


def test_figures_are_drawn_without_a_network(report):
    for name in ("qgcn-fig1", "qgcn-fig2", "qgcn-fig3", "qgcn-fig4"):
        assert qgcn.ITEMS[name](report).png.startswith(b"\x89PNG")


def test_a_picture_is_read_on_the_scale_of_all_others():
    """Scores are qualities for two pictures and ten lower for the third: it reads ten lower, the others'
    scale being the mean of one true and one low picture."""
    scores = {q: {"a": q, "b": q, "c": q - 10.0} for q in range(10, 100, 5)}
    found = readings.off_score(scores)
    assert found[50] == pytest.approx([55, 55, 40])
    assert found[10] == pytest.approx([15, 15, 10])  # nothing lower is known


def test_the_grid_reads_true_until_a_corner_is_cut_off(report, monkeypatch):
    monkeypatch.setattr(readings, "PICTURES", 1)
    monkeypatch.setattr(readings, "READ", (10, 50))
    figure, off = qgcn.reading(report)
    assert figure.png.startswith(b"\x89PNG")
    assert list(off) == ["grid", "grid, corner cut off"]
    assert list(off["grid"]) == ["0.0", "0.0"]
    assert (off["grid, corner cut off"].astype(float) > 30).all()
