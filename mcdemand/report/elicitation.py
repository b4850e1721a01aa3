"""What laws say of a number, read back: a table, the row to paste, densities and distribution functions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from rich.console import Console

from mcdemand.elicitation import MOST_OUTSIDE
from mcdemand.kernels.arrays import Floats
from mcdemand.law_statement import quantile_level
from mcdemand.report import axes
from mcdemand.report.canvas import new_figure
from mcdemand.report.layout import Column, print_notes, print_text
from mcdemand.report.sensitivity_columns import fit
from mcdemand.report.text import literal

MOST_DRAWN = 5
DIGITS, LARGEST_WRITTEN = 3, 1e7
NO_SHARE = 5e-7
"""Probabilities up to this are printed as 0."""
NOISE = 1e-9
"""Of the spread of a law: what is smaller is printed as 0."""
SIZE_INCHES = (11.0, 4.6)
HEADROOM, MARGIN = 2.0, 0.1
"""Of the nearest law's highest density, and of its range of values, that the axes show."""


def print_elicitation(console: Console, found: xr.Dataset, most: int = 8) -> None:
    """Print the laws that `elicit` returned, the nearest first, and the row of the first one.

    Parameters
    ----------
    most
        Laws to print; the others are counted.
    """
    said = ", ".join(f"{key} {value:g}" for key, value in json.loads(found.attrs["stated"]).items())
    unit = literal(found.attrs["units"])
    bins = json.loads(found.attrs["bins"])
    chips = f"chips between {bins[0]:g} and {bins[1]:g}, so " if bins else ""
    print_text(
        console, f"Stated of {literal(found.attrs['name'])}{'' if unit == '1' else f' [{unit}]'}: {chips}{said}."
    )
    print_text(console, "misfit: root mean square of the distance between stated and resulting probabilities.")
    if bins:
        print_text(
            console,
            f"outside: probability outside of the bins; laws with more than {100 * MOST_OUTSIDE:g} % there come last.",
        )
    console.print()
    shown = found.isel(family=slice(0, most))
    console.print(fit(console, [list(_columns(shown)), list(_columns(shown.sel(quantile=slice(0.05, 0.95))))]))
    print_notes(console, list(_notes(found, most)))
    console.print()
    print_text(console, f"The row of the nearest, {found['family'].values[0]}, to paste into a prior set:")
    console.print()
    # As it is: a folded line would be no TOML.
    console.out(str(found["row"].values[0]).rstrip(), highlight=False)


def _columns(shown: xr.Dataset) -> Iterator[Column]:
    yield "family", [str(name) for name in shown["family"].values]
    yield "misfit", [f"{100 * value:.2g} %" if value > NO_SHARE else "0" for value in shown["misfit"].values]
    if json.loads(shown.attrs["bins"]):
        yield "outside", [f"{100 * value:.2g} %" if value > NO_SHARE else "0" for value in shown["outside"].values]
    cleaned = _without_noise(shown["quantiles"])
    for level in shown["quantile"].values:
        yield f"p{100 * level:g}", [_rounded(value) for value in cleaned.sel(quantile=level).values]
    for limit in shown["threshold"].values:
        yield f"P(> {limit:g})", [f"{100 * value:.3g} %" for value in shown["exceedance"].sel(threshold=limit).values]


def _without_noise(quantiles: xr.DataArray) -> xr.DataArray:
    """Return quantiles, 0 in place of those near 0 by rounding: far below the spread of a law of both signs."""
    least, largest = quantiles.min("quantile"), quantiles.max("quantile")
    noise = (least < 0) & (largest > 0) & (abs(quantiles) < NOISE * (largest - least))
    return quantiles.where(~noise, 0.0)


def _rounded(value: float) -> str:
    """Return a number of three digits, never with an exponent where it can be written out."""
    short = float(f"{value:.{DIGITS}g}")
    return f"{short:,.0f}" if 10 ** (DIGITS - 1) <= abs(short) < LARGEST_WRITTEN else f"{short:g}"


