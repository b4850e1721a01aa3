"""One row of draws summarised: each statistic with its Monte Carlo standard error, in one visit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import Gathered
from mcdemand.kernels.moments import Moments
from mcdemand.kernels.order_statistics import interpolate, quantile_ranks, select_in_bins
from mcdemand.kernels.row_pass import read_row
from mcdemand.kernels.shortest_interval import number_of_steps, possible_ends, shortest_in_bins, shortest_intervals
from mcdemand.kernels.tails import pareto_shape, tail_size
from mcdemand.replicates import Replicates
from mcdemand.sample_limits import is_open_ended

HDI_BATCHES = 20
SMALLEST_HDI_BATCH, LARGEST_HDI_BATCH = 50, 5000
ONE_SIGMA = (0.15865525393145705, 0.8413447460685429)


@dataclass(frozen=True)
class RowPlan:
    """What to compute for every row of `size` draws, and the ranks that this takes, worked out once.

    Attributes
    ----------
    replicates
        The replicates that errors come from; None if all draws are independent.
    """

    size: int
    probabilities: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    ci_probs: tuple[float, ...] = (0.9,)
    ci_kinds: tuple[str, ...] = ("eti",)
    replicates: Replicates | None = None

    @cached_property
    def levels(self) -> Floats:
        """The probabilities asked for, then the lower ends of the equal-tailed intervals, then the upper ends."""
        tails = (1 - np.array(self.ci_probs)) / 2
        return np.concatenate([self.probabilities, tails, 1 - tails])

    @cached_property
    def ranks(self) -> Integers:
        """Ranks (2 or 4, level): the two that a quantile lies between, and of independent draws those one error off."""
        around = quantile_ranks(self.size, self.levels)[0]
        return around if self.replicates else np.concatenate([around, self.error_ranks])

    @cached_property
    def weights(self) -> Floats:
        """Weight (level) of the upper of the two ranks that a quantile lies between."""
        return quantile_ranks(self.size, self.levels)[1]

    @cached_property
    def hdi_steps(self) -> tuple[int, ...]:
        """Steps of the sorted values that the shortest intervals span; none if they are not asked for."""
        return tuple(number_of_steps(self.size, p) for p in self.ci_probs) if "hdi" in self.ci_kinds else ()

    @cached_property
    def tail_ranks(self) -> tuple[tuple[int, int], ...]:
        """Ranks (first, last) of the lower and the upper tail, threshold included; none where they are too short."""
        size = tail_size(self.size)
        return ((0, size), (self.size - 1 - size, self.size - 1)) if size else ()

    @cached_property
    def unbounded(self) -> Any:
        """Whether (level) a standard error below or above a quantile lies beyond all draws."""
        below, above = self._error_shares
        return is_open_ended(below, above, self.size)

    @cached_property
    def _error_shares(self) -> Floats:
        """Shares (2, level) of the draws that lie below a standard error below and above each quantile."""
        from scipy.special import betaincinv

        shape = self.size * self.levels + 1, self.size * (1 - self.levels) + 1
        return np.stack([betaincinv(*shape, tail) for tail in ONE_SIGMA])

    @cached_property
    def error_ranks(self) -> Integers:
        """Ranks (2, level) one standard error of independent draws below and above each quantile."""
        below, above = self._error_shares * self.size
        places = np.stack([np.floor(below), np.ceil(above)]) - 1
        return places.clip(0, self.size - 1).astype(np.int64)


class RowSummary(NamedTuple):
    """The numbers of one row; `interval` is (ci_kind, ci_prob, ci_bound), `pareto_k` of the heavier tail."""

    mean: float
    sd: float
    quantiles: Floats
    interval: Floats
    exceedance: Floats
    pareto_k: float
    mcse_mean: float
    mcse_sd: float
    mcse_quantiles: Floats
    mcse_interval: Floats
    mcse_exceedance: Floats


def summarize_row(
    values: Floats, plan: RowPlan, thresholds: ArrayLike = (), *, with_hdi_errors: bool = True
) -> RowSummary:
    """Return the summary of one row of draws; a NaN threshold gives NaN.

    Without their errors, those of shortest intervals are NaN: `errors_of_hdi` can find them beside other rows.

    Raises
    ------
    NumericalError
        If a draw is not finite.

    Notes
    -----
    Standard errors of independent draws. Mean: s / sqrt(n). Standard deviation: sqrt((m4 - s^4) / n) / (2 s).
    Exceedance: sqrt(p (1 - p) / n). Quantile: half the distance between the order statistics at the 15.9 % and 84.1 %
    quantiles of Beta(n p + 1, n (1 - p) + 1) (Vehtari and others 2021). Ends of a shortest interval, which converge
    like n^(-1/3): the standard deviation over 20 batches of b draws, times (b / n)^(1/3).

    Of R replicates. Mean, exceedance: s / sqrt(R) of the replicates' own. Standard deviation: the jackknife over
    replicates. Quantile q at p of all draws: half the distance between the quantiles at p - e and p + e, with e the
    error of the share of draws up to q; the mean of the replicates' quantiles would be biased. Ends of a shortest
    interval: the replicates as batches.

    An error is NaN where one such step lies beyond the draws.
    """
    moment, bins = read_row(values)
    if not math.isfinite(moment.mean):
        raise NumericalError(_not_finite(values))
    ranks = plan.ranks.ravel()
    ends = [possible_ends(bins, steps) for steps in plan.hdi_steps]
    tails = [(np.array([first]), np.array([last])) for first, last in plan.tail_ranks]
    around = [(plan.error_ranks[0], plan.error_ranks[1])] if plan.replicates else []
    gathered = bins.gather([(ranks, ranks), *around, *(both for pair in ends for both in pair), *tails])
    hdi = np.array([shortest_in_bins(gathered, pair) for pair in ends])
    selected = select_in_bins(gathered, plan.ranks)
    quantile = interpolate(selected[0], selected[1], plan.weights)
    limits = np.asarray(thresholds, dtype=np.float64)
    exceedance = _exceedance(values, limits)
    if plan.replicates:
        errors = _errors_of_replicates(values, plan.replicates, plan, moment, gathered, quantile, limits)
    else:
        errors = errors_of_draws(plan, moment, selected, exceedance)
    found = Found(moment, quantile, exceedance, _tail_shape(gathered, plan), hdi)
    mcse_hdi = errors_of_hdi(values, plan) if ends and with_hdi_errors else np.full_like(hdi, np.nan)
    return put_together(plan, found, errors, mcse_hdi)


def add_errors_of_hdi(summary: RowSummary, errors: Floats, plan: RowPlan) -> RowSummary:
    """Return a summary with the (ci_prob, ci_bound) errors of its shortest intervals."""
    if plan.size == 1:
        return summary
    mcse = summary.mcse_interval.copy()
    mcse[plan.ci_kinds.index("hdi")] = errors
    return summary._replace(mcse_interval=mcse)


class Found(NamedTuple):
    """The statistics of a row, `quantiles` by level of the plan, ends of shortest intervals (ci_prob, ci_bound)."""

    moments: Moments
    quantiles: Floats
    exceedance: Floats
    pareto_k: float
    hdi: Floats


def put_together(plan: RowPlan, found: Found, errors: Errors, mcse_hdi: Floats) -> RowSummary:
    """Return the summary of a row from its statistics and their errors; a single draw has none."""
    count = len(plan.probabilities)
    summary = RowSummary(
        found.moments.mean,
        found.moments.sd,
        found.quantiles[:count],
        _interval(found.quantiles[count:], found.hdi, plan),
        found.exceedance,
        found.pareto_k,
        errors.mean,
        errors.sd,
        errors.quantiles[:count],
        _interval(errors.quantiles[count:], mcse_hdi, plan),
        np.where(np.isnan(found.exceedance), np.nan, errors.exceedance),
    )
    return summary if plan.size > 1 else _without_errors(summary)


def _not_finite(values: Floats) -> str:
    bad = np.flatnonzero(~np.isfinite(values))
    return f"draw {bad[0]} is {values[bad[0]]}" if bad.size else "the draws are so large that their sum overflows"


class Errors(NamedTuple):
    """Standard errors of the statistics of a row, `quantiles` by level of the plan."""

    mean: float
    sd: float
    quantiles: Floats
    exceedance: Floats


def errors_of_draws(plan: RowPlan, moment: Moments, selected: Floats, exceedance: Floats) -> Errors:
    """Return the errors of independent draws, from the values (4, level) of the plan's ranks."""
    sd, size = moment.sd, moment.size
    # Products, so that the sd of a row whose fourth moment overflows does not warn.
    spread = max(moment.m4 - sd * sd * sd * sd, 0.0)
    of_sd = math.sqrt(spread / size) / (2 * sd) if sd else 0.0
    _, _, below, above = selected
    quantiles = np.where(plan.unbounded, np.nan, (above - below) / 2)
    return Errors(sd / math.sqrt(size), of_sd, quantiles, np.sqrt(exceedance * (1 - exceedance) / size))


