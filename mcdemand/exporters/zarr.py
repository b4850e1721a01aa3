"""Zarr 3: a folder of chunks for xarray and dask, each with a checksum; numbers larger than memory can be read."""

from __future__ import annotations

import itertools
import json
import math
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import xarray as xr

from mcdemand.errors import FileError, IntegrityError
from mcdemand.exporters._description import MAX_DESCRIPTION_BYTES, plain_tree
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._names import check_names
from mcdemand.exporters._restoring import EXPECTED
from mcdemand.exporters._selection import Selection
from mcdemand.reading import DIGEST, MAX_BYTES, MAX_DEPTH, RESCALING, check_tree, content_digest

MARKER = "zarr.json"
CHUNK_DRAWS = 2**16
MAX_FILES = 1_000_000
CHECKSUM_BYTES = 4
NUMBERS = {"float64": 8, "int64": 8}
CODECS = ("bytes", "crc32c")


def write(selection: Selection, target: Path) -> Iterable[str]:
    """Write one folder for each variable; chunks of one chain, 65,536 draws and all years."""
    import zarr

    tree = plain_tree(selection.tree)
    check_names(tree, "Zarr")
    tree.attrs[DIGEST] = content_digest(tree)
    encoding = {f"/{group}": _encoding(tree[group].to_dataset()) for group in tree.children}
    # Zarr leaves out chunks of nothing but zeros, as that of a single chain's label; here every chunk is a file.
    with zarr.config.set({"array.write_empty_chunks": True}):
        tree.to_zarr(target, mode="w", encoding=encoding, consolidated=False, zarr_format=3)
    return ()


def _encoding(dataset: xr.Dataset) -> dict[str, Any]:
    from zarr.codecs import Crc32cCodec

    found: dict[str, Any] = {}
    for name, array in dataset.variables.items():
        chunks = [1 if dim == "chain" else size for dim, size in array.sizes.items()]
        if array.ndim > 1:
            chunks[1] = min(chunks[1], CHUNK_DRAWS)
        else:
            chunks[0] = array.sizes[array.dims[0]]
        # Doubles that are random in all but a few bits do not pay for their packing.
        found[str(name)] = {"chunks": tuple(chunks), "compressors": [Crc32cCodec()]}
        found[str(name)]["dtype"] = "float64" if name in dataset.data_vars else "int64"
    return found


def read(path: Path) -> xr.DataTree:
    """Return the draws of a Zarr folder; one that asks for more than plain numbers is refused.

    Raises
    ------
    FileError
        If it cannot be read.
    IntegrityError
        If it is damaged, is no result, or asks for other codecs, kinds of numbers or files.
    """
    try:
        walk(path)
        tree = xr.open_datatree(path, engine="zarr", consolidated=False, decode_cf=False, chunks=None)
        with tree:
            tree.load()
    except (FileError, IntegrityError):
        raise
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:
        # Whatever the libraries stumble over, the folder is not what it claims to be.
        reason = " ".join(str(error).split())
        raise IntegrityError(f"{path}: cut short or damaged: {reason:.200}; get it again or simulate anew") from error
    for array in (array for group in tree.children.values() for array in group.variables.values()):
        array.attrs.pop("_FillValue", None)
    check_tree(path, tree, EXPECTED)
    return tree


def walk(path: Path) -> None:
    """Look at every file and every statement of a Zarr folder; read no number.

    Raises
    ------
    IntegrityError
        If a file is not one that the statements ask for, or a statement asks for more than numbers.
    """
    files = dict(_files(path))
    if MARKER not in files:
        raise IntegrityError(f"{path}: cut short or damaged: it has no {MARKER}")
    wanted: dict[str, int] = {}
    for place in [place for place in files if PurePosixPath(place).name == MARKER]:
        wanted[place] = files[place]
        if files[place] > MAX_DESCRIPTION_BYTES:
            raise IntegrityError(f"{path}: refused, {place:.80} has {files[place]} bytes")
        stated = json.loads((path / place).read_bytes())
        folder = place.removesuffix(MARKER)
        wanted.update(_chunks_of(path, folder, stated, len(files)))
    if wanted != files:
        odd = min(set(wanted.items()) ^ set(files.items()))[0]
        raise IntegrityError(f"{path}: cut short or damaged: {odd!r:.120} is missing, too many, or not of its size")


def _files(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (place, size) of every file in a folder and below; refuse links and devices."""
    count = total = 0
    for folder, folders, names in os.walk(path, onerror=_raise, followlinks=False):
        inside = Path(folder).relative_to(path)
        for name in (*folders, *names):
            state = os.lstat(Path(folder, name))
            count += 1
            if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
                raise IntegrityError(f"{path}: refused, {name!r:.80} is a link or a device")
            if count > MAX_FILES or (total := total + state.st_size) > MAX_BYTES:
                raise IntegrityError(f"{path}: refused, it has more than {MAX_FILES} files or {MAX_BYTES} bytes")
            if stat.S_ISREG(state.st_mode):
                yield (inside / name).as_posix(), state.st_size


def _raise(error: OSError) -> None:
    raise error


def _chunks_of(path: Path, folder: str, stated: Any, most: int) -> Iterator[tuple[str, int]]:
    """Yield (place, size) of every chunk that a statement asks for."""
    where = f"{path}: refused, {(folder or '/')!r:.80}"
    if stated.get("zarr_format") != 3 or len(PurePosixPath(folder).parts) > MAX_DEPTH or _rescales(stated):
        raise IntegrityError(f"{where} is not of Zarr 3, lies too deep, or is rescaled")
    if stated["node_type"] == "group":
        return
    kind, codecs = stated["data_type"], tuple(codec["name"] for codec in stated["codecs"])
    # Other codecs and kinds unpack to any size, or to objects that run code.
    if kind not in NUMBERS or codecs != CODECS or stated.get("storage_transformers"):
        raise IntegrityError(f"{where} holds {kind!r:.60} packed by {codecs!r:.120}; numbers as written only")
    grid, keys = stated["chunk_grid"], stated["chunk_key_encoding"]
    if grid["name"] != "regular" or keys != {"name": "default", "configuration": {"separator": "/"}}:
        raise IntegrityError(f"{where} has chunks that are not as written")
    shape, chunk = stated["shape"], grid["configuration"]["chunk_shape"]
    sound = all(isinstance(size, int) and size >= 1 for size in (*shape, *chunk)) and len(shape) == len(chunk)
    counts = [-(-size // part) for size, part in zip(shape, chunk, strict=True)] if sound else []
    if not sound or math.prod(counts) > most:
        raise IntegrityError(f"{where} has shape {shape!r:.60} in chunks of {chunk!r:.60}, which are not all there")
    size = math.prod(chunk) * NUMBERS[kind] + CHECKSUM_BYTES
    for index in itertools.product(*map(range, counts)):
        yield f"{folder}{'/'.join(('c', *map(str, index)))}", size


def _rescales(stated: Any) -> bool:
    return not {name.encode() for name in stated.get("attributes", {})}.isdisjoint(RESCALING)


EXPORTER = Exporter(
    name="zarr",
    title="Zarr 3 folder for xarray and dask, in chunks with checksums",
    suffixes=(".zarr",),
    keeps="joint draws",
    write=write,
    read=read,
    owns_suffix=True,
    has_parameters=True,
    marker=MARKER,
    library="zarr",
    extra="zarr",
)
