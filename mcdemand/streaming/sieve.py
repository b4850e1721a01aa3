"""The second pass: draws are computed again, and those in the bins that hold a wanted rank are kept.

Where these would be too many, a pass between the two counts them by parts of their bins, and fewer are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.octaves import BINS, FINE_BINS, Numbers32, count_parts, scatter, sieve_rows
from mcdemand.kernels.order_statistics import order_statistics
from mcdemand.streaming.ladder import Ladder
from mcdemand.streaming.passes import Arrays
from mcdemand.streaming.spans import Span

KEPT_AT_MOST = 2**25
"""Draws of all rows that the second pass may keep before their bins are divided."""
WORTH_DIVIDING = 2**14
"""Draws in a bin from which dividing it pays."""
NONE = -1


@dataclass(frozen=True)
class Slot:
    """Bins, or parts of one bin, whose draws are kept: those of ranks start ... start + count - 1 of a row.

    Attributes
    ----------
    bins
        Numbers of the bins that hold draws.
    parts
        First and last part of its only bin; None: whole bins.
    """

    row: int
    bins: Integers
    start: int
    count: int
    parts: tuple[int, int] | None = None


def choose_slots(ladders: Sequence[Ladder], ranges: Sequence[Integers]) -> list[Slot]:
    """Return the slots that hold all ranks of each row's ranges (range, first and last rank)."""
    slots: list[Slot] = []
    for row, (ladder, wanted) in enumerate(zip(ladders, ranges, strict=True)):
        places = _places(ladder.bins_of(wanted), ladder.numbers.size)
        alone = ladder.counts[places] >= WORTH_DIVIDING
        breaks = (np.diff(places) > 1) | alone[1:] | alone[:-1]
        for run in filter(np.size, np.split(places, np.flatnonzero(breaks) + 1)):
            start = int(ladder.starts[run[0]])
            slots.append(Slot(row, ladder.numbers[run], start, int(ladder.stops[run[-1]]) - start))
    return slots


def _places(ranges: Integers, size: int) -> Integers:
    """Return all places that lie in some ranges (range, first and last)."""
    marks = np.zeros(size + 1, dtype=np.int64)
    np.add.at(marks, ranges[:, 0], 1)
    np.add.at(marks, ranges[:, 1] + 1, -1)
    return np.flatnonzero(np.cumsum(marks[:-1]))


def is_divisible(slot: Slot) -> bool:
    """Return whether a slot is a single bin with so many draws that it pays to divide it."""
    return slot.parts is None and slot.bins.size == 1 and slot.count >= WORTH_DIVIDING


def divide_slots(slots: Sequence[Slot], parts: Integers, ranges: Sequence[Integers]) -> list[Slot]:
    """Return slots of which each that was divided, with its counts (divided slot, part), is no larger than needed."""
    divided, counts = [], iter(parts)
    for slot in slots:
        divided += _parts_of(slot, next(counts), ranges[slot.row]) if is_divisible(slot) else [slot]
    return divided


def _parts_of(slot: Slot, counts: Integers, ranges: Integers) -> list[Slot]:
    stops = slot.start + np.cumsum(counts)
    inside = ranges[(ranges[:, 1] >= slot.start) & (ranges[:, 0] < slot.start + slot.count)]
    ends = inside.clip(slot.start, slot.start + slot.count - 1)
    places = _places(np.searchsorted(stops, ends, side="right"), FINE_BINS)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [
        replace(
            slot,
            start=int(stops[run[0]] - counts[run[0]]),
            count=int(counts[run[0] : run[-1] + 1].sum()),
            parts=(int(run[0]), int(run[-1])),
        )
        for run in runs
    ]


@dataclass(frozen=True)
class SievePlan:
    """Which values belong to which slot, as tables.

    Attributes
    ----------
    pages
        (row, octave): the number of the octave's page.
    slots
        (page, bin): a number, -1 for a bin that is not wanted.
    divided
        What such a number means: -1, the slot itself; or the row of `parts` that says more.
    parts
        (divided bin, part): the slot, -1 where it is not wanted.
    """

    pages: Numbers32
    slots: Numbers32
    divided: Numbers32
    parts: Numbers32


