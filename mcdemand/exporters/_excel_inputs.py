"""The sheet of a workbook that holds the priors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mcdemand.draw_choice import dataset_of
from mcdemand.exporters._selection import PARAMETERS, Selection, select
from mcdemand.exporters._workbook import Book, number_format
from mcdemand.kernels.order_statistics import quantiles

LEVELS = (0.05, 0.5, 0.95)
HEADERS = ("parameter", "unit", "year", "prior as stated", "p5", "p50", "p95", "source", "note")
WIDTHS = (32, 10, 7, 48, 11, 11, 11, 46, 80)
YEAR_COLUMN = 2
MOST_SHOWN = 32
"""Items of a list that are shown; samples may be many thousands."""


def parameters_of(selection: Selection) -> Selection | None:
    """Return all parameters of the result, in the years and draws of the selection; None if the result keeps none."""
    names = [str(name) for name in dataset_of(selection.whole, PARAMETERS).data_vars]
    if not names:
        return None
    years = next(
        (one["year"].values for one in (selection.quantities, selection.parameters) if "year" in one.dims), None
    )
    found = dataset_of(selection.whole, PARAMETERS)
    kept = years if years is not None and "year" in found.dims else None
    return select(selection.whole, outputs=names, years=kept, draws=selection.draws)


def add_inputs(book: Book, parameters: Selection) -> None:
    """Add every parameter: unit, prior as stated, quantiles of its draws, source and note."""
    sheet = book.add_sheet("inputs")
    book.put_header(sheet, 0, HEADERS, WIDTHS, numbers=(YEAR_COLUMN, 4, 5, 6))
    attributes = {str(name): array.attrs for name, array in parameters.parameters.data_vars.items()}
    columns = parameters.columns()
    for row, column in enumerate(columns, 1):
        about = attributes[column.name]
        texts = (column.name, column.units, "", prior_words(str(about.get("prior", ""))), "", "", "")
        sources = (str(about.get(key, "")) for key in ("source", "note"))
        book.put_row(sheet, row, (*texts, *sources), WIDTHS, indent=1)
        book.put(sheet, row, YEAR_COLUMN, float("nan") if column.year is None else column.year, num_format="0")
        found = quantiles(column.values, LEVELS)
        form = "0.0" if column.units == "year" else number_format(found)
        for place, value in enumerate(found, 4):
            book.put(sheet, row, place, float(value), num_format=form)
    if all(column.year is None for column in columns):
        sheet.set_column(YEAR_COLUMN, YEAR_COLUMN, None, None, {"hidden": True})
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(columns), len(HEADERS) - 1)
    sheet.repeat_rows(0)


def prior_words(stated: str) -> str:
    """Return a prior in words, from how a result states it.

    Examples
    --------
    >>> prior_words('{"distribution": "uniform", "lower": 0, "upper": 2}')
    'uniform: lower = 0, upper = 2'
    """
    try:
        law = json.loads(stated)
    except (ValueError, RecursionError):
        return stated
    if not isinstance(law, dict):
        return stated
    by_set = law.get("by_prior_set")
    if isinstance(by_set, dict):
        return "; ".join(f"{name}: {_law_words(one)}" for name, one in by_set.items())
    return _law_words(law)


def _law_words(law: Any) -> str:
    return "".join(_law_parts(law)) if isinstance(law, Mapping) else str(law)


def _law_parts(law: Mapping[str, Any]) -> Iterator[str]:
    yield str(law.get("distribution", "prior"))
    numbers = {key: value for key, value in law.items() if key not in ("distribution", "truncation")}
    if numbers:
        yield ": " + ", ".join(f"{key} = {_value(value)}" for key, value in numbers.items())
    if law.get("truncation"):
        yield f"; truncated to {_value(law['truncation'])}"


def _value(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    more = [f"... ({len(value)})"] if len(value) > MOST_SHOWN else []
    return ", ".join(["none" if one is None else str(one) for one in value[:MOST_SHOWN]] + more).join("[]")
