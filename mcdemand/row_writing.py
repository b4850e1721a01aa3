"""Rows written down, as a short form, as TOML or as CSV, so that reading them back gives the same laws."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcdemand.errors import InputError, PriorSetError
from mcdemand.row_table import ABOUT, NESTED, PARAMETER, QUANTILE, SHORT, WORDS, guard, known_columns
from mcdemand.schema import UNSTATED, plain
from mcdemand.short_forms import read_short_form

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
HIDDEN = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
EXACT_BELOW = 2**53
FIRST_COLUMNS = (PARAMETER, SHORT, "distribution")
NOWHERE: Mapping[str, str] = {}
BESIDE_THE_LAW = (*ABOUT, "truncation", "varies", "fit")


def write_short_form(row: Mapping[str, Any]) -> str | None:
    """Return a short form that states the same law and unit as a row; None if there is none.

    Parameters
    ----------
    row
        Keys of the law, `distribution` and `unit`; a row with others has no short form.

    Examples
    --------
    >>> write_short_form({"distribution": "lognormal", "p5": 60, "p95": 300, "unit": "TWh"})
    '60 to 300 [TWh]'
    """
    law = {key: value for key, value in row.items() if key not in ("distribution", "unit")}
    unit = row.get("unit", "1")
    tail = "" if unit == UNSTATED else f" [{unit}]"
    for text in _candidates(str(row.get("distribution")), law):
        try:
            if text is not None and read_short_form(text + tail) == {"unit": "1", **row}:
                return text + tail
        except InputError:
            continue
    return None


def _candidates(family: str, law: Mapping[str, Any]) -> list[str | None]:
    """Return what may state a law, the shortest first."""
    items = {key: _written(value) for key, value in law.items()}
    if None in items.values():
        return []
    numbers = [str(item) for item in items.values()]
    by_key = f"{family}({', '.join(f'{key}={item}' for key, item in items.items())})"
    level = _level(law)
    return [
        numbers[0] if family == "constant" and len(numbers) == 1 else None,
        None if level is None else f"{(' to ' if len(numbers) == 2 else ' / ').join(numbers)}{level}",
        f"{family}({', '.join(numbers)})",
        by_key,
    ]


def _level(law: Mapping[str, Any]) -> str | None:
    """Return what states the level of quantiles, "" for 90 %; None if the keys are no interval's."""
    match = re.fullmatch(r"p(\d++(?:\.\d++)?)", next(iter(law), ""))
    tail = float(match[1]) if match else 50.0
    if not tail < 50:
        return None
    return "" if tail == 5 else f" ({100 - 2 * tail:.10g} %)"


def _written(value: Any) -> str | None:
    """Return a number, a text or a list of them as an argument."""
    if isinstance(value, list | tuple):
        parts = [_written(one) for one in value]
        return None if None in parts else f"[{', '.join(map(str, parts))}]"
    if isinstance(value, str):
        return None if '"' in value else json.dumps(value, ensure_ascii=False)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else _number(value)


