"""QGCN's tables and figures: verdicts from made-up numbers, the ranker's order, its maps."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
import torch
from evidence import AsPrinted, Collecting, Several
from torch.nn import functional as F

from lib.base import paths, provenance
from lib.data import sets
from lib.data.images import to_tensor
from lib.degradations import jpeg
from lib.degradations.levels import Clean, Compress
from lib.evaluation import measure
from lib.evaluation.measure import Measurement, Protocol, Setting
from lib.evaluation.results import Store
from lib.models.qgcn import Ranker
from lib.papers import facts
from lib.papers.judging import Evidence, judge, seeded
from lib.papers.qgcn import items as qgcn
from lib.papers.qgcn import order, ranker, readings
from lib.papers.qgcn.claims import CLAIMS, COMPARABLE, LIVE, MAPPED, RANKING, SINGLE, TABLE1, TABLE2
from lib.papers.qgcn.subjects import (
    ABLATION,
    CLASSIC5,
    DNCNN,
    LIVE1,
    METRICS,
    NO_DILATION,
    NO_FEATURES,
    NO_RANKER,
    NO_SCORE,
    OURS,
    QUALITIES,
    RANKED,
    READINGS,
    RNAN,
    SETS,
    UNIT_RANGE,
    VARIANTS,
    on,
    restored,
    scored,
)
from lib.papers.report import Report
from lib.recipes.common import SEEDS, seeded_name
from lib.recipes.qgcn import FULL, RANKER, UNIT, own_name
from lib.training.checkpoints import Provenance, path_of
from lib.training.networks import INPUT

PRINTED = pd.read_csv(paths.PRINTED / "qgcn.csv")
PIXELS = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
JPEG = {10: 27.58, 20: 29.72, 30: 30.98}  # dB, of BSDS500 val
PICTURES = [f"image {i}" for i in range(12)]


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def report(tmp_path):
    """A report with nothing stored and no network at hand."""
    report = Report("qgcn", checkpoints=tmp_path, output=str(tmp_path / "out"))
    report.store = Store("qgcn", tmp_path / "measured")
    report.available = lambda name: False
    return report


# --- verdicts --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made(AsPrinted):
    """The printed numbers, in both readings of the weights; where none are, what the paper would want; and
    `instead`, where it says something, in place of either. told: of figure 4, by every training."""

    instead: Callable[["Made", str, Setting], float | dict[str, float] | None] = lambda *_: None
    told: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def facts(self):
        kept = [ranker.as_facts(self.told, seed) for seed in SEEDS]
        return {(MAPPED, self.scale, name): value for one in kept for name, value in one.items()}

    def scores(self, item, setting):
        for made in (self.instead(self, item, setting), wanted(item, setting)):
            if made is not None:
                return made if isinstance(made, dict) else {"a": made, "b": made}
        return super().scores(item, setting)

    def at(self, item, setting, network):
        """What is printed of another network at the same place."""
        return self.asked.printed_at[item, replace(setting, network=network)]


def wanted(item, setting):
    """What is printed nowhere: JPEGs, networks for one quality, scores."""
    protocol = setting.protocol
    match item:
        case "qgcn-table1" if setting.network == INPUT:
            return JPEG[protocol.level.quality]
        case "qgcn-table1" if setting.network == own_name(10):
            return JPEG[protocol.level.quality] + 1.8
        case "qgcn-perq":
            return 29.0 if setting.network == FULL else 29.02
        case "qgcn-cqr-rank":
            return scores_of(protocol.level)


def scores_of(level, scene=0.1, chance=0.0):
    """Scores of quality + 30 scene u + 30 chance n: u rises from 0 to 1 over the images, n is drawn for
    each quality anew."""
    quality = 101 if isinstance(level, Clean) else level.quality
    drawn = np.random.default_rng(quality).standard_normal(len(PICTURES))
    scenes = np.linspace(0, 1, len(PICTURES))
    return dict(zip(PICTURES, quality + 30 * scene * scenes + 30 * chance * drawn, strict=True))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What tables 1 and 2 ask for and the paper prints; of the other reading the same."""
    asked = Collecting("qgcn", tmp_path_factory.mktemp("asked"))
    qgcn.table1(asked)
    qgcn.table2(asked)
    for title, network in UNIT_RANGE.networks.items():
        for (item, setting), value in list(asked.printed_at.items()):
            if item == TABLE1 and setting.network == VARIANTS[title]:
                asked.printed_at[item, replace(setting, network=network)] = value
    return asked


