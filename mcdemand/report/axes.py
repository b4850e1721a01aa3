"""What a figure is made of, drawn on matplotlib axes: fan, outline, observations, histogram, scales."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, product
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from mcdemand.kernels.order_statistics import quantiles
from mcdemand.report.observations import Observation
from mcdemand.report.text import literal

Floats = np.ndarray[Any, np.dtype[np.float64]]

LOG_RANGE = 30.0
MOST_BINS, FEWEST_BINS = 60, 10
HISTOGRAM_TAIL = 0.001
OUTLINE_PROBABILITY = 0.9
SPREAD_YEARS = 0.14
# Okabe and Ito (2008): blue for the forecast, vermilion for what was observed; tints of one hue for the bands.
MEDIAN_COLOR, OBSERVED_COLOR, LINE_COLOR = "#004a7c", "#d55e00", "#4d4d4d"
SET_COLORS = ("#009e73", "#cc79a7", "#e69f00", "#a0522d", "#6a3d9a")
SET_DASHES = ((4, 1.5), (1, 1), (5, 1, 1, 1))
WIDEST_TINT, NARROWEST_TINT = np.array([0.80, 0.89, 0.95]), np.array([0.50, 0.73, 0.88])
MARKERS = {
    "published": ("o", OBSERVED_COLOR),
    "derived": ("o", "white"),
    "forecast": ("D", "white"),
    "partial": ("^", "white"),
}
KIND_LABELS = {
    "published": "published figure",
    "derived": "derived from published figures",
    "forecast": "forecast by others",
    "partial": "lower bound: only part was counted",
}
UNIT_WORDS = {
    "T/day": "trillion tokens a day",
    "GUSD/yr": "billion US dollars of 2025 a year",
    "M H100e": "million H100 equivalents",
}


def title_of(values: xr.DataArray) -> str:
    """Return what an output is called."""
    return literal(values.attrs.get("long_name") or values.name)


def axis_label(values: xr.DataArray) -> str:
    """Return the unit in words; nothing for a plain number."""
    unit = literal(values.attrs.get("units", "1"))
    return "" if unit == "1" else UNIT_WORDS.get(unit, unit)


def yearly_quantiles(values: xr.DataArray, probabilities: Sequence[float]) -> Floats:
    """Return quantiles over chains and draws, (probability, year)."""
    draws = values.transpose("year", "chain", "draw").values.reshape(values.sizes["year"], -1)
    return np.stack([quantiles(year, probabilities) for year in draws], axis=1)


def tails(level: float) -> tuple[float, float]:
    """Return the levels of the two quantiles that bound an equal-tailed interval."""
    return (1 - level) / 2, (1 + level) / 2


def spans_widely(values: Floats) -> bool:
    """Return whether values are positive and span more than a factor of 30."""
    return bool(values.min() > 0 and values.max() > LOG_RANGE * values.min())


def draw_fan(ax: Axes, values: xr.DataArray, levels: Sequence[float], paths: int) -> None:
    """Draw bands, the widest first, some paths and the median."""
    years = values["year"].values
    found = yearly_quantiles(values, [*(p for level in levels for p in tails(level)), 0.5])
    for k, level in enumerate(levels):
        tint = WIDEST_TINT + (NARROWEST_TINT - WIDEST_TINT) * (k / max(1, len(levels) - 1))
        ax.fill_between(
            years, found[2 * k], found[2 * k + 1], color=tint, linewidth=0, label=f"{100 * level:g} % interval"
        )
    if paths:
        draws = values.transpose("chain", "draw", "year").values.reshape(-1, years.size)[:paths]
        ax.plot(years, draws.T, color=LINE_COLOR, linewidth=0.6, alpha=0.35)
    ax.plot(years, found[-1], color=MEDIAN_COLOR, linewidth=2.2, marker="o" if years.size == 1 else "", label="median")
    ax.set_ylabel(axis_label(values), fontsize=11, parse_math=False)
    ax.set_xlim(years[0] - 0.4, years[-1] + 0.4)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    scale_values(ax, found)


def draw_set_medians(ax: Axes, values: xr.DataArray, samples: Mapping[str, Any]) -> None:
    """Draw the median of each set of a pool; `samples` says which draws, chain after chain, are a set's own."""
    years = values["year"].values
    draws = values.transpose("year", "chain", "draw").values.reshape(years.size, -1)
    for (name, sample), (dashes, color) in zip(samples.items(), cycle(product(SET_DASHES, SET_COLORS))):
        medians = [float(quantiles(year[sample], (0.5,))[0]) for year in draws]
        ax.plot(years, medians, color=color, linewidth=1.6, linestyle=(0, dashes), label=f"median of {literal(name)}")
        scale_values(ax, np.array(medians))


