"""VDIR's runs: what degrades their patches, the loss they descend, the paper's settings."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lib import degradations, losses
from lib.data import images, sets
from lib.data.images import rgb_to_y
from lib.degradations import resize, to_8bit
from lib.degradations.levels import Blurred, Camera, Clean
from lib.metrics.fidelity import psnr, ssim
from lib.models.vdir import sample
from lib.recipes import SCALES, find, queue
from lib.recipes.blind import AnyBlur, AnyCamera, AnyNoise, AnyQuality
from lib.recipes.common import Cosine
from lib.recipes.vdir import SHORT_GAIN

RUNS = [recipe.name for recipe in queue("smoke") if recipe.name.startswith("vdir-")]
ANISOTROPIC = {"along": 4.0, "across": 1.0, "angle": -0.5}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def parameters(net):
    return sum(p.numel() for p in net.parameters())


# --- degradations that the network is not told -----------------------------------------------------


def test_every_patch_has_its_own_noise_and_the_truth_says_which():
    """Of 5 to 70 grey levels, uniformly, neither clipped nor rounded."""
    clean = torch.rand(250, 3, 70, 70, generator=seeded(1))
    noisy, truth = AnyNoise().degrade(clean, seeded())
    found = (noisy - clean).flatten(1).std(1)
    assert truth.shape == (250, 1)
    torch.testing.assert_close(found, truth[:, 0], rtol=0.03, atol=0)
    assert truth.min() >= 5 / 255 and truth.max() <= 70 / 255
    assert 255 * truth.mean().item() == pytest.approx(37.5, abs=4)
    assert noisy.min() < -0.5 and noisy.max() > 1.5


@pytest.mark.parametrize("channels", [1, 3])
def test_every_patch_has_its_own_quality_and_the_truth_says_which(channels, photo):
    clean = photo[:, :channels, 96:144, 96:144].repeat(64, 1, 1, 1)
    compressed, truth = AnyQuality().degrade(clean, seeded())
    qualities = (100 * truth).round().flatten()
    assert sorted(qualities.unique().tolist()) == [10, 20, 30, 40, 50, 60, 70, 80]
    assert torch.equal(compressed, degradations.jpeg(clean, qualities))


@pytest.mark.parametrize("factor", [2, 4])
def test_kernels_have_the_variances_of_mzsr_and_are_the_truth(factor):
    """Eigenvalues of the covariance: the larger uniform in [1, 2.5 s], the smaller in [1, larger]. 15 taps
    cut the widest off a little."""
    clean = torch.rand(500, 1, 4 * factor, 4 * factor, generator=seeded(1))
    small, kernels = AnyBlur(factor).degrade(clean, seeded())
    assert small.shape == (500, 1, 4, 4) and kernels.shape == (500, 15, 15)
    torch.testing.assert_close(kernels.sum((1, 2)), torch.ones(500))
    torch.testing.assert_close(small, degradations.blur_and_subsample(clean, kernels, factor))
    ticks = torch.arange(-7.0, 8.0)
    xx, yy = (kernels * ticks**2).sum((1, 2)), (kernels * ticks[:, None] ** 2).sum((1, 2))
    xy = (kernels * ticks * ticks[:, None]).sum((1, 2))
    covariance = torch.stack([xx, xy, xy, yy], 1).view(-1, 2, 2)
    across, along = torch.linalg.eigvalsh(covariance).unbind(1)
    assert across.min() > 0.99 and along.max() < 2.5 * factor + 0.01
    assert along.mean().item() == pytest.approx((1 + 2.5 * factor) / 2, rel=0.08)
    assert across.mean().item() == pytest.approx(1 + (1.25 * factor - 0.5) / 2, rel=0.08)
    assert (xy > 0).float().mean().item() == pytest.approx(0.5, abs=0.07)


def test_the_estimator_is_judged_on_the_truth():
    """Maps that say it have no error; maps that say nothing are off by it."""
    size = (16, 20)
    for unknown in (AnyNoise(), AnyQuality()):
        _, truth = unknown.degrade(torch.rand(4, 3, *size), seeded())
        right = truth[:, :, None, None].expand(4, 3, 4, 5)
        assert unknown.error(right, truth, size).item() == pytest.approx(0, abs=1e-6)
        assert unknown.error(0 * right, truth, size).item() == pytest.approx(truth.mean().item())
    _, kernels = AnyBlur(2).degrade(torch.rand(4, 3, *size), seeded())
    right = kernels.flatten(1)[:, :, None, None].expand(4, 225, 2, 3)
    assert AnyBlur(2).error(right, kernels, size) == 0
    assert AnyBlur(2).error(0 * right, kernels, size).item() == pytest.approx(1)


def test_camera_noise_is_8_bit_and_another_for_every_patch(photo):
    clean = photo[..., 96:144, 96:144].repeat(6, 1, 1, 1)
    noisy, truth = AnyCamera(measured=False).degrade(clean, seeded())
    assert truth is None
    torch.testing.assert_close(noisy, to_8bit(noisy))
    deviations = (noisy - clean).flatten(1).std(1)
    assert deviations.unique().numel() == 6 and deviations.min() > 0.005


@pytest.mark.parametrize("run", ["vdir-sr-x2", "vdir-sr-x4", "vdir-real", "vdir-jpeg-rgb"])
def test_runs_picture_what_their_inputs_depend_on(run, photo):
    """The drawn square reaches past the patch on all sides, in whole pixels of the small image."""
    recipe = find(run, "compact")
    if run == "vdir-real":
        recipe = replace(recipe, unknown=AnyCamera(measured=False))  # curves by formula, which need no file
    factor = recipe.restorer.factor
    beyond = recipe.drawn - recipe.patch
    assert beyond >= {"vdir-sr-x2": 14, "vdir-sr-x4": 14, "vdir-real": 4, "vdir-jpeg-rgb": 0}[run]
    assert beyond % (2 * factor) == 0
    clean = photo[..., : recipe.drawn, : recipe.drawn]
    x, _ = recipe.pairs(clean, seeded())
    assert recipe.inner(x).shape[-1] * factor == recipe.patch == recipe.inner(clean).shape[-1]


@pytest.mark.parametrize("factor", [2, 4])
def test_a_small_patch_is_that_of_the_whole_picture(factor, photo):
    """The patch that its network is asked for lies where the pixels of its input do."""
    recipe, level = find(f"vdir-sr-x{factor}", "compact"), Blurred(factor, size=15, **ANISOTROPIC)
    at = 20 * factor
    sampled = photo[..., at : at + recipe.drawn, at : at + recipe.drawn]
    x = recipe.inner(level.degrade(sampled, seeded()))
    start = (at + (recipe.drawn - recipe.patch) // 2) // factor
    side = recipe.patch // factor
    whole = level.degrade(photo, seeded())[..., start : start + side, start : start + side]
    assert torch.equal(x, whole)
    first = photo[..., start * factor, start * factor]
    assert torch.equal(recipe.inner(sampled)[..., 0, 0], first)


# --- levels to measure at --------------------------------------------------------------------------


def test_blurred_pictures_are_those_that_mzsr_published(reference_data):
    for name in ("baby", "bird", "butterfly", "head", "woman"):
        clean = images.to_tensor(images.read(reference_data / f"mzsr_set5/gt/{name}_GT.png").pixels)
        small = Blurred(2).degrade(images.cropped(clean, 2), seeded())
        shipped = images.read(reference_data / f"mzsr_set5/g20/{name}.png").pixels
        np.testing.assert_array_equal(images.to_pixels(small), shipped)


@pytest.mark.parametrize(
    ("level", "decibels", "similarity"),
    [
        (Blurred(2), 28.73, 0.8449),
        (Blurred(2, **ANISOTROPIC), 28.15, 0.8265),
        (Blurred(4), 24.74, 0.7321),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_bicubic_has_the_printed_values(level, decibels, similarity, reference_data):
    """Tables IV and V, Set5, on 8-bit Y."""
    scores = []
    for picture in sets.load_images("set5"):
        clean = images.cropped(images.to_tensor(picture.pixels), level.multiple)
        large = to_8bit(resize(level.degrade(clean, seeded()), scale=level.factor))
        pair = [to_8bit(rgb_to_y(x)) for x in (large, clean)]
        of_psnr = psnr(*pair, border=level.border)
        scores.append((float(of_psnr), float(ssim(*pair, window="gaussian11", border=level.border))))
    assert np.mean(scores, 0) == pytest.approx([decibels, similarity], abs=6e-3)
    assert np.mean(scores, 0)[1] == pytest.approx(similarity, abs=3e-4)


def test_levels_have_names_of_their_own():
    levels = (Blurred(2), Blurred(4), Blurred(2, **ANISOTROPIC), Camera(), Camera(measured=False), Clean())
    names = [level.name for level in levels]
    blurred = ["blurred 2 x2", "blurred 2 x4", "blurred 4 1 -0.5 x2"]
    assert names == [*blurred, "camera", "camera by formula", "clean"]


def test_a_camera_takes_the_same_picture_by_the_same_generator(photo):
    level, clean = Camera(measured=False), photo[..., :40, :51]
    assert torch.equal(level.degrade(clean, seeded(3)), level.degrade(clean, seeded(3)))
    assert not torch.equal(level.degrade(clean, seeded(3)), level.degrade(clean, seeded(4)))


def test_measured_curves_make_camera_noise(photo, reference_data):
    clean = photo[..., :64, :64].repeat(8, 1, 1, 1)
    noisy = Camera().degrade(clean, seeded())
    assert noisy.shape == clean.shape and noisy.isfinite().all()
    assert 0.01 < (noisy - clean).std() < 0.3


# --- the runs --------------------------------------------------------------------------------------


def test_ablations_differ_in_nothing_else():
    for scale in ("compact", "paper"):
        full = find("vdir-awgn", scale)
        ablated = replace(full, name="vdir-awgn-l1", adversarial_weight=0.0, estimation_weight=0.0)
        assert find("vdir-awgn-l1", scale) == ablated
        assert find("vdir-awgn-noest", scale) == replace(full, name="vdir-awgn-noest", estimation_weight=0.0)
        for one, other in (("vdir-awgn", "vdir-awgn-res"), ("vdir-real", "vdir-real-res")):
            for field in ("unknown", "restorer", "patch", "batch", "steps", "lr", "schedule", "training_set"):
                assert getattr(find(one, scale), field) == getattr(find(other, scale), field)
        ffdnet, told = find("vdir-awgn-ffdnet", scale), find("vdir-ffdnet-nonblind", scale)
        assert (ffdnet.restorer, ffdnet.unknown, ffdnet.steps) == (told.restorer, told.unknown, told.steps)


def test_paper_scale_is_the_papers_setting():
    """Section V-A of the paper; the released code for lambda_1 and the discriminator's rate."""
    awgn = find("vdir-awgn", "paper")
    assert (awgn.kl_weight, awgn.adversarial_weight, awgn.estimation_weight) == (0.01, 0.001, 1)
    assert (awgn.betas, awgn.opponent_betas) == ((0.9, 0.999), (0.5, 0.999))
    assert find("vdir-real", "paper").estimation_weight == 0
    sizes = {run: (find(run, "paper").patch, find(run, "paper").batch) for run in RUNS}
    real = dict.fromkeys(("vdir-real", "vdir-real-res"), (256, 4))
    assert sizes == dict.fromkeys(RUNS, (96, 16)) | {"vdir-sr-x4": (192, 16)} | real
    at = (0, 99_999, 100_000, 200_000, 300_000, 400_000, 499_999)
    rates = [awgn.lr * awgn.schedule.factor(step / awgn.steps) for step in at]
    assert rates == pytest.approx([2e-4, 2e-4, 1e-4, 5e-5, 2.5e-5, 2e-5, 2e-5])
    assert (awgn.opponent_lr, awgn.clip) == (2e-4, None)