@pytest.fixture(scope="module")
def cleans():
    """Parts of photographs by name."""
    found = {}
    for sample in sets.load_images("skimage-gray"):
        corner = to_tensor(sample.pixels)[..., :96, :192]
        found |= {f"{sample.name} {i}": part for i, part in enumerate(corner.split(96, -1))}
    return found


class Knowing(Ranker):
    """A ranker that knows the clean images: its maps are the error, or the lack of it."""

    def __init__(self, cleans, inverted=False):
        super().__init__(1, 4)
        self.cleans, self.inverted = cleans, inverted

    def features(self, x):
        error = 1e-3 + min(((x - clean).abs() for clean in self.cleans.values()), key=torch.mean)
        return [1 / error if self.inverted else error] * 3


class Edges(Ranker):
    """Not a ranker: its maps are the slopes of brightness, smoothed."""

    def __init__(self, over):
        super().__init__(1, 4)
        self.over = over

    def features(self, x):
        slope = torch.hypot(*torch.gradient(x, dim=(2, 3)))
        return [F.avg_pool2d(slope, self.over, 1, self.over // 2)] * 3


def inverted(cleans):
    return Knowing(cleans, inverted=True)


def edges(_):
    return Edges(1)


def smooth_edges(_):
    return Edges(7)


def untrained(_):
    torch.manual_seed(0)
    return Ranker(1, 16).eval()


def swapped(a, b):
    """Two networks of table 1 in each other's place."""

    def made(e, item, setting):
        for reading in READINGS:
            places = {reading.networks[a]: reading.networks[b], reading.networks[b]: reading.networks[a]}
            if item == TABLE1 and setting.network in places:
                return e.at(item, setting, places[setting.network])

    return made


def gaining(**by_row):
    """Networks of table 1 that gain by what they leave out: dB at each quality, a hundredth of it in SSIM."""

    def made(e, item, setting):
        for reading in READINGS:
            for title, gains in by_row.items():
                if item == TABLE1 and setting.network == reading.networks[ROWS[title]]:
                    gain = gains[QUALITIES.index(setting.protocol.level.quality)]
                    gain *= 0.01 if setting.protocol.metric == "ssim" else 1
                    return e.at(item, setting, reading.networks[OURS]) + gain

    return made


ROWS = {"ranker": NO_RANKER, "dilation": NO_DILATION, "score": NO_SCORE, "features": NO_FEATURES}


def behind(rival, by, dataset, metric):
    """A network that on one set stays behind a rival at every quality."""

    def made(e, item, setting):
        here = (setting.network, setting.protocol.dataset, setting.protocol.metric)
        if item == TABLE2 and here == (FULL, dataset, metric):
            return e.at(item, setting, rival) - by

    return made


def as_printed_without_dilation(e, item, setting):
    """A network for quality 10 that does at 20 and 30 what the row without dilation is printed to do."""
    if item == TABLE1 and setting.network == own_name(10):
        return e.at(item, setting, VARIANTS[NO_DILATION])


def one_for_all(db):
    return lambda e, item, setting: db if (item, setting.network) == (SINGLE, FULL) else None


def ranking(**how):
    return lambda e, item, setting: scores_of(setting.protocol.level, **how) if item == RANKING else None


def best_at_95(e, item, setting):
    """As was measured once: 22.27 for clean images, 22.57 for their JPEGs of quality 95."""
    if (item, setting) == (RANKING, scored(95)):
        return {name: score + 0.3 for name, score in scores_of(Clean()).items()}


# What must differ, by claim: the rows of wrong networks, or a wrong ranker's maps.
ROWS_THAT_DIFFER = {
    "the ranker helps": [swapped(OURS, NO_RANKER)],
    "the ranker helps in PSNR": [swapped(OURS, NO_RANKER)],
    "the ranker helps in SSIM": [swapped(OURS, NO_RANKER)],
    # it does harm, most where artefacts are mild
    "the ranker helps most where artefacts are severe": [gaining(ranker=(0.1, 0.2, 0.3))],
    "the quality loss helps": [swapped(OURS, NO_SCORE)],
    "feature matching keeps the structure": [swapped(OURS, NO_FEATURES)],
    # both do harm, L_Q more; neither does anything but L_Q more
    "feature matching is worth more than the quality loss": [
        gaining(features=(0.05,) * 3, score=(0.1,) * 3),
        swapped(NO_SCORE, NO_FEATURES),
    ],
    # without it everything is better, and the less so the higher the quality
    "dilation serves several qualities": [gaining(dilation=(0.2, 0.1, 0.05)), swapped(OURS, NO_DILATION)],
    "the row without dilation shows dilation": [as_printed_without_dilation],
    "one network is as good as DnCNN": [behind(DNCNN, 0.05, ABLATION, "psnr")],
    "fewer visible blocks than DnCNN": [behind(DNCNN, 0.05, LIVE1, "psnr_b")],
    "fewer visible blocks than RNAN": [behind(RNAN, 0.05, name, "psnr_b") for name in SETS],
    "comparable or superior to RNAN": [
        behind(RNAN, 0.1, CLASSIC5, "psnr"),
        behind(RNAN, 0.02, ABLATION, "ssim"),
    ],
    "the best overall performance": [
        behind(RNAN, by, LIVE1, metric) for metric, by in (("psnr", 0.05), ("ssim", 0.005), ("psnr_b", 0.05))
    ],
    # far below a network for each; and far above, where those were not trained well enough
    "a single network costs little": [one_for_all(28.8), one_for_all(29.3)],
    "the score follows the quality": [ranking(scene=5.0), ranking(chance=5.0)],
    "the ranker orders versions of an image": [ranking(chance=5.0)],
    "the clean image scores highest": [best_at_95],
}
MAPS_THAT_DIFFER = {
    "the clean image leaves the ranker cold": [inverted],
    "a channel of the ranker sees artefacts alone": [untrained, edges],
    "the ranker responds where artefacts are": [edges, smooth_edges, untrained],
}


def plain(claim):
    """The name of a claim without the reading in which it is judged."""
    return claim.removesuffix(UNIT_RANGE.named("")).strip()


@pytest.fixture(scope="module")
def told(cleans):
    """What a ranker's maps say of photographs: `told(of)`, each made once."""
    known = {}

    def found(of):
        if of not in known:
            known[of] = ranker.told(of(cleans), cleans, list(cleans.values())[::4])
        return known[of]

    return found


def verdict_on(claim, asked, told, instead=lambda *_: None, maps=Knowing):
    evidence = Made("qgcn", "paper", asked=asked, instead=instead, told=told(maps))
    return judge(CLAIMS[claim], evidence).verdict


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_the_paper_prints_and_wants_holds(claim, asked, told):
    assert verdict_on(claim, asked, told) == "holds"


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_differs_where_the_networks_are_wrong(claim, asked, told):
    """A claim that is missing in both lists has no control, and fails here."""
    rows, maps = ROWS_THAT_DIFFER.get(plain(claim), []), MAPS_THAT_DIFFER.get(claim, [])
    found = [verdict_on(claim, asked, told, instead=wrong) for wrong in rows]
    found += [verdict_on(claim, asked, told, maps=wrong) for wrong in maps]
    assert found and set(found) == {"differs"}


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.startswith("the ranker helps")])
def test_a_ranker_that_changes_nothing_is_not_said_to_help(claim, asked, told):
    assert verdict_on(claim, asked, told, gaining(ranker=(0, 0, 0))) == "undecided"


