"""Protocols, the bench, the search for the best knob, curves and intervals."""

import csv
import functools
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from lib.base import paths
from lib.data import sets
from lib.degradations.levels import Blurred, Compress, Denoise, Shrink, Small
from lib.evaluation import measure
from lib.evaluation.measure import (
    AsTaken,
    Bench,
    Measurement,
    Protocol,
    Setting,
    best_knob,
    fit_curve,
    interval,
    interval_of,
    knob_text,
)
from lib.metrics import pirm
from lib.metrics.fidelity import niqe, niqe_parameters, psnr, psnr_b, ssim
from lib.models.qgcn import Ranker
from lib.papers.variants import VARIANTS
from lib.recipes import adafm, find, vdir
from lib.training import checkpoints, loop, networks
from lib.training.checkpoints import Provenance
from lib.training.networks import INPUT
from lib.training.wrappers import InWindows, Sampled, SelfEnsemble

PHOTOS = Protocol("skimage", Denoise(15))
BASIC = "adafm-denoise-basic-s15"


# --- protocols -------------------------------------------------------------------------------------


def test_noise_of_an_image_is_the_same_for_a_part_of_the_set_and_for_the_whole():
    whole = list(PHOTOS.inputs())
    part = list(PHOTOS.inputs(2))
    assert [name for name, _, _ in part] == [name for name, _, _ in whole[:2]]
    assert all(torch.equal(a[2], b[2]) for a, b in zip(part, whole[:2], strict=True))
    (_, _, noisy), (_, _, again) = next(PHOTOS.inputs(1)), next(replace(PHOTOS, seed=1).inputs(1))
    assert not torch.equal(noisy, again)
    noise = [(x - y).flatten()[:1000] for _, x, y in part]
    assert abs(float(torch.corrcoef(torch.stack(noise))[0, 1])) < 0.1  # not one field on every image


@pytest.mark.parametrize(("sigma", "expected"), [(15, 24.61), (25, 20.17), (50, 14.15)])
def test_unclipped_noise_has_the_psnr_of_its_level(sigma, expected):
    """20 log10(255 / sigma), measured without `score`, which rounds to 8 bit."""
    protocol = Protocol("skimage", Denoise(sigma, quantise=False))
    errors = [float((x - y).double().square().mean()) for _, x, y in protocol.inputs()]
    assert -10 * np.log10(errors) == pytest.approx(expected, abs=0.03)


def test_images_are_cropped_to_even_sides():
    sizes = {name: tuple(clean.shape) for name, clean, _ in PHOTOS.inputs()}
    assert sizes["chelsea"] == (1, 3, 300, 450)  # 300 x 451
    assert sizes["rocket"] == (1, 3, 426, 640)  # 427 x 640


def test_score_is_psnr_of_8_bit_output_and_shaves_the_border():
    """One grey level off is 20 log10 255 = 48.1308 dB."""
    clean = torch.full((1, 3, 10, 12), 100 / 255)
    assert PHOTOS.score(clean + 1.4 / 255, clean) == pytest.approx(48.1308, abs=1e-4)
    assert PHOTOS.score(torch.full_like(clean, 9.0), clean) == pytest.approx(
        20 * np.log10(255 / 155), abs=1e-4
    )
    framed = clean + 1 / 255
    framed[..., :2, :] = 0
    assert PHOTOS.score(framed, clean) < 20
    for protocol in (Protocol("set5", Shrink(2)), Protocol("set5", Shrink(1), shaves=2)):
        assert protocol.score(framed, clean) == pytest.approx(48.1308, abs=1e-4)


def test_the_rmse_of_pirm_is_of_8_bit_y_without_four_pixels_at_every_side():
    """Grey 100 has Y 16 + 219 * 100 / 255 = 101.9, grey 110 has 110.5: rounded, 102 and 110."""
    clean = torch.full((1, 3, 20, 24), 100 / 255)
    brighter = torch.full_like(clean, 110 / 255)
    brighter[..., :4, :] = brighter[..., -4:] = 0.0
    pirm = Protocol("set5", Small(4), colour="8-bit Y of RGB", metric="mse")
    assert pirm.score(brighter, clean) == pytest.approx(8**2)
    brighter[..., 4, 4] = 0.0  # Y 16, of 12 x 16 pixels one
    assert pirm.score(brighter, clean) == pytest.approx((191 * 8**2 + 86**2) / 192)


