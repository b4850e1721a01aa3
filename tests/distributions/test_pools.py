"""Pools of experts: linear ones are mixtures, logarithmic ones multiply densities."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pieced_laws import law_of
from scipy import integrate, stats
from scipy.special import ndtri

from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set

LEVELS = np.array([1e-12, 1e-6, 0.01, 0.2, 0.5, 0.8, 0.99])


def normal(mu, sigma):
    return {"distribution": "normal", "mu": mu, "sigma": sigma}


def uniform(lower, upper):
    return {"distribution": "uniform", "lower": lower, "upper": upper}


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"x": row}})
    return str(error.value).removeprefix("mapping: parameters.x.")


@pytest.mark.parametrize("family", ["mixture", "log_pool"])
def test_weights_left_out_are_equal(family):
    row = {"distribution": family, "components": [normal(0, 1), normal(1, 2), normal(5, 1)]}
    assert law_of(row).values["weights"] == (1 / 3, 1 / 3, 1 / 3)
    again = law_of({**row, "weights": [1 / 3, 1 / 3, 1 / 3]})
    assert np.array_equal(again.quantiles(ndtri(LEVELS)), law_of(row).quantiles(ndtri(LEVELS)))


@pytest.mark.parametrize("distance", [0.0, 3.0, 30.0])
def test_a_pool_of_normals_is_normal_with_weighted_precisions(distance):
    row = {"distribution": "log_pool", "components": [normal(0, 1), normal(distance, 2)], "weights": [0.25, 0.75]}
    precision = 0.25 + 0.75 / 4
    exact = stats.norm(0.75 / 4 * distance / precision, precision**-0.5)
    assert_allclose(law_of(row).quantiles(ndtri(LEVELS)), exact.ppf(LEVELS), rtol=1e-10, atol=1e-10)
    assert_allclose(law_of(row).quantiles(-ndtri(LEVELS)), exact.isf(LEVELS), rtol=1e-10, atol=1e-10)


def test_experts_who_agree_are_not_surer_together():
    row = {"distribution": "log_pool", "components": [{"distribution": "lognormal", "mu": 1, "sigma": 2}] * 3}
    assert_allclose(law_of(row).quantiles(ndtri(LEVELS)), stats.lognorm(2, scale=np.e).ppf(LEVELS), rtol=1e-9)


def test_a_pool_lives_where_all_experts_do():
    row = {"distribution": "log_pool", "components": [uniform(0, 3), uniform(2, 9), normal(0, 1)]}
    law = law_of(row)
    assert law.support() == (2.0, 3.0)
    sd = 3**0.5
    exact = stats.truncnorm(2 / sd, 3 / sd, scale=sd)
    assert_allclose(law.quantiles(ndtri(LEVELS)), exact.ppf(LEVELS), rtol=1e-9)


def test_a_pool_of_unlike_laws_has_the_product_of_their_densities():
    row = {
        "distribution": "log_pool",
        "components": [
            {"distribution": "lognormal", "mu": 0, "sigma": 1},
            {"distribution": "triangular", "lower": 0, "mode": 1, "upper": 4},
        ],
        "weights": [0.4, 0.6],
    }
    law = law_of(row)

    def product(x):
        return stats.lognorm(1).pdf(x) ** 0.4 * stats.triang(0.25, 0, 4).pdf(x) ** 0.6

    mass = integrate.quad(product, 0, 1, epsabs=0)[0] + integrate.quad(product, 1, 4, epsabs=0)[0]
    for x in (0.3, 0.8):
        assert_allclose(
            stats.norm.cdf(law.normal_scores(np.array([x]))),
            integrate.quad(product, 0, x, epsabs=0)[0] / mass,
            rtol=1e-9,
        )
    assert_allclose(law.density(np.array([0.3, 2.0])), product(np.array([0.3, 2.0])) / mass, rtol=1e-9)


def test_pools_nest_and_are_truncated():
    inner = {"distribution": "log_pool", "components": [normal(0, 1), normal(2, 1)]}
    row = {"distribution": "mixture", "components": [inner, uniform(4, 5)], "truncation": {"lower": 0.0}}
    found = law_of(row).quantiles(np.array([-9.0, 9.0]))
    assert_allclose(found, [0.0, 8.5 + 1], atol=3)
    assert found[0] >= 0


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"components": [normal(0, 1)], "weights": [0.5, 0.5]}, "must be as many as components, 1; there are 2"),
        ({"components": [normal(0, 1), normal(1, 1)], "weights": [0.5, 0.4]}, "must sum to 1; they sum to 0.9"),
        ({"components": [normal(0, 1), normal(1, 1)], "weights": [1.5, -0.5]}, "must not be negative"),
        ({"components": [uniform(0, 1), uniform(2, 3)]}, "components: no value lies in the support of all"),
        (
            {"components": [normal(0, 1), {"distribution": "poisson", "mu": 2}]},
            "a poisson law has no density to multiply",
        ),
        ({"components": [normal(0, 1), {"distribution": "constant", "value": 2}]}, "a constant law has no density"),
        ({"components": [normal(0, -1)]}, "components[1 of 1].sigma: -1.0: must be above 0"),
    ],
    ids=str,
)
def test_what_is_no_pool_is_refused(row, rule):
    assert rule in refusal({"distribution": "log_pool", **row})
