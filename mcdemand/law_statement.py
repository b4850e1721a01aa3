"""From what a row says of a law, by parameters, by quantiles or by other laws, to the law."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationError

from mcdemand.distributions import distributions, find_distribution
from mcdemand.distributions._distribution import ONE_OF, Distribution, Values, words_of
from mcdemand.distributions._law import Law, truncation_numbers
from mcdemand.errors import InputError
from mcdemand.kernels.normal import normal_quantile
from mcdemand.registry import nearest
from mcdemand.schema import LawRow, item_words, plain, problem_words
from mcdemand.short_forms import inner_row

QUANTILE_KEY = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,6})?)")
LEADING_KEY = re.compile(r"([A-Za-z]\w*(?:\.[0-9]+)?)(?:[.\[][^:]*)?:", re.ASCII)
MISFIT_TOLERANCE = 1e-6
ROUNDING = 1e-12
MAX_NESTING = 4


def quantile_level(key: str) -> float | None:
    """Return the level of the quantile that a key names; None if it names none.

    Examples
    --------
    >>> quantile_level("p95"), quantile_level("mode")
    (0.95, None)
    """
    match = QUANTILE_KEY.fullmatch(key)
    return float(match[1]) / 100 if match else None


def read_law(row: LawRow, depth: int = 0) -> Law:
    """Return the law that a row states; its table, if it has one, is made and checked.

    Raises
    ------
    InputError
        If the row's family or its numbers break a rule; the message starts with the key.
    NumericalError
        If the law cannot be tabulated.
    """
    family = find_distribution(row.distribution)
    if family is None:
        raise InputError(f"distribution: {row.distribution!r}: unknown; {nearest(row.distribution, distributions())}")
    values = _values(family, row, depth)
    truncation = _truncation(family, row, values)
    law = Law(family, tuple(values.items()), truncation)
    if family.tabulated:
        law.kernel_numbers()
    return law


def _values(family: Distribution, row: LawRow, depth: int) -> Values:
    """Return the family's parameters, from parameters or from quantiles."""
    known: Values = {}
    quantiles: dict[float, float] = {}
    rules = {name: family.statement_rules.get(name, "finite") for names in family.statements for name in names}
    rules |= {parameter.name: parameter.rule for parameter in family.parameters}
    for key, value in row.law().items():
        if key in rules:
            known[key] = _typed(key, value, rules[key], depth)
        elif (level := quantile_level(key)) is not None:
            if level in quantiles:
                raise InputError(f"{key}: {value!r}: the same quantile is stated twice; keep one")
            quantiles[level] = _number(key, value)
        else:
            raise InputError(
                f"{plain(key)}: unknown; {nearest(key, [*rules, 'p5', 'p50', 'p95', *type(row).model_fields])}"
            )
    if quantiles:
        known = _fitted(family, dict(sorted(quantiles.items())), known, row)
    full = _restated(family, known)
    _refuse_missing(family, full)
    return family.complete(full)


def ways_to_state(family: Distribution) -> list[str]:
    """Return what states a law of a family, a way each; numbers with a default are left out.

    Examples
    --------
    >>> ways_to_state(distributions()["exponential"])
    ['lam', 'mean', 'scale', 'quantiles']
    """
    own = ", ".join(_required(family))
    others = (" and ".join(names) for names in family.statements if not {*names} & {*_required(family)})
    return [one for one in (own, *others, "quantiles" if family.fit else "") if one]


def _required(family: Distribution) -> list[str]:
    return [parameter.name for parameter in family.parameters if parameter.default is None]


def _refuse_missing(family: Distribution, values: Values) -> None:
    """Raise if a number is missing, with every way there is to state the law."""
    for parameter in family.parameters:
        if parameter.value_in(values) is None:
            ways = ways_to_state(family) if parameter.default is None else [parameter.name]
            raise InputError(f"{parameter.name}: missing; {family.name} needs {'; or '.join(ways)}")


def _restated(family: Distribution, known: Values) -> Values:
    """Return the family's own parameters where others that determine them are stated."""
    own = {parameter.name for parameter in family.parameters}
    others = [name for name in known if name not in own]
    if not others:
        return known
    names, restate = next(pair for pair in family.statements.items() if others[0] in pair[0])
    missing = [name for name in names if name not in known]
    if missing:
        raise InputError(f"{missing[0]}: missing; {others[0]} goes with {' and '.join(names)}")
    found = restate(known)
    clash = [name for name in known if name not in names and (name in found or name not in own)]
    if clash:
        raise InputError(f"{clash[0]}: {known[clash[0]]!r}: contradicts {' and '.join(names)}; state one or the other")
    return {**{name: value for name, value in known.items() if name not in names}, **found}