NORMED = 10 * 96


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("vdir-awgn", 2_073_795 + 154_120 + 114_883 + 4_099),
        ("vdir-awgn-res", 2_071_491),
        ("vdir-awgn-l1", 2_073_795 + 154_120 + 114_883),
        ("vdir-real", 2_073_795 + 154_120 + 114_883),
        ("vdir-jpeg-y", 2_071_489 + 152_968 + 113_729 + 2_945),
        ("vdir-sr-x2", 2_221_507 + 154_120 + 114_883 + 132_193),
        ("vdir-sr-x4", 2_369_219 + 154_120 + 114_883 + 132_193),
        ("vdir-awgn-ffdnet", 854_700 + NORMED + 154_120 + 114_883 + 4_099),
        ("vdir-ffdnet-nonblind", 852_108 + NORMED),
    ],
)
def test_networks_at_the_size_of_the_paper(run, expected):
    """Of the published checkpoints' index and by hand: restorer, encoder, decoder, estimator. Batch norm has
    a scale and a shift where the ten inner convolutions of FFDNet, of 96 channels, had a bias."""
    assert parameters(find(run, "paper").build()) == expected


def test_longer_runs_and_those_of_other_seeds_differ_in_nothing_else():
    for row in ("vdir-awgn", "vdir-awgn-res", "vdir-awgn-l1", "vdir-awgn-noest"):
        run = find(row, "compact")
        assert find(f"{row}-long", "compact") == replace(run, name=f"{row}-long", steps=12_000)
        for seed in (1, 2):
            assert find(f"{row}-seed{seed}", "compact") == replace(run, name=f"{row}-seed{seed}", seed=seed)


