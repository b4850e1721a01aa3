"""A stored result checked: every byte against what its writer said, and some draws against what the engine computes."""

from __future__ import annotations

import dataclasses
import random
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST
from mcdemand.draw_choice import GROUPS, dataset_of
from mcdemand.engine import TILE_DRAWS, empty_store, tile_worker
from mcdemand.errors import IntegrityError, NumericalError
from mcdemand.exporters._selection import KEPT_DRAWS
from mcdemand.kernels.arrays import Floats
from mcdemand.manifest import MANIFEST
from mcdemand.model import Model
from mcdemand.ranges import check_range
from mcdemand.replay import rebuild_run
from mcdemand.result import STREAM_SCHEMA, label_parameters, label_quantities
from mcdemand.result_files import check_priors, look_into
from mcdemand.run import Run
from mcdemand.sinks import Store, Tile
from mcdemand.stated_run import stated_outputs
from mcdemand.streamed_result import sample_of

TILES = 3
MAX_TILES = 1_000_000
MAX_CHOICE = 2**63 - 1
CHOICES = 10**6
REMEDY = "it was changed, or made by another model or version; simulate anew"


class Piece(NamedTuple):
    """Consecutive draws of a chain that are computed at once."""

    chain: int
    first_draw: int
    draws: int

    def __str__(self) -> str:
        """Return what a person calls it."""
        return f"chain {self.chain} draws {self.first_draw} to {self.first_draw + self.draws - 1}"


class Verified(NamedTuple):
    """What was checked of a result, all of it sound.

    Attributes
    ----------
    content
        Of what the digest was found to be what the writer stated: "manifest.json", "content_sha256", or "" where the
        format states none.
    tiles
        Draws that were computed again, and `of` how many tiles the result has.
    numbers
        How many numbers were compared, each to the last bit.
    choice
        The seed that tiles were chosen by.
    """

    path: Path
    format: str
    content: str
    tiles: tuple[Piece, ...]
    of: int
    numbers: int
    choice: int


def verify_result(
    path: str | Path,
    *,
    tiles: int = TILES,
    model: Model | str | None = None,
    choice: int | None = None,
) -> Verified:
    """Check that a result file is what its writer wrote, and that its numbers are those that its attributes lead to.

    Parameters
    ----------
    path
        A file in any format that keeps a whole result, or a part of one, with its attributes.
    tiles
        How many tiles, of 8192 draws each, are computed again; all where there are fewer.
    model
        The model; None: the installed one that the result names.
    choice
        A seed for which tiles are chosen; None: another one each time.

    Raises
    ------
    InputError
        If the request is not sound, the file holds no run, or is of a model of one's own and none is passed.
    FileError
        If there is no such file, or it cannot be read.
    IntegrityError
        If a byte is not what was written, or a number not what the attributes lead to; it names the first one.

    Notes
    -----
    A Zarr folder is read file by file, so it may be larger than memory; other formats are read as a whole. Of a
    streamed result its sample is computed again; its summary is of all draws, so only `stream` could repeat that.

    Examples
    --------
    >>> import tempfile
    >>> from mcdemand import simulate, write_result
    >>> result = simulate("consensus", draws=512, chains=2, outputs="energy_served")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     verify_result(write_result(result, f"{folder}/one.nc"), tiles=1).of
    2
    """
    check_range("tiles", tiles, 1, MAX_TILES)
    if choice is not None:
        check_range("choice", choice, 0, MAX_CHOICE)
    seed = secrets.randbelow(CHOICES) if choice is None else choice
    with look_into(path) as (exporter, tree):
        check_priors(str(path), tree)
        try:
            whole = _sample_or_whole(tree)
            drawn = _Drawn(whole, rebuild_run(whole, model))
            chosen = drawn.choose(tiles, seed)
            numbers = sum(drawn.compare(chosen))
        except IntegrityError as error:
            raise IntegrityError(str(error).replace("result:", f"{path}:", 1)) from None
        content = MANIFEST if Path(path, MANIFEST).is_file() else DIGEST if DIGEST in tree.attrs else ""
        return Verified(Path(path), exporter.name, content, tuple(chosen), drawn.tiles, numbers, seed)


def _sample_or_whole(tree: xr.DataTree) -> xr.DataTree:
    """Return the draws of a result; of a streamed one, which keeps no others, its sample of the whole run."""
    if tree.attrs["schema"] != STREAM_SCHEMA:
        return tree
    sample = sample_of(tree)
    sample.attrs |= {"draws": tree.attrs["draws"], KEPT_DRAWS: sample.attrs["draws"]}
    return sample


