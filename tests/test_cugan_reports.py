"""CUGAN's tables and figures: the printed numbers support its claims, wrong networks contradict them."""

import copy
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from evidence import Several

from lib.base import paths, provenance
from lib.data.images import Picture, to_pixels, write
from lib.degradations import to_8bit
from lib.degradations.levels import BlurNoise, Clean
from lib.evaluation.measure import Bench, Measurement, Protocol, Setting
from lib.evaluation.results import Store
from lib.metrics.estimates import estimate_noise
from lib.models.cugan import CUNet
from lib.models.knobs import Controllable
from lib.papers import facts, verdicts
from lib.papers.at_hand import EMBEDDED
from lib.papers.cugan import items as cugan
from lib.papers.cugan import mechanics, photographs, reading, sweeps
from lib.papers.cugan.claims import CLAIMS, LIVE, NOISY
from lib.papers.cugan.subjects import (
    CONTROL,
    FFDNET_IN_COLOUR,
    FFDNET_IN_GRAY,
    GAN_LEVELS,
    IN_EIGHT,
    IN_SEVEN,
    IN_TABLE_2,
    IN_TWO,
    LPIPS,
    METRICS,
    MSE_LEVELS,
    PLACES,
    READINGS,
    SCALES,
    STRONG,
    TENTHS,
    TURNED,
    by,
    first_stage,
    of_table1,
    of_table2,
    on_live1,
    told,
    turned,
    ugan,
    unet,
)
from lib.papers.cugan.subjects import cugan as cugan_at
from lib.papers.cugan.sweeps import Sweep
from lib.papers.judging import Evidence, NotMeasured, judge
from lib.papers.papers import find
from lib.papers.pictures import busiest_crop, calmest_crop
from lib.papers.report import Report
from lib.papers.shown import Parts
from lib.recipes import queue
from lib.recipes.cugan import CUGAN, CUNET, WITHOUT_GFM
from lib.training.checkpoints import Provenance, path_of
from lib.training.health import MILD, SEVERE
from lib.training.networks import load, scale_of
from lib.training.wrappers import Interpolated