def test_the_headline_claims_have_trainings_of_both_sides():
    headline = [claim.name for claim in CLAIMS.values() if claim.headline]
    assert headline == [
        "the ranker helps",
        "dilation serves several qualities",
        "comparable or superior to RNAN",
    ]
    networks = (FULL, VARIANTS[NO_RANKER], VARIANTS[NO_DILATION], RNAN)
    for network in networks:
        setting = restored(network, 10, ABLATION)
        assert [seeded(setting, seed).network for seed in (1, 2)] == [f"{network}-seed1", f"{network}-seed2"]


def test_small_networks_are_not_compared_with_dncnn(report):
    for claim in CLAIMS:
        said = judge(CLAIMS[claim], Evidence("qgcn", "compact", report.store.rows_path.parent))
        assert said.verdict == "not tested"
        assert (said.measured == "says nothing of smaller networks") == ("DnCNN" in claim)


def test_comparable_is_as_far_behind_as_is_printed_and_rounding_hides(asked):
    """Both numbers of a difference are rounded, to 0.01 dB and 0.001."""
    for (metric, behind_by), hidden in zip(COMPARABLE.items(), (0.01, 0.001), strict=True):
        gaps = [
            value - asked.printed_at[item, replace(setting, network=FULL)]
            for (item, setting), value in asked.printed_at.items()
            if (item, setting.network, setting.protocol.metric) == (TABLE2, RNAN, metric)
        ]
        assert len(gaps) == 9 and behind_by == pytest.approx(max(gaps) + hidden)


