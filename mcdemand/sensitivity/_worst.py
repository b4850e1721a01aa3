"""The draws of a row that are its worst: what regional sensitivity and scenario discovery ask about."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import NDArray

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats

type Marks = NDArray[np.bool_]

TAILS = ("upper", "lower")


def check_between(key: str, value: float, low: float, high: float, remedy: str) -> None:
    """Check that an option lies strictly between two numbers.

    Raises
    ------
    InputError
        If it does not, or is no number.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not low < value < high:
        raise InputError(f"{key}: {value!r}: must lie between {low:g} and {high:g}; {remedy}")


def check_tail(tail: str) -> None:
    """Check the name of a tail.

    Raises
    ------
    InputError
        If it is neither "upper" nor "lower".
    """
    if tail not in TAILS:
        raise InputError(f"tail: {tail!r}: must be upper or lower; upper means that large outputs are the worst")


def worst_draws(row: Floats, share: float, tail: str) -> Marks:
    """Return which draws of a row are in its worst share, as marks.

    Those at least as bad as the k-th worst, k = max(1, round(share n)); draws that tie with it are among them, unless
    that would be all draws: then those that are worse than the best ones.

    Examples
    --------
    >>> worst_draws(np.array([3.0, 1.0, 2.0, 4.0]), 0.5, "upper").tolist()
    [True, False, False, True]
    """
    badness = row if tail == "upper" else -row
    first = badness.size - max(1, round(share * badness.size))
    worst: Marks = badness >= np.partition(badness, first)[first]
    return badness > badness.min() if worst.all() else worst
