"""Mean, sd, quantiles, credible intervals and exceedance of a result, each with its Monte Carlo standard error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.crew import do_jobs
from mcdemand.engine import thread_count
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.prior_pool import POOL, PRIOR_SET
from mcdemand.registry import look_up
from mcdemand.row_summary import RowPlan, RowSummary, add_errors_of_hdi, errors_of_hdi, summarize_row
from mcdemand.sample_limits import is_beyond_sample
from mcdemand.summary_request import (
    PLANS,
    Sample,
    check_limits,
    check_probabilities,
    choose_variables,
    dataset_of,
    is_independent,
    number_of_chains,
    number_of_draws,
    plan_rows,
    split_by_set,
)

CI_KINDS = {"eti": ("eti",), "hdi": ("hdi",), "both": ("eti", "hdi")}
NEW_DIMS: dict[str, tuple[str, ...]] = {
    "mean": (),
    "sd": (),
    "quantiles": ("quantile",),
    "interval": ("ci_kind", "ci_prob", "ci_bound"),
    "exceedance": ("threshold",),
}
WORTH_A_THREAD = 50_000
"""Draws in a row from which the compiled part of its summary outweighs what threads cost each other in Python."""
LARGEST_K_OF_MEAN, LARGEST_K_OF_SD = 0.7, 0.25


def summarize(
    result: xr.DataTree | xr.Dataset,
    outputs: str | Iterable[str] | None = None,
    *,
    group: str = "prior_predictive",
    ci_prob: float | Sequence[float] = 0.9,
    ci_kind: str = "eti",
    probabilities: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    thresholds: Mapping[str, float | Sequence[float]] | None = None,
    by_prior_set: bool = False,
    replicates: bool | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Return mean, sd, quantiles, credible intervals and exceedance by output and year, each with its MCSE.

    Parameters
    ----------
    result
        What `simulate` returned, or a Dataset of variables with dims (chain, draw) or (chain, draw, year).
    outputs
        Names of variables; None takes all of the group.
    group
        Group of the tree: "prior_predictive" for quantities, "prior" for parameters; once conditioned,
        "posterior_predictive" and "posterior".
    ci_prob
        Probability, or probabilities, of the credible intervals.
    ci_kind
        "eti" (equal-tailed), "hdi" (shortest) or "both". HDI errors are NaN below 1000 draws.
    probabilities
        Levels of the quantiles.
    thresholds
        For some outputs, values in the output's own unit; `exceedance` is the probability of lying above.
    by_prior_set
        Of a pool: also summarize the draws of each of its sets, along a first dim `prior_set` that begins with "pool".
    replicates
        Whether errors come from the chains, because draws within one are not independent; None: as the result's design
        says, and independent for a Dataset.
    threads
        How many rows are worked on at once; None takes every processor. The numbers do not depend on it.

    Returns
    -------
    xr.Dataset
        `mean`, `sd`, `quantiles`, `interval` and, with thresholds, `exceedance`, each with a companion `mcse_...`, in
        the output's own unit (coordinate `units`; exceedance is a share). Dims (output, year), new dims last; no `year`
        where no output has one, and an output without a year repeats over the others' years. The attribute `mcse` says
        what the errors rest on; those from R chains have R - 1 degrees of freedom, so 2.13 of them make a 95 % interval
        where R is 16. A single draw has neither interval, sd nor errors: NaN. The coordinates
        `quantile_beyond_sample` and `interval_beyond_sample` are true where fewer than 10 draws are expected on the far
        side: such a quantile hangs on a few draws. Its error is NaN where a standard error would reach past them all.
        `pareto_k` is the shape of the heavier tail: moments from order 1 / k on are infinite. The flags
        `mean_unstable` and `sd_unstable` are true where it is above min(1 - 1 / log10(n), 0.7) (Vehtari and others
        2024) and 0.25: a mean, or the error of an sd, that no number of draws like these settles.

    Raises
    ------
    InputError
        If an argument is not valid.
    NumericalError
        If a draw is not finite; names the output and the year.

    Examples
    --------
    >>> draws = xr.Dataset({"demand": (("chain", "draw"), [[1.0, 2.0, 3.0, 4.0]])})
    >>> float(summarize(draws, probabilities=[0.5])["quantiles"].item())
    2.5
    """
    variables = choose_variables(dataset_of(result, group), outputs)
    draws = number_of_draws(variables)
    if not (replicates is None or isinstance(replicates, bool)):
        raise InputError(f"replicates: {replicates!r}: must be True, False or None")
    by_chain = not is_independent(result, group) if replicates is None else replicates
    chains = number_of_chains(variables) if by_chain else None
    request = {
        "probabilities": check_probabilities("probabilities", probabilities),
        "ci_probs": check_probabilities("ci_prob", ci_prob),
        "ci_kinds": look_up(ci_kind, CI_KINDS, "ci_kind"),
    }
    limits = check_limits(thresholds or {}, variables)
    crew = thread_count(threads)
    crew = crew if draws >= WORTH_A_THREAD else 1
    attributes = {"group": group, "draws": draws, **error_words(chains)}
    samples = split_by_set(result, draws) if by_prior_set else {POOL: slice(None)}
    tables = []
    for sample in samples.values():
        plan = plan_rows(draws, sample, chains, request)
        rows = _summarize_rows(variables, sample, plan, limits, crew)
        tables.append(tabulate(rows, _years(variables), {k: v.attrs for k, v in variables.items()}, plan, limits))
        tables[-1].attrs = attributes
    return xr.concat(tables, xr.Variable(PRIOR_SET, list(samples))) if by_prior_set else tables[0]


