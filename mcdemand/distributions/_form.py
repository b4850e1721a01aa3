"""A law as its distribution function or its quantile function, and the family that is drawn from pieces of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI, Axis, Distribution, Parameter, Values, bounded
from mcdemand.distributions._packing import LAST_SCORE
from mcdemand.distributions._pieces import (
    clipped,
    pack_function,
    pack_inverse,
    pack_steps,
    scores_of,
    tail_scores,
)
from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log
from mcdemand.kernels.pieces import piecewise

MAX_FORMS = 64
FARTHEST_SCORE = 37.5
"""The probability beyond is not much above the smallest double."""
BISECTIONS = 64
MOST_VALUES = 2**17


class Form(Protocol):
    """What a law in pieces is made of."""

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the normal scores of the probabilities of less than (value) values, and of no more."""

    def density(self, x: Floats) -> Floats:
        """Return the density at (value) values, atoms left out."""

    def support(self) -> tuple[float, float]:
        """Return the least and the largest value, infinite where there is none."""

    def marks(self) -> Sequence[float]:
        """Return atoms, and values at which the density jumps or has a kink."""

    def pieces(self) -> Floats:
        """Return the numbers of the quantile function."""


@dataclass(frozen=True)
class Smooth:
    """A law known by its quantile function of the normal score.

    Attributes
    ----------
    value, slope
        The function and its derivative at (score) scores, below 38 in size.
    ends
        The least and the largest value.
    knots
        Scores at which the function has a kink.
    operands
        The size of what values near 0 are the difference of, such as a bound.
    """

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    ends: tuple[float, float]
    knots: tuple[float, ...] = ()
    operands: float = 0.0

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the normal scores at (value) values, by bisection."""
        low, high = np.full(np.shape(x), -FARTHEST_SCORE), np.full(np.shape(x), FARTHEST_SCORE)
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            is_below = self.value(middle) < x
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        first, last = self.value(np.array([-FARTHEST_SCORE, FARTHEST_SCORE]))
        found = np.where(x <= first, -math.inf, np.where(x >= last, math.inf, 0.5 * (low + high)))
        return found, found

    def density(self, x: Floats) -> Floats:
        """Return phi(z) over the slope at (value) values."""
        z, _ = self.scores(x)
        inside = np.clip(z, -FARTHEST_SCORE, FARTHEST_SCORE)
        density = exp(-0.5 * inside * inside - LOG_ROOT_TWO_PI) / self.slope(inside)
        return np.where(np.isfinite(z), density, 0.0)

    def support(self) -> tuple[float, float]:
        """Return both ends."""
        return self.ends

    def marks(self) -> Sequence[float]:
        """Return the values at the kinks."""
        return self.value(np.array(self.knots)).tolist() if self.knots else ()

    def pieces(self) -> Floats:
        """Return the numbers of the quantile function."""
        return pack_function(self.value, self.slope, self.knots, self.operands)


@dataclass(frozen=True)
class Continuous:
    """A law known by its distribution function, computed from both tails, and its density.

    Attributes
    ----------
    tails, density_of
        Probabilities of no more than (value) values and of more, and the density there.
    start
        Values that the pieces begin with, those at the kinks among them.
    """

    tails: Callable[[Floats], tuple[Floats, Floats]]
    density_of: Callable[[Floats], Floats]
    ends: tuple[float, float]
    start: tuple[float, ...]
    kinks: tuple[float, ...] = ()

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the normal scores at (value) values.

        Raises
        ------
        NumericalError
            If a probability is no number.
        """
        below, above = self.tails(x)
        if np.isnan(below).any() or np.isnan(above).any():
            raise NumericalError(
                f"no probability can be computed at {np.ravel(x)[np.ravel(np.isnan(below + above))][0]:g}"
            )
        found = tail_scores(below, above)
        return found, found

    def density(self, x: Floats) -> Floats:
        """Return the density at (value) values."""
        return self.density_of(x)

    def support(self) -> tuple[float, float]:
        """Return both ends."""
        return self.ends

    def marks(self) -> Sequence[float]:
        """Return the values at the kinks."""
        return self.kinks

    def pieces(self) -> Floats:
        """Return the numbers of the quantile function."""
        finite = [x for x in (*self.start, *self.kinks, *self.ends) if math.isfinite(x)]
        return pack_inverse(lambda x: clipped(self.scores(x)), self.density_of, finite)


