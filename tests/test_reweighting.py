"""Reweighted outputs against closed forms, against simulations of the changed prior, and what is refused."""

import dataclasses
import json
import math
from typing import Any

import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand import reweighting, weighted_summary
from mcdemand.importance import largest_pareto_k
from mcdemand.reweighting import reweight
from mcdemand.row_change import RowChange, partner_draws

DRAWS = 1024 if numba.config.DISABLE_JIT else 4096
MANY = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
LEVELS = np.array([0.05, 0.5, 0.95])


def demand(x: float, y: float) -> float:
    return x * y


def first(x: float) -> float:
    return x


def growing(x: float, t: float) -> float:
    return x * (1.0 + t)


MODEL = mc.Model.from_functions([demand, first])
LOGNORMAL = {"distribution": "lognormal", "mu": 0.0, "sigma": 0.5}


def beliefs(x: dict[str, Any] | None = None, latent: float = 0.0, **more: Any) -> dict[str, Any]:
    rows = {"x": x or LOGNORMAL, "y": {"distribution": "lognormal", "mu": 0.2, "sigma": 0.3}, **more}
    pairs = [{"between": ["x", "y"], "latent": latent}] if latent else []
    return {"parameters": rows, "correlations": pairs}


def simulate(priors: dict[str, Any], **request: Any) -> xr.DataTree:
    return mc.simulate(priors, **{"model": MODEL, "draws": DRAWS, "seed": 3, **request})


def assert_within_errors(found: xr.Dataset, output: str, mean: float, quantiles: np.ndarray, limit: float) -> None:
    """Mean, median and both ends of the reweighted interval lie within some errors of what is exact."""
    one = found.sel(prior="reweighted", output=output)
    exact = {"mean": mean, "median": quantiles[1], "interval": quantiles[[0, 2]]}
    for name, value in exact.items():
        assert np.all(np.abs(one[name] - value) < limit * one[f"mcse_{name}"]), (name, one[name].values, value)


# Student's t of 15 degrees of freedom passes 6 once in 40,000 times; the normal law passes 4.5 once in 150,000.
ERRORS = {"sobol": 6.0, "latin_hypercube": 6.0, "random": 4.5}


@pytest.mark.parametrize("design", ERRORS)
@pytest.mark.parametrize("latent", [0.0, 0.6, -0.8])
def test_another_lognormal_law_against_the_closed_form(design, latent):
    """The log of x y is normal: mean and variance of x change, the correlation of the scores does not."""
    found = reweight(simulate(beliefs(latent=latent), design=design), {"x.mu": 0.15, "x.sigma": 0.45})
    alone = stats.lognorm(0.45, scale=math.exp(0.15))
    assert_within_errors(found, "first", alone.mean(), alone.ppf(LEVELS), ERRORS[design])
    law = stats.lognorm(math.sqrt(0.45**2 + 0.3**2 + 2 * latent * 0.45 * 0.3), scale=math.exp(0.35))
    assert_within_errors(found, "demand", law.mean(), law.ppf(LEVELS), ERRORS[design])
    assert found.attrs["reliable"] == 1
    assert found.attrs["dependence"] == ("kept: weighted given y" if latent else "kept: correlated with nothing")


def test_effective_draws_and_shape_in_the_limit():
    """Of weights between two normal laws: E[w^2] by quadrature; w is bounded above 0.45 < 0.5, so its tail is light."""
    found = reweight(simulate(beliefs()), {"x.mu": 0.15, "x.sigma": 0.45})
    z = np.linspace(-9, 9, 20_001)
    old, new = stats.norm(0, 0.5).pdf(z), stats.norm(0.15, 0.45).pdf(z)
    assert_allclose(float(found["ess"]), DRAWS / np.trapezoid(new**2 / old, z), rtol=0.01)
    assert float(found["pareto_k"]) < 0
    assert float(found["missing_mass"]) == 0


def test_a_law_of_another_family():
    row = {"distribution": "uniform", "lower": 0.5, "upper": 1.5}
    found = reweight(simulate(beliefs()), {"x": row}, outputs="first")
    law = stats.uniform(0.5, 1.0)
    assert_within_errors(found, "first", law.mean(), law.ppf(LEVELS), ERRORS["sobol"])
    assert found.attrs["change"] == "lognormal(mu 0, sigma 0.5) -> uniform(lower 0.5, upper 1.5)"


