"""Bars of a sensitivity analysis: the largest parameters of one output in one year, with their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mcdemand.digits import format_value
from mcdemand.report import axes
from mcdemand.report.sensitivity_text import interval_words
from mcdemand.report.sensitivity_view import (
    PARAMETER,
    SMALLEST_DRAWN,
    Number,
    index_names,
    is_share,
    is_undefined,
    numbers,
    ranked,
    sizes_of,
    split_small,
    unit_of_index,
)
from mcdemand.report.sensitivity_words import label_of

MOST_BARS, LONGEST_NAME = 15, 34
TOTAL, FIRST = "total_order", "first_order"
MARKED = {"shapley_effect": FIRST, "full_first_order": "independent_total_order"}
"""The index that is a marker on the bars of another one: another share of the same variance."""
BAR_COLOR, INNER_COLOR, OUTER_COLOR, MARKER_COLOR = "#0072b2", "#004a7c", "#8ecae6", "#d55e00"
HEIGHT, INNER_HEIGHT = 0.66, 0.32
ROOM_FOR_TEXT = 0.2
LEGEND_INCHES = 0.68
FEWEST_ROWS = 3


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name that fits beside a bar: without its middle, as the ends of names tell them apart.

    Examples
    --------
    >>> short("efficiency_growth", 9)
    'effi…owth'
    """
    half = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[: longest - 1 - half]}…{name[-half:]}"


def largest(one: xr.Dataset) -> tuple[xr.Dataset, str]:
    """Return the parameters to draw, the largest first, and what is said of the others.

    Bars below a hundredth of the longest one could not be seen; those smaller than their errors are noise.
    """
    moving, zeros = ranked(one)
    moving, small = split_small(moving)
    index = sizes_of(one)[0]
    found = numbers(moving, index)
    least = SMALLEST_DRAWN * max((abs(number.value) for number in found), default=0.0)
    drawn = [k for k, number in enumerate(found) if abs(number.value) >= least][:MOST_BARS]
    rest = [abs(number.value) for k, number in enumerate(found) if k not in drawn]
    said = [f"{len(rest)} more, none above {_bound(one, index, max(rest))}"] if rest else []
    said += [f"{len(small)} smaller than their error"] if small else []
    said += [f"{len(zeros)} exactly 0"] if zeros else []
    return moving.isel({PARAMETER: drawn}), "; ".join(said)


def _bound(one: xr.Dataset, index: str, value: float) -> str:
    """Return a number that a value does not exceed, with its unit."""
    shown = 100 * value if is_share(one, index) else value
    unit = "%" if is_share(one, index) else unit_of_index(one, index)
    if shown == 0:
        return f"0 {unit}".rstrip()
    place = 10.0 ** (math.floor(math.log10(shown)) - 1)
    return f"{format_value(math.ceil(shown / place) * place, math.nan)} {unit}".rstrip()


def drawn_indices(one: xr.Dataset) -> list[str]:
    """Return the indices that bars show: one, or two that are shares of the same variance."""
    names = index_names(one)
    if {TOTAL, FIRST} <= {*names}:
        return [TOTAL, FIRST]
    marked = MARKED.get(names[0])
    return [names[0], marked] if marked in names and marked else names[:1]


def draw_bars(ax: Axes, one: xr.Dataset) -> None:
    """Draw a bar for each parameter; inside total-order indices first-order ones, on others a marker."""
    shown, _ = largest(one)
    if not shown.sizes[PARAMETER]:
        draw_nothing(ax, *(["not positive in every draw: no logarithm"] if is_undefined(one) else []))
        return
    main, *others = drawn_indices(one)
    percent = is_share(one, main)
    color = OUTER_COLOR if main == TOTAL and others else BAR_COLOR
    draw_index(ax, numbers(shown, main), color=color, height=HEIGHT, label=label_of(one, main), percent=percent)
    for other in others:
        found, label = numbers(shown, other), label_of(one, other)
        if main == TOTAL:
            draw_index(ax, found, color=INNER_COLOR, height=INNER_HEIGHT, label=label, percent=percent)
        else:
            _draw_markers(ax, found, label, percent=percent)
    style_bars(ax, [short(number.name) for number in numbers(shown, main)])
    drawn = [numbers(shown, name) for name in (main, *others)]
    if main != TOTAL:
        drawn[1:] = [[each._replace(lower=math.nan, upper=math.nan) for each in found] for found in drawn[1:]]
    _write_values(ax, one, drawn, main)
    _label_values(ax, one, main)
    if others:
        draw_legend(ax)


