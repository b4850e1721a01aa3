import math
from collections.abc import Callable

import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.math import minimum
from mcdemand.paired_sets import load_sets
from mcdemand.prior_pool import pool_prior_sets


def demand(x: float) -> float:
    return x


def capped(x: float) -> float:
    return minimum(x, 0.0)


def growing(x: float, t: float) -> float:
    return x * (1.0 + t)


MANY = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
MODEL = mc.Model.from_functions([demand, capped])
Sizes = Callable[[int, int], int]


def priors(name: str = "a", years: tuple[int, int] | None = None, **row: object) -> dict[str, object]:
    header: dict[str, object] = {"name": name}
    if years:
        header["years"] = {"start": years[0], "stop": years[1]}
    return {"prior_set": header, "parameters": {"x": row}}


def normal(name: str, mu: float, sigma: float, **more: object) -> dict[str, object]:
    return priors(name, distribution="normal", mu=mu, sigma=sigma, **more)


def value(found: object, name: str, output: str = "demand") -> float:
    return float(found[name].isel(comparison=0).sel(output=output))  # type: ignore[index]


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_a_set_compared_with_itself_is_exactly_zero(design: str) -> None:
    one = normal("a", 10, 1)
    found = mc.compare([one, one], model=MODEL, outputs="demand", draws=256, chains=4, design=design)
    assert found["comparison"].values.tolist() == ["a+2"]
    assert_exactly_zero(found)


@MANY
def test_a_shipped_set_compared_with_itself_is_exactly_zero() -> None:
    assert_exactly_zero(mc.compare(["consensus", "consensus"], draws=256, years=[2025, 2030]))


def assert_exactly_zero(found: xr.Dataset) -> None:
    for name in found.data_vars:
        if "difference" in name or ("probability" in name and "mcse" not in name):
            assert_array_equal(found[name].values, 0.0)
        elif "ratio" in name:
            assert_array_equal(found[name].values, 0.0 if "mcse" in name else 1.0)
    assert_array_equal(found["variance_saved"].values, 1.0)
    assert_array_equal(found["other_median"].isel(comparison=0).values, found["baseline_median"].values)


def test_laws_that_differ_by_a_factor_have_that_ratio_in_every_draw() -> None:
    sets = [priors(name, distribution="lognormal", mu=mu, sigma=0.5) for name, mu in (("a", 0.0), ("b", 0.3))]
    found = mc.compare(sets, model=MODEL, outputs="demand", draws=512, chains=4)
    for name in ("ratio_median", "ratio_interval", "ratio_of_means"):
        assert_allclose(found[name].values, math.exp(0.3), rtol=1e-12)
        assert_allclose(found[f"mcse_{name}"].values, 0.0, atol=1e-12)


def test_closed_forms_of_two_normals_on_one_score(size: Sizes) -> None:
    # A = 10 + z, B = 10 + 2 z: B - A = z, Var A = 1, Var B = 4, Cov = 2.
    n = size(2**16, 2**12)
    found = mc.compare(
        [normal("a", 10, 1), normal("b", 10, 2)], model=MODEL, draws=n, chains=16, design="random", seed=3
    )
    root = math.sqrt(n)
    assert_allclose(value(found, "variance_saved"), 1 - 1 / (1 + 4), rtol=1e-10)
    assert_allclose(value(found, "mcse_difference_mean"), 1 / root, rtol=0.05)
    # sqrt(Var B - 2 R Cov + R^2 Var A) / (mean A sqrt n), R = 1.
    assert_allclose(value(found, "mcse_ratio_of_means"), 1 / (10 * root), rtol=0.05)
    assert abs(value(found, "ratio_of_means") - 1) < 4 * value(found, "mcse_ratio_of_means")
    assert abs(value(found, "difference_median")) < 4 * value(found, "mcse_difference_median")
    assert abs(value(found, "probability_greater") - 0.5) < 4 * 0.5 / root
    assert_allclose(value(found, "probability_greater") + value(found, "probability_less"), 1.0)
    bounds, errors = (found[f"{e}difference_interval"].sel(output="demand").values[0] for e in ("", "mcse_"))
    assert np.all(np.abs(bounds - [-1.6448536, 1.6448536]) < 4 * errors)


def test_draws_that_are_equal_count_for_neither_side(size: Sizes) -> None:
    # min(z, 0) and min(z + 1, 0): equal where z > 0, which is half of the draws.
    found = mc.compare(
        [normal("a", 0, 1), normal("b", 1, 1)], model=MODEL, outputs=["capped"], draws=size(2**14, 2**11)
    )
    assert abs(value(found, "probability_greater", "capped") - 0.5) < 4 * value(
        found, "mcse_probability_greater", "capped"
    )
    assert value(found, "probability_less", "capped") == 0


