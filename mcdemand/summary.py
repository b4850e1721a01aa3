"""Mean, sd, quantiles, credible intervals and exceedance of a result, each with its Monte Carlo standard error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from mcdemand.crew import do_jobs
from mcdemand.engine import thread_count
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.registry import look_up, nearest
from mcdemand.row_summary import RowPlan, RowSummary, summarize_row
from mcdemand.sample_limits import is_beyond_sample

CI_KINDS = {"eti": ("eti",), "hdi": ("hdi",), "both": ("eti", "hdi")}
SAMPLE_DIMS = ({"draw"}, {"chain", "draw"})
NEW_DIMS: dict[str, tuple[str, ...]] = {
    "mean": (),
    "sd": (),
    "quantiles": ("quantile",),
    "interval": ("ci_kind", "ci_prob", "ci_bound"),
    "exceedance": ("threshold",),
}
WORTH_A_THREAD = 50_000
"""Draws in a row from which the compiled part of its summary outweighs what threads cost each other in Python."""
MOST_DIGITS = 4
DIGITS_OF_UNKNOWN_ERROR = 2
SCIENTIFIC_FROM = 1e6
SCIENTIFIC_BELOW = 1e-4


def summarize(
    result: xr.DataTree | xr.Dataset,
    outputs: str | Iterable[str] | None = None,
    *,
    group: str = "prior_predictive",
    ci_prob: float | Sequence[float] = 0.9,
    ci_kind: str = "eti",
    probabilities: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    thresholds: Mapping[str, float | Sequence[float]] | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Return mean, sd, quantiles, credible intervals and exceedance by output and year, each with its MCSE.

    Parameters
    ----------
    result
        What `simulate` returned, or a Dataset of variables with dims (chain, draw) or (chain, draw, year).
    outputs
        Names of variables; None takes all of the group.
    group
        Group of the tree: "prior_predictive" for quantities, "prior" for parameters.
    ci_prob
        Probability, or probabilities, of the credible intervals.
    ci_kind
        "eti" (equal-tailed), "hdi" (shortest) or "both". HDI errors are NaN below 1000 draws.
    probabilities
        Levels of the quantiles.
    thresholds
        For some outputs, values in the output's own unit; `exceedance` is the probability of lying above.
    threads
        How many rows are worked on at once; None takes every processor. The numbers do not depend on it.

    Returns
    -------
    xr.Dataset
        `mean`, `sd`, `quantiles`, `interval` and, with thresholds, `exceedance`, each with a companion `mcse_...`, in
        the output's own unit (coordinate `units`; exceedance is a share). Dims (output, year), new dims last; no `year`
        where no output has one, and an output without a year repeats over the others' years. The errors hold for
        independent draws. A single draw has neither interval, sd nor errors: NaN. The coordinates
        `quantile_beyond_sample` and `interval_beyond_sample` are true where fewer than 10 draws are expected on the far
        side: such a quantile hangs on a few draws. Its error is NaN where a standard error would reach past them all.

    Raises
    ------
    InputError
        If an argument is not valid.
    NumericalError
        If a draw is not finite; names the output and the year.

    Examples
    --------
    >>> draws = xr.Dataset({"demand": (("chain", "draw"), [[1.0, 2.0, 3.0, 4.0]])})
    >>> float(summarize(draws, probabilities=[0.5])["quantiles"].item())
    2.5
    """
    variables = _variables(_dataset(result, group), outputs)
    plan = RowPlan(
        _number_of_draws(variables),
        _probabilities("probabilities", probabilities),
        _probabilities("ci_prob", ci_prob),
        look_up(ci_kind, CI_KINDS, "ci_kind"),
    )
    limits = _limits(thresholds or {}, variables)
    crew = thread_count(threads)
    rows = [(name, *row) for name, variable in variables.items() for row in _rows(variable)]
    at_once = crew if plan.size >= WORTH_A_THREAD else 1
    summaries = do_jobs(lambda row: _summarize_named(*row, plan=plan, limits=limits[row[0]]), rows, at_once)
    by_output = {name: [s for s, row in zip(summaries, rows, strict=True) if row[0] == name] for name in variables}
    coords = _coords(variables, plan, limits)
    attributes = {"group": group, "draws": plan.size, "mcse": "independent draws"}
    return xr.Dataset(_tables(by_output, coords), coords, attributes)


def _rows(variable: xr.DataArray) -> list[tuple[int | None, Any]]:
    """Return (year, draws); nothing is copied where the years are stored one after the other."""
    data = variable.variable.transpose("year", ..., "draw", missing_dims="ignore").values
    return [*zip(variable["year"].values.tolist(), data, strict=True)] if "year" in variable.dims else [(None, data)]


def _summarize_named(name: str, year: int | None, draws: Any, *, plan: RowPlan, limits: Floats) -> RowSummary:
    try:
        return summarize_row(np.ascontiguousarray(draws, dtype=np.float64).reshape(-1), plan, limits)
    except NumericalError as error:
        where = name if year is None else f"{name}, year {year}"
        raise NumericalError(f"{where}: {error}") from None


def _tables(by_output: Mapping[str, list[RowSummary]], coords: Mapping[str, Any]) -> dict[str, Any]:
    leading = ("output", "year") if "year" in coords else ("output",)
    fields = [name for name, dims in NEW_DIMS.items() if not dims or dims[-1] in coords]
    return {
        name: (leading + NEW_DIMS[field], _table(by_output, name, coords))
        for field in fields
        for name in (field, f"mcse_{field}")
    }


