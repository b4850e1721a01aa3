"""A result computed again from its own attributes, and compared with what it stores."""

from __future__ import annotations

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST
from mcdemand.draw_choice import GROUPS, dataset_of
from mcdemand.engine import Progress, store_run
from mcdemand.errors import IntegrityError
from mcdemand.model import Model
from mcdemand.replay import rebuild_run
from mcdemand.result import label_run


def repeat_result(
    result: xr.DataTree,
    *,
    model: Model | str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.DataTree:
    """Return a result computed again from its own attributes, the same to the last bit.

    Parameters
    ----------
    result
        A result, or a part of one, such as `read` returns; of a part, the outputs and years that it keeps are computed
        in all of its draws.
    model
        The model; None: the installed one that the result names.
    threads, progress
        As for `simulate`.

    Raises
    ------
    InputError
        If the result is of a model of one's own and none is passed.
    IntegrityError
        If the attributes state no run, or the result stores other numbers than they lead to.

    Examples
    --------
    >>> from mcdemand import simulate
    >>> result = simulate("consensus", draws=512, chains=2, outputs="energy_served", seed=7)
    >>> again = repeat_result(result)
    >>> bool((again["prior_predictive"]["energy_served"] == result["prior_predictive"]["energy_served"]).all())
    True
    """
    run = rebuild_run(result, model)
    again = label_run(run, store_run(run, threads=threads, progress=progress))
    for group in GROUPS:
        stored = dataset_of(result, group)
        for name in stored.data_vars:
            _compare(stored[name], dataset_of(again, group)[name])
    again.attrs |= {key: value for key, value in result.attrs.items() if key not in {*again.attrs, DIGEST}}
    return again


def _compare(stored: xr.DataArray, found: xr.DataArray) -> None:
    """Raise unless the numbers that are stored are, bit for bit, those that were found.

    Raises
    ------
    IntegrityError
        If they are not.
    """
    if "year" in stored.dims:
        found = found.sel(year=stored["year"].values)
    found = found.isel(draw=slice(stored.sizes["draw"])).transpose(*stored.dims)
    ours, theirs = (np.ascontiguousarray(one.values, dtype=np.float64) for one in (found, stored))
    same = ours.view(np.int64) == theirs.view(np.int64) if ours.shape == theirs.shape else np.zeros(1, dtype=bool)
    if not same.all():
        raise IntegrityError(
            f"result: {stored.name}: {np.count_nonzero(~same)} of its numbers are not those that its attributes lead "
            "to; it was changed, or made by another model or version; simulate anew"
        )
