"""Counts of many rows of draws over the leading bits of their values, of whatever range they turn out to have."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import key_of
from mcdemand.kernels.elementary import EXPONENT_SHIFT
from mcdemand.kernels.octaves import BINS, OCTAVES, Numbers32, count_below, count_rows

FIRST_PAGES = 64


class OctaveCounts:
    """Counts by row, octave and bin.

    Parameters
    ----------
    kind
        Of the counts: 32 bits take half the cache, and hold what a span comes to.

    Attributes
    ----------
    pages
        (row, octave): the number of the octave's page, -1 if it has none.
    """

    def __init__(self, rows: int, kind: type[np.integer[Any]] = np.int32) -> None:
        self.pages: Numbers32 = np.full((rows, OCTAVES), -1, dtype=np.int32)
        self._counts = np.zeros((FIRST_PAGES, BINS), dtype=kind)
        self._octaves: list[int] = []

    @property
    def counts(self) -> np.ndarray[Any, np.dtype[np.integer[Any]]]:
        """(page, bin)."""
        return self._counts[: len(self._octaves)]

    @property
    def octaves(self) -> Integers:
        """Row * 4096 + octave of each page."""
        return np.array(self._octaves, dtype=np.int64)

    def count(self, rows: Floats) -> int:
        """Count the values of rows (row, value); return the place of the first that is not finite, or their number."""
        place, size = 0, rows.shape[1]
        while (place := count_rows(rows, place, self.pages, self._counts)) < rows.size:
            value = rows[place // size, place % size]
            if not np.isfinite(value):
                return place
            self._page(place // size, octave_of(value))
        return place

    def add(self, octaves: Integers, counts: np.ndarray[Any, np.dtype[np.integer[Any]]]) -> None:
        """Add the pages of other counts."""
        # Pages first: those that are new may move all counts to a larger place.
        for octave in octaves[self.pages.flat[octaves] < 0].tolist():
            self._page(*divmod(octave, OCTAVES))
        self._counts[self.pages.flat[octaves]] += counts

    def below(self, edges: Integers) -> Integers:
        """Return (row, level): how many values lie in bins before each row's edges, numbers of bins."""
        found = np.zeros(edges.shape, dtype=np.int64)
        count_below(self.pages, self._counts, edges, found)
        return found

    def clear(self) -> None:
        """Begin to count anew; pages stay, as what comes next lies mostly in the same octaves."""
        self._counts[: len(self._octaves)] = 0

    def held(self) -> tuple[Integers, np.ndarray[Any, np.dtype[np.integer[Any]]]]:
        """Return the octaves that hold something, row * 4096 + octave, and a copy of their counts."""
        some = self.counts.any(axis=1)
        return self.octaves[some], self.counts[some]

    def _page(self, row: int, octave: int) -> int:
        """Return the page of an octave, a new one if it has none."""
        if self.pages[row, octave] < 0:
            if len(self._octaves) == len(self._counts):
                self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
            self.pages[row, octave] = len(self._octaves)
            self._octaves.append(row * OCTAVES + octave)
        return int(self.pages[row, octave])

    def of_row(self, row: int) -> tuple[Integers, Integers]:
        """Return the numbers of a row's bins that hold something, in order, and their counts."""
        octaves = np.flatnonzero(self.pages[row] >= 0)
        counts = self._counts[self.pages[row, octaves]].reshape(-1)
        numbers = (octaves[:, None] * BINS + np.arange(BINS)).reshape(-1)
        held = counts > 0
        return numbers[held], counts[held].astype(np.int64)


def octave_of(value: float) -> int:
    """Return the octave of a value."""
    return (key_of(value) >> EXPONENT_SHIFT) + OCTAVES // 2
