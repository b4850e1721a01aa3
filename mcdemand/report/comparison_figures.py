"""Figures of comparisons: fans of several prior sets with their ratios below, and the waterfall of an attribution."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mcdemand.digits import format_value
from mcdemand.paired_sets import OVERRIDDEN
from mcdemand.report import axes
from mcdemand.report.attribution import combined_error
from mcdemand.report.canvas import new_figure, save_figure
from mcdemand.report.comparison import written_overrides
from mcdemand.report.text import literal

PANEL_INCHES, ONLY_PANEL_INCHES = (8.0, 5.7), (10.5, 6.2)
EDGE_INCHES = {"left": 1.05, "right": 0.25, "bottom": 0.95, "top": 1.1}
LEGEND_INCHES, LEGEND_ROW_INCHES = 3.5, 0.25
WATERFALL_WIDTH, BAR_INCHES = 12.0, 0.46
MOST_BARS = 12
BAND_OPACITY = 0.22
# Okabe and Ito (2008), the baseline first.
COLORS = ("#004a7c", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
UP_COLOR, DOWN_COLOR, OTHERS = "#d55e00", "#0072b2", "others"
LONGEST_TITLE, LONGEST_LABEL, LONGEST_NAME, LONGEST_SUBTITLE = 80, 22, 36, 105
SUBTITLE_INCHES = 0.28
RATIO_RANGE = 3.0


def draw_comparison(comparison: xr.Dataset, path: str | Path, *, overwrite: bool = True) -> Path:
    """Write the figure of what `compare` returned: for every output the sets' fans and the ratio to the baseline.

    Raises
    ------
    InputError
        If the file's ending is not .png, .svg or .pdf.
    FileError
        If it exists and may not be overwritten, or cannot be written.
    """
    return save_figure(comparison_figure(comparison), path, overwrite=overwrite)


def draw_attribution(attribution: xr.Dataset, path: str | Path, *, overwrite: bool = True) -> Path:
    """Write the waterfall of what `attribute` returned: from the one set's value to the other's, row by row.

    Raises
    ------
    InputError
        If the file's ending is not .png, .svg or .pdf.
    FileError
        If it exists and may not be overwritten, or cannot be written.
    """
    return save_figure(waterfall(attribution), path, overwrite=overwrite)


def comparison_figure(comparison: xr.Dataset) -> Figure:
    """Return the figure of a comparison, two outputs side by side."""
    outputs = [comparison.sel(output=output) for output in comparison["output"].values]
    columns = min(2, len(outputs))
    rows = -(-len(outputs) // columns)
    panel = ONLY_PANEL_INCHES if len(outputs) == 1 else PANEL_INCHES
    legend = LEGEND_ROW_INCHES * _legend_rows(comparison, panel[0] * columns)
    bottom = EDGE_INCHES["bottom"] + legend
    top = EDGE_INCHES["top"] + (SUBTITLE_INCHES if written_overrides(comparison.attrs) else 0.0)
    width, height = panel[0] * columns, panel[1] * rows + top + bottom
    figure = new_figure((width, height))
    edges = {
        "left": EDGE_INCHES["left"] / width,
        "right": 1 - EDGE_INCHES["right"] / width,
        "bottom": bottom / height,
        "top": 1 - top / height,
    }
    grid = figure.add_gridspec(rows, columns, wspace=0.2, hspace=0.24, **edges)
    for k, one in enumerate(outputs):
        place = grid[k // columns, k % columns].subgridspec(2, 1, height_ratios=(2.3, 1), hspace=0.1)
        levels, ratios = (figure.add_subplot(place[part]) for part in (0, 1))
        _draw_levels(levels, one)
        _draw_ratios(ratios, one)
        levels.tick_params(labelbottom=False)
    _caption(figure, comparison, figure.axes[0])
    return figure


def _legend_rows(comparison: xr.Dataset, width: float) -> int:
    return -(-(comparison.sizes["comparison"] + 1) // int(width // LEGEND_INCHES))


def _sets(one: xr.Dataset) -> list[tuple[str, xr.Dataset, str]]:
    """Return label, data and prefix of every set, the baseline first."""
    others = one["comparison"].values.tolist()
    return [
        (_short(one.attrs["baseline"], LONGEST_LABEL), one, "baseline_"),
        *((_short(other, LONGEST_LABEL), one.sel(comparison=other), "other_") for other in others),
    ]


def _short(name: object, longest: int) -> str:
    text = literal(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _color(k: int) -> str:
    return COLORS[k % len(COLORS)]


def _draw_levels(ax: Axes, one: xr.Dataset) -> None:
    """Draw median and interval of every set."""
    values = xr.DataArray(0.0, attrs={key: str(one[key].values) for key in ("units", "long_name")})
    for k, (label, data, prefix) in enumerate(_sets(one)):
        _draw_band(ax, data[f"{prefix}median"], data[f"{prefix}interval"], k, label)
    only_year = f", {one['year'].values.item()}" if one.sizes.get("year") == 1 else ""
    title = axes.title_of(values) if one["long_name"].values else literal(one["output"].values)
    ax.set_title(title + only_year, loc="left", fontsize=13, parse_math=False)
    ax.set_ylabel(axes.axis_label(values), fontsize=11, parse_math=False)
    axes.scale_values(ax, np.concatenate([data[f"{prefix}interval"].values.ravel() for _, data, prefix in _sets(one)]))
    axes.style(ax)


def _draw_ratios(ax: Axes, one: xr.Dataset) -> None:
    """Draw the ratio of every set to the baseline, or the difference where a ratio is not defined."""
    is_ratio = bool(np.isfinite(one["ratio_median"].values).all())
    prefix, same = ("ratio_", 1.0) if is_ratio else ("difference_", 0.0)
    ax.axhline(same, color=_color(0), linewidth=1.4, linestyle=(0, (5, 2)))
    ax.set_ylabel(f"{'times' if is_ratio else 'minus'} {_sets(one)[0][0]}", fontsize=11, parse_math=False)
    for k, (label, data, _) in enumerate(_sets(one)[1:], 1):
        _draw_band(ax, data[f"{prefix}median"], data[f"{prefix}interval"], k, label)
    values = np.append(one[f"{prefix}interval"].values.ravel(), same)
    if is_ratio and values.min() > 0 and values.max() > RATIO_RANGE * values.min():
        ax.set_yscale("log")
    axes.style(ax)


def _draw_band(ax: Axes, median: xr.DataArray, interval: xr.DataArray, k: int, label: str) -> None:
    """Draw a median with its interval over the years; where there is one year or none, side by side."""
    low, high = (interval.sel(ci_bound=bound).values for bound in ("lower", "upper"))
    if median.size > 1:
        years = median["year"].values
        ax.fill_between(years, low, high, color=_color(k), alpha=BAND_OPACITY, linewidth=0)
        ax.plot(years, median.values, color=_color(k), linewidth=2.2, label=label)
        ax.set_xlim(years[0] - 0.4, years[-1] + 0.4)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
        return
    middle = median.values.ravel()
    bars = np.abs(np.stack([low.ravel(), high.ravel()]) - middle)
    ax.errorbar([k], middle, yerr=bars, fmt="o", color=_color(k), markersize=8, linewidth=2.2, capsize=7, label=label)
    ax.set_xticks([])
    # The two panels of an output are drawn with different sets, yet a set stands in one place.
    ax.set_xlim(-0.8, max(k, ax.get_xlim()[1] - 0.8) + 0.8)


def _caption(figure: Figure, comparison: xr.Dataset, shown: Axes) -> None:
    """Write who is compared, how the figure was made, and one legend for all panels."""
    attributes, height = comparison.attrs, figure.get_figheight()
    labels = [literal(label) for label in comparison["comparison"].values]
    together = " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
    shortened = textwrap.shorten(
        f"{together} against {literal(attributes['baseline'])}", LONGEST_TITLE, placeholder=" …"
    )
    figure.text(0.012, 1 - 0.5 / height, shortened, fontsize=18, parse_math=False)
    _write_subtitle(figure, _subtitle(attributes["baseline"], labels, comparison))
    provenance = (
        f"Intervals: {100 * float(attributes['ci_prob']):g} %, equal-tailed; ratios are taken draw by draw.\n"
        f"{int(attributes['draws']):,} draws, seed {attributes['seed']}, design {attributes['design']}, the same for "
        f"every set; {literal(attributes['source'])}."
    )
    figure.text(0.012, 0.14 / height, provenance, fontsize=10, color=axes.LINE_COLOR, parse_math=False)
    handles, names = shown.get_legend_handles_labels()
    axes.literal_legend(
        figure.legend(
            handles,
            [f"{name}: median and interval" for name in names],
            loc="lower left",
            bbox_to_anchor=(0.005, 0.48 / height),
            ncols=int(figure.get_figwidth() // LEGEND_INCHES),
            fontsize=10.5,
            frameon=False,
        )
    )


def _subtitle(baseline: object, others: Sequence[object], found: xr.Dataset) -> str:
    """Return what was changed in which prior sets, shortened; empty if nothing was."""
    changes, first = written_overrides(found.attrs), literal(baseline)
    if not changes:
        return ""
    if [literal(other) for other in others] == [first + OVERRIDDEN]:
        who = f"{_short(first, LONGEST_LABEL)}{OVERRIDDEN}: {_short(first, LONGEST_LABEL)} with"
    else:
        who = f"{'Both' if len(others) == 1 else 'All'} with"
    return _short(f"{who} {changes}", LONGEST_SUBTITLE)


def _write_subtitle(figure: Figure, text: str) -> None:
    height = figure.get_figheight()
    figure.text(0.0125, 1 - 0.74 / height, text, fontsize=11, color=axes.LINE_COLOR, parse_math=False)


def waterfall(attribution: xr.Dataset) -> Figure:
    """Return the waterfall of an attribution: the largest rows one by one, the small ones together."""
    bars = lumped(attribution)
    subtitle = _subtitle(attribution.attrs["start_set"], [attribution.attrs["end_set"]], attribution)
    above = SUBTITLE_INCHES if subtitle else 0.0
    height = BAR_INCHES * (len(bars) + 2) + 1.9 + above
    figure = new_figure((WATERFALL_WIDTH, height))
    ax = figure.add_axes((0.27, 0.95 / height, 0.69, 1 - (1.75 + above) / height))
    _write_subtitle(figure, subtitle)
    start, end = float(attribution["start"]), float(attribution["end"])
    labels = [_short(attribution.attrs[key], LONGEST_NAME) for key in ("start_set", "end_set")]
    reached = [start, *(start + np.cumsum([value for _, value, _ in bars])).tolist()]
    _draw_end(ax, 0, start, format_value(start, float(attribution["mcse_start"])))
    for k, (_, value, error) in enumerate(bars, 1):
        _draw_step(ax, k, reached[k - 1], value, error)
    _draw_end(ax, len(bars) + 1, end, format_value(end, float(attribution["mcse_end"])))
    for k, level in enumerate(reached):
        ax.plot([level, level], [k, k + 1], color=axes.LINE_COLOR, linewidth=0.8, zorder=1)
    low, high = min(reached), max(reached)
    margin = 0.13 * (high - low or abs(high) or 1.0)
    ax.set_xlim(low - margin / 2, high + margin)
    ax.set_ylim(len(bars) + 1.6, -0.6)
    _finish(figure, ax, attribution)
    ax.set_yticks(range(len(bars) + 2), [labels[0], *(name for name, _, _ in bars), labels[1]], parse_math=False)
    return figure


def lumped(attribution: xr.Dataset) -> list[tuple[str, float, float]]:
    """Return name, contribution and error of what the waterfall shows; the small ones are one bar, "others"."""
    moving = attribution.sel(row=attribution["contribution"] != 0)
    values, errors = moving["contribution"].values, combined_error(moving)
    bars = [
        (_short(name, LONGEST_NAME), float(value), float(error))
        for name, value, error in zip(moving["row"].values, values, errors, strict=True)
    ]
    if len(bars) <= MOST_BARS:
        return bars
    small = bars[MOST_BARS - 1 :]
    # Their errors are dependent; nothing is said of that of their sum.
    return [*bars[: MOST_BARS - 1], (f"{len(small)} {OTHERS}", sum(value for _, value, _ in small), float("nan"))]


def _draw_end(ax: Axes, place: int, value: float, text: str) -> None:
    ax.plot([value], [place], marker="D", markersize=9, color=COLORS[0], zorder=3)
    ax.annotate(text, (value, place), (10, 0), textcoords="offset points", va="center", fontsize=11, weight="bold")


def _draw_step(ax: Axes, place: int, before: float, value: float, error: float) -> None:
    color = UP_COLOR if value > 0 else DOWN_COLOR
    ax.barh(place, value, left=before, height=0.62, color=color, alpha=0.75, zorder=2)
    known = np.isfinite(error)
    if known:
        ax.errorbar([before + value], [place], xerr=[error], color="black", linewidth=1.2, capsize=3, zorder=3)
    right = max(before, before + value) + (error if known and value > 0 else 0.0)
    text = f"{'+' if value > 0 else '−'}{format_value(abs(value), error)}"
    ax.annotate(text, (right, place), (7, 0), textcoords="offset points", va="center", fontsize=10.5)


def _finish(figure: Figure, ax: Axes, attribution: xr.Dataset) -> None:
    """Write title, axis and where the figure comes from."""
    attributes, height = attribution.attrs, figure.get_figheight()
    unit = xr.DataArray(0.0, attrs={"units": attributes["units"]})
    axes.style(ax)
    ax.xaxis.set_major_formatter(ax.yaxis.get_major_formatter())
    ax.grid(visible=False, axis="y")
    ax.grid(axis="x", color="#d9d9d9", linewidth=0.8)
    ax.set_xlabel(axes.axis_label(unit), fontsize=11, parse_math=False)
    year = f", {attributes['year']}" if "year" in attributes else ""
    ends = " to ".join(_short(attributes[key], LONGEST_LABEL) for key in ("start_set", "end_set"))
    title = f"{literal(attributes['long_name'])}{year}, {attributes['statistic']}: {ends}"
    figure.text(
        0.012, 1 - 0.5 / height, textwrap.shorten(title, LONGEST_TITLE, placeholder=" …"), fontsize=16, parse_math=False
    )
    kind = "all" if attributes["all_orders"] else "sampled"
    figure.text(
        0.012,
        0.14 / height,
        f"Average steps over {kind} orders ({attributes['orders']}) of changing the rows; black: their standard error. "
        f"{int(attributes['draws']):,} draws, seed {attributes['seed']}, design {attributes['design']}.",
        fontsize=10,
        color=axes.LINE_COLOR,
        parse_math=False,
    )
