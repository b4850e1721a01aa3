"""Morris screening: which parameters move an output at all, from few points; means and spreads of single moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mcdemand.designs._design import key_words
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.ranges import check_range
from mcdemand.sensitivity._levels import checked_levels
from mcdemand.sensitivity._method import Estimate, Experiment, Index, Method

LEAST_TRAJECTORIES, MOST_TRAJECTORIES = 3, 10_000
MOST_LEVELS = 1000


def elementary_effects(positions: Floats, outputs: Floats) -> Floats:
    """Return (parameter, trajectory, row) elementary effects, each for a move across the whole range.

    Parameters
    ----------
    positions
        (parameter, point) places on the grid, 0 at its low end, 1 at its high end; trajectories one after the other,
        each of one point more than there are parameters, neighbours different in one parameter, every one moved once.
    outputs
        (row, point) outputs there.

    Notes
    -----
    The move of parameter j by d_j, the others where the trajectory has left them, has the effect
    (y(x + d_j e_j) - y(x)) / d_j (Morris 1991, eq. 1); d_j is in units of the grid's whole length.
    """
    count = len(positions)
    moves = np.diff(positions.reshape(count, -1, count + 1), axis=2)
    differences = np.diff(outputs.reshape(len(outputs), -1, count + 1), axis=2)
    mover = np.abs(moves).argmax(axis=0)
    size = np.take_along_axis(moves, mover[np.newaxis], axis=0)
    turn = np.argsort(mover, axis=1)[np.newaxis]
    return np.take_along_axis(differences / size, turn, axis=2).transpose(2, 1, 0)


def trajectories_of(parameters: Sequence[str], seed: int, count: int, levels: int) -> Integers:
    """Return the steps on the grid, 0 to levels - 1, of (parameter, point), trajectories one after the other.

    Start and turn of a parameter belong to (seed, trajectory, name): more trajectories begin with the fewer, and a
    start moves for no other parameter.

    Notes
    -----
    Every start is equally likely. A parameter moves by levels / 2 steps, up from the lower half, down from the upper
    one, so its ends are equally likely too (Morris 1991, section 3); turns are in random order.
    """
    keys = [[key_words(seed, "morris", k, name) for name in parameters] for k in range(count)]
    words = np.array(keys, dtype=np.int64).reshape(count, len(parameters), 2)
    start = words[..., :1] % levels
    move = np.where(start < levels // 2, levels // 2, -(levels // 2))
    turn = np.argsort(np.argsort(words[..., 1], axis=1, kind="stable"), axis=1)[..., np.newaxis]
    steps: Integers = start + move * (np.arange(len(parameters) + 1) > turn)
    return steps.transpose(1, 0, 2).reshape(len(parameters), -1)


def estimate(
    experiment: Experiment, *, trajectories: int, levels: int, range: tuple[float, float]
) -> dict[str, Estimate]:
    """Return mean absolute effect, mean effect and standard deviation of the effects of every parameter.

    Parameters
    ----------
    trajectories
        How many; the model is evaluated (parameters + 1) times in each.
    levels
        Points of the grid along each parameter, an even number.
    range
        Levels of the priors that the grid spans: (0.05, 0.95) is from p5 to p95, as most priors have no ends. Its
        points are equally far apart in level, so equally likely pieces of the prior lie between them.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Effects are those of a move across the whole range, in the output's unit; see `elementary_effects`. Over r
    trajectories `mu` is their mean and `sigma` their standard deviation (Morris 1991): a large one says that the effect
    depends on where the others are, or is not linear in the level. `mu_star` is the mean of their absolute values
    (Campolongo, Cariboni and Saltelli 2007), which opposite effects do not cancel in. Trajectories are independent, so
    errors of means are s / sqrt(r); that of `sigma` is by the jackknife (Efron 1982).
    """
    low, high = checked_levels(range)
    check_range("trajectories", trajectories, LEAST_TRAJECTORIES, MOST_TRAJECTORIES)
    check_range("levels", levels, 2, MOST_LEVELS)
    if levels % 2:
        raise InputError(f"levels: {levels}: must be even, so that every level is equally likely")
    positions = trajectories_of(experiment.parameters, experiment.seed, trajectories, levels) / (levels - 1)
    effects = elementary_effects(positions, experiment.at(low + (high - low) * positions))
    return {
        "mu_star": _mean(np.abs(effects)),
        "mu": _mean(effects),
        "sigma": _deviation(effects),
    }


def _mean(effects: Floats) -> Estimate:
    number = effects.shape[1]
    return Estimate(effects.mean(axis=1), np.sqrt(_squares(effects)[1] / (number * (number - 1))), number - 1)


def _deviation(effects: Floats) -> Estimate:
    """Return the standard deviation over trajectories, with its error by the jackknife."""
    number = effects.shape[1]
    squares, total = _squares(effects)
    # The sum of squares without one of n is smaller by n / (n - 1) times its own square.
    rest = np.maximum(total[:, np.newaxis] - squares * number / (number - 1), 0.0)
    without = np.sqrt(rest / (number - 2))
    error = np.sqrt(_squares(without)[1] * (number - 1) / number)
    return Estimate(np.sqrt(total / (number - 1)), error, number - 1)


def _squares(values: Floats) -> tuple[Floats, Floats]:
    """Return the squared deviations from the mean over trajectories, and their sums; equal values have exactly 0."""
    apart = values - values[:, :1]
    squares = (apart - apart.mean(axis=1, keepdims=True)) ** 2
    return squares, squares.sum(axis=1)


def _index(long_name: str) -> Index:
    return Index(long_name, unit="output")


OPTIONS: dict[str, Any] = {"trajectories": 20, "levels": 4, "range": (0.05, 0.95)}

METHOD = Method(
    name="morris",
    title="screening by moves across the range of each parameter",
    design="points",
    indices={
        "mu_star": _index("mean absolute effect of a move across the range"),
        "mu": _index("mean effect of a move across the range"),
        "sigma": _index("standard deviation of the effects"),
    },
    estimate=estimate,
    dependence="ignored",
    options=OPTIONS,
)
