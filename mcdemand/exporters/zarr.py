"""Zarr 3: a folder of chunks for xarray and dask, each with a checksum; numbers larger than memory can be read."""

from __future__ import annotations

import itertools
import json
import math
import os
import stat
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST, content_digest
from mcdemand.errors import FileError, IntegrityError, McdemandError, ResourceError
from mcdemand.exporters._description import MAX_DESCRIPTION_BYTES, plain_tree
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._names import check_names
from mcdemand.exporters._restoring import EXPECTED
from mcdemand.exporters._selection import Selection
from mcdemand.manifest import MANIFEST, check_manifest, write_manifest
from mcdemand.memory import available_bytes, size_text
from mcdemand.reading import MAX_DEPTH, RESCALING, check_tree, check_writer
from mcdemand.streaming.spans import CHUNK_DRAWS

MARKER = "zarr.json"
MAX_FILES = 4_000_000
CHECKSUM_BYTES = 4
NUMBERS = {"float64": 8, "int64": 8}
CODECS = ("bytes", "crc32c")
FILL = {"f": math.nan, "i": 0}


def write(selection: Selection, target: Path) -> Iterable[str]:
    """Write one folder for each variable; chunks of one chain, 65,536 draws and all years; the manifest last."""
    write_tree(selection.tree, target)
    write_manifest(target)
    return ()


def write_tree(tree: xr.DataTree, target: Path) -> None:
    """Write everything but the manifest.

    Raises
    ------
    InputError
        If a name can be no folder's, or a variable has a dimension of its own.
    """
    import zarr

    tree = plain_tree(tree)
    check_names(tree, "Zarr")
    # The manifest says it of every file.
    tree.attrs.pop(DIGEST, None)
    encoding = {f"/{group}": _encoding(tree[group].to_dataset()) for group in tree.children}
    # Zarr leaves out chunks of nothing but zeros, as that of a single chain's label; here every chunk is a file.
    with zarr.config.set({"array.write_empty_chunks": True}):
        tree.to_zarr(target, mode="w", encoding=encoding, consolidated=False, zarr_format=3)


def chunks_of(sizes: Mapping[Any, int]) -> tuple[int, ...]:
    """Return the chunk of an array by the sizes of its dimensions: one chain, 65,536 draws, all years.

    Labels of chains are one chunk.
    """
    most = {"draw": CHUNK_DRAWS, **({"chain": 1} if len(sizes) > 1 else {})}
    return tuple(min(size, most.get(dim, size)) for dim, size in sizes.items())


def encode_chunk(values: np.ndarray[Any, Any], shape: tuple[int, ...]) -> memoryview:
    """Return the bytes of the chunk that begins with some values, filled up as Zarr does, and their CRC-32C."""
    import google_crc32c

    kind = np.dtype("<f8" if values.dtype.kind == "f" else "<i8")
    content = np.empty(math.prod(shape) * kind.itemsize + CHECKSUM_BYTES, dtype=np.uint8)
    numbers = content[:-CHECKSUM_BYTES].view(kind).reshape(shape)
    if values.shape != shape:
        numbers[...] = FILL[kind.kind]
    numbers[tuple(map(slice, values.shape))] = values
    checksum = google_crc32c.value(content[:-CHECKSUM_BYTES])
    content[-CHECKSUM_BYTES:] = np.frombuffer(checksum.to_bytes(CHECKSUM_BYTES, "little"), np.uint8)
    return memoryview(content)


def _encoding(dataset: xr.Dataset) -> dict[str, Any]:
    from zarr.codecs import Crc32cCodec

    # Doubles that are random in all but a few bits do not pay for their packing.
    return {
        str(name): {
            "chunks": chunks_of(array.sizes),
            "compressors": [Crc32cCodec()],
            "dtype": "float64" if name in dataset.data_vars else "int64",
        }
        for name, array in dataset.variables.items()
    }


