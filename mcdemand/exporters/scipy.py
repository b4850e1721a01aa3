"""SciPy: a Python file with the parametric law that is nearest to each column, how near, and PreliZ's equivalent.

Laws are fitted to the draws' quantiles as `mcdemand.elicit` does; marginals only.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mcdemand.distributions import find_distribution
from mcdemand.distributions._law import Law
from mcdemand.elicitation import fit_families
from mcdemand.elicited_statement import read_statement
from mcdemand.errors import InputError
from mcdemand.exporters._checked_levels import CHECKED, ROUGH, misfit, named
from mcdemand.exporters._column_summary import describe, state_levels, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_whole
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import FIRST_LINES, comment, comments, identifiers, text_literal
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

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
MOST_VARIABLES = 20
NAMES_OF_FILE = ("stats", "pz", "laws", "preliz_laws")


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
    """Return the first law that is very near, else the nearest; None if values are few or no law can be fitted."""
    stated: dict[str | float, float] = dict(zip(FITTED, np.quantile(values, FITTED).tolist(), strict=True))
    if len({*stated.values()}) < len(stated):
        return None
    best: Fitted | None = None
    for family in PRELIZ:
        if best is None or best.misfit > (NEAR if family in SLOW else VERY_NEAR):
            found = _fit(family, stated, values)
            best = min((one for one in (best, found) if one), key=lambda one: one.misfit, default=None)
    return best


def _fit(family: str, stated: dict[str | float, float], values: Floats) -> Fitted | None:
    spec = find_distribution(family)
    assert spec is not None
    assert spec.oracle is not None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fits, _ = fit_families(read_statement(stated), {family: spec})
        if not fits:
            return None
        law = fits[0].law
        frozen = spec.oracle(law.values)
        error = misfit(values, frozen.ppf(CHECKED))
    return Fitted(law, frozen, error) if np.isfinite(error) else None


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
    options={"variables": MOST_VARIABLES},
)
