"""Quantiles, mean and their errors of each exported column, from all draws of the selection."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import xarray as xr

from mcdemand.digits import format_value
from mcdemand.errors import InputError
from mcdemand.exporters._selection import Column, Selection
from mcdemand.report.text import literal


class ColumnSummary(NamedTuple):
    """A column's summary, in its own unit.

    Attributes
    ----------
    quantiles, mcse_quantiles
        One for each level of the selection.
    mean_unstable
        Whether the mean may be infinite, so that no number of draws settles it.
    """

    mean: float
    mcse_mean: float
    mean_unstable: bool
    quantiles: tuple[float, ...]
    mcse_quantiles: tuple[float, ...]


def summarize_columns(selection: Selection) -> list[ColumnSummary]:
    """Return the summary of every column, in the order of `selection.columns()`."""
    return [_read(row) for table in selection.summaries() for row in _rows(selection, table)]


def _rows(selection: Selection, table: xr.Dataset) -> Iterator[xr.Dataset]:
    group = selection.quantities if table.attrs["group"] == "prior_predictive" else selection.parameters
    for name, array in group.data_vars.items():
        row = table.sel(output=name)
        if "year" in array.dims:
            yield from (row.sel(year=year) for year in array["year"].values)
        else:
            yield row.isel(year=0) if "year" in row.dims else row


def _read(row: xr.Dataset) -> ColumnSummary:
    return ColumnSummary(
        float(row["mean"]),
        float(row["mcse_mean"]),
        bool(row["mean_unstable"]),
        tuple(row["quantiles"].values.tolist()),
        tuple(row["mcse_quantiles"].values.tolist()),
    )


def state_levels(selection: Selection, summary: ColumnSummary) -> str:
    """Return a column's quantiles in words, with the digits that their errors support."""
    stated = zip(selection.probabilities, summary.quantiles, summary.mcse_quantiles, strict=True)
    levels = ", ".join(f"p{100 * p:.10g} {format_value(value, mcse)} ({_error(mcse)})" for p, value, mcse in stated)
    return f"of {selection.draws:,} draws: {levels}"


def _error(mcse: float) -> str:
    return "no MCSE" if math.isnan(mcse) else f"MCSE {format_value(mcse, mcse)}"


def describe(column: Column) -> str:
    """Return what a column is, as `AI electricity used in a year, 2030, TWh`, on one line."""
    parts = (column.long_name or column.name, "" if column.year is None else column.year, column.units)
    return ", ".join(text for part in parts if (text := literal(part)))


def only_column(selection: Selection, format_name: str) -> Column:
    """Return the single column of a selection.

    Raises
    ------
    InputError
        If there are more.
    """
    columns = selection.columns()
    if len(columns) > 1:
        first = columns[0]
        year = "" if first.year is None else f" and years={columns[-1].year or first.year}"
        raise InputError(
            f"{format_name}: takes one output in one year, and these are {len(columns)} columns; "
            f"name one, such as outputs={literal(first.name)!r:.80}{year}"
        )
    return columns[0]