def test_niqe_is_of_the_restored_y_alone(reference_data, photo):
    parameters = niqe_parameters(reference_data / "niqe/modelparameters.mat")
    pirm = Protocol("set5", Small(4), colour="8-bit Y of RGB", metric="niqe")
    pixels = 255 * photo[..., 4:-4, 4:-4].double()
    luma = sum(c * k for c, k in zip(pixels.unbind(1), (65.481, 128.553, 24.966), strict=True))
    expected = float(niqe((16 + luma / 255).round()[:, None] / 255, parameters))
    assert pirm.score(photo, torch.zeros_like(photo)) == pytest.approx(expected, abs=1e-3)  # ties


def test_a_metric_whose_weights_are_missing_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sets, "CACHE", tmp_path)
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path))
    monkeypatch.setattr(pirm, "PACKAGE", "not_installed")
    measure._perceptual.cache_clear()  # another test may have loaded them
    assert [m for m in measure.UNITS if not measure.measurable(m)] == [
        *("niqe", "ma", "lpips", "lpips_paper", "dists"),
    ]
    lpips = Protocol("set5", Small(4), colour="8-bit Y of RGB", metric="lpips")
    with pytest.raises(sets.MissingData, match="lib fetch weights_lpips"):
        lpips.score(torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64))


def test_perceptual_metrics_are_of_rgb_within_the_border(monkeypatch):
    """A metric that counts red pixels sees those inside, and no luma."""
    monkeypatch.setattr(measure, "_perceptual", lambda name: lambda x, y: (x - y)[:, 0].sum())
    clean = torch.zeros(1, 3, 20, 20)
    redder = clean.clone()
    redder[:, 0, 0, :] = redder[:, 0, 10, 10] = 1.0
    protocol = Protocol("set5", Small(4), colour="8-bit Y of RGB", metric="dists")
    assert protocol.score(redder, clean) == 1.0


@pytest.mark.parametrize(("metric", "seen"), [("lpips", 1.0), ("lpips_paper", 0.9), ("dists", 0.9)])
def test_some_perceptual_metrics_are_of_clamped_floats(metric, seen, monkeypatch):
    """0.9 of a grey level above black: the nearest of 8 bits is 1. Above white there is nothing."""
    monkeypatch.setattr(measure, "_perceptual", lambda name: lambda x, y: (x - y).max() * 255)
    clean = torch.zeros(1, 3, 20, 20)
    protocol = replace(PHOTOS, metric=metric)
    assert protocol.score(clean + 0.9 / 255, clean) == pytest.approx(seen, abs=1e-4)
    assert protocol.score(clean + 2, clean) == pytest.approx(255)
    assert protocol.eight_bit is (metric == "lpips")


def test_lpips_of_two_ranges_differ_and_take_the_same_files():
    """The variant is LPIPS of images from 0.5 to 1: what it is given is then in [0, 1]."""
    if not measure.measurable("lpips"):
        pytest.skip("needs LPIPS weights")
    _, clean, noisy = next(PHOTOS.inputs(1))
    scores = {m: replace(PHOTOS, metric=m).score(noisy, clean) for m in ("lpips", "lpips_paper")}
    with torch.no_grad():
        expected = float(measure._perceptual("lpips")((noisy + 1) / 2, (clean + 1) / 2))
    assert scores["lpips_paper"] == pytest.approx(expected, abs=1e-5)
    assert abs(scores["lpips"] - scores["lpips_paper"]) > 0.01


def test_y_of_rgb_is_compared_without_rounding():
    """One grey level of green is 128.553 / 255 of a level of Y."""
    clean = torch.full((1, 3, 8, 8), 100 / 255)
    greener = clean.clone()
    greener[:, 1] += 1 / 255
    expected = 48.1308 - 20 * np.log10(128.553 / 255)
    assert replace(PHOTOS, colour="Y of RGB").score(greener, clean) == pytest.approx(expected, abs=1e-3)


