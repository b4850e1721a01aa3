"""Robustness to the shape of a prior: existing draws weighted so that they follow another law of one row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.crew import do_jobs
from mcdemand.draw_choice import GROUPS, dataset_of
from mcdemand.engine import thread_count
from mcdemand.errors import InputError, NumericalError
from mcdemand.importance import FEWEST_EFFECTIVE, Smoothed, error_of_difference, largest_pareto_k, smooth_weights, weigh
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
from mcdemand.registry import nearest
from mcdemand.replicates import Replicates
from mcdemand.row_change import RowChange, partner_draws
from mcdemand.summary_request import check_probabilities, choose_variables, is_independent

LARGEST_MISSING = 0.01
MEDIAN = 0.5
SIDES = ("stated", "reweighted")


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
    variables, levels = _choose(result, outputs, years), _levels(ci_prob)
    partners = partner_draws(result, change, model)
    smoothed = _smoothed(change, partners)
    missing = missing_probability(change.old, change.new)
    problem = _problem(smoothed, missing)
    if problem and not accept_unreliable:
        remedy = f"{change.remedy}, or pass --accept-unreliable (accept_unreliable=True)"
        raise NumericalError(f"{change}: these draws cannot show it: {problem}; {remedy}")
    replicates = None if is_independent(result) else change.chains
    dataset = _weigh_all(variables, smoothed.weights, levels, replicates)
    notices = [problem and f"not reliable: {problem}", _words_of_missing(missing) if missing else ""]
    about = {"ci_prob": ci_prob, "ci_kind": "eti", "reliable": int(not problem)}
    about |= {"notices": "\n".join(dict.fromkeys(filter(None, notices)))}
    dataset = dataset.assign(pareto_k=smoothed.pareto_k, ess=smoothed.ess, missing_mass=missing)
    return dataset.assign_attrs(_about(result, change, partners, replicates), **about)


def _choose(
    result: xr.DataTree, outputs: str | Iterable[str] | None, years: int | Iterable[int] | None
) -> dict[str, xr.DataArray]:
    """Return quantities, or quantities and parameters by name, in some years."""
    groups = [dataset_of(result, key) for key in GROUPS]
    found = xr.Dataset({str(name): one for group in groups for name, one in group.data_vars.items()})
    chosen = choose_variables(found, list(map(str, groups[0].data_vars)) if outputs is None else outputs)
    if years is None:
        return chosen
    wanted = sorted({*years} if isinstance(years, Iterable) else {years})
    known = found["year"].values.tolist() if "year" in found.coords else []
    for year in wanted:
        if year not in known:
            remedy = nearest(str(year), map(str, known)) if known else "it has no years, so leave them out"
            raise InputError(f"years: {year!r}: not kept in this result; {remedy}")
    return {name: one.sel(year=wanted) if "year" in one.dims else one for name, one in chosen.items()}


def _levels(ci_prob: float) -> Floats:
    """Return the levels of the median and of both ends of the interval."""
    probabilities = check_probabilities("ci_prob", ci_prob)
    if len(probabilities) != 1:
        raise InputError(f"ci_prob: {ci_prob!r}: must be one number")
    tail = (1 - probabilities[0]) / 2
    return np.array([MEDIAN, tail, 1 - tail])


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
    draws = smoothed.weights.size
    limit = largest_pareto_k(draws)
    if smoothed.ess < FEWEST_EFFECTIVE or smoothed.pareto_k > limit:
        return (
            f"pareto_k {smoothed.pareto_k:.2f} (at most {limit:.2f}), ess {smoothed.ess:.0f} of {draws} draws "
            f"(at least {FEWEST_EFFECTIVE})"
        )
    return _words_of_missing(missing) if missing > LARGEST_MISSING else ""


def _words_of_missing(missing: float) -> str:
    return f"{100 * missing:.3g} % of the changed prior lies where the stated one draws nothing"


def _weigh_all(
    variables: Mapping[str, xr.DataArray], weights: Floats, levels: Floats, replicates: Replicates | None
) -> xr.Dataset:
    """Return estimates, shifts and their errors by output and year."""
    rows = [(name, *row) for name, variable in variables.items() for row in _rows(variable)]
    both = np.full(weights.size, 1 / weights.size), weights

    def compute(row: tuple[str, int | None, Floats]) -> Floats:
        name, year, values = row
        if not np.isfinite(values).all():
            raise NumericalError(f"{name}{'' if year is None else f', year {year}'}: a draw is not finite")
        order = np.argsort(values, kind="stable")
        old, new = (weigh(values, each, levels, replicates, order) for each in both)
        shift = new.estimates - old.estimates, error_of_difference(old, new, replicates)
        return np.stack([old.estimates, new.estimates, old.mcse, new.mcse, *shift])

    found = do_jobs(compute, rows, thread_count(None))
    blocks = [np.array([one for one, row in zip(found, rows, strict=True) if row[0] == name]) for name in variables]
    years = next((variable["year"].values for variable in variables.values() if "year" in variable.dims), None)
    table = np.concatenate(blocks) if years is None else _repeated(blocks, len(years))
    coords: dict[str, Any] = {"prior": list(SIDES), "output": list(variables), "ci_bound": ["lower", "upper"]}
    coords |= {} if years is None else {"year": ("year", years, {"long_name": "calendar year"})}
    for attribute in ("units", "long_name"):
        coords[attribute] = ("output", [str(one.attrs.get(attribute, "")) for one in variables.values()])
    return xr.Dataset(_statistics(table), coords)


def _repeated(blocks: Iterable[Floats], years: int) -> Floats:
    """Return (output, year, ...); an output without a year repeats."""
    return np.stack([np.broadcast_to(block, (years, *block.shape[1:])) for block in blocks])


def _statistics(table: Floats) -> dict[str, Any]:
    """Return variables from (output, [year,] kind, statistic)."""
    leading = ("output", "year")[: table.ndim - 2]
    kinds = np.moveaxis(table, -2, 0)
    found: dict[str, Any] = {}
    for name, place in (("mean", 0), ("median", 1), ("interval", slice(2, 4))):
        last = ("ci_bound",) if name == "interval" else ()
        found[name] = (("prior", *leading, *last), kinds[0:2, ..., place])
        found[f"mcse_{name}"] = (("prior", *leading, *last), kinds[2:4, ..., place])
        found[f"shift_{name}"] = ((*leading, *last), kinds[4][..., place])
        found[f"mcse_shift_{name}"] = ((*leading, *last), kinds[5][..., place])
    return found


def _rows(variable: xr.DataArray) -> list[tuple[int | None, Floats]]:
    """Return (year, draws), chain after chain."""
    data = np.asarray(variable.transpose("year", "chain", "draw", missing_dims="ignore").values, dtype=np.float64)
    years = variable["year"].values.tolist() if "year" in variable.dims else [None]
    return [*zip(years, data.reshape(len(years), -1), strict=True)]


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
