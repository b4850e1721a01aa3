"""Whole numbers that must lie within a range."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.errors import InputError


def check_range(name: str, value: Any, low: int, high: int) -> None:
    """Raise unless value is a whole number within the range.

    Raises
    ------
    InputError
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{name}: {value!r}: must be a whole number from {low} to {high}")
