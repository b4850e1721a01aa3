"""One row of independent draws summarised: each statistic with its Monte Carlo standard error, in one visit."""

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
from mcdemand.sample_limits import is_open_ended

HDI_BATCHES = 20
SMALLEST_HDI_BATCH, LARGEST_HDI_BATCH = 50, 5000
ONE_SIGMA = (0.15865525393145705, 0.8413447460685429)


@dataclass(frozen=True)
class RowPlan:
    """What to compute for every row of `size` draws, and the ranks that this takes, worked out once."""

    size: int
    probabilities: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    ci_probs: tuple[float, ...] = (0.9,)
    ci_kinds: tuple[str, ...] = ("eti",)

    @cached_property
    def levels(self) -> Floats:
        """The probabilities asked for, then the lower ends of the equal-tailed intervals, then the upper ends."""
        tails = (1 - np.array(self.ci_probs)) / 2
        return np.concatenate([self.probabilities, tails, 1 - tails])

    @cached_property
    def ranks(self) -> Integers:
        """Ranks (4, level): the two that a quantile lies between, and those one standard error below and above it."""
        return np.concatenate([quantile_ranks(self.size, self.levels)[0], self._error_ranks()])

    @cached_property
    def weights(self) -> Floats:
        """Weight (level) of the upper of the two ranks that a quantile lies between."""
        return quantile_ranks(self.size, self.levels)[1]

    @cached_property
    def hdi_steps(self) -> tuple[int, ...]:
        """Steps of the sorted values that the shortest intervals span; none if they are not asked for."""
        return tuple(number_of_steps(self.size, p) for p in self.ci_probs) if "hdi" in self.ci_kinds else ()

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

    def _error_ranks(self) -> Integers:
        below, above = self._error_shares * self.size
        places = np.stack([np.floor(below), np.ceil(above)]) - 1
        return places.clip(0, self.size - 1).astype(np.int64)


class RowSummary(NamedTuple):
    """The numbers of one row; `interval` is (ci_kind, ci_prob, ci_bound)."""

    mean: float
    sd: float
    quantiles: Floats
    interval: Floats
    exceedance: Floats
    mcse_mean: float
    mcse_sd: float
    mcse_quantiles: Floats
    mcse_interval: Floats
    mcse_exceedance: Floats


def summarize_row(values: Floats, plan: RowPlan, thresholds: ArrayLike = ()) -> RowSummary:
    """Return the summary of one row of independent draws; a NaN threshold gives NaN.

    Raises
    ------
    NumericalError
        If a draw is not finite.

    Notes
    -----
    Standard errors for independent draws. Mean: s / sqrt(n). Standard deviation: sqrt((m4 - s^4) / n) / (2 s).
    Exceedance: sqrt(p (1 - p) / n). Quantile: half the distance between the order statistics at the 15.9 % and 84.1 %
    quantiles of Beta(n p + 1, n (1 - p) + 1) (Vehtari and others 2021), NaN if one lies beyond the draws. Ends of a
    shortest interval, which
    converge like n^(-1/3): the standard deviation over 20 batches of b draws, times (b / n)^(1/3).
    """
    moment, bins = read_row(values)
    if not math.isfinite(moment.mean):
        raise NumericalError(_not_finite(values))
    ranks = plan.ranks.ravel()
    ends = [possible_ends(bins, steps) for steps in plan.hdi_steps]
    gathered = bins.gather([(ranks, ranks), *(both for pair in ends for both in pair)])
    hdi = np.array([shortest_in_bins(gathered, pair) for pair in ends])
    mcse_hdi = _shortest_interval_errors(values, plan) if ends else hdi
    quantile, mcse_quantile = _quantiles(gathered, plan)
    exceedance, mcse_exceedance = _exceedance(values, np.asarray(thresholds, dtype=np.float64))
    count = len(plan.probabilities)
    summary = RowSummary(
        moment.mean,
        moment.sd,
        quantile[:count],
        _interval(quantile[count:], hdi, plan),
        exceedance,
        *_moment_errors(moment),
        mcse_quantile[:count],
        _interval(mcse_quantile[count:], mcse_hdi, plan),
        mcse_exceedance,
    )
    return summary if plan.size > 1 else _without_errors(summary)


def _not_finite(values: Floats) -> str:
    bad = np.flatnonzero(~np.isfinite(values))
    return f"draw {bad[0]} is {values[bad[0]]}" if bad.size else "the draws are so large that their sum overflows"


def _moment_errors(moment: Moments) -> tuple[float, float]:
    sd, size = moment.sd, moment.size
    if sd == 0:
        return 0.0, 0.0
    spread = max(moment.m4 - sd * sd * sd * sd, 0.0)
    return sd / math.sqrt(size), math.sqrt(spread / size) / (2 * sd)


def _quantiles(gathered: Gathered, plan: RowPlan) -> tuple[Floats, Floats]:
    lower, upper, below, above = select_in_bins(gathered, plan.ranks)
    return interpolate(lower, upper, plan.weights), np.where(plan.unbounded, np.nan, (above - below) / 2)


def _interval(ends: Floats, hdi: Floats, plan: RowPlan) -> Floats:
    by_kind = {"eti": ends.reshape(2, -1).T, "hdi": hdi}
    return np.array([by_kind[kind] for kind in plan.ci_kinds])


def _shortest_interval_errors(values: Floats, plan: RowPlan) -> Floats:
    size = min(plan.size // HDI_BATCHES, LARGEST_HDI_BATCH)
    if size < SMALLEST_HDI_BATCH:
        return np.full((len(plan.ci_probs), 2), np.nan)
    batches = values[: HDI_BATCHES * size].reshape(HDI_BATCHES, size)
    ends = np.stack([shortest_intervals(batches, prob) for prob in plan.ci_probs], axis=1)
    # Differences, so that the error of a constant is exactly zero.
    spread: Floats = (ends - ends[0]).std(axis=0, ddof=1) * (size / plan.size) ** (1 / 3)
    return spread


def _exceedance(values: Floats, thresholds: Floats) -> tuple[Floats, Floats]:
    share = np.array([np.count_nonzero(values > threshold) / values.size for threshold in thresholds])
    share = np.where(np.isnan(thresholds), np.nan, share)
    return share, np.sqrt(share * (1 - share) / values.size)


def _without_errors(summary: RowSummary) -> RowSummary:
    unknown = [name for name in summary._fields if name.startswith("mcse_") or name == "interval"]
    changes: dict[str, Any] = {name: np.full_like(getattr(summary, name), np.nan) for name in unknown}
    return summary._replace(**changes)