def test_a_truncated_law():
    found = reweight(simulate(beliefs()), {"x.truncation": {"lower": 0.6, "upper": 2.0}}, outputs="first")
    law, ends = stats.lognorm(0.5), stats.lognorm(0.5).cdf([0.6, 2.0])
    mean = law.expect(lambda x: x, lb=0.6, ub=2.0, conditional=True)
    assert_within_errors(found, "first", mean, law.ppf(ends[0] + (ends[1] - ends[0]) * LEVELS), ERRORS["sobol"])
    # Constant weights within the bounds have no tail.
    assert math.isnan(float(found["pareto_k"]))
    assert_allclose(float(found["ess"]), DRAWS * (ends[1] - ends[0]), rtol=0.01)


def test_categories():
    row = {"distribution": "categorical", "categories": ["a", "b", "c"], "weights": [0.5, 0.25, 0.25]}
    result = simulate(beliefs(row), design="random")
    found = reweight(result, {"x.weights": [0.2, 0.7, 0.1]}, outputs="first").sel(output="first", prior="reweighted")
    assert abs(float(found["mean"]) - 0.9) < 4.5 * float(found["mcse_mean"])
    codes = result["prior_predictive"]["first"].values.ravel()
    weights = np.array([0.4, 2.8, 0.4])[codes.astype(int)]
    assert_allclose(float(found["mean"]), np.sum(weights * codes) / weights.sum(), rtol=1e-12)
    assert_allclose(float(found["ess"]), weights.sum() ** 2 / np.sum(weights**2), rtol=1e-12)


