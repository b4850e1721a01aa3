"""The discrete uniform law: each whole number from `lower` to `upper` as likely."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._counts import steps_of
from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Steps, family_of_forms


def form_of(values: Values) -> Steps:
    """Return the probabilities of each number."""
    lower, upper = values["lower"], values["upper"]
    count = upper - lower + 1
    return steps_of(
        "discrete_uniform",
        lambda k: np.clip(k - lower + 1, 0, count) / count,
        lambda k: np.clip(upper - k, 0, count) / count,
        (lower, upper),
        math.floor(lower / 2 + upper / 2),
    )


def check(values: Values) -> str | None:
    """Return the rule that the bounds break."""
    return None if values["lower"] <= values["upper"] else f"upper: {values['upper']!r}: must not be below lower"


DISTRIBUTION = family_of_forms(
    "discrete_uniform",
    (
        Parameter("lower", "a whole number"),
        Parameter("upper", "a whole number"),
    ),
    form_of,
    is_discrete=True,
    check=check,
)
