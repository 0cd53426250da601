"""Reports: printed numbers, cells, verdicts, and the comparison of a run with the stored rows."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from evidence import AsPrinted, Collecting, Several
from trained import moved

from lib.base import locks, paths, provenance
from lib.degradations.levels import Compress
from lib.evaluation import measure
from lib.evaluation.measure import Measurement, Protocol, Setting
from lib.evaluation.results import Store
from lib.models.adafm import AdaFM, RestorationNet
from lib.papers import cells, facts, papers, workbench
from lib.papers.adafm import batch_norm, curves, drawing
from lib.papers.adafm import items as adafm
from lib.papers.adafm.claims import CLAIMS
from lib.papers.adafm.subjects import (
    BATCH_NORM,
    COEFS,
    CURVES,
    DENOISING,
    INSIDE,
    JPEG,
    PIECEWISE,
    SCRATCH,
    SR,
    SUBJECTS,
)
from lib.papers.at_hand import DIV2K, EMBEDDED
from lib.papers.cells import Cell
from lib.papers.judging import Claim, Evidence, Judged, NotMeasured, Quote, judge, judge_all, seeded
from lib.papers.report import Report
from lib.papers.scores import mean, with_interval
from lib.papers.tables import Line
from lib.recipes import find
from lib.training.checkpoints import Provenance, path_of
from lib.training.networks import INPUT, PAIRS
from lib.training.unfinished import folder_of

LOAD = measure.sets.load_images
PRINTED = pd.read_csv(paths.PRINTED / "adafm.csv")
TABLE5 = {(15, 25): 0.01, (15, 35): 0.04, (15, 50): 0.07, (15, 75): 0.14, (75, 15): 0.68}  # dB
BASELINE = {15: 34.10, 25: 31.44, 35: 29.82, 50: 28.20, 75: 26.49}  # dB
TABLE2 = {1: 26.35, 3: 26.37, 5: 26.38, 7: 26.40}  # dB, not printed: made to fit the claims


def measured(setting, value, scale="compact", weights="w"):
    scores = {"a": value - 1, "b": value, "c": value + 1}
    return Measurement(setting, scale, scores, Provenance("", "", "", scale), weights, "data", "cpu")


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    """Rows ask for the commit, each in a process of its own."""
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("adafm", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("adafm", tmp_path / "measured")
    return report


def verdict(report, claim, scale="compact"):
    return judge(CLAIMS[claim], evidence(report, scale)).verdict


def evidence(report, scale="compact"):
    """What is stored, as if three trainings had come out alike."""
    return Several("adafm", scale, report.store.rows_path.parent, report.checkpoints)


# --- printed numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "columns"), [("adafm-table4", 18), ("adafm-table5", 10)])
def test_printed_distance_is_baseline_minus_adafm(table, columns):
    rows = PRINTED[PRINTED["item"] == table]
    values = rows.pivot(index=["dataset", "setting"], columns="method", values="value")
    assert len(values) == columns
    assert (values["baseline"] - values["AdaFM-Net"]).round(2).equals(values["distance"].round(2))


def test_figure_7_agrees_with_table_5():
    def distances(item, method):
        rows = PRINTED[(PRINTED["item"] == item) & (PRINTED["method"] == method)]
        return rows[rows["metric"] == "psnr_distance"].set_index("setting")["value"]

    wide, short = (distances("adafm-fig7", f"AdaFM-Net q80->{end}") for end in ("q10", "q40"))
    table = distances("adafm-table5", "distance")
    assert (wide["q10"], short["q40"]) == (table["q80->q10"], table["q80->q40"])


def test_table5_shows_the_printed_values_and_their_distances(report):
    shown = adafm.table5(report).frame["printed"]
    for (start, end), distance in TABLE5.items():
        line = f"cbsd68 sigma{start}->sigma{end}"
        assert shown[line, "trained on it"] == f"{BASELINE[end]:.2f}"
        assert shown[line, "distance"] == f"{distance:.2f}"


# --- cells -----------------------------------------------------------------------------------------


def test_subtraction_pairs_images():
    a = Cell(printed=26.49, compact={"x": 30.0, "y": 20.0, "only here": 99.0}, this_run={"x": 30.0})
    b = Cell(printed=26.35, compact={"y": 19.0, "x": 29.5}, paper={"x": 1.0})
    difference = a - b
    assert difference.printed == 0.14
    assert difference.compact == {"x": 0.5, "y": 1.0}
    assert mean(difference.compact) == 0.75
    assert (difference.paper, difference.this_run) == (None, None)
    assert (-b).compact == {"y": -19.0, "x": -29.5}
    assert (a - Cell()).printed is None
    assert (a - Cell(skipped=True)).skipped and (Cell(skipped=True) - a).skipped and not (a - b).skipped


def test_the_mean_of_cells_is_taken_image_by_image():
    a = Cell(printed=30.0, compact={"x": 30.0, "y": 20.0}, paper={"x": 1.0})
    b = Cell(compact={"x": 31.0, "y": 22.0})
    both = cells.averaged([a, b])
    assert both.compact == {"x": 30.5, "y": 21.0}
    assert (both.printed, both.paper, both.this_run) == (None, None, None)


def test_a_number_is_found_by_the_papers_names_for_sets_and_windows():
    """The 100 validation images of BSDS500 are BSD100 in VDIR; a table's SSIM does not name its window."""
    vdir, qgcn = Report("vdir"), Report("qgcn")
    found = vdir.printed_value("vdir-table5", "bsds500-val", "MZSR", "x4 g_2.0 isotropic", "ssim")
    assert found == 0.7168
    assert vdir.printed_value("vdir-table6", "classic5", "JPEG", "q10", "ssim_u8") == 0.78
    assert qgcn.printed_value("qgcn-table1", "bsds500-val", "Ours", "q10") == 29.42


