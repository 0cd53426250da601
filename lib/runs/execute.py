"""Executes one notebook in this process: python -m lib.execute NOTEBOOK FOLDER PARAMETERS LIMIT.

Leaves NAME.ipynb and NAME.html in FOLDER, finished or not, and keeps "done total" cells in
NAME.progress meanwhile. PARAMETERS is a JSON object, LIMIT the seconds that a cell may take, or null. The
last line printed says what went wrong; the status is EX_TEMPFAIL where the kernel was killed.
"""

import json
import os
import sys
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter

START = 120  # seconds that a kernel may take to start
WIDGET = "application/vnd.jupyter.widget-view+json"
OFFLINE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


def execute(notebook: Path, folder: Path, parameters: dict, limit: int | None = None) -> None:
    """Runs every cell with the parameters set; raises PapermillExecutionError on a failing one,
    CellTimeoutError on one that takes longer than `limit` seconds, DeadKernelError where the kernel was
    killed."""
    executed = folder / notebook.name
    progress = executed.with_suffix(".progress")
    source = nbformat.read(notebook, as_version=4)
    total = 1 + sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in source.cells)
    done = 0

    def count(**_: object) -> None:
        nonlocal done
        done += 1
        progress.write_text(f"{done} {total}")

    progress.write_text(f"0 {total}")
    try:
        papermill.execute_notebook(
            notebook, executed, parameters, cwd=notebook.parent, kernel_name="python3",
            progress_bar=False, on_cell_executed=count,
            start_timeout=START, execution_timeout=limit)  # fmt: skip
    finally:
        progress.unlink()
        if executed.exists():
            executed.with_suffix(".html").write_text(as_html(executed), encoding="utf-8")


def as_html(executed: Path) -> str:
    """One page that needs no network: no script from elsewhere, images inside, widgets still."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if WIDGET in output.get("data", {}):
                del output.data[WIDGET]
                output.data["text/plain"] = "An interactive control: open the notebook to use it."
    exporter = HTMLExporter(raw_template=OFFLINE, embed_images=True)
    return exporter.from_notebook_node(notebook, {"metadata": {"name": executed.stem}})[0]


if __name__ == "__main__":
    try:
        execute(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4]))
    except papermill.PapermillExecutionError as error:
        print(error)
        sys.exit(f"{error.ename}: {error.evalue}")
    except CellTimeoutError:
        sys.exit(f"A cell took longer than {json.loads(sys.argv[4])} seconds.")
    except DeadKernelError as error:
        print(error)
        sys.exit(os.EX_TEMPFAIL)
