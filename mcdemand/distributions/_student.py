"""The standard Student law, exact in both tails."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log, log1p

SMALLEST_FREEDOM, LARGEST_FREEDOM = 0.2, 1e6


def log_student_density(t: Floats, nu: float) -> Floats:
    """Return -ln(sqrt(nu) B(1/2, nu/2)) - (nu + 1) / 2 ln(1 + t^2 / nu) at (value) values."""
    from scipy.special import betaln

    return np.asarray(-0.5 * (nu + 1) * log1p(t * t / nu) - 0.5 * log(nu) - betaln(0.5, nu / 2))


def student_size(inside: Floats, outside: Floats, nu: float) -> Floats:
    """Return the size of a value, given the probabilities of less and of more, each exact where it is small.

    Near 0 from x^2 / (nu + x^2), which is beta of 1/2 and nu/2: SciPy's Student quantile is off by 1e-9 there.
    """
    from scipy.special import betaincinv, stdtrit

    share = betaincinv(0.5, nu / 2, np.minimum(inside, 0.5))
    return np.asarray(np.where(inside < 0.5, np.sqrt(nu * share / (1 - share)), -stdtrit(nu, outside / 2)))


def student_inside(size: Floats, nu: float) -> tuple[Floats, Floats]:
    """Return the probabilities of a value of less than that size, and of more, each exact where it is small."""
    from scipy.special import betainc, stdtr

    with np.errstate(all="ignore"):
        share = np.where(size < 1, size * size / (nu + size * size), 1 / (1 + nu / (size * size)))
    return betainc(0.5, nu / 2, share), 2 * stdtr(nu, -size)


def check_freedom(nu: float) -> str | None:
    """Return the rule that the degrees of freedom break."""
    if nu < SMALLEST_FREEDOM:
        return f"nu: {nu!r}: must be at least {SMALLEST_FREEDOM:g}; the tail of less has no use"
    if nu > LARGEST_FREEDOM:
        return f"nu: {nu!r}: must be at most {LARGEST_FREEDOM:g}; so many degrees of freedom are normal, state that"
    return None
