"""Running notebooks: what is left behind, what is said when one fails, what is not done twice."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import pytest

from lib.base import locks
from lib.base.paths import ROOT
from lib.runs import outcomes, processes, reproduction
from lib.runs.graph import Step
from lib.upkeep import reproduction_page

GOOD = """
import csv, pathlib
folder = pathlib.Path(output)
(folder / "demo-table1.csv").write_text("a,b")
(folder / "demo-table1.md").write_text("| a | b |")
(folder / "demo-fig2.png").write_bytes(b"")
(folder / "claims.svg").write_text("<svg></svg>")
names = ["bound", "headline", "control", "unit", "value", "low", "high", "among", "p"]
with (folder / "claims.csv").open("w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["claim", "item", "paper", "measured", "verdict", "scale", *names])
    rest = ["compact", *[""] * len(names)]
    rows.writerow(["higher <is> better", "demo-table1", 1, images, "holds", *rest])
    rows.writerow(["lower", "demo-fig2", 2, 3, "differs", *rest])
    rows.writerow(["other", "demo-fig2", 2, "", "not tested", *rest])
"""
BAD = "raise ValueError('the lamp is\\nout of oil')"


def write(folder, name, *cells, tag="parameters"):
    """A notebook whose first cell states scale, images and output, and is tagged."""
    parameters = nbformat.v4.new_code_cell('scale = "compact"\nimages = 4\noutput = ""')
    parameters.metadata["tags"] = [tag]
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    path = folder / f"{name}.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[parameters, *code], metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)
    return path


def lib(*arguments):
    command = [sys.executable, "-m", "lib", "reproduce", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run of a good and a bad notebook, in this order; made once for the tests that look."""
    folder = tmp_path_factory.mktemp("runs")
    notebooks = [write(folder, "1_bad", BAD, "never = True"), write(folder, "2_good", GOOD)]
    done = lib(*notebooks, "--out", folder, "--name", "first", "--images", "all")
    return folder / "first", done


def test_a_failing_notebook_stops_no_other(run):
    folder, done = run
    assert done.returncode == 1
    *_, page, bad, good = done.stdout.splitlines()
    assert page == f"The page: {folder / 'index.html'}"
    assert re.fullmatch(r"1_bad: failed after \d+ s: out of oil", bad)
    assert re.fullmatch(r"2_good: \d+ s, 2 items, claims: 1 held, 1 differ, 0 undecided, 1 not tested", good)


def test_progress_is_shown_in_a_log(run):
    _, done = run
    assert re.search(r"^2_good: \d/3 cells$", done.stdout, re.MULTILINE)
    assert "2_good: done in" in done.stdout


def test_run_folder_holds_executed_copies_and_links_that_lead_somewhere(run):
    folder, _ = run
    executed = nbformat.read(folder / "2_good.ipynb", as_version=4)
    assert executed.cells[-1].execution_count is not None
    page = (folder / "index.html").read_text()
    links = {link for link in re.findall(r'(?:href|src)="([^"#]+)"', page)}
    assert {"1_bad.html", "2_good.ipynb", "2_good/demo-table1.md", "2_good/demo-fig2.png"} <= links
    assert all((folder / link).exists() for link in links)
    assert "Failed: out of oil" in page
    assert "higher &lt;is&gt; better" in page


CLAIM = {"claim": "close", "item": "qgcn-table1", "paper": "At <most> 0.20 dB.", "scale": "compact"}
CLAIM |= {"measured": "largest 0.65 [0.55, 0.76] dB", "verdict": "differs", "headline": "yes", "p": "0.04"}
CLAIM |= {"bound": "0.2 dB", "control": "", "unit": "dB", "value": "-0.45", "low": "-0.7", "high": "-0.2"}
CLAIM |= {"among": "1"}
SURER = CLAIM | {"claim": "further", "verdict": "holds", "headline": "", "p": "1e-9"}
UNTESTED = CLAIM | {"verdict": "not tested", "scale": "paper", "measured": "no networks", "value": ""}
UNTESTED |= {"p": ""}


def ended(folder, notebook, error="", claims=()):
    """A run folder in which a notebook ended, with claims."""
    outcomes.Outcome(notebook, "failed" if error else "done", 1.0, error, {}, "0").save(folder)
    (folder / notebook).mkdir()
    if claims:
        with (folder / notebook / "claims.csv").open("w", newline="") as file:
            rows = csv.DictWriter(file, CLAIM)
            rows.writeheader()
            rows.writerows(claims)


def cards(folder):
    """The page of a run folder, and its cards by their titles."""
    page = reproduction_page.write(folder).read_text()
    found = re.findall(r"(?s)<article.*?</article>", page)
    return page, {re.search("<h2>(.*?)</h2>", card)[1]: card for card in found}


def test_a_card_says_what_was_found(tmp_path):
    ended(tmp_path, "05_qgcn", claims=[UNTESTED, SURER, CLAIM])
    (tmp_path / "05_qgcn" / "qgcn-fig5.png").touch()
    (tmp_path / "05_qgcn.html").touch()
    page, found = cards(tmp_path)
    (card,) = found.values()
    assert list(found) == ["QGCN (IJCAI 2020)"]
    assert '<img src="05_qgcn/qgcn-fig5.png"' in card and 'href="05_qgcn.html"' in card
    assert [re.sub("<.*?>", "", line) for line in re.findall(r'<p class="counts">(.*?)</p>', card)] == [
        "paper size: 1 not tested",
        "compact: 1 holds 1 differs",
    ]
    assert '<b>Close</b> <span class="chip differs">differs</span>' in card
    assert "The paper: At &lt;most&gt; 0.20 dB. Here (compact): largest 0.65 dB." in card
    assert "Not in this run, or not yet: AdaFM (CVPR 2019), CFSNet" in page
    assert page.count("<style>") == 2 and not re.findall(r"<script|<link|https?://|<details open", page)


def test_a_card_of_a_failed_notebook_says_so_and_shows_what_there_is(tmp_path):
    ended(tmp_path, "03_cugan", error="out of <oil>")
    ended(tmp_path, "05_qgcn", error="too slow", claims=[UNTESTED])
    ended(tmp_path, "06_compare")
    page, found = cards(tmp_path)
    cugan, qgcn, compared = found.values()
    assert "Failed: out of &lt;oil&gt;" in cugan and "No image in this run" in cugan and "chip" not in cugan
    assert "Failed: too slow" in qgcn and "1 not tested" in qgcn and "The paper" not in qgcn
    assert "Failed" not in compared and "AdaFM" in page
    links = re.findall(r'(?:href|src)="([^"#]*)#?([^"]*)"', page)
    assert all((tmp_path / file).exists() and (file or f'id="{place}"' in page) for file, place in links)


def test_items_are_named_by_the_headings_of_the_notebook(tmp_path):
    ended(tmp_path, "01_adafm")
    (tmp_path / "01_adafm.html").touch()
    told = [("markdown", ["# Title\n", "## Table 2: how <large>?"]), ("code", "adafm.table2(report)")]
    told += [("markdown", "## Figure 7: which?"), ("code", "adafm.fig7(report)")]
    told += [("markdown", "## And for noise?"), ("code", "adafm.fig7_denoise(report)")]
    text = json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in told]})
    (tmp_path / "01_adafm.ipynb").write_text(text)
    for made in ("fig7.png", "fig7-knobs.csv", "fig7-denoise.png", "table2.csv", "table2.md", "table10.csv"):
        (tmp_path / "01_adafm" / f"adafm-{made}").touch()
    page, _ = cards(tmp_path)
    assert [re.sub("<.*?>", "", line) for line in re.findall("<li>(.*?)</li>", page)] == [
        "Table 2: how &lt;large&gt;? table2.csv · table2.md",
        "Figure 7: which? fig7.png · fig7-knobs.csv",
        "And for noise? fig7-denoise.png",
        "Table 10 table10.csv",
    ]
    assert '<a href="01_adafm.html#Table-2:-how-&lt;large&gt;?">' in page


