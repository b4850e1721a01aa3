"""The summary of a row of draws that nobody keeps, from its bins, its chains' moments, and the values of some ranks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.moments import Moments
from mcdemand.kernels.order_statistics import interpolate, quantile_ranks
from mcdemand.replicates import Replicates
from mcdemand.row_summary import Errors, Found, RowPlan, RowSummary, errors_of_draws, put_together, shape_of_tails
from mcdemand.streaming.ladder import Ladder
from mcdemand.streaming.moment_tree import join_moments

type ValuesAt = Callable[[Integers], Floats]
"""The values of ranks, exactly or about."""


@dataclass(frozen=True)
class RowCounts:
    """What the first pass found of a row.

    Attributes
    ----------
    chains
        Draws of each chain, and its mean and m2, m3, m4.
    below
        (chain, level): draws below about each quantile.
    above
        (chain, threshold): draws above each threshold.
    """

    ladder: Ladder
    chains: Sequence[tuple[int, Floats]]
    below: Integers
    above: Integers


def wanted_ranks(plan: RowPlan, margin: float = 0.0) -> Integers:
    """Return (range, first and last rank): what the quantiles of a plan lie between, and the tails.

    Parameters
    ----------
    margin
        Standard errors of independent draws by which the ranges of quantiles are widened.
    """
    levels = np.asarray(plan.levels)
    lower, upper = quantile_ranks(plan.size, levels)[0]
    width = np.ceil(margin * np.sqrt(plan.size * levels * (1 - levels))).astype(np.int64)
    ends = np.stack([lower - width, upper + width], axis=1).clip(0, plan.size - 1)
    tails = np.array(plan.tail_ranks, dtype=np.int64).reshape(-1, 2)
    return np.concatenate([ends, tails])


def summarize_counts(plan: RowPlan, counts: RowCounts, limits: Floats, values_at: ValuesAt) -> RowSummary:
    """Return the summary of a row; a NaN threshold gives NaN.

    Raises
    ------
    NumericalError
        If the draws are so large that their mean overflows.

    Notes
    -----
    As `summarize_row`, but that the errors of quantiles take the draws of a bin as spread evenly over it, and those of
    replicates come from the share of draws below a point near each quantile, times the ratio of sqrt(p (1 - p)).
    """
    size, found = join_moments(counts.chains)
    moments = Moments(size, *found.tolist())
    if not math.isfinite(moments.mean):
        raise NumericalError("the draws are so large that their sum overflows")
    ranks, weights = quantile_ranks(size, plan.levels)
    lower, upper = values_at(ranks)
    above = counts.above.sum(axis=0) / size
    exceedance = np.where(np.isnan(limits), np.nan, above)
    tails = [values_at(np.arange(first, last + 1)) for first, last in plan.tail_ranks]
    shape = shape_of_tails(*tails) if tails else math.nan
    statistics = Found(moments, interpolate(lower, upper, weights), exceedance, shape, np.empty((0, 2)))
    if plan.replicates:
        errors = _errors_of_replicates(plan, plan.replicates, counts, moments.mean)
    else:
        around = counts.ladder.value_at(plan.error_ranks)
        errors = errors_of_draws(plan, moments, np.stack([lower, upper, *around]), exceedance)
    return put_together(plan, statistics, errors, statistics.hdi)


def _errors_of_replicates(plan: RowPlan, replicates: Replicates, counts: RowCounts, mean: float) -> Errors:
    size = np.array([n for n, _ in counts.chains])
    moments = np.array([m for _, m in counts.chains])
    with np.errstate(invalid="ignore", over="ignore"):
        distance = moments[:, 0] - mean
        sums = np.stack([size * distance, size * (moments[:, 1] + distance * distance)], axis=1)
        of_mean, of_sd = replicates.errors_of_sums(sums)
    share = counts.below.sum(axis=0) / plan.size
    levels = np.asarray(plan.levels)
    known = (share > 0) & (share < 1)
    ratio = np.sqrt(levels * (1 - levels) / np.where(known, share * (1 - share), levels * (1 - levels)))
    step = replicates.errors_of_shares(counts.below) * ratio
    ends = np.stack([levels - step, levels + step])
    inside = (ends[0] >= 0) & (ends[1] <= 1)
    below, above = counts.ladder.value_at((plan.size - 1) * np.nan_to_num(ends.clip(0, 1)))
    of_quantiles = np.where(inside, (above - below) / 2, np.nan)
    return Errors(of_mean, of_sd, of_quantiles, replicates.errors_of_shares(counts.above))
