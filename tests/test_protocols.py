"""What the papers' inputs measure: no network takes part, so a failure here voids every table.

Except where a test names another source, the numbers were measured once on the same images with
other programs, and agree with the tables in the literature in every digit those print. The
building blocks have their own tests in test_images.py, test_degradations.py and test_metrics.py.
"""

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from lib.base.paths import PRINTED
from lib.data.images import rgb_to_y, to_tensor
from lib.data.sets import load_images
from lib.degradations import add_gaussian_noise, jpeg, resize, to_8bit
from lib.evaluation.measure import fit_curve
from lib.metrics.fidelity import psnr, psnr_b, ssim

JPEG_PSNR = {
    "live1": {10: 27.770, 20: 30.072, 30: 31.407, 40: 32.355, 70: 35.129, 80: 36.873},
    "classic5": {10: 27.821, 20: 30.123, 30: 31.484, 40: 32.428, 70: 34.978, 80: 36.443},
    "bsds500": {10: 27.872, 20: 30.110, 30: 31.411, 40: 32.335, 70: 35.069, 80: 36.809},
}
JPEG_SSIM_UNIFORM8 = {  # VDIR, table VI
    "live1": {10: 0.7905, 20: 0.8683, 30: 0.9000, 40: 0.9173, 70: 0.9512, 80: 0.9641},
    "classic5": {10: 0.7800, 20: 0.8541, 30: 0.8844, 40: 0.9011, 70: 0.9344, 80: 0.9478},
}
JPEG_PSNR_B = {
    "live1": {10: 25.339, 20: 27.575, 30: 28.934, 40: 29.971},
    "classic5": {10: 25.209, 20: 27.501, 30: 28.939, 40: 29.921},
}
_VDIR_TABLE_7 = 25.69, 28.06, 29.37, 30.28, 31.03, 31.77, 32.77, 34.23
JPEG_COLOUR_PSNR = {  # LIVE1
    "4:2:0": dict(zip(range(10, 90, 10), _VDIR_TABLE_7, strict=True)),
    "4:4:4": {10: 25.97, 20: 28.45, 30: 29.83},
}
BICUBIC_PSNR = {
    "set5": {2: 33.65, 3: 30.39, 4: 28.42},
    "set14": {2: 30.32, 3: 27.63, 4: 26.09},
}
BICUBIC_PSNR_ADAFM = {2: 33.69, 3: 30.41, 4: 28.43, 5: 27.00, 6: 25.93}  # Set5, Y in floats
NOISY_PSNR_8BIT = {15: 24.84, 25: 20.54, 50: 15.00, 75: 12.11}  # CBSD68, clipped


def rows(table):
    """(set, level, value) of a nested dictionary, one test each."""
    return [(name, level, value) for name, row in table.items() for level, value in row.items()]


@lru_cache(maxsize=1)
def clean(name: str) -> list[Tensor]:
    return [to_tensor(sample.pixels) for sample in load_images(name)]


@lru_cache(maxsize=1)
def luma(name: str) -> list[Tensor]:
    """8-bit Y of every image, (1, 1, H, W)."""
    return [_y8(to_tensor(sample.pixels)) for sample in load_images(name)]


def mean(metric, outputs, references) -> float:
    return np.mean([metric(x, y).item() for x, y in zip(outputs, references, strict=True)])


@pytest.mark.parametrize(("name", "quality", "expected"), rows(JPEG_PSNR))
def test_psnr_of_gray_jpeg(reference_data, name, quality, expected):
    outputs = (jpeg(y, quality) for y in luma(name))
    assert mean(psnr, outputs, luma(name)) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(("quality", "expected"), [(50, 33.16), (60, 33.98)])
def test_psnr_of_gray_jpeg_at_adafms_other_qualities(reference_data, quality, expected):
    outputs = (jpeg(y, quality) for y in luma("live1"))
    assert mean(psnr, outputs, luma("live1")) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("name", "quality", "expected"), rows(JPEG_SSIM_UNIFORM8))
def test_ssim_of_gray_jpeg_in_8x8_windows(reference_data, name, quality, expected):
    outputs = (jpeg(y, quality) for y in luma(name))
    measured = mean(lambda x, y: ssim(x, y, window="uniform8"), outputs, luma(name))
    assert measured == pytest.approx(expected, abs=1e-4)


def test_ssim_of_gray_jpeg_in_gaussian_windows(reference_data):
    outputs = (jpeg(y, 10) for y in luma("live1"))
    measured = mean(lambda x, y: ssim(x, y, window="gaussian11"), outputs, luma("live1"))
    assert measured == pytest.approx(0.7730, abs=1e-4)


@pytest.mark.parametrize(("name", "quality", "expected"), rows(JPEG_PSNR_B))
def test_psnr_b_of_gray_jpeg(reference_data, name, quality, expected):
    outputs = (jpeg(y, quality) for y in luma(name))
    assert mean(psnr_b, outputs, luma(name)) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(("subsampling", "quality", "expected"), rows(JPEG_COLOUR_PSNR))
