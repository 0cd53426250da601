"""LPIPS and DISTS against their formulae in NumPy on tiny random networks, and against known values where
the published weights are at hand."""

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from safetensors.torch import save_file
from torch import nn

from lib import losses
from lib.data import sets
from lib.data.images import read, to_tensor
from lib.losses import FeatureExtractor
from lib.metrics import perceptual
from lib.metrics.perceptual import (
    ALEXNET_TAPS,
    DISTS,
    LPIPS,
    VGG16_FILE,
    VGG16_TAP,
    VGG16_TAPS,
    VGG19_TAP,
    VggMap,
    alexnet,
    vgg,
)

TINY = (4, 5, 6, 5, 4)  # widths
NAMES = ("I03", "I04", "I06", "I08", "I19")


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.rand(2, 2, 3, 67, 71, generator=generator)
    return x, (x + 0.2 * (noise - 0.5)).clamp(0, 1)


def positive(parameters, seed):
    """Weights of maps are never negative."""
    generator = torch.Generator().manual_seed(seed)
    for p in parameters:
        p.data.copy_(torch.rand(p.shape, generator=generator))


# --- the same in NumPy, in double precision ---------------------------------------------------------


def convolved(x, layer):
    """x (C, H, W) -> (C', H', W'), from the definition."""
    (size, _), (step, _), (pad, _) = layer.kernel_size, layer.stride, layer.padding
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(x, (size, size), axis=(1, 2))[:, ::step, ::step]
    weight, bias = (p.detach().double().numpy() for p in (layer.weight, layer.bias))
    return np.einsum("chwij,ocij->ohw", windows, weight) + bias[:, None, None]


def pooled(x, layer):
    windows = sliding_window_view(x, (layer.kernel_size,) * 2, axis=(1, 2))
    return windows[:, :: layer.stride, :: layer.stride].max((3, 4))


def hann_pooled(x, _):
    """The Hann window of five taps, of which the ends are zero."""
    taps = np.hanning(5)[1:-1]
    window = np.outer(taps, taps) / np.outer(taps, taps).sum()
    x = np.pad(x**2, ((0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2]
    return np.sqrt((windows * window).sum((3, 4)) + 1e-12)


def seen(x, layers, taps, pool):
    found = []
    for number, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            x = convolved(x, layer)
        elif isinstance(layer, nn.ReLU):
            x = np.maximum(x, 0)
        else:
            x = pool(x, layer)
        if number in taps:
            found.append(x)
    return found


def channels(values):
    return np.array(values)[:, None, None]


def lpips(x, y, layers, weights, low):
    """low: where the range of images begins that LPIPS is given; it ends at 1."""

    def scaled(x):
        return (low + (1 - low) * x - channels((-0.030, -0.088, -0.188))) / channels((0.458, 0.448, 0.450))

    total = 0.0
    both = (seen(scaled(each), layers, ALEXNET_TAPS, pooled) for each in (x, y))
    for a, b, weight in zip(*both, weights, strict=True):
        a, b = (m / (np.sqrt((m**2).sum(0)) + 1e-10) for m in (a, b))
        total += ((a - b) ** 2 * weight[:, None, None]).sum(0).mean()
    return total


def dists(x, y, layers, alpha, beta):
    def scaled(x):
        return (x - channels((0.485, 0.456, 0.406))) / channels((0.229, 0.224, 0.225))

    both = ([each, *seen(scaled(each), layers, VGG16_TAPS, hann_pooled)] for each in (x, y))
    total, at = 0.0, 0
    for a, b in zip(*both, strict=True):
        for p, q in zip(a, b, strict=True):
            texture = (2 * p.mean() * q.mean() + 1e-6) / (p.mean() ** 2 + q.mean() ** 2 + 1e-6)
            covariance = ((p - p.mean()) * (q - q.mean())).mean()
            structure = (2 * covariance + 1e-6) / (p.var() + q.var() + 1e-6)
            total += alpha[at] * texture + beta[at] * structure
            at += 1
    return 1 - total / (alpha.sum() + beta.sum())


@pytest.mark.parametrize(("options", "low"), [({}, -1.0), ({"black": 0.0}, 0.0)], ids=["meant", "unscaled"])
def test_lpips_is_its_formula(pair, options, low):
    torch.manual_seed(1)
    layers = alexnet(TINY)
    metric = LPIPS(layers, **options).double()
    positive(metric.weights, 2)
    weights = [w.detach().numpy() for w in metric.weights]
    pictures = zip(*(p.double().numpy() for p in pair), strict=True)
    expected = [lpips(a, b, layers, weights, low) for a, b in pictures]
    with torch.no_grad():
        found = metric(*(p.double() for p in pair))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert min(expected) > 0


def test_dists_is_its_formula(pair):
    torch.manual_seed(1)
    layers = vgg(16, width=3)
    metric = DISTS(layers).double()
    positive((metric.alpha, metric.beta), 2)
    alpha, beta = (p.detach().numpy() for p in (metric.alpha, metric.beta))
    pictures = zip(*(p.double().numpy() for p in pair), strict=True)
    expected = [dists(a, b, layers, alpha, beta) for a, b in pictures]
    with torch.no_grad():
        found = metric(*(p.double() for p in pair))
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert min(expected) > 0


@pytest.mark.parametrize("metric", [LPIPS(alexnet(TINY)), DISTS(vgg(16, width=2))], ids=["LPIPS", "DISTS"])
def test_a_picture_is_like_itself_and_more_noise_is_further(metric, pair):
    x, noisy = (picture.double() for picture in pair)
    metric = copy.deepcopy(metric).double()
    with torch.no_grad():
        same, near, far = (metric(y, x) for y in (x, torch.lerp(x, noisy, 0.3), noisy))
    torch.testing.assert_close(same, torch.zeros(2, dtype=torch.float64), atol=1e-12, rtol=0)
    assert (same < near).all() and (near < far).all()


# --- the networks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "count"),
    [(alexnet(), 2_469_696), (vgg(16), 14_714_688), (vgg(19), 20_024_384)],
    ids=["AlexNet", "VGG-16", "VGG-19"],
)
def test_networks_have_the_parameters_of_the_published_ones(layers, count):
    """As counted in their papers and by Keras, without the classifier."""
    assert sum(p.numel() for p in layers.parameters()) == count


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "vgg19"])
def test_networks_are_torchvisions(name):
    models = pytest.importorskip("torchvision").models
    torch.manual_seed(0)
    theirs = getattr(models, name)(weights=None).features.eval()
    ours = alexnet() if name == "alexnet" else vgg(int(name.removeprefix("vgg")))
    ours.load_state_dict(theirs.state_dict())
    x = torch.rand(1, 3, 70, 70)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs[: len(ours)](x))


