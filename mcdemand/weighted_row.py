"""A row of draws under two sets of weights: means and quantiles with their errors, without sorting the row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mcdemand.importance import Weights
from mcdemand.kernels.arrays import Floats, Integers, Numbers
from mcdemand.kernels.bins import Bins, find_wanted, key_range, value_of
from mcdemand.kernels.moments import tree_sum
from mcdemand.kernels.order_statistics import DIRECT_SORT
from mcdemand.kernels.weighted_rows import add_weights, count_evenly, products, weighted_sums
from mcdemand.replicates import Replicates

BIN_COUNT = 4096
OUTERMOST = np.array([0.0, np.nextafter(1.0, 0.0)])
"""Weights that the lowest and the highest draw lie at."""
REACH = 3.0
"""Standard errors of a quantile around it that are kept near at the first look."""


class Pair(NamedTuple):
    """Estimates (side, statistic), the mean and then the quantiles, their errors, and those of second less first."""

    estimates: Floats
    mcse: Floats
    mcse_shift: Floats


class _Piece(NamedTuple):
    """Sorted values (k) of some stretches of a row, and the weight up to each of them, all values below included.

    Attributes
    ----------
    spans
        (stretch, 2): the weight of all values below each stretch, and up to its end.
    """

    values: Floats
    above: Floats
    spans: Floats

    @classmethod
    def joined(cls, parts: Sequence[_Piece]) -> _Piece:
        """Return several as one, from below to above."""
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    def holds(self, starts: Floats, stops: Floats) -> bool:
        """Return whether all windows of weight lie in a stretch each."""
        places = np.searchsorted(self.spans[:, 0], starts, side="right") - 1
        return bool((places >= 0).all() and (stops <= self.spans[places, 1]).all())


@dataclass(frozen=True)
class Counted:
    """A row (draw), the number (draw) of each value's bin, which rises with the value, and how many are in each."""

    values: Floats
    bin_of: Numbers
    counts: Integers

    @classmethod
    def of(cls, values: Floats) -> Counted:
        """Return a row counted: by leading bits, or into bins of equal width where the sign changes.

        Bins by leading bits are narrow around 0, and wide elsewhere.
        """
        low, high = (int(key) for key in key_range(values.view(np.int64)))
        least, width = value_of(low), value_of(high) - value_of(low)
        scale = BIN_COUNT / width if width > 0 else math.inf
        if low < 0 <= high and math.isfinite(scale) and scale > 0:
            index, counts = np.empty(values.size, np.uint16), np.zeros(BIN_COUNT, np.int64)
            count_evenly(values, least, scale, index, counts)
            return cls(values, index, counts)
        bins = Bins.count(values, low, high)
        return cls(values, bins.index, bins.counts)


@dataclass(frozen=True)
class WeightedBins:
    """A row, or a stretch of one, counted into bins, and the weights (draw) of its values.

    Attributes
    ----------
    below, end
        The weight of all values of the row below the stretch, and up to its end.
    """

    row: Counted
    weights: Floats
    below: float = 0.0
    end: float = 1.0

    @cached_property
    def above(self) -> Floats:
        """The weight (bin) of all values up to the end of each bin."""
        mass = np.zeros(self.row.counts.size)
        add_weights(self.row.bin_of, self.weights, mass)
        return _cumulated(mass, self.below, self.end)

    def gather(self, starts: Floats, stops: Floats) -> _Piece:
        """Return the values of all bins that hold a part of some windows of weight; of a wide bin only those parts."""
        last = self.above.size - 1
        first_bins = np.searchsorted(self.above, starts, side="right").clip(0, last)
        last_bins = np.searchsorted(self.above, stops, side="left").clip(first_bins, last)
        change = np.bincount(first_bins, minlength=last + 2) - np.bincount(last_bins + 1, minlength=last + 2)
        wanted = change[:-1].cumsum() > 0
        edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False)).reshape(-1, 2)
        count = int(self.row.counts[wanted].sum())
        places = find_wanted(self.row.bin_of, wanted.view(np.uint8), count)[:count]
        stretch = np.searchsorted(edges[:, 0], self.row.bin_of[places], side="right") - 1
        parts = []
        for k, (first, end) in enumerate(edges):
            inside = (first <= first_bins) & (first_bins < end)
            parts.append(self._part(places[stretch == k], first, end - 1, (starts[inside], stops[inside])))
        return _Piece.joined(parts)

    def _part(self, places: Integers, first: int, last: int, windows: tuple[Floats, Floats]) -> _Piece:
        """Return the values of neighbouring bins: sorted where they are few, else of finer bins within them."""
        values, weights = self.row.values[places], self.weights[places]
        below, end = float(self.above[first - 1]) if first else self.below, float(self.above[last])
        # Finer bins are no use where most of a stretch is wanted.
        if DIRECT_SORT < values.size < self.row.values.size / 2:
            return WeightedBins(Counted.of(values), weights, below, end).gather(*windows)
        order = np.argsort(values, kind="stable")
        return _Piece(values[order], _cumulated(weights[order], below, end), np.array([[below, end]]))


