"""Heat map of a sensitivity analysis: the largest parameters of one output, year by year."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize, PowerNorm

from mcdemand.report import axes
from mcdemand.report.sensitivity_bars import MOST_BARS, short
from mcdemand.report.sensitivity_text import cell_text
from mcdemand.report.sensitivity_view import PARAMETER, YEAR, by_year, is_share
from mcdemand.report.text import literal

# One hue from white to dark blue; with signs, vermilion below 0 (Okabe and Ito, 2008).
GROWING = LinearSegmentedColormap.from_list("growing", ("#f3f7fa", "#cfe3f1", "#6faed6", "#1f77b4", "#003153"))
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ("#7f2f00", "#d55e00", "#f6c7a3", "#f5f5f5", "#a9cfe8", "#1f77b4", "#003153")
)
COLOR_POWER = 0.6
DARK = 0.5
NOISE = 3.0
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
CELL_FONT = 9.5
MOST_WRITTEN_YEARS = 26

Floats = np.ndarray[Any, np.dtype[np.float64]]


def draw_heat_map(ax: Axes, one: xr.Dataset) -> None:
    """Draw the main index of one output by parameter and year, the largest on average on top, values in the cells."""
    values, errors = by_year(one, MOST_BARS)
    percent = is_share(one, str(values.name))
    colors, norm = _scale(values.values, errors.values)
    # Cells as vector shapes stay sharp in any format, and a picture of a few pixels does not.
    ax.pcolormesh(_edges(values.sizes[YEAR]), _edges(values.sizes[PARAMETER]), values.values, cmap=colors, norm=norm)
    if values.sizes[YEAR] <= MOST_WRITTEN_YEARS:
        _write_cells(ax, values.values, errors.values, colors(norm(values.values)), percent=percent)
    _style(ax, values)


def _edges(count: int) -> Floats:
    found: Floats = np.arange(count + 1, dtype=np.float64) - 0.5
    return found


def _scale(values: Floats, errors: Floats) -> tuple[LinearSegmentedColormap, Normalize]:
    """Return colours from 0 to the largest value; with signs if a value lies clearly below 0."""
    most = float(np.abs(np.nan_to_num(values)).max(initial=0.0)) or 1.0
    noise = np.where(np.isfinite(errors), NOISE * errors, 0.02 * most)
    if (values < -np.maximum(noise, 0.01 * most)).any():
        return SIGNED, Normalize(-most, most, clip=True)
    # Between equal steps of value, small ones would all be white beside a single large one.
    return GROWING, PowerNorm(COLOR_POWER, 0.0, most, clip=True)


def _write_cells(ax: Axes, values: Floats, errors: Floats, colors: Floats, *, percent: bool) -> None:
    dark = colors[..., :3] @ LUMINANCE < DARK
    for (row, column), value in np.ndenumerate(values):
        text = cell_text(float(value), float(errors[row, column]), percent=percent)
        color = "white" if dark[row, column] else ("#8a8a8a" if value == 0 else "black")
        ax.text(column, row, text, ha="center", va="center", fontsize=CELL_FONT, color=color, parse_math=False)


def _style(ax: Axes, values: xr.DataArray) -> None:
    years, names = values[YEAR].values.tolist(), [short(literal(name)) for name in values[PARAMETER].values]
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(-0.5, len(years) - 0.5)
    step = -(-len(years) // MOST_WRITTEN_YEARS)
    ax.set_xticks(range(0, len(years), step), [str(year) for year in years[::step]], fontsize=10)
    ax.set_yticks(range(len(names)), names, fontsize=10, parse_math=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for place in range(1, len(names)):
        ax.axhline(place - 0.5, color="white", linewidth=1.2)
    for place in range(1, len(years)):
        ax.axvline(place - 0.5, color="white", linewidth=1.2)
    ax.tick_params(axis="both", colors=axes.LINE_COLOR, labelcolor="black")
