"""Walks from one prior set to another, row by row: which rows changed, what they reach, and outputs on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.dependence import Group
from mcdemand.engine import Progress, store_run
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.moments import moments
from mcdemand.kernels.order_statistics import DIRECT_SORT, interpolate, quantile_ranks, quantiles
from mcdemand.law_statement import quantile_level
from mcdemand.model import Model
from mcdemand.paired_sets import Named
from mcdemand.prior_change import CORRELATIONS
from mcdemand.prior_pool import PriorPool
from mcdemand.prior_set import PriorSet
from mcdemand.registry import look_up
from mcdemand.run import Run, prepare
from mcdemand.shapley import Order, Rows, contributions, sampled_orders

PERMUTATIONS = 16

type Statistic = Callable[[Floats], Floats]


def statistic_of(name: str) -> Statistic:
    """Return the function that takes a statistic along the last axis: "median", "mean" or a quantile such as "p95".

    Raises
    ------
    InputError
        If there is no such statistic.
    """
    if name == "mean":
        return lambda draws: _by_row(draws, lambda row: moments(row).mean)
    level = quantile_level({"median": "p50"}.get(name, name)) if isinstance(name, str) else None
    if not level:
        raise InputError(f"statistic: {name!r}: must be median, mean or a quantile such as p95")
    return lambda draws: _quantile(draws, level)


def _by_row(draws: Floats, statistic: Callable[[Floats], float]) -> Floats:
    rows = draws.reshape(-1, draws.shape[-1])
    return np.array([statistic(row) for row in rows]).reshape(draws.shape[:-1])


def _quantile(draws: Floats, level: float) -> Floats:
    """Return what `quantiles` finds in every row; many short rows at once."""
    if draws.shape[-1] > DIRECT_SORT:
        return _by_row(draws, lambda row: float(quantiles(row, [level])[0]))
    ranks, weight = quantile_ranks(draws.shape[-1], level)
    placed = np.partition(draws, ranks, axis=-1)
    return interpolate(placed[..., ranks[0]], placed[..., ranks[1]], weight)


@dataclass(frozen=True)
class Walk:
    """Two single prior sets for one model, and what is asked of every set between them.

    Attributes
    ----------
    request
        Arguments of `prepare`: outputs, years, draws, chains, seed and design.
    """

    start: PriorSet
    end: PriorSet
    model: Model
    request: Mapping[str, Any]
    statistic: Statistic
    threads: int | None

    @classmethod
    def of(cls, named: Named, model: Model, statistic: str, threads: int | None, **request: Any) -> Walk:
        """Return the walk between two prior sets.

        Raises
        ------
        InputError
            If one is a pool, or there is no such output or statistic.
        """
        start, end = map(_single, named.values())
        for output in request["outputs"]:
            look_up(output, dict(model.quantities), "output")
        return cls(start, end, model, request, statistic_of(statistic), threads)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs that are asked for."""
        return tuple(self.request["outputs"])

    @cached_property
    def runs(self) -> tuple[Run, Run]:
        """The runs at both ends."""
        before, after = (prepare(one, self.model, **self.request) for one in (self.start, self.end))
        return before, after

    def between(self, rows: Rows) -> PriorSet:
        """Return the set that takes some rows from the end, and the others from the start."""
        taken = {name: self.end.parameters[name] for name in rows if name != CORRELATIONS}
        dependence = self.end if CORRELATIONS in rows else self.start
        return replace(
            self.start,
            parameters={**self.start.parameters, **taken},
            correlations=dependence.correlations,
            dependences=dependence.dependences,
            groups=dependence.groups,
        )

    def values(self, rows: Rows) -> Floats:
        """Return (output, year, 1 + chain): the statistic of all draws, then that of each chain."""
        run = prepare(self.between(rows), self.model, **self.request)
        series = store_run(run, threads=self.threads).series
        return np.stack([self._statistics(draws, run.chains) for draws in series])

    def _statistics(self, draws: Floats, chains: int) -> Floats:
        """Return (year, 1 + chain) statistics of (year, draw)."""
        by_chain = self.statistic(draws.reshape(len(draws), chains, -1))
        return np.concatenate([self.statistic(draws)[:, np.newaxis], by_chain], axis=1)

    def changed_rows(self) -> tuple[str, ...]:
        """Return the rows that differ in both sets, by name, once it is clear that each can change alone.

        Raises
        ------
        InputError
            If a set cannot be simulated, the two start in different years, or a row of a correlated group changes in
            how it varies by year.
        """
        before, after = self.runs
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

    def reaches(self, row: str, output: str) -> bool:
        """Return whether an output can depend on a row that changed."""
        needed = {*self.model.plan([output]).parameters}
        if row != CORRELATIONS:
            return row in needed
        before, after = (
            _dependence(group for group in one.groups if needed & {*group.names}) for one in (self.start, self.end)
        )
        return before != after


