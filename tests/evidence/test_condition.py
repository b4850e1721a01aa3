"""Conditioning against closed forms, its calibration and errors, what it keeps, and what is refused."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.errors import FileError, InputError, IntegrityError, NumericalError
from mcdemand.evidence._likelihoods import LIKELIHOODS
from mcdemand.evidence._observations import load_observations, observations_of
from mcdemand.result import CONTRACT_ID, SCHEMA

INTERPRETED = bool(numba.config.DISABLE_JIT)
CHAINS, DRAWS = 16, 2**13 if INTERPRETED else 2**17
SIGMAS = 4.5
"""Errors that an estimate may lie off; a normal law passes it once in 150,000 figures. The seeds are fixed."""

type Rows = Mapping[str, np.ndarray]


def tree(parameters: Rows, outputs: Rows | None = None, design: str = "random", **units: str) -> xr.DataTree:
    """A result of so many parameters and outputs, each (draw) or (year, draw), in 16 chains."""

    def variable(name: str, rows: np.ndarray) -> xr.Variable:
        about = {"units": units.get(name, "1"), "long_name": name}
        if rows.ndim == 1:
            return xr.Variable(("chain", "draw"), rows.reshape(CHAINS, -1), about)
        return xr.Variable(("chain", "draw", "year"), np.moveaxis(rows.reshape(len(rows), CHAINS, -1), 0, -1), about)

    def dataset(rows: Rows) -> xr.Dataset:
        found = {name: variable(name, row) for name, row in rows.items()}
        years = max((one.sizes.get("year", 0) for one in found.values()), default=0)
        return xr.Dataset(found, {"year": np.arange(2025, 2025 + years)} if years else {})

    found = xr.DataTree.from_dict({"prior": dataset(parameters), "prior_predictive": dataset(outputs or {})})
    draws = next(iter(parameters.values())).shape[-1]
    found.attrs = {"design": design, "seed": 7, "prior_set": "mine", "model": "own", "source": "test"}
    found.attrs |= {"schema": SCHEMA, "contract": CONTRACT_ID, "chains": CHAINS, "draws": draws}
    return found


def normal_draws(seed: int, draws: int = DRAWS) -> xr.DataTree:
    return tree({"x": np.random.default_rng([5, seed]).standard_normal(draws)})


def seen(output: str, **row: Any) -> dict[str, Any]:
    return {"output": output, "distribution": "normal", **row}


def flat(found: xr.DataTree, group: str, name: str) -> np.ndarray:
    return found[group][name].values.reshape(-1)


# ----------------------------------------------------------------------------------------------- against closed forms


def test_normal_by_normal():
    """Reference problem 23."""
    found = mc.condition(normal_draws(0), [seen("x", value=1.0, sigma=0.5)])
    ess = found.attrs["ess"]
    assert_allclose(ess / DRAWS, 0.4204704064, rtol=0.01)
    assert abs(found.attrs["log_evidence"] - math.log(0.2391868319)) < SIGMAS * found.attrs["mcse_log_evidence"]
    assert found.attrs["mcse_log_evidence"] < 0.004
    summary = mc.summarize_posterior(found, outputs="x").sel(prior="conditioned", output="x")
    exact = stats.norm(0.8, math.sqrt(0.2))
    for name, true in (("mean", 0.8), ("median", 0.8), ("interval", exact.ppf([0.05, 0.95]))):
        errors = summary[f"mcse_{name}"].values
        assert np.all(np.abs(summary[name].values - true) < SIGMAS * errors)
        assert np.all(errors < 0.006)
    draws = flat(found, "posterior", "x")
    assert abs(draws.mean() - 0.8) < SIGMAS * math.sqrt(0.2 / ess)
    assert_allclose(draws.std(), math.sqrt(0.2), rtol=SIGMAS / math.sqrt(ess))


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_three_drivers_of_demand(design):
    """Reference problem 24: problem 7 conditioned on ln D = ln 300 +- 0.1; errors of means by delta method."""
    rng, sds = np.random.default_rng([6, 1]), np.array([0.4, 0.5, 0.25])
    logs = np.array([0.3, -0.2, 0.5])[:, np.newaxis] + sds[:, np.newaxis] * rng.standard_normal((3, DRAWS))
    demand = 100 * np.exp(np.array([1.2, -0.6, 0.8]) @ logs)
    result = tree({"l1": logs[0], "l2": logs[1], "l3": logs[2]}, {"demand": demand}, design, demand="GW")
    found = mc.condition(result, [seen("demand", value=300, sigma=0.1, unit="GW") | {"distribution": "lognormal"}])
    error = found.attrs["mcse_log_evidence"]
    # The density of D is that of ln D over D.
    assert abs(found.attrs["log_evidence"] + math.log(300) + 0.4868657833) < SIGMAS * error < 0.05
    ess = found.attrs["ess"]
    assert_allclose(ess / DRAWS, 0.2165678452, rtol=0.02)
    draws = np.stack([flat(found, "posterior", name) for name in ("l1", "l2", "l3")])
    off = draws.mean(axis=1) - [0.41331954, -0.28853089, 0.52951030]
    assert np.all(np.abs(off) < SIGMAS * np.array([0.24591698, 0.43503432, 0.23611552]) / math.sqrt(ess))
    assert_allclose(draws.std(axis=1), [0.24591698, 0.43503432, 0.23611552], rtol=SIGMAS / math.sqrt(ess))
    correlations = np.corrcoef(draws)[[0, 0, 1], [1, 2, 2]]
    assert_allclose(correlations, [0.72679088, -0.44636198, 0.19712524], atol=SIGMAS / math.sqrt(ess))


def test_seven_of_ten():
    """Reference problem 25."""
    result = tree({"share": np.random.default_rng([6, 2]).beta(2, 2, DRAWS)})
    found = mc.condition(result, [{"output": "share", "distribution": "binomial", "value": 7, "n": 10}])
    assert abs(found.attrs["log_evidence"] - math.log(0.1118881119)) < SIGMAS * found.attrs["mcse_log_evidence"]
    summary = mc.summarize_posterior(found, outputs="share").sel(prior="conditioned", output="share")
    for name, true in (("mean", 0.6428571429), ("interval", [0.4273806606, 0.8343405733])):
        assert np.all(np.abs(summary[name].values - true) < SIGMAS * summary[f"mcse_{name}"].values)


def test_a_bound():
    """Reference problem 26: weights are equal, so the posterior is the draws beyond it."""
    result = normal_draws(3)
    found = mc.condition(result, [{"output": "x", "at_least": 2.0}])
    inside = flat(result, "prior", "x")[flat(result, "prior", "x") >= 2]
    assert_allclose(found.attrs["ess"], inside.size, rtol=1e-12)
    assert_allclose(found.attrs["log_evidence"], math.log(inside.size / DRAWS), rtol=1e-12)
    assert abs(found.attrs["log_evidence"] - math.log(0.0227501319)) < SIGMAS * found.attrs["mcse_log_evidence"]
    draws = flat(found, "posterior", "x")
    assert set(draws) <= set(inside)
    assert abs(draws.mean() - 2.373215533) < SIGMAS * inside.std() / math.sqrt(inside.size)
    both = mc.condition(result, [{"output": "x", "at_least": -1.0, "at_most": 1.0}])
    assert np.abs(flat(both, "posterior", "x")).max() <= 1


def test_independent_errors_multiply():
    result = normal_draws(4)
    rows = [seen("x", value=1.0, sigma=0.5), seen("x", value=0.4, sigma=1.0)]
    found = mc.condition(result, rows)
    assert [*found["log_likelihood"].data_vars] == ["x", "x (2)"]
    precision = 1 + 4 + 1
    summary = mc.summarize_posterior(found, outputs="x").sel(prior="conditioned", output="x")
    assert abs(float(summary["mean"]) - 4.4 / precision) < SIGMAS * float(summary["mcse_mean"])
    # The order of observations is nothing.
    again = mc.condition(result, rows[::-1])
    assert_array_equal(again["posterior"]["x"], found["posterior"]["x"])


@pytest.mark.parametrize(
    ("name", "value", "numbers", "law"),
    [
        ("normal", 1.3, {"sigma": 0.7}, lambda truth: stats.norm(truth, 0.7).logpdf(1.3)),
        ("lognormal", 1.3, {"sigma": 0.7}, lambda truth: stats.lognorm(0.7, scale=truth).logpdf(1.3)),
        ("student_t", 1.3, {"sigma": 0.7, "nu": 3.5}, lambda truth: stats.t(3.5, truth, 0.7).logpdf(1.3)),
        ("binomial", 3, {"n": 8}, lambda truth: stats.binom(8, truth).logpmf(3)),
    ],
)
def test_likelihoods_are_those_of_scipy(name, value, numbers, law):
    truth = np.linspace(0.01, 0.99, 50)
    (one,) = load_observations([{"output": "x", "distribution": name, "value": value, **numbers}])
    assert_allclose(one.log_likelihood(truth), law(truth), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["normal", "lognormal", "student_t"])
def test_what_overflows_is_far_off(name):
    row = {"output": "x", "distribution": name, "value": 1e300, "sigma": 1e-300}
    (one,) = load_observations([row | ({"nu": 1e6} if name == "student_t" else {})])
    assert not np.isnan(one.log_likelihood(np.array([1e300, 1.0, -1e308, 0.0]))).any()
    (wide,) = load_observations([row | {"distribution": "lognormal", "sigma": 1e300}])
    assert wide.interval() == (0, math.inf)


def test_no_law_is_left_out_above():
    assert set(LIKELIHOODS) == {"normal", "lognormal", "student_t", "binomial"}


def test_two_quantiles_state_value_and_error():
    rows = [{"output": "x", "distribution": name, "p5": 45.0, "p95": 120.0} for name in ("lognormal", "normal")]
    for one, law in zip(load_observations(rows), (stats.lognorm, stats.norm), strict=True):
        sigma = one.numbers[0]
        stated = law(sigma, scale=one.value) if law is stats.lognorm else law(one.value, sigma)
        assert_allclose(stated.ppf([0.05, 0.95]), [45, 120], rtol=1e-12)
        assert_allclose(one.interval(), [45, 120], rtol=1e-12)


def test_intervals_hold_ninety_per_cent_of_the_error():
    value = {"output": "x", "value": 2.0, "sigma": 0.4}
    exact = {
        "normal": stats.norm(2, 0.4),
        "lognormal": stats.lognorm(0.4, scale=2),
        "student_t": stats.t(3, 2, 0.4),
    }
    for name, law in exact.items():
        (one,) = load_observations([value | {"distribution": name} | ({"nu": 3.0} if name == "student_t" else {})])
        assert_allclose(one.interval(), law.ppf([0.05, 0.95]), rtol=1e-12)


# ------------------------------------------------------------------------------------------------ calibration, errors


def test_posteriors_are_calibrated(size):
    """SBC (Talts and others 2018): the truth's place among posterior draws is uniform; a false alarm once in 100."""
    replicates, draws = size(1000, 300), 2**11
    rng, result = np.random.default_rng([6, 9]), normal_draws(9, draws)
    truths = rng.standard_normal(replicates)
    places = np.empty(replicates)
    for k, truth in enumerate(truths):
        found = mc.condition(
            result, [seen("x", value=truth + 0.7 * rng.standard_normal(), sigma=0.7)], accept_unreliable=True
        )
        places[k] = (flat(found, "posterior", "x") < truth).mean()
    assert stats.kstest(places, "uniform").pvalue > 0.01


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_errors_hold(design, size):
    """Of 300 seeds each interval of 95 % misses 15; less than 3 or more than 33 would be one chance in 10,000.

    Posterior draws are checked by their chains, 15 degrees of freedom.
    """
    seeds, draws, truth = size(300, 60), 2**13, 0.8
    off: dict[str, list[float]] = {"weights": [], "draws": [], "evidence": []}
    for seed in range(seeds):
        result = normal_draws(100 + seed, draws)
        result.attrs["design"] = design
        found = mc.condition(result, [seen("x", value=1.0, sigma=0.5)])
        one = mc.summarize_posterior(found, outputs="x").sel(prior="conditioned", output="x")
        drawn = mc.summarize(found, "x", group="posterior")
        off["weights"].append(float(abs(one["mean"] - truth) / one["mcse_mean"]))
        off["draws"].append(float((abs(drawn["mean"] - truth) / drawn["mcse_mean"]).item()))
        exact = math.log(0.2391868319)
        off["evidence"].append(abs(found.attrs["log_evidence"] - exact) / found.attrs["mcse_log_evidence"])
    by_chains = {"weights": design == "sobol", "draws": True, "evidence": design == "sobol"}
    for name, ratios in off.items():
        wide = stats.t(CHAINS - 1).ppf(0.975) if by_chains[name] else stats.norm.ppf(0.975)
        missed = (np.array(ratios) > wide).sum()
        low, high = stats.binom(seeds, 0.05).ppf([5e-5, 1 - 5e-5])
        assert low <= missed <= high, name