PRINTED = pd.read_csv(paths.PRINTED / "cugan.csv", keep_default_na=False)
MEANT = {BlurNoise(2, 0): 30.07, BlurNoise(4, 0): 26.63}  # dB, where CUnet is misprinted


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("cugan", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("cugan", tmp_path / "measured")
    report.available = lambda name: False
    report.keep_facts = lambda item, found: report.record and keep(report, item, found)
    return report


def keep(report, item, found):
    facts.keep("cugan", item, report.scale, found, folder_of(report))


def judge_item(report, item, scale="compact"):
    """What is said of every claim of an item by the rows and facts that the report keeps, as if three
    trainings had come out alike."""
    evidence = Several("cugan", scale, folder_of(report))
    return {claim.name: judge(claim, evidence) for claim in CLAIMS.values() if claim.item == item}


def verdicts_on(report, item, scale="compact"):
    return {name: found.verdict for name, found in judge_item(report, item, scale).items()}


def folder_of(report):
    return report.store.rows_path.parent


def stored(item, setting, value, scale="compact"):
    return stored_images(item, setting, {"a": value - 0.01, "b": value + 0.01}, scale)


def stored_images(item, setting, scores, scale="compact"):
    scale = scale_of(setting.network, scale)
    history = Provenance("", "", "", scale)
    return item, Measurement(setting, scale, scores, history, "w", "d", "cpu")


def printed(item, method, setting, metric):
    rows = PRINTED[(PRINTED["item"] == item) & (PRINTED["method"] == method)]
    return float(rows[(rows["setting"] == setting) & (rows["metric"] == metric)]["value"].item())


def test_every_claim_stands_on_an_item_and_every_item_is_recorded_or_made_when_shown():
    assert {claim.item for claim in CLAIMS.values()} | set(LIVE) == set(cugan.ITEMS)
    assert find("cugan").measured == tuple(item for item in cugan.ITEMS if item not in LIVE)


# --- claims: what the paper says of every one, and a wrong network for every one ----------------------

CLOSE, BETTER = (
    "one CUGAN is close to networks of one degradation (LPIPS)",
    "one CUGAN is better under two strong degradations",
)
SHOWN_BY_FACTS = "more of the noise knob leaves less noise"
NAMES = "abc"  # of images
CHANGED = 0.05  # LPIPS, DISTS: by which an adversarial training is made to help


@dataclass(frozen=True)
class World(Several):
    """Everything that claims rest on, in three trainings that came out alike; what is printed, or made up so
    that the claims hold."""

    rows: dict[tuple[str, Setting], float] = field(default_factory=dict)
    known: dict[tuple[str, str], float | tuple[float, ...]] = field(default_factory=dict)
    lean: dict[str, list[float]] = field(default_factory=dict)
    pull: dict[str, list[float]] = field(default_factory=dict)  # of severe degradations beside mild ones

    def scores(self, item, setting):
        if (item, setting) not in self.rows:
            raise NotMeasured
        return {name: self.rows[item, setting] + 0.01 * i for i, name in enumerate(NAMES)}

    def fact(self, item, name):
        return self._known(self.known.get((item, name)))

    def facts_by_image(self, item, name):
        value = self.fact(item, name)
        return {picture: value * (1 + 0.01 * i) for i, picture in enumerate(NAMES)}

    def training_curve(self, run):
        values = self._known(self.lean.get(run))
        curve = pd.DataFrame({"step": range(len(values)), "lean": values})
        return curve.assign(**{MILD: 2.0, SEVERE: 2 * np.array(self.pull[run])}) if self.pull else curve

    def with_rows(self, item, settings, value):
        """The same, but for some settings' values."""
        return replace(self, rows=self.rows | {(item, setting): value for setting in settings})

    def moved(self, item, settings, by):
        changed = {(item, setting): self.rows[item, setting] + by for setting in settings}
        return replace(self, rows=self.rows | changed)

    def with_facts(self, item, **values):
        return replace(self, known=self.known | {(item, name): value for name, value in values.items()})


def in_table1(method, level, metric):
    setting = of_table1(level)["UGAN" if method == "Unet" else method]
    return by(metric, first_stage(setting) if method == "Unet" else setting)


def printed_rows():
    """Tables 1 to 3, and the networks before their adversarial training, which are not printed."""
    rows = {}
    for level in GAN_LEVELS:
        for metric, written in ((LPIPS, "lpips"), ("dists", "dists")):
            for method in ("UGAN", "CUGAN"):
                value = printed("cugan-table1", method, level.name, written)
                rows["cugan-table1", in_table1(method, level, metric)] = value
            rows["cugan-table1", in_table1("Unet", level, metric)] = value + CHANGED
    for level in MSE_LEVELS:
        for method, setting in of_table2(level).items():
            given = method == "degraded"
            value = 10.0 if given else printed("cugan-table2", method, level.name, "psnr")
            rows["cugan-table2", setting] = MEANT.get(level, value) if method == "CUnet" else value
    for sigma in IN_TABLE_2:
        colour = printed("cugan-table2", "CUnet", f"r0 sigma{sigma}", "psnr") - 0.3
        more = printed("cugan-table3", "CUnet", f"sigma{sigma}", "psnr") - colour - 0.3
        rows["cugan-table3", FFDNET_IN_COLOUR.setting(sigma)] = colour
        rows["cugan-table3", FFDNET_IN_GRAY.setting(sigma)] = colour + more
    return rows


def drawn_rows():
    """Figures 2, 4, 7 and 8, of which no number is printed."""
    rows = {}
    values = (24.0, 0.4), (26.0, 0.25), (22.0, 0.5), (25.0, 0.2)
    for setting, (db, far) in zip(IN_TWO.values(), values, strict=True):
        rows |= {("cugan-fig2", by("psnr", setting)): db, ("cugan-fig2", by("lpips", setting)): far}
    for at, db, niqe, far in ((0.0, 26.0, 7.0, 0.3), (0.5, 25.5, 6.0, 0.25), (1.0, 24.5, 5.0, 0.2)):
        for metric, value in (("psnr", db), ("niqe", niqe), ("lpips", far)):
            rows["cugan-fig4", turned("texture", at, metric)] = value
    rows["cugan-fig4", turned("blur", 0.0, "lpips")] = 0.35
    for network, value in zip(SCALES.values(), (0.3, 0.25, 0.2), strict=True):
        for level in IN_SEVEN:
            rows["cugan-fig7", by(LPIPS, cugan_at(level, network))] = value
            rows["cugan-fig7", first_stage(by(LPIPS, cugan_at(level, network)))] = value + CHANGED
    for network, value in zip(IN_EIGHT.values(), (0.2, 0.22, 0.25), strict=True):
        rows |= {("cugan-fig8", by(LPIPS, cugan_at(level, network))): value for level in GAN_LEVELS}
    return rows


def made_up_facts():
    found = {"million parameters of CUnet": 1.37, "million parameters of CResMD": 2.5}
    known = {("cugan-text-4.2", name): value for name, value in found.items()}
    fig4 = {f"largest share of {knob}": 0.15 for knob in sweeps.WAYS}
    fig4 |= {f"whole change of {knob}": 8.0 for knob in sweeps.WAYS}
    fig4 |= {f"PSNR at {knob} {at:g}": 25 + at for knob in sweeps.WAYS for at in TENTHS}
    fig4 |= {f"noise left at noise {at:g}": 13 - 15 * at for at in PLACES["noise"]}
    fig4 |= {f"mean step at blur {at:g}": 6 + 10 * at for at in PLACES["blur"]}
    fig4 |= {f"mean step at texture {at:g}": 6 + 5 * at for at in PLACES["texture"]}
    known |= {("cugan-fig4", name): value for name, value in fig4.items()}
    for what, noise, step in (("seen", 20.0, None), ("left", 2.0, 5.0), ("sharpened", 4.0, 7.0)):
        known["cugan-fig6", f"noise {what} in the calmest part"] = noise
        known["cugan-fig6", f"mean step {what}"] = step
    for title in ("scale 2 into 1", "scale 3 into 2"):
        known |= {("cugan-mech-w", f"{title} at {at:g}"): 0.05 + at for at in TENTHS}
        known |= {("cugan-mech-w", f"{title} at the start at {at}"): 0.1 * at for at in (0, 1)}
    return known


def as_the_paper_says():
    lean = {CUGAN: [0.001, -0.001, 0.002, 0.0], WITHOUT_GFM: [-0.02, -0.01, -0.03, -0.02]}
    pull = {CUGAN: [0.9, 1.0, 1.1, 1.0], WITHOUT_GFM: [0.5, 0.6, 0.4, 0.5]}
    rows = printed_rows() | drawn_rows()
    return World("cugan", "paper", rows=rows, known=made_up_facts(), lean=lean, pull=pull)


def all_table1(world, method, metric, by, levels=GAN_LEVELS):
    return world.moved("cugan-table1", [in_table1(method, level, metric) for level in levels], by)


def rough(world, metric, by):
    """Another network at the adversarial end of the texture knob, by one of its metrics."""
    return world.moved("cugan-fig4", [turned("texture", 1.0, metric)], by)


def smeared(world):
    """Figure 6 after a blur: noise is gone, and the second knob blurs as much."""
    return world.with_facts("cugan-fig6", **{"mean step sharpened": 4.0})


def detour(world, knob):
    """As on the way to a network whose channels are in another order: both ends restore, nothing between."""
    dips = {f"PSNR at {knob} {at:g}": 25 - 12 * at * (1 - at) for at in TENTHS}
    return world.with_facts("cugan-fig4", **dips)


# Of every claim the networks that contradict it; each world differs from the paper's in nothing else.
WRONG = {
    CLOSE: {
        "a CUGAN trained on one degradation, and used on all": lambda w: all_table1(w, "CUGAN", LPIPS, 0.03),
        "one that cannot do a strong blur": lambda w: all_table1(w, "CUGAN", LPIPS, 0.0002, GAN_LEVELS[3:4]),
    },
    CLOSE.replace("LPIPS", "DISTS"): {
        "a CUGAN of another structure of texture": lambda w: all_table1(w, "CUGAN", "dists", 0.01)
    },
    BETTER: {
        "a CUGAN that is no better than all UGANs": lambda w: all_table1(w, "CUGAN", LPIPS, 0.012, STRONG)
    },
    "one CUnet is close to networks of one degradation": {
        "a CUnet that ignores its knobs": lambda w: w.moved(
            "cugan-table2", [of_table2(level)["CUnet"] for level in MSE_LEVELS], -0.5
        ),
        "Unets that are not trained enough": lambda w: w.moved(
            "cugan-table2", [of_table2(level)["Unet"] for level in MSE_LEVELS], -0.5
        ),
    },
    "two strong degradations cost less than blur alone": {
        "a CUnet made for blur alone": lambda w: w.moved(
            "cugan-table2", [of_table2(BlurNoise(blur, 0))["CUnet"] for blur in (2, 4)], 0.25
        )
    },
    "better than CResMD": {
        "CResMD, as good as it is, beside itself": lambda w: w.moved(
            "cugan-table2", [of_table2(level)["CResMD"] for level in MSE_LEVELS[:3]], 0.15
        )
    },
    "competitive in denoising": {
        "FFDNet, half a decibel better": lambda w: w.moved(
            "cugan-table3", [FFDNET_IN_COLOUR.setting(sigma) for sigma in IN_TABLE_2], 0.5
        )
    },
    "table 3 compares gray with colour": {
        "a gain of judging in gray as of Y": lambda w: w.moved(
            "cugan-table3", [FFDNET_IN_GRAY.setting(sigma) for sigma in IN_TABLE_2], 1.4
        ),
        "none": lambda w: w.moved(
            "cugan-table3", [FFDNET_IN_GRAY.setting(sigma) for sigma in IN_TABLE_2], -0.35
        ),
    },
    "fewer parameters than CResMD": {
        "the layers as described": lambda w: w.with_facts(
            "cugan-text-4.2", **{"million parameters of CUnet": 6.53}
        )
    },
    "a network for another degradation leaves artefacts": {
        "networks that need not be told": lambda w: w.with_rows("cugan-fig2", IN_TWO.values(), 26.0)
    },
    "the artefacts are worse with a GAN": {
        "a GAN with a grain on everything": lambda w: w.moved(
            "cugan-fig2", [by("lpips", setting) for setting in list(IN_TWO.values())[3:]], 0.3
        ),
        "a GAN that leaves fewer": lambda w: w.moved(
            "cugan-fig2", [by("lpips", setting) for setting in list(IN_TWO.values())[2:3]], -0.2
        ),
        "a GAN that helps even there, if less": lambda w: w.moved(
            "cugan-fig2", [by("lpips", setting) for setting in list(IN_TWO.values())[2:]], -0.15
        ),
    },
    SHOWN_BY_FACTS: {
        "an untrained knob": lambda w: w.with_facts(
            "cugan-fig4", **{f"noise left at noise {at:g}": 13.0 for at in PLACES["noise"]}
        ),
        "one that is turned the other way": lambda w: w.with_facts(
            "cugan-fig4", **{f"noise left at noise {at:g}": 4 + 15 * at for at in PLACES["noise"]}
        ),
        "one that goes back and forth": lambda w: w.with_facts(
            "cugan-fig4", **{"noise left at noise 0.3": 12.0}
        ),
    },
    "more of the blur knob sharpens": {
        "one that adds noise": lambda w: w.with_rows("cugan-fig4", [turned("blur", 0.0, "lpips")], 0.1),
        "one that blurs": lambda w: w.with_facts(
            "cugan-fig4", **{f"mean step at blur {at:g}": 6 - 10 * at for at in PLACES["blur"]}
        ),
    },
    "texture costs accuracy": {
        "a grain of two pixels, which LPIPS hardly sees": lambda w: rough(w, "niqe", 4.0),
        "noise, which NIQE may take for nature": lambda w: rough(w, "lpips", 0.3),
        "texture that costs nothing": lambda w: rough(w, "psnr", 2.0),
        "a way by a better network": lambda w: w.moved(
            "cugan-fig4", [turned("texture", 0.5, "psnr")], 1.0
        ),
        "a blur": lambda w: w.with_facts("cugan-fig4", **{"mean step at texture 1": 3.0}),
    },
    **{
        f"smooth transition ({knob})": {
            "a way through other images": lambda w, knob=knob: detour(w, knob),
            "a switch": lambda w, knob=knob: w.with_facts("cugan-fig4", **{f"largest share of {knob}": 1.0}),
            "an untrained knob": lambda w, knob=knob: w.with_facts(
                "cugan-fig4", **{f"largest share of {knob}": 0.1, f"whole change of {knob}": 0.0}
            ),
        }
        for knob in sweeps.WAYS
    },
    "real noise goes, and sharpening does not bring it back": {
        "the identity": lambda w: w.with_facts("cugan-fig6", **{"noise left in the calmest part": 20.0}),
        "a knob that brings noise back": lambda w: w.with_facts(
            "cugan-fig6", **{"noise sharpened in the calmest part": 15.0}
        ),
        "a blur": smeared,
    },
    "more scales help": {
        "one of a single scale, as good": lambda w: w.with_rows(
            "cugan-fig7", [by(LPIPS, cugan_at(level, SCALES["CUGAN-1"])) for level in IN_SEVEN], 0.19
        )
    },
    "telling the discriminator helps": {
        "a discriminator that harms one degradation, once it is told": lambda w: w.with_rows(
            "cugan-fig8", [by(LPIPS, cugan_at(GAN_LEVELS[4]))], 0.23
        )
    },
    "what comes from coarser scales fades with the degradation": {
        "weights that fall": lambda w: w.with_facts(
            "cugan-mech-w", **{f"scale 2 into 1 at {at:g}": 0.8 - 0.3 * at for at in TENTHS}
        ),
        "weights that are largest for mild ones": lambda w: w.with_facts(
            "cugan-mech-w", **{"scale 2 into 1 at 0.2": 3.0}
        ),
        "weights that are all large": lambda w: w.with_facts(
            "cugan-mech-w", **{f"scale 3 into 2 at {at:g}": 0.7 + at for at in TENTHS}
        ),
    },
    "a discriminator that is not told leans on the degradation": {
        "one that leans to the strongly degraded": lambda w: replace(
            w, lean=w.lean | {WITHOUT_GFM: [0.02, 0.01, 0.03, 0.02]}
        ),
        "two that do": lambda w: replace(w, lean={WITHOUT_GFM: [0.02, 0.01, 0.03, 0.02], CUGAN: [0.05] * 4}),
        "one that leans more once it is told": lambda w: replace(
            w, lean=w.lean | {CUGAN: [-0.05, -0.04, -0.06, -0.05]}
        ),
    },
    "a discriminator that is told pulls at severe degradations": {
        "one that pulls at them without being told": lambda w: replace(
            w, pull=w.pull | {WITHOUT_GFM: [1.5, 1.4, 1.6, 1.5]}
        ),
        "one that pulls less once it is told": lambda w: replace(
            w, pull=w.pull | {CUGAN: [0.2, 0.1, 0.2, 0.1]}
        ),
    },
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_the_paper_says_holds(claim):
    """Its printed numbers, and where it prints none what it describes."""
    found = judge(CLAIMS[claim], as_the_paper_says())
    assert found.verdict == "holds", found.measured


@pytest.mark.parametrize(("claim", "network"), [(claim, one) for claim in CLAIMS for one in WRONG[claim]])
def test_a_wrong_network_differs(claim, network):
    found = judge(CLAIMS[claim], WRONG[claim][network](as_the_paper_says()))
    assert found.verdict == "differs", found.measured


def test_no_claim_is_without_a_network_that_contradicts_it():
    assert set(WRONG) == set(CLAIMS) and all(WRONG.values())


def test_the_main_claims_are_those_of_both_tables():
    assert [name for name, claim in CLAIMS.items() if claim.headline] == [
        CLOSE,
        "one CUnet is close to networks of one degradation",
        "better than CResMD",
    ]
    assert all(claim.bound.startswith(("the paper's", "ours")) for claim in CLAIMS.values())


@pytest.mark.parametrize("claim", [CLOSE, CLOSE.replace("LPIPS", "DISTS"), BETTER, "more scales help"])
def test_a_rival_whose_adversarial_training_did_not_help_decides_nothing(claim):
    """With a discriminator that sleeps or wins a UGAN is no better than its Unet; so good CUGAN is, too."""
    world = as_the_paper_says()
    for metric in (LPIPS, "dists"):
        world = all_table1(world, "Unet", metric, -2 * CHANGED)
    before = [first_stage(by(LPIPS, cugan_at(level, SCALES["CUGAN-1"]))) for level in IN_SEVEN]
    found = judge(CLAIMS[claim], world.moved("cugan-fig7", before, -2 * CHANGED))
    assert found.verdict == "undecided" and "not shown to be better than before" in found.measured
    if claim == CLOSE:  # but what is worse than even such a rival is worse
        worse = all_table1(world, "CUGAN", LPIPS, 0.1)
        assert judge(CLAIMS[claim], worse).verdict == "differs"


def test_a_rival_that_does_not_restore_is_no_rival():
    """CResMD is printed with 29.95 dB at r2: here it is given as much."""
    settings = of_table2(BlurNoise(2, 0))
    world = as_the_paper_says()
    rival = world.rows["cugan-table2", settings["CResMD"]]
    given = world.with_rows("cugan-table2", [settings["degraded"]], rival)
    found = judge(CLAIMS["better than CResMD"], given)
    assert found.verdict == "not tested" and "does not restore" in found.measured


@pytest.mark.parametrize(("control", "expected"), [(0.21, "holds"), (0.19, "not tested")])
def test_figure_8_needs_a_measure_that_tells_discriminators_from_none(control, expected):
    settings = [by(LPIPS, cugan_at(level, IN_EIGHT[CONTROL])) for level in GAN_LEVELS]
    world = as_the_paper_says().with_rows("cugan-fig8", settings, control)
    found = judge(CLAIMS["telling the discriminator helps"], world)
    assert found.verdict == expected and ("cannot tell" in found.measured) is (expected != "holds")


def test_one_training_leaves_a_tenth_of_a_decibel_undecided():
    """The printed lead over CResMD is 0.04 to 0.10 dB: three trainings that agree show it, one does not."""

    class Single(World):
        def _over_trainings(self, measured, *settings):
            return Evidence._over_trainings(self, measured, *settings)

    world = as_the_paper_says()
    single = Single("cugan", "paper", rows=world.rows)
    found = judge(CLAIMS["better than CResMD"], single)
    assert found.verdict == "undecided" and found.measured.endswith("dB (one training each)")


# --- tables 1 and 2 --------------------------------------------------------------------------------


def store(report, world, item):
    report.store.write(stored(*row, value) for row, value in world.rows.items() if row[0] == item)


def test_table1_is_shown_as_printed(report, monkeypatch):
    monkeypatch.setattr("lib.data.sets.has_file", lambda *forms: False)
    shown = cugan.table1(report).frame
    quoted = shown.loc[("live1 r4 sigma50 DISTS", "CUGAN less UGAN")]
    assert quoted["printed"] == "0.0052" and "DISTS" in quoted["why not"]
    assert shown.loc[("live1 r0 sigma30 LPIPS, unscaled", "UGAN"), "printed"] == "0.0490"
    assert shown.loc[("live1 r4 sigma50 LPIPS, unscaled", "CUGAN less UGAN"), "printed"] == "-0.0160"
    assert set(shown.loc["live1 r0 sigma30 LPIPS"]["printed"]) == {""}


def test_claims_on_table_1_are_read_from_its_rows(report):
    """And none is judged by the distance in a ranker's maps."""
    world = as_the_paper_says()
    store(report, world, "cugan-table1")
    assert set(verdicts_on(report, "cugan-table1").values()) == {"holds"}
    text = judge_item(report, "cugan-table1")[BETTER].measured
    assert text.startswith("CUGAN less UGAN -0.0049 [-0.0049, -0.0049], -0.0059 [")
    assert text.endswith("(3 trainings)")
    assert not any(setting.protocol.metric == "features" for _, setting in world.rows)


def test_further_trainings_are_measured_where_rows_are_recorded(report, monkeypatch):
    """Those that are at hand: here the third training of every network, and no second one."""
    asked, read = set(), report.cell_from

    def cell_from(item, setting, printed, measure, find_stored):
        asked.add((item, setting.network, setting.protocol.metric))
        return read(item, setting, printed, None, find_stored)

    for run in queue("compact"):
        if run.name.endswith("-seed2"):
            path = path_of(run.name, "compact", report.checkpoints)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    monkeypatch.setattr(report, "cell_from", cell_from)
    cugan.table1(report), cugan.table2(report)
    assert not any("seed" in network for _, network, _ in asked)
    report.record = True
    cugan.table1(report), cugan.table2(report)
    again = {(item, network, metric) for item, network, metric in asked if "seed" in network}
    names = {network for item, network, _ in again if item == "cugan-table2"}
    assert names == {f"{name}-seed2" for name in (CUNET, "cresmd", *map(unet, MSE_LEVELS))}
    names = {network for item, network, _ in again if item == "cugan-table1"}
    with_unets = [unet(level) for level in GAN_LEVELS if level in MSE_LEVELS]
    assert names == {f"{name}-seed2" for name in (CUGAN, *map(ugan, GAN_LEVELS), *with_unets)}
    assert {metric for item, name, metric in again if name == f"{CUGAN}-seed2"} == set(METRICS)


def test_lpips_and_dists_are_measured_where_their_weights_are(report, monkeypatch):
    monkeypatch.setattr("lib.papers.workbench.measurable", lambda metric: True)
    level = BlurNoise(4, 50)
    titles = {"lpips_paper": "LPIPS, unscaled", "lpips": "LPIPS", "dists": "DISTS"}
    for metric in titles:
        for network, knobs, value in ((ugan(level), (), 0.34), (CUGAN, told(level), 0.31)):
            setting = Setting(network, knobs, on_live1(level, metric))
            report.store.write([stored("cugan-table1", setting, value)])
    shown = cugan.table1(report).frame
    for title in titles.values():
        column = shown.loc[f"live1 r4 sigma50 {title}"]["compact"].drop("Unet", errors="ignore")
        assert column.to_dict() == {
            "UGAN": "0.3400",
            "CUGAN": "0.3100",
            "CUGAN less UGAN": "-0.0300",
        }


def test_lpips_is_measured_in_a_notebook_and_dists_when_rows_are_recorded(report, monkeypatch):
    """DISTS takes seconds an image."""
    monkeypatch.setattr("lib.papers.workbench.measurable", lambda metric: True)
    report.available = lambda name: name == CUGAN
    level = BlurNoise(4, 50)
    asked = []

    def measure_all(settings):
        asked.append({s.protocol.metric for s in settings})
        return [stored("", setting, 0.3)[1] for setting in settings]

    monkeypatch.setattr(report.bench, "measure_all", measure_all)
    cells = report.cells("cugan-table1", cugan_at(level), ("lpips", "lpips_paper", "dists"))
    assert asked[0] == {"lpips", "lpips_paper"}
    assert cells["lpips"].this_run and cells["dists"].this_run is None and cells["dists"].skipped
    report.record = True
    monkeypatch.setattr(report, "_standing", lambda setting, stored: None)
    cells = report.cells("cugan-table1", cugan_at(level), ("lpips", "lpips_paper", "dists"))
    assert {"lpips", "lpips_paper", "dists"} in asked and cells["dists"].this_run


def test_both_conditions_of_a_blur_of_one_pixel_are_measured(report):
    for blur, value in ((0.15, 1.5), (0.25, 1.25)):
        setting = Setting(CUGAN, (blur, 0.3), on_live1(BlurNoise(1, 15), "features"))
        report.store.write([stored("cugan-table1", setting, value)])
    shown = cugan.table1(report).frame["compact"]
    assert shown[("live1 r1 sigma15 ranker features", "CUGAN told 0.15 of blur")] == "1.5000"
    assert shown[("live1 r1 sigma15 ranker features", "CUGAN")] == "1.2500"


def test_misprinted_numbers_do_not_count_as_printed(tmp_path):
    one = replace(find("cugan"), items={"cugan-table2": cugan.table2})
    verdicts.write(one, tmp_path, "cpu")
    beside = pd.read_csv(tmp_path / "cugan-beside.csv")
    assert {20.07, 28.63}.isdisjoint(beside["printed"]) and len(beside) == 3 * len(MSE_LEVELS) - 2


def test_two_columns_of_table2_are_misprinted(report):
    shown = cugan.table2(report).frame["printed"]
    meant = {line: value for (line, what), value in shown.items() if what.endswith("less the distance")}
    assert meant == {"cbsd68 r2 sigma0": "30.07", "cbsd68 r4 sigma0": "26.63"}
    assert shown["cbsd68 r2 sigma0", "CUnet"] == "20.07" and shown["cbsd68 r4 sigma0", "CUnet"] == "28.63"
    assert shown["cbsd68 r4 sigma50", "Unet less CUnet"] == "0.01"


# --- table 3 ---------------------------------------------------------------------------------------


def test_table3_shows_the_printed_rows_and_both_readings(report):
    setting = FFDNET_IN_COLOUR.setting(50)
    report.store.write([stored("cugan-table3", setting, 27.95)])
    shown = cugan.table3(report).frame
    assert shown.loc[("cbsd68 sigma50", "CUnet, as printed"), "printed"] == "28.48"
    assert shown.loc[("cbsd68 sigma15", "FFDNet gray (published)")].iloc[-2] == ""


def test_readings_differ_in_what_is_noisy_and_what_is_judged():
    """Gray copied has one noise, gray as RGB three; on either the clean image is gray."""
    inputs = {
        reading.colour: next(replace(reading.setting(30).protocol, dataset=f"{EMBEDDED}-gray").inputs(1))
        for reading in READINGS
        if reading.dataset == "bsd68" and reading.network == CUNET
    }
    for clean, degraded in ((pair[1], pair[2]) for pair in inputs.values()):
        assert clean.shape[1] == degraded.shape[1] == 3
        assert torch.equal(clean[:, 0], clean[:, 1])
    _, _, copied = inputs["gray copied"]
    _, _, apart = inputs["gray as RGB"]
    assert torch.equal(copied[:, 0], copied[:, 2])
    assert float((apart[:, 0] - apart[:, 2]).std()) * 255 == pytest.approx(30 * 2**0.5, rel=0.1)


def test_gray_photographs_stand_in_for_gray_pictures(report, monkeypatch):
    """Without any set every network of the table gets the channels that it takes."""
    monkeypatch.setattr("lib.data.sets.locate", lambda name: None)
    report.available = lambda name: True
    seen = {}

    def measure(setting):
        seen[setting.network, setting.protocol.colour] = setting.protocol.dataset
        return stored("", setting, 30.0)[1]

    monkeypatch.setattr(report.bench, "measure", measure)
    monkeypatch.setattr(report, "_by", lambda measure, live: measure)
    cugan.table3(report)
    assert seen["FFDNet gray", "all channels"] == seen[CUNET, "gray copied"] == f"{EMBEDDED}-gray"
    assert seen["FFDNet colour", "all channels"] == seen[CUNET, "gray of RGB"] == EMBEDDED


# --- the text --------------------------------------------------------------------------------------


def test_the_text_is_held_against_the_papers_own_tables(report):
    report.record, report.scale = True, "paper"
    said, parameters = cugan.sentences(report)
    wrong = [statement for statement, row in said.iterrows() if row["agree"] == "no"]
    assert [statement.split(" (")[0].split(",")[0] for statement in wrong] == [
        "CUnet above CResMD at r4 sigma0",
        "CUnet above CResMD at r0 sigma50",
        "LPIPS of CUGAN above UGAN",
        "DISTS of CUGAN above UGAN",
    ]
    assert said.loc["Unet above CResMD at r4 sigma0 (dB; said of CUnet)"].tolist() == ["0.32", "0.32", "yes"]
    assert parameters.loc["CUnet"].tolist()[:2] == ["1.37", "6.534"]
    assert parameters.loc["CResMD"].tolist()[:2] == ["2.5", "2.558"]
    assert verdicts_on(report, "cugan-text-4.2", "paper") == {"fewer parameters than CResMD": "differs"}
    assert verdicts_on(report, "cugan-text-4.2") == {"fewer parameters than CResMD": "not tested"}


# --- figures with rows -----------------------------------------------------------------------------


@pytest.mark.parametrize("item", ["cugan-fig2", "cugan-fig4", "cugan-fig7", "cugan-fig8"])
def test_figures_with_rows_are_drawn_and_judged_from_them(report, item, monkeypatch):
    monkeypatch.setattr(report, "at_hand", lambda protocol: EMBEDDED)
    world = as_the_paper_says()
    store(report, world, item)
    keep(report, item, {f"{n}: {p}": v for (of, n), v in world.known.items() if of == item for p in NAMES})
    figure, shown = cugan.ITEMS[item](report)
    assert figure.png.startswith(b"\x89PNG") and set(verdicts_on(report, item).values()) == {"holds"}
    shown = shown.frame
    if item == "cugan-fig7":
        line = "live1 r2 sigma15 LPIPS, unscaled"
        assert shown.loc[(line, "CUGAN-1 less CUGAN-3"), "compact"] == "0.1000"
        assert shown.loc[(line, "CUGAN-1 before"), "compact"] == "0.3500"
    if item == "cugan-fig4":
        assert shown.loc[("live1 r2 sigma30 LPIPS", "texture 0.5"), "compact"] == "0.2500"


# --- what a knob does on its way -------------------------------------------------------------------


def ramp(values, size=32):
    """At each place of the knob two gray images of this brightness."""
    made = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1, 1)
    return made.expand(-1, 2, 3, size, size)


@pytest.mark.parametrize(
    ("values", "share", "smooth"),
    [
        (np.linspace(0.2, 0.7, 11), 0.1, True),
        (np.linspace(0.2, 0.7, 11) ** 2, 0.15, True),
        ([0.2] * 5 + [0.7] * 6, 1.0, False),
        ([0.2, 0.3, 0.32, 0.33, 0.34, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35], 2 / 3, False),
        ([0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.3, 0.35, 0.4, 0.45, 0.55], 0.1818, False),  # far from both ends
        ([0.5] * 11, 0.1, False),  # nothing was turned
    ],
)
def test_a_jump_is_told_from_a_smooth_way(report, values, share, smooth):
    """The original is brighter than all of them."""
    found = Sweep(ramp([0.9])[0], ramp(list(values)))
    assert found.largest_share == pytest.approx([share] * 2, abs=0.001)
    keep_sweep(report, found)
    said = judge_item(report, "cugan-fig4")
    for knob in sweeps.WAYS:
        one = said[f"smooth transition ({knob})"]
        assert one.verdict == ("holds" if smooth else "differs")
        assert one.measured.endswith("(one training, 2 images of live1)")


def keep_sweep(report, found):
    """The same for every knob."""
    names = [f"image {i}" for i in range(len(found.clean))]
    keep(report, "cugan-fig4", sweeps.measured(names, dict.fromkeys(sweeps.WAYS, found)))


def reordered(layer, out=None, into=None):
    """A layer whose channels come and go in another order."""
    rows, columns = (1, 0) if isinstance(layer, torch.nn.ConvTranspose2d) else (0, 1)
    if out is not None:
        layer.weight.data = layer.weight.data.index_select(rows, out)
        layer.bias.data = layer.bias.data[out]
    if into is not None:
        layer.weight.data = layer.weight.data.index_select(columns, into)


def permuted(net, generator):
    """The same function of the image, with the channels of every layer in another order."""
    net = copy.deepcopy(net).requires_grad_(False)
    draw = partial(torch.randperm, generator=generator)

    def fused(fusion, out, into):
        reordered(fusion.conv, out, into)
        if out is not None:
            reordered(fusion.weight, out)

    def inside(scales, order):
        for block in (*scales.left, *scales.right):
            inner = draw(block.a.out_channels)
            reordered(block.a, inner, order)
            fused(block.b, order, inner)
        if scales.below is not None:
            lower = draw(scales.down.out_channels)
            reordered(scales.down, lower, order)
            fused(scales.up, order, lower)
            inside(scales.below, lower)

    order = draw(net.head.out_channels)
    reordered(net.head, order)
    inside(net.body, order)
    fused(net.tail, None, order)
    return net


def test_a_second_network_with_permuted_channels_is_no_smooth_transition(report):
    """Both ends restore as CUnet and CUGAN do; between them lie the weights of neither."""
    first, second = (load(name, "compact").net.requires_grad_(False) for name in (CUNET, CUGAN))
    other = permuted(second, torch.Generator().manual_seed(0))
    ((_, clean, degraded),) = Protocol(EMBEDDED, TURNED, multiple=16).inputs(1)
    crop = busiest_crop(clean, 144)
    x, seen = (
        torch.cat([row for part in crop.cut(p).split(48, 2) for row in part.split(48, 3)])
        for p in (clean, degraded)
    )
    z = torch.tensor([told(TURNED)]).expand(len(x), -1)
    torch.testing.assert_close(second(seen, z), other(seen, z), atol=1e-4, rtol=0)
    for net, differs in ((second, False), (other, True)):
        keep_sweep(report, sweeps.sweep(Interpolated(first, net), x, seen, "texture"))
        found = judge_item(report, "cugan-fig4")["smooth transition (texture)"]
        assert (found.verdict == "differs") is differs, found.measured


def textured(strengths, generator):
    """Noise around gray whose strength changes with the knob: noise and edges at once."""
    noise = torch.randn(1, 4, 3, 48, 48, generator=generator)
    return 0.5 + torch.tensor(strengths).view(-1, 1, 1, 1, 1) / 255 * noise


def test_noise_falls_or_the_claim_differs(report):
    """And noise that is added sharpens nothing, for LPIPS sees it."""
    generator = torch.Generator().manual_seed(0)
    falling = Sweep(torch.full((4, 3, 48, 48), 0.5), textured(np.linspace(30, 2, 11).tolist(), generator))
    rising = Sweep(falling.clean, falling.made.flip(0))
    assert falling.noise[0] == pytest.approx([30] * 4, rel=0.1)
    worse = as_the_paper_says().with_rows("cugan-fig4", [turned("blur", 0.0, "lpips")], 0.1)
    store(report, worse, "cugan-fig4")
    for found, expected in ((falling, "holds"), (rising, "differs")):
        keep_sweep(report, found)
        said = verdicts_on(report, "cugan-fig4")
        assert (said[SHOWN_BY_FACTS], said["more of the blur knob sharpens"]) == (expected, "differs")


class Grey(Controllable):
    """Mixes an image with its own mean, more of it with more noise; the other knobs do nothing."""

    knobs = CUNet(widths=(4,), blocks=1).knobs

    def fold(self, knobs):
        share = float(knobs[1])

        class Plain(torch.nn.Module):
            def forward(self, x):
                return torch.lerp(x, x.mean((2, 3), keepdim=True).expand_as(x), share)

        return Plain()


def test_a_sweep_turns_one_knob_and_measures_every_picture():
    x = torch.rand(3, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    found = sweeps.sweep(Grey(), x, x, "noise")
    assert found.made.shape == (11, 3, 3, 40, 40)
    assert torch.allclose(found.made[0], x, atol=0.003) and float(found.made[-1].std((-1, -2)).max()) < 0.003
    assert np.diff(found.sharpness, axis=0).max() < 0 and np.diff(found.psnr, axis=0).max() < 0
    assert sweeps.sweep(Grey(), x, x, "blur").largest_share == pytest.approx([0.1] * 3)


@pytest.fixture
def recording(report, monkeypatch):
    """A report that records, with a network at hand, and one embedded photograph in place of LIVE1."""
    report.record = True
    report.available = lambda name: True
    report.network = lambda name: Grey()
    monkeypatch.setattr(sweeps, "PICTURES", 1)
    monkeypatch.setattr(sweeps, "on_live1", lambda level: Protocol(EMBEDDED, level, multiple=16))
    monkeypatch.setattr(report, "at_hand", lambda protocol: EMBEDDED)
    return report


def test_a_sweep_is_kept_where_its_own_set_is_at_hand(recording, monkeypatch):
    sweeps.keep_facts(recording)
    assert set(verdicts_on(recording, "cugan-fig4").values()) == {"not tested"}  # another set stands in
    monkeypatch.setattr(sweeps, "LIVE1", EMBEDDED)
    sweeps.keep_facts(recording)
    found = {name for name, said in verdicts_on(recording, "cugan-fig4").items() if said != "not tested"}
    assert found == {SHOWN_BY_FACTS, *(f"smooth transition ({knob})" for knob in sweeps.WAYS)}
    assert set(verdicts_on(recording, "cugan-fig4", "paper").values()) == {"not tested"}


# --- photographs -----------------------------------------------------------------------------------


def test_photographs_of_users_are_taken_where_they_are(report, tmp_path, monkeypatch):
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path))
    stand_in = photographs._photograph(report, "dped", "DPED")
    assert stand_in.source.startswith("needs DPED; ") and stand_in.source.endswith("stands in for it")
    (tmp_path / "dped" / "phone").mkdir(parents=True)
    write(tmp_path / "dped" / "phone" / "street.png", Picture(np.full((40, 50), 99, np.uint8)))
    own = photographs._photograph(report, "dped", "DPED")
    assert own.source == "DPED, street" and own.picture.shape == (1, 3, 40, 50)


