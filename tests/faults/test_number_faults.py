"""Rows 13, 40, 42: a number that is not finite, not repeatable, or more than the draws can carry."""

import math

import numba
import numpy as np
import pytest
import xarray as xr
from provoke import OWN_PRIORS, RUN, contents

import mcdemand as mc
from mcdemand import engine
from mcdemand.model import Model
from mcdemand.sample_limits import draws_for, is_beyond_sample

YEARS = {"years": {"start": 2025, "stop": 2030}}


def initial_users(growth):
    return growth


def users(previous_users, growth):
    return previous_users * growth


def demand(users, share):
    return users * share


def failure(functions, priors, outputs=None, **options) -> str:
    model = Model.from_functions(functions, default_outputs=outputs)
    with pytest.raises(mc.NumericalError) as raised:
        mc.simulate({"prior_set": YEARS, "parameters": priors}, model=model, draws=4096, chains=2, **options)
    assert raised.value.exit_code == 3
    assert "\n" not in str(raised.value)
    return str(raised.value)


def place_of(message: str) -> tuple[int, int, int]:
    """Return chain, draw and year of a message."""
    words = message.replace(",", "").replace(";", "").split()
    return tuple(int(words[words.index(word) + 1]) for word in ("chain", "draw", "year"))


GROWTH = {
    "growth": {"distribution": "lognormal", "mu": 100, "sigma": 50},
    "share": {"distribution": "uniform", "lower": 0.1, "upper": 1},
}


def test_the_driver_that_overflowed_is_named():
    """Not the output that shows it: the draw is replayed by itself, and multiplied by hand."""
    message = failure([initial_users, users, demand], GROWTH, ["demand"])
    chain, draw, year = place_of(message)
    parts = {"prior_set": YEARS, "parameters": GROWTH}
    model = Model.from_functions([growth_alone])
    growth = mc.simulate(parts, model=model, draws=4096, chains=2)["prior"]["growth"].values
    with np.errstate(over="ignore"):
        path, ends = np.cumprod(np.full(6, growth[chain, draw])), growth**6
    first = int(np.flatnonzero(~np.isfinite(path))[0])
    assert year == 2025 + first
    assert f"demand: inf: not a finite number in chain {chain}, draw {draw}, year {year}, seed 0; " in message
    assert (
        f"it began with users = inf in {year}, where growth = {growth[chain, draw]:.4g}, previous_users = " in message
    )
    assert f"previous_users = {path[first - 1]:.4g}; keep what it divides by" in message
    assert draw < 2048
    broken = np.count_nonzero(~np.isfinite(ends[chain, :2048]))
    assert f"({broken} of the 2048 draws tried beside it are not finite)" in message


def growth_alone(growth, t):
    return 0 * growth * t


def test_a_parameter_that_overflowed_is_named():
    wide = {**GROWTH, "growth": {"distribution": "lognormal", "mu": 0, "sigma": 500}}
    message = failure([initial_users, users, demand], wide, ["demand"])
    assert "; it began with growth = inf; narrow its prior (" in message


def test_a_parameter_that_varies_is_named_with_its_year():
    varying = {**GROWTH["growth"], "sigma": 500, "varies": {"kind": "independent"}}
    message = failure([initial_users, users, demand], {**GROWTH, "growth": varying}, ["demand"])
    assert "; it began with growth = inf in 20" in message


def test_what_underflows_is_named_by_what_it_divides_by():
    def shrunk(share):
        return share * 1e-300 * 1e-300

    def ratio(shrunk):
        return 1 / shrunk

    assert "year 2025, seed 0, where shrunk = 0; keep" in failure(
        [shrunk, ratio], {"share": GROWTH["share"]}, ["ratio"]
    )


def test_a_quantity_read_a_year_early_is_traced():
    def early(next_late, share):
        return next_late * share

    def late(t):
        return 1 / (t - 3)

    message = failure([early, late], {"share": GROWTH["share"]}, ["early"])
    assert "year 2027, seed 0; it began with late = inf in 2028, where t = 3; keep" in message


def test_arguments_cannot_be_changed():
    """What a quantity does to its arguments no other one sees."""

    def greedy(share):
        share += 1
        return share

    def modest(share):
        return 1.0 * share

    model = Model.from_functions([greedy, modest])
    draws = mc.simulate({"parameters": {"share": GROWTH["share"]}}, model=model, draws=64)
    np.testing.assert_array_equal(draws["prior_predictive"]["modest"], draws["prior"]["share"])


