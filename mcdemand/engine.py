"""Draws cut into tiles over threads; sinks take the tiles.

The result is the same bits for any number of threads and any size of tile: a tile writes only its own draws, and a
draw depends on nothing but seed, name, chain and index.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcdemand.compiler import compile_trajectories
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.philox import BLOCK
from mcdemand.model import Model, Plan
from mcdemand.prior_set import PriorSet
from mcdemand.registry import nearest
from mcdemand.row_program import RowProgram, build_program, draw_parameters
from mcdemand.sinks import Sink, Store, Tile

TILE_DRAWS = 2048
WAIT_SECONDS = 0.1
MAX_SEED = 2**63 - 1
MAX_CHAINS = 2**16
MAX_DRAWS = 2**40
MEMORY_SHARE = 0.9

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Run:
    """Everything that a simulation is determined by, checked.

    Attributes
    ----------
    years
        Years that are kept; empty if the model has no time.
    draws_per_chain
        Draws of each chain.
    kept_parameters
        Parameters whose draws are kept.
    """

    priors: PriorSet
    model: Model
    plan: Plan
    program: RowProgram
    years: tuple[int, ...]
    base_year: int
    chains: int
    draws_per_chain: int
    seed: int
    design: str
    kept_parameters: tuple[str, ...]
    notices: tuple[str, ...]

    @property
    def horizon(self) -> int:
        """Number of years from the base year to the last one kept."""
        return self.years[-1] - self.base_year + 1 if self.years else 1

    def kept_rows(self) -> list[int]:
        """Return the rows of the program that hold the kept parameters, those of the kept years."""
        return [row for name in self.kept_parameters for row in self.rows_of(name)]

    def rows_of(self, name: str) -> list[int]:
        """Return the rows of one parameter: one, or one for each kept year."""
        rows = self.program.rows_of(name)
        if not self.priors.parameters[name].varies or not self.years:
            return [rows.start]
        return [rows.start + year - self.base_year for year in self.years]


def prepare(
    priors: PriorSet,
    model: Model,
    *,
    draws: int,
    chains: int,
    seed: int,
    design: str,
    outputs: tuple[str, ...] | None,
    years: tuple[int, ...] | None,
) -> Run:
    """Return a checked run.

    Raises
    ------
    InputError
        If a number is out of range, a needed parameter has no prior, a unit differs, or an output is unknown.
    """
    _check_range("draws", draws, 1, MAX_DRAWS)
    _check_range("chains", chains, 1, MAX_CHAINS)
    _check_range("seed", seed, 0, MAX_SEED)
    chains = min(chains, draws)
    per_chain = -(-draws // chains)
    plan, kept = _plan(priors, model, outputs)
    _check_priors(priors, model, plan)
    years = priors.years if years is None else tuple(sorted(set(years)))
    base_year = _base_year(model, plan, years)
    steps = (years[-1] - base_year + 1 if years else 1) + bool(plan.second_sweep)
    needed = tuple(sorted({*plan.parameters, *kept}))
    unused = sorted(set(priors.parameters) - set(needed))
    notices = [f"draws: {draws} rounded up to {per_chain * chains}, whole chains"] if per_chain * chains != draws else []
    notices += [f"priors that no requested output uses: {', '.join(unused)}"] if unused else []
    return Run(
        priors=priors,
        model=model,
        plan=plan,
        program=build_program(priors, needed, steps, seed=seed, design=design),
        years=years,
        base_year=base_year,
        chains=chains,
        draws_per_chain=per_chain,
        seed=seed,
        design=design,
        kept_parameters=kept,
        notices=(*priors.notices, *notices),
    )


def _check_range(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{name}: {value!r}: must be a whole number from {low} to {high}")


def _plan(priors: PriorSet, model: Model, outputs: tuple[str, ...] | None) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan of the outputs and the parameters to keep: all that are needed, or those that outputs name."""
    if outputs is None:
        plan = model.plan()
        return plan, plan.parameters
    known = {**model.quantities, **priors.parameters}
    for name in outputs:
        if name not in known:
            raise InputError(f"outputs: {name!r}: neither a quantity nor a parameter; {nearest(name, known)}")
    plan = model.plan([name for name in outputs if name in model.quantities])
    named = tuple(name for name in outputs if name not in model.quantities)
    return plan, named or plan.parameters


