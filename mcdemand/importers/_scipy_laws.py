"""SciPy's frozen distributions as rows: of our own family where that is the same law, else by SciPy's name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mcdemand.errors import InputError
from mcdemand.importers._law_of import checked, number

type Numbers = dict[str, float]
type Native = Callable[[Numbers], dict[str, Any]]

FROZEN = ("args", "kwds", "dist")


def row_of_frozen(law: Any) -> dict[str, Any]:
    """Return the row of a frozen distribution.

    Raises
    ------
    InputError
        If it is none, or has arrays for numbers.
    """
    name = type(law).__name__
    if name in NEW:
        return checked(NEW[name](law), f"scipy: {name}")
    if not all(hasattr(law, part) for part in FROZEN):
        raise InputError(f"scipy: {name:.60}: no frozen distribution; state its numbers, as in scipy.stats.norm(0, 1)")
    family = str(law.dist.name)
    what = f"scipy: {family:.60}"
    numbers = _numbers(law, what)
    native = NATIVE[family](numbers) if family in NATIVE else {}
    return checked(native or {"distribution": f"scipy:{family}", **numbers}, what)


def _numbers(law: Any, what: str) -> Numbers:
    """Return shapes, loc and, of a continuous law, scale."""
    parse: Callable[..., Any] = law.dist._parse_args
    try:
        shapes, loc, scale = parse(*law.args, **law.kwds)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{what}: its numbers cannot be read: {error}") from None
    names = [name.strip() for name in (law.dist.shapes or "").split(",") if name.strip()]
    found = dict(zip(names, shapes, strict=True)) | {"loc": loc}
    if hasattr(law.dist, "pdf"):
        found["scale"] = scale
    return {key: number(value, f"{what}: {key}") for key, value in found.items()}


def _row(family: str, **values: Any) -> dict[str, Any]:
    return {"distribution": family, **values}


def at_zero(make: Native) -> Native:
    """Return what makes the row of a family that begins at 0, and none of a law that does not."""
    return lambda n: make(n) if n["loc"] == 0 else {}


NATIVE: dict[str, Native] = {
    "norm": lambda n: _row("normal", mu=n["loc"], sigma=n["scale"]),
    "lognorm": at_zero(lambda n: _row("lognormal", mu=_log(n["scale"]), sigma=n["s"])),
    "uniform": lambda n: _row("uniform", lower=n["loc"], upper=n["loc"] + n["scale"]),
    "beta": lambda n: _row("beta", alpha=n["a"], beta=n["b"], lower=n["loc"], upper=n["loc"] + n["scale"]),
    "expon": at_zero(lambda n: _row("exponential", scale=n["scale"])),
    "gamma": at_zero(lambda n: _row("gamma", alpha=n["a"], beta=1 / n["scale"])),
    "invgamma": at_zero(lambda n: _row("inverse_gamma", alpha=n["a"], beta=n["scale"])),
    "triang": lambda n: _row(
        "triangular", lower=n["loc"], mode=n["loc"] + n["c"] * n["scale"], upper=n["loc"] + n["scale"]
    ),
    "trapezoid": lambda n: _row(
        "trapezoidal",
        lower=n["loc"],
        mode_lower=n["loc"] + n["c"] * n["scale"],
        mode_upper=n["loc"] + n["d"] * n["scale"],
        upper=n["loc"] + n["scale"],
    ),
    "loguniform": at_zero(lambda n: _row("loguniform", lower=n["a"] * n["scale"], upper=n["b"] * n["scale"])),
    "reciprocal": at_zero(lambda n: _row("loguniform", lower=n["a"] * n["scale"], upper=n["b"] * n["scale"])),
    "t": lambda n: _row("student_t", nu=n["df"], mu=n["loc"], sigma=n["scale"]),
    "cauchy": lambda n: _row("cauchy", alpha=n["loc"], beta=n["scale"]),
    "laplace": lambda n: _row("laplace", mu=n["loc"], b=n["scale"]),
    "logistic": lambda n: _row("logistic", mu=n["loc"], s=n["scale"]),
    "gumbel_r": lambda n: _row("gumbel", mu=n["loc"], beta=n["scale"]),
    "gennorm": lambda n: _row("generalized_normal", mu=n["loc"], alpha=n["scale"], beta=n["beta"]),
    "skewnorm": lambda n: _row("skew_normal", mu=n["loc"], sigma=n["scale"], alpha=n["a"]),
    "halfnorm": at_zero(lambda n: _row("half_normal", sigma=n["scale"])),
    "weibull_min": at_zero(lambda n: _row("weibull", alpha=n["c"], beta=n["scale"])),
    "pareto": at_zero(lambda n: _row("pareto", alpha=n["b"], m=n["scale"])),
    "powerlaw": at_zero(lambda n: _row("power", alpha=n["a"], upper=n["scale"])),
    "fisk": at_zero(lambda n: _row("log_logistic", alpha=n["scale"], beta=n["c"])),
    "arcsine": lambda n: _row("arcsine", lower=n["loc"], upper=n["loc"] + n["scale"]),
    "bernoulli": at_zero(lambda n: _row("bernoulli", p=n["p"])),
    "binom": at_zero(lambda n: _row("binomial", n=n["n"], p=n["p"])),
    "poisson": at_zero(lambda n: _row("poisson", mu=n["mu"])),
    "geom": at_zero(lambda n: _row("geometric", p=n["p"])),
    "nbinom": at_zero(lambda n: _row("negative_binomial", n=n["n"], p=n["p"])),
    "randint": lambda n: _row("discrete_uniform", lower=n["low"] + n["loc"], upper=n["high"] - 1 + n["loc"]),
}
"""By SciPy's name."""

NEW: dict[str, Callable[[Any], dict[str, Any]]] = {
    "Normal": lambda law: _row("normal", mu=number(law.mu, "mu"), sigma=number(law.sigma, "sigma")),
    "StandardNormal": lambda _law: _row("normal", mu=0.0, sigma=1.0),
    "Uniform": lambda law: _row("uniform", lower=number(law.a, "a"), upper=number(law.b, "b")),
}
"""SciPy's newer classes, by name."""


def _log(scale: float) -> float:
    return math.log(scale) if scale > 0 else math.nan