def _errors_of_replicates(
    values: Floats,
    replicates: Replicates,
    plan: RowPlan,
    moment: Moments,
    gathered: Gathered,
    quantile: Floats,
    thresholds: Floats,
) -> Errors:
    """Return the errors that independent replicates show."""
    of_mean, of_sd, shares = replicates.errors(values, moment.mean, np.concatenate([quantile, thresholds]))
    step = shares[: quantile.size]
    levels = np.stack([plan.levels - step, plan.levels + step])
    ranks, weights = quantile_ranks(plan.size, np.nan_to_num(levels.clip(0, 1)))
    # Errors are rarely larger than those of independent draws, within which everything has been gathered.
    held = gathered if gathered.holds(ranks) else gathered.bins.gather([(ranks.ravel(), ranks.ravel())])
    lower, upper = select_in_bins(held, ranks)
    below, above = interpolate(lower, upper, weights)
    is_known = (levels[0] >= 0) & (levels[1] <= 1)
    return Errors(of_mean, of_sd, np.where(is_known, (above - below) / 2, np.nan), shares[quantile.size :])


def _tail_shape(gathered: Gathered, plan: RowPlan) -> float:
    """Return the shape of the heavier tail, NaN where neither can be told."""
    if not plan.tail_ranks:
        return math.nan
    return shape_of_tails(*(gathered.between(first, last) for first, last in plan.tail_ranks))


