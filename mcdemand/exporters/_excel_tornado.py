"""The sheet of a workbook that says which parameters move an output most."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._tenths import FEWEST_DRAWS, Swing, swings
from mcdemand.exporters._workbook import DIGITS_OF_ERROR, Book, number_format
from mcdemand.report.text import literal
from mcdemand.summary_request import is_independent

TORNADO = "tornado"
HEADERS = (
    "parameter",
    "median where it lies in its lowest tenth",
    "median where it lies in its highest tenth",
    "swing",
    "MCSE of swing",
    "rank correlation",
    "lowest tenth: up to",
    "highest tenth: from",
    "unit of the parameter",
)
WIDTHS = (32, 14, 14, 10, 9, 12, 12, 12, 13)
HEADER_ROW = 6
MOST_BARS = 15
LOW_COLOR, HIGH_COLOR = "#56b4e9", "#d55e00"
WORDS = (
    "Each row: the median of this output over the draws in which one parameter lies in its lowest tenth, and over "
    "those in which it lies in its highest tenth.",
    "All other parameters vary in these draws as they do in the whole result. Parameters that are correlated share "
    "credit: a bar shows what goes with a parameter, not what it alone causes.",
    "Taken from the draws of the result itself, without another run. Swings of less than about twice their MCSE are "
    "noise. mcdemand sensitivity has methods that tell causes apart.",
)


class Subject(NamedTuple):
    """What the tornado is of.

    Attributes
    ----------
    units
        Of each parameter, by its label.
    """

    column: Column
    swings: list[Swing]
    units: dict[str, str]


def add_tornado(book: Book, selection: Selection, parameters: Selection | None) -> list[str]:
    """Add the table and the chart; return a note if there is nothing to show."""
    subject = None if parameters is None else _subject(selection, parameters)
    if subject is None or not subject.swings:
        return [
            f"No tornado: it needs an output, parameters that vary, and at least {FEWEST_DRAWS} draws of both in the "
            "result."
        ]
    sheet = book.add_sheet(TORNADO)
    year = "" if subject.column.year is None else f", {subject.column.year}"
    unit = "" if subject.column.units in ("", "1") else f", {literal(subject.column.units)}"
    title = f"What moves: {literal(subject.column.long_name or subject.column.name)}{year}{unit}"
    book.put(sheet, 0, 0, title, bold=True, font_size=12)
    for row, words in enumerate(WORDS, 1):
        book.put(sheet, row, 0, words)
    middle = float(np.median(subject.column.values))
    book.put(sheet, len(WORDS) + 1, 0, "median over all draws")
    book.put(sheet, len(WORDS) + 1, 1, middle, num_format=number_format(middle), bold=True)
    book.put_header(sheet, HEADER_ROW, HEADERS, WIDTHS, numbers=range(1, len(HEADERS) - 1))
    _put_rows(book, sheet, subject)
    chart = _chart(book, subject, middle)
    sheet.insert_chart(HEADER_ROW, len(HEADERS) + 1, chart, {"description": "The table as bars.", "object_position": 2})
    sheet.freeze_panes(HEADER_ROW + 1, 1)
    return []


def _subject(selection: Selection, parameters: Selection) -> Subject | None:
    if not selection.quantities.data_vars:
        return None
    columns = selection.columns()
    first = [one for one in columns if one.name == columns[0].name][-1]
    own = {one.label: one for one in parameters.columns() if one.year in (None, first.year)}
    is_free = is_independent(selection.whole)
    draws = {label: one.values for label, one in own.items()}
    found = swings(draws, first.values, selection.chains, is_independent=is_free)
    return Subject(first, found, {label: one.units for label, one in own.items()})


def _put_rows(book: Book, sheet: Any, subject: Subject) -> None:
    form = number_format(np.array([[one.low, one.high] for one in subject.swings]))
    for row, one in enumerate(subject.swings, HEADER_ROW + 1):
        book.put(sheet, row, 0, one.name)
        for column, value in enumerate((one.low, one.high, one.swing), 1):
            book.put(sheet, row, column, value, num_format=form)
        book.put(sheet, row, 4, one.mcse, num_format=number_format(one.mcse, DIGITS_OF_ERROR), font_color="#595959")
        book.put(sheet, row, 5, one.correlation, num_format="0.00")
        ends = (one.low_end, one.high_end)
        own = "0.0" if subject.units[one.name] == "year" else number_format(np.array(ends))
        for column, value in enumerate(ends, 6):
            book.put(sheet, row, column, value, num_format=own)
        book.put(sheet, row, 8, subject.units[one.name], indent=1)


def _chart(book: Book, subject: Subject, middle: float) -> Any:
    """Return bars from the median over all draws to those in both tenths, the widest on top."""
    chart = book.workbook.add_chart({"type": "bar"})
    first, last = HEADER_ROW + 1, HEADER_ROW + min(MOST_BARS, len(subject.swings))
    for column, name, color in ((1, "in its lowest tenth", LOW_COLOR), (2, "in its highest tenth", HIGH_COLOR)):
        chart.add_series(
            {
                "name": name,
                "categories": [TORNADO, first, 0, last, 0],
                "values": [TORNADO, first, column, last, column],
                "fill": {"color": color},
                "gap": 40,
                "overlap": 100,
            }
        )
    chart.set_title({"name": [TORNADO, 0, 0], "name_font": {"size": 12, "bold": True}})
    chart.set_y_axis({"reverse": True, "label_position": "low", "line": {"color": "#7f7f7f"}})
    form = number_format(max(max(abs(one.low), abs(one.high)) for one in subject.swings), DIGITS_OF_ERROR)
    gridlines = {"visible": True, "line": {"color": "#d9d9d9"}}
    chart.set_x_axis({"crossing": middle, "num_format": form, "major_gridlines": gridlines})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 760, "height": 120 + 26 * (last - first + 1)})
    return chart
