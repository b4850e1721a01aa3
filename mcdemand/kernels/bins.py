"""A row counted into bins of its values' leading bits, so that only the few values that matter need be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mcdemand.kernels.arrays import Bytes, Floats, Integers, Numbers
from mcdemand.kernels.intrinsics import interleave_loops
from mcdemand.kernels.jit import kernel, loop

CHUNK = 8192
"""Values read at once: they stay in a near cache."""
GROUP = 16
"""Values looked at together for one that is wanted."""
BIN_BITS = 12
LARGEST_KEY = 2**63 - 1
INFINITY_KEY = 0x7FF0000000000000


@kernel
def order_key(bits: int) -> int:
    """Signed integer that sorts like the double with these bits, and back: bits ^ ((bits >> 63) & (2^63 - 1))."""
    return bits ^ ((bits >> 63) & LARGEST_KEY)


@loop
def key_range(bits: Integers) -> tuple[int, int]:
    """Least and largest key: (min_i key_i, max_i key_i)."""
    low, high = LARGEST_KEY, ~LARGEST_KEY
    for i in range(bits.size):
        key = order_key(bits[i])
        low = min(low, key)
        high = max(high, key)
    return low, high


@loop
def count_block(bits: Integers, shift: int, first: int, index: Numbers, counts: Integers) -> None:
    """Number each value's bin, (key >> shift) - first or the nearer end of the bins, and count it."""
    last = counts.size - 1
    for j in range(bits.size):
        index[j] = min(max((order_key(bits[j]) >> shift) - first, 0), last)
    interleave_loops()
    for j in range(bits.size):
        counts[index[j]] += 1


@loop
def count_bins(bits: Integers, shift: int, first: int, index: Numbers, counts: Integers) -> None:
    """Count all values, block by block: the numbers of a block's bins are still near when they are counted."""
    for start in range(0, bits.size, CHUNK):
        count_block(bits[start : start + CHUNK], shift, first, index[start : start + CHUNK], counts)


@loop
def find_wanted(index: Numbers, wanted: Bytes, size: int) -> Integers:
    """The places i of the `size` values whose bins are wanted, and one more."""
    found = np.empty(size + 1, np.int64)
    count, whole = 0, index.size - index.size % GROUP
    for start in range(0, whole, GROUP):
        # Few groups hold a wanted value.
        some = 0
        for j in range(GROUP):
            some |= wanted[index[np.uint64(start + j)]]
        if some:
            for i in range(start, start + GROUP):
                # Written without a branch: a value that is not wanted is overwritten by the next one.
                found[np.uint64(count)] = i
                count += int(wanted[index[np.uint64(i)]])
    for i in range(whole, index.size):
        found[np.uint64(count)] = i
        count += int(wanted[index[i]])
    return found


@loop
def gather_bins(values: Floats, index: Numbers, wanted: Bytes, place: Integers, size: int) -> Floats:
    """The `size` values of wanted bins, bin by bin; `place` says where each bin starts."""
    found = find_wanted(index, wanted, size)
    gathered = np.empty(size)
    for k in range(size):
        number = index[found[k]]
        gathered[np.uint64(place[number])] = values[found[k]]
        place[number] += 1
    return gathered


def key_of(value: float) -> int:
    """Return the key of a value."""
    return int(order_key(int(np.float64(value).view(np.int64))))


def value_of(key: int) -> float:
    """Return the value of a key."""
    return float(np.int64(order_key(key)).view(np.float64))


def _values_of(keys: Integers) -> Floats:
    clipped = keys.clip(~INFINITY_KEY, INFINITY_KEY)
    values: Floats = (clipped ^ ((clipped >> 63) & LARGEST_KEY)).view(np.float64)
    return values


@dataclass(frozen=True)
class Bins:
    """Bins of keys from a least to a largest one; what lies beyond is counted in the first and in the last bin.

    Attributes
    ----------
    values
        The row, flat.
    shift, first
        A key belongs to the bin (key >> shift) - first.
    index
        The number of each value's bin.
    counts
        How many values lie in each bin.
    """

    values: Floats
    shift: int
    first: int
    index: Numbers
    counts: Integers

    @classmethod
    def empty(cls, values: Floats, low: int, high: int, index: Numbers | None = None) -> Bins:
        """Return bins between two keys, nothing counted yet; `index` is memory to use, of the row's size."""
        shift = max(0, (high - low).bit_length() - BIN_BITS)
        first = low >> shift
        counts = np.zeros((high >> shift) - first + 1, np.int64)
        return cls(values, shift, first, np.empty(values.size, np.uint16) if index is None else index, counts)

    @classmethod
    def count(cls, values: Floats, low: int, high: int) -> Bins:
        """Return the values counted into bins between two keys."""
        bins = cls.empty(values, low, high)
        count_bins(bins.bits, bins.shift, bins.first, bins.index, bins.counts)
        return bins

    @property
    def bits(self) -> Integers:
        """The bits of the values."""
        return self.values.view(np.int64)

    @cached_property
    def stops(self) -> Integers:
        """The rank behind the last value of each bin."""
        return self.counts.cumsum()

    @cached_property
    def starts(self) -> Integers:
        """The rank of the first value of each bin."""
        return self.stops - self.counts

    def of_ranks(self, ranks: Integers) -> Integers:
        """Return the bin that holds each rank."""
        bins: Integers = self.stops.searchsorted(ranks, side="right")
        return bins

    @cached_property
    def edges(self) -> Floats:
        """No value of bin k lies below edges[k] or above edges[k + 1]."""
        edges = _values_of((np.arange(self.counts.size + 1) + self.first) << self.shift)
        edges[[0, -1]] = -np.inf, np.inf
        return edges

    def gather(self, ranges: Sequence[tuple[Integers, Integers]]) -> Gathered:
        """Return the values of all bins that hold a rank of some ranges, each (first ranks, last ranks)."""
        first, last = (self.of_ranks(np.concatenate(ends)) for ends in zip(*ranges, strict=True))
        size = self.counts.size + 1
        change = np.bincount(first, minlength=size) - np.bincount(last + 1, minlength=size)
        wanted = (change[:-1].cumsum() > 0).view(np.uint8)
        kept = self.counts * wanted
        pieces = gather_bins(self.values, self.index, wanted, kept.cumsum() - kept, int(kept.sum()))
        return Gathered(self, kept, pieces)


@dataclass(frozen=True)
class Gathered:
    """The values of some bins, bin by bin; `kept` is how many of each bin."""

    bins: Bins
    kept: Integers
    pieces: Floats

    @cached_property
    def start(self) -> Integers:
        """The place of each bin's first value among the pieces."""
        return self.kept.cumsum() - self.kept

    def holds(self, ranks: Integers) -> bool:
        """Return whether the bins of some ranks were gathered."""
        return bool(self.kept[self.bins.of_ranks(ranks)].all())

    def piece(self, first_bin: int, last_bin: int) -> Floats:
        """Return the values of neighbouring bins, a view."""
        return self.pieces[self.start[first_bin] : self.start[last_bin] + self.bins.counts[last_bin]]

    def between(self, first: int, last: int) -> Floats:
        """Return the sorted values of the ranks first ... last."""
        first_bin, last_bin = self.bins.of_ranks(np.array([first, last]))
        piece = self.piece(first_bin, last_bin)
        piece.sort()
        below = self.bins.starts[first_bin]
        return piece[first - below : last - below + 1]
