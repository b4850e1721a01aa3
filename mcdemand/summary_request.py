"""What a summary is asked for, checked: variables, levels, thresholds, and the draws that errors come from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from mcdemand.designs import designs
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.prior_pool import POOL, PRIOR_SET
from mcdemand.reading import DRAWN_AGAIN, POSTERIOR_OF, SUMMARY
from mcdemand.registry import look_up, nearest
from mcdemand.replicates import Replicates
from mcdemand.row_summary import RowPlan

PLANS = 16
"""Plans that are kept for the next call."""
SAMPLE_DIMS = ({"draw"}, {"chain", "draw"})

type Sample = slice | np.ndarray[Any, np.dtype[np.bool_]]
"""Which draws of a row, chain after chain."""


def dataset_of(result: xr.DataTree | xr.Dataset, group: str) -> xr.Dataset:
    """Return the draws of a group.

    Raises
    ------
    InputError
        If there is no such group.
    """
    if isinstance(result, xr.Dataset):
        return result
    if not isinstance(result, xr.DataTree):
        raise InputError(f"result: a {type(result).__name__}; must be a DataTree or a Dataset of draws")
    if group not in result.children and SUMMARY in result.children:
        raise InputError(
            "result: streamed, so it keeps no draws: its summary is result['summary'], its groups sample_... "
            "hold the first draws; simulate without streaming to keep all"
        )
    if group not in result.children:
        raise InputError(f"group: {group!r}: not in this result; {nearest(group, result.children)}")
    return result[group].to_dataset()


def choose_variables(dataset: xr.Dataset, outputs: str | Iterable[str] | None) -> dict[str, xr.DataArray]:
    """Return the wanted variables by name.

    Raises
    ------
    InputError
        If one is unknown, or does not hold draws.
    """
    names = dataset.data_vars if outputs is None else [outputs] if isinstance(outputs, str) else outputs
    known = {str(name): variable for name, variable in dataset.data_vars.items()}
    chosen = {str(name): look_up(str(name), known, "outputs") for name in names}
    if not chosen:
        raise InputError("outputs: none; name at least one")
    for name, variable in chosen.items():
        if set(variable.dims) - {"year"} not in SAMPLE_DIMS:
            raise InputError(f"{name}: dims {variable.dims}; must be (chain, draw) or (chain, draw, year)")
    return chosen


def number_of_draws(variables: Mapping[str, xr.DataArray]) -> int:
    """Return the number of draws, one for all variables.

    Raises
    ------
    InputError
        If they differ, or there are none.
    """
    counts = {name: variable.size // max(variable.sizes.get("year", 1), 1) for name, variable in variables.items()}
    if 0 in counts.values() or len(set(counts.values())) > 1:
        raise InputError(f"draws: {counts}; must be one number for all outputs, and at least 1")
    return next(iter(counts.values()))


def _numbers(name: str, values: ArrayLike) -> list[float]:
    try:
        numbers: list[float] = np.asarray(values, dtype=np.float64).reshape(-1).tolist()
    except (TypeError, ValueError):
        raise InputError(f"{name}: {values!r}: must be a number or a list of numbers") from None
    return numbers


def check_probabilities(name: str, values: ArrayLike) -> tuple[float, ...]:
    """Return levels strictly between 0 and 1.

    Raises
    ------
    InputError
        If one is not; a percentage is refused with the probability that was probably meant.
    """
    numbers = _numbers(name, values)
    for p in numbers:
        if not 0 < p < 1:
            hint = f"; write {p / 100:g}" if 1 < p < 100 else ""
            raise InputError(f"{name}: {p:g}: must lie between 0 and 1{hint}")
    return tuple(numbers)


def check_limits(thresholds: Mapping[str, float | Sequence[float]], variables: Mapping[str, Any]) -> dict[str, Floats]:
    """Return the thresholds of every output, padded with NaN to the longest list."""
    lists = {name: _numbers(f"thresholds: {name}", values) for name, values in thresholds.items()}
    for name, numbers in lists.items():
        look_up(name, dict(variables), "thresholds")
        if any(map(math.isnan, numbers)):
            raise InputError(f"thresholds: {name}: NaN is not a threshold")
    longest = max(map(len, lists.values()), default=0)
    return {name: np.array((lists.get(name, []) + [math.nan] * longest)[:longest]) for name in variables}


def is_independent(result: xr.DataTree | xr.Dataset, group: str = "") -> bool:
    """Return whether the draws within a chain are independent: as the result's design says, and so for a Dataset.

    Draws that were drawn again by weight are not.
    """
    if not isinstance(result, xr.DataTree):
        return True
    if group in POSTERIOR_OF.values() or result.attrs.get(DRAWN_AGAIN):
        return False
    design = result.attrs.get("design")
    return design is None or look_up(str(design), designs(), "design").is_independent


def number_of_chains(variables: Mapping[str, xr.DataArray]) -> int:
    """Return the number of chains, which must be one for all variables.

    Raises
    ------
    InputError
        If a variable has no chains.
    """
    for name, variable in variables.items():
        if "chain" not in variable.dims:
            raise InputError(f"replicates: {name} has no dim chain; errors come from chains or from independent draws")
    return max(variable.sizes["chain"] for variable in variables.values())


def split_by_set(result: xr.DataTree | xr.Dataset, draws: int) -> dict[str, Sample]:
    """Return which draws belong to the pool, all of them, and to each of its sets.

    Raises
    ------
    InputError
        If the result is not that of a pool.
    """
    group = result.children.get("prior") if isinstance(result, xr.DataTree) else None
    if group is None or PRIOR_SET not in group.data_vars:
        raise InputError("by_prior_set: this result is not of a pool of prior sets; simulate one of pool_prior_sets")
    chosen = group[PRIOR_SET].transpose("chain", "draw").values.reshape(-1)
    names = json.loads(group[PRIOR_SET].attrs["prior"])["categories"]
    whole = np.ones(draws, dtype=np.bool_)
    samples = {POOL: whole, **{name: chosen == k for k, name in enumerate(names)}}
    empty = [name for name, sample in samples.items() if not sample.any()]
    if empty:
        raise InputError(f"by_prior_set: no draw of {', '.join(empty)}; ask for more draws")
    return samples


def plan_rows(draws: int, sample: Sample, chains: int | None, request: Mapping[str, Any]) -> RowPlan:
    """Return the plan for the rows of a sample; `chains` is None where draws are independent."""
    parts = chains or 1
    counts = np.full(parts, draws // parts) if isinstance(sample, slice) else sample.reshape(parts, -1).sum(axis=1)
    return _plan(tuple(counts.cumsum().tolist()), chains is not None, **request)


@lru_cache(PLANS)
def _plan(stops: tuple[int, ...], by_chain: bool, **request: Any) -> RowPlan:
    """Return a plan, whose ranks take as long to work out as many a row to summarize."""
    return RowPlan(stops[-1], **request, replicates=Replicates(stops) if by_chain else None)