def test_shifts_are_paired():
    found = mc.summarize_posterior(mc.condition(normal_draws(5), [seen("x", value=0.0, sigma=20.0)]), outputs="x")
    one = found.sel(output="x")
    assert_allclose(one["shift_mean"], one["mean"].sel(prior="conditioned") - one["mean"].sel(prior="stated"))
    # Hardly anything is learnt, so both means are nearly the same sum.
    assert float(one["mcse_shift_mean"]) < 0.02 * float(one["mcse_mean"].sel(prior="stated"))


# -------------------------------------------------------------------------------------------------------- what it keeps


def growth() -> xr.DataTree:
    rng = np.random.default_rng([6, 4])
    rate = rng.normal(0.3, 0.1, 4096)
    level = np.exp(rate * np.arange(4)[:, np.newaxis])
    return tree({"rate": rate}, {"demand": level, "total": level.sum(axis=0)}, demand="GW", total="GW")


def test_draws_stay_whole_and_in_their_chain():
    result = growth()
    found = mc.condition(result, [seen("demand", year=2027, value=2.0, sigma=0.2, unit="GW")])
    posterior = found["posterior_predictive"]
    assert posterior["demand"].dims == ("chain", "draw", "year")
    assert_array_equal(found["prior_predictive"]["demand"], result["prior_predictive"]["demand"])
    rate = found["posterior"]["rate"].values
    assert_allclose(posterior["demand"].values[..., 3], np.exp(3 * rate), rtol=1e-12)
    assert posterior["demand"].attrs == result["prior_predictive"]["demand"].attrs
    for chain in range(CHAINS):
        assert set(rate[chain]) <= set(result["prior"]["rate"].values[chain])
    assert json.loads(found.attrs["observations"])[0]["year"] == 2027