class _Drawn:
    """Draws that are stored, and the run that they are said to be of."""

    def __init__(self, tree: xr.DataTree, run: Run) -> None:
        self.run = run
        self.groups = {group: dataset_of(tree, group) for group in GROUPS}
        self.draws = _draws_of_chain(tree.attrs, run, self.groups.values())
        missing = {*stated_outputs(tree.attrs)} - {*map(str, self.groups["prior_predictive"].data_vars)}
        if missing:
            raise IntegrityError(f"result: {min(missing)!r:.80}: stated among its outputs, but not stored; {REMEDY}")
        self._filled = _OneTile()
        self._fill = tile_worker(run, self._filled, TILE_DRAWS)

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return self.run.chains * -(-self.draws // TILE_DRAWS)

    def choose(self, count: int, seed: int) -> list[Piece]:
        """Return some tiles, in order."""
        numbers = random.Random(seed).sample(range(self.tiles), min(count, self.tiles))
        places = (divmod(number, self.tiles // self.run.chains) for number in sorted(numbers))
        return [Piece(chain, k * TILE_DRAWS, min(TILE_DRAWS, self.draws - k * TILE_DRAWS)) for chain, k in places]

    def compare(self, pieces: Iterable[Piece]) -> Iterator[int]:
        """Yield how many numbers of each variable in each tile are the same as those that are computed.

        Raises
        ------
        IntegrityError
            If one is not.
        """
        for piece in pieces:
            computed = self._compute(piece)
            for group, dataset in self.groups.items():
                for name, stored in dataset.data_vars.items():
                    if name not in computed[group]:
                        raise IntegrityError(f"result: {group}/{name!s:.80}: stored, but no part of its run; {REMEDY}")
                    yield _compare(stored, computed[group][name], piece)

    def _compute(self, piece: Piece) -> dict[str, xr.Dataset]:
        part = dataclasses.replace(self.run, chains=1, draws_per_chain=piece.draws)
        self._filled.store = store = empty_store(part)
        try:
            self._fill(piece)
        except NumericalError as error:
            raise IntegrityError(f"result: its attributes lead to no numbers: {error}; {REMEDY}") from None
        return {"prior": label_parameters(part, store), "prior_predictive": label_quantities(part, store)}


class _OneTile:
    """A sink that keeps one tile after the other, each in a store of its own."""

    store: Store

    def place(self, _chain: int, _first_draw: int, count: int) -> tuple[Floats, int]:
        """Return the array of the tile; an empty one where there is none yet."""
        return self.store.series if count else np.empty((0, 0, 0)), 0

    def take(self, tile: Tile) -> None:
        """Copy the parameters that are kept."""
        if tile.count:
            self.store.take(tile)


def _draws_of_chain(attributes: Mapping[Any, Any], run: Run, datasets: Iterable[xr.Dataset]) -> int:
    """Return how many draws of each chain are stored.

    Raises
    ------
    IntegrityError
        If they are not as many as the attributes say.
    """
    stated = attributes.get(KEPT_DRAWS, run.chains * run.draws_per_chain)
    for name, array in (item for dataset in datasets for item in dataset.data_vars.items()):
        chains, draws = (array.sizes.get(dim, 0) for dim in ("chain", "draw"))
        if chains != run.chains or not 1 <= draws <= run.draws_per_chain or chains * draws != stated:
            raise IntegrityError(
                f"result: {name!s:.80}: has {chains} chains of {draws} draws, its attributes say {run.chains} and "
                f"{stated!r:.40} draws in all; {REMEDY}"
            )
        found = draws
    return found


def _compare(stored: xr.DataArray, computed: xr.DataArray, piece: Piece) -> int:
    """Return how many numbers are the same.

    Raises
    ------
    IntegrityError
        If one is not, or a label or the unit is another.
    """
    span = slice(piece.first_draw, piece.first_draw + piece.draws)
    part = stored.isel(chain=piece.chain, draw=span)
    dims, years = computed.dims[1:], _years(stored, computed)
    labels = part["draw"].values - span.start, np.array(part["chain"].values) - piece.chain
    sound = np.array_equal(labels[0], np.arange(piece.draws)) and not labels[1]
    if not sound or {*part.dims} != {*dims} or stored.attrs.get("units", "") != computed.attrs["units"]:
        raise IntegrityError(f"result: {stored.name!s:.80}: has other dimensions, labels or units; {REMEDY}")
    if years:
        computed = computed.sel(year=years)
    old, new = (np.ascontiguousarray(one.values, np.float64) for one in (part.transpose(*dims), computed[0]))
    differing = np.argwhere(old.view(np.int64) != new.view(np.int64))
    if differing.size:
        place = tuple(differing[0])
        where = [f"year {years[place[1]]}"] if years else []
        where += [f"chain {piece.chain}", f"draw {piece.first_draw + place[0]}"]
        raise IntegrityError(
            f"result: {stored.name}, {', '.join(where)}: {float(old[place])!r} stored, {float(new[place])!r} computed, "
            f"the first of {len(differing)} of its numbers in this tile; {REMEDY}"
        )
    return int(old.size)


def _years(stored: xr.DataArray, computed: xr.DataArray) -> list[int]:
    """Return the years that are stored, none where there is no time."""
    found, known = ([] if "year" not in one.dims else one["year"].values.tolist() for one in (stored, computed))
    if bool(found) != bool(known) or not {*found} <= {*known}:
        raise IntegrityError(f"result: {stored.name!s:.80}: has other years than its attributes lead to; {REMEDY}")
    return list(found)
