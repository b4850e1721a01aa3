"""What is made of several laws at once: distribution functions that add up, each with its weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Values, no_rule
from mcdemand.distributions._law import Law
from mcdemand.distributions._pieces import LAST_SCORE, pack_inverse, scores_of
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.pieces import piecewise, piecewise_row

STARTS = np.linspace(-LAST_SCORE, LAST_SCORE, 65)
"""Normal scores of each law's quantiles that the pieces begin with."""


@dataclass(frozen=True)
class Atom:
    """A single value, as a law."""

    value: float
    has_atoms = True

    def normal_scores(self, x: Floats, *, of_less: bool = False) -> Floats:
        """Return minus infinity below the value and infinity above it."""
        return np.where(x > self.value if of_less else x >= self.value, math.inf, -math.inf)

    def density(self, x: Floats) -> Floats:
        """Return 0: an atom is left out."""
        return np.zeros(np.shape(x))

    def marks(self) -> list[float]:
        """Return the value."""
        return [self.value]

    def support(self) -> tuple[float, float]:
        """Return the value, twice."""
        return self.value, self.value

    def quantiles(self, z: Floats) -> Floats:
        """Return the value at every score."""
        return np.full(np.shape(z), self.value)


def part_of(law: Law) -> Law | Atom:
    """Return a constant as an atom, another law as it is."""
    return Atom(law.values["value"]) if law.family.score == "none" else law


@dataclass(frozen=True)
class Mixture:
    """Laws and their weights, which sum to 1."""

    laws: Sequence[Law | Atom]
    weights: Sequence[float]

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the normal scores of the probabilities of less than (value) values, and of no more."""
        below = self._scores([law.normal_scores(x) for law in self.laws])
        if not any(law.has_atoms for law in self.laws):
            return below, below
        return self._scores([law.normal_scores(x, of_less=True) for law in self.laws]), below

    def _scores(self, scores: Sequence[Floats]) -> Floats:
        from scipy.special import ndtr

        below, above = (
            np.sum([weight * ndtr(sign * z) for weight, z in zip(self.weights, scores, strict=True)], axis=0)
            for sign in (1, -1)
        )
        return scores_of(below, above)

    def density(self, x: Floats) -> Floats:
        """Return the density at (value) values, atoms left out."""
        parts = [weight * law.density(x) for weight, law in zip(self.weights, self.laws, strict=True)]
        return np.asarray(np.sum(parts, axis=0))

    def support(self) -> tuple[float, float]:
        """Return the ends of all laws together."""
        ends = [law.support() for law in self.laws]
        return min(least for least, _ in ends), max(largest for _, largest in ends)

    def marks(self) -> list[float]:
        """Return atoms and kinks."""
        return [x for law in self.laws for x in law.marks()]

    def pieces(self) -> Floats:
        """Return the numbers of the quantile function.

        Raises
        ------
        NumericalError
            If it takes too many pieces.
        """
        starts = np.concatenate([self.marks(), *(law.quantiles(STARTS) for law in self.laws)])
        return pack_inverse(self.scores, self.density, starts[np.isfinite(starts)])


def mixed_family(
    name: str,
    parameters: tuple[Parameter, ...],
    mixture_of: Callable[[Values], Mixture],
    check: Callable[[Values], str | None] = no_rule,
) -> Distribution:
    """Return a family whose laws are mixtures, drawn from pieces."""

    def score(x: float, values: Values, place: int) -> float:
        return float(mixture_of(values).scores(np.array([x]))[place][0])

    return Distribution(
        name=name,
        parameters=parameters,
        score="normal",
        quantile=piecewise,
        row=piecewise_row,
        numbers=lambda values: mixture_of(values).pieces(),
        score_of=lambda x, values: score(x, values, 1),
        score_less=lambda x, values: score(x, values, 0),
        log_density=lambda x, values: np.asarray(np.log(mixture_of(values).density(x))),
        support=lambda values: mixture_of(values).support(),
        marks=lambda values: mixture_of(values).marks(),
        check=check,
        tabulated=True,
    )
