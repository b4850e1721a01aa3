"""Example parameters of every family, and oracles that share no code with the package."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import smooth_laws
from scipy import stats
from scipy.special import ndtr, ndtri

from mcdemand.distributions import distributions

Values = dict[str, Any]

EXAMPLES: dict[str, tuple[Values, ...]] = {
    "beta": (
        {"alpha": 10.4, "beta": 9.6, "lower": 0.0, "upper": 1.0},
        {"alpha": 2.0, "beta": 12.0, "lower": 0.0, "upper": 1.0},
        {"alpha": 0.5, "beta": 0.5, "lower": 0.0, "upper": 1.0},
        {"alpha": 1.0, "beta": 1.0, "lower": 0.0, "upper": 1.0},
        {"alpha": 3.0, "beta": 3.0, "lower": 0.0, "upper": 1.0},
        {"alpha": 9.0, "beta": 3.5, "lower": 0.0, "upper": 1.0},
        {"alpha": 38.5, "beta": 25.6, "lower": 10.0, "upper": 30.0},
    ),
    "categorical": (
        {"categories": ("a", "b", "c", "d"), "weights": (0.6, 0.2, 0.2, 0.0)},
        {"categories": ("never", "always"), "weights": (0.0, 1.0)},
        {"categories": ("only",), "weights": (1.0,)},
    ),
    "constant": ({"value": -3.25},),
    "lognormal": ({"mu": 0.3, "sigma": 0.4}, {"mu": -2.0, "sigma": 3.0}),
    "loguniform": ({"lower": 1e-3, "upper": 1e4}, {"lower": 2.0, "upper": 3.0}),
    "normal": ({"mu": 3.0, "sigma": 2.0}, {"mu": 2026.0, "sigma": 0.7}),
    "triangular": (
        {"lower": 1.0, "mode": 2.0, "upper": 5.0},
        {"lower": 0.0, "mode": 0.0, "upper": 1.0},
        {"lower": -4.0, "mode": 1.0, "upper": 1.0},
    ),
    "two_piece_lognormal": (
        {"lower": 0.0, "median": 50.0, "sigma_lower": 0.25, "sigma_upper": 0.24},
        {"lower": 1.0, "median": 70.0, "sigma_lower": 1.2, "sigma_upper": 0.9},
    ),
    "uniform": ({"lower": -2.0, "upper": 5.0}, {"lower": 1e3, "upper": 1e9}),
}

EXAMPLES |= smooth_laws.EXAMPLES

LAWS = [(family, values) for family in sorted(EXAMPLES) for values in EXAMPLES[family]]
CONTINUOUS = [(family, values) for family, values in LAWS if distributions()[family].score_of is not None]

SOME = [(f, v) for f, v in CONTINUOUS if v is EXAMPLES[f][0]] if numba.config.DISABLE_JIT else CONTINUOUS
"""Where a test costs much interpreted: one law of each family then."""


def label(value: object) -> str:
    """Name a law in a test's id."""
    return ",".join(f"{v:g}" for v in value.values() if isinstance(v, float)) if isinstance(value, dict) else str(value)


class TwoPieceLognormal:
    """The log of x over the median is normal, with a spread for each side."""

    def __init__(self, lower: float, median: float, sigma_lower: float, sigma_upper: float) -> None:
        self.lower, self.span, self.spreads = lower, median - lower, (sigma_lower, sigma_upper)

    def at_score(self, z: float) -> float:
        return self.lower + self.span * float(np.exp(self.spreads[int(z > 0)] * z))

    def ppf(self, u: float) -> float:
        return self.at_score(ndtri(u))

    def isf(self, p: float) -> float:
        return self.at_score(-ndtri(p))

    def cdf(self, x: np.ndarray) -> np.ndarray:
        ratio = np.log((np.asarray(x) - self.lower) / self.span)
        return ndtr(ratio / np.where(ratio < 0, *self.spreads))


ORACLES: dict[str, Callable[..., Any]] = {
    "beta": lambda alpha, beta, lower, upper: stats.beta(alpha, beta, lower, upper - lower),
    "lognormal": lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
    "loguniform": lambda lower, upper: stats.loguniform(lower, upper),
    "normal": lambda mu, sigma: stats.norm(mu, sigma),
    "triangular": lambda lower, mode, upper: stats.triang((mode - lower) / (upper - lower), lower, upper - lower),
    "two_piece_lognormal": TwoPieceLognormal,
    "uniform": lambda lower, upper: stats.uniform(lower, upper - lower),
}
ORACLES |= smooth_laws.ORACLES
