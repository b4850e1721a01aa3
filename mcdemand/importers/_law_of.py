"""What the laws of other libraries' objects have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.prior import read_prior
from mcdemand.schema import Row

ROUNDING = 1e-12


def number(value: Any, what: str) -> float:
    """Return a finite number as Python's own.

    Raises
    ------
    InputError
        If it is none, such as an array.
    """
    try:
        found = float(value) if np.ndim(value) == 0 and not isinstance(value, bool | str) else math.nan
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise InputError(f"{what}: {value!r:.80}: must be one finite number")
    return found


def checked(row: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return a row whose numbers its family takes.

    Raises
    ------
    InputError
        If it does not.
    """
    try:
        read_prior("law", Row.model_validate(dict(row)))
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    return dict(row)


def truncated(row: Mapping[str, Any], lower: Any, upper: Any, what: str) -> dict[str, Any]:
    """Return a row whose law is kept within bounds, None or infinite where there is none."""
    bounds = {"lower": bound_of(lower, what), "upper": bound_of(upper, what)}
    kept = {key: bound for key, bound in bounds.items() if bound is not None}
    return {**row, "truncation": kept} if kept else dict(row)


def bound_of(value: Any, what: str) -> float | None:
    """Return a bound, None where there is none."""
    if value is None or (np.ndim(value) == 0 and isinstance(value, int | float) and math.isinf(value)):
        return None
    return number(value, what)


def clipped(row: Mapping[str, Any], lower: Any, upper: Any, what: str) -> dict[str, Any]:
    """Return a mixture in which all beyond a bound lies on it, as a minimum or a maximum puts it there."""
    from scipy.special import ndtr

    low, high = bound_of(lower, what), bound_of(upper, what)
    if low is None and high is None:
        return dict(row)
    if low is not None and high is not None and low > high:
        raise InputError(f"{what}: clipped to {low:g} and above, and to {high:g} and below: the bounds must rise")
    law = read_prior("law", Row.model_validate(dict(row))).law
    below = 0.0 if low is None else float(ndtr(law.normal_scores(np.array([low]), of_less=True)[0]))
    above = 0.0 if high is None else float(ndtr(-law.normal_scores(np.array([high]))[0]))
    parts = [(below, constant(low)), (1 - below - above, truncated(row, low, high, what)), (above, constant(high))]
    kept = [(weight, part) for weight, part in parts if weight > 0]
    return mixture_of([part for _, part in kept], [weight for weight, _ in kept])


def mixture_of(parts: list[dict[str, Any]], weights: list[float]) -> dict[str, Any]:
    """Return the row of a mixture, with weights in proportion to their sum."""
    total = math.fsum(weights)
    shares = [weight / total for weight in weights] if total > 0 and abs(total - 1) > ROUNDING else weights
    return {"distribution": "mixture", "components": parts, "weights": shares}


def constant(value: float | None) -> dict[str, Any]:
    """Return the row of a number."""
    return {"distribution": "constant", "value": value}
