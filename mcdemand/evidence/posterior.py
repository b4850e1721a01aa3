"""What a conditioned result shows: outputs before and after by weight, and its draws for other tools."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr

from mcdemand.draw_choice import dataset_of
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.reading import DRAWN_AGAIN, POSTERIOR_OF, WEIGHT, WEIGHTS
from mcdemand.summary import error_words
from mcdemand.weighted_summary import choose_rows, interval_levels, replicates_of, summarize_weighted

CONDITIONED = "conditioned"
STATEMENT = frozenset({"prior_set_document", "rank_correlations"})
"""Attributes that are true of the draws before conditioning only."""
NUMBERS = ("pareto_k", "ess", "log_evidence", "mcse_log_evidence")
TITLE = "Outputs before and after what was observed, from the same draws"
KEPT = ("observations", "reliable", "notices", "prior_set", "model", "source", "seed", "design", "draws", "chains")


def summarize_posterior(
    conditioned: xr.DataTree,
    *,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    ci_prob: float = 0.9,
) -> xr.Dataset:
    """Return outputs before and after conditioning, by the weights of the draws.

    Parameters
    ----------
    conditioned
        What `condition` returned.
    outputs, years
        Quantities and parameters of the result, and years; None: all its quantities, all its years.
    ci_prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    xr.Dataset
        Dims (prior, output, year), `ci_bound` last; `prior` is "stated" or "conditioned". `mean`, `median`, `interval`
        in the output's unit; without `prior`, `shift_mean`, `shift_median`, `shift_interval`: conditioned less stated.
        Each has a companion `mcse_...`; that of a shift counts the draws that both have in common. `pareto_k`, `ess`,
        `log_evidence` as `condition` states them.

    Raises
    ------
    InputError
        If the result is not conditioned, or has no such output or year.

    Examples
    --------
    >>> from mcdemand import condition, simulate
    >>> result = simulate("consensus", draws=4096, outputs="energy_served", years=[2025, 2030])
    >>> seen = {"output": "energy_served", "year": 2025, "at_least": 80, "unit": "TWh"}
    >>> found = summarize_posterior(condition(result, [seen]))
    >>> bool(found["shift_median"].sel(output="energy_served", year=2030) > 0)
    True
    """
    weights = _weights(conditioned)
    chosen, levels = choose_rows(conditioned, outputs, years), interval_levels(ci_prob)
    replicates = replicates_of(conditioned)
    found = summarize_weighted(chosen, weights, levels, replicates, CONDITIONED)
    attributes = conditioned.attrs
    found = found.assign({key: float(attributes[key]) for key in NUMBERS})
    about = {"method": "condition", "title": TITLE, "ci_prob": ci_prob, "ci_kind": "eti", "evaluations": 0}
    about |= {key: attributes[key] for key in KEPT if key in attributes}
    return found.assign_attrs(about | error_words(None if replicates is None else len(replicates.stops)))


def posterior_draws(conditioned: xr.DataTree) -> xr.DataTree:
    """Return the draws after conditioning in the shape of a result, for plots and other tools.

    Its groups are `prior` (parameters) and `prior_predictive` (quantities) again, with the draws of `posterior` and
    `posterior_predictive`. It states what it was conditioned on, and no run that would make such draws.

    Raises
    ------
    InputError
        If the result is not conditioned.

    Examples
    --------
    >>> from mcdemand import condition, simulate
    >>> result = simulate("consensus", draws=4096, outputs="energy_served", years=[2025])
    >>> seen = {"output": "energy_served", "year": 2025, "at_least": 80, "unit": "TWh"}
    >>> sorted(posterior_draws(condition(result, [seen])).children)
    ['prior', 'prior_predictive']
    """
    _weights(conditioned)
    attributes = {key: value for key, value in conditioned.attrs.items() if key not in STATEMENT}
    groups = {group: xr.DataTree(dataset_of(conditioned, name)) for group, name in POSTERIOR_OF.items()}
    return xr.DataTree(xr.Dataset(attrs=attributes | {DRAWN_AGAIN: 1}), groups)


def _weights(conditioned: xr.DataTree) -> Floats:
    """Return the weights of all draws, chain after chain."""
    if not isinstance(conditioned, xr.DataTree) or WEIGHTS not in conditioned.children:
        raise InputError("conditioned: no result of condition; call condition(result, observations) first")
    weights = dataset_of(conditioned, WEIGHTS)[WEIGHT]
    return np.asarray(weights.transpose("chain", "draw").values, dtype=np.float64).reshape(-1)
