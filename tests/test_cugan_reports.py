"""CUGAN's tables and figures: the printed numbers support its claims, wrong ones contradict them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lib.base import paths, provenance
from lib.data.images import Picture, write
from lib.degradations.levels import BlurNoise, Clean
from lib.evaluation.measure import Bench, Measurement, Protocol, Setting
from lib.evaluation.results import Store
from lib.models.cugan import CUNet
from lib.models.knobs import Controllable
from lib.papers import facts, verdicts
from lib.papers.at_hand import EMBEDDED
from lib.papers.common import Report
from lib.papers.cugan import items as cugan
from lib.papers.cugan import mechanics, photographs, reading, sweeps
from lib.papers.cugan.claims import CLAIMS, LIVE
from lib.papers.cugan.subjects import (
    FFDNET_IN_COLOUR,
    FFDNET_IN_GRAY,
    GAN_LEVELS,
    GIVEN,
    GRAY,
    IN_SEVEN,
    METRICS,
    MSE_LEVELS,
    ONE_NOISE,
    READINGS,
    SCALES,
    SIGMAS,
    on_cbsd68,
    on_live1,
    told,
    ugan,
    unet,
)
from lib.papers.cugan.subjects import cugan as cugan_at
from lib.papers.cugan.sweeps import Sweep
from lib.papers.judging import Evidence, judge
from lib.papers.papers import find
from lib.recipes.cugan import CUGAN, CUNET, RIVAL, WITHOUT_GAN, WITHOUT_GFM
from lib.training.checkpoints import Provenance, path_of
from lib.training.networks import INPUT, scale_of

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
    """What is said of every claim of an item by the rows and facts that the report keeps."""
    evidence = Evidence("cugan", scale, folder_of(report))
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


# --- tables 1 and 2 --------------------------------------------------------------------------------


def store_table1(report, wrong=()):
    """LPIPS as printed in place of the distance in the ranker's maps."""
    wrong, rows = dict(wrong), []
    for level in GAN_LEVELS:
        for method, network, knobs in (("UGAN", ugan(level), ()), ("CUGAN", CUGAN, told(level))):
            value = wrong.get((method, level), printed("cugan-table1", method, level.name, "lpips"))
            rows.append(stored("cugan-table1", Setting(network, knobs, on_live1(level, "features")), value))
    report.store.write(rows)


CLOSE, BETTER = (
    "one CUGAN is close to networks of one degradation",
    "one CUGAN is better under two strong degradations",
)


@pytest.mark.parametrize(
    ("wrong", "differing"),
    [
        ({}, set()),
        ({("CUGAN", BlurNoise(4, 0)): 0.1500}, {CLOSE}),
        ({("CUGAN", BlurNoise(2, 30)): 0.2070}, {BETTER}),
    ],
)
def test_table1_supports_its_claims(report, wrong, differing, monkeypatch):
    monkeypatch.setattr("lib.data.sets.has_file", lambda *forms: False)
    store_table1(report, wrong.items())
    shown = cugan.table1(report)
    found = verdicts_on(report, "cugan-table1")
    assert {claim for claim, verdict in found.items() if verdict == "differs"} == differing
    assert set(found) == {CLOSE, BETTER} and set(found.values()) <= {"holds", "differs"}
    text = judge_item(report, "cugan-table1")[BETTER].measured
    if not wrong:
        assert text.startswith("by 0.0049 [0.0049, 0.0049], 0.0059 [") and not text.endswith("dB")
    quoted = shown.loc[("live1 r4 sigma50 DISTS", "CUGAN less UGAN")]
    assert quoted["printed"] == "0.0052" and set(quoted.drop("printed")) == {"needs DISTS weights"}
    assert shown.loc[("live1 r0 sigma30 LPIPS, unscaled", "UGAN"), "printed"] == "0.0490"
    assert shown.loc[("live1 r4 sigma50 LPIPS, unscaled", "CUGAN less UGAN"), "printed"] == "-0.0160"
    assert set(shown.loc["live1 r0 sigma30 LPIPS"]["printed"]) == {""}


