"""Workload W1: eleven parameters, eleven years, two correlations; draws to exact order statistics of every year."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import xarray as xr

import mcdemand as mc
from mcdemand.math import exp, expm1, logistic
from mcdemand.math import log as ln

Z95 = 1.6448536269514722
LN_2 = log(2.0)
YEARS = 11
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
CI_PROB = 0.9


def usage(t, growth, adoption_cap):
    """Usage, 1 at t = 0."""
    rate = growth / (1.0 - 1.0 / adoption_cap)
    return adoption_cap / (1.0 + (adoption_cap - 1.0) * exp(-rate * t))


def mix(t, reason_mult, reason_share_max, reason_mid, reason_rate):
    """Compute per request, 1 without reasoning."""
    return 1.0 + reason_share_max * logistic(reason_rate * (t - reason_mid)) * (reason_mult - 1.0)


def log_eff_total(eff_total):
    """Log of the whole gain of algorithms; the same in every year, so that the engine takes it once."""
    return ln(eff_total)


def log_chip_total(chip_total):
    """Log of the whole gain of chips."""
    return ln(chip_total)


def log_gain(t, log_eff_total, eff_halflife, log_chip_total, chip_rate, ln2=LN_2):
    """Log of the efficiency gain of algorithms and chips."""
    return -expm1(-ln2 * t / eff_halflife) * log_eff_total - expm1(-chip_rate * t) * log_chip_total


def demand(usage, mix, log_gain, elasticity):
    """Demand for compute, relative."""
    return usage * mix * exp((elasticity - 1.0) * log_gain)


FUNCTIONS = (usage, mix, log_eff_total, log_chip_total, log_gain, demand)
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


def run_mcdemand(draws: int, seed: int = 0, threads: int | None = None) -> xr.Dataset:
    """Return the summary of W1 by the public interface."""
    priors = mc.load_prior_set(PRIORS)
    result = mc.simulate(priors, model=MODEL, draws=draws, seed=seed, outputs=["demand"], threads=threads)
    return mc.summarize(result, probabilities=PROBABILITIES, ci_prob=CI_PROB, ci_kind="hdi", threads=threads)


def run_numpy(draws: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return the same from NumPy and SciPy, written as a skilled user would write it."""
    from scipy.special import betaincinv, ndtr

    rng = np.random.default_rng(seed)

    def normal() -> np.ndarray:
        return rng.standard_normal(draws)

    def lognormal(z: np.ndarray, low: float, high: float) -> np.ndarray:
        return np.exp((log(low) + log(high)) / 2 + (log(high) - log(low)) / (2 * Z95) * z)

    z_share, z_chip = normal(), normal()
    z_growth = 0.4 * z_share + np.sqrt(1 - 0.4**2) * normal()
    z_eff = -0.3 * z_chip + np.sqrt(1 - 0.3**2) * normal()
    eff_total, reason_mult = lognormal(z_eff, 3, 30), lognormal(normal(), 20, 300)
    eff_halflife, chip_rate = rng.uniform(0.5, 3, draws), rng.uniform(0.1, 0.6, draws)
    share_max = betaincinv(5, 2, ndtr(z_share))
    reason_mid, reason_rate = 2 + 0.7 * normal(), lognormal(normal(), 0.8, 3)
    growth = 0.6 + 0.25 * z_growth
    cap = np.exp(rng.uniform(log(10), log(1000), draws))
    chip_total = np.exp(log(5) + ndtr(z_chip) * log(200))
    elasticity = rng.triangular(0, 0.3, 0.9, draws)
    rate = growth / (1 - 1 / cap)
    rows = []
    for t in range(YEARS):
        gain = eff_total ** (1 - 0.5 ** (t / eff_halflife)) * chip_total ** (1 - np.exp(-chip_rate * t))
        mix = 1 + share_max / (1 + np.exp(-reason_rate * (t - reason_mid))) * (reason_mult - 1)
        rows.append(cap / (1 + (cap - 1) * np.exp(-rate * t)) * mix / gain * gain**elasticity)
    ordered = np.sort(np.array(rows), axis=1)
    width = int(CI_PROB * draws)
    first = np.argmin(ordered[:, width:] - ordered[:, : draws - width], axis=1)
    ends = np.stack([ordered[np.arange(YEARS), first], ordered[np.arange(YEARS), first + width]], axis=1)
    return {"mean": ordered.mean(axis=1), "quantiles": np.quantile(ordered, PROBABILITIES, axis=1).T, "interval": ends}
