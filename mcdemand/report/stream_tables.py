"""What a streamed run prints beyond the usual tables: quantiles by year, and what the run takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.digits import format_value
from mcdemand.memory import duration, size_text
from mcdemand.planning import RunPlan
from mcdemand.report.layout import counted, new_table, print_beside, unit_of

USUAL = (0.5,)
"""Levels that the usual tables show."""


def print_quantiles(console: Console, summary: xr.Dataset) -> None:
    """Print a table of quantiles for each output; nothing if only the median was asked for."""
    if set(summary["quantile"].values.tolist()) <= set(USUAL):
        return
    for output in summary["output"].values.tolist():
        console.print()
        print_beside(console, [_quantile_table(summary.sel(output=output))])


def _quantile_table(one: xr.Dataset) -> Table:
    levels = one["quantile"].values.tolist()
    years = one["year"].values.tolist() if "year" in one.dims else [None]
    headers = [] if years == [None] else ["year"]
    table = new_table(
        f"{one['output'].item()} [{unit_of(one) or '1'}]", [*headers, *(f"p{100 * p:.6g}" for p in levels)]
    )
    for year in years:
        row = one if year is None else one.sel(year=year)
        pairs = zip(row["quantiles"].values.tolist(), row["mcse_quantiles"].values.tolist(), strict=True)
        table.add_row(*([] if year is None else [str(year)]), *(format_value(value, mcse) for value, mcse in pairs))
    return table


def plan_line(plan: RunPlan, processes: str = "") -> str:
    """Return what a run takes, in a sentence."""
    who = processes or counted(plan.threads, "thread")
    disk = f", {size_text(plan.disk_bytes)} on disk" if plan.disk_bytes else ""
    return (
        f"Plan: {counted(plan.draws, 'draw')} in {counted(plan.spans, 'tile')} of {plan.span_draws:,}, "
        f"{plan.passes} {'pass' if plan.passes == 1 else 'passes'}, {who}; at most {size_text(plan.memory_bytes)} of "
        f"memory{disk}; about {duration(plan.seconds)}."
    )


def accuracy_notes(summary: xr.Dataset, *, exact: bool) -> Iterator[str]:
    """Yield how exact the quantiles are, as those of all draws."""
    if exact:
        yield "Quantiles and interval ends are those of all draws, to the last bit."
        return
    names: Sequence[str] = ("quantiles", "interval")
    shares = [float((summary[f"bound_{name}"] / abs(summary[name])).where(summary[name] != 0).max()) for name in names]
    yield (
        f"One pass: quantiles and interval ends are those of all draws to within {100 * max(shares):.2g} % at worst; "
        "without --one-pass they are exact."
    )