def test_8_bit_y_of_rgb_is_rounded_first():
    """Green 100 and 101 of 255: Y 101.88 and 102.38, which round to 102."""
    clean = torch.full((1, 3, 8, 8), 100 / 255)
    greener = clean.clone()
    greener[:, 1] += 1 / 255
    protocol = replace(PHOTOS, colour="8-bit Y of RGB")
    assert protocol.score(greener, clean) == float("inf")
    greener[:, 1] += 1 / 255
    assert protocol.score(greener, clean) == pytest.approx(48.1308, abs=1e-3)


@pytest.mark.parametrize(
    ("protocol", "shape"),
    [
        (Protocol("skimage", Shrink(4), colour="Y of RGB"), (1, 3, 424, 640)),
        (Protocol("skimage", Shrink(3.4), colour="Y of RGB"), (1, 3, 426, 640)),
        (Protocol("skimage", Compress(30), colour="luma"), (1, 1, 426, 640)),
        (Protocol("skimage-gray", Shrink(3), colour="Y of RGB"), (1, 3, 510, 510)),
    ],
    ids=str,
)
def test_pictures_are_cropped_and_coloured_as_their_task_asks(protocol, shape):
    """`rocket` has 427 x 640 pixels, the first gray photograph 512 x 512."""
    pictures = {name: (clean, degraded) for name, clean, degraded in protocol.inputs()}
    clean, degraded = pictures.get("rocket") or next(iter(pictures.values()))
    assert clean.shape == degraded.shape == shape
    assert 20 < protocol.score(degraded, clean) < 40


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        *((Protocol("live1", Compress(q), colour="luma"), db)
          for q, db in ((10, 27.77), (20, 30.07), (30, 31.41), (40, 32.36), (80, 36.87))),
        *((Protocol("set5", Shrink(x), colour="Y of RGB"), db)
          for x, db in ((2, 33.69), (3, 30.41), (4, 28.43), (5, 27.00), (6, 25.93))),
        (Protocol("set5", Shrink(4), colour="8-bit Y of RGB"), 28.43),
        (Protocol("set5", Shrink(4)), 26.70),
    ],
    ids=str,
)  # fmt: skip
def test_inputs_of_the_jpeg_and_super_resolution_tables(protocol, expected, reference_data):
    """Mean PSNR of the degraded images themselves, known from other papers and toolboxes."""
    measured = Bench("compact", device="cpu").measure(Setting(networks.INPUT, (), protocol))
    assert measured.scale == "none"
    assert measured.mean == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("name", "decibels"), [("cc15", 33.41), ("polyu", 35.97)])
def test_noisy_photographs_of_sets_that_bring_them(name, decibels, reference_data):
    """The means, counted once by another program."""
    protocol = Protocol(name, AsTaken(), multiple=1)
    measured = Bench("compact", device="cpu").measure(Setting(INPUT, (), protocol))
    assert list(measured.scores) == sets.image_names(name)
    assert measured.mean == pytest.approx(decibels, abs=0.005)
    assert measured.row("item")["level"] == "as taken"


def test_a_set_without_noisy_photographs_of_its_own_says_so():
    with pytest.raises(ValueError, match="skimage has no noisy photographs"):
        list(Protocol("skimage", AsTaken()).inputs(1))


