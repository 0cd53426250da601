"""CFSNet's tables and curves: the printed numbers support its claims, wrong ones contradict them."""

import numpy as np
import pandas as pd
import pytest
import torch

from lib.base import paths, provenance
from lib.data import images
from lib.degradations import jpeg
from lib.evaluation.measure import Measurement, Setting, samples
from lib.evaluation.results import Store
from lib.models.cfsnet import CFSNet
from lib.papers import facts
from lib.papers.cfsnet import items as cfsnet
from lib.papers.cfsnet import manifold, strips
from lib.papers.cfsnet.claims import CLAIMS, advantage
from lib.papers.cfsnet.curves import AGAIN
from lib.papers.cfsnet.subjects import (
    DEBLOCKING,
    DENOISING,
    PLANE,
    POSTER,
    SHOWN,
    SUBJECTS,
    enlarging,
    tenths,
)
from lib.papers.common import Report
from lib.papers.judging import Evidence, judge
from lib.recipes.cfsnet import SR_TUNED
from lib.training.checkpoints import Provenance, path_of
from lib.training.networks import PUBLISHED

PRINTED = pd.read_csv(paths.PRINTED / "cfsnet.csv")
PUBLISHED_AS = {"DnCNN-B": "DnCNN-B", "FFDNet": "FFDNet gray", "DnCNN-3": "DnCNN-3", "ARCNN": "AR-CNN {}"}


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


def judged(report, claim, scale="compact"):
    """What the rows of the report say of a claim."""
    folder = report.store.rows_path.parent
    return judge(CLAIMS[claim], Evidence("cfsnet", scale, folder, report.checkpoints))


def verdict(report, claim, scale="compact"):
    return judged(report, claim, scale).verdict


def stored(item, network, knobs, protocol, value, scale="compact"):
    """value: the mean of two images 0.02 apart, or those of several."""
    scale = "published" if network in PUBLISHED else scale
    scores = value if isinstance(value, dict) else {"a": value - 0.01, "b": value + 0.01}
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
            network = PUBLISHED_AS[name].format(written)
            report.store.write([stored(item, network, knobs, protocol, values[name])])


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
    names = [name for name, claim in CLAIMS.items() if claim.item == "cfsnet-table1"]
    found = {name: verdict(report, name, "paper") for name in names}
    assert {name for name, said in found.items() if said == "differs"} == differing
    assert len(found) == 4 and set(found.values()) <= {"holds", "differs"}
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
    assert list(shown.loc[("live1 q30", "ARCNN")][:2]) == ["32.69", "32.69"]
    text = PRINTED[PRINTED["item"] == "cfsnet-text"].set_index("setting")["value"]  # section 4.5
    for level in ("q20", "q30"):
        assert shown.loc[(f"live1 {level}", "CFSNet above DnCNN-3"), "printed"] == f"{text[level]:.2f}"


@pytest.mark.parametrize(
    ("control", "best", "expected"),
    [
        (-0.5, {"a": 31.0, "b": 31.5}, "holds"),
        (0.1, {"a": 31.0, "b": 31.5}, "differs"),
        (-0.5, {"a": 31.0, "b": 29.5}, "differs"),  # better on the mean alone
    ],
)
def test_the_best_control_beyond_the_levels_of_training(report, control, best, expected):
    rows = {control: best, 0.0: {"a": 30.0, "b": 30.0}}
    report.store.write(
        stored("cfsnet-table1", DENOISING.tuned, (alpha,), DENOISING.on(15), values)
        for alpha, values in rows.items()
    )
    found = judged(report, "an unseen level beyond")
    assert found.verdict == expected and found.measured.startswith(f"best at {control:.1f}, ")


def store_curve(report, subject, network, values):
    """A curve of figure 4: straight lines between the given controls."""
    at = np.array(list(values))
    report.store.write(
        stored(
            "cfsnet-fig4",
            network,
            (alpha,),
            subject.on(subject.unseen),
            {image: float(np.interp(alpha, at, own)) for image, own in columns(values.values()).items()},
        )
        for alpha in SHOWN
    )


