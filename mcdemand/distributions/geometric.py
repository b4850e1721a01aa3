"""The geometric law: at which of independent trials the first success comes, 1 or later."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._counts import steps_of
from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Steps, family_of_forms
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, expm1, log1p


def form_of(values: Values) -> Steps:
    """Return the probabilities of each number."""
    p = values["p"]
    log_failure = log1p(-p) if p < 1 else -math.inf

    def above(k: Floats) -> Floats:
        return np.where(k < 1, 1.0, exp(np.maximum(k, 1) * log_failure))

    def below(k: Floats) -> Floats:
        return np.where(k < 1, 0.0, -expm1(np.maximum(k, 1) * log_failure))

    return steps_of("geometric", below, above, (1.0, math.inf), 1.0)


def check(values: Values) -> str | None:
    """Return the rule that the probability breaks."""
    return None if values["p"] > 0 else f"p: {values['p']!r}: must be above 0, or no success ever comes"


DISTRIBUTION = family_of_forms(
    "geometric",
    (Parameter("p", "between 0 and 1"),),
    form_of,
    is_discrete=True,
    check=check,
)
