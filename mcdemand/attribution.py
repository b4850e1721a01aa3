"""From one prior set to another, row by row: how much of an output's move each changed row explains."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.dependence import Group
from mcdemand.engine import Progress, store_run
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.moments import moments
from mcdemand.kernels.order_statistics import quantiles
from mcdemand.model import Model
from mcdemand.paired_sets import check_names, common_model, common_years, load_sets
from mcdemand.prior import quantile_level
from mcdemand.prior_change import CORRELATIONS, describe_change
from mcdemand.prior_pool import PriorPool
from mcdemand.prior_set import PriorSet
from mcdemand.registry import look_up
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs
from mcdemand.run import Run, prepare
from mcdemand.shapley import ENUMERATED_ROWS, Order, Rows, contributions, sampled_orders

PERMUTATIONS = 16


def attribute(
    a: Beliefs,
    b: Beliefs | None,
    output: str,
    year: int | None = None,
    *,
    statistic: str = "median",
    permutations: int = PERMUTATIONS,
    model: Model | str | None = None,
    draws: int = DRAWS,
    chains: int = CHAINS,
    seed: int = 0,
    design: str = DESIGN,
    set: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return how much of an output's move from one prior set to another each changed row explains.

    Parameters
    ----------
    a, b
        Where the walk starts and where it ends, each what `load_prior_set` takes; None for `b`: `a` with the overrides.
    output, year
        A quantity of the model, and the year; None: the last one that both sets have.
    statistic
        "median", "mean" or a quantile such as "p95".
    permutations
        Orders of the rows to walk in, an even number; up to four rows are walked in all their orders instead.
    draws, chains, seed, design, threads
        As for `simulate`.
    set
        Overrides: of both sets, or of the end where `b` is None.
    progress
        Called with (simulations done, simulations in all).

    Returns
    -------
    xr.Dataset
        Dim `row`, the largest contribution first: `contribution` in the output's unit; `share` of the move;
        `mcse_draws` and `mcse_orders`, its errors from the draws and from the sampled orders; coordinates `change`, in
        words, and `reaches`, whether the output can depend on the row: one that does not contributes exactly 0. The
        list of correlations is one row. Without dims: `start`, `end` and `move`, with `mcse_...`.

    Raises
    ------
    InputError
        If the sets cannot be compared, there is no such output or statistic, or a row of a correlated group changes in
        how it varies by year: then there is no set half-way.
    NumericalError
        If a value on the way is NaN or infinite.

    Notes
    -----
    Let v(S) be the statistic when the rows S are taken from B and the others from A, on the same draws. Each order of
    the rows is a walk from A to B, whose steps sum to v(B) - v(A). A row's contribution is its average step: its
    Shapley value, estimated by sampled orders (Castro, Gomez and Tejada 2009), which come in pairs, one and its
    reverse. `mcse_orders` is the standard deviation between pairs / sqrt(pairs), and 0 where all orders are walked.

    Contributions sum to the move bit for bit, in any order of summation. With P orders, every v(S) is rounded to a
    multiple of P q, q a power of two. Steps are then integers times P q, their averages over orders integers times q.
    The average of k rows' steps is at most 2 k max|v|, and q is so large that this is below 2^53 q: every sum of
    contributions is a double, and none is rounded. For P k up to 4096 the rounding of v(S) is below 2^-40 of max|v|,
    far below the Monte Carlo error; it loses a bit whenever P k doubles.

    `mcse_draws` and `mcse_move` are standard deviations between the chains, each with a statistic of its own, /
    sqrt(chains). Chains are independent under every design, and differences within a chain are paired: so this holds
    for quantiles, whose paired differences have no formula. A single chain has no error: NaN.

    Examples
    --------
    >>> change = {"pue_overhead_2025.p50": 0.25}
    >>> found = attribute("consensus", None, "energy_served", 2030, set=change, draws=256, chains=2)
    >>> found["row"].values.tolist(), bool(found["contribution"].sum() == found["move"])
    (['pue_overhead_2025'], True)
    """
    named = load_sets([a] if b is None else [a, b], set)
    model = common_model(named, model)
    start, end = map(_single, named.values())
    check_names([output], "output")
    look_up(output, dict(model.quantities), "output")
    years = common_years(named) if year is None else (year,)
    request: dict[str, Any] = {"outputs": (output,), "years": years and years[-1:]}
    request |= {"draws": draws, "chains": chains, "seed": seed, "design": design}
    walk = _Walk(start, end, model, request, _statistic(statistic), threads)
    changed = walk.changed_rows()
    reaching = tuple(name for name in changed if walk.reaches(name))
    orders = sampled_orders(reaching, permutations, seed)
    values = _evaluate(walk, orders, progress)
    unit, run = model.quantities[output].unit.text, walk.prepare(frozenset())
    about: dict[str, Any] = dict(zip(("start_set", "end_set"), named, strict=True)) | {"output": output, "units": unit}
    about |= {"long_name": model.quantities[output].long_name} | ({"year": run.years[0]} if run.years else {})
    about |= {"statistic": statistic, "orders": len(orders), "all_orders": int(len(reaching) <= ENUMERATED_ROWS)}
    about |= {"draws": run.chains * run.draws_per_chain, "chains": run.chains, "seed": seed, "design": design}
    about |= {"overrides": json.dumps(dict(set or {}), default=str)}
    return _labelled(contributions(reaching, orders, values), changed, start, end).assign_attrs(about)


