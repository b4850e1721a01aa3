"""The smooth families: other ways to state them, fits, mixtures of them, heavy tails, and refusals."""

import math
import time

import numba
import numpy as np
import pytest
from example_laws import label
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri
from smooth_laws import EXAMPLES, ORACLES

from mcdemand.distributions import distributions
from mcdemand.errors import PriorSetError
from mcdemand.law_statement import law_quantile
from mcdemand.prior_set import load_prior_set

LAWS = [(family, values) for family in EXAMPLES for values in EXAMPLES[family]]
INTERPRETED = bool(numba.config.DISABLE_JIT)
FOUR = ("p1", "p10", "p60", "p95")
KEYS = {
    "exponential": ("p90",),
    "generalized_normal": FOUR,
    "half_normal": ("p90",),
    "pert": ("p5", "p50", "p95"),
    "skew_normal": ("p5", "p50", "p95"),
    "student_t": FOUR,
    "trapezoidal": FOUR,
}
"""Quantiles that determine the law; two for all others."""
STATED = {"kumaraswamy": ("lower", "upper"), "logit_normal": ("lower", "upper"), "pert": ("weight",)}
"""What must be known beside them."""


def prior(row):
    return load_prior_set({"parameters": {"x": row}}).parameters["x"]


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        prior(row)
    return str(error.value)


def quantile(found, p):
    return law_quantile(found.distribution, found.values, p)


def level(key):
    return float(key[1:]) / 100


@pytest.mark.parametrize("family", sorted(EXAMPLES))
def test_quantiles_give_the_parameters_back(family):
    values = EXAMPLES[family][0]
    stated = {key: float(ORACLES[family](**values).ppf(level(key))) for key in KEYS.get(family, ("p10", "p90"))}
    known = {name: values[name] for name in STATED.get(family, ())}
    found = prior({"distribution": family, **known, **stated})
    assert_allclose([found.values[name] for name in values], list(values.values()), rtol=1e-8, atol=1e-9)
    assert_allclose([quantile(found, level(key)) for key in stated], list(stated.values()), rtol=1e-9)


@pytest.mark.parametrize(
    ("family", "known", "keys"),
    [
        ("student_t", {"nu": 4.0}, ("p5", "p50")),
        ("student_t", {}, ("p5", "p25", "p95")),
        ("half_student_t", {"nu": 4.0}, ("p95",)),
        ("generalized_normal", {"beta": 1.5}, ("p5", "p95")),
        ("pert", {"lower": 1.0, "upper": 5.0}, ("p50",)),
        ("pert", {"mode": 2.0}, ("p5", "p95")),
        ("pert", {"lower": 1.0, "mode": 2.0}, ("p95",)),
    ],
    ids=str,
)
def test_known_parameters_take_the_place_of_quantiles(family, known, keys):
    values = EXAMPLES[family][0]
    stated = {key: float(ORACLES[family](**values).ppf(level(key))) for key in keys}
    found = prior({"distribution": family, **known, **stated})
    assert_allclose([found.values[name] for name in values], list(values.values()), rtol=1e-7)


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ({"distribution": "lognormal", "mean": 3.0, "sd": 2.0}, None),
        ({"distribution": "gamma", "mean": 3.0, "sd": 2.0}, None),
        ({"distribution": "beta", "mean": 0.3, "sd": 0.1}, None),
        ({"distribution": "beta", "mean": 3.0, "sd": 2.0, "lower": -1.0, "upper": 8.0}, None),
        ({"distribution": "exponential", "mean": 3.0}, {"lam": 1 / 3}),
        ({"distribution": "exponential", "scale": 4.0}, {"lam": 0.25}),
    ],
    ids=str,
)
def test_moments_state_a_law(row, values):
    found = prior(row)
    law = found.distribution.oracle(found.values)
    assert_allclose(law.mean(), row.get("mean", 4.0), rtol=1e-12)
    assert_allclose(law.std(), row.get("sd", law.mean()), rtol=1e-12)
    assert values is None or found.values == pytest.approx(values, rel=1e-15)


def test_pert_elicitation():
    """Reference problem 18: PERT(1, 2, 5) and its 95 % quantile, mean and sd."""
    found = prior({"distribution": "pert", "lower": 1, "mode": 2, "upper": 5})
    assert_allclose(quantile(found, 0.95), 3.629633272, atol=5e-10)
    nodes, weights = np.polynomial.legendre.leggauss(100 if INTERPRETED else 200)
    x = np.array([quantile(found, p) for p in 0.5 * (nodes + 1)])
    mean = 0.5 * weights @ x
    assert_allclose(mean, 7 / 3, atol=1e-5)
    assert_allclose(math.sqrt(0.5 * weights @ (x - mean) ** 2), 0.712696645, atol=1e-5)


