"""Summaries as tables of at most 80 columns: median, its Monte Carlo standard error, credible interval, by year."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcdemand.drivers.money import capex_share_of_gwp
from mcdemand.report.text import literal
from mcdemand.digits import format_value

MODEL = "ai_compute"
MEDIAN = 0.5
MARK = "*"
WIDEST_TITLE = 76
WORLD_ELECTRICITY_TWH = 30_000.0
SHARE_OF_WORLD_PRODUCT = 0.1
ARITHMETIC = (
    f"{MARK} arithmetic, not a forecast: above {WORLD_ELECTRICITY_TWH:,.0f} TWh, all electricity of the world, or "
    "above 10 % of gross world product; nothing on the demand side pays for it."
)
CI_WORDS = {"eti": "equal-tailed", "hdi": "shortest"}
# What is served or there stands first, what is asked for beside it.
TWINS = (("{}_served", "{}"), ("{}", "{}_needed"))


@dataclass(frozen=True)
class Event:
    """Something that may happen, by year: its probability and the standard error of that."""

    label: str
    probability: np.ndarray[Any, np.dtype[np.float64]]
    mcse: np.ndarray[Any, np.dtype[np.float64]]
    draws: int


def print_summary(
    console: Console, summary: xr.Dataset, attributes: Mapping[str, Any], events: Sequence[Event]
) -> None:
    """Print a summary that holds the median, and events.

    Parameters
    ----------
    summary
        From `summarize(..., probabilities=[0.5])`, one kind and one probability of interval.
    attributes
        Those of the result's root.
    """
    _print_text(console, f"{attributes['prior_set']}: {attributes['title']}")
    _print_text(console, _heading(summary, attributes))
    marked = False
    for names, block in _blocks(summary, attributes["model"] == MODEL):
        console.print()
        _print_text(console, "; ".join(f"{name}: {_long_name(summary, name)}" for name in names))
        _print_beside(console, block)
        marked = marked or any(
            MARK in str(cell) for table in block for column in table.columns for cell in column.cells
        )
    if events:
        console.print()
        years = summary["year"].values.tolist() if "year" in summary.dims else []
        _print_beside(console, [_event_table(event, years) for event in events])
    if marked:
        _print_text(console, ARITHMETIC)


def print_notes(console: Console, notes: Sequence[str]) -> None:
    """Print one note after another."""
    for note in notes:
        _print_text(console, note)


def exceedance_events(summary: xr.Dataset) -> list[Event]:
    """Return an event for every threshold of a summary."""
    if "exceedance" not in summary:
        return []
    events = []
    for output in summary["output"].values:
        one = summary.sel(output=output)
        for k, threshold in enumerate(one["threshold_value"].values):
            if not math.isnan(threshold):
                label = f"{output} > {threshold:,.12g} {_unit(one)}".rstrip()
                shares, errors = (one[name].isel(threshold=k).values for name in ("exceedance", "mcse_exceedance"))
                events.append(Event(label, np.atleast_1d(shares), np.atleast_1d(errors), summary.attrs["draws"]))
    return events


def shortage_event(result: xr.DataTree) -> list[Event]:
    """Return the event that demand exceeds supply, if the result holds what it takes."""
    group = result["prior_predictive"]
    if result.attrs["model"] != MODEL or not {"energy", "energy_served"} <= set(group.data_vars):
        return []
    short = (group["energy"] > group["energy_served"]).transpose("year", "chain", "draw").values
    draws = short[0].size
    share = short.reshape(len(short), -1).mean(axis=1)
    return [Event("energy > energy supply", share, np.sqrt(share * (1 - share) / draws), draws)]


def is_arithmetic(output: str, year: int, value: float) -> bool:
    """Return whether a value of unconstrained demand of the shipped model is more than the world could pay for."""
    if output == "energy":
        return value > WORLD_ELECTRICITY_TWH
    return output == "capex" and capex_share_of_gwp(float(year), value) > SHARE_OF_WORLD_PRODUCT


def pairs(outputs: Sequence[str]) -> list[tuple[str, ...]]:
    """Return outputs two by two: what is served with what is asked for, then the others in their order.

    Examples
    --------
    >>> pairs(["energy", "tokens", "energy_served"])
    [('energy_served', 'energy'), ('tokens',)]
    """
    found = [
        (first.format(name), second.format(name))
        for name in outputs
        for first, second in TWINS
        if first.format(name) in outputs and second.format(name) in outputs
    ]
    rest = [name for name in outputs if not any(name in pair for pair in found)]
    return [*found, *(tuple(rest[k : k + 2]) for k in range(0, len(rest), 2))]


def _heading(summary: xr.Dataset, attributes: Mapping[str, Any]) -> str:
    size = f"{_counted(int(attributes['draws']), 'draw')} in {_counted(int(attributes['chains']), 'chain')}"
    kind, level = CI_WORDS[str(summary["ci_kind"].values[0])], 100 * float(summary["ci_prob"].values[0])
    return (
        f"{size}, seed {attributes['seed']}, design {attributes['design']}. "
        f"Intervals: {level:g} %, {kind}. MCSE: Monte Carlo standard error of the median."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _blocks(summary: xr.Dataset, is_shipped: bool) -> Iterator[tuple[tuple[str, ...], list[Table]]]:
    """Yield outputs and the tables that belong side by side: by year two outputs, without years all in one."""
    outputs = [str(output) for output in summary["output"].values]
    if "year" not in summary.dims:
        yield tuple(outputs), [_flat_table(summary, outputs)]
        return
    for names in pairs(outputs):
        yield names, [_year_table(summary.sel(output=name), is_shipped) for name in names]


def _long_name(summary: xr.Dataset, output: str) -> str:
    return literal(summary["long_name"].sel(output=output).values)


def _year_table(one: xr.Dataset, is_shipped: bool) -> Table:
    output = str(one["output"].values)
    table = _table(f"{output} [{_unit(one) or '1'}]", ("year", "median", "MCSE"))
    table.add_column(_interval_header(one), no_wrap=True)
    for year in one["year"].values.tolist():
        table.add_row(str(year), *_cells(one.sel(year=year), output if is_shipped else "", year))
    return table


def _flat_table(summary: xr.Dataset, outputs: Sequence[str]) -> Table:
    table = _table("", ("output", "unit", "median", "MCSE"))
    table.columns[0].justify = "left"
    table.add_column(_interval_header(summary), no_wrap=True)
    for output in outputs:
        one = summary.sel(output=output)
        table.add_row(output, _unit(one) or "1", *_cells(one, "", 0))
    return table


def _event_table(event: Event, years: Sequence[int]) -> Table:
    table = _table(f"P({event.label})", (*(["year"] if years else []), "probability", "MCSE"))
    for k, (share, mcse) in enumerate(zip(event.probability, event.mcse, strict=True)):
        table.add_row(*([str(years[k])] if years else []), *_share_cells(float(share), float(mcse), event.draws))
    return table


def _share_cells(share: float, mcse: float, draws: int) -> tuple[str, str]:
    """Return a probability in per cent and its error; one that no draw bears out is bounded by the rule of three."""
    if 0 < share < 1:
        return f"{format_value(100 * share, 100 * mcse)} %", f"{format_value(100 * mcse, 100 * mcse)} %"
    bound = float(f"{min(300 / draws, 100):.1g}")
    return (f"<{bound:g} %" if share == 0 else f">{100 - bound:g} %"), ""


def _cells(one: xr.Dataset, output: str, year: int) -> tuple[str, str, str]:
    """Return median, MCSE and interval of one output in one year."""
    median, error = (float(one[name].sel(quantile=MEDIAN)) for name in ("quantiles", "mcse_quantiles"))
    bounds, errors = (one[name].values.reshape(2).tolist() for name in ("interval", "mcse_interval"))
    low, high = (_number(output, year, bound, mcse) for bound, mcse in zip(bounds, errors, strict=True))
    interval = "" if math.isnan(bounds[0]) else f"{low}–{high}" if bounds[0] >= 0 else f"{low} to {high}"
    return _number(output, year, median, error), "" if math.isnan(error) else format_value(error, error), interval


def _number(output: str, year: int, value: float, mcse: float) -> str:
    return format_value(value, mcse) + (MARK if is_arithmetic(output, year, value) else "")


def _interval_header(summary: xr.Dataset) -> str:
    return f"{100 * float(summary['ci_prob'].values[0]):g} % interval"


def _unit(one: xr.Dataset) -> str:
    unit = literal(one["units"].values)
    return "" if unit == "1" else unit


def _table(title: str, headers: Sequence[str]) -> Table:
    """Return a table whose columns are numbers so far."""
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        title_style="bold",
        min_width=min(len(title), WIDEST_TITLE),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _print_beside(console: Console, tables: Sequence[Table]) -> None:
    """Print tables side by side as far as the console is wide enough."""
    row: list[Table] = []
    for table in tables:
        if row and sum(console.measure(one).maximum + 2 for one in [*row, table]) > console.width:
            _print_row(console, row)
            row = []
        row.append(table)
    _print_row(console, row)


def _print_row(console: Console, tables: Sequence[Table]) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in tables:
        grid.add_column(vertical="bottom")
    grid.add_row(*tables)
    console.print(grid)


def _print_text(console: Console, text: str) -> None:
    console.print(Text(literal(text)))
