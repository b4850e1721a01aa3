"""Laws of whole numbers, from their distribution functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcdemand.distributions._form import MOST_VALUES, Steps
from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats

SMALLEST_PROBABILITY = 1e-17
"""What is less likely at either end of a law is left out: no draw has such a score."""

Probability = Callable[[Floats], Floats]


def steps_of(name: str, below: Probability, above: Probability, ends: tuple[float, float], centre: float) -> Steps:
    """Return the steps of a law of whole numbers, given from its least number on.

    Parameters
    ----------
    below, above
        Probabilities of no more than (value) whole numbers, and of more.
    ends
        The least and the largest number, infinite where there is none.
    centre
        A number in the law's middle, from which its ends are sought.

    Raises
    ------
    NumericalError
        If the numbers are too many to tabulate.
    """
    last = _last(above, centre, ends[1])
    first = 0.0 - _last(lambda k: below(-k - 1), -centre, -ends[0])
    if not last - first < MOST_VALUES:
        raise NumericalError(
            f"so wide a {name} draws more than {MOST_VALUES} different numbers; state a normal or another continuous law"
        )
    numbers = np.arange(first, last + 1)
    return Steps(numbers, below(numbers), above(numbers), ends)


def _last(beyond: Probability, centre: float, end: float) -> float:
    """Return the least number from the centre on beyond which nothing is worth a step."""

    def is_enough(k: float) -> bool:
        return k >= end or not float(beyond(np.array([k]))[0]) > SMALLEST_PROBABILITY

    low, step = centre, 1.0
    while step < MOST_VALUES and not is_enough(low + step):
        step *= 2
    high = min(low + step, end)
    while high - low > 1:
        middle = np.floor(0.5 * (low + high))
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return float(low if is_enough(low) else high)
