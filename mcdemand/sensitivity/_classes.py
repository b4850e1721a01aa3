"""Classes of draws: by the values of a discrete row, else between quantiles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats, Numbers
from mcdemand.kernels.order_statistics import interpolate, quantile_ranks

MOST_CLASSES = 200
EIGHTHS = 8


class Classes(NamedTuple):
    """The class of each draw, counted from 0 in order of the values, none empty.

    Attributes
    ----------
    labels
        By draw.
    discrete
        Whether every value is a class of its own.
    """

    labels: Numbers
    discrete: bool


def classify(values: Floats, count: int) -> Classes:
    """Return the classes of a row.

    Parameters
    ----------
    values
        By draw, in any unit.
    count
        A row with no more values than this has each as a class; classes of others hold about the same number of draws
        each. Equal values are never parted, and a value that more draws have than fit in a class has one of its own.

    Notes
    -----
    Class k holds the values from quantile k / count (Hyndman and Fan 1996, type 7) up to but without the next one. Of
    neighbouring quantiles that are equal, the value is a class.

    Examples
    --------
    >>> classify(np.array([3.0, 1.0, 2.0, 4.0]), 2).labels
    array([1, 0, 0, 1], dtype=uint16)
    """
    ordered = np.sort(values)
    distinct = ordered[np.concatenate([[True], ordered[1:] > ordered[:-1]])]
    if distinct.size <= count:
        return Classes(_labels(values, distinct[1:]), True)
    ranks, weight = quantile_ranks(values.size, np.arange(count + 1) / count)
    lower, upper = ordered[ranks]
    edges = interpolate(lower, upper, weight)
    above = np.nextafter(edges[:-1][edges[1:] == edges[:-1]], np.inf)
    return Classes(_labels(values, np.sort(np.concatenate([edges[1:-1], above]))), False)


def edges_beside(values: Floats, classes: Classes) -> Numbers | None:
    """Return the edge that each draw of a row lies beside, counted from 0, or one more than there are.

    Edge k is the lower one of class k, or the last's upper. Beside it are the eighths of both classes there. None if
    classes have no edges, or equal values lie on them.

    Examples
    --------
    >>> values = np.arange(16.0)
    >>> edges_beside(values, classify(values, 2)).tolist()
    [0, 3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3, 3, 2]
    """
    count = int(classes.labels.max()) + 1
    fine = classify(values, EIGHTHS * count)
    if classes.discrete or np.any(fine.labels // EIGHTHS != classes.labels):
        return None
    edge, place = np.divmod(fine.labels + 1, EIGHTHS)
    beside: Numbers = np.where(place <= 1, edge, count + 1).astype(np.uint16)
    return beside


def _labels(values: Floats, edges: Floats) -> Numbers:
    """Return how many edges lie at or below each value, numbered anew without gaps."""
    places = np.searchsorted(edges, values, side="right")
    used = np.bincount(places) > 0
    labels: Numbers = (np.cumsum(used) - 1).astype(np.uint16)[places]
    return labels


def check_whole(key: str, value: object, low: int, high: int) -> int:
    """Return an option that is a whole number in a range.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{key}: {value!r:.80}: must be a whole number from {low} to {high:,}")
    return int(value)
