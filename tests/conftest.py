"""Fixtures that several test files share."""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lib.data import sets


def pytest_terminal_summary(terminalreporter) -> None:
    """Where the time went: the ten longest files, summed over processes."""
    seconds = Counter()
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid.partition("::")[0]] += report.duration
    if seconds:
        terminalreporter.section("seconds by file, ten longest")
    for file, took in seconds.most_common(10):
        terminalreporter.line(f"{took:7.1f}  {file}")


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What a test sets ends with it: a dask cluster of two workers leaves OMP_NUM_THREADS behind, and
    networks trained with other numbers of threads differ in their last bits."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference images and weights; the test is skipped where it is incomplete."""
    folder = sets.reference_folder()
    elsewhere = {"skimage", "skimage-gray", "skimage-small", "skimage-gray-small", "div2k-train",
                 "div2k-valid", "urban100-all", "pirm-test", "sidd-valid", "dnd", "weights_lpips",
                 "weights_dists", "weights_vgg19", "weights_vdir"}
    missing = [name for name, where in sets.found().items() if name not in elsewhere
               and (folder is None or where is None or not where.is_relative_to(folder))]
    if missing:
        pytest.skip("needs the reference images: set RESTORATION_DATA to a folder with "
                    f"{', '.join(missing)} (data/README.md says how it is laid out)")
    return folder


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    return sets.load_images("skimage", limit=1)[0].pixels


@pytest.fixture
def photo(astronaut) -> Tensor:
    """A photograph, (1, 3, 512, 512), float32 in [0, 1]; a fresh copy for every test."""
    return torch.tensor(astronaut).permute(2, 0, 1)[None].float() / 255
