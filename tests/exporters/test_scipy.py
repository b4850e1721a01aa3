"""The SciPy snippet, run; PreliZ runs its part in `heavy`."""

import ast
import re
import runpy

import numpy as np
import pytest

import mcdemand as mc
from mcdemand.errors import InputError
from mcdemand.exporters import scipy as scipy_format
from mcdemand.report.text import literal

LEVELS = (0.05, 0.5, 0.95)


@pytest.fixture
def run(tmp_path):
    def ran(result, **request):
        path = tmp_path / "forecast.py"
        written = mc.export(result, path, "scipy", overwrite=True, **request)
        return runpy.run_path(str(path))["laws"], written.notes, path.read_text(encoding="utf-8")

    return ran


def stated_errors(source):
    return [float(one) / 100 for one in re.findall(r"largest error of p5, p50 and p95: ([\d.e+-]+) %", source)]


def test_the_stated_error_is_the_largest(result, run):
    found, _, source = run(result, outputs=["energy_served", "load_factor"], years=2030)
    assert list(found) == ["energy_served_2030", "load_factor"]
    draws = [result["prior_predictive"]["energy_served"].sel(year=2030), result["prior"]["load_factor"]]
    for law, one, error in zip(found.values(), draws, stated_errors(source), strict=True):
        true = np.quantile(one.values, LEVELS)
        assert np.max(np.abs(law.ppf(LEVELS) / true - 1)) == pytest.approx(error, rel=0.06)
        assert error < 0.06


@pytest.mark.parametrize(
    ("family", "law"),
    [
        ("lognorm", "exp(1 + 0.5 * z)"),
        ("norm", "3 + 0.5 * z"),
    ],
)
def test_a_law_is_found_again(result, run, family, law):
    from scipy.special import ndtri

    z = ndtri((np.arange(1024) + 0.5) / 1024).reshape(4, 256)
    tree = result.copy()
    values = np.exp(1 + 0.5 * z) if "exp" in law else 3 + 0.5 * z
    tree["prior"] = result["prior"].to_dataset()[[]].assign(x=(("chain", "draw"), values, {"units": "GW"}))
    found, notes, source = run(tree, outputs="x")
    assert found["x"].dist.name == family
    np.testing.assert_allclose(found["x"].ppf(LEVELS), np.quantile(values, LEVELS), rtol=5e-3)
    assert "# x, GW" in source
    assert len(notes) == 1


def test_a_law_of_three_numbers_is_found_again(result, run):
    # Its quantiles alone do not tell the triangle: the first fit is of levels.
    p = (np.arange(1024) + 0.5) / 1024
    values = np.where(p < 0.2, 1 + np.sqrt(5 * p), 6 - np.sqrt(20 * (1 - p))).reshape(4, 256)
    tree = result.copy()
    tree["prior"] = result["prior"].to_dataset()[[]].assign(x=(("chain", "draw"), values, {"units": "GW"}))
    found, _, _ = run(tree, outputs="x")
    assert found["x"].dist.name == "triang"
    np.testing.assert_allclose(found["x"].support(), (1, 6), atol=0.05)
    np.testing.assert_allclose(found["x"].ppf(0.2), 2, atol=0.02)


def test_few_values_have_no_law(result, run, tmp_path):
    with pytest.raises(InputError, match="takes few different values"):
        mc.export(result, tmp_path / "a.py", "scipy", outputs="growth_shape")
    _, notes, source = run(result, outputs=["growth_shape", "load_factor"])
    assert "growth_shape: few different values; left out." in notes
    assert source.count("laws[") == 1


def test_texts_of_strangers_do_not_run(poison, payload, run, monkeypatch):
    # What is fitted does not depend on texts; two families are quick.
    monkeypatch.setattr(scipy_format, "PRELIZ", {"lognormal": "LogNormal", "normal": "Normal"})
    tree = poison(payload)
    tree.attrs["design"] = "random"
    _, _, source = run(tree, years=2030)
    parsed = ast.parse(source)
    calls = [ast.unparse(one.func) for one in ast.walk(parsed) if isinstance(one, ast.Call)]
    assert all(re.fullmatch(r"(stats|pz)\.\w+", one) for one in calls)
    assert literal(payload) in source
    assert all(character.isprintable() or character == "\n" for character in source)
