"""The problems' priors and exact answers, by closed form and quadrature.

Sources: 1 to 3 JCGM 101 (2008), 9.2 and 9.3; 5 NPL report MS 6 (2008); 6 NIST Uncertainty Machine, example 10;
12 Ishigami and Homma (1990); 13 Saltelli and Sobol' (1995); 15 Harper and Gupta (1983); the others are closed forms.
Published figures carry errors of their own, so the exact ones stand here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcdemand.selftest import quantities

SIDE = math.sqrt(3.0)
PRIOR_SET: dict[str, Any] = {"name": "selftest", "years": {"start": 2000, "stop": 2010}}
LEFT_OUT = (
    "Left out: 4 (no Student's t), 18's metalog, and 10, 16, 19, 20, 22 to 30, which the package cannot state yet or "
    "its tests hold."
)


@dataclass(frozen=True)
class Figure:
    """An exact answer.

    Attributes
    ----------
    statistic, level
        "mean" or "sd"; "quantile" of a probability; "lower" or "upper" end of the shortest interval of a probability;
        "above" a threshold, the probability of lying there; "first_order" or "total_order" index.
    parameter, scale
        Of an index: the parameter, and "log" if it is one of the output's logarithm.
    spread, rate
        The true standard error at n draws is spread * n^-rate: from exact moments and densities, for the ends of
        shortest intervals from 150 independent runs of 10^5 draws.
    """

    problem: int
    output: str
    statistic: str
    exact: float
    spread: float
    level: float = math.nan
    year: int | None = None
    rate: float = 1 / 2
    parameter: str = ""
    scale: str = "raw"


def functions() -> list[Callable[..., float]]:
    """Return the quantities of all problems."""
    return [value for value in vars(quantities).values() if getattr(value, "__module__", "") == quantities.__name__]


def _normal(mu: float, sigma: float, **more: Any) -> dict[str, Any]:
    return {"distribution": "normal", "mu": mu, "sigma": sigma, **more}


def _lognormal(mu: float, sigma: float) -> dict[str, Any]:
    return {"distribution": "lognormal", "mu": mu, "sigma": sigma}


def _uniform(lower: float, upper: float) -> dict[str, Any]:
    return {"distribution": "uniform", "lower": lower, "upper": upper}


def _beta(alpha: float, beta: float, lower: float = 0.0, upper: float = 1.0) -> dict[str, Any]:
    return {"distribution": "beta", "alpha": alpha, "beta": beta, "lower": lower, "upper": upper}


NO_HOLE = {"lower": 0.01}
"""Keeps a borehole's radius above 0, where its logarithm ends; it cuts off 1e-8 of the normal law."""
PARAMETERS: dict[str, dict[str, Any]] = {
    **{f"n{k}": _normal(0, 1) for k in range(1, 5)},
    **{f"r{k}": _uniform(-SIDE, SIDE) for k in range(1, 5)},
    "weight": _normal(1e5, 0.05),
    "added": _normal(1.234, 0.02),
    "air": _uniform(1.1, 1.3),
    "density_weight": _uniform(7000, 9000),
    "density_reference": _uniform(7950, 8050),
    "u_log": _uniform(0.1, 1.1),
    "planck": _normal(6.62606957e-34, 0.00000029e-34),
    "gas": _normal(8.3144621, 0.0000075),
    "rydberg": _normal(10973731.568539, 0.000055),
    "electron_mass": _normal(5.4857990946e-4, 0.0000000022e-4),
    "fine_structure": _normal(7.2973525698e-3, 0.0000000024e-3),
    "x1": _lognormal(0.3, 0.4),
    "x2": _lognormal(-0.2, 0.5),
    "x3": _lognormal(0.5, 0.25),
    "y1": _lognormal(0, 0.4),
    "y2": _lognormal(0, 0.6),
    "y3": _lognormal(0, 0.8),
    "growth": _normal(0.5, 0.25, varies={"kind": "ar1", "persistence": 0.6}),
    **{f"a{k}": _uniform(-math.pi, math.pi) for k in range(1, 4)},
    **{f"g{k}": _uniform(0, 1) for k in range(1, 9)},
    "z1": _normal(0, 1),
    "z2": _normal(0, 0.5),
    "z3": _normal(0, 2),
    "rw": _normal(0.1, 0.0161812, truncation=NO_HOLE),
    "r": _lognormal(7.71, 1.0056),
    "tu": _uniform(63070, 115600),
    "hu": _uniform(990, 1110),
    "tl": _uniform(63.1, 116),
    "hl": _uniform(700, 820),
    "length": _uniform(1120, 1680),
    "kw": _uniform(9855, 12045),
    **{f"h{k:02}": _uniform(0, 1) for k in range(1, 13)},
    "by_quantiles": {"distribution": "lognormal", "p5": 10, "p95": 1000},
    "by_beta": _beta(2, 4, 1, 5),
    "by_mode": {"distribution": "triangular", "lower": 1, "mode": 2, "upper": 5},
    **{f"e{k}": _uniform(0, 1) for k in range(1, 4)},
    "by_shape": _beta(2, 5),
}

