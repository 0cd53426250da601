"""The numbers of the README and of the page of verdicts come from the results, and are those of now."""

import csv

import pytest

from lib.base import paths
from lib.papers.papers import PAPERS
from lib.papers.variants import AT_AUTO
from lib.recipes.adafm import DENOISE, stage_name
from lib.upkeep import readme, verdicts

MARKS = "\n".join(
    f"<!-- {name} -->\nstale text\n<!-- /{name} -->"
    for name in ("times", "scoreboard", "comparison")
)


def store(folder, name, rows):
    with (folder / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def row(run, sigma, value, dataset="cbsd68"):
    return {
        "item": "adafm-table5",
        "recipe": run,
        "level": f"sigma{sigma}",
        "scale": "compact",
        "dataset": dataset,
        "value": value,
        "steps": 4000 if "basic" in run else 1500,
        "training_set": "bsds500-traintest",
    }


@pytest.fixture
def results(tmp_path):
    store(
        tmp_path,
        "adafm.csv",
        [
            row("adafm-denoise-basic-s75", 75, "25.5000", "skimage"),
            row("adafm-denoise-basic-s75", 75, "25.4049"),
            row("adafm-denoise-s15-s75-k1", 75, "24.4650"),
        ],
    )
    claim = {"item": "adafm-table5", "paper": "It is close.", "measured": "0.94 dB"}
    verdicts = [("a", "compact", "holds"), ("b", "compact", "differs"), ("a", "paper", "not tested")]
    pair = {"metric": "psnr", "printed": "30.0", "paper": ""}
    gaps = [{**pair, "compact": value} for value in ("29.0", "29.2", "30.5", "")]
    store(tmp_path, "adafm-beside.csv", [*gaps, {**gaps[0], "metric": "ssim", "compact": "90"}])
    keys = ("claim", "scale", "verdict")
    store(tmp_path, "adafm-verdicts.csv", [{**claim, **dict(zip(keys, v, strict=True))} for v in verdicts])
    store(tmp_path, "times.csv", [{"command": "`make test`", "seconds": "301.2", "hardware": "two cores"}])
    return tmp_path


def test_readme_is_up_to_date():
    text = readme.README.read_text(encoding="utf-8")
    assert text == readme.render(text), "python -m lib readme renders it"


def test_numbers_stand_beside_the_printed_ones(results):
    lines = readme.render(MARKS, results).splitlines()
    assert "|  | sigma15 → sigma75 | 0.14 (26.35) | - | 0.94 (24.46) |" in lines
    assert "|  | sigma75 → sigma15 | 0.68 (33.42) | - | - |" in lines
    assert "|  | q10 → q80 | 1.04 (37.77) | - | - |" in lines
    assert "|  | x4 → x2 | 0.73 (37.11) | - | - |" in lines
    assert "compact: 4,000 steps a basic network, 1,500 a stage" in "\n".join(lines)


def test_verdicts_and_times(results):
    text = readme.render(MARKS, results)
    assert "| [01_adafm](notebooks/01_adafm.ipynb) | " in text and " | -0.80 dB (3) |" in text
    assert "holds: 1, differs: 1, undecided: 0, not tested: " in text
    assert "| `make test` | 5.0 min | two cores |" in text
    assert "stale text" not in text


def test_methods_stand_beside_each_other_at_their_best(results):
    """The best position of a knob, in brackets Auto; a dash until every position is measured."""
    run = stage_name(DENOISE, 15, 75, 1)
    best = {"sigma25": 0.3, "sigma50": 0.6}

    def measured(level, network, knobs, value, scale="compact", dataset="set14", metric="psnr"):
        row = {"recipe": network, "knobs": knobs, "level": level, "value": value, "scale": scale}
        return row | {"item": "compare-denoise", "dataset": dataset, "metric": metric}

    rows = [
        measured(level, run, f"{i / 10:.2f}", 30 - abs(i / 10 - at))
        for level, at in best.items()
        for i in range(11)
    ]
    rows.pop()  # of sigma 50
    rows += [
        measured("sigma25", f"{run}{AT_AUTO}", "", 29.9),
        measured("sigma25", "input", "", 20.1, "none"),
        measured("sigma25", "CDnCNN-B", "", 31.0, "published"),
        measured("sigma25", run, "0.10", 99, "paper"),
        measured("sigma25", run, "0.10", 99, dataset="skimage"),
        measured("sigma25", run, "0.10", 99, metric="niqe"),
    ]
    store(results, "compare.csv", rows)
    lines = readme.render(MARKS, results).splitlines()
    assert "| sigma25 | 20.10 | 30.00 (29.90) | - | - | - | 31.00 | - |" in lines
    assert "| sigma50 | - | - | - | - | - | - | - |" in lines


def test_without_results_everything_is_said_to_be_missing(tmp_path):
    text = readme.render(MARKS, tmp_path)
    assert "holds: 0, differs: 0, " in text and "| sigma15 → sigma75 | 0.14 (26.35) | - | - |" in text
    assert "hardware" not in text


def test_a_lost_mark_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="<!-- times -->"):
        readme.render(MARKS.replace("<!-- /times -->", ""), tmp_path)


def test_the_page_of_verdicts_is_up_to_date():
    text = verdicts.PAGE.read_text(encoding="utf-8")
    assert text == verdicts.render(), "python -m lib readme renders it"
    for paper in PAPERS:
        plot = verdicts.PLOTS / f"{paper.key}.svg"
        _, made_from = verdicts.stored(paper, paths.MEASURED)
        assert f"rows {made_from}" in plot.read_text() and plot.stat().st_size <= 100_000


def headline(claim, verdict, p, scale="compact"):
    row = {"item": "adafm-table5", "claim": claim, "scale": scale, "verdict": verdict, "p": p}
    return row | {"headline": "yes"}


def test_headline_claims_stand_together_by_holm():
    """0.001 <= 0.05/3; 0.03 > 0.05/2, though decided by itself; what has no p and no headline is none."""
    rows = [headline("a", "differs", "0.001"), headline("b", "holds", "0.03")]
    rows.append(headline("c", "undecided", "1"))
    rows += [headline("d", "holds", ""), headline("e", "holds", "0.0001") | {"headline": ""}]
    text = verdicts.error_rate(rows)
    assert "3 headline claims were compared with bounds; 2 are" in text
    assert "over all 3, 1 of them stand: *a* (compact) differs." in text


def test_every_path_in_the_map_exists():
    text = readme.README.read_text(encoding="utf-8")
    block = text.partition("## Where things are")[2].partition("## Image sets")[0]
    named = [line.split()[0] for line in block.splitlines() if line.startswith("    ")]
    assert len(named) > 5
    assert [name for name in named if name != "results/runs/" and not (paths.ROOT / name).exists()] in (
        [],
        ["results/measured/"],  # before the first measurement
    )