def test_sentences_say_by_how_much_printed_numbers_differ():
    assert CLAIMS["the ranker helps"].paper.endswith("(by 0.20, 0.40 and 0.08 dB).")
    assert CLAIMS["the ranker helps in SSIM"].paper.endswith("(by 0.006, 0.038 and 0.002).")
    assert CLAIMS["feature matching keeps the structure"].paper.endswith("(by 0.027, 0.056 and 0.030).")
    assert CLAIMS["dilation serves several qualities"].paper.endswith("(1.20 and 1.72 against 0.04 dB).")
    assert "by 0.07 dB at quality 20 and by 0.009 at 10" in CLAIMS["comparable or superior to RNAN"].paper


def write_curve(report, network, **shares):
    """The last row of a training's curve, with shares of the gradient."""
    path = path_of(network, "compact", report.checkpoints).with_suffix(".csv")
    path.parent.mkdir(exist_ok=True)
    head = ["step", "loss", *(f"share {term}" for term in shares)]
    path.write_text("\n".join([",".join(head), ",".join(map(str, (3000, 0.02, *shares.values())))]) + "\n")


def test_claims_on_losses_say_how_much_of_the_gradient_these_have(report, asked):
    write_curve(report, FULL, error=0.66, quality=0.004, features=0.336)
    write_curve(report, UNIT, error=0.01, quality=0.012, features=0.978)
    evidence = Made("qgcn", "compact", checkpoints=report.checkpoints, asked=asked)
    assert judge(CLAIMS["the quality loss helps"], evidence).measured.endswith(
        "(3 trainings); of the gradient L_Q 0.4%, L_F 33.6%"
    )
    other = judge(CLAIMS["feature matching keeps the structure (error in [0, 1])"], evidence)
    assert other.measured.endswith("; of the gradient L_Q 1.2%, L_F 97.8%")


# --- tables ----------------------------------------------------------------------------------------


def stored(item, network, protocol, value):
    scores = {"a": value - 0.01, "b": value + 0.01}
    scale = "published" if network == DNCNN else "compact"
    history = Provenance("", "", "", scale)
    return item, Measurement(Setting(network, (), protocol), scale, scores, history, "w", "d", "cpu")


def printed(table, method, dataset, quality, metric):
    found = PRINTED[
        (PRINTED["item"] == table)
        & (PRINTED["method"] == method)
        & (PRINTED["dataset"] == dataset)
        & (PRINTED["setting"] == f"q{quality}")
        & (PRINTED["metric"] == metric)
    ]
    return float(found["value"].item())


