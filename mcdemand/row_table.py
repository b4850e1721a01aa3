"""Rows of a prior set as a CSV file: one line a parameter, read within limits; every cell is plain text.

Columns: `parameter`, quantiles `p5`, `p50`, `p95` and any other, `unit`, `source`, `note`, `distribution` and the
parameters of families, `short` for a short form, `fit`, and keys of a table in a table such as `truncation.lower`.
An empty cell states nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mcdemand.distributions import distributions
from mcdemand.distributions._distribution import RULES
from mcdemand.errors import InputError, PriorSetError
from mcdemand.files import read_text
from mcdemand.registry import nearest
from mcdemand.schema import UNSTATED, plain
from mcdemand.short_forms import law_of_quantiles, read_number, read_short_form

MAX_BYTES = 5_000_000
MAX_LINES = 20_000
MAX_COLUMNS = 200
LONGEST_CELL = 4000
DELIMITERS = ",;\t"
PARAMETER, SHORT = "parameter", "short"
ABOUT = ("unit", "source", "note")
FORMULA_STARTS = ("=", "+", "-", "@")
"""What a spreadsheet takes a cell for a formula by; tabs and ends of lines begin no cell."""
GUARDED = re.compile("'+[=+@-]")
NESTED = re.compile(r"truncation\.(?:lower|upper)|varies\.[a-z][a-z0-9_]*+")
WORDS = frozenset({PARAMETER, SHORT, *ABOUT, "distribution", "fit", "varies.kind"})
QUANTILE = re.compile(r"p[0-9]{1,2}(?:\.[0-9]{1,6})?")


def read_rows(place: Path | Traversable, label: str) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the rows of a CSV file as tables, and where each stands: `rows.csv, line 3`.

    Raises
    ------
    FileError
        If it cannot be read.
    PriorSetError
        If it is no table within the limits; every problem on a line, with its line and column.
    """
    lines = list(_lines(_text(place, label), label))
    if not lines:
        raise InputError(f"{label}: empty; its first line names the columns: parameter, p5, p50, p95, unit, source")
    (_, header), *body = lines
    columns = _columns(header, label)
    rows: dict[str, dict[str, Any]] = {}
    places: dict[str, str] = {}
    problems: list[str] = []
    for number, cells in body:
        place_of = f"{label}: line {number}"
        try:
            name, row = _row(columns, cells)
            if name in rows:
                raise InputError(f"column {PARAMETER}: {name!r:.80}: stated twice, first in {places[name]}; keep one")
        except InputError as error:
            problems.append(f"{place_of}, {error}")
            continue
        rows[name], places[name] = row, place_of
    if problems:
        raise PriorSetError(problems)
    return rows, places


def _text(place: Path | Traversable, label: str) -> str:
    text = read_text(place, label, MAX_BYTES, "split it")
    if text.count("\n") + text.count("\r") > 2 * MAX_LINES:
        raise InputError(f"{label}: at most {MAX_LINES} lines are read; split it")
    return text


