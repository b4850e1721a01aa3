"""Clayton's copula: low values come together, high ones hardly; turned round (`survival`) the reverse.

C(u, v) = (u^-theta + v^-theta - 1)^(-1 / theta) (Clayton 1978); psi(t) = (1 + t)^(-1 / theta), V a gamma variable of
shape 1 / theta.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcdemand.copulas._archimedean import Archimedean, draw_score, score_table_of
from mcdemand.copulas._copula import Numbers, Rows
from mcdemand.copulas._table import INTERPOLATE, LARGEST_LOG, MAX_TABLES, SMALLEST, log_gamma_table
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, expm1, log, power, softplus

LOWEST, HIGHEST, NODES = -37.0, 4.0, 165
"""Of the logarithm of a unit exponential, and how many steps of a quarter lie between."""
TERMS = 60
"""Each at most half of the one before."""


@dataclass(frozen=True)
class Clayton(Archimedean):
    """The frailty is theta V, of mean 1: so x = log(E / (theta V)) stays small for any theta."""

    def kendall(self, theta: float) -> float:
        """Return theta / (theta + 2)."""
        return theta / (theta + 2)

    def theta_of_kendall(self, tau: float) -> float:
        """Return 2 tau / (1 - tau)."""
        return 2 * tau / (1 - tau)

    def spearman(self, theta: float) -> float:
        """Return Spearman's rank correlation."""
        return spearman(theta)

    def frailty(self, builder: Rows, theta: float, name: str, step: int) -> list[tuple[int, float]]:
        """Draw log(theta V)."""
        row = draw_score(builder, f"{name}:frailty", step)
        builder.do(INTERPOLATE, [row], log_gamma_table(1 / theta, 1.0))
        return [(row, -1.0)]

    def take_score(self, builder: Rows, row: int, theta: float, sign: float) -> None:
        """Look the score up over asinh(x), as x is far below zero or far above."""
        builder.do(operations.asinh, [row])
        super().take_score(builder, row, theta, sign)

    def score_table(self, theta: float, sign: float) -> Floats:
        """Return the table of the normal score of (1 + theta e^x)^(-1 / theta)."""
        return score_table(theta, sign)

    def tables(self, numbers: Numbers) -> list[Floats]:
        """Return the tables of the frailty, of log E and of the scores."""
        return [log_gamma_table(1 / numbers["theta"], 1.0), *super().tables(numbers)]


@lru_cache(MAX_TABLES)
def score_table(theta: float, sign: float) -> Floats:
    """Return the table of sign Phi^-1((1 + theta e^x)^(-1 / theta))."""
    shift = log(theta)

    def logs(x: Floats) -> tuple[Floats, Floats, Floats]:
        grown = softplus(x + shift)
        below = -grown / theta
        return below, log(-expm1(below)), below + x - grown

    def place(minus_log_u: float) -> float:
        exponent = theta * minus_log_u
        return exponent + log(-expm1(-exponent)) - shift

    return score_table_of(logs, place(SMALLEST), place(LARGEST_LOG), sign, of_asinh=True)


@lru_cache(MAX_TABLES)
def spearman(theta: float) -> float:
    """Return Spearman's rank correlation of Clayton's copula.

    With a = 1 / theta, p = u^theta and q = s p for the smaller of both, 12 times the integral of C becomes
    4 E (1 + S (1 - P))^-a, S of law Beta(2 a, 1) and P of law Beta(3 a, 1). Over S it is Gauss's hypergeometric
    function, summed after Euler's transformation; over P = exp(-e^x / (3 a)) the trapezoidal rule in x converges
    exponentially.

    Examples
    --------
    >>> round(spearman(2.0), 10)
    0.6822338333
    """
    a = 1 / theta
    x = np.linspace(LOWEST, HIGHEST, NODES)
    weights = exp(x - exp(x))
    above = -expm1(-exp(x) / (3 * a))
    term = total = np.ones_like(x)
    for k in range(TERMS):
        term = term * ((a + k) / (2 * a + 1 + k)) * (above / (1 + above))
        total = total + term
    return float(4 * np.sum(weights * power(1 + above, -a) * total) / np.sum(weights) - 3)


COPULA = Clayton(name="clayton", least=0.01, most=50.0)