def test_how_often_a_draw_comes_again():
    """Systematic draws: the weight times the number, rounded one way or the other."""
    result = growth()
    found = mc.condition(result, [seen("total", value=8.0, sigma=1.0, unit="GW")])
    total = result["prior_predictive"]["total"].values[3]
    weights = stats.norm(8, 1).pdf(total)
    expected = total.size * weights / weights.sum()
    again = (found["posterior_predictive"]["total"].values[3][:, np.newaxis] == total).sum(axis=0)
    assert np.all(np.abs(again - expected) < 1 + 1e-6)


def test_a_file_keeps_it(tmp_path):
    found = mc.condition(growth(), [{"output": "total", "at_least": 7, "unit": "GW", "source": "somebody"}])
    assert (found["log_likelihood"]["total"].values == -np.inf).any()
    again = mc.read_result(mc.write_result(found, tmp_path / "one.nc"))
    for group in ("posterior", "posterior_predictive", "log_likelihood", "sample_stats_prior"):
        xr.testing.assert_identical(again[group].to_dataset(), found[group].to_dataset())
    for key in ("observations", "ess", "log_evidence"):
        assert again.attrs[key] == found.attrs[key]
    xr.testing.assert_identical(mc.summarize_posterior(again), mc.summarize_posterior(found))


