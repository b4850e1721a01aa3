import re

import arviz as az
import numba
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.digits import format_value, significant_digits
from mcdemand.errors import InputError, NumericalError
from mcdemand.summary import summarize

CHAINS, DRAWS, YEARS = 4, 1500, [2024, 2026, 2030]
COMPILED = not numba.config.DISABLE_JIT


@pytest.fixture(scope="module")
def stored():
    """Draws as the engine stores them: year by year."""
    return np.exp(0.6 * np.random.default_rng(7).standard_normal((len(YEARS), CHAINS, DRAWS)))


@pytest.fixture(scope="module")
def result(stored):
    group = xr.Dataset(
        {
            "demand": (("chain", "draw", "year"), stored.transpose(1, 2, 0), {"units": "FLOP", "long_name": "demand"}),
            "lifetime": (("chain", "draw"), 3 + stored[0], {"units": "year", "long_name": "life"}),
        },
        {"chain": np.arange(CHAINS), "draw": np.arange(DRAWS), "year": YEARS},
    )
    return xr.DataTree.from_dict({"/prior": group[["lifetime"]], "/prior_predictive": group})


def test_statistics_are_those_of_numpy(result, stored):
    summary = summarize(result, "demand", thresholds={"demand": [1.0, 2.5]}).sel(output="demand")
    rows = stored.reshape(len(YEARS), -1)
    assert_allclose(summary["mean"], rows.mean(axis=1), rtol=1e-14)
    assert_allclose(summary["sd"], rows.std(axis=1, ddof=1), rtol=1e-13)
    assert_array_equal(summary["quantiles"], np.quantile(rows, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1).T)
    assert_array_equal(summary["exceedance"], [[np.mean(row > 1.0), np.mean(row > 2.5)] for row in rows])


def test_intervals_are_those_of_arviz(result):
    summary = summarize(result, "demand", ci_kind="both", ci_prob=(0.5, 0.9)).sel(output="demand", year=2030)
    draws = result["prior_predictive"]["demand"].sel(year=2030).values.reshape(-1)
    for prob in (0.5, 0.9):
        ours = summary["interval"].sel(ci_prob=prob)
        assert_array_equal(ours.sel(ci_kind="eti"), az.eti(draws, prob=prob))
        assert_array_equal(ours.sel(ci_kind="hdi"), az.hdi(draws, prob=prob))


def test_dims_coords_and_labels(result):
    summary = summarize(result, ci_kind="both", thresholds={"lifetime": 4.0, "demand": [1.0, 2.0]})
    assert summary["interval"].dims == ("output", "year", "ci_kind", "ci_prob", "ci_bound")
    assert summary["mcse_quantiles"].dims == ("output", "year", "quantile")
    assert summary["exceedance"].dims == ("output", "year", "threshold")
    assert summary["ci_bound"].values.tolist() == ["lower", "upper"]
    assert summary["year"].values.tolist() == YEARS
    assert summary["units"].sel(output="demand").item() == "FLOP"
    assert summary["long_name"].sel(output="lifetime").item() == "life"
    assert_array_equal(summary["threshold_value"], [[1.0, 2.0], [4.0, np.nan]])
    assert np.isnan(summary["exceedance"].sel(output="lifetime", threshold=1)).all()
    assert summary.attrs["draws"] == CHAINS * DRAWS


def test_an_output_without_a_year_repeats(result):
    means = summarize(result, ["lifetime", "demand"])["mean"].sel(output="lifetime").values
    assert_array_equal(means, np.full(len(YEARS), means[0]))
    alone = summarize(result, group="prior")
    assert alone["mean"].dims == ("output",)
    assert alone["mean"].item() == means[0]
    assert "exceedance" not in alone


def test_layout_dtype_and_container_do_not_matter(result, stored):
    dataset = result["prior_predictive"].to_dataset()[["demand"]]
    expected = summarize(result, "demand", ci_kind="both")
    copied = dataset.assign(demand=dataset["demand"].copy(data=np.ascontiguousarray(stored.transpose(1, 2, 0))))
    xr.testing.assert_identical(summarize(copied, ci_kind="both"), expected)
    single = summarize(dataset.astype(np.float32))["mean"].values[0]
    assert_allclose(single, stored.astype(np.float32).astype(float).mean(axis=(1, 2)), rtol=1e-14)


def test_a_lone_draw_dimension_is_accepted(stored):
    assert summarize(xr.Dataset({"x": ("draw", stored[0, 0])}))["mean"].item() == pytest.approx(stored[0, 0].mean())


def test_threads_do_not_change_a_bit():
    rows, size = (11, 20_000) if COMPILED else (5, 4500)
    draws = np.random.default_rng(8).standard_normal((rows, 1, size))
    dataset = xr.Dataset({"x": (("chain", "draw", "year"), draws.transpose(1, 2, 0))})
    one, two, five = (summarize(dataset, ci_kind="both", thresholds={"x": 1}, threads=n) for n in (1, 2, 5))
    for name in one:
        assert one[name].values.tobytes() == two[name].values.tobytes() == five[name].values.tobytes()


