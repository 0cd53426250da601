"""CFSNet's tables and curves: the printed numbers support its claims, wrong ones contradict them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
import torch
from evidence import Several
from trained import moved

from lib.base import paths, provenance
from lib.data import images
from lib.degradations import jpeg
from lib.evaluation.measure import Measurement, Setting, samples
from lib.evaluation.results import Store, Stored
from lib.models.cfsnet import CFSNet
from lib.papers import facts
from lib.papers.cells import Cell
from lib.papers.cfsnet import curves, manifold, strips
from lib.papers.cfsnet import items as cfsnet
from lib.papers.cfsnet.claims import CLAIMS, advantage, frontier
from lib.papers.cfsnet.curves import AGAIN
from lib.papers.cfsnet.drawing import by_module
from lib.papers.cfsnet.subjects import (
    BLURRED,
    COEFFICIENTS,
    DEBLOCKING,
    DENOISING,
    DNCNN,
    ENLARGING,
    LAST,
    MAIN_BRANCH,
    PARAMS,
    PIXELS,
    PLANE,
    POSTER,
    SHOWN,
    SPACES,
    SUBJECTS,
    UNTRAINED,
    enlarging,
    tenths,
)
from lib.papers.judging import NotMeasured, judge, seeded
from lib.papers.report import Report
from lib.papers.scores import mean
from lib.recipes import find
from lib.recipes.cfsnet import SR_TUNED
from lib.training import networks
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
    """What the rows of the report say of a claim, as if three trainings had come out alike."""
    folder = report.store.rows_path.parent
    return judge(CLAIMS[claim], Several("cfsnet", scale, folder, report.checkpoints))


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
        ({"FFDNet": 40.0}, {"as good as FFDNet at the other end", "best at an unseen level"}),
    ],
)
def test_table1_at_the_papers_own_size(report, wrong, differing):
    store_table(report, "cfsnet-table1", DENOISING, (15, 25, 30, 50), (-0.5, 0.0, 0.2, 1.0), wrong.items())
    start = stored("cfsnet-table1", DENOISING.tuned, (0.0,), DENOISING.on(15), 29.3, "paper")
    report.store.write([start])
    shown = cfsnet.table1(report).frame
    names = [name for name, claim in CLAIMS.items() if claim.item == "cfsnet-table1"]
    found = {name: verdict(report, name, "paper") for name in names}
    assert {name for name, said in found.items() if said == "differs"} == differing
    assert len(found) == 5 and set(found.values()) <= {"holds", "differs"}
    assert ("bsd68 sigma15", "CFSNet at alpha_in -0.5") in shown.index
    assert shown.loc[("bsd68 sigma30", "IRCNN"), "printed"] == "28.26"


@pytest.mark.parametrize(("wrong", "expected"), [({}, "holds"), ({"DnCNN-3": 34.0}, "differs")])
def test_table2_at_the_papers_own_size(report, wrong, expected):
    store_table(report, "cfsnet-table2", DEBLOCKING, (10, 20, 30, 40), (0.0, 0.5, 0.8, 1.0), wrong.items())
    shown = cfsnet.table2(report).frame
    assert verdict(report, "better than DnCNN at every quality", "paper") == expected
    assert verdict(report, "better than DnCNN at every quality", "compact") == "not tested"
    assert shown.loc[("live1 q40", "TNRD"), "printed"] == ""  # not in the paper
    assert shown.loc[("live1 q10", "JPEG"), "printed"] == "27.77"
    assert list(shown.loc[("live1 q30", "ARCNN")][:2]) == ["32.69", "32.69"]
    text = PRINTED[PRINTED["item"] == "cfsnet-text"].set_index("setting")["value"]  # section 4.5
    for level in ("q20", "q30"):
        assert shown.loc[(f"live1 {level}", "CFSNet above DnCNN-3"), "printed"] == f"{text[level]:.2f}"


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
    assert [verdict(report, name) for name in names] == ["holds"] * 5


# --- every claim can be contradicted ---------------------------------------------------------------

CONTROLS = tenths(-1.0, 1.5)
LEVELS = {
    subject.on(n).level.name: (subject, n) for subject in SUBJECTS for n in (*subject.levels, *subject.tabled)
}
KEYS = ["item", "method", "dataset", "metric"]
PRINTED_AT = PRINTED.set_index([*KEYS, "setting"]).sort_index()["value"]


def in_print(item, method, subject, level, alpha=None):
    """A number of a table, or of the poster's curve; below all of that where it ends."""
    own = subject.written(level)
    at = own if alpha is None else f"{own}; alpha_in={alpha}"
    rows = PRINTED_AT.xs((item, method, subject.printed_set, "psnr"))
    return float(rows[at]) if at in rows else float(rows[rows.index.str.startswith(f"{own};")].min()) - 1


