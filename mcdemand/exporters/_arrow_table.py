"""A table as Arrow has it, and back; Parquet and Arrow IPC share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcdemand.content import DIGEST
from mcdemand.errors import IntegrityError
from mcdemand.exporters._description import read_json, write_json
from mcdemand.exporters._restoring import check_size
from mcdemand.exporters._selection import Selection
from mcdemand.exporters._table import Array, Table

KEY = b"mcdemand"
"""Of the description among a file's metadata."""


def schema_of(table: Table) -> Any:
    """Return the columns' names and types: whole numbers of the index, doubles."""
    import pyarrow as pa

    index = [pa.field(name, pa.int32(), nullable=False) for name in table.keys]
    values = [pa.field(label, pa.float64(), nullable=False) for label in table.labels[len(index) :]]
    return pa.schema([*index, *values])


def describe(selection: Selection, table: Table) -> dict[bytes, bytes]:
    """Return a file's metadata: what the columns do not say, and the digest of what they do."""
    table.tree.attrs[DIGEST] = selection.digest_of(table.tree)
    return {KEY: write_json(table.describe(selection.about()))}


def batch_of(block: Sequence[Array], schema: Any) -> Any:
    """Return a block as a record batch; its arrays are views."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array(column) for column in block], schema=schema)


def check_schema(path: Path, schema: Any, metadata: Mapping[bytes, bytes] | None, rows: int) -> dict[str, Any]:
    """Return the description in a file's metadata; raise unless the columns are plain numbers.

    Raises
    ------
    IntegrityError
        If it is not.
    """
    import pyarrow as pa

    check_size(path, rows, len(schema))
    for field in schema:
        if field.type not in (pa.int32(), pa.int64(), pa.float64()):
            raise IntegrityError(f"{path}: refused, column {field.name!r:.80} holds {field.type!s:.40}; numbers only")
    stated = (metadata or {}).get(KEY)
    if stated is None:
        raise IntegrityError(f"{path}: was not written by mcdemand: it has no metadata {KEY.decode()!r}")
    return read_json(stated, path)


def block_of(path: Path, batch: Any) -> list[Array]:
    """Return the columns of a record batch or a table.

    Raises
    ------
    IntegrityError
        If a number is missing.
    """
    batch.validate(full=True)
    if any(column.null_count for column in batch.columns):
        raise IntegrityError(f"{path}: damaged: numbers are missing")
    return [column.to_numpy() for column in batch.columns]