def test_ratios_are_unknown_where_the_baseline_has_zeros() -> None:
    sets = [priors("a", distribution="constant", value=0), priors("b", distribution="constant", value=2)]
    found = mc.compare(sets, model=MODEL, outputs=["demand"], draws=64, chains=4)
    assert value(found, "difference_median") == 2
    for name in ("ratio_median", "mcse_ratio_median", "ratio_of_means", "mcse_ratio_of_means", "variance_saved"):
        assert math.isnan(value(found, name))
    assert np.isnan(found["ratio_interval"].values).all()


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_errors_are_those_of_the_paired_draws(design: str) -> None:
    rows = [(0.0, 0.5), (0.4, 0.9)]
    sets = [priors("ab"[k], distribution="lognormal", mu=mu, sigma=sigma) for k, (mu, sigma) in enumerate(rows)]
    request = {"model": MODEL, "draws": 512, "chains": 8, "outputs": ["demand"], "design": design}
    one = mc.compare(sets, **request).isel(comparison=0).sel(output="demand")
    a, b = (mc.simulate(each, **request)["prior_predictive"]["demand"].values for each in sets)
    assert_allclose(one["difference_median"], np.median(b - a))
    assert_allclose(one["ratio_interval"], np.quantile(b / a, [0.05, 0.95]))
    assert_allclose(one["probability_greater"], np.mean(b > a))
    ratio = b.mean() / a.mean()
    assert_allclose(one["ratio_of_means"], ratio)

    def error(values: np.ndarray) -> float:
        independent = values.ravel() if design == "random" else values.mean(axis=1)
        return float(independent.std(ddof=1)) / math.sqrt(independent.size)

    assert_allclose(one["mcse_difference_mean"], error(b - a))
    assert_allclose(one["mcse_ratio_of_means"], error(b - ratio * a) / a.mean())
    assert_allclose(one["variance_saved"], 1 - np.var(b - a) / (np.var(a) + np.var(b)))


def test_years_are_those_in_common_and_a_constant_output_repeats() -> None:
    model = mc.Model.from_functions([growing, demand], base_year=2024)
    law = {"distribution": "uniform", "lower": 1, "upper": 2}
    sets = [priors("a", (2024, 2027), **law), priors("b", (2026, 2030), **law)]
    found = mc.compare(sets, model=model, draws=64, chains=4)
    assert found["year"].values.tolist() == [2026, 2027]
    assert found["difference_median"].dims == ("comparison", "output", "year")
    repeated = found["baseline_median"].sel(output="demand")
    assert_array_equal(repeated.sel(year=2026), repeated.sel(year=2027))
    with pytest.raises(mc.InputError, match="a 2024 to 2025, b 2027 to 2028: none in common"):
        mc.compare([priors("a", (2024, 2025), **law), priors("b", (2027, 2028), **law)], model=model, draws=64)


def test_a_single_set_stands_against_itself_with_the_overrides() -> None:
    found = mc.compare(normal("a", 0, 1), set={"x.mu": 3}, model=MODEL, outputs=["demand"], draws=64, chains=4)
    assert (found.attrs["baseline"], found["comparison"].values.tolist()) == ("a", ["a+set"])
    assert_allclose(value(found, "difference_median"), 3.0)
    both = mc.compare([normal("a", 0, 1), normal("b", 1, 1)], set={"x.mu": 3}, model=MODEL, draws=64, chains=4)
    assert_array_equal(both["difference_mean"], 0.0)
    for alone in ("consensus", ["consensus"], []):
        with pytest.raises(mc.InputError, match="name another one"):
            mc.compare(alone)


@pytest.mark.parametrize(
    ("sets", "options", "message"),
    [
        (None, {}, "sets: None: must be prior sets"),
        (5, {}, "sets: 5: must be prior sets"),
        ([5, "consensus"], {}, "sets: 5: must be the name of a prior set"),
        (["consensus"], {"set": 5}, "set: 5: must be overrides by key"),
        (["consensus"], {"set": {5: 1}}, "set: 5: must be a name"),
        (["consensus", "liftoff"], {"years": []}, "^years: empty; name a year"),
        (["consensus", "liftoff"], {"outputs": [5]}, "outputs: 5: must be a name"),
    ],
)
def test_mistakes_in_python_are_input_errors(sets: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(mc.InputError, match=message):
        mc.compare(sets, **options)  # type: ignore[arg-type]


def test_labels_are_unique_and_models_must_agree() -> None:
    assert list(load_sets([normal("a", 0, 1), normal("b", 0, 1), normal("a", 1, 1)])) == ["a", "b", "a+2"]
    own = {**normal("a", 0, 1), "prior_set": {"name": "a", "model": "other"}}
    with pytest.raises(mc.InputError, match="consensus: ai_compute, a: other; sets that are compared"):
        mc.compare(["consensus", own])


def test_every_other_set_is_compared_and_progress_covers_all_runs() -> None:
    seen: list[tuple[int, int]] = []
    sets = [normal("a", 0, 1), normal("b", 1, 1), normal("c", 2, 1)]
    found = mc.compare(sets, model=MODEL, draws=64, chains=4, progress=lambda *done: seen.append(done))
    assert_allclose(found["difference_mean"].sel(output="demand"), [1.0, 2.0])
    assert seen[-1] == (3 * 64, 3 * 64)
    assert seen == sorted(seen)


@MANY
def test_a_pool_lies_between_its_sets() -> None:
    pool = pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})
    request = {"outputs": "energy_served", "years": 2030, "draws": 2**12}
    found = mc.compare(["consensus", pool, "liftoff"], **request)
    pooled, alone = found["ratio_of_means"].values.ravel()
    assert 1 < pooled < alone
    assert found["comparison"].values.tolist() == ["consensus+liftoff", "liftoff"]
