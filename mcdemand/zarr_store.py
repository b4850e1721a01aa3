"""Draws kept in a Zarr folder while a run goes on that is larger than memory: chunk by chunk, from many threads.

The folder is the one that exporting the same run would write, to the last byte.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from collections.abc import Buffer, Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import xarray as xr

from mcdemand.engine import empty_store, store_run, tile_worker
from mcdemand.errors import FileError, InputError, IntegrityError
from mcdemand.exporters._description import plain_attributes
from mcdemand.exporters.zarr import MARKER, MAX_FILES, chunks_of, encode_chunk, walk, write_tree
from mcdemand.files import check_folder, flush_file, flush_folder, flush_parent, put_folder
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.blocks import store_parameters
from mcdemand.manifest import MANIFEST, write_manifest
from mcdemand.many_files import put_files
from mcdemand.realized_dependence import LOOKED_AT
from mcdemand.result import label_parameters, label_quantities, label_run, root_attributes
from mcdemand.run import Run
from mcdemand.sinks import Tile
from mcdemand.streaming.spans import CHUNK_DRAWS, LEAF_DRAWS

NEW, SPARE, OLD, ROOT = "new", "spare", "old", "root.json"
"""In the working folder: what becomes the result; files not whole yet; what it replaces; what its root will say."""
RANKS = "rank_correlations"
GROUPS = ("prior", "prior_predictive")
CHUNKS, JSON_INDENT = "c", 2


class ZarrStore:
    """A keeper of draws: takes the tiles of a run and writes a chunk once it has its last leaf.

    Any thread and any process may take any leaves; those of a chunk that another one took are computed again, so spans
    should be whole chunks. A chunk is the same bytes whoever writes it.

    Parameters
    ----------
    place
        The working folder, which `create_store` has made.
    """

    def __init__(self, run: Run, place: Path) -> None:
        self.run, self.place = run, place
        self._own = threading.local()

    def take(self, tile: Tile) -> None:
        """Keep a full tile of whole leaves, or of the draws that a chain has beyond them.

        Raises
        ------
        FileError
            If a chunk cannot be written.
        """
        if not hasattr(self._own, "chunk"):
            self._own.chunk = _Chunk(self.run)
        chunk: _Chunk = self._own.chunk
        if not chunk.goes_on(tile):
            chunk.begin(tile)
        chunk.keep(tile)
        if chunk.stop == chunk.draws:
            self._write(chunk)

    def _write(self, chunk: _Chunk) -> None:
        if chunk.start:
            self._compute_start(chunk)
        try:
            if not (self.place / NEW).is_dir():
                raise FileNotFoundError(2, "the folder was completed or removed meanwhile")
            put_files(chunk.files(self.place / NEW), self.place / SPARE)
        except OSError as error:
            raise FileError(f"{self.place}: cannot be written: {error.strerror or error}") from error

    def _compute_start(self, chunk: _Chunk) -> None:
        """Compute the leaves of a chunk that another thread took."""
        first = chunk.number * CHUNK_DRAWS
        for begin in range(0, chunk.start, LEAF_DRAWS):
            self._fill((chunk.chain, first + begin, LEAF_DRAWS))

    @cached_property
    def _fill(self) -> Callable[[tuple[int, int, int]], int]:
        return tile_worker(self.run, _Filling(self._own), LEAF_DRAWS)


class _Chunk:
    """The draws of a chunk of every array, those from `start` to `stop` filled; a thread has one for all of them."""

    def __init__(self, run: Run) -> None:
        self._whole, self._rows = run, np.array(run.kept_rows(), dtype=np.int64)
        self.chain = self.number = self.start = self.stop = -1
        self._draws_to(0)

    @property
    def draws(self) -> int:
        """Draws of this chunk."""
        return self._run.draws_per_chain

    def _draws_to(self, draws: int) -> None:
        self._run = dataclasses.replace(self._whole, chains=1, draws_per_chain=draws)
        self.store = empty_store(self._run)

    def goes_on(self, tile: Tile) -> bool:
        """Return whether a tile begins where the draws so far stop."""
        place = (tile.chain, *divmod(tile.first_draw, CHUNK_DRAWS))
        return place == (self.chain, self.number, self.stop)

    def begin(self, tile: Tile) -> None:
        """Become the chunk that a tile is of, to be filled from there on."""
        self.chain, (self.number, self.start) = tile.chain, divmod(tile.first_draw, CHUNK_DRAWS)
        self.stop = self.start
        draws = min(CHUNK_DRAWS, self._whole.draws_per_chain - self.number * CHUNK_DRAWS)
        if draws != self.draws:
            self._draws_to(draws)

    def keep(self, tile: Tile) -> None:
        """Copy a tile's draws."""
        begin = tile.first_draw % CHUNK_DRAWS
        self.stop = max(self.stop, begin + tile.count)
        if tile.series is not self.store.series:
            series = tile.series[..., tile.offset : tile.offset + tile.count]
            self.store.series[..., begin : begin + tile.count] = series
        store_parameters(tile.parameters, self._rows, tile.count, self.store.parameters, begin)

    def files(self, folder: Path) -> Iterator[tuple[Path, Buffer]]:
        """Yield path and content of the file of each array."""
        parts = label_parameters(self._run, self.store), label_quantities(self._run, self.store)
        draws = min(CHUNK_DRAWS, self._whole.draws_per_chain)
        for group, dataset in zip(GROUPS, parts, strict=True):
            for name, array in dataset.data_vars.items():
                path = _chunk_file(folder / group / str(name), self.chain, self.number, *(0 for _ in array.shape[2:]))
                yield path, encode_chunk(array.values, (1, draws, *array.shape[2:]))


