"""Benchmarks of real noise, from small files laid out as their publishers'."""

import sys

import h5py
import numpy as np
import pytest
import torch
from scipy.io import loadmat, savemat

from lib.__main__ import main
from lib.app import submission
from lib.data import dnd, sets, sidd
from lib.data.images import to_tensor
from lib.evaluation.measure import AsTaken, Protocol, samples
from lib.models.baselines import FFDNet
from lib.training import networks

BOX = (2, 5, 7, 11)  # top, left, bottom, right of the first crop of a photograph, counted from 1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path))
    monkeypatch.setattr(sets, "CACHE", tmp_path / "cache")
    samples.cache_clear()
    yield tmp_path
    samples.cache_clear()


@pytest.fixture
def blocks(folder):
    """Noisy and clean, (40, 32, 4, 6, 3), each written under its own name in a file of that name."""
    rng = np.random.default_rng(0)
    (folder / "sidd").mkdir()
    found = {}
    for name in ("ValidationNoisyBlocksSrgb", "ValidationGtBlocksSrgb"):
        found[name] = rng.integers(0, 256, (40, 32, 4, 6, 3), np.uint8)
        savemat(folder / "sidd" / f"{name}.mat", {name: found[name]})
    return list(found.values())


def write_photograph(path, photograph):
    """MATLAB's order of the sides, as its HDF5 files have it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["InoisySRGB"] = photograph.transpose(2, 1, 0)


@pytest.fixture
def photographs(folder):
    """Fifty of 30 x 40 pixels; crop k of each begins k - 1 pixels further to the right than BOX."""
    rng = np.random.default_rng(0)
    found = [rng.random((30, 40, 3), np.float32) for _ in range(50)]
    for number, photograph in enumerate(found, start=1):
        write_photograph(folder / "dnd" / "images_srgb" / f"{number:04d}.mat", photograph)
    boxes = np.array([np.add(BOX, (0, k, 0, k)) for k in range(20)], float)
    with h5py.File(folder / "dnd" / "info.mat", "w") as file:
        kept = file.create_dataset("#refs#/a", data=boxes.T)
        places = file.create_dataset("info/boundingboxes", (1, 50), h5py.ref_dtype)
        places[:] = kept.ref
    return found


def test_blocks_of_sidd_are_pairs(blocks):
    noisy, clean = blocks
    read = sets.load_images("sidd-valid")
    assert [sample.name for sample in (read[0], read[33], read[-1])] == ["01_01", "02_02", "40_32"]
    np.testing.assert_array_equal(read[33].pixels, clean[1, 1])
    np.testing.assert_array_equal(read[33].taken, noisy[1, 1])
    (name, x, degraded), *others = Protocol("sidd-valid", AsTaken(), multiple=1).inputs(2)
    assert name == "01_01" and len(others) == 1
    assert x.equal(to_tensor(clean[0, 0])) and degraded.equal(to_tensor(noisy[0, 0]))


@pytest.mark.parametrize(
    "content",
    [
        {"ValidationGtBlocksSrgb": np.zeros((2, 32, 4, 6, 3), np.uint8)},
        {"ValidationGtBlocksSrgb": np.zeros((40, 32, 4, 6, 3))},
        {"other": np.zeros((40, 32, 4, 6, 3), np.uint8)},
        {"ValidationGtBlocksSrgb": np.zeros((40, 32, 4, 4, 3), np.uint8)},
    ],
)
def test_other_files_are_not_taken_for_sidd(blocks, folder, content):
    savemat(folder / "sidd" / "ValidationGtBlocksSrgb.mat", content)
    with pytest.raises(ValueError, match=r"ValidationGtBlocksSrgb|not of one size"):
        sets.load_images("sidd-valid")
    (folder / "sidd" / "ValidationGtBlocksSrgb.mat").write_text("no MATLAB")
    with pytest.raises(ValueError, match=r"ValidationGtBlocksSrgb\.mat is no MATLAB"):
        sidd.blocks(folder / "sidd")


def test_crops_of_dnd_are_the_boxes_of_its_photographs(photographs, folder):
    crops = list(dnd.crops(folder / "dnd"))
    assert [crop.name for crop in crops] == sets.image_names("dnd")
    assert (crops[0].name, crops[-1].name) == ("0001_01", "0050_20")
    np.testing.assert_array_equal(crops[20].pixels, photographs[1][1:7, 4:11])
    np.testing.assert_array_equal(crops[22].pixels, photographs[1][1:7, 6:13])
    sample = sets.load_images("dnd", limit=21)[-1]
    np.testing.assert_array_equal(sample.pixels, np.rint(255 * photographs[1][1:7, 4:11]))
    assert sample.taken is None


def test_a_submission_is_laid_out_as_the_server_wants_it(photographs, folder):
    """As its script does: a cell array of single crops, that they are no raw data, and a version."""
    crops = list(dnd.crops(folder / "dnd"))
    brighter = [dnd.Crop(crop.name, crop.pixels.astype(float) + 0.5) for crop in crops]
    dnd.write_submission(iter(brighter), folder / "out" / "mine")
    written = sorted((folder / "out" / "mine").iterdir())
    assert [path.name for path in written] == [f"{i:04d}.mat" for i in range(1, 51)]
    content = loadmat(written[1])
    assert content["Idenoised"].shape == (1, 20) and content["eval_version"] == ["1.0"]
    assert content["israw"].dtype == np.uint8 and not content["israw"]
    third = content["Idenoised"][0, 2]
    assert third.dtype == np.float32
    np.testing.assert_allclose(third, (photographs[1][1:7, 6:13] + 0.5).clip(0, 1), atol=1e-6)


def test_any_network_restores_the_crops(photographs, folder, capsys):
    """The input itself; FFDNet of random weights, which wants even sides and has a knob."""
    submission.submit(networks.WEIGHTLESS[networks.INPUT](), folder / "out")
    first = loadmat(folder / "out" / "0001.mat")["Idenoised"][0, 0]
    np.testing.assert_array_equal(first, photographs[0][1:7, 4:11])
    assert capsys.readouterr().out.endswith("photograph 50 of 50\n")
    net = FFDNet(3, 4, 3)
    submission.submit(net, folder / "out", knobs=[25.0], say=lambda line: None)
    columns = [*range(4, 11), 10]  # the last one twice
    x = torch.from_numpy(photographs[0][1:7, columns]).permute(2, 0, 1)[None]
    expected = net(x, torch.tensor([[25.0]]))[0].detach().permute(1, 2, 0).clamp(0, 1)
    written = loadmat(folder / "out" / "0001.mat")["Idenoised"][0, 0]
    np.testing.assert_allclose(written, expected[:, :7], atol=1e-6)
    with pytest.raises(ValueError, match="0 knob values were given; the network has: sigma"):
        submission.submit(net, folder / "out")


def test_without_dnd_the_command_says_so(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["lib", "submit", "--network", "input", "-o", str(folder / "out")])
    with pytest.raises(SystemExit, match="dnd is not at hand"):
        main()


def test_crops_in_another_order_or_too_few_are_refused(photographs, folder):
    crops = list(dnd.crops(folder / "dnd"))
    for wrong in (crops[::-1], crops[:-1]):
        with pytest.raises(ValueError, match=r"0050_20 stands where 0001_01 belongs|longer"):
            dnd.write_submission(wrong, folder / "out")


def test_other_files_are_not_taken_for_dnd(photographs, folder):
    (folder / "dnd" / "images_srgb" / "0003.mat").write_text("no HDF5")
    with pytest.raises(ValueError, match=r"0003\.mat is no photograph of DND"):
        list(dnd.crops(folder / "dnd"))
    with h5py.File(folder / "dnd" / "info.mat", "w") as file:
        file["other"] = 1
    with pytest.raises(ValueError, match=r"info\.mat does not say"):
        list(dnd.crops(folder / "dnd"))
