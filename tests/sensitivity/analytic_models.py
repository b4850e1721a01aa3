"""Models whose indices are known exactly: `reference-problems.md`, problems 7 to 15."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import mcdemand as mc
from mcdemand.math import exp, log


def law(distribution: str, **numbers: float) -> dict[str, Any]:
    return {"distribution": distribution, **numbers}


@dataclass(frozen=True)
class Analytic:
    """A model with its priors, and the indices by parameter."""

    function: Any
    parameters: dict[str, Any]
    first_order: dict[str, float]
    total_order: dict[str, float]
    scale: str = "raw"

    def sensitivity(self, **changes: Any) -> Any:
        model = mc.Model.from_functions([self.function])
        given = {"method": "sobol", "scale": self.scale} | changes
        return mc.sensitivity({"parameters": self.parameters}, model=model, **given).isel(output=0)


def ishigami(x1, x2, x3):
    return math.sin(x1) + 7.0 * math.sin(x2) ** 2 + 0.1 * x3 * x3 * x3 * x3 * math.sin(x1)


ANGLE = law("uniform", lower=-math.pi, upper=math.pi)
ISHIGAMI = Analytic(
    ishigami,
    {"x1": ANGLE, "x2": ANGLE, "x3": ANGLE},
    {"x1": 0.31390519, "x2": 0.44241114, "x3": 0.0},
    {"x1": 0.55758886, "x2": 0.44241114, "x3": 0.24368366},
)


def g_function(x1, x2, x3, x4, x5, x6, x7, x8):
    value = (abs(4 * x1 - 2) + 0.0) / 1.0
    value *= (abs(4 * x2 - 2) + 1.0) / 2.0
    value *= (abs(4 * x3 - 2) + 4.5) / 5.5
    value *= (abs(4 * x4 - 2) + 9.0) / 10.0
    for x in (x5, x6, x7, x8):
        value *= (abs(4 * x - 2) + 99.0) / 100.0
    return value


LEAST = {f"x{k}": 7.1619e-5 for k in (5, 6, 7, 8)}
G_FUNCTION = Analytic(
    g_function,
    {f"x{k}": law("uniform", lower=0.0, upper=1.0) for k in range(1, 9)},
    {"x1": 0.71619217, "x2": 0.17904804, "x3": 0.02367577, "x4": 0.00716192, **LEAST},
    {"x1": 0.78714413, "x2": 0.24219819, "x3": 0.03431691, "x4": 0.01046039, **dict.fromkeys(LEAST, 1.04949e-4)},
)


def linear(x1, x2, x3):
    return 1.0 * x1 + 2.0 * x2 + 3.0 * x3


LINEAR = {"x1": 0.02631579, "x2": 0.02631579, "x3": 0.94736842}
GAUSSIAN = Analytic(
    linear, {f"x{k}": law("normal", mu=0.0, sigma=s) for k, s in ((1, 1.0), (2, 0.5), (3, 2.0))}, LINEAR, LINEAR
)


def demand(x1, x2, x3):
    return 100 * x1**1.2 * x2**-0.6 * x3**0.8


ELASTIC = {
    "x1": law("lognormal", mu=0.3, sigma=0.4),
    "x2": law("lognormal", mu=-0.2, sigma=0.5),
    "x3": law("lognormal", mu=0.5, sigma=0.25),
}
TRADE_OFF = Analytic(
    demand,
    ELASTIC,
    {"x1": 0.59714644, "x2": 0.21704002, "x3": 0.09405509},
    {"x1": 0.68004732, "x2": 0.28442845, "x3": 0.12957770},
)
ON_LOG = {"x1": 0.63928968, "x2": 0.24972253, "x3": 0.11098779}
TRADE_OFF_ON_LOG = Analytic(demand, ELASTIC, ON_LOG, ON_LOG, "log")


def segments(x1, x2, x3):
    return 60 * x1 * x2 + 40 * x1 * math.sqrt(x3)


SEGMENTS = Analytic(
    segments,
    {f"x{k}": law("lognormal", mu=0.0, sigma=s) for k, s in ((1, 0.4), (2, 0.6), (3, 0.8))},
    {"x1": 0.43358441, "x2": 0.42128521, "x3": 0.06138232},
    {"x1": 0.51733247, "x2": 0.49438277, "x3": 0.07203282},
)


def borehole(rw, log_r, tu, hu, tl, hl, length, kw):
    ratio = log_r - log(rw)
    leak = 2 * length * tu / (ratio * rw * rw * kw)
    return 2 * math.pi * tu * (hu - hl) / (ratio * (1 + leak + tu / tl))


BOREHOLE = Analytic(
    borehole,
    {
        "rw": law("normal", mu=0.1, sigma=0.0161812),
        "log_r": law("normal", mu=7.71, sigma=1.0056),
        "tu": law("uniform", lower=63070.0, upper=115600.0),
        "hu": law("uniform", lower=990.0, upper=1110.0),
        "tl": law("uniform", lower=63.1, upper=116.0),
        "hl": law("uniform", lower=700.0, upper=820.0),
        "length": law("uniform", lower=1120.0, upper=1680.0),
        "kw": law("uniform", lower=9855.0, upper=12045.0),
    },
    {
        **{"rw": 0.66370655, "hu": 0.09487963, "hl": 0.09487963, "length": 0.09064866, "kw": 0.02193758},
        **{"tl": 5.56e-6, "log_r": 1.83e-6},
    },
    {"rw": 0.69412898, "hu": 0.10611996, "hl": 0.10611996, "length": 0.10278824, "kw": 0.02512882},
)


def product(x1, x2, x3, x4, e1, e2, e3, e4):
    return exp(e1 * log(x1) + e2 * log(x2) + e3 * log(x3) + e4 * log(x4))


def random_elasticity(rng: np.random.Generator) -> Analytic:
    """Return a random product of powers of lognormal numbers, its indices by the algebra of problem 10."""
    exponents, sigmas = rng.uniform(-1.0, 1.0, 4), rng.uniform(0.1, 0.5, 4)
    squares = (exponents * sigmas) ** 2
    every = math.expm1(squares.sum())
    parameters = {f"x{k + 1}": law("lognormal", mu=float(rng.normal()), sigma=float(s)) for k, s in enumerate(sigmas)}
    parameters |= {f"e{k + 1}": law("constant", value=float(e)) for k, e in enumerate(exponents)}
    names = ("x1", "x2", "x3", "x4")
    return Analytic(
        product,
        parameters,
        {name: math.expm1(square) / every for name, square in zip(names, squares, strict=True)},
        {name: 1 - math.expm1(squares.sum() - square) / every for name, square in zip(names, squares, strict=True)},
    )
