"""The standard Student law, exact in both tails."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.kernels.arrays import Floats

SMALLEST_FREEDOM, LARGEST_FREEDOM = 0.2, 1e6


def log_student_density(t: Floats, nu: float) -> Floats:
    """Return -ln(sqrt(nu) B(1/2, nu/2)) - (nu + 1) / 2 ln(1 + t^2 / nu) at (value) values."""
    from scipy.special import betaln

    return np.asarray(-0.5 * (nu + 1) * np.log1p(t * t / nu) - 0.5 * math.log(nu) - betaln(0.5, nu / 2))


def check_freedom(nu: float) -> str | None:
    """Return the rule that the degrees of freedom break."""
    if nu < SMALLEST_FREEDOM:
        return f"nu: {nu!r}: must be at least {SMALLEST_FREEDOM:g}; the tail of less has no use"
    if nu > LARGEST_FREEDOM:
        return f"nu: {nu!r}: must be at most {LARGEST_FREEDOM:g}; so many degrees of freedom are normal, state that"
    return None