@MANY
@pytest.mark.parametrize(
    "change",
    [
        {"reasoning_multiplier.p50": 10},
        {"request_growth.p50": 2.0},
        {"rebound_elasticity.mu": 1.05},
        {"growth_shape.weights": [0.4, 0.3, 0.3, 0.0]},
        {"load_factor": {"distribution": "triangular", "lower": 0.45, "mode": 0.6, "upper": 0.75}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_shipped_set_against_a_simulation_of_the_changed_one(change, consensus):
    """Other draws of the changed set: 10 outputs, 2 years, 4 figures, errors of 15 degrees of freedom on both sides.

    Such an error passes 6 twice in 100,000 times, and the 80 figures depend on each other.
    """
    found = reweight(consensus, change).sel(prior="reweighted")
    anew = mc.simulate("consensus", draws=16_384, seed=77, years=[2026, 2032], set=change)
    direct = mc.summarize(anew, probabilities=[0.5])
    pairs = {
        "mean": (direct["mean"], direct["mcse_mean"]),
        "median": (direct["quantiles"].isel(quantile=0), direct["mcse_quantiles"].isel(quantile=0)),
        "interval": tuple(direct[key].isel(ci_kind=0, ci_prob=0) for key in ("interval", "mcse_interval")),
    }
    for name, (value, error) in pairs.items():
        away = (found[name] - value) / np.hypot(found[f"mcse_{name}"], error)
        assert float(abs(away).max()) < 6, (name, away)


@MANY
def test_leaving_the_correlations_out_would_be_seen(consensus):
    """A parameter whose partners stay where they are: they keep their law, which naive weights would move."""
    change = {"request_growth.p50": 2.2}
    found = reweight(consensus, change, outputs=["training_growth", "additions_growth"], years=2032)
    away = (found["shift_median"] / found["mcse_shift_median"]).values
    assert np.all(np.abs(away) < 6)
    both = RowChange.of(consensus, change)
    naive = np.exp(reweighting.log_weights(both.old, both.new, both.values))
    logs = np.log(consensus["prior"]["training_growth"].values.ravel())
    moved = (naive * logs).sum() / naive.sum() - logs.mean()
    assert moved > 0.2 * logs.std() * 0.3


@pytest.fixture(scope="module")
def consensus() -> xr.DataTree:
    return mc.simulate("consensus", draws=16_384, seed=1, years=[2026, 2032])


@pytest.mark.parametrize("design", ["sobol", "random"])
def test_the_stated_side_is_what_summarize_says(design):
    result = simulate(beliefs(), design=design)
    found = reweight(result, {"x.mu": 0.1}, ci_prob=0.8).sel(prior="stated")
    known = mc.summarize(result, ci_prob=0.8, probabilities=[0.5])
    assert_allclose(found["mean"], known["mean"], rtol=1e-12)
    assert_allclose(found["median"], known["quantiles"].isel(quantile=0), rtol=1e-9)
    assert_allclose(found["interval"], known["interval"].isel(ci_kind=0, ci_prob=0), rtol=1e-9)
    assert_allclose(found["mcse_mean"], known["mcse_mean"], rtol=1e-3)
    assert_allclose(found["mcse_interval"], known["mcse_interval"].isel(ci_kind=0, ci_prob=0), rtol=0.05)
    assert found.attrs["mcse"] == known.attrs["mcse"]


def test_the_same_law_by_another_name_changes_nothing():
    row = {"distribution": "two_piece_lognormal", "median": 1.0, "sigma_lower": 0.5, "sigma_upper": 0.5}
    found = reweight(simulate(beliefs(latent=0.5)), {"x": row})
    assert_allclose(float(found["ess"]), DRAWS, rtol=1e-9)
    for name in ("mean", "median", "interval"):
        scale = found[name].sel(prior="stated")
        assert_allclose((found[f"shift_{name}"] / scale).values, 0, atol=1e-9)


def test_shifts_are_differences_that_common_draws_make_precise():
    found = reweight(simulate(beliefs()), {"x.mu": 0.05})
    for name in ("mean", "median", "interval"):
        difference = found[name].sel(prior="reweighted") - found[name].sel(prior="stated")
        assert_allclose(found[f"shift_{name}"], difference, rtol=1e-9, atol=1e-12)
    paired, apart = float(found["mcse_shift_mean"].sel(output="first")), found["mcse_mean"].sel(output="first")
    exact = math.exp(0.05 + 0.125) - math.exp(0.125)
    assert abs(float(found["shift_mean"].sel(output="first")) - exact) < 6 * paired
    assert paired < float(np.hypot(*apart))


def test_labels_and_provenance():
    model = mc.Model.from_functions([growing, first])
    priors = {"prior_set": {"name": "mine", "years": {"start": 2025, "stop": 2028}}, "parameters": {"x": LOGNORMAL}}
    result = mc.simulate(priors, model=model, draws=1024, chains=4, seed=9)
    found = reweight(result, {"x.sigma": 0.48}, years=[2028, 2026])
    assert dict(found.sizes) == {"prior": 2, "output": 2, "year": 2, "ci_bound": 2}
    assert found["mean"].dims == ("prior", "output", "year")
    assert found["interval"].dims == ("prior", "output", "year", "ci_bound")
    assert found["shift_interval"].dims == ("output", "year", "ci_bound")
    assert found["year"].values.tolist() == [2026, 2028]
    assert found["long_name"].values.tolist() == ["growing", "first"]
    # What has no year repeats; what grows with t is a multiple of it.
    means = found["mean"].sel(prior="reweighted")
    assert means.sel(output="first", year=2026) == means.sel(output="first", year=2028)
    assert_allclose(means.sel(output="growing") / means.sel(output="first"), [2, 4], rtol=1e-12)
    about = {
        **{"method": "reweight", "parameter": "x", "change": "sigma 0.5 -> 0.48", "prior_set": "mine", "seed": 9},
        **{"design": "sobol", "draws": 1024, "chains": 4, "evaluations": 0, "mcse": "replicates", "replicates": 4},
        **{"ci_prob": 0.9, "ci_kind": "eti", "reliable": 1, "notices": ""},
    }
    assert {key: found.attrs[key] for key in about} == about
    assert json.loads(found.attrs["overrides"]) == {"x.sigma": 0.48}
    assert found.attrs["source"].startswith("mcdemand ")


def test_a_result_without_years_has_none():
    found = reweight(simulate(beliefs()), {"x.mu": 0.1}, outputs=["first", "y"])
    assert found["mean"].dims == ("prior", "output")
    assert found["output"].values.tolist() == ["first", "y"]


def test_a_written_result_is_reweighted_alike(tmp_path):
    result = simulate(beliefs(latent=0.4), draws=512)
    mc.write_result(result, tmp_path / "result.nc")
    found = reweight(mc.read_result(tmp_path / "result.nc"), {"x.mu": 0.1})
    xr.testing.assert_identical(found, reweight(result, {"x.mu": 0.1}))
    found.to_netcdf(tmp_path / "found.nc", engine="h5netcdf")


def test_partners_that_are_not_kept_are_drawn_again():
    priors, change = beliefs(latent=0.6), {"x.mu": 0.1}
    whole = simulate(priors)
    part = simulate(priors, outputs=["demand", "x"])
    assert "y" not in part["prior"]
    found = reweight(part, change, model=MODEL)
    xr.testing.assert_identical(found.sel(output=["demand"]), reweight(whole, change, outputs="demand"))
    with pytest.raises(mc.InputError, match=r"model: .* not installed"):
        reweight(part, change)


def test_partners_that_no_output_needs_are_left_out():
    """Only x is used: the law of x given nothing is its own, and the weights are ratios of its densities."""
    priors, change = beliefs(latent=0.6), {"x.mu": 0.1}
    result = simulate(priors, outputs=["first", "x"])
    found = reweight(result, change, model=MODEL)
    alone = reweight(simulate(beliefs(), outputs=["first", "x"]), change)
    assert_allclose(found["mean"], alone["mean"], rtol=0.01)
    assert partner_draws(result, RowChange.of(result, change), MODEL) == {}
    assert found.attrs["dependence"] == "kept: correlated with nothing"


def test_a_constant_ties_no_draws():
    """A pair that an override made idle."""
    priors = mc.load_prior_set(beliefs(latent=0.6), {"y": 1.5})
    found = reweight(simulate(priors), {"x.mu": 0.1})
    assert found.attrs["dependence"] == "kept: correlated with nothing"
    assert_allclose(found["mean"].sel(output="demand"), 1.5 * found["mean"].sel(output="first"), rtol=1e-12)


@pytest.mark.parametrize(
    "change", [{"x.mu": 3.0}, {"x.sigma": 1.5}, {"x": {"distribution": "uniform", "lower": 3.0, "upper": 3.6}}]
)
def test_weights_that_cannot_be_trusted_are_withheld(change):
    result = simulate(beliefs(), draws=512)
    with pytest.raises(mc.NumericalError) as refused:
        reweight(result, change)
    line = str(refused.value)
    assert refused.value.exit_code == 3
    assert "\n" not in line
    for part in ("x: ", "pareto_k", "ess", "512 draws", "simulate anew with --set x", "accept_unreliable=True"):
        assert part in line, line
    found = reweight(result, change, accept_unreliable=True)
    assert found.attrs["reliable"] == 0
    assert found.attrs["notices"].startswith("not reliable: pareto_k")
    assert float(found["ess"]) < 50 or float(found["pareto_k"]) > largest_pareto_k(512)


def test_the_remedy_is_a_command():
    with pytest.raises(mc.NumericalError) as refused:
        reweight(simulate(beliefs(), draws=512), {"x": {"distribution": "uniform", "lower": 3, "upper": 3.6}})
    assert """simulate anew with --set x='{ distribution = "uniform", lower = 3, upper = 3.6 }', or""" in str(
        refused.value
    )


def test_what_old_draws_cannot_show_is_said():
    result = simulate(beliefs({"distribution": "uniform", "lower": 0, "upper": 1}))
    found = reweight(result, {"x.upper": 1.008})
    assert_allclose(float(found["missing_mass"]), 0.008 / 1.008)
    assert found.attrs["notices"] == "0.794 % of the changed prior lies where the stated one draws nothing"
    assert found.attrs["reliable"] == 1
    with pytest.raises(mc.NumericalError, match=r"20 % of the changed prior lies where the stated one draws nothing"):
        reweight(result, {"x.upper": 1.25})
    found = reweight(result, {"x.upper": 1.25}, accept_unreliable=True)
    assert found.attrs["reliable"] == 0
    assert_allclose(float(found["missing_mass"]), 0.2)


def test_an_impossible_prior_names_the_nearest_draw():
    result = simulate(beliefs({"distribution": "uniform", "lower": 0, "upper": 1}))
    with pytest.raises(mc.NumericalError, match=r"x: .*impossible under .*: none lies .*, is p99\.9") as refused:
        reweight(result, {"x": {"distribution": "uniform", "lower": 2, "upper": 3}}, accept_unreliable=True)
    assert refused.value.exit_code == 3
    row = {"distribution": "categorical", "categories": ["a", "b"], "weights": [1.0, 0.0]}
    with pytest.raises(mc.NumericalError, match="impossible under the changed prior: none is of a category"):
        reweight(simulate(beliefs(row), draws=64), {"x.weights": [0.0, 1.0]}, accept_unreliable=True)


CATEGORIES = {"distribution": "categorical", "categories": ["a", "b"], "weights": [0.5, 0.5]}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, "set: {}: must change a row"),
        ({"z.mu": 1}, "no such parameter"),
        ({"x.mu": 0.0}, "changes no law; reweighting takes exactly one row"),
        ({"x.note": "hello"}, "changes no law"),
        ({"x.mu": 0.1, "y.mu": 0.1}, "changes the laws of x, y; reweighting takes exactly one row"),
        ({"x": 2.0}, "constant has no density"),
        ({"c": LOGNORMAL}, "constant has no density"),
        ({"x": CATEGORIES}, "categories cannot be weighted into numbers"),
        ({"k": LOGNORMAL}, "categories cannot be weighted into numbers"),
        ({"x.varies": {"kind": "independent"}}, "varies by year, which is not reweighted; simulate anew with --set x"),
    ],
)
def test_changes_that_weights_cannot_express(change, rule):
    result = simulate(beliefs(c={"distribution": "constant", "value": 1}, k=CATEGORIES), draws=64, chains=2)
    outputs = [*result["prior_predictive"].data_vars, "x", "y", "c", "k"]
    result = simulate(beliefs(c={"distribution": "constant", "value": 1}, k=CATEGORIES), draws=64, outputs=outputs)
    with pytest.raises(mc.InputError, match=rule.replace("{", r"\{").replace("}", r"\}")):
        reweight(result, change)


