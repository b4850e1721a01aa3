"""The Poisson law: how many events come in a time in which `mu` are expected."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._counts import steps_of
from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Steps, family_of_forms


def form_of(values: Values) -> Steps:
    """Return the probabilities of each number."""
    from scipy.special import gammainc, gammaincc

    mu = values["mu"]
    return steps_of(
        "poisson",
        lambda k: np.where(k < 0, 0.0, gammaincc(np.maximum(k, 0) + 1, mu)),
        lambda k: np.where(k < 0, 1.0, gammainc(np.maximum(k, 0) + 1, mu)),
        (0.0, math.inf),
        math.floor(mu),
    )


DISTRIBUTION = family_of_forms(
    "poisson",
    (Parameter("mu", "above 0"),),
    form_of,
    is_discrete=True,
)