def _cumulated(weights: Floats, below: float, end: float) -> Floats:
    """Return the weight up to each of some neighbours, with what lies below; to the last bit `end` where it ends."""
    above = np.minimum(below + np.cumsum(weights), end)
    above[np.flatnonzero(weights).max(initial=0) :] = end
    return above


def weigh(values: Floats, weights: Weights, levels: Floats, replicates: Replicates | None = None) -> Pair:
    """Return the weighted means and quantiles of a row of draws under two sets of weights, with their errors.

    Parameters
    ----------
    values
        (draw), finite.
    levels
        Levels of the quantiles, strictly between 0 and 1.
    replicates
        The replicates that errors come from; None if all draws are independent.

    Notes
    -----
    Quantile: the weighted distribution function is inverted, and the inverse averaged over one effective draw, from
    p (n - 1) / n to (p (n - 1) + 1) / n, with n = 1 / sum(w^2) (Akinshin 2023, "Weighted quantile estimators", type 7).
    With equal weights that is the quantile that NumPy gives.

    Errors. Mean m: sqrt(sum(w^2 (x - m)^2)). Quantile q at p: the share of the weights up to q has the error
    e = sqrt(sum(w^2 ([x <= q] - p)^2)), and the quantile half the distance between those at p - e and p + e; NaN where
    one of these lies within the outermost draw. From R replicates, which are the chains of a design whose draws are not
    independent: the sums of w (x - m) and of w ([x <= q] - p) over each of them, s, have the error sqrt(R / (R - 1)
    sum(s^2)): the delta method for a ratio whose two sums are both random. What replicates cannot tell of a share
    counts as one effective draw. The error of a difference is that of the differences of these terms, those of a share
    times the slope of its quantile: both sides have their draws in common.

    Examples
    --------
    >>> found = weigh(np.array([1.0, 3.0]), Weights.beside_equal(np.array([0.75, 0.25])), np.array([0.5]))
    >>> found.estimates[:, 0].tolist(), float(found.mcse[1, 0]) == (0.75**2 * 0.5**2 + 0.25**2 * 1.5**2) ** 0.5
    ([2.0, 1.5], True)
    """
    # What overflows is infinite, and its error unknown.
    with np.errstate(over="ignore", invalid="ignore"):
        return _weigh(values, weights, levels, replicates)


def _weigh(values: Floats, weights: Weights, levels: Floats, replicates: Replicates | None) -> Pair:
    row = Counted.of(values)
    sides = [_Side.of(WeightedBins(row, one), ess, levels) for one, ess in zip(*weights, strict=True)]
    estimates = np.stack([one.estimates for one in sides])
    stops = np.array([values.size] if replicates is None else replicates.stops)
    sums = tree_sum(products(values, *weights.sides, levels, estimates, stops))
    terms = _Terms(sums, replicates)
    errors = terms.errors()
    steps = [one.steps(mine[1:], replicates) for one, mine in zip(sides, errors, strict=True)]
    of_quantiles = np.stack([one.errors(levels, step) for one, step in zip(sides, steps, strict=True)])
    slopes = np.insert(of_quantiles / np.stack(steps), 0, 1.0, axis=1)
    mcse = np.concatenate([errors[:, :1], of_quantiles], axis=1)
    return Pair(estimates, mcse, terms.error_of_difference(*slopes))


