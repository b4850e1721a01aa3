"""A tornado: the output where each parameter lies low and high, the others drawn, and held at their medians."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from mcdemand.report import axes
from mcdemand.report.sensitivity_bars import draw_legend, draw_nothing, largest, short, style_bars
from mcdemand.report.sensitivity_text import interval_words
from mcdemand.report.sensitivity_view import (
    AT_MEDIANS,
    DRAWN,
    INTERVAL,
    OTHERS,
    PARAMETER,
    numbers,
    output_name,
    plain,
    unit_of_index,
)
from mcdemand.report.sensitivity_words import method_options

# Okabe and Ito (2008): blue low, vermilion high; pale where the others lie at their medians.
LOW_COLORS = {DRAWN: "#0072b2", AT_MEDIANS: "#9ccbe8"}
HIGH_COLORS = {DRAWN: "#d55e00", AT_MEDIANS: "#f3bf95"}
WORDS = {DRAWN: "the others drawn", AT_MEDIANS: "the others at their medians"}
LEGEND_ROWS = 2
NO_SWING = 1e-12
"""Share of the baseline up to which a swing is rounding."""
PLACES = {DRAWN: (-0.19, 0.36), AT_MEDIANS: (0.19, 0.26)}
DASHES: dict[str, Any] = {DRAWN: "-", AT_MEDIANS: (0, (4, 2))}


def draw_tornado(ax: Axes, one: xr.Dataset) -> None:
    """Draw two bars for each parameter, from the output where none is moved to low and to high."""
    shown, _ = largest(plain(one))
    names = shown[PARAMETER].values
    if not names.size:
        draw_nothing(ax)
        return
    ordered = one.sel({PARAMETER: names})
    for others in (DRAWN, AT_MEDIANS):
        _draw_variant(ax, ordered.sel({OTHERS: others}), others)
    ends = np.concatenate([ordered[key].values.ravel() for key in ("low", "high", "baseline")])
    if axes.spans_widely(ends):
        ax.set_xscale("log")
    style_bars(ax, [short(number.name) for number in numbers(shown, "swing")], zero=False)
    unit = unit_of_index(one, "swing")
    statistic = method_options(one.attrs).get("statistic", "median")
    name = f"{output_name(one)}{f', {unit}' if unit else ''}"
    black = f"{statistic} of the draws; black: {interval_words(one.attrs)}"
    ax.set_xlabel(f"{name}\n{black}", fontsize=10.5, parse_math=False)
    draw_legend(ax)


def _draw_variant(ax: Axes, variant: xr.Dataset, others: str) -> None:
    """Draw the bars where the other parameters are drawn, or at their medians, and the line they start at."""
    shift, height = PLACES[others]
    base = float(variant["baseline"])
    places = np.arange(variant.sizes[PARAMETER]) + shift
    for key, color in (("low", LOW_COLORS[others]), ("high", HIGH_COLORS[others])):
        values = variant[key].values
        label = f"{key}, {WORDS[others]}"
        ax.barh(places, values - base, left=base, height=height, color=color, label=label, zorder=2)
        bounds = variant[INTERVAL + key].values
        if others == DRAWN and np.isfinite(bounds).all():
            reach = np.abs(bounds.T - values)
            ax.errorbar(values, places, xerr=reach, fmt="none", color="black", linewidth=1, capsize=2, zorder=3)
    for place, swing in zip(places.tolist(), variant["swing"].values.tolist(), strict=True):
        if swing <= NO_SWING * abs(base):
            ax.annotate("0", (base, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
    ax.axvline(base, color=axes.LINE_COLOR, linewidth=1.0, linestyle=DASHES[others], zorder=1)
