"""Archimedean copulas by frailty: U = psi(E / V), E independent unit exponentials, V one frailty of group and year.

Marshall and Olkin (1988), "Families of multivariate distributions", section 5: C(u) = psi(sum of psi^-1(u_k)) with psi
the Laplace transform of V. Everything is done with logarithms, of which the scores are tabulated functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mcdemand.copulas._copula import Copula, Numbers, Rows, one_of
from mcdemand.copulas._table import INTERPOLATE, LOG_ROOT_TWO_PI, log_exponential_table, score_of_logs, tabulate_between
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import asinh, cosh, exp, sinh

SIZE_KEYS = ("theta", "kendall", "rank")

type Logs = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""From x, the logarithm of E / V, to the logarithms of u, of 1 - u and of -du / dx."""


@dataclass(frozen=True)
class Archimedean(Copula):
    """A copula of one number theta, the same for all pairs.

    Attributes
    ----------
    least, most
        The range of theta.
    """

    least: float
    most: float
    keys: ClassVar[tuple[str, ...]] = (*SIZE_KEYS, "survival")

    def kendall(self, theta: float) -> float:
        """Return Kendall's tau."""
        raise NotImplementedError

    def spearman(self, theta: float) -> float:
        """Return Spearman's rank correlation."""
        raise NotImplementedError

    def frailty(self, builder: Rows, theta: float, name: str, step: int) -> list[tuple[int, float]]:
        """Draw the frailty; return the rows, with their weights, whose sum -share(theta) log V is."""
        raise NotImplementedError

    def share(self, theta: float) -> float:
        """Return what log E - log V is multiplied by before the score table."""
        return 1.0

    def read(self, names: Sequence[str], stated: Numbers) -> dict[str, float]:
        """Return theta, and 1 as `survival` where the copula is turned round.

        Raises
        ------
        InputError
            If theta, kendall and rank are not exactly one, or the family has no such dependence.
        """
        key = one_of(stated, SIZE_KEYS)
        if key is None:
            raise InputError(f"{self.name}: needs one of {', '.join(SIZE_KEYS)}")
        value = stated[key]
        size = abs(value) if self.can_be_negative(names) else value
        if size < 0:
            raise InputError(f"{key}: {value!r}: {self.negative_remedy(names)}")
        low, high = self._range(key)
        if not low <= size <= high:
            remedy = "less is independence" if size < low else "so much is nearly one parameter: state less"
            raise InputError(f"{key}: {value!r}: must lie between {low:.4g} and {high:.4g} for {self.name}; {remedy}")
        theta = math.copysign(self._theta(key, size), value)
        return {"theta": theta} | ({"survival": 1.0} if stated.get("survival") else {})

    def can_be_negative(self, names: Sequence[str]) -> bool:
        """Return whether a group of these members can have negative dependence."""
        return False

    def negative_remedy(self, names: Sequence[str]) -> str:
        """Return why negative dependence is refused, and what to do."""
        return f"{self.name} has no negative dependence; use gaussian or student_t, or frank for two members"

    def _range(self, key: str) -> tuple[float, float]:
        return self._of_theta(key)(self.least), self._of_theta(key)(self.most)

    def _of_theta(self, key: str) -> Callable[[float], float]:
        measures: dict[str, Callable[[float], float]] = {"kendall": self.kendall, "rank": self.spearman}
        return measures.get(key, float)

    def _theta(self, key: str, size: float) -> float:
        from scipy.optimize import brentq

        if key == "theta":
            return size
        if key == "kendall" and (exact := self.theta_of_kendall(size)) is not None:
            return exact
        measure, (low, high) = self._of_theta(key), self._range(key)
        if size in (low, high):
            return self.least if size == low else self.most
        return float(brentq(lambda theta: measure(theta) - size, self.least, self.most, xtol=1e-13, rtol=1e-14))

    def theta_of_kendall(self, tau: float) -> float | None:
        """Return the theta of a Kendall's tau where there is a closed form."""
        return None

    def latent(self, key: str, value: float, numbers: Numbers) -> float:
        """Return 0: there are no latent correlations."""
        return 0.0

    def rank(self, latent: float, numbers: Numbers) -> float:
        """Return Spearman's rank correlation, the same for all pairs."""
        return math.copysign(self.spearman(abs(numbers["theta"])), numbers["theta"])

    def fill(self, builder: Rows, rows: Sequence[int], factor: Floats, numbers: Numbers, name: str, step: int) -> None:
        """Turn scores into log E, take log V away, and look the scores of psi(E / V) up."""
        theta = abs(numbers["theta"])
        terms = self.frailty(builder, theta, name, step)
        weights = [self.share(theta), *(weight for _, weight in terms)]
        for row, sign in zip(rows, self.signs(numbers, len(rows)), strict=True):
            builder.do(INTERPOLATE, [row], log_exponential_table(sign))
            builder.do(operations.combine, [row, *(term for term, _ in terms)], weights)
            self.take_score(builder, row, theta, sign)

    def take_score(self, builder: Rows, row: int, theta: float, sign: float) -> None:
        """Turn a row of logarithms into scores."""
        builder.do(INTERPOLATE, [row], self.score_table(theta, sign))

    def score_table(self, theta: float, sign: float) -> Floats:
        """Return the table of the normal score of psi(E / V); of its complement's where sign is -1."""
        raise NotImplementedError

    def signs(self, numbers: Numbers, count: int) -> list[float]:
        """Return -1 for the members that are turned round, else 1."""
        return [-1.0 if numbers.get("survival") else 1.0] * count

    def tables(self, numbers: Numbers) -> list[Floats]:
        """Return the tables of log E and of the scores."""
        theta = abs(numbers["theta"])
        signs = sorted({*self.signs(numbers, 2)})
        return [table for sign in signs for table in (log_exponential_table(sign), self.score_table(theta, sign))]


def score_table_of(logs: Logs, low: float, high: float, sign: float, *, of_asinh: bool = False) -> Floats:
    """Return the table of sign Phi^-1(u) over x between two ends, or over asinh(x)."""

    def argument(w: Floats) -> Floats:
        return sinh(w) if of_asinh else w

    def value(w: Floats) -> Floats:
        below, above, _ = logs(argument(w))
        return sign * score_of_logs(below, above)

    def slope(w: Floats, z: Floats) -> Floats:
        change = -sign * exp(logs(argument(w))[2] + 0.5 * z * z + LOG_ROOT_TWO_PI)
        return np.asarray(change * cosh(w) if of_asinh else change)

    ends = (asinh(low), asinh(high)) if of_asinh else (low, high)
    with np.errstate(all="ignore"):
        return tabulate_between(value, slope, *ends)


def draw_score(builder: Rows, name: str, step: int) -> int:
    """Return a new row with the normal scores of a name."""
    row = builder.rows(1)
    builder.draw(row, name, step)
    builder.do(operations.to_normal, [row])
    return row
