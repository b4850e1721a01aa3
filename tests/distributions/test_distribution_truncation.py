"""Truncation keeps the law and restricts its probability: Q(F(lower) + u (F(upper) - F(lower)))."""

import mpmath
import numpy as np
import pytest
from example_laws import ORACLES, SOME, label
from numpy.testing import assert_allclose
from scipy.special import ndtr

from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import prior_quantiles

LEVELS = np.array([1e-6, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-6])


def quantiles(row, levels=LEVELS):
    with np.errstate(all="ignore"):
        return prior_quantiles(load_prior_set({"parameters": {"x": row}}).parameters["x"], levels)


def normal_quantile_between(low, high, levels):
    """Quantiles of the standard normal between two bounds, to 40 digits, from the tail in which they lie."""
    if low > 0:
        return [-z for z in normal_quantile_between(-high, -low, [1 - u for u in levels])]
    with mpmath.workdps(40):
        bracket, start, stop = (low, high), mpmath.ncdf(low), mpmath.ncdf(high)
        wanted = [start + mpmath.mpf(u) * (stop - start) for u in levels]
        return [
            float(
                mpmath.findroot(lambda z, p=p: mpmath.log(mpmath.ncdf(z) / p), bracket, solver="bisect", maxsteps=150)
            )
            for p in wanted
        ]


@pytest.mark.parametrize(("family", "values"), SOME, ids=label)
@pytest.mark.parametrize(("below", "above"), [(0.1, 0.7), (0.0, 0.4), (0.3, 1.0), (0.6, 0.99)])
def test_quantiles_are_those_of_the_law_between_its_bounds(family, values, below, above):
    oracle = ORACLES[family](**values)
    bounds = {}
    if below > 0:
        bounds["lower"] = float(oracle.ppf(below))
    if above < 1:
        bounds["upper"] = float(oracle.ppf(above))
    found = quantiles({"distribution": family, **values, "truncation": bounds})
    exact = [float(oracle.ppf(below + u * (above - below))) for u in LEVELS]
    assert_allclose(found, exact, rtol=1e-9)
    assert np.all(found >= bounds.get("lower", -np.inf))
    assert np.all(found <= bounds.get("upper", np.inf))


@pytest.mark.parametrize(("low", "high"), [(8, 9), (-9, -8), (5, 40), (-1, 8.5), (-0.1, 0.1), (20, 21), (30, 31)])
def test_normal_truncated_in_the_far_tail(low, high):
    row = {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": low, "upper": high}}
    levels = (0.0625, 0.5, 0.9375)
    assert_allclose(quantiles(row, levels), normal_quantile_between(low, high, levels), rtol=1e-12, atol=1e-14)


def test_one_sided_truncation_in_the_far_tail():
    row = {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": 8}}
    with mpmath.workdps(40):
        half = mpmath.ncdf(-8) / 2
        median = float(-mpmath.findroot(lambda z: mpmath.log(mpmath.ncdf(z) / half), -8.08))
    assert_allclose(quantiles(row, (0.5,)), median, rtol=1e-13)


def test_request_ceiling_of_seed():
    """The model document's example: TPL1(100, 500, 1000) truncated at 1000."""
    prior = load_prior_set("seed").parameters["request_ceiling"]
    found = prior_quantiles(prior, (0.05, 0.5, 0.95))
    assert_allclose(found, [97.6, 470, 863], rtol=7e-4)
    assert_allclose(found, [ORACLES["two_piece_lognormal"](**prior.values).ppf(0.95 * u) for u in (0.05, 0.5, 0.95)])


def test_residual_growth_and_rebound_elasticity():
    """Medians printed in the model document, section 7."""
    parameters = load_prior_set("consensus").parameters
    found = [prior_quantiles(parameters[name], (0.5,))[0] for name in ("residual_growth", "rebound_elasticity")]
    assert_allclose(found, [0.0799576359, 0.9022203243], rtol=0, atol=5.1e-11)


def test_exceedances_of_the_model_document():
    """Exact checks 12 and 13: the level whose quantile is the threshold."""
    seed = load_prior_set("seed").parameters
    for name, threshold, exceedance in (("reasoning_multiplier", 100, 0.667), ("efficiency_ceiling", 10, 0.707)):
        assert_allclose(ndtr(-seed[name].distribution.score_of(threshold, seed[name].values)), exceedance, atol=5e-4)
    share = load_prior_set({"parameters": {"x": {"distribution": "beta", "alpha": 9, "beta": 3.5}}}).parameters["x"]
    assert_allclose(ndtr(-share.distribution.score_of(0.5, share.values)), 0.9496, atol=5e-5)


def test_a_quantile_is_the_same_alone_and_among_256():
    row = {"distribution": "lognormal", "mu": 0, "sigma": 1, "truncation": {"upper": 2}}
    levels = np.linspace(0.001, 0.999, 256)
    assert np.array_equal(quantiles(row, levels)[100:103], quantiles(row, levels[100:103]))


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (
            {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": 2, "upper": 1}},
            "must be below upper",
        ),
        (
            {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": 1, "upper": 1}},
            "must be below upper",
        ),
        ({"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": 50}}, "no probability between"),
        ({"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"upper": -50}}, "no probability between"),
        ({"distribution": "lognormal", "mu": 0, "sigma": 1, "truncation": {"upper": -1}}, "no probability between"),
        ({"distribution": "uniform", "lower": 0, "upper": 1, "truncation": {"lower": 1}}, "no probability between"),
        ({"distribution": "beta", "alpha": 2, "beta": 2, "truncation": {"lower": 2}}, "no probability between"),
        ({"distribution": "constant", "value": 0, "truncation": {"lower": 2}}, "cannot be truncated"),
        (
            {"distribution": "categorical", "categories": ["a"], "weights": [1], "truncation": {"lower": 2}},
            "cannot be truncated",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_truncation_that_leaves_nothing_is_refused(row, rule):
    with pytest.raises(PriorSetError, match=rf"parameters\.x\.truncation: .*{rule}"):
        load_prior_set({"parameters": {"x": row}})


@pytest.mark.parametrize("bad", [np.nan, np.inf, True, "2"], ids=repr)
def test_a_bound_is_a_finite_number(bad):
    row = {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": bad}}
    with pytest.raises(PriorSetError, match=r"parameters\.x\.truncation\.lower"):
        load_prior_set({"parameters": {"x": row}})
