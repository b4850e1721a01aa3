"""How outputs move under another prior of one row: a table by year, and both intervals in a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console

from mcdemand.digits import format_value
from mcdemand.report import axes
from mcdemand.report.comparison import error_cell, value_cell
from mcdemand.report.layout import CI_WORDS, long_name_of, print_notes, print_text, unit_of
from mcdemand.report.sensitivity_columns import Column, fit
from mcdemand.report.sensitivity_layout import Panel, compose
from mcdemand.report.sensitivity_text import dependence_line, notices, provenance
from mcdemand.report.sensitivity_view import OUTPUT, YEAR, pick_output
from mcdemand.report.text import literal

STATED, REWEIGHTED = "stated", "reweighted"
COLORS = {STATED: "#004a7c", REWEIGHTED: "#d55e00"}
BAND_OPACITY = 0.22
PANEL_INCHES, NAMES_INCHES, LETTERS = (8.0, 4.2), 0.9, 100


def print_reweighting(console: Console, found: xr.Dataset, outputs: Iterable[str] | None = None) -> None:
    """Print what `reweight` returned: for each output both medians and intervals, and the shift.

    Parameters
    ----------
    outputs
        Those to print; None: all.
    """
    print_notes(console, [*_heading(found), provenance(found.attrs), dependence_line(found.attrs)])
    for output in outputs or [str(one) for one in found[OUTPUT].values]:
        one = pick_output(found, output)
        unit = f" [{unit_of(one)}]" if unit_of(one) else ""
        console.print()
        print_text(console, f"{literal(output)}{unit}: {long_name_of(found, output)}")
        console.print(fit(console, _candidates(one)))
    closing = list(notices(found.attrs))
    if closing:
        console.print()
        print_notes(console, closing)


def reweighting_figure(found: xr.Dataset, outputs: Iterable[str] | None = None) -> Figure:
    """Return both medians and intervals by year, a row for each output; None: the first one."""
    names = outputs or [str(found[OUTPUT].values[0])]
    rows = [[_panel(found, pick_output(found, name))] for name in names]
    return compose(rows, found.attrs)


def _heading(found: xr.Dataset) -> Iterator[str]:
    """Yield what was changed, and what the weights are worth."""
    attributes = found.attrs
    shape = float(found["pareto_k"])
    tail = "no tail" if math.isnan(shape) else f"Pareto k {format_value(shape, math.nan)}"
    yield f"Reweighted, without a new run: {_change(attributes)}."
    yield (f"Weights: {tail}, {_worth(found)}{'' if attributes.get('reliable', 1) else '; NOT reliable'}.")
    level = f"{100 * float(attributes['ci_prob']):g} %, {CI_WORDS[attributes['ci_kind']]}"
    yield f"Intervals: {level}. MCSE: Monte Carlo standard error of the shift of the median."


def _worth(found: xr.Dataset) -> str:
    return f"worth {float(found['ess']):,.0f} of {int(found.attrs['draws']):,} draws"


def _change(attributes: Mapping[Any, Any]) -> str:
    return f"{literal(attributes['parameter'])} {literal(attributes['change'])}"


def _candidates(one: xr.Dataset) -> list[list[Column]]:
    """Return the columns of one output, with and without the shift of the interval."""
    rows = [one.sel({YEAR: year}) for year in one[YEAR].values] if YEAR in one.dims else [one]
    index: list[Column] = [(YEAR, [str(row[YEAR].values) for row in rows])] if YEAR in one.dims else [("", [""])]
    medians: list[Column] = []
    for prior in (STATED, REWEIGHTED):
        sides = [row.sel(prior=prior) for row in rows]
        medians += [
            (f"{prior}\nmedian", [value_cell(side, "median") for side in sides]),
            (f"{prior}\ninterval", [_interval(side, "interval") for side in sides]),
        ]
    shift: list[Column] = [
        ("shift of\nmedian", [value_cell(row, "shift_median") for row in rows]),
        ("MCSE", [error_cell(float(row["mcse_shift_median"])) for row in rows]),
    ]
    ends: list[Column] = [("shift of\nits ends", [_ends(row) for row in rows])]
    return [[*index, *medians, *shift, *ends], [*index, *medians, *shift]]


def _interval(row: xr.Dataset, name: str) -> str:
    bounds, errors = row[name].values.tolist(), row[f"mcse_{name}"].values.tolist()
    low, high = map(format_value, bounds, errors)
    return f"{low}–{high}" if bounds[0] >= 0 else f"{low} to {high}"


def _ends(row: xr.Dataset) -> str:
    """Return how far the lower and the upper end of the interval move."""
    shifts, errors = row["shift_interval"].values.tolist(), row["mcse_shift_interval"].values.tolist()
    return ", ".join(map(format_value, shifts, errors))


def _panel(found: xr.Dataset, one: xr.Dataset) -> Panel:
    return Panel(
        draw=lambda ax: _draw(ax, one),
        width=PANEL_INCHES[0],
        height=PANEL_INCHES[1],
        names=NAMES_INCHES,
        title=literal(one["long_name"].values) or literal(one[OUTPUT].values),
        subtitle=_shortened(f"{_change(found.attrs)}; {_worth(found)}"),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _draw_band(ax: Axes, years: Any, ends: tuple[Any, Any, Any], prior: str, label: str) -> None:
    """Draw an interval over the years: a band, or the stated one as an outline, so that both can be seen."""
    low, median, high = ends
    color, dashes = COLORS[prior], (0, (4, 2)) if prior == STATED else "-"
    if prior == STATED:
        for bound in (low, high):
            ax.plot(years, bound, color=color, linewidth=1.2, linestyle=dashes, zorder=3)
    else:
        ax.fill_between(years, low, high, color=color, alpha=BAND_OPACITY, linewidth=0)
    ax.plot(
        years, median, color=color, linewidth=2.2, linestyle=dashes, label=label, zorder=4 if prior == STATED else 2
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))


def _draw(ax: Axes, one: xr.Dataset) -> None:
    """Draw the median and interval under both priors: bands over the years, or bars where there is one year or none."""
    for place, prior in enumerate((STATED, REWEIGHTED)):
        side, color = one.sel(prior=prior), COLORS[prior]
        low, high = np.moveaxis(side["interval"].values, -1, 0)
        median = side["median"].values
        label = f"{prior}: median and {100 * float(one.attrs['ci_prob']):g} % interval"
        if median.size > 1:
            _draw_band(ax, one[YEAR].values, (low, median, high), prior, label)
            continue
        middle = np.ravel(median)
        reach = np.abs(np.stack([np.ravel(low), np.ravel(high)]) - middle)
        ax.errorbar([place], middle, yerr=reach, fmt="o", color=color, markersize=8, capsize=7, label=label)
        ax.set_xticks([])
        ax.set_xlim(-0.8, 1.8)
    axes.scale_values(ax, one["interval"].values)
    unit = xr.DataArray(0.0, attrs={"units": str(one["units"].values)})
    ax.set_ylabel(axes.axis_label(unit), fontsize=11, parse_math=False)
    axes.style(ax)
    axes.literal_legend(ax.legend(loc="best", fontsize=10, framealpha=0.9, edgecolor="none"))
