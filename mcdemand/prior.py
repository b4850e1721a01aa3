"""The law of one parameter: from a row of a prior set to numbers that a kernel reads."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from mcdemand.distributions import distributions
from mcdemand.distributions._distribution import Distribution, Values
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.normal import normal_cdf, normal_quantile
from mcdemand.registry import nearest
from mcdemand.schema import Row, Varies

QUANTILE_KEY = re.compile(r"p(\d{1,2}(?:\.\d{1,6})?)")
MISFIT_TOLERANCE = 1e-6
ROUNDING = 1e-12
MAX_TABLES = 1024


def quantile_level(key: str) -> float | None:
    """Return the level of the quantile that a key names; None if it names none.

    Examples
    --------
    >>> quantile_level("p95"), quantile_level("mode")
    (0.95, None)
    """
    match = QUANTILE_KEY.fullmatch(key)
    return float(match[1]) / 100 if match else None


@dataclass(frozen=True)
class Prior:
    """The law of one parameter.

    Attributes
    ----------
    values
        The family's parameters, complete.
    stated
        What the row says, key by key, as written.
    truncation
        Bounds of the value within which the law's probability is kept.
    varies
        How the parameter moves from year to year; None if it is one number per draw.
    """

    name: str
    distribution: Distribution
    values: Values
    stated: Mapping[str, Any]
    unit: str = "1"
    source: str = ""
    note: str = ""
    truncation: tuple[float, float] | None = None
    varies: Varies | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the parameter is not uncertain."""
        return self.distribution.score == "none"

    @property
    def is_tabulated(self) -> bool:
        """Whether the law is drawn from a table."""
        return self.distribution.tabulated

    @property
    def drawn_law(self) -> tuple[Any, ...]:
        """What the parameter is drawn from, however it is stated: equal in priors that are drawn alike."""
        return self.distribution.name, self.values, self.truncation, self.varies

    def kernel_numbers(self) -> Floats:
        """Return the constants of the law's kernel; a table is made once."""
        return _kernel_numbers(self.distribution.name, tuple(self.values.items()))


def truncation_numbers(family: Distribution, values: Values, bounds: tuple[float, float]) -> tuple[float, float, float]:
    """Return the probability at the near bound, that between both, and the sign of the tail they are counted from."""
    assert family.score_of is not None
    low, high = (family.score_of(x, values) for x in bounds)
    if family.score == "uniform":
        return low, high - low, 1.0
    sign = -1.0 if low > 0 else 1.0
    near, far = (-high, -low) if sign < 0 else (low, high)
    start = normal_cdf(near)
    return start, normal_cdf(far) - start, sign


@lru_cache(maxsize=MAX_TABLES)
def _kernel_numbers(family: str, values: tuple[tuple[str, Any], ...]) -> Floats:
    return distributions()[family].kernel_numbers(dict(values))


def read_prior(name: str, row: Row) -> Prior:
    """Return the prior that a row states.

    Raises
    ------
    InputError
        If the row's family or its numbers break a rule; the message starts with the key.
    """
    family = distributions().get(row.distribution)
    if family is None:
        raise InputError(f"distribution: {row.distribution!r}: unknown; {nearest(row.distribution, distributions())}")
    try:
        with np.errstate(all="ignore"):
            return _read(name, family, row)
    except InputError:
        raise
    except (ArithmeticError, ValueError):
        # NumPy and SciPy, about numbers that are finite one by one.
        raise InputError(
            f"distribution: {family.name}: its numbers are too large, or too far apart, to compute with"
        ) from None


def _read(name: str, family: Distribution, row: Row) -> Prior:
    values = _values(family, row)
    if family.tabulated:
        _check_table(family, values)
    return Prior(
        name=name,
        distribution=family,
        values=values,
        stated=row.law(),
        unit=row.unit,
        source=row.source,
        note=row.note,
        truncation=_truncation(family, row, values),
        varies=_varies(family, row, values),
    )


def _check_table(family: Distribution, values: Values) -> None:
    try:
        _kernel_numbers(family.name, tuple(values.items()))
    except NumericalError as error:
        raise InputError(f"distribution: {error}") from None


