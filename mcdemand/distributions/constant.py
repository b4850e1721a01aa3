"""A number that is not uncertain."""

from __future__ import annotations

from mcdemand.distributions._distribution import Distribution, Parameter
from mcdemand.kernels.jit import kernel


@kernel
def quantile(_score, numbers):  # type: ignore[no-untyped-def]
    """The value, whatever the score."""
    return numbers[0]


DISTRIBUTION = Distribution(
    name="constant",
    parameters=(Parameter("value"),),
    score="none",
    quantile=quantile,
    numbers=lambda values: (values["value"],),
)
