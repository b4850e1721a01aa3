"""Reversion to a mean, step by step."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from yearly_examples import TEN, lognormal, normal, scores, yearly

from mcdemand import load_prior_set
from mcdemand.point_model import level_path

COUNT = 300


def test_adds_on_the_real_axis(draw):
    """x_t = x_{t-1} + k (m - x_{t-1}) + e_t."""
    row = yearly(TEN, "mean_reverting", reversion=0.25, mean=normal(5, 1), innovation=lognormal(0, 0.5))
    found = draw({"parameters": {"x": row}}, COUNT, steps=4, seed=2)["x"]
    mean = 5 + scores("x:mean", COUNT, seed=2)
    x = 10 + 2 * scores("x", COUNT, seed=2)
    assert_allclose(found[0], x, rtol=1e-13)
    for step in (1, 2, 3):
        x = x + 0.25 * (mean - x) + np.exp(0.5 * scores("x", COUNT, seed=2, step=step))
        assert_allclose(found[step], x, rtol=1e-12)


def test_multiplies_on_the_positive_axis(draw):
    row = yearly(lognormal(1, 0.5), "mean_reverting", reversion=0.25, mean=2, innovation=normal(0, 0.2))
    found = draw({"parameters": {"x": row}}, COUNT, steps=3, seed=2)["x"]
    y = 1 + 0.5 * scores("x", COUNT, seed=2)
    for step in (1, 2):
        y = y + 0.25 * (np.log(2) - y) + 0.2 * scores("x", COUNT, seed=2, step=step)
        assert_allclose(found[step], np.exp(y), rtol=1e-12)


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
def test_starts_from_a_known_number(draw, form):
    row = yearly({"distribution": "constant", "value": 4.0}, "mean_reverting", reversion=0.5, mean=1.0, innovation=0.0)
    row["varies"]["form"] = form
    found = draw({"parameters": {"x": row}}, 3, steps=3)["x"]
    expected = [4.0, 2.5, 1.75] if form == "additive" else [4.0, 2.0, 2**0.5]
    assert_allclose(found, np.tile(expected, (3, 1)).T, rtol=1e-14)


def test_a_stationary_start_stays_at_its_level():
    """Normal innovations of sd 0.6 and k = 0.2 have the stationary sd 0.6 / sqrt(1 - 0.8^2) = 1."""
    row = yearly(normal(3, 1), "mean_reverting", reversion=0.2, mean=3, innovation=normal(0, 0.6))
    prior = load_prior_set({"parameters": {"x": row}}).parameters["x"]
    levels = np.array([0.9, 0.1, 0.9])
    assert_allclose(level_path(prior, levels, 5), np.tile(stats.norm(3, 1).ppf(levels), (5, 1)), rtol=1e-12)
