"""Metalogs and tables of quantiles: through what is stated, against mpmath, refused where they fall."""

import math
import time

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from pieced_laws import law_of
from scipy import stats
from scipy.special import ndtri

from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set

LEVELS = (1e-12, 1e-6, 0.001, 0.03, 0.2, 0.5, 0.77, 0.95, 0.9999)
MANY = {"p1": -2.0, "p5": -0.634, "p10": -0.001, "p25": 0.968, "p50": 2.0, "p75": 3.1186, "p90": 4.3027, "p99": 6.8576}
DIPPING = {"p5": 0.0, "p25": 9.0, "p50": 9.3, "p75": 9.6, "p95": 20.0}


def prior(row):
    return load_prior_set({"parameters": {"x": row}}).parameters["x"]


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        prior(row)
    return str(error.value).removeprefix("mapping: parameters.x.")


def level(key):
    return float(key[1:]) / 100


def stated_quantiles(row, keys):
    return law_of(row).quantiles(ndtri([level(key) for key in keys]))


def exact_metalog(coefficients, p):
    """Keelin's M(p), written out, to 40 digits."""
    with mpmath.workdps(40):
        p = mpmath.mpf(p)
        logit, half = mpmath.log(p / (1 - p)), p - mpmath.mpf(1) / 2
        basis = [1, logit, half * logit, half, half**2, half**2 * logit, half**3, half**3 * logit, half**4]
        return sum(a * b for a, b in zip(coefficients, basis, strict=False))


def test_metalog_of_three_quantiles():
    """Reference problem 18."""
    row = {"distribution": "metalog", "p10": 1, "p50": 2, "p90": 5}
    assert_allclose(law_of(row).values["coefficients"], [2, 0.91023923, 1.13779903], atol=5e-9)
    assert_allclose(law_of(row).quantiles(ndtri([0.01, 0.95])), [0.37921989, 6.18772478], atol=5e-9)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    mean = np.sum(8.2 * weights * stats.norm.pdf(8.2 * nodes) * law_of(row).quantiles(8.2 * nodes))
    assert_allclose(mean, 2.568899517, atol=5e-10)


@pytest.mark.parametrize(
    "bounds",
    [{}, {"lower": -5}, {"upper": 20}, {"lower": -5, "upper": 20}],
    ids=["unbounded", "lower", "upper", "both"],
)
@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_metalog_meets_any_number_of_quantiles(bounds, count):
    keys = sorted({round(k * (len(MANY) - 1) / (count - 1)) for k in range(count)})
    stated = {key: value for k, (key, value) in enumerate(MANY.items()) if k in keys}
    row = {"distribution": "metalog", **stated, **bounds}
    assert_allclose(stated_quantiles(row, stated), list(stated.values()), rtol=1e-9, atol=1e-10)
    assert len(law_of(row).values["coefficients"]) == count


@pytest.mark.parametrize("bounds", [{}, {"lower": 1}, {"upper": -1}, {"lower": -3, "upper": 4}], ids=str)
def test_metalog_is_keelins_formula_into_the_tails(bounds):
    coefficients = (0.4, 0.9, 0.2, 0.3, -0.2, 0.1, 0.3, 0.05, 0.1)
    found = law_of({"distribution": "metalog", "coefficients": coefficients, **bounds}).quantiles(ndtri(LEVELS))
    with mpmath.workdps(40):
        m = [exact_metalog(coefficients, p) for p in LEVELS]
        if len(bounds) == 2:
            exact = [-3 + 7 / (1 + mpmath.exp(-one)) for one in m]
        elif "lower" in bounds:
            exact = [1 + mpmath.exp(one) for one in m]
        else:
            exact = [-1 - mpmath.exp(-one) for one in m] if "upper" in bounds else m
    # ndtri and the level 0.9999 are off by a rounding or two.
    assert_allclose(found, [float(x) for x in exact], rtol=1e-9)