def test_lpips_is_torchmetrics(pair):
    """The same random weights in both."""
    pytest.importorskip("torchvision")
    module = pytest.importorskip("torchmetrics.functional.image.lpips")
    torch.manual_seed(0)
    theirs = module._LPIPS(pretrained=False, net="alex", pnet_rand=True)
    ours = LPIPS(alexnet())
    convolutions = (layer for layer in ours.layers if isinstance(layer, nn.Conv2d))
    others = (layer for layer in theirs.net.modules() if isinstance(layer, nn.Conv2d))
    for own, other in zip(convolutions, others, strict=True):
        own.load_state_dict(other.state_dict())
    for weights, linear in zip(ours.weights, theirs.lins, strict=True):
        weights.data.copy_(linear.model[-1].weight.flatten())
    with torch.no_grad():
        torch.testing.assert_close(ours(*pair), theirs(*pair, normalize=True).flatten())


@pytest.mark.parametrize(("depth", "tap"), [(16, VGG16_TAP), (19, VGG19_TAP)])
@pytest.mark.parametrize("side", [48, 64])
def test_a_vgg_guides_by_what_comes_before_its_last_relu(depth, tap, side):
    """Torchvision's layers 28 and 34: negative values are still there, and the sides are a sixteenth."""
    torch.manual_seed(0)
    layers = vgg(depth, width=4)
    guide = VggMap(layers, tap)
    assert isinstance(guide, FeatureExtractor)
    x = torch.rand(1, 3, side, 64)
    (found,) = guide.features(x)
    assert found.shape == (1, 32, side // 16, 4) and found.min() < 0
    mean, deviation = (torch.tensor(v)[:, None, None] for v in (DISTS.MEAN, DISTS.DEVIATION))
    torch.testing.assert_close(layers[tap + 1](found), layers[: tap + 2]((x - mean) / deviation))
    assert isinstance(layers[tap + 2], nn.MaxPool2d)  # it was the last convolution


def test_a_frozen_vgg_passes_gradients_under_autocast_and_in_any_memory_format():
    torch.manual_seed(0)
    guide = VggMap(vgg(16, width=4), VGG16_TAP).eval().requires_grad_(False)
    for layer in guide.layers:
        if isinstance(layer, nn.Conv2d):  # the usual start leaves nothing of an image behind so many layers
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    x, reference = torch.rand(2, 2, 3, 48, 48)
    x.requires_grad_()
    plain = losses.perceptual(guide, x, reference)
    (gradient,) = torch.autograd.grad(plain, x)
    assert (gradient != 0).any((1, 2, 3)).all()
    guide = guide.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        (found,) = guide.features(x)
        rough = losses.perceptual(guide, x.contiguous(memory_format=torch.channels_last), reference)
    assert found.dtype == rough.dtype == torch.float32
    torch.testing.assert_close(rough, plain, rtol=0.05, atol=0)
    (near,) = torch.autograd.grad(rough, x)
    assert torch.cosine_similarity(near.flatten(), gradient.flatten(), dim=0) > 0.9


# --- published weights ------------------------------------------------------------------------------


@pytest.fixture
def published(tmp_path):
    """Files as torchvision and the authors lay them out, with random numbers, by their names without suffix;
    the same tensors as safetensors, where networks come without their classifiers."""
    torch.manual_seed(0)
    whole, networks = {}, {"alexnet": alexnet(), "vgg16": vgg(16), "vgg19": vgg(19)}
    for name, layers in networks.items():
        whole[name] = {f"features.{k}": v for k, v in layers.state_dict().items()}
    widths = (64, 192, 384, 256, 256)
    whole["alex"] = {f"lin{i}.model.1.weight": torch.rand(1, w, 1, 1) for i, w in enumerate(widths)}
    whole["weights"] = {k: torch.rand(1, 1475, 1, 1) for k in ("alpha", "beta")}
    for name, tensors in whole.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        classifier = {"classifier.1.bias": torch.zeros(4)} if name in networks else {}
        torch.save(tensors | classifier, tmp_path / f"{name}.pth")
    return whole


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_published_files_are_read_by_their_names(published, suffix, tmp_path):
    """A wrong name would not fit."""
    alexnet_file, heads, vgg16_file, weights, vgg19_file = (
        tmp_path / f"{name}.{suffix}" for name in ("alexnet", "alex", "vgg16", "weights", "vgg19")
    )
    metric = perceptual.load_lpips(alexnet_file, heads)
    assert torch.equal(metric.weights[2], published["alex"]["lin2.model.1.weight"].flatten())
    assert torch.equal(metric.layers[3].weight, published["alexnet"]["features.3.weight"])
    metric = perceptual.load_dists(vgg16_file, weights)
    assert torch.equal(metric.layers[28].bias, published["vgg16"]["features.28.bias"])
    assert torch.equal(metric.beta, published["weights"]["beta"].flatten())
    guides = (perceptual.load_vgg16(vgg16_file), perceptual.load_vgg19(vgg19_file))
    for guide, last in zip(guides, ("vgg16 28", "vgg19 34"), strict=True):
        name, number = last.split()
        assert torch.equal(guide.layers[-1].weight, published[name][f"features.{number}.weight"])
        assert not guide.training
        assert not any(p.requires_grad for p in (*metric.parameters(), *guide.parameters()))


def test_every_form_of_a_guide_has_the_same_hash_and_a_missing_one_names_its_download(
    published, tmp_path, monkeypatch
):
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path))
    monkeypatch.setattr(sets, "CACHE", tmp_path / "cache")
    for name, folder in (("vgg16-conv5_3", "weights_dists"), ("vgg19-conv5_4", "weights_vgg19")):
        with pytest.raises(sets.MissingData, match=f"python -m lib fetch {folder}"):
            perceptual.load_guide(name)
    (tmp_path / "weights_dists").mkdir()
    hashes = set()
    for file in VGG16_FILE:
        target = tmp_path / "weights_dists" / Path(file).name
        shutil.copy(tmp_path / f"vgg16{target.suffix}", target)
        hashes.add(perceptual.load_guide("vgg16-conv5_3").weights_sha)
        target.unlink()
    assert len(hashes) == 1


