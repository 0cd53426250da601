"""What an image asks for is read off it; an image that needs nothing is left alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.app import restore, tasks
from lib.app.recommend import recommended
from lib.app.restore import ByImage, Results
from lib.app.tasks import DEBLUR, DEJPEG_COLOUR, DENOISE, Loaded, straight_line
from lib.data.images import Picture, read, to_pixels, to_tensor, write
from lib.data.sets import load_images
from lib.models.knobs import Controllable, Knob

DEGRADED = {
    "": (lambda x: x, lambda x: tasks.compress(x, 92, 0), lambda x: tasks.add_noise(x, 2, 0)),
    "adafm-denoise": (lambda x: tasks.add_noise(x, 10, 0), lambda x: tasks.add_noise(x, 50, 0)),
    "vdir-jpeg-color": (
        lambda x: tasks.compress(x, 10, 0),
        lambda x: tasks.compress(x, 80, 0),
        lambda x: tasks.compress(tasks.add_noise(x, 20, 0), 40, 0),
    ),
    "cugan": (
        lambda x: tasks.blur_and_add_noise(x, 1, 0, 0),
        lambda x: tasks.blur_and_add_noise(x, 4, 0, 0),
        lambda x: tasks.blur_and_add_noise(x, 2, 15, 0),
    ),
}
CASES = [(name, degrade) for name, ways in DEGRADED.items() for degrade in ways]


@pytest.fixture(scope="module")
def photograph():
    """A sharp one; a portrait before a soft background would read as blurred."""
    (sample,) = (s for s in load_images("skimage") if s.name == "coffee.png" or s.name == "coffee")
    return to_tensor(sample.pixels)


@pytest.mark.parametrize(("network", "degrade"), CASES)
def test_the_family_is_read_off_the_image(photograph, network, degrade):
    found = recommended(Picture(to_pixels(degrade(photograph))))
    assert found.network == network, found.read


def test_a_gray_jpeg_has_a_network_of_gray(photograph):
    gray = to_pixels(tasks.compress(photograph[:, 1:2], 30, 0))
    assert gray.ndim == 2 and recommended(Picture(gray)).network == "vdir-jpeg"


class Mixing(Controllable):
    """What it does is of no matter."""

    def __init__(self, *knobs):
        super().__init__()
        self.knobs = tuple(Knob(name, 0.0, 1.0, 0.0, "") for name in knobs)
        self.body = torch.nn.Conv2d(3, 3, 1)

    def fold(self, knobs):
        return self.body


def by_name(name):
    if name == "vdir-jpeg-color":
        return Loaded(name, Mixing("strength"), DEJPEG_COLOUR, 3, "smoke", None)
    curve = straight_line("coef", DENOISE.level)
    if name == "cugan":
        first, second = map(straight_line, ("blur", "noise"), DEBLUR.levels)
        return Loaded(name, Mixing("blur", "noise"), DEBLUR, 3, "smoke", first, (second,))
    return Loaded(name, Mixing("coef"), DENOISE, 3, "smoke", curve)


def test_each_image_has_its_own_network_and_a_clean_one_is_left_alone(photograph, tmp_path):
    folder, said = tmp_path / "in", []
    write(folder / "clean.png", Picture(to_pixels(photograph)))
    write(folder / "noisy.png", Picture(to_pixels(tasks.add_noise(photograph, 30, 0))))
    write(folder / "soft.png", Picture(to_pixels(tasks.blur_and_add_noise(photograph, 2, 0, 0))))
    write(folder / "web.jpg", Picture(to_pixels(photograph)), quality=30)
    out = Results(tmp_path / "out")
    assert restore.restore_files([folder], out, ByImage(by_name), device="cpu", say=said.append) == 0
    assert sorted(path.name for path in out.path.iterdir()) == ["noisy.png", "soft.png", "web.png"]
    clean, noisy, soft, web = said
    assert "nothing to restore (noise of" in clean
    assert "noise of 3" in noisy and "adafm-denoise -> " in noisy and "coef 0.3" in noisy
    assert "blur of 2" in soft and "cugan -> " in soft and "blur 0.5" in soft
    assert "JPEG quality 30, vdir-jpeg-color -> " in web and "strength 0.00" in web


def test_metadata_of_a_chosen_network_can_be_left_out_too(photograph, tmp_path):
    noisy = Picture(to_pixels(tasks.add_noise(photograph, 30, 0)))
    noisy = replace(noisy, metadata=replace(noisy.metadata, dpi=(300.0, 300.0)))
    write(tmp_path / "a.png", noisy)
    for strip, kept in ((False, True), (True, False)):
        out = Results(tmp_path / f"{strip}.png")
        assert restore.restore_files([tmp_path / "a.png"], out, ByImage(by_name, strip), device="cpu") == 0
        assert bool(read(out.path).metadata.dpi) is kept


def test_an_image_of_two_values_is_not_guessed_at(tmp_path):
    drawn = np.zeros((64, 64), np.uint8)
    drawn[::2] = 255
    write(tmp_path / "a.png", Picture(drawn))
    said = []
    out = Results(tmp_path / "b.png")
    assert (
        restore.restore_files([tmp_path / "a.png"], out, ByImage(by_name), device="cpu", say=said.append) == 1
    )
    assert "cannot be read" in said[0]