class _Terms(NamedTuple):
    """Sums (stretch, statistic, product) of both sides' terms a, b: a, b, a^2, b^2 and ab."""

    sums: Floats
    replicates: Replicates | None

    def errors(self) -> Floats:
        """Return the errors (side, statistic) of the sums of a, and of b."""
        if self.replicates is None:
            found: Floats = np.sqrt(self.sums[0, :, 2:4].T)
            return found
        return np.stack([self._of_parts(self.sums[..., side]) for side in (0, 1)])

    def error_of_difference(self, of_first: Floats, of_second: Floats) -> Floats:
        """Return the errors (statistic) of the sums of so many times b less so many times a."""
        if self.replicates is None:
            _, _, first, second, both = self.sums[0].T
            squares = of_first**2 * first + of_second**2 * second - 2 * of_first * of_second * both
            found: Floats = np.sqrt(np.maximum(squares, 0.0))
            return found
        return self._of_parts(of_second * self.sums[..., 1] - of_first * self.sums[..., 0])

    def _of_parts(self, parts: Floats) -> Floats:
        assert self.replicates is not None
        found: Floats = self.replicates.error(len(parts) * parts, np.zeros(parts.shape[1]))
        return found


class _Side(NamedTuple):
    """A row under one set of weights.

    Attributes
    ----------
    ess
        Effective draws.
    piece
        The values that quantiles are likely to be made of.
    estimates
        The mean and the quantiles.
    """

    bins: WeightedBins
    ess: float
    piece: _Piece
    estimates: Floats

    @classmethod
    def of(cls, bins: WeightedBins, ess: float, levels: Floats) -> _Side:
        """Return the mean and the quantiles of a row."""
        values, weights = bins.row.values, bins.weights
        center = float(values[0])
        mean = center + float(tree_sum(weighted_sums(values, weights, center)))
        reach = REACH * np.sqrt(levels * (1 - levels) / ess)
        starts, stops = _windows(levels - reach, ess)[0], _windows(levels + reach, ess)[1]
        piece = bins.gather(np.append(starts, OUTERMOST), np.append(stops, OUTERMOST))
        return cls(bins, ess, piece, np.append(mean, _quantiles(piece, *_windows(levels, ess))))

    @property
    def outermost(self) -> tuple[float, float]:
        """The weight up to the lowest draw, and up to the last one below the highest."""
        above = self.piece.above
        place = np.searchsorted(above, 1.0)
        rest = max(float(above[place - 1]) if place else 0.0, float(self.piece.spans[-1, 0]))
        return float(above[np.searchsorted(above, 0.0, side="right")]), rest

    def steps(self, errors: Floats, replicates: Replicates | None) -> Floats:
        """Return how far one error is from each level."""
        return errors if replicates is None else np.hypot(errors, 1 / self.ess)

    def errors(self, levels: Floats, steps: Floats) -> Floats:
        """Return the errors of quantiles (level)."""
        lowest, rest = self.outermost
        is_known = (levels - steps >= lowest) & (levels + steps <= rest)
        around = np.where(is_known, np.stack([levels - steps, levels + steps]), levels)
        starts, stops = _windows(around.ravel(), self.ess)
        piece = self.piece if self.piece.holds(starts, stops) else self.bins.gather(starts, stops)
        below, above = _quantiles(piece, starts, stops).reshape(2, -1)
        return np.where(is_known, (above - below) / 2, np.nan)


def _windows(levels: Floats, ess: float) -> tuple[Floats, Floats]:
    """Return from which to which weight the inverse distribution function is averaged."""
    starts = np.clip(levels, 0.0, 1.0) * (ess - 1) / ess
    return starts, np.minimum(starts + 1 / ess, 1.0)


def _quantiles(piece: _Piece, starts: Floats, stops: Floats) -> Floats:
    """Return the mean (level) of the inverse distribution function from one weight to another."""
    last = piece.above.size - 1
    firsts = np.searchsorted(piece.above, starts, side="right").clip(0, last)
    lasts = np.searchsorted(piece.above, stops, side="left").clip(firsts, last)
    found = np.empty(starts.size)
    for k, (first, end) in enumerate(zip(firsts, lasts + 1, strict=True)):
        inside = piece.values[first:end]
        shares = np.diff(np.minimum(piece.above[first:end], stops[k]), prepend=starts[k])
        # From its first value on, so that equal values give that value.
        found[k] = inside[0] + (shares * (inside - inside[0])).sum() / shares.sum()
    return found
