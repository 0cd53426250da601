"""The timing of the README's commands; what they take is not a test."""

import csv
import subprocess

import pytest

from lib.upkeep import times


def test_commands_run_in_a_fresh_clone_without_image_sets(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTORATION_DATA", "/somewhere")
    script = "test -f README.md && test ! -e .venv && test -z $RESTORATION_DATA && sleep 1"
    monkeypatch.setattr(times, "COMMANDS", ((("sh", "-c", script), "a command"),))
    times.run(tmp_path / "times.csv")
    with (tmp_path / "times.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["command"] == "a command" and 1 <= int(row["seconds"]) < 60
    assert "CPU cores" in row["hardware"]


def test_a_command_that_fails_leaves_the_old_times(tmp_path, monkeypatch):
    monkeypatch.setattr(times, "COMMANDS", ((("false",), "a command"),))
    (tmp_path / "times.csv").write_text("as it was")
    with pytest.raises(subprocess.CalledProcessError):
        times.run(tmp_path / "times.csv")
    assert (tmp_path / "times.csv").read_text() == "as it was"
