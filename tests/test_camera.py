"""Camera noise against the published curves, a demosaicing library's numbers, and closed forms."""

import numpy as np
import pytest
import scipy.io
import torch

from lib.degradations import camera
from lib.degradations.camera import NO_MOSAIC, Curves, Shots

GBRG, GRBG, BGGR, RGGB = range(4)
CPU = torch.device("cpu")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def shots(n=1, shot=0.0, read=0.0, pattern=NO_MOSAIC, curve=0):
    deviations = (torch.full((n, 3), value) for value in (shot, read))
    return Shots(torch.full((n,), curve), *deviations, torch.full((n,), pattern))


def straight():
    return camera.power_curves(CPU, (1.0,))


# --- curves ----------------------------------------------------------------------------------------


def test_curves_are_looked_up_at_the_nearest_entry(reference_data):
    """By a search through the published tables for the entry that is nearest."""
    curves = camera.measured_curves(CPU)
    tables = scipy.io.loadmat(reference_data / "camera_response/201_CRF_data.mat")
    inverses = scipy.io.loadmat(reference_data / "camera_response/dorfCurvesInv.mat")
    assert curves.response.shape == curves.inverse.shape == (201, 1024)
    x = torch.rand(2, 3, 4, 5, generator=generator())
    for looked_up, at, values in (
        (curves.response, tables["I"], tables["B"]),
        (curves.inverse, inverses["invB"], inverses["invI"]),
    ):
        found = camera.look_up(looked_up[[7, 150]], x)
        for row, curve in enumerate((7, 150)):
            nearest = np.abs(at[curve] - x[row].numpy()[..., None]).argmin(-1)
            np.testing.assert_array_equal(found[row].numpy(), values[curve][nearest])


def test_a_curve_and_its_inverse_lead_back(reference_data):
    """To within two grey levels for most values and most curves: both tables are coarse at steep ends."""
    curves = camera.measured_curves(CPU)
    x = torch.linspace(0, 1, 256).expand(201, 1, 1, -1)
    back = camera.look_up(curves.response, camera.look_up(curves.inverse, x))
    assert ((back - x).abs() < 2 / 255).float().mean() > 0.95


def test_values_beyond_the_range_are_clipped():
    x = torch.tensor([-1.0, 0.0, 1.0, 3.0]).view(1, 1, 1, 4)
    assert camera.look_up(straight().response, x).flatten().tolist() == [0, 0, 1, 1]


# --- mosaic and demosaicing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "raw", "rgb"),
    [
        (
            RGGB,
            [
                [0.30980393, 0.36078432, 0.30588236, 0.3764706],
                [0.35686275, 0.39607844, 0.36078432, 0.40000001],
            ],
            [
                [
                    [0.30980393, 0.31666668, 0.32941177],
                    [0.33039216, 0.36078432, 0.38112746],
                    [0.30588236, 0.32794118, 0.34877452],
                    [0.36274511, 0.3764706, 0.38480393],
                ],
                [
                    [0.34828432, 0.35686275, 0.36568628],
                    [0.35318628, 0.38186275, 0.39607844],
                    [0.3379902, 0.36078432, 0.3754902],
                    [0.37769609, 0.39558825, 0.40000001],
                ],
            ],
        ),
        (
            BGGR,
            [
                [0.3764706, 0.360784320, 0.40784314, 0.3764706],
                [0.35686275, 0.30980393, 0.36078432, 0.29803923],
            ],
            [
                [
                    [0.35539217, 0.37058825, 0.3764706],
                    [0.34264707, 0.36078432, 0.37450981],
                    [0.36568628, 0.39607844, 0.40784314],
                    [0.36568629, 0.3764706, 0.3882353],
                ],
                [
                    [0.34411765, 0.35686275, 0.36200981],
                    [0.30980393, 0.32990197, 0.34975491],
                    [0.33039216, 0.36078432, 0.38063726],
                    [0.29803923, 0.30441178, 0.31740197],
                ],
            ],
        ),
    ],
    ids=["RGGB", "BGGR"],
)
def test_demosaicing_gives_the_numbers_of_colour_demosaicing(pattern, raw, rgb):
    """The examples in the documentation of that package, which repeats the last pixel at borders."""
    padded = np.pad(np.array(raw), 2, mode="symmetric")
    found = camera.demosaic(torch.tensor(padded)[None, None], torch.tensor([pattern]))[..., 2:-2, 2:-2]
    np.testing.assert_allclose(found[0].permute(1, 2, 0).numpy(), rgb, atol=1e-7)


def test_each_pattern_is_named_after_its_first_four_pixels():
    letters = {0: "R", 1: "G", 2: "B"}
    x = torch.tensor([0.0, 1.0, 2.0]).view(1, 3, 1, 1).expand(4, 3, 5, 7)
    raw = camera.mosaic(x, torch.arange(4))
    names = ["".join(letters[int(v)] for v in picture[0, :2, :2].flatten()) for picture in raw]
    assert names == ["GBRG", "GRBG", "BGGR", "RGGB"]
    assert torch.equal(raw[..., 2:4, 4:6], raw[..., :2, :2])
    assert raw.shape == (4, 1, 5, 7)


