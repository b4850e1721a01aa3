"""Outputs of a result as its draws are, and as weights on them say: estimates, shifts and their errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.crew import do_jobs
from mcdemand.draw_choice import GROUPS, dataset_of, whole_size
from mcdemand.engine import thread_count
from mcdemand.errors import InputError, NumericalError
from mcdemand.importance import Weights
from mcdemand.kernels.arrays import Floats
from mcdemand.registry import nearest
from mcdemand.replicates import Replicates
from mcdemand.summary_request import check_probabilities, choose_variables, is_independent
from mcdemand.weighted_row import weigh

MEDIAN = 0.5
STATED = "stated"


def summarize_weighted(
    variables: Mapping[str, xr.DataArray],
    weights: Floats,
    levels: Floats,
    replicates: Replicates | None,
    weighted: str,
) -> xr.Dataset:
    """Return mean, median and equal-tailed interval by output and year, without and with weights, and the shifts.

    Parameters
    ----------
    variables
        With dims (chain, draw) or (chain, draw, year).
    weights
        (draw), chain after chain; they sum to 1.
    levels
        Of the median and of both ends of the interval.
    replicates
        The replicates that errors come from; None if all draws are independent.
    weighted
        What the side with weights is called; the other is "stated".

    Returns
    -------
    xr.Dataset
        Dims (prior, output, year), `ci_bound` last; see `reweight`.

    Raises
    ------
    NumericalError
        If a draw is not finite.
    """
    rows = [(name, *row) for name, variable in variables.items() for row in _rows(variable)]
    both = Weights.beside_equal(weights)

    def compute(row: tuple[str, int | None, Floats]) -> Floats:
        name, year, values = row
        if not np.isfinite(values).all():
            raise NumericalError(f"{name}{'' if year is None else f', year {year}'}: a draw is not finite")
        one = weigh(values, both, levels, replicates)
        return np.stack([*one.estimates, *one.mcse, one.estimates[1] - one.estimates[0], one.mcse_shift])

    found = do_jobs(compute, rows, thread_count(None))
    blocks = [np.array([one for one, row in zip(found, rows, strict=True) if row[0] == name]) for name in variables]
    years = next((variable["year"].values for variable in variables.values() if "year" in variable.dims), None)
    table = np.concatenate(blocks) if years is None else _repeated(blocks, len(years))
    coords: dict[str, Any] = {"prior": [STATED, weighted], "output": list(variables), "ci_bound": ["lower", "upper"]}
    coords |= {} if years is None else {"year": ("year", years, {"long_name": "calendar year"})}
    for attribute in ("units", "long_name"):
        coords[attribute] = ("output", [str(one.attrs.get(attribute, "")) for one in variables.values()])
    return xr.Dataset(_statistics(table), coords)


def choose_rows(
    result: xr.DataTree, outputs: str | Iterable[str] | None, years: int | Iterable[int] | None
) -> dict[str, xr.DataArray]:
    """Return quantities, or quantities and parameters by name, in some years.

    Raises
    ------
    InputError
        If one is not kept in the result.
    """
    groups = [dataset_of(result, key) for key in GROUPS]
    found = xr.Dataset({str(name): one for group in groups for name, one in group.data_vars.items()})
    chosen = choose_variables(found, list(map(str, groups[0].data_vars)) if outputs is None else outputs)
    if years is None:
        return chosen
    wanted = sorted({*years} if isinstance(years, Iterable) else {years})
    known = found["year"].values.tolist() if "year" in found.coords else []
    for year in wanted:
        if year not in known:
            remedy = nearest(str(year), map(str, known)) if known else "it has no years, so leave them out"
            raise InputError(f"years: {year!r}: not kept in this result; {remedy}")
    return {name: one.sel(year=wanted) if "year" in one.dims else one for name, one in chosen.items()}


def interval_levels(ci_prob: float) -> Floats:
    """Return the levels of the median and of both ends of the equal-tailed interval.

    Raises
    ------
    InputError
        If it is not one probability.
    """
    probabilities = check_probabilities("ci_prob", ci_prob)
    if len(probabilities) != 1:
        raise InputError(f"ci_prob: {ci_prob!r}: must be one number")
    tail = (1 - probabilities[0]) / 2
    return np.array([MEDIAN, tail, 1 - tail])


def replicates_of(result: xr.DataTree) -> Replicates | None:
    """Return the chains of a result, where errors come from them."""
    chains, draws = whole_size(result)
    return None if is_independent(result) else Replicates(tuple(draws * (k + 1) for k in range(chains)))


def _repeated(blocks: Iterable[Floats], years: int) -> Floats:
    """Return (output, year, ...); an output without a year repeats."""
    return np.stack([np.broadcast_to(block, (years, *block.shape[1:])) for block in blocks])


def _statistics(table: Floats) -> dict[str, Any]:
    """Return variables from (output, [year,] kind, statistic)."""
    leading = ("output", "year")[: table.ndim - 2]
    kinds = np.moveaxis(table, -2, 0)
    found: dict[str, Any] = {}
    for name, place in (("mean", 0), ("median", 1), ("interval", slice(2, 4))):
        last = ("ci_bound",) if name == "interval" else ()
        found[name] = (("prior", *leading, *last), kinds[0:2, ..., place])
        found[f"mcse_{name}"] = (("prior", *leading, *last), kinds[2:4, ..., place])
        found[f"shift_{name}"] = ((*leading, *last), kinds[4][..., place])
        found[f"mcse_shift_{name}"] = ((*leading, *last), kinds[5][..., place])
    return found


def _rows(variable: xr.DataArray) -> list[tuple[int | None, Floats]]:
    """Return (year, draws), chain after chain."""
    data = np.asarray(variable.transpose("year", "chain", "draw", missing_dims="ignore").values, dtype=np.float64)
    years = variable["year"].values.tolist() if "year" in variable.dims else [None]
    return [*zip(years, data.reshape(len(years), -1), strict=True)]
