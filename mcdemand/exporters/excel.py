"""Excel workbook: quantiles, charts, a tornado, inputs with their sources, draws, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from mcdemand.exporters._excel_charts import add_fans
from mcdemand.exporters._excel_inputs import add_inputs, parameters_of
from mcdemand.exporters._excel_reading import DRAWS, KEYS, MARK, read
from mcdemand.exporters._excel_tables import add_about, add_quantiles
from mcdemand.exporters._excel_tornado import add_tornado
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._workbook import HEADER, MOST_ROWS, Book, number_format

LEAST_WIDTH, MOST_WIDTH = 11, 34


def write(selection: Selection, target: Path, /) -> Iterable[str]:
    """Write the workbook.

    Raises
    ------
    InputError
        If the draws have more columns than a sheet.
    """
    book = Book()
    parameters = parameters_of(selection)
    tables = add_quantiles(book, selection)
    charts = add_fans(book, tables)
    tornado = add_tornado(book, selection, parameters)
    if parameters is not None:
        add_inputs(book, parameters)
    _add_draws(book, selection)
    notes = [*_notes(selection), *charts, *tornado]
    add_about(book, selection, notes)
    book.save(target)
    return notes


def _add_draws(book: Book, selection: Selection) -> None:
    """Add the draws: a row is one draw of everything, so that dependence survives."""
    sheet = book.add_sheet(DRAWS, fits=False)
    columns = selection.columns(most=MOST_ROWS)
    places = np.arange(len(columns[0].values))
    widths = [max(LEAST_WIDTH, min(len(one.label) + 2, MOST_WIDTH)) for one in columns]
    book.put_header(sheet, 0, [*KEYS, *_labels(columns)], [7, 7, *widths], numbers=range(len(columns) + 2))
    for k, text in enumerate(("", "", *(one.units for one in columns))):
        book.put(sheet, 1, k, text, **HEADER | {"bold": False, "align": "right"})
    numbers = [places % selection.chains, places // selection.chains, *(one.values for one in columns)]
    formats = ["0", "0", *("0.0" if one.units == "year" else number_format(one.values) for one in columns)]
    book.put_block(sheet, 2, numbers, formats)
    sheet.freeze_panes(2, 2)


def _labels(columns: Iterable[Column]) -> Iterator[str]:
    """Yield the heads of the columns; a parameter can be called as an output in a year is."""
    taken: set[str] = set()
    for column in columns:
        yield f"{column.label}{MARK}" if column.label in taken else column.label
        taken.add(column.label)


def _notes(selection: Selection) -> Iterator[str]:
    if selection.draws > MOST_ROWS:
        yield (
            f"{MOST_ROWS:,} of {selection.draws:,} draws are in the sheet draws, the first ones of every chain: more "
            "are slow to open. Quantiles and all other numbers rest on every draw."
        )


EXPORTER = Exporter(
    name="excel",
    title="Excel workbook: quantiles, charts, tornado, inputs, draws",
    suffixes=(".xlsx",),
    keeps="joint draws",
    write=write,
    read_draws=read,
    owns_suffix=True,
    has_parameters=True,
    states_quantiles=True,
    library="xlsxwriter",
    extra="export",
)
