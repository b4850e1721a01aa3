"""The box of a scenario discovery: between which levels of its prior each restricted parameter lies."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from mcdemand.report.numbers import level_text
from mcdemand.report.sensitivity_bars import BAR_COLOR, short, style_bars
from mcdemand.report.sensitivity_view import PARAMETER
from mcdemand.report.text import literal

WHOLE_COLOR = "#e3e9ee"
HEIGHT = 0.5


def restricted(box: xr.Dataset) -> list[str]:
    """Return the parameters that a box restricts, those that it restricts most first."""
    width = box["upper"].values - box["lower"].values
    return [str(box[PARAMETER].values[k]) for k in np.argsort(width, kind="stable") if width[k] < 1]


def box_words(one: xr.Dataset) -> tuple[list[str], str]:
    """Return the parameters that the first box restricts, and what is said of the box."""
    box = one.isel(box=0)
    coverage, density, mass = (100 * float(box[key]) for key in ("coverage", "density", "mass"))
    said = f"box 1: coverage {coverage:.0f} %, density {density:.0f} %, mass {mass:.2g} %"
    return [literal(name) for name in restricted(box)], said


def draw_box(ax: Axes, one: xr.Dataset) -> None:
    """Draw the range of each parameter that the first box restricts, on the levels of its prior."""
    box = one.isel(box=0)
    names = restricted(box)
    if not names:
        ax.text(0.5, 0.5, "no parameter is restricted", ha="center", va="center", transform=ax.transAxes, fontsize=12)
        ax.set_axis_off()
        return
    limits = box.sel({PARAMETER: names})
    low, high = limits["lower"].values, limits["upper"].values
    places = np.arange(len(names))
    ax.barh(places, np.ones(len(names)), height=HEIGHT, color=WHOLE_COLOR, zorder=1)
    ax.barh(places, high - low, left=low, height=HEIGHT, color=BAR_COLOR, zorder=2)
    for place, start, end in zip(places.tolist(), low.tolist(), high.tolist(), strict=True):
        bounds = [(start, -4, "right")] if start > 0 else []
        bounds += [(end, 4, "left")] if end < 1 else []
        for level, shift, side in bounds:
            text = level_text(level)
            ax.annotate(text, (level, place), (shift, 0), textcoords="offset points", ha=side, va="center", fontsize=10)
    style_bars(ax, [short(literal(name)) for name in names], zero=False)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_locator(FixedLocator([0.0, 0.25, 0.5, 0.75, 1.0]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda level, _: f"p{100 * level:.0f}"))
    ax.set_xlabel("level of the parameter's prior: inside the box, blue", fontsize=10.5)