def test_table1_is_the_mean_of_its_trainings_and_tells_their_number(report):
    """As printed in the first training, 0.3 dB better in the second; the third is not measured."""
    report.store.write(
        stored(
            TABLE1,
            seeded_name(network, seed),
            on(q, ABLATION, metric),
            printed(TABLE1, variant, "BSDS500", q, metric) + 0.3 * seed,
        )
        for variant, network in VARIANTS.items()
        for q in QUALITIES
        for metric in METRICS
        for seed in (0, 1)
    )
    write_curve(report, FULL, error=0.66, quality=0.004, features=0.336)
    table, trainings = qgcn.table1(report)
    shown = table.frame
    line = shown.loc[("BSDS500 val (100) q10 PSNR", "Ours")]
    assert (line["printed"], line["compact"]) == ("29.42", "29.57")
    assert shown.loc[("BSDS500 val (100) q30 SSIM", "w/o L_F"), "compact"] == "1.011"
    other = shown.loc[("BSDS500 val (100) q10 PSNR", "w/o DC (error in [0, 1])")]
    assert (other["printed"], other["compact"]) == ("", "")
    assert list(trainings.loc["Ours"]) == ["2", "0.30", "66.0%", "0.4%", "33.6%"]
    assert list(trainings.loc["w/o L_F (error in [0, 1])"]) == ["0", "-", "-", "-", "-"]


def test_table2_compares_with_what_was_measured_on_the_same_pictures(report):
    for dataset in SETS:
        for q in QUALITIES:
            for network in (DNCNN, RNAN, FULL):
                values = {"psnr": 29.0, "ssim": 0.8, "psnr_b": 29.0}
                report.store.write(
                    stored(TABLE2, network, on(q, dataset, m), v) for m, v in values.items()
                )
    shown = qgcn.table2(report).frame
    quoted = shown.loc[("LIVE1 q10 PSNR-B", "TNRD")]
    assert quoted["printed"] == "28.88" and set(quoted.drop("printed")) == {"", "quoted"}
    assert shown.loc[("LIVE1 q10 PSNR", "DnCNN")].iloc[-2] == ""
    evidence = Several("qgcn", "compact", report.store.rows_path.parent)
    found = judge(CLAIMS["fewer visible blocks than RNAN"], evidence)
    assert found.verdict == "undecided" and "LIVE1 0.00 [0.00, 0.00]" in found.measured


def test_what_a_single_network_costs(report):
    for q in QUALITIES:
        report.store.write([stored(SINGLE, FULL, on(q, "live1"), 29.0)])
        report.store.write([stored(SINGLE, own_name(q), on(q, "live1"), 29.09)])
    shown = qgcn.per_quality(report).frame
    assert shown.loc[("LIVE1 q10", "what that costs"), "compact"] == "0.09"
    one, three = (kind("qgcn", "compact", report.store.rows_path.parent) for kind in (Evidence, Several))
    claim = CLAIMS["a single network costs little"]
    assert (judge(claim, one).verdict, judge(claim, three).verdict) == ("undecided", "holds")


# --- the ranker ------------------------------------------------------------------------------------


def test_only_pairs_that_are_far_enough_apart_count():
    scores = {1: {"a": 0.0}, 4: {"a": -1.0}, 6: {"a": 2.0}, 30: {"a": 1.0}}
    right = order.accuracy(scores, (1, 4, 6, 30))  # of 1-6, 1-30, 4-30, 6-30 the last is wrong
    assert right == {"a": 0.75}
    assert order.correlations({q: {"a": float(q)} for q in (1, 2, 3)}, (1, 2, 3)) == {"a": 1.0}


