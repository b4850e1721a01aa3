"""From beliefs to a row program: which row each parameter has, what it is drawn from, and what is done to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mcdemand.dependence import Group
from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.distributions._law import truncation_numbers
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.philox import BLOCK
from mcdemand.kernels.rows import WORKSPACE_ROWS
from mcdemand.prior import Prior, read_nested
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.prior_set import PriorSet
from mcdemand.row_program import RowProgram, design_numbers, law_operation, operation_numbers, run_block
from mcdemand.variations._rows import YearRows

RANDOM = "random"
CONVERSIONS = {
    ("normal", "uniform"): operations.to_uniform,
    ("normal", "tail"): operations.score_to_tail,
    ("uniform", "normal"): operations.to_normal,
    ("uniform", "tail"): operations.uniform_to_tail,
}
"""From what a row holds to what a law takes."""
TRUNCATIONS = {
    "uniform": operations.truncate_uniform,
    "normal": operations.truncate_normal,
    "tail": operations.truncate_tail,
}


@dataclass(frozen=True)
class Layout:
    """How the unit cube is laid.

    Attributes
    ----------
    order
        The model's parameters, sorted: the axes of the design, year after year. Names that are not there are drawn at
        random by a design that needs to know.
    draws
        Draws of each chain.
    base_year
        The year of step 0.
    """

    seed: int
    design: str = RANDOM
    order: tuple[str, ...] = ()
    draws: int = 1
    base_year: int = 0

    def source(self, name: str, step: int) -> tuple[int, ...]:
        """Return the number of a design and the integers that it draws a name's uniforms in a step from."""
        axis = Axis(self.seed, name, step, self._dimension(name, step), self.draws)
        chosen = self.design if 0 <= axis.dimension < designs()[self.design].dimensions else RANDOM
        return (design_numbers()[chosen], *designs()[chosen].source(axis))

    def _dimension(self, name: str, step: int) -> int:
        # The set of a pool follows the model's own parameters, so that pooling moves none of their axes.
        axes = (*self.order, PRIOR_SET)
        return axes.index(name) + step * len(axes) if name in axes else -1


@dataclass
class Builder:
    """Collects rows, sources and operations."""

    layout: Layout
    row_count: int = 0
    sources: list[tuple[int, ...]] = field(default_factory=list)
    code: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    numbers: list[Floats] = field(default_factory=list)
    number_count: int = 0
    places: dict[int, tuple[int, int]] = field(default_factory=dict)

    def rows(self, count: int) -> int:
        """Return the first of some new rows."""
        self.row_count += count
        return self.row_count - count

    def draw(self, row: int, name: str, step: int) -> None:
        """Fill a row with the uniforms of a name in a step."""
        self.sources.append((row, *self.layout.source(name, step)))

    def do(self, operation: Any, rows: Sequence[int], numbers: Iterable[float] = ()) -> None:
        """Add an operation on some rows, the first one its target."""
        start = len(self.indices)
        self.indices += rows
        first, stop = self._place(np.asarray(numbers, dtype=np.float64))
        self.code.append((operation_numbers()[operation], start, len(self.indices), first, stop))

    def _place(self, constants: Floats) -> tuple[int, int]:
        """Return where some constants stand; an array that is given again, such as a table, stands there once."""
        if id(constants) not in self.places:
            self.numbers.append(constants)
            self.places[id(constants)] = self.number_count, self.number_count + constants.size
            self.number_count += constants.size
        return self.places[id(constants)]

    def program(self, names: tuple[str, ...], counts: Sequence[int]) -> RowProgram:
        """Return the program whose first rows are those of the names, `counts` rows each."""
        width = max(map(len, self.sources), default=2)
        sources = np.zeros((len(self.sources), width), dtype=np.int64)
        for k, source in enumerate(self.sources):
            sources[k, : len(source)] = source
        return RowProgram(
            names=names,
            first_row=np.cumsum([0, *counts], dtype=np.int64)[:-1],
            stride=np.array([int(count > 1) for count in counts], dtype=np.int64),
            steps=max(counts, default=1),
            row_count=self.row_count,
            sources=sources,
            code=np.array(self.code, dtype=np.int64).reshape(-1, 5),
            indices=np.array(self.indices, dtype=np.int64),
            numbers=np.concatenate([np.empty(0), *self.numbers]),
        )


def build_program(beliefs: PriorSet | PriorPool, names: Iterable[str], steps: int, layout: Layout) -> RowProgram:
    """Return the program of the named parameters over `steps` years."""
    pool = beliefs if isinstance(beliefs, PriorPool) else None
    names = tuple(sorted({*names, PRIOR_SET} if pool else names))
    counts = [steps if beliefs.varies(name) else 1 for name in names]
    builder = Builder(layout)
    start = {name: builder.rows(count) for name, count in zip(names, counts, strict=True)}
    if isinstance(beliefs, PriorPool):
        _pooled_rows(builder, beliefs, start, steps)
    else:
        _own_rows(builder, beliefs, start, steps)
    return builder.program(names, counts)


def _pooled_rows(builder: Builder, pool: PriorPool, start: dict[str, int], steps: int) -> None:
    """Fill the rows of every set, and choose among them; what the sets agree on is drawn once."""
    selector = start[PRIOR_SET]
    builder.draw(selector, PRIOR_SET, 0)
    _marginal(builder, pool.selector(), selector, is_normal=False)
    agreed = pool.agreed()
    _own_rows(builder, pool.sets[0], {name: row for name, row in start.items() if name in agreed}, steps)
    disputed = [name for name in start if name not in agreed and name != PRIOR_SET]
    places = []
    for priors in pool.sets:
        places.append({name: builder.rows(steps if priors.varies(name) else 1) for name in disputed})
        _own_rows(builder, priors, places[-1], steps)
    for name in disputed:
        for step in range(steps if pool.varies(name) else 1):
            rows = [
                place[name] + (step if priors.varies(name) else 0)
                for priors, place in zip(pool.sets, places, strict=True)
            ]
            builder.do(operations.select, [start[name] + step, selector, *rows])


