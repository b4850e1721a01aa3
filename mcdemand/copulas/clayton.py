"""Clayton's copula: low values come together, high ones hardly; turned round (`survival`) the reverse.

C(u, v) = (u^-theta + v^-theta - 1)^(-1 / theta) (Clayton 1978); psi(t) = (1 + t)^(-1 / theta), V a gamma variable of
shape 1 / theta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcdemand.copulas._archimedean import Archimedean, draw_score, score_table_of
from mcdemand.copulas._copula import Numbers, Rows
from mcdemand.copulas._table import INTERPOLATE, LARGEST_LOG, MAX_TABLES, SMALLEST, log_gamma_table
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats

NODES = 40


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
    shift = math.log(theta)

    def logs(x: Floats) -> tuple[Floats, Floats, Floats]:
        grown = np.logaddexp(0.0, x + shift)
        below = -grown / theta
        return below, np.log(-np.expm1(below)), below + x - grown

    def place(minus_log_u: float) -> float:
        power = theta * minus_log_u
        return power + math.log(-math.expm1(-power)) - shift

    return score_table_of(logs, place(SMALLEST), place(LARGEST_LOG), sign, of_asinh=True)


@lru_cache(MAX_TABLES)
def spearman(theta: float) -> float:
    """Return Spearman's rank correlation of Clayton's copula.

    With a = 1 / theta, p = u^theta and q = s p for the smaller of both, 12 times the integral of C becomes
    4 E (1 + S (1 - P))^-a, S of law Beta(2 a, 1) and P of law Beta(3 a, 1): by the Gauss-Jacobi rule.

    Examples
    --------
    >>> round(spearman(2.0), 10)
    0.6822338333
    """
    a = 1 / theta
    (s, s_weights), (p, p_weights) = (_beta_rule(k * a) for k in (2, 3))
    return float(4 * s_weights @ (1 + s[:, np.newaxis] * (1 - p)) ** -a @ p_weights - 3)


def _beta_rule(alpha: float) -> tuple[Floats, Floats]:
    """Return the nodes and weights of expectations under Beta(alpha, 1)."""
    from scipy.special import roots_jacobi

    nodes, weights = roots_jacobi(NODES, 0.0, alpha - 1)
    return 0.5 * (1 + nodes), weights / weights.sum()


COPULA = Clayton(name="clayton", least=0.01, most=50.0)
