"""What a summary's errors rest on, which moments are unstable, and the sets of a pool, each recomputed with NumPy."""

import re

import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.errors import InputError
from mcdemand.prior_pool import POOL, PRIOR_SET, load_beliefs
from mcdemand.summary import summarize

COMPILED = not numba.config.DISABLE_JIT
CHAINS, DRAWS, YEARS = 4, 1500 if COMPILED else 100, [2024, 2026, 2030]


@pytest.fixture(scope="module")
def stored():
    """Draws as the engine stores them: year by year."""
    return np.exp(0.6 * np.random.default_rng(7).standard_normal((len(YEARS), CHAINS, DRAWS)))


@pytest.fixture(scope="module")
def by_design(stored):
    """Trees of the same draws under each design; only the attribute differs."""
    group = xr.Dataset({"x": (("chain", "draw", "year"), stored.transpose(1, 2, 0))}, {"year": YEARS})
    trees = {}
    for design in ("random", "sobol", "latin_hypercube"):
        trees[design] = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"design": design}), "/prior_predictive": group})
    return trees


def test_errors_come_from_what_the_design_says(by_design, stored):
    random, *dependent = (summarize(tree, thresholds={"x": 2.0}) for tree in by_design.values())
    xr.testing.assert_identical(*dependent)
    rows, chains = stored.reshape(len(YEARS), -1), stored.mean(axis=2)
    assert_allclose(random["mcse_mean"].values[0], stats.sem(rows, axis=1), rtol=1e-12)
    assert_allclose(dependent[0]["mcse_mean"].values[0], stats.sem(chains, axis=1), rtol=1e-12)
    shares = stats.sem(np.mean(stored > 2.0, axis=2), axis=1)
    assert_allclose(dependent[0]["mcse_exceedance"].values[0, :, 0], np.hypot(shares, 1 / rows.shape[1]), rtol=1e-12)
    assert (random.attrs["mcse"], dependent[0].attrs["mcse"]) == ("independent draws", "replicates")
    assert dependent[0].attrs["replicates"] == CHAINS
    assert "replicates" not in random.attrs
    for name in ("mean", "sd", "quantiles", "interval", "exceedance"):
        assert_array_equal(random[name], dependent[0][name])


def test_replicates_can_be_asked_for_and_refused(by_design):
    plain = by_design["random"]["prior_predictive"].to_dataset()
    for tree in (by_design["random"], plain):
        xr.testing.assert_identical(summarize(tree, replicates=True), summarize(by_design["sobol"]))
    for tree in (by_design["sobol"], plain):
        xr.testing.assert_identical(summarize(tree, replicates=False), summarize(by_design["random"]))
    xr.testing.assert_identical(summarize(plain), summarize(by_design["random"]))


def test_the_order_of_chains_in_memory_does_not_matter(by_design):
    plain = by_design["random"]["prior_predictive"].to_dataset()
    turned = plain.transpose("draw", "year", "chain")
    xr.testing.assert_identical(summarize(turned, replicates=True), summarize(plain, replicates=True))


def test_a_dataset_without_chains_has_no_replicates(stored):
    dataset = xr.Dataset({"x": ("draw", stored[0, 0])})
    message = "replicates: x has no dim chain; errors come from chains or from independent draws"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        summarize(dataset, replicates=True)


def test_one_chain_has_no_errors(stored):
    summary = summarize(xr.Dataset({"x": (("chain", "draw"), stored[0, :1])}), ci_kind="both", replicates=True)
    errors = [name for name in summary if name.startswith("mcse_")]
    assert all(np.isnan(summary[name]).all() for name in errors)
    assert all(np.isfinite(summary[name]).all() for name in set(summary) - set(errors))


def test_an_unknown_design_is_refused():
    tree = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs={"design": "sobl"}), "/prior_predictive": xr.Dataset({"x": ("draw", np.ones(9))})}
    )
    with pytest.raises(InputError, match=r"^design: 'sobl': unknown; did you mean 'sobol'\?$"):
        summarize(tree)


def test_threads_do_not_change_a_bit_of_replicate_errors():
    draws = np.random.default_rng(9).standard_normal((3, 4, 15_000 if COMPILED else 500))
    dataset = xr.Dataset({"x": (("year", "chain", "draw"), draws)})
    one, three = (summarize(dataset, ci_kind="both", replicates=True, threads=n) for n in (1, 3))
    for name in one:
        assert one[name].values.tobytes() == three[name].values.tobytes()


@pytest.mark.parametrize(
    ("law", "mean_unstable", "sd_unstable"),
    [
        (stats.norm(), False, False),
        (stats.t(2), False, True),
        (stats.pareto(1), True, True),
        (stats.beta(2, 5), False, False),
    ],
)
def test_heavy_tails_are_flagged(law, mean_unstable, sd_unstable):
    """k: 0 (normal), 1/2 (t with 2 degrees of freedom), 1 (Pareto), negative (beta); limits .7 and .25."""
    draws = law.rvs((4, 12_500 if COMPILED else 500), random_state=np.random.default_rng(3))
    summary = summarize(xr.Dataset({"x": (("chain", "draw"), draws)}))
    assert summary["mean_unstable"].dims == summary["sd_unstable"].dims == summary["pareto_k"].dims == ("output",)
    assert summary["sd_unstable"].item() == sd_unstable
    assert summary["mean_unstable"].item() == mean_unstable


