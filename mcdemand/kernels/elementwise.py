"""Elementary functions of numbers and of whole arrays: the same bits on every processor, which NumPy's are not.

NumPy has code of its own for each generation of processors, and its exp, log and power differ between them in the last
bit. What a law or a copula is tabulated with comes from here. Sines and the like come from the C library, one number at
a time: so does what SciPy's special functions are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol, overload

import numpy as np

from mcdemand.kernels import elementary
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import LN2
from mcdemand.kernels.jit import kernel, loop

LARGEST_SQUARED = 1e150
"""The square of a larger number may be infinite."""


class Elementary(Protocol):
    """A function of a number, or of each of an array of any shape; what follows its argument are numbers."""

    @overload
    def __call__(self, x: float, *rest: float) -> float: ...

    @overload
    def __call__(self, x: Floats, *rest: float) -> Floats: ...


def _over_arrays(function: Callable[..., float]) -> Elementary:
    """Return a kernel as a function of numbers and arrays."""

    @loop
    def fill(numbers: Floats, *rest: float) -> None:
        for i in range(numbers.size):
            numbers[i] = function(numbers[i], *rest)

    def of_numbers(x: Any, *rest: float) -> Any:
        found = np.array(x, dtype=np.float64).ravel()
        with np.errstate(all="ignore"):
            fill(found, *map(float, rest))
        return float(found[0]) if isinstance(x, float | int) else found.reshape(np.shape(x))[()]

    return of_numbers


def _by_c_library(function: Callable[[float], float]) -> Elementary:
    """Return a function of the C library as one of numbers and arrays."""

    def of_numbers(x: Any, *_: float) -> Any:
        if isinstance(x, float | int):
            return function(x)
        return np.array([function(each) for each in np.ravel(x).tolist()], dtype=np.float64).reshape(np.shape(x))[()]

    return of_numbers


@kernel
def _softplus(x: float) -> float:
    return (x if x > 0.0 else 0.0) + elementary.log1p(elementary.exp(-abs(x)))


@kernel
def _sinh(x: float) -> float:
    grown = elementary.expm1(abs(x))
    size = 0.5 * (grown + grown / (1.0 + grown)) if grown < math.inf else grown
    return -size if x < 0.0 else size


@kernel
def _cosh(x: float) -> float:
    large = elementary.exp(abs(x))
    return 0.5 * (large + 1.0 / large)


@kernel
def _asinh(x: float) -> float:
    size = abs(x)
    small = size if size < LARGEST_SQUARED else LARGEST_SQUARED
    square = small * small
    value = elementary.log1p(small + square / (1.0 + np.sqrt(1.0 + square)))
    value = value if size < LARGEST_SQUARED else elementary.log(size) + LN2
    return -value if x < 0.0 else value


exp = _over_arrays(elementary.exp)
expm1 = _over_arrays(elementary.expm1)
log = _over_arrays(elementary.log)
log1p = _over_arrays(elementary.log1p)
power = _over_arrays(elementary.power)
softplus = _over_arrays(_softplus)
"""log(1 + e^x)."""
logistic = _over_arrays(elementary.logistic)
sinh, cosh, asinh = _over_arrays(_sinh), _over_arrays(_cosh), _over_arrays(_asinh)
sin, tan, asin, atan = map(_by_c_library, (math.sin, math.tan, math.asin, math.atan))
