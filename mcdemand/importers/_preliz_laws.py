"""PreliZ's distributions as rows, told by the names of their classes: the library is not imported.

Both follow PyMC's names of parameters, so that most families take them as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcdemand.errors import InputError
from mcdemand.importers._law_of import checked, clipped, mixture_of, number, truncated

MAX_DEPTH = 10


def row_of_preliz(law: Any, depth: int = 0) -> dict[str, Any]:
    """Return the row of a distribution whose numbers are set.

    Raises
    ------
    InputError
        If they are not, or no row can state it.
    """
    name = type(law).__name__
    what = f"preliz: {name:.60}"
    if depth > MAX_DEPTH:
        raise InputError(f"{what}: nested deeper than {MAX_DEPTH}; flatten it")
    if name in WRAPPERS:
        return checked(WRAPPERS[name](law, what, depth), what)
    if name not in LAWS:
        raise InputError(f"{what}: cannot be stated as a row; known: {', '.join((*LAWS, *WRAPPERS))}")
    return checked(LAWS[name](law, what), what)


def plain(family: str, *keys: str, **places: str) -> Callable[[Any, str], dict[str, Any]]:
    """Return what makes a row of attributes of the same names, or of those that `places` tells."""

    def make(law: Any, what: str) -> dict[str, Any]:
        found = {**dict(zip(keys, keys, strict=True)), **places}
        values = {key: number(getattr(law, place, None), f"{what}: {place}") for key, place in found.items()}
        return {"distribution": family, **values}

    return make


def _truncated_normal(law: Any, what: str) -> dict[str, Any]:
    return truncated(LAWS["Normal"](law, what), law.lower, law.upper, what)


def _truncated(law: Any, what: str, depth: int) -> dict[str, Any]:
    return truncated(row_of_preliz(law.dist, depth + 1), law.lower, law.upper, what)


def _censored(law: Any, what: str, depth: int) -> dict[str, Any]:
    return clipped(row_of_preliz(law.dist, depth + 1), law.lower, law.upper, what)


def _mixture(law: Any, what: str, depth: int) -> dict[str, Any]:
    parts = [row_of_preliz(one, depth + 1) for one in law.dist]
    weights = [number(one, f"{what}: weights") for one in law.weights]
    return mixture_of(parts, weights)


LAWS: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "Normal": plain("normal", "mu", "sigma"),
    "LogNormal": plain("lognormal", "mu", "sigma"),
    "HalfNormal": plain("half_normal", "sigma"),
    "TruncatedNormal": _truncated_normal,
    "Uniform": plain("uniform", "lower", "upper"),
    "Beta": plain("beta", "alpha", "beta"),
    "BetaScaled": plain("beta", "alpha", "beta", "lower", "upper"),
    "Kumaraswamy": plain("kumaraswamy", "a", "b"),
    "Gamma": plain("gamma", "alpha", "beta"),
    "InverseGamma": plain("inverse_gamma", "alpha", "beta"),
    "Exponential": plain("exponential", "lam"),
    "Weibull": plain("weibull", "alpha", "beta"),
    "Pareto": plain("pareto", "alpha", "m"),
    "StudentT": plain("student_t", "nu", "mu", "sigma"),
    "HalfStudentT": plain("half_student_t", "nu", "sigma"),
    "Cauchy": plain("cauchy", "alpha", "beta"),
    "HalfCauchy": plain("scipy:halfcauchy", scale="beta"),
    "ChiSquared": plain("scipy:chi2", df="nu"),
    "Moyal": plain("scipy:moyal", loc="mu", scale="sigma"),
    "Laplace": plain("laplace", "mu", "b"),
    "Logistic": plain("logistic", "mu", "s"),
    "LogLogistic": plain("log_logistic", "alpha", "beta"),
    "LogitNormal": plain("logit_normal", "mu", "sigma"),
    "Gumbel": plain("gumbel", "mu", "beta"),
    "SkewNormal": plain("skew_normal", "mu", "sigma", "alpha"),
    "Triangular": plain("triangular", lower="lower", mode="c", upper="upper"),
    "Bernoulli": plain("bernoulli", "p"),
    "Binomial": plain("binomial", "n", "p"),
    "Poisson": plain("poisson", "mu"),
    "Geometric": plain("geometric", "p"),
    "NegativeBinomial": plain("negative_binomial", "mu", "alpha"),
    "DiscreteUniform": plain("discrete_uniform", "lower", "upper"),
}
WRAPPERS: dict[str, Callable[[Any, str, int], dict[str, Any]]] = {
    "Truncated": _truncated,
    "Censored": _censored,
    "Mixture": _mixture,
}
