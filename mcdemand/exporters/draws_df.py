"""CSV for R's posterior: `as_draws_df(read.csv(FILE, check.names = FALSE))` has every draw with its chain.

A yearly variable is `power[1]`, `power[2]` and so on, and so is `year`, a constant: `as_draws_rvars` makes a vector of
each. With `index="year"` it is `power[y2030]` instead, and posterior keeps the labels as names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_word
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import identifier
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

INDEXES = ("position", "year")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
RESERVED = frozenset({"year", "na", "nan", "inf", "null", "true", "false", "lp__"})
BLOCK_ROWS = 4096


def write(selection: Selection, target: Path, /, *, index: str) -> Iterable[str]:
    """Write the table.

    Raises
    ------
    InputError
        If `index` is neither "position" nor "year".
    """
    check_word("index", index, INDEXES)
    columns = selection.columns()
    names = _names(columns)
    table = _year_columns(columns) if index == INDEXES[0] else []
    table += [(_label(names[column.name], column, columns, index), column.values) for column in columns]
    with target.open("w", encoding="ascii", newline="\n") as file:
        file.write(",".join([".chain", ".iteration", ".draw", *(label for label, _ in table)]) + "\n")
        file.writelines(_rows(selection.chains, [values for _, values in table]))
    return list(_notes(names))


def _names(columns: list[Column]) -> dict[str, str]:
    """Return R's name of each variable."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(column.name for column in columns):
        used = {*RESERVED, *(one.lower() for one in found.values())}
        sound = NAME.fullmatch(name) and name.lower() not in used
        found[name] = name if sound else identifier(name, used)
    return found


def _label(name: str, column: Column, columns: list[Column], index: str) -> str:
    if column.year is None:
        return name
    if index == INDEXES[1]:
        return f"{name}[y{column.year}]"
    years = [one.year for one in columns if one.name == column.name]
    return f"{name}[{years.index(column.year) + 1}]"


def _year_columns(columns: list[Column]) -> list[tuple[str, Floats]]:
    """Return the years as constants, so that they can be looked up by position."""
    years = list(dict.fromkeys(column.year for column in columns if column.year is not None))
    return [(f"year[{k}]", np.full(columns[0].values.size, float(year))) for k, year in enumerate(years, 1)]


def _rows(chains: int, columns: list[Floats]) -> Iterator[str]:
    size = columns[0].size
    per_chain = size // chains
    for start in range(0, size, BLOCK_ROWS):
        block = np.column_stack([column[start : start + BLOCK_ROWS] for column in columns]).tolist()
        for draw, numbers in enumerate(block, start):
            place = draw // per_chain + 1, draw % per_chain + 1, draw + 1
            yield ",".join([*map(str, place), *map(repr, numbers)]) + "\n"


def _notes(names: dict[str, str]) -> Iterator[str]:
    yield "Units and provenance are left out: this CSV has no room for them."
    for name, found in names.items():
        if name != found:
            yield f"{literal(name)!r} is called {found}, as R's posterior reads no other characters."


EXPORTER = Exporter(
    name="draws-df",
    title="CSV of draws for R's posterior",
    suffixes=(".csv",),
    keeps="joint draws",
    write=write,
    has_parameters=True,
    options={"index": INDEXES[0]},
    meanings={
        "index": "position: energy[1] is the first year; year: energy[y2030] is 2030",
    },
)
