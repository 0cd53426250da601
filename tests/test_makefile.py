"""The settings that `make` takes."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def made(*settings: str) -> subprocess.CompletedProcess:
    command = ["make", "--dry-run", "reproduce", *settings]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_several_notebooks_can_be_named():
    run = made("NOTEBOOKS=03_cugan 04_vdir", "IMAGES=2")
    assert run.returncode == 0
    assert "03_cugan 04_vdir" in run.stdout
    assert "--images 2" in run.stdout


def test_a_setting_that_is_not_one_is_named():
    run = made("PICTURES=2 3")
    assert run.returncode != 0
    assert "there is no setting PICTURES" in run.stderr
    assert "NOTEBOOKS" in run.stderr


def test_what_is_yes_or_no_is_no_other_word():
    run = made("MEASURE=no", "FRESH=yes")
    assert run.returncode == 0 and "--fresh" in run.stdout and "--measure" not in run.stdout
    run = made("MEASURE=1")
    assert run.returncode != 0 and "MEASURE and FRESH are yes or no, not 1" in run.stderr
