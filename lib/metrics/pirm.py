"""The PIRM challenge's perception index, half NIQE and half Ma et al.'s score of enlarged images.

Source: Ma, Yang, Yang, Yang, "Learning a No-Reference Quality Metric for Single-Image Super-Resolution",
CVIU 2017. The optional package pyiqa has it ("nrqm") and fetches its weights on first use; it needs
torchvision. It has not been compared with the authors' MATLAB code here.
"""

import functools
import importlib.util
from collections.abc import Callable

import numpy as np
from torch import Tensor

PACKAGE = "pyiqa"


def available() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


def ma(x: Tensor) -> Tensor:
    """x (1, 3, H, W), RGB in [0, 1]; of its 8-bit Y, about 0 to 10, more is better. Raises ImportError
    without the package."""
    return _network()(x)


def index(niqe: np.ndarray, ma: np.ndarray) -> np.ndarray:
    """The perception index ((10 - Ma) + NIQE) / 2 (Blau et al., ECCV workshops 2018); less is better."""
    return (10 - ma + niqe) / 2


@functools.cache
def _network() -> Callable[[Tensor], Tensor]:
    import pyiqa

    return pyiqa.create_metric("nrqm", device="cpu", color_space="ycbcr", crop_border=0)
