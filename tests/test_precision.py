"""Run until precise: it stops when it should, says what it reached, and gives the bits of a fixed run."""

import json

import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose
from scipy import stats

import mcdemand as mc
from mcdemand import precision
from mcdemand.memory import check_memory

INTERPRETED = bool(numba.config.DISABLE_JIT)
pytestmark = pytest.mark.skipif(INTERPRETED, reason="thousands of interpreted draws at every look take too long")

LOGNORMAL = {"distribution": "lognormal", "mu": 1.0, "sigma": 0.5}
PRIORS = {"parameters": {"x": LOGNORMAL, "y": {"distribution": "normal", "mu": 3.0, "sigma": 0.2}}}


def size(x, y):
    return x * y


def size_squared(size):
    return size * size


MODEL = mc.Model.from_functions([size, size_squared], default_outputs=["size"])


def until(asked, **options):
    return mc.simulate_until_precise(PRIORS, asked, **{"model": MODEL, "draws": 4096, **options})


def note(result):
    return json.loads(result.attrs["precision"])


@pytest.mark.parametrize(("design", "asked"), [("random", 2.0), ("sobol", 0.5)])
def test_the_bits_are_those_of_a_run_of_that_length(design, asked):
    stopped = until(f"{asked} %", design=design, seed=3)
    assert note(stopped)["looks"] > 1
    fixed = mc.simulate(PRIORS, model=MODEL, design=design, seed=3, draws=stopped.attrs["draws"])
    found = note(stopped)
    del stopped.attrs["precision"]
    xr.testing.assert_identical(stopped, fixed)
    assert (found["stopped_by"], found["confirmed"], found["asked"]) == ("precision", True, {"size": f"{asked:g} %"})
    assert 0 < found["reached"] <= 1
    assert found["at"].startswith("size, ")


def test_what_is_reached_is_the_worst_error_in_units_of_what_is_accepted():
    stopped = until("2%", design="random")
    summary = mc.summarize(stopped, probabilities=(0.5,))
    figures = np.concatenate([summary["quantiles"].values.ravel(), summary["interval"].values.ravel()])
    errors = np.concatenate([summary["mcse_quantiles"].values.ravel(), summary["mcse_interval"].values.ravel()])
    # One output: 5 % over the looks, two-sided, and no less than 2.6 standard errors.
    factor = max(2.6, stats.norm.isf(0.025 / note(stopped)["looks"]))
    shares = factor * errors / (0.02 * figures)
    assert_allclose(note(stopped)["reached"], shares.max(), rtol=1e-12)
    assert note(stopped)["at"] == f"size, {('median', 'lower end', 'upper end')[int(np.argmax(shares))]}"


def test_errors_of_chains_count_with_student_s_law():
    stopped = until("2%", design="sobol")
    summary = mc.summarize(stopped, probabilities=(0.5,))
    figures = np.concatenate([summary["quantiles"].values.ravel(), summary["interval"].values.ravel()])
    errors = np.concatenate([summary["mcse_quantiles"].values.ravel(), summary["mcse_interval"].values.ravel()])
    beyond = min(2 * stats.norm.sf(2.6), 0.05 / note(stopped)["looks"])
    shares = stats.t.isf(beyond / 2, df=15) * errors / (0.02 * figures)
    assert_allclose(note(stopped)["reached"], shares.max(), rtol=1e-9)


def test_numbers_of_numpy_are_numbers():
    found = until("20%", draws=np.int64(5000), chains=np.int32(16), budget=mc.Budget(draws=np.int64(10**6)))
    assert found.attrs["draws"] == 8192


def test_draws_double_from_the_first_look():
    coarse, fine = until("20%"), until("1%")
    assert coarse.attrs["draws"] == 4096
    assert note(coarse)["looks"] == 1
    assert fine.attrs["draws"] == 4096 * 2 ** (note(fine)["looks"] - 1)


def test_every_output_and_its_own_tolerance():
    one = until({"size": 0.5, "size_squared": "2%"}, outputs=["size", "size_squared"])
    assert note(one)["asked"] == {"size": "0.5", "size_squared": "2 %"}
    summary = mc.summarize(one, probabilities=(0.5,))
    assert float(summary["mcse_interval"].sel(output="size").max()) < 0.5 / 2.6
    relative = summary["mcse_interval"] / summary["interval"]
    assert float(relative.sel(output="size_squared").max()) < 0.02 / 2.6


def test_a_budget_of_draws_stops_it_with_what_was_reached():
    stopped = until("0.1%", budget=mc.Budget(draws=20_000))
    found = note(stopped)
    assert (found["stopped_by"], found["confirmed"], found["looks"]) == ("budget", False, 3)
    assert found["reached"] > 1
    assert stopped.attrs["draws"] == 16_384


def test_a_budget_of_seconds_stops_it_after_the_first_look_at_the_latest():
    stopped = until("0.001%", budget=mc.Budget(seconds=1e-9))
    assert (note(stopped)["stopped_by"], note(stopped)["looks"]) == ("budget", 1)


def test_what_is_reached_without_time_for_a_fresh_run_is_not_confirmed():
    stopped = until("20%", budget=mc.Budget(seconds=1e-9))
    assert (note(stopped)["stopped_by"], note(stopped)["confirmed"]) == ("precision", False)