@pytest.mark.parametrize("family", sorted(EXAMPLES)[:: 5 if INTERPRETED else 2])
def test_a_mixture_of_it_has_its_quantiles(family):
    """Of the law and its lower half: below the median the probability is p / 2 + p, above it 1/2 + p / 2."""
    values = EXAMPLES[family][0]
    oracle = ORACLES[family](**values)
    middle = float(oracle.ppf(0.5))
    one = {"distribution": family, **values}
    low = {**one, "truncation": {"upper": middle}}
    found = prior({"distribution": "mixture", "components": [one, low], "weights": [0.5, 0.5]}).law
    exact = oracle.ppf(np.array([0.05, 0.2, 0.4, 0.7, 0.9]))
    levels = np.array([0.075, 0.3, 0.6, 0.85, 0.95])
    spread = float(np.ptp(oracle.ppf([0.25, 0.75])))
    assert_allclose(ndtr(found.normal_scores(exact)), levels, rtol=1e-9)
    assert_allclose(found.quantiles(np.array([-1.4395314709384563, 1.0364333894937898])), exact[[0, 3]],
                    rtol=1e-9, atol=1e-9 * spread)  # fmt: skip


@pytest.mark.parametrize(("family", "values"), LAWS, ids=label)
def test_density_is_the_slope_of_the_distribution_function(family, values):
    oracle, member = ORACLES[family](**values), distributions()[family]
    x = oracle.ppf(np.array([0.1, 0.37, 0.61, 0.93]))
    h = 1e-5 * float(np.ptp(oracle.ppf([0.25, 0.75])))
    h = np.minimum(h, 1e-5 * np.abs(x - member.ends(values)[0]))
    slope = (np.asarray(oracle.cdf(x + h)) - np.asarray(oracle.cdf(x - h))) / (2 * h)
    assert_allclose(np.exp(member.log_density(x, values)), slope, rtol=3e-6)


TAIL_INDICES = {
    "cauchy": lambda _values: 1.0,
    "half_student_t": lambda values: values["nu"],
    "inverse_gamma": lambda values: values["alpha"],
    "log_logistic": lambda values: values["beta"],
    "pareto": lambda values: values["alpha"],
    "student_t": lambda values: values["nu"],
}
"""Moments of that order and above are infinite."""


@pytest.mark.parametrize(("family", "values"), LAWS[:: 3 if INTERPRETED else 1], ids=label)
def test_moments_are_infinite_from_the_tail_index_on(family, values):
    """In the tail ln P(X > x) falls by the index a unit of ln x, and faster without bound where there is none."""
    member = distributions()[family]
    if math.isfinite(member.ends(values)[1]):
        assert family not in TAIL_INDICES
        return
    x = [member.quantile(z, member.kernel_numbers(values)) for z in (7.5, 8.2)]
    centre = values.get("mu", 0.0) if family != "cauchy" else values["alpha"]
    log_p = np.log(ndtr([-7.5, -8.2]))
    index = (log_p[0] - log_p[1]) / np.log((x[1] - centre) / (x[0] - centre))
    if family not in TAIL_INDICES:
        assert index > 6 or family in ("weibull", "generalized_normal")
    elif values.get("nu", 0) < 100:
        assert_allclose(index, TAIL_INDICES[family](values), rtol=0.02)


def test_a_trapezoid_that_only_falls_is_exact_at_its_least_value():
    """It is a triangle: 1 - F is (1 - x)^2, so that x = p / (1 + sqrt(1 - p))."""
    row = {"distribution": "trapezoidal", "lower": 0.0, "mode_lower": 0.0, "mode_upper": 0.0, "upper": 1.0}
    p = np.array([1e-14, 1e-9, 1e-4, 0.1, 0.5])
    assert_allclose(prior(row).law.quantiles(ndtri(p)), p / (1 + np.sqrt(1 - p)), rtol=1e-9, atol=3e-16)


