"""Draws of every family fall into bins as often as the law says, at a stated false-alarm rate."""

import numpy as np
import pytest
from example_laws import LAWS, ORACLES, SOME, label
from numpy.testing import assert_allclose
from scipy.stats import binom, kstest

BINS = 50
FALSE_ALARM_RATE = 1e-6
"""Over all bins of one law."""


def within_binomial_interval(counts, probabilities, draws):
    tail = FALSE_ALARM_RATE / (2 * len(probabilities))
    return (counts >= binom.ppf(tail, draws, probabilities)) & (counts <= binom.isf(tail, draws, probabilities))


@pytest.mark.parametrize(("family", "values"), SOME, ids=label)
def test_bins_between_the_extreme_percentiles_fill_as_they_should(family, values, draw, size):
    count = size(100_000, 256)
    x = draw({"parameters": {"x": {"distribution": family, **values}}}, count, seed=1)["x"][0]
    oracle = ORACLES[family](**values)
    edges = np.linspace(oracle.ppf(0.01), oracle.ppf(0.99), BINS + 1)
    probabilities = np.diff([0.0, *np.asarray(oracle.cdf(edges)), 1.0])
    counts = np.bincount(np.searchsorted(edges, x), minlength=BINS + 2)
    assert np.all(within_binomial_interval(counts, probabilities, count)), counts - count * probabilities


@pytest.mark.parametrize(
    "values", [v for family, v in LAWS if family == "categorical"], ids=lambda v: str(v["weights"])
)
def test_categories_come_up_by_weight(values, draw, size):
    count = size(200_000, 5_000)
    x = draw({"parameters": {"x": {"distribution": "categorical", **values}}}, count, seed=2)["x"][0]
    counts = np.bincount(x.astype(int), minlength=len(values["weights"]))
    assert counts.size == len(values["weights"])
    assert np.all(within_binomial_interval(counts, np.array(values["weights"]), count))


def test_a_constant_is_the_same_in_every_draw(draw):
    x = draw({"parameters": {"x": {"distribution": "constant", "value": -3.25}}}, 300)["x"]
    assert_allclose(x, np.full((1, 300), -3.25), rtol=0)


def test_truncated_draws_follow_the_truncated_law(draw, size):
    count = size(100_000, 3_000)
    row = {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": -0.5, "upper": 2.0}}
    x = draw({"parameters": {"x": row}}, count, seed=3)["x"][0]
    low, high = ORACLES["normal"](0, 1).cdf([-0.5, 2.0])
    assert x.min() >= -0.5
    assert x.max() <= 2.0
    assert kstest((ORACLES["normal"](0, 1).cdf(x) - low) / (high - low), "uniform").pvalue > FALSE_ALARM_RATE
