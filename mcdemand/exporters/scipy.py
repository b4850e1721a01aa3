"""SciPy: a Python file with the parametric law that is nearest to each column, how near, and PreliZ's equivalent.

Laws are fitted to the draws' quantiles as `mcdemand.elicit` does; marginals only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mcdemand.distributions import find_distribution
from mcdemand.distributions._distribution import Distribution
from mcdemand.distributions._law import Law
from mcdemand.elicitation import fit_families
from mcdemand.elicited_statement import Statement, by_key, read_statement
from mcdemand.errors import InputError, NumericalError
from mcdemand.exporters._checked_levels import CHECKED, ROUGH, misfit, named
from mcdemand.exporters._column_summary import describe, state_levels, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_whole
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import FIRST_LINES, comment, comments, identifiers, text_literal
from mcdemand.kernels.arrays import Floats
from mcdemand.law_statement import read_law
from mcdemand.report.text import literal
from mcdemand.schema import LawRow

FITTED = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
PRELIZ = {
    "lognormal": "LogNormal",
    "normal": "Normal",
    "gamma": "Gamma",
    "weibull": "Weibull",
    "beta": "Beta",
    "inverse_gamma": "InverseGamma",
    "log_logistic": "LogLogistic",
    "logistic": "Logistic",
    "gumbel": "Gumbel",
    "uniform": "Uniform",
    "triangular": "Triangular",
    "exponential": "Exponential",
    "skew_normal": "SkewNormal",
}
"""Families that are tried, and what PreliZ calls them."""
PRELIZ_NUMBERS = {"triangular": {"mode": "c"}}
LEFT_OUT = {"beta": ("lower", "upper")}
"""Numbers that PreliZ's law has no word for; they are 0 and 1 here."""
SLOW = ("skew_normal",)
"""Tried only where the others are not near: a fit takes a second."""
NEAR, VERY_NEAR = 0.01, 0.005
THREE_NUMBERS = ("triangular", "skew_normal")
REFINED = 2
"""Families whose levels are fitted too, which takes ten times as long as fitting quantiles."""
MOST_VARIABLES = 20
NAMES_OF_FILE = ("stats", "pz", "laws", "preliz_laws")


type FindLaw = Callable[[Distribution, Statement], Law | None]


class Fitted(NamedTuple):
    """The law of a column, SciPy's object, and its largest error at p5, p50 and p95."""

    law: Law
    frozen: Any
    misfit: float


def write(selection: Selection, target: Path, /, *, variables: int) -> Iterable[str]:
    """Write the source text.

    Raises
    ------
    InputError
        If `variables` is no whole number, or no column has a law.
    """
    columns = selection.columns()
    kept = columns[: check_whole("variables", variables, 1, 1000)]
    fits = [fit_column(column.values) for column in kept]
    if not any(fits):
        raise InputError(
            f"scipy: {literal(kept[0].label)}: takes few different values; no continuous law is near; use pymc"
        )
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _lines(selection, kept, fits))
    return list(_notes(columns, kept, fits))


def fit_column(values: Floats) -> Fitted | None:
    """Return the first law that is very near, else the nearest; None if values are few or no law can be fitted.

    Families are first fitted to the quantiles, which is quick; the levels are fitted of the nearest, and of those with
    three numbers, which gain most by it.
    """
    stated: dict[str | float, float] = dict(zip(FITTED, np.quantile(values, FITTED).tolist(), strict=True))
    if len({*stated.values()}) < len(stated):
        return None
    found: list[Fitted] = []
    for family in (one for one in PRELIZ if one not in SLOW):
        found += _fit(_quick_law, family, stated, values)
        if found and found[-1].misfit <= VERY_NEAR:
            return found[-1]
    nearest = [one.law.family.name for one in sorted(found, key=_misfit)[:REFINED]]
    for family in dict.fromkeys([*nearest, *THREE_NUMBERS]):
        if family in PRELIZ and (family not in SLOW or min(map(_misfit, found), default=1) > NEAR):
            found += _fit(_nearest_law, family, stated, values)
    return min(found, key=_misfit, default=None)


def _misfit(fit: Fitted) -> float:
    return fit.misfit