class Unsteady(engine.Store):
    """What a quantity that takes a number from elsewhere would leave: draw 70 differs every time."""

    times = 0

    def take(self, tile):
        super().take(tile)
        if tile.first_draw == 0 and tile.count:
            Unsteady.times += 1
            self.series[0, 0, 70] += Unsteady.times


def test_what_is_not_repeatable_is_said(folder, command, monkeypatch):
    monkeypatch.setattr(engine, "Store", Unsteady)
    before = contents(folder)
    done = command(*RUN[:-1], "4096", "--check-determinism")
    done.assert_mistake(3, "demand: ", " the first time, ", ", in chain 0, draw 70, seed 0; a quantity must depend on")
    assert contents(folder) == before


def test_a_quantity_that_counts_its_calls_is_caught():
    """Interpreted code can keep a count; compiled code is refused what it could keep one in."""
    count = np.zeros(1)

    def counted(share):
        count[0] += 1.0
        return share + count[0]

    error = mc.NumericalError if numba.config.DISABLE_JIT else mc.InputError
    with pytest.raises(error, match="the second, in chain 0, draw 0" if numba.config.DISABLE_JIT else "counted"):
        mc.simulate(
            {"parameters": {"share": GROWTH["share"]}},
            model=Model.from_functions([counted]),
            draws=300,
            check_determinism=True,
        )


def test_what_is_repeatable_passes(folder, command):
    assert command(*RUN, "--check-determinism", "--quiet") == (0, "", "")
    checked = mc.read_result("own.nc")
    assert command(*RUN, "--quiet") == (0, "", "")
    xr.testing.assert_identical(mc.read_result("own.nc"), checked)
    assert set(contents(folder)) == {"own.nc", "own.png", "own.py", "own.toml"}


@pytest.mark.parametrize(
    ("level", "draws", "beyond"),
    [
        (0.5, 1, True),
        (0.5, 19, True),
        (0.5, 20, False),
        (0.05, 199, True),
        (0.05, 200, False),
        (0.95, 200, False),
        (0.999, 9_999, True),
        (0.999, 10_000, False),
        (1e-9, 10**6, True),
    ],
)
def test_beyond_the_sample(level, draws, beyond):
    assert is_beyond_sample([level], draws).tolist() == [beyond]
    assert (draws < draws_for([level])) == beyond


def summary_of(draws: int, **options):
    values = np.random.default_rng(3).normal(size=(1, draws))
    return mc.summarize(xr.Dataset({"demand": (("chain", "draw"), values)}), **options)


def test_a_summary_says_which_quantiles_lie_beyond_the_sample():
    summary = summary_of(1000, probabilities=(1e-4, 0.005, 0.5, 0.9999), ci_prob=(0.9, 0.999))
    assert summary["quantile_beyond_sample"].values.tolist() == [True, True, False, True]
    assert summary["interval_beyond_sample"].values.tolist() == [False, True]
    errors = summary["mcse_quantiles"].sel(output="demand").values
    assert np.isnan(errors).tolist() == [True, False, False, True]
    bounds = summary["mcse_interval"].sel(output="demand", ci_kind="eti")
    assert np.isnan(bounds.sel(ci_prob=0.999).values).all()
    assert np.isfinite(bounds.sel(ci_prob=0.9).values).all()
    assert bool(summary["quantiles"].sel(quantile=1e-4)["quantile_beyond_sample"])


def test_one_draw_has_a_median_and_no_error():
    summary = summary_of(1, probabilities=(0.5,))
    assert math.isfinite(summary["quantiles"].item())
    assert math.isnan(summary["mcse_quantiles"].item())
    assert summary["quantile_beyond_sample"].item()


@pytest.mark.parametrize("level", [0, 1, -0.1, math.nan])
def test_the_ends_of_the_scale_are_no_quantiles(level):
    with pytest.raises(mc.InputError, match="must lie between 0 and 1"):
        summary_of(10, probabilities=(level,))


def test_the_command_line_says_what_lies_beyond_the_sample(folder, command):
    done = command(*RUN[:-1], "4096", "--ci-prob", "0.9999")
    assert (done.code, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert "Beyond the sample: fewer than 10 draws lie on either side of the 99.99 % interval" in text
    assert "200,000 draws would carry it." in text
    assert "Beyond" not in command(*RUN[:-1], "4096").out
    assert (folder / "own.toml").read_text() == OWN_PRIORS
