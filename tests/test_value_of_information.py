"""EVPI, EVPPI and EVSI against closed forms and quadrature, their errors, and what is refused."""

import doctest
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats

import mcdemand as mc
from mcdemand import value_of_information as module
from mcdemand.decision import Decision
from mcdemand.errors import InputError, NumericalError
from mcdemand.sensitivity import _splines
from mcdemand.value_of_information import value_of_information

CHAINS, MANY, FEW, SEEDS = 16, 60_000, 2_000, 40
ALWAYS = 4.0
"""Errors of a mean; the normal law passes it once in 16,000 figures. The seeds are fixed, so it holds or it does not."""

MEANS, FACTORS = np.array([1.0, 2.0, -1.0]), np.array([2.0, -1.0, 0.5])
SDS = np.array([0.5, 0.8, 0.7])
CORRELATION = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, -0.2], [0.3, -0.2, 1.0]])
COVARIANCE = {"independent": np.diag(SDS**2), "correlated": CORRELATION * np.outer(SDS, SDS)}
AHEAD = 0.3
"""What the option is worth on average."""

type Rows = Mapping[str, np.ndarray]


def opportunity(mean: float, sd: Any) -> Any:
    """E max(0, U) - max(0, E U), U normal: the value of knowing it."""
    return sd * stats.norm.pdf(mean / sd) - abs(mean) * stats.norm.cdf(-abs(mean) / sd)


def known(factors: np.ndarray, covariance: np.ndarray, members: list[int], noise: float = 0.0) -> float:
    """The standard deviation of E[b'X | X_members + noise]."""
    among = covariance[np.ix_(members, members)] + noise**2 * np.eye(len(members))
    shared = (covariance @ factors)[members]
    return float(np.sqrt(shared @ np.linalg.solve(among, shared)))


def tree(parameters: Rows, outputs: Rows | None = None, design: str = "random", **units: str) -> xr.DataTree:
    """A result of so many parameters and outputs, each (draw), in 16 chains."""

    def dataset(rows: Rows) -> xr.Dataset:
        about = {name: {"units": units.get(name, "1")} for name in rows}
        return xr.Dataset({n: (("chain", "draw"), r.reshape(CHAINS, -1), about[n]) for n, r in rows.items()})

    found = xr.DataTree.from_dict({"prior": dataset(parameters), "prior_predictive": dataset(outputs or {})})
    found.attrs = {"design": design, "seed": 7, "prior_set": "mine", "model": "own", "source": "test"}
    return found


def linear(seed: int, draws: int, covariance: np.ndarray, design: str = "random") -> xr.DataTree:
    x = MEANS + np.random.default_rng([3, seed]).multivariate_normal(np.zeros(3), covariance, size=draws)
    return tree({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2]}, {"net": AHEAD + (x - MEANS) @ FACTORS}, design)


def choice(*levels: float) -> dict[str, Any]:
    """To do it and get the output, or to leave it, as a table; the line goes on beyond the levels."""
    ends = list(levels or (-12.0, 12.0))
    stated = {"output": "net", "unit": "GUSD", "levels": ends, "title": "Do it or not"}
    return {"decision": stated, "options": {"do it": ends, "leave it": [0.0, 0.0]}}


def function(payoffs: Mapping[str, Callable[[Rows], Any]], *outputs: str) -> Decision:
    return Decision.from_function(payoffs, lambda option, draws: payoffs[option](draws), unit="GUSD", outputs=outputs)


def accept(found: xr.Dataset, name: str, exact: Any, **at: str) -> None:
    """A figure lies within 4 of its errors of what is exact."""
    value, error = (found[prefix + name].sel(at).values for prefix in ("", "mcse_"))
    assert np.all(error > 0)
    assert np.max(np.abs(value - exact) / error) < ALWAYS, (name, at, value, exact, error)


@pytest.mark.parametrize("dependence", [*COVARIANCE])
def test_a_linear_gaussian_decision_has_its_closed_form(dependence: str) -> None:
    covariance = COVARIANCE[dependence]
    noise, groups = {"a": 0.4, "b": "30%"}, {"a and c": ["a", "c"]}
    result = linear(1, MANY, covariance)
    found = value_of_information(result, choice(), measurement={"a": noise["a"], "c": 1.0})
    sd = np.sqrt(FACTORS @ covariance @ FACTORS)
    whole = opportunity(AHEAD, sd)
    accept(found, "evpi", whole)
    accept(found, "expected_payoff", AHEAD, option="do it")
    accept(found, "probability_best", stats.norm.cdf(AHEAD / sd), option="do it")
    for place, name in enumerate("abc"):
        value = opportunity(AHEAD, known(FACTORS, covariance, [place]))
        accept(found, "evppi", value, parameter=name)
        accept(found, "evppi_share", value / whole, parameter=name)
    for place, name, error in ((0, "a", 0.4), (2, "c", 1.0)):
        accept(found, "evsi", opportunity(AHEAD, known(FACTORS, covariance, [place], error)), parameter=name)
    joint = value_of_information(result, choice(), groups=groups, measurement={"a": 0.4, "c": 0.4})
    accept(joint, "evppi", opportunity(AHEAD, known(FACTORS, covariance, [0, 2])), parameter="a and c")
    accept(joint, "evsi", opportunity(AHEAD, known(FACTORS, covariance, [0, 2], 0.4)), parameter="a and c")
