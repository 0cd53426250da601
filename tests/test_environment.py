"""The three lists of packages agree, and the library stays light."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lib.base.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOTEBOOK_PACKAGES = ("jupyterlab", "jupytext", "papermill", "ipywidgets", "matplotlib", "IPython")
# What only notebooks need; everything else must work on a training machine without them.
FOR_NOTEBOOKS = (
    "lib.app.widgets",
    "lib.papers",
    "lib.upkeep.readme",
    "lib.upkeep.differences",
    "lib.upkeep.gpu",
    "lib.upkeep.numbers",
    "lib.upkeep.reproduction_page",
    "lib.upkeep.results",
    "lib.upkeep.verdicts",
    "lib.runs.execute",
    "lib.__main__",
)


def pins() -> dict[str, str]:
    """Versions in requirements.lock; every line must be an exact pin."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines]
    assert all(pinned), "a line of requirements.lock is no exact pin"
    return {canonicalize_name(match[1]): match[2] for match in pinned}


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_lock_satisfies_every_dependency_of_the_package():
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(line for extra in extras.values() for line in extra)]
    locked = pins()
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in requirements.lock"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


def test_conda_environment_installs_the_lock_and_every_extra():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert "-r requirements.lock" in pip
    editable = Requirement("lib" + next(e for e in pip if e.startswith("-e ")).removeprefix("-e ."))
    assert editable.extras == set(PROJECT["optional-dependencies"])
    version = next(e for e in conda if str(e).startswith("python=")).removeprefix("python=")
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


def test_lock_holds_no_cuda_package():
    cuda = [name for name in pins() if re.match(r"nvidia|cuda|triton|cupy", name)]
    assert cuda == []
    assert pins()["torch"] == "2.13.0"  # no local version such as +cu130
    assert "torchvision" not in pins()


def test_library_needs_nothing_of_the_notebooks_and_no_torchvision():
    banned = (*NOTEBOOK_PACKAGES, "torchvision")
    code = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({banned}))  # None: importing it raises ImportError
import lib
for module in pkgutil.walk_packages(lib.__path__, "lib.", onerror=lambda name: None):
    if not module.name.startswith({FOR_NOTEBOOKS}):
        importlib.import_module(module.name)
        print(module.name)
"""
    assert {"lib.models.knobs", "lib.training.loop", "lib.evaluation.measure"} <= set(python(code).split())


def test_import_lib_starts_nothing_and_is_quick():
    code = """
import sys, threading, time
start = time.perf_counter()
import lib
print(time.perf_counter() - start, "torch" in sys.modules, threading.active_count())
"""
    seconds, torch_loaded, threads = python(code).split()
    assert float(seconds) < 2
    assert (torch_loaded, threads) == ("False", "1")


@pytest.mark.parametrize("arguments", [["--help"], ["reproduce", "--help"]])
def test_help_needs_no_torch(arguments):
    code = f"""
import runpy, sys
sys.modules["torch"] = None
sys.argv[1:] = {arguments}
runpy.run_module("lib", run_name="__main__")
"""
    assert "usage: python -m lib" in python(code)
