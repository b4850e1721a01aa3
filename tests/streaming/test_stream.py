"""A streamed run says what a stored one does, with the same bits however it is cut."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.planning import plan_stream
from mcdemand.request import prepare_request
from mcdemand.simulation import read_question, run_stream
from mcdemand.streamed_result import sample_of

LEVELS = (0.01, 0.05, 0.5, 0.95, 0.999)
REQUEST = {"draws": 70_000, "chains": 3, "seed": 5, "outputs": ["energy_served", "capex"], "years": [2026, 2035]}
LIMITS = {"capex": [500.0, 2000.0]}


@pytest.fixture(scope="module", params=["sobol", "random"])
def both(request):
    """Return a stored result, its summary, and the streamed one."""
    asked = {**REQUEST, "design": request.param}
    stored = mc.simulate("consensus", **asked)
    summary = mc.summarize(stored, probabilities=LEVELS, ci_prob=(0.5, 0.9), thresholds=LIMITS)
    streamed = mc.stream("consensus", **asked, probabilities=LEVELS, ci_prob=(0.5, 0.9), thresholds=LIMITS)
    return stored, summary, streamed


def test_quantiles_intervals_and_shares_are_the_same_to_the_last_bit(both):
    _, summary, streamed = both
    found = streamed["summary"].to_dataset()
    for name in ("quantiles", "interval", "exceedance", "quantile_beyond_sample", "mean_unstable", "sd_unstable"):
        xr.testing.assert_equal(found[name], summary[name])
    assert found.attrs == summary.attrs
    assert set(found.data_vars) == set(summary.data_vars)
    xr.testing.assert_identical(found.coords.to_dataset(), summary.coords.to_dataset())


def test_means_and_their_errors_are_the_same_but_for_the_order_of_sums(both):
    _, summary, streamed = both
    found = streamed["summary"]
    for name, tolerance in (
        ("mean", 1e-13),
        ("sd", 1e-11),
        ("mcse_mean", 1e-8),
        ("mcse_sd", 1e-7),
        ("mcse_exceedance", 1e-9),
    ):
        xr.testing.assert_allclose(found[name], summary[name], rtol=tolerance, atol=0)
    xr.testing.assert_allclose(found["pareto_k"], summary["pareto_k"], rtol=1e-12)


def test_errors_of_quantiles_are_about_the_same(both):
    _, summary, streamed = both
    ratio = (streamed["summary"]["mcse_quantiles"] / summary["mcse_quantiles"]).values
    # Under sobol both are estimates from three chains, of shares that are taken at points a bin apart.
    assert np.exp(np.abs(np.log(np.median(ratio)))) < 1.35
    if summary.attrs["mcse"] == "independent draws":
        assert (np.abs(ratio - 1) < 0.25).all()


def test_the_histogram_holds_all_draws_and_its_shares_are_right(both):
    stored, _, streamed = both
    table = streamed["distribution"].to_dataset()
    draws = stored["prior_predictive"]["capex"].sel(year=2035).values.ravel()
    one = table.sel(output="capex", year=2035)
    edges, counts = one["edge"].values, one["count"].values
    assert counts.sum() == draws.size
    assert edges[0] <= draws.min() <= draws.max() <= edges[-1]
    assert (counts[:-1] == [np.count_nonzero((draws >= a) & (draws < b)) for a, b in pairwise(edges[:-1])]).all()
    share = [np.count_nonzero(draws >= edge) / draws.size for edge in edges[:-1]]
    np.testing.assert_allclose(one["exceedance"].values[:-1], share, rtol=0, atol=1e-15)


def test_the_sample_is_the_first_draws(both):
    stored, _, streamed = both
    sample = sample_of(streamed)
    count = sample["prior"].sizes["draw"]
    assert 5000 < count * 3 < 20_000
    for group in ("prior", "prior_predictive"):
        wanted = stored[group].to_dataset().isel(draw=slice(count))
        xr.testing.assert_identical(sample[group].to_dataset(), wanted)
    assert mc.plot(sample, "capex").get_ylabel().startswith("billion US dollars")


def test_whole_chains_are_rounded_as_for_a_stored_run(both):
    stored, _, streamed = both
    assert streamed.attrs["draws"] == stored.attrs["draws"]
    assert streamed.attrs["prior_set_document"] == stored.attrs["prior_set_document"]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("design", ["sobol", "random"])
def test_threads_and_spans_do_not_matter(design, exact):
    run = prepare_request("consensus", **{**REQUEST, "design": design, "outputs": ["energy_served"], "years": [2030]})
    question = read_question(run, LEVELS, exact=exact)
    plan = plan_stream(run, question, threads=1)
    trees = [
        run_stream(run, question, dataclasses.replace(plan, span_draws=8192 * leaves, threads=threads))
        for leaves, threads in ((1, 1), (2, 2), (64, 1))
    ]
    for other in trees[1:]:
        for group in trees[0].children:
            xr.testing.assert_identical(trees[0][group].to_dataset(), other[group].to_dataset())


def test_simulate_without_a_store_is_a_stream():
    asked = {"draws": 4096, "outputs": "energy_served", "years": 2030}
    one, other = mc.simulate("consensus", **asked, store=False), mc.stream("consensus", **asked)
    for group in one.children:
        xr.testing.assert_identical(one[group].to_dataset(), other[group].to_dataset())


def test_parameters_are_summarized_where_no_quantity_is_named():
    asked = {"draws": 8192, "outputs": ["rebound_elasticity", "request_growth"], "seed": 2}
    summary = mc.summarize(mc.simulate("consensus", **asked), group="prior")
    found = mc.stream("consensus", **asked)["summary"]
    xr.testing.assert_equal(found["quantiles"], summary["quantiles"])
    assert found.attrs["group"] == "prior"


def test_a_pool_streams_as_a_whole():
    pool = mc.pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})
    asked = {"draws": 8192, "outputs": "energy_served", "years": 2030}
    summary = mc.summarize(mc.simulate(pool, **asked))
    xr.testing.assert_equal(mc.stream(pool, **asked)["summary"]["quantiles"], summary["quantiles"])


def test_it_comes_back_from_a_file(tmp_path):
    streamed = mc.stream("consensus", draws=2048, outputs="energy_served", years=[2030, 2031], exact=False)
    again = mc.read_result(mc.write_result(streamed, tmp_path / "streamed.nc"))
    for group in streamed.children:
        xr.testing.assert_identical(again[group].to_dataset(), streamed[group].to_dataset())
    assert (again["summary"]["bound_quantiles"] > 0).all()


def test_a_summary_of_what_keeps_no_draws_is_refused():
    streamed = mc.stream("consensus", draws=512, outputs="energy_served", years=2030)
    with pytest.raises(mc.InputError, match=r"result: streamed, so it keeps no draws: its summary is"):
        mc.summarize(streamed)


def test_a_value_that_is_not_finite_is_named():
    def ratio(x):
        return 1 / x

    model = mc.Model.from_functions([ratio])
    priors = {"parameters": {"x": {"distribution": "discrete_uniform", "lower": 0, "upper": 5}}}
    with pytest.raises(mc.NumericalError, match=r"ratio: inf: not a finite number in chain \d+, draw \d+, seed 0"):
        mc.stream(priors, model=model, draws=4096)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probabilities": [0.0]}, r"probabilities: 0: must lie between 0 and 1"),
        ({"probabilities": [95]}, r"probabilities: 95: must lie between 0 and 1; write 0.95"),
        ({"ci_prob": 2}, r"ci_prob: 2: must lie between"),
        ({"thresholds": {"capexx": 3}}, r"thresholds: 'capexx': unknown; did you mean 'capex'"),
        ({"draws": 0}, r"draws: 0: must be a whole number"),
        ({"threads": 0}, r"threads: 0: must be a whole number"),
    ],
)
def test_bad_requests_are_refused(options, message):
    with pytest.raises(mc.InputError, match=message):
        mc.stream("consensus", **{"draws": 512, "outputs": ["capex"], **options})
