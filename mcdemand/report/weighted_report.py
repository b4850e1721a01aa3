"""How outputs move by weights on the same draws: a table by year, and both intervals in a figure."""

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
from mcdemand.evidence._observations import OBSERVATIONS, Observation, observations_of
from mcdemand.report import axes
from mcdemand.report.comparison import error_cell, value_cell
from mcdemand.report.layout import CI_WORDS, Column, counted, long_name_of, print_notes, print_text, unit_of
from mcdemand.report.sensitivity_bars import draw_legend, style_bars
from mcdemand.report.sensitivity_columns import fit
from mcdemand.report.sensitivity_layout import Panel, compose
from mcdemand.report.sensitivity_text import dependence_line, notices, provenance
from mcdemand.report.sensitivity_view import OUTPUT, YEAR, pick_output, title_of
from mcdemand.report.text import literal

COLORS = ("#004a7c", "#d55e00")
"""Of the draws as stated, and of the weighted ones."""
BAND_OPACITY = 0.22
AS_STATED = "as stated"
OBSERVED = "observed, 90 % interval"
PANEL_INCHES, NAMES_INCHES, LETTERS = (8.0, 4.2), 0.9, 100
PAIR_INCHES, PAIR_NAMES_INCHES, BELOW_YEARS_INCHES = 1.3, 1.15, 0.35