def test_interval_of_a_difference_is_that_of_the_pairs():
    """Images differ by 20 dB, the two networks by 0.5 dB on each: nothing is uncertain."""
    a = Cell(compact={str(i): 20.0 + i for i in range(20)})
    b = Cell(compact={str(i): 19.5 + i for i in range(20)})
    assert with_interval((a - b).compact) == "0.50 [0.50, 0.50]"


def test_verdicts_rest_on_the_scale_they_are_for():
    cell = Cell(paper={"x": 1.0}, compact={"x": 2.0}, this_run={"x": 3.0})
    assert (cell.at("paper"), cell.at("compact")) == ({"x": 1.0}, {"x": 2.0})


# --- verdicts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holds", "expected"), [(True, "holds"), (False, "differs"), (None, "undecided")]
)
def test_judge(report, holds, expected):
    claim = Claim("name", "item", "text", lambda e: (holds, "1.00 dB"))
    for scale in ("compact", "paper"):
        assert judge(claim, evidence(report, scale)) == Judged(claim, scale, "1.00 dB", expected)


def test_a_claim_on_networks_of_full_size_is_judged_at_that_size_alone(report):
    claim = Claim("name", "item", "text", lambda e: (True, "1.00 dB"), full_size=True)
    small, large = (judge(claim, evidence(report, scale)) for scale in ("compact", "paper"))
    assert (small.verdict, small.measured) == ("not tested", "says nothing of smaller networks")
    assert large.verdict == "holds"


def test_numbers_in_sentences_are_the_printed_ones():
    """No claim of any paper quotes a number that is not there, and none is typed beside it."""
    known = CLAIMS["known networks (denoising)"]
    assert "(34.10 against 33.89 dB)" in known.paper and "34" not in known.sentence
    assert all(claim.paper for paper in papers.PAPERS for claim in paper.claims.values())
    with pytest.raises(LookupError, match="sigma16"):
        str(Quote("adafm-table1", "CBSD68", "DnCNN", "sigma16"))


def store_table5(report, distances, scale="compact"):
    item = "adafm-table5"
    basics = {s: Setting(DENOISING.basic(s), (), DENOISING.on(s)) for s in BASELINE}
    rows = [(item, measured(basics[s], v, scale)) for s, v in BASELINE.items()]
    for (start, end), distance in distances.items():
        setting = Setting(f"adafm-denoise-s{start}-s{end}-k1", (1.0,), DENOISING.on(end))
        rows.append((item, measured(setting, BASELINE[end] - distance, scale)))
    report.store.write(rows)


