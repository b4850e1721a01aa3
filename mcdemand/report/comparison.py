"""Prior sets side by side as tables of at most 80 columns, and what each changed row explains."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.designs import designs
from mcdemand.digits import format_value
from mcdemand.report.layout import (
    CI_WORDS,
    counted,
    long_name_of,
    new_table,
    print_beside,
    print_notes,
    print_text,
    share_cells,
    unit_of,
)
from mcdemand.report.notes import beyond_sample_notes
from mcdemand.report.text import literal

MCSE = "MCSE"
WIDEST = 1000
CHANGE_WIDTH = 31
UNBREAKABLE = "\u00a0"

type Column = tuple[str, list[str]]


def print_comparison(console: Console, comparison: xr.Dataset) -> None:
    """Print what `compare` returned: for every set a table by output and year, and what pairing saved."""
    for k, other in enumerate(comparison["comparison"].values.tolist()):
        one = comparison.sel(comparison=other)
        if k:
            console.print()
        for line in _heading(one):
            print_text(console, line)
        for title, index, rows in _blocks(one):
            console.print()
            print_text(console, title)
            print_beside(console, _fitting(console, index, rows))
        console.print()
        print_text(console, _saving(one))
    notices = [f"Note: {notice}" for notice in comparison.attrs["notices"].split("\n") if notice]
    if int(comparison.attrs["chains"]) == 1 and not designs()[comparison.attrs["design"]].is_independent:
        notices.append("Note: errors come from chains, and there is only one; ask for 16.")
    print_notes(console, [*notices, *beyond_sample_notes(comparison)])


def _heading(one: xr.Dataset) -> Iterator[str]:
    """Yield who is compared with whom, and how the figures were made."""
    attributes = one.attrs
    changes = ", ".join(f"{key} = {value}" for key, value in json.loads(attributes["overrides"]).items())
    baseline, other = literal(attributes["baseline"]), literal(one["comparison"].values)
    alone = changes and other == f"{baseline}+set"
    yield f"A = {baseline}: {attributes['baseline_title']}"
    yield f"B = {other}: A with {changes}" if alone else f"B = {other}: {one['title'].values}"
    if changes and not alone:
        yield f"Both with {changes}"
    yield (
        f"{counted(int(attributes['draws']), 'draw')} in {counted(int(attributes['chains']), 'chain')}, "
        f"seed {attributes['seed']}, design {attributes['design']}, the same for A and B. Shown are medians; B − A and "
        "B / A are taken draw by draw, so they are not those of the medians. Intervals: "
        f"{_level(one)}, {CI_WORDS[attributes['ci_kind']]}. P(B > A): probability that B is the larger one. "
        "Digits end where the Monte Carlo standard error (MCSE) begins."
    )


def _level(one: xr.Dataset) -> str:
    return f"{100 * float(one.attrs['ci_prob']):g} %"


def _blocks(one: xr.Dataset) -> Iterator[tuple[str, list[Column], list[xr.Dataset]]]:
    """Yield a title, the columns that name the rows, and the rows: by year an output each, without years all in one."""
    outputs = [one.sel(output=output) for output in one["output"].values]
    names = [str(output["output"].values) for output in outputs]
    units = [unit_of(output) or "1" for output in outputs]
    if "year" not in one.dims:
        yield (
            "; ".join(f"{name}: {long_name_of(one, name)}" for name in names),
            [("output", names), ("unit", units)],
            outputs,
        )
        return
    years = one["year"].values.tolist()
    for name, unit, output in zip(names, units, outputs, strict=True):
        rows = [output.sel(year=year) for year in years]
        yield f"{name} [{unit}]: {long_name_of(one, name)}", [("year", list(map(str, years)))], rows


def _fitting(console: Console, index: Sequence[Column], rows: Sequence[xr.Dataset]) -> list[Table]:
    """Return one table with errors; without, if that is too wide; or else differences and ratios in one each."""
    differences: list[Column] = [
        ("A", [_value(row, "baseline_median") for row in rows]),
        ("B", [_value(row, "other_median") for row in rows]),
        ("B − A", [_value(row, "difference_median") for row in rows]),
        (MCSE, [_error(float(row["mcse_difference_median"])) for row in rows]),
        ("interval", [_interval(row, "difference_interval") for row in rows]),
    ]
    shares = [_probability(row) for row in rows]
    ratios: list[Column] = [
        ("B / A", [_value(row, "ratio_median") for row in rows]),
        (MCSE, [_error(float(row["mcse_ratio_median"])) for row in rows]),
        ("interval", [_interval(row, "ratio_interval") for row in rows]),
        ("P(B > A)", [share for share, _ in shares]),
        (MCSE, [mcse for _, mcse in shares]),
    ]
    columns = [*index, *differences, *ratios]
    brief = [column for column in columns if column[0] != MCSE]
    unlimited = console.options.update(max_width=WIDEST)
    for table in (_filled(columns), _filled(brief), _filled(brief, gap=1)):
        if console.measure(table, options=unlimited).maximum <= console.width:
            return [table]
    return [_filled([*index, *differences]), _filled([*index, *ratios])]


def _filled(columns: Sequence[Column], gap: int = 2) -> Table:
    table = new_table("", [header for header, _ in columns])
    table.padding = (0, gap, 0, 0)
    table.columns[0].justify = "left"
    for cells in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*cells)
    return table


def _value(row: xr.Dataset, name: str) -> str:
    value = float(row[name])
    return "" if math.isnan(value) else format_value(value, float(row[f"mcse_{name}"]))


def _error(mcse: float) -> str:
    return "" if math.isnan(mcse) else format_value(mcse, mcse)


def _interval(row: xr.Dataset, name: str) -> str:
    bounds, errors = row[name].values.tolist(), row[f"mcse_{name}"].values.tolist()
    if math.isnan(bounds[0]):
        return ""
    low, high = map(format_value, bounds, errors)
    return f"{low}–{high}" if bounds[0] >= 0 else f"{low} to {high}"


def _probability(row: xr.Dataset) -> tuple[str, str]:
    """Return the probability that B is the larger one and its error; "equal" where no draw tells the two apart."""
    if float(row["probability_greater"]) == float(row["probability_less"]) == 0:
        return "equal", ""
    share, error = (float(row[name]) for name in ("probability_greater", "mcse_probability_greater"))
    return share_cells(share, error, int(row.attrs["draws"]))


def _saving(one: xr.Dataset) -> str:
    """Return what pairing the draws saved, as far as the errors of the design allow to say."""
    unpaired = np.hypot(one["mcse_baseline_mean"].values, one["mcse_other_mean"].values).ravel()
    saved = one["variance_saved"].values.ravel()
    differs = saved < 1
    if int(one.attrs["draws"]) == 1:
        return "A single draw says nothing of errors, nor of what pairing saves."
    if not differs.any():
        return "A and B are equal in every draw." if (saved == 1).any() else "Nothing here is uncertain."
    low, high = float(saved[differs].min()), float(saved[differs].max())
    share = _span(_percent(low), _percent(high), " %")
    if designs()[str(one.attrs["design"])].is_independent:
        times = _span(*(f"{float(f'{1 / (1 - part):.2g}'):,g}" for part in (low, high)))
        return f"Pairing saved {share} of the variance of the mean difference: as if {times} times the draws."
    left = np.median(one["mcse_difference_mean"].values.ravel()[differs] / unpaired[differs])
    errors = "" if math.isnan(left) else f" (median: {100 * left:.2g} % of that between unpaired runs)"
    return (
        f"Draw by draw, pairing saved {share} of the variance of a difference. The standard error of a mean difference "
        f"comes from the chains{errors}."
    )


def _percent(share: float) -> str:
    """Return a share in per cent, so that what is missing to the whole has two digits."""
    return f"{100 - float(f'{100 * (1 - share):.2g}'):.6g}"


def _span(low: str, high: str, unit: str = "") -> str:
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def print_attribution(console: Console, attribution: xr.Dataset) -> None:
    """Print what `attribute` returned: each row's contribution to the move, the largest first, and the whole move."""
    attributes = attribution.attrs
    start, end = (literal(attributes[key]) for key in ("start_set", "end_set"))
    unit = "" if attributes["units"] == "1" else f" {literal(attributes['units'])}"
    year = f" in {attributes['year']}" if "year" in attributes else ""
    print_text(console, f"{attributes['output']}{year}, {attributes['statistic']}: {literal(attributes['long_name'])}")
    print_text(
        console,
        f"From {start}, {_value(attribution, 'start')}{unit}, to {end}, {_value(attribution, 'end')}{unit}: a move of "
        f"{_value(attribution, 'move')}{unit}. {counted(int(attributes['draws']), 'draw')} in "
        f"{counted(int(attributes['chains']), 'chain')}, seed {attributes['seed']}, design {attributes['design']}.",
    )
    reached = attribution.sel(row=attribution["reaches"])
    if reached.sizes["row"]:
        console.print()
        console.print(_contribution_table(reached, unit))
    console.print()
    print_notes(console, list(_attribution_notes(attribution)))


