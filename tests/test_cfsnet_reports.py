"""CFSNet's tables and curves: the printed numbers support its claims, wrong ones contradict them."""

import pandas as pd
import pytest

from lib import paths, provenance
from lib.checkpoints import Provenance
from lib.measure import Measurement, Setting
from lib.networks import PUBLISHED
from lib.reports import cfsnet
from lib.reports.cfsnet import curves
from lib.reports.cfsnet.curves import Curve
from lib.reports.cfsnet.subjects import DEBLOCKING, DENOISING, SUBJECTS, tenths
from lib.reports.common import Cell, Report
from lib.results import Store

PRINTED = pd.read_csv(paths.PRINTED / "cfsnet.csv")
PUBLISHED_AS = {"DnCNN-B": "DnCNN-B", "FFDNet": "FFDNet gray", "DnCNN-3": "DnCNN-3"}


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("cfsnet", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("cfsnet", tmp_path / "measured")
    report.available = lambda name: False
    return report


def verdict(report, claim, scale="compact"):
    rows = report.verdicts()
    return rows[(rows["claim"] == claim) & (rows["scale"] == scale)]["verdict"].item()


def stored(item, network, knobs, protocol, value, scale="compact"):
    scale = "published" if network in PUBLISHED else scale
    scores = {"a": value - 0.01, "b": value + 0.01}
    setting = Setting(network, knobs, protocol)
    return item, Measurement(setting, scale, scores, Provenance("", "", "", scale), "w", "d", "cpu")


def store_table(report, item, subject, levels, controls, wrong=()):
    """The printed numbers at paper scale, ours at these controls."""
    rows = PRINTED[PRINTED["item"] == item]
    for level, alpha in zip(levels, controls, strict=True):
        written = subject.written(level)
        values = dict(rows[rows["setting"] == written][["method", "value"]].to_numpy())
        values = {name: float(value) for name, value in values.items() if value == value} | dict(wrong)
        protocol = subject.on(level)
        report.store.write([stored(item, subject.tuned, (alpha,), protocol, values["CFSNet"], "paper")])
        for name in values.keys() & PUBLISHED_AS.keys():
            knobs = (float(level),) if name == "FFDNet" else ()
            report.store.write([stored(item, PUBLISHED_AS[name], knobs, protocol, values[name])])


@pytest.mark.parametrize(
    ("wrong", "differing"),
    [
        ({}, set()),
        (
            {"DnCNN-B": 40.0},
            {"no worse than DnCNN at its own level", "an unseen level between the two"},
        ),
        ({"FFDNet": 40.0}, {"as good as FFDNet at the other end"}),
    ],
)
def test_table1_at_the_papers_own_size(report, wrong, differing):
    store_table(report, "cfsnet-table1", DENOISING, (15, 25, 30, 50), (-0.5, 0.0, 0.2, 1.0), wrong.items())
    start = stored("cfsnet-table1", DENOISING.tuned, (0.0,), DENOISING.on(15), 29.3, "paper")
    report.store.write([start])
    shown = cfsnet.table1(report)
    rows = report.verdicts()
    rows = rows[rows["scale"] == "paper"]
    assert set(rows[rows["verdict"] == "differs"]["claim"]) == differing
    assert set(rows["verdict"]) <= {"holds", "differs"}
    assert ("bsd68 sigma15", "CFSNet at alpha_in -0.5") in shown.index
    assert shown.loc[("bsd68 sigma30", "IRCNN"), "printed"] == "28.26"


@pytest.mark.parametrize(("wrong", "expected"), [({}, "holds"), ({"DnCNN-3": 34.0}, "differs")])
def test_table2_at_the_papers_own_size(report, wrong, expected):
    store_table(report, "cfsnet-table2", DEBLOCKING, (10, 20, 30, 40), (0.0, 0.5, 0.8, 1.0), wrong.items())
    shown = cfsnet.table2(report)
    assert verdict(report, "better than DnCNN at every quality", "paper") == expected
    assert verdict(report, "better than DnCNN at every quality", "compact") == "not tested"
    assert shown.loc[("live1 q40", "TNRD"), "printed"] == ""  # not in the paper
    assert shown.loc[("live1 q10", "JPEG"), "printed"] == "27.77"


def curve(values):
    return Curve({a: Cell(compact={"x": v, "y": v + 1}) for a, v in values.items()})


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ([26.0, 27.7, 28.4, 28.0, 26.9], True),  # as printed for sigma 30
        ([26.0, 27.0, 26.5, 28.0, 26.9], False),  # two peaks
        ([28.0, 27.0, 26.5, 26.0, 25.0], False),  # at an end
    ],
)
def test_a_single_peak_inside(values, holds):
    found = curve(dict(zip((0.0, 0.25, 0.5, 0.75, 1.0), values, strict=True)))
    assert curves._one_peak(found)("compact")[0] is holds
    assert curves._one_peak(found)("paper") is None


def test_the_flatter_and_the_higher_curve():
    steep, flat = curve({0.0: 26.0, 0.5: 28.4, 1.0: 25.0}), curve({0.0: 31.1, 0.5: 31.7, 1.0: 31.5})
    assert curves._flatter(steep, flat)("compact")[0]
    assert not curves._flatter(flat, steep)("compact")[0]
    assert curves._above(flat, steep)("compact") == (True, "by 3.30 [3.30, 3.30] dB, at 0.5 against 0.5")
    assert not curves._above(steep, flat)("compact")[0]


def test_the_posters_own_curves_support_its_claims(report):
    """Stored where the poster has them; elsewhere far below."""
    item = curves.POSTER
    printed = PRINTED[(PRINTED["item"] == item) & (PRINTED["metric"] == "psnr")].set_index("setting")["value"]
    for subject in SUBJECTS:
        for level in subject.levels:
            known = {a: f"{subject.written(level)}; alpha_in={a}" for a in subject.grid}
            report.store.write(
                stored(item, subject.tuned, (a,), subject.on(level), float(printed.get(setting, 5.0)))
                for a, setting in known.items()
            )
        for level, value in {30: 28.41, 40: 27.16, 20: 31.71}.items():
            fixed = stored(item, subject.main(level), (), subject.on(level), value)
            report.store.write([fixed])
    report.store.write([stored(item, DEBLOCKING.main(30), (), DEBLOCKING.on(30), 33.13)])
    figure, optima = cfsnet.poster(report)
    assert figure.png.startswith(b"\x89PNG")
    assert optima.loc[("bsd68", "sigma15"), "printed"] == "-0.5"
    assert optima.loc[("bsd68", "sigma15"), "compact"].startswith("-0.5 (31.2")
    rows = report.verdicts()
    assert set(rows[rows["scale"] == "compact"]["verdict"]) == {"holds"}


def test_steps_of_a_tenth():
    assert tenths(-0.2, 0.3) == (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


def test_the_drawing_is_made_without_weights(report):
    assert cfsnet.fig2(report).png.startswith(b"\x89PNG")