@pytest.mark.parametrize("scale", ["compact", "paper"])
def test_the_papers_own_numbers_support_its_claims_on_table5(report, scale):
    store_table5(report, TABLE5, scale)
    shown = adafm.table5(report).frame["compact" if scale == "compact" else "paper scale"]
    assert shown["cbsd68 sigma75->sigma15", "distance"] == "0.68"
    for name in ("distance grows with range", "easy to hard is close", "hard to easy is worse"):
        claim = f"{name} (denoising)"
        assert verdict(report, claim, scale) == "holds"
        assert verdict(report, claim, "paper" if scale == "compact" else "compact") == "not tested"


@pytest.mark.parametrize(
    ("wrong", "claim"),
    [
        ({(15, 50): 0.03}, "distance grows with range (denoising)"),
        ({(15, 75): 0.21}, "easy to hard is close (denoising)"),
        ({(75, 15): 0.41}, "hard to easy is worse (denoising)"),
    ],
)
def test_a_wrong_number_in_table5_differs(report, wrong, claim):
    store_table5(report, TABLE5 | wrong)
    assert verdict(report, claim) == "differs"


@pytest.mark.parametrize(
    ("wrong", "differing"),
    [
        ({}, set()),
        ({7: 26.46}, {"how much filter size matters (denoising)", "5x5 is enough (denoising)"}),
        ({3: 26.30}, {"larger filters do not hurt (denoising)"}),
    ],
)
def test_a_wrong_number_in_table2_differs(report, wrong, differing):
    item = "adafm-table2"
    nets = [
        (Setting(DENOISING.stage(15, 75, k), (1.0,), DENOISING.on(75)), v)
        for k, v in (TABLE2 | wrong).items()
    ]
    report.store.write([(item, measured(setting, value)) for setting, value in nets])
    names = [n for n, c in CLAIMS.items() if c.item == item and n.endswith("(denoising)")]
    found = {name: verdict(report, name) for name in names}
    assert set(found.values()) <= {"holds", "differs"}
    assert {name for name, said in found.items() if said == "differs"} == differing


def test_what_a_claim_needs_stands_where_its_measurement_would(report):
    def absent(e):
        raise NotMeasured

    claim = Claim("name", "item", "text", absent, needs="needs SIDD")
    for scale in ("compact", "paper"):
        assert judge(claim, evidence(report, scale)).measured == "needs SIDD"
    nothing = replace(claim, needs="")
    assert judge(nothing, evidence(report, "compact")).measured == "not measured"
    assert judge(nothing, evidence(report, "paper")).measured == "needs networks at paper scale"


def test_nothing_stored_is_not_tested(report):
    here = report.store.rows_path.parent
    found = judge_all("adafm", CLAIMS.values(), here, report.checkpoints)
    assert len(found) == 2 * len(CLAIMS) and {one.verdict for one in found} == {"not tested"}


def test_train_is_never_or_missing():
    with pytest.raises(ValueError, match='not "always"'):
        Report("adafm", train="always")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"scale": "huge"}, "scale is one of smoke, compact, paper"),
        ({"images": 0}, "above 0, or None for all, not 0"),
        ({"images": -3}, "not -3"),
    ],
)
def test_a_setting_that_no_notebook_knows_is_refused(setting, sentence):
    """As papermill hands it over, which checks names alone."""
    with pytest.raises(ValueError, match=sentence):
        Report("adafm", **setting)


@pytest.mark.parametrize("item", ["table1", "table2", "table3", "table4", "table5"])
def test_the_papers_own_numbers_support_its_claims(item, tmp_path):
    asked = Collecting("adafm", tmp_path)
    getattr(adafm, item)(asked)
    printed = AsPrinted("adafm", "paper", asked=asked)
    found = [judge(claim, printed).verdict for claim in CLAIMS.values() if claim.item == f"adafm-{item}"]
    assert found == ["holds"] * {"table1": 3, "table2": 9, "table3": 9, "table4": 4, "table5": 6}[item]


