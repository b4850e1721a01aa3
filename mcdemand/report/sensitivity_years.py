"""The main index of one output by year, as a table of at most 80 columns."""

from __future__ import annotations

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.report.layout import Column, filled, print_text
from mcdemand.report.sensitivity_columns import fit, name_column, width_of
from mcdemand.report.sensitivity_text import cell_text, scale_words
from mcdemand.report.sensitivity_view import OUTPUT, PARAMETER, YEAR, by_year, is_share, unit_of_index
from mcdemand.report.text import literal

MOST_YEARLY = 15
YEAR_STEPS = {1: "", 2: "second", 3: "third", 4: "fourth", 6: "sixth", 12: "twelfth"}
MANY_DIGITS, FEW_DIGITS = 3, 2


def print_years(console: Console, one: xr.Dataset) -> None:
    """Print the main index of one output by year, of the parameters that are largest on average."""
    values, errors = by_year(one, MOST_YEARLY)
    if not values.sizes[PARAMETER]:
        return
    name, percent = str(values.name), is_share(one, str(values.name))
    unit = "%" if percent else unit_of_index(one, name)
    console.print()
    print_text(
        console, f"{literal(one[OUTPUT].values)}: {name}{f' [{unit}]' if unit else ''} by year{scale_words(one)}"
    )
    table, step = _yearly_table(console, values, errors, one.attrs.get("groups"), percent=percent)
    console.print(table)
    moving = int((np.abs(one[name].transpose(PARAMETER, YEAR).values).max(axis=1) > 0).sum())
    if moving > values.sizes[PARAMETER]:
        print_text(console, f"Shown are {values.sizes[PARAMETER]} of {moving}, the largest on average over the years.")
    if step > 1:
        print_text(console, f"Every {YEAR_STEPS[step]} year is shown; --save writes all.")


def _yearly_table(
    console: Console, values: xr.DataArray, errors: xr.DataArray, groups: object, *, percent: bool
) -> tuple[Table, int]:
    """Return the table with as many digits, and then as many years, as fit, and the step between years."""
    columns: list[Column] = []
    names = name_column(values.to_dataset(name="index").assign_attrs(groups=groups))
    for step in YEAR_STEPS:
        for digits in (MANY_DIGITS, FEW_DIGITS):
            columns = [names, *_yearly_columns(values, errors, step, digits, percent=percent)]
            table = filled(columns, gap=0)
            if width_of(console, table) <= console.width:
                return table, step
    return fit(console, [columns]), max(YEAR_STEPS)


def _yearly_columns(
    values: xr.DataArray, errors: xr.DataArray, step: int, digits: int, *, percent: bool
) -> list[Column]:
    """Return the chosen years, the last one among them; a year is short where digits are few."""
    years = range(values.sizes[YEAR])[::-step][::-1]
    columns = [
        [
            cell_text(float(value), float(error), percent=percent, digits=digits)
            for value, error in zip(values.values[:, k], errors.values[:, k], strict=True)
        ]
        for k in years
    ]
    labels = [int(values[YEAR].values[k]) for k in years]
    headers = [str(year) if digits == MANY_DIGITS else f"'{year % 100:02}" for year in labels]
    return [*zip(headers, columns, strict=True)]
