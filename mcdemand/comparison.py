"""Prior sets side by side on common random numbers: differences and ratios draw by draw, each with its MCSE."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.designs import designs
from mcdemand.engine import Progress
from mcdemand.model import Model
from mcdemand.paired_sets import Named, check_names, common_model, compared_years, load_sets
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs
from mcdemand.simulation import simulate
from mcdemand.summary import summarize

MEDIAN = 0.5
ABOVE_ZERO, FROM_ZERO = 0.0, -np.nextafter(0.0, 1.0)
"""Thresholds: a difference lies above the second one if it is zero or more."""
SAMPLE = ("chain", "draw")


@dataclass(frozen=True)
class Precision:
    """How the draws were made, and how they are summarized."""

    design: str
    ci_prob: float
    threads: int | None

    def summarize(self, draws: xr.Dataset, **thresholds: Sequence[float]) -> xr.Dataset:
        """Return the summary of some variables: mean, sd, median, one equal-tailed interval, exceedance."""
        return summarize(
            draws,
            ci_prob=self.ci_prob,
            probabilities=(MEDIAN,),
            thresholds=thresholds,
            threads=self.threads,
            replicates=not designs()[self.design].is_independent,
        )


def compare(
    sets: Beliefs | Sequence[Beliefs],
    *,
    model: Model | str | None = None,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    draws: int = DRAWS,
    chains: int = CHAINS,
    seed: int = 0,
    design: str = DESIGN,
    ci_prob: float = 0.9,
    set: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return how far prior sets lie from the first one, on draws that are paired.

    Parameters
    ----------
    sets
        Two prior sets or more, each what `simulate` takes; the first is the baseline. A single one stands against
        itself with the overrides.
    model
        The model; None: the one that the prior sets name.
    outputs
        Quantities and parameters to compare; None: the model's default outputs.
    years
        Years to compare; None: those that the sets have in common.
    draws, chains, seed, design, threads
        As for `simulate`, the same for every set.
    ci_prob
        Probability of the equal-tailed intervals.
    set
        Overrides: of every set, or of the second one where a single set stands against itself.
    progress
        Called with (draws done, draws in all).

    Returns
    -------
    xr.Dataset
        Dims (comparison, output, year), `ci_bound` last; `comparison` names the set B that is compared with the
        baseline A. `baseline_...` (without `comparison`) and `other_...`: `mean`, `median`, `interval` of A and of B.
        `difference_...`: `mean`, `median`, `interval` of B - A in the output's unit. `ratio_...`: `median`, `interval`
        of B / A, NaN where A has a draw that is 0. `ratio_of_means`; `probability_greater` and `probability_less`, of
        B > A and of B < A. Each of these has a companion `mcse_...`. `variance_saved`: by pairing. No `year` where no
        output has one, and an output without a year repeats.

    Raises
    ------
    InputError
        If there is nothing to compare, the sets are for different models, or have no year in common.
    NumericalError
        If a kept value is NaN or infinite.

    Notes
    -----
    Draws belong to names, so two sets simulated with one seed differ only where their rows do (common random numbers).
    The difference and the ratio are taken draw by draw, and their errors are those of the paired draws.

    Ratio of means: R = mean(B) / mean(A), MCSE sqrt(Var B - 2 R Cov + R^2 Var A) / (mean(A) sqrt n), the delta method;
    computed as the MCSE of the mean of B - R A, divided by mean(A), which holds for replicates too.

    Variance saved: 1 - Var(B - A) / (Var A + Var B), draw by draw. For independent draws that is what pairing saves of
    the variance of a mean difference; where errors come from the chains, `mcse_difference_mean` against
    `mcse_baseline_mean` and `mcse_other_mean` says it. It is 1 where B - A is the same in every draw, NaN
    where both are constant.

    Examples
    --------
    >>> found = compare(["consensus", "liftoff"], draws=256, chains=2, outputs="energy_served", years=2030)
    >>> bool(found["difference_median"].sel(comparison="liftoff", output="energy_served", year=2030) > 0)
    True
    """
    named = load_sets(sets, set)
    model = common_model(named, model)
    outputs = model.default_outputs if outputs is None else outputs
    wanted = tuple(outputs) if isinstance(outputs, Iterable) and not isinstance(outputs, str) else (outputs,)
    check_names(wanted, "outputs")
    wanted = tuple(dict.fromkeys(wanted))
    simulation: dict[str, Any] = {
        "model": model,
        "outputs": wanted,
        "years": compared_years(named, years),
        **{"draws": draws, "chains": chains, "seed": seed, "design": design, "threads": threads},
    }
    precision = Precision(design, ci_prob, threads)

    def side(k: int, label: str) -> _Side:
        result = simulate(named[label], **simulation, progress=_part(progress, k, len(named)))
        return _Side.of(result, wanted, precision)

    baseline, *others = named
    a = side(0, baseline)
    found = [_against(a, side(k, label), precision) for k, label in enumerate(others, 1)]
    dataset = xr.concat(found, "comparison").assign(_statistics(a.summary, "baseline_"))
    overrides = json.dumps(dict(set or {}), default=str)
    return _labelled(dataset, a, named).assign_attrs(ci_prob=ci_prob, ci_kind="eti", overrides=overrides)


