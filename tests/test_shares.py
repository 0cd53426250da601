"""The share of the full schedule behind a number of the papers' own size, and what it decides."""

from dataclasses import replace

import pytest
import torch

from lib.base import provenance
from lib.evaluation.measure import Measurement, Setting
from lib.evaluation.results import Store
from lib.papers.adafm.subjects import DENOISING
from lib.papers.captions import caption
from lib.papers.cells import Cell
from lib.papers.deciding import above
from lib.papers.judging import Claim, Evidence, judge
from lib.papers.shares import Share, shares, told
from lib.papers.tables import BY_METHOD, Line, paper_shaped
from lib.papers.workbench import Workbench
from lib.recipes import budgets, find
from lib.training import checkpoints
from lib.training.checkpoints import Provenance

BASIC = "adafm-denoise-basic-s15"
SETTING = Setting(BASIC, (), DENOISING.on(15))
SHORT = 10_000 * 8 * 48**2 / (1_000_000 * 16 * 96**2)


def put(name, out, recipe=None, steps=None):
    """A checkpoint, by its budget for a CPU where no recipe is given."""
    recipe = recipe or budgets.find(name, steps)
    noted = Provenance(
        name,
        recipe.sha(),
        recipe.as_json(),
        "paper",
        steps=recipe.steps,
        patches=recipe.steps * recipe.batch,
        training_set=recipe.training_set,
    )
    path = checkpoints.path_of(name, "paper", out)
    checkpoints.save(path, {"weight": torch.ones(1)}, noted)
    return path


def test_a_share_is_of_the_training_pixels(tmp_path):
    assert shares([BASIC], tmp_path) == []
    put(BASIC, tmp_path)
    assert shares([BASIC, "DnCNN-B", "input"], tmp_path) == [
        Share(pytest.approx(SHORT), "the released code's", "bsds500-traintest")
    ]


def test_what_is_not_shipped_says_it_in_its_curve(tmp_path):
    path = put(BASIC, tmp_path)
    path.with_suffix(".csv").write_text("step,pixels,loss\n5000,1,0.1\n10000,184320000,0.1\n")
    path.unlink()
    assert shares([BASIC], tmp_path) == [
        Share(pytest.approx(SHORT), "the released code's", "bsds500-traintest")
    ]


def test_whole_schedules_are_whole_and_say_whose_they_are(tmp_path):
    whose = {
        BASIC: "the released code's",
        "adafm-arcnn-s15": "our",
        "cfsnet-denoise-main-s25": "our",
        "cfsnet-sr-main-mae": "the released code's",
        "vdir-awgn": "our",
        "cunet": "the released code's",
        "cugan": "our",
        "qgcn-full": "our",
    }
    for name in whose:
        put(name, tmp_path, find(name, "paper"))
    found = shares(whose, tmp_path)
    assert [(one.part, one.by) for one in found] == [(1.0, by) for by in whose.values()]


def test_a_training_in_two_parts_counts_as_one(tmp_path):
    """Of the ablations of QGCN, which go on from one network within the budget alone."""
    for name in ("qgcn-start", "qgcn-full"):
        put(name, tmp_path)
    (share,) = shares(["qgcn-full"], tmp_path)
    assert share.part == pytest.approx(12_500 * 6 * 48**2 / (500_000 * 15 * 64**2))


def test_shares_in_words():
    code, ours = "the released code's", "our"
    assert told([]) == ""
    assert told([Share(0.00125, code, "bsds500-traintest"), Share(0.000625, code, "bsds500-traintest")]) == (
        "0.062 to 0.12 % of the released code's schedule in training pixels, on BSDS500 train + test"
    )
    assert told([Share(0.5, code, "div2k-train"), Share(1.0, ours, "train400")]) == (
        "50 % of the released code's schedule and 100 % of our schedule in training pixels, on "
        "div2k-train and train400"
    )


@pytest.fixture
def evidence(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *words: "")
    scores = {"a": 33.0, "b": 34.0, "c": 35.0}
    row = Measurement(SETTING, "paper", scores, Provenance(BASIC, "", "", "paper"), "w", "data", "cpu")
    Store("adafm", tmp_path).write([("item", row)])
    return Evidence("adafm", "paper", tmp_path, tmp_path)


def claims():
    def test(e):
        sample = e.sample("item", SETTING)
        return above(sample, 20.0), f"{sample} dB"

    of_order = Claim("name", "item", "text", test)
    return of_order, replace(of_order, full_size=True)


def test_decibels_beside_other_networks_wait_for_a_tenth_of_the_schedule(evidence, tmp_path):
    of_order, of_decibels = claims()
    put(BASIC, tmp_path)
    ordered, said = judge(of_order, evidence), judge(of_decibels, evidence)
    assert ordered.verdict == "holds"
    trained = "trained for 0.12 % of the released code's schedule in training pixels, on BSDS500 train + test"
    assert ordered.measured == f"34.00 [31.52, 36.48] dB; {trained}"
    assert (said.verdict, said.margin) == ("not tested", None)
    assert said.measured == f"34.00 [31.52, 36.48] dB; {trained}: judged from 10 % on"

    put(BASIC, tmp_path, steps=800_000)
    assert judge(of_decibels, evidence).verdict == "holds"


def test_a_claim_that_rests_on_nothing_trained_here_is_judged(evidence, tmp_path):
    """Though the claim before it read a network that was hardly trained."""
    put(BASIC, tmp_path)
    judge(claims()[1], evidence)
    counted = Claim("name", "item", "text", lambda e: (True, "1 million"), full_size=True)
    said = judge(counted, evidence)
    assert (said.verdict, said.measured) == ("holds", "1 million")


def test_captions_and_cells_say_it(tmp_path):
    path = put(BASIC, tmp_path)
    path.with_suffix(".csv").write_text("step,loss\n10000,0.1\n")
    bench = Workbench("adafm", "paper", checkpoints=tmp_path)
    trained = told(shares([BASIC], tmp_path))
    cell = Cell(paper={"a": 33.0}, setting=SETTING, trained=trained)
    below = caption(bench, [cell])
    assert f"the paper's own size, 10,000 steps, {trained}" in below
    html = paper_shaped([(Line("cbsd68"), "basic", cell)], BY_METHOD, below, "this run")
    assert "the paper&#x27;s size, after 0.12 % of the released code&#x27;s schedule" in html
