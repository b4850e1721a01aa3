"""Guesstimate: a list of draws of one output in one year, to paste into a cell.

The cell's parser (`formatters/Data.ts` of guesstimate-app) splits at white space and commas, drops what is no number,
and keeps the first 10,000; a sheet runs 5,000 samples, and lists of one length stay joint row by row. There is no room
for words: a number among them would become a draw.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np

from mcdemand.draw_choice import find_variable
from mcdemand.errors import InputError
from mcdemand.exporters._column_summary import describe, only_column
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_whole
from mcdemand.exporters._selection import Selection

FEWEST, USUAL, MOST = 5, 5000, 10_000
"""Fewer are not taken for data; a sheet runs so many samples; a cell keeps no more."""


def write(selection: Selection, target: Path, /, *, rows: int) -> Iterable[str]:
    """Write one number a line, scaled by a power of 1,000 so that none needs an exponent.

    Parameters
    ----------
    rows
        At most so many draws, taken from the chains in turn; 5 to 10,000.

    Raises
    ------
    InputError
        If there is more than one column, there are fewer than 5 draws, or `rows` is not valid.
    """
    column = only_column(selection, "guesstimate")
    if selection.draws < FEWEST:
        raise InputError(f"draws: {selection.draws}: Guesstimate takes {FEWEST} values or more for data; export more")
    values = selection.columns(most=check_whole("rows", rows, FEWEST, MOST))[0].values
    # One scale for all years, so that lists of one output stay in one unit.
    power = power_of_thousand(_median_size(selection, column.name))
    lines = (format(Decimal(repr(value)).scaleb(-power), "f") for value in values.tolist())
    target.write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
    scale = f"10^{power} times the unit" if power else "that unit"
    return list(_notes(f"{describe(column)}: the numbers are in {scale}; say so in the cell.", values.size, selection))


def _median_size(selection: Selection, name: str) -> float:
    """Return the median of a variable's absolute value over all draws and years of the whole result."""
    found = find_variable(selection.whole, name)
    return 0.0 if found is None else float(np.median(np.abs(found.values)))


def power_of_thousand(value: float) -> int:
    """Return the power of ten, a multiple of 3, that leaves 1 to 3 digits before the point.

    Examples
    --------
    >>> power_of_thousand(2.5e26), power_of_thousand(999.0), power_of_thousand(0.02), power_of_thousand(0.0)
    (24, 0, -3, 0)
    """
    return 3 * math.floor(math.log10(value) / 3) if value > 0 else 0


def _notes(first: str, kept: int, selection: Selection) -> Iterator[str]:
    yield first
    if kept < selection.draws:
        yield f"{kept:,} of {selection.draws:,} draws: a Guesstimate sheet runs {USUAL:,} and a cell keeps {MOST:,}."
    yield "A paste list has no room for where the numbers come from; keep the result's own file beside it."
    yield "Lists of the same result and the same length stay joint, draw by draw, in one sheet."


EXPORTER = Exporter(
    name="guesstimate",
    title="list of draws of one output in one year, to paste into a Guesstimate cell",
    suffixes=(".txt",),
    keeps="marginals",
    write=write,
    options={"rows": USUAL},
    meanings={
        "rows": "numbers in the list, 5 to 10,000",
    },
)
