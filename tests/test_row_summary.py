import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.errors import NumericalError
from mcdemand.kernels.shortest_interval import shortest_interval
from mcdemand.kernels.tails import tail_size
from mcdemand.replicates import Replicates
from mcdemand.row_summary import HDI_BATCHES, RowPlan, RowSummary, summarize_row

COMPILED = not numba.config.DISABLE_JIT
LOGNORMAL = stats.lognorm(0.6)
LEVELS = (0.05, 0.5, 0.95)
SEEDS, SIZE = 300 if COMPILED else 30, 1000


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


CHAINS, LENGTH = 16, 128


@pytest.fixture(scope="module")
def replicated():
    """Replicates of different means, so that errors from replicates and from independent draws are far apart."""
    rng = np.random.default_rng(11)
    return np.exp(0.5 * rng.standard_normal((CHAINS, 1)) + 0.6 * rng.standard_normal((CHAINS, LENGTH)))


def equal_plan(**options):
    stops = tuple(range(LENGTH, CHAINS * LENGTH + 1, LENGTH))
    return RowPlan(CHAINS * LENGTH, replicates=Replicates(stops), **options)


def share_error(parts, level):
    """sd of the replicates' own shares over the root of their number, and one draw."""
    total = sum(part.size for part in parts)
    return np.hypot(stats.sem([np.mean(part <= level) for part in parts]), 1 / total)


def test_estimates_do_not_depend_on_what_errors_rest_on(replicated):
    row = replicated.ravel()
    options = {"probabilities": LEVELS, "ci_kinds": ("eti", "hdi")}
    found = summarize_row(row, equal_plan(**options), [1.5])
    plain = summarize_row(row, RowPlan(row.size, **options), [1.5])
    for name in ("mean", "sd", "quantiles", "interval", "exceedance", "pareto_k"):
        assert_array_equal(getattr(found, name), getattr(plain, name), err_msg=name)


def test_errors_of_mean_sd_and_exceedance_from_replicates(replicated):
    row = summarize_row(replicated.ravel(), equal_plan(), [1.5, np.nan])
    without = [np.delete(replicated, r, axis=0).std(ddof=1) for r in range(CHAINS)]
    assert_allclose(row.mcse_mean, stats.sem(replicated.mean(axis=1)), rtol=1e-12)
    assert_allclose(row.mcse_sd, np.sqrt((CHAINS - 1) * np.var(without)), rtol=1e-10)
    assert_allclose(row.mcse_exceedance, [share_error(replicated, 1.5), np.nan], rtol=1e-12)
    assert row.mcse_mean > 5 * stats.sem(replicated.ravel())


def test_error_of_a_quantile_from_the_shares_of_replicates(replicated):
    """All draws make the estimate; the replicates' own quantiles are never averaged."""
    pooled = replicated.ravel()
    row = summarize_row(pooled, equal_plan(probabilities=LEVELS))
    for p, quantile, error in zip(LEVELS, row.quantiles, row.mcse_quantiles, strict=True):
        assert quantile == np.quantile(pooled, p)
        step = share_error(replicated, quantile)
        if not 0 <= p - step < p + step <= 1:
            assert np.isnan(error)
            continue
        below, above = np.quantile(pooled, [p - step, p + step])
        assert_allclose(error, (above - below) / 2, rtol=1e-12)
    assert np.isfinite(row.mcse_quantiles[1])
    assert_allclose(row.mcse_interval[0, 0], row.mcse_quantiles[[0, 2]], rtol=1e-12)


def test_a_quantile_whose_error_reaches_past_the_draws_has_none(replicated):
    row = summarize_row(replicated.ravel(), equal_plan(probabilities=(1e-5, 0.5, 1 - 1e-5)))
    assert_array_equal(np.isnan(row.mcse_quantiles), [True, False, True])


def test_errors_of_a_shortest_interval_from_replicates_as_batches(replicated):
    row = summarize_row(replicated.ravel(), equal_plan(ci_kinds=("hdi",), ci_probs=(0.5, 0.9)))
    for k, prob in enumerate((0.5, 0.9)):
        ends = [shortest_interval(part, prob) for part in replicated]
        assert_allclose(row.mcse_interval[0, k], np.std(ends, axis=0, ddof=1) / np.cbrt(CHAINS), rtol=1e-12)


@pytest.mark.parametrize("stops", [(49, 200), (200,)])
def test_a_shortest_interval_needs_two_replicates_of_fifty_draws(replicated, stops):
    plan = RowPlan(200, ci_kinds=("hdi",), replicates=Replicates(stops))
    assert np.isnan(summarize_row(replicated.ravel()[:200], plan).mcse_interval).all()