def test_a_judge_scores_the_degraded_picture(monkeypatch):
    """A judge that returns the mean: no change without degradation."""

    class Mean(torch.nn.Module):
        def forward(self, x):
            return x.mean((1, 2, 3))

    pixels = np.full((40, 40), 100, np.uint8)
    sample = measure.sets.Sample("flat", pixels)
    monkeypatch.setattr(measure, "samples", lambda dataset, limit=None: [sample])
    protocol = Protocol("set", Clean(), colour="luma", multiple=1, metric="score")
    found = measure.judge(Mean(), protocol, device=torch.device("cpu"))
    assert found == {"flat": pytest.approx(100 / 255)}
    with pytest.raises(ValueError, match="what a judge gives"):
        protocol.score(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8))


def test_the_score_is_judged_on_stored_rows(report):
    protocol = Protocol("live1", Clean(), colour="luma", multiple=1, metric="score")
    assert scored("clean").protocol == protocol
    assert scored(30).protocol == replace(protocol, level=Compress(30))
    scores = {"clean": 12.0} | {q: 0.1 * q for q in RANKED}
    report.store.write(stored(RANKING, RANKER, scored(at).protocol, score) for at, score in scores.items())
    figure, frame = qgcn.rank(report)
    assert figure.png.startswith(b"\x89PNG")
    assert frame.loc["1 to 30", "pairs ranked rightly, compact"] == "1.000"
    evidence = Evidence("qgcn", "compact", report.store.rows_path.parent)
    for claim in ("the score follows the quality", "the ranker orders versions of an image"):
        assert judge(CLAIMS[claim], evidence).verdict == "holds"


def test_pseudo_values_are_those_of_the_jackknife():
    """Their mean is n r - (n - 1) times the mean of r without one: here r = 1 without c, and 0.5 of three."""
    scores = {1: {"a": 1.0, "b": 1.0, "c": 2.0}, 2: {"a": 2.0, "b": 2.0, "c": 1.0}}
    values = order.pooled(scores, (1, 2))
    third = 1 / 3  # over all three two of three images rise, one falls
    assert values == pytest.approx({"a": 3 * third - 0, "b": 3 * third - 0, "c": 3 * third - 2})
    alike = {q: {name: float(q) for name in "abc"} for q in (1, 2, 3)}
    assert order.pooled(alike, (1, 2, 3)) == pytest.approx(dict.fromkeys("abc", 1.0))


def test_a_channel_is_chosen_on_other_pictures_than_it_is_judged_on(cleans):
    """Of three channels the second responds to the error; on the images that are judged the third would."""
    known = list(cleans.values())

    class Three(Knowing):
        def features(self, x):
            error = super().features(x)[0]
            judged = any(torch.equal(x, jpeg(clean, 10)) for clean in known[1:])
            one = torch.ones_like(error)
            return [torch.cat([one, error, 1e6 * error if judged else one], 1)] * 3

    found = ranker.told(Three(cleans), {"a": known[1]}, known[:1])
    assert found["channel of map 2, q10"]["a"] == pytest.approx(
        float((1e-3 + (jpeg(known[1], 10) - known[1]).abs()).mean()), rel=1e-4
    )


@pytest.mark.parametrize("at_hand", [LIVE1, "skimage-gray"])
def test_maps_are_kept_of_the_papers_own_pictures_alone(report, monkeypatch, at_hand):
    """Of all trainings of the ranker that there are: here of the first and the third."""
    kept = {}
    monkeypatch.setattr(facts, "keep", lambda paper, item, scale, found: kept.update({item: found}))
    monkeypatch.setattr(measure, "samples", lambda dataset, limit=None: [measure.sets.Sample("a", PIXELS)])
    report.record = True
    report.at_hand = lambda protocol: at_hand if protocol.dataset == LIVE1 else protocol.dataset
    report.network = lambda name: None if name == f"{RANKER}-seed1" else Ranker(1, 4).eval()
    assert qgcn.fig4(report).png.startswith(b"\x89PNG")
    assert list(kept) == ([MAPPED] if at_hand == LIVE1 else [])
    if kept:
        assert {name for name in kept[MAPPED] if name.startswith("map 2, q20")} == {
            "map 2, q20: a",
            "map 2, q20-seed2: a",
        }