def _fit(find: FindLaw, family: str, stated: dict[str | float, float], values: Floats) -> list[Fitted]:
    """Return the law that a way of fitting finds; none if there is none."""
    spec = find_distribution(family)
    assert spec is not None
    assert spec.oracle is not None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        law = find(spec, read_statement(stated))
        if law is None:
            return []
        frozen = spec.oracle(law.values)
        error = misfit(values, frozen.ppf(CHECKED))
    return [Fitted(law, frozen, error)] if np.isfinite(error) else []


def _quick_law(spec: Distribution, statement: Statement) -> Law | None:
    """Return the law of a family with the least squares of its quantiles."""
    row = {"distribution": spec.name, "fit": "least_squares", **by_key(statement.quantiles)}
    try:
        return read_law(LawRow.model_validate(row))
    except (InputError, NumericalError, ArithmeticError, ValueError):
        return None


def _nearest_law(spec: Distribution, statement: Statement) -> Law | None:
    """Return the law of a family with the least squares of its levels."""
    fits, _ = fit_families(statement, {spec.name: spec})
    return fits[0].law if fits else None


def _lines(selection: Selection, columns: list[Column], fits: list[Fitted | None]) -> Iterator[str]:
    yield FIRST_LINES.rstrip("\n")
    yield from comments(selection.about())
    yield "# Marginals only: a law of each column alone, with its error; where all are further than 0.5 %, the nearest."
    yield from ("from scipy import stats", "", "laws = {}")
    names = identifiers((column.label for column in columns), NAMES_OF_FILE)
    summaries = summarize_columns(selection)[: len(columns)]
    for name, column, summary, fit in zip(names, columns, summaries, fits, strict=True):
        yield from ("", comment(describe(column)), comment(state_levels(selection, summary)))
        if fit is None:
            yield "# Takes few different values, or none of the families can be fitted: no law."
            continue
        yield comment(f"largest error of p5, p50 and p95: {100 * fit.misfit:.2g} %")
        yield f"{name} = {_constructor(fit.frozen)}"
        yield f"laws[{text_literal(name)}] = {name}"
    yield from _preliz([(name, fit.law) for name, fit in zip(names, fits, strict=True) if fit])


def _constructor(frozen: Any) -> str:
    numbers = [repr(float(one)) for one in frozen.args]
    numbers += [f"{key}={float(one)!r}" for key, one in frozen.kwds.items()]
    return f"stats.{frozen.dist.name}({', '.join(numbers)})"


def _preliz(laws: list[tuple[str, Law]]) -> Iterator[str]:
    yield from ("", "", "def preliz_laws():", '    """Return the same laws as PreliZ\'s objects."""')
    yield from ("    import preliz as pz", "", "    return {")
    for name, law in laws:
        yield f"        {text_literal(name)}: pz.{PRELIZ[law.family.name]}({_preliz_numbers(law)}),"
    yield "    }"


def _preliz_numbers(law: Law) -> str:
    family = law.family.name
    words, unsaid = PRELIZ_NUMBERS.get(family, {}), LEFT_OUT.get(family, ())
    return ", ".join(
        f"{words.get(key, key)}={float(value)!r}" for key, value in law.values.items() if key not in unsaid
    )


def _notes(columns: list[Column], kept: list[Column], fits: list[Fitted | None]) -> Iterator[str]:
    yield "Marginals only, each as the nearest parametric law; the file states how near."
    if len(kept) < len(columns):
        yield f"{len(kept)} of {len(columns)} columns: set the option variables to a larger number, or name outputs."
    pairs = [(literal(column.label), fit) for column, fit in zip(kept, fits, strict=True)]
    if none := [label for label, fit in pairs if fit is None]:
        yield f"{named(none)}: few different values; left out."
    if rough := [label for label, fit in pairs if fit and fit.misfit > ROUGH]:
        yield f"{named(rough)}: p5, p50 or p95 of the law is off by more than {100 * ROUGH:.0f} %."


EXPORTER = Exporter(
    name="scipy",
    title="Python source of the nearest SciPy and PreliZ laws",
    suffixes=(".py",),
    keeps="marginals",
    write=write,
    states_quantiles=True,
    options={"variables": MOST_VARIABLES},
    meanings={
        "variables": "at most so many; each takes about half a second",
    },
)
