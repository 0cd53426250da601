"""Every command of README and docs runs as it is written; what takes long, or a GPU, is read and listed."""

import re
import shlex
import shutil
import subprocess

import numpy as np
import pytest
from command import lib

from lib import __main__ as command_line
from lib.base.paths import ROOT
from lib.data import sets
from lib.data.images import Picture, read, write

WRITTEN = re.compile(
    r"^ {4}((?:\.venv/bin/python -m lib|make|[A-Z_]+=\S+ dask) .*)$|`(make [^`]+)`", re.MULTILINE
)
PAGES = ("README.md", "docs/using.md", "docs/gpu.md")
COMMANDS = sorted({
    line.partition("#")[0].strip()
    for page in PAGES
    for one in WRITTEN.findall((ROOT / page).read_text())
    for line in one
    if line
})  # fmt: skip
OURS = [shlex.split(line)[3:] for line in COMMANDS if line.startswith(".venv")]
LISTED = ("train", "reproduce")  # by what each would do


def with_words(first: str) -> list[str]:
    return [line for line in COMMANDS if line.startswith(first)]


def test_there_are_commands_of_every_kind():
    assert {words[0] for words in OURS} == {"restore", "export", "fetch", "train", "measure", "status"}
    assert {"make reproduce", "make test", "make app", "make lab"} <= set(with_words("make"))
    assert len(with_words("CUDA")) == 1


@pytest.mark.parametrize("words", OURS, ids=shlex.join)
def test_a_command_runs_as_it_is_written(words, tmp_path, monkeypatch):
    if words[0] == "export":
        pytest.importorskip("onnxscript")
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photos/one.png"):
        write(tmp_path / name, Picture(pixels))
    monkeypatch.setattr(command_line, "measure", lambda arguments: 0)
    monkeypatch.setattr(sets, "fetch", lambda names, jobs: [sets.image_names(name) for name in names])
    assert lib(*words, *(["--list"] if words[0] in LISTED else [])) == 0
    if "-o" in words:
        made = tmp_path / words[words.index("-o") + 1]
        assert made.exists()
        if words[0] == "restore":
            factor = float(words[words.index("--factor") + 1]) if "--factor" in words else 1
            made = made / "one.png" if made.is_dir() else made
            assert read(made).pixels.shape == (round(30 * factor), round(40 * factor), 3)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("line", with_words("make"))
def test_make_knows_what_it_is_told(line):
    """And the command that it comes to is read, and lists what it would do."""
    made = subprocess.run(
        [*shlex.split(line), "--dry-run"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert made.returncode == 0, made.stderr
    (said,) = [one for one in made.stdout.replace("\\\n", " ").splitlines() if " -m lib " in one] or [None]
    if "reproduce" in line:
        assert lib(*shlex.split(said)[3:], "--list") == 0


@pytest.mark.parametrize("line", with_words("CUDA"))
def test_a_dask_worker_takes_what_it_is_told(line):
    worker = pytest.importorskip("distributed.cli.dask_worker")
    assert worker.main.make_context("dask worker", shlex.split(line)[3:]).params["resources"] == "GPU=1"