@dataclass(frozen=True)
class Steps:
    """A law of some values only, each with a probability.

    Attributes
    ----------
    values
        (value), ascending; what is less likely than 1e-17 may be left out at both ends.
    below, above
        (value) probabilities of no more, and of more.
    ends
        The least and the largest value, infinite where there is none.
    """

    values: Floats
    below: Floats
    above: Floats
    ends: tuple[float, float]

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the normal scores of the probabilities of less than (value) values, and of no more."""
        z = np.concatenate([[-math.inf], tail_scores(self.below, self.above)[:-1], [math.inf]])
        less, no_more = (z[np.searchsorted(self.values, x, side=side)] for side in ("left", "right"))
        return less, no_more

    def density(self, x: Floats) -> Floats:
        """Return 0: atoms are left out."""
        return np.zeros(np.shape(x))

    def support(self) -> tuple[float, float]:
        """Return both ends."""
        return self.ends

    def marks(self) -> Sequence[float]:
        """Return the values that can be drawn."""
        z = scores_of(self.below, self.above)
        is_drawn = (np.append(-LAST_SCORE, z[:-1]) < LAST_SCORE) & (z > -LAST_SCORE)
        return [float(x) for x in self.values[is_drawn]]

    def pieces(self) -> Floats:
        """Return the numbers of the quantile function."""
        return pack_steps(self.values, self.below, self.above)


def family_of_forms(
    name: str,
    parameters: tuple[Parameter, ...],
    form_of: Callable[[Values], Form],
    *,
    has_atoms: bool = False,
    is_discrete: bool = False,
    **others: Any,
) -> Distribution:
    """Return a family whose laws are drawn from the pieces of a form.

    Parameters
    ----------
    form_of
        From the parameters, complete, to the form of the law.
    has_atoms, is_discrete
        Whether single values have a probability, and whether nothing else has.
    others
        More attributes of the family.
    """

    @lru_cache(maxsize=MAX_FORMS)
    def kept(numbers: tuple[tuple[str, Any], ...]) -> Form:
        return form_of(dict(numbers))

    def form(values: Values) -> Form:
        return kept(tuple(values.items()))

    def score(x: Any, values: Values, place: int) -> Any:
        # A score of one value must be a number, not an array without axes: kernels take it.
        flat = np.atleast_1d(np.asarray(x, dtype=np.float64))
        with np.errstate(all="ignore"):
            return form(values).scores(flat)[place].reshape(np.shape(x))[()]

    def log_density(x: Floats, values: Values) -> Floats:
        return np.asarray(log(form(values).density(x)))

    return Distribution(
        **{
            "name": name,
            "parameters": parameters,
            "score": "normal",
            "quantile": piecewise,
            "numbers": lambda values: form(values).pieces(),
            "score_of": lambda x, values: score(x, values, 1),
            "score_less": (lambda x, values: score(x, values, 0)) if has_atoms or is_discrete else None,
            "takes_arrays": True,
            "log_density": None if is_discrete else log_density,
            "support": lambda values: form(values).support(),
            "marks": lambda values: form(values).marks(),
            "axis": bounded if has_atoms or is_discrete else lambda values: _axis(form(values).support()),
            "tabulated": True,
            **others,
        }
    )


def _axis(ends: tuple[float, float]) -> Axis:
    """Return where a law lives: positive means that it reaches from 0 to infinity."""
    return {(-math.inf, math.inf): "real", (0.0, math.inf): "positive"}.get(ends, "bounded")  # type: ignore[return-value]