REAL = "real noise goes, and sharpening does not bring it back"


def test_noise_left_and_sharpness_are_measured_at_the_ends_of_both_rows(report):
    """All noise goes by 0.8 at either end; an image without noise is left out."""
    noise = 0.1 * torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    one, two = (0.5 + part[None] for part in noise)
    pictures = {"noisy": one.clamp(0, 1), "as noisy": two.clamp(0, 1), "plain": torch.full_like(one, 0.5)}
    found = photographs.measured(Grey(), pictures)
    assert len(found) == 3 * 5
    for end in ("left", "sharpened"):
        left, seen = (found[f"noise {at} in the calmest part: noisy"] for at in (end, "seen"))
        assert left == pytest.approx(0.2 * seen, rel=0.1)
    keep(report, "cugan-fig6", found)
    said = judge_item(report, "cugan-fig6")[REAL]
    assert said.measured.startswith("0.20") and said.measured.endswith("(one training, 2 photographs)")
    assert said.verdict != "holds"  # nothing is sharpened


def test_clean_pictures_are_not_called_noisy(report, reference_data):
    """In their calmest part; in the busiest, texture reads as up to 13.7 grey levels of noise."""
    pictures = [x for _, x, _ in Protocol("live1", Clean(), multiple=1).inputs(12)]
    calm = [calmest_crop(x, photographs.CALM).cut(x) for x in pictures]
    read = [estimate_noise(Picture(to_pixels(x))) for x in calm]
    assert max(read) < NOISY
    busy = [busiest_crop(x, photographs.LOOKED_AT).cut(x) for x in pictures]
    assert max(estimate_noise(Picture(to_pixels(x))) for x in busy) > NOISY
    noise = 10 / 255 * torch.randn(calm[0].shape, generator=torch.Generator().manual_seed(0))
    noisy = [to_8bit(x + noise) for x in calm]
    assert min(estimate_noise(Picture(to_pixels(x))) for x in noisy) > NOISY