def read(path: Path) -> xr.DataTree:
    """Return the draws of a Zarr folder; one that asks for more than plain numbers is refused.

    Raises
    ------
    FileError
        If it cannot be read.
    ResourceError
        If its numbers do not fit into the memory that is free.
    IntegrityError
        If it is damaged or not complete, is no result, or asks for other codecs, kinds of numbers or files.
    """
    with look(path, whole=True) as tree:
        tree.load()
        check_tree(path, tree, EXPECTED)
    return tree


@contextmanager
def look(path: Path, *, whole: bool = False) -> Iterator[xr.DataTree]:
    """Open a Zarr folder of which every byte has been checked; its numbers are read when they are taken.

    Parameters
    ----------
    whole
        Whether all of them will be.

    Raises
    ------
    FileError, ResourceError, IntegrityError
        As `read`.
    """
    try:
        sizes = walk(path)
        if whole:
            _check_room(path, sum(sizes.values()))
        _check_content(path, sizes)
        with _opened(path) as tree:
            for array in (array for group in tree.children.values() for array in group.variables.values()):
                array.attrs.pop("_FillValue", None)
            check_writer(path, tree.attrs, EXPECTED)
            if MANIFEST not in sizes and tree.attrs[DIGEST] != content_digest(tree):
                raise IntegrityError(f"{path}: damaged: its content is not what was written; get it again")
            yield tree
    except McdemandError:
        raise
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:
        # Whatever the libraries stumble over, the folder is not what it claims to be.
        reason = " ".join(str(error).split())
        raise IntegrityError(f"{path}: cut short or damaged: {reason:.200}; get it again or simulate anew") from error


def _opened(path: Path) -> xr.DataTree:
    from zarr.errors import ZarrUserWarning

    with warnings.catch_warnings():
        # Of the manifest, which is no part of Zarr.
        warnings.simplefilter("ignore", ZarrUserWarning)
        return xr.open_datatree(path, engine="zarr", consolidated=False, decode_cf=False, chunks=None)


def _check_room(path: Path, needed: int) -> None:
    left = available_bytes()
    if left is not None and needed > left:
        raise ResourceError(
            f"{path}: needs {size_text(needed)} of memory, {size_text(left)} are available; xarray.open_zarr(path, "
            "group='prior_predictive', consolidated=False) takes it chunk by chunk, where dask is installed"
        )


def _check_content(path: Path, sizes: Mapping[str, int]) -> None:
    """Raise unless every file is what was written; folders of earlier versions say it of their content."""
    if MANIFEST in sizes:
        check_manifest(path, sizes)
    elif DIGEST not in json.loads((path / MARKER).read_bytes())["attributes"]:
        raise IntegrityError(f"{path}: not complete: it has no {MANIFEST}; let the run that writes it go on")


def walk(path: Path) -> dict[str, int]:
    """Look at every file and every statement of a Zarr folder; read no number, and return the files' sizes.

    Raises
    ------
    IntegrityError
        If a file is not one that the statements ask for, or a statement asks for more than numbers.
    """
    files = dict(_files(path))
    if MARKER not in files:
        raise IntegrityError(f"{path}: cut short or damaged: it has no {MARKER}")
    wanted = {MANIFEST: files[MANIFEST]} if MANIFEST in files else {}
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
    return files


def _files(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (place, size) of every file in a folder and below; refuse links and devices."""
    count = 0
    for folder, folders, names in os.walk(path, onerror=_raise, followlinks=False):
        inside = Path(folder).relative_to(path)
        for name in (*folders, *names):
            state = os.lstat(Path(folder, name))
            count += 1
            if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
                raise IntegrityError(f"{path}: refused, {name!r:.80} is a link or a device")
            if count > MAX_FILES:
                raise IntegrityError(f"{path}: refused, it has more than {MAX_FILES} files")
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
    look=look,
    owns_suffix=True,
    has_parameters=True,
    marker=MARKER,
    library="zarr",
    extra="zarr",
)