@pytest.mark.parametrize("scale", SCALES)
def test_both_ffdnets_have_batch_norm_and_the_variational_networks_are_clipped_apart(scale):
    """In short runs, whose gradients are clipped; at paper scale none is."""
    for run in (find("vdir-awgn-ffdnet", scale), find("vdir-ffdnet-nonblind", scale)):
        assert run.restorer.normed and any(isinstance(m, nn.BatchNorm2d) for m in run.build().modules())
    for name in RUNS:
        run = find(name, scale)
        assert getattr(run, "clipped_apart", False) == hasattr(run, "clipped_apart")
        assert run.budgeted(steps=10).clip == 0.5


def test_the_discriminator_at_the_size_of_the_paper():
    assert parameters(find("vdir-awgn", "paper").opponent()) == 9_409_601
    assert find("vdir-awgn-l1", "paper").opponent() is None
    assert find("vdir-real", "paper").opponent() is not None


@pytest.mark.parametrize("run", RUNS)
def test_compact_restorers_have_a_tenth_of_the_papers_parameters(run):
    net = find(run, "compact").build()
    assert 170_000 < parameters(getattr(net, "restorer", net)) < 290_000


def test_a_short_run_starts_with_a_restorer_that_adds_little():
    """The released start is far from the image; branches at a tenth leave it nearly as it is."""
    y, c = torch.rand(2, 3, 24, 24, generator=seeded()), torch.randn(2, 4, 6, 6, generator=seeded())
    for gain, least, most in ((1.0, 0.5, math.inf), (SHORT_GAIN, 0.0, 0.3)):
        torch.manual_seed(0)
        restorer = replace(find("vdir-awgn", "compact").restorer, branch_gain=gain).build(3, 4)
        assert least < (restorer(y, c) - y).abs().mean() < most
    run = find("vdir-awgn", "paper").budgeted(steps=100)
    assert run.restorer == replace(find("vdir-awgn", "paper").restorer, branch_gain=SHORT_GAIN)
    assert isinstance(run.schedule, Cosine)


