"""The log-normal law: the log is normal."""

from __future__ import annotations

import math
from typing import Any

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values, log_density_of_score
from mcdemand.distributions._fit import fit_line, mean_and_sd, normal_scores, positive_logs
from mcdemand.kernels import elementwise
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp, log
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel


@kernel
def quantile(z: float, numbers: Floats) -> float:
    """exp(mu + sigma z)."""
    return exp(fma(numbers[1], z, numbers[0]))


def score_of(x: float, values: Values) -> float:
    """Return (ln x - mu) / sigma, minus infinity up to 0."""
    return (log(x) - values["mu"]) / values["sigma"] if x > 0 else -math.inf


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return mu and sigma: the log of a quantile is linear in its normal score."""
    mu, sigma = fit_line(normal_scores(quantiles), positive_logs(quantiles))
    return {"mu": mu, "sigma": sigma}


def from_mean_and_sd(known: Values) -> Values:
    """Return mu and sigma of a mean and a standard deviation: sigma^2 = ln(1 + (sd / mean)^2)."""
    mean, sd = mean_and_sd(known, "mean")
    variance = elementwise.log1p((sd / mean) * (sd / mean))
    return {"mu": elementwise.log(mean) - variance / 2, "sigma": math.sqrt(variance)}


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    log_x = elementwise.log(x)
    return log_density_of_score((log_x - values["mu"]) / values["sigma"], values["sigma"]) - log_x


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.lognorm(values["sigma"], scale=exp(values["mu"]))


DISTRIBUTION = Distribution(
    name="lognormal",
    parameters=(Parameter("mu"), Parameter("sigma", "above 0")),
    score="normal",
    quantile=quantile,
    numbers=lambda values: (values["mu"], values["sigma"]),
    score_of=score_of,
    log_density=log_density,
    fit=fit,
    statements={("mean", "sd"): from_mean_and_sd},
    axis=lambda _values: "positive",
    oracle=oracle,
)
