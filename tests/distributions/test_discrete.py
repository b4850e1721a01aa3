"""Laws of whole numbers: step by step against SciPy, into the tails, in other laws, and refused where too wide."""

import math

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pieced_laws import law_of
from scipy import stats
from scipy.special import ndtri

from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set

TAIL = np.array([1e-15, 1e-12, 1e-9, 1e-6, 0.0011, 0.013, 0.12, 0.31, 0.47])
LAWS = [
    ({"distribution": "bernoulli", "p": 0.3}, stats.bernoulli(0.3)),
    ({"distribution": "binomial", "n": 40, "p": 0.2}, stats.binom(40, 0.2)),
    ({"distribution": "binomial", "n": 1_000_000, "p": 0.3}, stats.binom(1_000_000, 0.3)),
    ({"distribution": "poisson", "mu": 0.02}, stats.poisson(0.02)),
    ({"distribution": "poisson", "mu": 1e6}, stats.poisson(1e6)),
    ({"distribution": "negative_binomial", "mu": 30, "alpha": 2.5}, stats.nbinom(2.5, 2.5 / 32.5)),
    ({"distribution": "negative_binomial", "n": 4, "p": 0.3}, stats.nbinom(4, 0.3)),
    ({"distribution": "geometric", "p": 0.01}, stats.geom(0.01)),
    ({"distribution": "discrete_uniform", "lower": -7, "upper": 1000}, stats.randint(-7, 1001)),
]
BY_LAW = [f"{row['distribution']}{k}" for k, (row, _) in enumerate(LAWS)]


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"x": row}})
    return str(error.value).removeprefix("mapping: parameters.x.")


@pytest.mark.parametrize(("row", "exact"), LAWS, ids=BY_LAW)
def test_quantiles_are_scipys_in_body_and_tails(row, exact):
    law = law_of(row)
    assert_array_equal(law.quantiles(ndtri(TAIL)), exact.ppf(TAIL))
    upper = law.quantiles(-ndtri(TAIL))
    # By the survival function itself: SciPy's search for its quantiles is off by one now and then.
    assert np.all(exact.sf(upper) <= TAIL)
    assert np.all(exact.sf(upper - 1) > TAIL)


def test_poisson_tail_is_that_of_mpmath():
    law = law_of({"distribution": "poisson", "mu": 3.5})
    with mpmath.workdps(40):
        exact = [float(1 - mpmath.gammainc(k + 1, 3.5, regularized=True)) for k in (3, 12, 20, 25)]
    assert_allclose(stats.norm.sf(law.normal_scores(np.array([3.0, 12.0, 20.0, 25.0]))), exact, rtol=1e-11)


def test_a_success_that_is_sure_or_impossible_is_one_number():
    scores = np.array([-8.2, 0.0, 8.2])
    for row, value in (
        ({"distribution": "bernoulli", "p": 0}, 0.0),
        ({"distribution": "bernoulli", "p": 1}, 1.0),
        ({"distribution": "binomial", "n": 9, "p": 1}, 9.0),
        ({"distribution": "binomial", "n": 9, "p": 0}, 0.0),
        ({"distribution": "geometric", "p": 1}, 1.0),
        ({"distribution": "discrete_uniform", "lower": 4, "upper": 4}, 4.0),
    ):
        found = law_of(row).quantiles(scores)
        assert_array_equal(found, np.full(3, value))
        assert not np.signbit(found).any()


def test_successes_state_the_mean_and_the_spread():
    law = law_of({"distribution": "negative_binomial", "n": 4, "p": 0.25})
    assert law.values == {"mu": 12.0, "alpha": 4.0}


