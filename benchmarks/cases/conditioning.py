"""Conditioning: the posterior of three parameters and demand, of which one value was observed; reference problem 24."""

from __future__ import annotations

import numpy as np
from scipy import stats

from benchmarks.cases._case import ERRORS, Case, Figures
from benchmarks.peers._conditioning import LEVELS, LOG_SCALE, MEANS, SDS, SEEN, SIGMA, SLOPES, WORTH
from benchmarks.peers._rows import Array


def exact() -> tuple[Array, Array, float]:
    """Return means and sds of a, b, c and the logarithm of demand, and the log evidence: all laws are normal."""
    means, slopes, covariance = np.array(MEANS), np.array(SLOPES), np.diag(np.square(SDS))
    shared = covariance @ slopes
    variance = slopes @ shared + SIGMA**2
    off = np.log(SEEN) - LOG_SCALE - slopes @ means
    after, spread = means + shared * off / variance, covariance - np.outer(shared, shared) / variance
    rows = np.append(after, LOG_SCALE + slopes @ after), np.sqrt(np.append(spread.diagonal(), slopes @ spread @ slopes))
    return *rows, float(stats.norm(0, np.sqrt(variance)).logpdf(off) - np.log(SEEN))


def figures() -> tuple[Array, Array]:
    """Return exact means and quantiles (row), demand being log-normal."""
    means, sds, _ = exact()
    quantiles = means[:, np.newaxis] + sds[:, np.newaxis] * stats.norm.ppf(LEVELS)
    quantiles[3] = np.exp(quantiles[3])
    return np.append(means[:3], np.exp(means[3] + sds[3] ** 2 / 2)), quantiles


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless means, quantiles and evidence lie where so many weighted draws put them."""
    (means, quantiles), (_, sds, evidence) = figures(), exact()
    worth = np.sqrt(WORTH * draws)
    scale = np.append(np.ones(3), means[3]) * sds
    share = np.sqrt(np.multiply(LEVELS, np.subtract(1, LEVELS))) / stats.norm.pdf(stats.norm.ppf(LEVELS))
    allowed = {
        "mean": (means, ERRORS * scale / worth),
        "quantiles": (quantiles, ERRORS * np.outer(scale, share) / worth),
        "log_evidence": (evidence, ERRORS * np.sqrt((1 / WORTH - 1) / draws)),
    }
    for name, (true, reach) in allowed.items():
        if name != "log_evidence" or name in found:
            off = np.abs(np.array(found[name]) - true)
            # Written so that NaN fails.
            if not np.all(off <= reach + rounding * np.abs(true)):
                raise AssertionError(f"{name}: off by {off}, allowed {reach}")


def error(found: Figures) -> dict[str, float]:
    """Return the root-mean-square errors of demand, as shares."""
    means, quantiles = figures()
    off = {"mean": found["mean"][3] / means[3] - 1, "quantiles": np.array(found["quantiles"])[3] / quantiles[3] - 1}
    return {name: float(np.sqrt(np.mean(np.square(one)))) for name, one in off.items()}


CASE = Case(
    name="conditioning",
    title="Conditioning on an observation",
    says="Three normal parameters, demand as a product of their exponentials, and one value of demand observed within "
    "10 %: draws that follow the posterior, their mean, p5, p50 and p95. A million weighted draws of the prior, "
    "which are worth 216,568; tools that draw from the posterior itself draw so many.",
    draws=(10**6, 10**4),
    check=check,
    error=error,
)
