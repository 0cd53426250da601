"""The numbers of the README and of docs come from the results, and are those of now; its code runs."""

import csv
import gzip
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lib.app import public
from lib.base import paths
from lib.base.rows import read as read_rows
from lib.data import images
from lib.models.adafm import AdaFM
from lib.papers.papers import PAPERS
from lib.papers.variants import AT_AUTO
from lib.recipes.adafm import DENOISE, stage_name
from lib.upkeep import moving, numbers, readme, verdicts


def marks(*names):
    return "\n".join(f"<!-- {name} -->\nstale text\n<!-- /{name} -->" for name in names)


MARKS = marks("times", "scoreboard", "ruler", "misses", "costs")
NUMBERS = marks("distances", "yardsticks", "comparison")


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
    keys = ("claim", "scale", "verdict")
    store(tmp_path, "adafm-verdicts.csv", [{**claim, **dict(zip(keys, v, strict=True))} for v in verdicts])
    store(tmp_path, "times.csv", [{"command": "`make test`", "seconds": "301.2", "hardware": "two cores"}])
    return tmp_path


@pytest.mark.parametrize(("page", "render"), [(readme.README, readme.render), (numbers.PAGE, numbers.render)])
def test_a_page_is_up_to_date(page, render):
    text = page.read_text(encoding="utf-8")
    assert text == render(text), "python -m lib readme renders it"


def test_readme_is_short():
    assert len(readme.README.read_text(encoding="utf-8").split()) <= 1000


def code(number):
    return re.findall(r"```python\n(.*?)```", readme.README.read_text(encoding="utf-8"), re.DOTALL)[number]


def test_the_layer_in_readme_is_the_layer():
    assert len(code(0).splitlines()) == 8
    here = {"nn": nn}
    exec(code(0), here)
    ours, shown = AdaFM(4, 3), here["AdaFM"](4, 3)
    nn.init.normal_(ours.filter.weight)
    shown.load_state_dict(ours.state_dict())
    x, coef = torch.rand(2, 4, 8, 8), 0.3
    torch.testing.assert_close(shown(x, coef), ours(x, torch.full((2, 1), coef)))