@pytest.mark.parametrize(
    ("level", "printed", "in_place"),
    [
        (Blurred(2), (28.73, 0.8449), 29.79),
        (Blurred(2, along=4.0, across=1.0, angle=-0.5), (28.15, 0.8265), 29.10),
        (Blurred(4), (24.74, 0.7321), 28.01),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_bicubic_rows_of_blind_super_resolution(level, printed, in_place, reference_data):
    """Set5: as printed in VDIR, and with pixels where they were taken from, measured by another program."""
    bench = Bench("compact", device="cpu")
    protocol = Protocol("set5", level, colour="8-bit Y of RGB", multiple=1)
    name = f"bicubic x{level.factor}"
    both = bench.measure_all([Setting(name, (), replace(protocol, metric=m)) for m in ("psnr", "ssim")])
    assert f"{both[0].mean:.2f}" == f"{printed[0]:.2f}"
    assert both[1].mean == pytest.approx(printed[1], abs=2e-4)
    aligned = bench.measure(Setting(f"{name} in place", (), protocol))
    assert aligned.mean == pytest.approx(in_place, abs=0.006) and aligned.scale == "none"


# --- the bench -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "used"),
    [
        (f"{vdir.AWGN} sample 1", partial(Sampled, seed=1)),
        (f"{vdir.REAL} +", SelfEnsemble),
        (f"{adafm.CONDITIONAL[0]} in windows", partial(InWindows, side=24)),  # patches at smoke scale
    ],
)
def test_a_run_used_otherwise_has_its_weights_and_another_result(name, used, tmp_path):
    (run,) = networks.runs_of(name, VARIANTS)
    recipe = find(run, "smoke")
    torch.manual_seed(0)
    history = Provenance(run, recipe.sha(), recipe.as_json(), "smoke")
    checkpoints.save(checkpoints.path_of(run, "smoke", tmp_path), recipe.build().state_dict(), history)
    plain, otherwise = (networks.any_network(n, "smoke", tmp_path, VARIANTS) for n in (run, name))
    assert otherwise.weights_sha == plain.weights_sha and otherwise.provenance == plain.provenance
    assert networks.scale_of(name, "smoke") == "smoke"
    x, knobs = torch.rand(1, 3, 16, 20), torch.zeros(len(plain.net.knobs))
    restored = otherwise.net.fold(knobs)(x)
    assert torch.equal(restored, used(plain.net).fold(knobs)(x))
    assert not torch.equal(restored, plain.net.fold(knobs)(x))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RUNS", tmp_path_factory.mktemp("runs"))
        loop.train(replace(find(BASIC, "smoke"), steps=1), device="cpu", out=folder)
    return folder


def test_a_setting_is_measured_once_and_a_part_is_a_part_of_the_whole(folder, monkeypatch):
    calls = []

    def counted(*arguments, **options):
        calls.append(arguments)
        return evaluate(*arguments, **options)

    evaluate = measure.evaluate
    monkeypatch.setattr(measure, "evaluate", counted)
    setting = Setting(BASIC, (), PHOTOS)
    few, more = (Bench("smoke", device="cpu", limit=n, folder=folder) for n in (1, 2))
    one, two = few.measure(setting), more.measure(setting)
    assert few.measure(setting) is one
    assert len(calls) == 2
    assert list(two.scores) == ["astronaut", "coffee"]
    assert one.scores == {"astronaut": two.scores["astronaut"]}
    assert two.mean == pytest.approx(sum(two.scores.values()) / 2)
    assert one.data_sha != two.data_sha


def test_the_best_of_given_knobs_may_lie_outside_the_range(folder, monkeypatch):
    bench = Bench("smoke", device="cpu", limit=1, folder=folder)
    values = {-0.5: 30.0, 0.0: 29.0, 1.5: 28.0}

    def measure_one(setting):
        (knob,) = setting.knobs
        return SimpleNamespace(setting=setting, mean=values[knob])

    monkeypatch.setattr(bench, "measure", measure_one)
    assert bench.best("any", PHOTOS, over=list(values)).setting.knobs == (-0.5,)


def test_metrics_of_one_setting_are_measured_in_one_pass(folder, monkeypatch):
    calls = []
    evaluate = measure.evaluate
    monkeypatch.setattr(measure, "evaluate", lambda *a, **o: calls.append(a) or evaluate(*a, **o))
    protocol = Protocol("skimage", Compress(10), colour="luma", multiple=1)
    bench = Bench("smoke", device="cpu", limit=2, folder=folder)
    metrics = ("psnr", "ssim", "ssim_u8", "psnr_b")
    settings = [Setting(INPUT, (), replace(protocol, metric=m)) for m in metrics]
    found = bench.measure_all(settings)
    assert bench.measure_all(settings[1:2]) == found[1:2] and len(calls) == 1
    assert [m.setting.protocol.metric for m in found] == list(metrics)
    for name, clean, degraded in protocol.inputs(2):
        values = [m.scores[name] for m in found]
        assert values == pytest.approx(
            [
                float(psnr(degraded, clean)),
                float(ssim(degraded, clean, window="gaussian11")),
                float(ssim(degraded, clean, window="uniform8")),
                float(psnr_b(degraded, clean)),
            ]
        )
    with pytest.raises(ValueError, match="metric alone"):
        evaluate(nn.Identity(), [protocol, PHOTOS], device=bench.device)


def test_gray_of_colour_results_is_compared_in_8_bits():
    """MATLAB's rgb2gray: ten grey levels of green are 5.87 of gray, six of them after rounding."""
    clean = torch.full((1, 3, 8, 8), 100 / 255)
    greener = clean.clone()
    greener[:, 1] += 10 / 255
    protocol = replace(PHOTOS, colour="gray of RGB")
    assert protocol.score(greener, clean) == pytest.approx(20 * np.log10(255 / 6), abs=1e-3)


def test_naturalness_needs_no_original(reference_data):
    protocol = Protocol("skimage", Compress(30), metric="niqe")
    _, clean, degraded = next(protocol.inputs(1))
    expected = float(niqe(degraded, measure.natural_scenes()))
    assert protocol.score(degraded, clean) == protocol.score(degraded, 1 - clean) == expected
    assert protocol.score(degraded, clean) != protocol.score(clean, clean)


@pytest.fixture
def judged(folder, monkeypatch):
    """A bench whose ranker has random weights, changed by `reseed`."""
    bench = Bench("smoke", device="cpu", limit=1, folder=folder)
    load = networks.any_network

    def with_ranker(name, scale, folder, variants):
        if name != measure.RANKER_RGB:
            return load(name, scale, folder, variants)
        torch.manual_seed(bench.seed)
        net = Ranker(3, 4).eval().requires_grad_(False)
        return networks.Trained(net, Provenance(name, "", "", scale), f"w{bench.seed}")

    bench.seed = 0
    monkeypatch.setattr(networks, "any_network", with_ranker)
    return bench


def test_the_distance_in_the_rankers_maps(judged):
    """Of an unchanged image 0; else the mean differences of the five maps, added up."""
    protocol = Protocol("skimage", Compress(10), metric="features")
    found = judged.measure(Setting(INPUT, (), protocol))
    ranker = judged.network(measure.RANKER_RGB).net
    name, clean, degraded = next(protocol.inputs(1))
    with torch.inference_mode():
        maps = zip(ranker.features(degraded), ranker.features(clean), strict=True)
        by_hand = sum(float((a - b).abs().mean()) for a, b in maps)
    assert found.scores == {name: pytest.approx(by_hand)} and by_hand > 0
    assert float(measure.feature_distance(ranker, clean, clean)) == 0


def test_another_ranker_makes_another_measurement(judged):
    protocol = Protocol("skimage", Compress(10), metric="features")
    before = judged.measure(Setting(INPUT, (), protocol)).data_sha
    assert judged.measure(Setting(INPUT, (), replace(protocol, metric="psnr"))).data_sha == sets.set_hash(
        sets.load_images("skimage", limit=1)
    )
    judged._networks.clear()
    judged.seed = 1
    assert judged.data_sha(protocol) != before


def test_odd_sides_are_measured_whole_and_restored_by_a_network_that_halves_them(folder):
    whole, even = (Protocol("skimage", Compress(50), multiple=m) for m in (1, 2))
    sizes = {name: tuple(clean.shape[-2:]) for name, clean, _ in whole.inputs()}
    assert sizes["chelsea"] == (300, 451)
    bench = Bench("smoke", device="cpu", folder=folder)
    assert bench.network(BASIC).net.multiple == 2
    ours = bench.measure(Setting(BASIC, (), whole)).scores["chelsea"]
    cropped = bench.measure(Setting(BASIC, (), even)).scores["chelsea"]
    assert ours == pytest.approx(cropped, abs=0.05) and ours != cropped


def test_a_row_says_what_was_measured_and_with_what(folder):
    row = Bench("smoke", device="cpu", limit=1, folder=folder).measure(Setting(BASIC, (), PHOTOS)).row("item")
    stated = {
        "item": "item",
        "dataset": "skimage",
        "knobs": "",
        "recipe": BASIC,
        "scale": "smoke",
        "n_images": 1,
    }
    assert stated.items() <= row.items()
    assert row["steps"] == 1
    assert row["data_sha"] == sets.set_hash(sets.load_images("skimage", limit=1))


def test_missing_network_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=BASIC):
        Bench("smoke", device="cpu", folder=tmp_path).measure(Setting(BASIC, (), PHOTOS))