def test_the_printed_coefficients_support_the_claims_on_figure_7(tmp_path, monkeypatch):
    asked = Collecting("adafm", tmp_path)
    monkeypatch.setattr(curves, "_shown", lambda *_: None)
    adafm.fig7(asked)
    printed = AsPrinted("adafm", "paper", asked=asked)
    found = [judge(claim, printed) for claim in CLAIMS.values() if claim.item == "adafm-fig7"]
    assert [one.verdict for one in found] == ["holds"] * 4
    assert "cubic within 0.034" in found[0].measured  # the residual of the printed points


def test_the_ends_of_the_drawn_curve_are_0_and_1_whatever_was_best_there(report, monkeypatch):
    monkeypatch.setattr(report, "best", lambda *_: (Cell(), {"compact": 0.9}))
    curve = curves._curve(report, "adafm-fig7", JPEG, (80, 10), (80, 30, 10), (), 1)
    assert curve.knobs["compact"].tolist() == [0.0, 0.9, 1.0]


def test_figure_7_is_drawn_from_the_printed_coefficients(tmp_path, monkeypatch):
    report = Report("adafm", checkpoints=tmp_path, output=str(tmp_path))
    report.store = Store("adafm", tmp_path)
    monkeypatch.setattr(report, "available", lambda network: False)
    figure, knobs, psnr = adafm.fig7(report)
    assert figure.png.startswith(b"\x89PNG")
    assert knobs.loc[("adafm-dejpeg-q80-q10-k1", "q30"), "printed"] == "0.40"
    assert psnr.frame.loc[("live1 q20", "adafm-dejpeg-q80-q10-k1, distance"), "printed"] == "0.16"


def test_figure_7_has_the_cubic_of_the_text_and_a_line_of_our_own(report, monkeypatch):
    """At quality 80 the printed weights give -0.044, least squares through the printed points -0.01."""
    monkeypatch.setattr(report, "best", lambda *_: (Cell(), {}))
    wide = curves._curve(report, "adafm-fig7", JPEG, (80, 10), curves.WIDE_QUALITIES, (), 3)
    short = curves._curve(report, "adafm-fig7", JPEG, (80, 40), curves.SHORT_QUALITIES, (), 1)
    assert wide.fit("printed")(80) == pytest.approx(1.51 - 6.24e-2 * 80 + 1.01e-3 * 80**2 - 5.91e-6 * 80**3)
    assert wide.label("printed") == "printed, the cubic of the text"
    assert short.in_print is None and short.label("printed") == "printed, order 1"


def test_figure_2_has_what_is_printed_of_another_image(report, monkeypatch):
    notes = []
    monkeypatch.setattr("lib.papers.adafm.strips.strips", lambda parts: notes.extend(parts))
    monkeypatch.setattr(report, "save_figure", lambda *_: None)
    monkeypatch.setattr(report, "cell", lambda *_: None)
    monkeypatch.setattr("lib.papers.scenes.restored", lambda net, x, knobs: x)
    monkeypatch.setattr(report, "network", lambda name: name)
    adafm.fig2(report)
    printed = [[note.note.partition("\n")[2] for note in part.rows[0][1:]] for part in notes]
    assert printed[1] == [f"(printed of another: {db})" for db in ("32.24", "33.32", "33.04", "32.18")]
    assert not any(printed[0] + printed[2])


def test_figure_4_is_of_the_papers_size(report, monkeypatch):
    boxes = []
    monkeypatch.setattr(drawing, "chain", lambda axes, own, *_: boxes.extend(own))
    adafm.fig4(report)
    assert "16 residual\nblocks" in [box.name for box in boxes]
    assert "64 x 64 x 3 x 3" in [box.weights for box in boxes]


def test_a_wrong_level_in_figure_1_differs(report):
    """The network for quality 10, better than that for 30 on quality 30, contradicts the paper."""
    levels = {80: 31.0, 30: 32.0, 10: 32.5}
    settings = {q: Setting(JPEG.basic(q), (), JPEG.on(30)) for q in levels}
    report.store.write([("adafm-fig1", measured(settings[q], db)) for q, db in levels.items()])
    assert verdict(report, "a wrong level does harm") == "differs"


