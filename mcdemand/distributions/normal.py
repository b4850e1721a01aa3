"""The normal law."""

from __future__ import annotations

from typing import Any

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values, log_density_of_score
from mcdemand.distributions._fit import fit_line, normal_scores
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel


@kernel
def quantile(z: float, numbers: Floats) -> float:
    """Mu + sigma z."""
    return fma(numbers[1], z, numbers[0])


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return mu and sigma: a quantile is linear in its normal score."""
    mu, sigma = fit_line(normal_scores(quantiles), list(quantiles.values()))
    return {"mu": mu, "sigma": sigma}


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    return log_density_of_score((x - values["mu"]) / values["sigma"], values["sigma"])


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.norm(values["mu"], values["sigma"])


DISTRIBUTION = Distribution(
    name="normal",
    parameters=(Parameter("mu"), Parameter("sigma", "above 0")),
    score="normal",
    quantile=quantile,
    numbers=lambda values: (values["mu"], values["sigma"]),
    score_of=lambda x, values: (x - values["mu"]) / values["sigma"],
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    oracle=oracle,
)
