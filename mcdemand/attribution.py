"""From one prior set to another, row by row: how much of an output's move each changed row explains."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from mcdemand.engine import Progress
from mcdemand.model import Model
from mcdemand.paired_sets import check_names, common_model, common_years, load_sets
from mcdemand.prior_change import describe_change
from mcdemand.prior_walk import PERMUTATIONS, Walk, walk_rows
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs
from mcdemand.shapley import ENUMERATED_ROWS


def attribute(
    a: Beliefs,
    b: Beliefs | None,
    output: str,
    year: int | None = None,
    *,
    statistic: str = "median",
    permutations: int = PERMUTATIONS,
    model: Model | str | None = None,
    draws: int = DRAWS,
    chains: int = CHAINS,
    seed: int = 0,
    design: str = DESIGN,
    set: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return how much of an output's move from one prior set to another each changed row explains.

    Parameters
    ----------
    a, b
        Where the walk starts and where it ends, each what `load_prior_set` takes; None for `b`: `a` with the overrides.
    output, year
        A quantity of the model, and the year; None: the last one that both sets have.
    statistic
        "median", "mean" or a quantile such as "p95".
    permutations
        Orders of the rows to walk in, an even number; up to four rows are walked in all their orders instead.
    draws, chains, seed, design, threads
        As for `simulate`.
    set
        Overrides: of both sets, or of the end where `b` is None.
    progress
        Called with (simulations done, simulations in all).

    Returns
    -------
    xr.Dataset
        Dim `row`, the largest contribution first: `contribution` in the output's unit; `share` of the move;
        `mcse_draws` and `mcse_orders`, its errors from the draws and from the sampled orders; coordinates `change`, in
        words, and `reaches`, whether the output can depend on the row: one that does not contributes exactly 0. The
        list of correlations is one row. Without dims: `start`, `end` and `move`, with `mcse_...`.

    Raises
    ------
    InputError
        If the sets cannot be compared, there is no such output or statistic, or a row of a correlated group changes in
        how it varies by year: then there is no set half-way.
    NumericalError
        If a value on the way is NaN or infinite.

    Notes
    -----
    Let v(S) be the statistic when the rows S are taken from B and the others from A, on the same draws. Each order of
    the rows is a walk from A to B, whose steps sum to v(B) - v(A). A row's contribution is its average step: its
    Shapley value, estimated by sampled orders (Castro, Gomez and Tejada 2009), which come in pairs, one and its
    reverse. `mcse_orders` is the standard deviation between pairs / sqrt(pairs), and 0 where all orders are walked.

    Contributions sum to the move bit for bit, in any order of summation. With P orders, every v(S) is rounded to a
    multiple of P q, q a power of two. Steps are then integers times P q, their averages over orders integers times q.
    The average of k rows' steps is at most 2 k max|v|, and q is so large that this is below 2^53 q: every sum of
    contributions is a double, and none is rounded. For P k up to 4096 the rounding of v(S) is below 2^-40 of max|v|,
    far below the Monte Carlo error; it loses a bit whenever P k doubles.

    `mcse_draws` and `mcse_move` are standard deviations between the chains, each with a statistic of its own, /
    sqrt(chains). Chains are independent under every design, and differences within a chain are paired: so this holds
    for quantiles, whose paired differences have no formula. A single chain has no error: NaN.

    Examples
    --------
    >>> change = {"pue_overhead_2025.p50": 0.25}
    >>> found = attribute("consensus", None, "energy_served", 2030, set=change, draws=256, chains=2)
    >>> found["row"].values.tolist(), bool(found["contribution"].sum() == found["move"])
    (['pue_overhead_2025'], True)
    """
    named = load_sets([a] if b is None else [a, b], set)
    model = common_model(named, model)
    check_names([output], "output")
    years = common_years(named) if year is None else (year,)
    request: dict[str, Any] = {"outputs": (output,), "years": years and years[-1:]}
    request |= {"draws": draws, "chains": chains, "seed": seed, "design": design}
    walk = Walk.of(named, model, statistic, threads, **request)
    walked = walk_rows(walk, permutations, progress)
    unit, (run, _), reaching = model.quantities[output].unit.text, walk.runs, walked.reaching[output]
    about: dict[str, Any] = dict(zip(("start_set", "end_set"), named, strict=True)) | {"output": output, "units": unit}
    about |= {"long_name": model.quantities[output].long_name} | ({"year": run.years[0]} if run.years else {})
    about |= {"statistic": statistic, "orders": len(walked.orders[output])}
    about |= {"all_orders": int(len(reaching) <= ENUMERATED_ROWS)}
    about |= {"draws": run.chains * run.draws_per_chain, "chains": run.chains, "seed": seed, "design": design}
    about |= {"overrides": json.dumps(dict(set or {}), default=str)}
    return _labelled(walked.contributions(output), reaching, walk).assign_attrs(about)


def _labelled(found: xr.Dataset, reaching: Sequence[str], walk: Walk) -> xr.Dataset:
    """Return the contributions, the largest first, then the rows that do not reach the output."""
    size = {row: abs(float(found["contribution"].sel(row=row))) for row in reaching}
    rest = (str(row) for row in found["row"].values if row not in reaching)
    names = [*sorted(size, key=lambda row: (-size[row], row)), *rest]
    changes = [describe_change(row, walk.start, walk.end) for row in names]
    reaches = [row in reaching for row in names]
    return found.sel(row=names).assign_coords(change=("row", changes), reaches=("row", reaches))