@pytest.mark.parametrize("task", SUBJECTS, ids=lambda task: task.title)
def test_a_knob_that_leads_through_other_images_is_not_smooth(report, task):
    """As between networks whose channels are permuted: both ends restore, the middle dips below them."""
    values = dict(zip(COEFS[task], (30.0, 22.0, 20.0, 22.0, 29.0), strict=False))
    rows = [(Setting(task.wide, (coef,), task.on(task.middle)), value) for coef, value in values.items()]
    report.store.write([("adafm-fig2", measured(setting, value)) for setting, value in rows])
    assert verdict(report, f"the effect is smooth ({task.title})") == "differs"
    assert verdict(report, f"an interior coefficient is best ({task.title})") == "differs"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((0.1, 0.98, 0.9), "holds"),
        ((0.95, 0.98, 0.9), "differs"),  # two random starts
        ((0.008, 0.99, 0.01), "undecided"),  # never trained
    ],
)
def test_filters_that_stay_alike_have_first_moved(report, found, expected):
    names = ("fine-tuned", "independent", "trained from start")
    found = dict(zip(names, found, strict=True))
    facts.keep("adafm", "adafm-fig3", "compact", found, report.store.rows_path.parent)
    assert verdict(report, "filters stay alike") == expected


@pytest.mark.parametrize(("more", "expected"), [(32.02, "holds"), (32.3, "differs"), (31.7, "differs")])
def test_as_good_as_is_two_sided(report, more, expected):
    pairs = {
        "residual blocks are enough": ("adafm-text-position", f"{SR.wide}-allconv", SR.wide),
        "no more capacity": ("adafm-text-scratch", SCRATCH, SR.basic(4)),
    }
    for claim, (item, other, plain) in pairs.items():
        knobs = () if plain == SR.basic(4) else (1.0,)
        rows = [(Setting(other, (1.0,), SR.on(4)), more), (Setting(plain, knobs, SR.on(4)), 32.0)]
        report.store.write([(item, measured(setting, value)) for setting, value in rows])
        assert verdict(report, claim) == expected


@pytest.mark.parametrize("subject", INSIDE, ids=lambda subject: subject.title)
@pytest.mark.parametrize(("gains", "expected"), [((0.3, 0.2), "holds"), ((0.3, -0.1), "differs")])
def test_every_piece_has_to_be_more_accurate(report, subject, gains, expected):
    """The last level gains otherwise than the others."""
    first, last = gains
    for level in INSIDE[subject]:
        protocol, gain = subject.on(level), last if level == INSIDE[subject][-1] else first
        whole = measured(Setting(subject.wide, (0.4,), protocol), 30.0)
        pieces = measured(subject.piecewise(level), 30.0 + gain)
        report.store.write([(CURVES[subject], whole), (PIECEWISE, pieces)])
    assert verdict(report, f"small ranges are more accurate ({subject.title})") == expected


def test_a_piece_is_set_by_where_the_level_lies_between_its_ends():
    basic_to_first, between = DENOISING.piecewise(20), DENOISING.piecewise(45)
    assert (basic_to_first.network, basic_to_first.knobs) == (DENOISING.stage(15, 25), (0.5,))
    assert PAIRS[between.network] == (DENOISING.stage(15, 35), DENOISING.stage(15, 50))
    assert between.knobs == (1.0, pytest.approx(2 / 3))
    assert JPEG.piecewise(15).knobs == (1.0, 0.5)
    with pytest.raises(ValueError, match="sigma 80"):
        DENOISING.piecewise(80)


def test_batch_norm_with_its_statistics_kept_is_the_same_function():
    """With those of every batch it is not, in images that differ."""
    net = moved(RestorationNet(1, 6, 2, lambda channels: AdaFM(channels, 1))).eval()
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand(32, 1, 16, 16, generator=generator) * torch.linspace(0.2, 1, 32).view(-1, 1, 1, 1)
    apart, lost = batch_norm.by_batches(net, clean, clean)
    assert apart < 1e-2 and len(lost) == 32
    assert abs(lost).max() > 0.05


def test_what_batches_cost_is_shown_as_it_is_on_record(report, monkeypatch):
    found = facts.by_image({DENOISING.title: {"a": 0.4, "b": 0.4}, JPEG.title: {"a": 0.1, "b": 0.1}})
    facts.keep("adafm", BATCH_NORM, "compact", found, report.store.rows_path.parent)
    shown = adafm.batch_norm(report)  # no network is at hand
    assert [text.split()[0] for text in shown["on record"]] == ["0.40", "0.10"]


