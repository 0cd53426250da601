"""The pages of differences: their measured part is that of now, and says what was measured."""

import csv

import pytest

from lib.upkeep import differences
from lib.upkeep.differences import EFFECTS, PAGES, Effect, Way

MARKS = "<!-- effects -->\nstale\n<!-- /effects -->\n"


@pytest.mark.parametrize("key", EFFECTS)
def test_pages_are_up_to_date_and_name_their_choices(key):
    text = (PAGES / f"{key}.md").read_text(encoding="utf-8")
    assert text == differences.render(key, text), "python -m lib readme renders them"
    explained = text.split("<!-- effects -->")[0]
    assert all(f"\n| {effect.choice} | " in explained for effect in EFFECTS[key])


def row(network, value, scale="compact", **other):
    fixed = {"item": "vdir-table1", "dataset": "cbsd68", "metric": "psnr", "level": "sigma30 float"}
    return {**fixed, "knobs": "0.00", "recipe": network, "scale": scale, "value": value, **other}


def test_a_line_compares_the_mean_of_one_way_with_that_of_the_other():
    effect = Effect(
        "restoring",
        "vdir-table1",
        "cbsd68",
        Way("mean", ("vdir-awgn",), "sigma30 float", (0.0,)),
        Way("samples", ("vdir-awgn sample 0", "vdir-awgn sample 1"), "sigma30 float", (0.0,)),
    )
    rows = [
        row("vdir-awgn", "30.0"),
        row("vdir-awgn", "90", scale="paper"),
        row("vdir-awgn", "90", knobs="0.50"),
        row("vdir-awgn", "90", dataset="kodak24"),
        row("vdir-awgn", "90", metric="ssim"),
        row("vdir-awgn", "90", level="sigma30"),
        row("vdir-awgn sample 0", "29.5"),
    ]
    start = ["restoring", "cbsd68, sigma30", "PSNR, dB", "mean: 30.00"]
    assert effect.line(rows) == [*start, "samples: -", "-"]
    rows.append(row("vdir-awgn sample 1", "29.3"))
    assert effect.line(rows) == [*start, "samples: 29.40", "-0.60"]


def test_what_is_rendered_comes_from_the_stored_rows(tmp_path):
    with (tmp_path / "vdir.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row("", "")))
        writer.writeheader()
        writer.writerows(row(network, "31.234") for network in ("vdir-awgn", "vdir-awgn sample 0"))
    text = differences.render("vdir", MARKS, tmp_path)
    assert "stale" not in text
    assert "| restoring | cbsd68, sigma30 | PSNR, dB | mean: 31.23 | one sample (of 3): - | - |" in text
    with pytest.raises(ValueError, match="effects"):
        differences.render("vdir", "no marks", tmp_path)
