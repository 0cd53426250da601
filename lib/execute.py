"""Executes one notebook in this process: python -m lib.execute NOTEBOOK FOLDER PARAMETERS.

Leaves NAME.ipynb and NAME.html in FOLDER, finished or not, and keeps "done total" cells in
NAME.progress meanwhile. PARAMETERS is a JSON object. The last line printed says what went wrong.
"""

import json
import sys
from pathlib import Path

import nbformat
import papermill
from nbconvert import HTMLExporter

WIDGET = "application/vnd.jupyter.widget-view+json"
OFFLINE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


def execute(notebook: Path, folder: Path, parameters: dict) -> None:
    """Runs every cell with the parameters set; raises PapermillExecutionError on a failing one."""
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
            progress_bar=False, on_cell_executed=count)  # fmt: skip
    finally:
        progress.unlink()
        if executed.exists():
            executed.with_suffix(".html").write_text(as_html(executed), encoding="utf-8")


def as_html(executed: Path) -> str:
    """One page that needs no network: no script from elsewhere, pictures inside, widgets still."""
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
        execute(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
    except papermill.PapermillExecutionError as error:
        print(error)
        sys.exit(f"{error.ename}: {error.evalue}")