def test_other_tools_get_the_draws_after_it(tmp_path):
    found = mc.condition(growth(), [seen("total", value=8.0, sigma=1.0, unit="GW")])
    written = mc.export(found, tmp_path / "one.csv")
    assert "after conditioning" in written.notes[0]
    again = mc.read(tmp_path / "one.csv")
    assert_array_equal(again["prior_predictive"]["demand"], found["posterior_predictive"]["demand"])
    figures = json.loads(mc.export(found, tmp_path / "one.json").path.read_text())
    assert "replicates" in json.dumps(figures)


def test_draws_after_it_in_the_shape_of_a_result():
    found = mc.condition(growth(), [seen("total", value=8.0, sigma=1.0, unit="GW")])
    draws = mc.posterior_draws(found)
    expected = mc.summarize(found, "demand", group="posterior_predictive")
    summary = mc.summarize(draws, "demand")
    assert_array_equal(summary["interval"], expected["interval"])
    # Draws repeat: as if independent, the errors would be too small.
    assert_array_equal(summary["mcse_mean"], expected["mcse_mean"])
    assert summary.attrs["mcse"] == "replicates"
    with pytest.raises(InputError, match="conditioned: no result of condition"):
        mc.posterior_draws(draws)


# ------------------------------------------------------------------------------------------------------ what is refused