def test_fewer_terms_are_least_squares_that_cannot_be_improved():
    row = {"distribution": "metalog", "terms": 4, **MANY}
    assert "the nearest metalog gives" in refusal(row)
    coefficients = np.array(law_of({**row, "fit": "least_squares"}).values["coefficients"])

    def misfit(a):
        return sum(float(exact_metalog(a, level(key)) - x) ** 2 for key, x in MANY.items())

    assert coefficients.size == 4
    for k in range(4):
        for step in (-1e-3, 1e-3):
            assert misfit(coefficients + step * np.eye(4)[k]) > misfit(coefficients)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"p10": 1, "p50": 1.01, "p90": 5}, "distribution: the metalog of 3 terms falls below p28.6"),
        (DIPPING, "falls between p"),
        ({"coefficients": [0, -1]}, "the metalog of 2 terms falls everywhere"),
        ({"coefficients": [0, 1, 3]}, "falls below p"),
        ({"coefficients": [0, 1, -3]}, "falls above p"),
        ({"p10": 1}, "terms: 1: must be a whole number from 2"),
        ({"p10": 1, "p50": 2, "terms": 3}, "terms: 3: must be a whole number from 2 to that of the quantiles, 2"),
        ({"p10": 1, "p50": 2, "terms": 1.5}, "terms: 1.5: must be a whole number"),
        ({"p10": 2, "p50": 1}, "p50: 1.0: must be above p10 = 2.0"),
        ({"p10": 1, "p50": 2, "lower": 1}, "p10: 1.0: must lie between lower 1.0 and upper inf"),
        ({"coefficients": [0, 1], "lower": 2, "upper": 1}, "upper: 1.0: must be above lower"),
        ({"coefficients": [0, 1], "terms": 3}, "terms: 3: there are 2 coefficients"),
        ({"coefficients": [1]}, "coefficients: 1 of them: must be 2 to 20"),
        ({"coefficients": [0, math.nan]}, "coefficients: nan: must be finite"),
    ],
    ids=str,
)
def test_what_is_no_metalog_is_refused(row, rule):
    assert rule in refusal({"distribution": "metalog", **row})


def test_the_interval_in_which_a_metalog_falls_is_where_it_does():
    message = refusal({"distribution": "metalog", **DIPPING})
    low, high = (float(word[1:]) / 100 for word in message.split("falls between ")[1].split(",")[0].split(" and "))
    functions = np.array([[float(exact_metalog(np.eye(5)[k], level(key))) for k in range(5)] for key in DIPPING])
    coefficients = np.linalg.solve(functions, list(DIPPING.values()))
    within = [float(exact_metalog(coefficients, p)) for p in np.linspace(low + 2e-3, high - 2e-3, 5)]
    around = [float(exact_metalog(coefficients, p)) for p in (low - 4e-3, low - 2e-3, high + 2e-3, high + 4e-3)]
    assert np.all(np.diff(within) < 0)
    assert around[0] < around[1]
    assert around[2] < around[3]


TAILS = [{}, {"tails": "lognormal"}, {"tails": "bounded", "lower": 0, "upper": 90}]
TABLE = {"p5": 1.0, "p20": 2.0, "p50": 2.5, "p80": 8.0, "p97": 50.0}


@pytest.mark.parametrize("tails", TAILS, ids=str)
def test_a_table_goes_through_all_quantiles_and_rises(tails):
    row = {"distribution": "quantile_table", **TABLE, **tails}
    assert_allclose(stated_quantiles(row, TABLE), list(TABLE.values()), rtol=1e-10)
    assert np.all(np.diff(law_of(row).quantiles(np.linspace(-7, 7, 400))) > 0)
    lists = {"probabilities": [level(key) for key in TABLE], "values": list(TABLE.values())}
    again = law_of({"distribution": "quantile_table", **lists, **tails})
    assert_allclose(again.quantiles(ndtri(LEVELS)), law_of(row).quantiles(ndtri(LEVELS)), rtol=1e-12)


def test_a_tables_slopes_inside_are_those_of_pchip():
    from scipy.interpolate import PchipInterpolator

    z, x = ndtri([level(key) for key in TABLE]), np.array(list(TABLE.values()))
    between = np.linspace(z[1], z[3], 21)
    found = law_of({"distribution": "quantile_table", **TABLE}).quantiles(between)
    assert_allclose(found, PchipInterpolator(z, x)(between), rtol=1e-10)


