"""The bench: that it measures and writes; how fast a machine is, is not a test."""

import csv

import pytest
import torch

from lib.upkeep import bench
from lib.upkeep.bench import Result


def test_an_aim_is_met_up_to_and_at_it():
    assert [Result("a", v, "ms", 50.0).met for v in (49.9, 50.0, 50.1)] == ["yes", "yes", "no"]
    assert Result("a", 1.0, "ms").met == ""


def test_results_are_told_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "_all", lambda repeats, device: [Result("a", 12.345678, "ms", 10.0)])
    monkeypatch.setattr(bench.devices.os, "getloadavg", lambda: (0.51, 0.0, 0.0))
    bench.run(tmp_path / "runs" / "bench.csv", 1, "cpu")
    with (tmp_path / "runs" / "bench.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["measured"], row["met"], row["load"]) == ("12.346", "no", "0.51")
    said = capsys.readouterr().out
    assert "not to be trusted" in said and "12.35" in said


def test_a_quiet_machine_is_trusted(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "_all", lambda repeats, device: [])
    monkeypatch.setattr(bench.devices.os, "getloadavg", lambda: (0.5, 9.0, 9.0))
    bench.run(tmp_path / "bench.csv", 1, "cpu")
    assert "not to be trusted" not in capsys.readouterr().out


def test_a_ratio_is_the_second_over_the_first_whoever_comes_first(monkeypatch):
    """By a clock of which the second takes three times as long; each leads every other pair."""
    order = []

    def seconds(action, device):
        order.append(action())
        return {"first": 2.0, "second": 6.0}[order[-1]]

    monkeypatch.setattr(bench.timing, "seconds", seconds)
    assert bench._ratio(lambda: "first", lambda: "second", 4, torch.device("cpu")) == 3.0
    assert order == ["first", "second", "second", "first"] * 2


MEASURED = (bench.folding, bench.coupling, bench.conditioning)


def test_every_measurement_runs_without_checkpoints_and_sets(monkeypatch):
    def missing(name, scale):
        raise FileNotFoundError(name)

    monkeypatch.setattr(bench.public, "load", missing)
    cpu = torch.device("cpu")
    turned = list(bench.slider("compact", 32, 100.0, 1, cpu))
    step = list(bench.training_step(1, cpu))
    ratios = [measured("compact", 16, 1, cpu) for measured in MEASURED]
    regions = [bench.answer(name, "smoke", 1, cpu) for name in ("cugan", "vdir-denoise")]
    assert [(r.unit, r.aim, r.note) for r in regions] == [("ms", 150.0, "random weights")] * 2
    assert [r.note for r in turned] == ["random weights"] * 2
    units = ["ms", "ms", "steps/s", "% of a step", "times", "times", "times"]
    assert [r.unit for r in (*turned, *step, *ratios)] == units
    assert all(r.value > 0 for r in (*turned, *step, *ratios))
    assert [r.aim for r in ratios] == [1.02, 1.0, 1.02]
    assert turned[0].aim == pytest.approx(100) and turned[1].aim is None
