"""Counting and sieving by the leading bits of doubles, against the same done with Python's own integers."""

import struct
from collections import Counter

import numpy as np
import pytest

from mcdemand.kernels.octaves import BINS, first_keys, number_bins, values_of
from mcdemand.streaming.ladder import Ladder
from mcdemand.streaming.octave_counts import OctaveCounts
from mcdemand.streaming.sieve import DivideWorker, SieveWorker, plan_sieve
from mcdemand.streaming.slots import choose_slots

SPECIAL = [0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 1.0, np.nextafter(1, 0), -1.0, 1.7976931348623157e308, -3.5e-7]


def _bin_of(value):
    """Return the number of a value's bin: sign and magnitude as one integer, its leading 22 bits, from 2^21 on."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    key = bits if bits >= 0 else -(bits & (2**63 - 1)) - 1
    return (key >> 42) + 2**21


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(7)
    spread = np.sign(rng.standard_normal(700)) * 2.0 ** rng.uniform(-1070, 1020, 700)
    return np.concatenate([SPECIAL, spread, rng.standard_normal(900)])


def test_bins_are_numbered_by_sign_exponent_and_ten_bits(values):
    numbers = np.empty(values.size, np.int32)
    number_bins(values.view(np.int64), numbers)
    assert numbers.tolist() == [_bin_of(value) for value in values]
    order = np.lexsort((~np.signbit(values), values))
    assert (np.diff(numbers[order]) >= 0).all()


def test_edges_of_bins_are_doubles_that_begin_them(values):
    numbers = np.unique([_bin_of(value) for value in values])
    lowest = values_of(first_keys(numbers))
    below = values_of(first_keys(numbers) - 1)
    assert [_bin_of(value) for value in lowest] == numbers.tolist()
    assert [_bin_of(value) for value in below] == (numbers - 1).tolist()


def test_counts_are_those_of_python_and_add_up(values):
    rows = np.stack([values, values[::-1], np.abs(values)])
    whole, part = OctaveCounts(3), OctaveCounts(3)
    assert whole.count(rows) == rows.size
    for piece in np.split(rows, [1, 600], axis=1):
        part.clear()
        part.count(np.ascontiguousarray(piece))
    total = OctaveCounts(3)
    for piece in np.split(rows, [1, 600], axis=1)[::-1]:
        part.clear()
        part.count(np.ascontiguousarray(piece))
        total.add(part.octaves, part.counts)
    for k, row in enumerate(rows):
        expected = sorted(Counter(map(_bin_of, row)).items())
        for counts in (whole, total):
            numbers, held = counts.of_row(k)
            assert [*zip(numbers.tolist(), held.tolist(), strict=True)] == expected


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_counting_stops_at_what_is_not_finite(values, bad):
    rows = np.stack([values, values])
    rows[1, 1500] = bad
    assert OctaveCounts(2).count(rows) == values.size + 1500


def test_a_ladder_knows_every_rank(values):
    counts = OctaveCounts(1)
    counts.count(values[None])
    ladder = Ladder(*counts.of_row(0))
    ordered = np.sort(values)
    ranks = np.arange(values.size)
    bins = ladder.bins_of(ranks)
    assert ladder.numbers[bins].tolist() == sorted(map(_bin_of, values))
    assert (ladder.lowest[bins] <= ordered).all()
    assert (ordered <= ladder.highest[bins]).all()
    assert (np.abs(ladder.value_at(ranks) - ordered) <= ladder.bound_of(ladder.value_at(ranks), ranks)).all()


def test_parts_of_a_bin_are_counted_with_their_range(values):
    rows = np.append(values, np.full(40, 1.0))[None]
    counts = OctaveCounts(1)
    counts.count(rows)
    ladder = Ladder(*counts.of_row(0))
    rank = int(np.searchsorted(np.sort(rows[0]), 1.0))
    (slot,) = choose_slots([ladder], [np.array([[rank, rank]])])
    worker = DivideWorker(plan_sieve([slot], counts.pages))
    worker.take(rows, None, 0)
    found = worker.finish()
    inside = np.sort([value for value in rows[0] if _bin_of(value) == _bin_of(1.0)])
    assert found["counts"].sum() == slot.count == inside.size
    # 1.0 is the least value of its bin, so it lies in the first part, and nothing else does.
    assert (found["counts"][0, 0], found["least"][0, 0], found["largest"][0, 0]) == (41, 1.0, 1.0)
    assert found["largest"].max() == inside[-1]


def test_what_is_sieved_is_what_lies_in_the_slots(values):
    counts = OctaveCounts(1)
    counts.count(values[None])
    ladder = Ladder(*counts.of_row(0))
    slots = choose_slots([ladder], [np.array([[3, 9], [700, 700], [801, 801], [1500, values.size - 1]])])
    worker = SieveWorker(plan_sieve(slots, counts.pages))
    worker.take(values[None], None, 0)
    found = worker.finish()
    ordered = np.sort(values)
    for number, slot in enumerate(slots):
        kept = np.sort(found["kept"][found["slot"] == number])
        assert (kept == ordered[slot.start : slot.start + slot.count]).all()
    assert found["slot"].size == sum(slot.count for slot in slots)
    assert all(slot.bins.size <= values.size and (slot.bins // BINS < 4096).all() for slot in slots)