FIGURES = (
    Figure(1, "sum_of_normals", "sd", 2.0, math.sqrt(2.0)),
    Figure(1, "sum_of_normals", "quantile", -3.919927969, 5.343, 0.025),
    Figure(1, "sum_of_normals", "quantile", 3.919927969, 5.343, 0.975),
    Figure(2, "sum_of_rectangles", "sd", 2.0, 1.304),
    Figure(2, "sum_of_rectangles", "quantile", -3.879407, 4.69, 0.025),
    Figure(2, "sum_of_rectangles", "quantile", 3.879407, 4.69, 0.975),
    Figure(3, "mass", "mean", 1.234, 0.07547974),
    Figure(3, "mass", "sd", 0.07547974, 0.0548),
    Figure(3, "mass", "quantile", 1.084433, 0.213, 0.025),
    Figure(3, "mass", "quantile", 1.383567, 0.213, 0.975),
    Figure(5, "log_of_uniform", "mean", -0.66490029, 0.6062267),
    Figure(5, "log_of_uniform", "sd", 0.6062267, 0.398),
    Figure(5, "log_of_uniform", "lower", math.log(0.15), 1.26, 0.95),
    Figure(5, "log_of_uniform", "upper", math.log(1.1), 1.07, 0.95, rate=1),
    Figure(6, "stefan_boltzmann", "mean", 5.67037248e-8, 2.0461e-13),
    Figure(6, "stefan_boltzmann", "sd", 2.046119e-13, 1.447e-13),
    Figure(7, "constant_elasticity", "mean", 288.694832, 190.167049),
    Figure(7, "constant_elasticity", "sd", 190.167049, 333.4),
    Figure(7, "constant_elasticity", "quantile", 89.811217, 113.9, 0.05),
    Figure(7, "constant_elasticity", "quantile", 241.089971, 181.4, 0.5),
    Figure(7, "constant_elasticity", "quantile", 647.183904, 821.0, 0.95),
    Figure(7, "constant_elasticity", "lower", 53.212711, 78.5, 0.9, rate=1 / 3),
    Figure(7, "constant_elasticity", "upper", 531.255509, 106.4, 0.9, rate=1 / 3),
    Figure(9, "two_segments", "mean", 124.75624, 78.920312),
    Figure(9, "two_segments", "sd", 78.920312, 151.9),
    Figure(9, "two_segments", "quantile", 42.479703, 48.0, 0.05),
    Figure(9, "two_segments", "quantile", 105.33413, 73.6, 0.5),
    Figure(9, "two_segments", "quantile", 271.675689, 344.5, 0.95),
    Figure(11, "log_growth", "sd", math.sqrt(0.0625), math.sqrt(0.0625 / 2), year=2001),
    Figure(11, "log_growth", "sd", math.sqrt(0.8177), math.sqrt(0.8177 / 2), year=2005),
    Figure(11, "log_growth", "sd", math.sqrt(2.034084352), math.sqrt(2.034084352 / 2), year=2010),
    Figure(11, "grown", "quantile", 14.212017, 42.83, 0.05, year=2010),
    Figure(11, "grown", "quantile", 148.413159, 265.3, 0.5, year=2010),
    Figure(11, "grown", "quantile", 1549.847945, 4671.0, 0.95, year=2010),
    Figure(12, "ishigami", "mean", 3.5, math.sqrt(13.84458794)),
    Figure(12, "ishigami", "sd", math.sqrt(13.84458794), 2.946),
    Figure(13, "g_function", "mean", 1.0, 0.682220222),
    Figure(13, "g_function", "sd", 0.682220222, 0.4673),
    Figure(14, "linear", "mean", 0.0, math.sqrt(38.0)),
    Figure(14, "linear", "sd", math.sqrt(38.0), math.sqrt(19.0)),
    Figure(15, "borehole", "mean", 73.738936, 28.59585),
    Figure(15, "borehole", "sd", 28.59585, 25.28),
    Figure(17, "irwin_hall", "quantile", 7.646971874, 2.07, 0.95),
    Figure(17, "irwin_hall", "quantile", 8.302227542, 3.5, 0.99),
    Figure(17, "irwin_hall", "above", 1 - 0.8392729502, 0.3673, 7.0),
    Figure(18, "elicited", "mean", 266.39801, 657.8),
    Figure(18, "elicited", "quantile", 1000.0, 2958.0, 0.95),
    Figure(18, "pert", "mean", 7 / 3, 0.712696645),
    Figure(18, "pert", "sd", 0.712696645, 0.454),
    Figure(18, "pert", "quantile", 3.629633272, 1.66, 0.95),
    Figure(18, "triangle", "sd", 0.849836586, 0.503),
    Figure(18, "triangle", "quantile", 4.225403331, 1.68, 0.95),
    Figure(21, "exponential", "lower", 0.0, 1.3, 0.9, rate=1),
    Figure(21, "exponential", "upper", 2.302585093, 2.97, 0.9),
    Figure(21, "gamma_3", "lower", 0.441326901, 0.961, 0.9, rate=1 / 3),
    Figure(21, "gamma_3", "upper", 5.479174718, 1.093, 0.9, rate=1 / 3),
    Figure(21, "beta_2_5", "lower", 0.030150865, 0.0962, 0.9, rate=1 / 3),
    Figure(21, "beta_2_5", "upper", 0.525288643, 0.1048, 0.9, rate=1 / 3),
)