def _number(value: float) -> str:
    """Return a number as it is read back, a whole one without a point."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < EXACT_BELOW
    return repr(int(value) if is_whole and (value or math.copysign(1, value) > 0) else value)


def shorten_row(row: Mapping[str, Any]) -> str | dict[str, Any]:
    """Return a row as a short form, as a table that holds one, or as it is, whichever is the first that can be.

    Examples
    --------
    >>> row = {"distribution": "lognormal", "p5": 60, "p95": 300, "unit": "TWh"}
    >>> shorten_row(row), shorten_row({**row, "source": "a report"})
    ('60 to 300 [TWh]', {'short': '60 to 300 [TWh]', 'source': 'a report'})
    """
    law = {key: value for key, value in row.items() if key not in BESIDE_THE_LAW}
    text = write_short_form({**law, "unit": row.get("unit", "1")})
    rest = {key: row[key] for key in BESIDE_THE_LAW if key != "unit" and row.get(key) not in (None, "")}
    if text is None:
        return dict(row)
    return {SHORT: text, **rest} if rest else text


def write_toml(content: Mapping[str, Any]) -> str:
    """Return the document of a prior set as TOML: what is no table first, then a table for each row.

    Raises
    ------
    InputError
        If it holds what TOML cannot.
    """
    bare = {key: value for key, value in content.items() if not isinstance(value, Mapping) and not _is_list(value)}
    blocks = ["".join(f"{_key(key)} = {toml_value(value)}\n" for key, value in bare.items())]
    for key, value in content.items():
        if key in bare:
            continue
        if _is_list(value):
            blocks += [_block(f"[[{_key(key)}]]", one) for one in value]
            continue
        inner = {name: one for name, one in value.items() if isinstance(one, Mapping) and key == "parameters"}
        outer = {name: one for name, one in value.items() if name not in inner}
        blocks += [_block(f"[{_key(key)}]", outer)] if outer or not inner else []
        blocks += [_block(f"[{_key(key)}.{_key(name)}]", one) for name, one in inner.items()]
    return "\n".join(filter(None, blocks))


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _block(heading: str, table: Mapping[str, Any]) -> str:
    return "\n".join([heading, *(f"{_key(key)} = {toml_value(value)}" for key, value in table.items())]) + "\n"


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else toml_value(key)


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it.

    Raises
    ------
    InputError
        If TOML has no such value.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # JSON escapes all that TOML forbids in a text, but for one character; what steers a terminal or turns the
        # direction of writing is escaped too.
        return HIDDEN.sub(lambda one: f"\\u{ord(one[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {toml_value(one)}' for key, one in value.items())} }}"
    raise InputError(f"{value!r:.80}: TOML has no such value")


def write_csv(rows: Mapping[str, Mapping[str, Any]], places: Mapping[str, str] = NOWHERE) -> str:
    r"""Return rows as CSV, a line each; a law with lists as a short form, a text that may be a formula after a '.

    Parameters
    ----------
    places
        Where each row comes from, for messages.

    Raises
    ------
    PriorSetError
        If rows hold what no cell can: a line each.

    Examples
    --------
    >>> print(write_csv({"x": {"distribution": "lognormal", "p5": 1, "p95": 3, "unit": "TWh"}}).replace("\r", ""))
    parameter,distribution,p5,p95,unit
    x,lognormal,1,3,TWh
    <BLANKLINE>
    """
    lines: list[dict[str, Any]] = []
    problems: list[str] = []
    for name, row in rows.items():
        try:
            lines.append({PARAMETER: name, **_cells(row)})
        except InputError as error:
            where = f"{places[name]}: " if name in places else ""
            problems.append(f"{where}parameters.{plain(name)}.{error}")
    if problems:
        raise PriorSetError(problems)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, sorted({key for line in lines for key in line}, key=_place), restval="")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row's cells by column; where its law does not fit into cells, that of a short form."""
    flat = dict(_flat({**row, "unit": row.get("unit", "1")}))
    if not all(_fits(key, value) for key, value in flat.items()):
        shortened = shorten_row(row)
        flat = dict(_flat({SHORT: shortened} if isinstance(shortened, str) else shortened))
    wrong = next((key for key, value in flat.items() if not _fits(key, value)), None)
    if wrong:
        raise InputError(f"{wrong}: no cell of a CSV file can hold it; keep the row in a TOML file")
    return {key: guard(value) if isinstance(value, str) else _number(value) for key, value in flat.items()}


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield keys and values that are stated, those of a table in the row by dotted keys."""
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", one) for inner, one in value.items())
        elif value not in (None, "") and (key, value) != ("unit", UNSTATED):
            yield key, value


def _fits(key: str, value: Any) -> bool:
    """Tell whether a cell of a column gives the value back."""
    if isinstance(value, str):
        return key in WORDS and value == value.strip()
    is_known = key in known_columns() - WORDS or bool(QUANTILE.fullmatch(key) or NESTED.fullmatch(key))
    return is_known and isinstance(value, int | float) and not isinstance(value, bool)


def _place(column: str) -> tuple[int, float, str]:
    """Return where a column stands: name and law, quantiles, numbers, what is said of them."""
    if column in FIRST_COLUMNS:
        return 0, FIRST_COLUMNS.index(column), ""
    if QUANTILE.fullmatch(column):
        return 1, float(column[1:]), ""
    return (3, ABOUT.index(column), "") if column in ABOUT else (2, 0.0, column)
