"""What networks cost: counted, recorded on a quiet machine alone, shown where it is on record."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from lib.app import public
from lib.evaluation import costs as rows
from lib.evaluation.costs import ABSENT, OF_EACH, Cost, multiplications
from lib.evaluation.results import Store
from lib.papers.compare import costs as compared
from lib.papers.compare.answer import times
from lib.papers.report import Report
from lib.papers.shown import Drawing, Prose
from lib.upkeep import costs, readme, results

SIDE = 32
MACHINE = {"cpu": "Abacus 2", "threads": 2, "load": 0.1}
FILTER = Cost("non-local means", "", 512, 512, 3, fp32_ms=238.0, psnr=29.0, memory_mib=300.0)


def test_multiplications_are_counted():
    up = nn.ConvTranspose2d(4, 6, 2, stride=2)
    assert multiplications(up, torch.rand(1, 4, 5, 7)) == 4 * 6 * 4 * 35
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8, stride=2))
    assert multiplications(net, torch.rand(1, 3, 10, 12)) == 8 * 27 * 120 + 8 * 9 * 30


def made(title, number, megapixels=0.262144, **more):
    """`number` * 100 ms a megapixel and 100 MiB of memory, of which a tenth a megapixel more."""
    height, width = (512, 512) if megapixels == 0.262144 else (1000, round(1000 * megapixels))
    ms = 100 * number * height * width / 1e6
    return Cost(
        title, "compact", height, width, 3, bf16_ms=ms, memory_mib=100 + 10 * height * width / 1e6, **more
    )


@pytest.fixture
def recorded(tmp_path):
    """A network of each paper at three sizes, in no order, and a filter."""
    all_of_it = {"weights": 200_000, "gflop": 31.0, "fp32_ms": 80.0, "fp32_share": 0.78, "bf16_share": 0.75}
    found = [
        made(title, number, size, **(all_of_it if size < 1 else {}))
        for number, title in enumerate(reversed(OF_EACH), start=1)
        for size in (0.262144, 2.0, 24.0)
    ]
    path = tmp_path / "measured" / "bench.csv"
    rows.write(path, [*found, FILTER], MACHINE)
    return path


@pytest.fixture
def report(tmp_path):
    report = Report("compare", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("compare", tmp_path / "measured")
    return report


@pytest.mark.parametrize("title", ["adafm-denoise", "qgcn"])
def test_a_network_is_measured_at_every_size_and_whole_at_one(title):
    small, whole, large = costs.of_network(
        title, "compact", ((16, 24), (SIDE, SIDE), (40, 60)), 1, "cpu", SIDE
    )
    assert [(c.height, c.width) for c in (small, whole, large)] == [(16, 24), (SIDE, SIDE), (40, 60)]
    assert 50 < small.memory_mib <= whole.memory_mib <= large.memory_mib
    assert small.gflop is None and large.fp32_ms is None and large.psnr is None
    seconds = whole.fp32_ms / 1000
    assert whole.fp32_share == pytest.approx(whole.gflop / seconds / whole.fp32_rate)
    loaded = public.load(title, "compact")
    assert whole.weights == sum(parameter.numel() for parameter in loaded.net.fold(
        torch.tensor([knob.start for knob in loaded.net.knobs])).parameters()
    )  # fmt: skip
    assert (whole.psnr is None) == (title == "qgcn")


@pytest.mark.parametrize("title", ["non-local means", "wavelets"])
def test_a_filter_removes_noise(title):
    clean, noisy = costs.photograph(64)
    cost = costs.of_filter(title, 64, 1)
    before = -10 * float((clean - noisy).square().mean().log10())
    assert cost.psnr > before + 3 and cost.fp32_ms > 0 and cost.gflop is None


def test_the_knob_stands_where_auto_sets_it_for_the_noise():
    told = costs._subject("cugan", "compact")
    assert told.knobs[:2] == (0.0, pytest.approx(costs.SIGMA / 50, abs=0.005)) and told.denoises
    turned = costs._subject("adafm-denoise", "compact")
    assert 0 < turned.knobs[0] < 1
    assert not costs._subject("adafm-sr", "compact").denoises


def test_the_rate_counts_two_operations_for_every_weight_and_position(monkeypatch):
    monkeypatch.setattr(costs.timing, "usual", lambda action, repeats, device: 2.0)
    assert costs.rate(8, "float32", torch.device("cpu")) == 64 * 64 * 9 * 64


def test_memory_is_the_most_there_was():
    before = costs.peak_memory()
    held = np.ones(round((before + 64) * 2**20), np.uint8)
    most = costs.peak_memory()
    del held
    assert costs.peak_memory() == most >= before + 64


def test_every_public_network_is_entered():
    entered = costs.entered()
    assert {title for title, scale in entered if scale == "compact"} == {n.name for n in public.NETWORKS}
    assert ("adafm-denoise", "paper") in entered


def test_each_is_measured_in_a_process_of_its_own(monkeypatch):
    """What this one holds does not count as theirs."""
    held = np.ones(2**30, np.uint8)
    monkeypatch.setattr(costs, "entered", lambda: [("adafm-denoise", "compact")])
    monkeypatch.setattr(costs, "SIZES", ((16, 24), (20, 20)))
    monkeypatch.setattr(costs, "FILTERS", {"BM4D": ("no_such_package", None)})
    found = list(costs._all("cpu", 1))
    assert [(cost.title, cost.width) for cost in found] == [("adafm-denoise", 24), ("adafm-denoise", 20)]
    assert all(cost.memory_mib < 1000 < costs.peak_memory() for cost in found) and held.any()


@pytest.mark.parametrize(("load", "quiet"), [(0.5, True), (0.51, False)])
def test_a_busy_machine_is_not_recorded(tmp_path, monkeypatch, capsys, load, quiet):
    monkeypatch.setattr(costs, "_all", lambda device, repeats: [FILTER])
    monkeypatch.setattr(costs.devices.os, "getloadavg", lambda: (load, 9.0, 9.0))
    assert costs.run(tmp_path / "bench.csv", 1, "cpu") == quiet
    said = capsys.readouterr().out
    assert ("not recorded" in said) != quiet and "29.00" in said
    assert (tmp_path / "bench.csv").exists() == quiet
    if quiet:
        (row,) = rows.read(tmp_path / "bench.csv").itertuples()
        assert (row.title, row.ms, row.load) == ("non-local means", 238.0, 0.5) and row.cpu


def test_what_was_recorded_is_read(recorded):
    found = rows.read(recorded)
    assert len(found) == 16 and set(found["cpu"]) == {"Abacus 2"}
    alike = rows.on_one_image(found)
    assert list(rows.of_each_paper(alike)["title"]) == list(OF_EACH)
    assert list(rows.filters(alike)["title"]) == ["non-local means"]
    qgcn = alike[alike["title"] == "qgcn"].iloc[0]
    assert (qgcn["ms"], qgcn["fp32_ms"]) == (pytest.approx(26.21), 80)
    assert rows.read(recorded.with_name("nothing.csv")).empty


def test_readme_has_five_lines_and_room_for_them(recorded):
    """Also with a processor of many words, and all filters."""
    found = rows.read(recorded)
    lines = readme.priced(found).splitlines()
    said = "512x512, Abacus 2, 2 threads (share of its convolution rate), non-local means 238 ms:"
    assert len(lines) == 9 and lines[:3:2] == [said, "| network | bf16, ms | MiB | 24 MP, s |"]
    assert lines[8] == "| qgcn | 26 (75%) | 103 | 2.4 |"
    slow = found.assign(bf16_ms=np.nan, bf16_share=np.nan)
    assert "| network | fp32, ms |" in readme.priced(slow) and "| qgcn | 80 (78%) |" in readme.priced(slow)
    assert readme.priced(found.iloc[:0]) == ABSENT
    text = readme.README.read_text(encoding="utf-8")
    filters = found[found["title"] == FILTER.title]
    longest = readme.priced(pd.concat([found, filters, filters]).assign(cpu="A CPU (R) of Six @ 2.00GHz"))
    assert len(readme.filled(text, {"costs": longest}).split()) <= 1000


def test_costs_are_drawn_from_the_record(report, recorded):
    *figures, table = compared.cost(report)
    assert len(figures) == 2 and all(isinstance(figure, Drawing) for figure in figures)
    assert table.loc[("qgcn", "compact"), "fp32, ms"] == "80"
    assert table.loc[("non-local means", "-"), "GFLOP"] == "-"
    assert times(rows.read(recorded)) == (
        "An image of 512x512 pixels takes, in ms, qgcn 26, vdir-denoise 52, cugan 79, cfsnet-denoise 80 and "
        "adafm-denoise 80, and without a network non-local means 238 (Abacus 2, 2 threads)."
    )


def test_a_sentence_stands_where_nothing_is_on_record(report):
    (said,) = compared.cost(report)
    assert isinstance(said, Prose) and str(said) == ABSENT
    assert (report.checkpoints / "out" / "compare-cost.md").read_text().strip() == ABSENT
    assert said._repr_html_() == f"<p>{ABSENT}</p>"
    assert results._item(report, report.checkpoints, compared.ITEM, compared.cost) == [ABSENT]


def test_slopes():
    size = pd.Series([0.1, 0.26, 2.4, 24.0])
    assert compared.slope(size, 3 + 2 * size) == pytest.approx(2)
    assert compared.exponent(size, 5 * size) == pytest.approx(1)
    assert compared.exponent(size, 7 + 0 * size) == pytest.approx(0)


def test_networks_timed_on_one_size_are_not_drawn_over_sizes(tmp_path):
    cost = made("cugan", 1)
    rows.write(tmp_path / "bench.csv", [cost, replace(cost, title="qgcn", width=24_000), cost], MACHINE)
    assert compared.on_many_sizes(rows.read(tmp_path / "bench.csv")).empty