def test_lpips_and_dists_are_measured_where_their_weights_are(report, monkeypatch):
    monkeypatch.setattr("lib.papers.common.measurable", lambda metric: True)
    level = BlurNoise(4, 50)
    titles = {"lpips_paper": "LPIPS, unscaled", "lpips": "LPIPS", "dists": "DISTS"}
    for metric in titles:
        for network, knobs, value in ((ugan(level), (), 0.34), (CUGAN, told(level), 0.31)):
            setting = Setting(network, knobs, on_live1(level, metric))
            report.store.write([stored("cugan-table1", setting, value)])
    shown = cugan.table1(report)
    for title in titles.values():
        assert shown.loc[f"live1 r4 sigma50 {title}"]["compact"].to_dict() == {
            "UGAN": "0.3400",
            "CUGAN": "0.3100",
            "CUGAN less UGAN": "-0.0300",
        }


def test_lpips_is_measured_in_a_notebook_and_dists_when_rows_are_recorded(report, monkeypatch):
    """DISTS takes seconds a picture."""
    monkeypatch.setattr("lib.papers.common.measurable", lambda metric: True)
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


@pytest.mark.parametrize(("second", "expected"), [(-0.5, "differs"), (0.5, "holds")])
def test_a_gain_whose_interval_crosses_zero_is_none(report, second, expected):
    """The mean is above zero either way."""
    gains = {"a": 0.9, "b": second, "c": 0.2}
    for network, scores in ((ugan, gains), (unet, dict.fromkeys(gains, 0.0))):
        setting = Setting(network(BlurNoise(2, 30)), (), on_live1(GIVEN, "features"))
        report.store.write([stored_images("cugan-fig2", setting, scores)])
    assert verdicts_on(report, "cugan-fig2")["the artefacts are worse with a GAN"] == expected


def test_both_conditions_of_a_blur_of_one_pixel_are_measured(report):
    for blur, value in ((0.15, 1.5), (0.25, 1.25)):
        setting = Setting(CUGAN, (blur, 0.3), on_live1(BlurNoise(1, 15), "features"))
        report.store.write([stored("cugan-table1", setting, value)])
    shown = cugan.table1(report)["compact"]
    assert shown[("live1 r1 sigma15 ranker features", "CUGAN told 0.15 of blur")] == "1.5000"
    assert shown[("live1 r1 sigma15 ranker features", "CUGAN")] == "1.2500"


def store_table2(report, wrong=()):
    wrong, rows = dict(wrong), []
    for level in MSE_LEVELS:
        networks = {"Unet": (unet(level), ()), "CUnet": (CUNET, told(level)), "CResMD": (RIVAL, told(level))}
        for method, (network, knobs) in networks.items():
            value = printed("cugan-table2", method, level.name, "psnr")
            if method == "CUnet":
                value = MEANT.get(level, value)
            value = wrong.get((method, level), value)
            rows.append(stored("cugan-table2", Setting(network, knobs, on_cbsd68(level)), value))
        given = wrong.get(("degraded", level), 10.0)
        rows.append(stored("cugan-table2", Setting(INPUT, (), on_cbsd68(level)), given))
    report.store.write(rows)


@pytest.mark.parametrize(
    ("wrong", "differing"),
    [
        ({}, set()),
        ({("Unet", BlurNoise(0, 30)): 30.73}, {"one CUnet is close to networks of one degradation"}),
        ({("Unet", BlurNoise(4, 50)): 23.24}, {"two strong degradations cost less than blur alone"}),
        ({("CResMD", BlurNoise(1, 15)): 29.05}, {"better than CResMD"}),
    ],
)
def test_table2_supports_its_claims(report, wrong, differing):
    store_table2(report, wrong.items())
    found = verdicts_on(report, "cugan-table2")
    assert {claim for claim, verdict in found.items() if verdict == "differs"} == differing
    assert len(found) == 3 and set(found.values()) <= {"holds", "differs"}
    assert set(verdicts_on(report, "cugan-table2", "paper").values()) == {"not tested"}


def test_a_rival_that_does_not_restore_is_no_rival(report):
    """CResMD is printed with 29.95 dB at r2: here it is given as much."""
    level = BlurNoise(2, 0)
    store_table2(report, {("degraded", level): printed("cugan-table2", "CResMD", level.name, "psnr")}.items())
    assert verdicts_on(report, "cugan-table2")["better than CResMD"] == "not tested"


def test_misprinted_numbers_do_not_count_as_printed(tmp_path):
    one = replace(find("cugan"), items={"cugan-table2": cugan.table2})
    verdicts.write(one, tmp_path, "cpu")
    beside = pd.read_csv(tmp_path / "cugan-beside.csv")
    assert {20.07, 28.63}.isdisjoint(beside["printed"]) and len(beside) == 3 * len(MSE_LEVELS) - 2