@dataclass(frozen=True)
class _Side:
    """The draws of one set by output, their summary, and how they were made."""

    draws: Mapping[str, xr.DataArray]
    summary: xr.Dataset
    attributes: Mapping[Any, Any]

    @classmethod
    def of(cls, result: xr.DataTree, outputs: Sequence[str], precision: Precision) -> _Side:
        groups = (result[group].to_dataset() for group in ("prior", "prior_predictive"))
        found = {str(name): variable for group in groups for name, variable in group.data_vars.items()}
        draws = {name: found[name] for name in outputs}
        return cls(draws, precision.summarize(xr.Dataset(draws)), result.attrs)


def _part(progress: Progress | None, done: int, runs: int) -> Progress | None:
    """Return the progress of one of several runs of one size."""
    return progress and (lambda part, total: progress(done * total + part, runs * total))


def _against(a: _Side, b: _Side, precision: Precision) -> xr.Dataset:
    """Return what is said of one comparison, for all outputs."""
    mean = a.summary["mean"].where(a.summary["mean"] != 0)
    ratio = b.summary["mean"] / mean
    # One output at a time, so that little is held beside the draws of the two sets.
    pairs = [_pair(draws, b.draws[name], ratio.sel(output=name), precision) for name, draws in a.draws.items()]
    if "year" in ratio.dims:
        pairs = [pair if "year" in pair.dims else pair.expand_dims(year=ratio["year"]) for pair in pairs]
    found = xr.concat(pairs, "output").assign_coords(output=ratio["output"])
    unpaired = a.summary["sd"] ** 2 + b.summary["sd"] ** 2
    computed = {
        "ratio_of_means": ratio,
        "mcse_ratio_of_means": found["mcse_residual"] / abs(mean),
        "variance_saved": 1 - found["sd"] ** 2 / unpaired.where(unpaired > 0),
    }
    found = found.drop_vars(["sd", "mcse_residual"]).assign(computed | _statistics(b.summary, "other_"))
    return found.reset_coords(drop=True)


def _pair(a: xr.DataArray, b: xr.DataArray, factor: xr.DataArray, precision: Precision) -> xr.Dataset:
    """Return what is said of the difference, the ratio and the residual B - factor A of one output."""
    if "year" not in a.dims and "year" not in b.dims:
        factor = factor.min()
    with np.errstate(all="ignore"):
        difference, ratio, residual = b - a, b / a, b - factor.fillna(0.0) * a
    is_defined = xr.apply_ufunc(np.isfinite, ratio).all(SAMPLE)
    if not is_defined.all():
        ratio = ratio.where(is_defined, 0.0)
    draws = xr.Dataset({"difference": difference, "ratio": ratio, "residual": residual})
    summary = precision.summarize(draws, difference=(ABOVE_ZERO, FROM_ZERO))
    of_difference, of_ratio, of_residual = (summary.sel(output=name, drop=True) for name in draws.data_vars)
    ratios = _statistics(of_ratio, "ratio_", ("median", "interval"))
    found = (
        _statistics(of_difference, "difference_")
        | {name: one.where(is_defined) for name, one in ratios.items()}
        | _probabilities(of_difference)
        | {"sd": of_difference["sd"], "mcse_residual": of_residual["mcse_mean"]}
    )
    return xr.Dataset({name: one.reset_coords(drop=True) for name, one in found.items()})


def _probabilities(difference: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the probabilities that B lies above A, and below; the two leave out the draws in which both are equal."""
    greater, from_zero = (difference.isel(threshold=k) for k in (0, 1))
    return {
        "probability_greater": greater["exceedance"],
        "mcse_probability_greater": greater["mcse_exceedance"],
        "probability_less": 1 - from_zero["exceedance"],
        "mcse_probability_less": from_zero["mcse_exceedance"],
    }


def _statistics(
    summary: xr.Dataset, prefix: str, names: Sequence[str] = ("mean", "median", "interval")
) -> dict[str, xr.DataArray]:
    """Return some statistics of a summary, each with its MCSE, under names that begin with a prefix."""
    pick: dict[str, Callable[[str], xr.DataArray]] = {
        "mean": lambda error: summary[f"{error}mean"],
        "median": lambda error: summary[f"{error}quantiles"].sel(quantile=MEDIAN),
        "interval": lambda error: summary[f"{error}interval"].isel(ci_kind=0, ci_prob=0),
    }
    found = {f"{error}{prefix}{name}": pick[name](error) for name in names for error in ("", "mcse_")}
    return {name: one.reset_coords(drop=True) for name, one in found.items()}


def _labelled(dataset: xr.Dataset, a: _Side, named: Named) -> xr.Dataset:
    """Return the dataset with what the reader should know about outputs, sets and draws."""
    baseline, *others = named
    titles = [one.title for one in named.values()]
    notices = [f"{label}: {notice}" for label, one in named.items() for notice in one.notices]
    coords: dict[str, Any] = {
        name: a.summary[name] for name in ("units", "long_name", "ci_prob", "interval_beyond_sample")
    }
    about = {key: a.attributes[key] for key in ("source", "model", "seed", "design", "chains", "draws")}
    about |= {"baseline": baseline, "baseline_title": titles[0], "notices": "\n".join(notices)}
    coords |= {"comparison": others, "title": ("comparison", titles[1:])}
    return dataset.assign_coords(coords).assign_attrs(about)
