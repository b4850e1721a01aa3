"""Picks evaluated in the engine: every draw of every pick once, summed where it is, none of it stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numba.core.errors import NumbaError, UnsupportedBytecodeError

from mcdemand.compiler import compile_trajectories, explain_exception, explain_failure
from mcdemand.crew import do_jobs
from mcdemand.engine import QUANTITY_ERRORS, TILE_DRAWS, Progress
from mcdemand.errors import InputError, NumericalError
from mcdemand.failure import explain_broken
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.philox import BLOCK
from mcdemand.pick_builder import Beliefs, Pick, PickProgram, build_picks, copy_names
from mcdemand.prior_set import PriorSet
from mcdemand.row_builder import Layout
from mcdemand.row_program import draw_parameters
from mcdemand.run import YEAR_STEP, Run
from mcdemand.sinks import Tile

MOST_VALUES = 2**22
"""Values of all picks and rows that a thread holds at once."""


class Stretch(NamedTuple):
    """Consecutive draws of a chain that share their picks; `number` counts them over all chains."""

    number: int
    chain: int
    first_draw: int
    draws: int


@dataclass(frozen=True)
class PickRun:
    """A run whose draws are picks.

    Attributes
    ----------
    run
        The run of the first copy: what `simulate` would draw.
    players
        Parameters that may be kept.
    is_independent
        Whether priors are taken as if they were independent.
    held
        Level of each parameter in the copy of held ones.
    """

    run: Run
    players: frozenset[str]
    is_independent: bool = False
    held: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def beliefs(self) -> Beliefs:
        """What the picks are made of."""
        priors = self.run.priors
        assert isinstance(priors, PriorSet)
        groups = () if self.is_independent else priors.groups
        steps = self.run.horizon + bool(self.run.plan.second_sweep)
        return Beliefs(priors, self.run.plan.parameters, self.players, tuple(groups), steps, self.held)

    @cached_property
    def layout(self) -> Layout:
        """The axes of all copies, those of the first copy where `simulate` has them."""
        order = copy_names(sorted(self.run.model.parameters))
        return Layout(self.run.seed, self.run.design, order, self.run.draws_per_chain, self.run.base_year)

    @property
    def rows(self) -> int:
        """Outputs times years."""
        return len(self.run.plan.outputs) * self.columns

    @property
    def columns(self) -> int:
        """Years that are kept; 1 where there is no time."""
        return max(1, len(self.run.years))

    def stretch_draws(self, picks: int) -> int:
        """Return the draws of a stretch: whole blocks, as many as fit, whatever the number of threads."""
        blocks = max(1, MOST_VALUES // (max(1, picks * self.rows) * BLOCK))
        return BLOCK * min(blocks, TILE_DRAWS // BLOCK // 8)


type PicksOf = Callable[[int], Sequence[Pick]]
"""The picks of a stretch, by its number."""
type Evaluate = Callable[[Stretch], Floats]
"""Returns the values (pick, row, draw) of a stretch, in memory of the thread's own."""


def stretches(run: Run, stretch_draws: int) -> list[list[Stretch]]:
    """Return the stretches of each job: up to 8192 draws of a chain, so that no job hangs on the number of threads."""
    jobs: list[list[Stretch]] = []
    number = 0
    for chain in range(run.chains):
        for begin in range(0, run.draws_per_chain, TILE_DRAWS):
            end = min(begin + TILE_DRAWS, run.draws_per_chain)
            firsts = range(begin, end, stretch_draws)
            sizes = [min(stretch_draws, end - first) for first in firsts]
            jobs.append([Stretch(number + k, chain, first, sizes[k]) for k, first in enumerate(firsts)])
            number += len(firsts)
    return jobs


def do_stretches[Result](
    run: Run,
    stretch_draws: int,
    work: Callable[[Sequence[Stretch]], Result],
    threads: int,
    progress: Progress | None = None,
) -> list[tuple[int, Result]]:
    """Return the chain and the result of each job, in order."""
    total, reported = run.chains * run.draws_per_chain, 0

    def report(done: Collection[tuple[int, Result, int]]) -> None:
        nonlocal reported
        count = sum(one[2] for one in done)
        if progress and count > reported:
            reported = count
            progress(reported, total)

    def counted(job: Sequence[Stretch]) -> tuple[int, Result, int]:
        return job[0].chain, work(job), sum(stretch.draws for stretch in job)

    found = do_jobs(counted, stretches(run, stretch_draws), threads, report if progress else None)
    return [(chain, result) for chain, result, _ in found]


