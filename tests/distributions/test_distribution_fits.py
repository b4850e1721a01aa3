"""Laws stated by quantiles."""

import math

import mpmath
import numpy as np
import pytest
from example_laws import EXAMPLES, ORACLES
from numpy.testing import assert_allclose

from mcdemand.errors import PriorSetError
from mcdemand.law_statement import law_quantile
from mcdemand.prior_set import load_prior_set

LEVEL_PAIRS = [("p5", "p95"), ("p10", "p50"), ("p0.1", "p99.9"), ("p25", "p75")]
TWO_PARAMETER = ("beta", "lognormal", "loguniform", "normal", "uniform")


def prior(row):
    return load_prior_set({"parameters": {"x": row}}).parameters["x"]


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        prior(row)
    return str(error.value)


def level(key):
    return float(key[1:]) / 100


def reproduces(row, stated):
    found = prior(row)
    quantiles = [law_quantile(found.distribution, found.values, level(key)) for key in stated]
    assert_allclose(quantiles, list(stated.values()), rtol=1e-9)
    return found.values


@pytest.mark.parametrize("family", TWO_PARAMETER)
@pytest.mark.parametrize("keys", LEVEL_PAIRS, ids="-".join)
def test_two_quantiles_give_the_parameters_back(family, keys):
    values = EXAMPLES[family][0]
    stated = {key: float(ORACLES[family](**values).ppf(level(key))) for key in keys}
    found = reproduces({"distribution": family, **stated}, stated)
    assert_allclose([found[name] for name in values], list(values.values()), rtol=1e-8)


@pytest.mark.parametrize("stated", [{"p1": -3.0, "p2": 5.0}, {"p40": 1e-3, "p41": 1e3}], ids=str)
def test_two_close_levels_are_met(stated):
    reproduces({"distribution": "normal", **stated}, stated)


@pytest.mark.parametrize("lower", [0.0, 1.0, -20.0])
def test_two_piece_lognormal_meets_all_three(lower):
    stated = {"p5": 12.0, "p50": 70.0, "p95": 500.0}
    found = reproduces({"distribution": "two_piece_lognormal", "lower": lower, **stated}, stated)
    z95 = 1.6448536269514722
    assert_allclose(found["sigma_lower"], math.log((70 - lower) / (12 - lower)) / z95, rtol=1e-14)
    assert_allclose(found["sigma_upper"], math.log((500 - lower) / (70 - lower)) / z95, rtol=1e-14)


def test_beta_is_fitted_between_other_bounds():
    stated = {"p10": -1.0, "p90": 2.5}
    found = reproduces({"distribution": "beta", "lower": -3, "upper": 4, **stated}, stated)
    exact = ORACLES["beta"](**found)
    assert_allclose([exact.cdf(-1.0), exact.cdf(2.5)], [0.1, 0.9], rtol=1e-9)


def test_triangular_is_fitted_to_three_quantiles_or_two_and_the_mode():
    values = EXAMPLES["triangular"][0]
    exact = ORACLES["triangular"](**values)
    stated = {key: float(exact.ppf(level(key))) for key in ("p5", "p50", "p95")}
    found = reproduces({"distribution": "triangular", **stated}, stated)
    assert_allclose(list(found.values()), list(values.values()), rtol=1e-6)
    del stated["p50"]
    found = reproduces({"distribution": "triangular", "mode": 2, **stated}, stated)
    assert_allclose(list(found.values()), list(values.values()), rtol=1e-6)


def test_lognormal_elicitation():
    """Reference problem 18: a 5 % quantile of 10 and a 95 % quantile of 1000."""
    found = prior({"distribution": "lognormal", "p5": 10, "p95": 1000}).values
    with mpmath.workdps(30):
        z95 = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf("0.9"))
        mu, sigma = mpmath.log(100), mpmath.log(10) / z95
        mean = mpmath.exp(mu + sigma**2 / 2)
    assert_allclose([found["mu"], found["sigma"]], [float(mu), float(sigma)], rtol=1e-14)
    assert_allclose([found["mu"], found["sigma"]], [4.605170186, 1.399872338], atol=5e-10)
    assert_allclose(float(mean), 266.398010, atol=5e-7)


def test_triangular_elicitation():
    """Reference problem 18: Tri(1, 2, 5), its sd by Gauss-Legendre quadrature of the quantile function."""
    found = prior({"distribution": "triangular", "lower": 1, "mode": 2, "upper": 5})
    assert_allclose(law_quantile(found.distribution, found.values, 0.95), 4.225403331, atol=5e-10)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    v, w = (nodes + 1) / 2, weights / 2
    below, above = 0.25 * v**2, 1 - 0.75 * v**2
    x = np.array([law_quantile(found.distribution, found.values, u) for u in (*below, *above)])
    mass = np.concatenate([0.25 * 2 * v * w, 0.75 * 2 * v * w])
    mean = mass @ x
    assert_allclose(mean, 8 / 3, rtol=1e-14)
    assert_allclose(np.sqrt(mass @ (x - mean) ** 2), 0.849836586, atol=5e-10)


def test_beta_elicitation():
    """Beta(4/3 + 1, ...) of PERT(1, 2, 5): alpha 2, beta 4 between 1 and 5."""
    found = prior({"distribution": "beta", "alpha": 2, "beta": 4, "lower": 1, "upper": 5})
    assert_allclose(law_quantile(found.distribution, found.values, 0.95), 3.629633272, atol=5e-10)