def test_requests_that_are_refused():
    result = simulate(beliefs(), draws=64)
    for request, rule in [
        ({"outputs": "first2"}, "did you mean 'first'"),
        ({"outputs": []}, "outputs: none"),
        ({"years": 2030}, "years: 2030: not kept in this result; it has no years"),
        ({"ci_prob": 90}, "ci_prob: 90"),
        ({"ci_prob": (0.5, 0.9)}, "must be one number"),
    ]:
        with pytest.raises(mc.InputError, match=rule):
            reweight(result, {"x.mu": 0.1}, **request)
    with pytest.raises(mc.InputError, match="result: must be what simulate or read_result returned"):
        reweight(result["prior"].to_dataset(), {"x.mu": 0.1})  # type: ignore[arg-type]
    with pytest.raises(mc.InputError, match="x: its draws are not kept in this result"):
        reweight(simulate(beliefs(), draws=64, outputs=["demand"]), {"x.mu": 0.1})


def test_a_pool_is_refused():
    sets = {
        name: {"prior_set": {"name": name}, **beliefs({**LOGNORMAL, "mu": mu})} for name, mu in (("a", 0), ("b", 1))
    }
    pool = mc.PriorPool(tuple(mc.load_prior_set(one) for one in sets.values()), (0.5, 0.5))
    with pytest.raises(mc.InputError, match="pool of prior sets; reweight a result of one of them"):
        reweight(simulate(pool, draws=64), {"x.mu": 0.1})


