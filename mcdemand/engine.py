"""Draws cut into tiles over threads; sinks take the tiles.

The result is the same bits for any number of threads and any size of tile: a tile writes only its own draws, and a
draw depends on nothing but seed, name, chain and index.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator

import numpy as np
from numba.core.errors import NumbaError, UnsupportedBytecodeError

from mcdemand.compiler import compile_trajectories, explain_exception, explain_failure
from mcdemand.crew import MAX_THREADS, available_threads, do_jobs
from mcdemand.errors import InputError, NumericalError
from mcdemand.failure import explain_broken
from mcdemand.kernels.philox import BLOCK
from mcdemand.memory import check_memory
from mcdemand.ranges import check_range
from mcdemand.row_program import draw_parameters
from mcdemand.run import YEAR_STEP, Run
from mcdemand.sinks import Sink, Store, Tile

TILE_DRAWS = 8192
# What a person's function can raise where it runs; whatever could be told before has been.
QUANTITY_ERRORS = (LookupError, StopIteration, ArithmeticError, ValueError, TypeError, AttributeError)

Progress = Callable[[int, int], None]


def run_tiles(
    run: Run,
    sink: Sink,
    *,
    first_draw: int = 0,
    threads: int | None = None,
    tile_draws: int = TILE_DRAWS,
    progress: Progress | None = None,
) -> None:
    """Fill every tile and hand it to the sink.

    Parameters
    ----------
    first_draw
        The draw of each chain to begin with, a multiple of 256.
    threads
        Number of threads; None: as many as this process may use.
    tile_draws
        Draws in a tile, a multiple of 256; the result does not depend on it.
    progress
        Called with (draws done, draws in all) from the calling thread.

    Raises
    ------
    NumericalError
        If a value is NaN or infinite; it names quantity, chain, draw and year.
    """
    total = run.chains * (run.draws_per_chain - first_draw)
    reported = 0

    def report(done: Collection[int]) -> None:
        nonlocal reported
        if progress and sum(done) > reported:
            reported = sum(done)
            progress(reported, total)

    worker = tile_worker(run, sink, tile_draws)
    do_jobs(worker, _tiles(run, first_draw, tile_draws), thread_count(threads), report)


def thread_count(asked: int | None) -> int:
    """Return how many threads to use: as many as asked for, or as this process may use.

    Raises
    ------
    InputError
        If that is no whole number from 1 on.
    """
    if asked is None:
        return available_threads()
    check_range("threads", asked, 1, MAX_THREADS)
    return asked


def _tiles(run: Run, first_draw: int, tile_draws: int) -> Iterator[tuple[int, int, int]]:
    """Yield (chain, first draw, count)."""
    assert first_draw % BLOCK == 0
    for chain in range(run.chains):
        for first in range(first_draw, run.draws_per_chain, tile_draws):
            yield chain, first, min(tile_draws, run.draws_per_chain - first)


def tile_worker(run: Run, sink: Sink, tile_draws: int) -> Callable[[tuple[int, int, int]], int]:
    """Return the function of (chain, first draw, count) that one thread calls for one tile; it returns the draws done.

    Raises
    ------
    InputError
        If a quantity cannot be compiled.
    """
    assert tile_draws % BLOCK == 0
    fill_series = compile_trajectories(run.model, run.plan, run.yearly()) if run.plan.outputs else None
    columns = np.full(run.horizon, -1, dtype=np.int64)
    columns[[year - run.base_year for year in run.years] if run.years else [0]] = np.arange(max(1, len(run.years)))
    rows = run.plan_rows()
    buffers = threading.local()

    def fill(place: tuple[int, int, int]) -> int:
        chain, first_draw, count = place
        if not hasattr(buffers, "parameters"):
            buffers.parameters = np.empty((run.program.row_count, min(tile_draws, run.draws_per_chain)))
        series, offset = sink.place(chain, first_draw, count)
        tile = Tile(chain, first_draw, count, buffers.parameters, series, offset)
        with np.errstate(all="ignore"):
            draw_parameters(run.program, run.first_chain + chain, first_draw, count, tile.parameters)
            try:
                broken = fill_series and fill_series(
                    tile.parameters, count, *rows, run.base_year, YEAR_STEP, columns, series, offset
                )
            except QUANTITY_ERRORS as error:
                raise InputError(explain_exception(run.model, run.plan, error)) from error
        if broken:
            raise NumericalError(explain_broken(run, tile))
        sink.take(tile)
        return count

    try:
        fill((0, 0, 0))
    except (NumbaError, UnsupportedBytecodeError):
        raise InputError(explain_failure(run.model, run.plan)) from None
    return fill


def store_run(
    run: Run,
    *,
    start: Store | None = None,
    threads: int | None = None,
    tile_draws: int = TILE_DRAWS,
    progress: Progress | None = None,
) -> Store:
    """Run and keep every draw.

    Parameters
    ----------
    start
        The store of the same run with fewer draws in each chain, a multiple of 256, which are not computed again.

    Raises
    ------
    InputError, ResourceError
        If the draws do not fit into memory: into this machine's, or into what is left of it.
    """
    check_memory(run, thread_count(threads), tile_draws)
    store = empty_store(run)
    if start:
        store.copy_start(start)
    first_draw = start.draws if start else 0
    run_tiles(run, store, first_draw=first_draw, threads=threads, tile_draws=tile_draws, progress=progress)
    return store


def empty_store(run: Run) -> Store:
    """Return the store that a run fills."""
    return Store(run.kept_rows(), len(run.plan.outputs), max(1, len(run.years)), run.chains, run.draws_per_chain)
