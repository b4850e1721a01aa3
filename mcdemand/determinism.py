"""A run tried twice: the same draws must give the same bits, or a quantity takes its numbers from elsewhere."""

from __future__ import annotations

import dataclasses

import numpy as np

from mcdemand.engine import TILE_DRAWS, empty_store, run_tiles
from mcdemand.errors import NumericalError
from mcdemand.run import Run
from mcdemand.sinks import Store


def compare_twice(run: Run) -> None:
    """Compute the first tile twice and compare the bits.

    Raises
    ------
    NumericalError
        If they differ, or a value is not finite; it names the first quantity, chain, draw and year.
    """
    part = dataclasses.replace(run, chains=1, draws_per_chain=min(run.draws_per_chain, TILE_DRAWS))
    first, second = (_compute(part) for _ in range(2))
    different = np.argwhere(first.series.view(np.uint64) != second.series.view(np.uint64))
    if not different.size:
        return
    output, column, draw = (int(k) for k in different[0])
    year = f", year {run.years[column]}" if run.years else ""
    once, again = (store.series[output, column, draw] for store in (first, second))
    raise NumericalError(
        f"{run.plan.outputs[output]}: {once!s} the first time, {again!s} the second, in chain 0, draw {draw}{year}, "
        f"seed {run.seed}; a quantity must depend on its arguments alone, so make what is random a parameter"
    )


def _compute(run: Run) -> Store:
    store = empty_store(run)
    run_tiles(run, store, threads=1)
    return store