def test_a_single_draw_has_values_without_errors():
    summary = summarize(xr.Dataset({"x": (("chain", "draw"), [[3.0]])}), ci_kind="both", thresholds={"x": 2})
    assert summary["mean"].item() == 3.0
    assert_array_equal(summary["quantiles"], np.full((1, 5), 3.0))
    assert summary["exceedance"].item() == 1.0
    unknown = ["sd", "interval", *(name for name in summary if name.startswith("mcse_"))]
    assert all(np.isnan(summary[name]).all() for name in unknown)


def test_a_constant_has_no_error():
    summary = summarize(xr.Dataset({"x": (("chain", "draw"), np.full((2, 3000), 0.1))}), ci_kind="both")
    assert summary["sd"].item() == 0.0
    assert all(not summary[name].any() for name in summary if name.startswith("mcse_"))
    assert_array_equal(np.unique(summary["interval"]), [0.1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_draw_that_is_not_finite_is_named(result, bad):
    broken = result["prior_predictive"].to_dataset().copy(deep=True)
    broken["demand"][1, 5, 2] = bad
    with pytest.raises(NumericalError, match=f"^demand, year 2030: draw {DRAWS + 5} is {bad}$"):
        summarize(broken)


def test_a_sum_that_overflows_is_said():
    with pytest.raises(NumericalError, match=r"^x: the draws are so large that their sum overflows$"):
        summarize(xr.Dataset({"x": (("chain", "draw"), np.resize([-1.7e308, 1.7e308], (2, 600)))}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ci_prob": 90}, "ci_prob: 90: must lie between 0 and 1; write 0.9"),
        ({"ci_prob": (0.5, 1.0)}, "ci_prob: 1: must lie between 0 and 1"),
        ({"ci_prob": "wide"}, "ci_prob: 'wide': must be a number or a list of numbers"),
        ({"ci_kind": "hpd"}, "ci_kind: 'hpd': unknown; did you mean 'hdi'?"),
        ({"probabilities": [0.5, 0]}, "probabilities: 0: must lie between 0 and 1"),
        ({"probabilities": [np.nan]}, "probabilities: nan: must lie between 0 and 1"),
        ({"outputs": "demnd"}, "outputs: 'demnd': unknown; did you mean 'demand'?"),
        ({"outputs": []}, "outputs: none; name at least one"),
        ({"group": "pror"}, "group: 'pror': not in this result; did you mean 'prior'?"),
        ({"thresholds": {"demnd": 1}}, "thresholds: 'demnd': unknown; did you mean 'demand'?"),
        ({"thresholds": {"demand": [np.nan]}}, "thresholds: demand: NaN is not a threshold"),
        ({"threads": 0}, "threads: 0: must be a whole number from 1 to 1024"),
    ],
)
def test_arguments_are_checked(result, arguments, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        summarize(result, **arguments)


@pytest.mark.parametrize("shape", [("chain", "sample"), ("chain",), ("draw", "region")])
def test_other_dims_are_refused(shape):
    with pytest.raises(InputError, match=r"^x: dims .*must be \(chain, draw\)"):
        summarize(xr.Dataset({"x": (shape, np.ones((2,) * len(shape)))}))


def test_no_draws_and_no_dataset_are_refused():
    with pytest.raises(InputError, match="at least 1"):
        summarize(xr.Dataset({"x": (("chain", "draw"), np.ones((1, 0)))}))
    with pytest.raises(InputError, match="a dict; must be a DataTree or a Dataset"):
        summarize({})


@pytest.mark.parametrize(
    ("value", "mcse", "digits"),
    [
        (241.09, 0.3, 4),
        (241.09, 3.0, 3),
        (241.09, 1e-9, 4),
        (241.09, 900.0, 1),
        (0.00123, 0.00001, 3),
        (-5.0, 0.02, 3),
        (5.0, 0.0, 4),
        (5.0, np.nan, 2),
        (5.0, np.inf, 1),
        (0.0, 0.1, 1),
        (1e24, 1e22, 3),
    ],
)
def test_digits_that_the_error_supports(value, mcse, digits):
    assert significant_digits(value, mcse) == digits


@pytest.mark.parametrize(
    ("value", "mcse", "text"),
    [
        (0.0, 0.0, "0"),
        (-0.0, 1.0, "0"),
        (1.5, 0.01, "1.50"),
        (12.34, 5.0, "12"),
        (12.34, 50.0, "10"),
        (9.97, 0.1, "10"),
        (1234.6, 2.0, "1,235"),
        (123_456.0, 10_000.0, "120,000"),
        (999_999.6, 1_000.0, "1.00e6"),
        (11_234_567.0, 4e5, "1.12e7"),
        (1.1e27, 2e26, "1.1e27"),
        (-0.00123, 0.0001, "-0.0012"),
        (1.234e-7, 1e-9, "1.23e-7"),
        (np.nan, 1.0, "nan"),
        (np.inf, 1.0, "inf"),
    ],
)
def test_a_value_is_printed_with_these_digits(value, mcse, text):
    assert format_value(value, mcse) == text
