"""A selection as one table: the rows are draws, or draws in each year; the columns are those of `columns`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.draw_choice import GROUPS, dataset_of
from mcdemand.errors import InputError
from mcdemand.exporters._description import DIMS, plain_tree
from mcdemand.exporters._options import check_word
from mcdemand.exporters._selection import PARAMETERS, Selection
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

TABLE_SCHEMA = "mcdemand-table-1"
WIDE, TIDY = LAYOUTS = ("wide", "tidy")
LAYOUT_MEANING = "wide: a row for each draw; tidy: a row for each draw and year"
BLOCK_ROWS = 2**17
"""Rows of a block: DuckDB and polars read blocks on several threads."""

type Array = np.ndarray[Any, Any]


class Variable(NamedTuple):
    """A variable on its way into a table.

    Attributes
    ----------
    values
        (year, row), or (1, row) of one without years; rows are draws, chain after chain.
    labels
        Its columns: one for each year, or just one.
    """

    group: str
    name: str
    values: Floats
    yearly: bool
    labels: tuple[str, ...]


class Table(NamedTuple):
    """A table that is made while it is written.

    Attributes
    ----------
    tree
        What it holds, in the shape of a result.
    keys
        Names of the first columns, of whole numbers: chain, draw, and year in a tidy table with years.
    chains, draws
        Labels of the chains, and of the draws of each.
    """

    tree: xr.DataTree
    layout: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]
    years: tuple[int, ...]
    chains: Array
    draws: Array

    @property
    def labels(self) -> list[str]:
        """Names of all columns, the keys first."""
        return [*self.keys, *(label for one in self.variables for label in one.labels)]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.chains) * len(self.draws) * (len(self.years) if "year" in self.keys else 1)

    def blocks(self) -> Iterator[list[Array]]:
        """Yield the columns of some rows at a time; views of the draws where they lie side by side.

        A tidy table goes year after year: a reader that wants one year skips the rest.
        """
        for k, year in enumerate(self.years if "year" in self.keys else (None,)):
            size = len(self.chains) * len(self.draws)
            for start in range(0, size, BLOCK_ROWS):
                rows = slice(start, min(start + BLOCK_ROWS, size))
                yield [*self._keys_of(rows, year), *self._values_of(rows, k)]

    def _keys_of(self, rows: slice, year: int | None) -> Iterator[Array]:
        chain, draw = np.divmod(np.arange(rows.start, rows.stop), len(self.draws))
        yield self.chains[chain]
        yield self.draws[draw]
        if year is not None:
            yield np.full(rows.stop - rows.start, year, dtype=np.int32)

    def _values_of(self, rows: slice, k: int) -> Iterator[Array]:
        for one in self.variables:
            some = one.values[:, rows] if self.layout == WIDE or not one.yearly else one.values[k : k + 1, rows]
            # A transposed block is copied at once, as it fits into the cache.
            yield from some if some.strides[1] == some.itemsize else np.ascontiguousarray(some)

    def describe(self, about: dict[str, Any]) -> dict[str, Any]:
        """Return what the columns do not say, as JSON has it."""
        groups: dict[str, Any] = {}
        for group in (group for group in GROUPS if group in self.tree.children):
            dataset = self.tree[group].to_dataset()
            variables = [
                {
                    "name": one.name,
                    "columns": list(one.labels),
                    "yearly": one.yearly,
                    "attributes": dataset[one.name].attrs,
                }
                for one in self.variables
                if one.group == group
            ]
            coordinates = {str(name): dict(array.attrs) for name, array in dataset.coords.items()}
            groups[group] = {"variables": variables, "coordinates": coordinates, "attributes": dict(dataset.attrs)}
        sizes = {"chains": len(self.chains), "draws": len(self.draws), "years": list(self.years)}
        stated = {"schema": TABLE_SCHEMA, "layout": self.layout, "about": about, **sizes}
        return {**stated, "attributes": dict(self.tree.attrs), "groups": groups}


def tabulate(selection: Selection, layout: Any) -> Table:
    """Return a selection as a table.

    Parameters
    ----------
    layout
        "wide": a row is a draw, a column a variable in a year. "tidy": a row is a draw in a year, a column a variable;
        one without years is repeated in each.

    Raises
    ------
    InputError
        If the layout is unknown, or the groups do not share chains, draws and years.
    """
    check_word("layout", layout, LAYOUTS)
    tree = plain_tree(selection.tree)
    groups = {group: dataset_of(tree, group) for group in GROUPS if group in tree.children}
    chains, draws = (_labels(groups, dim) for dim in DIMS[:2])
    years = tuple(_labels(groups, "year").tolist())
    if not years and any("year" in dataset.dims for dataset in groups.values()):
        raise InputError("outputs: have no year at all; take the result as it was simulated")
    keys = DIMS if layout == TIDY and years else DIMS[:2]
    variables = tuple(_variables(groups, layout, years))
    return Table(tree, layout, keys, variables, years, chains, draws)


def _labels(groups: dict[str, xr.Dataset], dim: str) -> Array:
    """Return the labels of a dimension, the same whole numbers in all groups."""
    found = [dataset[dim].values for dataset in groups.values() if dim in dataset.dims]
    if not found:
        return np.zeros(0, dtype=np.int32)
    first = found[0]
    if any(not np.array_equal(first, other) for other in found[1:]):
        raise InputError(f"outputs: the {dim}s of outputs and parameters differ; export them one by one")
    whole = first.astype(np.int32) if first.dtype.kind in "iu" else np.zeros(0, dtype=np.int32)
    if not np.array_equal(whole, first):
        raise InputError(f"outputs: the labels of {dim} must be whole numbers; take the result as it was simulated")
    return whole


def _variables(groups: dict[str, xr.Dataset], layout: str, years: tuple[int, ...]) -> Iterator[Variable]:
    used = {*DIMS}
    for group, dataset in groups.items():
        for name, array in dataset.data_vars.items():
            yearly = "year" in array.dims
            wanted = [f"{name}_{year}" for year in years] if yearly and layout == WIDE else [str(name)]
            if group == PARAMETERS and not used.isdisjoint(literal(label).casefold() for label in wanted):
                # Such as the parameter training_share_2024 beside the output training_share in 2024.
                wanted = [f"parameter_{label}" for label in wanted]
            yield Variable(group, str(name), _rows_of(array), yearly, tuple(distinct(wanted, used)))


def _rows_of(array: xr.DataArray) -> Floats:
    """Return (year, row) of a variable; a view where memory allows."""
    if "year" not in array.dims:
        return np.asarray(array.transpose(*DIMS[:2]).values, dtype=np.float64).reshape(1, -1)
    first = np.asarray(array.transpose("year", "chain", "draw").values, dtype=np.float64)
    if first.flags.c_contiguous:
        return first.reshape(len(first), -1)
    return first.transpose(1, 2, 0).reshape(-1, len(first)).T


def distinct(wanted: Iterable[str], used: set[str]) -> Iterator[str]:
    """Yield names of columns, on one line and different also where a reader does not mind capitals; add them to `used`.

    Examples
    --------
    >>> list(distinct(["power", "Power", "draw", ""], {"draw"}))
    ['power', 'Power_2', 'draw_2', 'unnamed']
    """
    for text in wanted:
        stem = name = literal(text) or "unnamed"
        number = 2
        while name.casefold() in used:
            name, number = f"{stem}_{number}", number + 1
        used.add(name.casefold())
        yield name
