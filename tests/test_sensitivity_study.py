"""`mcdemand.sensitivity` for every method: shapes, labels, scales, sources, refusals."""

import json

import numpy as np
import pytest
import xarray as xr
from numba import config
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.math import exp
from mcdemand.sensitivity import methods

DRAWS, CHAINS = (256, 4) if config.DISABLE_JIT else (1024, 8)
SIZES = {"draws": DRAWS, "chains": CHAINS}
EXTRA = {"level_worst": "quantile", "lower": "box", "upper": "box", "swing": "others"}


def demand(users, tokens, t):
    """Tokens."""
    return users * tokens * exp(0.1 * t)


def balance(users, debt):
    """What is left."""
    return users - debt


def level(users):
    """The same every year."""
    return 2.0 * users


MODEL = mc.Model.from_functions([demand, balance, level])
PRIORS = {
    "prior_set": {"years": {"start": 2025, "stop": 2026}},
    "parameters": {
        "users": {"distribution": "lognormal", "mu": 0.0, "sigma": 0.5},
        "tokens": {"distribution": "lognormal", "mu": 0.0, "sigma": 0.25},
        "debt": {"distribution": "normal", "mu": 0.0, "sigma": 1.0},
        "idle": {"distribution": "normal", "mu": 0.0, "sigma": 1.0},
        "fixed": {"distribution": "constant", "value": 2.0},
    },
}


# Every pair of its draws is compared, which takes its time without compiled code.
QUICK = {"hsic": {"sample": 40}}


def study(**changes):
    changes |= QUICK.get(changes.get("method"), {})
    return mc.sensitivity(PRIORS, model=MODEL, **{**SIZES, **changes})


@pytest.fixture(scope="module")
def result():
    return mc.simulate(PRIORS, model=MODEL, draws=DRAWS, chains=CHAINS)


@pytest.mark.parametrize("method", ["default", *methods()])
def test_contract(method, tmp_path):
    found = study(method=method)
    main = found[found.attrs["sorted_by"]]
    assert main.dims[-3:] == ("parameter", "output", "year")
    assert {*found["parameter"].values} == {"users", "tokens", "debt", "idle"}, "constants have no sensitivity"
    size = np.abs(main.values.reshape(-1, 4, 6)).mean(axis=(0, 2))
    assert (np.diff(size) <= 0).all(), "sorted by the first index"
    for name, one in found.data_vars.items():
        assert not np.isnan(one).any(), name
        assert one.attrs["long_name"]
        if name.startswith("ci_"):
            value = found[name.removeprefix("ci_")]
            assert (one.sel(ci_bound="lower") <= value).all()
            assert (value <= one.sel(ci_bound="upper")).all()
    assert found["reaches"].sel(parameter="users").all()
    assert not found["reaches"].sel(parameter="idle").any()
    assert found.attrs["dependence"] == "independent"
    assert isinstance(json.loads(found.attrs["options"]), dict)
    file = tmp_path / "found.nc"
    found.to_netcdf(file, engine="h5netcdf")
    with xr.open_dataset(file, engine="h5netcdf") as read:
        xr.testing.assert_identical(read.load(), found)


def test_the_folder_of_methods_and_the_function_share_a_name():
    assert callable(mc.sensitivity)
    assert methods()["sobol"].name == "sobol"


def test_positive_outputs_are_looked_at_on_the_logarithmic_scale():
    found = study(method="sobol")
    assert found["scale"].sel(output=["demand", "balance"]).values.tolist() == ["log", "raw"]
    raw, log = study(method="sobol", scale="raw"), study(method="sobol", scale="log", outputs="demand")
    both = study(method="sobol", scale=("raw", "log"))
    assert both["first_order"].dims == ("scale", "parameter", "output", "year")
    for scale, one in (("raw", raw), ("log", log)):
        expected = one["first_order"].sel(output="demand")
        taken = both["first_order"].sel(scale=scale, output="demand", parameter=one["parameter"])
        assert_array_equal(taken, expected)
    assert_array_equal(
        log["total_order"].sel(output="demand"), found["total_order"].sel(output="demand", parameter=log["parameter"])
    )


def test_draws_are_looked_at_once_with_each_output_on_its_own_scale():
    found = study(method="rank")
    for scale, output in (("log", "demand"), ("raw", "balance")):
        alone = study(method="rank", scale=scale, outputs=output)
        for name in ("first_order", "mcse_first_order"):
            differences = found[name].sel(output=output) - alone[name].sel(output=output)
            assert np.abs(differences).max() == 0.0


def test_thresholds_are_in_the_units_of_the_output(result):
    demand = result["prior_predictive"]["demand"]
    median = float(demand.isel(year=0).median())
    found = mc.sensitivity(result, model=MODEL, method="prim", outputs="demand", years=2025, above=median)
    by_share = mc.sensitivity(result, model=MODEL, method="prim", outputs="demand", years=2025, share=0.5)
    xr.testing.assert_equal(found, by_share)


def test_logarithms_of_what_is_not_positive_are_refused():
    for method in ("sobol", "rank", "morris"):
        with pytest.raises(mc.InputError, match="scale: log: balance is not positive"):
            study(method=method, scale="log")


@pytest.mark.parametrize("method", [name for name, one in methods().items() if one.design == "given_data"])
def test_a_result_gives_what_its_prior_set_gives(method, result):
    from_result = mc.sensitivity(result, model=MODEL, method=method, **QUICK.get(method, {}))
    anew = study(method=method)
    assert (from_result.attrs["evaluations"], anew.attrs["evaluations"]) == (0, DRAWS)
    for name, one in from_result.data_vars.items():
        assert_array_equal(one, anew[name])