def test_five_lines_restore_an_image(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    images.write("photo.jpg", images.Picture(pixels))
    assert len(code(1).splitlines()) == 5
    exec(code(1), {})
    restored = images.read("clean.png").pixels
    assert restored.shape == (30, 40, 3)
    assert restored.std() < images.read("photo.jpg").pixels.std()


def test_the_knob_turns_there_and_back():
    made = Image.open(io.BytesIO(moving.turning(public.load(moving.NETWORK, "compact"), side=64, steps=2)))
    assert (made.n_frames, made.size) == (4, (128, 64 + moving.BELOW))
    shipped = Image.open(moving.IMAGE)
    assert shipped.n_frames == 2 * moving.STEPS
    assert moving.IMAGE.stat().st_size < 1_000_000


def test_numbers_stand_beside_the_printed_ones(results):
    lines = numbers.render(NUMBERS, results).splitlines()
    assert "|  | sigma15 → sigma75 | 0.14 (26.35) | - | 0.94 (24.46) |" in lines
    assert "|  | sigma75 → sigma15 | 0.68 (33.42) | - | - |" in lines
    assert "|  | q10 → q80 | 1.04 (37.77) | - | - |" in lines
    assert "|  | x4 → x2 | 0.73 (37.11) | - | - |" in lines
    assert "compact: 4,000 steps a basic network, 1,500 a stage" in "\n".join(lines)


def test_verdicts_and_times(results):
    text = readme.render(MARKS, results)
    items, untested = len(PAPERS[0].items), len(PAPERS[0].claims) - 2
    name = r"\[AdaFM \(CVPR 2019\)\]\(notebooks/01_adafm.ipynb\)"
    line = rf"{name} \| \d+ of {items} \| 1 \| 1 \| 0 \| {untested} \|"
    assert re.search(line, text)
    assert "holds: 1, differs: 1, undecided: 0, not tested: " in readme.counts(
        PAPERS[0], read_rows(results / "adafm-verdicts.csv"), "compact"
    )
    assert "| `make test` | 5.0 min | two cores |" in text
    assert "stale text" not in text


def beside(method, setting, network, printed, compact="", paper=""):
    row = {"item": "adafm-table5", "dataset": "cbsd68", "metric": "psnr", "method": method}
    more = {"setting": setting, "network": network, "printed": printed, "paper": paper, "compact": compact}
    return row | more


def test_a_finding_says_how_images_lie_apart(results):
    """Of gaps -1, -3, -2, +1, -4 dB the quartiles are -3 and -1; other knobs and scales do not count."""
    finding = readme.FINDINGS["adafm"]
    (ours, theirs), range_ = finding.networks, "sigma15->sigma75"
    head = "scale,recipe,knobs,dataset,level,colour,metric,image,value\n"
    there = "cbsd68,sigma75,all channels,psnr"
    lines = [f"compact,{theirs[0]},,{there},{k},26" for k in range(5)]
    lines += [f"compact,{ours[0]},1.00,{there},{k},{26 + gap}" for k, gap in enumerate((-1, -3, -2, 1, -4))]
    lines += [f"compact,{ours[0]},0.98,{there},0,9", f"paper,{ours[0]},1.00,{there},0,9"]
    with gzip.open(results / "adafm-images.csv.gz", "wt") as file:
        file.write(head + "\n".join(lines))
    rows = [beside("AdaFM-Net", range_, ours[0], "26.35"), beside("baseline", range_, theirs[0], "26.49")]
    store(results, "adafm-beside.csv", rows)
    expected = "ahead on 1 of 5 images (cbsd68), the middle half by -3.00 to -1.00 dB; printed -0.14 dB. |"
    assert expected in readme.render(MARKS, results)


def test_the_largest_misses_are_one_of_each_network(results):
    """By the larger scale that is measured; none where a row is not."""
    rows = [
        beside("a", "1", "one", "30", "27", "29"),
        beside("b", "2", "two", "30", "28"),
        beside("b", "3", "two", "30", "28.5"),
        beside("c", "4", "three", "30"),
        beside("d", "5", "four", "30", "31"),
    ]
    store(results, "adafm-beside.csv", rows)
    assert [(gap, scale, row["network"]) for gap, scale, _, row in readme.largest(results)] == [
        (-2, "compact", "two"),
        (-1, "paper", "one"),
        (1, "compact", "four"),
    ]


def test_every_largest_miss_has_a_cause():
    assert {row["network"] for *_, row in readme.largest(paths.MEASURED)} == set(readme.CAUSES)


def test_what_the_causes_say_of_others_was_measured():
    """Bicubic is as printed; FFDNet trained here is far below print, FFDNet as published is not."""
    rows = read_rows(paths.MEASURED / "vdir.csv")

    def psnr(item, dataset, level, recipe):
        wanted = (item, dataset, level, recipe, "psnr")
        keys = ("item", "dataset", "level", "recipe", "metric")
        return next(float(row["value"]) for row in rows if tuple(row[key] for key in keys) == wanted)

    printed = {
        tuple(row[key] for key in ("item", "method", "dataset", "setting", "metric")): float(row["value"])
        for row in read_rows(paths.PRINTED / "vdir.csv")
    }
    for item, level, recipe, setting in (
        ("vdir-table4", "blurred 4 1 -0.5 x2", "bicubic x2", "x2 g_ani anisotropic"),
        ("vdir-table5", "blurred 2 x4", "bicubic x4", "x4 g_2.0 isotropic"),
    ):
        theirs = printed[item, "Bicubic", "Set5", setting, "psnr"]
        assert psnr(item, "set5", level, recipe) == pytest.approx(theirs, abs=0.005)
    told = printed["vdir-table11", "FFDNet", "Urban100", "sigma30", "psnr"]
    place = ("vdir-table11", "urban100", "sigma30 float")
    assert psnr(*place, "vdir-ffdnet-nonblind") < told - 2 < told < psnr(*place, "FFDNet colour")


def test_the_ruler_counts_what_is_within():
    printed = [{"method": "net", "dataset": "d", "setting": s, "value": "30.00"} for s in "abc"]
    measured = {"a": "30.02", "b": "29.9"}
    rows = [{"recipe": "net", "dataset": "d", "level": s, "value": v} for s, v in measured.items()]
    text = readme.ruler(rows, printed)
    assert "give 1 of 2 printed PSNRs within 0.03 dB; the farthest is 0.100 dB off." in text


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
    lines = numbers.render(NUMBERS, results).splitlines()
    assert "| sigma25 | 20.10 | 30.00 (29.90) | - | - | - | 31.00 | - |" in lines
    assert "| sigma50 | - | - | - | - | - | - | - |" in lines


def test_without_results_everything_is_said_to_be_missing(tmp_path):
    text = readme.render(MARKS, tmp_path)
    assert " | 0 | 0 | 0 | " in text and "trained on 75: not measured. |" in text
    assert "hardware" not in text and "Published weights are not measured." in text
    assert "| sigma15 → sigma75 | 0.14 (26.35) | - | - |" in numbers.render(NUMBERS, tmp_path)


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


@pytest.mark.parametrize("page", [readme.README, *sorted((paths.ROOT / "docs").glob("*.md"))], ids=str)
def test_every_path_that_a_page_links_exists(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_every_claim_is_counted_once_by_what_it_was_and_what_it_is():
    first = [{"key": "vdir", "claim": "kept", "scale": "compact", "verdict": "differs"}]
    first += [{"key": "vdir", "claim": "kept", "scale": "paper", "verdict": "holds"}]
    names = "kept", "another"
    now = {"vdir": [{"claim": name, "scale": "compact", "verdict": "holds"} for name in names]}
    said = verdicts.moved(first, now)
    assert "| differs | 1 | 0 | 0 | 0 |" in said
    assert f"| {verdicts.NEW} | 1 | 0 | 0 | 0 |" in said
    assert "| holds | 0 | 0 | 0 | 0 |" in said