GOOD = {"output": "demand", "year": 2026, "unit": "GW", "distribution": "normal", "value": 1.0, "sigma": 0.2}
FIRST = r"observations\[1 of 1\]"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sigma": None}, f"{FIRST}: .*sigma: missing; normal takes sigma"),
        ({"sigma": 0.0}, rf"{FIRST}\.sigma: 0.0: must be above 0"),
        ({"distribution": "student_t", "nu": 2e6}, rf"{FIRST}\.nu: 2000000.0: must be at most 1e\+06"),
        ({"sigma": "wide"}, rf"{FIRST}\.sigma: 'wide': must be a number"),
        ({"nu": 3.0}, f"{FIRST}: .*nu: not beside distribution, value, sigma: normal takes sigma; leave it out"),
        ({"distribution": "cauchy"}, "distribution: 'cauchy': must be one of normal, lognormal, student_t, binomial"),
        ({"distribution": None}, "distribution: None: must be one of"),
        ({"value": None}, "must be one kind of observation; state value"),
        ({"at_least": 2.0}, "must be one kind of observation"),
        ({"value": None, "sigma": None, "p5": 2.0}, "p5 and p95: both"),
        ({"value": None, "sigma": None, "p5": 2.0, "p95": 1.0}, "p5 and p95: both, the first below the second"),
        ({"value": None, "p5": 1.0, "p95": 2.0}, "sigma: not beside distribution, p5, p95"),
        ({"distribution": "lognormal", "value": -1.0}, "-1: a lognormal value lies above 0"),
        ({"distribution": "binomial", "sigma": None, "n": 3, "value": 4.0}, "whole number from 0 to n, 3"),
        ({"value": None, "sigma": None, "at_least": 2.0}, "distribution: not beside at_least, at_most"),
        ({"unit": "MW"}, rf"{FIRST}\.unit: 'MW': demand is in 'GW'; convert the numbers"),
        ({"year": 2040}, rf"{FIRST}\.year: 2040: not kept in this result; demand has the years 2025 to 2028"),
        ({"year": None}, rf"{FIRST}\.year: missing; demand has the years"),
        ({"output": "deman"}, rf"{FIRST}\.output: 'deman': not kept in this result"),
        ({"output": "total"}, rf"{FIRST}\.year: 2026: total has no years here; leave it out"),
        ({"sourc": "x"}, rf"{FIRST}\.sourc: unknown key; did you mean 'source'\?"),
    ],
)
def test_what_is_no_observation(change, words):
    row = {key: value for key, value in (GOOD | change).items() if value is not None}
    with pytest.raises(InputError, match=words):
        mc.condition(growth(), [row])


