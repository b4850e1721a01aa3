"""CSV for R's posterior: `as_draws_df(read.csv(FILE, check.names = FALSE))` has every draw with its chain.

A yearly variable is `power[1]`, `power[2]` and so on, and so is `year`, a constant: `as_draws_rvars` makes a vector of
each. With `index="year"` it is `power[y2030]` instead, and posterior keeps the labels as names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from mcdemand.errors import IntegrityError
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._joint_columns import Joint, joint_tree
from mcdemand.exporters._options import check_word
from mcdemand.exporters._restoring import MAX_FIRST_LINE, first_cells, number_blocks, reading
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import identifier
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

YEAR = "year"
INDEXES = ("position", "year")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
RESERVED = frozenset({YEAR, "na", "nan", "inf", "null", "true", "false", "lp__"})
BLOCK_ROWS = 4096
KEYS = (".chain", ".iteration", ".draw")
LABEL = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<year>y?)(?P<index>-?\d{1,6})\])?", re.ASCII)


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
        file.write(",".join([*KEYS, *(label for label, _ in table)]) + "\n")
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
    return [(f"{YEAR}[{k}]", np.full(columns[0].values.size, float(year))) for k, year in enumerate(years, 1)]


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


def claims(path: Path) -> bool:
    """Return whether a CSV file begins with the columns that R's posterior asks for."""
    return tuple(first_cells(path)[: len(KEYS)]) == KEYS


def read(path: Path) -> xr.DataTree:
    """Return the draws of a CSV file for R's posterior, under R's names."""
    with reading(path), path.open(encoding="ascii", newline="") as file:
        labels = next(csv.reader([file.readline(MAX_FIRST_LINE)]), [])
        blocks = list(number_blocks(path, file, len(labels), len(KEYS)))
        if tuple(labels[: len(KEYS)]) != KEYS or not blocks:
            raise IntegrityError(f"{path}: cut short: it has no rows of draws")
        keys, values = np.split(np.concatenate([np.array(block) for block in blocks], axis=1), [len(KEYS)])
        chains = _chains(path, keys)
        return joint_tree(path, list(_columns(path, labels[len(KEYS) :], values)), chains=chains, in_turn=False)


def _chains(path: Path, keys: Floats) -> int:
    """Return how many chains follow each other."""
    rows = keys.shape[1]
    count = int(min(max(keys[0].max(), 1), rows))
    chain, iteration = np.divmod(np.arange(rows), max(rows // count, 1))
    if not np.array_equal(keys, [chain + 1, iteration + 1, np.arange(rows) + 1]):
        raise IntegrityError(f"{path}: cut short, or its rows were sorted anew or changed; export the result again")
    return count


def _columns(path: Path, labels: list[str], values: Floats) -> Iterator[Joint]:
    found = [LABEL.fullmatch(label) for label in labels]
    years: dict[str, int] = {}
    for match, column in zip(found, values, strict=True):
        if match and match["name"] == YEAR and match["index"]:
            years[match["index"]] = _constant(path, column)
    for label, match, column in zip(labels, found, values, strict=True):
        if match is None:
            raise IntegrityError(f"{path}: {label!r:.60} is no name of a column as R's posterior has them")
        if match["name"] != YEAR:
            yield Joint(match["name"], _year_of(path, match, years), column)


def _constant(path: Path, column: Floats) -> int:
    if column[0] % 1 or (column != column[0]).any():
        raise IntegrityError(f"{path}: damaged: a year is not the same in all of its rows")
    return int(column[0])


def _year_of(path: Path, match: re.Match[str], years: Mapping[str, int]) -> int | None:
    index = match["index"]
    if index is None or match["year"]:
        return None if index is None else int(index)
    if index not in years:
        raise IntegrityError(f"{path}: damaged: no column {YEAR}[{index}] says which year that is")
    return years[index]


EXPORTER = Exporter(
    name="draws-df",
    title="CSV of draws for R's posterior",
    suffixes=(".csv",),
    keeps="joint draws",
    write=write,
    read_draws=read,
    claims=claims,
    has_parameters=True,
    options={"index": INDEXES[0]},
    meanings={
        "index": "position: energy[1] is the first year; year: energy[y2030] is 2030",
    },
)
