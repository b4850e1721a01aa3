"""Gumbel's copula: high values come together, low ones hardly; turned round (`survival`) the reverse.

C(u, v) = exp(-((-log u)^theta + (-log v)^theta)^(1 / theta)) (Gumbel 1960); psi(t) = exp(-t^(1 / theta)), V a positive
stable variable of index a = 1 / theta. By Kanter (1975), "Stable densities under change of scale", theorem 4.1,
a log V = a log sin(a T) + (1 - a) log sin((1 - a) T) - log sin(T) - (1 - a) log E, T uniform up to pi, E exponential.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcdemand.copulas._archimedean import Archimedean, draw_score, score_table_of
from mcdemand.copulas._copula import Numbers, Rows
from mcdemand.copulas._table import (
    INTERPOLATE,
    LARGEST_LOG,
    LOG_ROOT_TWO_PI,
    MAX_TABLES,
    SMALLEST,
    log_exponential_table,
    tabulate_between,
)
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, expm1, log, sin, softplus, tan

SMALL_ANGLE = 0.1
STEPS_PER_SCALE, REACH = 3.0, 40.0


@dataclass(frozen=True)
class Gumbel(Archimedean):
    """All logarithms are divided by theta: then one score table does for every theta."""

    def kendall(self, theta: float) -> float:
        """Return 1 - 1 / theta."""
        return 1 - 1 / theta

    def theta_of_kendall(self, tau: float) -> float:
        """Return 1 / (1 - tau)."""
        return 1 / (1 - tau)

    def spearman(self, theta: float) -> float:
        """Return Spearman's rank correlation."""
        return spearman(theta)

    def share(self, theta: float) -> float:
        """Return 1 / theta."""
        return 1 / theta

    def frailty(self, builder: Rows, theta: float, name: str, step: int) -> list[tuple[int, float]]:
        """Draw the angle and the exponential of Kanter's formula."""
        angle, exponential = (draw_score(builder, f"{name}:{role}", step) for role in ("angle", "exponential"))
        builder.do(INTERPOLATE, [angle], angle_table(1 / theta))
        builder.do(INTERPOLATE, [exponential], log_exponential_table(1.0))
        return [(angle, -1.0), (exponential, 1 - 1 / theta)]

    def score_table(self, theta: float, sign: float) -> Floats:
        """Return the table of the normal score of exp(-e^x)."""
        return score_table(sign)

    def tables(self, numbers: Numbers) -> list[Floats]:
        """Return the tables of the frailty, of log E and of the scores."""
        return [angle_table(1 / numbers["theta"]), log_exponential_table(1.0), *super().tables(numbers)]


@lru_cache(MAX_TABLES)
def angle_table(index: float) -> Floats:
    """Return the table of a log sin(a T) + (1 - a) log sin((1 - a) T) - log sin(T) at T = pi Phi(z), a the index."""
    from scipy.special import ndtr, xlogy

    shares = (index, 1 - index)

    def value(z: Floats) -> Floats:
        angle, rest = math.pi * ndtr(z), math.pi * ndtr(-z)
        parts = [share * _log_sinc(share * angle, _supplement(share, rest)) + xlogy(share, share) for share in shares]
        return np.asarray(sum(parts) - _log_sinc(angle, rest))

    def slope(z: Floats, _y: Floats) -> Floats:
        angle, rest = math.pi * ndtr(z), math.pi * ndtr(-z)
        parts = [share * share * _cotangent_less_pole(share * angle, _supplement(share, rest)) for share in shares]
        return np.asarray(
            math.pi * exp(-0.5 * z * z - LOG_ROOT_TWO_PI) * (sum(parts) - _cotangent_less_pole(angle, rest))
        )

    with np.errstate(all="ignore"):
        return tabulate_between(value, slope)


def _supplement(share: float, rest: Floats) -> Floats:
    """Return pi less a share of an angle that `rest` is missing to pi."""
    return math.pi * (1 - share) + share * rest


def _log_sinc(x: Floats, rest: Floats) -> Floats:
    """Return log(sin(x) / x), sin(x) from pi - x where that is smaller."""
    return np.asarray(np.where(x < rest, log(np.where(x > 0, sin(x) / x, 1.0)), log(sin(rest)) - log(x)))


def _cotangent_less_pole(x: Floats, rest: Floats) -> Floats:
    """Return cot(x) - 1 / x, by its series (Abramowitz and Stegun 1964, 4.3.70) near zero."""
    square = x * x
    series = -x / 3 * (1 + square / 15 * (1 + 2 * square / 21 * (1 + square / 10 * (1 + 10 * square / 99))))
    cotangent = np.where(x < rest, 1 / tan(x), -1 / tan(rest))
    return np.asarray(np.where(x < SMALL_ANGLE, series, cotangent - 1 / x))


@lru_cache(MAX_TABLES)
def score_table(sign: float) -> Floats:
    """Return the table of sign Phi^-1(exp(-e^x))."""

    def logs(x: Floats) -> tuple[Floats, Floats, Floats]:
        below = -exp(x)
        return below, log(-expm1(below)), x + below

    return score_table_of(logs, log(SMALLEST), log(LARGEST_LOG), sign)


@lru_cache(MAX_TABLES)
def spearman(theta: float) -> float:
    """Return Spearman's rank correlation of Gumbel's copula.

    It is 12 times the integral of (1 + A(t))^-2, less 3, with A(t)^theta = t^theta + (1 - t)^theta (Huerlimann 2003):
    by the trapezoidal rule in log(t / (1 - t)), which converges exponentially.

    Examples
    --------
    >>> spearman(1.0), round(spearman(2.0), 4)
    (0.0, 0.6822)
    """
    y = np.linspace(-REACH, REACH, 1 + 2 * int(REACH * STEPS_PER_SCALE * max(1.0, theta)))
    log_grown, log_share = softplus(y), softplus(theta * y) / theta
    dependence = exp(log_share - log_grown)
    weights = exp(y - 2 * log_grown)
    joint = 1 + dependence
    return float(12 * np.sum(weights / (joint * joint)) / np.sum(weights) - 3)


COPULA = Gumbel(name="gumbel", least=1.0, most=50.0)
