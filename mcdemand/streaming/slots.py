"""Which draws the second pass keeps: slots of neighbouring bins, or of parts of one bin, that hold wanted ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import LARGEST_KEY
from mcdemand.kernels.octaves import FINE_BINS, first_keys
from mcdemand.streaming.ladder import Ladder

WORTH_DIVIDING = 2**14
"""Draws in a bin from which dividing it pays."""

NOTHING = (0, -1)

type Keys = tuple[int, int, int]
"""A row, and the least and the largest key of a stretch of its values."""


@dataclass(frozen=True)
class Slot:
    """Bins, or parts of one bin, whose draws are kept: those of ranks start ... start + count - 1 of a row.

    Attributes
    ----------
    bins
        Numbers of the bins that hold draws.
    covers
        Least and largest key of which all draws are kept: the empty bins on either side belong to it.
    parts
        First and last part of its only bin; None: whole bins.
    value
        What all its draws are, where that is known, so that none need be kept; else None.
    """

    row: int
    bins: Integers
    start: int
    count: int
    covers: tuple[int, int]
    parts: tuple[int, int] | None = None
    value: float | None = None

    @property
    def kept(self) -> int:
        """How many draws are kept."""
        return self.count if self.value is None else 0

    @property
    def holds(self) -> Keys:
        """Row, least and largest key of the draws that are kept; none where the first of them is the larger one."""
        return (self.row, *(self.covers if self.value is None else NOTHING))

    def needs(self) -> list[Keys]:
        """Return the keys of each of its bins, or of its parts of one, whose draws it takes."""
        if self.value is not None:
            return []
        if self.parts is not None:
            return [(self.row, *self.covers)]
        lows, highs = first_keys(self.bins), first_keys(self.bins + 1) - 1
        return [(self.row, low, high) for low, high in zip(lows.tolist(), highs.tolist(), strict=True)]


def choose_slots(ladders: Sequence[Ladder], ranges: Sequence[Integers]) -> list[Slot]:
    """Return the slots that hold all ranks of each row's ranges (range, first and last rank)."""
    slots: list[Slot] = []
    for row, (ladder, wanted) in enumerate(zip(ladders, ranges, strict=True)):
        places = _places(ladder.bins_of(wanted), ladder.numbers.size)
        alone = ladder.counts[places] >= WORTH_DIVIDING
        breaks = (np.diff(places) > 1) | alone[1:] | alone[:-1]
        for run in filter(np.size, np.split(places, np.flatnonzero(breaks) + 1)):
            start = int(ladder.starts[run[0]])
            count = int(ladder.stops[run[-1]]) - start
            slots.append(Slot(row, ladder.numbers[run], start, count, _covers(ladder, run)))
    return slots


def _covers(ladder: Ladder, run: Integers) -> tuple[int, int]:
    """Return the least and the largest key between the bins before and after a run of them."""
    before, after = run[0] - 1, run[-1] + 1
    low = ~LARGEST_KEY if before < 0 else int(first_keys(ladder.numbers[before] + 1))
    high = LARGEST_KEY if after == ladder.numbers.size else int(first_keys(ladder.numbers[after])) - 1
    return low, high


def _places(ranges: Integers, size: int) -> Integers:
    """Return all places that lie in some ranges (range, first and last)."""
    marks = np.zeros(size + 1, dtype=np.int64)
    np.add.at(marks, ranges[:, 0], 1)
    np.add.at(marks, ranges[:, 1] + 1, -1)
    return np.flatnonzero(np.cumsum(marks[:-1]))


def is_divisible(slot: Slot) -> bool:
    """Return whether a slot is a single bin with so many draws that it pays to divide it."""
    return slot.parts is None and slot.bins.size == 1 and slot.count >= WORTH_DIVIDING


@dataclass(frozen=True)
class Parts:
    """What lies in the parts of some bins, (bin, part): how many draws, the least and the largest of them."""

    counts: Integers
    least: Floats
    largest: Floats


def divide_slots(slots: Sequence[Slot], parts: Parts, ranges: Sequence[Integers]) -> list[Slot]:
    """Return slots of which each that was divided is no larger than needed; those of a single value keep nothing."""
    divided: list[Slot] = []
    number = 0
    for slot in slots:
        if not is_divisible(slot):
            divided.append(slot)
            continue
        own = Parts(parts.counts[number], parts.least[number], parts.largest[number])
        divided += _parts_of(slot, own, ranges[slot.row])
        number += 1
    return divided


def _parts_of(slot: Slot, parts: Parts, ranges: Integers) -> list[Slot]:
    stops = slot.start + np.cumsum(parts.counts)
    inside = ranges[(ranges[:, 1] >= slot.start) & (ranges[:, 0] < slot.start + slot.count)]
    ends = inside.clip(slot.start, slot.start + slot.count - 1)
    places = _places(np.searchsorted(stops, ends, side="right"), FINE_BINS)
    alone = (parts.least == parts.largest)[places]
    runs = np.split(places, np.flatnonzero((np.diff(places) > 1) | alone[1:] | alone[:-1]) + 1)
    return [_part_of(slot, parts, stops, int(run[0]), int(run[-1])) for run in runs]


def _part_of(slot: Slot, parts: Parts, stops: Integers, first: int, last: int) -> Slot:
    """Return the slot of the parts first ... last of a bin."""
    low, high = first_keys(slot.bins, first), first_keys(slot.bins, last + 1) - 1
    is_one = first == last and parts.least[first] == parts.largest[first]
    return replace(
        slot,
        start=int(stops[first] - parts.counts[first]),
        count=int(parts.counts[first : last + 1].sum()),
        covers=(int(low[0]), int(high[0])),
        parts=(first, last),
        value=float(parts.least[first]) if is_one else None,
    )
