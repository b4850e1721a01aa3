"""What it would be worth to know more before a decision: tables of options and parameters, and bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

from mcdemand.digits import format_value
from mcdemand.report import axes
from mcdemand.report.layout import Column, print_notes, print_text
from mcdemand.report.sensitivity_bars import (
    BAR_COLOR,
    FEWEST_ROWS,
    HEIGHT,
    INNER_COLOR,
    INNER_HEIGHT,
    MOST_BARS,
    OUTER_COLOR,
    draw_index,
    draw_nothing,
    short,
    style_bars,
)
from mcdemand.report.sensitivity_columns import fitting, name_column, number_columns
from mcdemand.report.sensitivity_layout import Panel, compose
from mcdemand.report.sensitivity_text import (
    dependence_line,
    error_text,
    interval_text,
    interval_words,
    notices,
    provenance,
    zero_note,
)
from mcdemand.report.sensitivity_view import ERROR, INTERVAL, PARAMETER, SMALLEST_DRAWN, Number, numbers
from mcdemand.report.text import literal

ROW_INCHES, LETTER_INCHES, BARS_INCHES = 0.33, 0.083, 6.4
LEAST_LEGEND = 0.6
EVPI, EVPPI, EVSI = "evpi", "evppi", "evsi"
OPTION = "option"


def print_decision(console: Console, found: xr.Dataset) -> None:
    """Print what `value_of_information` returned: the options, what perfect information is worth, each parameter."""
    unit = literal(found.attrs["units"])
    best = literal(found.attrs["best_option"])
    print_notes(console, [literal(found.attrs["title"]), provenance(found.attrs), dependence_line(found.attrs)])
    print_text(console, "MCSE: Monte Carlo standard error. Intervals: 95 % confidence, of the Monte Carlo error alone.")
    console.print()
    print_text(console, f"Best now, by expected payoff: {best}. Payoffs and values are in {unit}.")
    console.print(fitting(console, *_options(found)))
    console.print()
    print_text(console, _whole(found, unit))
    moving = found.isel({PARAMETER: np.flatnonzero(found[EVPPI].values != 0)})
    if moving.sizes[PARAMETER]:
        console.print(fitting(console, name_column(moving), _parameters(moving, unit)))
    zeros = [literal(name) for name in found[PARAMETER].values[found[EVPPI].values == 0]]
    print_notes(console, [*zero_note(zeros), *notices(found.attrs)])


def decision_figure(found: xr.Dataset) -> Figure:
    """Return bars of what knowing each parameter is worth, with a line at what knowing all would be."""
    shown = largest_values(found)
    names = [short(literal(name)) for name in shown[PARAMETER].values]
    panel = Panel(
        draw=lambda ax: _draw(ax, found, shown, names),
        width=BARS_INCHES,
        height=ROW_INCHES * max(len(names), FEWEST_ROWS),
        names=LETTER_INCHES * max(map(len, names), default=0) + 0.3,
        title=f"Value of knowing a parameter before choosing, {literal(found.attrs['units'])}",
        subtitle=f"best now: {short(literal(found.attrs['best_option']))}",
    )
    return compose([[panel]], found.attrs, literal(found.attrs["title"]))


def largest_values(found: xr.Dataset) -> xr.Dataset:
    """Return the parameters to draw: the largest values, the largest first."""
    values = found[EVPPI].values
    least = SMALLEST_DRAWN * values.max(initial=0.0)
    order = [k for k in np.argsort(-values, kind="stable") if values[k] > 0 and values[k] >= least][:MOST_BARS]
    return found.isel({PARAMETER: order})


def _options(found: xr.Dataset) -> tuple[Column, list[list[Column]]]:
    """Return the columns of the options."""
    names = [literal(one) for one in found[OPTION].values]
    payoffs = _by_option(found, "expected_payoff", 1.0)
    shares = _by_option(found, "probability_best", 100.0)
    probability = number_columns("best, %", shares)
    return (OPTION, names), [number_columns("expected payoff", payoffs), probability[:2]]


def _by_option(found: xr.Dataset, name: str, times: float) -> list[Number]:
    bounds = times * found[INTERVAL + name].values
    columns = (found[OPTION].values, times * found[name].values, times * found[ERROR + name].values, *bounds.T)
    return [Number(literal(label), *map(float, rest)) for label, *rest in zip(*columns, strict=True)]


def _parameters(moving: xr.Dataset, unit: str) -> list[list[Column]]:
    """Return value, error, interval and share of each parameter, and of its measurement if one is stated."""
    shares = numbers(moving, "evppi_share") if "evppi_share" in moving else []
    share = ("of EVPI", [f"{format_value(100 * one.value, 100 * one.mcse)} %" for one in shares])
    groups = [[*number_columns(f"EVPPI [{unit}]", numbers(moving, EVPPI))], *([[share]] if shares else [])]
    if EVSI in moving and np.isfinite(moving[EVSI].values).any():
        measured = numbers(moving, EVSI)
        value = [_known(one.value, one.mcse) for one in measured]
        columns: list[Column] = [("EVSI", value), ("MCSE", [error_text(one.mcse) for one in measured])]
        stated = [literal(text) for text in moving["measurement_error"].values]
        groups.append([*columns, ("measured", [f"± {text}" if text else "" for text in stated])])
    return groups


def _known(value: float, mcse: float) -> str:
    return "" if math.isnan(value) else format_value(value, mcse)


def _whole(found: xr.Dataset, unit: str) -> str:
    lower, upper = found[INTERVAL + EVPI].values.tolist()
    number = Number(EVPI, float(found[EVPI]), float(found[ERROR + EVPI]), lower, upper)
    interval = interval_text(number)
    known = f" (MCSE {error_text(number.mcse)}, interval {interval})" if interval else ""
    return (
        f"EVPI, to know everything before choosing: {format_value(number.value, number.mcse)} {unit}{known}. "
        f"EVPPI: to know one {'group' if found.attrs['groups'] else 'parameter'}"
        f"{'; EVSI: to measure it' if EVSI in found else ''}."
    )


def _draw(ax: Axes, found: xr.Dataset, shown: xr.Dataset, names: Sequence[str]) -> None:
    """Draw the bars, with that of a measurement inside, and the value of perfect information."""
    if not names:
        draw_nothing(ax)
        return
    values = numbers(shown, EVPPI)
    measured = EVSI in shown and bool(np.isfinite(shown[EVSI].values).any())
    color = OUTER_COLOR if measured else BAR_COLOR
    draw_index(ax, values, color=color, height=HEIGHT, label="EVPPI: to know it")
    if measured:
        draw_index(ax, numbers(shown, EVSI), color=INNER_COLOR, height=INNER_HEIGHT, label="EVSI: to measure it")
    whole = float(found[EVPI])
    text = format_value(whole, float(found[ERROR + EVPI]))
    ax.axvline(whole, color="#d55e00", linewidth=1.6, linestyle=(0, (5, 2)), label=f"EVPI: to know everything, {text}")
    for place, one in enumerate(values):
        end = np.nanmax([0.0, one.value, one.upper])
        label = format_value(one.value, one.mcse)
        ax.annotate(label, (end, place), (6, 0), textcoords="offset points", va="center", fontsize=10)
    style_bars(ax, names)
    right = 1.2 * max(whole, *(np.nanmax([one.value, one.upper]) for one in values))
    ax.set_xlim(0, right)
    words = interval_words(found.attrs)
    ax.set_xlabel(f"{literal(found.attrs['units'])}\nblack: {words}", fontsize=10.5, parse_math=False)
    beside = (max(whole / right, LEAST_LEGEND), 0.0)
    legend = ax.legend(loc="lower right", bbox_to_anchor=beside, fontsize=9.5, framealpha=0.9, edgecolor="none")
    axes.literal_legend(legend)
