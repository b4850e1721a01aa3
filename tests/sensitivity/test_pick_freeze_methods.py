"""Indices by pick-freeze through the public API, against closed forms; 16 chains, seeds fixed."""

import math

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.sensitivity import sobol
from mcdemand.sensitivity._picks import PickSums, jackknife
from tests.sensitivity import analytic_models as models

DRAWS = 2**9 if config.DISABLE_JIT else 2**14
LARGEST_ERROR = 0.15 if config.DISABLE_JIT else 0.02
COMPILED = pytest.mark.skipif(config.DISABLE_JIT, reason="2026-11-25: too many runs without compiled code")
# Errors of 15 degrees of freedom: beyond this once in 10,000 intervals.
WIDTH = float(stats.t.ppf(1 - 0.5e-4, 15))
PROBLEMS = {
    "ishigami": models.ISHIGAMI,
    "g_function": models.G_FUNCTION,
    "gaussian": models.GAUSSIAN,
    "trade_off": models.TRADE_OFF,
    "trade_off_on_log": models.TRADE_OFF_ON_LOG,
    "segments": models.SEGMENTS,
    "borehole": models.BOREHOLE,
}


def assert_index(found, index, exact, width=WIDTH):
    """Every value lies within so many of its own errors of the exact one; none of these is large."""
    for name, value in exact.items():
        one = found.sel(parameter=name)
        assert abs(float(one[index]) - value) <= width * float(one[f"mcse_{index}"]) + 1e-7, (name, index)
        assert float(one[f"mcse_{index}"]) < LARGEST_ERROR


@pytest.mark.parametrize("estimator", [*sobol.ESTIMATORS][: 1 if config.DISABLE_JIT else None])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_closed_forms(problem, estimator):
    analytic = PROBLEMS[problem]
    found = analytic.sensitivity(draws=DRAWS, estimator=estimator, seed=1)
    assert_index(found, "first_order", analytic.first_order)
    assert_index(found, "total_order", analytic.total_order)


@COMPILED
@pytest.mark.parametrize(("draws", "error"), [(2**14, 0.005), (2**16, 0.0015)])
def test_promised_errors(draws, error):
    """P9: within 0.005 at 2^14 draws and 0.0015 at 2^16, for each of five seeds."""
    for seed in range(5):
        found = models.ISHIGAMI.sensitivity(draws=draws, chains=1, seed=seed)
        for index in ("first_order", "total_order"):
            exact = getattr(models.ISHIGAMI, index)
            for name, value in exact.items():
                assert_allclose(found[index].sel(parameter=name), value, atol=error, rtol=0)


def test_random_elasticity_models():
    """Problem 10, other numbers every time; the sum of squared deviations in errors is as of t with 15 degrees."""
    rng = np.random.default_rng(7)
    worst = []
    for seed in range(1 if config.DISABLE_JIT else 1000):
        analytic = models.random_elasticity(rng)
        found = analytic.sensitivity(draws=256 if config.DISABLE_JIT else 1024, seed=seed)
        for index in ("first_order", "total_order"):
            exact = getattr(analytic, index)
            one = found.sel(parameter=list(exact))
            worst.append(np.abs(one[index] - list(exact.values())) / one[f"mcse_{index}"])
    assert np.max(worst) < 9, "once in 600 times 8,000 intervals of 15 degrees of freedom"


def test_second_order_of_ishigami():
    found = models.ISHIGAMI.sensitivity(draws=DRAWS, second_order=True)
    pair = found["second_order"].sel(parameter="x1", other_parameter="x3")
    assert_allclose(pair, 0.24368366, atol=WIDTH * float(found["mcse_second_order"].max()))
    assert float(found["mcse_second_order"].max()) < LARGEST_ERROR
    assert_allclose(found["second_order"].sel(parameter="x1", other_parameter="x2"), 0.0, atol=LARGEST_ERROR)


def test_closed_groups():
    found = models.ISHIGAMI.sensitivity(draws=DRAWS, groups={"odd": ["x1", "x3"]})
    assert_index(found, "first_order", {"odd": 0.55758886, "x2": 0.44241114})
    assert_index(found, "total_order", {"odd": 0.55758886, "x2": 0.44241114})
    assert found["members"].sel(parameter="odd").item() == "x1, x3"


CORRELATED = [{"between": ["x1", "x2"], "latent": 0.6}, {"between": ["x2", "x3"], "latent": -0.4}]


def correlated_gaussian(method, **options):
    """Y = b'X with b = (1, 2, 3) and sd (1, .5, 2)."""
    priors = {"parameters": models.GAUSSIAN.parameters, "correlations": CORRELATED}
    model = mc.Model.from_functions([models.linear])
    return mc.sensitivity(priors, model=model, method=method, draws=DRAWS, **options).isel(output=0)


def explained(known):
    """Var E[b'X | X_known] of jointly normal X, by linear algebra."""
    sd, b = np.array([1.0, 0.5, 2.0]), np.array([1.0, 2.0, 3.0])
    latent = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, -0.4], [0.0, -0.4, 1.0]])
    covariance = latent * np.outer(sd, sd)
    if not known:
        return 0.0
    k = list(known)
    cross = covariance[:, k]
    return float(b @ cross @ np.linalg.solve(covariance[np.ix_(k, k)], cross.T) @ b)


def shapley_of(i):
    """Owen and Prieur (2017): averages over all orders."""
    others = [k for k in range(3) if k != i]
    steps = [(2, ()), (1, (others[0],)), (1, (others[1],)), (2, tuple(others))]
    return sum(w * (explained((*known, i)) - explained(known)) for w, known in steps) / 6 / explained((0, 1, 2))