def test_without_noise_there_is_none_to_take_away():
    world = as_the_paper_says().with_facts("cugan-fig6", **{"noise seen in the calmest part": 0.9 * NOISY})
    found = judge(CLAIMS[REAL], world)
    assert found.verdict == "not tested" and "noise to take away" in found.measured


def test_real_photographs_are_measured_where_they_are(recording, monkeypatch):
    assert cugan.fig6(recording).png.startswith(b"\x89PNG")
    assert judge_item(recording, "cugan-fig6")[REAL].measured == "not measured"  # another set stands in
    monkeypatch.setattr(photographs, "RNI15", Protocol(EMBEDDED, Clean(), multiple=1))
    cugan.fig6(recording)
    said = judge_item(recording, "cugan-fig6")[REAL]
    assert said.measured != "not measured"  # whether there is noise in them or not


# --- mechanics -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slope", "start", "expected"),
    [
        (1.0, 0.1, ("holds", "holds")),
        (1.0, 0.5, ("differs", "undecided")),  # a training that starts at 1 may not have come as far
        (-0.3, 0.5, ("differs", "differs")),
    ],
)
def test_fusion_weights_are_read_at_every_tenth(report, slope, start, expected):
    """They must grow, from near zero, and not as they did untrained."""
    net = CUNet(widths=(4, 6, 8), blocks=1)
    with torch.no_grad():
        for place in (net.body.up, net.body.below.up):
            place.weight.weight.fill_(slope / 2)
            place.weight.bias.fill_(start)
    found = mechanics.fusion_weights(net)
    assert list(found) == ["scale 2 into 1", "scale 3 into 2", "to the output"]
    grown = [start + slope * at / 10 for at in range(11)]
    assert found["scale 2 into 1"] == pytest.approx(grown, abs=1e-6)
    report.network, report.record = lambda name: net, True
    for scale, verdict in zip(("paper", "compact"), expected, strict=True):
        report.scale = scale
        assert cugan.fusion(report).png.startswith(b"\x89PNG")
        assert list(verdicts_on(report, "cugan-mech-w", scale).values()) == [verdict]


