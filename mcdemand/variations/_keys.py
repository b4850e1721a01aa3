"""The keys of a variation's table: what reads and checks each of them, and how they are said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mcdemand.errors import InputError

FIRST_YEAR, LAST_YEAR = 1, 9999


class NestedLaw(Protocol):
    """What is asked of a nested law."""

    @property
    def distribution(self) -> Any:
        """The family."""

    @property
    def values(self) -> dict[str, Any]:
        """The family's parameters."""

    @property
    def stated(self) -> Mapping[str, Any]:
        """What the table says."""


ReadLaw = Callable[[str, Any], Any]
"""`read_law(role, content)` returns the law that a table, or a number, states."""
Reader = Callable[[str, Any, ReadLaw], Any]


@dataclass(frozen=True)
class Key:
    """A key of the table: `read(path, value, read_law)` returns what it means, or raises InputError."""

    name: str
    read: Reader
    is_required: bool = True
    default: Any = None


def optional(name: str, read: Reader, default: Any = None) -> Key:
    """Return a key that may be left out."""
    return Key(name, read, is_required=False, default=default)


def number(rule: str, obeys: Callable[[float], bool]) -> Reader:
    """Return what reads a number that obeys a rule."""

    def read(path: str, value: Any, _read_law: ReadLaw) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # An int of any size compares with a float; it need not fit into one.
        if not is_number or not -math.inf < value < math.inf or abs(value) > 1e300 or not obeys(value):
            raise InputError(f"{path}: {value!r:.80}: must be {rule}")
        return float(value)

    return read


def choice(*options: Any) -> Reader:
    """Return what reads one of some words, or true and false."""

    def read(path: str, value: Any, _read_law: ReadLaw) -> Any:
        if not any(type(value) is type(one) and value == one for one in options):
            shown = ", ".join(str(one).lower() if isinstance(one, bool) else f'"{one}"' for one in options)
            raise InputError(f"{path}: {value!r:.80}: must be one of {shown}")
        return value

    return read


def law(path: str, value: Any, read_law: ReadLaw) -> Any:
    """Return the law of a number that a table states; a number stands for a constant."""
    found = any_law(path, value, read_law)
    if "categories" in found.values:
        raise InputError(f"{path}: categorical: must be the law of a number")
    return found


def any_law(path: str, value: Any, read_law: ReadLaw) -> Any:
    """Return the law that a table states; a number stands for a constant."""
    try:
        return read_law(path.rpartition(".")[2], value)
    except InputError as error:
        raise InputError(f"{path}.{error}") from None


def laws_by_year(path: str, value: Any, read_law: ReadLaw) -> tuple[tuple[int, Any], ...]:
    """Return the laws of some years, the earliest first."""
    return _by_year(path, value, read_law, law)


def by_year(read: Reader) -> Reader:
    """Return what reads a value for all years, as ((0, value),), or a table of values that hold from a year on."""

    def read_table(path: str, value: Any, read_law: ReadLaw) -> tuple[tuple[int, Any], ...]:
        if isinstance(value, Mapping):
            return _by_year(path, value, read_law, read)
        return ((0, read(path, value, read_law)),)

    return read_table


def _by_year(path: str, value: Any, read_law: ReadLaw, read: Reader) -> tuple[tuple[int, Any], ...]:
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"{path}: {value!r:.80}: must be a table of years, such as {{ 2030 = ... }}")
    found = {year_of(path, key): read(f"{path}.{key}", one, read_law) for key, one in value.items()}
    if len(found) < len(value):
        raise InputError(f"{path}: {list(value)!r:.80}: a year is stated twice; keep one")
    return tuple(sorted(found.items()))


def year_of(path: str, key: Any) -> int:
    """Return the year that a key names.

    Raises
    ------
    InputError
        If it names none.
    """
    text = str(key)
    if isinstance(key, bool) or not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:5]) <= LAST_YEAR):
        raise InputError(f"{path}: {key!r:.80}: must be a year, a whole number from {FIRST_YEAR} to {LAST_YEAR}")
    return int(text)


def year(path: str, value: Any, _read_law: ReadLaw) -> int:
    """Return a year."""
    if not isinstance(value, int):
        raise InputError(f"{path}: {value!r:.80}: must be a year, a whole number from {FIRST_YEAR} to {LAST_YEAR}")
    return year_of(path, value)


def in_words(kind: str, values: Mapping[str, Any]) -> str:
    """Return a kind and what it is stated by; the only number of a kind needs no name."""
    said = {name: value for name, value in values.items() if value is not None}
    if len(said) == 1 and all(isinstance(value, float) for value in said.values()):
        return f"{kind} {next(iter(said.values())):g}"
    parts = ", ".join(f"{name} {_said(value)}" for name, value in said.items())
    return f"{kind} {parts}".rstrip()


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(_by_years(value))
    return _law_in_words(value)


def _by_years(table: tuple[tuple[int, Any], ...]) -> Iterator[str]:
    for first, value in table:
        yield f"{first}: {_said(value)}" if first else _said(value)


def _law_in_words(one: NestedLaw) -> str:
    if one.distribution.name == "constant":
        return _said(float(one.values["value"]))
    keys = ", ".join(f"{key} {value:g}" if isinstance(value, int | float) else f"{key} {value}"
                     for key, value in one.stated.items())  # fmt: skip
    return f"{one.distribution.name}({keys})"
