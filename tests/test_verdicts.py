"""Verdicts come from stored rows alone."""

from dataclasses import replace

import pandas as pd
import pytest

from lib.base import paths
from lib.evaluation.measure import Bench, Setting
from lib.evaluation.results import Store
from lib.papers import papers, verdicts
from lib.papers.adafm import items as adafm
from lib.papers.adafm.subjects import DENOISING
from lib.papers.qgcn import items as qgcn
from lib.papers.scores import mean


def test_every_claim_of_an_item_is_judged_at_both_scales_and_nothing_is_measured(tmp_path, monkeypatch):
    def measure(bench, setting):
        raise AssertionError("a verdict measured something")

    monkeypatch.setattr(Bench, "measure", measure)
    paper = replace(papers.find("adafm"), items={"a": adafm.table5, "b": adafm.parameters})
    frame = pd.read_csv(verdicts.write(paper, tmp_path, "cpu"))
    claims = ("distance grows with range", "easy to hard is close", "hard to easy is worse")
    names = [f"{claim} ({task})" for task in ("denoising", "JPEG") for claim in claims]
    assert list(frame["claim"]) == [*names, "few parameters"] * 2
    assert list(frame["scale"]) == ["compact"] * 7 + ["paper"] * 7
    assert frame["verdict"].iloc[-1] == "holds"  # 2048 filters, less than 4 % of the weights

    beside = pd.read_csv(tmp_path / "adafm-beside.csv")
    printed = pd.read_csv(paths.PRINTED / "adafm.csv")
    table5 = printed[(printed["item"] == "adafm-table5") & (printed["metric"] == "psnr")]
    assert sorted(beside["printed"]) == sorted(table5["value"].astype(float))
    far = beside[(beside["method"] == "AdaFM-Net") & (beside["setting"] == "sigma15->sigma75")]
    stored = Store("adafm").find(
        "adafm-table5",
        "compact",
        Setting(DENOISING.wide, (1.0,), DENOISING.on(75)),
    )
    assert far["compact"].item() == pytest.approx(mean(stored.scores), abs=5e-5)


def test_published_networks_and_inputs_are_not_ours(tmp_path):
    paper = replace(papers.find("qgcn"), items={"a": qgcn.table2})
    verdicts.write(paper, tmp_path, "cpu")
    methods = pd.read_csv(tmp_path / "qgcn-beside.csv")["method"]
    assert set(methods) == {"RNAN", "Ours"}
