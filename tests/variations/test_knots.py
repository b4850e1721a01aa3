"""Straight lines between uncertain knots."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from yearly_examples import TEN, normal, scores, uniform, yearly

import mcdemand as mc
from mcdemand.point_model import level_path

COUNT = 300
KNOTS = {"4": normal(20, 1), 9: uniform(0, 5)}


def drawn_knots(*, comonotone=False):
    z = scores("x", COUNT)
    other = {year: z if comonotone else scores(f"x:{year}", COUNT) for year in (4, 9)}
    return np.array([10 + 2 * z, 20 + other[4], 5 * stats.norm.cdf(other[9])])


@pytest.mark.parametrize("comonotone", [False, True])
def test_lines_between_knots_and_flat_outside(draw, comonotone):
    row = yearly(TEN, "knots", start=2, knots=KNOTS, comonotone=comonotone)
    found = draw({"parameters": {"x": row}}, COUNT, steps=12)["x"]
    knots = drawn_knots(comonotone=comonotone)
    exact = [[np.interp(year, [2, 4, 9], one) for one in knots.T] for year in range(12)]
    assert_allclose(found, exact, rtol=1e-12)


def test_lines_go_on_outside(draw):
    row = yearly(TEN, "knots", start=2, knots=KNOTS, outside="extrapolated")
    found = draw({"parameters": {"x": row}}, COUNT, steps=12)["x"]
    first, second, last = drawn_knots()
    assert_allclose(found[0], first - (second - first), rtol=1e-12)
    assert_allclose(found[11], last + 2 / 5 * (last - second), rtol=1e-11)


def test_years_are_those_of_the_model():
    """Steps of two years keep the same values as every year."""

    def passed(x):
        return x

    row = yearly(normal(1, 0.1), "knots", start=2026, knots={"2030": normal(5, 0.1)})
    model = mc.Model.from_functions([passed])
    found = []
    for step in (1, 2):
        priors = {"prior_set": {"years": {"start": 2024, "stop": 2030, "step": step}}, "parameters": {"x": row}}
        found.append(mc.simulate(priors, model=model, draws=64, chains=1)["prior_predictive"]["passed"])
    assert_allclose(found[1], found[0].sel(year=[2024, 2026, 2028, 2030]), rtol=0)
    assert_allclose(found[0].sel(year=2028), (found[0].sel(year=2026) + found[0].sel(year=2030)) / 2, rtol=1e-14)
    assert_allclose(found[0].sel(year=2024), found[0].sel(year=2026), rtol=0)


def test_all_knots_lie_at_the_level():
    prior = mc.load_prior_set({"parameters": {"x": yearly(TEN, "knots", start=2, knots=KNOTS)}}).parameters["x"]
    ends = [stats.norm(10, 2).ppf(0.8), stats.norm(20, 1).ppf(0.8), 4.0]
    exact = np.interp(np.arange(2020, 2032), [2022, 2024, 2029], ends)
    assert_allclose(level_path(prior, np.array([0.8]), 12)[:, 0], exact, rtol=1e-12)


@pytest.mark.parametrize(("outside", "own"), [("flat", 3), ("extrapolated", 0)])
def test_years_with_the_own_law(outside, own):
    row = yearly(TEN, "knots", start=2026, knots={"2030": 1}, outside=outside)
    varies = mc.load_prior_set({"parameters": {"x": row}}).parameters["x"].varies
    assert varies.own_years(2024, 8) == own
    assert varies.own_years(2026, 8) == 1
    assert varies.own_years(2028, 8) == 0
