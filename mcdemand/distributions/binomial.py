"""The binomial law: how many of `n` independent trials succeed, each with probability `p`."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._counts import steps_of
from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Steps, family_of_forms
from mcdemand.kernels.arrays import Floats


def form_of(values: Values) -> Steps:
    """Return the probabilities of each number."""
    from scipy.special import betainc

    n, p = values["n"], values["p"]

    def below(k: Floats) -> Floats:
        inside = np.clip(k, 0, n - 1)
        return np.where(k < 0, 0.0, np.where(k >= n, 1.0, betainc(n - inside, inside + 1, 1 - p)))

    def above(k: Floats) -> Floats:
        inside = np.clip(k, 0, n - 1)
        return np.where(k < 0, 1.0, np.where(k >= n, 0.0, betainc(inside + 1, n - inside, p)))

    return steps_of("binomial", below, above, (0.0, n), math.floor(n * p))


DISTRIBUTION = family_of_forms(
    "binomial",
    (
        Parameter("n", "a whole number, at least 1"),
        Parameter("p", "between 0 and 1"),
    ),
    form_of,
    is_discrete=True,
)
