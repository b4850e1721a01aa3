"""Two prior sets side by side, row by row, for people."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import xarray as xr
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mcdemand.digits import format_value
from mcdemand.prior_diff import ADDED, REMOVED
from mcdemand.report.layout import counted, print_notes, print_text
from mcdemand.report.numbers import cell_text, number_text
from mcdemand.report.text import literal

INDENT = 2
NUMBER = 9


def print_diff(console: Console, found: xr.Dataset) -> None:
    """Print what `diff_prior_sets` returned: rows by size, rows of one set only, correlations."""
    for line in _heading(found):
        print_text(console, line)
    one_sided = np.isin(found["change"].values, [ADDED, REMOVED])
    moved = found.isel(row=found["law_changed"].values & ~one_sided)
    if moved.sizes["row"]:
        console.print()
        _print_rows(console, moved)
    lines = [*_reworded(found), *_one_sided(found), *_pairs(found), *_groups(found)]
    if lines:
        console.print()
        print_notes(console, lines)


def _heading(found: xr.Dataset) -> Iterator[str]:
    about = found.attrs
    for letter, key in (("A", "start"), ("B", "end")):
        yield ": ".join(filter(None, (f"{letter} = {about[f'{key}_set']}", about[f"{key}_title"])))
    count = int(found["law_changed"].sum())
    one_sided = int(np.isin(found["change"].values, [ADDED, REMOVED]).sum())
    if not (found.sizes["row"] or found.sizes["pair"] or about["start_groups"] or about["end_groups"]):
        yield f"No differences in {counted(about['common_rows'], 'row')}."
        return
    shown = (
        " Shown are quantiles, A above B; W1: the 1-Wasserstein distance between the laws, in the row's unit and over "
        "the median of A."
    )
    moved = count - one_sided
    yield f"Of {counted(about['common_rows'], 'common row')}, {moved or 'none'} differ in law.{shown if moved else ''}"


def _print_rows(console: Console, moved: xr.Dataset) -> None:
    """Print two lines of numbers for each row, and what changed below."""
    width = max(len(name) for name in moved["row"].values.tolist())
    head = "".join(f"{header:>{NUMBER}}" for header in ("p5", "p50", "p95", "W1", "W1/p50"))
    console.print(Text(f"{'parameter':<{width}}{head}  unit", style="bold"), soft_wrap=True)
    for k, name in enumerate(moved["row"].values.tolist()):
        row = moved.isel(row=k)
        unit = literal(row["units"].values)
        above, below = ("".join(_cell(x, unit) for x in row[side].values.tolist()) for side in ("start", "end"))
        distance = _cell(float(row["distance"])) + f"{_percent(float(row['relative_distance'])):>{NUMBER}}"
        console.print(Text(f"{name:<{width}}{above}{distance}  {unit}"), soft_wrap=True)
        console.print(Text(f"{'':<{width}}{below}"), soft_wrap=True)
        change = Text(literal(row["change"].values))
        console.print(Padding(change, (0, 0, 0, INDENT), expand=False))


def _cell(value: float, unit: str = "") -> str:
    if not math.isfinite(value):
        return f"{'-' if math.isnan(value) else 'infinite':>{NUMBER}}"
    return f"{number_text(value, unit) if unit == 'year' else cell_text(value):>{NUMBER}}"


def _percent(share: float) -> str:
    return f"{format_value(100 * share, share)} %" if math.isfinite(share) else "-"


def _reworded(found: xr.Dataset) -> Iterator[str]:
    """Yield the rows whose law is the same, and what else is not."""
    for change in sorted({*found["change"].values[~found["law_changed"].values].tolist()}):
        same = (found["change"].values == change) & ~found["law_changed"].values
        yield f"Same law, {literal(change)}: {', '.join(found['row'].values[same].tolist())}"


def _one_sided(found: xr.Dataset) -> Iterator[str]:
    for change, where in ((REMOVED, "A"), (ADDED, "B")):
        names = found["row"].values[found["change"].values == change].tolist()
        if names:
            yield f"Only in {where}: {', '.join(names)}"


def _pairs(found: xr.Dataset) -> Iterator[str]:
    for k in range(found.sizes["pair"]):
        one = found.isel(pair=k)
        start, end = (_latent(float(one[side])) for side in ("start_latent", "end_latent"))
        yield f"Correlation of {one['first'].values} and {one['second'].values}: latent {start} -> {end}"


def _groups(found: xr.Dataset) -> Iterator[str]:
    for key, where in (("start_groups", "A"), ("end_groups", "B")):
        yield from (f"Only in {where}: {line}" for line in found.attrs[key].splitlines())


def _latent(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.4g}"
