"""The squigglepy file: its syntax tree, and what it holds when it has run."""

import ast
import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest

from mcdemand.errors import InputError, IntegrityError
from mcdemand.exporting import export
from mcdemand.report.text import literal
from mcdemand.result_files import read as read_back

CHOICE = {"outputs": ["energy_served", "tokens_served", "token_exponent"], "years": [2030, 2035]}


def run(path):
    """Return the names that the file defines, after a look at every statement in it."""
    source = path.read_bytes()
    for node in ast.parse(source).body:
        assert isinstance(node, ast.Import | ast.Assign | ast.FunctionDef | ast.If)
        if isinstance(node, ast.Assign):
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            assert {ast.unparse(one.func) for one in calls} <= {"np.array"}
        if isinstance(node, ast.FunctionDef):
            assert node.name in ("sample", "laws")
    found = {"__name__": "exported"}
    exec(compile(source, path.name, "exec"), found)
    return found


def rows(array, count):
    return array.transpose("draw", "chain").values.reshape(-1)[:count]


def test_draws_are_joint_and_exact(result, tmp_path):
    exported = export(result, tmp_path / "draws.py", "squigglepy", **CHOICE)
    found = run(exported.path)
    draws = result["prior_predictive"]
    assert list(found["DRAWS"]) == [
        *(f"{name}_{year}" for name in ("energy_served", "tokens_served") for year in (2030, 2035)),
        "token_exponent",
    ]
    for name in ("energy_served", "tokens_served"):
        np.testing.assert_array_equal(found["DRAWS"][f"{name}_2030"], rows(draws[name].sel(year=2030), 1000))
    np.testing.assert_array_equal(found["DRAWS"]["token_exponent"], rows(result["prior"]["token_exponent"], 1000))
    assert found["VARIABLES"]["energy_served_2030"] == {
        "variable": "energy_served",
        "units": "TWh",
        "long_name": "AI electricity used in a year",
        "year": 2030,
    }
    assert exported.notes[0] == "1,000 of 1,024 draws: set rows to keep more."


def test_sample_keeps_rows_together(result, tmp_path):
    found = run(export(result, tmp_path / "draws.py", "squigglepy", **CHOICE).path)
    pairs = set(zip(found["DRAWS"]["energy_served_2030"], found["DRAWS"]["tokens_served_2030"], strict=True))
    taken = found["sample"](5000, seed=3)
    assert {*zip(taken["energy_served_2030"], taken["tokens_served_2030"], strict=True)} <= pairs


def test_runs_on_its_own(result, tmp_path):
    path = export(result, tmp_path / "draws.py", "squigglepy", rows=1024, **CHOICE).path
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    lines = {line.split()[0]: [float(one) for one in line.split()[1:]] for line in done.stdout.splitlines()}
    draws = result["prior_predictive"]["energy_served"].sel(year=2035).values
    np.testing.assert_allclose(lines["energy_served_2035"], np.quantile(draws, [0.05, 0.5, 0.95]), rtol=1e-14)


def test_quantiles_have_errors_and_ranges(result, tmp_path):
    choice = {**CHOICE, "probabilities": [0.1, 0.5]}
    exported = export(result, tmp_path / "levels.py", "squigglepy", form="quantiles", **choice)
    found = run(exported.path)
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).values
    assert found["LEVELS"] == [0.1, 0.5]
    np.testing.assert_allclose(found["QUANTILES"]["energy_served_2030"], np.quantile(draws, [0.1, 0.5]), rtol=1e-14)
    np.testing.assert_allclose(found["RANGES"]["energy_served_2030"], np.quantile(draws, [0.05, 0.95]), rtol=1e-14)
    assert all(error > 0 for error in found["MCSE"]["energy_served_2030"])
    assert exported.notes[0].startswith("Draws are left out, and with them dependence")