def test_every_claim_stands_on_an_item_and_every_item_is_recorded_or_made_when_shown():
    extra = {"qgcn-unseen", "qgcn-windows"}  # recorded, and nothing is claimed of them
    assert {claim.item for claim in CLAIMS.values()} | set(LIVE) | extra == set(qgcn.ITEMS)


def one_value(setting, value):
    scores = {"a": value, "b": value}
    return Measurement(setting, "compact", scores, Provenance("", "", "", "compact"), "w", "d", "cpu")


def test_the_text_prints_differences_of_table_1(report):
    report.store.write(
        (TABLE1, one_value(restored(VARIANTS[title], q, ABLATION, "psnr_b"), db))
        for title, db in ((OURS, 29.0), (NO_RANKER, 28.9), (NO_SCORE, 29.1))
        for q in QUALITIES
    )
    shown = qgcn.text(report).frame
    assert len(shown) == sum(PRINTED["item"] == "qgcn-text-4.3") == 5
    assert list(shown.loc[("BSDS500 val (100) q10 PSNR-B", f"lost {NO_RANKER}")][["printed", "compact"]]) == [
        "0.20",
        "0.10",
    ]
    table1 = PRINTED[PRINTED["item"] == TABLE1].set_index(["method", "setting", "metric"])["value"]
    for _, row in PRINTED[PRINTED["item"] == "qgcn-text-4.3"].iterrows():
        own, without = (float(table1[name, row["setting"], "psnr_b"]) for name in (OURS, row["method"]))
        assert float(row["value"]) == pytest.approx(own - without)


def test_figure_6_has_the_twelve_printed_values(report):
    figure, frame = qgcn.fig6(report)
    assert figure.png.startswith(b"\x89PNG")
    assert frame["printed, quality 20"].to_dict() == {
        "DnCNN": "29.69 | 0.890 | 29.44",
        "LPIO": "29.81 | 0.870 | 29.46",
        "RNAN": "29.43 | 0.850 | 29.15",
        "Ours": "31.24 | 0.910 | 30.79",
    }


def test_both_windows_stand_beside_the_printed_ssim(report, monkeypatch):
    """Only the plain window of 8x8 was measured."""
    report.store.write([("qgcn-windows", one_value(restored(FULL, 10, CLASSIC5, "ssim_u8"), 0.83))])
    shown = qgcn.windows(report).frame
    plain, gaussian = (shown.loc[("Classic5 q10", f"Ours, {w}")] for w in ("plain 8x8", "Gaussian 11x11"))
    assert (plain["compact"], gaussian["compact"]) == ("0.830", "")
    assert plain["printed"] == gaussian["printed"] == "0.837"


def test_figures_are_drawn_without_a_network(report):
    for name in ("qgcn-fig1", "qgcn-fig2", "qgcn-fig3", "qgcn-fig4"):
        assert qgcn.ITEMS[name](report).png.startswith(b"\x89PNG")


def test_a_picture_is_read_on_the_scale_of_all_others():
    """Scores are qualities for two images and ten lower for the third: it reads ten lower, the others'
    scale being the mean of one true and one low image."""
    scores = {q: {"a": q, "b": q, "c": q - 10.0} for q in range(10, 100, 5)}
    found = readings.off_score(scores)
    assert found[50] == pytest.approx([55, 55, 40])
    assert found[10] == pytest.approx([15, 15, 10])  # nothing lower is known


def test_the_grid_reads_true_until_a_corner_is_cut_off(report, monkeypatch):
    monkeypatch.setattr(readings, "PICTURES", 1)
    monkeypatch.setattr(readings, "READ", (10, 50))
    figure, off = qgcn.reading(report)
    assert figure.png.startswith(b"\x89PNG")
    assert list(off) == ["grid", "grid, corner cut off"]
    assert list(off["grid"]) == ["0.0", "0.0"]
    assert (off["grid, corner cut off"].astype(float) > 30).all()
