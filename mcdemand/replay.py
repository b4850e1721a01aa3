"""One draw of a result, computed again from the result's own attributes with every quantity that it went through."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numba.core.errors import NumbaError, UnsupportedBytecodeError

from mcdemand.compiler import explain_exception, explain_failure
from mcdemand.engine import QUANTITY_ERRORS
from mcdemand.errors import InputError, IntegrityError
from mcdemand.failure import _replay as compute_trajectory
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.normal import normal_cdf
from mcdemand.kernels.order_statistics import quantiles
from mcdemand.kernels.philox import BLOCK
from mcdemand.model import Model, installed_models, load_model
from mcdemand.prior import QUANTILE_KEY, Prior, truncation_numbers
from mcdemand.prior_set import load_prior_set
from mcdemand.registry import nearest
from mcdemand.result import label_run
from mcdemand.row_program import draw_parameters
from mcdemand.run import Run, prepare
from mcdemand.sinks import Store

GROUPS = ("prior_predictive", "prior")
LEVELS = "prior_level"
MEDIAN_WORDS = {"median": 0.5}
DEFAULT_NEAR = "p50"


@dataclass(frozen=True)
class Place:
    """A draw of a result, and where it lies among the others.

    Attributes
    ----------
    output, year
        What it is judged by; the year is None where the output has none. Both None: nothing that is stored.
    value
        The output's value in that draw and year.
    below
        Share of all draws that lie below it.
    near
        The quantile that it was chosen by; None if it was named.
    """

    chain: int
    draw: int
    output: str | None = None
    year: int | None = None
    value: float = math.nan
    below: float = math.nan
    near: str | None = None


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


def choose_draw(
    result: xr.DataTree,
    *,
    chain: int | None = None,
    draw: int | None = None,
    near: str | None = None,
    output: str | None = None,
    year: int | None = None,
) -> Place:
    """Return the draw that is named, or the nearest to a quantile of an output.

    Raises
    ------
    InputError
        If both ways are taken, or there is no such draw, output or year.
    """
    if (chain is None) != (draw is None):
        raise InputError(f"{'chain' if chain is None else 'draw'}: missing; name both chain and draw, or neither")
    if chain is not None and near is not None:
        raise InputError("near: names a draw, and so do chain and draw; keep one of them")
    chains, draws = _size(result)
    for key, value, count in (("chain", chain, chains), ("draw", draw, draws)):
        if value is not None and not 0 <= value < count:
            raise InputError(f"{key}: {value}: this result has {key}s 0 to {count - 1}")
    name = output if output is not None else _first_output(result)
    if chain is not None and draw is not None and (name is None or _find(result, name) is None):
        _check_year(year, None, name)
        return Place(chain, draw, output=None)
    values, year = _values(result, name, year)
    if chain is None or draw is None:
        near = near or DEFAULT_NEAR
        target = quantiles(values.ravel(), [_level(near)])[0]
        chain, draw = (int(k) for k in np.unravel_index(np.argmin(np.abs(values - target)), values.shape))
    value = float(values[chain, draw])
    return Place(chain, draw, name, year, value, float((values < value).mean()), near)


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
    kept = [*_items(attributes, "outputs"), *map(str, _dataset(result, "prior").data_vars)]
    known = {**chosen.quantities, **chosen.parameters}
    for name in filter(None, more):
        if name not in known and name not in kept:
            raise InputError(f"output: {name!r}: no quantity of the model; {nearest(name, known)}")
    try:
        return prepare(
            load_prior_set(_document(attributes)),
            chosen,
            draws=int(attributes["draws"]),
            chains=int(attributes["chains"]),
            seed=int(attributes["seed"]),
            design=str(attributes["design"]),
            outputs=tuple(dict.fromkeys([*map(str, kept), *filter(None, more)])),
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
    levels = {}
    for name, values in parameters.data_vars.items():
        prior = run.priors.parameters[str(name)]
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
        for name, stored in _dataset(result, group).data_vars.items():
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


def _size(result: xr.DataTree) -> tuple[int, int]:
    """Return chains and draws of each, the same in the attributes and in the arrays."""
    try:
        chains, draws = int(result.attrs["chains"]), int(result.attrs["draws"])
        stated = {"chain": chains, "draw": draws // max(chains, 1)}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError("result: must be what simulate or read_result returned") from None
    for group in GROUPS:
        dataset = _dataset(result, group)
        found = {name: dataset.sizes[name] for name in stated if name in dataset.sizes}
        if dataset.data_vars and found != stated:
            raise InputError(
                f"result: {group} has {found}, its attributes say {stated}; replay from the whole result, not a part"
            )
    return stated["chain"], stated["draw"]


def _values(result: xr.DataTree, name: str | None, year: int | None) -> tuple[Floats, int | None]:
    """Return (chain, draw) of an output in a year, and the year: the last one unless it is named."""
    found = None if name is None else _find(result, name)
    if found is None or name is None:
        stored = [str(key) for group in GROUPS for key in _dataset(result, group).data_vars]
        raise InputError(f"output: {name!r}: not kept in this result; {nearest(str(name), stored)}")
    years = found["year"].values.tolist() if "year" in found.dims else None
    _check_year(year, years, name)
    if years is not None:
        year = years[-1] if year is None else year
        found = found.isel(year=years.index(year))
    return np.asarray(found.transpose("chain", "draw").values, dtype=np.float64), year


def _check_year(year: int | None, years: list[int] | None, name: str | None) -> None:
    if year is not None and year not in (years or ()):
        rest = f"has the years {years[0]} to {years[-1]}" if years else "has no years here; leave the year out"
        raise InputError(f"year: {year}: {name} {rest}")


def _find(result: xr.DataTree, name: str) -> xr.DataArray | None:
    return next((found[name] for found in (_dataset(result, group) for group in GROUPS) if name in found), None)


def _first_output(result: xr.DataTree) -> str | None:
    return next((str(name) for group in GROUPS for name in _dataset(result, group).data_vars), None)


def _dataset(result: xr.DataTree, group: str) -> xr.Dataset:
    return result[group].to_dataset() if group in result.children else xr.Dataset()


def _level(near: str) -> float:
    match = QUANTILE_KEY.fullmatch(near)
    level = float(match[1]) / 100 if match else MEDIAN_WORDS.get(near, 0.0)
    if not 0 < level < 1:
        raise InputError(f"near: {near!r}: must be a quantile such as p95, between p0 and p100, or median")
    return level


def _model(attributes: Mapping[Any, Any], model: Model | str | None) -> Model:
    if model is not None:
        return load_model(model)
    name = str(attributes.get("model", ""))
    if name not in installed_models():
        raise InputError(f"model: {name!r:.80}: not installed, so it is one's own; pass --model FILE.py (model=)")
    return load_model(name)


def _document(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the mapping of the prior set, which must stand alone."""
    try:
        document = json.loads(str(attributes["prior_set_document"]))
        if "extends" in document.get("prior_set", {}):
            raise ValueError("prior_set.extends: a result holds its whole prior set")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise IntegrityError(f"result: prior_set_document: cannot be read: {error}; simulate anew") from None
    return dict(document)


def _items(attributes: Mapping[Any, Any], key: str) -> Iterable[Any]:
    """Return a list that a file may have made into an array, or a single item into a scalar."""
    value = attributes[key] if key in attributes else ()
    return [] if isinstance(value, str) and not value else list(np.ravel(np.asarray(value, dtype=object)))
