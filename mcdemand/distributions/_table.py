"""Tabulating a quantile function that has no cheap closed form, with its error checked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.table import interpolate

Exact = Callable[[Floats], Floats]

LAST_SCORE = 8.5
NODES = (1025, 2049, 4097, 8193, 16385)
TOLERANCE = 2e-12
# Beyond this the exponential of a value is 0 or infinite, and its error has no meaning.
LARGEST = 700.0


def tabulate(value: Exact, slope: Exact) -> Floats:
    """Return the numbers of `kernels.table.interpolate` for a function of the normal score.

    Parameters
    ----------
    value, slope
        The function and its derivative, vectorised; the table is refined until its error half-way between nodes is
        below 2e-12 of max(1, |value|).

    Raises
    ------
    NumericalError
        If the finest table misses that.
    """
    for nodes in NODES:
        scores = np.linspace(-LAST_SCORE, LAST_SCORE, nodes)
        step = 2 * LAST_SCORE / (nodes - 1)
        table = np.column_stack([value(scores), slope(scores) * step]).ravel()
        numbers = np.concatenate([[-LAST_SCORE, 1 / step, nodes - 2], table])
        if _error(value, scores[:-1] + step / 2, numbers) <= TOLERANCE:
            return numbers
    raise NumericalError("the quantile function is too rough to tabulate; state another law")


def _error(value: Exact, scores: Floats, numbers: Floats) -> float:
    exact = value(scores)
    found = np.array([interpolate(z, numbers) for z in scores])
    error = np.abs(found - exact) / np.maximum(1.0, np.abs(exact))
    return float(np.max(error[np.abs(exact) < LARGEST]))