@pytest.mark.parametrize("size", [(3, 3), (8, 10), (9, 7)])
def test_what_the_sensor_saw_stays_and_gray_stays_gray(size):
    x = torch.rand(4, 3, *size, generator=generator())
    patterns = torch.arange(4)
    raw = camera.mosaic(x, patterns)
    assert torch.equal(camera.mosaic(camera.demosaic(raw, patterns), patterns), raw)
    flat = camera.demosaic(torch.full((4, 1, *size), 0.3), patterns)
    torch.testing.assert_close(flat, torch.full((4, 3, *size), 0.3))


def test_a_gray_slope_is_interpolated_exactly_away_from_borders():
    slope = (torch.arange(12.0) / 20 + torch.arange(10.0)[:, None] / 30).expand(4, 1, 10, 12)
    found = camera.demosaic(slope, torch.arange(4))
    inside = found[..., 2:-2, 2:-2]
    torch.testing.assert_close(inside, slope[..., 2:-2, 2:-2].expand_as(inside))


def test_the_sensor_counts_in_16_bits_and_saturates():
    x = torch.tensor([-0.1, 0.4 / 65536, 0.6 / 65536, 0.5, 1.0, 2.0])
    assert (camera.counted(x) * 65536).tolist() == [0, 0, 1, 32768, 65535, 65535]


# --- noise -----------------------------------------------------------------------------------------


def test_noise_grows_with_the_irradiance_channel_by_channel():
    """Deviation sqrt((shot L)^2 + read^2); its standard error is 0.35 % for 40 000 pixels."""
    scene = torch.tensor([0.2, 0.4, 0.5]).view(1, 3, 1, 1).expand(2, 3, 200, 200)
    shot = torch.tensor([[0.05, 0.1, 0.15], [0.0, 0.0, 0.0]])
    read = torch.tensor([[0.01, 0.0, 0.05], [0.02, 0.03, 0.04]])
    taken = Shots(torch.zeros(2, dtype=torch.long), shot, read, torch.full((2,), NO_MOSAIC))
    table = torch.linspace(0, 1, 2**16)[None]  # fine steps: the tables' own would be seen
    noisy = camera.add_camera_noise(scene, taken, Curves(table, table), generator=generator())
    expected = ((shot * scene[:, :, 0, 0]) ** 2 + read**2).sqrt()
    torch.testing.assert_close((noisy - scene).flatten(2).std(2), expected, rtol=0.015, atol=0)
    assert (noisy - scene).mean((2, 3)).abs().max() < 3 * 0.09 / 200


def test_noise_is_added_to_the_irradiance_not_to_the_value():
    """A value of 0.5 is an irradiance of 0.25 under a square-root response, whose slope there is one."""
    scene = torch.full((1, 3, 100, 100), 0.5)
    taken = shots(shot=0.04)
    noisy = camera.add_camera_noise(scene, taken, camera.power_curves(CPU, (2.0,)), generator=generator())
    assert (noisy - scene).std().item() == pytest.approx(0.04 * 0.25, rel=0.05)


def test_without_noise_only_the_mosaic_is_left(photo):
    scene = photo[..., 100:140, 200:250].repeat(5, 1, 1, 1)
    taken = Shots(torch.zeros(5, dtype=torch.long), *torch.zeros(2, 5, 3), torch.arange(5))
    noisy = camera.add_camera_noise(scene, taken, straight(), generator=generator())
    torch.testing.assert_close(noisy[4], scene[4], atol=1 / 1023, rtol=0)
    expected = camera.demosaic(camera.mosaic(scene[:4], torch.arange(4)), torch.arange(4)).clamp(0, 1)
    torch.testing.assert_close(noisy[:4], expected, atol=2e-3, rtol=0)
    assert (noisy[:4] - scene[:4]).abs().max() > 0.02


def test_demosaicing_makes_noise_of_neighbours_alike():
    scene = torch.full((2, 3, 100, 100), 0.5)
    deviations = torch.full((2, 2, 3), 0.05)
    taken = Shots(torch.zeros(2, dtype=torch.long), *deviations, torch.tensor([RGGB, NO_MOSAIC]))
    error = camera.add_camera_noise(scene, taken, straight(), generator=generator()) - scene
    alike = (error[..., 1:] * error[..., :-1]).mean((1, 2, 3)) / error.square().mean((1, 2, 3))
    assert alike[0] > 0.1 and alike[1].abs() < 0.03


def test_settings_are_drawn_uniformly_within_their_ranges():
    drawn = Shots.drawn(4000, 201, CPU, generator())
    assert drawn.pattern.bincount().tolist() == pytest.approx([800] * 5, abs=100)
    assert (int(drawn.curve.min()), int(drawn.curve.max())) == (0, 200)
    assert drawn.shot.shape == drawn.read.shape == (4000, 3)
    for deviation, most in ((drawn.shot, 0.16), (drawn.read, 0.06)):
        assert deviation.min() >= 0 and deviation.max() < most
        torch.testing.assert_close(deviation.mean(0), torch.full((3,), most / 2), rtol=0.03, atol=0)
    assert torch.corrcoef(torch.cat([drawn.shot, drawn.read], 1).T).triu(1).abs().max() < 0.06


def test_the_generator_decides():
    scene = torch.rand(2, 3, 8, 8, generator=generator())
    taken = shots(2, 0.1, 0.03, RGGB)
    first, again, other = (
        camera.add_camera_noise(scene, taken, straight(), generator=generator(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.min() >= 0 and first.max() <= 1
