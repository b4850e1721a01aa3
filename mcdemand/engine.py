"""Draws cut into tiles over threads; sinks take the tiles.

The result is the same bits for any number of threads and any size of tile: a tile writes only its own draws, and a
draw depends on nothing but seed, name, chain and index.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
from numba.core.errors import NumbaError

from mcdemand.compiler import compile_trajectories, explain_failure
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.philox import BLOCK
from mcdemand.row_program import draw_parameters
from mcdemand.run import Run, check_range
from mcdemand.sinks import Sink, Store, Tile

TILE_DRAWS = 2048
WAIT_SECONDS = 0.1
YEAR_STEP = 1.0
MEMORY_SHARE = 0.9
MAX_THREADS = 1024
CONTROL_GROUP = Path("/sys/fs/cgroup")

Progress = Callable[[int, int], None]


def run_tiles(
    run: Run, sink: Sink, *, threads: int | None = None, tile_draws: int = TILE_DRAWS, progress: Progress | None = None
) -> None:
    """Fill every tile and hand it to the sink.

    Parameters
    ----------
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
    if threads is not None:
        check_range("threads", threads, 1, MAX_THREADS)
    crew = _Crew(_tile_worker(run, sink, tile_draws), _tiles(run, tile_draws))
    crew.run(threads or available_threads(), run.chains * run.draws_per_chain, progress)


class _Crew:
    """Threads that take tiles from a queue, in order, until it is empty or one has failed.

    Not a pool of futures: waiting for thousands of them takes all their locks, which costs more than the tiles, and an
    interrupt that falls into it leaves the locks taken.
    """

    def __init__(self, work: Callable[[int, int, int], int], tiles: Iterable[tuple[int, int, int]]) -> None:
        self._work = work
        self._tiles: SimpleQueue[tuple[int, tuple[int, int, int]]] = SimpleQueue()
        for numbered in enumerate(tiles):
            self._tiles.put(numbered)
        self._done: list[int] = []
        self._failures: dict[int, Exception] = {}
        self._stopped = threading.Event()

    def run(self, threads: int, total: int, progress: Progress | None) -> None:
        """Do all tiles; raise what the first of those that failed raised."""
        crew = [threading.Thread(target=self._labour, daemon=True) for _ in range(threads)]
        for thread in crew:
            thread.start()
        reported = 0
        try:
            while reported < total and (alive := [thread for thread in crew if thread.is_alive()]):
                alive[0].join(WAIT_SECONDS)
                done = sum(self._done)
                if progress and done > reported and not self._failures:
                    progress(done, total)
                reported = done
        finally:
            self._stopped.set()
            for thread in crew:
                thread.join()
        if progress and reported < total and not self._failures:
            progress(total, total)
        if self._failures:
            # Tiles start in order, so the first failure is the same one whichever thread met it.
            raise self._failures[min(self._failures)]

    def _labour(self) -> None:
        while not self._stopped.is_set():
            try:
                number, tile = self._tiles.get_nowait()
            except Empty:
                return
            try:
                self._done.append(self._work(*tile))
            except Exception as error:
                self._failures[number] = error
                self._stopped.set()


def available_threads() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _tiles(run: Run, tile_draws: int) -> Iterator[tuple[int, int, int]]:
    """Yield (chain, first draw, count)."""
    for chain in range(run.chains):
        for first in range(0, run.draws_per_chain, tile_draws):
            yield chain, first, min(tile_draws, run.draws_per_chain - first)


def _tile_worker(run: Run, sink: Sink, tile_draws: int) -> Callable[[int, int, int], int]:
    """Return the function that one thread calls for one tile; it returns the draws done."""
    assert tile_draws % BLOCK == 0
    fill_series = compile_trajectories(run.model, run.plan, run.yearly()) if run.plan.outputs else None
    columns = np.full(run.horizon, -1, dtype=np.int64)
    columns[[year - run.base_year for year in run.years] if run.years else [0]] = np.arange(max(1, len(run.years)))
    places = [run.program.names.index(name) for name in run.plan.parameters]
    rows = run.program.first_row[places], run.program.stride[places]
    buffers = threading.local()

    def fill(chain: int, first_draw: int, count: int) -> int:
        if not hasattr(buffers, "parameters"):
            buffers.parameters = np.empty((run.program.row_count, tile_draws))
        series, offset = sink.place(chain, first_draw, count)
        tile = Tile(chain, first_draw, count, buffers.parameters, series, offset)
        with np.errstate(all="ignore"):
            draw_parameters(run.program, chain, first_draw, count, tile.parameters)
            broken = fill_series and fill_series(
                tile.parameters, count, *rows, run.base_year, YEAR_STEP, columns, series, offset
            )
        if broken:
            raise NumericalError(_first_broken(run, tile))
        sink.take(tile)
        return count

    try:
        fill(0, 0, 0)
    except NumbaError:
        raise InputError(explain_failure(run.model, run.plan)) from None
    return fill


def _first_broken(run: Run, tile: Tile) -> str:
    """Say which quantity of which draw is not a number, so that it can be replayed."""
    values = tile.series[:, :, tile.offset : tile.offset + tile.count]
    output, column, draw = (int(k) for k in np.argwhere(~np.isfinite(values))[0])
    year = f", year {run.years[column]}" if run.years else ""
    name = run.plan.outputs[output]
    return (
        f"{name}: {values[output, column, draw]}: not a finite number in chain {tile.chain}, "
        f"draw {tile.first_draw + draw}{year}, seed {run.seed}; look at the priors that it depends on"
    )


def store_run(
    run: Run, *, threads: int | None = None, tile_draws: int = TILE_DRAWS, progress: Progress | None = None
) -> Store:
    """Run and keep every draw.

    Raises
    ------
    InputError
        If the draws do not fit into memory.
    """
    rows = run.kept_rows()
    columns = max(1, len(run.years))
    _check_memory((len(rows) + len(run.plan.outputs) * columns) * run.chains * run.draws_per_chain * 8)
    store = Store(rows, len(run.plan.outputs), columns, run.chains, run.draws_per_chain)
    run_tiles(run, store, threads=threads, tile_draws=tile_draws, progress=progress)
    return store


def _check_memory(needed: int) -> None:
    available = _available_memory()
    if available is not None and needed > MEMORY_SHARE * available:
        raise InputError(
            f"draws: needs {needed / 1e9:.3g} GB, {available / 1e9:.3g} GB are free; ask for fewer draws or outputs"
        )


def _available_memory() -> int | None:
    """Return the bytes that are free, or fewer where the process or its control group is held to less."""
    limits = (_free_memory(), _address_space_left(), _control_group_left())
    return min((limit for limit in limits if limit is not None), default=None)


def _free_memory() -> int | None:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _address_space_left() -> int | None:
    """Return what `ulimit -v` leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, AttributeError, ValueError, OSError):
        return None
    return None if limit == resource.RLIM_INFINITY else max(0, limit - used)


def _control_group_left() -> int | None:
    try:
        limit, used = (int((CONTROL_GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
    except (ValueError, OSError):
        return None
    return max(0, limit - used)
