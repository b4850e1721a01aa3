"""How probable an observed value is, given what an output truly was: the laws of errors of measurement."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcdemand.kernels.arrays import Floats

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class Likelihood:
    """A law of the observed value.

    Attributes
    ----------
    needs
        Keys of its numbers, beside the observed value.
    says
        What it says, for messages and documentation.
    log_density
        `log_density(truth, value, *numbers)`: logarithm of the density of the observed value, (draw), at each value
        that the output may truly have had (draw); minus infinity where it is impossible.
    of_counts
        Whether the observed value is a count, and so a whole number.
    """

    needs: tuple[str, ...]
    says: str
    log_density: Callable[..., Floats]
    of_counts: bool = False


def log_normal_density(truth: Floats, value: float, sigma: float) -> Floats:
    """Return that of Normal(truth, sigma) at the value.

    Examples
    --------
    >>> log_normal_density(np.array([1.0]), 1.0, 1.0).round(6)
    array([-0.918939])
    """
    density: Floats = -0.5 * ((value - truth) / sigma) ** 2 - (math.log(sigma) + HALF_LOG_TAU)
    return density


def log_lognormal_density(truth: Floats, value: float, sigma: float) -> Floats:
    """Return that of LogNormal(log truth, sigma): the value may be off by a factor, and sigma is that of its logarithm.

    Examples
    --------
    >>> log_lognormal_density(np.array([-1.0, 1.0]), 1.0, 1.0).round(6)
    array([     -inf, -0.918939])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(truth)
        density = log_normal_density(logs, math.log(value), sigma) - math.log(value)
    # A truth of 0 has the logarithm of minus infinity, whose square is no error.
    possible: Floats = np.where(truth > 0, density, -math.inf)
    return possible


def log_student_density(truth: Floats, value: float, sigma: float, nu: float) -> Floats:
    """Return that of StudentT(nu, truth, sigma): an observation that may be far off now and then.

    Examples
    --------
    >>> log_student_density(np.array([0.0]), 0.0, 1.0, 1.0).round(6)
    array([-1.14473])
    """
    constant = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi) - math.log(sigma)
    density: Floats = constant - (nu + 1) / 2 * np.log1p(((value - truth) / sigma) ** 2 / nu)
    return density


def log_binomial_probability(truth: Floats, value: float, n: float) -> Floats:
    """Return that of Binomial(n, truth): so many of n, where the output is a probability.

    Examples
    --------
    >>> log_binomial_probability(np.array([0.5, 1.5]), 1, 2).round(6)
    array([-0.693147,      -inf])
    """
    from scipy.special import xlog1py, xlogy

    inside = np.clip(truth, 0.0, 1.0)
    ways = math.lgamma(n + 1) - math.lgamma(value + 1) - math.lgamma(n - value + 1)
    possible: Floats = np.where(truth == inside, ways + xlogy(value, inside) + xlog1py(n - value, -inside), -math.inf)
    return possible


LIKELIHOODS = {
    "normal": Likelihood(("sigma",), "off by so much", log_normal_density),
    "lognormal": Likelihood(("sigma",), "off by a factor; sigma is that of the logarithm", log_lognormal_density),
    "student_t": Likelihood(("sigma", "nu"), "off by so much, and by far more now and then", log_student_density),
    "binomial": Likelihood(("n",), "so many of n; the output is a probability", log_binomial_probability, True),
}
