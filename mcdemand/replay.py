"""One draw of a result, computed again from the result's own attributes with every quantity that it went through."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np
import xarray as xr
from numba.core.errors import NumbaError, UnsupportedBytecodeError

from mcdemand.compiler import explain_exception, explain_failure
from mcdemand.designs import designs
from mcdemand.draw_choice import GROUPS, Place, choose_draw, dataset_of
from mcdemand.engine import QUANTITY_ERRORS
from mcdemand.errors import InputError, IntegrityError
from mcdemand.failure import compute_trajectory
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.normal import normal_cdf
from mcdemand.kernels.philox import BLOCK
from mcdemand.model import Model, installed_models, load_model
from mcdemand.prior import Prior
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.prior_set import PriorSet
from mcdemand.registry import nearest
from mcdemand.result import label_run
from mcdemand.row_program import draw_parameters
from mcdemand.run import Run, prepare
from mcdemand.sinks import Store
from mcdemand.stated_run import stated_outputs, stated_priors, stated_seed, stated_size, stated_word, stated_years

LEVELS = "prior_level"


def replay_draw(
    result: xr.DataTree,
    *,
    chain: int | None = None,
    draw: int | None = None,
    near: str | None = None,
    output: str | None = None,
    year: int | None = None,
    model: Model | str | None = None,
) -> xr.DataTree:
    """Return one draw of a result with every parameter and every quantity that it went through.

    Parameters
    ----------
    result
        What `simulate` or `read_result` returns, whole.
    chain, draw
        The draw, both counted from 0.
    near
        Instead of chain and draw: `"p95"` or `"median"`, the draw whose output lies nearest to that quantile of all
        draws, the first of those equally near. With neither, `"p50"`.
    output, year
        What `near` is measured by; None: the first output and the last year. An output that the result does not keep
        is computed with the others, for a draw given by chain and draw.
    model
        The model; None: the installed one that the result names.

    Returns
    -------
    xr.DataTree
        Groups as in the result, of this one draw (scalar coordinates `chain` and `draw`, dim year from the model's
        first year on): `prior` the parameters, `prior_predictive` every quantity, and `prior_level`, for each
        parameter, the probability of its marginal prior at or below its value, truncation included (NaN for constants
        and categories, and in years that have another law than the row's). The attributes are the result's.

    Raises
    ------
    InputError
        If there is no such draw, output or year, or the model is missing.
    IntegrityError
        If the result's attributes state no run, or what it stores of this draw is not, bit for bit, what they lead to.

    Examples
    --------
    >>> from mcdemand import simulate
    >>> result = simulate("consensus", draws=512, chains=2, seed=0)
    >>> one = replay_draw(result, near="p95", output="energy_served", year=2030)
    >>> float(one["prior_level"]["request_growth"]) < 1
    True
    """
    place = choose_draw(result, chain=chain, draw=draw, near=near, output=output, year=year)
    return replay(result, rebuild_run(result, model, output), place)


def rebuild_run(result: xr.DataTree, model: Model | str | None = None, *more: str | None) -> Run:
    """Return the run that a result's attributes state, with more outputs if any are named.

    Raises
    ------
    InputError
        If the result is of a model of one's own and none is passed, or an output is unknown.
    IntegrityError
        If the attributes do not state a run.
    """
    return rebuild_stated(result.attrs, map(str, dataset_of(result, "prior").data_vars), model, *more)


def rebuild_stated(
    attributes: Mapping[Any, Any], parameters: Iterable[str], model: Model | str | None = None, *more: str | None
) -> Run:
    """Return the run that the attributes of a result state, by which of its parameters it keeps.

    Raises
    ------
    InputError, IntegrityError
        As `rebuild_run`.
    """
    chosen = _model(attributes, model)
    priors, size = stated_priors(attributes), stated_size(attributes)
    kept = [*stated_outputs(attributes), *(name for name in parameters if name != PRIOR_SET)]
    known = {**chosen.quantities, **chosen.parameters}
    _check_fit(attributes, kept, {*known, *priors.parameters}, None if model is None else chosen)
    for name in filter(None, more):
        if name not in known and name not in kept:
            raise InputError(f"output: {name!r}: no quantity of the model; {nearest(name, known)}")
    requested = {"draws": size.draws, "chains": size.chains, "seed": stated_seed(attributes)}
    design, years = stated_word(attributes, "design"), stated_years(attributes)
    if design not in designs():
        raise IntegrityError(
            f"result: design: {design[:60]!r}: unknown; {nearest(design[:60], designs())}; simulate anew"
        )
    outputs = tuple(dict.fromkeys([*kept, *filter(None, more)]))
    try:
        run = prepare(priors, chosen, **requested, design=design, outputs=outputs, years=years)
    except InputError as error:
        reason = str(error).splitlines()[0]
        if model is not None:
            raise InputError(f"model: {_misfit(attributes, chosen)}: {reason}") from None
        raise IntegrityError(f"result: its attributes state no run: {reason}") from None
    if (run.chains, run.draws_per_chain) != (size.chains, size.per_chain):
        raise IntegrityError(f"result: draws: {size.draws}: {design} makes no such number of draws; simulate anew")
    return run


def _check_fit(attributes: Mapping[Any, Any], kept: Iterable[str], known: Set[str], passed: Model | None) -> None:
    """Raise if the result keeps what neither the model nor the prior set knows: of a model that was passed, its own."""
    for name in kept:
        if name not in known:
            if passed is None:
                raise IntegrityError(
                    f"result: its attributes state no run: outputs: {name!r:.80}: neither a quantity nor a parameter"
                )
            raise InputError(
                f"model: {_misfit(attributes, passed)}: {passed.name} has no quantity {name!r:.80}; pass the model "
                "that the result was made with"
            )


def _misfit(attributes: Mapping[Any, Any], passed: Model) -> str:
    return f"this result is of model {str(attributes.get('model', '?'))[:80]!r}, and {passed.name!r} does not fit it"


def replay(result: xr.DataTree, run: Run, place: Place) -> xr.DataTree:
    """Return one draw of a run with everything that it went through; `replay_draw` says what is in it.

    Raises
    ------
    IntegrityError
        If the result stores other numbers.
    """
    whole = _whole(run)
    tile = np.empty((run.program.row_count, BLOCK))
    draw_parameters(run.program, place.chain, place.draw // BLOCK * BLOCK, BLOCK, tile)
    one = np.ascontiguousarray(tile[:, place.draw % BLOCK][:, None])
    series = _trajectory(run, whole.plan.outputs, one)
    store = Store(whole.kept_rows(), len(series), max(1, len(whole.years)), 1, 1)
    store.series[:] = series[:, :, None]
    store.parameters[:] = one[whole.kept_rows()]
    tree = label_run(whole, store)
    found = {name: _of_this_draw(tree[name].to_dataset(), place) for name in GROUPS}
    _compare(result, found, place)
    found[LEVELS] = _levels(run, found["prior"])
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=dict(result.attrs)), **found})


def set_of_draw(run: Run, parameters: xr.Dataset) -> PriorSet:
    """Return the prior set that a draw belongs to: of a pool, the one that was drawn."""
    if isinstance(run.priors, PriorPool):
        return run.priors.sets[int(parameters[PRIOR_SET])]
    return run.priors


def prior_level(prior: Prior, value: float) -> float:
    """Return the probability of a parameter's marginal prior at or below a value, truncation included.

    NaN for constants and categories, which have no quantile function that can be inverted.
    """
    if prior.distribution.score_of is None:
        return math.nan
    return float(normal_cdf(float(prior.law.normal_scores(np.array(value)))))


def _whole(run: Run) -> Run:
    """Return the run of one draw with every quantity, every parameter and every year from the first on kept."""
    order = (*run.plan.first_sweep, *run.plan.second_sweep)
    return dataclasses.replace(
        run,
        plan=dataclasses.replace(run.plan, outputs=order),
        years=tuple(range(run.base_year, run.base_year + run.horizon)) if run.years else (),
        chains=1,
        draws_per_chain=1,
        kept_parameters=run.program.names,
    )


def _trajectory(run: Run, order: tuple[str, ...], parameters: Floats) -> Floats:
    """Return (quantity, step) of one draw, from its column of parameters."""
    if not order:
        return np.empty((0, run.horizon))
    try:
        return compute_trajectory(run, order, parameters)
    except (NumbaError, UnsupportedBytecodeError):
        raise InputError(explain_failure(run.model, run.plan)) from None
    except QUANTITY_ERRORS as error:
        raise InputError(explain_exception(run.model, run.plan, error)) from error


def _of_this_draw(dataset: xr.Dataset, place: Place) -> xr.Dataset:
    return dataset.assign_coords(chain=[place.chain], draw=[place.draw]).squeeze(("chain", "draw"))


def _levels(run: Run, parameters: xr.Dataset) -> xr.Dataset:
    """Return the level of each parameter under its prior, by year where it varies by year."""
    levels, laws = {}, dict(set_of_draw(run, parameters).parameters)
    if isinstance(run.priors, PriorPool):
        laws[PRIOR_SET] = run.priors.selector()
    for name, values in parameters.data_vars.items():
        prior = laws[str(name)]
        found = np.array([prior_level(prior, float(x)) for x in values.values.ravel()])
        if prior.varies is not None:
            found[prior.varies.own_years(run.base_year, found.size) :] = math.nan
        attributes = {"units": "1", "long_name": f"probability of the prior of {name} at or below its value"}
        levels[str(name)] = values.copy(data=found.reshape(values.shape)).assign_attrs(attributes)
        levels[str(name)].attrs = attributes
    return xr.Dataset(levels, parameters.coords)


def _compare(result: xr.DataTree, found: Mapping[str, xr.Dataset], place: Place) -> None:
    """Raise unless everything that the result stores of this draw is what has been computed."""
    for group in GROUPS:
        for name, stored in dataset_of(result, group).data_vars.items():
            if name not in found[group]:
                raise IntegrityError(
                    f"result: {group}/{str(name)[:80]}: stored, but the run that its attributes state has none of that "
                    "name; the file was changed: drop it or simulate anew"
                )
            for year, old, new in _side_by_side(str(name), stored, found[group][name], place):
                if np.float64(old).tobytes() != np.float64(new).tobytes():
                    raise IntegrityError(
                        f"result: {name}{'' if year is None else f', year {year}'}, chain {place.chain}, draw "
                        f"{place.draw}: {old!s} stored, {new!s} replayed; the file was changed, or its model or "
                        "libraries are of another version: simulate anew"
                    )


def _side_by_side(
    name: str, stored: xr.DataArray, found: xr.DataArray, place: Place
) -> Iterator[tuple[int | None, float, float]]:
    """Yield (year, stored, replayed)."""
    one = stored.isel(chain=place.chain, draw=place.draw)
    if not {*one.dims} <= {"year"}:
        raise IntegrityError(f"result: {name}: has other dimensions than chain, draw and year; simulate anew")
    years = one["year"].values.tolist() if "year" in one.dims else [None]
    known = found["year"].values.tolist() if "year" in found.dims else [None]
    if not years or not {*years} <= {*known} or (years == [None]) != (known == [None]):
        raise IntegrityError(f"result: {name}: has other years than its attributes lead to; simulate anew")
    news = found.sel(year=years).values if "year" in found.dims else found.values
    yield from zip(years, np.ravel(one.values), np.ravel(news), strict=True)


def _model(attributes: Mapping[Any, Any], model: Model | str | None) -> Model:
    if model is not None:
        return load_model(model)
    name = stated_word(attributes, "model")
    if name not in installed_models():
        raise InputError(f"model: {name!r:.80}: not installed, so it is one's own; pass --model FILE.py (model=)")
    return load_model(name)
