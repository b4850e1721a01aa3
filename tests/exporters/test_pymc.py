"""The PyMC snippet, run with a stand-in for PyMC that integrates the density; PyMC runs it in `heavy`."""

import ast
import runpy
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid

import mcdemand as mc
from mcdemand.errors import InputError
from mcdemand.report.text import literal

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
CALLS = {"array", "Interpolated", "Deterministic", "exp", "constant", "Categorical", "add_forecast"}
CALLS |= {"print", "Model", "draw"}


class Law:
    """Quantiles of a variable."""

    def __init__(self, quantiles):
        self.quantiles = np.asarray(quantiles)

    def __rmul__(self, factor):
        return Law(factor * self.quantiles)


def interpolated(_name, x_points, pdf_points):
    fine = np.linspace(x_points[0], x_points[-1], 100_001)
    below = cumulative_trapezoid(np.interp(fine, x_points, pdf_points), fine, initial=0)
    assert (np.diff(x_points) > 0).all()
    assert (pdf_points > 1e-8).all()
    return Law(np.interp(LEVELS, below / below[-1], fine))


class Values(np.ndarray):
    """Values of a categorical variable, to be picked by one."""

    def __getitem__(self, shares):
        order = np.cumsum(shares)
        return Law([np.asarray(self)[np.searchsorted(order, level - 1e-12)] for level in LEVELS])


@pytest.fixture
def run(monkeypatch, tmp_path):
    stand_in = SimpleNamespace(
        Interpolated=interpolated,
        Deterministic=lambda _name, law: law,
        Categorical=lambda _name, p: p,
        math=SimpleNamespace(
            exp=lambda law: Law(np.exp(law.quantiles)),
            constant=lambda x: np.asarray(x).view(Values) if np.ndim(x) else Law([x] * 5),
        ),
    )
    monkeypatch.setitem(sys.modules, "pymc", stand_in)

    def ran(result, **request):
        path = tmp_path / "forecast.py"
        written = mc.export(result, path, "pymc", overwrite=True, **request)
        return runpy.run_path(str(path))["add_forecast"](), written.notes, path.read_text(encoding="utf-8")

    return ran


def test_quantiles_are_within_sampling_error(run):
    result = mc.simulate("consensus", draws=4096, chains=4, design="random", seed=3, outputs=["energy_served"])
    found, notes, source = run(result, years=[2025, 2030, 2035])
    assert list(found) == ["energy_served_2025", "energy_served_2030", "energy_served_2035"]
    for name, law in found.items():
        draws = result["prior_predictive"]["energy_served"].sel(year=int(name[-4:])).values.ravel()
        # Levels of the law's quantiles among the draws; 3.5 standard errors of a level of n draws, 15 of them: 0.7 %.
        levels = np.array([(draws < x).mean() for x in law.quantiles])
        assert (np.abs(levels - LEVELS) < 3.5 * np.sqrt(LEVELS * (1 - LEVELS) / draws.size)).all()
    assert notes[0] == "Marginals only: the variables are independent of each other in PyMC."
    assert "# prior_set: consensus" in source


def test_other_columns(result, run):
    tree = result.copy()
    draws = result["prior"]["tokens_2024"].values
    laws = {
        "shifted": (("chain", "draw"), 1e12 * (draws - draws.mean())),
        "constant": (("chain", "draw"), np.full_like(draws, 7.0)),
        "kinds": (("chain", "draw"), np.where(draws > np.quantile(draws, 0.3), 2.0, 0.5)),
        "narrow": (("chain", "draw"), 1e9 + 1e-4 * draws),
        "negative": (("chain", "draw"), -draws),
        "log_negative": (("chain", "draw"), draws),
        "x": (("chain", "draw"), draws),
        "log x": (("chain", "draw"), draws),
    }
    tree["prior"] = result["prior"].to_dataset()[["tokens_2024"]].assign(laws)
    found, _, _ = run(tree, outputs=list(laws))
    assert list(found) == ["shifted", "constant", "kinds", "narrow", "negative", "log_negative", "x", "log_x"]
    sd = 1e12 * draws.std()
    expected = np.quantile(1e12 * (draws - draws.mean()), LEVELS)
    np.testing.assert_allclose(found["shifted"].quantiles, expected, atol=0.1 * sd)
    np.testing.assert_array_equal(found["constant"].quantiles, 7.0)
    np.testing.assert_array_equal(found["kinds"].quantiles, [0.5, 0.5, 2, 2, 2])
    np.testing.assert_allclose(found["narrow"].quantiles, 1e9, rtol=1e-11)
    np.testing.assert_allclose(found["negative"].quantiles, np.quantile(-draws, LEVELS), rtol=0.05)


def test_a_limit_is_stated(result, run):
    found, notes, _ = run(result, outputs="energy_served", variables=2)
    assert list(found) == ["energy_served_2024", "energy_served_2025"]
    assert "2 of 12 variables: set the option variables to a larger number, or name outputs." in notes


def test_texts_of_strangers_do_not_run(poison, payload, run):
    tree = poison(payload)
    tree.attrs["design"] = "random"
    _, _, source = run(tree, years=2030)
    parts = [*ast.walk(ast.parse(source))]
    called = {ast.unparse(one.func).rpartition(".")[2] for one in parts if isinstance(one, ast.Call)}
    assert called <= CALLS
    assert sum(isinstance(one, ast.Import) for one in parts) == 2
    assert literal(payload) in source
    assert all(character.isprintable() or character == "\n" for character in source)


def test_refusals(result, tmp_path):
    with pytest.raises(InputError, match="variables: 0: must be a whole number"):
        mc.export(result, tmp_path / "a.py", "pymc", variables=0)
