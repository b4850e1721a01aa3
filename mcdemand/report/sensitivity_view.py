"""One output in one year of a sensitivity analysis: what tables and figures show of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from mcdemand.errors import InputError
from mcdemand.registry import nearest
from mcdemand.report.text import literal

ERROR, INTERVAL = "mcse_", "ci_"
PARAMETER, OUTPUT, YEAR = "parameter", "output", "year"
OTHER_PARAMETER = "other_parameter"
PLAIN_DIMS = frozenset({PARAMETER, OUTPUT, YEAR})
SCALE, LOG = "scale", "log"
OF_OUTPUT = "output"
OTHERS, DRAWN, AT_MEDIANS = "others", "drawn", "at_medians"
P_VALUE, ENDS = "p_value", ("low", "high")
SMALLEST_DRAWN = 0.01
SHARES = ("_order", "shapley_effect")
"""Ends of the names of indices that are shares of a variance."""


class Number(NamedTuple):
    """An index of one parameter; what is unknown is NaN."""

    name: str
    value: float
    mcse: float
    lower: float
    upper: float


def index_names(found: xr.Dataset) -> list[str]:
    """Return the indices that parameters have, the one that sorts first."""
    names = [str(name) for name in found.data_vars if not str(name).startswith((ERROR, INTERVAL))]
    plain = [name for name in names if PARAMETER in found[name].dims and set(found[name].dims) <= PLAIN_DIMS]
    return sorted(plain, key=lambda name: name != found.attrs.get("sorted_by"))


def other_names(found: xr.Dataset, extra: int) -> list[str]:
    """Return the numbers that are no index of a parameter: with so many dimensions of the method's own."""
    shown = {*index_names(found)}
    names = [str(name) for name in found.data_vars if not str(name).startswith((ERROR, INTERVAL))]
    return [name for name in names if name not in shown and len({*found[name].dims} - PLAIN_DIMS) == extra]


def pick(found: xr.Dataset, output: str | None = None, year: int | None = None) -> xr.Dataset:
    """Return an analysis of one output, and of one year where there are years.

    Parameters
    ----------
    output, year
        None: the first output, the last year.

    Raises
    ------
    InputError
        If the analysis has no such output or year.
    """
    return pick_year(pick_output(found, output), year)


def pick_output(found: xr.Dataset, output: str | None = None) -> xr.Dataset:
    """Return an analysis of one output; None: the first. Of two scales, the first one.

    Raises
    ------
    InputError
        If the analysis has no such output.
    """
    outputs = [str(name) for name in np.atleast_1d(found[OUTPUT].values)]
    if output is not None and output not in outputs:
        raise InputError(f"output: {output!r}: not in this analysis; {nearest(output, outputs)}")
    found = found.isel({SCALE: 0}) if SCALE in found.dims else found
    return found if OUTPUT not in found.dims else found.sel({OUTPUT: output or outputs[0]})


def pick_year(found: xr.Dataset, year: int | None = None) -> xr.Dataset:
    """Return an analysis of one year, the last if None; as it is where it has no years.

    Raises
    ------
    InputError
        If the analysis has no such year.
    """
    if YEAR not in found.coords:
        if year is not None:
            raise InputError(f"year: {year}: this analysis has no years; leave it out")
        return found
    years = [int(one) for one in np.atleast_1d(found[YEAR].values)]
    if year is not None and year not in years:
        raise InputError(f"year: {year}: not in this analysis; known: {', '.join(map(str, years))}")
    return found if YEAR not in found.dims else found.sel({YEAR: years[-1] if year is None else year})


def numbers(one: xr.Dataset, index: str) -> list[Number]:
    """Return an index of one output in one year by parameter, in the order of the analysis."""
    values = one[index].values
    unknown = np.full(values.shape, np.nan)
    errors = one[ERROR + index].values if ERROR + index in one else unknown
    bounds = one[INTERVAL + index].values if INTERVAL + index in one else np.stack([unknown, unknown], axis=-1)
    columns = (one[PARAMETER].values, values, errors, bounds[:, 0], bounds[:, 1])
    return [Number(literal(name), *map(float, rest)) for name, *rest in zip(*columns, strict=True)]


def sizes_of(found: xr.Dataset) -> list[str]:
    """Return the indices that are 0 where a parameter does not matter: all but p-values and ends of a tornado."""
    return [name for name in index_names(found) if not name.endswith(P_VALUE) and name not in ENDS]


