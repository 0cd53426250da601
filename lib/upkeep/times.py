"""The README's two commands, timed as a newcomer runs them: fresh clone, no environment, no image sets."""

import csv
import os
import subprocess
import tempfile
import time
from pathlib import Path

import torch

from lib.base import devices, paths
from lib.runs import processes

COMMANDS = (
    (("make", "reproduce", "NAME=first"), "`make reproduce`, first time, set-up included"),
    (("make", "reproduce", "NAME=second"), "`make reproduce`, after that"),
    (("make", "test"), "`make test`, set-up done"),
)


def run(path: Path = paths.MEASURED / "times.csv") -> None:
    """Clones the last commit to a temporary folder, runs the commands there, writes their times to `path`.

    Raises subprocess.CalledProcessError where one of them fails.
    """
    hardware = f"{processes.cores()} CPU cores, {_gpu()}"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(paths.ROOT), folder], check=True)
        for command, label in COMMANDS:
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, env=_environment(), check=True)
            seconds = f"{time.perf_counter() - start:.0f}"
            rows.append({"command": label, "seconds": seconds, "hardware": hardware})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"Written to {path}.")


def _environment() -> dict[str, str]:
    """This environment less what a newcomer has not set."""
    hidden = {"RESTORATION_DATA", "VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _gpu() -> str:
    device = devices.choose()
    return "no GPU" if device.type == "cpu" else torch.cuda.get_device_name(device)
