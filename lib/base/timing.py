"""How long something takes on a device."""

import time
from collections.abc import Callable
from statistics import median

import torch


def seconds(action: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that an action takes, what it leaves to the GPU included."""
    _wait_for(device)
    start = time.perf_counter()
    action()
    _wait_for(device)
    return time.perf_counter() - start


def usual(action: Callable[[], object], repeats: int, device: torch.device, *, warm_up: int = 3) -> float:
    """Return the median of `repeats` such times, after some that do not count."""
    for _ in range(warm_up):
        action()
    return median(seconds(action, device) for _ in range(repeats))


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
