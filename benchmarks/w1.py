"""Workload W1: eleven parameters, eleven years, two correlations; draws to exact order statistics of every year."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import xarray as xr

import mcdemand as mc
from mcdemand.math import exp, expm1, logistic
from mcdemand.math import log as ln

Array = np.ndarray[Any, np.dtype[np.float64]]

Z95 = 1.6448536269514722
LN_2 = log(2.0)
YEARS = 11
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
CI_PROB = 0.9


def usage_rate(growth, adoption_cap):
    """Rate of the logistic curve whose log rate at t = 0 is `growth`; the same in every year, so evaluated once."""
    return growth / (1.0 - 1.0 / adoption_cap)


def usage(t, usage_rate, adoption_cap):
    """Usage, 1 at t = 0."""
    return adoption_cap / (1.0 + (adoption_cap - 1.0) * exp(-usage_rate * t))


def mix(t, reason_mult, reason_share_max, reason_mid, reason_rate):
    """Compute per request, 1 without reasoning."""
    return 1.0 + reason_share_max * logistic(reason_rate * (t - reason_mid)) * (reason_mult - 1.0)


def log_eff_total(eff_total):
    """Log of the whole gain of algorithms."""
    return ln(eff_total)


def eff_rate(eff_halflife, ln2=LN_2):
    """Rate at which what is left of the gain of algorithms decays."""
    return ln2 / eff_halflife


def log_chip_total(chip_total):
    """Log of the whole gain of chips."""
    return ln(chip_total)


def log_gain(t, log_eff_total, eff_rate, log_chip_total, chip_rate):
    """Log of the efficiency gain of algorithms and chips."""
    return -expm1(-eff_rate * t) * log_eff_total - expm1(-chip_rate * t) * log_chip_total


def demand(usage, mix, log_gain, elasticity):
    """Demand for compute, relative."""
    return usage * mix * exp((elasticity - 1.0) * log_gain)


FUNCTIONS = (usage_rate, usage, mix, log_eff_total, eff_rate, log_chip_total, log_gain, demand)
MODEL = mc.Model.from_functions(FUNCTIONS, name="w1", default_outputs=["demand"])
PRIORS: dict[str, Any] = {
    "prior_set": {"name": "w1", "years": {"start": 2024, "stop": 2024 + YEARS - 1}},
    "parameters": {
        "eff_total": {"distribution": "lognormal", "p5": 3, "p95": 30},
        "eff_halflife": {"distribution": "uniform", "lower": 0.5, "upper": 3},
        "reason_mult": {"distribution": "lognormal", "p5": 20, "p95": 300},
        "reason_share_max": {"distribution": "beta", "alpha": 5, "beta": 2},
        "reason_mid": {"distribution": "normal", "mu": 2, "sigma": 0.7},
        "reason_rate": {"distribution": "lognormal", "p5": 0.8, "p95": 3},
        "growth": {"distribution": "normal", "mu": 0.6, "sigma": 0.25},
        "adoption_cap": {"distribution": "loguniform", "lower": 10, "upper": 1000},
        "chip_total": {"distribution": "loguniform", "lower": 5, "upper": 1000},
        "chip_rate": {"distribution": "uniform", "lower": 0.1, "upper": 0.6},
        "elasticity": {"distribution": "triangular", "lower": 0, "mode": 0.3, "upper": 0.9},
    },
    "correlations": [
        {"between": ["growth", "reason_share_max"], "latent": 0.4},
        {"between": ["eff_total", "chip_total"], "latent": -0.3},
    ],
}


def run_mcdemand(draws: int, seed: int = 0, threads: int | None = None, design: str = "random") -> xr.Dataset:
    """Return the summary of W1 by the public interface."""
    priors = mc.load_prior_set(PRIORS)
    options: dict[str, Any] = {"model": MODEL, "draws": draws, "seed": seed, "design": design, "threads": threads}
    result = mc.simulate(priors, outputs=["demand"], **options)
    return mc.summarize(result, probabilities=PROBABILITIES, ci_prob=CI_PROB, ci_kind="hdi", threads=threads)


def run_numpy(draws: int, seed: int = 0, *, tuned: bool = False) -> dict[str, np.ndarray]:
    """Return the same from NumPy and SciPy."""
    ordered = np.sort(draw_with_numpy(draws, seed, tuned=tuned), axis=1)
    width = int(CI_PROB * draws)
    first = np.argmin(ordered[:, width:] - ordered[:, : draws - width], axis=1)
    ends = np.stack([ordered[np.arange(YEARS), first], ordered[np.arange(YEARS), first + width]], axis=1)
    return {"mean": ordered.mean(axis=1), "quantiles": np.quantile(ordered, PROBABILITIES, axis=1).T, "interval": ends}


def draw_with_numpy(draws: int, seed: int = 0, *, tuned: bool = False, years: Sequence[int] = range(YEARS)) -> Array:
    """Return demand (year, draw): the equations as `workloads.md` states them, or rewritten for speed.

    Tuned: the share is drawn by the generator's own beta law and its normal score found from it, and the gains stay
    logarithms, as in the quantities above.
    """
    parameters = _numpy_parameters(np.random.default_rng(seed), draws, tuned=tuned)
    trajectory = _tuned_demand if tuned else _stated_demand
    return np.array([trajectory(float(t), *parameters) for t in years])


def _numpy_parameters(rng: np.random.Generator, draws: int, *, tuned: bool) -> tuple[np.ndarray, ...]:
    from scipy.special import betaincinv, ndtr, ndtri

    def lognormal(z: np.ndarray, low: float, high: float) -> np.ndarray:
        return np.exp((log(low) + log(high)) / 2 + (log(high) - log(low)) / (2 * Z95) * z)

    normal = rng.standard_normal
    if tuned:
        share_max = rng.beta(5, 2, draws)
        z_share = ndtri(share_max**5 * (6 - 5 * share_max))
    else:
        z_share = normal(draws)
        share_max = betaincinv(5, 2, ndtr(z_share))
    z_chip = normal(draws)
    eff_total = lognormal(-0.3 * z_chip + np.sqrt(1 - 0.3**2) * normal(draws), 3, 30)
    growth = 0.6 + 0.25 * (0.4 * z_share + np.sqrt(1 - 0.4**2) * normal(draws))
    cap = np.exp(rng.uniform(log(10), log(1000), draws))
    chip_total = np.exp(log(5) + ndtr(z_chip) * log(200))
    eff_halflife, chip_rate = rng.uniform(0.5, 3, draws), rng.uniform(0.1, 0.6, draws)
    reason_mult, reason_rate = lognormal(normal(draws), 20, 300), lognormal(normal(draws), 0.8, 3)
    elasticity = rng.triangular(0, 0.3, 0.9, draws)
    shares = share_max, 2 + 0.7 * normal(draws), reason_rate, reason_mult
    gains = eff_total, eff_halflife, chip_total, chip_rate
    if tuned:
        gains = np.log(eff_total), LN_2 / eff_halflife, np.log(chip_total), chip_rate
    return growth / (1 - 1 / cap), cap, *shares, *gains, elasticity


def _stated_demand(t, rate, cap, share_max, mid, rise, mult, eff_total, halflife, chip_total, chip_rate, elasticity):
    usage = cap / (1 + (cap - 1) * np.exp(-rate * t))
    mix = 1 + share_max / (1 + np.exp(-rise * (t - mid))) * (mult - 1)
    gain = eff_total ** (1 - 0.5 ** (t / halflife)) * chip_total ** (1 - np.exp(-chip_rate * t))
    return usage * mix / gain * gain**elasticity


def _tuned_demand(t, rate, cap, share_max, mid, rise, mult, log_eff, eff_rate, log_chip, chip_rate, elasticity):
    usage = cap / (1 + (cap - 1) * np.exp(-rate * t))
    mix = 1 + share_max / (1 + np.exp(-rise * (t - mid))) * (mult - 1)
    log_gain = -np.expm1(-eff_rate * t) * log_eff - np.expm1(-chip_rate * t) * log_chip
    return usage * mix * np.exp((elasticity - 1) * log_gain)


def check_agreement(draws: int) -> None:
    """Raise unless all three give the same medians within five of their standard errors."""
    summary = run_mcdemand(draws)
    ours = summary["quantiles"].sel(output="demand", quantile=0.5).values
    error = summary["mcse_quantiles"].sel(output="demand", quantile=0.5).values
    for tuned in (False, True):
        theirs = run_numpy(draws, tuned=tuned)["quantiles"][:, PROBABILITIES.index(0.5)]
        if not np.all(np.abs(theirs - ours) < 5 * np.sqrt(2) * error):
            raise AssertionError(f"medians differ: {ours} and {theirs}, errors {error}")