def _check_priors(priors: PriorSet, model: Model, plan: Plan) -> None:
    for name in plan.parameters:
        if name not in priors.parameters:
            users = [q.name for q in model.quantities.values() if name in q.all_arguments()]
            raise InputError(f"parameters.{name}: no prior, but {users[0]} needs it; {nearest(name, priors.parameters)}")
    for name, prior in priors.parameters.items():
        unit = model.parameters.get(name)
        if unit is None:
            continue
        if unit.text != prior.unit:
            raise InputError(f"parameters.{name}.unit: {prior.unit!r}: the model takes {unit.text!r}; convert the numbers")
        if unit.categories and tuple(prior.values.get("categories", unit.categories)) != unit.categories:
            raise InputError(f"parameters.{name}.categories: must be {list(unit.categories)}, in this order")


def _base_year(model: Model, plan: Plan, years: tuple[int, ...]) -> int:
    """Return the year of t = 0."""
    if not years:
        moving = model.timed(plan)
        if moving:
            raise InputError(f"prior_set.years: missing, but {min(moving)} changes from year to year; state start and stop")
        return 0
    base_year = years[0] if model.base_year is None else model.base_year
    if years[0] < base_year:
        raise InputError(f"years: {years[0]}: the model starts in {base_year}")
    _check_range("years", years[-1], base_year, base_year + 1000)
    return base_year


def run_tiles(run: Run, sink: Sink, *, threads: int | None = None, tile_draws: int = TILE_DRAWS, progress: Progress | None = None) -> None:
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
        _check_range("threads", threads, 1, 1024)
    work = _tile_worker(run, sink, tile_draws)
    pool = ThreadPoolExecutor(threads or available_threads())
    done, total = 0, run.chains * run.draws_per_chain
    try:
        pending: set[Future[int]] = {pool.submit(work, *tile) for tile in _tiles(run, tile_draws)}
        while pending:
            finished, pending = wait(pending, timeout=WAIT_SECONDS, return_when=FIRST_COMPLETED)
            done += sum(future.result() for future in finished)
            if progress and finished:
                progress(done, total)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
    fill_series = compile_trajectories(run.model, run.plan)
    columns = np.full(run.horizon, -1, dtype=np.int64)
    columns[[year - run.base_year for year in run.years] if run.years else [0]] = np.arange(max(1, len(run.years)))
    buffers = threading.local()

    def fill(chain: int, first_draw: int, count: int) -> int:
        if not hasattr(buffers, "parameters"):
            buffers.parameters = np.empty((run.program.row_count, tile_draws))
        series, offset = sink.place(chain, first_draw, count)
        tile = Tile(chain, first_draw, count, buffers.parameters, series, offset)
        with np.errstate(all="ignore"):
            draw_parameters(run.program, chain, first_draw, count, tile.parameters)
            broken = fill_series(
                tile.parameters, count, run.program.first_row, run.program.stride, float(run.base_year), 1.0, columns, series, offset
            )
        if broken:
            raise NumericalError(_first_broken(run, tile))
        sink.take(tile)
        return count

    fill(0, 0, 1)
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


def store_run(run: Run, *, threads: int | None = None, tile_draws: int = TILE_DRAWS, progress: Progress | None = None) -> Store:
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
            f"draws: needs {needed / 1e9:.3g} GB, {available / 1e9:.3g} GB are free; ask for fewer draws, outputs or years"
        )


def _available_memory() -> int | None:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None