def error_words(chains: int | None) -> dict[str, Any]:
    """Return what the errors rest on."""
    if chains is None:
        return {"mcse": "independent draws"}
    return {"mcse": "replicates", "replicates": chains}


def _years(variables: Mapping[str, xr.DataArray]) -> Any:
    """Return the years of the variables that have some; None if none has."""
    return next((variable["year"] for variable in variables.values() if "year" in variable.dims), None)


def tabulate(
    rows: Mapping[str, list[RowSummary]],
    years: Any,
    attributes: Mapping[str, Mapping[Any, Any]],
    plan: RowPlan,
    limits: Mapping[str, Floats],
) -> xr.Dataset:
    """Return summaries of rows, by output and year by year, as `summarize` does.

    Parameters
    ----------
    years
        The coordinate `year`; None if no output has one.
    attributes
        Of each output, `units` and `long_name` among them.
    limits
        Thresholds of each output.
    """
    coords = _coords(years, attributes, plan, limits)
    return xr.Dataset(_tables(rows, coords, plan.size), coords)


def _rows(variable: xr.DataArray) -> list[tuple[int | None, Any]]:
    """Return (year, draws); nothing is copied where the years are stored one after the other."""
    data = variable.variable.transpose("year", ..., "draw", missing_dims="ignore").values
    return [*zip(variable["year"].values.tolist(), data, strict=True)] if "year" in variable.dims else [(None, data)]


class _Row(NamedTuple):
    """The draws of an output in a year; None if it has none."""

    name: str
    year: int | None
    draws: Floats


def _summarize_rows(
    variables: Mapping[str, xr.DataArray], sample: Sample, plan: RowPlan, limits: Mapping[str, Floats], threads: int
) -> dict[str, list[RowSummary]]:
    """Return the summaries of every variable, year by year.

    Errors of shortest intervals are jobs of their own, the short ones last, so that all threads are busy to the end;
    but not where that would copy a row twice.
    """
    rows = [_Row(name, *row) for name, variable in variables.items() for row in _rows(variable)]
    apart = threads > 1 and bool(plan.hdi_steps) and all(_is_stored_flat(row.draws, sample) for row in rows)
    jobs: list[Callable[[], Any]] = [
        partial(_summarize_named, row, sample, plan, limits[row.name], with_hdi_errors=not apart) for row in rows
    ]
    if apart:
        jobs += [partial(errors_of_hdi, row.draws.reshape(-1), plan) for row in rows]
    done = do_jobs(lambda job: job(), jobs, threads)
    summaries = done[: len(rows)]
    if apart:
        summaries = [add_errors_of_hdi(*pair, plan) for pair in zip(summaries, done[len(rows) :], strict=True)]
    return {name: [s for s, row in zip(summaries, rows, strict=True) if row.name == name] for name in variables}