def ranked(one: xr.Dataset) -> tuple[xr.Dataset, list[str]]:
    """Return an analysis of one output in one year, the largest parameters first, and those that have exactly 0.

    Shares are sorted by value, as one below 0 is noise; what has a sign, by size.
    """
    names = sizes_of(one)
    known = np.isfinite(one[names[0]].values)
    moves = known & np.any([one[name].values != 0 for name in names], axis=0)
    kept = one.isel({PARAMETER: np.flatnonzero(moves)})
    values = kept[names[0]].values
    size = values if is_share(one, names[0]) else np.abs(values)
    return (
        kept.isel({PARAMETER: np.argsort(-size, kind="stable")}),
        [literal(name) for name in one[PARAMETER].values[known & ~moves]],
    )


def is_undefined(one: xr.Dataset) -> bool:
    """Return whether the main index of one output in one year is nowhere defined, as that of a missing logarithm."""
    return not np.isfinite(one[index_names(one)[0]].values).any()


def split_small(shown: xr.Dataset) -> tuple[xr.Dataset, list[str]]:
    """Return the parameters with an index that exceeds its error, and the names of the others; all if that is none."""
    small = np.ones(shown.sizes[PARAMETER], dtype=bool)
    for index in sizes_of(shown):
        found = numbers(shown, index)
        small &= np.array([one.value == 0 or abs(one.value) < one.mcse for one in found], dtype=bool)
    if small.all():
        return shown, []
    return shown.isel({PARAMETER: np.flatnonzero(~small)}), [literal(name) for name in shown[PARAMETER].values[small]]


def plain(found: xr.Dataset) -> xr.Dataset:
    """Return an analysis without the dimension of a tornado: how it is where the other parameters are drawn."""
    return found.sel({OTHERS: DRAWN}) if OTHERS in found.dims and DRAWN in found[OTHERS].values else found


def by_year(one: xr.Dataset, most: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Return main index and error (parameter, year) of one output: the largest on average over the years.

    Parameters that stay below a hundredth of the largest value are left out.
    """
    name = index_names(one)[0]
    values = one[name].transpose(PARAMETER, YEAR)
    known = np.abs(np.nan_to_num(values.values))
    size = (np.nan_to_num(values.values) if is_share(one, name) else known).mean(axis=1)
    most_of = known.max(axis=1, initial=0.0)
    seen = (most_of > 0) & (most_of >= SMALLEST_DRAWN * known.max(initial=0.0))
    order = [k for k in np.argsort(-size, kind="stable") if seen[k]][:most]
    errors = one[ERROR + name].transpose(PARAMETER, YEAR) if ERROR + name in one else xr.full_like(values, np.nan)
    return values.isel({PARAMETER: order}), errors.isel({PARAMETER: order})


def unit_of_index(one: xr.Dataset, index: str) -> str:
    """Return the unit of an index of one output; nothing for a plain number."""
    unit = literal(one[index].attrs.get("units", "1"))
    if unit != OF_OUTPUT:
        return "" if unit == "1" else unit
    output = literal(one["units"].values)
    if is_log(one):
        return f"ln({output})" if output != "1" else "logarithm"
    return "" if output == "1" else output


def is_log(one: xr.Dataset) -> bool:
    """Return whether an analysis of one output is of the output's logarithm."""
    return SCALE in one.coords and str(one[SCALE].values) == LOG


def is_share(one: xr.Dataset, index: str) -> bool:
    """Return whether an index is a share of something, which is shown in per cent."""
    return index.endswith(SHARES) or index_title(one, index).casefold().startswith("share")


def index_title(one: xr.Dataset, index: str) -> str:
    """Return what an index is, in words."""
    return literal(one[index].attrs.get("long_name") or index.replace("_", " "))


def output_name(one: xr.Dataset) -> str:
    """Return what an output is called."""
    return literal(one["long_name"].values if "long_name" in one.coords else "") or literal(one[OUTPUT].values)


def title_of(one: xr.Dataset) -> str:
    """Return what an output is called, and its year."""
    name = output_name(one)
    return f"{name}, {one[YEAR].values.item()}" if YEAR in one.coords and YEAR not in one.dims else name


def listed(names: Sequence[str], most: int) -> str:
    """Return names separated by commas, so many of them, and how many are left out."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