@pytest.mark.parametrize(
    ("alpha", "beta", "printed"),
    [
        (38.5, 25.6, (0.50, 0.60, 0.70)),
        (18.8, 6.3, (0.60, 0.76, 0.88)),
        (24.6, 15.0, (0.49, 0.62, 0.74)),
        (3.3, 2.0, (0.28, 0.64, 0.91)),
        (2.63, 5.59, (0.10, 0.31, 0.60)),
        (3.9, 1.44, (0.40, 0.76, 0.96)),
    ],
)
def test_betas_of_the_model_document(alpha, beta, printed):
    found = prior({"distribution": "beta", "alpha": alpha, "beta": beta})
    quantiles = [law_quantile(found.distribution, found.values, u) for u in (0.05, 0.5, 0.95)]
    assert_allclose(quantiles, printed, atol=0.0055)


@pytest.mark.parametrize("family", ["lognormal", "loguniform", "normal", "uniform"])
def test_too_many_quantiles_are_refused_with_the_misfit(family):
    message = refusal({"distribution": family, "p5": 1, "p50": 5, "p95": 6})
    assert f"the nearest {family} gives" in message
    assert 'fit = "least_squares"' in message


def test_least_squares_is_the_regression_of_values_on_scores():
    stated = {"p5": 1.0, "p50": 5.0, "p95": 6.0}
    found = prior({"distribution": "normal", "fit": "least_squares", **stated}).values
    z95 = 1.6448536269514722
    assert_allclose(found["mu"], 4.0, rtol=1e-13)
    assert_allclose(found["sigma"], (6.0 - 1.0) * z95 / (2 * z95**2), rtol=1e-13)


def test_beta_by_least_squares_cannot_be_improved():
    stated = {0.05: 0.1, 0.5: 0.5, 0.95: 0.6}
    row = {"distribution": "beta", "fit": "least_squares", "p5": 0.1, "p50": 0.5, "p95": 0.6}
    assert "the nearest beta gives" in refusal({**row, "fit": "exact"})
    found = prior(row).values

    def misfit(alpha, beta):
        x = ORACLES["beta"](alpha, beta, 0.0, 1.0).ppf(list(stated))
        y = np.array(list(stated.values()))
        return float(np.sum((np.log(x / (1 - x)) - np.log(y / (1 - y))) ** 2))

    best = misfit(found["alpha"], found["beta"])
    for step in (0.99, 1.01):
        assert misfit(found["alpha"] * step, found["beta"]) > best
        assert misfit(found["alpha"], found["beta"] * step) > best


def test_quantiles_that_agree_may_be_more_than_needed():
    stated = {"p5": 3 - 2 * 1.6448536269514722, "p50": 3.0, "p95": 3 + 2 * 1.6448536269514722}
    found = reproduces({"distribution": "normal", **stated}, stated)
    assert_allclose([found["mu"], found["sigma"]], [3.0, 2.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"distribution": "normal", "p5": 3, "p95": 2}, "p95: 2.0: must be above p5 = 3.0"),
        ({"distribution": "normal", "p5": 3, "p95": 3}, "p95: 3.0: must be above p5 = 3.0"),
        ({"distribution": "normal", "p50": 3}, "state two quantiles, or the parameters"),
        ({"distribution": "normal", "p0": 1, "p50": 3}, "p0: a quantile's level"),
        ({"distribution": "normal", "p100": 1, "p50": 3}, "p100: unknown"),
        ({"distribution": "normal", "p5": math.nan, "p50": 3}, "p5: nan: must be finite"),
        ({"distribution": "normal", "p5": "1", "p50": 3}, "p5: '1': must be a number"),
        ({"distribution": "normal", "p5": True, "p50": 3}, "p5: True: must be a number"),
        ({"distribution": "normal", "p5": 1, "p5.0": 2, "p50": 3}, "p5.0: 2: the same quantile is stated twice"),
        ({"distribution": "normal", "p2": {"5": 1}, "p50": 3}, 'must be a number; quote the key, "p2.5"'),
        ({"distribution": "normal", "p5": 1, "p50": 10**400}, "p50: 1"),
        ({"distribution": "normal", "p5": 1, "p50": 3, "mu": 0}, "mu: 0.0: contradicts the quantiles"),
        ({"distribution": "lognormal", "p5": 0, "p50": 3}, "p5: 0.0: must be above 0"),
        ({"distribution": "loguniform", "p5": -1, "p50": 3}, "p5: -1.0: must be above 0"),
        ({"distribution": "loguniform", "p50": 3}, "state two quantiles"),
        ({"distribution": "beta", "p5": 0.2, "p95": 1}, "beta takes two quantiles between 0.0 and 1.0"),
        ({"distribution": "beta", "p50": 0.2}, "beta takes two quantiles"),
        ({"distribution": "triangular", "p5": 1, "p95": 2}, "three quantiles, or two and the mode"),
        (
            {"distribution": "two_piece_lognormal", "p5": 0, "p50": 1, "p95": 2},
            "p5: 0.0: must be above the lower bound",
        ),
        ({"distribution": "two_piece_lognormal", "p5": 1, "p95": 2}, "takes p50, one quantile below it and one above"),
        ({"distribution": "two_piece_lognormal", "p5": 1, "p25": 2, "p50": 3, "p95": 4}, "takes p50, one quantile"),
        ({"distribution": "constant", "p50": 3}, "p50: constant is not stated by quantiles"),
        ({"distribution": "categorical", "p50": 3}, "p50: categorical is not stated by quantiles"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_quantiles_that_state_no_law_are_refused(row, rule):
    message = refusal(row)
    assert message.startswith("mapping: parameters.x.")
    assert rule in message