@pytest.mark.parametrize(
    ("limit", "coarse"), [(4, 4), (None, measure.COARSE_IMAGES), (20, measure.COARSE_IMAGES)]
)
def test_best_searches_on_few_images_and_answers_on_all_it_may_use(limit, coarse, monkeypatch):
    seen = []

    def concave(bench, settings):
        (setting,) = settings
        seen.append((bench.limit, setting.knobs))
        score = 30 - (setting.knobs[0] - 0.43) ** 2
        return [Measurement(setting, "smoke", {"a": score}, Provenance("", "", "", ""), "", "", "")]

    monkeypatch.setattr(Bench, "_measure", concave)
    found = Bench("smoke", device="cpu", limit=limit).best("net", PHOTOS)
    assert found.setting == Setting("net", (0.43,), PHOTOS)
    assert {n for n, _ in seen} == {coarse, limit}
    assert len(seen) == len(set(seen))


# --- the best knob ---------------------------------------------------------------------------------


@pytest.mark.parametrize("peak", [0.0, 0.01, 0.14, 0.36, 0.5, 0.77, 0.99, 1.0])
@pytest.mark.parametrize("power", [1.1, 2, 6])
def test_best_knob_finds_the_maximum_in_hundredths_with_few_evaluations(peak, power):
    tried = []

    def score(knob):
        tried.append(knob)
        return 30 - abs(knob - peak) ** power

    def rough(knob):
        return 29 - abs(knob - min(1, peak + 0.06)) ** power

    assert best_knob(rough, score) == peak
    assert len(set(tried)) <= 14
    assert all(knob * 100 == pytest.approx(round(knob * 100)) for knob in tried)