def columns(values):
    """Image -> its value at every control; two images one decibel apart where the mean alone is told."""
    each = [v if isinstance(v, dict) else {"x": v - 0.5, "y": v + 0.5} for v in values]
    return {image: [own[image] for own in each] for image in each[0]}


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.title)
@pytest.mark.parametrize(
    ("values", "expected", "said"),
    [
        (
            [26.0, 27.7, 28.4, 28.0, 26.9],
            "holds",
            "28.40 dB at 0.5, above 0 and 1 by 2.40 [2.40, 2.40], 1.50",
        ),
        ([26.0, 27.0, 26.5, 28.0, 26.9], "differs", "several peaks; 28.00 dB at 0.7"),
        ([28.0, 27.0, 26.5, 26.0, 25.0], "differs", "28.00 dB at 0.0"),  # at an end
    ],
)
def test_a_single_peak_inside(report, subject, values, expected, said):
    """The first as printed for sigma 30."""
    claim = f"one peak inside ({subject.title})"
    store_curve(report, subject, subject.tuned, dict(zip((0.0, 0.2, 0.5, 0.7, 1.0), values, strict=True)))
    found = judged(report, claim)
    assert found.verdict == expected and found.measured.startswith(said)
    assert verdict(report, claim, "paper") == "not tested"


def test_a_peak_that_the_images_do_not_agree_on_is_none(report):
    """Higher than at 1 on the mean, but on one picture of four by a decibel, on the others lower."""
    flat = dict.fromkeys("abcd", 27.0)
    peak = {"a": 28.5, "b": 26.8, "c": 26.8, "d": 26.8}
    store_curve(report, DENOISING, DENOISING.tuned, {0.0: flat, 0.5: peak, 1.0: flat})
    found = judged(report, "one peak inside (denoising)")
    assert found.verdict == "differs"
    assert found.measured.startswith("27.22 dB at 0.5, above 0 and 1 by 0.23 [-0.20, ")


@pytest.mark.parametrize(
    ("steep", "flat", "expected"), [(0, 1, "holds"), (1, 0, "differs"), (0, 0, "differs")]
)
def test_the_flatter_curve(report, steep, flat, expected):
    curves = ({0.0: 26.0, 0.5: 28.4, 1.0: 25.0}, {0.0: 31.1, 0.5: 31.7, 1.0: 31.5})
    store_curve(report, DENOISING, DENOISING.tuned, curves[steep])
    assert verdict(report, "deblocking is flatter") == "not tested"
    store_curve(report, DEBLOCKING, DEBLOCKING.tuned, curves[flat])
    assert verdict(report, "deblocking is flatter") == expected


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.title)
@pytest.mark.parametrize(
    ("claim", "other"),
    [
        ("adaptive coefficients beat a scalar", "scalar"),
        ("coupling features beats interpolating weights", "pair"),
    ],
)
def test_the_higher_curve(report, subject, claim, other):
    low, high = {0.0: 26.0, 0.5: 28.4, 1.0: 25.0}, {0.0: 31.1, 0.5: 31.7, 1.0: 31.5}
    name = f"{claim} ({subject.title})"
    store_curve(report, subject, subject.tuned, high)
    assert verdict(report, name) == "not tested"
    store_curve(report, subject, getattr(subject, other), low)
    found = judged(report, name)
    assert (found.verdict, found.measured) == ("holds", "by 3.30 [3.30, 3.30] dB, at 0.5 against 0.5")
    for network, values in ((subject.tuned, low), (getattr(subject, other), high)):
        store_curve(report, subject, network, values)
    assert verdict(report, name) == "differs"


def store_poster(report):
    """Stored where the poster has its curves; elsewhere far below."""
    printed = PRINTED[(PRINTED["item"] == POSTER) & (PRINTED["metric"] == "psnr")]
    values = printed.set_index("setting")["value"]
    measured = [
        stored(POSTER, subject.tuned, (a,), subject.on(level), float(values.get(setting, 5.0)))
        for subject in SUBJECTS
        for level in subject.levels
        for a in subject.grid
        for setting in [f"{subject.written(level)}; alpha_in={a}"]
    ]
    fixed = ((DENOISING, 30, 28.41), (DENOISING, 40, 27.16), (DEBLOCKING, 20, 31.71), (DEBLOCKING, 30, 33.13))
    measured += [stored(POSTER, s.main(level), (), s.on(level), value) for s, level, value in fixed]
    report.store.write(measured)


def test_the_posters_own_curves_support_its_claims(report):
    store_poster(report)
    figure, optima = cfsnet.poster(report)
    assert figure.png.startswith(b"\x89PNG")
    assert optima.loc[("bsd68", "sigma15"), "printed"] == "-0.5"
    assert optima.loc[("bsd68", "sigma15"), "compact"].startswith("-0.5 (31.2")
    names = [name for name, claim in CLAIMS.items() if claim.item == POSTER]
    assert [verdict(report, name) for name in names] == ["holds"] * 4


