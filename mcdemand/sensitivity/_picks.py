"""Sums over picks and what estimators make of them, replicate by replicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Estimate

type Factors = Sequence[frozenset[str]]
type PickTuple = tuple[int, frozenset[str], int]
"""A copy, the parameters that are kept of it, and the copy whose luck the others are drawn with."""
type Order = tuple[int, ...]
type Statistic = Callable[[PickSums], Mapping[str, Floats]]


@dataclass(frozen=True)
class PickSums:
    """Sums over draws about a center of each row.

    Attributes
    ----------
    count
        (replicate, 1, 1) draws.
    first
        (replicate, pick, row) sums of the picks' values.
    second
        (replicate, pair, row) sums of their products, in the order of the pairs that were asked for.
    """

    count: Floats
    first: Floats
    second: Floats

    def pooled(self) -> PickSums:
        """Return the sums over all replicates, as one."""
        return PickSums(*(np.sum(one, axis=0, keepdims=True) for one in (self.count, self.first, self.second)))

    def without_each(self) -> PickSums:
        """Return the sums over all replicates but one, for each."""
        every = self.pooled()
        return PickSums(every.count - self.count, every.first - self.first, every.second - self.second)


class PickExperiment(Protocol):
    """The model as a method of design "pick_freeze" sees it.

    Attributes
    ----------
    factors
        The parameters of each factor.
    everything
        The parameters of all factors.
    """

    factors: Factors
    everything: frozenset[str]

    def sums(self, picks: Sequence[PickTuple], pairs: Sequence[tuple[int, int]]) -> PickSums:
        """Return the sums of some picks and of their products."""

    def sums_by_order(
        self,
        picks: Callable[[Order], Sequence[PickTuple]],
        pairs: Sequence[tuple[int, int]],
        combine: Callable[[Order, Floats], Floats],
    ) -> PickSums:
        """Return the same where picks belong to an order of the factors, one after the other as draws go on.

        `combine(order, second)` turns the (pair, row) sums of products of one order into (factor, row).
        """


def jackknife(sums: PickSums, statistic: Statistic) -> dict[str, Estimate]:
    """Return statistics of all draws, with errors by leaving out one replicate after the other (Efron 1982).

    sqrt((R - 1) / R sum (s_(r) - mean s_(r))^2); NaN for a single replicate.
    """
    number = len(sums.count)
    values = {name: value[0] for name, value in statistic(sums.pooled()).items()}
    if number < 2:
        return {name: Estimate(value, np.full(value.shape, np.nan), np.nan) for name, value in values.items()}
    rest = statistic(sums.without_each())
    found = {}
    for name, value in values.items():
        apart = rest[name] - rest[name][:1]
        apart = apart - apart.mean(axis=0)
        found[name] = Estimate(value, np.sqrt((number - 1) / number * (apart**2).sum(axis=0)), number - 1)
    return found


def ratio(part: Floats, variance: Floats) -> Floats:
    """Return part / variance: 0 where nothing varies, NaN where a row has none."""
    return np.divide(part, variance, out=np.zeros_like(part), where=np.broadcast_to(variance != 0, part.shape))
