"""The waterfall of several outputs and years: each one told and drawn as an attribution is."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from rich.console import Console

from mcdemand.report import comparison_figures
from mcdemand.report.attribution import print_attribution
from mcdemand.report.layout import print_notes, print_text
from mcdemand.report.sensitivity_text import dependence_line, notices
from mcdemand.report.sensitivity_view import OF_OUTPUT, OUTPUT, PARAMETER, YEAR, pick, pick_output
from mcdemand.report.sensitivity_years import print_years
from mcdemand.shapley import ENUMERATED_ROWS

CONTRIBUTION = "contribution"
MORE_ORDERS = "a larger N in --option permutations=N lessens"
SEVERAL = "several"


def print_waterfall(
    console: Console, found: xr.Dataset, outputs: Iterable[str] | None = None, year: int | None = None
) -> None:
    """Print what `waterfall` returned: for each output the rows' contributions in one year, then all years.

    Parameters
    ----------
    outputs
        Those to print; None: the first one.
    year
        None: the last one.

    Raises
    ------
    InputError
        If there is no such output or year.
    """
    print_text(console, dependence_line(found.attrs))
    for output in outputs or [str(np.atleast_1d(found[OUTPUT].values)[0])]:
        console.print()
        print_attribution(console, as_attribution(pick(found, output, year)), MORE_ORDERS)
        if found.sizes.get(YEAR, 1) > 1:
            print_years(console, _in_unit(pick_output(found, output)))
    print_notes(console, list(notices(found.attrs)))


def waterfall_figure(found: xr.Dataset, output: str | None = None, year: int | None = None) -> Figure:
    """Return the waterfall of one output in one year; None: the first output, the last year.

    Raises
    ------
    InputError
        If there is no such output or year.
    """
    return comparison_figures.waterfall(as_attribution(pick(found, output, year)))


def as_attribution(one: xr.Dataset) -> xr.Dataset:
    """Return a waterfall of one output in one year as `attribute` would return it, its largest rows first."""
    order = np.argsort(-np.abs(one[CONTRIBUTION].values), kind="stable")
    rows = one.isel({PARAMETER: order}).rename({PARAMETER: "row"})
    move = float(one["move"])
    about: dict[str, object] = {key: str(one[key].values) for key in ("units", "long_name")}
    about |= {"output": str(one[OUTPUT].values), **_orders(one)}
    about |= {"year": int(one[YEAR])} if YEAR in one.coords else {}
    return rows.assign(
        mcse_draws=rows[f"mcse_{CONTRIBUTION}"],
        mcse_orders=xr.zeros_like(rows[f"mcse_{CONTRIBUTION}"]),
        share=rows[CONTRIBUTION] / (move or math.nan),
    ).assign_attrs(about)


def _orders(one: xr.Dataset) -> dict[str, object]:
    """Return how many orders were walked, and whether those are all; the rows that reach an output decide."""
    count = int(one["reaches"].sum())
    if count <= ENUMERATED_ROWS:
        return {"all_orders": 1, "orders": math.factorial(count)}
    return {"all_orders": 0, "orders": one.attrs.get("permutations", SEVERAL)}


def _in_unit(one: xr.Dataset) -> xr.Dataset:
    """Return a waterfall whose contributions say that they are in the output's unit."""
    marked = one[CONTRIBUTION].assign_attrs(units=OF_OUTPUT)
    return one.assign({CONTRIBUTION: marked})
