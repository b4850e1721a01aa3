"""Doubles counted by their leading bits, 1024 bins an octave: counts of any range, which add up in any order.

An octave is all doubles of one sign and exponent. Those that hold a value have a page of counts in a pool that all rows
share, so that a row takes as much memory as the octaves that it visits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import CHUNK, LARGEST_KEY, order_key
from mcdemand.kernels.jit import loop

OCTAVES = 4096
BINS = 1024
"""Bins of an octave."""
BIN_SHIFT = 42
"""Bits of a key that do not tell its bin."""
OCTAVE_SHIFT, LAST_BIN = 10, BINS - 1
FIRST_BIN = OCTAVES * BINS // 2
"""The number of the bin that begins at zero."""
FINE_BINS = 1024
"""Parts of a bin."""
FINE_SHIFT = 32

type Numbers32 = NDArray[np.int32]


@loop
def number_bins(bits: Integers, number: Numbers32) -> None:
    """Number of each value's bin, (key >> 42) + 2^21: numbers are ordered as the values are."""
    for i in range(bits.size):
        number[i] = (order_key(bits[i]) >> BIN_SHIFT) + FIRST_BIN


@loop
def count_bins(number: Numbers32, pages: Numbers32, counts: Numbers32) -> int:
    """Count bins (page, bin) until one lies in an octave without a page; return how many were counted."""
    for i in range(number.size):
        page = pages[np.uint32(number[i] >> OCTAVE_SHIFT)]
        if page < 0:
            return i
        counts[np.uint32(page), np.uint32(number[i] & LAST_BIN)] += 1
    return int(number.size)


@loop
def count_rows(rows: Floats, first: int, pages: Numbers32, counts: Numbers32) -> int:
    """Count the values of rows (row, value) from the `first` of all on, pages by (row, octave).

    Return the place of the first value whose octave has no page, or the number of values.
    """
    number = np.empty(CHUNK, np.int32)
    size = int(rows.shape[1])
    for k in range(first // size, rows.shape[0]):
        bits = rows[k].view(np.int64)
        start = first - k * size if first > k * size else 0
        while start < size:
            block = bits[start : start + CHUNK]
            number_bins(block, number[: block.size])
            counted = count_bins(number[: block.size], pages[k], counts)
            start += counted
            if counted < block.size:
                return k * size + start
    return int(rows.size)


@loop
def count_below(pages: Numbers32, counts: Numbers32, edges: Integers, found: Integers) -> None:
    """Fill (row, level) with how many values of a row lie in bins before each of its edges, numbers of bins."""
    for k in range(edges.shape[0]):
        for j in range(edges.shape[1]):
            edge, total = edges[k, j], np.int64(0)
            for octave in range((edge >> OCTAVE_SHIFT) + 1):
                page = pages[k, octave] if octave < OCTAVES else np.int32(-1)
                if page >= 0:
                    stop = min(edge - octave * BINS, BINS)
                    for i in range(stop):
                        total += np.int64(counts[page, i])
            found[k, j] = total


@loop
def find_slots(number: Numbers32, pages: Numbers32, slots: Numbers32, slot: Numbers32, place: Numbers32) -> int:
    """Slot and place of each value whose bin has a slot (page, bin), not -1; return how many there are."""
    found = 0
    for i in range(number.size):
        # Written without a branch: a value without a slot is overwritten by the next one.
        page = pages[np.uint32(number[i] >> OCTAVE_SHIFT)]
        wanted = slots[np.uint32(page), np.uint32(number[i] & LAST_BIN)]
        slot[np.uint32(found)] = wanted
        place[np.uint32(found)] = i
        found += wanted >= 0
    return found


@loop
def sieve_rows(
    rows: Floats,
    pages: Numbers32,
    slots: Numbers32,
    divided: Numbers32,
    parts: Numbers32,
    slot: Numbers32,
    kept: Floats,
) -> int:
    """Keep the values of rows (row, value) that have a slot; return how many there are.

    `slots` says (page, bin) -1 for none, or a number: a slot, if it is -1 in `divided`, and else the row there of
    `parts`, (divided bin, part) -> slot. `slot` and `kept` get the slot and the value of each; they have room for all
    values, and one more.
    """
    number, place, coarse = np.empty(CHUNK, np.int32), np.empty(CHUNK + 1, np.int32), np.empty(CHUNK + 1, np.int32)
    total = 0
    for k in range(rows.shape[0]):
        for start in range(0, rows.shape[1], CHUNK):
            block = rows[k, start : start + CHUNK]
            bits = block.view(np.int64)
            number_bins(bits, number[: block.size])
            found = find_slots(number[: block.size], pages[k], slots, coarse, place)
            for j in range(found):
                part = (order_key(bits[place[j]]) >> FINE_SHIFT) & (FINE_BINS - 1)
                row = divided[coarse[j]]
                slot[total] = coarse[j] if row < 0 else parts[row, part]
                kept[total] = block[place[j]]
                total += slot[total] >= 0
    return total


@loop
def count_parts(
    rows: Floats, pages: Numbers32, slots: Numbers32, counts: Integers, least: Floats, largest: Floats
) -> None:
    """Count the values of rows (row, value) whose bin has a slot by (slot, part of the bin), and note their range."""
    number, place, coarse = np.empty(CHUNK, np.int32), np.empty(CHUNK + 1, np.int32), np.empty(CHUNK + 1, np.int32)
    for k in range(rows.shape[0]):
        for start in range(0, rows.shape[1], CHUNK):
            block = rows[k, start : start + CHUNK]
            bits = block.view(np.int64)
            number_bins(bits, number[: block.size])
            found = find_slots(number[: block.size], pages[k], slots, coarse, place)
            for j in range(found):
                slot, part = coarse[j], (order_key(bits[place[j]]) >> FINE_SHIFT) & (FINE_BINS - 1)
                value = block[place[j]]
                counts[slot, part] += 1
                least[slot, part] = min(least[slot, part], value)
                largest[slot, part] = max(largest[slot, part], value)


@loop
def scatter(slot: Numbers32, kept: Floats, cursor: Integers, gathered: Floats) -> None:
    """Append values to the stretch of their slot, `cursor` its next free place."""
    for i in range(slot.size):
        gathered[cursor[slot[i]]] = kept[i]
        cursor[slot[i]] += 1


@loop
def count_above(rows: Floats, thresholds: Floats, counts: Integers) -> None:
    """Add to (row, threshold) how many values of each row lie above its thresholds."""
    for k in range(rows.shape[0]):
        for j in range(thresholds.shape[1]):
            limit, count = thresholds[k, j], np.int64(0)
            for i in range(rows.shape[1]):
                count += np.int64(rows[k, i] > limit)
            counts[k, j] += count


def first_keys(numbers: Integers, parts: Integers | int = 0) -> Integers:
    """Return the least key of bins, or of parts of them."""
    return ((numbers - FIRST_BIN) << BIN_SHIFT) + (np.asarray(parts, dtype=np.int64) << FINE_SHIFT)


def values_of(keys: Integers) -> Floats:
    """Return the doubles that have these keys."""
    return (keys ^ ((keys >> 63) & LARGEST_KEY)).view(np.float64)
