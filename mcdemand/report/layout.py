"""What tables are made of: columns of numbers, tables side by side, lines of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import xarray as xr
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcdemand.digits import format_value
from mcdemand.report.text import literal

WIDEST_TITLE = 76
CI_WORDS = {"eti": "equal-tailed", "hdi": "shortest"}

type Column = tuple[str, list[str]]
"""A header and the cells below it."""


def print_notes(console: Console, notes: Sequence[str]) -> None:
    """Print one note after another."""
    for note in notes:
        print_text(console, note)


def counted(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def long_name_of(summary: xr.Dataset, output: str) -> str:
    """Return what an output is called."""
    return literal(summary["long_name"].sel(output=output).values)


def unit_of(one: xr.Dataset) -> str:
    """Return the unit of one output; nothing for a plain number."""
    unit = literal(one["units"].values)
    return "" if unit == "1" else unit


def share_cells(share: float, mcse: float, draws: int) -> tuple[str, str]:
    """Return a probability in per cent and its error; one that no draw bears out is bounded by the rule of three."""
    if 0 < share < 1 and math.isnan(mcse):
        return f"{format_value(100 * share, mcse)} %", ""
    if 0 < share < 1:
        return f"{format_value(100 * share, 100 * mcse)} %", f"{format_value(100 * mcse, 100 * mcse)} %"
    bound = float(f"{min(300 / draws, 100):.1g}")
    return (f"<{bound:g} %" if share == 0 else f">{100 - bound:g} %"), ""


def new_table(title: str, headers: Sequence[str]) -> Table:
    """Return a table whose columns are numbers so far."""
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        title_style="bold",
        min_width=min(len(title), WIDEST_TITLE),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    return table


def filled(columns: Sequence[Column], gap: int = 2) -> Table:
    """Return a table of columns, the first one of which are names."""
    table = new_table("", [header for header, _ in columns])
    table.padding = (0, gap, 0, 0)
    table.columns[0].justify = "left"
    for cells in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*cells)
    return table


def print_beside(console: Console, tables: Sequence[Table]) -> None:
    """Print tables side by side as far as the console is wide enough."""
    row: list[Table] = []
    for table in tables:
        if row and sum(console.measure(one).maximum + 2 for one in [*row, table]) > console.width:
            _print_row(console, row)
            row = []
        row.append(table)
    _print_row(console, row)


def _print_row(console: Console, tables: Sequence[Table]) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in tables:
        grid.add_column(vertical="bottom")
    grid.add_row(*tables)
    console.print(grid)


def print_text(console: Console, text: str) -> None:
    """Print a line of text, literally."""
    console.print(Text(literal(text)))
