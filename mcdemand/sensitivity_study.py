"""Sensitivity of every output in every year to every parameter, whatever the method: the one place that adds labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.draw_choice import whole_size
from mcdemand.engine import Progress
from mcdemand.errors import InputError
from mcdemand.experiment import PickModel
from mcdemand.factors import Grouping
from mcdemand.model import Model
from mcdemand.point_model import PointModel
from mcdemand.prior_pool import PriorPool
from mcdemand.registry import look_up, nearest
from mcdemand.replay import rebuild_run
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs, prepare_request
from mcdemand.run import Run
from mcdemand.sensitivity import methods
from mcdemand.sensitivity._method import Estimate, Method
from mcdemand.study import Study
from mcdemand.study_draws import draw_study, estimate_from_draws
from mcdemand.study_labels import LOG, RAW, Finding, label_study

DEFAULT = "default"
DEFAULT_METHODS = ("shapley", "rank")


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
    'request_ceiling'
    """
    chosen = [methods()[name] for name in DEFAULT_METHODS] if method == DEFAULT else [_look_up(method)]
    data = source if isinstance(source, xr.DataTree) else None
    if isinstance(source, xr.DataTree):
        whole_size(source)
        run = _narrowed(rebuild_run(source, model), outputs, years)
        chosen = [one for one in chosen if method != DEFAULT or one.design == "given_data"]
    else:
        sizes: dict[str, Any] = {"draws": draws, "chains": chains, "seed": seed, "design": design}
        run = prepare_request(source, model=model, outputs=outputs, years=years, set=set, **sizes)
    _check_quantities(run, outputs)
    study = Study.of(run, groups, as_if_independent=as_if_independent, threads=threads, progress=progress)
    scales = _scales(scale)
    known = _options(chosen, options)
    both = scale is not None and len(scales) > 1 and chosen[0].scale != RAW
    findings = [_find(one, study, scales, known[one.name], data, both=both) for one in chosen]
    return label_study(study, findings, method, both_scales=both)


def _check_quantities(run: Run, outputs: str | Iterable[str] | None) -> None:
    """Refuse parameters among the outputs, which nothing but themselves matters to."""
    for name in (outputs,) if isinstance(outputs, str) else outputs or ():
        if name not in run.model.quantities:
            raise InputError(f"outputs: {name}: a parameter; name a quantity, such as {run.model.default_outputs[0]}")


def _look_up(name: str) -> Method:
    return look_up(name, {**methods()}, "method")


def _narrowed(run: Run, outputs: Any, years: Any) -> Run:
    """Return the run of a result with some of its outputs and years."""
    wanted = run.plan.outputs if outputs is None else (outputs,) if isinstance(outputs, str) else tuple(outputs)
    chosen = run.years if years is None else tuple(np.ravel(years).tolist())
    for what, names, known in (("outputs", wanted, run.plan.outputs), ("years", chosen, run.years)):
        for name in names:
            if name not in known:
                raise InputError(f"{what}: {name!r}: not in this result; {nearest(str(name), map(str, known))}")
    sizes: dict[str, Any] = {
        "draws": run.chains * run.draws_per_chain,
        "chains": run.chains,
        "seed": run.seed,
        "design": run.design,
    }
    return prepare_request(run.priors, model=run.model, outputs=wanted or None, years=chosen or None, **sizes)


def _scales(scale: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the scales to look at."""
    found = (RAW, LOG) if scale is None else (scale,) if isinstance(scale, str) else tuple(scale)
    for one in found:
        if one not in (RAW, LOG):
            raise InputError(f"scale: {one!r}: must be raw, log, or both of them")
    return tuple(dict.fromkeys(found))


def _options(chosen: Sequence[Method], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the options of each method.

    Raises
    ------
    InputError
        If none of them has an option that is given.
    """
    known = [name for one in chosen for name in one.options]
    for name in given:
        if name not in known:
            methods_ = " and ".join(one.name for one in chosen)
            raise InputError(f"{name}: no option of {methods_}; known: {', '.join(known) or 'none'}")
    return {one.name: {**one.options, **{n: v for n, v in given.items() if n in one.options}} for one in chosen}


def _find(
    method: Method,
    study: Study,
    scales: tuple[str, ...],
    options: Mapping[str, Any],
    data: xr.DataTree | None,
    *,
    both: bool,
) -> Finding:
    """Return what a method finds, on each scale; of draws, unless `both`, each output on one of them."""
    if study.grouping is not None and not method.groups:
        able = ", ".join(sorted(name for name, one in methods().items() if one.groups))
        raise InputError(f"groups: {method.name} looks at parameters one by one; methods that take groups: {able}")
    scales = (RAW,) if method.scale == RAW else scales
    if method.design == "given_data":
        evaluations = 0 if data is not None else study.run.chains * study.run.draws_per_chain
        found = draw_study(study) if data is None else data
        parts, still = estimate_from_draws(method, study, found, scales, options, both=both)
        return Finding(method, parts, options, evaluations, still)
    if isinstance(study.run.priors, PriorPool):
        raise InputError(f"{method.name}: in a pool, what a parameter is depends on the set drawn; use --method rank")
    if method.dependence == "refused" and not study.as_if_independent:
        study.check_independent(method.name)
    if method.dependence == "respected" and not study.as_if_independent:
        study.check_conditional(method.name)
    return (_from_picks if method.design == "pick_freeze" else _from_points)(method, study, scales, options)


def _from_picks(method: Method, study: Study, scales: tuple[str, ...], options: Mapping[str, Any]) -> Finding:
    model = PickModel(study, scales)
    with np.errstate(invalid="ignore"):
        found = method.estimate(model, **options)

    def part(one: Estimate, k: int) -> Estimate:
        rows = slice(k * study.rows, (k + 1) * study.rows)
        return Estimate(one.value[..., rows], one.mcse[..., rows], one.freedom)

    parts = {scale: {name: part(one, k) for name, one in found.items()} for k, scale in enumerate(scales)}
    return Finding(method, parts, options, model.evaluations, model.still)


def _from_points(method: Method, study: Study, scales: tuple[str, ...], options: Mapping[str, Any]) -> Finding:
    models = {scale: PointModel(study, logarithms=scale == LOG) for scale in scales}
    found = {scale: method.estimate(model, **options) for scale, model in models.items()}
    main = next(iter(found[scales[0]].values())).value
    still = (main == 0).reshape(-1, study.rows).all(axis=0)
    return Finding(method, found, options, sum(model.evaluations for model in models.values()), still)