def _lines(text: str, label: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that holds something."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begin = 1
    try:
        for cells in reader:
            number, begin = begin, reader.line_num + 1
            if number > MAX_LINES or len(cells) > MAX_COLUMNS:
                raise InputError(f"{label}: at most {MAX_LINES} lines of {MAX_COLUMNS} cells are read; split it")
            if any(len(cell) > LONGEST_CELL for cell in cells):
                raise InputError(f"{label}: line {number}: a cell of more than {LONGEST_CELL} characters; shorten it")
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise InputError(f"{label}: line {begin}: not CSV: {error}") from None


def _delimiter(text: str) -> str:
    """Return the delimiter that the first line of text holds most of, outside quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*+"?', "", first)
    return max(DELIMITERS, key=bare.count)


def _columns(header: Sequence[str], label: str) -> list[str]:
    """Return the columns' names, checked."""
    columns = [cell.strip() for cell in header]
    known = known_columns()
    for column in filter(None, columns):
        if column not in known and not (QUANTILE.fullmatch(column) or NESTED.fullmatch(column)):
            raise InputError(f"{label}: line 1, column {column!r:.80}: unknown; {nearest(column, known)}")
        if columns.count(column) > 1:
            raise InputError(f"{label}: line 1, column {column!r}: stated twice; keep one")
    if PARAMETER not in columns:
        raise InputError(f"{label}: line 1: has no column {PARAMETER!r}; name the columns in the first line")
    return columns


@cache
def known_columns() -> frozenset[str]:
    """Return the names that a column may have, besides any quantile."""
    families = distributions().values()
    numbers = {p.name for family in families for p in family.parameters if p.rule in RULES}
    others = {name for family in families for names in family.statements for name in names}
    bounds = ("truncation.lower", "truncation.upper")
    return frozenset({*WORDS, *bounds, *numbers, *others, "p5", "p50", "p95"})


def _row(columns: Sequence[str], cells: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return a parameter's name and its row."""
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise InputError(f"has {len(cells)} cells for {len(columns)} columns; put quotes around text with a delimiter")
    stated = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}
    if "" in stated:
        raise InputError(f"column {columns.index('') + 1}: {stated['']!r:.80}: a column without a name; name it")
    name = stated.pop(PARAMETER, "")
    if not name:
        raise InputError(f"column {PARAMETER}: empty; name the parameter")
    return name, _complete({column: _cell(column, text) for column, text in stated.items()})


def _cell(column: str, text: str) -> Any:
    if column in WORDS:
        return unguard(text)
    try:
        return read_number(text)
    except InputError as error:
        if NESTED.fullmatch(column):
            return text
        raise InputError(f"column {column}: {error}") from None


def guard(text: str) -> str:
    """Return the text of a cell so that no spreadsheet takes it for a formula; `unguard` gives it back.

    Examples
    --------
    >>> guard("=1+1"), guard("'=1"), guard("'quoted'")
    ("'=1+1", "''=1", "'quoted'")
    >>> [unguard(guard(text)) for text in ("=1+1", "'=1", "'quoted'")]
    ['=1+1', "'=1", "'quoted'"]
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) or GUARDED.match(text) else text


def unguard(text: str) -> str:
    """Return the text of a cell without the mark that keeps it from being a formula."""
    return text[1:] if GUARDED.match(text) else text


def _complete(flat: dict[str, Any]) -> dict[str, Any]:
    """Return a row's table: dotted keys as tables, the family where none is named, a unit."""
    row: dict[str, Any] = {}
    for key, value in flat.items():
        table, _, inner = key.partition(".")
        if NESTED.fullmatch(key):
            row.setdefault(table, {})[inner] = value
        else:
            row[key] = value
    if SHORT in row:
        try:
            return expand_short(row)
        except InputError as error:
            raise InputError(f"column {SHORT}: {error}") from None
    if "distribution" not in row:
        row = {"distribution": _family(row), **row}
    return {**row, "unit": row.get("unit", UNSTATED)}


def _family(row: Mapping[str, Any]) -> str:
    quantiles = {key: row[key] for key in sorted(row, key=_level) if QUANTILE.fullmatch(key)}
    if "value" in row and not quantiles:
        return "constant"
    if not quantiles:
        raise InputError("column distribution: empty, and no p5, p50, p95, value or short stands in for it")
    return law_of_quantiles(quantiles)


def _level(key: str) -> float:
    return float(key[1:]) if QUANTILE.fullmatch(key) else 0.0


def expand_short(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose key `short` states its law, as a table without it.

    Raises
    ------
    InputError
        If the short form is none, or the row states a law or a unit besides it.
    """
    rest = {key: value for key, value in row.items() if key != SHORT}
    law = read_short_form(row[SHORT])
    if law["unit"] == UNSTATED:
        law["unit"] = rest.pop("unit", UNSTATED)
    for key in rest:
        if key in law:
            raise InputError(f"{key}: stated in the short form too; keep one")
        if key not in (*ABOUT, "fit", "truncation", "varies"):
            raise InputError(f"{plain(key)}: a row with a short form states its law there; move it, or write a table")
    return {**law, **rest}


def expand_row(name: str, row: Any, label: str) -> Any:
    """Return a row's table if a short form or a number stands for it, and else what stands there.

    Raises
    ------
    InputError
        If a short form is none.
    """
    try:
        if isinstance(row, str | int | float) and not isinstance(row, bool):
            return read_short_form(row)
        if isinstance(row, Mapping) and isinstance(row.get(SHORT), str):
            return expand_short(row)
    except InputError as error:
        raise InputError(f"{label}: parameters.{plain(name)}: {error}") from None
    return row
