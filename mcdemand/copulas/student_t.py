"""Student's t copula: correlated normals over one common scale, so that extremes come together.

Latent correlations are those of the t variables; Kendall's tau belongs to sin(pi tau / 2) as in the Gaussian copula
(Demarta and McNeil 2005, "The t copula and related copulas", sections 2 and 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from mcdemand.copulas._copula import Numbers, Rows
from mcdemand.copulas._elliptical import PAIR_KEYS, Elliptical
from mcdemand.copulas._table import (
    INTERPOLATE,
    LOG_ROOT_TWO_PI,
    MAX_TABLES,
    SMALLEST,
    log_gamma_quantile,
    log_gamma_table,
    tabulate_between,
)
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import asin, asinh, cosh, exp, log, log1p, sinh

LEAST_FREEDOM, MOST_FREEDOM = 1.0, 1e3
LAST_NODE, NODES = 6.5, 31


@dataclass(frozen=True)
class StudentT(Elliptical):
    """Scores of t variables: normals times sqrt(nu / W), W a chi-squared variable of the group and year."""

    keys: ClassVar[tuple[str, ...]] = ("degrees_of_freedom", "correlations", *PAIR_KEYS)

    def read(self, names: Sequence[str], stated: Numbers) -> dict[str, float]:
        """Return the degrees of freedom.

        Raises
        ------
        InputError
            If they are missing or out of range.
        """
        super().read(names, stated)
        freedom = stated.get("degrees_of_freedom")
        if freedom is None:
            raise InputError("degrees_of_freedom: missing; student_t needs them, such as 4")
        if not LEAST_FREEDOM <= freedom <= MOST_FREEDOM:
            raise InputError(
                f"degrees_of_freedom: {freedom!r}: must lie between {LEAST_FREEDOM:g} and {MOST_FREEDOM:g}; beyond, "
                "use gaussian"
            )
        return {"degrees_of_freedom": freedom}

    def latent_of_rank(self, rank: float, numbers: Numbers) -> float:
        """Return the latent correlation, found by bisection."""
        from scipy.optimize import brentq

        freedom = numbers["degrees_of_freedom"]
        if abs(rank) >= spearman(1.0, freedom):
            return math.copysign(1.0, rank)
        found = brentq(lambda latent: spearman(latent, freedom) - abs(rank), 0.0, 1.0, xtol=1e-13)
        return math.copysign(float(found), rank)

    def rank(self, latent: float, numbers: Numbers) -> float:
        """Return Spearman's rank correlation of a pair."""
        return spearman(latent, numbers["degrees_of_freedom"])

    def fill(self, builder: Rows, rows: Sequence[int], factor: Floats, numbers: Numbers, name: str, step: int) -> None:
        """Correlate the scores, multiply them by the common scale, and take the scores of the products."""
        super().fill(builder, rows, factor, numbers, name, step)
        scale_table, score_table = self.tables(numbers)
        log_scale, product = builder.rows(1), builder.rows(1)
        builder.draw(log_scale, f"{name}:scale", step)
        builder.do(operations.to_normal, [log_scale])
        builder.do(INTERPOLATE, [log_scale], scale_table)
        for row in rows:
            builder.do(operations.fill, [product], [0.0])
            builder.do(operations.combine, [product, log_scale], [0.0, 1.0])
            builder.do(operations.multiply_step, [product, row], [1.0])
            builder.do(operations.asinh, [product])
            builder.do(INTERPOLATE, [product], score_table)
            builder.do(operations.combine, [row, product], [0.0, 1.0])

    def tables(self, numbers: Numbers) -> list[Floats]:
        """Return the tables of log sqrt(nu / W) and of the normal score of sinh(w)."""
        freedom = numbers["degrees_of_freedom"]
        return [log_gamma_table(0.5 * freedom, -0.5), score_table(freedom)]


@lru_cache(MAX_TABLES)
def score_table(freedom: float) -> Floats:
    """Return the table of Phi^-1(T(sinh(w))), T the distribution function of Student's t."""
    from scipy.special import betainc, betaincinv, gammaln, ndtri

    half = 0.5 * freedom
    log_factor = gammaln(half + 0.5) - gammaln(half) - 0.5 * log(freedom * np.pi)

    def value(w: Floats) -> Floats:
        size = sinh(w)
        square = size * size
        tail = 0.5 * betainc(half, 0.5, freedom / (freedom + square))
        center = 0.5 - 0.5 * betainc(0.5, half, square / (freedom + square))
        return np.asarray(np.copysign(ndtri(np.where(square < 1, center, tail)), w))

    def slope(w: Floats, z: Floats) -> Floats:
        size = sinh(w)
        log_density = log_factor - (half + 0.5) * log1p(size * size / freedom)
        return np.asarray(exp(log_density + 0.5 * z * z + LOG_ROOT_TWO_PI) * cosh(w))

    share = float(betaincinv(half, 0.5, 2 * SMALLEST))
    last = asinh(math.sqrt(freedom * (1 - share) / share))
    return tabulate_between(value, slope, -last, last)


@lru_cache(MAX_TABLES)
def spearman(latent: float, freedom: float) -> float:
    """Return Spearman's rank correlation of a t copula.

    With three independent chi-squared variables W it is (6 / pi) E asin(rho sqrt(b_1 b_2)), b_k = W_k / (W_0 + W_k):
    of three independent pairs, X - X_1 and Y - Y_2 are normal given the scales (Heinen and Valdesogo 2020). By the
    trapezoidal rule in the normal scores of the W, which converges exponentially.

    Examples
    --------
    >>> round(spearman(0.5, 1e3), 4), round(spearman(0.5, 1.0), 4)
    (0.4825, 0.4321)
    """
    shares, weights = _shares(freedom)
    # Both pairs of the same scale are alike, so each is counted once.
    one, other = np.triu_indices(NODES)
    doubled = np.where(one == other, 1.0, 2.0) * weights[one] * weights[other]
    angles = asin(latent * shares[:, one] * shares[:, other])
    return float(6 / math.pi * np.sum(angles * doubled * weights[:, np.newaxis]))


@lru_cache(MAX_TABLES)
def _shares(freedom: float) -> tuple[Floats, Floats]:
    """Return sqrt(W_k / (W_0 + W_k)) on a grid of both, and the weights of its points."""
    scores = np.linspace(-LAST_NODE, LAST_NODE, NODES)
    logs = log_gamma_quantile(scores, 0.5 * freedom)
    weights = exp(-0.5 * scores * scores)
    shares = np.sqrt(1 / (1 + exp(np.minimum(logs[:, np.newaxis] - logs, 700.0))))
    return shares, weights / weights.sum()


COPULA = StudentT(name="student_t")
