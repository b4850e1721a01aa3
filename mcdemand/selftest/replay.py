"""The problems solved through the public API, and each answer's distance from the exact one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import xarray as xr

import mcdemand as mc
from mcdemand.selftest.indices import CHAINS, FEW, INDICES, MANY
from mcdemand.selftest.problems import FIGURES, PARAMETERS, PRIOR_SET, Figure, functions

DRAWS = 1_000_000
MOST_STANDARD_ERRORS = 5.0


@dataclass(frozen=True)
class Answer:
    """An estimate of a figure, from a number of draws."""

    figure: Figure
    estimate: float
    draws: int

    @property
    def error(self) -> float:
        """Distance from the exact answer in true standard errors."""
        return (self.estimate - self.figure.exact) / self.figure.spread * float(self.draws**self.figure.rate)

    @property
    def passes(self) -> bool:
        """Whether the distance is one that chance explains."""
        return abs(self.error) <= MOST_STANDARD_ERRORS


def replay_all(draws: int = DRAWS, seed: int = 0) -> list[Answer]:
    """Return an answer for every figure, in the order of the problems."""
    return sorted(replay(draws, seed), key=lambda answer: answer.figure.problem)


def replay(draws: int = DRAWS, seed: int = 0) -> Iterator[Answer]:
    """Yield an answer for every figure, found like those of any other model; indices from a number of draws near it."""
    priors = mc.load_prior_set({"prior_set": PRIOR_SET, "parameters": PARAMETERS})
    model = mc.Model.from_functions(functions(), name="selftest")
    yield from _replay_figures(priors, model, draws, seed)
    yield from _replay_indices(priors, model, MANY if draws >= MANY else FEW, seed)


def _replay_figures(priors: mc.PriorSet, model: mc.Model, draws: int, seed: int) -> Iterator[Answer]:
    for years in ({None}, {figure.year for figure in FIGURES} - {None}):
        chosen = [figure for figure in FIGURES if figure.year in years]
        if not chosen:
            continue
        outputs = list(dict.fromkeys(figure.output for figure in chosen))
        kept = sorted(year for year in years if year is not None) or [PRIOR_SET["years"]["start"]]
        options: dict[str, Any] = {"draws": draws, "chains": 1, "seed": seed, "design": "random"}
        result = mc.simulate(priors, model=model, outputs=outputs, years=kept, **options)
        for figure in chosen:
            yield Answer(figure, _estimate(result, figure), draws)


def _replay_indices(priors: mc.PriorSet, model: mc.Model, draws: int, seed: int) -> Iterator[Answer]:
    """Yield an answer for every index, of one output at a time: others' parameters would only add runs."""
    options: dict[str, Any] = {"draws": draws, "chains": CHAINS, "seed": seed, "design": "sobol"}
    for output, scale in dict.fromkeys((figure.output, figure.scale) for figure in INDICES):
        year = PRIOR_SET["years"]["start"]
        study = mc.sensitivity(priors, method="sobol", model=model, outputs=output, years=year, scale=scale, **options)
        for figure in INDICES:
            if (figure.output, figure.scale) == (output, scale):
                yield Answer(figure, float(study[figure.statistic].sel(parameter=figure.parameter).item()), draws)


def _estimate(result: xr.DataTree, figure: Figure) -> float:
    """Return the estimate of one figure."""
    draws = result["prior_predictive"].to_dataset()[[figure.output]]
    if figure.year is not None:
        draws = draws.sel(year=[figure.year])
    if figure.statistic == "quantile":
        return float(mc.summarize(draws, probabilities=[figure.level])["quantiles"].item())
    if figure.statistic == "above":
        return float(mc.summarize(draws, thresholds={figure.output: figure.level})["exceedance"].item())
    if figure.statistic in ("lower", "upper"):
        ends = mc.summarize(draws, ci_prob=figure.level, ci_kind="hdi")["interval"]
        return float(ends.sel(ci_bound=figure.statistic).item())
    return float(mc.summarize(draws)[figure.statistic].item())
