"""VDIR's tables and figures: the printed numbers support its claims, wrong ones contradict them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from lib.base import paths, provenance
from lib.evaluation.measure import Measurement, Setting
from lib.evaluation.results import Store
from lib.papers import common
from lib.papers.common import Report
from lib.papers.vdir import blind_sr, compression, embedding, knobs, manipulation, maps, noise, real
from lib.papers.vdir import items as vdir
from lib.papers.vdir.claims import CLAIMS
from lib.papers.vdir.clouds import Cloud, guesses, linear_errors, neighbours
from lib.papers.vdir.drawing import flows
from lib.papers.vdir.manipulation import EDGES, FLIPPED, LESS, MORE, MOVED, NOISE, OTHER, OWN, PSNR
from lib.papers.vdir.maps import before_training
from lib.papers.vdir.subjects import URBAN, at_rest, colour_jpeg, gray_jpeg, noisy, small
from lib.recipes import find
from lib.recipes.vdir import (
    AWGN,
    FFDNET,
    FFDNET_TOLD,
    JPEG_RGB,
    JPEG_Y,
    NAIVE,
    NO_PRIOR,
    REAL,
    REAL_NAIVE,
    enlarging_name,
)
from lib.training.checkpoints import Provenance
from lib.training.networks import INPUT, PUBLISHED, SAMPLES, VDIR_AWGN, VDIR_REAL

PRINTED = pd.read_csv(paths.PRINTED / "vdir.csv", keep_default_na=False)
PRINTED_SETS = {
    "cbsd68": "CBSD68",
    "kodak24": "Kodak24",
    "set5": "Set5",
    "bsds500-val": "BSD100",
    "classic5": "Classic5",
    "live1": "LIVE1",
    URBAN: "Urban100",
}


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("vdir", images=1, checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("vdir", tmp_path / "measured")
    report.available = lambda name: False
    return report


def verdicts(report, scale):
    rows = report.verdicts()
    return dict(rows[rows["scale"] == scale][["claim", "verdict"]].to_numpy())


def printed(item, method, dataset, setting, metric="psnr"):
    where = {
        "item": item,
        "method": method,
        "dataset": PRINTED_SETS[dataset],
        "setting": setting,
        "metric": metric,
    }
    return float(PRINTED[(PRINTED[list(where)] == where).all(axis=1)]["value"].item())


def stored(item, network, protocol, value, knobs=None, scale="paper"):
    scores = {"a": value - 0.01, "b": value + 0.01}
    scale = "published" if network in PUBLISHED else scale
    setting = Setting(network, at_rest(network) if knobs is None else knobs, protocol)
    return item, Measurement(setting, scale, scores, Provenance("", "", "", scale), "w", "d", "cpu")


def differing(report, scale="paper"):
    return {claim for claim, verdict in verdicts(report, scale).items() if verdict == "differs"}


# --- Gaussian noise --------------------------------------------------------------------------------


def store_table1(report, wrong=(), sampled=0.0):
    item, wrong, rows = "vdir-table1", dict(wrong), []
    for dataset in noise.SETS:
        for sigma in noise.SIGMAS:
            for method, network in {"VDIR": AWGN, **noise.PUBLISHED}.items():
                value = printed(item, method, dataset, f"sigma{sigma}")
                value = wrong.get((method, dataset, sigma), value)
                told = {"FFDNet": (float(sigma),), "CDnCNN": ()}.get(method)
                rows.append(stored(item, network, noisy(sigma, dataset), value, told))
            if dataset == noise.SAMPLED_ON:
                value = printed(item, "VDIR", dataset, f"sigma{sigma}") + sampled
                names = [f"{AWGN} sample {seed}" for seed in range(SAMPLES)]
                rows += [stored(item, name, noisy(sigma, dataset), value, (0.0,)) for name in names]
    report.store.write(rows)


@pytest.mark.parametrize(
    ("wrong", "sampled", "expected"),
    [
        ({}, -0.02, set()),
        ({("FFDNet", "kodak24", 50): 29.5}, -0.06, {"blind is above told", "one sample is enough"}),
        (
            {("CDnCNN", "cbsd68", 10): 36.35, ("FFDNet", URBAN, 30): 31.0},
            0.0,
            {"blind is above blind", "most where structures repeat"},
        ),
    ],
)
def test_table1_at_the_papers_own_size(report, wrong, sampled, expected):
    store_table1(report, wrong.items(), sampled)
    shown = vdir.table1(report)
    assert differing(report) == expected
    assert "not tested" not in verdicts(report, "paper").values()
    assert set(verdicts(report, "compact").values()) == {"not tested"}
    if sampled == -0.02:
        assert shown.loc[("CBSD68 sigma30", "VDIR, one sample"), "paper scale"] == "30.62"
        assert shown.loc[("Urban100 (25 of 100) sigma10", "CBM3D"), "printed"] == "36.00"
        assert ("Kodak24 sigma10", "UNLNet") not in shown.index  # the paper prints none


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((30.47, 30.56, 30.64), set()),
        ((30.65, 30.66, 30.64), {"the latent helps", "the whole loss is best"}),
        ((30.57, 30.56, 30.64), {"it helps without a discriminator"}),
    ],
)
def test_each_loss_is_judged_against_the_next(report, values, expected):
    for network, value in zip((NAIVE, NO_PRIOR, AWGN), values, strict=True):
        report.store.write([stored("vdir-table9", network, noisy(30), value, scale="compact")])
    shown = vdir.table9(report)
    assert differing(report, "compact") == expected
    assert list(shown["printed"]) == ["30.47", "30.56", "", "30.64"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [((30.53, 28.05), set()), ((30.3, 28.05), {"it helps more at high noise"}),
     ((30.53, 28.5), {"it helps another restorer", "it helps more at high noise"})],
)  # fmt: skip
def test_ffdnet_is_compared_with_the_one_trained_here(report, told, expected):
    item = "vdir-table11"
    for sigma, value in zip((30, 50), told, strict=True):
        ours = printed(item, "VDIR (FFDNet)", URBAN, f"sigma{sigma}")
        report.store.write([stored(item, FFDNET, noisy(sigma, URBAN), ours, scale="compact")])
        rival = stored(item, FFDNET_TOLD, noisy(sigma, URBAN), value, (float(sigma),), "compact")
        report.store.write([rival])
    shown = vdir.table11(report)
    assert differing(report, "compact") == expected
    assert shown.loc[("Urban100 (25 of 100) sigma50", "above the published"), "printed"] == "0.44"


# --- super-resolution ------------------------------------------------------------------------------


def store_blind_sr(report, item, blurs, in_place=-5.0, wrong=()):
    """The printed values; bicubic with its pixels in place this far above VDIR."""
    wrong, rows = dict(wrong), []
    for dataset in blind_sr.SETS:
        for blur in blurs:
            level = blind_sr.BLURS[blur]
            run = enlarging_name(level.factor)
            for metric in blind_sr.BY:
                value = wrong.get((blur, dataset, metric), printed(item, "VDIR", dataset, blur, metric))
                protocol = small(level, dataset, metric)
                aligned = f"bicubic x{level.factor} in place"
                rows.append(stored(item, run, protocol, value))
                rows.append(stored(item, aligned, protocol, value + in_place, (), "none"))
    report.store.write(rows)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        (
            {"wrong": {(blind_sr.TURNED, "set5", "psnr"): 34.7}.items()},
            {"better than learning at test time (x2)"},
        ),
        ({"wrong": {(blind_sr.TURNED, URBAN, "psnr"): 30.2}.items()}, {"the round blur is easier"}),
        ({"in_place": 0.1}, {"more than alignment (x2)"}),
    ],
)
def test_table4_at_the_papers_own_size(report, changed, expected):
    store_blind_sr(report, "vdir-table4", (blind_sr.ROUND, blind_sr.TURNED), **changed)
    shown = vdir.table4(report)
    assert differing(report) == expected
    assert "not tested" not in verdicts(report, "paper").values()
    assert shown.loc[("BSD100 x2 g_ani anisotropic PSNR", "MZSR"), "printed"] == "29.54"
    assert shown.loc[("Set5 x2 g_2.0 isotropic SSIM", "VDIR"), "paper scale"] == "0.951"


@pytest.mark.parametrize(("value", "expected"), [(27.27, "holds"), (26.9, "differs")])
def test_table5_compares_with_printed_values_on_whole_sets(report, value, expected):
    wrong = {(blind_sr.FOUR, "bsds500-val", "psnr"): value, (blind_sr.FOUR, URBAN, "psnr"): 20.0}
    store_blind_sr(report, "vdir-table5", (blind_sr.FOUR,), wrong=wrong.items())
    vdir.table5(report)
    assert verdicts(report, "paper")["better than learning at test time (x4)"] == expected


# --- JPEG ------------------------------------------------------------------------------------------


def store_table6(report, wrong=()):
    item, wrong, rows = "vdir-table6", dict(wrong), []
    for dataset in compression.SETS:
        for quality in compression.QUALITIES:
            for method, network in {"JPEG": INPUT, "VDIR": JPEG_Y}.items():
                value = printed(item, method, dataset, f"q{quality}")
                value = wrong.get((method, dataset, quality), value)
                turned, scale = ((), "none") if network == INPUT else (None, "paper")
                rows.append(stored(item, network, gray_jpeg(quality, dataset), value, turned, scale))
    report.store.write(rows)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({("VDIR", URBAN, 10): 26.0}, set()),  # a part of the set is not compared with the whole
        (
            {("VDIR", "classic5", 10): 29.68, ("VDIR", "live1", 80): 36.8},
            {"better than others at each quality", "high qualities gain too"},
        ),
    ],
)
def test_table6_at_the_papers_own_size(report, wrong, expected):
    store_table6(report, wrong.items())
    shown = vdir.table6(report)
    assert differing(report) == expected
    assert shown.loc[("LIVE1 q10 SSIM", "JPEG"), "printed"] == "0.790"
    assert ("Classic5 q10 PSNR", "Galteri et al.") not in shown.index


def store_table7(report, wrong=()):
    item, wrong, rows = "vdir-table7", dict(wrong), []
    for dataset in compression.COLOUR_SETS:
        for quality in compression.COLOUR_QUALITIES:
            for method, network in {"JPEG": INPUT, "VDIR": JPEG_RGB}.items():
                value = printed(item, method, dataset, f"q{quality}")
                value = wrong.get((method, dataset, quality), value)
                turned, scale = ((), "none") if network == INPUT else (None, "compact")
                rows.append(stored(item, network, colour_jpeg(quality, dataset), value, turned, scale))
    report.store.write(rows)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({}, set()),
        (
            {("VDIR", "live1", 40): 32.6, ("VDIR", URBAN, 80): 36.7},
            {"an even gain on LIVE1", "less to gain from high qualities on Urban100"},
        ),
    ],
)
def test_table7_and_its_curves(report, wrong, expected):
    store_table7(report, wrong.items())
    shown = vdir.table7(report)
    assert differing(report, "compact") == expected
    assert shown.loc[("LIVE1 q50", "gain"), "printed"] == "2.05"
    assert vdir.fig4(report).png.startswith(b"\x89PNG")


# --- the noise of cameras --------------------------------------------------------------------------


REAL_TABLES = ("vdir-table2", "vdir-table3", "vdir-table8", "vdir-table10")


def test_what_needs_sidd_and_dnd_says_so_beside_the_printed_value(report, monkeypatch):
    locate = common.sets.locate
    monkeypatch.setattr(common.sets, "locate", lambda name: None if name == "sidd-valid" else locate(name))
    tables = {name: vdir.ITEMS[name](report) for name in REAL_TABLES}
    sidd = tables["vdir-table2"].loc[("SIDD benchmark (test, online) PSNR", "VDIR+")]
    assert sidd["printed"] == "39.33" and set(sidd.drop("printed")) == {"needs SIDD's server"}
    assert set(tables["vdir-table2"].loc[("SIDD validation SSIM", "VDIR")]) == {"", "needs SIDD"}
    dnd = tables["vdir-table3"].loc[("DND (online) SSIM", "VDIR")]
    assert dnd["printed"] == "0.953" and set(dnd.drop("printed")) == {"needs DND's server"}
    trained = tables["vdir-table8"].loc["SIDD PSNR"]
    assert trained.loc[real.SYNTHETIC].iloc[:2].tolist() == ["35.04", "needs SIDD"]
    assert trained.loc[real.ON_SIDD].iloc[:2].tolist() == ["39.22", "needs a network trained on SIDD"]
    both = tables["vdir-table10"].loc[("SIDD validation PSNR", "full loss")]
    assert both["printed"] == "39.29" and set(both.drop("printed")) == {"needs SIDD"}
    rows = report.verdicts().set_index(["claim", "scale"])
    assert rows.loc[("better than VDN on DND", "paper"), "measured"] == "needs DND's server"
    for claim in ("as good as a larger network on SIDD", "synthetic noise is not that of phones"):
        assert rows.loc[(claim, "paper"), "verdict"] == "not tested"
    counted = rows.loc[("smaller than its rivals", "paper")]
    assert counted["verdict"] == "holds" and counted["measured"].startswith("2.228 million")


@pytest.mark.parametrize(
    ("full", "alone", "expected"), [(39.20, 36.9, "holds"), (39.10, 37.5, "differs")]
)
def test_claims_on_sidd_where_it_was_measured(report, full, alone, expected):
    """39.26 dB are printed for VDN on the test part, 39.22 for the restorer alone trained on SIDD."""
    protocol = real.photographed(real.SIDD)
    report.store.write(
        [
            stored("vdir-table2", REAL, protocol, full),
            stored("vdir-table8", REAL_NAIVE, protocol, alone),
        ]
    )
    tables = [vdir.ITEMS[name](report) for name in ("vdir-table2", "vdir-table8")]
    assert tables[0].loc[("SIDD validation PSNR", "VDIR"), "paper scale"] == f"{full:.2f}"
    assert tables[1].loc[("SIDD PSNR", real.SYNTHETIC), "paper scale"] == f"{alone:.2f}"
    for claim in ("as good as a larger network on SIDD", "synthetic noise is not that of phones"):
        assert verdicts(report, "paper")[claim] == expected
        assert verdicts(report, "compact")[claim] == "not tested"


def test_photographs_stand_beside_the_benchmarks(report):
    """FFDNet is shown at the level that was best, VDIR's own weights only where they are at hand."""
    for dataset, best in (("cc15", 10.0), ("polyu", 5.0)):
        protocol = real.photographed(dataset)
        rows = [
            stored("vdir-table3", "FFDNet colour", protocol, 36.0 - abs(level - best), (level,))
            for level in real.TOLD
        ]
        report.store.write([*rows, stored("vdir-table3", "CDnCNN-B", protocol, 33.5, ())])
    shown = vdir.table3(report)
    cc15, polyu = (shown.loc[f"{name} (not SIDD, not DND) PSNR"] for name in ("cc15", "PolyU"))
    assert cc15.loc["FFDNet, told 10, the best", "compact"] == "36.00"
    assert polyu.loc["FFDNet, told 5, the best", "compact"] == "36.00"
    assert polyu.loc["CDnCNN-B, blind", "paper scale"] == "33.50"
    methods = shown.loc["cc15 (not SIDD, not DND) SSIM"].index
    assert [name for name in methods if "FFDNet" not in name] == [
        "noisy", "CDnCNN-B, blind", real.ALONE, "VDIR",
    ]  # fmt: skip


