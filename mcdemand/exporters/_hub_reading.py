"""The trajectories of a hubverse model output, CSV or Parquet, become draws again."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.errors import IntegrityError
from mcdemand.exporters._description import MAX_DESCRIPTION_BYTES, read_json
from mcdemand.exporters._exporter import check_installed
from mcdemand.exporters._hub_rows import SAMPLE, TITLES
from mcdemand.exporters._joint_columns import Joint, chains_of, joint_tree, number, provenance
from mcdemand.exporters._restoring import check_size, first_cells, most_bytes, reading, whole_lines
from mcdemand.report.cells import FORMULA_STARTS

PARQUET = ".parquet"
KEY = b"mcdemand"
NEEDED = ("target", "target_date", "output_type", "output_type_id", "value")
TEXTS = ("target", "output_type")
WHOLE = re.compile(r"\d{1,9}", re.ASCII)

type Trajectory = tuple[str, date, str | float, float]
"""A target, a date, the id of a trajectory, and its value there."""


@dataclass
class _Samples:
    """The sample of a target on a date."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))


def claims(path: Path) -> bool:
    """Return whether a file has the columns of a model output."""
    if path.suffix.lower() != PARQUET:
        return tuple(first_cells(path)) == TITLES
    try:
        with _open(path) as file:
            return tuple(file.schema_arrow.names) == TITLES
    except Exception:  # Whatever is wrong with it, it is no model output; who reads it says what.
        return False


def read(path: Path) -> xr.DataTree:
    """Return the trajectories of a model output; what the years of each target are, its dates say."""
    with reading(path):
        stated: dict[str, Any] = {}
        if path.suffix.lower() == PARQUET:
            with _open(path) as file:
                stated = read_json((file.schema_arrow.metadata or {}).get(KEY, b"{}"), path)
                samples = _gather(path, _parquet_rows(path, file))
        else:
            with path.open(encoding="utf-8", newline="") as lines:
                samples = _gather(path, _csv_rows(path, lines))
        units = stated.get("units")
        columns = [*_columns(path, samples, units if isinstance(units, dict) else {})]
        attributes = provenance(stated)
        return joint_tree(path, columns, chains=chains_of(attributes), attributes=attributes)


def _gather(path: Path, rows: Iterable[Trajectory]) -> dict[tuple[str, date], _Samples]:
    samples: dict[tuple[str, date], _Samples] = {}
    for target, day, key, value in rows:
        one = samples.setdefault((target, day), _Samples())
        one.ids.append(_id(path, key))
        one.values.append(value)
    if not samples:
        raise IntegrityError(f"{path}: has no draws: no row is of output type {SAMPLE!r}, or it is cut short")
    return samples


def _id(path: Path, key: str | float) -> int:
    if not (WHOLE.fullmatch(key) if isinstance(key, str) else key >= 0 and key % 1 == 0):
        raise IntegrityError(f"{path}: {key!r:.40}: is no id of a trajectory; those are whole numbers")
    return int(key)


def _columns(path: Path, samples: Mapping[tuple[str, date], _Samples], units: Mapping[str, Any]) -> Iterator[Joint]:
    """Yield each target in each year; ids go on from one of its own, the same one on all dates."""
    firsts: dict[str, int] = {}
    for (target, day), one in samples.items():
        ids = np.array(one.ids)
        if not np.array_equal(ids, firsts.setdefault(target, int(ids[0])) + np.arange(ids.size)):
            raise IntegrityError(f"{path}: cut short or changed: {target!r:.60} on {day} lacks a trajectory")
        about = {"units": str(units[target])} if target in units else {}
        yield Joint(target, day.year, np.array(one.values), about)


def _csv_rows(path: Path, lines: Iterable[str]) -> Iterator[Trajectory]:
    table = csv.reader(whole_lines(path, lines))
    next(table, None)
    for row in table:
        if len(row) != len(TITLES):
            raise IntegrityError(f"{path}: damaged: line {table.line_num} has {len(row)} cells, not {len(TITLES)}")
        if row[4] == SAMPLE:
            yield _unguarded(row[1]), date.fromisoformat(row[2]), row[5], number(row[6])


def _unguarded(text: str) -> str:
    """Return a text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _open(path: Path) -> Any:
    """Return an open Parquet file whose texts stay together with the numbers of those that are equal."""
    check_installed("hubverse", "pyarrow", "export")
    from pyarrow import parquet

    limits = {"thrift_string_size_limit": 2 * MAX_DESCRIPTION_BYTES, "arrow_extensions_enabled": False}
    return parquet.ParquetFile(
        path, read_dictionary=[*TEXTS, "output_type_id"], page_checksum_verification=True, **limits
    )


def _parquet_rows(path: Path, file: Any) -> Iterator[Trajectory]:
    _check_columns(path, file)
    for k in range(file.num_row_groups):
        group = file.read_row_group(k, columns=[*NEEDED])
        group.validate(full=True)
        kinds = _values_of(path, group["output_type"])
        sample = kinds == SAMPLE
        # Means and medians have no id, so only those of the sample are looked at.
        target, day, _, key, value = (_values_of(path, group[name].filter(sample)) for name in NEEDED)
        yield from zip(target.tolist(), day.tolist(), key.tolist(), value.tolist(), strict=True)


def _check_columns(path: Path, file: Any) -> None:
    """Raise unless the columns are of the types that a model output has, and do not unpack to too much."""
    import pyarrow as pa

    text = pa.dictionary(pa.int32(), pa.string())
    ids = (text, pa.float64(), pa.int32(), pa.int64())
    types = {"target_date": (pa.date32(),), "value": (pa.float64(),), "output_type_id": ids}
    for name in NEEDED:
        kind = file.schema_arrow.field(name).type
        if kind not in types.get(name, (text,)):
            raise IntegrityError(f"{path}: refused, column {name} holds {kind!s:.60}, as no model output does")
    check_size(path, file.metadata.num_rows, len(TITLES))
    # What metadata say of a column is not looked at: the library ends the process where that is damaged.
    unpacked = sum(file.metadata.row_group(k).total_byte_size for k in range(file.num_row_groups))
    if unpacked > most_bytes(path):
        raise IntegrityError(f"{path}: refused, it would unpack to {unpacked} bytes")


def _values_of(path: Path, column: Any) -> Any:
    """Return the values of a column; of equal texts there is one."""
    import pyarrow as pa

    if column.null_count:
        raise IntegrityError(f"{path}: damaged: a cell is empty")
    if not pa.types.is_dictionary(column.type):
        return column.to_numpy()
    found = column.combine_chunks()
    texts = np.array([*found.dictionary.to_pylist(), None], dtype=object)[:-1]
    return texts[found.indices.to_numpy()]
