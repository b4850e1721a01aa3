"""Rows in a few words, such as "60 to 300": a small grammar, read by hand and never evaluated.

    form     = law [level] ["[" unit "]"]
    law      = value | value "to" value | value "/" value "/" value | family "(" arguments ")"
    level    = "(" value ")"                  the probability of an interval's middle, 90 % unless stated
    value    = [sign] digits [suffix | "%"]   1_000, 2.5e-3, 2k, 5 %; a minus may be typeset
    suffix   = "k" | "M" | "B" | "T"          joined to its digits; a unit stands in brackets only
    argument = [key "="] (value | text | list)

Three values are p5, p50 and p95. The parameters of a family come in its order, those without a default first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from mcdemand.distributions import distributions, find_distribution
from mcdemand.errors import InputError
from mcdemand.registry import nearest
from mcdemand.schema import UNSTATED

LONGEST = 1000
LONGEST_UNIT = 64
MAX_ITEMS = 256
SHOWN = 80
SHOWN_BEFORE = 30
SUFFIXES = {"k": 3, "M": 6, "B": 9, "T": 12}
PERCENT = -2
INTERVAL_LEVEL = 0.9
LAW_OF_TWO = {True: "lognormal", False: "normal"}
LAW_OF_THREE = {True: "two_piece_lognormal", False: "metalog"}

SPACE = re.compile(r"\s*+")
NUMBER = re.compile(
    r"([+\u2212-]?)\s*+([0-9]++(?:_[0-9]++)*+(?:\.[0-9]++)?|\.[0-9]++)(?:[eE]([+\u2212-]?[0-9]{1,4})(?!\d))?"
)
MINUS = "\u2212"
SUFFIX = re.compile(r"[kMBT](?![\w])")
WORD = re.compile(r"[A-Za-z]++")
TO = re.compile(r"to(?![A-Za-z_])", re.IGNORECASE)
FAMILY = re.compile(r"[A-Za-z]\w*+(?::\w++)?(?=\s*+\()", re.ASCII)
KEY = re.compile(r"([A-Za-z]\w*+(?:\.\d++)?)\s*+=", re.ASCII)
TEXT = re.compile(r'"([^"]*+)"|\'([^\']*+)\'|([A-Za-z_]\w*+)')
UNIT = re.compile(r"\[([^\[\]]*+)\]")


def read_short_form(form: str | float) -> dict[str, Any]:
    """Return the row that a short form states, as a table would.

    Parameters
    ----------
    form
        Text such as "60 to 300", or a plain number for a constant.

    Raises
    ------
    InputError
        If it is none; the message shows the place.

    Examples
    --------
    >>> read_short_form("60 to 300 [TWh]")
    {'distribution': 'lognormal', 'p5': 60.0, 'p95': 300.0, 'unit': 'TWh'}
    >>> read_short_form("beta(2, 5, upper=3)")
    {'distribution': 'beta', 'alpha': 2.0, 'beta': 5.0, 'upper': 3.0, 'unit': 'unstated'}
    """
    if not isinstance(form, str):
        return {"distribution": "constant", "value": form, "unit": UNSTATED}
    if len(form) > LONGEST:
        raise InputError(f'"{_shown(form)}": at most {LONGEST} characters are read; write a table')
    return _Reader(form).row()


def inner_row(content: Any) -> dict[str, Any]:
    """Return the row of a law inside another one: a table as it is, or what a short form or a number states.

    Raises
    ------
    InputError
        If it is none of these, or states a unit, which belongs to the whole row.

    Examples
    --------
    >>> inner_row("normal(0, 1)")
    {'distribution': 'normal', 'mu': 0.0, 'sigma': 1.0}
    """
    if isinstance(content, Mapping):
        return dict(content)
    if isinstance(content, bool) or not isinstance(content, str | int | float):
        raise InputError(f"{content!r:.80}: must be a number, a short form or a table that states a law")
    row = read_short_form(content)
    if row.pop("unit") != UNSTATED:
        raise InputError(f'"{_shown(str(content))}": a unit belongs to the whole row; move it there')
    return row


def read_number(text: str) -> float:
    """Return a number as short forms write it: 1_000, 2.5e-3, 2k, 5 %.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> read_number("1_000"), read_number("2.5k"), read_number("5 %")
    (1000.0, 2500.0, 0.05)
    """
    reader = _Reader(text)
    value = reader.value("a number")
    if not reader.is_done():
        reader.fail("the end of the number" + ("; write a decimal point" if reader.sees(",") else ""))
    return value.number


def law_of_quantiles(keys: Mapping[str, float]) -> str:
    """Return the family that quantiles mean where none is named: by their count, and whether all are positive.

    Raises
    ------
    InputError
        If they are neither two nor three.
    """
    if len(keys) not in (2, 3):
        raise InputError(f"distribution: missing; only two or three quantiles name one, not {len(keys)}: state it")
    is_positive = min(keys.values()) > 0
    return (LAW_OF_TWO if len(keys) == 2 else LAW_OF_THREE)[is_positive]


def _shown(text: str, length: int = SHOWN) -> str:
    """Return text for a message: cut, on one line, without what a terminal would obey."""
    cut = text if len(text) <= length else text[:length] + "..."
    return cut if cut.isprintable() else ascii(cut)[1:-1]


@dataclass(frozen=True)
class _Value:
    """A number, and whether it was written in per cent."""

    number: float
    is_percent: bool


class _Reader:
    """A text and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def row(self) -> dict[str, Any]:
        """Return the row of the whole text."""
        law = self._call() if FAMILY.match(self.text, self._start()) else self._values()
        unit = self._take(UNIT)
        if unit is None and self.sees("["):
            self.fail("a unit between [ and ]")
        if not self.is_done():
            self.fail("the end" if unit else "a unit in brackets, such as [TWh], or the end")
        return {**law, "unit": self._unit(unit[1]) if unit else UNSTATED}

    def fail(self, expected: str) -> NoReturn:
        """Raise with the place reached and what should stand there."""
        before = self.text[: self.at].strip()
        place = f"after '{_shown(before[-SHOWN_BEFORE:])}' " if before else ""
        raise InputError(f'"{_shown(self.text)}": {place}expected {expected}')

    def refuse(self, rule: str) -> NoReturn:
        """Raise with a rule that the text breaks."""
        raise InputError(f'"{_shown(self.text)}": {rule}')

    def sees(self, character: str) -> bool:
        """Tell whether a character comes next."""
        return self.text.startswith(character, self._start())

    def is_done(self) -> bool:
        """Tell whether nothing is left."""
        return self._start() == len(self.text)

    def value(self, expected: str) -> _Value:
        """Return the number that comes next."""
        found = self._take(NUMBER)
        if found is None:
            self.fail(expected)
        suffix = None if found[3] else SUFFIX.match(self.text, self.at)
        if suffix:
            self.at = suffix.end()
        is_percent = suffix is None and self._passes("%")
        sign, exponent = (str(part or "").replace(MINUS, "-") for part in (found[1], found[3]))
        power = int(exponent or 0) + (SUFFIXES[suffix[0]] if suffix else PERCENT if is_percent else 0)
        # Digits and power go to one conversion, so that 0.1 % is the double nearest to 0.001.
        number = float(f"{sign}{found[2].replace('_', '')}e{power}")
        if not math.isfinite(number):
            self.refuse("a number too large to compute with")
        return _Value(number, is_percent)

    def _start(self) -> int:
        found = SPACE.match(self.text, self.at)
        return found.end() if found else self.at

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self._start())
        if found:
            self.at = found.end()
        return found

    def _passes(self, character: str) -> bool:
        if not self.sees(character):
            return False
        self.at = self._start() + len(character)
        return True

    def _unit(self, text: str) -> str:
        unit = text.strip()
        if not unit or len(unit) > LONGEST_UNIT:
            self.refuse(f"a unit has 1 to {LONGEST_UNIT} characters; leave the brackets out for the model's own")
        return unit

    def _values(self) -> dict[str, Any]:
        """Return the law of one value, an interval or three quantiles."""
        first = self.value("a number or the name of a family with its parameters, such as normal(0, 1)")
        if self._passes("/"):
            second = self.value("the median")
            if not self._passes("/"):
                self.fail("'/' and the upper quantile")
            return self._quantiles([first, second, self.value("the upper quantile")])
        if self._take(TO):
            return self._quantiles([first, self.value("the upper end")])
        if not (self.is_done() or self.sees("[")):
            self.fail("'to', '/' or the end" + self._hint())
        return {"distribution": "constant", "value": first.number}

    def _hint(self) -> str:
        """Return a remedy for what is seen often: a unit without brackets, a comma, a dash."""
        word = WORD.match(self.text, self._start())
        if word and word[0] in SUFFIXES:
            return f"; join {word[0]} to the number"
        if self.sees(","):
            return "; write a decimal point, and thousands as 1_000"
        return ""

    def _quantiles(self, values: list[_Value]) -> dict[str, Any]:
        """Return the law of two or three quantiles, whose level may follow."""
        if len({value.is_percent for value in values}) > 1:
            self.refuse("write all numbers in per cent, or none")
        numbers = [value.number for value in values]
        if any(low >= high for low, high in pairwise(numbers)):
            self.refuse("the numbers must rise")
        low, high = self._level_keys()
        keys = dict(zip([low, "p50", high] if len(numbers) == 3 else [low, high], numbers, strict=True))
        return {"distribution": law_of_quantiles(keys), **keys}

    def _level_keys(self) -> tuple[str, str]:
        """Return the names of the two outer quantiles."""
        level = INTERVAL_LEVEL
        if self._passes("("):
            stated = self.value("the probability of the interval, such as 80 %")
            if not self._passes(")"):
                self.fail("')'")
            level = stated.number
            if level > 1 and not stated.is_percent:
                self.refuse(f"({level:g}): write {level:g} % or {level / 100:g}")
            if not 0 < level < 1:
                self.refuse("an interval's probability lies between 0 and 100 %")
        tail = round(50 * (1 - level), 6)
        if not tail:
            self.refuse("an interval's probability must leave something outside")
        return f"p{tail:.6f}".rstrip("0").rstrip("."), f"p{100 - tail:.6f}".rstrip("0").rstrip(".")

    def _call(self) -> dict[str, Any]:
        """Return the law of a family with its parameters."""
        name = self._take(FAMILY)
        assert name is not None
        family = name[0]
        if find_distribution(family) is None:
            self.refuse(f"{family!r:.80}: unknown; {nearest(family, distributions())}")
        self._passes("(")
        stated: dict[str, Any] = {}
        free = self._order(family)
        while not self._passes(")"):
            if len(stated) >= MAX_ITEMS or (stated and not self._passes(",")):
                self.fail("',' or ')'")
            self._argument(family, free, stated)
        return {"distribution": family, **stated}

    def _order(self, family: str) -> list[str]:
        """Return a family's parameters, those that must be stated first."""
        found = find_distribution(family)
        parameters = found.parameters if found else ()
        return [p.name for p in sorted(parameters, key=lambda p: p.default is not None)]

    def _argument(self, family: str, order: list[str], stated: dict[str, Any]) -> None:
        """Read one argument, by key or by its place."""
        key = self._take(KEY)
        name = key[1] if key else None
        if name in ("distribution", "unit", "source", "note", "short"):
            self.refuse(f"{name}: is no parameter of {family}")
        if name is None:
            if list(stated) != order[: len(stated)] or len(stated) >= len(order):
                self.fail(f"a parameter of {family} by its key, such as {next(iter(order), 'key')}=1")
            name = order[len(stated)]
        if name in stated:
            self.refuse(f"{name}: stated twice; keep one")
        stated[name] = self._item()

    def _item(self) -> Any:
        """Return a number, a text or a list of them."""
        if not self._passes("["):
            return self._single()
        items: list[Any] = []
        while not self._passes("]"):
            if len(items) >= MAX_ITEMS or (items and not self._passes(",")):
                self.fail("',' or ']'")
            items.append(self._single())
        return items

    def _single(self) -> Any:
        text = self._take(TEXT)
        if text:
            return next(part for part in text.groups() if part is not None)
        return self.value("a number").number
