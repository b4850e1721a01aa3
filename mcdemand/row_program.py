"""The prior side as data: a list of operations on the rows of a few blocks, run by one compiled loop.

A parameter is a row of draws, or one row a year if it varies by year. Numbers, families, correlations, designs and
overrides are data of the program, so changing them never compiles anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mcdemand.designs import designs
from mcdemand.distributions import distributions, find_distribution
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.cells import cell_row
from mcdemand.kernels.intrinsics import borrow
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import BLOCK
from mcdemand.kernels.pieces import piecewise_row
from mcdemand.kernels.rows import WORKSPACE_ROWS
from mcdemand.kernels.table import tabulated_row

TRANSFORMS = (
    operations.fill,
    operations.to_normal,
    operations.to_uniform,
    operations.score_to_tail,
    operations.uniform_to_tail,
    operations.combine,
    operations.multiply_step,
    operations.multiply,
    operations.logarithm,
    operations.truncate_uniform,
    operations.truncate_normal,
    operations.truncate_tail,
    operations.bound,
    operations.select,
    tabulated_row,
    piecewise_row,
    operations.asinh,
    operations.log_series,
)


WORKSPACE_DRAWS = 2 * BLOCK
"""Draws that operations go over at once: more cost fewer calls, until all rows no longer fit into the nearest cache."""


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
        (source, 2 + word): the row, the number of the design, and the integers that the design draws it from.
    code
        (operation, 5): number of the operation, then its slices of `indices` and of `numbers`.
    """

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


@cache
def law_operation(family: str) -> operations.RowOperation:
    """Return the row operation of a family; families of one kernel share it."""
    law = find_distribution(family)
    assert law is not None
    return cell_row(law.quantile) if law.tabulated else law.row or operations.map_row(law.quantile)


@cache
def operation_numbers() -> Mapping[operations.RowOperation, int]:
    """Return the number of each operation."""
    laws = map(law_operation, sorted(distributions()))
    return {operation: number for number, operation in enumerate(dict.fromkeys((*TRANSFORMS, *laws)))}


@cache
def design_numbers() -> Mapping[str, int]:
    """Return the number of each design."""
    return {name: number for number, name in enumerate(sorted(designs()))}


@cache
def run_block() -> Any:
    """Return the compiled loop that fills the rows of some blocks, for the installed families and designs."""
    operate = operations.choose([*operation_numbers()])
    draw = operations.choose([designs()[name].fill for name in design_numbers()])

    @loop
    def fill_parameter_rows(
        sources: Integers, code: Integers, indices: Integers, numbers: Floats, chain: int, block: int, rows: Floats
    ) -> None:
        for k in range(sources.shape[0]):
            row = rows[sources[k, 0]]
            for start in range(0, row.size, BLOCK):
                draw(sources[k, 1], row[start : start + BLOCK], sources[k, 2:], chain, block + start // BLOCK)
        for k in range(code.shape[0]):
            operate(code[k, 0], rows, indices[code[k, 1] : code[k, 2]], numbers[code[k, 3] : code[k, 4]])

    return fill_parameter_rows


@cache
def fill_tile() -> Any:
    """Return the compiled loop that fills a tile (row, draw) of parameters, some blocks at a time."""
    fill_parameter_rows = run_block()

    @loop
    def fill_parameter_tile(
        sources: Integers,
        code: Integers,
        indices: Integers,
        numbers: Floats,
        rows: Floats,
        chain: int,
        first_draw: int,
        draws: int,
        tile: Floats,
    ) -> None:
        lent = borrow(sources), borrow(code), borrow(indices), borrow(numbers)
        workspace = borrow(rows)
        for start in range(0, draws, rows.shape[1]):
            fill_parameter_rows(*lent, chain, (first_draw + start) // BLOCK, workspace)
            count = min(rows.shape[1], draws - start)
            for j in range(tile.shape[0]):
                target = tile[j, start : start + count]
                for i in range(count):
                    target[i] = workspace[j, i]

    return fill_parameter_tile


def draw_parameters(program: RowProgram, chain: int, first_draw: int, count: int, tile: Floats) -> None:
    """Fill `tile` (row, draw) with `count` draws of a chain from `first_draw`, a multiple of 256, on.

    A tile of fewer rows than the program's gets the first of them.
    """
    code = program.sources, program.code, program.indices, program.numbers
    width = min(WORKSPACE_DRAWS, max(1, -(-count // BLOCK)) * BLOCK)
    rows = np.empty((program.row_count + WORKSPACE_ROWS, width))
    with np.errstate(all="ignore"):
        fill_tile()(*code, rows, chain, first_draw, count, tile)
