"""What is made of several laws at once: distribution functions that add up, each with its weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcdemand.distributions._distribution import Values
from mcdemand.distributions._law import Law
from mcdemand.distributions._pieces import FIRST_SCORES, clipped, pack_inverse, tail_scores
from mcdemand.kernels.arrays import Floats

SUM_TOLERANCE = 1e-9


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
        return tail_scores(below, above)

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
        starts = np.concatenate([self.marks(), *(law.quantiles(FIRST_SCORES) for law in self.laws)])
        return pack_inverse(lambda x: clipped(self.scores(x)), self.density, starts[np.isfinite(starts)])


def equal_weights(values: Values) -> tuple[float, ...] | None:
    """Return equal weights of the components that are stated, None if none are."""
    count = len(values.get("components", ()))
    return (1 / count,) * count if count else None


def weight_problem(values: Values, name: str) -> str | None:
    """Return the rule that weights of what a parameter lists break: as many, none negative, and summing to 1."""
    weights, count = values["weights"], len(values[name])
    if len(weights) != count:
        return f"weights: {weights!r:.80}: must be as many as {name}, {count}; there are {len(weights)}"
    if min(weights) < 0:
        return f"weights: {weights!r:.80}: must not be negative"
    if abs(sum(weights) - 1) > SUM_TOLERANCE:
        return f"weights: {weights!r:.80}: must sum to 1; they sum to {sum(weights)!r}"
    return None
