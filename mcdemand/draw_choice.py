"""Which draw of a result is meant: one that is named, or the one nearest to a quantile of an output."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcdemand.errors import InputError, IntegrityError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.order_statistics import quantiles
from mcdemand.law_statement import quantile_level
from mcdemand.registry import nearest
from mcdemand.stated_run import stated_size

GROUPS = ("prior_predictive", "prior")
DEFAULT_NEAR = "p50"
EXAMPLES = {"chain": 0, "draw": 0, "year": 2030, "near": "p95", "output": "energy_served"}


@dataclass(frozen=True)
class Place:
    """A draw of a result, and where it lies among the others.

    Attributes
    ----------
    output, year
        What it is judged by; the year is None where the output has none. Both None: nothing that is stored.
    value
        The output's value in that draw and year.
    below
        Share of all draws that lie below it.
    near
        The quantile that it was chosen by; None if it was named.
    """

    chain: int
    draw: int
    output: str | None = None
    year: int | None = None
    value: float = math.nan
    below: float = math.nan
    near: str | None = None


def choose_draw(
    result: xr.DataTree,
    *,
    chain: int | None = None,
    draw: int | None = None,
    near: str | None = None,
    output: str | None = None,
    year: int | None = None,
) -> Place:
    """Return the draw that is named, or the nearest to a quantile of an output.

    Raises
    ------
    InputError
        If both ways are taken, or there is no such draw, output or year.
    IntegrityError
        If the result's arrays are not those that its attributes state.
    """
    _check_kinds(chain=chain, draw=draw, year=year)
    _check_words(near=near, output=output)
    if (chain is None) != (draw is None):
        raise InputError(f"{'chain' if chain is None else 'draw'}: missing; name both chain and draw, or neither")
    if chain is not None and near is not None:
        raise InputError("near: names a draw, and so do chain and draw; keep one of them")
    chains, draws = whole_size(result)
    for key, number, count in (("chain", chain, chains), ("draw", draw, draws)):
        if number is not None and not 0 <= number < count:
            raise InputError(f"{key}: {number}: this result has {key}s 0 to {count - 1}")
    name = output if output is not None else _first_output(result)
    if chain is not None and draw is not None and (name is None or find_variable(result, name) is None):
        _check_year(year, None, name)
        return Place(chain, draw, output=None)
    in_year, values = _values(result, name, year)
    if chain is None or draw is None:
        near = near or DEFAULT_NEAR
        target = quantiles(values.ravel(), [_probability(near)])[0]
        chain, draw = (int(k) for k in np.unravel_index(np.argmin(np.abs(values - target)), values.shape))
    value = float(values[chain, draw])
    return Place(chain, draw, name, in_year, value, float((values < value).mean()), near)


def _check_kinds(**numbers: object) -> None:
    for key, number in numbers.items():
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | np.integer)):
            raise InputError(f"{key}: {number!r:.60}: must be a whole number, such as {EXAMPLES[key]}")


def _check_words(**words: object) -> None:
    for key, word in words.items():
        if word is not None and not isinstance(word, str):
            raise InputError(f"{key}: {word!r:.60}: must be text, such as {EXAMPLES[key]!r}")


def whole_size(result: xr.DataTree) -> tuple[int, int]:
    """Return chains and draws of each, the same in the attributes and in the arrays.

    Raises
    ------
    InputError
        If it is no result.
    IntegrityError
        If it is a part of one.
    """
    if not isinstance(result, xr.DataTree):
        raise InputError("result: must be what simulate or read_result returned")
    size = stated_size(result.attrs)
    stated = {"chain": size.chains, "draw": size.per_chain}
    for group in GROUPS:
        for name, values in dataset_of(result, group).data_vars.items():
            found = {key: values.sizes[key] for key in stated if key in values.sizes}
            if found != stated:
                raise IntegrityError(
                    f"result: {group}/{str(name)[:80]} has {found}, its attributes say {stated}; take the whole "
                    "result, not a part"
                )
    return size.chains, size.per_chain


def _values(result: xr.DataTree, name: str | None, year: int | None) -> tuple[int | None, Floats]:
    """Return the year, the last one unless it is named, and (chain, draw) of an output in it."""
    found = None if name is None else find_variable(result, name)
    if found is None or name is None:
        stored = [str(key) for group in GROUPS for key in dataset_of(result, group).data_vars]
        raise InputError(f"output: {name!r}: not kept in this result; {nearest(str(name), stored)}")
    years = found["year"].values.tolist() if "year" in found.dims else None
    _check_year(year, years, name)
    if years == []:
        raise IntegrityError(f"result: {name}: has no year at all; the file was changed; simulate anew")
    if years is not None:
        year = years[-1] if year is None else year
        found = found.isel(year=years.index(year))
    return year, np.asarray(found.transpose("chain", "draw").values, dtype=np.float64)


def _check_year(year: int | None, years: list[int] | None, name: str | None) -> None:
    if year is not None and year not in (years or ()):
        rest = f"has the years {years[0]} to {years[-1]}" if years else "has no years here; leave the year out"
        raise InputError(f"year: {year}: {name} {rest}")


def find_variable(result: xr.DataTree, name: str) -> xr.DataArray | None:
    """Return a quantity or a parameter of a result; None if it has none of that name."""
    datasets = (dataset_of(result, group) for group in GROUPS)
    return next((found[name] for found in datasets if name in found.data_vars), None)


def _first_output(result: xr.DataTree) -> str | None:
    return next((str(name) for group in GROUPS for name in dataset_of(result, group).data_vars), None)


def dataset_of(result: xr.DataTree, group: str) -> xr.Dataset:
    """Return a group of a result; an empty one where there is none."""
    return result[group].to_dataset() if group in result.children else xr.Dataset()


def _probability(near: str) -> float:
    probability = quantile_level({"median": "p50"}.get(near, near))
    if not probability:
        raise InputError(f"near: {near!r}: must be a quantile such as p95, between p0 and p100, or median")
    return probability
