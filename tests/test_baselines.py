"""ARCNN, DnCNN and FFDNet: sizes, folding, and the published weights at their published values."""

import numpy as np
import pytest
import torch
from scipy.io import savemat
from scipy.ndimage import correlate

from lib.base.devices import tune_cpu
from lib.data.images import rgb_to_ycbcr, to_tensor
from lib.data.sets import load_images
from lib.degradations import add_gaussian_noise, jpeg, to_8bit
from lib.degradations.levels import Compress
from lib.evaluation.measure import Bench, Protocol, Setting
from lib.metrics.fidelity import psnr, ssim
from lib.models.adafm import AdaFM
from lib.models.baselines import ARCNN, DnCNN, FFDNet
from lib.training.networks import arcnn
from lib.training.published import load_arcnn, load_dncnn, load_ffdnet
from lib.training.wrappers import OnLuma

NONE = torch.zeros(1, 0)


@pytest.fixture(autouse=True, scope="module")
def tuned_cpu():
    tune_cpu()


def parameters(net):
    return sum(p.numel() for p in net.parameters())


def fitted_arcnn(kernel_size):
    """An ARCNN whose filters g have moved away from the identity."""
    torch.manual_seed(0)
    net = ARCNN(1, lambda channels: AdaFM(channels, kernel_size))
    for module in net.trained_in_stage():
        torch.nn.init.normal_(module.filter.weight, std=0.1)
        torch.nn.init.normal_(module.filter.bias, std=0.1)
    return net.double()


def test_arcnn_has_the_weights_of_its_paper():
    weights = 9**2 * 64 + 7**2 * 64 * 32 + 32 * 16 + 5**2 * 16
    assert parameters(ARCNN(1)) == weights + 64 + 32 + 16 + 1


def test_arcnn_site_follows_every_convolution():
    net = ARCNN(3, lambda channels: AdaFM(channels, 3))
    assert [m.filter.weight.shape[0] for m in net.trained_in_stage()] == [64, 32, 16, 3]
    assert [knob.name for knob in net.knobs] == ["coef"]
    assert ARCNN(3).knobs == ()


def test_arcnn_at_knob_0_is_the_network_it_started_from():
    net = fitted_arcnn(5)
    plain = ARCNN(1).double()
    plain.load_state_dict({k: v for k, v in net.state_dict().items() if "filter" not in k})
    x = torch.rand(2, 1, 20, 24, dtype=torch.float64)
    assert torch.equal(net(x, torch.zeros(2, 1)), plain(x, torch.zeros(2, 0)))


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_folded_arcnn_computes_the_same(kernel_size):
    net = fitted_arcnn(kernel_size)
    x = torch.rand(2, 1, 20, 24, dtype=torch.float64)
    folded = net.fold(torch.tensor([0.4], dtype=torch.float64))
    expected = net(x, torch.full((2, 1), 0.4, dtype=torch.float64))
    torch.testing.assert_close(folded(x), expected, atol=1e-10, rtol=0)


def test_dncnn_has_the_layers_of_its_paper():
    """17 and 20 layers: 3x3 1-64, 64-64 ..., 64-1, biases in all once batch norm is merged."""
    for depth in (17, 20):
        inner = (depth - 2) * (64 * 64 * 9 + 64)
        assert parameters(DnCNN(1, 64, depth)) == 64 * 9 + 64 + inner + 64 * 9 + 1