def test_psnr_of_colour_jpeg(reference_data, subsampling, quality, expected):
    outputs = (jpeg(x, quality, subsampling=subsampling) for x in clean("live1"))
    assert mean(psnr, outputs, clean("live1")) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("name", "scale", "expected"), rows(BICUBIC_PSNR))
def test_psnr_of_bicubic(reference_data, name, scale, expected):
    """8 bits after shrinking and after enlarging, 8-bit Y, a border of `scale` pixels shaved."""
    large = [_divisible(x, scale) for x in clean(name)]
    outputs = [to_8bit(_bicubic(to_8bit(resize(x, scale=1 / scale)), x)) for x in large]
    measured = mean(lambda x, y: psnr(x, y, border=scale), map(_y8, outputs), map(_y8, large))
    assert measured == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("scale", "expected"), BICUBIC_PSNR_ADAFM.items())
def test_psnr_of_bicubic_by_adafms_script(reference_data, scale, expected):
    """The small image stays in floats, and so does Y."""
    large = [_divisible(x, scale) for x in clean("set5")]
    outputs = [to_8bit(_bicubic(resize(x, scale=1 / scale), x)) for x in large]
    measured = mean(lambda x, y: psnr(x, y, border=scale), map(rgb_to_y, outputs), map(rgb_to_y, large))
    assert measured == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("sigma", [15, 25, 50, 75])
def test_psnr_of_float_noise_is_its_level(photo, sigma):
    """Closed form: 20 log10(255 / sigma) for noise that is neither clipped nor rounded."""
    noisy = add_gaussian_noise(photo, sigma, generator=torch.Generator().manual_seed(0), quantise=False)
    assert psnr(noisy, photo).item() == pytest.approx(20 * np.log10(255 / sigma), abs=0.02)


@pytest.mark.parametrize(("sigma", "expected"), NOISY_PSNR_8BIT.items())
def test_psnr_of_clipped_8_bit_noise(reference_data, sigma, expected):
    generator = torch.Generator().manual_seed(0)
    outputs = (add_gaussian_noise(x, sigma, generator=generator, quantise=True) for x in clean("cbsd68"))
    assert mean(psnr, outputs, clean("cbsd68")) == pytest.approx(expected, abs=0.02)


def test_cbsd68_is_in_bsds500_val_and_not_in_the_training_set(reference_data):
    validation = {sample.name: sample.pixels for sample in load_images("bsds500-val")}
    trained_on = {sample.name for sample in load_images("bsds500-traintest")}
    tested_on = load_images("cbsd68")
    assert len(tested_on) == 68
    assert len(trained_on) == 400
    for sample in tested_on:
        np.testing.assert_array_equal(sample.pixels, validation[sample.name])
        assert sample.name not in trained_on


def test_bsd68_is_cbsd68_in_gray_and_in_order(reference_data):
    """MATLAB's rgb2gray: the luma row of the inverse of its YIQ matrix, rounded."""
    to_gray = np.linalg.inv([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])[0]
    for colour, gray in zip(load_images("cbsd68"), load_images("bsd68"), strict=True):
        np.testing.assert_array_equal(np.round(colour.pixels @ to_gray), gray.pixels)


def test_train400_is_400_gray_images_of_180_pixels(reference_data):
    assert [sample.pixels.shape for sample in load_images("train400")] == 400 * [(180, 180)]


def test_printed_distances_of_adafm_are_baseline_minus_adafm():
    printed = pd.read_csv(PRINTED / "adafm.csv")
    tables = printed[printed.item.isin(["adafm-table4", "adafm-table5"])]
    columns = tables.pivot(index=["item", "dataset", "setting"], columns="method", values="value")
    assert len(columns) == 28
    difference = columns["baseline"] - columns["AdaFM-Net"]
    np.testing.assert_allclose(difference, columns["distance"], atol=1e-9)


def test_printed_knobs_of_adafm_give_its_printed_curve():
    """Figure 7, q80 to q10: the cubic printed in the text is the fit through all eight points."""
    printed = pd.read_csv(PRINTED / "adafm.csv")
    figure = printed[printed.item == "adafm-fig7"]
    points = figure[(figure.method == "AdaFM-Net q80->q10") & (figure.metric == "best_lambda")]
    qualities = points.setting.str.removeprefix("q").astype(int).to_numpy()
    assert list(qualities) == [80, 70, 60, 50, 40, 30, 20, 10]
    coefficients = figure[figure.metric.str.startswith("coefficient")].value
    fitted = fit_curve(qualities, points.value.to_numpy(), 3).coef
    np.testing.assert_allclose(fitted, coefficients, rtol=0.005)


def _divisible(x: Tensor, scale: int) -> Tensor:
    height, width = x.shape[-2:]
    return x[..., : height // scale * scale, : width // scale * scale]


def _bicubic(small: Tensor, large: Tensor) -> Tensor:
    return resize(small, size=tuple(large.shape[-2:]))


def _y8(x: Tensor) -> Tensor:
    return x if x.shape[1] == 1 else to_8bit(rgb_to_y(x))
