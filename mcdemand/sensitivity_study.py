"""Sensitivity of every output in every year to every parameter, whatever the method: the one place that adds labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.designs import designs
from mcdemand.engine import Progress, store_run, thread_count
from mcdemand.errors import InputError
from mcdemand.experiment import LOG, RAW, PickModel
from mcdemand.factors import Grouping
from mcdemand.given_data import BATCHES, Draws, estimate_given_data
from mcdemand.kernels.arrays import Floats
from mcdemand.model import Model
from mcdemand.point_model import PointModel
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.registry import look_up, nearest
from mcdemand.replay import rebuild_run
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs, prepare_request
from mcdemand.result import label_run
from mcdemand.run import Run
from mcdemand.sensitivity import methods
from mcdemand.sensitivity._method import Estimate, Method
from mcdemand.study_labels import Finding, Study, label_study

DEFAULT = "default"
DEFAULT_METHODS = ("shapley", "rank")
CONSTANT = 1e-13
"""Share of its size up to which the spread of a row is rounding."""


def sensitivity(
    source: Beliefs | xr.DataTree,
    *,
    method: str = DEFAULT,
    model: Model | str | None = None,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    groups: Grouping = None,
    scale: str | Sequence[str] | None = None,
    draws: int = DRAWS,
    chains: int = CHAINS,
    seed: int = 0,
    design: str = DESIGN,
    set: Mapping[str, Any] | None = None,
    as_if_independent: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> xr.Dataset:
    """Return how much each parameter matters to each output in each year, with errors and confidence intervals.

    Parameters
    ----------
    source
        A prior set, as for `simulate`; or a result, whose own draws serve the methods that need no new runs.
    method
        A name of `mcdemand.sensitivity.methods()`. "default": Shapley effects and first-order indices from the same
        draws, which hold for correlated priors; of a result, the first-order indices alone.
    outputs, years
        Quantities and years; None: the model's default outputs (those of the result), and all years.
    groups
        None: parameters one by one. "driver", "correlated" or `{name: [parameters]}`: groups of them as one factor.
    scale
        "raw", "log", or both; None: "log" for outputs that are positive in all draws, "raw" for the others.
    draws, chains, seed, design, set, model, threads, progress
        As for `simulate`. Draws are those of each of the copies of the parameters that a method compares.
    as_if_independent
        Leave out the correlations between priors, where a method does not hold for them.
    options
        The method's own, such as `second_order=True` for "sobol".

    Returns
    -------
    xr.Dataset
        Dims (parameter, output, year), parameters sorted by importance; for each index its value, `mcse_...` and
        `ci_...`, the 95 % confidence interval with `ci_bound` last. Without a unit, but for "tornado" and "morris".

    Raises
    ------
    InputError
        If the request is not sound, or the priors are correlated and the method does not hold for such.
    NumericalError
        If a value is NaN or infinite.

    Examples
    --------
    >>> found = sensitivity("consensus", method="rank", outputs="energy_served", years=2030, draws=4096)
    >>> str(found["parameter"].values[0])
    'additions_growth'
    """
    chosen = [methods()[name] for name in DEFAULT_METHODS] if method == DEFAULT else [_look_up(method)]
    if isinstance(source, xr.DataTree):
        run = _narrowed(rebuild_run(source, model), outputs, years)
        chosen = chosen[1:] if method == DEFAULT else chosen
    else:
        sizes: dict[str, Any] = {"draws": draws, "chains": chains, "seed": seed, "design": design}
        run = prepare_request(source, model=model, outputs=outputs, years=years, set=set, **sizes)
    _check_quantities(run)
    data = source if isinstance(source, xr.DataTree) else None
    study = Study.of(run, groups, as_if_independent, threads, progress)
    findings = [_find(one, study, _scales(scale, one), _options(one, options), data) for one in chosen]
    return label_study(study, chosen, findings, method, scale)


def _look_up(name: str) -> Method:
    return look_up(name, {**methods()}, "method")


def _check_quantities(run: Run) -> None:
    if not run.plan.outputs:
        raise InputError("outputs: no quantity; a parameter has no sensitivity to look for")


def _narrowed(run: Run, outputs: Any, years: Any) -> Run:
    """Return the run of a result with some of its outputs and years."""
    wanted = None if outputs is None else ((outputs,) if isinstance(outputs, str) else tuple(outputs))
    for name in wanted or ():
        if name not in run.plan.outputs:
            raise InputError(f"outputs: {name!r}: not in this result; {nearest(str(name), run.plan.outputs)}")
    chosen = run.years if years is None else tuple(int(year) for year in np.ravel(years))
    for year in chosen:
        if year not in run.years:
            raise InputError(f"years: {year}: not in this result, which has {run.years[0]} to {run.years[-1]}")
    return prepare_request(
        run.priors, model=run.model, outputs=wanted or run.plan.outputs, years=chosen or None, seed=run.seed,
        draws=run.chains * run.draws_per_chain, chains=run.chains, design=run.design,
    )  # fmt: skip


def _scales(scale: str | Sequence[str] | None, method: Method) -> tuple[str, ...]:
    """Return the scales to look at."""
    if method.scale == RAW:
        return (RAW,)
    if scale is None:
        return RAW, LOG
    found = (scale,) if isinstance(scale, str) else tuple(scale)
    for one in found:
        if one not in (RAW, LOG):
            raise InputError(f"scale: {one!r}: must be raw, log, or both")
    return tuple(dict.fromkeys(found))


def _options(method: Method, given: Mapping[str, Any]) -> dict[str, Any]:
    for name in given:
        if name not in method.options:
            known = ", ".join(method.options) or "none"
            raise InputError(f"{name}: no option of {method.name}; it has: {known}")
    return {**method.options, **given}


def _find(
    method: Method, study: Study, scales: tuple[str, ...], options: Mapping[str, Any], data: xr.DataTree | None
) -> Finding:
    """Return what a method finds, on each scale."""
    if method.groups is False and study.is_grouped:
        able = ", ".join(sorted(name for name, one in methods().items() if one.groups))
        raise InputError(f"groups: {method.name} looks at parameters one by one; methods that take groups: {able}")
    if method.design == "given_data":
        return _from_draws(method, study, scales, options, data)
    if isinstance(study.run.priors, PriorPool):
        raise InputError(f"{method.name}: a pool's parameters depend on the set drawn; use --method rank")
    if method.design == "points":
        return _from_points(method, study, scales, options)
    return _from_picks(method, study, scales, options)


def _from_picks(method: Method, study: Study, scales: tuple[str, ...], options: Mapping[str, Any]) -> Finding:
    if method.dependence == "refused" and not study.as_if_independent:
        study.check_independent(method.name)
    names, factors = study.names, [frozenset(study.factors[name]) for name in study.names]
    model = PickModel(study.run, names, factors, scales, study.as_if_independent, study.threads, study.progress)
    with np.errstate(invalid="ignore"):
        found = method.estimate(model, **options)
    return Finding.split(found, scales, study.rows)


def _from_points(method: Method, study: Study, scales: tuple[str, ...], options: Mapping[str, Any]) -> Finding:
    parts = {
        scale: method.estimate(
            PointModel(study.run, study.names, scale == LOG, study.threads, study.progress), **options
        )
        for scale in scales
    }
    return Finding(parts)


def _from_draws(
    method: Method, study: Study, scales: tuple[str, ...], options: Mapping[str, Any], data: xr.DataTree | None
) -> Finding:
    run = study.run
    if data is None:
        selector = (PRIOR_SET,) if isinstance(run.priors, PriorPool) else ()
        run = replace(run, kept_parameters=(*selector, *run.plan.parameters))
        data = label_run(run, store_run(run, threads=study.threads, progress=study.progress))
    rows = study.rows_of(data)
    parts: dict[str, Mapping[str, Estimate]] = {}
    for scale in scales:
        parts[scale] = _estimate(method, study, data, rows, scale, options)
    return Finding(parts)


def _estimate(
    method: Method, study: Study, data: xr.DataTree, rows: Floats, scale: str, options: Mapping[str, Any]
) -> Mapping[str, Estimate]:
    """Return the indices of all rows on one scale: NaN where it does not apply, 0 where a row is constant."""
    run = study.run
    usable = rows.min(axis=1) > 0 if scale == LOG else np.ones(len(rows), dtype=bool)
    values = np.log(rows[usable]) if scale == LOG else rows[usable]
    spread = np.ptp(values, axis=1) > CONSTANT * np.abs(values).max(axis=1) if len(values) else usable[:0]
    places = np.flatnonzero(usable)
    parts: list[tuple[Any, Mapping[str, Estimate]]] = []
    replicates = run.chains if run.chains > 1 else BATCHES if designs()[run.design].is_independent else 1
    for column in study.separate_columns():
        mine = spread & study.in_column(places, column)
        if mine.any():
            factors = study.columns_of(data, column, logarithms=scale == LOG)
            draws = Draws(factors, np.ascontiguousarray(values[mine]), replicates)
            parts.append((places[mine], estimate_given_data(method, draws, options, thread_count(study.threads))))
    return study.assembled(method, parts, usable, len(rows))