def print_weighted(console: Console, found: xr.Dataset, outputs: Iterable[str] | None = None) -> None:
    """Print what `reweight` or `summarize_posterior` returned: both medians and intervals by output, and the shift.

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


def weighted_figure(found: xr.Dataset, outputs: Iterable[str] | None = None) -> Figure:
    """Return both medians and intervals by year, a row for each output; None: the first one."""
    names = outputs or [str(found[OUTPUT].values[0])]
    rows = [[_panel(found, pick_output(found, name))] for name in names]
    return compose(rows, found.attrs, _shortened(_title(found.attrs)))


def _title(attributes: Mapping[Any, Any]) -> str:
    """Return what the figure shows."""
    seen = _seen(attributes)
    if seen:
        return f"Given {counted(len(seen), 'observation')}: outputs before and after"
    return f"{_change(attributes).replace('->', '→')}: outputs before and after"


def _seen(attributes: Mapping[Any, Any]) -> tuple[Observation, ...]:
    """Return what was observed; empty for an analysis that rests on no observation."""
    return observations_of(attributes) if OBSERVATIONS in attributes else ()


def _heading(found: xr.Dataset) -> Iterator[str]:
    """Yield what was changed or seen, and what the weights are worth."""
    attributes = found.attrs
    shape = float(found["pareto_k"])
    tail = "no tail" if math.isnan(shape) else f"Pareto k {format_value(shape, math.nan)}"
    seen = _seen(attributes)
    if seen:
        yield f"Conditioned on {counted(len(seen), 'observation')}, without a new run:"
        yield from (f"  {_observation_words(one)}" for one in seen)
        error = float(found["mcse_log_evidence"])
        yield f"Log evidence {format_value(float(found['log_evidence']), error)}, MCSE {error_cell(error)}."
    else:
        yield f"Reweighted, without a new run: {_change(attributes)}."
    yield (f"Weights: {tail}, {_worth(found)}{'' if attributes.get('reliable', 1) else '; NOT reliable'}.")
    level = f"{100 * float(attributes['ci_prob']):g} %, {CI_WORDS[attributes['ci_kind']]}"
    yield f"Intervals: {level}. MCSE: Monte Carlo standard error of the shift of the median."


def _observation_words(one: Observation) -> str:
    """Return what was seen, with the interval of its error, and where it is from."""
    low, high = (format_value(end, math.nan) for end in one.interval())
    unit = f" {one.row.unit}" if one.row.unit != "1" else ""
    if one.is_bound:
        bounds = ("at least", one.row.at_least), ("at most", one.row.at_most)
        seen = ", ".join(f"{word} {end:g}{unit}" for word, end in bounds if end is not None)
    elif one.row.n is not None:
        seen = f"{one.value:g} of {one.row.n}"
    else:
        seen = f"{format_value(one.value, math.nan)}{unit} (90 %: {low} to {high})"
    return literal(f"{one.name}: {seen}{f'; {one.row.source}' if one.row.source else ''}")


def _worth(found: xr.Dataset) -> str:
    return f"worth {float(found['ess']):,.0f} of {int(found.attrs['draws']):,} draws"


def _change(attributes: Mapping[Any, Any]) -> str:
    return f"{literal(attributes['parameter'])} {literal(attributes['change'])}"


def _candidates(one: xr.Dataset) -> list[list[Column]]:
    """Return the columns of one output, with and without the shift of the interval."""
    rows = [one.sel({YEAR: year}) for year in one[YEAR].values] if YEAR in one.dims else [one]
    index: list[Column] = [(YEAR, [str(row[YEAR].values) for row in rows])] if YEAR in one.dims else [("", [""])]
    medians: list[Column] = []
    for prior in map(str, one["prior"].values):
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
    """Return the panel of one output: bands over the years, or both intervals where there is one year or none."""
    one = one.squeeze(YEAR) if one.sizes.get(YEAR) == 1 else one
    yearly = YEAR in one.dims
    level = f"{100 * float(one.attrs['ci_prob']):g} %"
    worth = f"{_worth(found)}{'' if found.attrs.get('reliable', 1) else '; NOT reliable'}"
    return Panel(
        draw=lambda ax: _draw_years(ax, one) if yearly else _draw_pair(ax, one),
        width=PANEL_INCHES[0],
        height=PANEL_INCHES[1] if yearly else PAIR_INCHES,
        names=NAMES_INCHES if yearly else PAIR_NAMES_INCHES,
        title=title_of(one),
        subtitle=f"median and {level} interval; weights {worth}",
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _draw_band(ax: Axes, side: xr.Dataset, color: str, name: str, *, outlined: bool) -> None:
    """Draw an interval over the years: a band, or an outline, so that both can be seen."""
    years, median = side[YEAR].values, side["median"].values
    low, high = np.moveaxis(side["interval"].values, -1, 0)
    dashes: Any = (0, (4, 2)) if outlined else "-"
    if outlined:
        for bound in (low, high):
            ax.plot(years, bound, color=color, linewidth=1.2, linestyle=dashes, zorder=3)
    else:
        ax.fill_between(years, low, high, color=color, alpha=BAND_OPACITY, linewidth=0)
    ax.plot(years, median, color=color, linewidth=2.2, linestyle=dashes, label=name, zorder=4 if outlined else 2)


def _draw_years(ax: Axes, one: xr.Dataset) -> None:
    """Draw medians and intervals without and with weights as bands over the years, and what was observed."""
    for place, (prior, name) in enumerate(_names(one).items()):
        _draw_band(ax, one.sel(prior=prior), COLORS[place], name, outlined=not place)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    ends = [_draw_observed(ax, seen, label=not k) for k, seen in enumerate(_values_seen(one))]
    axes.scale_values(ax, np.concatenate([one["interval"].values.ravel(), *ends]))
    ax.set_ylabel(_unit_words(one), fontsize=11, parse_math=False)
    axes.style(ax)
    draw_legend(ax, BELOW_YEARS_INCHES)


def _values_seen(one: xr.Dataset) -> list[Observation]:
    """Return what was seen of an output in its years, where that has a value and an error in its unit."""
    return [
        seen
        for seen in _seen(one.attrs)
        if seen.row.output == str(one[OUTPUT].values) and seen.row.year in one[YEAR].values and seen.has_value
    ]


def _draw_observed(ax: Axes, one: Observation, *, label: bool) -> Any:
    """Draw an observed value and the interval of its error; return its ends."""
    low, high = one.interval()
    reach = [[max(one.value - low, 0.0)], [max(high - one.value, 0.0)]]
    ax.errorbar(
        [float(one.row.year or 0)],
        [one.value],
        reach,
        fmt="D",
        color="black",
        markersize=5.5,
        capsize=3,
        linewidth=1.4,
        zorder=6,
        label=OBSERVED if label else None,
    )
    return np.array([low, high])


def _names(one: xr.Dataset) -> dict[str, str]:
    """Return what both sides are called in a figure."""
    stated, weighted = map(str, one["prior"].values)
    return {stated: AS_STATED, weighted: weighted}


def _draw_pair(ax: Axes, one: xr.Dataset) -> None:
    """Draw medians and intervals without and with weights as a dot on a line each, with their numbers."""
    for place, prior in enumerate(_names(one)):
        side, color = one.sel(prior=prior), COLORS[place]
        median, error = float(side["median"]), float(side["mcse_median"])
        ends, errors = side["interval"].values.tolist(), side["mcse_interval"].values.tolist()
        ax.plot(ends, [place, place], color=color, linewidth=9, alpha=0.35, solid_capstyle="butt", zorder=2)
        ax.plot([median], [place], marker="o", markersize=9, color=color, linestyle="none", zorder=3)
        for value, mcse, shift, across in (
            (median, error, (0, 9), "center"),
            (ends[0], errors[0], (-6, -4), "right"),
            (ends[1], errors[1], (6, -4), "left"),
        ):
            text, heavy = format_value(value, mcse), "bold" if across == "center" else "normal"
            ax.annotate(
                text, (value, place), shift, textcoords="offset points", ha=across, fontsize=10.5, fontweight=heavy
            )
    bounds = one["interval"].values
    if axes.spans_widely(bounds):
        ax.set_xscale("log")
    style_bars(ax, [*_names(one).values()], zero=False)
    ax.set_ylim(1.6, -0.6)
    ax.margins(x=0.12)
    ax.set_xlabel(_unit_words(one), fontsize=11, parse_math=False)


def _unit_words(one: xr.Dataset) -> str:
    return axes.axis_label(xr.DataArray(0.0, attrs={"units": str(one["units"].values)}))