def test_the_authors_weights_have_rows_where_they_are_at_hand(report, monkeypatch):
    for module in (noise, real):
        monkeypatch.setattr(module, "has_published", lambda name: True)
    report.store.write([stored("vdir-table1", VDIR_AWGN, noisy(30), 30.64, ())])
    report.store.write([stored("vdir-table3", VDIR_REAL, real.photographed("polyu"), 37.0, ())])
    first = vdir.table1(report).loc[("CBSD68 sigma30", "VDIR, its authors' weights")]
    assert list(first[:3]) == ["30.64", "30.64", "30.64"]
    third = vdir.table3(report).loc[("PolyU (not SIDD, not DND) PSNR", "VDIR, its authors' weights")]
    assert list(third[:3]) == ["", "37.00", "37.00"]


# --- what the latent does --------------------------------------------------------------------------


class Heeding:
    """Blurs as much as the other picture is rough, or never."""

    def __init__(self, heeds):
        self.heeds = heeds

    def told_by(self, other, x):
        rough = 255 * float(other.diff(dim=-1).std()) / 2**0.5
        share = min(rough / 80, 1) if self.heeds else 0.0
        return torch.lerp(x, F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1), share)


@pytest.fixture
def crops():
    """Two flat pictures with noise of every level, that of the second the negative of that of the first."""
    field = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    clean = torch.full((1, 3, 64, 64), 0.5)

    def made(sign):
        return {0: clean} | {sigma: clean + sign * sigma / 255 * field for sigma in manipulation.LEVELS}

    return {"first": made(1), "second": made(-1)}


