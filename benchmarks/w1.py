"""Workload W1: eleven parameters, eleven years, two correlations; draws to exact order statistics of every year."""

from __future__ import annotations

from math import log
from typing import Any

import mcdemand as mc
from mcdemand.math import exp, expm1, logistic
from mcdemand.math import log as ln

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
