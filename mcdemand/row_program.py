"""The prior side as data: a list of operations on the rows of a block, run by one compiled loop.

A parameter is a row of 256 draws, or one row a year if it varies by year. Numbers, families, correlations and
overrides are data of the program, so changing them never compiles anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from mcdemand.designs import designs
from mcdemand.distributions import distributions
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import BLOCK
from mcdemand.kernels.rows import WORKSPACE_ROWS
from mcdemand.prior import Prior, truncation_numbers
from mcdemand.prior_set import PriorSet

TRANSFORMS = (
    operations.fill,
    operations.to_normal,
    operations.to_uniform,
    operations.combine,
    operations.multiply_step,
    operations.truncate_uniform,
    operations.truncate_normal,
    operations.bound,
)


@dataclass(frozen=True)
class RowProgram:
    """What to do to fill the parameter rows of any block.

    Attributes
    ----------
    names
        Parameters, sorted.
    first_row, stride
        A parameter's row in step s is `first_row + stride * s`; the stride is 0 unless it varies by year.
    sources
        (source, 4): the row, and three integers that key its uniforms.
    code
        (operation, 5): number of the operation, then its slices of `indices` and of `numbers`.
    """

    design: str
    names: tuple[str, ...]
    first_row: Integers
    stride: Integers
    steps: int
    row_count: int
    sources: Integers
    code: Integers
    indices: Integers
    numbers: Floats

    def rows_of(self, name: str) -> slice:
        """Return the rows of one parameter."""
        j = self.names.index(name)
        first = int(self.first_row[j])
        return slice(first, first + (self.steps if self.stride[j] else 1))


@dataclass
class _Builder:
    """Collects sources and operations."""

    seed: int
    design: str
    sources: list[tuple[int, int, int, int]] = field(default_factory=list)
    code: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    numbers: list[Floats] = field(default_factory=list)
    number_count: int = 0

    def draw(self, row: int, name: str, step: int) -> None:
        self.sources.append((row, *designs()[self.design].source(self.seed, name, step)))

    def do(self, operation: Any, rows: Sequence[int], numbers: Iterable[float] = ()) -> None:
        constants = np.asarray(numbers, dtype=np.float64)
        start, first = len(self.indices), self.number_count
        self.indices += rows
        self.numbers.append(constants)
        self.number_count += constants.size
        self.code.append((_numbered()[operation], start, len(self.indices), first, self.number_count))


@cache
def _families() -> tuple[str, ...]:
    return tuple(sorted(distributions()))


@cache
def _numbered() -> dict[Any, int]:
    """Return the number of each operation: transforms by themselves, families by name."""
    return {operation: number for number, operation in enumerate((*TRANSFORMS, *_families()))}


def _row_operation(family: str) -> operations.RowOperation:
    law = distributions()[family]
    return law.row or operations.map_row(law.quantile)


@cache
def run_block() -> Any:
    """Return the compiled loop that fills the rows of one block, for the installed families and designs."""
    family_rows = [_row_operation(name) for name in _families()]
    operate = operations.choose([*TRANSFORMS, *family_rows])
    fill_random = designs()["random"].fill

    @loop
    def fill_parameter_rows(
        sources: Integers, code: Integers, indices: Integers, numbers: Floats, chain: int, block: int, rows: Floats
    ) -> None:
        for k in range(sources.shape[0]):
            fill_random(rows[sources[k, 0]], sources[k, 1], sources[k, 2], sources[k, 3], chain, block)
        for k in range(code.shape[0]):
            operate(code[k, 0], rows, indices[code[k, 1] : code[k, 2]], numbers[code[k, 3] : code[k, 4]])

    return fill_parameter_rows


@cache
def fill_tile() -> Any:
    """Return the compiled loop that fills a tile (row, draw) of parameters, block by block."""
    fill_parameter_rows = run_block()

    @loop
    def fill_parameter_tile(
        sources: Integers,
        code: Integers,
        indices: Integers,
        numbers: Floats,
        chain: int,
        first_draw: int,
        draws: int,
        tile: Floats,
    ) -> None:
        rows = np.empty((tile.shape[0] + WORKSPACE_ROWS, BLOCK))
        for start in range(0, draws, BLOCK):
            fill_parameter_rows(sources, code, indices, numbers, chain, (first_draw + start) // BLOCK, rows)
            count = min(BLOCK, draws - start)
            for j in range(tile.shape[0]):
                target = tile[j, start : start + count]
                for i in range(count):
                    target[i] = rows[j, i]

    return fill_parameter_tile


def draw_parameters(program: RowProgram, chain: int, first_draw: int, count: int, tile: Floats) -> None:
    """Fill `tile` (row, draw) with `count` draws of a chain from `first_draw`, a multiple of 256, on."""
    with np.errstate(all="ignore"):
        fill_tile()(program.sources, program.code, program.indices, program.numbers, chain, first_draw, count, tile)


def build_program(
    priors: PriorSet, names: Iterable[str], steps: int, *, seed: int, design: str = "random"
) -> RowProgram:
    """Return the program of the named parameters over `steps` years."""
    names = tuple(sorted(names))
    counts = [steps if priors.parameters[name].varies else 1 for name in names]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    start = dict(zip(names, first.tolist(), strict=False))
    builder = _Builder(seed, design)
    grouped = {name for group in priors.groups for name in group.names}
    for name, count in zip(names, counts, strict=True):
        if name not in grouped:
            _independent_rows(builder, priors.parameters[name], start[name], count)
    extra = int(first[-1])
    for group in priors.groups:
        if any(name in start for name in group.names):
            extra = _group_rows(builder, priors, group.names, group.factor, start, steps, extra)
    return _program(builder, names, first, counts, extra)


def _program(builder: _Builder, names: tuple[str, ...], first: Integers, counts: list[int], rows: int) -> RowProgram:
    return RowProgram(
        design=builder.design,
        names=names,
        first_row=first[:-1],
        stride=np.array([int(count > 1) for count in counts], dtype=np.int64),
        steps=max(counts, default=1),
        row_count=rows,
        sources=np.array(builder.sources, dtype=np.int64).reshape(-1, 4),
        code=np.array(builder.code, dtype=np.int64).reshape(-1, 5),
        indices=np.array(builder.indices, dtype=np.int64),
        numbers=np.concatenate([np.empty(0), *builder.numbers]),
    )


def _independent_rows(builder: _Builder, prior: Prior, first: int, count: int) -> None:
    for step in range(count):
        row = first + step
        if not prior.is_constant:
            builder.draw(row, prior.name, step)
        if prior.varies:
            builder.do(operations.to_normal, [row])
    _law(builder, prior, first, count, is_normal=prior.varies is not None)


def _group_rows(
    builder: _Builder,
    priors: PriorSet,
    names: Sequence[str],
    factor: Floats,
    start: dict[str, int],
    steps: int,
    extra: int,
) -> int:
    """Fill the rows of a correlated group; members that nobody asked for get rows behind the others."""
    count = steps if priors.parameters[names[0]].varies else 1
    rows = []
    for name in names:
        rows.append(start.get(name, extra))
        extra += 0 if name in start else count
    for step in range(count):
        for name, row in zip(names, rows, strict=True):
            builder.draw(row + step, name, step)
            builder.do(operations.to_normal, [row + step])
        for k in reversed(range(len(names))):
            used = [j for j in range(k) if factor[k, j] != 0.0]
            builder.do(operations.combine, [rows[j] + step for j in (k, *used)], [factor[k, j] for j in (k, *used)])
    for name, row in zip(names, rows, strict=True):
        if name in start:
            _law(builder, priors.parameters[name], row, count, is_normal=True)
    return extra


def _law(builder: _Builder, prior: Prior, first: int, count: int, *, is_normal: bool) -> None:
    """Turn scores into values: first the dependence between years, then the law of each year."""
    walks = prior.varies is not None and prior.varies.kind == "random_walk"
    if prior.varies is not None and prior.varies.persistence is not None:
        rho = prior.varies.persistence
        for row in range(first + 1, first + count):
            builder.do(operations.combine, [row, row - 1], [float(np.sqrt(1 - rho * rho)), rho])
    for row in range(first, first + (1 if walks else count)):
        _marginal(builder, prior, row, is_normal=is_normal)
    if walks and prior.varies is not None:
        multiplies = prior.distribution.axis(prior.values) == "positive"
        for row in range(first + 1, first + count):
            if multiplies:
                builder.do(operations.multiply_step, [row, row - 1], [prior.varies.step or 0.0])
            else:
                builder.do(operations.combine, [row, row - 1], [prior.varies.step or 0.0, 1.0])


def _marginal(builder: _Builder, prior: Prior, row: int, *, is_normal: bool) -> None:
    """Turn one row of scores into values of the law."""
    wants_normal = prior.distribution.score == "normal"
    if prior.truncation is not None:
        if is_normal:
            builder.do(operations.to_uniform, [row])
        truncate = operations.truncate_normal if wants_normal else operations.truncate_uniform
        builder.do(truncate, [row], truncation_numbers(prior.distribution, prior.values, prior.truncation))
    elif wants_normal != is_normal and not prior.is_constant:
        builder.do(operations.to_normal if wants_normal else operations.to_uniform, [row])
    builder.do(prior.distribution.name, [row], prior.kernel_numbers())
    if prior.truncation is not None:
        builder.do(operations.bound, [row], prior.truncation)


def prior_quantiles(prior: Prior, probabilities: Sequence[float]) -> Floats:
    """Return quantiles of a prior as the engine draws it: fitted, truncated.

    Parameters
    ----------
    probabilities
        Levels between 0 and 1, at most 256.
    """
    builder = _Builder(0, "random")
    _marginal(builder, prior, 0, is_normal=False)
    program = _program(builder, (prior.name,), np.array([0, 1], dtype=np.int64), [1], 1)
    rows = np.full((1 + WORKSPACE_ROWS, BLOCK), 0.5)
    rows[0, : len(probabilities)] = probabilities
    with np.errstate(all="ignore"):
        run_block()(program.sources, program.code, program.indices, program.numbers, 0, 0, rows)
    return rows[0, : len(probabilities)].copy()