def test_a_tables_tails_are_those_of_the_law_through_the_two_outermost():
    row = {"distribution": "quantile_table", **TABLE, "tails": "lognormal"}
    z80, z97 = ndtri([0.8, 0.97])
    sigma = math.log(50 / 8) / (z97 - z80)
    tail = stats.lognorm(sigma, scale=math.exp(math.log(50) - sigma * z97))
    assert_allclose(
        law_of(row).quantiles(np.array([-ndtri(1e-12), 2.5])),
        [tail.isf(1e-12), tail.isf(stats.norm.sf(2.5))],
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"p5": 1}, "must be as many as probabilities, 1, and at least two"),
        ({"p5": 2, "p50": 1}, "p50: 1.0: must be above p5 = 2.0"),
        ({"probabilities": [0.1, 0.5], "values": [2, 1]}, "values: 1.0 after 2.0: must rise"),
        ({"probabilities": [0.5, 0.1], "values": [1, 2]}, "probabilities: 0.1 after 0.5: must rise"),
        ({"probabilities": [0, 0.1], "values": [1, 2]}, "must lie between 0 and 1"),
        ({"p5": 0, "p50": 1, "tails": "lognormal"}, "values: 0.0: must be above 0 where tails are lognormal"),
        ({"p5": 0, "p50": 1, "tails": "bounded"}, "both must be stated and enclose all values"),
        ({"p5": 0, "p50": 1, "tails": "bounded", "lower": 0, "upper": 2}, "both must be stated and enclose"),
        ({"p5": 0, "p50": 1, "lower": -1}, 'bound no law whose tails are not "bounded"'),
        ({"p5": 0, "p50": 1, "tails": "fat"}, "tails: 'fat': must be one of normal, lognormal, bounded"),
    ],
    ids=str,
)
def test_what_is_no_table_is_refused(row, rule):
    assert rule in refusal({"distribution": "quantile_table", **row})


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"edges": [0, 1, 2], "weights": [0.5, 0.4]}, "weights: (0.5, 0.4): must sum to 1; they sum to 0.9"),
        ({"edges": [0, 1, 2], "weights": [1.5, -0.5]}, "must not be negative"),
        ({"edges": [0, 1], "weights": [0.5, 0.5]}, "must be one more than the bins, 2; there are 2"),
        ({"edges": [0, 2, 1], "weights": [0.5, 0.5]}, "edges: 1.0 after 2.0: must rise"),
        ({"edges": [0, 1, 2], "chips": [0, 0]}, "chips: (0.0, 0.0): must not be negative, and not all 0"),
        ({"edges": [0, 1, 2], "chips": [1, 2], "weights": [0.5, 0.5]}, "contradicts chips"),
    ],
    ids=str,
)
def test_what_is_no_histogram_is_refused(row, rule):
    assert rule in refusal({"distribution": "histogram", **row})


def test_chips_are_weights_in_proportion():
    row = {"distribution": "histogram", "edges": [0, 1, 2, 4]}
    assert law_of({**row, "chips": [1, 3, 4]}).values == law_of({**row, "weights": [0.125, 0.375, 0.5]}).values


def test_a_table_is_made_in_a_tenth_of_a_second(size):
    law_of({"distribution": "metalog", "p10": 1, "p90": 5})
    start = time.perf_counter()
    for k in range(10):
        law_of({"distribution": "metalog", "p10": 1 + k, "p50": 20, "p90": 55, "lower": 0})
    assert time.perf_counter() - start < size(1.0, 1e9) * 3


@pytest.mark.parametrize("shift", [0.0, -2.0, -100.0])
@pytest.mark.parametrize("bounds", [{"lower": -1e4}, {"upper": 1e6}, {"lower": -1e6}, {"lower": -1e5, "upper": 1e5}])
def test_a_far_bound_costs_no_pieces(bounds, shift):
    """Values near 0 are the difference of a bound and of what rounds as that does; finer pieces cannot mend it."""
    stated = {key: MANY[key] + shift for key in ("p1", "p25", "p50", "p75", "p99")}
    law = law_of({"distribution": "metalog", **stated, **{key: bound + shift for key, bound in bounds.items()}})
    assert law.kernel_numbers().size < 2e5
    largest = max(map(abs, bounds.values()))
    found = law.quantiles(ndtri([level(key) for key in stated]))
    assert_allclose(found, list(stated.values()), rtol=1e-9, atol=1e-10 + 5e-14 * largest)
