"""The draws of a workbook of `--to excel`: the sheet `draws`; others say what its columns are, and of which run."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.errors import IntegrityError
from mcdemand.exporters._joint_columns import Joint, joint_tree, provenance, split_labels
from mcdemand.exporters._restoring import reading
from mcdemand.exporters._selection import PARAMETERS, QUANTITIES, STATED
from mcdemand.exporters._sheet_reading import Cells, Sheets, open_sheets
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

DRAWS = "draws"
KEYS = ("chain", "draw")
MARK = " (parameter)"
NUMBERS_FROM, RUN_SAID = "Where the numbers come from", "What the run said"
OUTPUT_TEXTS = {1: "long_name", 2: "units"}
INPUT_TEXTS = {1: "units", 7: "source", 8: "note"}
OUTPUT_YEAR, INPUT_YEAR = 3, 2
EXACT = 2**53
"""From here on a cell does not hold every whole number."""


class _Known(NamedTuple):
    """What a sheet says of a column."""

    name: str
    year: int | None
    attributes: dict[str, str]


def read(path: Path) -> xr.DataTree:
    """Return the draws of a workbook, with names, units and sources where its sheets state them."""
    with reading(path), open_sheets(path) as book:
        if DRAWS not in book.names:
            raise IntegrityError(
                f"{path}: has no sheet {DRAWS}; of workbooks those of --to excel and --to sipmath2 are read back"
            )
        labels, units, values = _table(path, book.rows(DRAWS))
        columns = list(_columns(labels, units, values[len(KEYS) :], book))
        chains = _chains(path, *values[: len(KEYS)])
        return joint_tree(path, columns, chains=chains, attributes=_provenance(book.rows("about")))


def _table(path: Path, rows: Iterable[tuple[int, Cells]]) -> tuple[list[str], list[str], list[Floats]]:
    """Return labels and units of the columns of draws, and the numbers of all columns."""
    table = iter(rows)
    (_, header), (_, units) = next(table, (0, {})), next(table, (1, {}))
    if tuple(header.get(k) for k in range(len(KEYS))) != KEYS:
        raise IntegrityError(
            f"{path}: its sheet {DRAWS} does not begin with chain and draw, as that of --to excel does"
        )
    columns: list[array[float]] = []
    for place, row in table:
        columns = columns or [array("d") for _ in row]
        if [*row] != [*range(len(columns))] or any(isinstance(cell, str) for cell in row.values()):
            raise IntegrityError(f"{path}: damaged: row {place + 1} of the sheet {DRAWS} lacks a number")
        for column, cell in zip(columns, row.values(), strict=True):
            column.append(float(cell))
    if len(columns) <= len(KEYS) or max(header) >= len(columns):
        raise IntegrityError(f"{path}: cut short or damaged: its sheet {DRAWS} has a column without numbers")
    places = range(len(KEYS), len(columns))
    texts = ([str(line.get(k, "")) for k in places] for line in (header, units))
    return next(texts), next(texts), [np.array(column) for column in columns]


def _chains(path: Path, chain: Floats, draw: Floats) -> int:
    """Return how many chains take turns."""
    count = int(min(max(chain.max(), 0), chain.size)) + 1
    places = np.arange(chain.size)
    if not (np.array_equal(chain, places % count) and np.array_equal(draw, places // count)):
        raise IntegrityError(f"{path}: its rows were sorted anew or changed; export the result again")
    return count


def _columns(labels: list[str], units: list[str], values: list[Floats], book: Sheets) -> Iterator[Joint]:
    outputs = _known(book.rows("quantiles"), OUTPUT_YEAR, OUTPUT_TEXTS)
    inputs = _known(book.rows("inputs"), INPUT_YEAR, INPUT_TEXTS)
    guesses = split_labels(labels)
    seen: set[str] = set()
    for label, unit, column, guess in zip(labels, units, values, guesses, strict=True):
        group, known = _identify(label, seen, outputs, inputs)
        name, year, attributes = known or _Known(*guess, {})
        yield Joint(name, year, column, {**attributes, "units": unit}, group)
        seen.add(label)


def _identify(
    label: str, seen: set[str], outputs: Mapping[str, _Known], inputs: Mapping[str, _Known]
) -> tuple[str, _Known | None]:
    """Return group and description of a column; an unknown one is told by its label."""
    bare = label.removesuffix(MARK)
    if bare != label and bare in seen:
        return PARAMETERS, inputs.get(bare)
    output, parameter = outputs.get(label), inputs.get(label)
    # Of a workbook of parameters alone, the sheet of quantiles is theirs.
    if output is not None and (parameter is None or parameter[:2] != output[:2]):
        return QUANTITIES, output
    return ("" if parameter is None else PARAMETERS), parameter


def _known(rows: Iterable[tuple[int, Cells]], year_column: int, texts: Mapping[int, str]) -> dict[str, _Known]:
    """Return what a sheet says of each column, by label."""
    found: dict[str, _Known] = {}
    for place, row in rows:
        name, year = str(row.get(0, "")), row.get(year_column)
        if place and not isinstance(year, str):
            stated = {key: str(row[k]) for k, key in texts.items() if k in row}
            whole = None if year is None else int(year)
            label = literal(name if whole is None else f"{name}_{whole}")
            found.setdefault(label, _Known(name, whole, stated))
    return found


def _provenance(rows: Iterable[tuple[int, Cells]]) -> dict[str, Any]:
    """Return the attributes of the run that the sheet `about` states."""
    stated: dict[str, Any] = {}
    notices: list[str] = []
    heading = ""
    for _, row in rows:
        key, value = str(row.get(0, "")).replace(" ", "_"), row.get(1, "")
        if key and value == "" and key not in STATED:
            heading = str(row[0])
        elif heading == NUMBERS_FROM:
            stated[key] = int(value) if isinstance(value, float) and abs(value) < EXACT else value
        elif heading == RUN_SAID:
            notices.append(str(value))
    return provenance(stated | ({"notices": "\n".join(notices)} if notices else {}))
