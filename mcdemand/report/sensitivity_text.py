"""What is said of a sensitivity analysis: headings, provenance, notes, numbers as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import xarray as xr

from mcdemand.digits import DIGITS_OF_UNKNOWN_ERROR, format_value
from mcdemand.report.layout import counted, unit_of
from mcdemand.report.sensitivity_view import OUTPUT, YEAR, Number, is_log, listed
from mcdemand.report.text import literal

CELL_DIGITS = 3
MOST_NAMES = 60
CI_PROB = 0.95
UNDEFINED = "Not defined: the output is not positive in every draw, so it has no logarithm."
AS_IF = "as if independent"
TITLES = {"prim": "scenario discovery: a box in which the cases are more frequent than elsewhere"}
"""Titles of methods, where the one that they state themselves promises too much."""
RUNS_ONLY = frozenset({"morris"})
"""Methods that draw nothing: they choose the points at which the model runs."""
BELOW_ZERO = "A share below 0 is noise within its error: no true share is negative."
SMALLEST_P_VALUE = 1e-4
ONE_CHAIN = "Errors come from chains, and there is only one; ask for 16."


def title_line(attributes: Mapping[Any, Any]) -> str:
    """Return what a method is, in words.

    Examples
    --------
    >>> title_line({"method": "src", "title": "standardised linear regression"})
    'Standardised linear regression'
    """
    title = TITLES.get(str(attributes.get("method"))) or literal(attributes.get("title", ""))
    return title[:1].upper() + title[1:]


def method_line(attributes: Mapping[Any, Any]) -> str:
    """Return what a method is, and its name.

    Examples
    --------
    >>> method_line({"method": "shapley", "title": "Shapley effects"})
    'Shapley effects (method shapley)'
    """
    return f"{title_line(attributes)} (method {literal(attributes.get('method', '')).replace('_', '-')})"


def output_line(one: xr.Dataset) -> str:
    """Return output, unit, year and scale, then what the output is."""
    unit = f" [{unit_of(one)}]" if "units" in one.coords and unit_of(one) else ""
    year = f", {one[YEAR].values.item()}" if YEAR in one.coords and YEAR not in one.dims else ""
    name = literal(one["long_name"].values) if "long_name" in one.coords else ""
    head = f"{literal(one[OUTPUT].values)}{unit}{year}"
    return f"{head}{scale_words(one)}{f': {name}' if name else ''}"


def scale_words(one: xr.Dataset) -> str:
    """Return that an analysis is of the output's logarithm, or made as if priors were independent; else nothing."""
    scale = ", on the logarithm of the output" if is_log(one) else ""
    return scale + (f", {AS_IF}" if AS_IF in str(one.attrs.get("dependence", "")).casefold() else "")


def dependence_line(attributes: Mapping[Any, Any]) -> str:
    """Return what was done about priors that depend on each other, as a sentence."""
    phrase = literal(attributes.get("dependence", ""))
    return f"Dependence between priors: {phrase.removesuffix('.')}." if phrase else ""


def provenance(attributes: Mapping[Any, Any]) -> str:
    """Return prior set, number of draws, seed and design, as a sentence."""
    chains = attributes.get("chains")
    owner = f"Prior set {literal(attributes['prior_set'])}: " if attributes.get("prior_set") else ""
    if attributes.get("method") in RUNS_ONLY:
        return f"{owner}{counted(int(attributes['evaluations']), 'run')} of the model, seed {attributes['seed']}."
    sizes = [counted(int(attributes["draws"]), "draw") + (f" in {counted(int(chains), 'chain')}" if chains else "")]
    evaluations = int(attributes.get("evaluations", attributes["draws"]))
    if evaluations not in (0, int(attributes["draws"])):
        sizes.append(counted(evaluations, "run") + " of the model")
    parts = [f"seed {attributes['seed']}", f"design {literal(attributes['design'])}"]
    return f"{owner}{', '.join([*sizes, *parts])}."


