"""DND: 50 photographs whose noise-free counterparts only the benchmark's server has, 20 crops of each.

Source: Plötz, Roth, "Benchmarking Denoising Algorithms with Real Photographs", CVPR 2017, and the submission
scripts that come with the data. Files are MATLAB v7.3, which HDF5 shows back to front.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PHOTOGRAPHS, CROPS = 50, 20
INFO = "info.mat"
FILES = (INFO, *(f"images_srgb/{number:04d}.mat" for number in range(1, PHOTOGRAPHS + 1)))
NAMES = tuple(f"{p:04d}_{c:02d}" for p in range(1, PHOTOGRAPHS + 1) for c in range(1, CROPS + 1))
VERSION = "1.0"  # of the server's evaluation


@dataclass(frozen=True)
class Crop:
    """A noisy part of a photograph: `pixels` (height, width, 3) float32, sRGB in [0, 1]."""

    name: str
    pixels: np.ndarray


def crops(folder: Path) -> Iterator[Crop]:
    """The crops that the benchmark counts, in the order of NAMES.

    Raises ValueError, naming the file, where one is not laid out as the benchmark's.
    """
    import h5py

    names = iter(NAMES)
    for file, boxes in zip(FILES[1:], _boxes(folder / INFO), strict=True):
        try:
            with h5py.File(folder / file) as content:
                photograph = content["InoisySRGB"][:].T  # (height, width, 3)
        except (OSError, KeyError) as error:
            raise ValueError(f"{folder / file} is no photograph of DND.") from error
        for top, left, bottom, right in boxes:
            yield Crop(next(names), photograph[top - 1 : bottom, left - 1 : right].astype(np.float32))


def write_submission(restored: Iterable[Crop], folder: Path) -> None:
    """Writes what the server takes: 0001.mat ... 0050.mat, each with the 20 restored crops of a photograph.

    restored: in the order of NAMES, pixels clipped to [0, 1] here. Raises ValueError where that is not so.
    """
    from scipy.io import savemat

    folder.mkdir(parents=True, exist_ok=True)
    cells = np.empty(CROPS, dtype=object)
    for place, (crop, name) in enumerate(zip(restored, NAMES, strict=True)):
        if crop.name != name:
            raise ValueError(f"The restored crop {crop.name} stands where {name} belongs.")
        cells[place % CROPS] = crop.pixels.clip(0, 1).astype(np.float32)
        if place % CROPS == CROPS - 1:
            content = {"Idenoised": cells, "israw": False, "eval_version": VERSION}
            savemat(folder / f"{name[:4]}.mat", content)


def _boxes(path: Path) -> list[list[list[int]]]:
    """By photograph, top, left, bottom and right of its crops, counted from 1, the last row and column in."""
    import h5py

    try:
        with h5py.File(path) as content:
            info = content["info"]
            found = [content[place][:].T.astype(int).tolist() for place in info["boundingboxes"][:].ravel()]
    except (OSError, KeyError) as error:
        raise ValueError(f"{path} does not say where the crops of DND lie.") from error
    if [len(boxes) for boxes in found] != [CROPS] * PHOTOGRAPHS:
        raise ValueError(f"{path} does not say where {CROPS} crops of {PHOTOGRAPHS} photographs lie.")
    return found
