"""A hurdle law: 0 with a probability, else another law restricted to above 0 (Mullahy 1986)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import family_of_forms
from mcdemand.distributions._law import Law
from mcdemand.distributions._mixture import Atom, part_of
from mcdemand.distributions._pieces import FIRST_SCORES, clipped, pack_inverse, tail_scores
from mcdemand.kernels.arrays import Floats

SMALLEST = 5e-324


@dataclass(frozen=True)
class Hurdle:
    """The probability of 0, and the law that is restricted."""

    probability: float
    law: Law | Atom

    @property
    def _kept(self) -> float:
        """The share of the law that lies above 0."""
        return float(self._above(np.array([SMALLEST]), of_less=True)[0])

    def _above(self, x: Floats, *, of_less: bool) -> Floats:
        from scipy.special import ndtr

        return np.asarray(ndtr(-self.law.normal_scores(x, of_less=of_less)))

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the normal scores of the probabilities of less than (value) values, and of no more."""
        return self._scores(x, of_less=True), self._scores(x, of_less=False)

    def _scores(self, x: Floats, *, of_less: bool) -> Floats:
        from scipy.special import ndtr, ndtri

        positive = np.maximum(x, SMALLEST)
        at_zero = -self.law.normal_scores(np.array([SMALLEST]), of_less=True)
        scores = self.law.normal_scores(positive, of_less=of_less)
        above = ndtr(-scores) / self._kept
        # From the tail in which both are small.
        below = np.where(at_zero < 0, (ndtr(at_zero) - ndtr(-scores)), (ndtr(scores) - ndtr(-at_zero))) / self._kept
        below, above = self.probability + (1 - self.probability) * below, (1 - self.probability) * above
        found = tail_scores(below, above)
        at = ndtri(self.probability)
        found = np.where(x > 0, np.maximum(found, at), at)
        return np.where((x < 0) | ((x == 0) & of_less), -math.inf, found)

    def density(self, x: Floats) -> Floats:
        """Return the density at (value) values, atoms left out."""
        return np.where(x > 0, (1 - self.probability) * self.law.density(x) / self._kept, 0.0)

    def support(self) -> tuple[float, float]:
        """Return 0 and the largest value of the law."""
        return 0.0, max(self.law.support()[1], 0.0)

    def marks(self) -> Sequence[float]:
        """Return 0, atoms and kinks."""
        return [0.0, *(x for x in self.law.marks() if x > 0)]

    def pieces(self) -> Floats:
        """Return the numbers of the quantile function."""
        starts = np.concatenate([self.marks(), self.law.quantiles(FIRST_SCORES)])
        return pack_inverse(
            lambda x: clipped(self.scores(x)), self.density, starts[np.isfinite(starts) & (starts >= 0)]
        )


def form_of(values: Values) -> Hurdle:
    """Return 0 and the law."""
    return Hurdle(values["probability"], part_of(values["law"]))


def check(values: Values) -> str | None:
    """Return the rule that the law breaks."""
    law = values["law"]
    if law.family.name == "categorical":
        return "law: a categorical law has no values above 0; state a law of numbers"
    if not form_of(values)._kept > 0:
        return "law: has no probability above 0; state one that has"
    return None


DISTRIBUTION = family_of_forms(
    "hurdle",
    (Parameter("probability", "between 0 and 1"), Parameter("law", "law")),
    form_of,
    has_atoms=True,
    check=check,
)
