"""What a distribution is: the root of the family, which every member imports."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log
from mcdemand.kernels.rows import RowOperation

Values = dict[str, Any]
Axis = Literal["real", "positive", "bounded"]
Quantiles = Mapping[float, float]

LOG_ROOT_TWO_PI = 0.9189385332046728
"""0.5 log(2 pi)."""
RULES: dict[str, Callable[[float], bool]] = {
    "finite": math.isfinite,
    "a bound": lambda x: not math.isnan(x),
    "above 0": lambda x: 0 < x < math.inf,
    "at least 0": lambda x: 0 <= x < math.inf,
    "between 0 and 1": lambda x: 0 <= x <= 1,
    "a whole number": lambda x: x == math.floor(x),
    "a whole number, at least 1": lambda x: x == math.floor(x) and x >= 1,
}
"""What a number must be. Others: of what a list is (`names`, `numbers`, `laws`), a `law`, or `one of` some words."""
ONE_OF = "one of "


def words_of(rule: str) -> tuple[str, ...]:
    """Return the words that a rule `one of a, b` allows.

    Examples
    --------
    >>> words_of("one of normal, bounded")
    ('normal', 'bounded')
    """
    return tuple(rule.removeprefix(ONE_OF).split(", "))


def bounded(_values: Values) -> Axis:
    """Return "bounded": the law leaves out a part of its axis."""
    return "bounded"


def log_density_of_score(z: Floats, sigma: float | Floats) -> Floats:
    """Return the log of phi(z) / sigma."""
    return np.asarray(-0.5 * z * z - log(sigma) - LOG_ROOT_TWO_PI)


def no_rule(_values: Values) -> str | None:
    """Return None: any combination of the parameters will do."""
    return None


def no_marks(_values: Values) -> Sequence[float]:
    """Return nothing: the density is smooth within the support."""
    return ()


@dataclass(frozen=True)
class Parameter:
    """What a law is stated by: its name, the rule it must obey, and the value when it is left out.

    A default may be a function of the parameters that are stated.
    """

    name: str
    rule: str = "finite"
    default: float | str | Callable[[Values], Any] | None = None

    def value_in(self, values: Values) -> Any:
        """Return the parameter's value among stated ones, None if it is missing."""
        stated = values.get(self.name)
        if stated is not None:
            return stated
        return self.default(values) if callable(self.default) else self.default


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
        The inverse of the quantile function, `score_of(x, parameters)`: the score of the probability of no more than x;
        None if it has none (no truncation then).
    score_less
        The score of the probability of less than x, where that differs: in laws with atoms.
    support
        The least and the largest value; None: from numbers named `lower` and `upper`, and the axis.
    marks
        Values with an atom, and those at which the density jumps or has a kink.
    log_density
        Log of the density at (value) values of the support, `log_density(x, parameters)`; None if it has none.
    fit
        From quantiles `{p: x}` and parameters already known to all parameters; None if quantiles cannot state it.
    takes_arrays
        Whether `score_of` and `score_less` take arrays of values too.
    statements
        Other parameters that may state the law, and how they determine its own.
    statement_rules
        Rules of such parameters where they are not numbers.
    named
        From a name to the family of that name, for a member that stands for many: `scipy:gamma`.
    axis
        Where the law lives, "real", "positive" or "bounded": it decides how a random walk steps.
    check
        The rule that a combination of parameters breaks, in words, or None.
    tabulated
        Whether the kernel's numbers are a table, whose bits depend on the SciPy that made it and on the C library that
        it calls, but not on the processor, if that has fused multiply-adds. Such a law takes normal scores; the engine
        draws it through cells over the tail's probability.
    oracle
        An independent implementation with `ppf` and `cdf`, for the tests.
    """

    name: str
    parameters: tuple[Parameter, ...]
    score: Literal["normal", "uniform", "none"]
    quantile: Callable[[float, Floats], float]
    numbers: Callable[[Values], Sequence[float] | Floats]
    score_of: Callable[[Any, Values], Any] | None = None
    score_less: Callable[[Any, Values], Any] | None = None
    takes_arrays: bool = False
    support: Callable[[Values], tuple[float, float]] | None = None
    marks: Callable[[Values], Sequence[float]] = no_marks
    log_density: Callable[[Floats, Values], Floats] | None = None
    fit: Callable[[Quantiles, Values], Values] | None = None
    statements: Mapping[tuple[str, ...], Callable[[Values], Values]] = field(default_factory=dict, hash=False)
    statement_rules: Mapping[str, str] = field(default_factory=dict, hash=False)
    named: Callable[[str], Distribution] | None = None
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
        full = {p.name: p.value_in(values) for p in self.parameters}
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

    def ends(self, values: Values) -> tuple[float, float]:
        """Return the least and the largest value that the law can draw, infinite where there is none."""
        if self.support is not None:
            return self.support(values)
        least = 0.0 if self.axis(values) == "positive" else -math.inf
        return values.get("lower", least), values.get("upper", math.inf)
