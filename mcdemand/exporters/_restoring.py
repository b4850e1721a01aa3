"""A table from a stranger becomes a tree of draws again: its description is believed in nothing that is not checked."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.designs._design import CONTRACT_ID
from mcdemand.draw_choice import GROUPS
from mcdemand.errors import FileError, IntegrityError, McdemandError
from mcdemand.exporters._description import DIMS, plain_attributes
from mcdemand.exporters._table import BLOCK_ROWS, LAYOUTS, TABLE_SCHEMA, TIDY, WIDE, Array
from mcdemand.kernels.arrays import Floats
from mcdemand.reading import MAX_BYTES, MAX_EXPANSION, SMALL_BYTES, check_tree
from mcdemand.result import SCHEMA

EXPECTED = {"schema": SCHEMA, "contract": CONTRACT_ID}
MAX_COLUMNS = 100_000
MAX_FIRST_LINE = 2**20


class _Series(NamedTuple):
    """A variable that is being filled, (year, row); `columns` are its places in the table."""

    group: str
    name: str
    values: Floats
    columns: tuple[int, ...]
    yearly: bool
    attributes: dict[str, Any]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell in one line what is wrong with a file that a library stumbles over.

    Raises
    ------
    FileError
        If it cannot be opened.
    IntegrityError
        If anything else goes wrong.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        yield
    except McdemandError:
        raise
    except Exception as error:
        # Whatever the libraries stumble over, the file is not what it claims to be.
        reason = " ".join(str(error).split())
        raise IntegrityError(f"{path}: cut short or damaged: {reason:.200}; get it again or simulate anew") from error


def most_bytes(path: Path) -> int:
    """Return how many bytes a file may unpack to."""
    return min(MAX_BYTES, SMALL_BYTES + MAX_EXPANSION * path.stat().st_size)


def check_size(path: Path, rows: int, columns: int) -> None:
    """Raise unless a table of numbers fits a result and the file that it is in.

    Raises
    ------
    IntegrityError
        If it would unpack to more.
    """
    size = rows * columns * np.dtype(np.float64).itemsize
    if columns > MAX_COLUMNS or size > most_bytes(path):
        raise IntegrityError(f"{path}: refused, it would unpack to {rows} rows of {columns} columns")


def whole_lines(path: Path, file: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a file, each with its end: a number that is cut is still a number.

    Raises
    ------
    IntegrityError
        If the last one has none.
    """
    for line in file:
        if not line.endswith(("\n", "\r")):
            raise IntegrityError(f"{path}: cut short: its last line has no end; get it again or simulate anew")
        yield line


def number_blocks(path: Path, file: Iterable[str], width: int, whole: int) -> Iterator[list[Array]]:
    """Yield the columns of some rows at a time of lines of numbers with commas; the first `whole` are whole numbers.

    Raises
    ------
    IntegrityError
        If a row does not have `width` numbers.
    """
    rows = whole_lines(path, file)
    while lines := list(itertools.islice(rows, BLOCK_ROWS)):
        # pandas reads doubles bit for bit only by an option that it is about to drop.
        found = np.loadtxt(lines, dtype=np.float64, delimiter=",", comments=None, ndmin=2)
        if found.shape != (len(lines), width) or not (found[:, :whole] % 1 == 0).all():
            raise IntegrityError(f"{path}: damaged: a row has too few or too many numbers, or an odd chain or draw")
        yield [*found.T]


