"""EVPI, EVPPI and EVSI against closed forms and quadrature, their errors, and what is refused."""

from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats

import mcdemand as mc
from mcdemand.decision import Decision
from mcdemand.errors import InputError
from mcdemand.value_of_information import value_of_information

CHAINS, MANY, FEW, SEEDS = 16, 60_000, 2_000, 40
ALWAYS = 4.0
"""Errors of a mean; the normal law passes it once in 16,000 figures. The seeds are fixed."""

COMPILED = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="takes too long interpreted")

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
    result = linear(1, MANY, covariance)
    found = value_of_information(result, choice(), measurement={"a": 0.4, "c": 1.0})
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


def test_a_group_of_correlated_parameters_has_its_closed_form() -> None:
    covariance = COVARIANCE["correlated"]
    groups, errors = {"a and c": ["a", "c"]}, {"a": 0.4, "c": 0.4}
    joint = value_of_information(linear(2, MANY, covariance), choice(), groups=groups, measurement=errors)
    assert sorted(joint["parameter"].values) == ["a and c", "b"]
    accept(joint, "evppi", opportunity(AHEAD, known(FACTORS, covariance, [0, 2])), parameter="a and c")
    accept(joint, "evsi", opportunity(AHEAD, known(FACTORS, covariance, [0, 2], 0.4)), parameter="a and c")


@COMPILED
@pytest.mark.parametrize("dependence", [*COVARIANCE])
@pytest.mark.parametrize("design", ["random", "sobol"])
def test_intervals_cover_what_is_exact(dependence: str, design: str) -> None:
    covariance = COVARIANCE[dependence]
    alone = [opportunity(AHEAD, known(FACTORS, covariance, [place])) for place in range(3)]
    measured = opportunity(AHEAD, known(FACTORS, covariance, [0], 0.4))
    exact = [opportunity(AHEAD, np.sqrt(FACTORS @ covariance @ FACTORS)), *alone, measured]
    covered = []
    for seed in range(SEEDS):
        found = value_of_information(linear(seed, FEW, covariance, design), choice(), measurement={"a": 0.4})
        bounds = [found["ci_evpi"], *(found["ci_evppi"].sel(parameter=name) for name in "abc")]
        bounds.append(found["ci_evsi"].sel(parameter="a"))
        covered.append([low <= value <= high for (low, high), value in zip(bounds, exact, strict=True)])
    # Of 40 intervals that cover 95 %, at most 31 do so once in 20,000 times.
    assert np.min(np.sum(covered, axis=0)) >= 32
    assert np.mean(covered) >= 0.9


@pytest.mark.parametrize("size", [0.1, 1.0])
def test_a_measurement_in_per_cent_is_of_the_logarithm(size: float) -> None:
    z = np.random.default_rng(5).normal(size=MANY)
    result = tree({"x": np.exp(0.5 * z)}, {"net": 0.2 + z})
    found = value_of_information(result, choice(), measurement={"x": f"{100 * size:g}%"})
    accept(found, "evsi", opportunity(0.2, 0.5 / np.hypot(0.5, size)), parameter="x")
    assert found["measurement_error"].values.tolist() == [f"{100 * size:g}%"]
    assert found["evsi"].item() < found["evppi"].item() + ALWAYS * found["mcse_evsi"].item()


def test_three_options_agree_with_quadrature() -> None:
    x, z = np.random.default_rng(8).normal(size=(2, MANY))
    payoffs = {
        "wait": lambda _: 0.0,
        "some": lambda draws: draws["x"] - 0.3,
        "all": lambda draws: draws["x"] ** 2 - 1.2 + 0.5 * draws["z"],
    }
    found = value_of_information(tree({"x": x, "z": z}), function(payoffs, "x", "z"))

    def best(x: float) -> float:
        other = max(0.0, x - 0.3)
        gain = x**2 - 1.2 - other
        return other + max(gain, 0.0) + opportunity(gain, 0.5)

    def mean(value: Callable[[float], float]) -> float:
        bends = [-np.sqrt(1.2), 0.3, (1 + np.sqrt(4.6)) / 2]
        return integrate.quad(lambda x: value(x) * stats.norm.pdf(x), -9, 9, points=bends, epsabs=1e-10)[0]

    whole, alone = mean(best), mean(lambda x: max(0.0, x - 0.3, x**2 - 1.2))
    accept(found, "evpi", whole)
    accept(found, "evppi", alone, parameter="x")
    accept(found, "evppi", opportunity(-0.2, 0.5), parameter="z")
    assert found.attrs["best_option"] == "wait"
    assert_allclose(found["probability_best"].sum(), 1.0, rtol=1e-12)


def test_two_parameters_can_be_worth_something_only_together() -> None:
    x, y = np.random.default_rng(2).normal(size=(2, 10_000))
    result = tree({"x": x, "y": y}, {"net": x * y})
    alone = value_of_information(result, choice())
    # E[XY | X] = 0: what is found is no more than the noise of the regression, and E max(0, XY) = E|X| E|Y| / 2.
    assert np.all(alone["evppi"] <= ALWAYS * np.maximum(alone["mcse_evppi"], 1e-3))
    together = value_of_information(result, choice(), groups={"both": ["x", "y"]})
    accept(together, "evppi", 1 / np.pi, parameter="both")
    assert together["parameter"].values.tolist() == ["both"]
    assert (together["members"].item(), together.attrs["groups"]) == ("x, y", "both")