@pytest.mark.parametrize("scale", ["compact", "paper"])
def test_untrained_fusion_weights_decide_nothing(report, scale):
    """At paper scale they grow from zero before the first step: a tenth of He's start, of two knobs."""
    net = mechanics.untrained(scale)
    first = mechanics.fusion_weights(net)["scale 2 into 1"]
    if scale == "paper":
        assert first[0] == 0 and first[-1] == pytest.approx(0.1 * 2**0.5 * (2 / np.pi) ** 0.5, rel=0.2)
    report.network, report.record, report.scale = lambda name: net, True, scale
    cugan.fusion(report)
    (found,) = judge_item(report, "cugan-mech-w", scale).values()
    assert found.verdict == "undecided" and found.measured.endswith("training hardly turned them")


def test_a_discriminator_that_cannot_tell_leans_nowhere():
    world = as_the_paper_says()
    asleep = {run: [0.01, -0.01, 0.012, -0.011] for run in (CUGAN, WITHOUT_GFM)}
    claim = CLAIMS["a discriminator that is not told leans on the degradation"]
    assert judge(claim, replace(world, lean=asleep)).verdict == "undecided"
    assert judge(claim, replace(world, lean={})).verdict == "not tested"


def test_trainings_that_logged_no_gradient_say_nothing_of_it():
    claim = CLAIMS["a discriminator that is told pulls at severe degradations"]
    found = judge(claim, replace(as_the_paper_says(), pull={}))
    assert found.verdict == "not tested" and "train them again" in found.measured