def plan_sieve(slots: Sequence[Slot], pages: Numbers32) -> SievePlan:
    """Return the tables of slots; numbers 0, 1, ... of whole ones are their places, those of divided bins follow."""
    # A page more, of which nothing is wanted, for what a second pass alone would meet.
    table = np.full((int(pages.max()) + 2, BINS), NONE, dtype=np.int32)
    divided = [NONE] * len(slots)
    parts: list[Numbers32] = []
    bins: dict[tuple[int, int], int] = {}
    for number, slot in enumerate(slots):
        where = pages[slot.row, slot.bins // BINS], slot.bins % BINS
        if slot.parts is None:
            table[where] = number
            continue
        place = slot.row, int(slot.bins[0])
        if place not in bins:
            bins[place] = len(parts)
            table[where] = len(divided)
            divided.append(len(parts))
            parts.append(np.full(FINE_BINS, NONE, dtype=np.int32))
        parts[bins[place]][slot.parts[0] : slot.parts[1] + 1] = number
    tables = np.array(parts, dtype=np.int32).reshape(-1, FINE_BINS)
    complete = np.where(pages < 0, np.int32(len(table) - 1), pages)
    return SievePlan(complete, table, np.array(divided, dtype=np.int32), tables)


class DivideWorker:
    """Counts the values of a span by parts of wanted bins."""

    stores = False

    def __init__(self, plan: SievePlan) -> None:
        self._plan = plan
        self._counts = np.zeros((plan.divided.size, FINE_BINS), dtype=np.int64)

    def take(self, rows: Floats, _span: Span, _first_draw: int) -> None:
        """Count a leaf."""
        count_parts(rows, self._plan.pages, self._plan.slots, self._counts)

    def finish(self) -> Arrays:
        """Return what the span came to, and begin anew."""
        found, self._counts = self._counts, np.zeros_like(self._counts)
        return {"counts": found}


class Divide:
    """The pass between: counts (slot, part) of slots that are single bins."""

    def __init__(self, slots: Sequence[Slot], pages: Numbers32) -> None:
        self.plan = plan_sieve(slots, pages)
        self.counts = np.zeros((len(slots), FINE_BINS), dtype=np.int64)

    @property
    def new_worker(self) -> Callable[[], DivideWorker]:
        """Makes a worker; it can be sent to another process."""
        return partial(DivideWorker, self.plan)

    def merge(self, _span: Span, found: Arrays) -> None:
        """Add what a span came to; the order of spans does not matter."""
        self.counts += found["counts"]


class SieveWorker:
    """Keeps the values of a span that belong to slots."""

    stores = False

    def __init__(self, plan: SievePlan) -> None:
        self._plan = plan
        self._kept: list[tuple[Numbers32, Floats]] = []
        self._room = (np.empty(0, np.int32), np.empty(0))

    def take(self, rows: Floats, _span: Span, _first_draw: int) -> None:
        """Look at a leaf."""
        if self._room[1].size <= rows.size:
            self._room = np.empty(rows.size + 1, np.int32), np.empty(rows.size + 1)
        plan, (slot, kept) = self._plan, self._room
        count = sieve_rows(rows, plan.pages, plan.slots, plan.divided, plan.parts, slot, kept)
        self._kept.append((slot[:count].copy(), kept[:count].copy()))

    def finish(self) -> Arrays:
        """Return what the span came to, and begin anew."""
        kept, self._kept = self._kept, []
        return {"slot": np.concatenate([s for s, _ in kept]), "kept": np.concatenate([v for _, v in kept])}


class Sieve:
    """The second pass over all draws: the values of every slot."""

    def __init__(self, slots: Sequence[Slot], pages: Numbers32) -> None:
        self.slots = tuple(slots)
        self.plan = plan_sieve(slots, pages)
        counts = np.array([slot.count for slot in slots], dtype=np.int64)
        self._stops = np.cumsum(counts)
        self._starts = self._stops - counts
        self._cursor = self._starts.copy()
        self._values = np.empty(int(counts.sum()))

    @property
    def new_worker(self) -> Callable[[], SieveWorker]:
        """Makes a worker; it can be sent to another process."""
        return partial(SieveWorker, self.plan)

    def merge(self, _span: Span, found: Arrays) -> None:
        """Add what a span came to; the order of spans does not matter."""
        counts = np.bincount(found["slot"], minlength=len(self.slots))
        if np.any(self._cursor + counts > self._stops):
            raise _changed()
        scatter(found["slot"], found["kept"], self._cursor, self._values)

    def values_at(self, row: int, ranks: Integers) -> Floats:
        """Return the values of some ranks of a row.

        Raises
        ------
        NumericalError
            If the second pass met other draws than the first.
        """
        if np.any(self._cursor != self._stops):
            raise _changed()
        found = np.full(ranks.shape, np.nan)
        for number, slot in enumerate(self.slots):
            inside = (ranks >= slot.start) & (ranks < slot.start + slot.count)
            if slot.row == row and inside.any():
                values = self._values[self._starts[number] : self._stops[number]]
                found[inside] = order_statistics(values, ranks[inside] - slot.start)
        assert not np.isnan(found).any()
        return found


def _changed() -> NumericalError:
    return NumericalError(
        "the second pass met other draws than the first; a quantity must depend on its arguments alone, which "
        "--check-determinism tries"
    )
