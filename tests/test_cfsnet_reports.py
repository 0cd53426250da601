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
from lib.papers.cfsnet import curves, manifold, plane, strips
from lib.papers.cfsnet import items as cfsnet
from lib.papers.cfsnet.curves import AGAIN, Curve
from lib.papers.cfsnet.subjects import DEBLOCKING, DENOISING, SUBJECTS, enlarging, tenths
from lib.papers.common import Cell, Report
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
    assert list(shown.loc[("live1 q30", "ARCNN")][:2]) == ["32.69", "32.69"]
    text = PRINTED[PRINTED["item"] == "cfsnet-text"].set_index("setting")["value"]  # section 4.5
    for level in ("q20", "q30"):
        assert shown.loc[(f"live1 {level}", "CFSNet above DnCNN-3"), "printed"] == f"{text[level]:.2f}"


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


def test_a_peak_that_the_images_do_not_agree_on_is_none():
    """Higher than at 1 on the mean, but on one picture of four by a decibel, on the others lower."""
    cells = {a: Cell(compact=dict.fromkeys("abcd", 27.0)) for a in (0.0, 1.0)}
    cells[0.5] = Cell(compact={"a": 28.5, "b": 26.8, "c": 26.8, "d": 26.8})
    ordered = {a: cells[a] for a in sorted(cells)}
    holds, text = curves._one_peak(Curve(ordered))("compact")
    assert not holds and text.startswith("27.22 dB at 0.5, above 0 and 1 by 0.23 [-0.20, ")


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


# --- super-resolution ------------------------------------------------------------------------------


def store_plane(report, dataset, network, rmse, niqe):
    """Values at controls 0 to 1, from functions of the control; images 0.01 apart."""
    report.store.write(
        stored(plane.ITEM, network, (alpha,), enlarging(dataset, metric), value)
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
            stored(plane.ITEM, SR_TUNED, (a,), enlarging("set5", metric), 0.2 - a / 10) for a in AGAIN
        )
    _, frame = cfsnet.fig5(report)
    shown = frame.sort_index().loc[("Set5", "CFSNet"), ["LPIPS, compact", "DISTS, compact"]]
    for alpha in AGAIN:
        assert shown.loc[f"{alpha:.1f}"].tolist() == [f"{0.2 - alpha / 10:.3f}"] * 2
    assert shown.loc["0.3"].tolist() == ["-", ""]


def test_the_plane_is_of_the_perception_index_where_it_was_measured(report):
    """NIQE rises with the control and Ma's score rises by three times as much: the index falls, 8 to 6."""
    store_plane(report, "set5", SR_TUNED, lambda a: 10 + a, lambda a: 6 + 2 * a)
    report.store.write(
        stored(plane.ITEM, SR_TUNED, (a,), enlarging("set5", "ma"), 6 * a) for a in tenths(0, 1)
    )
    _, frame = cfsnet.fig5(report)
    verdicts = report.verdicts().set_index(["claim", "scale"])
    row = verdicts.loc[("error is traded for look, step by step", "compact")]
    assert row["verdict"] == "holds" and "PI 8.00 to 6.00" in row["measured"]
    assert frame.loc[("Set5", "CFSNet", "1.0"), "Ma, compact"] == "6.00"


def test_nothing_is_judged_on_half_a_plane(report):
    store_plane(report, "set5", SR_TUNED, lambda a: 10 + a, lambda a: 6 - a)
    cfsnet.fig5(report)
    assert verdict(report, "error is traded for look, step by step") == "holds"
    assert verdict(report, "below interpolated weights on the plane") == "not tested"


def test_the_distance_of_two_curves_is_read_off_at_equal_error():
    """6 - (r - 10) against 6 - (r - 10) / 2, of r between 10 and 12: on the mean half a unit lower."""
    rmse = np.linspace(10, 12, 5)
    ours, other = (np.stack([rmse**2, 6 - slope * (rmse - 10)]) for slope in (1.0, 0.5))
    wider = np.linspace(10, 14, 5)
    other = np.stack([wider**2, 6 - 0.5 * (wider - 10)])
    values = np.stack([ours, other])[..., None].repeat(3, axis=-1)
    assert plane.advantage(values) == pytest.approx(0.5)


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


@pytest.mark.parametrize(("last", "expected"), [(0.2, True), (0.45, False)])
def test_flattening_is_judged_by_pictures(report, last, expected):
    """Off by 0.4 in pixels, and half a tenth more or less on some pictures."""
    spread = np.array([-0.05, 0.0, 0.05])
    columns = np.stack([0.4 + spread, 0.3 + spread, last - spread], 1)
    holds, text = manifold._straighter(report, columns)("compact")
    assert holds is expected and text.startswith("off the line by 0.40 [")
    assert manifold._straighter(report, columns)("paper") is None
    assert manifold._straighter(report, None)("compact") is None


# --- what is said in the text ----------------------------------------------------------------------


def test_settings_that_differ_from_the_printed_ones_are_said(report):
    frame = cfsnet.settings(report)
    assert len(frame) == sum(PRINTED["item"] == "cfsnet-text-settings")
    assert set(frame.index[frame[""] == "differs"]) == {
        ("denoise", "minibatch"),
        ("denoise", "patch"),
        ("denoise", "patch stride"),
        ("denoise", "learning rate step"),
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
