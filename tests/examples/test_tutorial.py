"""The tutorial runs from clean and says what is stored in it, and what is stored is fit to be read on the web."""

import re

import nbformat
import numba
import pytest
from notebooks import EXAMPLES, execute, outputs, printed

from mcdemand.units import check_units

NOTEBOOK = EXAMPLES / "tutorial.ipynb"
MOST_BYTES = 200_000
# Written so that they do not match themselves, should this file be looked through.
PRIVATE = re.compile(r"/(h[o]me|r[o]ot|w[o]rk|tm[p])/|[0-9a-f]{8}-[0-9a-f]{4}-|\d{2}:\d{2}:\d{2}")
SAID = [
    "did you mean 'load_factor'?",
    "write `a if condition else b`",
    "raises an error; return a number for every input",
    "not a finite number in chain 0, draw 0, year 2026",
    "draws numbers that no seed repeats",
]


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    if numba.config.DISABLE_JIT:
        pytest.skip("a hundred thousand interpreted draws take too long")
    return execute(NOTEBOOK, tmp_path_factory.mktemp("tutorial"))


def test_a_fresh_kernel_prints_what_is_stored(stored, executed):
    """Numbers are reproducible, so the text of every output is the same, and no cell fails."""
    assert [output.output_type for output in outputs(executed)] == [output.output_type for output in outputs(stored)]
    for fresh, old in zip(outputs(executed), outputs(stored), strict=True):
        assert printed(fresh) == printed(old)
        assert set(fresh.get("data", {})) == set(old.get("data", {}))
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs(executed))


def test_the_mistakes_made_on_purpose_are_each_explained_in_a_line(executed):
    complaints = [printed(output) for output in outputs(executed)][-len(SAID) :]
    for complaint, said in zip(complaints, SAID, strict=True):
        assert said in complaint
        assert complaint.count("\n") == 1


def test_the_table_says_what_the_text_says_of_it(executed):
    text = "\n".join(cell.source for cell in executed.cells if cell.cell_type == "markdown")
    rows = dict(re.findall(r"^(20\d\d) +[\d.]+ +[\d.]+ +(-?[\d.]+)$", _table(executed, "difference in %"), re.M))
    assert "2027 needs 4 % less electricity, 2030 about a fifth less, 2032 over a quarter less" in text
    assert float(rows["2026"]) == 0.0
    assert round(float(rows["2027"])) == -4
    assert -22 < float(rows["2030"]) < -18
    assert float(rows["2032"]) < -25


def _table(notebook, column):
    return next(printed(output) for output in outputs(notebook) if column in printed(output).split("\n")[0])


def test_every_quantity_keeps_to_its_unit(stored):
    cells = [cell.source for cell in stored.cells if cell.cell_type == "code"][:2]
    scope = {}
    exec("\n".join(line for cell in cells for line in cell.splitlines() if not line.startswith("%")), scope)
    model = scope["model"]
    functions = [one.function for q in model.quantities.values() for one in (q, q.initial) if one]
    assert len(functions) == 3
    known = dict.fromkeys([*model.parameters, "capacity", "previous_capacity", "t"], 0.4)
    assert check_units(functions, [known]) == []


def test_what_is_stored_is_small_and_says_nothing_of_a_machine(stored):
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    assert sum("image/png" in output.get("data", {}) for output in outputs(stored)) == 1
    readable = "\n".join([*(cell.source for cell in stored.cells), *map(printed, outputs(stored))])
    assert PRIVATE.search(readable) is None
    assert set(stored.metadata) == {"kernelspec", "language_info"}
    assert all(cell.metadata == {} for cell in stored.cells)
