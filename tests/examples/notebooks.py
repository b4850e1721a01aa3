"""Run a notebook from clean, in a folder of its own. As a program: store the outputs of the shipped ones anew.

uv run python tests/examples/notebooks.py
"""

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

EXAMPLES = Path(__file__).resolve().parents[2] / "mcdemand" / "examples"
SECONDS_A_CELL = 300
# Nothing of the person who runs it takes part: no kernel, profile or start-up file from home.
FOLDERS = ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(path: Path, folder: Path) -> NotebookNode:
    """Return the notebook as it comes out of a fresh kernel, without times, versions and counters of a session."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    variables = {**os.environ, **{name: str(folder / name.lower()) for name in FOLDERS}}
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        startup_timeout=SECONDS_A_CELL,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        client.execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    notebook.metadata = METADATA
    for output in outputs(notebook):
        output.pop("execution_count", None)
        if "metadata" in output:
            output.metadata = {}
    return notebook


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the outputs of all cells."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def printed(output: NotebookNode) -> str:
    """Return the text of an output, printed or the value of a cell."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")


if __name__ == "__main__":
    for file in sorted(EXAMPLES.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as scratch:
            executed = execute(file, Path(scratch))
        for cell in executed.cells:
            if cell.cell_type == "code":
                for output in cell.outputs:
                    if output.output_type == "execute_result":
                        output.execution_count = cell.execution_count
        nbformat.validate(executed)
        nbformat.write(executed, file)
