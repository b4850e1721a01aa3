"""What the indices of sensitivity analyses mean, in a sentence each, for readers who do not work with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import xarray as xr

from mcdemand.report.numbers import level_text
from mcdemand.report.sensitivity_view import (
    OF_OUTPUT,
    OTHER_PARAMETER,
    index_names,
    is_log,
    is_share,
    other_names,
    pick_output,
    plain,
)
from mcdemand.report.text import literal


class Words(NamedTuple):
    """What an index is.

    Attributes
    ----------
    label
        A phrase for the legend, the axis and the title of a figure.
    meaning
        A sentence, without its full stop.
    short
        The sentence for a figure, where it is too long.
    """

    label: str
    meaning: str
    short: str = ""


_RISES = "how steadily the output rises (up to 1) or falls (down to -1) with the parameter"
_GAP = "how far knowing the parameter's class of values moves the output's distribution, from 0 (not) to 1"
_SCREEN = "when the parameter moves across its range and the others stay where they are"

QUASI = "quasi_p_value"

WORDS: dict[str, Words] = {
    "shapley_effect": Words(
        "Shapley effect",
        "each parameter's share of the output's variance; what it shares with others is divided fairly, so the shares "
        "sum to 100 %",
        "share of the output's variance, what is shared divided fairly; all sum to 100 %",
    ),
    "first_order": Words(
        "first-order index",
        "the share of the output's variance that goes away, on average, once this parameter alone is known exactly",
        "share of the variance that goes away once the parameter alone is known",
    ),
    "total_order": Words(
        "total-order index",
        "the share of the output's variance that is left, on average, if all other parameters are known exactly",
        "share of the variance that is left if all others are known",
    ),
    "second_order": Words(
        "second-order index",
        "the share of the output's variance that two parameters explain together, beyond what each explains alone",
    ),
    "full_first_order": Words(
        "full first-order index",
        "the share of the output's variance that goes away once this parameter is known, with all that it tells of "
        "those correlated with it",
        "share of the variance that goes away once the parameter is known, and what it tells of others",
    ),
    "full_total_order": Words(
        "full total-order index",
        "the share of the output's variance that the parameter has a part in: alone, together with others, and "
        "through those correlated with it",
    ),
    "independent_first_order": Words(
        "independent first-order index",
        "the share of the output's variance that is explained by what is new in the parameter once those correlated "
        "with it are known",
    ),
    "independent_total_order": Words(
        "independent total-order index",
        "the share of the output's variance that is left, on average, if all other parameters are known exactly",
        "share of the variance that is left if all others are known",
    ),
    "delta": Words(
        "importance (delta)",
        "how much of the output's distribution moves, on average, once the parameter is known: from 0, nothing, to 1, "
        "all of it",
        "how much of the output's distribution moves once the parameter is known: 0 nothing, 1 all",
    ),
    "ks_median": Words("PAWN index, median", f"{_GAP}; the median over classes"),
    "ks_max": Words("PAWN index, largest", f"{_GAP}; the largest over classes"),
    "ks_mean": Words("PAWN index, mean", f"{_GAP}; the mean over classes"),
    "r2_hsic": Words(
        "dependence (R2-HSIC)",
        "how strongly the output depends on the parameter in any way, straight, bent or by its spread: from 0, not at "
        "all, to 1",
        "strength of any dependence of the output on the parameter: 0 none, 1 most",
    ),
    "p_value": Words("p-value", "how likely so large a number would be by chance if the parameter did not matter"),
    "rank_correlation": Words("rank correlation", _RISES),
    "partial_rank_correlation": Words("partial rank correlation", f"{_RISES}, the effects of all others taken out"),
    "standardized_coefficient": Words(
        "standardised coefficient",
        "by how many of its standard deviations the output moves when the parameter moves by one of its own, in a "
        "straight-line fit",
        "standard deviations that the output moves by when the parameter moves by one of its own",
    ),
    "r_squared": Words("R2", "the share of the output's variance that the straight-line fit explains"),
    "ks_distance": Words(
        "distance of worst draws from the rest",
        "how differently the parameter lies in the worst draws and in the rest: from 0, alike, to 1, entirely apart",
        "how differently the parameter lies in the worst draws and in the rest: 0 alike, 1 apart",
    ),
    "level_worst": Words("level among the worst", "where in its whole sample the parameter lies among the worst draws"),
    "mu_star": Words(
        "mean absolute effect",
        f"how far the output moves on average, up or down, {_SCREEN}",
        "how far the output moves, up or down, when the parameter moves across its range",
    ),
    "mu": Words("mean effect", f"how far the output moves on average, ups and downs cancelling, {_SCREEN}"),
    "sigma": Words(
        "spread of the effects",
        "how much that move differs with where the others are: large beside mu_star, the parameter acts together with "
        "others, or not in a straight line",
    ),
    "swing": Words("swing", "how far apart the output is where the parameter lies low and where it lies high"),
    "low": Words("low", "the output where the parameter lies low"),
    "high": Words("high", "the output where the parameter lies high"),
    "baseline": Words("baseline", "the output where no parameter is moved"),
    "restriction": Words(
        "restriction",
        "the share of the parameter's prior that the box leaves out; at 0 % the parameter is free",
    ),
    "lower": Words("lower limit", "the level of its prior above which the parameter lies in the box"),
    "upper": Words("upper limit", "the level of its prior below which the parameter lies in the box"),
    QUASI: Words("quasi-p-value", "how likely it would be by chance that a restriction of the box helps so much"),
    "coverage": Words("coverage", "the share of all cases that lie in the box"),
    "density": Words("density", "the share of the draws in the box that are cases"),
    "mass": Words("mass", "the share of all draws that lie in the box"),
    "coverage_error": Words("error of the coverage", "the standard error of the coverage"),
    "density_error": Words("error of the density", "the standard error of the density"),
}
"""By the name of the index."""
SAID_TOGETHER = ("low", "high", "baseline")
"""What the table of a tornado says in a sentence of its own."""


def label_of(one: xr.Dataset, index: str) -> str:
    """Return what an index is called in figures."""
    known = WORDS.get(index)
    return known.label if known else literal(one[index].attrs.get("long_name") or index.replace("_", " "))


def meanings(found: xr.Dataset) -> Iterator[str]:
    """Yield a sentence for each index that a table shows, and what the logarithm means to them."""
    one = plain(pick_output(found))
    names = [name for name in (*index_names(one), *other_names(one, 0)) if name not in SAID_TOGETHER]
    names += [name for name in other_names(one, 1) if OTHER_PARAMETER in one[name].dims or name == QUASI]
    for name in names:
        if name in WORDS:
            yield f"{name}: {WORDS[name].meaning}."
    yield from ends_words(found.attrs)


def short_meaning(indices: Iterable[str]) -> str:
    """Return what the drawn indices mean, on one line."""
    return "; ".join(
        f"{WORDS[name].label}: {WORDS[name].short or WORDS[name].meaning}" for name in indices if name in WORDS
    )


def ends_words(attributes: Mapping[Any, Any]) -> Iterator[str]:
    """Yield what low and high are, where an analysis moves parameters between levels of their priors."""
    options = method_options(attributes)
    if attributes.get("method") == "tornado" and "range" in options:
        low, high = map(level_text, options["range"])
        statistic = options.get("statistic", "median")
        yield (
            f"low, high: the output where the parameter lies at the {low} and the {high} of its prior; with the others "
            f"drawn, the output's {statistic}."
        )
    elif attributes.get("method") == "morris" and "range" in options:
        yield f"The range of a parameter is from {' to '.join(map(level_text, options['range']))} of its prior."


def log_note(found: xr.Dataset, outputs: Iterable[str]) -> Iterator[str]:
    """Yield what an analysis of logarithms means, once, if one of the outputs is looked at so."""
    shown = [one for one in (pick_output(found, name) for name in outputs) if is_log(one)]
    if not shown:
        return
    units = dict.fromkeys(literal(one["units"].values) for one in shown)
    own = "its own unit" if "1" in units else " or ".join(units)
    main = index_names(plain(shown[0]))[0]
    if is_share(shown[0], main):
        yield f"On the logarithm of the output: shares of its relative spread, not of its spread in {own}."
    elif shown[0][main].attrs.get("units") == OF_OUTPUT:
        yield f"On the logarithm of the output: moves are relative, 0.1 is about 10 %, and not in {own}."
    else:
        yield f"On the logarithm of the output: its relative changes count, not those in {own}."


def method_options(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the options that a method was given, where the analysis tells them."""
    try:
        found = json.loads(str(attributes.get("options", "{}")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
