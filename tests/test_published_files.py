"""Files for those who come from outside: citation, hosted CI, Binder, terms of what is not ours."""

import csv
import os
import re
import tomllib

import yaml

from lib.base.paths import DATA, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_citation_names_the_five_papers_and_the_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == PROJECT["version"] and cited["license"] == PROJECT["license"]
    assert len(cited["references"]) == 5
    assert all(paper["authors"] and paper["title"] and paper["year"] for paper in cited["references"])


def test_the_newest_release_in_the_notes_is_the_version():
    titles = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert next(title for title in titles if title != "Unreleased") == PROJECT["version"]


def test_hosted_ci_runs_the_project_s_own_commands_on_every_python_it_promises():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    pythons = jobs["linux"]["strategy"]["matrix"]["python"]
    assert pythons[0] == PROJECT["requires-python"].removeprefix(">=") and len(pythons) == 3
    commands = {step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}
    assert commands == {".ci/run", "make test", "make reproduce SCALE=smoke IMAGES=1 NAME=smoke"}


def test_binder_installs_what_the_makefile_installs():
    script = ROOT / ".binder" / "postBuild"
    assert os.access(script, os.X_OK)
    makefile, text = (ROOT / "Makefile").read_text(), script.read_text()
    for shared in ("grep -v '^torch==' requirements.lock", "https://download.pytorch.org/whl/cpu"):
        assert shared in makefile and shared in text
    assert "--no-deps --no-build-isolation -e ." in makefile and "--no-deps --no-build-isolation -e ." in text
    version = (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert version == PROJECT["requires-python"].removeprefix(">=")


def test_every_folder_of_the_registry_has_its_terms():
    with (DATA / "registry.csv").open(newline="") as file:
        folders = {row["dataset"] for row in csv.DictReader(file)}
    rows = [line.split("|")[1] for line in (ROOT / "docs" / "third-party.md").read_text().splitlines()
            if line.startswith("| ")]  # fmt: skip
    named = {name for cell in rows for name in re.findall(r"[\w-]+", cell)}
    assert folders <= named, folders - named