def test_misfit_is_that_of_the_law(result, tmp_path):
    choice = {"outputs": "energy_served", "years": 2030}
    path = export(result, tmp_path / "levels.py", "squigglepy", form="quantiles", **choice).path
    low, high = np.log(run(path)["RANGES"]["energy_served_2030"])
    levels = [0.01, 0.25, 0.5, 0.75, 0.99]
    law = NormalDist((low + high) / 2, (high - low) / 2 / NormalDist().inv_cdf(0.95))
    fitted = np.exp([law.inv_cdf(p) for p in levels])
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).values
    off = np.abs(fitted / np.quantile(draws, levels) - 1).max()
    assert f"the law is off by up to {off:.0%} between" in path.read_text()


def test_same_bytes_twice(result, tmp_path):
    for form in ("samples", "quantiles"):
        one, two = (export(result, tmp_path / f"{form}{k}.py", "squigglepy", form=form, **CHOICE).path for k in (1, 2))
        assert one.read_bytes() == two.read_bytes()


def test_options_are_checked(result, tmp_path):
    with pytest.raises(InputError, match="form: 'table': unknown; known: quantiles, samples"):
        export(result, tmp_path / "no.py", "squigglepy", form="table")
    with pytest.raises(InputError, match="rows: 0: must be a whole number from 1 to 100000"):
        export(result, tmp_path / "no.py", "squigglepy", rows=0)


@pytest.fixture
def poisoned(poison, payload):
    """Return a poisoned result of a design that exists: what a summary's errors rest on must be known."""
    tree = poison(payload)
    tree.attrs["design"] = "random"
    return tree


@pytest.mark.parametrize("form", ["samples", "quantiles"])
def test_strangers_texts_are_shown_and_do_not_run(poisoned, payload, tmp_path, form):
    path = export(poisoned, tmp_path / "poison.py", "squigglepy", form=form, years=[2030, 2031]).path
    found = run(path)
    variables = list(found["VARIABLES"].values())
    assert len(variables) == 3
    assert variables[0]["variable"] == literal(payload.replace("/", "|"))
    assert all(one["units"] == one["long_name"] == literal(payload) for one in variables)
    assert all(name.isascii() and name.isidentifier() for name in found["VARIABLES"])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("        ]\n", "        ] + [__import__('os').getpid()]\n", "is not what --to squigglepy writes there"),
        ("            ", "            float('nan'), ", "is not what --to squigglepy writes there"),
        ('    "token_exponent": np', '    "token_exp": np', "'token_exp' is none of the variables"),
        ('{"variable": "token_exponent"', '{"name": "token_exponent"', "cut short or damaged: 'variable'"),
        ('{"variable": "token_exponent"', '{"variable": token_exponent', "cut short or damaged"),
        ('"year": 2035}', '"year": 2030 + 5}', "is not what --to squigglepy writes there"),
        ('"year": 2035}', '"year": 2030}', "two columns are called 'energy_served' in 2030"),
        ('"year": 2035}', '"year": 2036}', "not of the same years"),
        ('"year": 2035}', '"year": None}', "not of the same years|cut short"),
        ("DRAWS = {", "draws = {", "has no draws"),
        ("            1", "            1e1e1, 1", "is no number"),
    ],
)
def test_a_changed_file_is_refused(result, tmp_path, before, after, words):
    path = export(result, tmp_path / "draws.py", "squigglepy", rows=10, **CHOICE).path
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(IntegrityError, match=words) as caught:
        read_back(path)
    assert "\n" not in str(caught.value)


def test_what_stands_behind_the_draws_is_neither_read_nor_run(result, tmp_path):
    path = export(result, tmp_path / "draws.py", "squigglepy", rows=10, **CHOICE).path
    assert "# draws_exported: 10\n" in path.read_text(encoding="utf-8")
    with path.open("a") as file:
        file.write(f"\nopen({str(tmp_path / 'made')!r}, 'w')\n")
    assert read_back(path)["prior_predictive"].sizes["year"] == 2
    assert not (tmp_path / "made").exists()


def test_quantiles_are_no_draws(result, tmp_path):
    path = export(result, tmp_path / "levels.py", "squigglepy", form="quantiles", **CHOICE).path
    with pytest.raises(IntegrityError, match="has no draws; of Python files those of --to squigglepy are read back"):
        read_back(path)
