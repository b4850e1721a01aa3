"""The ranks of a row of draws from the counts of its bins: where a rank lies, and about what value it has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.octaves import first_keys, values_of


@dataclass(frozen=True)
class Ladder:
    """The bins of a row that hold draws, in order.

    Attributes
    ----------
    numbers
        Of the bins.
    counts
        How many draws each holds.
    """

    numbers: Integers
    counts: Integers

    @cached_property
    def stops(self) -> Integers:
        """The rank behind the last draw of each bin."""
        return np.cumsum(self.counts)

    @cached_property
    def starts(self) -> Integers:
        """The rank of the first draw of each bin."""
        return self.stops - self.counts

    @cached_property
    def lowest(self) -> Floats:
        """No draw of a bin lies below this."""
        return values_of(first_keys(self.numbers))

    @cached_property
    def highest(self) -> Floats:
        """No draw of a bin lies above this."""
        return values_of(first_keys(self.numbers + 1) - 1)

    @property
    def size(self) -> int:
        """Number of draws."""
        return int(self.stops[-1])

    def bins_of(self, ranks: ArrayLike) -> Integers:
        """Return the places of the bins that hold some ranks."""
        return np.searchsorted(self.stops, np.asarray(ranks), side="right").clip(max=self.stops.size - 1)

    def value_at(self, positions: ArrayLike) -> Floats:
        """Return about the value at ranks, whole or not: a bin's draws count as spread evenly over it."""
        places = np.asarray(positions, dtype=np.float64)
        bins = self.bins_of(np.floor(places))
        share = (places - self.starts[bins] + 0.5) / self.counts[bins]
        # Written so that a bin as wide as half of all doubles does not overflow.
        return self.lowest[bins] * (1 - share) + self.highest[bins] * share

    def bound_of(self, values: Floats, positions: ArrayLike) -> Floats:
        """Return how far from the values at some ranks, whole or not, about the same values can be at most."""
        places = np.asarray(positions, dtype=np.float64)
        lower, upper = self.bins_of(np.floor(places)), self.bins_of(np.ceil(places))
        return np.maximum(values - self.lowest[lower], self.highest[upper] - values)

    def edges_near(self, positions: ArrayLike) -> Integers:
        """Return the number of the bin whose lower end is nearest to the value at some ranks."""
        bins = self.bins_of(np.floor(np.asarray(positions, dtype=np.float64)))
        share = (np.asarray(positions) - self.starts[bins]) / self.counts[bins]
        return self.numbers[bins] + (share > 0.5)
