"""Checks of the options of methods that choose levels of the priors themselves."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from mcdemand.errors import InputError


def checked_levels(value: Any) -> tuple[float, float]:
    """Return the two levels between which a parameter is moved, in (0, 1).

    Raises
    ------
    InputError
        If it is no such pair.
    """
    pair = tuple(value) if np.iterable(value) and not isinstance(value, str) else ()
    if len(pair) != 2 or not all(isinstance(one, Real) for one in pair) or not 0 < pair[0] < pair[1] < 1:
        raise InputError(
            f"range: {value!r}: must be two levels of the priors, 0 < low < high < 1; write (0.05, 0.95) for p5 to p95"
        )
    return float(pair[0]), float(pair[1])
