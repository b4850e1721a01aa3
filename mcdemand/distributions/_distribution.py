"""What a distribution is: the root of the family, which every member imports."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.rows import RowOperation

Values = dict[str, Any]
Axis = Literal["real", "positive", "bounded"]
Quantiles = Mapping[float, float]

RULES: dict[str, Callable[[float], bool]] = {
    "finite": math.isfinite,
    "above 0": lambda x: 0 < x < math.inf,
}


def bounded(_values: Values) -> Axis:
    """Return "bounded": the law leaves out a part of its axis."""
    return "bounded"


def no_rule(_values: Values) -> str | None:
    """Return None: any combination of the parameters will do."""
    return None


@dataclass(frozen=True)
class Parameter:
    """A number that a law is stated by: its name, the rule it must obey, and the value when it is left out."""

    name: str
    rule: str = "finite"
    default: float | None = None


@dataclass(frozen=True)
class Distribution:
    """A family of laws: one file, one of these.

    Attributes
    ----------
    parameters
        The numbers that state a law, by PyMC's names in lower case.
    score
        What the quantile function takes: the standard normal score z, the uniform u, or nothing.
    quantile
        Kernel `quantile(score, numbers)`, exact and monotone.
    row
        The quantile function over a whole row, a row operation, where a plain loop would not vectorise.
    numbers
        From the parameters to the flat array of constants that the kernel reads.
    score_of
        The inverse of the quantile function, `score_of(x, parameters)`; None if it has none (no truncation then).
    fit
        From quantiles `{p: x}` and parameters already known to all parameters; None if quantiles cannot state it.
    axis
        Where the law lives, "real", "positive" or "bounded": it decides how a random walk steps.
    check
        The rule that a combination of parameters breaks, in words, or None.
    tabulated
        Whether the kernel's numbers are a table, whose bits depend on the SciPy that made it.
    oracle
        An independent implementation with `ppf` and `cdf`, for the tests.
    """

    name: str
    parameters: tuple[Parameter, ...]
    score: Literal["normal", "uniform", "none"]
    quantile: Callable[[float, Floats], float]
    numbers: Callable[[Values], Sequence[float] | Floats]
    score_of: Callable[[float, Values], float] | None = None
    fit: Callable[[Quantiles, Values], Values] | None = None
    axis: Callable[[Values], Axis] = bounded
    check: Callable[[Values], str | None] = no_rule
    tabulated: bool = False
    row: RowOperation | None = None
    oracle: Callable[[Values], Any] | None = None

    def complete(self, values: Values) -> Values:
        """Return the parameters with defaults filled in, checked one by one and together.

        Raises
        ------
        InputError
            If one is missing or breaks its rule.
        """
        full = {p.name: values.get(p.name, p.default) for p in self.parameters}
        for parameter in self.parameters:
            value = full[parameter.name]
            if value is None:
                raise InputError(
                    f"{parameter.name}: missing; {self.name} needs {', '.join(p.name for p in self.parameters)}"
                )
            if parameter.rule in RULES and not RULES[parameter.rule](value):
                raise InputError(f"{parameter.name}: {value!r}: must be {parameter.rule}")
        if broken := self.check(full):
            raise InputError(broken)
        return full

    def kernel_numbers(self, values: Values) -> Floats:
        """Return the constants of the kernel as a float64 array."""
        return np.asarray(self.numbers(values), dtype=np.float64)
