"""Laws of whole numbers, from their distribution functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcdemand.distributions._form import MOST_VALUES, Steps
from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats

SMALLEST_PROBABILITY = 1e-17
"""What is less likely at either end of a law is left out: no draw has such a score."""

LARGEST_NUMBER = 2.0**53 - MOST_VALUES
"""Up to here, and as far beyond as a law may reach, every whole number is a double."""

Probability = Callable[[Floats], Floats]


def steps_of(name: str, below: Probability, above: Probability, ends: tuple[float, float], centre: float) -> Steps:
    """Return the steps of a law of whole numbers.

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
    numbers = numbers_of(name, lambda k: below(k - 1), above, ends, centre)
    return Steps(numbers, below(numbers), above(numbers), ends)


def summed(name: str, mass: Probability, ends: tuple[float, float], centre: float) -> tuple[Steps, float]:
    """Return the steps of a law from the probability of each number, and the sum of these.

    Raises
    ------
    NumericalError
        If the numbers are too many to tabulate.
    """
    numbers = numbers_of(name, lambda k: mass(k - 1), lambda k: mass(k + 1), ends, centre)
    masses = mass(numbers)
    below, above = np.cumsum(masses), np.append(np.cumsum(masses[:0:-1])[::-1], 0.0)
    return Steps(numbers, below / below[-1], above / below[-1], ends), float(below[-1])


def numbers_of(name: str, less: Probability, more: Probability, ends: tuple[float, float], centre: float) -> Floats:
    """Return the whole numbers that are likely enough to draw.

    Parameters
    ----------
    less, more
        How likely (value) whole numbers are to be undercut, and to be exceeded.

    Raises
    ------
    NumericalError
        If they are too many to tabulate.
    """
    if not abs(centre) < LARGEST_NUMBER:
        raise NumericalError(f"so large a {name} draws numbers that no double tells apart; state a continuous law")
    last = _last(more, float(centre), float(ends[1]))
    first = 0.0 - _last(lambda k: less(-k), -float(centre), -float(ends[0]))
    if not last - first < MOST_VALUES:
        raise NumericalError(
            f"so wide a {name} draws over {MOST_VALUES} different numbers; state a normal or another continuous law"
        )
    return np.arange(first, last + 1)


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