def interval_words(attributes: Mapping[Any, Any]) -> str:
    """Return what the intervals are."""
    return f"{100 * float(attributes.get('ci_prob', CI_PROB)):g} % confidence interval of the Monte Carlo error"


def notices(attributes: Mapping[Any, Any]) -> Iterator[str]:
    """Yield what the analysis itself says, and that a single chain has no errors."""
    said = [literal(line) for line in str(attributes.get("notices", "")).split("\n") if line.strip()]
    if int(attributes.get("chains", 0)) == 1 and str(attributes.get("design")) != "random":
        said.append(ONE_CHAIN)
    yield from (f"Note: {line}" for line in said)


def zero_note(names: Sequence[str]) -> Iterator[str]:
    """Yield which parameters have exactly 0; nothing if none has."""
    if names:
        yield f"Exactly 0: {listed(names, MOST_NAMES)}."


def small_note(names: Sequence[str]) -> Iterator[str]:
    """Yield which parameters cannot be told from 0; nothing if none."""
    if names:
        yield f"Smaller than their Monte Carlo error: {listed(names, MOST_NAMES)}."


def below_zero_note(found: Iterable[Number]) -> Iterator[str]:
    """Yield what a share below 0 is; nothing if there is none."""
    if any(one.value < 0 and value_text(one.value, one.mcse).startswith("-") for one in found):
        yield BELOW_ZERO


def p_value_text(value: float) -> str:
    """Return a p-value, as a bound where it is very small.

    Examples
    --------
    >>> p_value_text(0.0312), p_value_text(1e-9)
    ('0.031', '<0.0001')
    """
    return f"<{SMALLEST_P_VALUE:.4f}" if value < SMALLEST_P_VALUE else format_value(value, math.nan)


def interval_text(number: Number) -> str:
    """Return a confidence interval with the digits that the error supports; nothing if it is unknown."""
    if math.isnan(number.lower):
        return ""
    low, high = (format_value(_rounded(bound, number.mcse), number.mcse) for bound in (number.lower, number.upper))
    return f"{low}–{high}" if number.lower >= 0 else f"{low} to {high}"


def value_text(value: float, mcse: float) -> str:
    """Return a value with the digits that its error supports; what is far below its error as 0.00.

    Examples
    --------
    >>> value_text(0.1234, 0.02), value_text(4e-6, 0.02), value_text(0.0, 0.0)
    ('0.12', '0.00', '0')
    """
    if value and mcse > 0 and not _rounded(value, mcse):
        return f"{0:.{max(-math.floor(math.log10(mcse)), 0)}f}"
    return format_value(value, mcse)


def _rounded(value: float, mcse: float) -> float:
    """Return a value rounded to the place of its error's first digit, so that noise around 0 reads as 0."""
    return round(value, -math.floor(math.log10(mcse))) if mcse > 0 else value


def error_text(mcse: float) -> str:
    """Return an error with its leading digit; nothing if it is unknown."""
    return "" if math.isnan(mcse) else format_value(mcse, mcse)


def cell_text(value: float, mcse: float, *, percent: bool, digits: int = CELL_DIGITS) -> str:
    """Return an index for a narrow cell: no digit that its error does not support, and at most so many.

    Parameters
    ----------
    percent
        Whether it is shown in per cent; what rounds to nothing is then shown as a bound.

    Examples
    --------
    >>> cell_text(0.1234, 0.0001, percent=True), cell_text(0.0002, 0.0001, percent=True)
    ('12.3', '<0.1')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ""
    digits = min(digits, DIGITS_OF_UNKNOWN_ERROR) if math.isnan(mcse) and not percent else digits
    shown, error = (100 * value, 100 * mcse) if percent else (value, mcse)
    finest = 10.0 ** (math.floor(math.log10(abs(shown))) - digits + 1)
    least = 10.0 ** (2 - digits) if percent else 0.0
    if abs(shown) < least / 2:
        return f"<{least:g}" if shown > 0 else "0"
    return format_value(_rounded(shown, least), max(finest, least, 0.0 if math.isnan(error) else error))
