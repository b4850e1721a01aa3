"""Growth curves and shares with a start date.

Every curve starts at 1 with log rate `growth`; all but the exponential end at `ceiling`, which is above 1. Curves are
given by their logarithm, so that products and powers of them stay sums and products.
"""

from mcdemand.math import exp, expm1, log, logistic, maximum
from mcdemand.units import GrowthShape, PerYear, Ratio, YearLabel, Years

GOMPERTZ = 0.0
BASS = 2.0
EXPONENTIAL = 3.0


def log_gompertz(t: Years, growth: PerYear, ceiling: Ratio) -> Ratio:
    """Log of Gompertz growth: `L (1 - exp(-g t / L))` with `L = ln M`; Winsor (1932)."""
    log_ceiling = log(ceiling)
    return -log_ceiling * expm1(-growth * t / log_ceiling)


def log_bass(t: Years, growth: PerYear, ceiling: Ratio, innovation_share: Ratio) -> Ratio:
    """Log of Bass diffusion, which is logistic growth where nothing comes from innovation; Bass (1969).

    With `i` the innovation share and `e = exp(-g (M / (M - 1) - i) t)`:
    `ln( (1 + (M - 1)(1 - i e)) / (1 + (M - 1)(1 - i) e) )`, exactly 0 at t = 0.
    """
    excess = ceiling - 1.0
    remaining = exp(-growth * (ceiling / excess - innovation_share) * t)
    reached = 1.0 + excess * (1.0 - innovation_share * remaining)
    return log(reached / (1.0 + excess * ((1.0 - innovation_share) * remaining)))


def log_growth(
    t: Years, growth: PerYear, ceiling: Ratio, growth_shape: GrowthShape, bass_innovation_share: Ratio
) -> Ratio:
    """Log of growth in the given shape; the logistic is Bass without innovation."""
    innovation_share = bass_innovation_share if growth_shape == BASS else 0.0
    s_curve = log_bass(t, growth, ceiling, innovation_share)
    bounded = log_gompertz(t, growth, ceiling) if growth_shape == GOMPERTZ else s_curve
    return growth * t if growth_shape == EXPONENTIAL else bounded


def with_residual_growth(log_bounded: Ratio, t: Years, growth: PerYear, residual_growth: PerYear) -> Ratio:
    """Log of a bounded curve whose rate falls to `r` instead of 0: `ln G + r (t - ln G / g)`.

    Where `h` is the rate of `ln G`, the rate is `h + r (1 - h / g)`. Without growth the curve stays at 1.
    """
    grown = log_bounded / growth if growth != 0.0 else t
    return log_bounded + residual_growth * (t - grown)


def gompertz(t: Years, growth: PerYear, ceiling: Ratio) -> Ratio:
    """Gompertz growth from 1 to the ceiling: `M^(1 - exp(-g t / ln M))`; Winsor (1932)."""
    return exp(log_gompertz(t, growth, ceiling))


def share_since(
    year: YearLabel, final_share: Ratio, midpoint: YearLabel, steepness: PerYear, start: YearLabel
) -> Ratio:
    """Logistic share that is exactly 0 up to its start: `f logistic(k (y - m)) (1 - exp(-k max(0, y - s)))`."""
    since_start = maximum(year, start) - start
    return final_share * logistic(steepness * (year - midpoint)) * -expm1(-steepness * since_start)