def _draw_markers(ax: Axes, found: Sequence[Number], label: str, *, percent: bool) -> None:
    values = [(100.0 if percent else 1.0) * number.value for number in found]
    ax.plot(
        values,
        range(len(found)),
        marker="D",
        markersize=5.5,
        linestyle="none",
        color=MARKER_COLOR,
        markeredgecolor="white",
        markeredgewidth=0.6,
        label=label,
        zorder=4,
    )


def draw_legend(ax: Axes, inches: float = LEGEND_INCHES) -> None:
    """Put the legend so many inches below the axis, where it covers nothing."""
    down = inches / (ax.get_position().height * ax.figure.get_figheight())  # type: ignore[union-attr]
    # Matplotlib lists markers before bars, and the bars are what the figure is about.
    entries = sorted(zip(*ax.get_legend_handles_labels(), strict=True), key=lambda entry: isinstance(entry[0], Line2D))
    legend = ax.legend(
        *zip(*entries, strict=True),
        loc="upper left",
        bbox_to_anchor=(-0.01, -down),
        ncols=2,
        fontsize=10,
        frameon=False,
        borderaxespad=0,
        handlelength=1.4,
        columnspacing=1.6,
    )
    axes.literal_legend(legend)


def draw_nothing(ax: Axes, words: str = "every parameter has exactly 0") -> None:
    """Say that no parameter moves the output, or why nothing is drawn."""
    ax.text(0.5, 0.5, words, ha="center", va="center", transform=ax.transAxes, fontsize=12)
    ax.set_axis_off()


def draw_index(
    ax: Axes, found: Sequence[Number], *, color: str, height: float, label: str, percent: bool = False
) -> None:
    """Draw a bar with its interval for each number."""
    times = 100.0 if percent else 1.0
    values = times * np.array([number.value for number in found])
    places = np.arange(len(found))
    ax.barh(places, np.nan_to_num(values), height=height, color=color, label=label, zorder=2)
    bounds = times * np.array([(number.lower, number.upper) for number in found]).T
    known = np.isfinite(bounds).all(axis=0)
    reach = np.abs(bounds - values)[:, known]
    ax.errorbar(
        values[known], places[known], xerr=reach, fmt="none", color="black", linewidth=1.1, capsize=2.5, zorder=3
    )


def _write_values(ax: Axes, one: xr.Dataset, drawn: Sequence[Sequence[Number]], index: str) -> None:
    """Write each value right of its bar, whisker and marker, and leave room for it."""
    times = 100.0 if is_share(one, index) else 1.0
    columns = [*zip(*drawn, strict=True)]
    ends = [times * np.nanmax([0.0, *(end for each in row for end in (each.value, each.upper))]) for row in columns]
    starts = [times * np.nanmin([0.0, *(end for each in row for end in (each.value, each.lower))]) for row in columns]
    for place, (number, end) in enumerate(zip(drawn[0], ends, strict=True)):
        text = _value_text(one, index, number)
        ax.annotate(text, (end, place), (7, 0), textcoords="offset points", va="center", fontsize=10)
    span = (max(ends) - min(starts)) or 1.0
    ax.set_xlim(min(starts) - (0.04 * span if min(starts) < 0 else 0.0), max(ends) + ROOM_FOR_TEXT * span)


def _value_text(one: xr.Dataset, index: str, number: Number) -> str:
    """Return a value with the digits that its error supports, a share in per cent."""
    if is_share(one, index):
        return f"{format_value(100 * number.value, 100 * number.mcse)} %"
    return format_value(number.value, number.mcse)


def _label_values(ax: Axes, one: xr.Dataset, index: str) -> None:
    unit = "%" if is_share(one, index) else unit_of_index(one, index)
    known = math.isfinite(numbers(one, index)[0].lower) if one.sizes[PARAMETER] else False
    whiskers = f"\nblack: {interval_words(one.attrs)}" if known else ""
    ax.set_xlabel(f"{label_of(one, index)}{f', {unit}' if unit else ''}{whiskers}", fontsize=10.5, parse_math=False)


def style_bars(ax: Axes, names: Sequence[str], *, zero: bool = True) -> None:
    """Put the first bar on top, names beside them, a grid along the values."""
    axes.style(ax)
    ax.grid(visible=False, axis="y")
    ax.grid(axis="x", color="#d9d9d9", linewidth=0.8)
    if zero:
        ax.axvline(0.0, color=axes.LINE_COLOR, linewidth=0.9, zorder=1)
    ax.set_ylim(max(len(names), FEWEST_ROWS) - 0.4, -0.6)
    ax.set_yticks(range(len(names)), names, fontsize=10, parse_math=False)
    ax.tick_params(axis="y", length=0)
    if ax.get_xscale() == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