def _single(beliefs: PriorSet | PriorPool) -> PriorSet:
    if isinstance(beliefs, PriorPool):
        raise InputError(f"{beliefs.name}: a pool; a walk row by row needs single prior sets, so compare it instead")
    return beliefs


def _statistic(name: str) -> Callable[[Floats], float]:
    """Return the function that takes the statistic of flat draws."""
    if name == "mean":
        return lambda draws: moments(draws).mean
    level = quantile_level({"median": "p50"}.get(name, name)) if isinstance(name, str) else None
    if not level:
        raise InputError(f"statistic: {name!r}: must be median, mean or a quantile such as p95")
    return lambda draws: float(quantiles(draws, [level])[0])


@dataclass(frozen=True)
class _Walk:
    """The prior sets between two, and a statistic of one output in each."""

    start: PriorSet
    end: PriorSet
    model: Model
    request: Mapping[str, Any]
    statistic: Callable[[Floats], float]
    threads: int | None

    def between(self, rows: Rows) -> PriorSet:
        """Return the set that takes some rows from the end, and the others from the start."""
        taken = {name: self.end.parameters[name] for name in rows if name != CORRELATIONS}
        dependence = self.end if CORRELATIONS in rows else self.start
        return replace(
            self.start,
            parameters={**self.start.parameters, **taken},
            correlations=dependence.correlations,
            groups=dependence.groups,
        )

    def prepare(self, rows: Rows) -> Run:
        return prepare(self.between(rows), self.model, **self.request)

    def values(self, rows: Rows) -> Floats:
        """Return the statistic of all draws, then that of each chain."""
        run = self.prepare(rows)
        draws = store_run(run, threads=self.threads).series[0, 0]
        return np.array([self.statistic(part) for part in (draws, *draws.reshape(run.chains, -1))])

    def changed_rows(self) -> tuple[str, ...]:
        """Return the rows that differ in both sets, by name, once it is clear that each can change alone."""
        before, after = (prepare(one, self.model, **self.request) for one in (self.start, self.end))
        if before.base_year != after.base_year:
            raise InputError(
                f"prior_set.years: {self.start.name} starts in {before.base_year}, {self.end.name} in "
                f"{after.base_year}: no row says that; let both start in one year"
            )
        common = sorted({*self.start.parameters} & {*self.end.parameters})
        laws = [{name: one.parameters[name].drawn_law for name in common} for one in (self.start, self.end)]
        names = [name for name in common if laws[0][name] != laws[1][name]]
        for name in names:
            self._check_alone(name)
        both = (_dependence(one.groups) for one in (self.start, self.end))
        return (*names, *([CORRELATIONS] if next(both) != next(both) else []))

    def _check_alone(self, name: str) -> None:
        grouped = {member for one in (self.start, self.end) for group in one.groups for member in group.names}
        if name in grouped and self.start.parameters[name].varies != self.end.parameters[name].varies:
            raise InputError(
                f"parameters.{name}.varies: differs between {self.start.name} and {self.end.name}, and {name} is "
                "correlated with others: it cannot change alone; compare the two without --attribute"
            )

    def reaches(self, row: str) -> bool:
        """Return whether the output can depend on a row that changed."""
        needed = {*self.prepare(frozenset()).plan.parameters}
        if row != CORRELATIONS:
            return row in needed
        before, after = (
            _dependence(group for group in one.groups if needed & {*group.names}) for one in (self.start, self.end)
        )
        return before != after


def _dependence(groups: Any) -> dict[tuple[str, ...], list[list[float]]]:
    found: Sequence[Group] = tuple(groups)
    return {group.names: group.latent.tolist() for group in found}


def _evaluate(walk: _Walk, orders: Sequence[Order], progress: Progress | None) -> dict[Rows, Floats]:
    """Return the values of every set that some order comes through, each computed once."""
    wanted = dict.fromkeys(frozenset(order[:k]) for order in orders for k in range(len(order) + 1))
    values: dict[Rows, Floats] = {}
    for rows in wanted:
        values[rows] = walk.values(rows)
        if progress:
            progress(len(values), len(wanted))
    return values


def _labelled(found: xr.Dataset, changed: Sequence[str], start: PriorSet, end: PriorSet) -> xr.Dataset:
    """Return the contributions, the largest first, then the rows that do not reach the output."""
    reaching = [str(row) for row in found["row"].values]
    order = sorted(reaching, key=lambda row: (-abs(float(found["contribution"].sel(row=row))), row))
    names = [*order, *(row for row in changed if row not in reaching)]
    filled = found.reindex(row=names, fill_value=0.0)
    changes = [describe_change(row, start, end) for row in names]
    return filled.assign_coords(change=("row", changes), reaches=("row", [row in reaching for row in names]))
