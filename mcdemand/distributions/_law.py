"""A law: a family with its numbers, truncated or not. What priors are drawn from, and other laws are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from mcdemand.distributions._cells import in_cells
from mcdemand.distributions._distribution import Distribution, Values
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp
from mcdemand.kernels.normal import normal_cdf

MAX_TABLES = 1024
MOST_SHOWN = 16


@dataclass(frozen=True)
class Law:
    """One law.

    Attributes
    ----------
    numbers
        The family's parameters, name by name.
    truncation
        Bounds of the value within which the law's probability is kept.
    """

    family: Distribution
    numbers: tuple[tuple[str, Any], ...]
    truncation: tuple[float, float] | None = None

    def __str__(self) -> str:
        """Return the law in words."""
        stated = ", ".join(f"{name}={_shown(value)}" for name, value in self.numbers)
        bounds = "" if self.truncation is None else " within [{:g}, {:g}]".format(*self.truncation)
        return f"{self.family.name}({stated}){bounds}"

    @property
    def values(self) -> Values:
        """The family's parameters."""
        return dict(self.numbers)

    @property
    def has_atoms(self) -> bool:
        """Whether single values have a probability."""
        if self.family.score_less is None:
            return False
        marks = np.array(self.marks())
        return bool(np.any(self.normal_scores(marks, of_less=True) < self.normal_scores(marks)))

    def kernel_numbers(self) -> Floats:
        """Return the constants of the family's kernel; a table is made once."""
        return _kernel_numbers(self.family, self.numbers)

    def draw_numbers(self) -> Floats:
        """The constants of the row operation that the engine draws the law by; cells are made once."""
        return _draw_numbers(self.family, self.numbers)

    def normal_scores(self, x: Floats, *, of_less: bool = False) -> Floats:
        """Return the normal scores of the probability of no more than some values, or of less than them.

        Parameters
        ----------
        x
            Any shape.

        Raises
        ------
        InputError
            If the family has no distribution function.
        """
        from scipy.special import ndtri

        if self.family.score_of is None:
            raise InputError(f"a {self.family.name} law has no scores that its draws could be traced back to")
        is_normal = self.family.score == "normal"
        with np.errstate(all="ignore"):
            scores = _scores(self.family, self.values, x, of_less=of_less)
            if self.truncation is None:
                return scores if is_normal else np.asarray(ndtri(scores))
            low, high = (
                _scores(self.family, self.values, np.array(bound), of_less=not place)
                for place, bound in enumerate(self.truncation)
            )
            between = _between if is_normal else _apart
            below, above = between(low, scores.clip(low, high)), between(scores.clip(low, high), high)
            share = below / (below + above), above / (below + above)
            return np.asarray(np.where(share[0] < share[1], ndtri(share[0]), -ndtri(share[1])))

    def density(self, x: Floats) -> Floats:
        """Return the density at (value) values, atoms left out.

        Raises
        ------
        InputError
            If the family has no density that is known.
        """
        if self.family.log_density is None and self.has_atoms:
            return np.zeros(np.shape(x))
        if self.family.log_density is None:
            raise InputError(f"a {self.family.name} law has no density")
        with np.errstate(all="ignore"):
            density = exp(self.family.log_density(x, self.values))
        least, largest = self.support()
        inside = (x >= least) & (x <= largest) & ~np.isnan(density)
        return np.where(inside, density / self.kept_probability(), 0.0)

    def support(self) -> tuple[float, float]:
        """Return the least and the largest value that can be drawn, infinite where there is none."""
        least, largest = self.family.ends(self.values)
        low, high = self.truncation or (-math.inf, math.inf)
        return max(least, low), min(largest, high)

    def quantiles(self, z: Floats) -> Floats:
        """Return the quantiles at (score) normal scores."""
        numbers = self.kernel_numbers()
        with np.errstate(all="ignore"):
            found = np.array([self.family.quantile(score, numbers) for score in self._family_scores(z).tolist()])
        return found.clip(*self.support()) if self.truncation else found

    def _family_scores(self, z: Floats) -> Floats:
        """Return what the family's quantile function takes at normal scores."""
        from scipy.special import ndtr, ndtri

        takes_normal = self.family.score == "normal"
        if self.truncation is None:
            return z if takes_normal else np.asarray(ndtr(z))
        start, width, sign = truncation_numbers(self.family, self.values, self.truncation)
        kept = start + width * ndtr(sign * z)
        return np.asarray(sign * ndtri(kept) if takes_normal else kept)

    def marks(self) -> list[float]:
        """Return the atoms, and where the density jumps or has a kink."""
        least, largest = self.support()
        ends = [end for end in (least, largest) if math.isfinite(end)]
        return [*ends, *(x for x in self.family.marks(self.values) if least <= x <= largest)]

    def kept_probability(self) -> float:
        """Return the probability that the family has between the bounds of the truncation."""
        if self.truncation is None:
            return 1.0
        return truncation_numbers(self.family, self.values, self.truncation)[1]


@lru_cache(maxsize=MAX_TABLES)
def _kernel_numbers(family: Distribution, numbers: tuple[tuple[str, Any], ...]) -> Floats:
    return family.kernel_numbers(dict(numbers))


@lru_cache(maxsize=MAX_TABLES)
def _draw_numbers(family: Distribution, numbers: tuple[tuple[str, Any], ...]) -> Floats:
    own = _kernel_numbers(family, numbers)
    return in_cells(family.quantile, own) if family.tabulated else own


def truncation_numbers(family: Distribution, values: Values, bounds: tuple[float, float]) -> tuple[float, float, float]:
    """Return the probability at the near bound, that between both, and the sign of the tail they are counted from."""
    assert family.score_of is not None
    low, high = (family.score_less or family.score_of)(bounds[0], values), family.score_of(bounds[1], values)
    if family.score == "uniform":
        return low, high - low, 1.0
    sign = -1.0 if low > 0 else 1.0
    near, far = (-high, -low) if sign < 0 else (low, high)
    start = normal_cdf(near)
    return start, normal_cdf(far) - start, sign


def _between(low: Floats, high: Floats) -> Floats:
    """Return the probability between two normal scores, from the tail in which it is small."""
    from scipy.special import ndtr

    return np.asarray(np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low)))


def _apart(low: Floats, high: Floats) -> Floats:
    """Return the probability between two levels."""
    return np.asarray(high - low)


def _scores(family: Distribution, values: Values, x: Floats, *, of_less: bool) -> Floats:
    score = (family.score_less if of_less else None) or family.score_of
    assert score is not None
    if family.takes_arrays:
        return np.asarray(score(x, values))
    return np.array([score(each, values) for each in np.ravel(x).tolist()]).reshape(np.shape(x))


def _shown(value: Any) -> str:
    """Return a number, a name, a law or a list of these, not longer than a line can hold."""
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, tuple):
        return str(value)
    more = [f"... ({len(value)})"] if len(value) > MOST_SHOWN else []
    return f"[{', '.join([*map(_shown, value[:MOST_SHOWN]), *more])}]"
