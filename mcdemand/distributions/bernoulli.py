"""The Bernoulli law: 1 with a probability, else 0."""

from __future__ import annotations

import numpy as np

from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Steps, family_of_forms


def form_of(values: Values) -> Steps:
    """Return the probabilities of 0 and 1."""
    p = values["p"]
    return Steps(np.array([0.0, 1.0]), np.array([1 - p, 1.0]), np.array([p, 0.0]), (0.0, 1.0))


DISTRIBUTION = family_of_forms("bernoulli", (Parameter("p", "between 0 and 1"),), form_of, is_discrete=True)