def shape_of_tails(lower: Floats, upper: Floats) -> float:
    """Return the shape of the heavier of two tails, each sorted and with its threshold.

    A tail that ends at zero has every moment: the lower one of what is never negative, the upper one of its mirror.
    """
    below = pareto_shape(-lower[::-1]) if lower[0] < 0 else math.nan
    above = pareto_shape(upper) if upper[-1] > 0 else math.nan
    return float(np.fmax(below, above))


def _interval(ends: Floats, hdi: Floats, plan: RowPlan) -> Floats:
    by_kind = {"eti": ends.reshape(2, -1).T, "hdi": hdi}
    return np.array([by_kind[kind] for kind in plan.ci_kinds])


def errors_of_hdi(values: Floats, plan: RowPlan) -> Floats:
    """Return (ci_prob, ci_bound) errors of the ends, from batches or from replicates."""
    batches = _batches(values, plan)
    if batches is None:
        return np.full((len(plan.ci_probs), 2), np.nan)
    ends = np.stack([shortest_intervals(batches, prob) for prob in plan.ci_probs], axis=1)
    # Differences, so that the error of a constant is exactly zero.
    spread: Floats = (ends - ends[0]).std(axis=0, ddof=1) * (batches.shape[1] / plan.size) ** (1 / 3)
    return spread


def _batches(values: Floats, plan: RowPlan) -> Floats | None:
    """Return independent batches (batch, draw); None where there are too few draws for them."""
    if plan.replicates is None:
        size = min(plan.size // HDI_BATCHES, LARGEST_HDI_BATCH)
        return values[: HDI_BATCHES * size].reshape(HDI_BATCHES, size) if size >= SMALLEST_HDI_BATCH else None
    # Replicates of a pooled set differ in size; what is over is left out.
    size = int(plan.replicates.counts.min())
    starts = np.array((0, *plan.replicates.stops[:-1]))
    if len(starts) < 2 or size < SMALLEST_HDI_BATCH:
        return None
    return np.stack([values[start : start + size] for start in starts])


def _exceedance(values: Floats, thresholds: Floats) -> Floats:
    share = np.array([np.count_nonzero(values > threshold) / values.size for threshold in thresholds])
    return np.where(np.isnan(thresholds), np.nan, share)


def _without_errors(summary: RowSummary) -> RowSummary:
    unknown = [name for name in summary._fields if name.startswith("mcse_") or name == "interval"]
    changes: dict[str, Any] = {name: np.full_like(getattr(summary, name), np.nan) for name in unknown}
    return summary._replace(**changes)
