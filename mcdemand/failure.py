"""A number that is not finite, traced to the first thing that went wrong in its draw, so that it can be replayed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from mcdemand.compiler import compile_trajectories
from mcdemand.kernels.arrays import Floats
from mcdemand.quantity import NEXT, PREVIOUS
from mcdemand.run import YEAR_STEP, Run
from mcdemand.sinks import Tile

REMEDY = "keep what it divides by, takes the logarithm or the root of, away from zero, or narrow the priors"
PARAMETER_REMEDY = "narrow its prior"


def explain_broken(run: Run, tile: Tile) -> str:
    """Return which number of a tile is the first that is not finite, what made it so, and how many there are.

    The draw is evaluated once more with every quantity kept; nobody pays for this unless a run fails.
    """
    values = tile.series[:, :, tile.offset : tile.offset + tile.count]
    broken = ~np.isfinite(values)
    output, column, draw = (int(k) for k in np.argwhere(broken)[0])
    year = f", year {run.years[column]}" if run.years else ""
    chain = run.first_chain + tile.chain
    place = f"not a finite number in chain {chain}, draw {tile.first_draw + draw}{year}, seed {run.seed}"
    name = run.plan.outputs[output]
    count = f"{int(broken.any(axis=(0, 1)).sum())} of the {tile.count} draws tried beside it are not finite"
    return f"{name}: {values[output, column, draw]}: {place}{_origin(run, tile, name, draw)} ({count})"


def _origin(run: Run, tile: Tile, output: str, draw: int) -> str:
    """Return what went wrong first in a draw: a parameter, or the first quantity in the order of evaluation."""
    parameters = np.ascontiguousarray(tile.parameters[:, draw : draw + 1])
    for name in run.plan.parameters:
        for step, value in enumerate(parameters[run.program.rows_of(name), 0]):
            if not math.isfinite(value):
                when = _when(run, step) if run.priors.varies(name) else ""
                return f"; it began with {name} = {value:.4g}{when}; {PARAMETER_REMEDY}"
    order = (*run.plan.first_sweep, *run.plan.second_sweep)
    series = compute_trajectory(run, order, parameters)
    for k, step in _evaluations(run, series):
        if not math.isfinite(series[k, step]):
            return _cause(run, series, parameters, order, (k, step), output)
    return f"; {REMEDY}"


def _evaluations(run: Run, series: Floats) -> Iterator[tuple[int, int]]:
    """Yield (quantity, step) in the order of evaluation: those that read the following year come a year late."""
    first, last = len(run.plan.first_sweep), series.shape[1]
    for step in range(last + 1):
        yield from ((k, step) for k in range(first) if step < last)
        yield from ((k, step - 1) for k in range(first, len(series)) if step > 0)


def _cause(
    run: Run, series: Floats, parameters: Floats, order: tuple[str, ...], found: tuple[int, int], output: str
) -> str:
    """Return what one evaluation gave, and from which arguments."""
    k, step = found
    known = _known(run, order, series, parameters, step)
    inputs = sorted(run.model.quantities[order[k]].all_arguments() & set(known))
    shown = ", ".join(f"{argument} = {known[argument]:.4g}" for argument in inputs)
    began = "" if order[k] == output else f"; it began with {order[k]} = {series[k, step]:.4g}{_when(run, step)}"
    return f"{began}{', where ' if shown else ''}{shown}; {REMEDY}"


def compute_trajectory(run: Run, order: tuple[str, ...], parameters: Floats) -> Floats:
    """Return (quantity, step) of one draw from the base year on."""
    kernel = compile_trajectories(run.model, dataclasses.replace(run.plan, outputs=order), run.yearly())
    series = np.full((len(order), run.horizon, 1), math.nan)
    columns = np.arange(run.horizon, dtype=np.int64)
    with np.errstate(all="ignore"):
        kernel(parameters, 1, *run.plan_rows(), run.base_year, YEAR_STEP, columns, series, 0)
    return series[:, :, 0]


def _known(run: Run, order: tuple[str, ...], series: Floats, parameters: Floats, step: int) -> dict[str, float]:
    """Return everything that a quantity can read in one year of one draw."""
    known = {"t": step * YEAR_STEP, "year": run.base_year + step * YEAR_STEP, "dt": YEAR_STEP}
    for name in run.plan.parameters:
        rows = parameters[run.program.rows_of(name), 0]
        known[name] = rows[step if rows.size > 1 else 0]
    for k, name in enumerate(order):
        known[name] = series[k, step]
        if step > 0:
            known[PREVIOUS + name] = series[k, step - 1]
        if step + 1 < series.shape[1]:
            known[NEXT + name] = series[k, step + 1]
    return known


def _when(run: Run, step: int) -> str:
    return f" in {run.base_year + step}" if run.years else ""
