"""Exact order statistics in NumPy without a full sort: rows are partitioned, and only their two tails are sorted.

A full sort takes 1.7 times as long on one thread; `partition` with several places at once 5 times as long as one place
after the other, because it begins anew for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import floor

import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import CI_PROB, PROBABILITIES, Array, rows, summarize


def select(row: Array, places: Sequence[int]) -> None:
    """Put the order statistics of sorted places where they belong: the middle one, then those to either side."""
    if not places:
        return
    middle = len(places) // 2
    place = places[middle]
    if place in (0, len(row) - 1):
        found = row.argmax() if place else row.argmin()
        row[place], row[found] = row[found], row[place]
    else:
        row.partition(place)
    select(row[:place], places[:middle])
    select(row[place + 1 :], [one - place - 1 for one in places[middle + 1 :]])


def neighbours(draws: int, probabilities: Iterable[float]) -> set[int]:
    """Return the places of the order statistics that type-7 quantiles lie between."""
    lower = {floor((draws - 1) * p) for p in probabilities}
    return lower | {min(place + 1, draws - 1) for place in lower}


def quantile(row: Array, probability: float) -> float:
    """Return the type-7 quantile, once its neighbours are where they belong."""
    step = (len(row) - 1) * probability
    low = floor(step)
    return float(row[low] + (row[min(low + 1, len(row) - 1)] - row[low]) * (step - low))


def quantiles_of_row(row: Array, probabilities: Sequence[float]) -> tuple[float, list[float]]:
    """Return mean and quantiles; the row is partitioned in place."""
    mean = float(row.mean())
    select(row, sorted(neighbours(len(row), probabilities)))
    return mean, [quantile(row, p) for p in probabilities]


def summarize_row(row: Array) -> tuple[float, list[float], list[float]]:
    """Return mean, quantiles and shortest interval; the row is partly sorted in place."""
    draws, mean = len(row), float(row.mean())
    width = int(CI_PROB * draws)
    tail = draws - width
    middle = {place for place in neighbours(draws, PROBABILITIES) if tail < place < width}
    select(row, sorted({tail, width} | middle))
    row[:tail].sort()
    row[width:].sort()
    first = int(np.argmin(row[width:] - row[:tail]))
    return mean, [quantile(row, p) for p in PROBABILITIES], [float(row[first]), float(row[first + width])]


def summarize_rows(pool: ThreadPoolExecutor, demand: Array) -> Figures:
    """Return the figures of W1, a row at a time on each thread."""
    means, quantiles, intervals = zip(*pool.map(summarize_row, demand), strict=True)
    return {"mean": [*means], "quantiles": [*quantiles], "interval": [*intervals]}


def partitions(threads: int) -> Job:
    """Summaries of rows that are there."""
    pool = ThreadPoolExecutor(threads)
    return _job(lambda values: summarize_rows(pool, values))


def full_sort() -> Job:
    """Summaries as most would have them."""
    return _job(summarize)


def _job(found: Callable[[Array], Figures]) -> Job:
    def job(seed: int, draws: int, clock: Clock) -> Figures:
        values = rows(seed, draws)
        clock.skip()
        figures = found(values)
        clock.stop()
        return {**figures, "seed": seed}

    return job
