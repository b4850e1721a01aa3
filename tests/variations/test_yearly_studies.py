"""Parameters that vary by year in studies: one factor each, their other draws included."""

import math

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from yearly_examples import EXAMPLES, TEN, normal, yearly

import mcdemand as mc
from mcdemand.pick_builder import HELD, Pick
from mcdemand.pick_freeze import PickRun, Stretch, evaluator
from mcdemand.point_model import level_path
from mcdemand.request import prepare_request

DRAWS = 256
pytestmark = pytest.mark.skipif(config.DISABLE_JIT, reason="needs more draws than an interpreted run can afford")
ROWS = {
    "a": normal(0, 1),
    "e": yearly(TEN, "event", hazard=0.2, add=normal(3, 1)),
    "j": EXAMPLES["jumps"][0],
    "k": yearly(TEN, "knots", start=2025, knots={"2030": normal(5, 4)}),
}
YEARS = {"prior_set": {"years": {"start": 2025, "stop": 2028}}}


def summed(a, e, j, k):
    return a + e + j + k


MODEL = mc.Model.from_functions([summed])


@pytest.fixture(scope="module")
def picked():
    run = prepare_request(YEARS | {"parameters": ROWS}, model=MODEL, draws=DRAWS, chains=1, design="random", seed=3)
    return PickRun(run, frozenset(ROWS), held={name: 0.9 for name in ROWS})


def values(picked, *picks):
    """Return (pick, year, draw)."""
    return evaluator(picked, lambda _: picks, DRAWS)(Stretch(0, 0, 0, DRAWS)).copy()


def test_the_first_copy_is_what_simulate_draws(picked):
    result = mc.simulate(picked.run.priors, model=MODEL, draws=DRAWS, chains=1, design="random", seed=3)
    (first,) = values(picked, Pick(0, frozenset(ROWS), 0))
    assert_array_equal(first, result["prior_predictive"]["summed"].values[0].T)


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"a"}))
def test_other_draws_go_with_their_copy(picked, name):
    """Exchanging one parameter moves the sum by what it alone moves it, whichever copy the others are of."""
    every = frozenset(ROWS)
    first, second, changed, back = values(
        picked, Pick(0, every, 0), Pick(1, every, 1), Pick(0, every - {name}, 1), Pick(1, every - {name}, 0)
    )
    assert np.all(changed[-1] != first[-1])
    assert_allclose(changed - first, second - back, atol=1e-12)


def test_a_held_parameter_is_a_number_a_year(picked):
    held, base = values(picked, Pick(HELD, frozenset("j"), 0), Pick(0, frozenset(ROWS), 0))
    result = mc.simulate(picked.run.priors, model=MODEL, draws=DRAWS, chains=1, design="random", seed=3)
    drawn = result["prior"]["j"].values[0].T
    path = level_path(picked.run.priors.parameters["j"], np.array([0.9]), 4, 2025)
    assert_allclose(held - base + drawn, path * np.ones(DRAWS), rtol=1e-11)


def test_a_yearly_parameter_is_one_factor():
    """The shares of a sum of independent parameters are those of their variances."""
    found = mc.sensitivity(
        YEARS | {"parameters": ROWS}, model=MODEL, method="sobol", outputs="summed", scale="raw", draws=2**16, seed=5
    ).sel(output="summed", year=2028)
    share = 1 - 0.8**3
    variance = {
        "a": 1.0,
        "e": 4 + share + share * (1 - share) * 9,
        "j": float(mc.load_prior_set({"parameters": ROWS}).parameters["j"].varies.moments(
            EXAMPLES["jumps"][1], EXAMPLES["jumps"][2], 2025, 4).variance[-1]),
        "k": 0.4**2 * 4 + 0.6**2 * 16,
    }  # fmt: skip
    for name, part in variance.items():
        exact = part / math.fsum(variance.values())
        for index in ("first_order", "total_order"):
            assert abs(float(found[index].sel(parameter=name)) - exact) < 6 * float(
                found[f"mcse_{index}"].sel(parameter=name)
            )


@pytest.mark.parametrize("method", ["tornado", "morris"])
def test_methods_of_levels_take_them(method):
    found = mc.sensitivity(
        YEARS | {"parameters": ROWS}, model=MODEL, method=method, outputs="summed", years=2028, draws=64
    )
    assert set(found["parameter"].values) == set(ROWS)


def test_replay_gives_levels_where_the_row_is_the_law():
    result = mc.simulate(YEARS | {"parameters": ROWS}, model=MODEL, draws=64, chains=1)
    levels = mc.replay_draw(result, chain=0, draw=5, model=MODEL)["prior_level"]
    for name in ("e", "j", "k"):
        value = float(result["prior"][name].sel(chain=0, draw=5, year=2025))
        assert_allclose(levels[name].values[0], stats.norm(10, 2).cdf(value), rtol=1e-9)
        assert np.isnan(levels[name].values[1:]).all()


def test_reports_say_how_it_varies(capsys):
    from rich.console import Console

    from mcdemand.prior_change import describe_change
    from mcdemand.report.prior_listing import print_priors

    sets = [mc.load_prior_set({"parameters": {"x": {**TEN, **more}}}) for more in ({}, {"varies": ROWS["j"]["varies"]})]
    words = "jumps rate 1.3, size uniform(lower -1, upper 3), step 0.7"
    assert describe_change("x", *sets) == f"varies none -> {words}"
    print_priors(Console(width=200), sets[1])
    assert f"; varies by year: {words}" in capsys.readouterr().out


TOML = """
[prior_set]
name = "NAME"
years = { start = 2025, stop = 2028 }

[parameters.x]
distribution = "normal"
mu = 1
sigma = 2
varies = { kind = "KIND }
"""


def test_a_pool_chooses_between_kinds(tmp_path):
    def passed(x):
        return x

    model, paths = mc.Model.from_functions([passed]), []
    for name, kind in (
        ("one", 'event", hazard = { 2026 = 0.5 }, add = { distribution = "normal", mu = 3, sigma = 1 }'),
        ("two", 'knots", start = 2025, knots = { 2030 = { distribution = "uniform", lower = 0, upper = 1 } }'),
    ):
        paths.append(tmp_path / f"{name}.toml")
        paths[-1].write_text(TOML.replace("NAME", name).replace("KIND", kind), encoding="utf-8")
    options = {"model": model, "draws": 64, "chains": 1}
    pooled = mc.simulate(mc.pool_prior_sets(dict.fromkeys(paths, 0.5)), **options)["prior"]
    for number, path in enumerate(paths):
        chosen = pooled["prior_set"].values == number
        assert 0 < chosen.sum() < 64
        alone = mc.simulate(path, **options)["prior"]["x"].values
        assert_array_equal(pooled["x"].values[chosen], alone[chosen])