@pytest.mark.parametrize(("net", "knobs"), [(DnCNN(3, 8, 4), []), (FFDNet(3, 8, 4), [40.0])])
def test_folded_network_computes_the_same(net, knobs):
    x = torch.rand(2, 3, 16, 20)
    expected = net(x, torch.tensor([knobs, knobs]))
    folded = net.fold(torch.tensor(knobs))
    torch.testing.assert_close(folded(x), expected)
    assert not any(p.requires_grad for p in folded.parameters())
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("channels", [1, 3])
def test_batch_norm_of_ffdnet_folds_into_its_convolutions(channels):
    """To the layers of the published network, which computes the same; the one that is trained on stays."""
    torch.manual_seed(0)
    net = FFDNet(channels, 8, 5, normed=True).double()
    for norm in (m for m in net.body if isinstance(m, torch.nn.BatchNorm2d)):
        for values in (norm.weight.data, norm.running_var):
            values.uniform_(0.5, 2)
        for values in (norm.bias.data, norm.running_mean):
            values.normal_()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    folded = net.train().fold(torch.tensor([40.0], dtype=torch.float64))
    x = torch.rand(2, channels, 16, 20, dtype=torch.float64)
    expected = net.eval()(x, torch.full((2, 1), 40.0, dtype=torch.float64))
    torch.testing.assert_close(folded(x), expected, atol=1e-12, rtol=0)
    assert [type(m) for m in folded.net.body] == [type(m) for m in FFDNet(channels, 8, 5).body]
    FFDNet(channels, 8, 5).double().load_state_dict(folded.net.state_dict())
    assert sum(isinstance(m, torch.nn.BatchNorm2d) for m in net.body) == 3
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert not any(p.requires_grad for p in folded.parameters())


def test_ffdnet_takes_one_level_per_image():
    net = FFDNet(1, 8, 4)
    x = torch.rand(1, 1, 16, 16).expand(2, -1, -1, -1)
    y = net(x, torch.tensor([[10.0], [50.0]]))
    torch.testing.assert_close(y[:1], net(x[:1], torch.tensor([[10.0]])))
    torch.testing.assert_close(y[1:], net(x[:1], torch.tensor([[50.0]])))
    assert not torch.allclose(y[0], y[1])


def test_absent_and_foreign_files_are_refused(tmp_path, reference_data):
    with pytest.raises(FileNotFoundError, match=r"absent\.mat"):
        load_dncnn(tmp_path / "absent.mat")
    (tmp_path / "text.mat").write_text("not HDF5")
    with pytest.raises(ValueError, match=r"not a MatConvNet network"):
        load_dncnn(tmp_path / "text.mat")
    with pytest.raises(ValueError, match="no DnCNN"):
        load_dncnn(reference_data / "weights_ffdnet/FFDNet_gray.mat")
    with pytest.raises(ValueError, match="no FFDNet"):
        load_ffdnet(reference_data / "weights_dncnn/sigma=25.mat")
    with pytest.raises(FileNotFoundError, match=r"absent\.mat"):
        load_arcnn(tmp_path / "absent.mat")
    for other in (tmp_path / "text.mat", reference_data / "weights_dncnn/sigma=25.mat"):
        with pytest.raises(ValueError, match="no ARCNN"):
            load_arcnn(other)


@pytest.mark.parametrize(
    ("file", "channels", "depth"),
    [
        ("sigma=15.mat", 1, 17),
        ("sigma=50.mat", 1, 17),
        ("GD_Gray_Blind.mat", 1, 20),
        ("GD_Color_Blind.mat", 3, 20),
        ("DnCNN3.mat", 1, 20),
    ],
)
def test_published_dncnns_have_the_layers_of_their_paper(reference_data, file, channels, depth):
    net = load_dncnn(reference_data / "weights_dncnn" / file)
    assert parameters(net) == parameters(DnCNN(channels, 64, depth))


@torch.inference_mode()
def denoised_psnr(net, name, sigma, knobs):
    """Mean over a set, float noise, 8-bit output, as in the authors' scripts."""
    values = []
    for i, sample in enumerate(load_images(name)):
        x = to_tensor(sample.pixels)
        noise = torch.Generator().manual_seed(i)
        noisy = add_gaussian_noise(x, sigma, generator=noise, quantise=False)
        values.append(psnr(to_8bit(net(noisy, knobs)), x).item())
    return np.mean(values)