def draw_outline(ax: Axes, values: xr.DataArray) -> None:
    """Draw what is asked for over what is served: median and 90 % interval as lines."""
    years = values["year"].values
    low, high = tails(OUTLINE_PROBABILITY)
    found = yearly_quantiles(values, (low, 0.5, high))
    ax.plot(
        years, found[1], color=LINE_COLOR, linewidth=1.6, linestyle=(0, (5, 2)), label="unconstrained demand: median"
    )
    for bound, label in ((found[0], "_"), (found[2], "unconstrained demand: 90 % interval")):
        ax.plot(years, bound, color=LINE_COLOR, linewidth=1.1, linestyle=":", label=label)
    scale_values(ax, found)


def scale_values(ax: Axes, values: Floats) -> None:
    """Make the value axis logarithmic if the values call for it, and let it start at 0 otherwise."""
    if spans_widely(values):
        ax.set_yscale("log")
    elif ax.get_yscale() == "linear" and values.min() >= 0:
        ax.set_ylim(bottom=0)


def draw_observations(ax: Axes, observations: Iterable[Observation]) -> None:
    """Draw observed values with their bounds; those of one year side by side."""
    by_place: dict[float, list[Observation]] = defaultdict(list)
    for one in observations:
        by_place[round(one.year, 1)].append(one)
    for group in by_place.values():
        for k, one in enumerate(group):
            _draw_observation(ax, one, SPREAD_YEARS * (k - (len(group) - 1) / 2))


def _draw_observation(ax: Axes, one: Observation, shift: float) -> None:
    marker, face = MARKERS[one.kind]
    drawn = ax.get_legend_handles_labels()[1]
    ax.errorbar(
        [one.year + shift],
        [one.value],
        yerr=None if one.bounds is None else [[one.value - one.bounds[0]], [one.bounds[1] - one.value]],
        fmt=marker,
        color=OBSERVED_COLOR,
        markerfacecolor=face,
        markersize=6.5,
        markeredgewidth=1.5,
        capsize=3,
        zorder=5,
        label="_" if KIND_LABELS[one.kind] in drawn else KIND_LABELS[one.kind],
    )


def draw_histogram(ax: Axes, values: xr.DataArray, levels: Sequence[float]) -> None:
    """Draw the distribution of an output that has no years, with its intervals and median."""
    draws = values.values.ravel()
    probabilities = [p for level in levels for p in tails(level)]
    *bounds, median, low, high = quantiles(draws, [*probabilities, 0.5, HISTOGRAM_TAIL, 1 - HISTOGRAM_TAIL])
    logarithmic = spans_widely(np.array([*bounds, median]))
    if logarithmic:
        ax.set_xscale("log")
    bins = min(max(FEWEST_BINS, math.isqrt(draws.size)), MOST_BINS)
    edges = _edges(low, high, bins, logarithmic=logarithmic)
    ax.stairs(np.histogram(draws, edges)[0] / draws.size, edges, fill=True, color=WIDEST_TINT)
    for k, level in enumerate(levels):
        for bound, label in ((bounds[2 * k], f"ends of the {100 * level:g} % interval"), (bounds[2 * k + 1], "_")):
            ax.axvline(bound, color=MEDIAN_COLOR, linewidth=1.2, linestyle=(":", "--")[k % 2], label=label)
    ax.axvline(median, color=MEDIAN_COLOR, linewidth=2.2, label="median")
    ax.set_xlabel(axis_label(values), fontsize=11, parse_math=False)
    ax.set_ylabel("share of draws", fontsize=11)


def _edges(low: float, high: float, bins: int, *, logarithmic: bool) -> Floats:
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    return (np.geomspace if logarithmic else np.linspace)(low, high, bins + 1)


def style(ax: Axes) -> None:
    """Set grid, spines and number format: 20,000 rather than 2x10^4; marks at 1, 2 and 5 on short logarithmic axes."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#d9d9d9", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=10)
    for axis in (ax.xaxis, ax.yaxis):
        is_log = axis.get_scale() == "log"
        if is_log:
            low, high = axis.get_view_interval()
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,), numticks=12))
            axis.set_minor_locator(NullLocator())
        if is_log or axis is ax.yaxis:
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))


def literal_legend(legend: Legend) -> None:
    """Keep a legend's labels from being read as formulas."""
    for text in legend.get_texts():
        text.set_parse_math(False)
