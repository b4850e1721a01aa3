"""Parquet: a table for pandas, polars, DuckDB, Spark and R; units and provenance stand in the file's metadata."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import xarray as xr

from mcdemand.errors import IntegrityError
from mcdemand.exporters._arrow_table import batch_of, block_of, check_schema, describe, schema_of
from mcdemand.exporters._description import MAX_DESCRIPTION_BYTES
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_word
from mcdemand.exporters._restoring import most_bytes, reading, restore
from mcdemand.exporters._selection import Selection
from mcdemand.exporters._table import BLOCK_ROWS, LAYOUT_MEANING, WIDE, Array, Table, tabulate

# Doubles that are random in all but a few bits: zstd saves an eighth and takes twice the time (benchmarks/exports.py).
NONE, ZSTD = COMPRESSIONS = ("none", "zstd")
ZSTD_LEVEL = 1


def write(selection: Selection, target: Path, *, layout: Any, compression: Any) -> Iterable[str]:
    """Write the draws, then what is said of them."""
    check_word("compression", compression, COMPRESSIONS)
    table = tabulate(selection, layout)
    with ThreadPoolExecutor(1) as pool, target.open("wb") as file:
        # Hashing and writing are equally slow: each has a thread, and the footer waits for both.
        said = pool.submit(describe, selection, table)
        schema = schema_of(table)
        with _writer(file, schema, table, compression) as writer:
            for block in table.blocks():
                writer.write_batch(batch_of(block, schema), row_group_size=BLOCK_ROWS)
            file.flush()
            os.fsync(file.fileno())
            writer.add_key_value_metadata(said.result())
    return ()


def _writer(file: Any, schema: Any, table: Table, compression: str) -> Any:
    from pyarrow import parquet

    packed = {"compression": ZSTD, "compression_level": ZSTD_LEVEL} if compression == ZSTD else {"compression": NONE}
    return parquet.ParquetWriter(
        file,
        schema,
        use_dictionary=False,
        # By default a thousand values at a time, each with a call of its own.
        write_batch_size=BLOCK_ROWS,
        # Bytes of the same place side by side: what exponents share is found there.
        use_byte_stream_split=table.labels[len(table.keys) :] if compression == ZSTD else False,
        # A reader that wants one year skips the others; least and largest draw help nobody.
        write_statistics=list(table.keys),
        # Arrow's own copy of the schema would hide metadata that is added at the end, and these types need none.
        store_schema=False,
        **packed,
    )


def read(path: Path) -> xr.DataTree:
    """Return the draws of a Parquet file."""
    from pyarrow import parquet

    limits = {"thrift_string_size_limit": 2 * MAX_DESCRIPTION_BYTES, "arrow_extensions_enabled": False}
    with reading(path), parquet.ParquetFile(path, page_checksum_verification=True, **limits) as file:
        rows = file.metadata.num_rows
        description = check_schema(path, file.schema_arrow, file.metadata.metadata, rows)
        _check_unpacked(path, file)
        return restore(path, description, file.schema_arrow.names, rows, _blocks(path, file))


def _check_unpacked(path: Path, file: Any) -> None:
    """Raise if a file says that it unpacks to too much."""
    # What metadata say of a column is not looked at: the library ends the process where that is damaged.
    unpacked = sum(file.metadata.row_group(k).total_byte_size for k in range(file.num_row_groups))
    if unpacked > most_bytes(path):
        raise IntegrityError(f"{path}: refused, it would unpack to {unpacked} bytes")


def _blocks(path: Path, file: Any) -> Iterator[list[Array]]:
    for k in range(file.num_row_groups):
        # What a page claims to unpack to is known only when it is read, so one is unpacked at a time.
        yield block_of(path, file.read_row_group(k, use_threads=False))


EXPORTER = Exporter(
    name="parquet",
    title="Parquet table for pandas, polars, DuckDB and Spark: a row for each draw, or for each draw and year",
    suffixes=(".parquet",),
    keeps="joint draws",
    write=write,
    read=read,
    owns_suffix=True,
    has_parameters=True,
    options={"layout": WIDE, "compression": NONE},
    meanings={
        "layout": LAYOUT_MEANING,
        "compression": "zstd saves an eighth and takes twice as long",
    },
    library="pyarrow",
    extra="export",
)