def _own_rows(builder: Builder, priors: PriorSet, start: dict[str, int], steps: int) -> None:
    """Fill the rows of some parameters of one set, which start where `start` says."""
    grouped = {name for group in priors.groups for name in group.names}
    for name, row in start.items():
        if name not in grouped:
            fill_independent(builder, priors.parameters[name], row, steps if priors.varies(name) else 1)
    for group in priors.groups:
        if any(name in start for name in group.names):
            _group_rows(builder, priors, group, start, steps)


def fill_independent(builder: Builder, prior: Prior, first: int, count: int) -> None:
    """Fill the rows of a parameter that depends on no other."""
    for step in range(count):
        row = first + step
        if not prior.is_constant:
            builder.draw(row, prior.name, step)
        if prior.varies:
            builder.do(operations.to_normal, [row])
    fill_law(builder, prior, first, count, is_normal=prior.varies is not None)


def _group_rows(builder: Builder, priors: PriorSet, group: Group, start: dict[str, int], steps: int) -> None:
    """Fill the rows of a group that a copula ties together.

    Members that nobody asked for, and constants, get rows of their own for their scores: what depends on them must not
    move when they are left out or held fixed.
    """
    members = [priors.parameters[name] for name in group.names]
    count = steps if any(prior.varies for prior in members) else 1
    fill_group_scores(builder, members, group, [_score_rows(builder, prior, start, count) for prior in members])
    for prior in members:
        if prior.name in start:
            fill_law(builder, prior, start[prior.name], count if prior.varies else 1, is_normal=True)


def fill_group_scores(builder: Builder, members: Sequence[Prior], group: Group, rows: Sequence[Sequence[int]]) -> None:
    """Fill the rows of a group's scores, member by member and year by year, and tie those of each year together.

    What the copula draws besides belongs to the name of the first member.
    """
    for step in range(len(rows[0])):
        for prior, own in zip(members, rows, strict=True):
            builder.draw(own[step], prior.name, step)
            builder.do(operations.to_normal, [own[step]])
        of_step = [own[step] for own in rows]
        group.copula.fill(builder, of_step, group.factor, group.numbers, members[0].name, step)


def _score_rows(builder: Builder, prior: Prior, start: dict[str, int], count: int) -> list[int]:
    """Return the rows of a member's scores, year by year: its own as far as it has any, then new ones.

    A constant that ties two parameters together may leave a group of which some vary by year and some do not.
    """
    asked = prior.name in start and not prior.is_constant
    own = range(start[prior.name], start[prior.name] + (count if prior.varies else 1)) if asked else range(0)
    first = builder.rows(count - len(own))
    return [*own, *range(first, first + count - len(own))]


def fill_law(
    builder: Builder, prior: Prior, first: int, count: int, *, is_normal: bool, held: float | None = None
) -> None:
    """Turn scores into values: of one law, or as a parameter that varies by year does it.

    Its other draws are keyed by its name and their role, or lie at the level of the normal score `held`.
    """
    variation = prior.varies
    if variation is None:
        _marginal(builder, prior, first, is_normal=is_normal)
        return

    def put_law(law: Prior | None, row: int) -> None:
        _marginal(builder, law or prior, row, is_normal=True)

    def held_score(role: str, step: int) -> float:
        assert held is not None
        return variation.auxiliary_score(role, step, held)

    variation.fill(
        YearRows(
            builder=builder,
            name=prior.name,
            years=range(first, first + count),
            first_year=builder.layout.base_year,
            put_law=put_law,
            read_law=read_nested,
            auxiliary_score=None if held is None else held_score,
        )
    )


def _marginal(builder: Builder, prior: Prior, row: int, *, is_normal: bool) -> None:
    """Turn one row of scores into values of the law."""
    given, wanted = "normal" if is_normal else "uniform", "tail" if prior.is_tabulated else prior.distribution.score
    if prior.truncation is not None:
        if is_normal:
            builder.do(operations.to_uniform, [row])
        builder.do(TRUNCATIONS[wanted], [row], truncation_numbers(prior.distribution, prior.values, prior.truncation))
    elif (given, wanted) in CONVERSIONS:
        builder.do(CONVERSIONS[given, wanted], [row])
    builder.do(law_operation(prior.distribution.name), [row], prior.draw_numbers())
    if prior.truncation is not None:
        builder.do(operations.bound, [row], prior.truncation)


def prior_quantiles(prior: Prior, probabilities: Sequence[float]) -> Floats:
    """Return quantiles of a prior as the engine draws it: fitted, truncated.

    Parameters
    ----------
    probabilities
        Levels between 0 and 1, at most 256.
    """
    builder = Builder(Layout(0))
    _marginal(builder, prior, builder.rows(1), is_normal=False)
    program = builder.program((prior.name,), [1])
    rows = np.full((1 + WORKSPACE_ROWS, BLOCK), 0.5)
    rows[0, : len(probabilities)] = probabilities
    with np.errstate(all="ignore"):
        run_block()(program.sources, program.code, program.indices, program.numbers, 0, 0, rows)
    return rows[0, : len(probabilities)].copy()