def test_html_loads_nothing_from_elsewhere(run):
    folder, _ = run
    html = (folder / "2_good.html").read_text()
    assert "demo-table1" in html
    assert not re.findall(r"""(?:src|href)=["']?https?://|@import|import\(["']http""", html)


def test_parameters_reach_the_notebook(run):
    folder, _ = run
    with (folder / "2_good" / "claims.csv").open() as file:
        assert next(csv.DictReader(file))["measured"] == ""  # images is None, not the default 4


def test_resume_executes_only_what_is_not_done(run, monkeypatch):
    folder, _ = run
    jobs = [
        reproduction.Job(folder.parent / f"{name}.ipynb", folder, {"images": None})
        for name in ("1_bad", "2_good")
    ]
    executed = []
    monkeypatch.setattr(reproduction, "_execute", lambda todo, *_: executed.extend(todo))
    reproduction.reproduce(jobs)
    assert [job.name for job in executed] == ["1_bad"]
    executed.clear()
    reproduction.reproduce([replace(jobs[1], parameters={"images": 2})])
    reproduction.reproduce([jobs[1]], fresh=True)
    assert [job.name for job in executed] == ["2_good", "2_good"]
    write(folder.parent, "2_good", GOOD, "changed = True")
    assert not reproduction.finished(jobs[1])


