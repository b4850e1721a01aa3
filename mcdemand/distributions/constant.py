"""A number that is not uncertain."""

from __future__ import annotations

from mcdemand.distributions._distribution import Distribution, Parameter
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import kernel


@kernel
def quantile(_score: float, numbers: Floats) -> float:
    """The value, whatever the score."""
    return float(numbers[0])


DISTRIBUTION = Distribution(
    name="constant",
    parameters=(Parameter("value"),),
    score="none",
    quantile=quantile,
    numbers=lambda values: (values["value"],),
    support=lambda values: (values["value"], values["value"]),
)