def hill(alpha, top=28.0, at=0.4, steep=6.0):
    return top - steep * (alpha - at) ** 2


def as_printed(network, alpha, subject, level):
    """PSNR of a network where the paper and its poster print it; rivals that they do not measure below."""
    if network == subject.tuned:
        return in_print(POSTER, "CFSNet", subject, level, alpha)
    if network in (subject.scalar, subject.pair):
        own = in_print(POSTER, "CFSNet", subject, level, 1.0) if level == subject.end else 0.0
        return own or as_printed(subject.tuned, 0.0, subject, level) + hill(alpha, 0.2, 0.5, 0.8)
    if network == subject.main(level):
        return in_print(POSTER, "fixed net", subject, level)
    (name,) = [n for n, run in PUBLISHED_AS.items() if run.format(subject.written(level)) == network]
    return in_print(f"cfsnet-table{1 + SUBJECTS.index(subject)}", name, subject, level)


def looks(network, alpha, metric):
    """The plane: CFSNet gives error for look step by step, below weights between two networks."""
    low = 0.5 if network == SR_TUNED else 0.0
    return {
        "mse": (10 + 2 * alpha) ** 2,
        "niqe": 6 - alpha - low * alpha,
        "lpips": 0.4 - (0.1 + low / 10) * alpha,
    }[metric]


FACTS = {
    **{("cfsnet-fig3", f"{space}: {i}"): 0.6 for space in (PIXELS, BLURRED, UNTRAINED) for i in "abc"},
    **{("cfsnet-fig3", f"{LAST}: {i}"): 0.4 for i in "abc"},
    (PARAMS, MAIN_BRANCH): 739_712,
    (PARAMS, DNCNN): 665_921,
    **{(PARAMS, name): 4_996_224 for name in ENLARGING.values()},
}


@dataclass(frozen=True)
class Made(Several):
    """What the paper prints, but for what `wrong` says of a network; a plane and facts that fit the text."""

    wrong: Callable[..., float | None] = lambda *_: None
    numbers: dict = field(default_factory=dict)

    def scores(self, item, setting):
        metric = setting.protocol.metric
        if item == PLANE:
            if metric == "ma" or setting.protocol.dataset != "set5":
                raise NotMeasured
            at = (setting.network, *setting.knobs, metric)
            made, usual = self.wrong(*at), looks(*at)
        else:
            subject, level = LEVELS[setting.protocol.level.name]
            alpha = setting.knobs[0] if setting.knobs else None
            made = self.wrong(setting.network, alpha, subject, level)
            usual = as_printed(setting.network, alpha, subject, level)
        value = usual if made is None else made
        return {"a": value, "b": value, "c": value}

    def best(self, item, setting):
        grid = SHOWN if item == "cfsnet-fig4" else CONTROLS
        found = {a: self.scores(item, replace(setting, knobs=(a,))) for a in grid}
        best = max(found, key=lambda a: mean(found[a]))
        return Stored((best,), found[best], {})

    @property
    def facts(self):
        return {(item, self.scale, name): v for (item, name), v in (FACTS | self.numbers).items()}


def of(networks, value, at=None):
    """Say this of these networks, at one level or at all: a PSNR, or a function of the control."""

    def wrong(network, alpha, subject, level):
        if network not in networks or at not in (None, level):
            return None
        return value(alpha) if callable(value) else value

    return wrong


def on_plane(network, metric, value):
    return lambda *at: value(at[1]) if (at[0], at[2]) == (network, metric) else None


def facts_of(space, value):
    return {("cfsnet-fig3", f"{space}: {i}"): value for i in "abc"}


