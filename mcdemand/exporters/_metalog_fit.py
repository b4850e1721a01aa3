"""The metalog that stands for a column of draws: as few terms as meet its quantiles and its mean, and always a law.

Coefficients are by least squares on the quantiles at up to 1,000 evenly spaced levels (Keelin 2016, equation 9).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI
from mcdemand.distributions.metalog import CHECKED_SCORES, MOST_TERMS, Metalog, basis, check
from mcdemand.kernels.arrays import Floats

LEVELS = (0.01, 0.05, 0.5, 0.95, 0.99)
MOST_FITTED = 1000
GOOD_MISFIT = 0.005
DENSITY_POINTS = 25
DENSITY_LEVELS = (0.001, 0.999)
FEWEST_TERMS = 2


@dataclass(frozen=True)
class FittedMetalog:
    """A metalog, and by how much it misses the draws that it stands for.

    Attributes
    ----------
    coefficients
        The value and 0 if all draws are one number.
    misfit
        By "P1" to "P99" and "mean": what it is too high by, as a share of the quantile, or of the mean; of draws that
        are not all above 0, as a share of the distance from their 1st to their 99th percentile.
    """

    coefficients: tuple[float, ...]
    lower: float
    upper: float
    misfit: Mapping[str, float]

    @property
    def is_constant(self) -> bool:
        """Whether all draws are one number."""
        return not any(self.coefficients[1:])

    @cached_property
    def worst(self) -> tuple[str, float]:
        """Where the misfit is largest, and how large."""
        return max(((place, abs(share)) for place, share in self.misfit.items()), key=lambda pair: pair[1])

    def density(self) -> list[float]:
        """Return the density at 25 evenly spaced values, from the 0.1 to the 99.9 percentile; 0 of a constant."""
        from scipy.special import ndtri

        if self.is_constant:
            return [0.0] * DENSITY_POINTS
        law = Metalog(self.coefficients, self.lower, self.upper)
        low, high = law.value(ndtri(np.array(DENSITY_LEVELS)))
        # A law that rises at the checked scores is turned round by a table: points of a picture need no search.
        with np.errstate(over="ignore"):
            z = np.interp(np.linspace(low, high, DENSITY_POINTS), law.checked_values(), CHECKED_SCORES)
            heights = np.exp(-0.5 * z * z - LOG_ROOT_TWO_PI) / law.slope(z)
        return [float(height) for height in heights]


def fit_metalog(draws: Floats, most_terms: int) -> FittedMetalog:
    """Return the metalog with the fewest terms that misses by no more than 0.5 %, or else the one that misses least.

    Parameters
    ----------
    draws
        (draw); if all are above 0, so is the law, and if all are between 0 and 1, it may be too.
    most_terms
        At least 2.
    """
    if np.ptp(draws) == 0:
        return FittedMetalog((float(draws[0]), 0.0), -math.inf, math.inf, {"mean": 0.0})
    count = min(MOST_FITTED, draws.size)
    stated = np.quantile(draws, [*_levels(count), *LEVELS])
    aims = {f"P{100 * p:g}": float(x) for p, x in zip(LEVELS, stated[count:], strict=True)} | {
        "mean": float(draws.mean())
    }
    quantiles = stated[:count]
    best: FittedMetalog | None = None
    for terms in range(FEWEST_TERMS, min(most_terms, count) + 1):
        for lower, upper in _bounds(draws):
            found = _fitted(quantiles, aims, terms, lower, upper)
            if found is not None and (best is None or found.worst[1] < best.worst[1]):
                best = found
        if best is not None and best.worst[1] <= GOOD_MISFIT:
            break
    return best or _normal_like(quantiles, aims)


def _bounds(draws: Floats) -> list[tuple[float, float]]:
    """Return the bounds to try; readers differ on bounds at both ends unless the lower one is 0."""
    low, high = draws.min(), draws.max()
    if not low > 0:
        return [(-math.inf, math.inf)]
    return [(0.0, math.inf), *([(0.0, 1.0)] if high < 1 else [])]


def _fitted(
    quantiles: Floats, aims: Mapping[str, float], terms: int, lower: float, upper: float
) -> FittedMetalog | None:
    """Return the law of so many terms, None if it falls somewhere."""
    # The bounds are none, or 0 and infinity, or 0 and 1.
    straight = np.log(quantiles) if lower == 0 else quantiles
    straight = straight - np.log1p(-quantiles) if upper == 1 else straight
    found = tuple((_solver(quantiles.size, terms) @ straight).tolist())
    if check({"coefficients": found, "lower": lower, "upper": upper}) is not None:
        return None
    return FittedMetalog(found, lower, upper, _misfit(Metalog(found, lower, upper), aims))


@lru_cache(4 * MOST_TERMS)
def _solver(count: int, terms: int) -> Floats:
    """Return the (term, level) matrix from quantiles at evenly spaced levels to coefficients; the same for all columns.

    What `metalog.fit` finds column by column, to rounding.
    """
    from scipy.special import ndtri

    functions, _ = basis(ndtri(_levels(count)), terms)
    return np.asarray(np.linalg.pinv(functions, rcond=count * np.finfo(np.float64).eps))


def _levels(count: int) -> Floats:
    return np.asarray((np.arange(count) + 0.5) / count)


def _normal_like(quantiles: Floats, aims: Mapping[str, float]) -> FittedMetalog:
    """Return a law of two terms through the middle half, which always rises: for draws that no metalog fits."""
    spread = np.std(quantiles) * math.sqrt(3) / math.pi
    coefficients = (float(np.mean(quantiles)), float(spread))
    return FittedMetalog(coefficients, -math.inf, math.inf, _misfit(Metalog(coefficients, -math.inf, math.inf), aims))


def _misfit(law: Metalog, aims: Mapping[str, float]) -> dict[str, float]:
    from scipy.special import ndtri

    with np.errstate(over="ignore", invalid="ignore"):
        found = [*law.value(ndtri(np.array(LEVELS))).tolist(), _mean(law)]
    width = aims["P99"] - aims["P1"]
    scales = [x if law.lower == 0 else width or abs(x) or 1.0 for x in aims.values()]
    missed = [(got - aim) / scale for got, aim, scale in zip(found, aims.values(), scales, strict=True)]
    return {place: share if math.isfinite(share) else math.inf for place, share in zip(aims, missed, strict=True)}


def _mean(law: Metalog) -> float:
    """Return the mean, by the trapezoidal rule over normal scores from -8.5 to 8.5."""
    z = CHECKED_SCORES
    weights = np.exp(-0.5 * z * z)
    return float(law.checked_values() @ weights / weights.sum())
