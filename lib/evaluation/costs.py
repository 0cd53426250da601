"""What restoring costs: the rows that `make bench` records on a quiet machine, and how they are counted."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from lib.base import atomic, paths

RECORD = paths.MEASURED / "bench.csv"
SIDE = 512  # pixels a side, of the image that all are timed on
OF_EACH = ("adafm-denoise", "cfsnet-denoise", "cugan", "vdir-denoise", "qgcn")  # a network of each paper
ABSENT = "What the networks cost is not on record yet: `make bench` measures it on a quiet machine."


@dataclass(frozen=True)
class Cost:
    """One network, or a filter without one, on an image of one size; None where something was not measured.

    title: whose rows belong together. ms: a call with the knob baked in, the median. rate: what a 3x3
    convolution of 64 channels reaches there at the same time, in GFLOP a second; share: how much of that the
    network reaches. memory_mib: the most that the process had until then. psnr: of what it makes of the
    noisy photograph.
    """

    title: str
    scale: str
    height: int
    width: int
    channels: int
    weights: int | None = None
    gflop: float | None = None
    fp32_ms: float | None = None
    bf16_ms: float | None = None
    fp32_rate: float | None = None
    bf16_rate: float | None = None
    fp32_share: float | None = None
    bf16_share: float | None = None
    memory_mib: float | None = None
    psnr: float | None = None


def write(path: Path, costs: Sequence[Cost], machine: dict[str, object]) -> None:
    """Write costs as CSV, every row with the machine that it was measured on."""
    names = [*(field.name for field in fields(Cost)), *machine]
    with atomic.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_short(asdict(cost)) | machine for cost in costs)


def read(path: Path = RECORD) -> pd.DataFrame:
    """Return the rows on record, with the megapixels of each and the faster of its times, `ms`; none of them
    where nothing is recorded."""
    if not path.exists():
        return pd.DataFrame(columns=[*(field.name for field in fields(Cost)), "megapixels", "ms"])
    rows = pd.read_csv(path)
    rows["megapixels"] = rows["height"] * rows["width"] / 1e6
    rows["ms"] = rows[["fp32_ms", "bf16_ms"]].min(axis=1)
    return rows


def on_one_image(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those rows that are of the image that all were timed on."""
    return rows[(rows["height"] == SIDE) & (rows["width"] == SIDE)]


def of_each_paper(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those rows that are of a compact network of each paper, in their order."""
    own = rows[(rows["scale"] == "compact") & rows["title"].isin(OF_EACH)]
    return own.sort_values("title", key=lambda titles: titles.map(OF_EACH.index), kind="stable")


def filters(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those rows that are of what needs no network."""
    return rows[rows["gflop"].isna() & rows["psnr"].notna()]


def machine(rows: pd.DataFrame) -> str:
    """Return processor and threads, as recorded."""
    row = rows.iloc[0]
    return f"{row['cpu']}, {row['threads']} threads"


@torch.inference_mode()
def multiplications(net: nn.Module, x: Tensor) -> int:
    """Return those of a plain module for x (N, C, H, W): of convolutions, linear layers and attention, which
    is taken apart for that."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        net(x)
    return counter.get_total_flops() // 2


def _short(row: dict[str, object]) -> dict[str, object]:
    return {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in row.items()}