def upside_down(subject):
    """The harder the level, the lower the best control."""

    def wrong(network, alpha, own, level):
        at = -0.2 * subject.levels.index(level) if own is subject and level in subject.levels else 0.0
        return hill(alpha, 30, at) if network == subject.tuned and own is subject else None

    return wrong


RIVAL, WEIGHTS = "adaptive coefficients beat a scalar", "coupling features beats interpolating weights"
PEAK, MOVES, NEAR = "one peak inside", "the optimum moves with the level", "near a network of the level"
TRADED, BELOW = "error is traded for look, step by step", "below interpolated weights on the plane"
BOTH = [
    (f"{name} ({subject.title})", why, wrong(subject))
    for subject in SUBJECTS
    for name, why, wrong in (
        (PEAK, "the best is at an end", lambda s: of({s.tuned}, lambda a: 28 - a, s.unseen)),
        (
            PEAK,
            "a U: neither network half way",
            lambda s: of({s.tuned}, lambda a: hill(a, 26, 0.5, -6), s.unseen),
        ),
        (
            PEAK,
            "two hills, as with channels permuted half way",
            lambda s: of({s.tuned}, lambda a: hill(a) - 3 * (a in (0.3, 0.7)), s.unseen),
        ),
        (
            PEAK,
            "a knob without an effect",
            lambda s: of({s.tuned}, lambda a: 28 - 0.01 * abs(a - 0.0), s.unseen),
        ),
        (RIVAL, "a scalar does as well", lambda s: of({s.scalar}, lambda a: hill(a, 33), s.unseen)),
        (WEIGHTS, "weights do better", lambda s: of({s.pair}, lambda a: hill(a, 33), s.unseen)),
        (MOVES, "one control for every level", lambda s: of({s.tuned}, lambda a: hill(a, 30, 0.3))),
        (MOVES, "the wrong way round", upside_down),
        (NEAR, "far from a network of the level", lambda s: of({s.main(n) for n in s.fixed}, 35.0)),
    )
]


WRONG = [  # claim, what the wrong network would be, its PSNR or look
    *BOTH,
    ("no worse than DnCNN at its own level", "a better DnCNN", of({"DnCNN-B"}, 29.4, 25)),
    ("as good as FFDNet at the other end", "a better FFDNet", of({"FFDNet gray"}, 26.4, 50)),
    ("as good as FFDNet at the other end", "a worse FFDNet", of({"FFDNet gray"}, 26.1, 50)),
    ("an unseen level between the two", "a better DnCNN", of({"DnCNN-B"}, 28.5, 30)),
    ("best at an unseen level", "a better FFDNet", of({"FFDNet gray"}, 28.45, 30)),
    ("best at an unseen level", "below IRCNN", of({DENOISING.tuned, "FFDNet gray"}, 28.2, 30)),
    ("above BM3D beyond its levels", "no extrapolation", of({DENOISING.tuned}, 29.3, 15)),
    ("an unseen level beyond", "the best is at 0", of({DENOISING.tuned}, lambda a: hill(a, 31, 0.0), 15)),
    ("better than DnCNN at every quality", "a better DnCNN at one", of({"DnCNN-3"}, 34.3, 40)),
    (
        "deblocking is flatter",
        "deblocking as steep",
        of({DEBLOCKING.tuned}, lambda a: hill(a, 31, 0.5, 60), 20),
    ),
    (TRADED, "the end overshoots", on_plane(SR_TUNED, "niqe", lambda a: 6 - 2 * a + 4 * max(0, a - 0.7))),
    (TRADED, "less error too", on_plane(SR_TUNED, "mse", lambda a: 100 - a)),
    (f"{TRADED} (LPIPS)", "grain", on_plane(SR_TUNED, "lpips", lambda a: 0.4 + 0.1 * a)),
    (BELOW, "above them", on_plane("dni-sr", "niqe", lambda a: 6 - 2 * a)),
    (f"{BELOW} (LPIPS)", "above them", on_plane("dni-sr", "lpips", lambda a: 0.4 - 0.2 * a)),
]
WRONG_FACTS = [
    *(
        ("features are straighter than images", f"{space} as straight", facts_of(space, 0.3))
        for space in (PIXELS, BLURRED, UNTRAINED)
    ),
    ("lighter than ESRGAN", "ESRGAN itself", {(PARAMS, ENLARGING[3]): 16_700_000}),
    ("about as large as DnCNN", "with the tuning branch", {(PARAMS, MAIN_BRANCH): 1_730_944}),
    ("about as large as DnCNN", "the compact one", {(PARAMS, MAIN_BRANCH): 83_760}),
]


