"""Prior sets side by side as tables of at most 80 columns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from mcdemand.designs import designs
from mcdemand.digits import format_value
from mcdemand.paired_sets import OVERRIDDEN
from mcdemand.report.layout import (
    CI_WORDS,
    Column,
    counted,
    filled,
    long_name_of,
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
ROUNDING = 1e-12
"""A share of the variance that is rounding: a difference with no more is the same in every draw."""


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
    changes = written_overrides(attributes)
    baseline, other = literal(attributes["baseline"]), literal(one["comparison"].values)
    alone = changes and other == baseline + OVERRIDDEN
    ties = "; P(B < A): the smaller one; in the other draws both are equal" if _has_ties(one) else ""
    yield f"A = {baseline}: {attributes['baseline_title']}"
    yield f"B = {other}: A with {changes}" if alone else f"B = {other}: {one['title'].values}"
    if changes and not alone:
        yield f"Both with {changes}"
    yield (
        f"{counted(int(attributes['draws']), 'draw')} in {counted(int(attributes['chains']), 'chain')}, "
        f"seed {attributes['seed']}, design {attributes['design']}, the same for A and B. Shown are medians; B − A and "
        "B / A are taken draw by draw, so they are not those of the medians. Intervals: "
        f"{_level(one)}, {CI_WORDS[attributes['ci_kind']]}. P(B > A): probability that B is the larger one{ties}. "
        "Digits end where the Monte Carlo standard error (MCSE) begins."
    )


def written_overrides(attributes: Mapping[Any, Any]) -> str:
    """Return what was changed in the prior sets of a comparison or an attribution, on one line; empty if nothing."""
    return literal(
        ", ".join(f"{key} = {value}" for key, value in json.loads(attributes.get("overrides", "{}")).items())
    )


def _has_ties(one: xr.Dataset) -> bool:
    """Return whether somewhere some draws, but not all, have B equal to A."""
    equal = 1 - one["probability_greater"].values - one["probability_less"].values
    least = 0.5 / int(one.attrs["draws"])
    return bool(((equal > least) & (equal < 1 - least)).any())


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
        ("A", [value_cell(row, "baseline_median") for row in rows]),
        ("B", [value_cell(row, "other_median") for row in rows]),
        ("B − A", [value_cell(row, "difference_median") for row in rows]),
        (MCSE, [error_cell(float(row["mcse_difference_median"])) for row in rows]),
        ("interval", [_interval(row, "difference_interval") for row in rows]),
    ]
    sides = {"P(B > A)": "greater"} | ({"P(B < A)": "less"} if any(map(_has_ties, rows)) else {})
    shares = {header: [_probability(row, side) for row in rows] for header, side in sides.items()}
    probabilities: list[Column] = []
    for header, cells in shares.items():
        probabilities += [(header, [share for share, _ in cells]), (MCSE, [mcse for _, mcse in cells])]
    ratios: list[Column] = [
        ("B / A", [value_cell(row, "ratio_median") for row in rows]),
        (MCSE, [error_cell(float(row["mcse_ratio_median"])) for row in rows]),
        ("interval", [_interval(row, "ratio_interval") for row in rows]),
        *probabilities,
    ]
    columns = [*index, *differences, *ratios]
    brief = [column for column in columns if column[0] != MCSE]
    unlimited = console.options.update(max_width=WIDEST)
    for table in (filled(columns), filled(brief), filled(brief, gap=1)):
        if console.measure(table, options=unlimited).maximum <= console.width:
            return [table]
    return [filled([*index, *differences]), filled([*index, *ratios])]


def value_cell(row: xr.Dataset, name: str) -> str:
    """Return a value as its error allows to write it; nothing if there is none."""
    value = float(row[name])
    return "" if math.isnan(value) else format_value(value, float(row[f"mcse_{name}"]))


def error_cell(mcse: float) -> str:
    """Return an error with its leading digit; nothing if it is unknown."""
    return "" if math.isnan(mcse) else format_value(mcse, mcse)


def _interval(row: xr.Dataset, name: str) -> str:
    bounds, errors = row[name].values.tolist(), row[f"mcse_{name}"].values.tolist()
    if math.isnan(bounds[0]):
        return ""
    low, high = map(format_value, bounds, errors)
    return f"{low}–{high}" if bounds[0] >= 0 else f"{low} to {high}"


def _probability(row: xr.Dataset, side: str) -> tuple[str, str]:
    """Return the probability that B is greater, or less, and its error; "equal" where no draw tells the two apart."""
    if float(row["probability_greater"]) == float(row["probability_less"]) == 0:
        return "equal", ""
    share, error = (float(row[name]) for name in (f"probability_{side}", f"mcse_probability_{side}"))
    return share_cells(share, error, int(row.attrs["draws"]))


def _saving(one: xr.Dataset) -> str:
    """Return what pairing the draws saved, as far as the errors of the design allow to say."""
    unpaired = np.hypot(one["mcse_baseline_mean"].values, one["mcse_other_mean"].values).ravel()
    saved = one["variance_saved"].values.ravel()
    differs = saved < 1 - ROUNDING
    if int(one.attrs["draws"]) == 1:
        return "A single draw says nothing of errors, nor of what pairing saves."
    if not differs.any():
        return _without_error(one)
    low, high = float(saved[differs].min()), float(saved[differs].max())
    share = _span(_percent(low), _percent(high), " %")
    if designs()[str(one.attrs["design"])].is_independent:
        times = _span(*(_plain(1 / (1 - part)) for part in (low, high)))
        return f"Pairing saved {share} of the variance of the mean difference: as if {times} times the draws."
    left = np.median(one["mcse_difference_mean"].values.ravel()[differs] / unpaired[differs])
    errors = "" if math.isnan(left) else f" (median: {100 * left:.0f} % of that between unpaired runs)"
    return (
        f"Draw by draw, pairing saved {share} of the variance of a difference. The standard error of a mean difference "
        f"comes from the chains{errors}."
    )


def _without_error(one: xr.Dataset) -> str:
    """Return what is said where every difference is the same in all draws."""
    if not np.isfinite(one["variance_saved"].values).any():
        return "Nothing here is uncertain."
    if (one["probability_greater"].values == 0).all() and (one["probability_less"].values == 0).all():
        return "A and B are equal in every draw."
    return "Each difference is the same in every draw: pairing leaves no error in it."


def _plain(times: float) -> str:
    """Return a factor with two digits, written without an exponent."""
    rounded = float(f"{times:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _percent(share: float) -> str:
    """Return a share in per cent, so that what is missing to the whole has two digits."""
    return f"{100 - float(f'{100 * (1 - share):.2g}'):.10g}"


def _span(low: str, high: str, unit: str = "") -> str:
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"
