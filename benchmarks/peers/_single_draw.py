"""W1 for tools that call a model once for each draw: demand of one, and SciPy's laws.

Plain floats: for one draw, arrays of eleven years take twice as long.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np

from benchmarks.peers import _w1
from benchmarks.peers._rows import YEARS, Array

DEPENDENT = ("reason_share_max", "growth", "chip_total", "eff_total")


def demand(
    eff_total,
    eff_halflife,
    reason_mult,
    reason_share_max,
    reason_mid,
    reason_rate,
    growth,
    adoption_cap,
    chip_total,
    chip_rate,
    elasticity,
) -> list[float]:
    """Return demand in each year: what decays does so by the same factor every year."""
    rest, late = exp(growth * adoption_cap / (1 - adoption_cap)), exp(-reason_rate)
    old, slow = exp(-_w1.LN_2 / eff_halflife), exp(-chip_rate)
    eff, chip = (elasticity - 1) * log(eff_total), (elasticity - 1) * log(chip_total)
    whole, boost = eff + chip, reason_share_max * (reason_mult - 1)
    usage, before = adoption_cap - 1, exp(reason_rate * reason_mid)
    found = []
    for _ in range(YEARS):
        found.append(adoption_cap / (1 + usage) * (1 + boost / (1 + before)) * exp(whole - eff - chip))
        usage *= rest
        before *= late
        eff *= old
        chip *= slow
    return found


def scipy_laws() -> dict[str, tuple[Any, dict[str, float]]]:
    """Return, by parameter, a law of SciPy and what it takes."""
    from scipy import stats

    def lognormal(law: tuple[float, float]) -> tuple[Any, dict[str, float]]:
        return stats.lognorm, {"s": law[1], "scale": exp(law[0])}

    return {
        "eff_total": lognormal(_w1.EFF_TOTAL),
        "eff_halflife": (stats.uniform, {"loc": 0.5, "scale": 2.5}),
        "reason_mult": lognormal(_w1.REASON_MULT),
        "reason_share_max": (stats.beta, {"a": 5, "b": 2}),
        "reason_mid": (stats.norm, {"loc": 2, "scale": 0.7}),
        "reason_rate": lognormal(_w1.REASON_RATE),
        "growth": (stats.norm, {"loc": 0.6, "scale": 0.25}),
        "adoption_cap": (stats.loguniform, {"a": 10, "b": 1000}),
        "chip_total": (stats.loguniform, {"a": 5, "b": 1000}),
        "chip_rate": (stats.uniform, {"loc": 0.1, "scale": 0.5}),
        "elasticity": (stats.triang, {"c": _w1.MODE / _w1.END, "scale": _w1.END}),
    }


def dependent_uniforms(rng: np.random.Generator, draws: int) -> dict[str, Array]:
    """Return uniforms for the parameters that depend on one another."""
    from scipy.special import ndtr

    share, growth, chip, eff = rng.standard_normal((len(DEPENDENT), draws))
    growth = _w1.SHARE_GROWTH * share + _w1.REST_GROWTH * growth
    eff = _w1.EFF_CHIP * chip + _w1.REST_EFF * eff
    return dict(zip(DEPENDENT, ndtr([share, growth, chip, eff]), strict=True))
