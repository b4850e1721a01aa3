"""Robustness to the shape of a prior: existing draws weighted so that they follow another law of one row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.errors import NumericalError
from mcdemand.importance import Smoothed, smooth_weights, why_unreliable
from mcdemand.kernels.arrays import Floats
from mcdemand.model import Model
from mcdemand.prior_density import (
    INDEPENDENT,
    given_others,
    log_weights,
    missing_probability,
    nearest_level,
    normal_scores,
)
from mcdemand.replicates import Replicates
from mcdemand.row_change import RowChange, partner_draws
from mcdemand.weighted_summary import choose_rows, interval_levels, replicates_of, summarize_weighted

LARGEST_MISSING = 0.01
REWEIGHTED = "reweighted"


def reweight(
    result: xr.DataTree,
    set: Mapping[str, Any],
    *,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    ci_prob: float = 0.9,
    model: Model | str | None = None,
    accept_unreliable: bool = False,
) -> xr.Dataset:
    """Return how outputs move if one row of the prior set had another law, from the draws that there are.

    Parameters
    ----------
    result
        What `simulate` or `read_result` returned, of a single prior set.
    set
        The change, such as `{"reasoning_multiplier.p50": 10}`; the law of exactly one parameter may differ, by family
        too. A law that is not a constant and does not vary by year, before and after.
    outputs, years
        Quantities and parameters of the result, and years; None: all its quantities, all its years.
    ci_prob
        Probability of the equal-tailed intervals.
    model
        Needed only for a model of one's own, where the result does not keep what the parameter is correlated with.
    accept_unreliable
        Return the numbers even where the weights cannot be trusted; `reliable` is then 0.

    Returns
    -------
    xr.Dataset
        Dims (prior, output, year), `ci_bound` last; `prior` is "stated" or "reweighted". `mean`, `median`, `interval`
        in the output's unit; without `prior`, `shift_mean`, `shift_median`, `shift_interval`: reweighted less stated.
        Each has a companion `mcse_...`; that of a shift counts the draws that both have in common. Without dims:
        `pareto_k` of the weights (NaN where they have no tail), `ess`, the draws that they are worth, and
        `missing_mass`, the probability of the new law that no draw of the old one can show. No `year` where no output
        has one, and an output without a year repeats.

    Raises
    ------
    InputError
        If the change is not that of one row, or one that weights cannot express; if there is no such output or year.
    NumericalError
        If every draw is impossible under the new prior, or the weights cannot be trusted: fewer than 50 effective
        draws, a `pareto_k` above min(1 - 1 / log10(draws), 0.7), or more than 1 % of the new prior missing.
    IntegrityError
        If the result's attributes state no run, or its draws are none of its prior.

    Notes
    -----
    The weight of a draw is the new density of the parameter, given the parameters it is correlated with, over the old
    one. With z = h(x) the normal score of its value x under a law, and z given the scores of the others normal with
    mean m and deviation s, the density of x is phi((z - m) / s) / s dz/dx: the copula is kept, and where there is none
    it is the density of the law. Weights are smoothed (Vehtari and others 2024) and divided by their sum.

    Examples
    --------
    >>> from mcdemand import simulate
    >>> result = simulate("consensus", draws=1024, years=[2030])
    >>> found = reweight(result, {"reasoning_multiplier.p50": 9}, outputs="energy_served")
    >>> bool(found["shift_median"].sel(output="energy_served", year=2030) > 0)
    True
    """
    change = RowChange.of(result, set)
    variables, levels = choose_rows(result, outputs, years), interval_levels(ci_prob)
    partners = partner_draws(result, change, model)
    smoothed = _smoothed(change, partners)
    missing = missing_probability(change.old, change.new)
    problem = _problem(smoothed, missing)
    if problem and not accept_unreliable:
        remedy = f"{change.remedy}, or pass --accept-unreliable (accept_unreliable=True)"
        raise NumericalError(f"{change}: these draws cannot show it: {problem}; {remedy}")
    replicates = replicates_of(result)
    dataset = summarize_weighted(variables, smoothed.weights, levels, replicates, REWEIGHTED)
    notices = [problem and f"not reliable: {problem}", _words_of_missing(missing) if missing else ""]
    about = {"ci_prob": ci_prob, "ci_kind": "eti", "reliable": int(not problem)}
    about |= {"notices": "\n".join(dict.fromkeys(filter(None, notices)))}
    dataset = dataset.assign(pareto_k=smoothed.pareto_k, ess=smoothed.ess, missing_mass=missing)
    return dataset.assign_attrs(_about(result, change, partners, replicates), **about)


def _smoothed(change: RowChange, partners: Mapping[str, Floats]) -> Smoothed:
    """Return the smoothed weights of all draws, chain after chain."""
    scores = {name: normal_scores(change.start.parameters[name], values) for name, values in partners.items()}
    given = given_others(change.parameter, change.group, scores) if change.group else INDEPENDENT
    logs = log_weights(change.old, change.new, change.values, given)
    if np.all(logs == -math.inf):
        raise NumericalError(
            f"{change}: every draw is impossible under the changed prior: {_nearest_draw(change)}; {change.remedy}"
        )
    return smooth_weights(logs)


def _nearest_draw(change: RowChange) -> str:
    if change.old.distribution.score_of is None:
        return "none is of a category that has a weight"
    value, level = nearest_level(change.old, change.new, change.values)
    return f"none lies in its range; the nearest, {value:.6g}, is p{100 * level:.6g} of the stated prior"


def _problem(smoothed: Smoothed, missing: float) -> str:
    """Return why the weights cannot be trusted; empty if they can."""
    return why_unreliable(smoothed) or (_words_of_missing(missing) if missing > LARGEST_MISSING else "")


def _words_of_missing(missing: float) -> str:
    return f"{100 * missing:.3g} % of the changed prior lies where the stated one draws nothing"


def _about(
    result: xr.DataTree, change: RowChange, partners: Iterable[str], replicates: Replicates | None
) -> dict[str, Any]:
    """Return what the reader should know about the change, the weights and the draws."""
    tied = ", ".join(partners)
    about = {
        "method": "reweight",
        "title": "Outputs under another prior of one row, from the same draws",
        "parameter": change.parameter,
        "change": change.words,
        "overrides": json.dumps(dict(change.overrides), default=str),
        "dependence": f"kept: weighted given {tied}" if tied else "kept: correlated with nothing",
        "evaluations": 0,
        "mcse": "independent draws" if replicates is None else "replicates",
    }
    about |= {} if replicates is None else {"replicates": len(replicates.stops)}
    stated = ("prior_set", "model", "source", "seed", "design", "draws", "chains")
    return about | {key: result.attrs[key] for key in stated if key in result.attrs}
