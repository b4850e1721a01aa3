import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.row_summary import HDI_BATCHES, RowPlan, summarize_row

COMPILED = not numba.config.DISABLE_JIT
LOGNORMAL = stats.lognorm(0.6)
SEEDS, SIZE = 300, 1000


def test_errors_of_mean_sd_and_exceedance_by_their_formulas():
    values = np.random.default_rng(1).lognormal(0, 0.6, 3000)
    row = summarize_row(values, RowPlan(values.size), [1.5])
    sd = values.std(ddof=1)
    fourth = stats.moment(values, 4)
    share = np.mean(values > 1.5)
    assert_allclose(row.mcse_mean, stats.sem(values), rtol=1e-13)
    assert_allclose(row.mcse_sd, np.sqrt((fourth - sd**4) / values.size) / (2 * sd), rtol=1e-12)
    assert_allclose(row.mcse_exceedance, [np.sqrt(share * (1 - share) / values.size)], rtol=1e-15)


def test_errors_of_quantiles_by_beta_ranks():
    values = np.random.default_rng(2).standard_normal(2000)
    row = summarize_row(values, RowPlan(values.size, probabilities=(0.05, 0.5, 0.95)))
    for p, error in zip((0.05, 0.5, 0.95), row.mcse_quantiles, strict=True):
        below, above = stats.beta(2000 * p + 1, 2000 * (1 - p) + 1).ppf(stats.norm.cdf([-1, 1]))
        lower, upper = np.sort(values)[[int(np.floor(2000 * below)) - 1, int(np.ceil(2000 * above)) - 1]]
        assert_allclose(error, (upper - lower) / 2, rtol=1e-14)


def test_ends_of_an_equal_tailed_interval_are_quantiles():
    values = np.random.default_rng(3).standard_normal(2000)
    row = summarize_row(values, RowPlan(values.size, probabilities=(0.25, 0.75), ci_probs=(0.5,)))
    assert_array_equal(row.interval[0, 0], row.quantiles)
    assert_array_equal(row.mcse_interval[0, 0], row.mcse_quantiles)


def test_a_two_point_law_has_an_error_of_the_sd_close_to_zero():
    row = summarize_row(np.tile([-1.0, 1.0], 500), RowPlan(1000))
    assert row.mcse_sd == 0.0
    assert_allclose(row.mcse_mean, 1 / np.sqrt(999), rtol=1e-14)


def test_errors_of_a_shortest_interval_need_a_thousand_draws():
    values = np.random.default_rng(4).standard_normal(1000)
    few, enough = (summarize_row(x, RowPlan(x.size, ci_kinds=("hdi",))) for x in (values[:999], values))
    assert np.isnan(few.mcse_interval).all()
    assert np.isfinite(enough.mcse_interval).all()


def test_errors_of_a_shortest_interval_have_the_size_measured_over_seeds():
    # Measured sd of the ends of a 90 % HDI of N(0, 1): .107 at n = 10^3, .047 at n = 10^4.
    size, measured = (10_000, 0.047) if COMPILED else (1000, 0.107)
    plan = RowPlan(size, ci_kinds=("hdi",))
    rows = [summarize_row(np.random.default_rng(seed).standard_normal(size), plan) for seed in range(30)]
    errors = np.sqrt(np.mean([row.mcse_interval**2 for row in rows]))
    ends = np.std([row.interval[0, 0] for row in rows], axis=0, ddof=1).mean()
    assert HDI_BATCHES >= 20
    assert 0.7 * measured < errors < 1.4 * measured
    assert 0.7 * measured < ends < 1.4 * measured


@pytest.fixture(scope="module")
def covers():
    """Whether 1.96 MCSE around the estimate cover the exact value, by seed: mean, q50, q95."""
    plan = RowPlan(SIZE, probabilities=(0.5, 0.95))
    exact = np.array([LOGNORMAL.mean(), *LOGNORMAL.ppf([0.5, 0.95])])
    rows = [summarize_row(np.exp(0.6 * np.random.default_rng(s).standard_normal(SIZE)), plan) for s in range(SEEDS)]
    estimates = np.array([[row.mean, *row.quantiles] for row in rows])
    errors = np.array([[row.mcse_mean, *row.mcse_quantiles] for row in rows])
    return np.abs(estimates - exact) <= 1.96 * errors


@pytest.mark.parametrize(("column", "true_coverage"), [(0, 0.95), (1, 0.937), (2, 0.946)])
def test_coverage(covers, column, true_coverage):
    # 99.9 % binomial band around the coverage measured over many more seeds at this number of draws.
    low, high = stats.binom(SEEDS, true_coverage).ppf([0.0005, 0.9995])
    assert low <= covers[:, column].sum() <= high
