"""Arrow IPC, which is Feather version 2: the table of `parquet`, laid out as it lies in memory."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from mcdemand.errors import FileError, IntegrityError
from mcdemand.exporters._arrow_table import batch_of, block_of, check_schema, describe, schema_of
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._restoring import check_size, reading, restore
from mcdemand.exporters._selection import Selection
from mcdemand.exporters._table import LAYOUT_MEANING, WIDE, Array, tabulate

MAGIC, MAGIC_END = b"ARROW1\0\0", b"ARROW1"
FIELDS_START = 4
"""Bytes of a FlatBuffer's list of fields before the first of them."""


def write(selection: Selection, target: Path, *, layout: Any) -> Iterable[str]:
    """Write what is said of the draws, then the draws, uncompressed so that a reader can map them."""
    import pyarrow as pa

    table = tabulate(selection, layout)
    schema = schema_of(table).with_metadata(describe(selection, table))
    with target.open("wb") as file, pa.ipc.new_file(file, schema) as writer:
        for block in table.blocks():
            writer.write_batch(batch_of(block, schema))
    return ()


def read(path: Path) -> xr.DataTree:
    """Return the draws of an Arrow file; they are copied, as a mapped file can change under the reader."""
    import pyarrow as pa

    with reading(path), path.open("rb") as source:
        if source.read(len(MAGIC)) != MAGIC:
            raise FileError(f"{path}: cannot be read: not an Arrow file")
        source.seek(-len(MAGIC_END), os.SEEK_END)
        if source.read() != MAGIC_END:
            raise IntegrityError(f"{path}: cut short; get it again or simulate anew")
        source.seek(len(MAGIC))
        # Message after message, as the table of contents at the end can point anywhere.
        messages = pa.ipc.MessageReader.open_stream(source)
        schema = pa.ipc.read_schema(messages.read_next_message())
        description = check_schema(path, schema, schema.metadata, 0)
        blocks = list(_blocks(path, messages, schema))
        rows = sum(len(block[0]) for block in blocks)
        check_size(path, rows, len(schema))
        return restore(path, description, schema.names, rows, blocks)


def _blocks(path: Path, messages: Any, schema: Any) -> Iterator[list[Array]]:
    import pyarrow as pa

    for message in messages:
        if message.type != "record batch" or _is_packed(message.metadata.to_pybytes()):
            raise IntegrityError(f"{path}: refused, it is packed, or holds more than one table; not as written")
        yield block_of(path, pa.ipc.read_record_batch(message, schema))


def _is_packed(message: bytes) -> bool:
    """Return whether a record batch says that it is compressed: to any size that it likes to claim.

    It is a FlatBuffer: a message's third field is the record batch, whose fourth is the compression.
    """
    (root,) = struct.unpack_from("<I", message)
    header = root + _field(message, root, 2)
    (distance,) = struct.unpack_from("<I", message, header)
    return _field(message, header + distance, 3) != 0


def _field(message: bytes, table: int, k: int) -> int:
    """Return where a table's field lies from its start, 0 if it is left out."""
    (distance,) = struct.unpack_from("<i", message, table)
    (size,) = struct.unpack_from("<H", message, table - distance)
    if FIELDS_START + 2 * k >= size:
        return 0
    return int(struct.unpack_from("<H", message, table - distance + FIELDS_START + 2 * k)[0])


EXPORTER = Exporter(
    name="arrow",
    title="Arrow IPC file (Feather 2): the table of parquet, read without unpacking",
    suffixes=(".arrow", ".feather"),
    keeps="joint draws",
    write=write,
    read=read,
    owns_suffix=True,
    has_parameters=True,
    options={"layout": WIDE},
    meanings={
        "layout": LAYOUT_MEANING,
    },
    library="pyarrow",
    extra="export",
)