def test_best_knob_of_a_lopsided_curve():
    """PSNR that climbs slowly and falls fast, against every hundredth in turn."""
    score = functools.partial(lambda a, x: np.log(x + 0.01) - a * x**3, 2.2)
    brute = max(range(101), key=lambda i: score(i / 100)) / 100
    assert best_knob(score, score) == brute


def test_knobs_are_written_in_hundredths():
    assert knob_text((0.3, 1.0)) == "0.30 1.00"
    assert knob_text(()) == ""


# --- curves and intervals --------------------------------------------------------------------------


def printed_points():
    with open(paths.PRINTED / "adafm.csv", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["item"] == "adafm-fig7"]
    wide = [r for r in rows if (r["method"], r["metric"]) == ("AdaFM-Net q80->q10", "best_lambda")]
    return np.array([float(r["setting"][1:]) for r in wide]), np.array([float(r["value"]) for r in wide])


def test_cubic_through_the_points_of_figure_7_is_the_printed_one():
    """The paper: 1.51 - 6.24e-2 L + 1.01e-3 L^2 - 5.91e-6 L^3; here with more digits."""
    qualities, knobs = printed_points()
    assert len(qualities) == 8
    curve = fit_curve(qualities, knobs, 3)
    assert curve.coef == pytest.approx([1.5129, -6.238e-2, 1.0144e-3, -5.909e-6], rel=1e-3)
    assert [f"{c:.2e}" for c in curve.coef[1:]] == ["-6.24e-02", "1.01e-03", "-5.91e-06"]
    assert np.abs(curve(qualities) - knobs).max() == pytest.approx(0.034, abs=0.002)


def test_interval_of_many_normal_values_is_the_closed_form():
    """Mean +- 1.96 standard errors; and the same as SciPy's percentile bootstrap."""
    values = np.random.default_rng(0).normal(30, 2, 400)
    error = values.std() / 20
    low, high = interval(values)
    assert (low, high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.02
    )
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=2000, rng=1)
    assert (low, high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.02)


def test_interval_holds_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = [low <= 5 <= high for low, high in (interval(rng.normal(5, 1, 40)) for _ in range(200))]
    assert 0.89 <= np.mean(inside) <= 0.99


def test_interval_of_a_statistic_draws_the_same_images_for_every_row():
    """The mean of the first row, as `interval` has it; the difference of two rows that are alike is none."""
    values = np.random.default_rng(0).normal(30, 2, 400)
    both = np.stack([values, values - 1])
    found = interval_of(lambda v: v[0].mean(), both)
    assert found == pytest.approx(interval(values), abs=0.03)
    assert interval_of(lambda v: v[0].mean() - v[1].mean(), both) == pytest.approx((1, 1))


def test_interval_of_equal_values_is_a_point():
    assert interval(np.full(7, 0.25)) == (0.25, 0.25)