def test_shapley_effects_of_a_correlated_gaussian_model():
    found = correlated_gaussian("shapley")
    exact = {f"x{i + 1}": shapley_of(i) for i in range(3)}
    assert_allclose(sum(exact.values()), 1.0)
    assert_index(found, "shapley_effect", exact)
    assert_allclose(found["shapley_effect"].sum(), 1.0, rtol=1e-12)


def test_full_and_independent_indices_of_a_correlated_gaussian_model():
    found = correlated_gaussian("full_independent")
    every = explained((0, 1, 2))
    full = {f"x{i + 1}": explained((i,)) / every for i in range(3)}
    rest = {f"x{i + 1}": 1 - explained(tuple(k for k in range(3) if k != i)) / every for i in range(3)}
    for index, exact in (("full_first_order", full), ("full_total_order", full)):
        assert_index(found, index, exact)
    for index in ("independent_first_order", "independent_total_order"):
        assert_index(found, index, rest)


def test_correlated_priors_are_refused_or_taken_as_if_independent():
    with pytest.raises(mc.InputError, match="as_if_independent"):
        correlated_gaussian("sobol")
    found = correlated_gaussian("sobol", as_if_independent=True)
    assert "as if independent" in found.attrs["dependence"]
    assert_index(found, "first_order", models.GAUSSIAN.first_order)
    grouped = correlated_gaussian("sobol", groups="correlated")
    assert_allclose(grouped["total_order"], 1.0, atol=0.05)


def test_what_no_output_uses_has_exactly_nothing():
    parameters = {**models.TRADE_OFF.parameters, "idle": models.law("normal", mu=0.0, sigma=1.0)}

    def other(x1):
        return 2.0 * x1

    model = mc.Model.from_functions([models.demand, other])
    for method in ("sobol", "shapley", "full_independent", "rank", "morris"):
        found = mc.sensitivity({"parameters": parameters}, model=model, method=method, draws=128, chains=4)
        main = found[found.attrs["sorted_by"]]
        assert_array_equal(main.sel(parameter="idle"), 0.0)
        assert_array_equal(main.sel(output="other", parameter=["x2", "x3"]), 0.0)
        assert not found["reaches"].sel(parameter="idle").any()
        assert found["reaches"].sel(output="other").values.sum() == 1


def test_an_output_that_does_not_vary_has_zeros_and_a_note():
    def still(x1):
        return 3.3 + 0.0 * x1

    model = mc.Model.from_functions([models.demand, still])
    for method in ("sobol", "shapley", "full_independent", "rank", "src"):
        found = mc.sensitivity({"parameters": models.ELASTIC}, model=model, method=method, draws=128, chains=4)
        assert_array_equal(found[found.attrs["sorted_by"]].sel(output="still"), 0.0)
        assert "still does not vary" in found.attrs["notices"]
        assert not any(np.isnan(one).any() for name, one in found.data_vars.items() if "mcse" not in name[:4])


@COMPILED
def test_same_bits_with_any_number_of_threads_and_the_draws_of_simulate():
    one, two = (
        mc.sensitivity("consensus", method="shapley", outputs="energy_served", years=2030, draws=2048, threads=k)
        for k in (1, 2)
    )
    assert one.identical(two)
    assert one["shapley_effect"].sum().item() == pytest.approx(1.0)


@COMPILED
def test_correlated_members_that_an_output_does_not_need_do_not_share_in_it():
    """What one output is asked with does not change its indices."""
    alone = mc.sensitivity("consensus", method="full_independent", outputs="capacity", years=2030, draws=1024)
    beside = mc.sensitivity(
        "consensus", method="full_independent", outputs=["energy_served", "capacity"], years=2030, draws=1024
    ).sel(output="capacity", parameter=alone["parameter"])
    used = alone.sel(output="capacity").where(alone["full_first_order"].sel(output="capacity") != 0, drop=True)
    for name in ("full_first_order", "independent_total_order"):
        both = beside[name].sel(parameter=used["parameter"])
        assert_allclose(both, used[name], rtol=1e-9)
    assert float(beside["full_first_order"].sel(parameter="request_growth").item()) == 0.0


def test_yearly_parameters_are_groups():
    """Problem 11's growth: the whole path is one factor, so it and the start explain the sum by their variances."""

    def level(previous_level, growth):
        return previous_level + growth

    def initial_level(start):
        return start

    priors = {
        "prior_set": {"years": {"start": 2025, "stop": 2030}},
        "parameters": {
            "growth": {
                "distribution": "normal",
                "mu": 0.5,
                "sigma": 0.25,
                "varies": {"kind": "ar1", "persistence": 0.6},
            },
            "start": models.law("normal", mu=0.0, sigma=0.4),
        },
    }
    model = mc.Model.from_functions([level, initial_level])
    found = mc.sensitivity(priors, model=model, method="sobol", outputs="level", scale="raw", draws=DRAWS)
    t = 5
    path = 0.0625 * (t + 2 * sum((t - k) * 0.6**k for k in range(1, t)))
    exact = {"growth": path / (path + 0.16), "start": 0.16 / (path + 0.16)}
    assert_index(found.sel(output="level", year=2030), "first_order", exact)
    assert_index(found.sel(output="level", year=2030), "total_order", exact)
    shapley = mc.sensitivity(priors, model=model, method="shapley", outputs="level", scale="raw", draws=DRAWS)
    assert_index(shapley.sel(output="level", year=2030), "shapley_effect", exact)


def test_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).normal(size=(8, 1, 1))
    sums = PickSums(np.ones((8, 1, 1)), values, values)
    found = jackknife(sums, lambda of: {"mean": of.first / of.count})["mean"]
    assert_allclose(found.value, values.mean(axis=0))
    assert_allclose(found.mcse, values.std(ddof=1) / math.sqrt(8))
