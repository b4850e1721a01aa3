"""The generalised normal law (Nadarajah 2005): log-density -(|x - mu| / alpha)^beta; normal at 2, Laplace at 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, fit_shape_and_line, is_mirrored_triple, normal_scores
from mcdemand.distributions._packing import LAST_SCORE
from mcdemand.distributions._pieces import pack_inverse
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, power
from mcdemand.kernels.pieces import piecewise

SMALLEST, LARGEST = 0.1, 100.0
STARTS = np.linspace(-LAST_SCORE, LAST_SCORE, 65)
START = 0.4
"""The logarithm of nearly 1.5."""
ROOT_TWO = math.sqrt(2)
NEGLIGIBLE = 1e-17


def standard_quantile(z: Floats, beta: float) -> Floats:
    """Return the quantile with location 0 and scale 1 at (score) normal scores: |x|^beta is gamma of 1 / beta."""
    from scipy.special import erf, gammainccinv, gammaincinv, ndtr

    inside, size = erf(np.abs(z) / ROOT_TWO), np.abs(z)
    first_term = inside * math.gamma(1 + 1 / beta)
    powers = np.where(inside < 0.5, gammaincinv(1 / beta, inside), gammainccinv(1 / beta, 2 * ndtr(-size)))
    found = np.where(power(first_term, beta) < NEGLIGIBLE, first_term, power(powers, 1 / beta))
    return np.asarray(np.copysign(found, z))


def standard_score(t: Floats, beta: float) -> Floats:
    """Return the normal scores of (value) values, from the centre or the tail."""
    from scipy.special import erfinv, gammainc, gammaincc, ndtri

    raised = power(np.abs(t), beta)
    inside = gammainc(1 / beta, raised)
    size = np.where(inside < 0.5, ROOT_TWO * erfinv(inside), -ndtri(0.5 * gammaincc(1 / beta, raised)))
    return np.asarray(np.copysign(size, t))


def numbers(values: Values) -> Floats:
    """Return the pieces of the quantile function, which is not smooth at the location."""
    mu, alpha, beta = values["mu"], values["alpha"], values["beta"]

    def scores(x: Floats) -> tuple[Floats, Floats]:
        score = standard_score((x - mu) / alpha, beta).clip(-LAST_SCORE, LAST_SCORE)
        return score, score

    return pack_inverse(scores, lambda x: exp(log_density(x, values)), mu + alpha * standard_quantile(STARTS, beta))


def score_of(x: float | Floats, values: Values) -> Any:
    """Return the normal score of one value, or of (value) values."""
    return standard_score((np.asarray(x) - values["mu"]) / values["alpha"], values["beta"])[()]


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    alpha, beta = values["alpha"], values["beta"]
    raised = power(np.abs((x - values["mu"]) / alpha), beta)
    return np.asarray(-raised - log(2 * alpha) - math.lgamma(1 + 1 / beta))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return mu, alpha and beta from three quantiles and more, or mu and alpha from two beside a known beta.

    Raises
    ------
    InputError
        If there are too few, or they do not tell the heaviness of the tails.
    """
    scores = np.array(normal_scores(quantiles))
    if "beta" in known:
        if broken := check(known):
            raise InputError(broken)
        mu, alpha = fit_line(standard_quantile(scores, known["beta"]).tolist(), list(quantiles.values()))
        return {"mu": mu, "alpha": alpha, "beta": known["beta"]}
    if len(quantiles) < 3 or is_mirrored_triple(quantiles):
        raise InputError("generalized_normal takes beta and two quantiles, or four; three around p50 do not tell beta")
    log_beta, mu, alpha = fit_shape_and_line(
        quantiles,
        lambda log_beta: standard_quantile(scores, exp(log_beta)),
        START,
        (log(SMALLEST), log(LARGEST)),
    )
    return {"mu": mu, "alpha": alpha, "beta": exp(log_beta)}


def check(values: Values) -> str | None:
    """Return the rule that the shape breaks."""
    if SMALLEST <= values["beta"] <= LARGEST:
        return None
    return f"beta: {values['beta']!r}: must be between {SMALLEST:g} and {LARGEST:g}; a larger one is uniform"


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.gennorm(values["beta"], values["mu"], values["alpha"])


DISTRIBUTION = Distribution(
    name="generalized_normal",
    parameters=(Parameter("mu"), Parameter("alpha", "above 0"), Parameter("beta", "above 0")),
    score="normal",
    quantile=piecewise,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    marks=lambda values: (values["mu"],),
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    check=check,
    tabulated=True,
    oracle=oracle,
)
