"""squigglepy's distributions as rows, told by the names of their classes: the library is not imported.

`lclip` and `rclip` there put all beyond a bound onto it, so that it has a probability; here a mixture does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcdemand.errors import InputError
from mcdemand.importers._law_of import checked, clipped, constant, mixture_of, number

MAX_DEPTH = 10
ENDING = "Distribution"


def row_of_squiggle(law: Any, depth: int = 0) -> dict[str, Any]:
    """Return the row of a distribution.

    Raises
    ------
    InputError
        If it is arithmetic, correlated with others, or of a kind that no row can state.
    """
    name = type(law).__name__.removesuffix(ENDING)
    what = f"squigglepy: {name:.60}"
    if depth > MAX_DEPTH:
        raise InputError(f"{what}: nested deeper than {MAX_DEPTH}; flatten it")
    if name not in LAWS:
        raise InputError(f"{what}: cannot be stated as a row; known: {', '.join(LAWS)}")
    if getattr(law, "correlation_group", None) is not None:
        raise InputError(f"{what}: is correlated with others; state the dependence in the prior set")
    row = _mixture(law, what, depth) if name == "Mixture" else LAWS[name](law, what)
    return clipped(checked(row, what), getattr(law, "lclip", None), getattr(law, "rclip", None), what)


def plain(family: str, **places: str) -> Callable[[Any, str], dict[str, Any]]:
    """Return what makes a row of attributes: `places` tells which one each parameter is."""

    def make(law: Any, what: str) -> dict[str, Any]:
        values = {key: number(getattr(law, place, None), f"{what}: {place}") for key, place in places.items()}
        return {"distribution": family, **values}

    return make


def _gamma(law: Any, what: str) -> dict[str, Any]:
    scale = number(law.scale, f"{what}: scale")
    if not scale > 0:
        raise InputError(f"{what}: scale: {scale:g}: must be above 0")
    return {"distribution": "gamma", "alpha": number(law.shape, f"{what}: shape"), "beta": 1 / scale}


def _student(law: Any, what: str) -> dict[str, Any]:
    """Return the row; squigglepy divides what an interval centres by the common scale too, which is no t law then."""
    if law.x is not None and law.x != -law.y:
        raise InputError(f"{what}: of an interval around another number than 0: squigglepy draws no t law of it")
    sigma = 1.0 if law.x is None else number(law.y, f"{what}: y") / _score(law, what)
    return {"distribution": "student_t", "nu": number(law.t, f"{what}: t"), "mu": 0.0, "sigma": sigma}


def _score(law: Any, what: str) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + number(law.credibility, f"{what}: credibility") / 200))


def _categorical(law: Any, what: str) -> dict[str, Any]:
    """Return the mixture of some numbers."""
    items = law.items
    if isinstance(items, Mapping):
        pairs = [(weight, value) for value, weight in items.items()]
    elif items and all(isinstance(one, list | tuple) for one in items):
        pairs = [tuple(one) for one in items]
    else:
        pairs = [(1.0, value) for value in items]
    if any(len(pair) != 2 for pair in pairs):
        raise InputError(f"{what}: items: must be numbers, or pairs of a weight and a number")
    return mixture_of(
        [constant(number(value, f"{what}: items")) for _, value in pairs],
        [number(weight, f"{what}: weights") for weight, _ in pairs],
    )


def _mixture(law: Any, what: str, depth: int) -> dict[str, Any]:
    parts = [
        constant(number(one, what)) if isinstance(one, int | float) else row_of_squiggle(one, depth + 1)
        for one in law.dists
    ]
    weights = [number(one, f"{what}: weights") for one in law.weights]
    return mixture_of(parts, weights)


LAWS: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "Constant": plain("constant", value="x"),
    "Uniform": plain("uniform", lower="x", upper="y"),
    "Normal": plain("normal", mu="mean", sigma="sd"),
    "Lognormal": plain("lognormal", mu="norm_mean", sigma="norm_sd"),
    "Beta": plain("beta", alpha="a", beta="b"),
    "Triangular": plain("triangular", lower="left", mode="mode", upper="right"),
    "PERT": plain("pert", lower="left", mode="mode", upper="right", weight="lam"),
    "Exponential": plain("exponential", scale="scale"),
    "Gamma": _gamma,
    "Pareto": lambda law, what: {"distribution": "pareto", "alpha": number(law.shape, f"{what}: shape"), "m": 1.0},
    "ChiSquare": plain("scipy:chi2", df="df"),
    "T": _student,
    "Binomial": plain("binomial", n="n", p="p"),
    "Bernoulli": plain("bernoulli", p="p"),
    "Poisson": plain("poisson", mu="lam"),
    "Geometric": plain("geometric", p="p"),
    "Categorical": _categorical,
    "Mixture": lambda law, what: _mixture(law, what, 0),
}
