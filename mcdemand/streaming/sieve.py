"""The second pass: draws are computed again, and those in the bins that hold a wanted rank are kept.

Where these would be too many, a pass between the two counts them by parts of their bins, and fewer are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.octaves import BINS, FINE_BINS, Numbers32, count_parts, scatter, sieve_rows
from mcdemand.kernels.order_statistics import order_statistics
from mcdemand.streaming.passes import Arrays
from mcdemand.streaming.slots import Keys, Parts, Slot
from mcdemand.streaming.spans import Span

KEPT_AT_MOST = 2**24
"""Draws of all rows that the second pass may keep before their bins are divided."""
NONE = -1


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
        if slot.value is not None:
            continue
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


def _no_parts(slots: int) -> Arrays:
    """Return the counts of nothing (slot, part), and its least and largest value."""
    shape = (slots, FINE_BINS)
    return {
        "counts": np.zeros(shape, dtype=np.int64),
        "least": np.full(shape, np.inf),
        "largest": np.full(shape, -np.inf),
    }


class DivideWorker:
    """Counts the values of a span by parts of wanted bins."""

    stores = False

    def __init__(self, plan: SievePlan) -> None:
        self._plan = plan
        self._parts = _no_parts(plan.divided.size)

    def take(self, rows: Floats, _span: Span, _first_draw: int) -> None:
        """Count a leaf."""
        count_parts(rows, self._plan.pages, self._plan.slots, *self._parts.values())

    def finish(self) -> Arrays:
        """Return what the span came to, and begin anew."""
        found, self._parts = self._parts, _no_parts(self._plan.divided.size)
        return found


class Divide:
    """The pass between: how many draws lie in each part of slots that are single bins, and from where to where."""

    def __init__(self, slots: Sequence[Slot], pages: Numbers32) -> None:
        self.slots = tuple(slots)
        self.plan = plan_sieve(slots, pages)
        self._whole, self._ends = _no_parts(len(slots)), _no_parts(len(slots))

    @property
    def new_worker(self) -> Callable[[], DivideWorker]:
        """Makes a worker; it can be sent to another process."""
        return partial(DivideWorker, self.plan)

    @property
    def parts(self) -> Parts:
        """What lies in the parts of each slot."""
        return Parts(**self._whole)

    def merge(self, span: Span, found: Arrays) -> None:
        """Add what a span came to; the order of spans does not matter."""
        _add_parts(self._whole if span.is_whole else self._ends, found)

    def close(self) -> None:
        """Count the chains' short ends too: all draws have come."""
        _add_parts(self._whole, self._ends)

    @property
    def identity(self) -> str:
        """A digest of what is counted."""
        return _digest(slot.needs() for slot in self.slots)

    def state(self) -> Arrays:
        """Return what the whole leaves so far came to."""
        return self._whole

    def restore(self, state: Arrays) -> None:
        """Begin with what `state` returned."""
        self._whole = state


def _add_parts(total: Arrays, found: Arrays) -> None:
    total["counts"] += found["counts"]
    np.minimum(total["least"], found["least"], out=total["least"])
    np.maximum(total["largest"], found["largest"], out=total["largest"])


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
        counts = np.array([slot.kept for slot in slots], dtype=np.int64)
        self._stops = np.cumsum(counts)
        self._starts = self._stops - counts
        self._cursor = self._starts.copy()
        self._values = np.empty(int(counts.sum()))
        self._by_row: defaultdict[int, list[tuple[int, Slot]]] = defaultdict(list)
        for number, slot in enumerate(self.slots):
            self._by_row[slot.row].append((number, slot))

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

    @property
    def identity(self) -> str:
        """A digest of what is kept, and of how many draws: those of a longer run are others."""
        return _digest((slot.start, slot.count, slot.needs()) for slot in self.slots)

    @property
    def covers(self) -> list[Keys]:
        """Row, least and largest key of what each slot keeps."""
        return [slot.holds for slot in self.slots]

    def is_covered(self, covers: Sequence[Keys]) -> bool:
        """Return whether everything that is to be kept lies within some rows' keys, each (row, least, largest)."""
        return all(any(_lies_in(need, cover) for cover in covers) for slot in self.slots for need in slot.needs())

    def sift(self, rows: Integers, values: Floats) -> Arrays:
        """Return which of some values, each of a row, belong to slots."""
        found: list[Arrays] = [{"slot": np.empty(0, dtype=np.int32), "kept": np.empty(0)}]
        for row in np.unique(rows).tolist():
            worker = SieveWorker(replace(self.plan, pages=self.plan.pages[row : row + 1]))
            worker.take(values[rows == row][np.newaxis], Span(0, 0, 0), 0)
            found.append(worker.finish())
        return {key: np.concatenate([one[key] for one in found]) for key in ("slot", "kept")}

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
        for number, slot in self._by_row[row]:
            inside = (ranks >= slot.start) & (ranks < slot.start + slot.count)
            if not inside.any():
                continue
            if slot.value is not None:
                found[inside] = slot.value
            else:
                values = self._values[self._starts[number] : self._stops[number]]
                found[inside] = order_statistics(values, ranks[inside] - slot.start)
        assert not np.isnan(found).any()
        return found


def _lies_in(need: Keys, cover: Keys) -> bool:
    return need[0] == cover[0] and cover[1] <= need[1] and need[2] <= cover[2]


def _digest(table: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps([*table]).encode()).hexdigest()


def _changed() -> NumericalError:
    return NumericalError(
        "the second pass met other draws than the first; a quantity must depend on its arguments alone, which "
        "--check-determinism tries"
    )