@pytest.mark.parametrize("heeds", [True, False])
def test_a_restorer_that_heeds_its_latent_is_told_from_one_that_does_not(report, crops, heeds):
    seen = manipulation.manipulated(Heeding(heeds), crops)
    manipulation._judge(report, seen)
    expected = "holds" if heeds else "differs"
    found = verdicts(report, "compact")
    for claim in ("the latent is heeded", "too mild a latent leaves noise", "too strong a latent smooths"):
        assert found[claim] == expected
    assert set(verdicts(report, "paper").values()) == {"not tested"}
    assert set(seen[OWN][MOVED].values()) == {0.0}
    assert (seen[MORE][MOVED]["first"] > 1) is heeds


def seen(**decibels):
    cases = {OWN: 30.0, FLIPPED: 29.9, LESS: 28.0, MORE: 28.5, OTHER: 29.0} | decibels
    rest = {MOVED: {"a": 1.0}, NOISE: {"a": 1.0}, EDGES: {"a": 1.0}}
    return {case: {PSNR: {"a": value}, **rest} for case, value in cases.items()}


@pytest.mark.parametrize(
    ("changed", "claim", "expected"),
    [
        ({}, "its own latent is best", "holds"),
        ({MORE: 30.1}, "its own latent is best", "differs"),
        ({}, "other content does less harm", "holds"),
        ({FLIPPED: 28.2}, "other content does less harm", "differs"),
    ],
)
def test_latents_are_ranked_by_what_they_cost(report, changed, claim, expected):
    manipulation._judge(report, seen(**changed))
    assert verdicts(report, "compact")[claim] == expected


