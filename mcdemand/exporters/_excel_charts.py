"""The sheet of a workbook that draws quantiles: a fan chart of every output."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from mcdemand.exporters._excel_tables import QUANTILES, YEAR_COLUMN, Output, level_name
from mcdemand.exporters._workbook import Book, cell_text, number_format

CHARTS = "charts"
WIDTH, HEIGHT = 620, 340
COLUMNS_PER_CHART, ROWS_PER_CHART = 10, 18
SIDE_BY_SIDE = 2
CHARTS_PER_PAGE = 4
DATA_COLUMN = COLUMNS_PER_CHART * SIDE_BY_SIDE + 1
MIDDLE = 0.5
GRAY = {"font_color": "#7f7f7f"}


def add_fans(book: Book, outputs: Iterable[Output]) -> list[str]:
    """Add a chart of every output that has at least two years; return a note if there is none."""
    found = [one for one in outputs if one.years and len(one.years) > 1]
    if not found:
        return ["No chart: none of the outputs has two years or more."]
    sheet = book.add_sheet(CHARTS)
    sheet.hide_gridlines(2)
    words = "What the charts are drawn from: the lowest quantile, and how far each lies above the one before"
    book.put(sheet, 0, DATA_COLUMN, words, **GRAY)
    data = 2
    for k, one in enumerate(found):
        chart = _chart(book, one, _put_widths(book, sheet, data, one))
        # A title that is given as text could be taken for a reference, so it is one: to a cell beside the charts.
        chart.set_title({"name": [CHARTS, data, DATA_COLUMN], "name_font": {"size": 12, "bold": True}})
        description = f"Quantiles of {cell_text(one.array.name)[:100]} by year, as in the sheet {QUANTILES}"
        row, column = ROWS_PER_CHART * (k // SIDE_BY_SIDE), COLUMNS_PER_CHART * (k % SIDE_BY_SIDE)
        sheet.insert_chart(row, column, chart, {"description": description, "object_position": 2})
        data += len(one.values) + 3
    rows = -(-len(found) // SIDE_BY_SIDE)
    sheet.print_area(0, 0, ROWS_PER_CHART * rows - 1, DATA_COLUMN - 2)
    per_page = CHARTS_PER_PAGE // SIDE_BY_SIDE
    sheet.set_h_pagebreaks([ROWS_PER_CHART * row for row in range(per_page, rows, per_page)])
    return []


def _put_widths(book: Book, sheet: Any, first: int, one: Output) -> int:
    """Write title, years and widths of the bands; return the first row of numbers."""
    book.put(sheet, first, DATA_COLUMN, _title(one), **GRAY)
    steps = [f"{level_name(high)} less {level_name(low)}" for low, high in pairwise(one.levels)]
    for column, text in enumerate(["year", level_name(one.levels[0]), *steps], DATA_COLUMN):
        book.put(sheet, first + 1, column, text, **GRAY)
    widths = np.diff(one.values, axis=1, prepend=0.0)
    for row, (year, numbers) in enumerate(zip(one.years or (), widths, strict=True), first + 2):
        book.put(sheet, row, DATA_COLUMN, year, num_format="0", **GRAY)
        form = number_format(numbers)
        for column, value in enumerate(numbers, DATA_COLUMN + 1):
            book.put(sheet, row, column, float(value), num_format=form, **GRAY)
    return first + 2


def _title(one: Output) -> str:
    from mcdemand.report.axes import axis_label, title_of

    unit = axis_label(one.array)
    return f"{title_of(one.array)}, {unit}" if unit else title_of(one.array)


def _chart(book: Book, one: Output, data: int) -> Any:
    lines = book.workbook.add_chart({"type": "line"})
    is_filled = len(one.levels) > 1 and float(one.values.min()) >= 0
    for level, column in zip(one.levels, one.columns, strict=True):
        lines.add_series(_line(one, level, column, is_thin=is_filled))
    chart, hidden = lines, []
    if is_filled:
        chart = book.workbook.add_chart({"type": "area", "subtype": "stacked"})
        for series in _bands(one, data):
            chart.add_series(series)
        chart.combine(lines)
        count = len(one.levels)
        hidden = [k for k, level in enumerate(one.levels) if k == 0 or level <= MIDDLE]
        hidden += [count + k for k, level in enumerate(one.levels) if level != MIDDLE]
    chart.set_legend({"position": "bottom", "delete_series": hidden})
    chart.set_size({"width": WIDTH, "height": HEIGHT})
    chart.set_x_axis({"position_axis": "on_tick", "num_format": "0", "label_position": "low"})
    chart.set_y_axis(_value_axis(one.values))
    return chart


def _line(one: Output, level: float, column: int, *, is_thin: bool) -> dict[str, Any]:
    """Return a quantile as a line: it tells its values to who points at it, as a band does not."""
    from mcdemand.report.axes import LINE_COLOR, MEDIAN_COLOR

    line = {"color": MEDIAN_COLOR, "width": 2.25} if level == MIDDLE else {"color": LINE_COLOR, "width": 1.25}
    if is_thin and level != MIDDLE:
        line = {"color": _tint(1, 1), "width": 0.75}
    name = "median" if level == MIDDLE else level_name(level)
    places = [[QUANTILES, one.first, place, one.last, place] for place in (YEAR_COLUMN, column)]
    return {"name": name, "categories": places[0], "values": places[1], "line": line}


def _bands(one: Output, data: int) -> Iterator[dict[str, Any]]:
    """Yield the areas between quantiles, one on top of the other; what lies below the lowest is not filled."""
    count, last = len(one.levels), data + len(one.values) - 1
    for k in range(count):
        tint = _tint(min(k - 1, count - 1 - k), max((count - 2) // 2, 1))
        yield {
            "name": _band_name(one.levels, k),
            "categories": [CHARTS, data, DATA_COLUMN, last, DATA_COLUMN],
            "values": [CHARTS, data, DATA_COLUMN + 1 + k, last, DATA_COLUMN + 1 + k],
            "fill": {"color": tint} if k else {"none": True},
            "border": {"none": True},
        }


def _tint(depth: int, deepest: int) -> str:
    from mcdemand.report.axes import NARROWEST_TINT, WIDEST_TINT

    shades = WIDEST_TINT + (NARROWEST_TINT - WIDEST_TINT) * min(depth / deepest, 1.0)
    return "#" + "".join(f"{round(255 * float(shade)):02x}" for shade in shades)


def _band_name(levels: list[float], k: int) -> str:
    level = levels[k]
    has_mirror = any(math.isclose(level, 1 - other) for other in levels)
    return f"{100 * (2 * level - 1):.10g} % interval" if level > MIDDLE and has_mirror else f"up to {level_name(level)}"


def _value_axis(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    from mcdemand.report.axes import spans_widely

    axis: dict[str, Any] = {"major_gridlines": {"visible": False}, "line": {"color": "#7f7f7f"}}
    if not spans_widely(values):
        return axis | {"num_format": number_format(float(np.abs(values).max()), 2)}
    bottom = 10.0 ** math.floor(math.log10(float(values.min())))
    form = "#,##0" if bottom >= 1 and values.max() < 1e9 else "General"
    return axis | {"log_base": 10, "min": bottom, "crossing": bottom, "num_format": form}
