"""Verdicts come from stored rows alone, quickly, and every claim says what decides it."""

import io
import time
from dataclasses import replace

import pandas as pd
import pytest

from lib.base import paths
from lib.evaluation.measure import Bench, Setting
from lib.evaluation.results import Store
from lib.papers import forest, papers, verdict_table, verdicts
from lib.papers.adafm import items as adafm
from lib.papers.adafm.subjects import DENOISING
from lib.papers.judging import judge_all
from lib.papers.qgcn import items as qgcn
from lib.papers.scores import mean

CLAIMING = [paper for paper in papers.PAPERS if paper.claims]
each_paper = pytest.mark.parametrize("paper", CLAIMING, ids=lambda paper: paper.key)


@each_paper
def test_every_claim_is_judged_at_both_scales_and_nothing_is_measured(paper, monkeypatch):
    def measure(*_):
        raise AssertionError("a verdict measured something")

    monkeypatch.setattr(Bench, "measure_all", measure)
    frame = verdicts.judged(paper)
    assert list(frame["claim"]) == [*paper.claims] * 2
    assert list(frame["scale"]) == ["compact"] * len(paper.claims) + ["paper"] * len(paper.claims)
    assert set(frame["verdict"]) <= {"holds", "differs", "undecided", "not tested"}
    assert (frame["measured"] != "").all()


@each_paper
def test_every_claim_says_what_decides_it_and_whose_bound_that_is(paper):
    for claim in paper.claims.values():
        assert claim.bound, claim.name
        assert claim.paper, claim.name
    assert 1 <= sum(claim.headline for claim in paper.claims.values()) <= 6


@each_paper
def test_claims_that_are_said_to_have_controls_have_them(paper):
    """In the file that is named, a test goes through every claim."""
    text = (paths.ROOT / paper.controls).read_text() if paper.controls else ""
    assert "def test_every_claim_" in text or not paper.controls


def line(claim, scale, verdict, headline="", value=""):
    row = {"claim": claim, "item": "adafm-fig1", "paper": f"{claim} <says>", "scale": scale}
    row |= {"verdict": verdict, "measured": "no rows" if verdict == "not tested" else "1.00 dB"}
    row |= {"headline": headline, "bound": "ours", "control": "tests/test.py", "unit": "dB", "value": value}
    return row | {"low": value and "0.01", "high": value and "0.4", "among": value and "2", "p": "0.01"}


ROWS = [
    line("small", "compact", "holds", value="0.2"),
    line("large", "compact", "not tested", "yes"),
    line("other", "compact", "not tested"),
    line("small", "paper", "not tested"),
    line("large", "paper", "differs", "yes"),
    line("other", "paper", "not tested"),
]


def test_a_table_of_verdicts_has_a_line_for_each_claim_headline_first():
    text = verdict_table.html(ROWS)
    assert text.count("<details>") == 3 and text.index("large") < text.index("small")
    assert text.count("no rows") == 1 and "<sup>1</sup> no rows: 3 claims." in text
    assert "large &lt;says&gt;" in text and "<script" not in text
    assert "<b>Clears its bound by:</b> 0.20 [0.01, 0.40] dB (nearest to failing of 2 comparisons)." in text
    assert text.count("<b>Control:</b>") == 2  # of the claims that were tested


def test_a_forest_plot_has_what_was_compared():
    text = forest.svg(ROWS, "abc")
    assert ">small</text>" in text and ">large</text>" not in text and "rows abc" in text
    assert forest.svg(ROWS[1:]) == "" and forest.svg(ROWS, "abc") == text


@each_paper
def test_nothing_stored_is_not_tested(paper, tmp_path):
    found = judge_all(paper.key, paper.claims.values(), tmp_path, tmp_path)
    assert {one.verdict for one in found} == {"not tested"}


def test_all_claims_are_judged_in_under_ten_seconds():
    """Of processor time: the machine may be busy."""
    began = time.process_time()
    for paper in CLAIMING:
        judge_all(paper.key, paper.claims.values())
    assert time.process_time() - began < 10


def test_printed_numbers_stand_beside_what_is_stored(tmp_path):
    paper = replace(papers.find("adafm"), items={"a": adafm.table5})
    verdicts.write(paper, tmp_path, "cpu")
    beside = pd.read_csv(tmp_path / "adafm-beside.csv")
    printed = pd.read_csv(paths.PRINTED / "adafm.csv")
    table5 = printed[(printed["item"] == "adafm-table5") & (printed["metric"] == "psnr")]
    assert sorted(beside["printed"]) == sorted(table5["value"].astype(float))
    far = beside[(beside["method"] == "AdaFM-Net") & (beside["setting"] == "sigma15->sigma75")]
    wide = Setting(DENOISING.wide, (1.0,), DENOISING.on(75))
    stored = Store("adafm").find("adafm-table5", "compact", wide)
    assert far["compact"].item() == pytest.approx(mean(stored.scores), abs=5e-5)


def test_published_networks_and_inputs_are_not_ours(tmp_path):
    paper = replace(papers.find("qgcn"), items={"a": qgcn.table2})
    verdicts.write(paper, tmp_path, "cpu")
    methods = pd.read_csv(tmp_path / "qgcn-beside.csv")["method"]
    assert set(methods) == {"RNAN", "Ours"}


def test_what_is_said_of_items_that_were_not_asked_for_stays(tmp_path):
    """Whatever can be said of them here and now."""
    paper = papers.find("adafm")
    paper = replace(paper, items={name: paper.items[name] for name in ("adafm-table1", "adafm-table5")})
    verdicts.write(paper, tmp_path, "cpu")
    names = ("adafm-verdicts.csv", "adafm-beside.csv")
    fresh = {name: (tmp_path / name).read_text() for name in names}
    for name in names:
        frame = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
        column = "measured" if "verdicts" in name else "compact"
        frame[column] = "by another machine"
        frame.to_csv(tmp_path / name, index=False, lineterminator="\n")
    verdicts.write(paper, tmp_path, "cpu", ["adafm-table5"])
    for name in names:
        before, after = io.StringIO(fresh[name]), tmp_path / name
        before, after = (pd.read_csv(one, dtype=str, keep_default_na=False) for one in (before, after))
        asked = before["item"] == "adafm-table5"
        assert asked.any() and not asked.all()
        assert after["item"].equals(before["item"]) and after[asked].equals(before[asked])
        column = "measured" if "verdicts" in name else "compact"
        assert (after.loc[~asked, column] == "by another machine").all()