class Rough:
    """An encoder whose first channel is the roughness of the picture around, or the picture itself, drawn
    with this deviation."""

    def __init__(self, sees, deviation):
        self.sees = sees
        self.deviation = deviation

    def encoder(self, x):
        gray = x.mean(1, keepdim=True)
        wanted = F.pad(gray.diff(dim=-1).abs(), (0, 1)) if self.sees else gray
        maps = F.avg_pool2d(wanted, 4)
        mean = torch.cat([maps, *3 * [torch.zeros_like(maps)]], 1)
        return mean, torch.full_like(mean, 2 * np.log(self.deviation))


@pytest.mark.parametrize(
    ("sees", "deviation", "expected"), [(True, 0.001, True), (False, 0.001, False), (True, 10.0, False)]
)
def test_maps_are_judged_by_level_and_by_texture(report, crops, sees, deviation, expected):
    """Texture on the left, which is darker than the right in one picture and brighter in the other; with a
    wide deviation what the maps say would drown."""
    half = torch.rand(1, 3, 64, 32, generator=torch.Generator().manual_seed(2)) / 2
    scenes = {}
    for right, (name, of) in zip((0.1, 0.4), crops.items(), strict=True):
        clean = F.pad(half, (0, 32), value=right)
        scenes[name] = {0: clean} | {sigma: clean + x - 0.5 for sigma, x in of.items() if sigma}
    net = Rough(sees, deviation)
    holds, text = maps._follow(report, net, crops)("compact")
    assert holds is expected and (not sees or text.startswith("channel 1: rank correlation 1.00"))
    assert maps._textured(report, net, scenes)("compact")[0] is expected
    assert maps._follow(report, net, crops)("paper") is None