def test_what_a_notebook_shows_has_changed(monkeypatch, tmp_path, capsys):
    job = reproduction.Job(write(tmp_path, "shown", GOOD), tmp_path / "run", {})
    reproduction.reproduce([job])
    executed = []
    monkeypatch.setattr(reproduction, "_execute", lambda todo, *_: executed.extend(todo))
    reproduction.reproduce([job])
    assert executed == [] and "shown: as it was executed before" in capsys.readouterr().out
    monkeypatch.setattr(reproduction, "MEASURED", tmp_path)
    monkeypatch.setattr(reproduction, "ROOT", Path("/"))
    reproduction.reproduce([job])
    assert executed == [job]


def test_a_step_that_failed_before_is_forgotten(tmp_path, monkeypatch):
    job = reproduction.Job(write(tmp_path, "demo", GOOD), tmp_path / "run", {})
    job.folder.mkdir()
    outcomes.Outcome("a-training", "failed", 1.0, "no room", {}, "").save(job.folder)
    outcomes.Outcome("another-notebook", "failed", 1.0, "no room", {}, "0123").save(job.folder)
    monkeypatch.setattr(reproduction, "_execute", lambda *_: None)
    reproduction.reproduce([job])
    assert [outcome.notebook for outcome in outcomes.load(job.folder)] == ["another-notebook"]


def test_a_notebook_is_executed_by_one_process_into_a_folder(tmp_path):
    job = reproduction.Job(write(tmp_path, "demo", GOOD), tmp_path / "run", {})
    job.output.mkdir(parents=True)
    (job.output / "there").touch()
    with locks.held(job.output, wait=False):
        (outcome,) = reproduction.reproduce([job])
    assert outcome.status == "failed"
    assert outcome.error == "another process is executing it into the same folder"
    assert (job.output / "there").exists()
    (outcome,) = reproduction.reproduce([job])
    assert outcome.status == "done" and not (job.output / "there").exists()


def test_a_notebook_named_twice_is_executed_once(tmp_path):
    path = write(tmp_path, "demo", GOOD)
    (tmp_path / "other").mkdir()
    around = tmp_path / "other" / ".." / "demo.ipynb"
    assert reproduction.find_notebooks([str(path), str(around)]) == [path.resolve()]
    other = write(tmp_path / "other", "demo", GOOD)
    with pytest.raises(reproduction.BadNotebook, match="Two notebooks are called demo"):
        reproduction.find_notebooks([str(path), str(other)])