def _typed(key: str, value: Any, rule: str, depth: int) -> Any:
    """Return a number as a float, a list as a tuple, a table as a law, a word as it is, or say what it should be."""
    if rule == "law":
        return _nested(key, value, depth)
    if rule.startswith(ONE_OF):
        if value not in words_of(rule):
            raise InputError(f"{key}: {value!r:.80}: must be {rule}")
        return value
    if rule in LISTS:
        kind, read = LISTS[rule]
        if (
            isinstance(value, list | tuple)
            and value
            and all(isinstance(one, kind) and not isinstance(one, bool) for one in value)
        ):
            places = (
                [f"{key}{item_words(k, len(value))}" for k in range(len(value))]
                if rule == "laws"
                else [key] * len(value)
            )
            return tuple(read(place, one, depth) for place, one in zip(places, value, strict=True))
        raise InputError(f"{key}: {value!r:.80}: must be a list of {rule}")
    return _number(key, value)


def _nested(key: str, value: Any, depth: int) -> Law:
    """Return the law that a table, a short form or a number inside a row states."""
    try:
        row = inner_row(value)
    except InputError as error:
        raise InputError(f"{key}: {error}") from None
    if depth >= MAX_NESTING:
        raise InputError(f"{key}: laws within laws more than {MAX_NESTING} deep; state it in fewer")
    try:
        return read_law(LawRow.model_validate(row), depth + 1)
    except ValidationError as error:
        raise InputError(f"{key}.{problem_words(error.errors(include_url=False)[0], row)}") from None
    except InputError as error:
        raise InputError(f"{key}.{error}") from None


def _number(key: str, value: Any, _depth: int = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = (
            f'; quote the key, "{key}.{plain(str(next(iter(value))))}"' if isinstance(value, Mapping) and value else ""
        )
        raise InputError(f"{key}: {value!r:.80}: must be a number{hint}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{key}: {value!r:.40}: must be finite")
    return number


def _name(_key: str, value: str, _depth: int) -> str:
    return value


LISTS: dict[str, tuple[Any, Callable[[str, Any, int], Any]]] = {
    "names": (str, _name),
    "numbers": ((int, float), _number),
    "laws": ((Mapping, str, int, float), _nested),
}
"""What a list holds, and how one of it is read."""


def _fitted(family: Distribution, quantiles: dict[float, float], known: Values, row: LawRow) -> Values:
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
    required = _required(family)
    if required and known.keys() >= {*required}:
        name = required[0]
        raise InputError(f"{name}: {known[name]!r:.80}: contradicts the quantiles; state one or the other")
    found, values = _found(family, quantiles, known)
    clash = [name for name in known if {**found, **values}.get(name) != known[name]]
    if clash:
        raise InputError(f"{clash[0]}: {known[clash[0]]!r}: contradicts the quantiles; state one or the other")
    if row.fit == "exact":
        _refuse_misfit(family, quantiles, values)
    return values


def _found(family: Distribution, quantiles: dict[float, float], known: Values) -> tuple[Values, Values]:
    """Return the parameters that a family finds, and all of them.

    Raises
    ------
    InputError
        If it finds none; the message starts with a key that is stated.
    """
    assert family.fit is not None
    try:
        found = family.fit(quantiles, known)
        return found, family.complete({**known, **found})
    except InputError as error:
        keys = [f"p{100 * p:g}" for p in quantiles]
        start = LEADING_KEY.match(str(error))
        if start and start[1] in (*known, *keys):
            raise
        raise InputError(
            f"{', '.join(keys)}: {f'such quantiles give no {family.name} law: ' if start else ''}{error}"
        ) from None


def _refuse_misfit(family: Distribution, quantiles: dict[float, float], values: Values) -> None:
    largest = max(map(abs, quantiles.values()))
    scale, rounding = max(quantiles.values()) - min(quantiles.values()) or largest, ROUNDING * largest
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
    return float(family.quantile(score, Law(family, tuple(values.items())).kernel_numbers()))


def _truncation(family: Distribution, row: LawRow, values: Values) -> tuple[float, float] | None:
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