def test_unequal_replicates(replicated):
    """Cochran (1977), section 6.3: a mean over draws is a ratio of two sums over replicates."""
    stops = (100, 130, 600, 1000)
    row = replicated.ravel()[:1000]
    parts = np.split(row, stops[:-1])
    counts = np.array([part.size for part in parts])
    found = summarize_row(row, RowPlan(1000, probabilities=(0.5,), replicates=Replicates(stops)), [1.5])
    for error, indicator, more in (
        (found.mcse_mean, lambda x: x, 0.0),
        (found.mcse_exceedance[0], lambda x: x > 1.5, 1 / 1000),
    ):
        rest = np.array([indicator(part).sum() for part in parts]) - counts * indicator(row).mean()
        expected = np.sqrt(np.sum(rest**2) / 12) / counts.mean()
        assert_allclose(error, np.hypot(expected, more), rtol=1e-12)


def test_a_single_chain_has_estimates_and_no_errors(replicated):
    row = replicated.ravel()
    plan = RowPlan(row.size, ci_kinds=("eti", "hdi"), replicates=Replicates((row.size,)))
    found = summarize_row(row, plan, [1.5])
    for name in RowSummary._fields:
        values = np.asarray(getattr(found, name))
        assert np.isnan(values).all() == name.startswith("mcse_"), name


@pytest.mark.parametrize("plan", [RowPlan(2048), equal_plan()], ids=["independent", "replicates"])
def test_a_constant_has_no_error(plan):
    plan = RowPlan(2048, ci_kinds=("eti", "hdi"), replicates=plan.replicates)
    row = summarize_row(np.full(2048, 0.1), plan)
    assert (row.mean, row.sd, row.mcse_mean, row.mcse_sd) == (0.1, 0.0, 0.0, 0.0)
    assert not row.mcse_quantiles.any()
    assert not row.mcse_interval.any()
    assert np.isnan(row.pareto_k)


def test_replicates_that_agree_leave_one_draw_open():
    """Strata of 1 / 64 in each of 16 replicates: the quantile is known to half the distance of neighbouring draws."""
    row = np.tile((np.arange(64) + 0.5) / 64, 16)
    plan = RowPlan(1024, probabilities=(0.5,), replicates=Replicates(tuple(range(64, 1025, 64))))
    found = summarize_row(row, plan)
    below, above = np.quantile(row, [0.5 - 1 / 1024, 0.5 + 1 / 1024])
    assert_allclose(found.mcse_quantiles, [(above - below) / 2], rtol=1e-12)
    assert found.mcse_mean == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_draw_that_is_not_finite_is_named(replicated, bad):
    row = replicated.ravel().copy()
    row[77] = bad
    with pytest.raises(NumericalError, match=f"^draw 77 is {bad}$"):
        summarize_row(row, equal_plan())


@pytest.mark.parametrize("seed", range(3 if COMPILED else 1))
@pytest.mark.parametrize(("law", "shape"), [(stats.t(2), 0.5), (stats.lognorm(0.1), 0.0), (stats.pareto(1.0), 1.0)])
def test_the_shape_of_the_heavier_tail(law, shape, seed):
    """Moments of order 1 / k and above are infinite: Student's t has k = 1 / degrees of freedom."""
    size = 100_000 if COMPILED else 1000
    draws = law.rvs(size, random_state=np.random.default_rng(seed))
    for row in (draws, -1e27 * draws):
        # The fit's own sd is (1 + k) / sqrt(tail), Smith (1987); 5 of them, and .1 for a tail not yet a Pareto law.
        assert abs(summarize_row(row, RowPlan(size)).pareto_k - shape) < 0.1 + 5 * (1 + shape) / np.sqrt(
            tail_size(size)
        )


def test_too_few_draws_have_no_tail():
    rng = np.random.default_rng(1)
    assert np.isnan(summarize_row(rng.random(24), RowPlan(24)).pareto_k)
    assert np.isfinite(summarize_row(rng.random(25), RowPlan(25)).pareto_k)


@pytest.fixture(scope="module")
def covers_from_replicates():
    """Whether t intervals from 16 replicates cover mean, median and P(X > 1) of N(0, 1), by seed."""
    plan = RowPlan(16 * 64, probabilities=(0.5,), replicates=Replicates(tuple(range(64, 16 * 64 + 1, 64))))
    exact = np.array([0.0, 0.0, stats.norm.sf(1)])
    covered = []
    for seed in range(SEEDS):
        row = summarize_row(np.random.default_rng(seed).standard_normal(16 * 64), plan, [1.0])
        errors = np.array([row.mcse_mean, *row.mcse_quantiles, *row.mcse_exceedance])
        covered.append(np.abs([row.mean, *row.quantiles, *row.exceedance] - exact) <= stats.t(15).isf(0.025) * errors)
    return np.array(covered)


@pytest.mark.parametrize(("column", "most"), [(0, 0.95), (1, 0.96), (2, 0.96)])
def test_coverage_from_replicates(covers_from_replicates, column, most):
    # 99.9 % binomial band; one draw's worth of error makes that of a share a little larger than it is.
    low, high = stats.binom(SEEDS, 0.95).ppf(0.0005), stats.binom(SEEDS, most).ppf(0.9995)
    assert low <= covers_from_replicates[:, column].sum() <= high
