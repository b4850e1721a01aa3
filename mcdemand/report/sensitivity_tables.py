"""Which belief matters, as tables of at most 80 columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.digits import format_value
from mcdemand.report.layout import print_notes, print_text
from mcdemand.report.sensitivity_columns import fitting, index_columns, name_column, number_columns, print_columns
from mcdemand.report.sensitivity_methods import print_boxes, print_regional, print_tornado
from mcdemand.report.sensitivity_text import (
    CI_PROB,
    UNDEFINED,
    below_zero_note,
    dependence_line,
    error_text,
    method_line,
    notices,
    output_line,
    provenance,
    small_note,
    zero_note,
)
from mcdemand.report.sensitivity_view import (
    ERROR,
    OUTPUT,
    PARAMETER,
    YEAR,
    Number,
    index_names,
    index_title,
    is_share,
    is_undefined,
    numbers,
    other_names,
    pick,
    pick_output,
    plain,
    ranked,
    split_small,
)
from mcdemand.report.sensitivity_words import WORDS, log_note, meanings
from mcdemand.report.sensitivity_years import print_years
from mcdemand.report.text import literal

MOST_PAIRS = 10


def print_sensitivity(
    console: Console, found: xr.Dataset, outputs: Iterable[str] | None = None, year: int | None = None
) -> None:
    """Print an analysis: for each output the parameters of one year, the largest first, then all years.

    Parameters
    ----------
    outputs
        Those to print; None: the first one.
    year
        Year of the table by parameter; None: the last one.

    Raises
    ------
    InputError
        If the analysis has no such output or year.
    """
    names = [*(outputs or [str(np.atleast_1d(found[OUTPUT].values)[0])])]
    print_notes(console, [*heading(found.attrs), *meanings(found), *log_note(found, names)])
    print_one = METHOD_TABLES.get(str(found.attrs.get("method")), print_indices)
    for output in names:
        console.print()
        print_one(console, pick(found, output, year))
        if found.sizes.get(YEAR, 1) > 1:
            print_years(console, plain(pick_output(found, output)))
    closing = [*group_notes(found), *notices(found.attrs)]
    if closing:
        console.print()
        print_notes(console, closing)


def heading(attributes: Mapping[Any, Any]) -> list[str]:
    """Return what was done: method, draws, dependence, and what the errors are."""
    level = f"{100 * float(attributes.get('ci_prob', CI_PROB)):g} %"
    errors = f"MCSE: Monte Carlo standard error. Intervals: {level} confidence, of the Monte Carlo error alone."
    lines = [method_line(attributes), provenance(attributes), dependence_line(attributes), errors]
    return [line for line in lines if line]


def print_indices(console: Console, one: xr.Dataset) -> None:
    """Print the table of one output in one year, and what belongs to the output as a whole."""
    print_text(console, output_line(one))
    moving, zeros = ranked(one)
    shown, small = split_small(moving)
    if shown.sizes[PARAMETER]:
        print_columns(console, name_column(shown), index_columns(shown))
        print_notes(console, list(_below_zero(shown)))
    if is_undefined(one):
        print_text(console, UNDEFINED)
    print_notes(console, [*_wholes(one), *small_note(small), *zero_note(zeros)])
    for name in other_names(one, 1):
        if PARAMETER in one[name].dims:
            console.print()
            console.print(_pairs(console, one, name))


def _below_zero(shown: xr.Dataset) -> Iterator[str]:
    shares = [numbers(shown, name) for name in index_names(shown) if is_share(shown, name)]
    yield from below_zero_note(one for each in shares for one in each)


def _wholes(one: xr.Dataset) -> Iterator[str]:
    """Yield the numbers that belong to the output as a whole, such as R2."""
    for name in other_names(one, 0):
        if one[name].ndim == 0:
            value, error = (float(one[key]) if key in one else math.nan for key in (name, ERROR + name))
            known = "" if math.isnan(error) else f" (MCSE {error_text(error)})"
            words = "" if name in WORDS else f", {index_title(one, name)}"
            yield f"{name}{words}: {format_value(value, error)}{known}."


def _pairs(console: Console, one: xr.Dataset, name: str) -> Table:
    """Return the largest entries of an index that has a dimension more, such as those of pairs."""
    (extra,) = {*map(str, one[name].dims)} - {PARAMETER}
    values = one[name].transpose(extra, PARAMETER).values
    unknown = np.full(values.shape, np.nan)
    errors = one[ERROR + name].transpose(extra, PARAMETER).values if ERROR + name in one else unknown
    seen: dict[frozenset[str], Number] = {}
    for row, column in zip(*np.unravel_index(np.argsort(-np.abs(values), axis=None), values.shape), strict=True):
        pair = (literal(one[PARAMETER].values[column]), literal(one[extra].values[row]))
        value, error = float(values[row, column]), float(errors[row, column])
        # Both orders of a pair may be there.
        if value and math.isfinite(value):
            seen.setdefault(frozenset(pair), Number(", ".join(pair), value, error, math.nan, math.nan))
    kept = list(seen.values())[:MOST_PAIRS]
    return fitting(console, (f"largest {name}", [one.name for one in kept]), [number_columns(name, kept)])


def group_notes(found: xr.Dataset) -> Iterator[str]:
    """Yield the members of each group of parameters, if there are groups."""
    if not found.attrs.get("groups") or "members" not in found.coords:
        return
    for name, members in zip(found[PARAMETER].values, found["members"].values, strict=True):
        if str(name) != str(members):
            yield f"{literal(name)}: {literal(members)}"


METHOD_TABLES: dict[str, Callable[[Console, xr.Dataset], None]] = {
    "tornado": print_tornado,
    "regional": print_regional,
    "prim": print_boxes,
}
"""What prints one output in one year, where it is not a table of indices."""
