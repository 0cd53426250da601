"""Metrics against closed forms, scikit-image and the numbers of the authors' NIQE release."""

import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from lib.data.images import read, to_tensor
from lib.metrics.fidelity import _half, niqe, niqe_parameters, psnr, psnr_b, square_error, ssim


@pytest.fixture
def noisy(photo):
    return (photo + 0.1 * torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)


def test_psnr_of_one_grey_level_is_20_log10_255():
    clean = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    assert psnr(clean + 1 / 255, clean).item() == pytest.approx(20 * math.log10(255), abs=1e-9)


def test_psnr_of_equal_images_is_infinite():
    clean = torch.full((1, 1, 8, 8), 0.5)
    assert psnr(clean, clean).item() == math.inf


def test_psnr_is_per_image():
    clean = torch.zeros(2, 1, 8, 8)
    x = torch.stack([torch.full((1, 8, 8), 0.1), torch.full((1, 8, 8), 0.01)])
    torch.testing.assert_close(psnr(x, clean), torch.tensor([20.0, 40.0]).double(), atol=1e-5, rtol=0)


def test_border_is_left_out_on_every_side():
    clean = torch.zeros(1, 1, 12, 16)
    x = torch.ones(1, 1, 12, 16)
    x[..., 2:-2, 2:-2] = 0.1
    assert psnr(x, clean, border=2).item() == pytest.approx(20, abs=1e-5)
    assert psnr(x, clean, border=1).item() < 20


@pytest.mark.parametrize("metric", [psnr, psnr_b, lambda x, y: ssim(x, y, window="uniform8")])
def test_shapes_that_differ_are_refused(metric):
    with pytest.raises(ValueError, match="one shape"):
        metric(torch.zeros(1, 1, 16, 16), torch.zeros(1, 3, 16, 16))


def test_border_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="leaves no pixel"):
        psnr(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8), border=4)


def test_ssim_in_gaussian_windows_is_scikit_images(photo, noisy):
    """Gray and colour (the mean over channels), a batch of two different pairs."""
    x = torch.cat([noisy[..., :200, :150], photo[..., 100:300, :150]])
    reference = torch.cat([photo[..., :200, :150], noisy[..., 100:300, 50:200]])
    expected = [
        structural_similarity(
            a.double().numpy(), b.double().numpy(), channel_axis=0, data_range=1,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )
        for a, b in zip(x, reference, strict=True)
    ]  # fmt: skip
    measured = ssim(x, reference, window="gaussian11")
    np.testing.assert_allclose(measured, expected, atol=1e-9)
    channels = [ssim(x[:, [c]], reference[:, [c]], window="gaussian11") for c in range(3)]
    np.testing.assert_allclose(torch.stack(channels).mean(0), expected, atol=1e-9)


def test_ssim_in_8x8_windows_is_its_definition(photo, noisy):
    """One 8x8 image has one window: means, variances and covariance by NumPy."""
    x, y = noisy[..., :8, :8].double(), photo[..., :8, :8].double()
    expected = []
    for a, b in zip(x[0].numpy(), y[0].numpy(), strict=True):
        covariance = np.cov(a.ravel(), b.ravel(), bias=True)
        c1, c2 = 0.01**2, 0.03**2
        expected.append(
            (2 * a.mean() * b.mean() + c1) / (a.mean() ** 2 + b.mean() ** 2 + c1)
            * (2 * covariance[0, 1] + c2) / (covariance[0, 0] + covariance[1, 1] + c2)
        )  # fmt: skip
    assert ssim(x, y, window="uniform8").item() == pytest.approx(np.mean(expected), abs=1e-9)


