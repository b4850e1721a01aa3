"""What draws say once something was observed: importance weights, and draws that follow them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.crew import do_jobs
from mcdemand.draw_choice import GROUPS, dataset_of, find_variable, whole_size
from mcdemand.engine import thread_count
from mcdemand.errors import InputError, NumericalError
from mcdemand.evidence._observations import Observation, Stated, load_observations
from mcdemand.importance import FEWEST_EFFECTIVE, Smoothed, relative_weights, smooth_tail, why_unreliable
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.resampling import place_systematically
from mcdemand.reading import LOG_LIKELIHOOD, POSTERIOR_OF, WEIGHT, WEIGHTS
from mcdemand.registry import nearest
from mcdemand.replicates import Replicates
from mcdemand.weighted_summary import replicates_of

FEW = 0.1
"""Share of the draws that weights are worth, below which it is said."""


def condition(
    result: xr.DataTree,
    observations: Stated,
    *,
    accept_unreliable: bool = False,
) -> xr.DataTree:
    """Return a result with the draws that follow from what was observed.

    Parameters
    ----------
    result
        What `simulate` or `read_result` returned, whole.
    observations
        A TOML file, a mapping of its shape, or a list of rows. Each names an `output` or parameter of the result, its
        `year` if it has years, its `unit`, and what was seen of it: `value` and the law of its error (`distribution`
        "normal" or "lognormal" with `sigma`, "student_t" with `sigma` and `nu`, "binomial" with `n`, where the output
        is a probability), or a "normal" or "lognormal" by `p5` and `p95`, or bounds, `at_least` and `at_most`.
        Errors are independent of each other. `source` and `note` are kept.
    accept_unreliable
        Return the draws even where the weights cannot be trusted; `reliable` is then 0.

    Returns
    -------
    xr.DataTree
        The result, and the groups `posterior` (parameters) and `posterior_predictive` (quantities): as many draws, of
        each chain drawn again by weight, so that they count alike; `log_likelihood` (chain, draw) of each observation,
        and `sample_stats_prior` with the `weight` (chain, draw) of each draw as stated.
        Attributes: `observations`, `pareto_k` of the weights (NaN where they have no tail), `ess`, the draws that they
        are worth, `log_evidence`, the logarithm of the probability density of what was observed, by which prior sets
        can be compared, and its error `mcse_log_evidence`. `export` writes the draws after conditioning; every other
        function goes by those as stated, or by the group that it is told.

    Raises
    ------
    InputError
        If an observation is not valid, is of nothing that the result keeps, or the result is conditioned already.
    NumericalError
        If no draw, or none of a chain, agrees with what was observed, or the weights cannot be trusted: fewer than 50
        effective draws, or a `pareto_k` above min(1 - 1 / log10(draws), 0.7).
    FileError
        If the file cannot be read.

    Notes
    -----
    The weight of a draw is its likelihood, the product over observations, smoothed (Vehtari and others 2024, "Pareto
    smoothed importance sampling") and divided by the sum. Evidence: the mean of the likelihood. Draws are drawn again
    systematically (Kitagawa 1996, "Monte Carlo filter and smoother", appendix), at the middles of equal steps, so that
    the same draws give the same draws. Chains stay apart, so that their spread tells the error of both steps; each is
    divided by its own sum of weights, which leaves a bias of the order of 1 / (effective draws of a chain). Means and
    quantiles by weights alone: `summarize_posterior`.

    Examples
    --------
    >>> from mcdemand import simulate
    >>> result = simulate("consensus", draws=4096, outputs="energy_served", years=[2025, 2030])
    >>> seen = {"output": "energy_served", "year": 2025, "distribution": "lognormal", "value": 93, "sigma": 0.3}
    >>> found = condition(result, [seen | {"unit": "TWh"}])
    >>> float(found.attrs["ess"]) > 400, sorted(found.children)[:2]
    (True, ['log_likelihood', 'posterior'])
    """
    whole_size(result)
    if WEIGHTS in result.children:
        raise InputError("result: conditioned already; state all observations at once, on the result as it was")
    stated = load_observations(observations)
    parts = np.stack([_log_likelihood(result, one) for one in stated])
    logs = parts.sum(axis=0)
    _check_possible(result, stated, parts, logs)
    weights, largest = relative_weights(logs.reshape(-1))
    evidence = _log_evidence(weights.reshape(logs.shape), largest, replicates_of(result))
    smoothed = smooth_tail(weights)
    problem = why_unreliable(smoothed)
    if problem and not accept_unreliable:
        raise NumericalError(
            f"observations: these draws cannot show what follows: {problem}; ask for more draws, check value and error "
            "against what the prior set expects, or pass --accept-unreliable (accept_unreliable=True)"
        )
    places = _draw_again(smoothed.weights.reshape(logs.shape))
    groups = {name: dataset_of(result, group) for group, name in POSTERIOR_OF.items() if group in result.children}
    found = result.copy()
    for name, dataset in groups.items():
        found[name] = xr.DataTree(_taken(dataset, places))
    found[WEIGHTS] = xr.DataTree(_dataset({WEIGHT: smoothed.weights.reshape(logs.shape)}))
    found[LOG_LIKELIHOOD] = xr.DataTree(_dataset(_by_name(stated, parts)))
    found.attrs |= _about(result, stated, smoothed, problem) | evidence
    return found


def _log_likelihood(result: xr.DataTree, one: Observation) -> Floats:
    """Return the logarithm of the likelihood of each draw (chain, draw)."""
    return np.stack(do_jobs(one.log_likelihood, list(_truth(result, one)), thread_count(None)))


def _truth(result: xr.DataTree, one: Observation) -> Floats:
    """Return the draws (chain, draw) of what an observation is of."""
    row, variable = one.row, find_variable(result, one.row.output)
    if variable is None:
        kept = [str(name) for group in GROUPS for name in dataset_of(result, group).data_vars]
        remedy = nearest(row.output, kept)
        raise InputError(f"{one.where}.output: {row.output!r:.80}: not kept in this result; {remedy}")
    unit = str(variable.attrs.get("units", "1"))
    if row.unit != unit:
        raise InputError(f"{one.where}.unit: {row.unit!r}: {row.output} is in {unit!r}; convert the numbers")
    if "year" in variable.dims:
        years = variable["year"].values.tolist()
        if row.year not in years:
            said = "missing" if row.year is None else f"{row.year}: not kept in this result"
            raise InputError(f"{one.where}.year: {said}; {row.output} has the years {years[0]} to {years[-1]}")
        variable = variable.sel(year=row.year)
    elif row.year is not None:
        raise InputError(f"{one.where}.year: {row.year}: {row.output} has no years here; leave it out")
    return np.asarray(variable.transpose("chain", "draw").values, dtype=np.float64)


def _check_possible(result: xr.DataTree, stated: Sequence[Observation], parts: Floats, logs: Floats) -> None:
    """Raise where no draw of some chain agrees with an observation (observation, chain, draw), or with all of them."""
    possible = logs.max(axis=1) > -math.inf
    if possible.all():
        return
    for one, part in zip(stated, parts, strict=True):
        if part.max() == -math.inf:
            truth = _truth(result, one)
            raise NumericalError(
                f"{one.where}: {one.name}: no draw agrees with it: draws lie between {truth.min():.6g} and "
                f"{truth.max():.6g}; check the value, or widen the prior set"
            )
    raise NumericalError(
        f"observations: no draw of chain {int(possible.argmin())} agrees with all of them; ask for more draws, or "
        "fewer chains"
    )


def _draw_again(weights: Floats) -> Integers:
    """Return the places of draws (chain, draw), each chain's own, by weight."""
    places = np.empty(weights.shape, dtype=np.int64)
    for mine, row in zip(places, weights, strict=True):
        place_systematically(row, float(row.sum()), mine)
    return places


def _taken(dataset: xr.Dataset, places: Integers) -> xr.Dataset:
    """Return variables at the places (chain, draw) of draws."""

    def take(variable: xr.DataArray) -> xr.DataArray:
        rows = variable.transpose(..., "chain", "draw")
        taken = np.empty(rows.shape, dtype=rows.dtype)
        for place in np.ndindex(rows.shape[:-1]):
            # With another mode NumPy fills a copy first.
            np.take(rows.values[place], places[place[-1]], out=taken[place], mode="clip")
        return rows.copy(data=taken).transpose(*variable.dims)

    names = list(dataset.data_vars)
    found = do_jobs(take, [dataset[name] for name in names], thread_count(None))
    return dataset.assign(dict(zip(names, found, strict=True)))


def _by_name(stated: Sequence[Observation], parts: Floats) -> dict[str, Floats]:
    """Return the logarithms of likelihoods by the names of the observations, which may repeat."""
    found: dict[str, Floats] = {}
    for one, logs in zip(stated, parts, strict=True):
        count = sum(name.partition(" (")[0] == one.name for name in found)
        found[f"{one.name} ({count + 1})" if count else one.name] = logs
    return found


def _dataset(rows: Mapping[str, Floats]) -> xr.Dataset:
    """Return (chain, draw) arrays with labels."""
    sizes = zip(("chain", "draw"), next(iter(rows.values())).shape, strict=True)
    variables = {name: (("chain", "draw"), row) for name, row in rows.items()}
    return xr.Dataset(variables, {dim: np.arange(size) for dim, size in sizes})


def _about(result: xr.DataTree, stated: Sequence[Observation], smoothed: Smoothed, problem: str) -> dict[str, Any]:
    """Return what the reader should know about observations and weights."""
    worth = f"not reliable: {problem}" if problem else _few(smoothed, whole_size(result)[0])
    return {
        "observations": json.dumps([one.stated() for one in stated]),
        "pareto_k": smoothed.pareto_k,
        "ess": smoothed.ess,
        "reliable": int(not problem),
        "notices": "\n".join(filter(None, (str(result.attrs.get("notices", "")), worth))),
    }


def _few(smoothed: Smoothed, chains: int) -> str:
    """Return that the weights are worth few draws, over all or of a chain; empty if they are not."""
    draws = smoothed.weights.size
    if smoothed.ess >= max(FEW * draws, FEWEST_EFFECTIVE * chains):
        return ""
    return (
        f"weights are worth {smoothed.ess:,.0f} of {draws:,} draws in {chains} chains: ask for more draws to see tails"
    )


def _log_evidence(weights: Floats, largest: float, replicates: Replicates | None) -> dict[str, float]:
    """Return the logarithm of the mean likelihood (chain, draw), which is in units of the largest, and its error."""
    mean = float(weights.mean())
    if replicates is not None:
        error = float(replicates.error(weights.mean(axis=1), mean))
    else:
        error = float(weights.std(ddof=1)) / math.sqrt(weights.size) if weights.size > 1 else math.nan
    return {"log_evidence": largest + math.log(mean), "mcse_log_evidence": error / mean}