def test_files_and_rows(tmp_path):
    path = tmp_path / "seen.toml"
    path.write_text('titel = "x"\n[[observations]]\noutput = "demand"\n')
    with pytest.raises(InputError, match=r"seen.toml: titel: unknown key; did you mean 'title'\?"):
        load_observations(path)
    with pytest.raises(InputError, match=r"seen.toml: observations\[1 of 1\]: "):
        load_observations(path)
    with pytest.raises(FileError, match="no such file"):
        load_observations(tmp_path / "none.toml")
    with pytest.raises(InputError, match="observations: 3: must be a path"):
        load_observations(3)
    with pytest.raises(InputError, match=r"observations: .*at least 1"):
        load_observations([])
    with pytest.raises(InputError, match=r"observations\[1 of 1\]: 3: must be a table"):
        load_observations([3])


def test_what_cannot_have_happened():
    with pytest.raises(NumericalError, match=r"demand 2026: no draw agrees with it: draws lie between .* widen"):
        mc.condition(growth(), [{"output": "demand", "year": 2026, "unit": "GW", "at_least": 1e6}])
    rows = [{"output": "total", "unit": "GW", "at_least": 8.0}, {"output": "demand", "year": 2026, "unit": "GW"}]
    rows[1]["at_most"] = 1.2
    with pytest.raises(NumericalError, match="no draw of chain 0 agrees with all of them"):
        mc.condition(growth(), rows)
    far = [seen("demand", year=2026, unit="GW", value=40.0, sigma=0.05)]
    with pytest.raises(NumericalError, match=r"these draws cannot show what follows: pareto_k .* ess .* of 4096"):
        mc.condition(growth(), far)
    found = mc.condition(growth(), far, accept_unreliable=True)
    assert found.attrs["reliable"] == 0
    assert "not reliable" in found.attrs["notices"]


@pytest.mark.parametrize("text", ["", "{", "3", "[]", '[{"output": "x"}]', "[" * 10_000, 7])
def test_observations_that_somebody_changed(text):
    with pytest.raises(IntegrityError, match=r"^result: observations: .*condition anew$"):
        observations_of({"observations": text})
    with pytest.raises(IntegrityError, match="the file was changed"):
        observations_of({})


def test_what_has_a_value_in_the_unit_of_the_output():
    rows = [
        seen("x", value=1.0, sigma=0.5),
        {"output": "x", "distribution": "lognormal", "p5": 1.0, "p95": 2.0},
        {"output": "x", "at_least": 1.0, "at_most": 2.0},
        {"output": "x", "distribution": "binomial", "value": 7.0, "n": 10},
        {"output": "x", "distribution": "lognormal", "value": 7.0, "sigma": 1e300},
    ]
    assert [one.has_value for one in load_observations(rows)] == [True, True, False, False, False]


def test_few_draws_are_said():
    found = mc.condition(growth(), [seen("total", value=8.0, sigma=0.3, unit="GW")])
    assert "in 16 chains: ask for more draws" in found.attrs["notices"]
    assert "ask for more" not in mc.condition(normal_draws(1), [seen("x", value=0.0, sigma=1.0)]).attrs["notices"]


def test_once_only():
    found = mc.condition(growth(), [seen("total", value=8.0, sigma=1.0, unit="GW")])
    with pytest.raises(InputError, match="conditioned already; state all observations at once"):
        mc.condition(found, [seen("total", value=8.0, sigma=1.0, unit="GW")])


def test_the_example_is_of_the_shipped_sets():
    path = Path(mc.__file__).parent / "examples" / "observations.toml"
    assert [one.name for one in load_observations(path)] == ["energy_served 2025", "tokens_served 2025"]