def test_two_columns_of_table2_are_misprinted(report):
    shown = cugan.table2(report)["printed"]
    meant = {line: value for (line, what), value in shown.items() if what.endswith("less the distance")}
    assert meant == {"cbsd68 r2 sigma0": "30.07", "cbsd68 r4 sigma0": "26.63"}
    assert shown["cbsd68 r2 sigma0", "CUnet"] == "20.07" and shown["cbsd68 r4 sigma0", "CUnet"] == "28.63"
    assert shown["cbsd68 r4 sigma50", "Unet less CUnet"] == "0.01"


# --- table 3 ---------------------------------------------------------------------------------------


def store_table3(report, more, fair, scale="compact"):
    """The published network at 30 dB in colour, judged in gray this much more; CUnet on gray with one noise
    this far above FFDNet."""
    values = {FFDNET_IN_COLOUR: 30.0, FFDNET_IN_GRAY: 30.0 + more, ONE_NOISE: 28.0 + fair, GRAY: 28.0}
    report.store.write(
        stored("cugan-table3", reading.setting(sigma), value, scale)
        for reading, value in values.items()
        for sigma in SIGMAS
    )


@pytest.mark.parametrize(("more", "expected"), [(0.36, "holds"), (0.25, "differs"), (0.5, "differs")])
def test_judging_in_gray_is_compared_with_what_is_printed_more(report, more, expected):
    """0.39 and 0.32 dB are."""
    store_table3(report, more, 1.0)
    shown = cugan.table3(report)
    claim = "table 3 compares gray with colour"
    assert verdicts_on(report, "cugan-table3", "paper")[claim] == expected
    assert set(verdicts_on(report, "cugan-table3").values()) == {"not tested"}  # compact
    assert shown.loc[("sigma50", "CUnet, as printed"), "printed"] == "28.48"
    assert shown.loc[("sigma15", "FFDNet gray (published)")].iloc[-1] == "takes long"


@pytest.mark.parametrize(("fair", "expected"), [(0.02, "holds"), (-0.3, "differs")])
def test_gray_is_compared_with_gray_at_the_papers_size(report, fair, expected):
    store_table3(report, 0.36, fair, "paper")
    found = verdicts_on(report, "cugan-table3", "paper")
    assert found["better than denoisers of gray pictures"] == expected


def test_readings_differ_in_what_is_noisy_and_what_is_judged():
    """Gray copied has one noise, gray as RGB three; on either the clean picture is gray."""
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
    fewer = {"million parameters of CUnet": 1.37, "million parameters of CResMD": 2.5}
    keep(report, "cugan-text-4.2", fewer)
    assert verdicts_on(report, "cugan-text-4.2", "paper") == {"fewer parameters than CResMD": "holds"}


# --- figures with rows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("single", "adversarial", "expected"),
    [(24.0, 2.5, ("holds", "holds")), (26.5, 1.5, ("differs", "differs"))],
)
def test_figure_2_compares_with_networks_that_are_told(report, single, adversarial, expected):
    """Told, both reach 26 dB; the Unet for another degradation lies 2 from the original."""
    level = BlurNoise(1, 50)
    values = {
        (unet(BlurNoise(2, 30)), ()): (single, 2.0),
        (CUNET, told(level)): (26.0, 1.0),
        (ugan(BlurNoise(2, 30)), ()): (single, adversarial),
        (CUGAN, told(level)): (26.0, 1.0),
    }
    for (network, knobs), pair in values.items():
        for metric, value in zip(("psnr", "features"), pair, strict=True):
            setting = Setting(network, knobs, on_live1(level, metric))
            report.store.write([stored("cugan-fig2", setting, value)])
    figure, _ = cugan.fig2(report)
    assert figure.png.startswith(b"\x89PNG")
    assert tuple(verdicts_on(report, "cugan-fig2").values()) == expected


@pytest.mark.parametrize(("two", "expected"), [(1.1, "holds"), (0.99, "differs")])
def test_figure_7_needs_three_scales_ahead_of_two_and_of_one(report, two, expected):
    for network, value in zip(SCALES.values(), (1.2, two, 1.0), strict=True):
        for level in IN_SEVEN:
            setting = Setting(network, told(level), on_live1(level, "features"))
            report.store.write([stored("cugan-fig7", setting, value)])
    _, shown = cugan.fig7(report)
    assert verdicts_on(report, "cugan-fig7") == {"more scales help": expected}
    assert shown.loc[("live1 r2 sigma15 ranker features", "CUGAN-1 less CUGAN-3"), "compact"] == "0.2000"


