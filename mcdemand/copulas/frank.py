"""Frank's copula: dependence in the middle, none in the tails; two members may depend negatively.

C(u, v) = -log(1 + (e^(-theta u) - 1)(e^(-theta v) - 1) / (e^-theta - 1)) / theta (Frank 1979);
psi(t) = -log(1 - (1 - e^-theta) e^-t) / theta, V of the logarithmic series law, drawn by Kemp's method LK (1981,
"Efficient generation of logarithmically distributed pseudo-random variables").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from mcdemand.copulas._archimedean import SIZE_KEYS, Archimedean, score_table_of
from mcdemand.copulas._copula import Numbers, Rows
from mcdemand.copulas._table import LARGEST_LOG, MAX_TABLES, SMALLEST
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, expm1, log, log1p
from mcdemand.kernels.quadrature import legendre_rule

NODES = 200


@dataclass(frozen=True)
class Frank(Archimedean):
    """Its own survival copula. Negative dependence is positive dependence on one of both turned round."""

    keys: ClassVar[tuple[str, ...]] = SIZE_KEYS

    def kendall(self, theta: float) -> float:
        """Return 1 - 4 (1 - D_1) / theta (Genest 1987)."""
        return 1 - 4 * (1 - debye(1, theta)) / theta

    def spearman(self, theta: float) -> float:
        """Return 1 - 12 (D_1 - D_2) / theta (Nelsen 2006, exercise 5.13)."""
        return 1 - 12 * (debye(1, theta) - debye(2, theta)) / theta

    def can_be_negative(self, names: Sequence[str]) -> bool:
        """Return whether there are two members."""
        return len(names) == 2

    def negative_remedy(self, names: Sequence[str]) -> str:
        """Return why more than two members cannot all depend negatively on each other."""
        return f"frank has negative dependence between two members only, not {len(names)}; use gaussian or student_t"

    def frailty(self, builder: Rows, theta: float, name: str, step: int) -> list[tuple[int, float]]:
        """Draw log V from two uniforms."""
        row, other = builder.rows(1), builder.rows(1)
        builder.draw(row, f"{name}:mixture", step)
        builder.draw(other, f"{name}:frailty", step)
        builder.do(operations.log_series, [row, other], [theta])
        return [(row, -1.0)]

    def score_table(self, theta: float, sign: float) -> Floats:
        """Return the table of the normal score of psi(e^x)."""
        return score_table(theta, sign)

    def signs(self, numbers: Numbers, count: int) -> list[float]:
        """Return -1 for the second member where theta is negative."""
        return [1.0, -1.0] if numbers["theta"] < 0 else [1.0] * count


@lru_cache(MAX_TABLES)
def score_table(theta: float, sign: float) -> Floats:
    """Return the table of sign Phi^-1(psi(e^x))."""
    share = -expm1(-theta)

    def logs(x: Floats) -> tuple[Floats, Floats, Floats]:
        t = exp(x)
        log_rest = log(exp(-theta) - share * expm1(-t))
        # Each form keeps its digits where its argument is small.
        log_psi = np.where(t < 1.0, log_rest, log1p(-share * exp(-t)))
        below = log(-log_psi) - log(theta)
        above = log(log1p(-expm1(theta) * expm1(-t))) - log(theta)
        return below, above, log(share / theta) - t + x - log_psi

    low = log(SMALLEST * theta / expm1(theta))
    return score_table_of(logs, low, log(LARGEST_LOG + log(share / theta)), sign)


def debye(order: int, x: float) -> float:
    """Return the Debye function order / x^order times the integral of t^order / (e^t - 1) from 0 to x, order 1 or 2.

    Examples
    --------
    >>> round(debye(1, 1.0), 10)
    0.7775046341
    """
    nodes, weights = legendre_rule(NODES)
    share = 0.5 * (1 + nodes)
    powers = share if order == 2 else np.ones_like(share)
    return float(0.5 * order * np.sum(weights * powers * x * share / expm1(x * share)))


COPULA = Frank(name="frank", least=0.01, most=100.0)