def _table(by_output: Mapping[str, list[RowSummary]], name: str, coords: Mapping[str, Any]) -> Floats:
    """Return (output, year, ...) of one statistic; an output without a year repeats."""
    blocks = [np.array([getattr(row, name) for row in rows]) for rows in by_output.values()]
    if "year" not in coords:
        return np.concatenate(blocks)
    return np.stack([np.broadcast_to(block, (coords["year"].size, *block.shape[1:])) for block in blocks])


def _coords(variables: Mapping[str, xr.DataArray], plan: RowPlan, limits: Mapping[str, Floats]) -> dict[str, Any]:
    coords: dict[str, Any] = {"output": list(variables)}
    coords |= {name: variable["year"] for variable in variables.values() for name in variable.dims if name == "year"}
    for attribute in ("units", "long_name"):
        coords[attribute] = ("output", [str(v.attrs.get(attribute, "")) for v in variables.values()])
    coords |= {"quantile": list(plan.probabilities), "ci_kind": list(plan.ci_kinds), "ci_prob": list(plan.ci_probs)}
    coords["ci_bound"] = ["lower", "upper"]
    coords["quantile_beyond_sample"] = ("quantile", is_beyond_sample(plan.probabilities, plan.size))
    tails = (1 - np.array(plan.ci_probs)) / 2
    coords["interval_beyond_sample"] = ("ci_prob", is_beyond_sample(tails, plan.size))
    table = np.array(list(limits.values()))
    if table.size:
        coords["threshold"] = np.arange(table.shape[1])
        coords["threshold_value"] = (("output", "threshold"), table)
    return coords


def _dataset(result: xr.DataTree | xr.Dataset, group: str) -> xr.Dataset:
    if isinstance(result, xr.Dataset):
        return result
    if not isinstance(result, xr.DataTree):
        raise InputError(f"result: a {type(result).__name__}; must be a DataTree or a Dataset of draws")
    if group not in result.children:
        raise InputError(f"group: {group!r}: not in this result; {nearest(group, result.children)}")
    return result[group].to_dataset()


def _variables(dataset: xr.Dataset, outputs: str | Iterable[str] | None) -> dict[str, xr.DataArray]:
    names = dataset.data_vars if outputs is None else [outputs] if isinstance(outputs, str) else outputs
    known = {str(name): variable for name, variable in dataset.data_vars.items()}
    chosen = {str(name): look_up(str(name), known, "outputs") for name in names}
    if not chosen:
        raise InputError("outputs: none; name at least one")
    for name, variable in chosen.items():
        if set(variable.dims) - {"year"} not in SAMPLE_DIMS:
            raise InputError(f"{name}: dims {variable.dims}; must be (chain, draw) or (chain, draw, year)")
    return chosen


def _number_of_draws(variables: Mapping[str, xr.DataArray]) -> int:
    counts = {name: variable.size // max(variable.sizes.get("year", 1), 1) for name, variable in variables.items()}
    if 0 in counts.values() or len(set(counts.values())) > 1:
        raise InputError(f"draws: {counts}; must be one number for all outputs, and at least 1")
    return next(iter(counts.values()))


def _numbers(name: str, values: ArrayLike) -> list[float]:
    try:
        numbers: list[float] = np.asarray(values, dtype=np.float64).reshape(-1).tolist()
    except (TypeError, ValueError):
        raise InputError(f"{name}: {values!r}: must be a number or a list of numbers") from None
    return numbers


def _probabilities(name: str, values: ArrayLike) -> tuple[float, ...]:
    numbers = _numbers(name, values)
    for p in numbers:
        if not 0 < p < 1:
            hint = f"; write {p / 100:g}" if 1 < p < 100 else ""
            raise InputError(f"{name}: {p:g}: must lie between 0 and 1{hint}")
    return tuple(numbers)


def _limits(thresholds: Mapping[str, float | Sequence[float]], variables: Mapping[str, Any]) -> dict[str, Floats]:
    """Return the thresholds of every output, padded with NaN to the longest list."""
    lists = {name: _numbers(f"thresholds: {name}", values) for name, values in thresholds.items()}
    for name, numbers in lists.items():
        look_up(name, dict(variables), "thresholds")
        if any(map(math.isnan, numbers)):
            raise InputError(f"thresholds: {name}: NaN is not a threshold")
    longest = max(map(len, lists.values()), default=0)
    return {name: np.array((lists.get(name, []) + [math.nan] * longest)[:longest]) for name in variables}


def significant_digits(value: float, mcse: float) -> int:
    """Return how many digits of a value its MCSE supports: none finer than the MCSE's first, at least 1, at most 4.

    An unknown error (NaN) supports 2.

    Examples
    --------
    >>> significant_digits(241.09, 0.3)
    4
    """
    if value == 0 or not math.isfinite(value):
        return 1
    if math.isnan(mcse):
        return DIGITS_OF_UNKNOWN_ERROR
    if mcse == 0:
        return MOST_DIGITS
    return min(max(_exponent(value) - _exponent(mcse) + 1, 1), MOST_DIGITS) if math.isfinite(mcse) else 1


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def format_value(value: float, mcse: float) -> str:
    """Return a value as text, with the digits that its MCSE supports.

    Thousands are set apart below a million; from there on, and below 0.0001, powers of ten.

    Examples
    --------
    >>> format_value(1234.6, 2.0), format_value(11_234_567.0, 4e5)
    ('1,235', '1.12e7')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value + 0.0:g}"
    digits = significant_digits(value, mcse)
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    rounded = float(f"{mantissa}e{power}")
    if not SCIENTIFIC_BELOW <= abs(rounded) < SCIENTIFIC_FROM:
        return f"{mantissa}e{int(power)}"
    return f"{rounded:,.{max(digits - 1 - int(power), 0)}f}"