def gray_cloud(codes, values, picture):
    n = len(codes)
    return Cloud(np.asarray(codes, float), np.asarray(values, float), np.zeros((n, 3)), np.asarray(picture))


def test_a_line_is_fitted_on_one_half_and_read_on_the_other():
    codes = np.random.default_rng(0).normal(size=(40, 4))
    picture = np.repeat(np.arange(4), 10)
    errors = linear_errors(gray_cloud(codes, codes @ [1, -2, 3, 0] + 7, picture))
    assert errors.keys() == {"1", "3"}
    assert max(np.abs(e).max() for e in errors.values()) < 1e-9


def test_neighbours_are_those_of_other_pictures():
    """On a line: patch 0 of picture 0 lies by patch 1 of its own picture, and next to patch 2."""
    found = gray_cloud([[0.0], [0.1], [0.3], [9.0]], [10, 20, 30, 50], [0, 0, 1, 1])
    distance = np.abs(found.value[:, None] - found.value)
    near, far = neighbours(found, distance)
    assert near == {"0": (20 + 10) / 2, "1": (10 + 30) / 2}
    assert far == {"0": (30 + 20) / 2, "1": (15 + 35) / 2}


@pytest.mark.parametrize(("shift", "expected"), [(100.0, 1.0), (0.0, 0.5)])
def test_kinds_that_lie_apart_are_guessed(shift, expected):
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1], 200)
    codes = rng.normal(size=(400, 4)) + shift * kind[:, None]
    right = guesses(gray_cloud(codes, kind, np.arange(400) // 10))
    assert np.mean(list(right.values())) == pytest.approx(expected, abs=0.1)


def test_what_an_encoder_tells_before_it_learns_is_not_counted():
    told, start = {"near": {"a": 5.0, "b": 6.0}}, {"near": {"a": 1.0, "b": 1.5}}
    assert embedding._learnt("near", told, start)[0]
    assert not embedding._learnt("near", start, told)[0]
    assert not embedding._learnt("near", told, told)[0]


def test_the_network_before_training_is_always_the_same():
    first, second = (before_training(AWGN, "smoke").state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(("less", "more", "expected"), [(5.0, 2.0, "holds"), (3.0, 2.0, "differs"),
                                                         (5.0, 3.0, "differs")])  # fmt: skip
def test_the_knob_is_judged_by_noise_and_by_smoothness(report, less, more, expected):
    def looks(noise_left, edges):
        return {PSNR: {"a": 30.0}, NOISE: {"a": noise_left}, EDGES: {"a": edges}}

    found = {("vdir-denoise", -20.0): looks(less, 9.0), ("vdir-denoise", 0.0): looks(3.0, 3.0)}
    found["vdir-denoise", 20.0] = looks(1.0, more)
    report.judge(CLAIMS["the knob is heeded"], knobs._heeded(report, found))
    assert verdicts(report, "compact")["the knob is heeded"] == expected


# --- drawings, and everything without networks -----------------------------------------------------


def test_gradients_flow_as_the_paper_draws_them():
    """Figure 2: the restoration loss trains restorer and encoder, rebuilding decoder and encoder, the
    divergence the encoder; the discriminator learns from its own loss alone."""
    reached = {
        loss: {name for name, arrives in row.items() if arrives}
        for loss, row in flows(find(AWGN, "smoke")).items()
    }
    assert reached == {
        "restoration": {"encoder", "restorer"},
        "kl": {"encoder"},
        "rebuilding": {"encoder", "decoder"},
        "estimation": {"encoder", "estimator"},
        "adversarial": {"encoder", "decoder"},
        "discriminator": {"discriminator"},
    }


def test_every_item_is_shown_and_every_claim_judged_without_a_network(report):
    for name, item in vdir.ITEMS.items():
        shown = item(report)
        for part in shown if isinstance(shown, tuple) else (shown,):
            assert getattr(part, "png", b"\x89PNG").startswith(b"\x89PNG"), name
            assert not isinstance(part, pd.DataFrame) or len(part), name
    rows = report.verdicts()
    assert set(rows["claim"]) == set(CLAIMS) and set(rows["item"]) <= set(vdir.ITEMS)
    assert set(rows[rows["claim"] != "smaller than its rivals"]["verdict"]) == {"not tested"}


def test_photographs_that_are_not_here_are_said_to_be_needed(report, monkeypatch):
    monkeypatch.setattr("lib.papers.vdir.kinds.sets", SimpleNamespace(locate=lambda name: None))
    _, pictures, frame = vdir.fig8(report)
    assert pictures.png.startswith(b"\x89PNG")
    assert frame["right"].item() == "needs RNI15 and CBSD68"
    measured = report.verdicts().set_index("claim").loc["kinds of noise lie apart", "measured"]
    assert set(measured) == {"needs RNI15 and CBSD68"}