def _single(beliefs: PriorSet | PriorPool) -> PriorSet:
    if isinstance(beliefs, PriorPool):
        raise InputError(f"{beliefs.name}: a pool; a walk row by row needs single prior sets, so compare it instead")
    return beliefs


def _dependence(groups: Iterable[Group]) -> list[tuple[Any, ...]]:
    return [group.statement for group in groups]


@dataclass(frozen=True)
class Walked:
    """What was found on the way.

    Attributes
    ----------
    changed
        Rows that differ between the two sets.
    reaching
        Those that each output can depend on.
    orders
        Orders that those were walked in.
    values
        By output and set of rows that reach it: (year, 1 + chain) statistics.
    simulations
        Prior sets that were simulated.
    """

    changed: tuple[str, ...]
    reaching: Mapping[str, tuple[str, ...]]
    orders: Mapping[str, Sequence[Order]]
    values: Mapping[str, Mapping[Rows, Floats]]
    simulations: int

    def contributions(self, output: str, column: int = 0) -> xr.Dataset:
        """Return what `contributions` finds for an output in a year, and 0 for every row that does not reach it."""
        values = {rows: found[column] for rows, found in self.values[output].items()}
        found = contributions(self.reaching[output], self.orders[output], values)
        return found.reindex(row=list(self.changed), fill_value=0.0)


def walk_rows(walk: Walk, permutations: int, progress: Progress | None = None) -> Walked:
    """Return what every output is in every set that some order comes through, each set simulated once for all outputs.

    Parameters
    ----------
    permutations
        Orders of the rows, as `sampled_orders` takes them.
    progress
        Called with (simulations done, simulations in all).
    """
    changed, seed = walk.changed_rows(), int(walk.request["seed"])
    reaching = {output: tuple(row for row in changed if walk.reaches(row, output)) for output in walk.outputs}
    orders = {output: sampled_orders(rows, permutations, seed) for output, rows in reaching.items()}
    together = tuple(row for row in changed if any(row in rows for rows in reaching.values()))
    wanted = _sets_to_simulate(sampled_orders(together, permutations, seed), orders)
    values: dict[str, dict[Rows, Floats]] = {output: {} for output in walk.outputs}
    for done, rows in enumerate(wanted, 1):
        for output, found in zip(walk.outputs, walk.values(rows), strict=True):
            values[output].setdefault(rows & frozenset(reaching[output]), found)
        if progress:
            progress(done, len(wanted))
    return Walked(changed, reaching, orders, values, len(wanted))


def _sets_to_simulate(together: Iterable[Order], orders: Mapping[str, Sequence[Order]]) -> list[Rows]:
    """Return the sets that show every output all that its own orders come through.

    An order of all rows is one of an output's own rows too, once the others are left out, so most sets serve every
    output. Those of an output that few rows reach, which are walked in all orders, may need some more.
    """
    reaching = {output: frozenset(own[0]) for output, own in orders.items()}
    found = _passed(together)
    known = {(output, rows & own) for output, own in reaching.items() for rows in found}
    for output, own in orders.items():
        for rows in _passed(own):
            if (output, rows) not in known:
                found.append(rows)
                known |= {(each, rows & reach) for each, reach in reaching.items()}
    return found


def _passed(orders: Iterable[Order]) -> list[Rows]:
    """Return the sets that orders come through, each once."""
    return list(dict.fromkeys(frozenset(order[:k]) for order in orders for k in range(len(order) + 1)))
