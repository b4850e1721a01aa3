"""One draw of a result, computed again from the result's own attributes with every quantity that it went through."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numba.core.errors import NumbaError, UnsupportedBytecodeError

from mcdemand.compiler import explain_exception, explain_failure
from mcdemand.draw_choice import GROUPS, Place, choose_draw, dataset_of
from mcdemand.engine import QUANTITY_ERRORS
from mcdemand.errors import InputError, IntegrityError
from mcdemand.failure import compute_trajectory
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.normal import normal_cdf
from mcdemand.kernels.philox import BLOCK
from mcdemand.model import Model, installed_models, load_model
from mcdemand.prior import Prior, truncation_numbers
from mcdemand.prior_pool import POOL, PRIOR_SET, PriorPool, load_beliefs
from mcdemand.prior_set import PriorSet
from mcdemand.registry import nearest
from mcdemand.result import label_run
from mcdemand.row_program import draw_parameters
from mcdemand.run import Run, prepare
from mcdemand.sinks import Store

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
        and categories, and where a random walk has left its first year). The attributes are the result's.

    Raises
    ------
    InputError
        If there is no such draw, output or year, or the model is missing.
    IntegrityError
        If what the result stores of this draw is not, bit for bit, what its attributes lead to.

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
    attributes = result.attrs
    chosen = _model(attributes, model)
    priors = _priors(attributes)
    stored = map(str, dataset_of(result, "prior").data_vars)
    kept = [*map(str, _items(attributes, "outputs")), *(name for name in stored if name != PRIOR_SET)]
    known = {**chosen.quantities, **chosen.parameters}
    for name in filter(None, more):
        if name not in known and name not in kept:
            raise InputError(f"output: {name!r}: no quantity of the model; {nearest(name, known)}")
    try:
        return prepare(
            priors,
            chosen,
            draws=int(attributes["draws"]),
            chains=int(attributes["chains"]),
            seed=int(attributes["seed"]),
            design=str(attributes["design"]),
            outputs=tuple(dict.fromkeys([*kept, *filter(None, more)])),
            years=tuple(int(year) for year in _items(attributes, "years")),
        )
    except InputError as error:
        if model is not None:
            raise
        raise IntegrityError(f"result: its attributes state no run: {str(error).splitlines()[0]}") from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise IntegrityError(f"result: its attributes state no run: {type(error).__name__}: {error}") from None


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
    family = prior.distribution
    if family.score_of is None:
        return math.nan
    score = family.score_of(value, prior.values)
    if prior.truncation is None:
        return float(normal_cdf(score) if family.score == "normal" else score)
    start, width, sign = truncation_numbers(family, prior.values, prior.truncation)
    inside = ((score if family.score == "uniform" else normal_cdf(sign * score)) - start) / width
    return float(min(1.0, max(0.0, inside if sign > 0 else 1.0 - inside)))


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
        if prior.varies is not None and prior.varies.kind == "random_walk":
            found[1:] = math.nan
        attributes = {"units": "1", "long_name": f"probability of the prior of {name} at or below its value"}
        levels[str(name)] = values.copy(data=found.reshape(values.shape)).assign_attrs(attributes)
        levels[str(name)].attrs = attributes
    return xr.Dataset(levels, parameters.coords)


def _compare(result: xr.DataTree, found: Mapping[str, xr.Dataset], place: Place) -> None:
    """Raise unless everything that the result stores of this draw is what has been computed."""
    for group in GROUPS:
        for name, stored in dataset_of(result, group).data_vars.items():
            if name in found[group]:
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
    years = one["year"].values.tolist() if "year" in one.dims else [None]
    known = found["year"].values.tolist() if "year" in found.dims else [None]
    if not set(years) <= set(known) or (years == [None]) != (known == [None]):
        raise IntegrityError(f"result: {name}: has other years than its attributes lead to; simulate anew")
    news = found.sel(year=years).values if "year" in found.dims else found.values
    yield from zip(years, np.ravel(one.values), np.ravel(news), strict=True)


def _model(attributes: Mapping[Any, Any], model: Model | str | None) -> Model:
    if model is not None:
        return load_model(model)
    name = str(attributes.get("model", ""))
    if name not in installed_models():
        raise InputError(f"model: {name!r:.80}: not installed, so it is one's own; pass --model FILE.py (model=)")
    return load_model(name)


def _priors(attributes: Mapping[Any, Any]) -> PriorSet | PriorPool:
    """Return what the priors were, from a document that must stand alone."""
    try:
        document = json.loads(str(attributes["prior_set_document"]))
        sets = [row["document"] for row in document[POOL]] if POOL in document else [document]
        if any("extends" in one.get("prior_set", {}) for one in sets):
            raise ValueError("prior_set.extends: a result holds its whole prior set")
        return load_beliefs(document)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        words = str(error).splitlines() or [type(error).__name__]
        raise IntegrityError(f"result: prior_set_document: cannot be read: {words[0]:.200}; simulate anew") from None


def _items(attributes: Mapping[Any, Any], key: str) -> Iterable[Any]:
    """Return a list that a file may have made into an array, or a single item into a scalar."""
    value = attributes.get(key, ())
    return [] if isinstance(value, str) and not value else list(np.ravel(np.asarray(value, dtype=object)))
