"""What each changed row explains of a move between prior sets, as a table of at most 80 columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.digits import format_value
from mcdemand.paired_sets import OVERRIDDEN
from mcdemand.report.comparison import MCSE, WIDEST, error_cell, value_cell, written_overrides
from mcdemand.report.layout import counted, new_table, print_notes, print_text
from mcdemand.report.text import literal

GAP, LEAST_CHANGE_WIDTH = 2, 24
BETWEEN_CHANGES = re.compile(r", (?![^\[(]*[\])])")
"""A comma outside brackets."""


MORE_ORDERS = "more --permutations lessen"


def print_attribution(console: Console, attribution: xr.Dataset, more: str = MORE_ORDERS) -> None:
    """Print what `attribute` returned: each row's contribution to the move, the largest first, and the whole move.

    Parameters
    ----------
    more
        What lessens the error of sampled orders, as the words of a sentence.
    """
    attributes = attribution.attrs
    start, end = (literal(attributes[key]) for key in ("start_set", "end_set"))
    unit = "" if attributes["units"] == "1" else f" {literal(attributes['units'])}"
    year = f" in {attributes['year']}" if "year" in attributes else ""
    print_text(console, f"{attributes['output']}{year}, {attributes['statistic']}: {literal(attributes['long_name'])}")
    print_text(
        console,
        f"From {start}, {value_cell(attribution, 'start')}{unit}, to {end}, {value_cell(attribution, 'end')}{unit}: "
        f"a move of {value_cell(attribution, 'move')}{unit}. {counted(int(attributes['draws']), 'draw')} in "
        f"{counted(int(attributes['chains']), 'chain')}, seed {attributes['seed']}, design {attributes['design']}.",
    )
    changes = written_overrides(attributes)
    if changes and end != start + OVERRIDDEN:
        print_text(console, f"Both with {changes}")
    reached = attribution.sel(row=attribution["reaches"])
    if reached.sizes["row"]:
        console.print()
        console.print(_contribution_table(console, reached, unit))
    console.print()
    print_notes(console, list(_attribution_notes(attribution, more)))


def combined_error(row: xr.Dataset) -> Any:
    """Return the standard error of contributions, from the draws and from the sampled orders together."""
    return np.hypot(row["mcse_draws"].values, row["mcse_orders"].values)


def _contribution_table(console: Console, reached: xr.Dataset, unit: str) -> Table:
    """Return the table of the rows and their sum; what changes gets the width that the other columns leave."""
    move = float(reached["move"])
    total = value_cell(reached, "move"), error_cell(float(reached["mcse_move"])), "100 %" if move else ""
    rows = [*(_contribution(reached.isel(row=k), move) for k in range(reached.sizes["row"])), ("sum", *total)]
    headers = ("row", unit.strip() or "move", MCSE, "share")
    figures = _rows_table(headers, rows)
    taken = console.measure(figures, options=console.options.update(max_width=WIDEST)).maximum
    width = max(console.width - taken - GAP, LEAST_CHANGE_WIDTH)
    changes = [*(_wrapped(literal(change), width) for change in reached["change"].values), "the whole move"]
    filled = [(*cells, change) for cells, change in zip(rows, changes, strict=True)]
    table = _rows_table((*headers, "what changes"), filled)
    table.columns[-1].justify, table.columns[-1].min_width = "left", min(width, max(map(_widest, changes)))
    return table


def _rows_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table whose last row stands below a line, and whose names may be folded."""
    table = new_table("", headers)
    table.padding = (0, GAP - 1, 0, 0)
    table.columns[0].justify, table.columns[0].no_wrap, table.columns[0].overflow = "left", False, "fold"
    for k, cells in enumerate(rows, 2):
        table.add_row(*cells, end_section=k == len(rows))
    return table


def _widest(text: str) -> int:
    return max(map(len, text.split("\n")))


def _contribution(row: xr.Dataset, move: float) -> tuple[str, str, str, str]:
    """Return name, contribution, error and share of one row."""
    value, error = float(row["contribution"]), float(combined_error(row))
    share = f"{format_value(100 * value / move, 100 * error / abs(move))} %" if move else ""
    return literal(row["row"].values), format_value(value, error), error_cell(error), share


def _wrapped(change: str, width: int) -> str:
    """Return lines that break between the changes of a row; one that is too long breaks before its arrow."""
    lines = [""]
    parts = BETWEEN_CHANGES.split(change)
    for part in (*(f"{part}," for part in parts[:-1]), parts[-1]):
        beside = f"{lines[-1]} {part}".strip()
        if len(beside) <= width:
            lines[-1] = beside
            continue
        before, arrow, after = part.partition(" -> ")
        pieces = [part] if len(part) <= width or not arrow else [before, f"-> {after}"]
        lines += [line for piece in pieces for line in textwrap.wrap(piece, width, break_on_hyphens=False)]
    return "\n".join(filter(None, lines))


def _attribution_notes(attribution: xr.Dataset, lessens: str) -> Iterator[str]:
    attributes, rows = attribution.attrs, attribution["row"].values
    if not rows.size:
        yield "No row of the one set differs from the other's."
        return
    orders = f"{'all' if attributes['all_orders'] else 'sampled'} orders ({attributes['orders']})"
    more = "" if attributes["all_orders"] else f"; {lessens} the error of the orders"
    yield (
        f"A row moves the {attributes['statistic']} by its average step when the rows change one after the other, over "
        f"{orders}; unrounded, the steps sum to the move exactly. MCSE: from draws and orders together{more}."
    )
    idle = [str(row) for row in rows[~attribution["reaches"].values]]
    if idle:
        yield f"Changed, but {attributes['output']} does not depend on it, so exactly 0: {', '.join(idle)}."