def test_what_is_no_notebook_or_no_folder_is_said(tmp_path):
    text = tmp_path / "text.ipynb"
    text.write_text("no notebook")
    done = lib(text, "--out", tmp_path, "--name", "run")
    assert (done.returncode, done.stderr.splitlines()) == (1, ["text.ipynb is no notebook."])
    done = lib(write(tmp_path, "demo", GOOD), "--out", text, "--name", "run")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1


def test_a_killed_kernel_fails_its_notebook_with_one_line(tmp_path):
    path = write(tmp_path, "killed", "import os; os.kill(os.getpid(), 9)")
    job = reproduction.Job(path, tmp_path / "run", {})
    (outcome,) = reproduction.reproduce([job])
    assert outcome.status == "failed"
    assert "Kernel died" in outcome.error
    assert "\n" not in reproduction_page.line(outcome, job.folder)


def test_a_kernel_that_was_killed_once_is_no_failure(tmp_path):
    flag = tmp_path / "killed"
    code = f"import os, pathlib\nif not pathlib.Path({str(flag)!r}).exists():\n"
    code += f"    pathlib.Path({str(flag)!r}).touch()\n    os.kill(os.getpid(), 9)"
    job = reproduction.Job(write(tmp_path, "once", code), tmp_path / "run", {})
    (outcome,) = reproduction.reproduce([job])
    assert outcome.status == "done" and flag.exists()


def test_a_cell_that_takes_too_long_fails_its_notebook(tmp_path):
    path = write(tmp_path, "slow", "import time; time.sleep(60)")
    (outcome,) = reproduction.reproduce([reproduction.Job(path, tmp_path / "run", {}, limit=0.05)])
    assert outcome.status == "failed" and outcome.error == "A cell took longer than 3 seconds."


def test_a_notebook_waits_for_what_it_shows(tmp_path):
    """Also where that fails: it then says what is missing. What two wait for is done once."""
    done = tmp_path / "done"
    code = f"open({str(done)!r}, 'a').write('x'); raise SystemExit('the lamp is out')"
    step = Step("lamp", partial(processes.run_logged, (sys.executable, "-c", code), tmp_path / "lamp.log"))
    check = f"assert open({str(done)!r}).read() == 'x'"
    jobs = [reproduction.Job(write(tmp_path, name, check), tmp_path / "run", {}) for name in ("one", "two")]
    before = {"one": [step], "two": [step]}
    ended = reproduction.reproduce(jobs, before=before, changed=reproduction_page.write)
    found = {outcome.notebook: outcome for outcome in ended}
    assert {name: own.status for name, own in found.items()} == {
        "lamp": "failed", "one": "done", "two": "done",
    }  # fmt: skip
    assert found["lamp"].error == "the lamp is out"
    assert "the lamp is out" in (tmp_path / "run" / "index.html").read_text()
    (outcome,) = reproduction.reproduce(jobs[:1])
    assert outcome.status == "done"


def test_a_worker_that_is_lost_fails_its_notebook_though_it_ended_well_before(tmp_path, monkeypatch):
    job = reproduction.Job(write(tmp_path, "demo", GOOD), tmp_path / "run", {})
    (before,) = reproduction.reproduce([job])

    def lost(job, threads):
        raise OSError("no such worker")

    monkeypatch.setattr(reproduction, "_executed", lost)
    (after,) = reproduction.reproduce([job], fresh=True)
    assert (before.status, after.status, after.error) == ("done", "failed", "OSError: no such worker")


@pytest.mark.parametrize("option", ["--scale=compct", "--train=always"])
def test_a_value_that_is_none_is_an_error(option, tmp_path):
    done = lib(write(tmp_path, "demo", GOOD), option, "--out", tmp_path)
    assert done.returncode == 2 and "invalid choice" in done.stderr


