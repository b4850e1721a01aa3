"""What a value of information is asked of, checked: the draws of outputs and parameters, groups, and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.decision import Decision
from mcdemand.errors import InputError, NumericalError
from mcdemand.factors import CORRELATED, DRIVER, Grouping, group_factors
from mcdemand.kernels.arrays import Floats
from mcdemand.model import Model
from mcdemand.prior_pool import PriorPool
from mcdemand.registry import look_up, nearest
from mcdemand.replay import rebuild_run

CATEGORY = "category"


@dataclass(frozen=True)
class MeasurementError:
    """The standard error of a measurement, in the parameter's unit or relative to its value."""

    size: float
    is_relative: bool
    text: str


def rows_of(variable: xr.DataArray) -> list[Floats]:
    """Return the draws (draw) of a variable, chain after chain, year by year.

    Raises
    ------
    NumericalError
        If one is not finite.
    """
    laid = variable.transpose("year", "chain", "draw", missing_dims="ignore").values.astype(np.float64)
    rows = laid.reshape(-1, laid.size // variable.sizes.get("year", 1))
    if not np.isfinite(rows).all():
        raise NumericalError(f"{variable.name}: has draws that are not finite; simulate it again")
    return [*rows]


def read_output(name: str, decision: Decision, known: dict[str, xr.DataArray]) -> Floats:
    """Return the draws (draw) of an output, or (year, draw) where several years are asked for.

    Raises
    ------
    InputError
        If the result lacks the output or a year of it, or a table of payoffs names no year of several.
    """
    where = f"{decision.label}: output"
    if name not in known:
        raise InputError(f"{where}: {name!r:.80}: not in this result; {nearest(name, known)}, or keep it in simulate")
    variable = known[name]
    if "year" not in variable.dims:
        return rows_of(variable)[0]
    present = variable["year"].values.tolist()
    years = present if decision.years is None else np.ravel(decision.years).tolist()
    if decision.years is None and decision.table is not None:
        raise InputError(f"{where}: {name} has years {present[0]} to {present[-1]}; name one as decision.year")
    for year in years:
        if year not in present:
            raise InputError(
                f"{decision.label}: year: {year}: not in this result, which has {present[0]} to {present[-1]}"
            )
    rows = rows_of(variable.sel(year=years))
    return rows[0] if isinstance(decision.years, int) else np.stack(rows)


def choose_members(
    grouping: Grouping, known: dict[str, xr.DataArray], result: xr.DataTree, model: Model | str | None
) -> dict[str, tuple[str, ...]]:
    """Return the parameters that are learnt together, by name: groups, then each that is in none by itself.

    Raises
    ------
    InputError
        If the result holds no parameters, or a group names what is none.
    """
    if not known:
        raise InputError(
            "result: holds no parameters; simulate with outputs=None, or name parameters among the outputs"
        )
    if grouping is None:
        return {name: (name,) for name in known}
    if grouping in (DRIVER, CORRELATED):
        run = rebuild_run(result, model)
        pairs = () if isinstance(run.priors, PriorPool) else run.priors.groups
        return group_factors(grouping, sorted(known), run.model, pairs)
    return _stated_groups(grouping, known)


def _stated_groups(grouping: Any, known: dict[str, xr.DataArray]) -> dict[str, tuple[str, ...]]:
    if not isinstance(grouping, Mapping) or not grouping:
        raise InputError(f"groups: {grouping!r:.80}: must be 'driver', 'correlated', or lists of parameters by name")
    found: dict[str, tuple[str, ...]] = {}
    for group, names in grouping.items():
        if not isinstance(names, list | tuple) or not names:
            raise InputError(f"groups: {group}: {names!r:.80}: must be a list of parameters")
        for name in names:
            look_up(name, known, f"groups: {group}")
        found[str(group)] = tuple(dict.fromkeys(names))
    alone = {name: (name,) for name in known if not any(name in names for names in found.values())}
    for group in found.keys() & alone.keys():
        raise InputError(f"groups: {group}: the name of a parameter outside the group; choose another")
    return found | alone


def check_measurement(measurement: Any, known: dict[str, xr.DataArray]) -> dict[str, MeasurementError]:
    """Return the errors of measurements, by parameter.

    Raises
    ------
    InputError
        If one is of no parameter or of a category, or is no standard error.
    """
    if not isinstance(measurement, Mapping):
        raise InputError(f"measurement: {measurement!r:.80}: must map parameters to standard errors")
    for name in measurement:
        if look_up(name, known, "measurement").attrs.get("units") == CATEGORY:
            raise InputError(f"measurement: {name}: is a category, and an error needs a number; leave it out")
    return {name: _measurement_error(name, value, known[name]) for name, value in measurement.items()}


def _measurement_error(name: str, stated: Any, variable: xr.DataArray) -> MeasurementError:
    is_relative = isinstance(stated, str) and stated.strip().endswith("%")
    try:
        size = float(stated.strip().removesuffix("%")) / 100 if is_relative else float(stated)
    except (TypeError, ValueError, OverflowError):
        size = np.nan
    if not (is_relative or isinstance(stated, Real)) or isinstance(stated, bool) or not 0 <= size < np.inf:
        raise InputError(
            f'measurement: {name}: {stated!r:.80}: must be a standard error of 0 or more in its unit, or such as "5%"'
        )
    if is_relative and not (variable.values > 0).all():
        raise InputError(f"measurement: {name}: {stated!r}: not all draws are positive; give the error in its unit")
    unit = variable.attrs.get("units", "1")
    text = stated.strip() if is_relative else f"{size:g}" if unit == "1" else f"{size:g} {unit}"
    return MeasurementError(size, is_relative, text)