def test_ssim_of_a_brighter_flat_image_is_its_luminance_term():
    dark, bright = torch.full((1, 1, 16, 16), 0.2), torch.full((1, 1, 16, 16), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    for window in ("gaussian11", "uniform8"):
        assert ssim(bright, dark, window=window).item() == pytest.approx(expected, abs=1e-6)


def test_ssim_shaves_its_border(photo, noisy):
    inside = (..., slice(7, -7), slice(7, -7))
    expected = ssim(noisy[inside], photo[inside], window="gaussian11")
    torch.testing.assert_close(ssim(noisy, photo, window="gaussian11", border=7), expected)


def test_ssim_of_a_small_image_and_of_an_unknown_window_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        ssim(torch.zeros(1, 1, 10, 30), torch.zeros(1, 1, 10, 30), window="gaussian11")
    with pytest.raises(ValueError, match="no SSIM window"):
        ssim(torch.zeros(1, 1, 30, 30), torch.zeros(1, 1, 30, 30), window="gauss")


def test_psnr_b_of_blocks_is_its_definition():
    """Blocks of 8 that alternate between 0.5 and 0.5 + d along x: every step lies on a block edge.

    16x32: one horizontal edge of 32 flat steps, three vertical ones of 16 steps of d: the edges'
    mean square is 48 d^2 / 80, that of the other steps 0.
    """
    d = 0.1
    x = torch.full((1, 1, 16, 32), 0.5, dtype=torch.float64)
    x[..., 8:16] += d
    x[..., 24:32] += d
    reference = torch.full_like(x, 0.5)
    mse = d**2 / 2
    blocking = 48 / 80 * d**2 * math.log2(8) / math.log2(16)
    expected = -10 * math.log10(mse + blocking)
    assert psnr_b(x, reference).item() == pytest.approx(expected, abs=1e-9)


def test_psnr_b_is_psnr_where_block_edges_are_no_steeper_than_the_rest(photo):
    ramp = torch.linspace(0, 1, 40).expand(1, 1, 40, 40)
    reference = ramp + 0.05
    torch.testing.assert_close(psnr_b(ramp, reference), psnr(ramp, reference))


def test_the_square_error_is_in_grey_levels_and_behind_psnr(photo, noisy):
    """PSNR is 20 log10 255 less ten times its logarithm; three levels off is nine."""
    error = square_error(noisy, photo, border=5)
    expected = 20 * np.log10(255) - 10 * np.log10(error.item())
    assert psnr(noisy, photo, border=5).item() == pytest.approx(expected)
    assert square_error(photo + 3 / 255, photo).item() == pytest.approx(9, rel=1e-4)


def test_psnr_b_is_per_image(photo, noisy):
    x = torch.cat([photo[:, :1], noisy[:, :1]])
    reference = torch.cat([noisy[:, :1], photo[:, :1]])
    alone = torch.cat([psnr_b(x[:1], reference[:1]), psnr_b(x[1:], reference[1:])])
    torch.testing.assert_close(psnr_b(x, reference), alone)


def test_psnr_b_of_colour_and_of_one_block_is_refused():
    with pytest.raises(ValueError, match="one luma channel"):
        psnr_b(torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16))
    with pytest.raises(ValueError, match="more than 8 pixels"):
        psnr_b(torch.zeros(1, 1, 8, 16), torch.zeros(1, 1, 8, 16))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("I03", 15.75), ("I04", 3.65), ("I06", 3.24), ("I08", 3.18), ("I19", 8.64)],
)
def test_niqe_is_the_authors_release(reference_data, name, expected):
    """Values of their MATLAB code; up to 0.03 off where flat areas decide (see `niqe`)."""
    parameters = niqe_parameters(reference_data / "niqe/modelparameters.mat")
    picture = read(reference_data / f"iqa_calibration/dist_dir/{name}.bmp")
    assert niqe(to_tensor(picture.pixels), parameters).item() == pytest.approx(expected, abs=0.03)


def test_niqe_is_per_image_and_ignores_what_fills_no_block(reference_data, photo, noisy):
    parameters = niqe_parameters(reference_data / "niqe/modelparameters.mat")
    both = niqe(torch.cat([photo, noisy]), parameters)
    alone = [niqe(x[..., :480, :480], parameters).item() for x in (photo, noisy)]
    np.testing.assert_allclose(both, alone, rtol=1e-9)


def test_niqe_of_a_flat_image_is_not_a_number(reference_data):
    parameters = niqe_parameters(reference_data / "niqe/modelparameters.mat")
    assert niqe(torch.full((1, 1, 192, 192), 0.3), parameters).isnan().all()


def test_niqe_of_a_small_image_is_refused():
    with pytest.raises(ValueError, match="two blocks"):
        niqe(torch.zeros(1, 1, 96, 191), None)


def test_niqe_says_which_file_it_needs(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"modelparameters\.mat"):
        niqe_parameters(tmp_path / "absent.mat")


def test_half_size_of_a_ramp_is_a_ramp():
    """Keys' cubic reproduces straight lines: pixel i becomes the mean of pixels 2i and 2i + 1."""
    ramp = torch.arange(32.0).double().expand(1, 1, 32, 32)
    halved = _half(ramp)
    assert halved.shape == (1, 1, 16, 16)
    expected = (2 * torch.arange(16.0).double() + 0.5).expand(16, 16)
    torch.testing.assert_close(halved[0, 0, 2:-2, 2:-2], expected[2:-2, 2:-2])
