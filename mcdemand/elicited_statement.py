"""What somebody says of a number, checked: quantiles, an interval, a mode with bounds, or chips in bins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.law_statement import quantile_level
from mcdemand.schema import plain

LEVEL = 0.9
NUMBERS = (int, float, np.integer, np.floating)
LEVEL_DIGITS = 8
"""Decimals of a level that a row can state."""


@dataclass(frozen=True)
class Statement:
    """What is said of a number.

    Attributes
    ----------
    quantiles
        Values by level.
    bounds
        `lower`, `upper` and `mode`, as far as they are stated; of chips, the ends of the bins.
    is_of_chips
        Whether the bounds are the ends of the bins of a roulette, which laws without bounds may reach beyond.
    """

    quantiles: Mapping[float, float]
    bounds: Mapping[str, float] = field(default_factory=dict)
    is_of_chips: bool = False


def read_statement(
    quantiles: Mapping[str | float, float] | None = None,
    interval: Sequence[float] | None = None,
    level: float | str = LEVEL,
    mode: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    chips: Sequence[Sequence[float]] | None = None,
) -> Statement:
    """Return what was said, checked.

    Raises
    ------
    InputError
        If it is nothing, or contradicts itself.
    """
    if quantiles is not None and not isinstance(quantiles, Mapping):
        raise InputError(f"quantiles: {quantiles!r:.80}: must map levels to values, such as {{'p5': 60, 'p95': 300}}")
    pairs = [(_level_of(key), finite(plain(str(key)), value)) for key, value in (quantiles or {}).items()]
    if interval is not None:
        pairs += _ends(interval, level)
    said = dict(pairs)
    if len(said) < len(pairs):
        raise InputError("quantiles: the same level is stated twice; keep one")
    bounds = {
        key: finite(key, value)
        for key, value in (("lower", lower), ("mode", mode), ("upper", upper))
        if value is not None
    }
    rising = list(bounds.values())
    if rising != sorted(rising) or (len(rising) > 1 and rising[0] == rising[-1]):
        raise InputError(f"{', '.join(bounds)}: {rising}: must rise")
    if chips is not None:
        if said or bounds:
            raise InputError("chips: say everything by chips, or leave them out")
        return _chip_statement(chips)
    if not said and len(bounds) < len(("lower", "mode", "upper")):
        missing = "nothing is stated" if "mode" not in bounds else "a mode alone says too little"
        raise InputError(f"quantiles: {missing}; state quantiles, an interval, a mode with lower and upper, or chips")
    statement = Statement(dict(sorted(said.items())), bounds)
    _check_order(statement)
    return statement


def _check_order(statement: Statement) -> None:
    stated = list(by_key(statement.quantiles).items())
    for (below, low), (key, high) in pairwise(stated):
        if low >= high:
            raise InputError(f"{key}: {high!r}: must be above {below} = {low!r}")
    least, largest = statement.bounds.get("lower", -math.inf), statement.bounds.get("upper", math.inf)
    for key, value in stated:
        if not least <= value <= largest:
            raise InputError(f"{key}: {value!r}: must lie between lower = {least!r} and upper = {largest!r}")


def parse_level(level: float | str) -> float:
    """Return a probability between 0 and 1 from a number or a text such as "90 %".

    Raises
    ------
    InputError
        If it is no probability; 90 is refused, as it may mean 0.9.

    Examples
    --------
    >>> parse_level("80 %"), parse_level(0.8)
    (0.8, 0.8)
    """
    text = str(level).strip()
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise InputError(f"level: {level!r:.40}: must be a probability such as 0.9, or '90 %'") from None
    if 0 < value < 1:
        return value
    hint = f"; for per cent write '{text} %'" if 1 < value < 100 else ""
    raise InputError(f"level: {level!r:.40}: must lie between 0 and 1{hint}")


def _level_of(key: str | float) -> float:
    level = quantile_level(key) if isinstance(key, str) else None
    return _rounded(parse_level(key) if level is None else level)


def _rounded(level: float) -> float:
    """Return a level as a row can state it."""
    rounded = round(level, LEVEL_DIGITS)
    if 0 < rounded < 1:
        return rounded
    raise InputError(f"level: {level!r}: must lie between 1e-8 and 1 - 1e-8")


def _ends(interval: Sequence[float], level: float | str) -> list[tuple[float, float]]:
    """Return the two quantiles that an interval of equal tails states."""
    ends = listed("interval", interval, "two numbers, the lower end first")
    if len(ends) != 2:
        raise InputError(f"interval: {ends!r:.80}: must be two numbers, the lower end first")
    tail = _rounded((1 - parse_level(level)) / 2)
    return list(zip((tail, round(1 - tail, LEVEL_DIGITS)), (finite("interval", end) for end in ends), strict=True))


def _chip_statement(chips: Sequence[Sequence[float]]) -> Statement:
    rule = "two lists, edges and chips, one edge more than chips"
    both = listed("chips", chips, rule)
    if len(both) != 2:
        raise InputError(f"chips: must be {rule}")
    edges, counts = ([finite("chips", number) for number in listed("chips", one, rule)] for one in both)
    if not counts or len(edges) != len(counts) + 1:
        raise InputError(f"chips: must be {rule}")
    if edges != sorted(set(edges)) or min(counts) < 0 or sum(counts) <= 0:
        raise InputError("chips: edges must rise, and chips must not be negative nor all be 0")
    levels = np.round(np.cumsum(counts)[:-1] / sum(counts), LEVEL_DIGITS)
    said = {float(p): x for p, x in zip(levels, edges[1:-1], strict=True) if 0 < p < 1}
    if len(said) < 2:
        raise InputError("chips: lie in fewer than three bins; use narrower bins")
    return Statement(said, {"lower": edges[0], "upper": edges[-1]}, is_of_chips=True)


def listed(key: str, values: Any, rule: str) -> list[Any]:
    """Return the items of a list, a tuple, an array or another iterable that is no text.

    Raises
    ------
    InputError
        If it is none.
    """
    # An array without dimensions is iterable by its class only.
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) < 1:
        raise InputError(f"{key}: {values!r:.80}: must be {rule}")
    return list(values)


def finite(key: str, value: Any) -> float:
    """Return a finite number.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, NUMBERS) else float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{key}: {value!r:.40}: must be a finite number")
    return number


def by_key(quantiles: Mapping[float, float]) -> dict[str, float]:
    """Return values by the keys of a row, such as `p5` and `p0.428571`."""
    return {f"p{100 * p:.{LEVEL_DIGITS - 2}f}".rstrip("0").rstrip("."): x for p, x in quantiles.items()}
