"""From one prior set to another for several outputs and years: the steps of a waterfall, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from mcdemand.engine import Progress
from mcdemand.kernels.arrays import Floats
from mcdemand.model import Model
from mcdemand.paired_sets import Named, check_names, common_model, compared_years, load_sets
from mcdemand.prior_change import describe_change
from mcdemand.prior_walk import PERMUTATIONS, Walk, Walked, walk_rows
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs
from mcdemand.result import root_attributes
from mcdemand.shapley import ENUMERATED_ROWS

CI_PROB = 0.95
DIMS = ("parameter", "output", "year", "ci_bound")
LONG_NAMES = {
    "contribution": "contribution to the move",
    "start": "at the start",
    "end": "at the end",
    "move": "from start to end",
}
ENDS = ("start", "end", "move")


def waterfall(
    a: Beliefs,
    b: Beliefs | None = None,
    *,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
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
    """Return how much of the move of several outputs from one prior set to another each changed row explains.

    Parameters
    ----------
    a, b
        Where the walk starts and where it ends, each what `load_prior_set` takes; None for `b`: `a` with the overrides.
    outputs, years
        Quantities of the model, and years; None: the model's default outputs, and the years that both sets have.
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
        Dims (parameter, output, year), no `year` where no output has one: `contribution` in the output's unit, with
        `mcse_contribution` and `ci_contribution`, the 95 % confidence interval. Without `parameter`: `start`, `end` and
        `move`, with `mcse_...`. A parameter is a row that differs between the sets, and the list of correlations is one
        row; they are sorted by their share in the absolute contributions, mean over outputs and years. Coordinates
        `change`, in words, and `reaches`, whether an output can depend on the row: one that does not contributes
        exactly 0.

    Raises
    ------
    InputError
        If the sets cannot be compared, there is no such output or statistic, or a row of a correlated group changes in
        how it varies by year: then there is no set half-way.
    NumericalError
        If a value on the way is NaN or infinite.

    Notes
    -----
    Contributions are those of `attribute`, bit for bit, and sum to the move bit for bit; every prior set on the way is
    simulated once for all outputs and years. The standard error is sqrt(d^2 + o^2), d from the draws and o from the
    sampled orders. The interval is Student's, with (d^2 + o^2)^2 / (d^4 / f + o^4 / g) degrees of freedom
    (Satterthwaite 1946); f is the number of chains - 1, g that of pairs of orders - 1. A single chain has no error, and
    a single pair of sampled orders has none either: NaN.

    Examples
    --------
    >>> change = {"pue_overhead_2025.p50": 0.25}
    >>> found = waterfall("consensus", outputs="energy_served", years=(2026, 2030), set=change, draws=256, chains=2)
    >>> dict(found["contribution"].sizes), bool((found["contribution"].sum("parameter") == found["move"]).all())
    ({'parameter': 1, 'output': 1, 'year': 2}, True)
    """
    named = load_sets([a] if b is None else [a, b], set)
    model = common_model(named, model)
    request: dict[str, Any] = {
        "outputs": _several(model.default_outputs if outputs is None else outputs),
        "years": _several(compared_years(named, years)),
        **{"draws": draws, "chains": chains, "seed": seed, "design": design},
    }
    check_names(request["outputs"], "outputs")
    walk = Walk.of(named, model, statistic, threads, **request)
    walked = walk_rows(walk, permutations, progress)
    found = _sorted(_arrays(walk, walked))
    run, notices = walk.runs[0], _notices(named, walked)
    about = {key: value for key, value in root_attributes(run).items() if key in ("source", "model", "chains", "draws")}
    about |= {"method": "waterfall", "title": _title(named, statistic), "sorted_by": "contribution", "ci_prob": CI_PROB}
    about |= {"dependence": "correlations respected; their list is one row", "groups": "", "statistic": statistic}
    about |= {"permutations": permutations}
    about |= dict(zip(("start_set", "end_set"), named, strict=True)) | {"prior_set": " to ".join(named)}
    about |= {"seed": seed, "design": design, "evaluations": walked.simulations * run.chains * run.draws_per_chain}
    about |= {"overrides": json.dumps(dict(set or {}), default=str), "notices": "\n".join(notices)}
    return _labelled(found, walk, walked).assign_attrs(about)


def _several(one_or_more: Any) -> tuple[Any, ...] | None:
    if one_or_more is None:
        return None
    is_many = isinstance(one_or_more, Iterable) and not isinstance(one_or_more, str)
    return tuple(dict.fromkeys(one_or_more)) if is_many else (one_or_more,)


def _title(named: Named, statistic: str) -> str:
    return f"Waterfall: what each changed row explains of the {statistic}'s move from {' to '.join(named)}"


def _notices(named: Named, walked: Walked) -> Iterator[str]:
    for label, one in named.items():
        yield from (f"{label}: {notice}" for notice in one.notices)
    idle = [row for row in walked.changed if not any(row in rows for rows in walked.reaching.values())]
    if idle:
        yield f"changed, but no requested output depends on it, so exactly 0: {', '.join(idle)}"
    if not walked.changed:
        yield "no row of the one set differs from the other's"


def _arrays(walk: Walk, walked: Walked) -> xr.Dataset:
    """Return contributions and ends with their errors, by parameter, output and year."""
    columns = np.arange(max(1, len(walk.runs[0].years))).tolist()
    by_output = [
        xr.concat([_one(walk, walked, output, column) for column in columns], "year") for output in walk.outputs
    ]
    found = xr.concat(by_output, "output").rename(row="parameter")
    return found if _has_years(walk) else found.isel(year=0)


def _has_years(walk: Walk) -> bool:
    """Return whether an output changes from year to year at either end."""
    timed = {name for run in walk.runs for name in run.model.timed(run.plan, run.yearly())}
    return bool(walk.runs[0].years) and not timed.isdisjoint(walk.outputs)


def _one(walk: Walk, walked: Walked, output: str, column: int) -> xr.Dataset:
    """Return the contributions to one output in one year, and the ends."""
    found = walked.contributions(output, column)
    number = len(walked.orders[output])
    pairs = 0 if len(walked.reaching[output]) <= ENUMERATED_ROWS else number // 2
    of_draws, of_orders = (found[name].values for name in ("mcse_draws", "mcse_orders"))
    error = np.hypot(of_draws, of_orders)
    half = error * stdtrit(_freedom(of_draws, of_orders, walk.runs[0].chains - 1, pairs - 1), (1 + CI_PROB) / 2)
    # No error means no width, whatever the degrees of freedom.
    half = np.where(error == 0, 0.0, half)[:, np.newaxis] * [-1.0, 1.0]
    bounds = found["contribution"].values[:, np.newaxis] + half
    kept = ["contribution", *ENDS, *(f"mcse_{name}" for name in ENDS)]
    return found[kept].assign(mcse_contribution=("row", error), ci_contribution=(("row", "ci_bound"), bounds))


def _freedom(of_draws: Floats, of_orders: Floats, draws: int, orders: int) -> Floats:
    """Return Satterthwaite's degrees of freedom of sqrt(d^2 + o^2); those of the draws where orders have no error."""
    with np.errstate(all="ignore"):
        share = 1 / (1 + (of_orders / of_draws) ** 2)
        freedom = 1 / (share**2 / draws + (1 - share) ** 2 / orders) if orders > 0 else np.full(share.shape, draws)
    return np.maximum(freedom, 1.0)