def test_thirty_rows_load_fast():
    rows = {f"x{k}": {"distribution": family, **values} for k, (family, values) in enumerate(LAWS[:30])}
    distributions()["arcsine"].kernel_numbers({"lower": 0.0, "upper": 1.0})
    start = time.process_time()
    load_prior_set({"parameters": rows})
    assert time.process_time() - start < (15.0 if INTERPRETED else 1.5)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"distribution": "lognormal", "mean": -3.0, "sd": 2.0}, "mean: -3.0: must be above 0"),
        ({"distribution": "lognormal", "mean": 3.0, "sd": 0.0}, "sd: 0.0: must be above 0"),
        ({"distribution": "lognormal", "mean": 3.0}, "sd: missing; mean goes with mean and sd"),
        ({"distribution": "lognormal", "mean": 3.0, "sd": 1.0, "mu": 0.0}, "mu: 0.0: contradicts mean and sd"),
        ({"distribution": "lognormal", "p5": 1.0, "p95": 3.0, "mean": 2.0}, "mean: 2.0: contradicts the quantiles"),
        ({"distribution": "beta", "mean": 1.5, "sd": 0.1}, "mean: 1.5: must lie between lower = 0.0 and upper = 1.0"),
        ({"distribution": "beta", "mean": 0.5, "sd": 0.6}, "sd: 0.6: must be below 0.5"),
        ({"distribution": "gamma", "mean": 0.0, "sd": 0.6}, "mean: 0.0: must be above 0"),
        ({"distribution": "exponential", "scale": 0.0}, "scale: 0.0: must be above 0"),
        ({"distribution": "gamma", "alpha": 1e6, "beta": 1.0}, "alpha: 1000000.0: must be at most 100000"),
        ({"distribution": "inverse_gamma", "alpha": 1e-9, "beta": 1.0}, "alpha: 1e-09: must be at least 0.001"),
        ({"distribution": "student_t", "nu": 0.1, "mu": 0, "sigma": 1}, "nu: 0.1: must be at least 0.2"),
        ({"distribution": "student_t", "nu": 1e7, "mu": 0, "sigma": 1}, "many degrees of freedom are normal"),
        ({"distribution": "student_t", "p5": 0, "p50": 1, "p95": 2}, "three around p50 do not tell nu"),
        ({"distribution": "student_t", "nu": 0, "p5": 0, "p95": 2}, "nu: 0.0: must be at least 0.2"),
        ({"distribution": "half_student_t", "p50": 1}, "half_student_t takes two quantiles, or nu and one"),
        ({"distribution": "generalized_normal", "p5": 0, "p50": 1, "p95": 2}, "three around p50 do not tell beta"),
        ({"distribution": "generalized_normal", "mu": 0, "alpha": 1, "beta": 200}, "beta: 200.0: must be between"),
        ({"distribution": "skew_normal", "p5": 0, "p50": 1}, "skew_normal takes three quantiles"),
        ({"distribution": "skew_normal", "mu": 0, "sigma": 1, "alpha": 1e6}, "so skew a law is half-normal"),
        ({"distribution": "pert", "lower": 1, "mode": 6, "upper": 5}, "mode: 6.0: must lie between lower and upper"),
        ({"distribution": "pert", "lower": 1, "mode": 2, "upper": 1}, "upper: 1.0: must be above lower"),
        ({"distribution": "pert", "p5": 1, "p95": 2}, "pert takes 3 quantiles to find lower, mode, upper"),
        ({"distribution": "trapezoidal", "lower": 0, "mode_lower": 2, "mode_upper": 1, "upper": 3}, "mode_upper: 1.0"),
        ({"distribution": "trapezoidal", "lower": 0, "mode_lower": -1, "mode_upper": 1, "upper": 3}, "mode_lower: -1"),
        ({"distribution": "trapezoidal", "p5": 0, "p95": 1}, "trapezoidal takes four quantiles"),
        ({"distribution": "kumaraswamy", "p5": 0, "p95": 1}, "kumaraswamy takes two quantiles between 0.0 and 1.0"),
        ({"distribution": "logit_normal", "p5": 0.2, "p95": 2}, "logit_normal takes two quantiles between"),
        ({"distribution": "logistic", "mu": 0, "s": 0}, "s: 0.0: must be above 0"),
        ({"distribution": "pareto", "alpha": 1, "m": -1}, "m: -1.0: must be above 0"),
        ({"distribution": "weibull", "p5": -1, "p95": 1}, "p5: -1.0: must be above 0"),
        ({"distribution": "inverse_gamma", "p5": 0, "p95": 1}, "p5: 0.0: must be above 0"),
        ({"distribution": "exponential", "p5": 1, "p95": 2}, "the nearest exponential gives"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_rule_is_named(row, rule):
    assert rule in refusal(row)