def _values(family: Distribution, row: Row) -> Values:
    """Return the family's parameters, from parameters or from quantiles."""
    known: Values = {}
    quantiles: dict[float, float] = {}
    rules = {parameter.name: parameter.rule for parameter in family.parameters}
    for key, value in row.law().items():
        if key in rules:
            known[key] = _typed(key, value, rules[key])
        elif (level := quantile_level(key)) is not None:
            if level in quantiles:
                raise InputError(f"{key}: {value!r}: the same quantile is stated twice; keep one")
            quantiles[level] = _typed(key, value, "finite")
        else:
            raise InputError(f"{key}: unknown; {nearest(key, [*rules, 'p5', 'p50', 'p95', *Row.model_fields])}")
    if quantiles:
        known = _fitted(family, dict(sorted(quantiles.items())), known, row)
    return family.complete(known)


def _typed(key: str, value: Any, rule: str) -> Any:
    """Return a number as a float, a list as a tuple, or say what it should be."""
    if rule in ("names", "numbers"):
        kind: Any = str if rule == "names" else (int, float)
        if (
            isinstance(value, list | tuple)
            and value
            and all(isinstance(v, kind) and not isinstance(v, bool) for v in value)
        ):
            return tuple(value) if rule == "names" else tuple(_finite(key, number) for number in value)
        raise InputError(f"{key}: {value!r}: must be a list of {rule}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = f'; quote the key, "{key}.{next(iter(value))}"' if isinstance(value, Mapping) and value else ""
        raise InputError(f"{key}: {value!r:.80}: must be a number{hint}")
    return _finite(key, value)


def _finite(key: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{key}: {value!r:.40}: must be finite")
    return number


def _fitted(family: Distribution, quantiles: dict[float, float], known: Values, row: Row) -> Values:
    """Return parameters that meet the stated quantiles.

    Raises
    ------
    InputError
        If they do not rise, the family takes none, or they are more than it can meet and a fit was not asked for.
    """
    if family.fit is None:
        raise InputError(f"p{100 * next(iter(quantiles)):g}: {family.name} is not stated by quantiles")
    if not all(0 < p < 1 for p in quantiles):
        raise InputError("p0: a quantile's level must lie between 0 and 100")
    pairs = list(quantiles.items())
    for (p, low), (q, high) in pairwise(pairs):
        if low >= high:
            raise InputError(f"p{100 * q:g}: {high!r}: must be above p{100 * p:g} = {low!r}")
    values = family.complete({**known, **family.fit(quantiles, known)})
    clash = [name for name in known if name in values and values[name] != known[name]]
    if clash:
        raise InputError(f"{clash[0]}: {known[clash[0]]!r}: contradicts the quantiles; state one or the other")
    if row.fit == "exact":
        _refuse_misfit(family, quantiles, values)
    return values


def _refuse_misfit(family: Distribution, quantiles: dict[float, float], values: Values) -> None:
    scale = max(quantiles.values()) - min(quantiles.values())
    rounding = ROUNDING * max(map(abs, quantiles.values()))
    worst, found = 0.0, ""
    for p, x in quantiles.items():
        resulting = law_quantile(family, values, p)
        misfit = max(0.0, abs(resulting - x) - rounding) / min(scale, abs(x) or scale)
        if misfit > max(worst, MISFIT_TOLERANCE):
            worst, found = misfit, f"p{100 * p:g}: {x!r}: the nearest {family.name} gives {resulting:.6g}"
    if found:
        raise InputError(f'{found}; state fewer quantiles, another family, or fit = "least_squares"')


def law_quantile(family: Distribution, values: Values, probability: float) -> float:
    """Return the quantile of a law before truncation."""
    score = normal_quantile(probability) if family.score == "normal" else probability
    return float(family.quantile(score, family.kernel_numbers(values)))


def _truncation(family: Distribution, row: Row, values: Values) -> tuple[float, float] | None:
    if row.truncation is None:
        return None
    if family.score_of is None:
        raise InputError(f"truncation: a {family.name} law cannot be truncated")
    lower = -math.inf if row.truncation.lower is None else row.truncation.lower
    upper = math.inf if row.truncation.upper is None else row.truncation.upper
    if not lower < upper:
        raise InputError(f"truncation: lower {lower!r} must be below upper {upper!r}")
    start, width, _ = truncation_numbers(family, values, (lower, upper))
    if not width > start * np.finfo(float).eps:
        raise InputError(f"truncation: the law has no probability between {lower!r} and {upper!r}")
    return lower, upper


def _varies(family: Distribution, row: Row, values: Values) -> Varies | None:
    if row.varies is None:
        return None
    if family.score == "none":
        raise InputError("varies: a constant does not vary")
    if row.varies.kind == "random_walk" and (family.axis(values) == "bounded" or row.truncation):
        raise InputError("varies: a random walk needs a law on the whole or the positive axis, not truncated")
    return row.varies
