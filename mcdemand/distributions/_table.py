"""Tabulating a quantile function that has no cheap closed form, with its error checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels import elementwise
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp, logistic
from mcdemand.kernels.table import identity, interpolate, quantile_of, sinh

Exact = Callable[[Floats], Floats]

LAST_SCORE = 8.5
NODES = (1025, 2049, 4097, 8193, 16385, 32769)
CHECKED_CELLS = 1024
TOLERANCE = 5e-13
# Beyond this the exponential of a value is 0 or infinite, and its error has no meaning.
LARGEST = 700.0


@dataclass(frozen=True)
class Scale:
    """What is tabulated instead of the value, so that a few nodes do: the value is shift + factor transform(number).

    Attributes
    ----------
    quantile
        The kernel of a law on this scale; families on one scale share it.
    inverse
        From (value - shift) / factor to the number.
    """

    quantile: Callable[[float, Floats], float]
    inverse: Callable[[Floats], Floats]


LINEAR = Scale(quantile_of(identity), lambda x: x)
LOG = Scale(quantile_of(exp), elementwise.log)
LOGIT = Scale(quantile_of(logistic), lambda x: elementwise.log(x) - elementwise.log1p(-x))
ASINH = Scale(quantile_of(sinh), elementwise.asinh)


def tabulated_law(
    value: Exact, slope: Callable[[Floats, Floats], Floats], shift: float = 0.0, factor: float = 1.0
) -> Floats:
    """Return the numbers of a law on a `Scale`: shift, factor, and the table of `tabulate`."""
    return np.concatenate([[shift, factor], tabulate(value, slope)])


def tabulate(value: Exact, slope: Callable[[Floats, Floats], Floats]) -> Floats:
    """Return the numbers of `kernels.table.interpolate` for the logarithm (or logit) of a quantile function.

    Parameters
    ----------
    value, slope
        The function of the normal score; its derivative, given the score and the function's value there. Both
        vectorised. The table is refined until its error half-way between nodes, which is the relative error of the
        quantile, is below 5e-13.

    Raises
    ------
    NumericalError
        If the finest table misses that.
    """
    expected = 0.0
    for nodes in NODES:
        # The error falls with the fourth power of the step.
        if expected * ((NODES[0] / nodes) ** 2) ** 2 > TOLERANCE:
            continue
        scores = np.linspace(-LAST_SCORE, LAST_SCORE, nodes)
        step = 2 * LAST_SCORE / (nodes - 1)
        values = value(scores)
        table = np.column_stack([values, slope(scores, values) * step]).ravel()
        numbers = np.concatenate([[-LAST_SCORE, 1 / step, nodes - 2], table])
        error = _error(value, scores[:-1][:: max(1, nodes // CHECKED_CELLS)] + step / 2, numbers)
        if error <= TOLERANCE:
            return numbers
        expected = expected or error
    raise NumericalError("the quantile function is too rough to tabulate; state another law")


def _error(value: Exact, scores: Floats, numbers: Floats) -> float:
    exact = value(scores)
    found = np.array([interpolate(z, numbers) for z in scores])
    counted = np.abs(found - exact)[np.abs(exact) < LARGEST]
    return float(np.max(counted)) if counted.size else np.inf