def test_a_partner_whose_draws_do_not_show_its_scores():
    result = simulate(beliefs(latent=0.5), draws=64)
    change = RowChange.of(result, {"x.mu": 0.1})
    y = change.start.parameters["y"]
    hidden = dataclasses.replace(y, distribution=dataclasses.replace(y.distribution, score_of=None))
    start = dataclasses.replace(change.start, parameters={**change.start.parameters, "y": hidden})
    with pytest.raises(mc.InputError, match="correlated with y, whose scores its draws do not show; simulate anew"):
        partner_draws(result, dataclasses.replace(change, start=start), MODEL)


def test_a_member_of_a_group_that_is_drawn_together():
    priors = beliefs()
    priors["dependence"] = [{"family": "clayton", "members": ["x", "y"], "theta": 2}]
    with pytest.raises(mc.InputError, match=r"x: mu 0 -> 0\.1: is in the clayton group of x, y, and weights are known"):
        reweight(simulate(priors, draws=64), {"x.mu": 0.1})
    held = mc.load_prior_set(priors, set={"y": 1.0})
    assert mc.reweight(simulate(held, draws=4096), {"x.mu": 0.01}, outputs="first").attrs["reliable"] == 1


def test_a_result_that_was_changed():
    result = simulate(beliefs({"distribution": "uniform", "lower": 0, "upper": 1}), draws=64)
    moved = result.copy(deep=True)
    moved["prior"]["x"][0, 0] = 7.0
    with pytest.raises(mc.IntegrityError, match="x: has draws that its prior cannot make"):
        reweight(moved, {"x.upper": 0.9})
    with pytest.raises(mc.IntegrityError, match="take the whole result, not a part"):
        reweight(result.isel(draw=slice(2)), {"x.upper": 0.9})
    broken = result.copy(deep=True)
    broken["prior_predictive"]["demand"][0, 1] = math.nan
    with pytest.raises(mc.NumericalError, match="demand: a draw is not finite"):
        reweight(broken, {"x.upper": 0.9}, accept_unreliable=True)


def test_a_single_chain_of_a_design_has_no_error():
    found = reweight(simulate(beliefs(), draws=512, chains=1), {"x.mu": 0.05})
    assert np.isfinite(found["mean"]).all()
    assert np.isnan(found["mcse_mean"]).all()
    assert np.isnan(found["mcse_shift_interval"]).all()


def test_threads_do_not_matter(monkeypatch):
    result = simulate(beliefs(), draws=512)
    expected = reweight(result, {"x.mu": 0.05})
    monkeypatch.setattr(weighted_summary, "thread_count", lambda _asked: 1)
    assert_array_equal(reweight(result, {"x.mu": 0.05})["interval"], expected["interval"])