def test_a_run_never_replaces_its_notebooks(tmp_path):
    path = write(tmp_path, "demo", GOOD)
    with pytest.raises(reproduction.BadNotebook, match="would replace"):
        reproduction.reproduce([reproduction.Job(path, tmp_path, {})])
    assert path.exists()


def test_widgets_become_a_sentence_in_the_page(tmp_path):
    from lib.runs.execute import WIDGET, as_html

    data = {WIDGET: {"model_id": "1"}, "text/plain": "VBox()"}
    cell = nbformat.v4.new_code_cell("knob", outputs=[nbformat.v4.new_output("display_data", data)])
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}})
    nbformat.write(notebook, tmp_path / "widget.ipynb")
    html = as_html(tmp_path / "widget.ipynb")
    assert "open the notebook to use it" in html
    assert "VBox()" not in html


def test_an_unknown_parameter_is_an_error_before_anything_runs(tmp_path):
    path = write(tmp_path, "demo", GOOD)
    done = lib(path, "--out", tmp_path, "--name", "run", "--train", "missing")
    assert done.returncode != 0
    assert "demo.ipynb knows no parameter train" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_missing_parameters_tag_is_an_error(tmp_path):
    job = reproduction.Job(write(tmp_path, "demo", GOOD, tag="other"), tmp_path / "run", {})
    with pytest.raises(reproduction.BadNotebook, match="no cell tagged 'parameters'"):
        reproduction.reproduce([job])


def test_list_prints_commands_that_make_the_same_run(tmp_path):
    path = write(tmp_path, "demo", GOOD)
    where = ("--out", tmp_path, "--name", "a run")
    listed = lib(path, *where, "--images=all", "--fresh", "--list")
    (command,) = listed.stdout.splitlines()
    again = subprocess.run(command + " --list", shell=True, capture_output=True, text=True)
    assert again.stdout == listed.stdout
    assert "--images=all" in command and "--fresh" in command
    assert not (tmp_path / "a run").exists()


def test_list_puts_first_what_is_trained_and_measured_before():
    def listed(*options):
        done = lib("05_qgcn", "06_compare", "--name", "all", "--scale=paper", "--list", *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    plain = listed()
    assert len(plain) == 2 and "reproduce" in plain[0]
    lines = listed("--train=missing", "--measure", "--fresh")
    marks = [i for i, line in enumerate(lines) if line.startswith("# ")]
    assert lines[marks[0]] == "# trainings, in any order" and marks[0] == 0
    trained = [word for line in lines[1 : marks[1]] for word in line.split(" && ")]
    assert len(trained) == len(set(trained)) > 20 and all(" lib train " in command for command in trained)
    first, last = lines[marks[1] + 1 : marks[2]]
    assert " measure qgcn " in first and " measure compare " in last and first.endswith(" --fresh")
    notebooks = lines[marks[2] + 1 :]
    assert len(notebooks) == 2
    assert all("--train=never" in line and "--measure" not in line for line in notebooks)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--device=gpu",), "gpu"),
        (("--cluster=tcp://127.0.0.1:9",), "No dask scheduler answers at tcp://127.0.0.1:9."),
    ],
)
def test_a_device_or_a_cluster_that_is_not_here_is_said(tmp_path, monkeypatch, options, said):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    done = lib("05_qgcn", "--out", tmp_path, "--name", "run", *options)
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_dask_cluster_runs_the_same_jobs(tmp_path):
    distributed = pytest.importorskip("distributed")
    job = reproduction.Job(write(tmp_path, "demo", GOOD), tmp_path / "run", {"images": 1})
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        (outcome,) = reproduction.reproduce([job], cluster=cluster.scheduler_address)
    assert outcome.status == "done"
    assert reproduction_page.items(job.output) == ["demo-fig2", "demo-table1"]
