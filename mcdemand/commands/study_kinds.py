"""The kinds of analyses of `mcdemand sensitivity`: indices, waterfall, reweighting, value of information."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments
from mcdemand.commands.study import (
    DEFAULT,
    Source,
    Study,
    StudyRequest,
    given,
    load_source,
    main_output,
    parse_groups,
)
from mcdemand.errors import InputError
from mcdemand.registry import nearest

if TYPE_CHECKING:
    import xarray as xr

    from mcdemand.engine import Progress


def indices(request: StudyRequest, method: str) -> Study:
    """Return the analysis by a method that gives every parameter an index."""
    from mcdemand.report.sensitivity_figures import sensitivity_figure
    from mcdemand.report.sensitivity_tables import print_sensitivity

    source = load_source(request, request.overrides)
    outputs, above = request.outputs, _threshold(request, source)
    outputs = outputs or (tuple(above) or (main_output(source),))
    wanted = given(
        method=None if method == DEFAULT else method,
        years=request.years,
        model=source.model,
        groups=parse_groups(request.own["groups"]),
        scale=request.own["scale"],
        as_if_independent=request.own["as_if_independent"],
        threads=request.threads,
        above=next(iter(above.values()), None),
    )
    wanted |= {**request.simulation, **request.options, "outputs": list(outputs)}

    def run(progress: Progress) -> xr.Dataset:
        from mcdemand.sensitivity_study import sensitivity

        return sensitivity(source.draws_from, **wanted, progress=progress)

    return Study(
        name=_name(source, method),
        words=f"which parameters matter: {', '.join(outputs)}",
        run=run,
        show=partial(print_sensitivity, outputs=outputs),
        draw=partial(sensitivity_figure, outputs=outputs),
    )


def _threshold(request: StudyRequest, source: Source) -> dict[str, float]:
    """Return the one output that the box is of, and what it is to lie above; empty if none is given."""
    texts = request.own["above"]
    if not texts:
        return {}
    if source.result is None:
        assert source.model is not None
        known = list(source.model.quantities)
    else:
        known = [str(name) for name in source.result["prior_predictive"].data_vars]
    found = arguments.parse_thresholds(texts, known)
    numbers = [number for each in found.values() for number in each]
    if len(numbers) != 1 or (request.outputs and request.outputs != tuple(found)):
        raise InputError(f"--above: {', '.join(texts)}: one output and one number; ask for each in a call of its own")
    return {name: each[0] for name, each in found.items()}


def waterfall(request: StudyRequest, method: str) -> Study:
    """Return the walk from the prior set to another, or to itself with the changes of --set."""
    from mcdemand.prior_set import load_prior_set
    from mcdemand.report.waterfall_report import print_waterfall, waterfall_figure
    from mcdemand.waterfall import waterfall as walk

    other = request.own["to"]
    if other is None and not request.overrides:
        raise InputError("--method waterfall: from where to where; write --to PRIOR_SET, or --set KEY=VALUE")
    source = load_source(request, {})
    outputs = request.outputs or (main_output(source),)
    end = None if other is None else load_prior_set(other)
    wanted = given(years=request.years, set=dict(request.overrides) or None, threads=request.threads)
    wanted |= {**request.simulation, "outputs": list(outputs), "model": source.model}
    wanted |= _checked_options(walk, request.options, ("statistic", "permutations"))

    def run(progress: Progress) -> xr.Dataset:
        assert source.priors is not None
        return walk(source.priors, end, **wanted, progress=progress)

    return Study(
        name=_name(source, method) + ("" if end is None else f"-{end.name}"),
        words=f"walking from row to row: {', '.join(outputs)}",
        run=run,
        show=partial(print_waterfall, outputs=outputs),
        draw=partial(waterfall_figure, output=outputs[0]),
    )


def reweight(request: StudyRequest, method: str) -> Study:
    """Return how outputs move under another prior of one row, from the draws of a result or of a run made for it."""
    from mcdemand.report.weighted_report import print_weighted, weighted_figure
    from mcdemand.reweighting import reweight as weigh

    if not request.overrides:
        raise InputError("--method reweight: states no change; write --set KEY=VALUE, the change of one row")
    source = load_source(request, {})
    outputs = request.outputs or (main_output(source),)
    wanted = given(years=request.years, model=source.model, accept_unreliable=request.own["accept_unreliable"])
    wanted |= _checked_options(weigh, request.options, ("ci_prob",))

    def run(progress: Progress) -> xr.Dataset:
        result = _simulated(request, source, progress, outputs, request.years)
        return weigh(result, dict(request.overrides), outputs=list(outputs), **wanted)

    return Study(
        name=_name(source, method),
        words=f"simulating {source.name}",
        run=run,
        show=partial(print_weighted, outputs=outputs),
        draw=partial(weighted_figure, outputs=outputs),
    )


def value_of_information(request: StudyRequest, method: str) -> Study:
    """Return what knowing more would be worth before a decision that a file states."""
    from mcdemand.decision import load_decision
    from mcdemand.report.decision_report import decision_figure, print_decision
    from mcdemand.value_of_information import value_of_information as value

    if request.own["decision"] is None:
        raise InputError("--method value-of-information: of which decision; write --decision FILE.toml")
    for option, typed in (("--output", request.outputs), ("--year", request.years)):
        if typed is not None:
            raise InputError(f"{option}: the decision's file states it; leave it out")
    stated = load_decision(request.own["decision"])
    groups = parse_groups(request.own["groups"])
    source = load_source(request, request.overrides)
    wanted = given(groups=groups, model=source.model)
    wanted |= _checked_options(value, request.options, ("measurement", "seed"))
    years = (stated.years,) if isinstance(stated.years, int) else stated.years

    def run(progress: Progress) -> xr.Dataset:
        return value(_simulated(request, source, progress, stated.outputs, years), stated, **wanted)

    return Study(
        name=_name(source, method),
        words=f"simulating {source.name}",
        run=run,
        show=print_decision,
        draw=decision_figure,
    )


def _simulated(
    request: StudyRequest,
    source: Source,
    progress: Progress,
    outputs: tuple[str, ...],
    years: tuple[int, ...] | None,
) -> xr.DataTree:
    """Return the result that is there, or a run of the outputs and all parameters that they need."""
    from mcdemand.simulation import simulate

    if source.result is not None:
        return source.result
    assert source.priors is not None
    assert source.model is not None
    needed = source.model.plan(outputs).parameters
    kept = [*dict.fromkeys((*outputs, *needed))]
    options = given(years=years, threads=request.threads) | dict(request.simulation)
    return simulate(source.priors, model=source.model, outputs=kept, progress=progress, **options)


def _checked_options(
    function: Callable[..., Any], options: Mapping[str, Any], known: tuple[str, ...]
) -> dict[str, Any]:
    """Return the options of an analysis.

    Raises
    ------
    InputError
        If it has no such option.
    """
    assert {*known} <= {*inspect.signature(function).parameters}
    for name in options:
        if name not in known:
            raise InputError(f"--option: {name!r}: no option of this analysis; {nearest(name, known)}")
    return dict(options)


def _name(source: Source, method: str) -> str:
    """Return what files are called: after set and method."""
    kind = [] if method == DEFAULT else [method.replace("_", "-")]
    return "-".join(["sensitivity", source.name, *kind])