def test_trainings_are_paired_by_their_seeds(report):
    """The third basic network has no stage: two trainings of the distance."""
    item, protocol = "adafm-table5", DENOISING.on(75)
    basic, stage = Setting(DENOISING.basic(75), (), protocol), Setting(DENOISING.wide, (1.0,), protocol)
    pairs = [(seeded(basic, s) or basic, seeded(stage, s) or stage) for s in (0, 1, 2)]
    rows = [(one, 26.0 + 0.1 * i) for i, (one, _) in enumerate(pairs)]
    rows += [(two, 25.5 - 0.1 * i) for i, (_, two) in enumerate(pairs[:2])]
    report.store.write([(item, measured(setting, value)) for setting, value in rows])
    found = Evidence("adafm", "compact", report.store.rows_path.parent).difference(item, basic, stage)
    assert [round(mean(one), 4) for one in found.trainings] == [0.5, 0.7]


def write_convergence(report, psnr, scale="compact"):
    for k, values in psnr.items():
        path = path_of(SR.stage(3, 4, k), scale, report.checkpoints).with_suffix(".csv")
        path.parent.mkdir(exist_ok=True)
        lines = [f"{250 * (i + 1)},0.01,{v - 1.8},{v},10.0,set5" for i, v in enumerate(values)]
        head = "step,loss,validation_psnr,validation_psnr_y,steps_per_second,images"
        path.write_text("\n".join([head, *lines]) + "\n")


@pytest.mark.parametrize(("late", "expected"), [(31.4, "holds"), (31.8, "undecided"), (31.95, "differs")])
def test_convergence_is_read_from_what_the_trainings_logged(report, late, expected):
    end = {1: late, 3: 31.9, 5: 32.0, 7: 32.0}
    write_convergence(report, {k: [31.0, db - 0.1, db, db, db] for k, db in end.items()})
    assert adafm.fig5(report).png.startswith(b"\x89PNG")
    assert verdict(report, "1x1 converges lower") == expected
    assert verdict(report, "1x1 converges lower", "paper") == "not tested"


def test_columns_of_an_absent_set_say_what_they_need(report, monkeypatch):
    locate = workbench.sets.locate
    monkeypatch.setattr(workbench.sets, "locate", lambda name: None if name == DIV2K else locate(name))
    shown = adafm.table4(report)
    line = shown.frame.loc[("DIV2K100 x3->x4", "distance")]
    assert line["printed"] == "0.09"
    assert set(line.drop(["printed", "why not"])) == {""}
    assert line["why not"].startswith("DIV2K: ") and "lib fetch div2k-valid" in line["why not"]
    assert shown.html.count("lib fetch div2k-valid") == 1  # once, as a footnote


@pytest.mark.parametrize(("absent", "star"), [("live1", " *"), ("none", "")])
def test_a_number_of_other_images_than_the_lines_carries_a_star(report, monkeypatch, absent, star):
    locate = workbench.sets.locate
    monkeypatch.setattr(workbench.sets, "locate", lambda name: name != absent and locate("skimage"))
    monkeypatch.setattr(measure.sets, "load_images", lambda name, limit: LOAD("skimage", 1))
    cell = report.cell("item", Setting(INPUT, (), JPEG.on(30)))
    rows = (("input", cell), ("known", Cell(30.0)))
    shown = report.table("item", [(Line("live1", "q30"), name, one) for name, one in rows]).frame
    assert ("*: embedded photographs" in shown.columns[-2]) == bool(star)
    assert re.fullmatch(rf"\d\d\.\d\d{re.escape(star)}", shown.iloc[0, -2])
    assert shown.iloc[1, -2] == ""


def test_a_quoted_rival_is_never_said_to_be_untrained(report):
    shown = adafm.table1(report).frame
    quoted, measured = shown.loc[("cbsd68 sigma15", "DnCNN")], shown.loc[("live1 q10", "ARCNN")]
    assert quoted["printed"] and set(quoted.drop("printed")) == {"", "quoted"}
    assert measured["printed"] == "29.13" and "quoted" not in set(measured)