def test_fewer_draws_flag_a_mean_sooner():
    """min(1 - 1 / log10(n), 0.7), Vehtari and others (2024): 0.5 at a hundred draws."""
    tail = np.sort(1 / (1 - (np.arange(100) + 0.5) / 100) ** 0.8)
    summary = summarize(xr.Dataset({"x": ("draw", tail)}))
    assert 0.5 < summary["pareto_k"].item() < 0.7
    assert summary["mean_unstable"].item()
    many = summarize(xr.Dataset({"x": ("draw", np.repeat(tail, 30))}))
    assert many["mean_unstable"].item() == (many["pareto_k"].item() > 0.7)


def test_no_tail_is_not_unstable():
    for draws in (np.ones(1), np.arange(24.0), np.ones(3000)):
        summary = summarize(xr.Dataset({"x": ("draw", draws)}))
        assert np.isnan(summary["pareto_k"].item())
        assert not summary["mean_unstable"].item()
        assert not summary["sd_unstable"].item()


def demand(x):
    return 10 * x


SETS = {"low": (1.0, 0.7), "high": (3.0, 0.3)}


@pytest.fixture(scope="module", params=["random", "sobol"])
def pooled(request, size=512 if COMPILED else 128):
    rows = []
    for name, (mu, weight) in SETS.items():
        law = {"distribution": "normal", "mu": mu, "sigma": 0.5}
        rows.append({"weight": weight, "document": {"prior_set": {"name": name}, "parameters": {"x": law}}})
    model = mc.Model.from_functions([demand])
    options = {"draws": 4 * size, "chains": 4, "design": request.param}
    return mc.simulate(load_beliefs({POOL: rows}), model=model, **options)


def test_each_set_is_summarized_by_its_own_draws(pooled):
    summary = summarize(pooled, by_prior_set=True, thresholds={"demand": 20.0}).sel(output="demand")
    assert summary["mean"].dims == (PRIOR_SET,)
    assert summary[PRIOR_SET].values.tolist() == ["pool", "low", "high"]
    draws = pooled["prior_predictive"]["demand"].values
    chosen = pooled["prior"][PRIOR_SET].values
    masks = {"pool": chosen >= 0, "low": chosen == 0, "high": chosen == 1}
    for name, mask in masks.items():
        own = summary.sel(prior_set=name)
        assert_allclose(own["mean"], draws[mask].mean(), rtol=1e-13)
        assert_allclose(own["sd"], draws[mask].std(ddof=1), rtol=1e-12)
        assert_array_equal(own["quantiles"], np.quantile(draws[mask], [0.05, 0.25, 0.5, 0.75, 0.95]))
        assert_array_equal(own["interval"].values.ravel(), np.quantile(draws[mask], [0.5 - 0.9 / 2, 0.5 + 0.9 / 2]))
        assert_array_equal(own["exceedance"], [np.mean(draws[mask] > 20.0)])
        assert_allclose(own["mcse_mean"], mean_error(draws, mask, pooled.attrs["design"]), rtol=1e-11)
        assert_allclose(own["mcse_sd"], sd_error(draws, mask, pooled.attrs["design"]), rtol=1e-9)


def mean_error(draws, mask, design):
    if design == "random":
        return stats.sem(draws[mask])
    # A ratio of two sums over chains: Cochran (1977), section 6.3.
    counts = mask.sum(axis=1)
    rest = np.where(mask, draws, 0).sum(axis=1) - counts * draws[mask].mean()
    return np.sqrt(np.sum(rest**2) / (len(counts) * (len(counts) - 1))) / counts.mean()


def sd_error(draws, mask, design):
    if design == "random":
        sd = draws[mask].std(ddof=1)
        return np.sqrt((stats.moment(draws[mask], 4) - sd**4) / mask.sum()) / (2 * sd)
    without = [np.delete(draws, r, 0)[np.delete(mask, r, 0)].std(ddof=1) for r in range(len(draws))]
    return np.sqrt((len(draws) - 1) * np.var(without))


def test_a_pool_summarized_whole_is_the_first_of_its_parts(pooled):
    whole, parts = summarize(pooled), summarize(pooled, by_prior_set=True)
    for name, values in whole.items():
        assert parts[name].sel(prior_set="pool").values.tobytes() == values.values.tobytes(), name


def test_parameters_are_summarized_by_set(pooled):
    summary = summarize(pooled, "x", group="prior", by_prior_set=True).sel(output="x")
    weights = np.array([weight for _, weight in SETS.values()])
    parts, counts = summary["mean"].values, np.bincount(pooled["prior"][PRIOR_SET].values.ravel().astype(int))
    assert_allclose(parts[0], np.average(parts[1:], weights=counts), rtol=1e-12)
    assert_allclose(counts / counts.sum(), weights, atol=0.2)


def test_only_a_pool_has_sets(by_design, stored):
    message = r"^by_prior_set: this result is not of a pool of prior sets; simulate one of pool_prior_sets$"
    for result in (by_design["random"], xr.Dataset({"x": ("draw", stored[0, 0])})):
        with pytest.raises(InputError, match=message):
            summarize(result, by_prior_set=True)


def test_a_set_without_draws_is_named():
    rows = [
        {
            "weight": weight,
            "document": {"prior_set": {"name": name}, "parameters": {"x": {"distribution": "constant", "value": 1}}},
        }
        for name, weight in (("likely", 0.999), ("rare", 0.001))
    ]
    result = mc.simulate(load_beliefs({POOL: rows}), model=mc.Model.from_functions([demand]), draws=4, chains=2)
    with pytest.raises(InputError, match=r"^by_prior_set: no draw of rare; ask for more draws$"):
        summarize(result, by_prior_set=True)
