"""The acceptance rule for known answers: every seed within 5 standard errors, and 16 of 20 within 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np
import xarray as xr
from numpy.testing import assert_allclose
from scipy import stats

import mcdemand as mc

INTERPRETED = bool(numba.config.DISABLE_JIT)
SEEDS = 2 if INTERPRETED else 20
DRAWS = 2_048 if INTERPRETED else 100_000
ALWAYS, MOSTLY = 5.0, 2.0
MOST = 0.8
BATCHES = 20

Array = np.ndarray[Any, np.dtype[np.float64]]


def simulate_seeds(model: mc.Model, parameters: Mapping[str, Any], output: str, **options: Any) -> Array:
    """Return (seed, draw) of a quantity without time, or (seed, draw, year)."""
    priors = mc.load_prior_set({"parameters": parameters, **options})
    runs = [
        mc.simulate(priors, model=model, draws=DRAWS, chains=1, seed=seed, outputs=[output], design="random")
        for seed in range(SEEDS)
    ]
    return np.array([run["prior_predictive"][output].values[0] for run in runs])


def assert_accepted(estimates: Array, exact: float, standard_error: float | Array) -> None:
    """Accept estimates, one a seed, of an exact value with a true standard error."""
    scores = np.abs(np.asarray(estimates) - exact) / standard_error
    assert scores.shape == (SEEDS,)
    assert scores.max() <= ALWAYS, f"{scores.max():.2f} standard errors from {exact}"
    if SEEDS > 2:
        assert np.mean(scores <= MOSTLY) >= MOST, f"errors too large in general: {np.sort(scores)}"


def summarized(draws: Array, statistic: str, **options: Any) -> Array:
    """Return a statistic of `mc.summarize` for each seed."""
    tables = [mc.summarize(xr.Dataset({"x": (("chain", "draw"), row[None])}), **options) for row in draws]
    return np.array([table[statistic].values.ravel() for table in tables])


def accept_mean(draws: Array, mean: float, sd: float) -> None:
    found = summarized(draws, "mean")[:, 0]
    assert_allclose(found, draws.mean(axis=1), rtol=1e-12, atol=1e-12 * sd)
    assert_accepted(found, mean, sd / np.sqrt(draws.shape[1]))


def accept_sd(draws: Array, sd: float, fourth_moment: float) -> None:
    """`fourth_moment`: the exact central one; SE = sqrt((m4 - s^4) / n) / (2 s)."""
    standard_error = np.sqrt((fourth_moment - sd**4) / draws.shape[1]) / (2 * sd)
    found = summarized(draws, "sd")[:, 0]
    assert_allclose(found, draws.std(axis=1, ddof=1), rtol=1e-12)
    assert_accepted(found, sd, standard_error)


def accept_quantile(draws: Array, probability: float, exact: float, density: float) -> None:
    """`density`: the exact one at the quantile; SE = sqrt(p (1 - p) / n) / f."""
    spread = np.sqrt(probability * (1 - probability) / draws.shape[1])
    found = summarized(draws, "quantiles", probabilities=[probability])[:, 0]
    assert_allclose(found, np.quantile(draws, probability, axis=1), rtol=1e-12)
    assert_accepted(found, exact, spread / density)


def accept_exceedance(draws: Array, threshold: float, exact: float) -> None:
    found = summarized(draws, "exceedance", thresholds={"x": threshold})[:, 0]
    assert_allclose(found, np.mean(draws > threshold, axis=1), rtol=1e-12)
    assert_accepted(found, exact, np.sqrt(exact * (1 - exact) / draws.shape[1]))


def shortest_interval(draws: Array, probability: float) -> Array:
    """Return the ends of the shortest interval that holds the share of the draws, along the last axis."""
    ordered = np.sort(draws, axis=-1)
    inside = int(np.floor(probability * ordered.shape[-1]))
    widths = ordered[..., inside:] - ordered[..., :-inside]
    first = np.argmin(widths, axis=-1)[..., None]
    ends = [np.take_along_axis(ordered, first + shift, axis=-1)[..., 0] for shift in (0, inside)]
    return np.stack(ends, axis=-1)


def accept_hdi(draws: Array, probability: float, exact: tuple[float, float]) -> None:
    """Errors of the ends go with the cube root: measured on batches of every seed, then scaled."""
    batches = shortest_interval(draws.reshape(SEEDS * BATCHES, -1)[:, : DRAWS // BATCHES], probability)
    spread = batches.std(axis=0, ddof=1) / np.cbrt(BATCHES)
    found = summarized(draws, "interval", ci_prob=probability, ci_kind="hdi")
    for end in (0, 1):
        assert_accepted(found[:, end], exact[end], spread[end])


def lognormal_moment(order: float, mu: float, sigma: float) -> float:
    return float(np.exp(order * mu + 0.5 * (order * sigma) ** 2))


def central_fourth(moment: Callable[[int], float]) -> float:
    """Return the central fourth moment from the raw ones."""
    mean = moment(1)
    return moment(4) - 4 * mean * moment(3) + 6 * mean**2 * moment(2) - 3 * mean**4


def normal_density(x: float, mean: float, sd: float) -> float:
    return float(stats.norm.pdf(x, mean, sd))