def first_cells(path: Path) -> list[str]:
    """Return the cells of the first line of a file; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            line = file.readline(MAX_FIRST_LINE).decode("utf-8", "replace")
        return next(csv.reader([line]), [])
    except (OSError, csv.Error):
        return []


def restore(
    path: Path,
    description: Mapping[str, Any],
    labels: Sequence[str],
    rows: int,
    blocks: Iterable[Sequence[Array]],
    expected: Mapping[str, str] = EXPECTED,
) -> xr.DataTree:
    """Return the tree that a table holds, checked as a result file is.

    Parameters
    ----------
    labels, rows
        What the table has.
    blocks
        The columns of some rows at a time.
    expected
        Attributes that the root must have.

    Raises
    ------
    IntegrityError
        If description and table do not fit, or the content is not what was written.
    """
    with reading(path):
        tree = _tree_of(path, description, list(labels), rows, blocks)
    check_tree(path, tree, expected)
    return tree


def _tree_of(
    path: Path, description: Mapping[str, Any], labels: list[str], rows: int, blocks: Iterable[Sequence[Array]]
) -> xr.DataTree:
    layout, chains, draws, years = _shape_of(path, description)
    index = DIMS if layout == TIDY and years else DIMS[:2]
    size = chains * draws
    if tuple(labels[: len(index)]) != index or rows != size * (len(years) if "year" in index else 1):
        raise IntegrityError(f"{path}: damaged: its rows or columns are not those that it was written with")
    series = list(_series_of(path, description, labels, size, years, layout))
    keys = [np.empty(rows, dtype=np.int64) for _ in index]
    start = 0
    for block in blocks:
        stop = start + len(block[0])
        for key, column in zip(keys, block, strict=False):
            key[start:stop] = column
        for one in series:
            _fill(one, block, start, stop, tidy=layout == TIDY)
        start = stop
    if start != rows:
        raise IntegrityError(f"{path}: cut short: {start} of {rows} rows")
    coordinates = _check_rows(path, keys, chains, draws, years)
    return _assemble(description, series, coordinates, chains, draws)


def _shape_of(path: Path, description: Mapping[str, Any]) -> tuple[str, int, int, list[int]]:
    found = description.get("schema"), description.get("layout")
    if found[0] != TABLE_SCHEMA or found[1] not in LAYOUTS:
        raise IntegrityError(f"{path}: written by another program or version: {found!r:.80}; here {TABLE_SCHEMA!r}")
    chains, draws, years = (description.get(key) for key in ("chains", "draws", "years"))
    whole = isinstance(chains, int) and isinstance(draws, int) and isinstance(years, list)
    if not whole or not all(isinstance(year, int) for year in years or ()) or min(chains or 0, draws or 0) < 1:
        raise IntegrityError(f"{path}: damaged: its description names no chains, draws and years")
    return str(found[1]), int(chains or 0), int(draws or 0), list(years or ())


def _series_of(
    path: Path, description: Mapping[str, Any], labels: list[str], size: int, years: list[int], layout: str
) -> Iterator[_Series]:
    places = {label: k for k, label in enumerate(labels)}
    groups = description["groups"]
    if len(places) != len(labels) or not set(groups) <= set(GROUPS):
        raise IntegrityError(f"{path}: damaged: a column is there twice, or a group is none of {', '.join(GROUPS)}")
    used: list[int] = []
    for group in groups:
        for stated in groups[group]["variables"]:
            columns = tuple(places[label] for label in stated["columns"])
            used.extend(columns)
            yearly = bool(stated["yearly"])
            length = len(years) if yearly else 1
            if len(columns) != (length if layout == WIDE else 1) or len(used) > len(labels):
                raise IntegrityError(f"{path}: damaged: {stated['name']!r:.80} has {len(columns)} columns")
            values = np.empty((length, size))
            yield _Series(group, str(stated["name"]), values, columns, yearly, plain_attributes(stated["attributes"]))
    if sorted(used) != list(range(len(labels) - len(used), len(labels))):
        raise IntegrityError(f"{path}: damaged: its columns are not those that it was written with")


def _fill(one: _Series, block: Sequence[Array], start: int, stop: int, *, tidy: bool) -> None:
    if tidy:
        flat = one.values.reshape(-1)
        # What has no years is repeated in each; the first is enough.
        flat[start:stop] = block[one.columns[0]][: max(0, len(flat) - start)]
        return
    for year, column in enumerate(one.columns):
        one.values[year, start:stop] = block[column]


def _check_rows(path: Path, keys: list[Array], chains: int, draws: int, years: list[int]) -> dict[str, Array]:
    """Return the labels of each dimension; raise unless every row is where it was written."""
    size = chains * draws
    labels = {"chain": keys[0][:size:draws], "draw": keys[1][:draws], "year": np.array(years, dtype=np.int64)}
    repeats = len(keys[0]) // size
    wanted = [np.tile(np.repeat(labels["chain"], draws), repeats), np.tile(labels["draw"], chains * repeats)]
    wanted += [np.repeat(labels["year"], size)] * (len(keys) - 2)
    if not all(np.array_equal(key, one) for key, one in zip(keys, wanted, strict=True)):
        raise IntegrityError(f"{path}: its rows were sorted anew or changed; export the result again")
    return labels


def _assemble(
    description: Mapping[str, Any], series: list[_Series], labels: Mapping[str, Array], chains: int, draws: int
) -> xr.DataTree:
    groups = {}
    for group, stated in description["groups"].items():
        variables = {
            one.name: (DIMS[: 2 + one.yearly], _shaped(one, chains, draws), one.attributes)
            for one in series
            if one.group == group
        }
        coords = {
            dim: (dim, labels[dim], plain_attributes(attributes))
            for dim, attributes in stated["coordinates"].items()
            if dim in DIMS
        }
        groups[group] = xr.Dataset(variables, coords, plain_attributes(stated["attributes"]))
    root = xr.Dataset(attrs=plain_attributes(description["attributes"]))
    return xr.DataTree.from_dict({"/": root, **groups})


def _shaped(one: _Series, chains: int, draws: int) -> Floats:
    """Return (chain, draw) or (chain, draw, year), a view."""
    found = one.values.reshape(-1, chains, draws)
    return found.transpose(1, 2, 0) if one.yearly else found[0]