def _sorted(found: xr.Dataset) -> xr.Dataset:
    """Return the parameters by their share in the absolute contributions: outputs have different units."""
    size = abs(found["contribution"])
    total = size.sum("parameter")
    share = (size / total.where(total > 0, 1.0)).mean([dim for dim in size.dims if dim != "parameter"])
    return found.isel(parameter=np.argsort(-share.values, kind="stable"))


def _labelled(found: xr.Dataset, walk: Walk, walked: Walked) -> xr.Dataset:
    """Return the dataset with names, units, and what changes in words."""
    names: Sequence[str] = [str(name) for name in found["parameter"].values]
    quantities = [walk.model.quantities[name] for name in walk.outputs]
    reaches = [[name in walked.reaching[output] for output in walk.outputs] for name in names]
    coords: dict[str, Any] = {
        "output": list(walk.outputs),
        "units": ("output", [one.unit.text for one in quantities]),
        "long_name": ("output", [one.long_name for one in quantities]),
        "scale": ("output", ["raw"] * len(quantities)),
        "members": ("parameter", names),
        "change": ("parameter", [describe_change(name, walk.start, walk.end) for name in names]),
        "reaches": (("parameter", "output"), np.array(reaches, dtype=bool).reshape(len(names), len(quantities))),
        "ci_bound": ["lower", "upper"],
    }
    if "year" in found.dims:
        coords["year"] = ("year", np.array(walk.runs[0].years), {"long_name": "calendar year"})
    labelled = found.assign_coords(coords).transpose(*(dim for dim in DIMS if dim in found.dims))
    for name, long_name in LONG_NAMES.items():
        labelled[name].attrs["long_name"] = long_name
    return labelled
