"""Problems whose figures are known, and what a run makes of them: what coverage, convergence and equal error share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import mcdemand as mc
from benchmarks import w1
from mcdemand.selftest import quantities
from mcdemand.selftest.problems import FIGURES as EXACT_FIGURES
from mcdemand.selftest.problems import PARAMETERS

Array = np.ndarray[Any, np.dtype[np.float64]]

FIGURES = ("mean", "p5", "p50", "p95", "sd", "share above", "HDI lower", "HDI upper")
USUAL = FIGURES[:4]
PROBABILITIES = (0.05, 0.5, 0.95)
CI_PROB = 0.9
REFERENCE = Path(__file__).with_name("w1_reference.json")
HDI_OF_TWO_SEGMENTS = 27.047573730, 224.313164216
"""Equal density at both ends, by quadrature: 150 Gauss-Hermite nodes in each of the two other factors."""


@dataclass(frozen=True)
class Problem:
    """A quantity to estimate.

    Attributes
    ----------
    years
        Years of the quantity; empty if it has none.
    threshold
        The share above it is one of the figures.
    exact
        Figures (year, figure) known otherwise, NaN where none is; a single row if there are no years.
    """

    name: str
    priors: Any
    model: Any
    output: str
    threshold: float
    exact: Array
    years: tuple[int, ...] = ()

    @property
    def cases(self) -> list[str]:
        """What each row of figures is called."""
        return [f"{self.name}, {year}" for year in self.years] or [self.name]

    def estimate(self, draws: int, chains: int, design: str, seed: int, threads: int = 2) -> tuple[Array, Array]:
        """Return the figures (year, figure) of one run by the public interface, and their standard errors."""
        years: Any = self.years or None
        options: dict[str, Any] = {"model": self.model, "chains": chains, "seed": seed, "design": design}
        result = mc.simulate(self.priors, draws=draws, outputs=[self.output], years=years, threads=threads, **options)
        thresholds = {self.output: self.threshold}
        table = mc.summarize(
            result, probabilities=PROBABILITIES, ci_prob=CI_PROB, ci_kind="hdi", thresholds=thresholds, threads=threads
        )
        parts = ("mean", "quantiles", "sd", "exceedance", "interval")
        rows = self.exact.shape[0]
        found, errors = (
            np.concatenate([table[prefix + part].values.reshape(rows, -1) for part in parts], axis=1)
            for prefix in ("", "mcse_")
        )
        return found, errors

    def estimate_all(self, draws: int, chains: int, design: str, seeds: Iterable[int]) -> Array:
        """Return the figures (seed, year, figure) of many runs."""
        return np.array([self.estimate(draws, chains, design, seed)[0] for seed in seeds])


def constant_elasticity() -> Problem:
    """Problem 7: a product of powers of three lognormal parameters."""
    return _closed_form(7, "constant_elasticity", ("x1", "x2", "x3"))


def two_segments() -> Problem:
    """Problem 9: a sum of two products that share a parameter."""
    return _closed_form(9, "two_segments", ("y1", "y2", "y3"), HDI_OF_TWO_SEGMENTS)


def _closed_form(number: int, output: str, names: tuple[str, ...], hdi: tuple[float, ...] = ()) -> Problem:
    exact = {(f.statistic, f.level): f.exact for f in EXACT_FIGURES if f.problem == number}
    by_name = {statistic: value for (statistic, _), value in exact.items()}
    quantiles = [exact["quantile", level] for level in PROBABILITIES]
    ends = hdi or (by_name["lower"], by_name["upper"])
    figures = [by_name["mean"], *quantiles, by_name["sd"], 1 - PROBABILITIES[-1], *ends]
    return Problem(
        f"closed form {number}",
        mc.load_prior_set({"parameters": {name: PARAMETERS[name] for name in names}}),
        mc.Model.from_functions([getattr(quantities, output)], name=output),
        output,
        threshold=quantiles[-1],
        exact=np.array([figures]),
    )


def workload(exact: Array | None = None) -> Problem:
    """W1 in its fourth, sixth and last year, against the stored reference unless figures are given."""
    stored = json.loads(REFERENCE.read_text(encoding="utf-8")) if exact is None else {}
    figures = np.array(stored["figures"]) if exact is None else exact
    return Problem("W1", mc.load_prior_set(w1.PRIORS), w1.MODEL, "demand", 200.0, figures, (2027, 2029, 2034))


def shipped() -> Problem:
    """Electricity served in 2030 of the shipped prior set; nothing is known of it."""
    unknown = np.full((1, len(FIGURES)), np.nan)
    return Problem("consensus", mc.load_prior_set("consensus"), None, "energy_served", 945.0, unknown, (2030,))