def made(wrong=lambda *_: None, numbers=None):
    return Made("cfsnet", "paper", wrong=wrong, numbers=numbers or {})


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_the_paper_prints_holds(claim):
    found = judge(CLAIMS[claim], made())
    assert found.verdict == "holds", found.measured


@pytest.mark.parametrize(
    ("claim", "why", "wrong"), WRONG, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_wrong_network_contradicts_a_claim(claim, why, wrong):
    found = judge(CLAIMS[claim], made(wrong))
    assert found.verdict == "differs", found.measured


@pytest.mark.parametrize(
    ("claim", "why", "numbers"), WRONG_FACTS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_wrong_fact_contradicts_a_claim(claim, why, numbers):
    found = judge(CLAIMS[claim], made(numbers=numbers))
    assert found.verdict == "differs", found.measured


def test_every_claim_has_a_control():
    assert {claim for claim, *_ in (*WRONG, *WRONG_FACTS)} == set(CLAIMS)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.title)
@pytest.mark.parametrize(("short", "expected"), [(0.25, "not tested"), (0.15, "holds")])
def test_a_rival_that_was_not_trained_well_enough_says_nothing(subject, short, expected):
    own = as_printed(subject.tuned, 1.0, subject, subject.end)
    found = judge(CLAIMS[f"{RIVAL} ({subject.title})"], made(of({subject.scalar}, own - short, subject.end)))
    assert found.verdict == expected
    assert ("rival not trained well enough" in found.measured) is (expected == "not tested")


def test_a_curve_that_folds_back_is_followed_and_not_sorted():
    """Out to an error of 12 with a look of 4, and on to a look of 8 at an error of 11: no worse for that."""
    out, back = np.array([10.0, 12.0]), np.array([10.0, 12.0, 11.0])
    at = np.linspace(10, 12, 9)
    plain = frontier(at, out, np.array([6.0, 4.0]))
    np.testing.assert_allclose(plain, 6 - (at - 10))
    np.testing.assert_allclose(frontier(at, back, np.array([6.0, 4.0, 8.0])), plain, atol=0.05)
    better = frontier(at, back, np.array([6.0, 4.0, 3.0]))  # the fold is better: all that is beyond it, too
    np.testing.assert_allclose(better[at >= 11], 3 + (0 * at[at >= 11]), atol=0.05)


def test_figure_4_and_the_poster_ask_for_further_trainings(tmp_path):
    """Of both sides of the main claims, pairs of networks and the rival's own end among them."""
    asked = []
    report = Report("cfsnet", checkpoints=tmp_path)
    report.cell_from = lambda item, setting, *_: asked.append((item, setting)) or Cell()
    cfsnet.fig4(report)
    cfsnet.poster(report)
    for subject in SUBJECTS:
        for network in (*subject.compared.values(), *map(subject.main, subject.fixed)):
            item = "cfsnet-fig4" if network in subject.compared.values() else POSTER
            own = {s for i, s in asked if i == item and s.network == network}
            for seed in (1, 2):
                assert own and {seeded(s, seed) for s in own} <= {s for i, s in asked if i == item}
        assert ("cfsnet-fig4", Setting(subject.scalar, (1.0,), subject.on(subject.end))) in asked


def test_a_pair_of_another_seed_is_of_runs_of_that_seed():
    runs = networks.runs_of("dni-deblock-seed2")
    assert runs == ("cfsnet-deblock-main-q10-seed2", "dni-deblock-q10-ft-q40-seed2")
    assert find(runs[1], "compact").parent == runs[0]


def test_a_box_blur_takes_means_and_keeps_the_size():
    x = torch.zeros(1, 1, 9, 9)
    x[..., 4, 4] = 25.0
    spread = manifold.blurred(x)
    assert spread.shape == x.shape and spread[..., 2:7, 2:7].eq(1).all() and spread.sum() == 25


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
    assert not [c for c in frame.columns if c.startswith(("LPIPS", "DISTS"))]  # nobody measured them
    assert "PIRM test" not in frame.index


def test_dists_is_measured_at_the_ends_and_in_the_middle(report, monkeypatch):
    """It takes seconds an image."""
    monkeypatch.setattr("lib.papers.workbench.measurable", lambda metric: True)
    store_plane(report, "set5", SR_TUNED, lambda a: 10 + a, lambda a: 6 - a)
    for metric in ("lpips", "dists"):
        report.store.write(
            stored(PLANE, SR_TUNED, (a,), enlarging("set5", metric), 0.2 - a / 10) for a in AGAIN
        )
    _, frame = cfsnet.fig5(report)
    shown = frame.sort_index().loc[("Set5", "CFSNet"), ["LPIPS, compact", "DISTS, compact"]]
    for alpha in AGAIN:
        assert shown.loc[f"{alpha:.1f}"].tolist() == [f"{0.2 - alpha / 10:.3f}"] * 2
    assert shown.loc["0.3"].tolist() == ["", ""]


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
    assert "RMSE, compact" not in frame.columns


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


STRAIGHTER = "features are straighter than images"


@pytest.mark.parametrize(
    ("last", "sign", "expected"), [(0.2, 1, "holds"), (0.45, 1, "differs"), (0.35, -1, "undecided")]
)
def test_flattening_is_judged_by_pictures(report, last, sign, expected):
    """Off by 0.4 in pixels, half a tenth more or less on some images; on the same, or on the others."""
    assert verdict(report, STRAIGHTER) == "not tested"
    spread = np.array([-0.05, 0.0, 0.05])
    columns = np.stack([0.4 + spread, 0.3 + spread, last + sign * spread], 1)
    controls = {space: list(0.41 + spread) for space in (BLURRED, UNTRAINED)}
    found = manifold._facts("abc", columns, controls)
    facts.keep("cfsnet", "cfsnet-fig3", "compact", found, report.store.rows_path.parent)
    found = judged(report, STRAIGHTER)
    assert found.verdict == expected
    assert found.measured.startswith(f"off the line by {last:.3f} [") and "pixels 0.400" in found.measured
    assert verdict(report, STRAIGHTER, "paper") == "not tested"


def test_what_figure_3_keeps_is_of_deblocking_and_enough_to_judge(report, monkeypatch):
    """Its levels and images are not those of denoising; the features are those of an untrained network."""
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
    for space in SPACES:
        assert {name for name in found if name.startswith(f"{space}: ")} == {
            f"{space}: {i}" for i in "abcdef"
        }
    assert verdict(report, STRAIGHTER) != "not tested"


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


@pytest.mark.parametrize("item", [*(f"cfsnet-fig{number}" for number in (1, 3, 6, 7, 8)), COEFFICIENTS])
def test_figures_are_drawn_without_a_network(report, item):
    assert cfsnet.ITEMS[item](report).png.startswith(b"\x89PNG")


def test_figure_4_has_the_dots_of_the_poster_for_cfsnet_alone(report):
    curves_of = {
        network: curves._curve(report, "cfsnet-fig4", DENOISING, network, 30, SHOWN).printed
        for network in DENOISING.compared.values()
    }
    assert curves_of.pop(DENOISING.tuned)[0.0] == 26.02
    assert not any(curves_of.values())


def test_the_degraded_crop_and_ffdnet_stand_beside_ours(report):
    """Figure 7 has what the paper's has, all of it in the first row; ours in the second."""
    strip = strips._strip(report, DENOISING, 40, ("DnCNN-B", "FFDNet"), "", (0.5,))
    known, ours = ([panel.title for panel in row] for row in strip.rows)
    assert known == ["original", "degraded", "DnCNN-B (published)", "FFDNet (published)"]
    assert ours == ["alpha_in 0.5"]
    assert 15 < float(strip.rows[0][1].note.removesuffix(" dB")) < 17  # sigma 40


def test_coefficients_are_shown_module_by_module(report):
    """As many rows as there are coupled modules; linear in the control."""
    net = moved(CFSNet(width=6, blocks=3))
    found = by_module(net)
    assert found.shape == (3, 6)
    torch.testing.assert_close(net.coefficients(torch.full((1, 1), 0.5))[:, 0], found / 2)
    report.network = lambda name: net
    assert cfsnet.coefficients(report).png.startswith(b"\x89PNG")


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