def _is_stored_flat(draws: Floats, sample: Sample) -> bool:
    """Return whether a row's draws can be summarized where they are."""
    return isinstance(sample, slice) and draws.dtype == np.float64 and draws.flags.c_contiguous


def _summarize_named(row: _Row, sample: Sample, plan: RowPlan, limits: Floats, *, with_hdi_errors: bool) -> RowSummary:
    try:
        values = np.ascontiguousarray(row.draws, dtype=np.float64).reshape(-1)[sample]
        return summarize_row(values, plan, limits, with_hdi_errors=with_hdi_errors)
    except NumericalError as error:
        where = row.name if row.year is None else f"{row.name}, year {row.year}"
        raise NumericalError(f"{where}: {error}") from None


def _tables(by_output: Mapping[str, list[RowSummary]], coords: Mapping[Any, Any], size: int) -> dict[str, Any]:
    leading = ("output", "year") if "year" in coords else ("output",)
    fields = [name for name, dims in NEW_DIMS.items() if not dims or dims[-1] in coords]
    shape = _table(by_output, "pareto_k", coords)
    limit = min(1 - 1 / math.log10(size), LARGEST_K_OF_MEAN) if size > 1 else 0.0
    return {
        **{
            name: (leading + NEW_DIMS[field], _table(by_output, name, coords))
            for field in fields
            for name in (field, f"mcse_{field}")
        },
        "pareto_k": (leading, shape),
        "mean_unstable": (leading, shape > limit),
        "sd_unstable": (leading, shape > LARGEST_K_OF_SD),
    }


def _table(by_output: Mapping[str, list[RowSummary]], name: str, coords: Mapping[Any, Any]) -> Floats:
    """Return (output, year, ...) of one statistic; an output without a year repeats."""
    blocks = [np.array([getattr(row, name) for row in rows]) for rows in by_output.values()]
    if "year" not in coords:
        return np.concatenate(blocks)
    return np.stack([np.broadcast_to(block, (coords["year"].size, *block.shape[1:])) for block in blocks])


def _coords(
    years: Any, attributes: Mapping[str, Mapping[Any, Any]], plan: RowPlan, limits: Mapping[str, Floats]
) -> xr.Coordinates:
    coords: dict[str, Any] = {"output": list(attributes)} | ({} if years is None else {"year": years})
    for key in ("units", "long_name"):
        coords[key] = ("output", [str(one.get(key, "")) for one in attributes.values()])
    table = np.array(list(limits.values()))
    if table.size:
        coords["threshold"] = np.arange(table.shape[1])
        coords["threshold_value"] = (("output", "threshold"), table)
    coords["quantile_beyond_sample"] = ("quantile", is_beyond_sample(plan.probabilities, plan.size))
    tails = (1 - np.array(plan.ci_probs)) / 2
    coords["interval_beyond_sample"] = ("ci_prob", is_beyond_sample(tails, plan.size))
    return xr.Coordinates(coords).merge(_levels(plan)).coords


@lru_cache(PLANS)
def _levels(plan: RowPlan) -> xr.Coordinates:
    """Return the coordinates of a plan's levels: to make their indexes takes longer than to fill the tables."""
    kinds_and_ends = {"ci_kind": list(plan.ci_kinds), "ci_prob": list(plan.ci_probs), "ci_bound": ["lower", "upper"]}
    return xr.Coordinates({"quantile": list(plan.probabilities), **kinds_and_ends})
