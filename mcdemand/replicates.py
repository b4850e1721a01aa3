"""Errors from independent replicates: chains of a design whose draws are not independent of each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.moments import LANES, tree_sum
from mcdemand.kernels.tallies import tally


@dataclass(frozen=True)
class Replicates:
    """The replicates that a row of draws is made of, one after the other; replicate r ends before `stops[r]`."""

    stops: tuple[int, ...]

    @cached_property
    def counts(self) -> Integers:
        """How many draws each replicate has."""
        stops = np.array([0, *self.stops], dtype=np.int64)
        counts: Integers = stops[1:] - stops[:-1]
        return counts

    @property
    def size(self) -> int:
        """How many draws all replicates have."""
        return self.stops[-1]

    def error(self, estimates: Any, pooled: Any) -> Any:
        """Return the standard error of a pooled estimate, along the first axis of the replicates' own estimates.

        sqrt(sum w_r^2 (e_r - e)^2 / (R (R - 1))), w_r a replicate's draws in units of the mean; that is s / sqrt(R) for
        equal replicates. NaN for a single one.
        """
        number = len(self.stops)
        if number < 2:
            return np.full(np.shape(pooled), math.nan)
        weight = (self.counts / self.counts.mean()).reshape(-1, *[1] * np.ndim(pooled))
        deviation = weight * (np.asarray(estimates) - pooled)
        return np.sqrt((deviation**2).sum(axis=0) / (number * (number - 1)))

    def errors(self, values: Floats, mean: float, levels: Floats) -> tuple[float, float, Floats]:
        """Return the standard errors of the mean, the standard deviation, and the share of draws up to each level.

        Mean and shares from those of the replicates; what these cannot tell of a share, because every one of them has
        the same, counts as one draw: its place between two strata is all that is left open. The standard deviation by
        the jackknife over replicates.
        """
        distinct, place = np.unique(levels, return_inverse=True)
        lanes = np.zeros((len(self.stops), 2, LANES))
        counts = np.zeros((len(self.stops), distinct.size), dtype=np.int64)
        with np.errstate(invalid="ignore", over="ignore"):
            tally(values, np.array(self.stops), mean, distinct, lanes, counts)
            of_mean, of_sd = self.errors_of_sums(tree_sum(lanes))
        return of_mean, of_sd, self.errors_of_shares(counts)[place]

    def errors_of_sums(self, sums: Floats) -> tuple[float, float]:
        """Return the errors of mean and standard deviation from each replicate's sums of (x - mean)^k, k = 1, 2."""
        return float(self.error(sums[:, 0] / np.maximum(self.counts, 1), 0.0)), self._jackknife(sums)

    def errors_of_shares(self, counts: Integers) -> Floats:
        """Return the errors of shares of all draws from each replicate's count of them (replicate, share)."""
        of_shares = self.error(counts / np.maximum(self.counts, 1)[:, np.newaxis], counts.sum(axis=0) / self.size)
        errors: Floats = np.hypot(of_shares, 1 / self.size)
        return errors

    def _jackknife(self, sums: Floats) -> float:
        """sqrt((R - 1) / R sum (s_(r) - mean s_(r))^2), s_(r) the deviation without replicate r (Efron 1982)."""
        number = len(self.stops)
        rest, left = self.size - self.counts, sums.sum(axis=0) - sums
        if number < 2 or rest.min() < 2:
            return math.nan
        deviations = np.sqrt(np.maximum(left[:, 1] - left[:, 0] ** 2 / rest, 0.0) / (rest - 1))
        spread = (deviations - deviations[0]) - np.mean(deviations - deviations[0])
        return float(np.sqrt((number - 1) / number * (spread**2).sum()))