@pytest.mark.parametrize(
    ("real", "fake", "verdict"),
    [
        (1.0, -1.0, "in balance"),
        (5.0, -5.0, "the discriminator is sure of both"),
        (5.0, -1.0, "in balance"),
        (0.1, 0.0, "the discriminator barely tells them apart"),
        (0.1, 0.2, "the discriminator tells nothing apart"),
    ],
)
def test_training_curves_are_read(report, real, fake, verdict):
    path = path_of(CUGAN, "compact", report.checkpoints).with_suffix(".csv")
    path.parent.mkdir(parents=True)
    steps = [100, 200, 300, 400]
    frame = {
        "step": steps,
        "perceptual": [4, 3, 2, 1],
        "real": [0, 0, real, real],
        "fake": [9, 9, fake, fake],
        "lean": [9, 9, 0.1, 0.3],
    }
    pd.DataFrame(frame).to_csv(path, index=False)
    figure, endings = cugan.health(report)
    assert figure.png.startswith(b"\x89PNG")
    assert endings.loc[CUGAN].tolist() == ["400", f"{real:.2f}", f"{fake:.2f}", "0.200", "", verdict]


def test_without_a_training_there_is_a_sentence(report):
    figure, endings = cugan.health(report)
    assert figure.png.startswith(b"\x89PNG") and endings.empty