@pytest.mark.parametrize(
    "row",
    [
        {"distribution": "zero_inflated", "probability": 0.25, "law": LAWS[1][0]},
        {"distribution": "hurdle", "probability": 0.25, "law": LAWS[1][0]},
        {"distribution": "mixture", "components": [LAWS[1][0], {"distribution": "constant", "value": 0}]},
        {**LAWS[1][0], "truncation": {"lower": 3, "upper": 12}},
    ],
    ids=["zero_inflated", "hurdle", "mixture", "truncated"],
)
def test_laws_of_whole_numbers_draw_whole_numbers_as_often_as_they_should(row, draw, size):
    count = size(200_000, 512)
    x = draw({"parameters": {"x": row}}, count, seed=5)["x"][0]
    k = np.arange(41)
    mass = stats.binom(40, 0.2).pmf(k)
    weight = {"zero_inflated": 0.75, "hurdle": 0.75 / (1 - mass[0]), "mixture": 0.5}.get(row["distribution"], 0.0)
    expected = weight * mass
    expected[0] = {"zero_inflated": 0.25 + 0.75 * mass[0], "hurdle": 0.25, "mixture": 0.5 + 0.5 * mass[0]}.get(
        row["distribution"], 0.0
    )
    if "truncation" in row:
        inside = (k >= 3) & (k <= 12)
        expected = np.where(inside, mass / mass[inside].sum(), 0.0)
    counts = np.bincount(x.astype(int), minlength=41)
    assert_array_equal(x, np.floor(x))
    rate = 1e-6 / (2 * k.size)
    assert np.all(counts >= stats.binom.ppf(rate, count, expected))
    assert np.all(counts <= stats.binom.isf(rate, count, expected))


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"distribution": "poisson", "mu": 0}, "mu: 0.0: must be above 0"),
        ({"distribution": "poisson", "mu": 1e12}, "so wide a poisson draws over 131072 different numbers"),
        ({"distribution": "binomial", "n": 2.5, "p": 0.5}, "n: 2.5: must be a whole number, at least 1"),
        ({"distribution": "binomial", "n": 2, "p": 1.5}, "p: 1.5: must be between 0 and 1"),
        ({"distribution": "binomial", "n": 1e13, "p": 0.5}, "so wide a binomial"),
        ({"distribution": "binomial", "n": 1e17, "p": 0.5}, "so large a binomial"),
        ({"distribution": "poisson", "mu": 1e30}, "so large a poisson draws numbers that no double tells apart"),
        ({"distribution": "bernoulli", "p": -0.1}, "p: -0.1: must be between 0 and 1"),
        ({"distribution": "geometric", "p": 0}, "p: 0.0: must be above 0"),
        ({"distribution": "geometric", "p": 1e-9}, "so wide a geometric"),
        ({"distribution": "negative_binomial", "n": 4, "p": 1}, "p: 1.0: must lie between 0 and 1"),
        ({"distribution": "negative_binomial", "n": 4}, "p: missing"),
        ({"distribution": "negative_binomial", "mu": 4, "alpha": -1}, "alpha: -1.0: must be above 0"),
        ({"distribution": "discrete_uniform", "lower": 2, "upper": 1}, "upper: 1.0: must not be below lower"),
        ({"distribution": "discrete_uniform", "lower": 0, "upper": 1e9}, "so wide a discrete_uniform"),
        ({"distribution": "discrete_uniform", "lower": 1e17, "upper": 1e17}, "so large a discrete_uniform"),
        (
            {"distribution": "hurdle", "probability": 0.5, "law": {"distribution": "constant", "value": 0}},
            "law: has no",
        ),
        (
            {"distribution": "hurdle", "probability": 1.5, "law": LAWS[3][0]},
            "probability: 1.5: must be between 0 and 1",
        ),
        ({"distribution": "hurdle", "probability": 0.5, "law": {"distribution": "poisson", "mu": -1}}, "law.mu: -1.0"),
        ({"distribution": "poisson", "mu": 3, "p50": 3}, "p50: poisson is not stated by quantiles"),
        ({"distribution": "poisson", "mu": math.nan}, "mu: nan: must be finite"),
    ],
    ids=str,
)
def test_what_is_no_law_of_whole_numbers_is_refused(row, rule):
    assert rule in refusal(row)
