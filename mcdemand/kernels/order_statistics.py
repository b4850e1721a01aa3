"""Exact order statistics by count-then-select: read the array three times, sort only the few values that matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import INFINITY_KEY, Bins, Gathered, key_range

DIRECT_SORT = 4096


def order_statistics(values: ArrayLike, ranks: ArrayLike) -> Floats:
    """Return the values that sorting would put at the given places.

    Parameters
    ----------
    values
        Flat array of doubles; infinities are ordered, NaN is refused. -0.0 and 0.0 are equal.
    ranks
        Places counted from 0, in any order and shape; the result has this shape.

    Raises
    ------
    NumericalError
        If a value is NaN.
    InputError
        If there is no value, or a rank is not a place.

    Notes
    -----
    The leading bits of an order-preserving integer are counted, then only the values in bins that hold a wanted rank
    are kept. Where an outlier or a change of sign makes the bins wide, they are counted again, more finely.

    Examples
    --------
    >>> order_statistics([3.0, 1.0, 2.0], [0, 2])
    array([1., 3.])
    """
    array = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    return _select(array, _places(ranks, array.size))


def _select(array: Floats, places: Integers) -> Floats:
    low, high = (int(key) for key in key_range(array.view(np.int64)))
    if not ~INFINITY_KEY <= low <= high <= INFINITY_KEY:
        raise NumericalError("order statistics of NaN are not defined: a value is NaN")
    if low == high:
        return np.full(places.shape, array[0])
    if array.size <= DIRECT_SORT:
        return np.asarray(np.sort(array)[places])
    return select_in_bins(Bins.count(array, low, high).gather([(places.ravel(), places.ravel())]), places)


def select_in_bins(gathered: Gathered, places: Integers) -> Floats:
    """Return order statistics whose bins were gathered: a wide bin is counted again, more finely."""
    bins = gathered.bins.of_ranks(places)
    ranks = places - gathered.bins.starts[bins]
    wide = {}
    for index in set(bins.ravel().tolist()):
        piece = gathered.piece(index, index)
        if piece.size <= DIRECT_SORT:
            piece.sort()
        else:
            wide[index] = _select(piece, ranks[bins == index])
    selected: Floats = gathered.pieces[gathered.start[bins] + ranks]
    for index, found in wide.items():
        selected[bins == index] = found
    return selected


def _places(ranks: ArrayLike, size: int) -> Integers:
    places = np.asarray(ranks, dtype=np.int64)
    if size == 0:
        raise InputError("order statistics need at least one value")
    if places.size and not 0 <= places.min() <= places.max() < size:
        raise InputError(f"ranks of {size} values lie between 0 and {size - 1}")
    return places


def quantile_ranks(size: int, probabilities: ArrayLike) -> tuple[Integers, Floats]:
    """Return the two neighbouring ranks, shape (2, ...), and the weight of the upper one: (n - 1) p = rank + weight.

    Hyndman and Fan (1996), type 7. Probabilities lie in [0, 1].
    """
    position = (size - 1) * np.asarray(probabilities, dtype=np.float64)
    lower = np.floor(position)
    ranks = np.stack([lower, np.minimum(lower + 1, size - 1)]).astype(np.int64)
    return ranks, position - lower


def interpolate(lower: ArrayLike, upper: ArrayLike, weight: ArrayLike) -> Floats:
    """Return lower + weight (upper - lower), rounded as NumPy rounds it: from the nearer end."""
    a, b, t = (np.asarray(part, dtype=np.float64) for part in (lower, upper, weight))
    with np.errstate(invalid="ignore", over="ignore"):
        step = b - a
        line = np.where(t >= 0.5, b - step * (1 - t), a + step * t)
    return np.where((t == 0) | (a == b), a, line)


def quantiles(values: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Return sample quantiles, linearly interpolated: those of `numpy.quantile` to the last bit, but for a zero's sign.

    Parameters
    ----------
    values
        Flat array of doubles.
    probabilities
        Levels in [0, 1]; the result has their shape, and the unit of the values.

    Raises
    ------
    NumericalError
        If a value is NaN.
    InputError
        If there is no value, or a probability lies outside [0, 1].

    Notes
    -----
    Hyndman and Fan (1996), type 7.

    Examples
    --------
    >>> quantiles([1.0, 2.0, 4.0], [0.25, 0.5])
    array([1.5, 2. ])
    """
    array = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    ranks, weight = quantile_ranks(array.size, probabilities)
    lower, upper = order_statistics(array, ranks)
    return interpolate(lower, upper, weight)
