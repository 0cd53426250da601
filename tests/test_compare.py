"""Comparing all methods: best knobs, what a wrong one costs, the answer, what is shown of nothing."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from lib.app.auto import AtAuto
from lib.app.tasks import DENOISE, KnobCurve, Loaded
from lib.data.images import Picture, to_pixels
from lib.evaluation import knob_curves
from lib.evaluation.costs import ABSENT
from lib.evaluation.measure import Measurement, Setting
from lib.evaluation.results import Store
from lib.metrics.estimates import estimate_noise
from lib.models.cfsnet import CFSNet
from lib.models.knobs import Controllable, Knob
from lib.papers.cfsnet.subjects import tenths
from lib.papers.compare import answer, levels, mechanics
from lib.papers.compare import items as compare
from lib.papers.compare.seeds import ITEM, order
from lib.papers.compare.subjects import CONTESTS, JPEG, NOISE
from lib.papers.report import Report
from lib.papers.variants import AT_AUTO
from lib.recipes.common import seeded_name
from lib.training.checkpoints import Provenance
from lib.training.networks import INPUT, scale_of


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("compare", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("compare", tmp_path / "measured")
    report.available = lambda name: False
    return report


def store(report, contest, rival, value):
    """`value(level, position)` dB for every image of two."""
    report.store.write(
        (
            contest.item,
            Measurement(
                contest.setting(rival, level, position),
                scale_of(rival.network, "compact"),
                {"a": value(level, position) - 1, "b": value(level, position) + 1},
                Provenance("", "", "", "compact"),
                "w",
                "d",
                "cpu",
            ),
        )
        for level in contest.levels
        for position in rival.positions
    )


def store_inputs(report, contest, value):
    history = Provenance("", "", "", "none")
    report.store.write(
        (
            contest.item,
            Measurement(Setting(INPUT, (), contest.on(level)), "none", {"a": value}, history, "", "d", "cpu"),
        )
        for level in contest.levels
    )


def nearest(level):
    """Where the knob of these tests is best: at a hundredth of the level."""
    return min(tenths(0, 1), key=lambda position: abs(position - level / 100))


def test_the_best_knob_and_what_the_others_lose(report):
    rival = NOISE.rivals[0]
    store(report, NOISE, rival, lambda level, position: 30 - 10 * abs(position - nearest(level)))
    grid = levels.measured(report, NOISE)
    best = [grid.best(rival, level, "compact")[0] for level in NOISE.levels]
    assert best == [nearest(level) for level in NOISE.levels]
    lost = levels.losses(grid, rival, "compact")
    for i, true in enumerate(NOISE.levels):
        for j, other in enumerate(NOISE.levels):
            assert lost[i, j] == pytest.approx(10 * abs(nearest(true) - nearest(other)), abs=1e-6)
    assert levels.losses(grid, NOISE.rivals[1], "compact") is None


def test_what_it_costs_to_be_told_a_wrong_level(report):
    """A dB for every ten grey levels off; at the truth nothing, though a lie is better at 75."""
    told = next(rival for rival in NOISE.rivals if rival.heard)

    def value(level, position):
        return 31.0 if (level, position) == (75, 60) else 30 - abs(position - level) / 10

    store(report, NOISE, told, value)
    lost = levels.losses(levels.measured(report, NOISE), told, "compact")
    assert lost[2, 5] == pytest.approx(3.5) and np.diagonal(lost) == pytest.approx(0)
    assert lost[7, 6] == pytest.approx(-1.0)
    blind = next(rival for rival in NOISE.rivals if rival.knob == "blind")
    assert levels.losses(levels.measured(report, NOISE), blind, "compact") is None


class Shade(Controllable):
    """Makes an image darker by its one knob."""

    knobs = (Knob("coef", 0.0, 1.0, 0.0, ""),)

    def fold(self, knobs: torch.Tensor) -> nn.Module:
        class Plain(nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return x - knobs[0]

        return Plain()


def test_auto_sets_the_knob_of_every_picture_for_itself():
    generator = torch.Generator().manual_seed(0)
    x = 0.5 + torch.tensor([10.0, 40.0]).view(2, 1, 1, 1) / 255 * torch.randn(
        2, 3, 64, 64, generator=generator
    )
    line = KnobCurve("coef", "sigma", (0.0, 0.01), 0.0, 100.0)
    net = AtAuto(Shade(), DENOISE, (line,))
    changed = (x.clamp(0, 1) - net.fold(torch.zeros(0))(x.clamp(0, 1))).mean((1, 2, 3))
    read = [estimate_noise(Picture(to_pixels(one.clamp(0, 1)))) for one in x.split(1)]
    assert changed.tolist() == pytest.approx([level / 100 for level in read], abs=1e-5)
    assert read == pytest.approx([10, 40], abs=2)


def test_auto_stands_beside_the_best_knob(report):
    rival = NOISE.rivals[0]
    store(report, NOISE, rival, lambda level, position: 30 - abs(position - nearest(level)))
    history = Provenance("", "", "", "compact")
    setting = Setting(f"{rival.network}{AT_AUTO}", (), NOISE.on(25))
    measurement = Measurement(setting, "compact", {"a": 29.0, "b": 30.0}, history, "w", "d", "cpu")
    report.store.write([(NOISE.item, measurement)])
    _, _, table = compare.denoise(report)
    assert table.loc["25", "AdaFM at Auto"] == "29.50 [29.00, 30.00]"
    assert table.loc["50", "AdaFM at Auto"] == "-"


def test_auto_has_the_top_between_the_positions_that_were_tried(report, monkeypatch):
    """From levels whose best is inside the reach alone: at 5 and 10 it would lie below -1."""
    kept = {}
    keep = lambda run, scale, curve: kept.update({run: (scale, curve)})  # noqa: E731
    monkeypatch.setattr(knob_curves, "write_curve", keep)
    rival = next(rival for rival in NOISE.rivals if rival.title == "CFSNet")
    top = {5: -1.4, 10: -1.2, 15: -0.52, 25: 0.03, 35: 0.42, 50: 0.81, 60: 1.04, 75: 1.33}
    for one in NOISE.rivals[:2]:
        store(report, NOISE, one, lambda level, position: 30 - (position - top[level]) ** 2)
    report.network = lambda name: CFSNet(3, 4, 1)
    report.record = True
    compare.denoise(report)
    ((run, (scale, curve)),) = kept.items()
    assert (run, scale, curve.knob, curve.level_name) == (rival.network, "compact", "alpha_in", "sigma")
    assert (curve.low, curve.high) == (15, 75)
    assert (curve.least, curve.most) == pytest.approx((-0.52, 1.33), abs=1e-3)
    levels_kept = np.array([15, 25, 35, 50, 60, 75])
    expected = np.polynomial.Polynomial.fit(levels_kept, [top[level] for level in levels_kept], 3)
    np.testing.assert_allclose(
        np.polynomial.Polynomial(curve.coefficients)(levels_kept), expected(levels_kept), atol=1e-3
    )


def test_curves_are_fitted_to_what_was_measured_just_now(report, monkeypatch):
    """Nothing is stored before: the rows of this very run count."""
    kept, rival = [], next(rival for rival in NOISE.rivals if rival.curve)
    monkeypatch.setattr(knob_curves, "write_curve", lambda run, scale, curve: kept.append((run, scale)))
    report.available = lambda name: name in (rival.network, INPUT)
    report.network = lambda name: CFSNet(3, 4, 1)
    report.record = True
    report.at_hand = lambda protocol: protocol.dataset
    monkeypatch.setattr(report, "_record_embedded", lambda item, setting: None)
    monkeypatch.setattr(report, "_standing", lambda setting, stored: stored)

    def measure(setting):
        knob = setting.knobs[0] if setting.knobs else 0.0
        value = 30 - (knob - setting.protocol.level.sigma / 60) ** 2
        scale = scale_of(setting.network, "compact")
        return Measurement(setting, scale, {"a": value}, Provenance("", "", "", scale), "w", "d", "cpu")

    monkeypatch.setattr(report.bench, "measure", measure)
    compare.denoise(report)
    assert kept == [(rival.network, "compact")]


def test_a_table_shows_what_is_stored_and_where_the_knob_stands(report):
    told = next(rival for rival in NOISE.rivals if rival.knob == "told" and rival.network == "cunet")
    store(report, NOISE, NOISE.rivals[0], lambda level, position: 30 - abs(position - 0.3))
    store(report, NOISE, told, lambda level, position: 28.0)
    store_inputs(report, NOISE, 20.0)
    _, _, table = compare.denoise(report)
    assert table.loc["25", "degraded"] == "20.00 [20.00, 20.00]"
    assert table.loc["25", "AdaFM"] == "30.00 [29.00, 31.00] at 0.3"
    assert table.loc["25", told.title] == "28.00 [27.00, 29.00]"
    assert table.loc["25", "CFSNet"] == "-"


def test_the_answer_is_that_of_the_rows(report):
    """A knob that gains 9 dB where it is best and loses 10 dB for every tenth; one that may be told anything
    gains 7, and a published network, better than both, is not asked."""
    told = next(rival for rival in NOISE.rivals if rival.network == "cunet")
    store(report, NOISE, NOISE.rivals[0], lambda level, position: 30 - 100 * abs(position - nearest(level)))
    store(report, NOISE, told, lambda level, position: 28.0)
    store(report, NOISE, NOISE.rivals[-1], lambda level, position: 40.0)
    store_inputs(report, NOISE, 20.0)
    setting = Setting(f"cunet{AT_AUTO}", (), NOISE.on(5))
    history, scores = Provenance("", "", "", "compact"), {"a": 26.5, "b": 28.5}
    for level in NOISE.levels:
        at = replace(setting, protocol=NOISE.on(level))
        report.store.write([(NOISE.item, Measurement(at, "compact", scores, history, "w", "d", "cpu"))])
    first, auto, wrong, jpeg, cost = compare.answer(report).sentences
    assert first == (
        "Against noise you would want the knob of AdaFM: it gains 9.00 dB in the mean of 8 levels (set14, "
        "sigma 5 to 75), and most at 8 of them, against CUnet (told) 7.00."
    )
    assert auto.endswith("that falls short by 0.50 dB (CUnet).")
    best = np.array([nearest(level) for level in NOISE.levels])
    near, worst = 100 * np.abs(np.diff(best)).mean(), 100 * np.ptp(best)
    assert f"costs 0.00 dB (CUnet) and {near:.2f} dB (AdaFM) in the mean" in wrong
    assert wrong.endswith(f"worst of all 0.00 dB (CUnet) and {worst:.2f} dB (AdaFM).")
    assert "nothing is measured at compact scale" in jpeg and "costs what is not measured" in jpeg
    assert cost == ABSENT


def test_no_knob_is_wanted_where_a_blind_network_gains_most(report):
    blind = next(rival for rival in JPEG.rivals if rival.title == "QGCN")
    store(report, JPEG, blind, lambda level, position: 31.0)
    store(report, JPEG, JPEG.rivals[0], lambda level, position: 30.0 if level < 90 else 33.0)
    store_inputs(report, JPEG, 29.0)
    said = answer.wanted(levels.measured(report, JPEG), "compact")
    assert said.startswith("you would want no knob: QGCN, blind, gains 1.00 dB in the mean of 8 levels")
    assert said.endswith("and most at 7 of them, against AdaFM (turned) 0.38")


def test_networks_that_are_told_the_level_hear_it():
    heard = {rival.title: rival.knobs(25, None) for rival in NOISE.rivals if rival.knob == "told"}
    assert heard == {"CUnet": (0.0, 0.5), "FFDNet": (25,)}
    assert NOISE.rivals[0].knobs(25, 0.3) == (0.3,)


def test_all_see_the_same_pictures_and_noise():
    for contest in CONTESTS:
        protocols = {contest.setting(r, contest.levels[0], r.positions[0]).protocol for r in contest.rivals}
        assert len(protocols) == 1
    assert JPEG.on(10).colour == "luma" and NOISE.on(25).level.quantise


@pytest.mark.parametrize("item", compare.ITEMS)
def test_every_item_is_shown_without_a_network(report, item):
    compare.ITEMS[item](report)
    assert any(path.stem.startswith(item) for path in (report.checkpoints / "out").iterdir())


class Fade(Controllable):
    """Turns an image black, the faster the further the knob is."""

    knobs = (Knob("coef", 0.0, 1.0, 0.0, ""),)

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def fold(self, knobs: torch.Tensor) -> nn.Module:
        plain = nn.Conv2d(3, 3, 1, groups=3, bias=False)
        nn.init.constant_(plain.weight, 1 - float(knobs[0]) ** 2)
        return plain


def test_steps_of_an_uneven_knob_grow(report):
    fade = Loaded("fade", Fade(), DENOISE, 3, "smoke", None)
    steps = mechanics._steps(report, fade, fade.net.knobs[0])
    expected = np.diff(np.square(tenths(0, 1)))
    np.testing.assert_allclose(steps / steps.sum(), expected / expected.sum(), rtol=1e-4)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, "-"),
        ({"a": [30.0]}, "a"),
        ({"a": [30.0], "b": [31.0]}, "b ? a"),
        ({"a": [30.0, 30.1, 29.9], "b": [30.15, 30.2, 30.1]}, "b = a"),
        ({"a": [30.0, 30.1, 29.9], "b": [30.5]}, "b > a"),
        ({"a": [30.0, 30.1, 29.9], "b": [30.15, 30.2, 30.1], "c": [29.0]}, "b = a > c"),
    ],
)
def test_the_order_knows_what_seeds_cannot_tell(found, expected):
    assert order(found) == expected


def test_seeds_stand_beside_one_another_each_at_its_best(report):
    adafm, blind = NOISE.rivals[0], next(r for r in NOISE.rivals if r.title == "CDnCNN-B")
    store(report, NOISE, adafm, lambda level, position: 30 - abs(position - nearest(level)))
    store(report, NOISE, blind, lambda level, position: 30.2)
    history = Provenance("", "", "", "compact")
    for seed, change in ((1, 0.04), (2, -0.02)):
        for level, off in product(NOISE.live, (0.1, 0.0)):
            setting = NOISE.setting(adafm, level, nearest(level) + off)
            setting = replace(setting, network=seeded_name(adafm.network, seed))
            scores = {"a": 29 + change - off, "b": 31 + change - off}
            report.store.write([(ITEM, Measurement(setting, "compact", scores, history, "w", "d", "cpu"))])
        if seed == 1:
            assert compare.seeds(report).loc["sigma25", "AdaFM"] == "30.00 (of seed 0 alone)"
    frame = compare.seeds(report)
    assert frame.loc["sigma25", "AdaFM"] == "30.00, 30.04, 29.98 (apart 0.06)"
    assert frame.loc["sigma25", "order"] == "CDnCNN-B > AdaFM"
    assert frame.loc["q10", "QGCN"] == "-" and frame.loc["q10", "order"] == "-"


def test_a_further_seed_is_tried_at_every_position_of_its_knob(report, monkeypatch):
    rival, tried = NOISE.rivals[0], []
    store(report, NOISE, rival, lambda level, position: 30 - abs(position - 0.3))
    report.available = lambda name: name.startswith(rival.network)
    report.record = True
    report.at_hand = lambda protocol: protocol.dataset
    monkeypatch.setattr(report, "_record_embedded", lambda item, setting: None)
    monkeypatch.setattr(report, "_standing", lambda setting, stored: stored)

    def measure(setting):
        tried.append((setting.network, setting.protocol.level.sigma, *setting.knobs))
        value = 30.1 - (setting.knobs[0] - 0.7) ** 2
        return Measurement(
            setting, "compact", {"a": value}, Provenance("", "", "", "compact"), "w", "d", "cpu"
        )

    monkeypatch.setattr(report.bench, "measure", measure)
    compare.seeds(report)
    report.keep()
    frame = compare.seeds(report)
    assert frame.loc["sigma25", "AdaFM"] == "30.00, 30.10, 30.10 (apart 0.10)"
    again = [seeded_name(rival.network, seed) for seed in (1, 2)]
    assert set(tried) == set(product(again, NOISE.live, tenths(0, 1)))