def test_a_category_is_known_by_its_classes() -> None:
    rng = np.random.default_rng(4)
    kind, noise = rng.choice(3, size=MANY, p=[0.5, 0.3, 0.2]), rng.normal(size=MANY)
    means = np.array([0.5, -0.8, 0.1])
    result = tree({"kind": kind.astype(float), "noise": noise}, {"net": means[kind] + noise}, kind="category")
    found = value_of_information(result, choice())
    p = np.array([0.5, 0.3, 0.2])
    accept(found, "evppi", p @ np.maximum(means, 0) - max(0.0, p @ means), parameter="kind")
    with pytest.raises(InputError, match="measurement: kind: is a category, and an error needs a number; leave it out"):
        value_of_information(result, choice(), measurement={"kind": 0.1})


def test_what_does_not_matter_is_worth_nothing() -> None:
    rng = np.random.default_rng(6)
    rows = {f"other {k}": rng.normal(size=FEW) for k in range(30)} | {"fixed": np.full(FEW, 2.0)}
    rows["x"] = rng.normal(size=FEW)
    found = value_of_information(tree(rows, {"net": 1.0 + rows["x"]}), choice(), measurement={"fixed": 0.5})
    assert found["parameter"].values[0] == "x"
    assert found["evppi"].sel(parameter="fixed") == found["evsi"].sel(parameter="fixed") == 0
    others = found["evppi"].values[1:]
    # Akaike's criterion takes three useless columns for one parameter in nine.
    assert np.mean(others == 0) > 0.6
    assert np.max(others) < 0.1 * found["evpi"].item()
    assert not np.isnan(found["evppi"].values).any()


def test_where_one_option_pays_most_at_every_draw_nothing_has_a_value() -> None:
    x = np.random.default_rng(1).random(FEW)
    found = value_of_information(tree({"x": x}, {"net": 1 + x}), choice())
    for name in ("evpi", "evppi", "evppi_share"):
        assert_array_equal(found[name], 0.0)
        assert_array_equal(found[f"ci_{name}"], 0.0)
    assert found.attrs["notices"] == "do it pays most at every draw, so nothing that could be learnt has a value"


def test_errors_by_draws_and_by_chains_agree_where_draws_are_independent() -> None:
    by_draws, by_chains = (
        value_of_information(linear(5, MANY // 3, COVARIANCE["independent"], design), choice())
        for design in ("random", "sobol")
    )
    # The mean square of 15 numbers has a relative spread of 0.37, and each of the four is within 3 of that.
    for name in ("evpi", "evppi"):
        ratio = by_chains[f"mcse_{name}"] / by_draws[f"mcse_{name}"]
        assert np.all((ratio > 0.3) & (ratio < 1.6))


def test_an_option_measured_twice_tells_the_same() -> None:
    result = linear(6, FEW, COVARIANCE["independent"])
    first, again, other = (value_of_information(result, choice(), measurement={"a": 0.4}, seed=s) for s in (1, 1, 2))
    xr.testing.assert_identical(first, again)
    assert first["evsi"].sel(parameter="a") != other["evsi"].sel(parameter="a")
    xr.testing.assert_identical(first["evppi"], other["evppi"])
    exact = value_of_information(result, choice(), measurement={"a": 0})
    assert_allclose(exact["evsi"].sel(parameter="a"), exact["evppi"].sel(parameter="a"), rtol=1e-12)


def test_a_unit_or_an_order_of_options_changes_no_value() -> None:
    result = linear(7, FEW, COVARIANCE["correlated"])
    swapped = choice() | {"options": dict(reversed([*choice()["options"].items()]))}
    first, second = (value_of_information(result, one) for one in (choice(), swapped))
    assert_allclose(first["evppi"], second["evppi"], rtol=1e-9)
    assert_allclose(first["mcse_evppi"], second["mcse_evppi"], rtol=1e-9)
    prior = result["prior"].to_dataset()
    result["prior"] = xr.DataTree(prior.assign(a=np.exp(prior["a"]).assign_attrs(units="1")))
    stretched = value_of_information(result, choice())
    assert_allclose(stretched["evppi"], first["evppi"], rtol=1e-9)


def demand(x: float, y: float) -> float:
    return x * y


def test_groups_by_word_and_draws_of_the_engine() -> None:
    model = mc.Model.from_functions([demand])
    rows = {name: {"distribution": "lognormal", "mu": 0.0, "sigma": 0.5} for name in "xy"}
    pairs = [{"between": ["x", "y"], "latent": 0.5}]
    result = mc.simulate({"parameters": rows, "correlations": pairs}, model=model, draws=FEW, seed=3)
    stated = {"output": "demand", "unit": "GUSD", "levels": [0, 40], "title": ""}
    options = {"buy": [-1.5, 38.5], "leave": [0, 0]}
    decision = {"decision": stated, "options": options}
    found = value_of_information(result, decision, groups="correlated", model=model)
    # log XY is normal with variance 0.25 (1 + 1 + 2 / 2), and to know both is to know all: Black and Scholes.
    sd, mean = np.sqrt(0.75), np.exp(0.375)
    d = (0.375 - np.log(1.5)) / sd
    call = mean * stats.norm.cdf(d + sd / 2) - 1.5 * stats.norm.cdf(d - sd / 2)
    assert_allclose(found["evpi"], call - max(mean - 1.5, 0.0), atol=6 * found["mcse_evpi"].item())
    assert found["parameter"].values.tolist() == ["x and others"]
    assert_allclose(found["evppi_share"].item(), 1.0, atol=0.05)
