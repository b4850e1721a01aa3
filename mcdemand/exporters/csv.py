"""CSV: the table that everything reads, numbers in full; what is said of them behind `#`, where it is asked for."""

from __future__ import annotations

import base64
import csv
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST
from mcdemand.draw_choice import GROUPS
from mcdemand.errors import IntegrityError
from mcdemand.exporters._description import DIMS, MAX_DESCRIPTION_BYTES, read_json, write_json
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._joint_columns import Stated, describe, variables_of, years_of
from mcdemand.exporters._options import check_switch
from mcdemand.exporters._restoring import MAX_COLUMNS, check_size, number_blocks, reading, restore
from mcdemand.exporters._selection import Selection
from mcdemand.exporters._table import (
    LAYOUT_MEANING,
    TIDY,
    WIDE,
    Array,
    Table,
    distinct,
    tabulate,
)
from mcdemand.report.cells import line_cell, quoted

MARK = "# "
PACKED = "# mcdemand-description: "
MAX_HEADER_BYTES = 2**26
LEFT_OUT = (
    "Units, sources and provenance have no place in a table of numbers: about=true puts them into lines that start "
    "with #, and netcdf and parquet keep them."
)


def write(selection: Selection, target: Path, *, layout: Any, about: Any) -> Iterable[str]:
    """Write a header and a row for each draw, or for each draw and year; `about`: first, what is said of them."""
    check_switch("about", about)
    table = _guarded(tabulate(selection, layout))
    with target.open("w", encoding="utf-8", newline="") as file:
        if about:
            table.tree.attrs[DIGEST] = selection.digest_of(table.tree)
            file.writelines(f"{line}\n" for line in _about(selection, table))
        file.write(",".join(map(quoted, table.labels)) + "\n")
        for block in table.blocks():
            # `repr` of a float is the shortest text that reads back as the same bits.
            columns = (map(repr, column.tolist()) for column in block)
            file.write("\n".join(map(",".join, zip(*columns, strict=True))) + "\n")
    return () if about else (LEFT_OUT,)


def _guarded(table: Table) -> Table:
    """Return a table whose labels no spreadsheet takes for a formula."""
    used = {*DIMS}
    safe = [one._replace(labels=tuple(distinct(map(line_cell, one.labels), used))) for one in table.variables]
    return table._replace(variables=tuple(safe))


def _about(selection: Selection, table: Table) -> Iterator[str]:
    """Yield a line for each thing that is stated, then one for a program, of letters and digits only."""
    about = selection.about()
    for key, value in about.items():
        yield _line(f"{key}: {value}")
    for one in table.variables:
        stated = table.tree[one.group][one.name].attrs
        yield _line(f"{one.name}: {stated.get('units', '')}: {stated.get('long_name', '')}")
    packed = zlib.compress(write_json(table.describe(about)), level=9)
    yield PACKED + base64.b64encode(packed).decode()


def _line(text: str) -> str:
    return MARK + line_cell(text)


def read(path: Path) -> xr.DataTree:
    """Return the draws of a CSV file; without its lines on provenance, years and groups are told by the labels."""
    with reading(path), path.open(encoding="utf-8", newline="") as file:
        stated, labels = _head(path, file)
        return _restored(path, stated, labels, file)


def _restored(path: Path, stated: bytes | None, labels: list[str], file: Any) -> xr.DataTree:
    blocks = list(number_blocks(path, file, len(labels), sum(label in DIMS for label in labels[: len(DIMS)])))
    rows = sum(len(block[0]) for block in blocks)
    check_size(path, rows, len(labels))
    if stated is not None:
        return restore(path, read_json(stated, path), labels, rows, blocks)
    return restore(path, _guess(path, labels, blocks), labels, rows, blocks, expected={})


def _head(path: Path, file: Any) -> tuple[bytes | None, list[str]]:
    """Return the description, if there is one, and the names of the columns."""
    stated, size = None, 0
    while (line := file.readline(MAX_HEADER_BYTES)).startswith(MARK):
        size += len(line)
        if size >= MAX_HEADER_BYTES:
            raise IntegrityError(f"{path}: refused, it begins with more than {MAX_HEADER_BYTES} characters of comments")
        if line.startswith(PACKED):
            stated = _unpack(path, line.removeprefix(PACKED))
    labels = next(csv.reader([line]), [])
    if tuple(labels[:2]) != DIMS[:2] or len({*labels}) != len(labels) or len(labels) > MAX_COLUMNS:
        raise IntegrityError(
            f"{path}: is no result in CSV: its columns must begin with chain,draw and differ; of CSV files only those "
            "of --to csv are read back"
        )
    return stated, labels


def _unpack(path: Path, text: str) -> bytes:
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(base64.b64decode(text.strip(), validate=True), MAX_DESCRIPTION_BYTES)
    if not unpacker.eof:
        raise IntegrityError(f"{path}: damaged: its description is cut short or too long")
    return found


def _guess(path: Path, labels: list[str], blocks: list[list[Array]]) -> dict[str, Any]:
    """Return what a description would say: outputs have years, parameters have none, or the same value in each."""
    if not blocks:
        raise IntegrityError(f"{path}: cut short: it has no rows")
    columns = {label: np.concatenate([block[k] for block in blocks]) for k, label in enumerate(labels)}
    sizes = {"chains": len(np.unique(columns["chain"])), "draws": len(np.unique(columns["draw"]))}
    tidy = labels[2:3] == [DIMS[2]]
    years = [int(year) for year in np.unique(columns["year"])] if tidy else years_of(labels[2:])
    variables = []
    for (name, in_years), own in variables_of(labels[3 if tidy else 2 :], [] if tidy else years).items():
        yearly = _changes(columns[name], len(years)) if tidy else in_years
        variables.append(Stated(GROUPS[not yearly], name, own, yearly))
    return describe(variables, TIDY if tidy else WIDE, {**sizes, "years": years})


def _changes(values: Array, years: int) -> bool:
    """Return whether a column of a tidy table, year after year, is not the same in all of several years."""
    if years == 1 or len(values) % years:
        return True
    in_year = values.reshape(years, -1)
    return not np.array_equal(in_year, np.broadcast_to(in_year[0], in_year.shape))


EXPORTER = Exporter(
    name="csv",
    title="CSV table: a row for each draw, or for each draw and year, numbers in full",
    suffixes=(".csv",),
    keeps="joint draws",
    write=write,
    read=read,
    owns_suffix=True,
    has_parameters=True,
    options={"layout": WIDE, "about": False},
    meanings={
        "layout": LAYOUT_MEANING,
        "about": "true: lines that start with # say where the numbers come from, and the run can be repeated",
    },
    whole={"about": True},
)