def _notes(found: xr.Dataset, most: int) -> Iterator[str]:
    names = [str(name) for name in found["family"].values]
    if len(names) > most:
        yield f"Farther off: {', '.join(names[most:])}."
    if found["outside"].values[0] > MOST_OUTSIDE:
        yield "Every law reaches far out of the bins: add bins at the ends, or name a family with lower and upper."
    failures = json.loads(found.attrs["not_fitted"])
    if failures:
        yield f"Cannot say it: {', '.join(failures)}."


def plot_elicitation(found: xr.Dataset) -> Figure:
    """Return the nearest laws' densities and distribution functions, with what was stated as dots."""
    figure = new_figure(SIZE_INCHES, "constrained")
    density, distribution = figure.subplots(1, 2)
    levels = found["level"].values
    shown = found.isel(family=slice(0, MOST_DRAWN))
    is_log = axes.spans_widely(shown["curve"].values[0])
    said = {quantile_level(key): x for key, x in json.loads(found.attrs["stated"]).items() if quantile_level(key)}
    tops: list[float] = []
    for place, name in enumerate(shown["family"].values):
        x = shown["curve"].sel(family=name).values
        x = np.where(np.isfinite(x) & (x > (0 if is_log else -np.inf)), x, np.nan)
        color = (axes.MEDIAN_COLOR, *axes.SET_COLORS)[place]
        middle, height = _density(x, levels, is_log=is_log)
        tops.append(float(height.max(initial=0.0)))
        for ax, across, up in ((density, middle, height), (distribution, x, levels)):
            ax.plot(across, up, color=color, linewidth=2.6 if place == 0 else 1.5, label=str(name))
    if said:
        dots = {"color": axes.OBSERVED_COLOR, "markersize": 7, "zorder": 5}
        distribution.plot([*said.values()], [*said], "o", label="stated", **dots)
    density.set_title("density, per factor of e" if is_log else "density", loc="left", fontsize=12)
    distribution.set_title("probability of no more", loc="left", fontsize=12)
    for ax in (density, distribution):
        if is_log:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        ax.set_xlim(_ends([*shown["curve"].values[0], *said.values()], is_log=is_log))
        _finish(ax, found)
    density.set_yticks([])
    # The nearest law sets the scale: others may have poles, or tails far out.
    highest = min(HEADROOM * tops[0], (1 + MARGIN) * max(tops))
    if 0 < highest < np.inf:
        density.set_ylim(0, highest)
    axes.literal_legend(distribution.legend(loc="lower right", fontsize=10, framealpha=0.9, edgecolor="none"))
    figure.suptitle(
        f"{literal(found.attrs['name'])}: what was stated, and laws that say it",
        x=0.01,
        ha="left",
        fontsize=15,
        parse_math=False,
    )
    return figure


def _density(x: Floats, levels: Floats, *, is_log: bool) -> tuple[Floats, Floats]:
    """Return values, and dp / dx between the levels; per factor of e where the axis is one of logarithms."""
    along = np.log(x) if is_log else x
    # Halves, as the sum of two values may be too large.
    widths, middle = along[1:] / 2 - along[:-1] / 2, along[1:] / 2 + along[:-1] / 2
    with np.errstate(all="ignore"):
        density = np.diff(levels) / widths / 2
    drawn = (widths > 0) & np.isfinite(density)
    return np.exp(middle[drawn]) if is_log else middle[drawn], density[drawn]


def _ends(values: list[float], *, is_log: bool) -> tuple[float, float] | None:
    """Return the ends of the values' axis, a little beyond the nearest law's; None if they leave it to the axis."""
    inside = [x for x in values if np.isfinite(x) and (x > 0 or not is_log)]
    along = np.log(inside) if is_log else np.array(inside)
    with np.errstate(all="ignore"):
        margin = MARGIN * float(np.ptp(along))
        low, high = along.min() - margin, along.max() + margin
        ends = (float(np.exp(low)), float(np.exp(high))) if is_log else (float(low), float(high))
    return ends if np.all(np.isfinite(ends)) and ends[0] < ends[1] and (ends[0] > 0 or not is_log) else None


def _finish(ax: Axes, found: xr.Dataset) -> None:
    unit = xr.DataArray(0.0, attrs={"units": found.attrs["units"]})
    ax.set_xlabel(axes.axis_label(unit), parse_math=False)
    ax.set_ylim(bottom=0)
    axes.style(ax)