def test_dncnn_s_on_set12_is_as_published(reference_data):
    """30.44 dB at sigma 25 in the DnCNN paper; twelve fields of noise move the mean by 0.01."""
    net = load_dncnn(reference_data / "weights_dncnn/sigma=25.mat")
    assert denoised_psnr(net, "set12", 25, NONE) == pytest.approx(30.44, abs=0.02)


@pytest.mark.parametrize(("sigma", "published"), [(15, 32.75), (25, 30.43), (50, 27.32)])
def test_ffdnet_on_set12_is_as_published(reference_data, sigma, published):
    """Averages in the FFDNet paper."""
    net = load_ffdnet(reference_data / "weights_ffdnet/FFDNet_gray.mat")
    measured = denoised_psnr(net, "set12", sigma, torch.tensor([[float(sigma)]]))
    assert measured == pytest.approx(published, abs=0.02)


@torch.inference_mode()
def test_dncnn_3_on_classic5_is_as_published(reference_data):
    """29.40 dB and SSIM 0.803 at quality 10 in the DnCNN paper."""
    net = load_dncnn(reference_data / "weights_dncnn/DnCNN3.mat")
    decibels, similarities = [], []
    for sample in load_images("classic5"):
        y = to_tensor(sample.pixels)
        restored = to_8bit(net(jpeg(y, 10), NONE))
        decibels.append(psnr(restored, y).item())
        similarities.append(ssim(restored, y, window="gaussian11").item())
    assert np.mean(decibels) == pytest.approx(29.40, abs=0.01)
    assert np.mean(similarities) == pytest.approx(0.803, abs=6e-4)


def test_arcnn_is_read_as_the_authors_script_computes_it(tmp_path):
    """Taps column by column, correlation, the last pixel repeated at borders, in float64."""
    rng = np.random.default_rng(0)
    layers = {"conv1": (1, 9, 64), "conv2": (64, 7, 32), "conv22": (32, 1, 16), "conv3": (16, 5, 1)}
    weights = {name: rng.normal(0, 0.05, (n, k, k, m)) for name, (n, k, m) in layers.items()}
    biases = {name: rng.normal(0, 0.1, (m, 1)) for name, (_, _, m) in layers.items()}
    filed = {f"biases_{name}": bias for name, bias in biases.items()}
    for name, (n, k, m) in layers.items():
        columns = weights[name].transpose(0, 2, 1, 3).reshape(n, k * k, m)
        filed[f"weights_{name}"] = columns[..., 0] if m == 1 else columns
    savemat(tmp_path / "q10.mat", filed)

    y = rng.random((11, 9))
    maps = [y]
    for name, bias in biases.items():
        maps = [
            sum(correlate(x, weights[name][i, :, :, o], mode="nearest") for i, x in enumerate(maps)) + bias[o]
            for o in range(len(bias))
        ]
        maps = [np.maximum(x, 0) for x in maps] if name != "conv3" else maps

    restored = load_arcnn(tmp_path / "q10.mat").double()(torch.from_numpy(y)[None, None], NONE)
    np.testing.assert_allclose(restored[0, 0].detach().numpy(), maps[0], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "quality", "published"),
    [("classic5", 10, 29.03), ("classic5", 20, 31.15), ("classic5", 30, 32.51), ("classic5", 40, 33.32),
     ("live1", 10, 28.96)],
)  # fmt: skip
def test_arcnn_is_as_published(reference_data, name, quality, published):
    """As QGCN and VDIR quote it."""
    setting = Setting(arcnn(quality), (), Protocol(name, Compress(quality), colour="luma", multiple=1))
    assert Bench("compact", device="cpu").measure(setting).mean == pytest.approx(published, abs=0.006)


def test_a_network_of_y_leaves_the_chroma_of_colours(photo):
    torch.manual_seed(0)
    net, x = ARCNN(1), photo[..., :32, :40]
    before, after = rgb_to_ycbcr(x), rgb_to_ycbcr(OnLuma(net)(x, NONE))
    torch.testing.assert_close(after[:, 1:], before[:, 1:])
    torch.testing.assert_close(after[:, :1], net(before[:, :1], NONE))
