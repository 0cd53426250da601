"""SIDD's validation part: blocks of photographs that telephones took, each beside the mean of many shots.

Source: Abdelhamed, Lin, Brown, "A High-Quality Denoising Dataset for Smartphone Cameras", CVPR 2018. Two
MATLAB files of 40 scenes with 32 blocks each; the blocks of the test part have no public reference.
"""

from pathlib import Path

import numpy as np

NOISY, CLEAN = "ValidationNoisyBlocksSrgb", "ValidationGtBlocksSrgb"  # a file, and what it holds
FILES = (f"{NOISY}.mat", f"{CLEAN}.mat")
SCENES, BLOCKS = 40, 32
NAMES = tuple(f"{scene:02d}_{block:02d}" for scene in range(1, SCENES + 1) for block in range(1, BLOCKS + 1))


def blocks(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Noisy and clean blocks in the order of NAMES, each (1280, height, width, 3) uint8.

    Raises ValueError where a file holds something else.
    """
    noisy, clean = (_read(folder / file) for file in FILES)
    if noisy.shape != clean.shape:
        raise ValueError(f"The noisy and the clean blocks in {folder} are not of one size.")
    return noisy, clean


def _read(path: Path) -> np.ndarray:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        found = loadmat(path, variable_names=(path.stem,))[path.stem]
    except (MatReadError, ValueError, NotImplementedError, KeyError) as error:
        raise ValueError(f"{path} is no MATLAB v5 file of SIDD blocks.") from error
    if found.dtype != np.uint8 or found.ndim != 5 or found.shape[:2] != (SCENES, BLOCKS):
        raise ValueError(f"{path} holds no {SCENES} x {BLOCKS} blocks of 8 bits.")
    return found.reshape(-1, *found.shape[2:])
