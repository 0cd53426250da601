"""Every notebook is thin, in step with its .py, free of outputs, and runs at smoke scale."""

import ast

import jupytext
import nbformat
import pytest

from lib.runs import reproduction

NOTEBOOKS = reproduction.find_notebooks([])
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


@each_notebook
def test_one_parameters_cell_of_literals(path):
    tagged = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)  # raises on anything but a literal


@each_notebook
def test_no_outputs_are_committed(path):
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


@each_notebook
def test_code_cells_are_short(path):
    longest = max(len(cell.source.splitlines()) for cell in code_cells(path))
    assert longest <= 25


@each_notebook
def test_pair_is_in_step(path):
    def cells(notebook):
        return [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in notebook.cells]

    assert cells(jupytext.read(path.with_suffix(".py"))) == cells(jupytext.read(path))


@each_notebook
def test_runs_at_smoke_scale(path, tmp_path):
    parameters = {"scale": "smoke", "device": "cpu", "train": "never", "images": 1}
    (outcome,) = reproduction.reproduce([reproduction.Job(path, tmp_path / "smoke", parameters)])
    assert outcome.status == "done", outcome.error