def test_a_result_needs_no_new_runs_by_default(result):
    found = mc.sensitivity(result, model=MODEL, outputs="demand", years=2026)
    assert list(found.data_vars) == ["first_order", "mcse_first_order", "ci_first_order"]
    assert found["year"].values.tolist() == [2026]


def test_an_output_without_years_repeats_and_alone_has_none():
    both, alone = study(method="src", outputs=["demand", "level"]), study(method="src", outputs="level")
    assert "year" not in alone.dims
    for year in (2025, 2026):
        one = both["standardized_coefficient"].sel(output="level", year=year, parameter=alone["parameter"])
        assert_allclose(one, alone["standardized_coefficient"].sel(output="level"), rtol=1e-12)


def test_standardized_coefficients_of_logarithms():
    """Products of powers are linear in logarithms: every digit of r_squared is explained."""
    found = study(method="src", outputs="demand").sel(output="demand", year=2025)
    assert_allclose(found["r_squared"], 1.0, rtol=1e-9)
    ratio = (found["standardized_coefficient"].sel(parameter=["users", "tokens"]) ** 2).values
    assert_allclose(ratio.sum(), 1.0, atol=0.05)


def test_parameters_that_vary_by_year_count_in_their_own_year():
    def passed(growth):
        return growth

    model = mc.Model.from_functions([passed])
    varies = {"kind": "independent"}
    priors = {**PRIORS, "parameters": {"growth": {**PRIORS["parameters"]["debt"], "varies": varies}}}
    for method, index in (("spearman", "rank_correlation"), ("rank", "first_order")):
        found = mc.sensitivity(priors, model=model, method=method, **SIZES)
        assert_allclose(found[index], 1.0, atol=0.1)
        assert "varies by year" in found.attrs["notices"]


def test_a_pool_is_looked_at_with_the_set_as_a_factor():
    sets = {}
    for name, mu in (("low", 0.0), ("high", 4.0)):
        parameters = {**PRIORS["parameters"], "debt": {"distribution": "normal", "mu": mu, "sigma": 1.0}}
        sets[name] = {
            "weight": 0.5,
            "document": {"prior_set": {**PRIORS["prior_set"], "name": name}, "parameters": parameters},
        }
    pool = {"pool": list(sets.values())}
    found = mc.sensitivity(pool, model=MODEL, method="rank", outputs="balance", **SIZES).sel(output="balance")
    error = float(found["mcse_first_order"].sel(parameter="prior_set"))
    variance = 5.0 + float(np.expm1(0.25) * np.exp(0.25))
    assert abs(float(found["first_order"].sel(parameter="prior_set")) - 4 / variance) < 5 * error + 0.01
    assert "overlaps" in found.attrs["notices"]
    with pytest.raises(mc.InputError, match="in a pool"):
        mc.sensitivity(pool, model=MODEL, method="shapley", **SIZES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "sobl"}, "method: 'sobl': unknown; did you mean 'sobol'"),
        ({"method": "sobol", "resamples": 3}, "resamples: no option of sobol"),
        ({"method": "sobol", "estimator": "best"}, "estimator: 'best'"),
        ({"scale": "ln"}, "scale: 'ln'"),
        ({"outputs": ["demand", "users"]}, "outputs: users: a parameter"),
        ({"groups": {"a": []}}, "an empty group"),
        ({"method": "prim", "above": 1e9}, "all draws lie on one side"),
        ({"method": "rank", "draws": 8}, "draws: 8: rank needs at least 32"),
        ({"method": "spearman", "groups": {"a": ["users"]}}, "methods that take groups: full_independent"),
        ({"groups": "drivers"}, "groups: 'drivers'"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(mc.InputError, match=words):
        study(**changes)


def test_what_a_result_does_not_hold_is_refused(result):
    with pytest.raises(mc.InputError, match="outputs: 'demnad': not in this result; did you mean 'demand'"):
        mc.sensitivity(result, model=MODEL, outputs="demnad")
    with pytest.raises(mc.InputError, match="years: 2030: not in this result"):
        mc.sensitivity(result, model=MODEL, years=2030)
    bare = mc.simulate(PRIORS, model=MODEL, outputs="demand", **SIZES)
    with pytest.raises(mc.InputError, match="tokens: the result does not keep it"):
        mc.sensitivity(bare, model=MODEL)


def test_parts_of_a_result_are_refused(result):
    with pytest.raises(mc.IntegrityError, match="take the whole result"):
        mc.sensitivity(result.isel(draw=slice(0, -1)), model=MODEL)
    with pytest.raises(mc.IntegrityError, match="take the whole result"):
        mc.sensitivity(result.isel(chain=0), model=MODEL)


def test_indices_do_not_hang_on_what_else_is_asked_for():
    """What an output does not depend on has exactly 0, correlated or not."""
    priors = {**PRIORS, "correlations": [{"between": ["users", "debt"], "latent": 0.8}]}
    options = {"model": MODEL, **SIZES}
    for method in ("spearman", "rank", "full_independent", "tornado"):
        alone = mc.sensitivity(priors, method=method, outputs="demand", **options)
        beside = mc.sensitivity(priors, method=method, outputs=["balance", "demand"], **options)
        main = alone.attrs["sorted_by"]
        expected = alone[main].sel(output="demand")
        found = beside[main].sel(output="demand", parameter=alone["parameter"])
        assert_allclose(found, expected, rtol=1e-9)
        assert_array_equal(expected.sel(parameter="debt"), 0.0)


def test_nothing_uncertain_is_refused():
    priors = {"parameters": {"x": {"distribution": "constant", "value": 1.0}}}

    def doubled(x):
        return 2 * x

    with pytest.raises(mc.InputError, match="none of them depends on an uncertain parameter"):
        mc.sensitivity(priors, model=mc.Model.from_functions([doubled]))
