"""Which device, which precision, and the settings that make a CPU fast."""

import ctypes
import os
import platform
import sys
from pathlib import Path
from typing import Literal

import torch

from lib.base import provenance

QUIET = 0.5  # load average above which times are not to be trusted
Precision = Literal["float32", "bfloat16"]


def choose(device: str = "auto") -> torch.device:
    """`auto` is the GPU if there is one; raises RuntimeError where a named GPU is absent, and for a device
    of another kind."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = torch.device(device)
    if chosen.type not in ("cpu", "cuda"):
        raise RuntimeError(f"Device {device} was asked for; there are auto, cpu and cuda.")
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(f"Device {device} was asked for, but torch finds no GPU here.")
    return chosen


def fast_precision(device: torch.device) -> Precision:
    """bfloat16 where the hardware multiplies it natively, float32 where it would be emulated."""
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if native else "float32"


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def describe(device: torch.device) -> str:
    """The device for a row: the GPU's name, or `cpu` with its vector instructions."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu {torch.backends.cpu.get_cpu_capability()}"


def cpu_name() -> str:
    """The processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def machine(device: torch.device) -> dict[str, object]:
    """What times depend on: processor, threads, load just now, device, its fast precision, torch, commit."""
    return {
        "cpu": cpu_name(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2),
        "device": describe(device),
        "precision": fast_precision(device),
        "torch": torch.__version__,
        "commit": provenance.commit(),
        "utc": provenance.now(),
    }


def tune_cpu() -> None:
    """Flush denormals to zero and let glibc keep freed memory; call once before heavy work.

    Denormal activations make a CPU ten times slower. Returning every large activation to the
    system and faulting it in again costs a fifth of a training step.
    """
    torch.set_flush_denormal(True)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            m_trim_threshold, m_mmap_max = -1, -4  # malloc.h
            libc.mallopt(m_mmap_max, 0)
            libc.mallopt(m_trim_threshold, 2**31 - 1)
