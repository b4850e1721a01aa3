"""From arrays to labels: the only module that names groups, dimensions, coordinates, units and attributes.

A result is an `xarray.DataTree` in ArviZ's shape: group `prior` holds the parameters, dims (chain, draw), and
`prior_predictive` the quantities, dims (chain, draw, year). `chain` is an independent randomisation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.designs._design import CONTRACT_ID
from mcdemand.prior import Prior
from mcdemand.prior_pool import PriorPool
from mcdemand.quantity_code import is_portable
from mcdemand.realized_dependence import rank_correlations
from mcdemand.run import Run
from mcdemand.sinks import Store

SCHEMA, STREAM_SCHEMA = "mcdemand-result-2", "mcdemand-stream-1"


def label_run(run: Run, store: Store) -> xr.DataTree:
    """Return the tree of a stored run; its arrays are views of the store."""
    ranks = {"rank_correlations": json.dumps(rank_correlations(run, store))}
    root = xr.Dataset(attrs=root_attributes(run) | ranks)
    groups = {"prior": label_parameters(run, store), "prior_predictive": label_quantities(run, store)}
    return xr.DataTree(root, {name: xr.DataTree(group) for name, group in groups.items()})


def label_parameters(run: Run, store: Store) -> xr.Dataset:
    """Return the kept parameters of a stored run."""
    return _label(run, _parameter_arrays(run, store), lambda name: parameter_attributes(run, name))


def label_quantities(run: Run, store: Store) -> xr.Dataset:
    """Return the kept quantities of a stored run."""
    return _label(run, _quantity_arrays(run, store), lambda name: quantity_attributes(run, name))


def _parameter_arrays(run: Run, store: Store) -> dict[str, np.ndarray[Any, Any]]:
    """Return (chain, draw) or (chain, draw, year) of each kept parameter."""
    arrays, row = {}, 0
    for name in run.kept_parameters:
        count = len(run.rows_of(name))
        rows = store.parameters[row : row + count].reshape(count, run.chains, run.draws_per_chain)
        yearly = run.priors.varies(name) and run.years
        arrays[name] = rows.transpose(1, 2, 0) if yearly else rows[0]
        row += count
    return arrays


def _quantity_arrays(run: Run, store: Store) -> dict[str, np.ndarray[Any, Any]]:
    """Return (chain, draw, year), or (chain, draw) where nothing changes from year to year."""
    timed = run.model.timed(run.plan, run.yearly())
    arrays = {}
    for index, name in enumerate(run.plan.outputs):
        series = store.series[index].reshape(-1, run.chains, run.draws_per_chain)
        arrays[name] = series.transpose(1, 2, 0) if name in timed else series[0]
    return arrays


def _label(
    run: Run, arrays: Mapping[str, np.ndarray[Any, Any]], attributes: Callable[[str], dict[str, Any]]
) -> xr.Dataset:
    dims = ("chain", "draw", "year")
    variables = {name: (dims[: array.ndim], array, attributes(name)) for name, array in arrays.items()}
    coords: dict[str, Any] = {"chain": np.arange(run.chains), "draw": np.arange(run.draws_per_chain)}
    if any(array.ndim == len(dims) for array in arrays.values()):
        coords["year"] = label_years(run)
    return xr.Dataset(variables, coords)


def label_years(run: Run) -> xr.Variable:
    """Return the coordinate of the kept years."""
    return xr.Variable("year", np.array(run.years), {"long_name": "calendar year"})


def quantity_attributes(run: Run, name: str) -> dict[str, Any]:
    """Return a quantity's unit and long name."""
    quantity = run.model.quantities[name]
    return {"units": quantity.unit.text, "long_name": quantity.long_name}


def parameter_attributes(run: Run, name: str) -> dict[str, Any]:
    """Return a parameter's unit, law, source and note; of a pool, those of every set unless they agree."""
    laws = run.priors.laws(name)
    first = next(iter(laws.values()))
    attributes = {"units": run.unit_of(name), "long_name": name.replace("_", " ")}
    stated = {key: _stated(prior) for key, prior in laws.items()}
    if len({str(one) for one in stated.values()}) == 1:
        return {
            **attributes,
            "prior": json.dumps(_stated(first), default=list),
            "source": first.source,
            "note": first.note,
        }
    return {
        **attributes,
        "prior": json.dumps({"by_prior_set": stated}, default=list),
        "source": _by_set(laws, "source"),
        "note": _by_set(laws, "note"),
    }


def _stated(prior: Prior) -> dict[str, Any]:
    """Return what a law is stated by."""
    law = {"distribution": prior.distribution.name, **prior.stated}
    if prior.truncation:
        law["truncation"] = [bound if np.isfinite(bound) else None for bound in prior.truncation]
    return dict(sorted(law.items()))


def _by_set(laws: Mapping[str, Prior], what: str) -> str:
    return "; ".join(f"{name}: {text}" for name, prior in laws.items() if (text := getattr(prior, what)))


def root_attributes(run: Run) -> dict[str, Any]:
    """Return what the result can be run again from."""
    functions = [run.model.quantities[name].function for name in (*run.plan.first_sweep, *run.plan.second_sweep)]
    return {
        "schema": SCHEMA,
        "title": run.priors.title,
        "source": f"mcdemand {_version()}",
        "contract": CONTRACT_ID,
        "prior_set": run.priors.name,
        "prior_set_document": json.dumps(run.priors.document, sort_keys=True),
        "model": run.model.name,
        "base_year": run.base_year,
        "seed": run.seed,
        "design": run.design,
        "chains": run.chains,
        "draws": run.chains * run.draws_per_chain,
        "outputs": list(run.plan.outputs),
        "years": list(run.years),
        "same_bits_everywhere": int(all(map(is_portable, functions))),
        "tables": json.dumps(_table_digests(run)),
        "notices": "\n".join(run.notices),
    }


@cache
def _version() -> str:
    return version("mcdemand")


def _table_digests(run: Run) -> dict[str, str]:
    """Return the digest of each tabulated quantile function: equal digests promise equal bits."""
    found: dict[str, str] = {}
    for name in run.program.names:
        tables = [prior.draw_numbers().tobytes() for prior in run.priors.laws(name).values() if prior.is_tabulated]
        if tables:
            found[name] = hashlib.sha256(b"".join(dict.fromkeys(tables))).hexdigest()[:16]
    return found | _copula_digests(run)


def _copula_digests(run: Run) -> dict[str, str]:
    """Return the digest of the tables that each group of needed parameters is drawn from."""
    sets = run.priors.sets if isinstance(run.priors, PriorPool) else (run.priors,)
    found: dict[str, str] = {}
    for group in (group for priors in sets for group in priors.groups if {*group.names} & {*run.program.names}):
        tables = [table.tobytes() for table in group.copula.tables(group.numbers)]
        if tables:
            found[group.label] = hashlib.sha256(b"".join(tables)).hexdigest()[:16]
    return found
