"""Summaries as tables of at most 80 columns: median, its Monte Carlo standard error, credible interval, by year."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.digits import format_value
from mcdemand.drivers.money import capex_share_of_gwp
from mcdemand.prior_pool import POOL, PRIOR_SET
from mcdemand.report.layout import (
    CI_WORDS,
    counted,
    long_name_of,
    new_table,
    print_beside,
    print_text,
    share_cells,
    unit_of,
)
from mcdemand.summary import summarize
from mcdemand.summary_request import is_independent

MODEL = "ai_compute"
MEDIAN = 0.5
UNSERVED = "unserved"
SETS_BESIDE = 3
MARK = "*"
WORLD_ELECTRICITY_TWH = 30_000.0
SHARE_OF_WORLD_PRODUCT = 0.1
ARITHMETIC = (
    f"{MARK} arithmetic, not a forecast: above {WORLD_ELECTRICITY_TWH:,.0f} TWh, all electricity of the world, or "
    "above 10 % of gross world product; nothing on the demand side pays for it."
)
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
    print_text(console, f"{attributes['prior_set']}: {attributes['title']}")
    print_text(console, _heading(summary, attributes))
    marked = False
    for names, block in _blocks(summary, attributes["model"] == MODEL):
        console.print()
        print_text(console, "; ".join(f"{name}: {long_name_of(summary, name)}" for name in names))
        print_beside(console, block)
        marked = marked or any(
            MARK in str(cell) for table in block for column in table.columns for cell in column.cells
        )
    if events:
        console.print()
        years = summary["year"].values.tolist() if "year" in summary.dims else []
        print_beside(console, [_event_table(event, years) for event in events])
    if marked:
        print_text(console, ARITHMETIC)


def exceedance_events(summary: xr.Dataset) -> list[Event]:
    """Return an event for every threshold of a summary; of a pool, as the pool sees it."""
    if "exceedance" not in summary:
        return []
    summary = summary.sel({PRIOR_SET: POOL}) if PRIOR_SET in summary.dims else summary
    events = []
    for output in summary["output"].values:
        one = summary.sel(output=output)
        for k, threshold in enumerate(one["threshold_value"].values):
            if not math.isnan(threshold):
                label = f"{output} > {threshold:,.12g} {unit_of(one)}".rstrip()
                shares, errors = (one[name].isel(threshold=k).values for name in ("exceedance", "mcse_exceedance"))
                events.append(Event(label, np.atleast_1d(shares), np.atleast_1d(errors), summary.attrs["draws"]))
    return events


def shortage_event(result: xr.DataTree) -> list[Event]:
    """Return the event that demand exceeds supply, if the result holds what it takes."""
    group = result["prior_predictive"]
    if result.attrs["model"] != MODEL or not {"energy", "energy_served"} <= set(group.data_vars):
        return []
    unserved = xr.Dataset({UNSERVED: group["energy"] - group["energy_served"]})
    replicates = not is_independent(result)
    (event,) = exceedance_events(summarize(unserved, thresholds={UNSERVED: 0.0}, replicates=replicates))
    return [replace(event, label="energy > energy supply")]


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
    size = f"{counted(int(attributes['draws']), 'draw')} in {counted(int(attributes['chains']), 'chain')}"
    kind, level = CI_WORDS[str(summary["ci_kind"].values[0])], 100 * float(summary["ci_prob"].values[0])
    source = ", from the chains" if summary.attrs["mcse"] == "replicates" else ""
    return (
        f"{size}, seed {attributes['seed']}, design {attributes['design']}. "
        f"Intervals: {level:g} %, {kind}. MCSE: Monte Carlo standard error of the median{source}."
    )


def _blocks(summary: xr.Dataset, is_shipped: bool) -> Iterator[tuple[tuple[str, ...], list[Table]]]:
    """Yield outputs and the tables that belong side by side: by year two outputs, without years all in one.

    Of a pool: each output by itself, with its sets beside it.
    """
    outputs = [str(output) for output in summary["output"].values]
    pool = summary.sel({PRIOR_SET: POOL}) if PRIOR_SET in summary.dims else summary
    if "year" not in summary.dims:
        yield tuple(outputs), [_flat_table(pool, outputs), *_set_tables(summary, outputs)]
        return
    for names in pairs(outputs) if pool is summary else [(name,) for name in outputs]:
        tables = [_year_table(pool.sel(output=name), is_shipped) for name in names]
        yield names, [*tables, *_set_tables(summary, names)]


def _set_tables(summary: xr.Dataset, outputs: Sequence[str]) -> list[Table]:
    """Return a table of the interval that each set of a pool has by itself; none if there is no pool."""
    if PRIOR_SET not in summary.dims:
        return []
    sets = [str(name) for name in summary[PRIOR_SET].values if name != POOL]
    return [_set_table(summary, outputs, sets[k : k + SETS_BESIDE]) for k in range(0, len(sets), SETS_BESIDE)]


def _set_table(summary: xr.Dataset, outputs: Sequence[str], sets: Sequence[str]) -> Table:
    has_years = "year" in summary.dims
    table = new_table(f"{_interval_header(summary)} by set", ("year" if has_years else "output", *sets))
    places = (
        [{"output": outputs[0], "year": year} for year in summary["year"].values.tolist()]
        if has_years
        else [{"output": name} for name in outputs]
    )
    for place in places:
        cells = [_cells(summary.sel({**place, PRIOR_SET: name}), "", 0)[2] for name in sets]
        table.add_row(str(list(place.values())[-1]), *cells)
    return table


def _year_table(one: xr.Dataset, is_shipped: bool) -> Table:
    output = str(one["output"].values)
    table = new_table(f"{output} [{unit_of(one) or '1'}]", ("year", "median", "MCSE"))
    table.add_column(_interval_header(one), no_wrap=True)
    for year in one["year"].values.tolist():
        table.add_row(str(year), *_cells(one.sel(year=year), output if is_shipped else "", year))
    return table


def _flat_table(summary: xr.Dataset, outputs: Sequence[str]) -> Table:
    table = new_table("", ("output", "unit", "median", "MCSE"))
    table.columns[0].justify = "left"
    table.add_column(_interval_header(summary), no_wrap=True)
    for output in outputs:
        one = summary.sel(output=output)
        table.add_row(output, unit_of(one) or "1", *_cells(one, "", 0))
    return table


def _event_table(event: Event, years: Sequence[int]) -> Table:
    table = new_table(f"P({event.label})", (*(["year"] if years else []), "probability", "MCSE"))
    for k, (share, mcse) in enumerate(zip(event.probability, event.mcse, strict=True)):
        table.add_row(*([str(years[k])] if years else []), *share_cells(float(share), float(mcse), event.draws))
    return table


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
