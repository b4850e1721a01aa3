"""What a format may be told, checked: numbers, switches, words."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.registry import nearest


def check_number(name: str, value: Any) -> float:
    """Return a finite number.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise InputError(f"{name}: {value!r:.60}: must be a number, such as {name}=100")
    return float(value)


def check_whole(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number within limits.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise InputError(f"{name}: {value!r:.60}: must be a whole number from {least} to {most}")
    return int(value)


def check_switch(name: str, value: Any) -> bool:
    """Return true or false.

    Raises
    ------
    InputError
        If it is neither.
    """
    if not isinstance(value, bool):
        raise InputError(f"{name}: {value!r:.60}: must be true or false")
    return value


def check_word(name: str, value: Any, known: Collection[str]) -> str:
    """Return one of some words.

    Raises
    ------
    InputError
        If it is none of them.
    """
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{name}: {value!r:.60}: unknown; {nearest(str(value), known)}")
    return value


def check_words(name: str, values: str | Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return some of the known words, at least one, in the order of those that are known.

    Raises
    ------
    InputError
        If one is unknown, or there is none.
    """
    chosen = {check_word(name, one, known) for one in ([values] if isinstance(values, str) else values)}
    if not chosen:
        raise InputError(f"{name}: none; name at least one of {', '.join(known)}")
    return tuple(word for word in known if word in chosen)
