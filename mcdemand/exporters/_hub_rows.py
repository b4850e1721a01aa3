"""Rows of a hubverse model output: one for each output type, its id, and each date of each target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import numpy as np

from mcdemand.exporters._column_summary import ColumnSummary
from mcdemand.exporters._selection import Column
from mcdemand.kernels.arrays import Floats

TITLES = ("origin_date", "target", "target_date", "scenario_id", "output_type", "output_type_id", "value")
SAMPLE = "sample"
TYPES = ("mean", "median", "quantile", "cdf", SAMPLE)
"""The output types of hubverse that a number can have, in the order of the rows."""
MOST_POWERS = 10
"""Powers of ten from which thresholds are powers of ten only."""

type Id = float | int | None


class Row(NamedTuple):
    """A row without the columns that are the same in all."""

    target: str
    target_date: date
    output_type: str
    output_type_id: Id
    value: float


class Task(NamedTuple):
    """A target on a date.

    Attributes
    ----------
    first_id
        Id of the first of its sample.
    samples
        The draws that become its sample.
    """

    target: str
    column: Column
    summary: ColumnSummary
    first_id: int
    samples: Floats
    thresholds: tuple[float, ...]

    @property
    def target_date(self) -> date:
        """The last day of the year."""
        assert self.column.year is not None
        return date(self.column.year, 12, 31)


def rows_of(task: Task, output_type: str, probabilities: Iterable[float], median: float) -> Iterator[Row]:
    """Yield the rows of one output type."""
    for key, value in _values(task, output_type, probabilities, median):
        yield Row(task.target, task.target_date, output_type, key, value)


def _values(task: Task, output_type: str, probabilities: Iterable[float], median: float) -> Iterator[tuple[Id, float]]:
    if output_type == "mean":
        yield None, task.summary.mean
    elif output_type == "median":
        yield None, median
    elif output_type == "quantile":
        yield from zip(probabilities, task.summary.quantiles, strict=True)
    elif output_type == "cdf":
        ordered = np.sort(task.column.values)
        for threshold in task.thresholds:
            yield threshold, float(np.searchsorted(ordered, threshold, side="right") / ordered.size)
    else:
        yield from enumerate(task.samples.tolist(), task.first_id)


def round_thresholds(low: float, high: float) -> tuple[float, ...]:
    """Return round numbers from one that is not above `low` to one that is not below `high`.

    1, 2 and 5 times powers of ten where both are positive and lie apart; otherwise equal steps.

    Examples
    --------
    >>> round_thresholds(30.0, 420.0), round_thresholds(-0.5, 1.0)
    ((20.0, 50.0, 100.0, 200.0, 500.0), (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    """
    if low > 0 and high > 2 * low:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        digits = (1, 2, 5) if len(powers) <= MOST_POWERS else (1,)
        series = [float(f"{digit}e{power}") for power in powers for digit in digits]
        first = max(k for k, one in enumerate(series) if one <= low)
        last = min(k for k, one in enumerate(series) if one >= high)
        return tuple(series[first : last + 1])
    step = _round_step((high - low) / 8)
    return tuple(float(f"{k * step:.12g}") for k in range(math.floor(low / step), math.ceil(high / step) + 1))


def _round_step(width: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is near to a width, 1 of none."""
    if not width > 0:
        return 1.0
    power = math.floor(math.log10(width))
    return min((float(f"{digit}e{power}") for digit in (1, 2, 5, 10)), key=lambda one: abs(one - width))