@pytest.mark.parametrize(
    ("wrong", "claim"),
    [
        ((DENOISING.tuned, (0.6,), 30, 29.0), "the optimum moves with the level"),  # beyond that of sigma 40
        ((DENOISING.main(40), (), 40, 27.6), "near a network of the level"),
    ],
)
def test_a_wrong_number_on_the_poster_differs(report, wrong, claim):
    store_poster(report)
    network, knobs, level, value = wrong
    report.store.write([stored(POSTER, network, knobs, DENOISING.on(level), value)])
    names = [name for name, known in CLAIMS.items() if known.item == POSTER]
    assert {n for n in names if verdict(report, n) == "differs"} == {f"{claim} (denoising)"}


def test_sentences_have_differences_of_printed_numbers_and_controls_of_the_poster():
    assert "(by 0.17, 0.12, 0.18 and 0.20 dB)" in CLAIMS["better than DnCNN at every quality"].paper
    assert "(0.6 against more than 2 dB)" in CLAIMS["deblocking is flatter"].paper
    assert "(-0.5, 0, 0.2, 0.5, 1.0)" in CLAIMS["the optimum moves with the level (denoising)"].paper
    assert "(poster: -0.5)" in CLAIMS["an unseen level beyond"].paper


def test_steps_of_a_tenth():
    assert tenths(-0.2, 0.3) == (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


def test_the_drawing_is_made_without_weights(report):
    assert cfsnet.fig2(report).png.startswith(b"\x89PNG")


# --- super-resolution ------------------------------------------------------------------------------


def store_plane(report, dataset, network, rmse, niqe):
    """Values at controls 0 to 1, from functions of the control; images 0.01 apart."""
    report.store.write(
        stored(PLANE, network, (alpha,), enlarging(dataset, metric), value)
        for alpha in tenths(0, 1)
        for metric, value in (("mse", rmse(alpha) ** 2), ("niqe", niqe(alpha)))
    )


@pytest.mark.parametrize(
    ("niqe", "monotone", "below"),
    [
        (lambda a: 6 - 2 * a, "holds", "holds"),
        (lambda a: 6 - 2 * a + (0.5 if a == 0.7 else 0), "differs", "holds"),
        (lambda a: 6 - 0.5 * a, "holds", "differs"),
    ],
    ids=["falls", "rises once", "above the other"],
)
def test_the_plane_of_error_and_look(report, niqe, monotone, below, monkeypatch):
    """The other curve goes straight from (10, 6) to (12, 5)."""
    monkeypatch.setattr("lib.data.sets.has_file", lambda *forms: False)
    store_plane(report, "bsds500-val", SR_TUNED, lambda a: 10 + 2 * a, niqe)
    store_plane(report, "bsds500-val", "dni-sr", lambda a: 10 + 2 * a, lambda a: 6 - a)
    figure, frame = cfsnet.fig5(report)
    assert figure.png.startswith(b"\x89PNG")
    assert verdict(report, "error is traded for look, step by step") == monotone
    assert verdict(report, "below interpolated weights on the plane") == below
    assert verdict(report, "below interpolated weights on the plane", "paper") == "not tested"
    row = frame.loc[("BSDS500 val (100)", "CFSNet", "1.0")]
    assert row["RMSE, compact"] == "12.00"
    assert set(row[[c for c in row.index if c.startswith("LPIPS")]]) == {"needs LPIPS weights"}
    assert set(row[[c for c in row.index if c.startswith("DISTS")]]) == {"needs DISTS weights"}
    assert list(frame.loc["PIRM test"].index) == [("needs PIRM", "")]


def test_dists_is_measured_at_the_ends_and_in_the_middle(report, monkeypatch):
    """It takes seconds a picture."""
    monkeypatch.setattr("lib.papers.common.measurable", lambda metric: True)
    store_plane(report, "set5", SR_TUNED, lambda a: 10 + a, lambda a: 6 - a)
    for metric in ("lpips", "dists"):
        report.store.write(
            stored(PLANE, SR_TUNED, (a,), enlarging("set5", metric), 0.2 - a / 10) for a in AGAIN
        )
    _, frame = cfsnet.fig5(report)
    shown = frame.sort_index().loc[("Set5", "CFSNet"), ["LPIPS, compact", "DISTS, compact"]]
    for alpha in AGAIN:
        assert shown.loc[f"{alpha:.1f}"].tolist() == [f"{0.2 - alpha / 10:.3f}"] * 2
    assert shown.loc["0.3"].tolist() == ["-", ""]


def test_the_plane_is_of_the_perception_index_where_it_was_measured(report):
    """NIQE rises with the control and Ma's score rises by three times as much: the index falls, 8 to 6."""
    store_plane(report, "set5", SR_TUNED, lambda a: 10 + a, lambda a: 6 + 2 * a)
    report.store.write(stored(PLANE, SR_TUNED, (a,), enlarging("set5", "ma"), 6 * a) for a in tenths(0, 1))
    _, frame = cfsnet.fig5(report)
    found = judged(report, "error is traded for look, step by step")
    assert found.verdict == "holds" and "PI 8.00 to 6.00" in found.measured
    assert frame.loc[("Set5", "CFSNet", "1.0"), "Ma, compact"] == "6.00"


def test_nothing_is_judged_on_half_a_plane(report):
    store_plane(report, "set5", SR_TUNED, lambda a: 10 + a, lambda a: 6 - a)
    assert verdict(report, "error is traded for look, step by step") == "holds"
    assert verdict(report, "below interpolated weights on the plane") == "not tested"


def test_the_distance_of_two_curves_is_read_off_at_equal_error():
    """6 - (r - 10) against 6 - (r - 10) / 2, of r between 10 and 12: on the mean half a unit lower."""
    rmse = np.linspace(10, 12, 5)
    ours, other = (np.stack([rmse**2, 6 - slope * (rmse - 10)]) for slope in (1.0, 0.5))
    wider = np.linspace(10, 14, 5)
    other = np.stack([wider**2, 6 - 0.5 * (wider - 10)])
    values = np.stack([ours, other])[..., None].repeat(3, axis=-1)
    assert advantage(values) == pytest.approx(0.5)


def test_bicubic_is_shown_on_the_plane(report):
    """Set5's 8-bit Y is 28.42 dB, an RMSE of about ten grey levels."""
    report.available = lambda name: name.startswith("bicubic")
    report.bench.limit = 1
    _, frame = cfsnet.fig5(report)
    shown = frame.loc[("Set5", "bicubic", ""), "RMSE, this run"].removesuffix(" *")
    assert 2 < float(shown) < 20
    assert frame.loc[("Set5", "CFSNet", "0.0"), "RMSE, compact"] == "-"


# --- the manifold ----------------------------------------------------------------------------------


def test_distance_from_the_line_between_the_ends():
    """Of points at right angles 1 and 3 off a line of length 4: a half."""
    points = torch.tensor([[0.0, 0.0, 7.0], [1.0, 1.0, 7.0], [9.0, -3.0, 7.0], [4.0, 0.0, 7.0]])
    assert manifold.deviation(points) == pytest.approx(0.5)
    assert manifold.deviation(torch.linspace(0, 1, 5)[:, None] * torch.rand(1, 9)) == pytest.approx(
        0, abs=1e-6
    )


def test_components_are_those_of_the_singular_values():
    points = torch.randn(12, 40, generator=torch.Generator().manual_seed(0))
    points -= points.mean(0)
    places, shares = manifold.components(points)
    u, s, _ = torch.linalg.svd(points.double(), full_matrices=False)
    torch.testing.assert_close(places.abs(), (u * s)[:, :2].abs())
    torch.testing.assert_close(shares, (s.square() / s.square().sum())[:2])


def test_features_are_those_on_the_way_to_the_output():
    torch.manual_seed(0)
    net = CFSNet(width=6, blocks=3)
    x = torch.rand(2, 1, 16, 16)
    found = manifold.features(net, x)
    assert torch.equal(found[0], x) and len(found) == 1 + 3
    plain = net.fold(torch.tensor([manifold.CONTROL]))
    torch.testing.assert_close(plain.out(found[-1] + plain.head(x)), plain(x))


STRAIGHTER = "features are straighter than pictures"


@pytest.mark.parametrize(("last", "expected"), [(0.2, "holds"), (0.45, "differs")])
def test_flattening_is_judged_by_pictures(report, last, expected):
    """Off by 0.4 in pixels, and half a tenth more or less on some pictures."""
    assert verdict(report, STRAIGHTER) == "not tested"
    spread = np.array([-0.05, 0.0, 0.05])
    columns = np.stack([0.4 + spread, 0.3 + spread, last - spread], 1)
    found = manifold._facts("abc", columns)
    facts.keep("cfsnet", "cfsnet-fig3", "compact", found, report.store.rows_path.parent)
    found = judged(report, STRAIGHTER)
    assert found.verdict == expected and found.measured.startswith("off the line by 0.40 [")
    assert f"in pixels, {last:.2f} [" in found.measured
    assert verdict(report, STRAIGHTER, "paper") == "not tested"


def test_what_figure_3_keeps_is_of_deblocking_and_enough_to_judge(report, monkeypatch):
    """Its levels and pictures are not those of denoising; the features are those of an untrained network."""
    kept = []
    pictures = {
        subject: {name: torch.rand(len(manifold.LEVELS[subject]), 1, 16, 16) for name in "abcdef"}
        for subject in SUBJECTS
    }
    report.network = lambda name: CFSNet(width=6, blocks=3)
    report.keep_facts = lambda item, found: kept.append((item, found))
    monkeypatch.setattr(manifold, "_pictures", lambda report, subject: pictures[subject])
    cfsnet.fig3(report)
    ((item, found),) = kept
    for name, own in pictures[DEBLOCKING].items():
        assert found[f"pixels: {name}"] == manifold.deviation(own)
    facts.keep("cfsnet", item, "compact", found, report.store.rows_path.parent)
    assert verdict(report, STRAIGHTER) in ("holds", "differs")


# --- what is said in the text ----------------------------------------------------------------------


def test_settings_that_differ_from_the_printed_ones_are_said(report):
    frame = cfsnet.settings(report)
    assert len(frame) == sum(PRINTED["item"] == "cfsnet-text-settings")
    assert set(frame.index[frame[""] == "differs"]) == {
        ("denoise", "patch stride"),
        ("sr", "DIV2K training images"),
    }


@pytest.mark.parametrize(
    ("item", "panels", "dataset"),
    [
        ("cfsnet-fig6", strips.SIX, "PIRM test"),
        ("cfsnet-fig7", strips.SEVEN, "BSD68"),
        ("cfsnet-fig8", strips.EIGHT, "LIVE1"),
    ],
)
def test_controls_of_the_panels_are_the_printed_ones(item, panels, dataset):
    rows = PRINTED[(PRINTED["item"] == item) & (PRINTED["metric"] == "alpha_in_panel")]
    printed = {name: tuple(own["value"].astype(float)) for name, own in rows.groupby("dataset")}
    assert printed == {f"{dataset} {name}": alphas for name, alphas in panels.items()}


@pytest.mark.parametrize("item", [f"cfsnet-fig{number}" for number in (1, 3, 6, 7, 8)])
def test_figures_are_drawn_without_a_network(report, item):
    assert cfsnet.ITEMS[item](report).png.startswith(b"\x89PNG")


def test_deblocking_is_shown_in_the_colours_of_the_jpeg(report):
    scene = strips._Coloured(report, DEBLOCKING.on(20), 0)
    colours = images.to_tensor(samples(scene.protocol.dataset)[0].pixels)
    shown = images.rgb_to_ycbcr(scene.judged("", scene.degraded).picture)
    torch.testing.assert_close(shown[:, :1], scene.degraded, atol=1e-5, rtol=0)
    torch.testing.assert_close(shown[:, 1:], images.rgb_to_ycbcr(jpeg(colours, 20))[:, 1:], atol=1e-5, rtol=0)
    assert torch.equal(scene.original.picture, colours)


def test_health_is_drawn_from_the_curve_beside_the_checkpoint(report, monkeypatch):
    path = path_of(SR_TUNED, report.scale, report.checkpoints).with_suffix(".csv")
    path.parent.mkdir(parents=True)
    names = "step,loss,l1,perceptual,critic_gap,gradient_penalty,validation_psnr,validation_psnr_y"
    path.write_text(f"{names}\n50,1,0.2,3,0.4,0.5,20,21\n100,1,0.1,2,0.6,0.7,22,23\n")
    drawn = []
    monkeypatch.setattr("matplotlib.axes.Axes.plot", lambda axes, x, y, **_: drawn.append((list(x), list(y))))
    assert cfsnet.gan_health(report).png.startswith(b"\x89PNG")
    assert drawn == [([50, 100], y) for y in ([0.2, 0.1], [3, 2], [0.4, 0.6], [0.5, 0.7], [20, 22])]