def made(name, seed=5):
    """One smoke run's objective, and what it is made of."""
    torch.manual_seed(0)
    recipe = find(name, "smoke")
    net, opponent = recipe.build(), recipe.opponent()
    if opponent is not None:
        opponent.requires_grad_(False)
    clean = torch.rand(3, recipe.channels, recipe.drawn, recipe.drawn, generator=seeded(1))
    return recipe, net, opponent, clean, recipe.objective(net, clean, seeded(seed), None, opponent)


@pytest.mark.parametrize("name", ["vdir-awgn", "vdir-jpeg-y", "vdir-sr-x2", "vdir-real", "vdir-awgn-l1"])
def test_the_loss_is_the_papers_sum(name):
    """Eqs. 14 to 18, term by term, from the same draws."""
    recipe, net, opponent, clean, outcome = made(name)
    if opponent is not None:
        opponent.eval()  # its spectral norms as they are, after the pass that the objective made
    generator = seeded(5)
    y, truth = recipe.unknown.degrade(clean, generator)
    y, x = recipe.cut((y, clean), generator)
    mean, log_variance = net.encoder(y)
    c = sample(mean, log_variance, generator)
    rebuilt = net.decoder(c)
    expected = (net.restorer(y, c) - x).abs().mean() + (rebuilt - y).abs().mean()
    expected += 0.01 * losses.kl_to_standard_normal(mean, log_variance)
    if "l1" not in name:
        adversarial = -torch.sigmoid(opponent(rebuilt)).log().mean()
        torch.testing.assert_close(outcome.parts[-1], adversarial, atol=1e-4, rtol=0)
        expected += 0.001 * adversarial
    if name not in ("vdir-awgn-l1", "vdir-real"):
        error = recipe.unknown.error(net.estimator(c), truth, y.shape[-2:])
        torch.testing.assert_close(outcome.parts[3], error)
        expected += recipe.estimation_weight * error
    torch.testing.assert_close(outcome.loss, expected, atol=1e-6, rtol=1e-5)
    assert len(outcome.parts) == len(recipe.parts) - (opponent is not None)


