"""What every family promises that is drawn from pieces: those with atoms, kinks, gaps, or of other laws."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pieced_laws import CASES, PIECED, law_of
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from mcdemand.distributions import find_distribution
from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import prior_quantiles

TAIL = np.array([2.0**-53, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.499])
SCORES = np.concatenate([ndtri(TAIL), [1e-3], -ndtri(TAIL[::-1])])
RELATIVE_ERROR = 1e-9
VALUE_ERROR, SMALLEST_SHARE = 1e-10, 1e-6
FALSE_ALARM_RATE = 1e-6
"""Over all bins of one law."""

rows = pytest.mark.parametrize("row", [row for row, _ in CASES], ids=[row["distribution"] for row, _ in CASES])
case = pytest.mark.parametrize(
    ("row", "oracle"), CASES, ids=[f"{row['distribution']}{k}" for k, (row, _) in enumerate(CASES)]
)


def moved(law, x, sign):
    """Values moved by what a table may be off."""
    spread = np.ptp(law.quantiles(np.array([-1.0, 1.0])))
    return x + sign * VALUE_ERROR * np.maximum(np.abs(x), SMALLEST_SHARE * max(spread, 1e-2))


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"x": row}})
    return str(error.value)


@rows
def test_quantile_is_monotone_finite_and_within_the_support(row):
    law = law_of(row)
    found = law.quantiles(SCORES)
    assert np.all(np.isfinite(found))
    assert np.all(np.diff(found) >= 0)
    lower, upper = law.support()
    assert lower <= found[0]
    assert found[-1] <= upper


@case
def test_the_probability_of_a_quantile_is_its_level_into_the_tails(row, oracle):
    """By the oracle: less is as likely at most, no more at least, within 1e-10 of the value."""
    law = law_of(row)
    x = law.quantiles(SCORES)
    low, high = moved(law, x, -1), moved(law, x, 1)
    with np.errstate(all="ignore"):
        most, least = oracle.cdf(low) / ndtr(SCORES), oracle.cdf(high) / ndtr(SCORES)
        more, fewer = oracle.sf(low) / ndtr(-SCORES), oracle.sf(high) / ndtr(-SCORES)
    assert most.max() <= 1 + RELATIVE_ERROR
    assert least.min() >= 1 - RELATIVE_ERROR
    assert more.min() >= 1 - RELATIVE_ERROR
    assert fewer.max() <= 1 + RELATIVE_ERROR


@case
def test_scores_are_those_of_the_oracle_in_both_tails(row, oracle):
    law = law_of(row)
    x = np.unique(law.quantiles(SCORES))
    z = law.normal_scores(x)
    inside = (z > -8.3) & (z < 8.3)
    with np.errstate(all="ignore"):
        below, above = oracle.cdf(x), oracle.sf(x)
    # Values round near a bound, and some of SciPy's tails do.
    assert_allclose(ndtr(z)[inside], below[inside], rtol=RELATIVE_ERROR, atol=2e-16)
    assert_allclose(ndtr(-z)[inside], above[inside], rtol=RELATIVE_ERROR, atol=2e-16)


@case
def test_the_score_of_less_leaves_the_atom_out(row, oracle):
    law = law_of(row)
    x = np.unique(law.quantiles(SCORES[8:-8]))
    below = np.nextafter(x, -np.inf)
    assert_allclose(ndtr(law.normal_scores(x, of_less=True)), oracle.cdf(below), rtol=RELATIVE_ERROR, atol=1e-15)


@rows
def test_score_of_covers_the_whole_line_and_takes_one_number(row):
    law = law_of(row)
    member = law.family
    with np.errstate(all="ignore"):
        assert member.score_of(-math.inf, law.values) == -math.inf
        assert member.score_of(math.inf, law.values) == math.inf
        assert isinstance(member.score_of(1.0, law.values), float)


@case
def test_bins_fill_as_they_should(row, oracle, draw, size):
    count = size(100_000, 2_000)
    x = draw({"parameters": {"x": row}}, count, seed=3)["x"][0]
    edges = np.unique(law_of(row).quantiles(np.linspace(-2.3, 2.3, 25)))
    probabilities = np.diff(np.concatenate([[0.0], oracle.cdf(edges), [1.0]])).clip(0, 1)
    # Rounding of a table may put an edge's own draws on its other side.
    counts = np.bincount(np.searchsorted(moved(law_of(row), edges, 1), x), minlength=edges.size + 1)
    tail = FALSE_ALARM_RATE / (2 * probabilities.size)
    fits = (counts >= binom.ppf(tail, count, probabilities)) & (counts <= binom.isf(tail, count, probabilities))
    assert np.all(fits), counts - count * probabilities


@pytest.mark.parametrize(("row", "oracle"), [case for case in CASES if case[0].get("p") != 1e-9])
def test_truncation_keeps_the_law_between_its_bounds(row, oracle):
    law = law_of(row)
    bounds = law.quantiles(np.array([-0.8, 1.2]))
    cut = {**row, "truncation": {"lower": float(bounds[0]), "upper": float(bounds[1])}}
    levels = np.array([1e-6, 0.05, 0.3, 0.5, 0.8, 0.95, 1 - 1e-6])
    found = prior_quantiles(load_prior_set({"parameters": {"x": cut}}).parameters["x"], levels)
    assert np.all((found >= bounds[0]) & (found <= bounds[1]))
    start = oracle.cdf(np.nextafter(bounds[0], -np.inf))
    wanted = start + levels * (oracle.cdf(bounds[1]) - start)
    assert np.all(oracle.cdf(moved(law, found, -1)) <= wanted * (1 + RELATIVE_ERROR) + 1e-12)
    assert np.all(oracle.cdf(moved(law, found, 1)) >= wanted * (1 - RELATIVE_ERROR) - 1e-12)


@pytest.mark.parametrize("family", sorted(PIECED))
def test_a_missing_parameter_and_an_unknown_key_are_named(family):
    row = {"distribution": family, **PIECED[family][0][0]}
    for parameter in find_distribution(row["distribution"]).parameters:
        less = {key: value for key, value in row.items() if key != parameter.name}
        if parameter.default is None:
            assert f"parameters.x.{parameter.name}: missing; {row['distribution']} needs" in refusal(less)
        else:
            load_prior_set({"parameters": {"x": less}})
    assert "parameters.x.lowerr: unknown; " in refusal({**row, "lowerr": 1.0})


@pytest.mark.parametrize("bad", [math.nan, math.inf, True, "1", None], ids=repr)
@pytest.mark.parametrize("family", sorted(PIECED))
def test_every_number_must_be_finite(family, bad):
    row = {"distribution": family, **PIECED[family][0][0]}
    for name, value in row.items():
        if isinstance(value, float):
            assert f"mapping: parameters.x.{name}: " in refusal({**row, name: bad})
        elif isinstance(value, tuple) and isinstance(value[0], float):
            assert f"mapping: parameters.x.{name}: " in refusal({**row, name: [*value[:-1], bad]})


@pytest.mark.parametrize("family", sorted(set(PIECED) - {"scipy"}))
def test_density_is_the_slope_of_the_distribution_function(family):
    row = {"distribution": family, **PIECED[family][-1][0]}
    law = law_of(row)
    x = law.quantiles(np.array([-1.37, -0.41, 0.23, 0.87, 1.63])) + 1e-3
    h = 1e-6
    slope = (ndtr(law.normal_scores(x + h)) - ndtr(law.normal_scores(x - h))) / (2 * h)
    assert_allclose(law.density(x), slope, rtol=1e-7, atol=1e-9)