# --- recording -------------------------------------------------------------------------------------


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Records the input itself on one photograph, by whatever is stored; returns what was measured."""
    monkeypatch.setattr(measure, "samples", lambda dataset, limit=None: LOAD("skimage", 1))

    def record(item="item", **options):
        report = Report("adafm", record=True, **options)
        report.store = Store("adafm", tmp_path)
        protocol = replace(JPEG.on(30), dataset=EMBEDDED)
        cell = report.cell(item, Setting(INPUT, (), protocol))
        report.store.write(report.measured)
        return len(report.measured), mean(cell.this_run)

    return record


def test_what_is_stored_for_the_same_weights_is_not_measured_again(recorded):
    first, again, fresh = recorded(), recorded(), recorded(fresh=True)
    assert (first[0], again[0], fresh[0]) == (1, 0, 1)
    assert again[1] == pytest.approx(first[1], abs=1e-4)  # rows have four decimals


def test_what_is_stored_for_another_item_is_shared(recorded, tmp_path):
    recorded()
    assert recorded("another")[0] == 0
    rows = pd.read_csv(tmp_path / "adafm.csv").set_index("item")
    assert list(rows.index) == ["another", "item"] and rows.loc["another"].equals(rows.loc["item"])
    assert recorded("another", fresh=True)[0] == 1


@pytest.mark.parametrize("complete", [True, False])
def test_the_best_of_a_grid_that_another_item_has_whole_is_not_searched_again(report, monkeypatch, complete):
    """And the search goes on where a knob of the grid is missing."""
    grid = (0.0, 0.5, 1.0)
    protocol = replace(JPEG.on(30), dataset=EMBEDDED)
    settings = [Setting(JPEG.wide, (knob,), protocol) for knob in grid]
    rows = [measured(setting, 30 + setting.knobs[0] * (1 - setting.knobs[0])) for setting in settings]
    report.store.write(("curve", row) for row in rows[: 3 if complete else 2])
    report.record, report.available = True, lambda name: True
    same = SimpleNamespace(weights_sha=rows[0].weights_sha)
    monkeypatch.setattr(report.bench, "network", lambda name: same)
    monkeypatch.setattr(report.bench, "data_sha", lambda protocol: rows[0].data_sha)
    searched = []
    monkeypatch.setattr(report.bench, "best", lambda *all: searched.append(all) or rows[1])
    cell, knobs = report.best("table", Setting(JPEG.wide, (), protocol), over=grid)
    assert bool(searched) is not complete
    assert mean(cell.this_run) == pytest.approx(30.25)
    assert knobs["this_run"] == 0.5


@pytest.mark.parametrize("column", ["weights_sha", "data_sha"])
def test_other_weights_or_images_are_measured_again(recorded, tmp_path, column):
    recorded()
    rows = pd.read_csv(tmp_path / "adafm.csv", dtype=str, keep_default_na=False)
    rows.assign(**{column: "other"}).to_csv(tmp_path / "adafm.csv", index=False)
    assert recorded()[0] == 1


def test_further_trainings_are_recorded_where_they_are_at_hand(report, monkeypatch):
    setting = Setting(DENOISING.basic(15), (), DENOISING.on(15, EMBEDDED))
    there = seeded(setting, 2)
    path = path_of(there.network, "compact", report.checkpoints)
    path.parent.mkdir()
    path.touch()
    monkeypatch.setattr(report.bench, "measure", lambda one: measured(one, 30.0))
    monkeypatch.setattr(report, "available", lambda network: True)
    for record, expected in ((False, [setting]), (True, [there, setting])):
        report.record = record
        report.measured.clear()
        report.cell("item", setting)
        assert [one.setting for _, one in report.measured] == expected


def test_the_embedded_photographs_are_recorded_beside_a_set(report, monkeypatch):
    photo = LOAD("skimage", 1)
    monkeypatch.setattr(measure, "samples", lambda dataset, limit=None: photo)
    monkeypatch.setattr(workbench.sets, "locate", lambda name: True)
    report.record = True
    for _ in range(2):
        report.cell("item", Setting(INPUT, (), JPEG.on(30)))
        assert [m.setting.protocol.dataset for _, m in report.measured] == ["live1", EMBEDDED]
        report.store.write(report.measured)


# --- agreement with stored rows --------------------------------------------------------------------

SETTING = Setting(DENOISING.wide, (1.0,), DENOISING.on(75))


@pytest.mark.parametrize(("change", "expected"), [(0.0, " agree "), (0.004, " agree "), (0.02, " DISAGREE ")])
def test_agreement_notices_a_changed_row(report, change, expected):
    report.measured = [("adafm-table2", measured(SETTING, 26.35))]
    stored = measured(SETTING, 26.35)
    stored.scores["b"] += change
    report.store.write([("adafm-table2", stored)])
    assert expected in report.agreement()
    assert report.agreement().startswith("3 values")
    assert f"{change:.4f} dB" in report.agreement()


@pytest.mark.parametrize(("change", "expected"), [(0.0004, " agree "), (0.004, " DISAGREE ")])
def test_agreement_on_ssim_is_ten_times_closer(report, change, expected):
    by_ssim = replace(SETTING, protocol=replace(SETTING.protocol, metric="ssim"))
    report.measured = [("adafm-table2", measured(s, 0.9)) for s in (SETTING, by_ssim)]
    stored = (measured(SETTING, 0.9), measured(by_ssim, 0.9 + change))
    report.store.write([("adafm-table2", m) for m in stored])
    assert expected in report.agreement()
    assert f"0.0000 dB and {change:.4f} of SSIM" in report.agreement()


def test_a_notebook_shows_long_tables_whole(report):
    frame = pd.DataFrame({"claim": [f"{i}: {'long ' * 40}end" for i in range(150)]})
    shown = frame._repr_html_()
    assert all(f">{i}: long" in shown for i in range(150)) and shown.count("end</td>") == 150


def test_all_metrics_of_a_setting_are_cells_each_with_its_printed_number(report, monkeypatch):
    protocol = Protocol("live1", Compress(10), colour="luma", multiple=1)
    report.printed = pd.DataFrame(
        [("table", "live1", "Ours", "q10", m, v) for m, v in (("psnr", 29.75), ("ssim", 0.815))],
        columns=["item", "dataset", "method", "setting", "metric", "value"],
    )
    calls = []
    evaluate = measure.evaluate
    monkeypatch.setattr(measure, "evaluate", lambda *a, **o: calls.append(a) or evaluate(*a, **o))
    cells = report.cells("table", Setting(INPUT, (), protocol), ("psnr", "ssim", "psnr_b"), ("Ours", "q10"))
    assert len(calls) == 1
    assert [cells[m].printed for m in cells] == [29.75, 0.815, None]
    assert [cells[m].unit for m in cells] == ["dB", "1", "dB"]
    table = report.table("table", [(Line("JPEG"), m, cell) for m, cell in cells.items()]).frame
    assert table.index.names == ["", "quantity"]
    assert list(table["printed"]) == ["29.75", "0.815", ""]
    shown = table.iloc[:, -2].str.removesuffix(" *")  # of an image that stands in
    assert re.fullmatch(r"0\.\d{3}", shown.iloc[1]) and re.fullmatch(r"\d\d\.\d\d", shown.iloc[2])


def test_agreement_compares_the_images_of_this_run_alone(report):
    here = measured(SETTING, 26.35)
    del here.scores["c"]
    report.measured = [("adafm-table2", here)]
    report.store.write([("adafm-table2", measured(SETTING, 26.35))])
    assert report.agreement().startswith("2 values")


def test_other_weights_are_not_the_same_measurement(report):
    report.measured = [("adafm-table2", measured(SETTING, 26.35, weights="new"))]
    report.store.write([("adafm-table2", measured(SETTING, 20.0, weights="old"))])
    assert report.agreement() == "No stored row is the same measurement as one of this run."


def test_smoke_networks_are_trained_with_the_run_whoever_else_trains_them(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    network = JPEG.basic(JPEG.start)
    elsewhere = folder_of(find(network, "smoke"))
    elsewhere.mkdir(parents=True)
    with locks.held(elsewhere, wait=False):  # as by another notebook of the same time
        assert Report("adafm", "smoke", "cpu", output=str(tmp_path / "out")).available(network)
    assert path_of(network, "smoke", tmp_path / "out" / "checkpoints").exists()
    assert list(elsewhere.parent.iterdir()) == [elsewhere] and not any(elsewhere.iterdir())
