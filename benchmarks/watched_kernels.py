"""The kernels whose instructions are counted: compiled without being run, and run over some draws.

Their arguments are plain numbers, so that neither priors nor tables have to be made first: none of them has branches
that would care.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numba import float64, int64, uint16

from benchmarks.ceilings import scores
from benchmarks.generation import repeated
from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.kernels import cells
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.normal import to_normal_scores
from mcdemand.kernels.order_statistics import quantile_ranks, select_in_bins
from mcdemand.kernels.philox import BLOCK, fill_uniforms
from mcdemand.kernels.row_pass import read_row, sum_and_count
from mcdemand.kernels.sobol import fill_scrambled

DRAWS = 2**16
ROW, TILE, SERIES, WORDS = float64[::1], float64[:, ::1], float64[:, :, ::1], int64[::1]
CELL_BITS, OCTAVES, ONE_EXPONENT = 4, 10, 1023
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Kernel:
    """A kernel to watch.

    Attributes
    ----------
    function, signature
        The compiled function whose loops do the work, and the types of its arguments. A round of its loop may make
        more than a draw (Philox: two), or not be reached by each (tails of scores): its code is counted once all the
        same.
    run
        Runs it over DRAWS draws.
    """

    function: Any
    signature: tuple[Any, ...]
    run: Callable[[], object]


def watched() -> dict[str, Callable[[], Kernel]]:
    """Return what makes each kernel, by its name."""
    return {
        "uniform, random": partial(_uniform, "random", fill_uniforms, (ROW, *[int64] * 5)),
        "uniform, sobol": partial(_uniform, "sobol", fill_scrambled, (ROW, int64, int64, WORDS, int64, int64)),
        "normal score": _score,
        "law in cells": _cells,
        "W1, eleven years": _years,
        "quantiles and moments of a row": _summary,
    }


def _row() -> Floats:
    return np.random.default_rng(0).random(DRAWS)


def _uniform(design: str, function: Any, signature: tuple[Any, ...]) -> Kernel:
    row, words = np.empty(BLOCK), np.array(designs()[design].source(Axis(0, "growth", 0, 5, DRAWS)))
    fill = repeated(designs()[design].fill)
    return Kernel(function, signature, lambda: fill(row, words, 0, DRAWS // BLOCK))


def _score() -> Kernel:
    row, result, (places, tails) = _row(), np.empty(DRAWS), np.empty((2, BLOCK))
    return Kernel(to_normal_scores, (ROW, ROW, ROW), lambda: scores(row, result, places, tails))


def _cells() -> Kernel:
    """Look up a law whose cells all say 6, which is as much work as any other."""
    row, side = _row(), OCTAVES << CELL_BITS
    header = [cells.MANTISSA_BITS - CELL_BITS, (ONE_EXPONENT - OCTAVES - 1) << CELL_BITS, side, 0]
    numbers = np.concatenate([header, np.tile([1.0] * cells.TERMS, 2 * side)])
    tails, values = np.where(row < 0.5, row, row - 1.0), np.empty(DRAWS)
    copies, places = np.empty(DRAWS), np.empty(DRAWS)

    def run() -> None:
        values[:] = tails
        cells.look_up_row(values, copies, places, numbers)

    return Kernel(cells.look_up_row, (ROW, ROW, ROW, ROW), run)


def _years() -> Kernel:
    from benchmarks import w1
    from mcdemand.compiler import compile_trajectories
    from mcdemand.run import YEAR_STEP

    plan = w1.MODEL.plan(["demand"])
    kernel, count = compile_trajectories(w1.MODEL, plan), len(plan.parameters)
    tile, series = np.tile(1.0 + _row(), (count, 1)), np.empty((1, w1.YEARS, DRAWS))
    rows, strides, columns = np.arange(count), np.zeros(count, dtype=np.int64), np.arange(w1.YEARS)
    signature = (TILE, int64, WORDS, WORDS, int64, float64, WORDS, SERIES, int64)
    return Kernel(kernel, signature, lambda: kernel(tile, DRAWS, rows, strides, 0, YEAR_STEP, columns, series, 0))


def _summary() -> Kernel:
    row, (ranks, _) = _row(), quantile_ranks(DRAWS, PROBABILITIES)

    def run() -> None:
        _, bins = read_row(row)
        select_in_bins(bins.gather([(ranks.ravel(), ranks.ravel())]), ranks)

    return Kernel(sum_and_count, (ROW, WORDS, float64, int64, int64, uint16[::1], WORDS), run)