def test_memory_stops_it_too(monkeypatch):
    def refuse(run, threads, tile_draws):
        if run.chains * run.draws_per_chain > 9000:
            raise mc.ResourceError("draws: too many")
        check_memory(run, threads, tile_draws)

    monkeypatch.setattr(precision, "check_memory", refuse)
    stopped = until("0.1%")
    assert (note(stopped)["stopped_by"], stopped.attrs["draws"]) == ("memory", 8192)


def test_a_fresh_run_that_disagrees_sends_it_on(monkeypatch):
    answers = iter([False, True])
    monkeypatch.setattr(precision._Search, "_agrees", lambda _self, _run, _look: next(answers))
    assert note(until("20%"))["looks"] == 2


def test_the_fresh_run_is_of_other_chains_and_agrees_within_its_errors():
    seen = []

    class Spy(precision._Search):
        def _agrees(self, run, look):
            seen.append((run.first_chain, run.chains, run.draws_per_chain, super()._agrees(run, look)))
            return seen[-1][-1]

    original, precision._Search = precision._Search, Spy
    try:
        until("20%")
    finally:
        precision._Search = original
    assert seen == [(16, 16, 256, True)]


def test_constants_are_exact_at_once():
    fixed = {"x": {"distribution": "constant", "value": 2.0}, "y": {"distribution": "constant", "value": 0.0}}
    result = mc.simulate_until_precise({"parameters": fixed}, "0.1%", model=MODEL, draws=4096)
    assert (note(result)["reached"], note(result)["looks"]) == (0.0, 1)


def test_parameters_alone_can_be_asked_for():
    result = until("2%", outputs=["x"])
    assert list(note(result)["asked"]) == ["x"]
    median = mc.summarize(result, group="prior", probabilities=(0.5,))["quantiles"].item()
    assert abs(median - np.e) < 0.02 * np.e


def test_the_years_are_looked_at_together():
    result = mc.simulate_until_precise("consensus", "4%", outputs=["energy_served"], years=[2025, 2030], draws=4096)
    summary = mc.summarize(result)
    assert float((summary["mcse_interval"] / summary["interval"]).max()) < 0.04 / 2.6
    assert " in 20" in note(result)["at"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": "latin_hypercube"}, "design latin_hypercube: more draws are another sample; use sobol or random"),
        ({"chains": 1}, "chains: 1: design sobol takes its errors from the chains; use 16"),
        ({"chains": 0}, "chains: 0: must be a whole number"),
        ({"design": "halton"}, "design: 'halton': unknown"),
    ],
)
def test_requests_that_cannot_be_met(options, message):
    with pytest.raises(mc.InputError, match=message):
        until("1%", **options)


@pytest.mark.parametrize(
    "given", [{"seconds": 0}, {"draws": -1}, {"seconds": float("nan")}, {"draws": True}, {"seconds": "60s"}]
)
def test_what_is_no_budget(given):
    with pytest.raises(mc.InputError, match=r"budget: .*: must be a number above 0"):
        mc.Budget(**given)


def test_a_budget_below_the_first_look_is_a_mistake():
    with pytest.raises(mc.InputError, match="budget: 60 draws: the first look takes 4096; allow more, or state a time"):
        until("1%", budget=mc.Budget(draws=60))
    with pytest.raises(mc.InputError, match=r"budget: 60: must be a Budget, such as Budget\(seconds=60\)"):
        until("1%", budget=60)


def test_a_figure_on_a_tie_is_given_up():
    """Half of the draws are 0, half 1: the median is one or the other, whatever the number of draws."""

    def side(u):
        return 1.0 if u < 0.5 else 0.0

    uniform = {"distribution": "uniform", "lower": 0.0, "upper": 1.0}
    result = mc.simulate_until_precise(
        {"parameters": {"u": uniform}}, "1%", model=mc.Model.from_functions([side]), draws=4096
    )
    assert note(result)["stopped_by"] == "stalled"
    assert result.attrs["draws"] <= 2**17


def test_errors_that_are_unknown_at_first_do_not_stop_it():
    """The ends of a 99.99 % interval lie beyond 4,096 draws, and beyond four times as many."""
    result = until("20%", ci_prob=0.9999, design="random")
    assert note(result)["stopped_by"] == "precision"
    assert note(result)["looks"] > 4


def test_most_runs_end_within_what_was_asked():
    """30 seeds, promised 95 % each: 24 or fewer would happen once in 20,000."""
    exact = np.exp(1.0) * 3.0
    law = stats.norm(1.0, 0.5)
    inside = 0
    for seed in range(30):
        result = mc.simulate_until_precise(
            {"parameters": {"x": LOGNORMAL}}, "2%", model=mc.Model.from_functions([triple]), draws=4096, seed=seed,
            design="random",
        )  # fmt: skip
        found = mc.summarize(result, probabilities=(0.05, 0.5, 0.95))["quantiles"].values.ravel()
        wanted = 3.0 * np.exp(law.ppf([0.05, 0.5, 0.95]))
        assert_allclose(wanted[1], exact)
        inside += bool(np.all(np.abs(found - wanted) <= 0.02 * wanted))
    assert inside > 24


def triple(x):
    return 3.0 * x