def test_the_published_guide_finds_more_noise_further_away():
    try:
        guide = perceptual.load_guide("vgg16-conv5_3").net
    except sets.MissingData as missing:
        pytest.skip(str(missing))
    x = to_tensor(sets.load_images("skimage", limit=1)[0].pixels)[..., :64, :64]
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    near, far = (losses.perceptual(guide, x + sigma / 255 * noise, x) for sigma in (5, 25))
    assert 0 < near < far


@pytest.mark.parametrize(
    ("load", "files", "expected"),
    [
        (perceptual.load_lpips, perceptual.LPIPS_FILES, (0.7237, 0.2572, 0.0508, 0.0521, 0.4253)),
        (perceptual.load_dists, perceptual.DISTS_FILES, (0.4742, 0.1424, 0.0682, 0.0287, 0.3123)),
    ],
    ids=["LPIPS", "DISTS"],
)
def test_published_weights_give_the_known_values(load, files, expected):
    """Of the calibration images, as the authors' programs have them."""
    pairs = [(f"dist_dir/{name}.bmp", f"ref_dir/{name}.bmp") for name in NAMES]
    try:
        metric = load(*(sets.weights_file(*forms) for forms in files))
        pictures = [[sets.weights_file(f"iqa_calibration/{f}") for f in pair] for pair in pairs]
    except sets.MissingData as missing:
        pytest.skip(str(missing))
    for pair, value in zip(pictures, expected, strict=True):
        with torch.no_grad():
            found = metric(*(to_tensor(read(file).pixels) for file in pair)).item()
        assert found == pytest.approx(value, abs=1e-4), pair[0].name
