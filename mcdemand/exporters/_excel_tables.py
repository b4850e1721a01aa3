"""The sheets of a workbook that hold quantiles, and where everything comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.draw_choice import dataset_of
from mcdemand.exporters._selection import Selection
from mcdemand.exporters._workbook import DIGITS_OF_ERROR, HEADER, Book, number_format

QUANTILES = "quantiles"
LEADING = ("output", "what it is", "unit", "year")
YEAR_COLUMN = 3
LEADING_WIDTHS = (22, 58, 10, 7)
NUMBER_WIDTH, ERROR_WIDTH, NOTE_WIDTH = 11, 10, 60
ABOUT_WIDTHS = (28, 110)
SHEETS = {
    "quantiles": "Mean, spread and quantiles of every output in every year, each with its Monte Carlo error.",
    "charts": "The same quantiles as pictures: the median and the intervals around it.",
    "tornado": "Which parameters move the first output most in its last year.",
    "inputs": "What the forecast is made of: the prior of every parameter, as stated, with source and note.",
    "draws": "Joint draws: a row is one possible world, so that any two columns may be combined row by row.",
}
WORDS = {
    "mean, sd": "Average of the draws, and their standard deviation.",
    "p5": "5 % of the draws lie below it; the other quantiles likewise. p50 is the median.",
    "interval": "An equal-tailed credible interval: as much probability lies below its low end as above its high end.",
    "MCSE": "Monte Carlo standard error: how far the number itself may be off because the draws are finitely many. "
    "It says nothing of how good the priors are.",
}
REPRODUCE = (
    "Keep the result as a netCDF file too: mcdemand run --from RESULT.nc repeats it bit for bit, and mcdemand export "
    "RESULT.nc -o NAME.xlsx writes this workbook again, byte for byte."
)


class Output(NamedTuple):
    """Where an output stands in the sheet of quantiles.

    Attributes
    ----------
    first, last
        Its rows, from 0.
    years
        None without years.
    levels
        Levels of its quantiles, each once, in order.
    columns
        The column of each level.
    values
        (row, level) quantiles.
    """

    array: xr.DataArray
    first: int
    last: int
    years: list[int] | None
    levels: list[float]
    columns: list[int]
    values: np.ndarray[Any, np.dtype[np.float64]]


def add_quantiles(book: Book, selection: Selection) -> list[Output]:
    """Add the summary of every output in every year; of parameters where there are no outputs."""
    summary = next(iter(selection.summaries()))
    sheet = book.add_sheet(QUANTILES)
    headers, widths = _headers(summary)
    book.put_header(sheet, 0, headers, widths, numbers=range(YEAR_COLUMN, len(headers) - 1))
    outputs, row = [], 1
    for name, array in dataset_of(selection.tree, summary.attrs["group"]).data_vars.items():
        outputs.append(_put_output(book, sheet, row, array, summary.sel(output=name)))
        row = outputs[-1].last + 1
    sheet.freeze_panes(1, len(LEADING))
    sheet.autofilter(0, 0, row - 1, len(headers) - 1)
    sheet.repeat_rows(0)
    return outputs


def _headers(summary: xr.Dataset) -> tuple[list[str], list[float]]:
    numbers = ["mean", "sd", *(level_name(p) for p in summary["quantile"].values), *_interval_names(summary)]
    errors = [f"MCSE of {name}" for name in numbers]
    widths: list[float] = [*LEADING_WIDTHS, *[NUMBER_WIDTH] * len(numbers), *[ERROR_WIDTH] * len(errors), NOTE_WIDTH]
    return [*LEADING, *numbers, *errors, "note"], widths


def level_name(level: float) -> str:
    """Return what a quantile is called, as `p97.5`."""
    return f"p{100 * level:.10g}"


def _interval_names(summary: xr.Dataset) -> list[str]:
    return [f"{100 * p:.10g} % interval, {end}" for p in summary["ci_prob"].values for end in ("low", "high")]


def _put_output(book: Book, sheet: Any, first: int, array: xr.DataArray, summary: xr.Dataset) -> Output:
    years = array["year"].values.tolist() if "year" in array.dims else None
    levels, places = np.unique(summary["quantile"].values, return_index=True)
    found = []
    for row, year in enumerate(years or [None], first):
        one = (
            summary if "year" not in summary.dims else summary.isel(year=0) if year is None else summary.sel(year=year)
        )
        numbers, errors = _numbers(one, ""), _numbers(one, "mcse_")
        leading = (str(array.name), str(array.attrs.get("long_name", "")), str(array.attrs.get("units", "")))
        for column, text in enumerate(leading):
            book.put(sheet, row, column, text)
        book.put(sheet, row, YEAR_COLUMN, np.nan if year is None else year, num_format="0")
        _put_numbers(book, sheet, row, numbers, errors)
        book.put(sheet, row, len(LEADING) + 2 * len(numbers), "; ".join(_remarks(one)), indent=1)
        found.append(one["quantiles"].values[places])
    columns = [len(LEADING) + 2 + int(place) for place in places]
    return Output(array, first, first + len(found) - 1, years, levels.tolist(), columns, np.array(found))


def _in_year(summary: xr.Dataset, year: int | None) -> xr.Dataset:
    """Return the summary of a year; an output without years repeats where others have some."""
    if "year" not in summary.dims:
        return summary
    return summary.isel(year=0) if year is None else summary.sel(year=year)


def _numbers(row: xr.Dataset, prefix: str) -> list[float]:
    return [float(value) for key in ("mean", "sd", "quantiles", "interval") for value in row[prefix + key].values.flat]


def _put_numbers(book: Book, sheet: Any, row: int, numbers: list[float], errors: list[float]) -> None:
    form, column = number_format(np.array(numbers)), len(LEADING)
    for value in numbers:
        book.put(sheet, row, column, value, num_format=form)
        column += 1
    for value in errors:
        book.put(sheet, row, column, value, num_format=number_format(value, DIGITS_OF_ERROR), font_color="#595959")
        column += 1


def _remarks(row: xr.Dataset) -> Iterator[str]:
    if row["mean_unstable"]:
        yield "no number of draws settles this mean: use the median"
    elif row["sd_unstable"]:
        yield "a few draws make this sd"
    for level, beyond in zip(row["quantile"].values, row["quantile_beyond_sample"].values, strict=True):
        if beyond:
            yield f"{level_name(level)} hangs on fewer than 10 draws"


def add_about(book: Book, selection: Selection, notes: Iterable[str]) -> None:
    """Add where the numbers come from, what the words mean, and how to get the same numbers again."""
    sheet = book.add_sheet("about")
    for column, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(column, column, width)
    row = 0
    for title, lines in _about(book, selection, notes):
        for column in range(len(ABOUT_WIDTHS)):
            book.put(sheet, row, column, "" if column else title, **HEADER | {"text_wrap": False})
        for key, value in lines:
            row += 1
            book.put_row(sheet, row, (key, value), ABOUT_WIDTHS, align="left")
        row += 2


def _about(book: Book, selection: Selection, notes: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    known = selection.about()
    notices = str(known.pop("notices", "")).splitlines()
    known["draws_behind_all_numbers"] = known.pop("draws_exported")
    stated = [(key.replace("_", " "), value if isinstance(value, int) else str(value)) for key, value in known.items()]
    yield "Where the numbers come from", [*stated, ("Monte Carlo errors", _error_words(selection))]
    if notices:
        yield "What the run said", [("", line) for line in notices]
    if found := [("", note) for note in notes]:
        yield "What this workbook leaves out", found
    sheets = {one.get_name() for one in book.workbook.worksheets()}
    yield "Sheets", [(name, words) for name, words in SHEETS.items() if name in sheets]
    yield "Words", [*WORDS.items()]
    yield "How to get the same numbers again", [("", REPRODUCE)]


def _error_words(selection: Selection) -> str:
    attributes = next(iter(selection.summaries())).attrs
    if attributes["mcse"] == "replicates":
        return f"from {attributes['replicates']} independent chains"
    return "draws are independent of each other"