@pytest.mark.parametrize(
    ("worst", "control", "expected"),
    [
        (1.1, 1.2, "holds"),
        (0.999, 1.2, "differs"),
        (1.1, 0.9, "not tested"),
        (0.999, 0.9, "not tested"),
    ],
)
def test_figure_8_needs_every_degradation_and_a_measure_that_can_tell(report, worst, control, expected):
    for network, usual in ((CUGAN, 1.0), (WITHOUT_GFM, 1.1), (WITHOUT_GAN, control)):
        report.store.write(
            stored(
                "cugan-fig8",
                Setting(network, told(level), on_live1(level, "features")),
                worst if (network, level) == (WITHOUT_GFM, GAN_LEVELS[4]) else usual,
            )
            for level in GAN_LEVELS
        )
    figure, _ = cugan.fig8(report)
    assert figure.png.startswith(b"\x89PNG")
    (found,) = judge_item(report, "cugan-fig8").values()
    assert found.verdict == expected and ("cannot tell" in found.measured) is (control < 1)


def test_figure_8_differs_where_the_control_lies_between_the_two(report):
    for network, value in ((CUGAN, 1.0), (WITHOUT_GFM, 0.8), (WITHOUT_GAN, 0.9)):
        report.store.write(
            stored("cugan-fig8", Setting(network, told(level), on_live1(level, "features")), value)
            for level in GAN_LEVELS
        )
    assert verdicts_on(report, "cugan-fig8") == {"telling the discriminator helps": "differs"}


# --- what a knob does on its way -------------------------------------------------------------------


def ramp(values, size=32):
    """At each place of the knob two gray pictures of this brightness."""
    made = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1, 1)
    return made.expand(-1, 2, 3, size, size)


@pytest.mark.parametrize(
    ("values", "share", "smooth"),
    [
        (np.linspace(0.2, 0.7, 11), 0.1, True),
        (np.linspace(0.2, 0.7, 11) ** 2, 0.15, True),
        ([0.2] * 5 + [0.7] * 6, 1.0, False),
        ([0.2, 0.3, 0.32, 0.33, 0.34, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35], 2 / 3, False),
        ([0.5] * 11, 0.1, True),
    ],
)
def test_a_jump_is_told_from_a_smooth_way(report, values, share, smooth):
    found = Sweep(ramp([0.5])[0], ramp(list(values)))
    assert found.largest_share == pytest.approx([share] * 2, abs=0.001)
    keep_sweep(report, found)
    said = judge_item(report, "cugan-fig4")
    for knob in sweeps.WAYS:
        one = said[f"smooth transition ({knob})"]
        assert one.verdict == ("holds" if smooth else "differs")
        assert one.measured.endswith("], 2 pictures of live1")


def keep_sweep(report, found):
    """The same for every knob."""
    names = [f"picture {i}" for i in range(len(found.clean))]
    keep(report, "cugan-fig4", sweeps.measured(names, dict.fromkeys(sweeps.WAYS, found)))


TURNS = (
    "more of the noise knob leaves less noise",
    "more of the blur knob sharpens",
    "texture costs accuracy",
)


def textured(strengths, generator):
    """Noise around gray whose strength changes with the knob: noise and edges at once."""
    noise = torch.randn(1, 4, 3, 48, 48, generator=generator)
    return 0.5 + torch.tensor(strengths).view(-1, 1, 1, 1, 1) / 255 * noise


def test_noise_falls_and_sharpness_rises_or_the_claim_differs(report):
    generator = torch.Generator().manual_seed(0)
    falling = Sweep(torch.full((4, 3, 48, 48), 0.5), textured(np.linspace(30, 2, 11).tolist(), generator))
    rising = Sweep(falling.clean, falling.made.flip(0))
    assert falling.noise[0] == pytest.approx([30] * 4, rel=0.1)
    for found, expected in (
        (falling, ("holds", "differs", "differs")),
        (rising, ("differs", "holds", "holds")),
    ):
        keep_sweep(report, found)
        said = verdicts_on(report, "cugan-fig4")
        assert tuple(said[claim] for claim in TURNS) == expected