# --- Auto, and items without networks --------------------------------------------------------------


def test_auto_is_held_against_known_degradations(report, monkeypatch):
    monkeypatch.setattr(reading, "BLURS", (0, 2))
    monkeypatch.setattr(reading, "SIGMAS", (0, 30))
    monkeypatch.setattr(report, "at_hand", lambda protocol: EMBEDDED)
    report.images = 1
    figure, shown = cugan.auto(report)
    assert figure.png.startswith(b"\x89PNG")
    assert float(shown.loc[("2", "30"), "blur read"]) == pytest.approx(2, abs=0.4)
    assert float(shown.loc[("0", "30"), "noise read"]) == pytest.approx(30, abs=1)
    assert float(shown.loc[("2", "30"), "off by (pixels)"].split()[0]) <= 0.4


@pytest.mark.parametrize(
    "item", ["cugan-fig1", "cugan-fig3", "cugan-fig4", "cugan-fig5", "cugan-fig6", "cugan-grid"]
)
def test_figures_are_drawn_without_a_network(report, item, monkeypatch):
    monkeypatch.setattr(report, "at_hand", lambda protocol: EMBEDDED)
    shown = cugan.ITEMS[item](report)
    figure = next(iter(shown)) if isinstance(shown, Parts) else shown
    assert figure.png.startswith(b"\x89PNG")
    assert not facts.load("cugan", folder_of(report))
    assert set(verdicts_on(report, item).values()) <= {"not tested"}