def evaluator(picked: PickRun, picks_of: PicksOf, stretch_draws: int) -> Evaluate:
    """Return the function that evaluates a stretch; it raises what a run of the same draws would.

    Raises
    ------
    InputError
        If a quantity cannot be compiled.
    """
    evaluate = _evaluator(picked, picks_of, stretch_draws)
    try:
        evaluate(Stretch(0, 0, 0, 0))
    except (NumbaError, UnsupportedBytecodeError):
        raise InputError(explain_failure(picked.run.model, picked.run.plan)) from None
    return evaluate


def _evaluator(picked: PickRun, picks_of: PicksOf, stretch_draws: int) -> Evaluate:
    run = picked.run
    fill_series = compile_trajectories(run.model, run.plan, run.yearly())
    columns = np.full(run.horizon, -1, dtype=np.int64)
    columns[[year - run.base_year for year in run.years] if run.years else [0]] = np.arange(picked.columns)
    memory = threading.local()
    built: dict[tuple[Pick, ...], PickProgram] = {}

    def program_of(picks: tuple[Pick, ...]) -> PickProgram:
        found = built.get(picks)
        if found is None:
            found = build_picks(picked.beliefs, picked.layout, picks)
            built.clear()
            built[picks] = found
        return found

    def evaluate(stretch: Stretch) -> Floats:
        picks = tuple(picks_of(stretch.number))
        found = program_of(picks)
        shape = (found.program.row_count, stretch_draws), (len(picks), len(run.plan.outputs), picked.columns)
        tile, series = _buffers(memory, *shape)
        chain = run.first_chain + stretch.chain
        draw_parameters(found.program, chain, stretch.first_draw, stretch.draws, tile)
        with np.errstate(all="ignore"):
            for k, pick in enumerate(picks):
                try:
                    broken = fill_series(
                        tile, stretch.draws, found.first_row[k], found.stride, run.base_year, YEAR_STEP, columns,
                        series[k], 0,
                    )  # fmt: skip
                except QUANTITY_ERRORS as error:
                    raise InputError(explain_exception(run.model, run.plan, error)) from error
                if broken:
                    raise NumericalError(_explain(run, stretch, found, k, pick, tile, series[k]))
        return series.reshape(len(picks), picked.rows, stretch_draws)

    return evaluate


def _buffers(memory: Any, tile_shape: tuple[int, int], series_shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return a thread's own tile (row, draw) and series (pick, output, column, draw), kept from stretch to stretch."""
    sizes = int(np.prod(tile_shape)), int(np.prod(series_shape)) * tile_shape[1]
    if getattr(memory, "sizes", (0, 0)) < sizes or memory.sizes[1] < sizes[1]:
        memory.sizes = sizes
        memory.tile, memory.series = np.empty(sizes[0]), np.empty(sizes[1])
    return memory.tile[: sizes[0]].reshape(tile_shape), memory.series[: sizes[1]].reshape(*series_shape, tile_shape[1])


def _explain(run: Run, stretch: Stretch, found: PickProgram, k: int, pick: Pick, tile: Floats, series: Floats) -> str:
    """Return which number is not finite, and what made it so."""
    parameters = np.empty((run.program.row_count, stretch.draws))
    for j, name in enumerate(run.plan.parameters):
        rows = run.program.rows_of(name)
        count = rows.stop - rows.start
        parameters[rows] = tile[found.first_row[k, j] : found.first_row[k, j] + count, : stretch.draws]
    shown = np.ascontiguousarray(series[:, :, : stretch.draws])
    place = explain_broken(run, Tile(stretch.chain, stretch.first_draw, stretch.draws, parameters, shown, 0))
    return place if pick.kept and pick.copy == pick.luck else f"{place}; a pick: {pick}"


def pair_places(pairs: Sequence[tuple[int, int]]) -> Integers:
    """Return pairs of picks as the kernel takes them."""
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


NO_PAIRS = pair_places([])