class Grey(Controllable):
    """Mixes a picture with its own mean, more of it with more noise; the other knobs do nothing."""

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
    assert "not tested" not in verdicts_on(recording, "cugan-fig4").values()
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
    """All noise goes by 0.8 at either end; a picture without noise is left out."""
    x = 0.5 + 0.1 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = photographs.measured(Grey(), {"noisy": x.clamp(0, 1), "plain": torch.full_like(x, 0.5)})
    assert len(found) == 2 * 5
    for end in ("left", "sharpened"):
        assert found[f"noise {end}: noisy"] == pytest.approx(0.2 * found["noise seen: noisy"], rel=0.1)
    keep(report, "cugan-fig6", found)
    said = judge_item(report, "cugan-fig6")[REAL]
    assert said.measured.startswith("0.20 [0.20, 0.20] of the noise left, 0.20 [0.20, 0.20] after")
    assert said.verdict == "differs"  # nothing is sharpened


@pytest.mark.parametrize(
    ("seen", "left", "sharpened", "sharper", "expected"),
    [
        (10.0, 2.0, 4.0, 1.0, "holds"),
        (10.0, 6.0, 4.0, 1.0, "differs"),
        (10.0, 2.0, 6.0, 1.0, "differs"),
        (10.0, 2.0, 4.0, -1.0, "differs"),
        (0.5, 0.1, 0.2, 1.0, "not tested"),
    ],
)
def test_real_noise_has_to_go_and_stay_away(report, seen, left, sharpened, sharper, expected):
    noise = {"seen": seen, "left": left, "sharpened": sharpened}
    found = {f"noise {what}: a": value for what, value in noise.items()}
    keep(report, "cugan-fig6", found | {"mean step left: a": 5.0, "mean step sharpened: a": 5.0 + sharper})
    assert verdicts_on(report, "cugan-fig6") == {REAL: expected}


def test_real_photographs_are_measured_where_they_are(recording, monkeypatch):
    assert cugan.fig6(recording).png.startswith(b"\x89PNG")
    assert verdicts_on(recording, "cugan-fig6") == {REAL: "not tested"}  # another set stands in
    monkeypatch.setattr(photographs, "RNI15", Protocol(EMBEDDED, Clean(), multiple=1))
    cugan.fig6(recording)
    assert verdicts_on(recording, "cugan-fig6")[REAL] != "not tested"


# --- mechanics -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slope", "start", "expected"), [(1.0, 0.1, "holds"), (1.0, 0.5, "differs"), (-0.3, 0.5, "differs")]
)
def test_fusion_weights_are_read_at_every_tenth(report, slope, start, expected):
    """They must grow, from near zero, where that is where they started."""
    report.scale = "paper"
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
    assert cugan.fusion(report).png.startswith(b"\x89PNG")
    assert list(verdicts_on(report, "cugan-mech-w", "paper").values()) == [expected]
    report.scale = "compact"
    cugan.fusion(report)
    (found,) = judge_item(report, "cugan-mech-w").values()
    assert (found.verdict, found.measured) == (
        "not tested",
        "our training starts every weight away from zero",
    )


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
    assert endings.loc[CUGAN].tolist() == ["400", f"{real:.2f}", f"{fake:.2f}", "0.200", verdict]


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
    assert cugan.ITEMS[item](report).png.startswith(b"\x89PNG")
    assert not facts.load("cugan", folder_of(report))
    assert set(verdicts_on(report, item).values()) <= {"not tested"}


def test_every_claim_is_judged_at_both_scales_and_nothing_is_measured(tmp_path, monkeypatch):
    def measure(bench, setting):
        raise AssertionError("a verdict measured something")

    monkeypatch.setattr(Bench, "measure", measure)
    frame = verdicts.judged(find("cugan"))
    assert list(frame["claim"]) == 2 * list(CLAIMS)
    assert list(frame["scale"]) == ["compact"] * len(CLAIMS) + ["paper"] * len(CLAIMS)
    assert {"holds", "differs", "not tested"} == set(frame["verdict"])
    assert set(verdicts.judged(find("cugan"), tmp_path)["verdict"]) == {"not tested"}


def test_sentences_have_the_digits_that_are_printed():
    """Misprinted columns of table 2 are in none; a gain is one number less another."""
    said = {name: claim.paper for name, claim in CLAIMS.items()}
    assert "(by 0.0049, 0.0059, 0.0079 and 0.0160)" in said[BETTER]
    assert "by 0.04 to 0.10 dB" in said["better than CResMD"]
    assert "by 2.19 to 2.90 dB" in said["better than denoisers of gray pictures"]
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
