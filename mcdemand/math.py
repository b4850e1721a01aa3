"""What the equations of a model import: scalar functions of floats and pint quantities, compiled to our own kernels.

Called from Python they take a float, or a pint quantity where its dimension makes sense. Called from compiled code they
are the kernels of `mcdemand.kernels.elementary`, so that results have the same bits on every machine and loops vectorise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import overload

from mcdemand.kernels import elementary
from mcdemand.kernels.jit import OPTIONS

MELTED = {**OPTIONS, "forceinline": True}


def _is_quantity(x: Any) -> bool:
    return hasattr(x, "dimensionless") and hasattr(x, "to")


def _apply(kernel: Callable[..., Any], x: Any, *rest: float) -> Any:
    """Return kernel(x, ...) with the bits and the silence of compiled code; a quantity must be dimensionless."""
    if _is_quantity(x):
        pure = x.to("")
        return type(x)(_apply(kernel, pure.magnitude, *rest), pure.units)
    with np.errstate(all="ignore"):
        return kernel(np.float64(x), *map(np.float64, rest))


def exp(x: float) -> float:
    """Return e**x."""
    result: float = _apply(elementary.exp, x)
    return result


def log(x: float) -> float:
    """Return the natural logarithm."""
    result: float = _apply(elementary.log, x)
    return result


def expm1(x: float) -> float:
    """Return e**x - 1."""
    result: float = _apply(elementary.expm1, x)
    return result


def log1p(x: float) -> float:
    """Return log(1 + x)."""
    result: float = _apply(elementary.log1p, x)
    return result


def power(x: float, y: float) -> float:
    """Return x**y for x >= 0."""
    exponent = y.to("").magnitude if _is_quantity(y) else y  # type: ignore[attr-defined]
    result: float = _apply(elementary.power, x, exponent)
    return result


def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    result: float = _apply(elementary.logistic, x)
    return result


def sqrt(x: float) -> float:
    """Return the square root."""
    if _is_quantity(x):
        return x**0.5
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.float64(x))


def maximum(a: float, b: float) -> float:
    """Return the larger; NaN if either is NaN."""
    return a if (a > b) | (a != a) else b  # noqa: PLR0124


def minimum(a: float, b: float) -> float:
    """Return the smaller; NaN if either is NaN."""
    return a if (a < b) | (a != a) else b  # noqa: PLR0124


def clip(x: float, lower: float, upper: float) -> float:
    """Return x moved into lower..upper."""
    return minimum(maximum(x, lower), upper)


def where(condition: bool, a: float, b: float) -> float:
    """Return a if condition else b."""
    return a if condition else b


def absolute(x: float) -> float:
    """Return the absolute value."""
    return abs(x)


overload(exp, jit_options=MELTED)(lambda x: lambda x: elementary.exp(x))
overload(log, jit_options=MELTED)(lambda x: lambda x: elementary.log(x))
overload(expm1, jit_options=MELTED)(lambda x: lambda x: elementary.expm1(x))
overload(log1p, jit_options=MELTED)(lambda x: lambda x: elementary.log1p(x))
overload(power, jit_options=MELTED)(lambda x, y: lambda x, y: elementary.power(x, y))
overload(logistic, jit_options=MELTED)(lambda x: lambda x: elementary.logistic(x))
overload(sqrt, jit_options=MELTED)(lambda x: lambda x: np.sqrt(x))
overload(maximum, jit_options=MELTED)(lambda a, b: lambda a, b: a if (a > b) | (a != a) else b)
overload(minimum, jit_options=MELTED)(lambda a, b: lambda a, b: a if (a < b) | (a != a) else b)
overload(clip, jit_options=MELTED)(lambda x, lower, upper: lambda x, lower, upper: minimum(maximum(x, lower), upper))
overload(where, jit_options=MELTED)(lambda condition, a, b: lambda condition, a, b: a if condition else b)
overload(absolute, jit_options=MELTED)(lambda x: lambda x: abs(x))