def combined_error(row: xr.Dataset) -> Any:
    """Return the standard error of contributions, from the draws and from the sampled orders together."""
    return np.hypot(row["mcse_draws"].values, row["mcse_orders"].values)


def _contribution_table(reached: xr.Dataset, unit: str) -> Table:
    table = new_table("", ("row", unit.strip() or "move", MCSE, "share"))
    table.columns[0].justify, table.columns[0].no_wrap, table.columns[0].overflow = "left", False, "fold"
    table.add_column("what changes", overflow="fold")
    move = float(reached["move"])
    for k in range(reached.sizes["row"]):
        row = reached.isel(row=k)
        value, error = float(row["contribution"]), float(combined_error(row))
        share = f"{format_value(100 * value / move, 100 * error / abs(move))} %" if move else ""
        name, change = (literal(row[key].values) for key in ("row", "change"))
        is_last = k == reached.sizes["row"] - 1
        cells = (name, format_value(value, error), _error(error), share, _wrapped(change))
        table.add_row(*cells, end_section=is_last)
    total = _value(reached, "move"), _error(float(reached["mcse_move"])), "100 %" if move else "", "the whole move"
    table.add_row("sum", *total)
    return table


def _wrapped(change: str) -> str:
    """Return lines that break between the changes of a row rather than within one."""
    parts = [part.replace(" ", UNBREAKABLE) if len(part) < CHANGE_WIDTH else part for part in change.split(", ")]
    return "\n".join(textwrap.wrap(", ".join(parts), CHANGE_WIDTH, break_on_hyphens=False)).replace(UNBREAKABLE, " ")


def _attribution_notes(attribution: xr.Dataset) -> Iterator[str]:
    attributes, rows = attribution.attrs, attribution["row"].values
    if not rows.size:
        yield "No row of the one set differs from the other's."
        return
    orders = f"{'all' if attributes['all_orders'] else 'sampled'} orders ({attributes['orders']})"
    more = "" if attributes["all_orders"] else "; more --permutations lessen the error of the orders"
    yield (
        f"A row moves the {attributes['statistic']} by its average step when the rows change one after the other, over "
        f"{orders}; unrounded, the steps sum to the move exactly. MCSE: from draws and orders together{more}."
    )
    idle = [str(row) for row in rows[~attribution["reaches"].values]]
    if idle:
        yield f"Changed, but {attributes['output']} does not depend on it, so exactly 0: {', '.join(idle)}."
