"""Cells of a CSV file: numbers in full, text that no spreadsheet takes for a formula."""

from __future__ import annotations

import math
import re
from typing import Any

from mcdemand.report.text import literal

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Where a spreadsheet may split a line whatever its quotes say, and find a formula.
_INNER_START = re.compile(r"([,;]\s*)(?=[=+@-])")
_BARE = re.compile(r"[\w .'+=@:/()\[\]-]*")


def text_cell(value: object) -> str:
    r"""Return text on one line, behind an apostrophe if it would begin as a formula does.

    Examples
    --------
    >>> text_cell("=1+1"), text_cell("\n-1"), text_cell("energy")
    ("'=1+1", "'-1", 'energy')
    """
    text = literal(value)
    return f"'{text}" if str(value).startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else text


def line_cell(value: object) -> str:
    """Return text as `text_cell` does, with an apostrophe also where a formula would begin after a comma or semicolon.

    Examples
    --------
    >>> line_cell("a; =1+1")
    "a; '=1+1"
    """
    return _INNER_START.sub(r"\1'", text_cell(value))


def cell(value: Any) -> str:
    """Return a cell: a number so that it reads back bit for bit, nothing for NaN, guarded text.

    Examples
    --------
    >>> cell(0.1), cell(float("nan")), cell(True), cell("@SUM(A1)")
    ('0.1', '', '1', "'@SUM(A1)")
    """
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    if isinstance(value, bool | int):
        return str(int(value))
    return text_cell(value)


def quoted(text: str) -> str:
    """Return a cell's text as it stands in a file, in quotes where it needs them.

    Examples
    --------
    >>> quoted("a b"), quoted("a;b")
    ('a b', '"a;b"')
    """
    return text if _BARE.fullmatch(text) else '"' + text.replace('"', '""') + '"'
