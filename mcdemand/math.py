"""What the equations of a model import: scalar functions of floats and pint quantities, compiled to our own kernels.

Called from Python they take a float, or a pint quantity where its dimension makes sense. Called from compiled code they
are the kernels of `mcdemand.kernels.elementary`, so that loops vectorise and every machine gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import overload

from mcdemand.kernels import elementary
from mcdemand.kernels.jit import OPTIONS


def _is_quantity(x: Any) -> bool:
    return hasattr(x, "dimensionless") and hasattr(x, "to")


def _apply(kernel: Callable[..., float], x: Any, *rest: float) -> Any:
    """Return kernel(x, ...) as silently as compiled code does; a quantity must be dimensionless and remains one."""
    if _is_quantity(x):
        pure = x.to("")
        return type(x)(_apply(kernel, pure.magnitude, *rest), pure.units)
    with np.errstate(all="ignore"):
        return kernel(np.float64(x), *(np.float64(y) for y in rest))


def _compile_as(function: Callable[..., float], implementation: Callable[..., float]) -> None:
    """Let compiled code that calls `function` run `implementation`, melted into the caller."""
    plain = getattr(implementation, "py_func", implementation)
    overload(function, strict=False, jit_options={**OPTIONS, "forceinline": True})(lambda *_: plain)


def exp(x: float) -> float:
    """Return e**x, within 1 ulp.

    Parameters
    ----------
    x
        A float or a dimensionless quantity.

    Raises
    ------
    pint.DimensionalityError
        If `x` has a dimension; so do the other functions that ask for a dimensionless argument.

    Examples
    --------
    >>> from mcdemand.math import exp
    >>> round(float(exp(1.0)), 11)
    2.71828182846
    """
    result: float = _apply(elementary.exp, x)
    return result


def log(x: float) -> float:
    """Return the natural logarithm of a dimensionless x, within 1 ulp: -inf at zero, NaN below."""
    result: float = _apply(elementary.log, x)
    return result


def expm1(x: float) -> float:
    """Return e**x - 1 of a dimensionless x, within 2 ulp, near zero too."""
    result: float = _apply(elementary.expm1, x)
    return result


def log1p(x: float) -> float:
    """Return log(1 + x) of a dimensionless x, within 2 ulp, near zero too: -inf at -1, NaN below."""
    result: float = _apply(elementary.log1p, x)
    return result


def power(x: float, y: float) -> float:
    """Return x**y for dimensionless x >= 0 and y, within 2 ulp: NaN for a negative x, 1 where y = 0 or x = 1.

    Examples
    --------
    >>> from mcdemand.math import power
    >>> round(float(power(2.0, 0.5)), 11)
    1.41421356237
    """
    exponent = y.to("").magnitude if _is_quantity(y) else y  # type: ignore[attr-defined]
    result: float = _apply(elementary.power, x, exponent)
    return result


def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x)) of a dimensionless x, within 3 ulp and without overflow."""
    result: float = _apply(elementary.logistic, x)
    return result


def sqrt(x: float) -> float:
    """Return the square root, correctly rounded, in the square root of x's unit: NaN below zero."""
    if _is_quantity(x):
        root: float = x**0.5
        return root
    with np.errstate(invalid="ignore"):
        result: float = np.sqrt(np.float64(x))
    return result


def maximum(a: float, b: float) -> float:
    """Return the larger of two numbers or quantities of one dimension, in its own unit; NaN if either is NaN.

    Examples
    --------
    >>> from mcdemand.math import maximum
    >>> maximum(1.0, float("nan"))
    nan
    """
    return a if (a > b) | (a != a) else b


def minimum(a: float, b: float) -> float:
    """Return the smaller of two numbers or quantities of one dimension, in its own unit; NaN if either is NaN."""
    return a if (a < b) | (a != a) else b


def clip(x: float, lower: float, upper: float) -> float:
    """Return x moved into lower..upper, all of one dimension; NaN if any of them is NaN."""
    return minimum(maximum(x, lower), upper)


def where(condition: bool, a: float, b: float) -> float:
    """Return `a` if the condition holds, else `b`, both of one dimension.

    Unlike `if`, both are computed; unlike `numpy.where`, the loop around it vectorises.
    """
    if _is_quantity(a) or _is_quantity(b):
        bool(a > b)  # raises where the dimensions differ, on whichever side the condition falls
    return a if condition else b


def absolute(x: float) -> float:
    """Return the absolute value, in x's unit."""
    return abs(x)


_compile_as(exp, elementary.exp)
_compile_as(log, elementary.log)
_compile_as(expm1, elementary.expm1)
_compile_as(log1p, elementary.log1p)
_compile_as(power, elementary.power)
_compile_as(logistic, elementary.logistic)
_compile_as(sqrt, lambda x: np.sqrt(x))
_compile_as(maximum, maximum)
_compile_as(minimum, minimum)
_compile_as(clip, clip)
_compile_as(where, lambda condition, a, b: a if condition else b)
_compile_as(absolute, absolute)
