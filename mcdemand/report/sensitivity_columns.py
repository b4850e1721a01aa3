"""Columns of numbers with their errors, and the richest table that a console is wide enough for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.report.layout import Column, filled
from mcdemand.report.sensitivity_text import error_text, interval_text, p_value_text, value_text
from mcdemand.report.sensitivity_view import P_VALUE, PARAMETER, Number, index_names, numbers, unit_of_index
from mcdemand.report.text import literal

MCSE, BOUNDS = "MCSE", "interval"
WIDEST = 1000
WIDEST_HEADER = 12


def name_column(shown: xr.Dataset) -> Column:
    """Return the column of the parameters' names, or those of the groups."""
    return ("group" if shown.attrs.get("groups") else PARAMETER, [literal(one) for one in shown[PARAMETER].values])


def index_columns(shown: xr.Dataset) -> list[list[Column]]:
    """Return value, error and interval of each index; no column where nothing is known."""
    found = []
    for name in index_names(shown):
        header, values = _headed(name, unit_of_index(shown, name)), numbers(shown, name)
        found.append([p_value_column(header, values)] if name.endswith(P_VALUE) else number_columns(header, values))
    return found


def number_columns(header: str, found: Sequence[Number]) -> list[Column]:
    """Return value, error and interval of some numbers; no column where nothing is known."""
    value = (header, [value_text(one.value, one.mcse) for one in found])
    rest = [(MCSE, [error_text(one.mcse) for one in found]), (BOUNDS, [interval_text(one) for one in found])]
    return [value, *(column for column in rest if any(column[1]))]


def p_value_column(header: str, found: Sequence[Number]) -> Column:
    """Return a column of p-values."""
    return header, [p_value_text(one.value) for one in found]


def _headed(name: str, unit: str) -> str:
    """Return a header, on two lines if it is long."""
    first, middle, last = name, "", ""
    if len(name) > WIDEST_HEADER and "_" in name:
        places = [k for k, letter in enumerate(name, 1) if letter == "_"]
        place = min(places, key=lambda k: abs(len(name) - 2 * k))
        first, middle, last = name[:place], "\n", name[place:]
    return f"{first}{middle}{last}{f' [{unit}]' if unit else ''}"


def print_columns(console: Console, names: Column, groups: Sequence[Sequence[Column]]) -> None:
    """Print a table of indices; two of half as many where the errors of all have no room in one."""
    with_errors = [names, *(column for group in groups for column in group if column[0] != BOUNDS)]
    half = -(-len(groups) // 2)
    if half > 1 and all(width_of(console, filled(with_errors, gap)) > console.width for gap in (1, 0)):
        print_columns(console, names, groups[:half])
        console.print()
        print_columns(console, names, groups[half:])
    else:
        console.print(fitting(console, names, groups))


def fitting(console: Console, names: Column, groups: Sequence[Sequence[Column]]) -> Table:
    """Return the richest table that the console is wide enough for: intervals of all indices, errors, or values."""
    first, *others = groups
    with_errors = [[column for column in group if column[0] != BOUNDS] for group in groups]
    rest = [column for group in with_errors[1:] for column in group]
    bare = [group[0] for group in others]
    return fit(
        console,
        [
            [names, *columns]
            for columns in (
                [column for group in groups for column in group],
                [*first, *rest],
                [*with_errors[0], *rest],
                [*first, *bare],
                [*with_errors[0], *bare],
                [first[0], *bare],
            )
        ],
    )


def fit(console: Console, candidates: Iterable[Sequence[Column]]) -> Table:
    """Return the first table that the console is wide enough for, or the last one with its cells folded."""
    table = Table()
    for columns in candidates:
        for gap in (1, 0):
            table = filled(columns, gap)
            if width_of(console, table) <= console.width:
                return table
    for column in table.columns:
        column.no_wrap, column.overflow = False, "fold"
    return table


def width_of(console: Console, table: Table) -> int:
    """Return how wide a table wants to be."""
    return console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
