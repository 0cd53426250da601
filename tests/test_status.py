"""What status says of checkpoints, rows and damaged files."""

import json
from dataclasses import replace

import torch
from safetensors.torch import save_file

from lib.papers import papers
from lib.recipes import find
from lib.training.checkpoints import Provenance, path_of, save
from lib.upkeep import status

BASIC = "adafm-denoise-basic-s15"


def line(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"{name} ")).split("  ")[1:]


def cells(text, name):
    return [cell.strip() for cell in line(text, name) if cell.strip()]


def test_trained_measured_and_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(status.paths, "RUNS", tmp_path / "runs")
    recipe = find(BASIC, "compact")
    history = Provenance(
        BASIC, "", recipe.as_json(), "compact", steps=123, training_set="skimage", utc="2026-01-02T03:04:05Z"
    )
    of_today = replace(history, recipe_sha=recipe.sha())
    save(path_of(BASIC, "compact", tmp_path), {"weight": torch.ones(1)}, of_today)
    earlier = "adafm-denoise-basic-s50"
    save(path_of(earlier, "compact", tmp_path), {"weight": torch.ones(1)}, history)
    state = tmp_path / "runs" / "training" / "adafm-denoise-basic-s25-compact-0123" / "state.safetensors"
    state.parent.mkdir(parents=True)
    save_file({"weight": torch.ones(1)}, state, {"progress": json.dumps({"step": 1234}), "share": "0.2"})
    path_of("adafm-denoise-basic-s35", "compact", tmp_path).with_suffix(".csv").write_text("step,loss\n")
    damaged = path_of(BASIC, "paper", tmp_path)
    damaged.parent.mkdir()
    damaged.write_bytes(b"not weights")
    rows = ("item,scale", "adafm-table5,compact", "adafm-table5,compact", "adafm-more,paper")
    (tmp_path / "adafm.csv").write_text("\n".join(rows))
    text = status.text(tmp_path, tmp_path)
    assert cells(text, BASIC) == ["123 steps, 2026-01-02", "damaged"]
    assert cells(text, earlier) == ["123 steps, 2026-01-02, by an earlier recipe", "missing"]
    assert cells(text, "adafm-denoise-basic-s75") == ["missing", "missing"]
    assert cells(text, "adafm-denoise-basic-s35") == ["trained, weights not shipped", "missing"]
    assert cells(text, "adafm-denoise-basic-s25") == ["stopped: step 1234 (20%)", "missing"]
    assert cells(text, "adafm-table5") == ["2 rows", "missing"]
    assert cells(text, "adafm-more") == ["missing", "1 rows"]  # no claim stands on it
    assert cells(text, f"{BASIC}, 10,000 steps")[0] == "missing"
    assert "are trained;" in text and "hours are left" in text
    assert "site-packages/skimage" in cells(text, "skimage")[0]


def test_what_is_compared_is_listed():
    assert papers.COMPARISON.measured == status.COMPARED