def test_every_claim_is_judged_at_both_scales_and_nothing_is_measured(tmp_path, monkeypatch):
    def measure(bench, setting):
        raise AssertionError("a verdict measured something")

    monkeypatch.setattr(Bench, "measure", measure)
    frame = verdicts.judged(find("cugan"))
    assert list(frame["claim"]) == 2 * list(CLAIMS)
    assert list(frame["scale"]) == ["compact"] * len(CLAIMS) + ["paper"] * len(CLAIMS)
    assert {"holds", "differs"} <= set(frame["verdict"])
    nothing = verdicts.judged(find("cugan"), tmp_path)
    rests_on_rows = nothing["item"] != "cugan-health"  # which has its curves with the checkpoints
    assert set(nothing[rests_on_rows]["verdict"]) == {"not tested"}


def test_sentences_have_the_digits_that_are_printed():
    """Misprinted columns of table 2 are in none; a gain is one number less another."""
    said = {name: claim.paper for name, claim in CLAIMS.items()}
    assert "(by 0.0049, 0.0059, 0.0079 and 0.0160)" in said[BETTER]
    assert "by 0.04 to 0.10 dB" in said["better than CResMD"]
    assert "the 30.50 and 28.16 dB that table 2 prints" in said["competitive in denoising"]
    assert "1.37 million parameters, CResMD 2.5 million" in said["fewer parameters than CResMD"]


def test_what_is_missing_for_a_metric_is_said(report, monkeypatch):
    monkeypatch.setattr(report, "available", lambda name: name == CUGAN)
    monkeypatch.setattr("lib.data.sets.has_file", lambda *forms: False)
    setting = Setting(CUGAN, (0.5, 0.5), Protocol("live1", BlurNoise(2, 25)))
    cells = report.cells("cugan-fig8", replace(setting, network=WITHOUT_GFM), tuple(METRICS))
    assert cells["niqe"].needs == "needs NIQE's parameters"
    assert cells["lpips"].needs == cells["lpips_paper"].needs == "needs LPIPS weights"
    assert cells["dists"].needs == "needs DISTS weights"
    assert cells["features"].needs == "needs ranker-rgb"
    assert cells["psnr"].needs == "" and cells["psnr"].this_run is None
