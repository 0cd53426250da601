"""LPIPS and DISTS against their formulae in NumPy on tiny random networks, and against known values where
the published weights are at hand."""

import copy

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

from lib import data, perceptual
from lib.images import read, to_tensor
from lib.losses import FeatureExtractor
from lib.perceptual import ALEXNET_TAPS, DISTS, LPIPS, VGG16_TAPS, Vgg19, alexnet, vgg

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


def lpips(x, y, layers, weights):
    def scaled(x):
        return (2 * x - 1 - channels((-0.030, -0.088, -0.188))) / channels((0.458, 0.448, 0.450))

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


def test_lpips_is_its_formula(pair):
    torch.manual_seed(1)
    layers = alexnet(TINY)
    metric = LPIPS(layers).double()
    positive(metric.weights, 2)
    weights = [w.detach().numpy() for w in metric.weights]
    expected = [
        lpips(a, b, layers, weights) for a, b in zip(*(p.double().numpy() for p in pair), strict=True)
    ]
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


def test_vgg19_guides_by_what_comes_before_the_last_relu():
    """Torchvision's layer 34: negative values are still there, and the sides are a sixteenth."""
    torch.manual_seed(0)
    layers = vgg(19, width=4)
    guide = Vgg19(layers)
    assert isinstance(guide, FeatureExtractor)
    x = torch.rand(1, 3, 48, 64)
    (found,) = guide.features(x)
    assert found.shape == (1, 32, 3, 4) and found.min() < 0
    mean, deviation = (torch.tensor(v)[:, None, None] for v in (DISTS.MEAN, DISTS.DEVIATION))
    torch.testing.assert_close(layers[35](found), layers[:36]((x - mean) / deviation))


# --- published weights ------------------------------------------------------------------------------


def test_published_files_are_read_by_their_names(tmp_path):
    """Files as torchvision and the authors lay them out, with random numbers; a wrong name would not fit."""
    torch.manual_seed(0)
    for layers, file in ((alexnet(), "a.pth"), (vgg(16), "v.pth"), (vgg(19), "w.pth")):
        state = {f"features.{k}": v for k, v in layers.state_dict().items()}
        torch.save(state | {"classifier.1.bias": torch.zeros(4)}, tmp_path / file)
    widths = (64, 192, 384, 256, 256)
    heads = {f"lin{i}.model.1.weight": torch.rand(1, w, 1, 1) for i, w in enumerate(widths)}
    torch.save(heads, tmp_path / "heads.pth")
    torch.save({k: torch.rand(1, 1475, 1, 1) for k in ("alpha", "beta")}, tmp_path / "weights.pt")
    metric = perceptual.load_lpips(tmp_path / "a.pth", tmp_path / "heads.pth")
    assert torch.equal(metric.weights[2], heads["lin2.model.1.weight"].flatten())
    assert torch.equal(metric.layers[3].weight, torch.load(tmp_path / "a.pth")["features.3.weight"])
    metric = perceptual.load_dists(tmp_path / "v.pth", tmp_path / "weights.pt")
    assert torch.equal(metric.layers[28].bias, torch.load(tmp_path / "v.pth")["features.28.bias"])
    assert torch.equal(metric.beta, torch.load(tmp_path / "weights.pt")["beta"].flatten())
    guide = perceptual.load_vgg19(tmp_path / "w.pth")
    assert torch.equal(guide.layers[34].weight, torch.load(tmp_path / "w.pth")["features.34.weight"])
    assert not any(p.requires_grad for p in (*metric.parameters(), *guide.parameters()))


@pytest.mark.parametrize(
    ("load", "files", "expected"),
    [
        (perceptual.load_lpips, perceptual.LPIPS_FILES, (0.7237, 0.2572, 0.0508, 0.0520, 0.4253)),
        (perceptual.load_dists, perceptual.DISTS_FILES, (0.4742, 0.1424, 0.0683, 0.0287, 0.3123)),
    ],
    ids=["LPIPS", "DISTS"],
)
def test_published_weights_give_the_known_values(load, files, expected, reference_data):
    """Of the calibration pictures, as the authors' programs have them."""
    try:
        metric = load(*(data.weights_file(file) for file in files))
    except data.MissingData as missing:
        pytest.skip(str(missing))
    folder = reference_data / "iqa_calibration"
    for name, value in zip(NAMES, expected, strict=True):
        x = to_tensor(read(folder / f"dist_dir/{name}.bmp").pixels)
        (reference,) = folder.glob(f"ref_dir/{name}.*")
        found = metric(x, to_tensor(read(reference).pixels)).item()
        assert found == pytest.approx(value, abs=5e-4), name
