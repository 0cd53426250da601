"""Verdicts come from stored rows alone."""

from dataclasses import replace

import pandas as pd

from lib.measure import Bench
from lib.reports import adafm, papers, verdicts


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