class _Filling:
    """A sink that fills the chunk that a thread lacks leaves of."""

    def __init__(self, own: threading.local) -> None:
        self._own = own

    def place(self, _chain: int, first_draw: int, _count: int) -> tuple[Floats, int]:
        """Return the chunk itself."""
        return self._own.chunk.store.series, first_draw % CHUNK_DRAWS

    def take(self, tile: Tile) -> None:
        """Copy the parameters that are kept."""
        self._own.chunk.keep(tile)


def create_store(run: Run, place: Path) -> ZarrStore:
    """Make the working folder of a run's draws, with everything but the draws.

    Parameters
    ----------
    place
        A folder that does not exist, on the file system of the result.

    Raises
    ------
    InputError
        If a name can be no folder's, or there would be too many files.
    FileError
        If it exists, or cannot be made.
    """
    numbers = len(run.plan.outputs) + len(run.kept_parameters)
    count = numbers * run.chains * -(-run.draws_per_chain // CHUNK_DRAWS)
    if count > MAX_FILES // 2:
        raise InputError(f"draws: {run.chains * run.draws_per_chain}: would be {count} files; keep fewer outputs")
    labels = _labels(run)
    try:
        place.mkdir()
        (place / SPARE).mkdir()
        write_tree(labels.isel(chain=[0], draw=[0]), place / NEW)
        put_files(_statements(run, place), place / SPARE)
        # Without its root the folder is none that a library opens.
        (place / NEW / MARKER).unlink()
    except OSError as error:
        raise FileError(f"{place}: cannot be made: {error.strerror or error}; name another folder") from error
    return ZarrStore(run, place)


def open_store(run: Run, place: Path) -> ZarrStore:
    """Return the store of a run that `create_store` has made, in this process or another.

    Raises
    ------
    FileError
        If there is none.
    IntegrityError
        If it is one of another run.
    """
    try:
        stated = json.loads((place / ROOT).read_bytes())["attributes"]
    except OSError as error:
        raise FileError(f"{place}: cannot be read: {error.strerror or error}; begin anew") from error
    except (ValueError, TypeError, KeyError, RecursionError):
        raise IntegrityError(f"{place}: {ROOT}: damaged; begin anew in another folder") from None
    if not (place / NEW).is_dir():
        raise FileError(f"{place}: its draws have been moved to where they are read; remove the rest of it")
    for key, value in plain_attributes(root_attributes(run)).items():
        if stated.get(key) != value:
            raise IntegrityError(
                f"{place}: {key}: {stated.get(key)!r:.80} when it was begun, {value!r:.80} now; go on with the same run"
            )
    return ZarrStore(run, place)


def finish_store(store: ZarrStore, target: Path, *, overwrite: bool) -> str:
    """Move a store that is complete to where it is read, remove its working folder, and return the digest of it.

    Raises
    ------
    FileError
        If there is something that may not be overwritten, or it cannot be moved; then nothing changes.
    IntegrityError
        If a chunk is missing or damaged.
    """
    check_folder(target, MARKER, overwrite=overwrite)
    new = store.place / NEW
    try:
        put_files([(new / MARKER, (store.place / ROOT).read_bytes())], store.place / SPARE)
        walk(new)
        digest = write_manifest(new)
        flush_file(str(new / MANIFEST))
        flush_folder(new)
        put_folder(new, target, spare=store.place / OLD)
    except OSError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror or error}; nothing was changed") from error
    flush_parent(target)
    shutil.rmtree(store.place, ignore_errors=True)
    return digest


def _labels(run: Run) -> xr.DataTree:
    """Return the tree of a run, but with few of its draws."""
    # Those that rank correlations are told from.
    draws = min(run.draws_per_chain, max(1, LOOKED_AT // run.chains))
    part = dataclasses.replace(run, chains=min(run.chains, LOOKED_AT), draws_per_chain=draws)
    tree = label_run(part, store_run(part, threads=1))
    tree.attrs = root_attributes(run) | {RANKS: tree.attrs[RANKS]}
    return tree


def _statements(run: Run, place: Path) -> Iterator[tuple[Path, Buffer]]:
    """Yield what the folder says of every array, and the labels of its dimensions, where those of few draws stand."""
    sizes = {"chain": run.chains, "draw": run.draws_per_chain, "year": len(run.years)}
    yield place / ROOT, (place / NEW / MARKER).read_bytes()
    # Written once more, so that they too are on the disk.
    yield from ((file, file.read_bytes()) for file in sorted((place / NEW).glob(f"*/{MARKER}")))
    for file in sorted((place / NEW).glob(f"*/*/{MARKER}")):
        stated = json.loads(file.read_bytes())
        shape = {dim: sizes[dim] for dim in stated["dimension_names"]}
        stated["shape"] = [*shape.values()]
        stated["chunk_grid"]["configuration"]["chunk_shape"] = [*chunks_of(shape)]
        shutil.rmtree(file.parent / CHUNKS)
        yield file, json.dumps(stated, indent=JSON_INDENT).encode()
        if len(shape) == 1:
            yield from _label_files(file.parent, run, *shape)


def _label_files(folder: Path, run: Run, dim: str) -> Iterator[tuple[Path, Buffer]]:
    """Yield the chunks of a dimension's labels."""
    labels = {"chain": range(run.chains), "draw": range(run.draws_per_chain), "year": run.years}[dim]
    (chunk,) = chunks_of({dim: len(labels)})
    for number, first in enumerate(range(0, len(labels), chunk)):
        yield _chunk_file(folder, number), encode_chunk(np.array(labels[first : first + chunk]), (chunk,))


def _chunk_file(folder: Path, *index: int) -> Path:
    return folder.joinpath(CHUNKS, *map(str, index))
