"""The negative binomial law: counts with mean `mu` and variance mu + mu^2 / alpha.

By `n` and `p` it is how many failures come before the n-th success, of probability p each.
"""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._counts import steps_of
from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Steps, family_of_forms
from mcdemand.errors import InputError


def form_of(values: Values) -> Steps:
    """Return the probabilities of each number."""
    from scipy.special import betainc

    alpha, mu = values["alpha"], values["mu"]
    success, failure = alpha / (alpha + mu), mu / (alpha + mu)
    return steps_of(
        "negative_binomial",
        lambda k: np.where(k < 0, 0.0, betainc(alpha, np.maximum(k, 0) + 1, success)),
        lambda k: np.where(k < 0, 1.0, betainc(np.maximum(k, 0) + 1, alpha, failure)),
        (0.0, math.inf),
        math.floor(mu),
    )


def from_successes(values: Values) -> Values:
    """Return mu and alpha from the number of successes and their probability.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    n, p = values["n"], values["p"]
    if not 0 < p < 1:
        raise InputError(f"p: {p!r}: must lie between 0 and 1, neither of them")
    if not n > 0:
        raise InputError(f"n: {n!r}: must be above 0")
    return {"mu": n * (1 - p) / p, "alpha": n}


DISTRIBUTION = family_of_forms(
    "negative_binomial",
    (
        Parameter("mu", "above 0"),
        Parameter("alpha", "above 0"),
    ),
    form_of,
    is_discrete=True,
    statements={("n", "p"): from_successes},
)