@pytest.mark.parametrize("name", ["vdir-awgn", "vdir-jpeg-y", "vdir-jpeg-rgb", "vdir-sr-x2", "vdir-sr-x4"])
def test_at_the_size_of_the_paper_the_weights_are_the_papers(name):
    run = find(name, "paper")
    weights = (run.kl_weight, run.adversarial_weight, run.estimation_weight)
    assert weights == (0.01, 0.001, 1.0) and not run.by_contrast


def test_filters_by_contrast_say_nothing_of_flat_areas():
    """Of the first layer only; the rest starts as it would otherwise."""
    run = find("vdir-jpeg-y", "compact")
    built = []
    for by_contrast in (True, False):
        torch.manual_seed(0)
        built.append(replace(run, by_contrast=by_contrast).build())
    a, b = (net.state_dict() for net in built)
    different = [name for name in a if not torch.equal(a[name], b[name])]
    assert different == ["encoder.trunk.0.weight"]
    flat = built[0].encoder.trunk[0](torch.full((1, 1, 9, 9), 0.7))[..., 1:-1, 1:-1]
    torch.testing.assert_close(flat, torch.zeros_like(flat), atol=1e-6, rtol=0)


def test_the_discriminator_learns_to_tell_noisy_pictures_from_rebuilt_ones():
    recipe, net, opponent, _, outcome = made("vdir-awgn")
    assert outcome.real.min() < 0 or outcome.real.max() > 1  # nothing is clamped before it
    assert outcome.fake.shape == outcome.real.shape and not outcome.fake.requires_grad
    outcome.loss.backward()
    assert all(p.grad is None for p in opponent.parameters())
    net.zero_grad(set_to_none=True)
    opponent.requires_grad_(True)
    opposed = recipe.opposition(opponent, outcome, seeded())
    opposed.loss.backward()
    assert opposed.loss.item() == pytest.approx(2 * math.log(2), abs=0.1)  # at the start it knows nothing
    assert any(p.grad is not None and p.grad.any() for p in opponent.parameters())
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("name", RUNS)
def test_runs_are_judged_on_whole_pictures(name, photo):
    recipe = find(name, "smoke")
    net = recipe.build().eval()
    clean = photo[:, : recipe.channels, :75, :93]
    with torch.no_grad():
        values = recipe.judged(net, clean, seeded())
        assert values == recipe.judged(net, clean, seeded())
    assert len(values) == 2 and all(0 < value < 60 for value in values)


def test_a_network_that_changes_nothing_is_judged_as_its_input():
    """20 log10(255 / 25) dB for noise of 25 grey levels on a middle grey; rounding adds 1/12."""
    recipe = replace(find("vdir-awgn", "smoke"), unknown=AnyNoise(25, 25))
    net = recipe.build()
    torch.nn.init.zeros_(net.restorer.tail.weight)
    with torch.no_grad():
        decibels, _ = recipe.judged(net, torch.full((1, 3, 200, 200), 0.5), seeded())
    assert decibels == pytest.approx(10 * math.log10(255**2 / (625 + 1 / 12)), abs=0.05)


def test_ffdnet_is_told_the_noise_that_there_is():
    recipe = find("vdir-ffdnet-nonblind", "smoke")
    clean = torch.full((6, 3, 64, 64), 0.5)
    noisy, knobs = recipe.pairs(clean, seeded())
    torch.testing.assert_close(255 * (noisy - clean).flatten(1).std(1), knobs[:, 0], rtol=0.04, atol=0)
