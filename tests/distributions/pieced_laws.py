"""Rows of every family that is drawn from pieces, each with an oracle: its probabilities below and above."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

from mcdemand.distributions._law import Law
from mcdemand.law_statement import read_law
from mcdemand.schema import LawRow

Function = Callable[[np.ndarray], np.ndarray]
Row = dict[str, Any]

SAMPLES = (0.4, 2.5, 2.5, 1.25, 7.0, 3.5, 0.75)
EDGES, WEIGHTS = (-1.0, 0.0, 0.5, 3.0, 4.0, 10.0), (0.1, 0.35, 0.25, 0.0, 0.3)
LOGNORMAL = {"distribution": "lognormal", "mu": 0.5, "sigma": 0.8}
POISSON = {"distribution": "poisson", "mu": 2.5}


@dataclass(frozen=True)
class Oracle:
    """Probabilities of no more, and of more."""

    cdf: Function
    sf: Function


def normal(mu: float, sigma: float) -> Row:
    return {"distribution": "normal", "mu": mu, "sigma": sigma}


def mixed(*parts: tuple[float, Any]) -> Oracle:
    return Oracle(lambda x: sum(w * law.cdf(x) for w, law in parts), lambda x: sum(w * law.sf(x) for w, law in parts))


def hurdled(p: float, law: Any) -> Oracle:
    """The law above 0, at values that are not negative."""
    kept = law.sf(0)
    return Oracle(
        lambda x: np.where(x < 0, 0.0, p + (1 - p) * (law.cdf(x) - law.cdf(0)) / kept),
        lambda x: np.where(x < 0, 1.0, (1 - p) * law.sf(x) / kept),
    )


def smoothed(bandwidth: float, transform: Function = lambda x: x) -> Oracle:
    laws = [(1 / len(SAMPLES), stats.norm(transform(np.array(s)), bandwidth)) for s in SAMPLES]
    of_transformed = mixed(*laws)

    def at(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return transform(np.asarray(x))

    return Oracle(lambda x: of_transformed.cdf(at(x)), lambda x: of_transformed.sf(at(x)))


def log_logistic(mu: float, s: float) -> Oracle:
    return Oracle(lambda x: expit((np.log(x) - mu) / s), lambda x: expit((mu - np.log(x)) / s))


def stepped() -> Oracle:
    samples = np.array(SAMPLES)
    return Oracle(
        lambda x: np.mean(samples <= np.asarray(x)[..., np.newaxis], axis=-1),
        lambda x: np.mean(samples > np.asarray(x)[..., np.newaxis], axis=-1),
    )


def histogram() -> Oracle:
    upright = stats.rv_histogram((np.array(WEIGHTS), np.array(EDGES)), density=False)
    mirrored = stats.rv_histogram((np.array(WEIGHTS[::-1]), -np.array(EDGES[::-1])), density=False)
    return Oracle(upright.cdf, lambda x: mirrored.cdf(-np.asarray(x)))


def between_bounds(x: np.ndarray) -> np.ndarray:
    """A table of p10 = 2 and p80 = 5 between 0 and 9: uniform, normal, uniform."""
    z10, z80 = stats.norm.ppf([0.1, 0.8])
    middle = stats.norm.cdf(z10 + (x - 2) / 3 * (z80 - z10))
    return np.where(
        x < 2, 0.1 * np.clip(x, 0, None) / 2, np.where(x > 5, 1 - 0.2 * np.clip(9 - x, 0, None) / 4, middle)
    )


def share_above(x: np.ndarray) -> np.ndarray:
    return np.where(x > 5, 0.2 * np.clip(9 - x, 0, None) / 4, 1 - between_bounds(x))


def pooled(mu: tuple[float, float], sigma: tuple[float, float], w: tuple[float, float]) -> tuple[float, float]:
    """Mean and sd of the product of powers of two normal densities."""
    precision = [weight / s**2 for weight, s in zip(w, sigma, strict=True)]
    total = sum(precision)
    return sum(p * m for p, m in zip(precision, mu, strict=True)) / total, total**-0.5


def log_pool(*components: Row, weights: tuple[float, ...] = (0.3, 0.7)) -> Row:
    return {"components": components, "weights": weights}


MEAN, SD = pooled((0.5, 2.0), (0.8, 1.5), (0.3, 0.7))
Z10, Z90 = stats.norm.ppf([0.1, 0.9])

PIECED: dict[str, tuple[tuple[Row, Any], ...]] = {
    "bernoulli": (({"p": 0.3}, stats.bernoulli(0.3)), ({"p": 1e-9}, stats.bernoulli(1e-9))),
    "binomial": (({"n": 12, "p": 0.3}, stats.binom(12, 0.3)), ({"n": 4000, "p": 0.01}, stats.binom(4000, 0.01))),
    "discrete_uniform": (({"lower": -3, "upper": 6}, stats.randint(-3, 7)),),
    "empirical": (
        ({"samples": SAMPLES}, stepped()),
        ({"samples": SAMPLES, "smoothing": "normal", "bandwidth": 0.8}, smoothed(0.8)),
        ({"samples": SAMPLES, "smoothing": "lognormal", "bandwidth": 0.4}, smoothed(0.4, np.log)),
    ),
    "geometric": (({"p": 0.2}, stats.geom(0.2)),),
    "histogram": (({"edges": EDGES, "weights": WEIGHTS}, histogram()),),
    "hurdle": (
        ({"probability": 0.3, "law": POISSON}, hurdled(0.3, stats.poisson(2.5))),
        ({"probability": 0.05, "law": normal(1.0, 2.0)}, hurdled(0.05, stats.norm(1.0, 2.0))),
    ),
    "log_pool": (
        (log_pool(normal(0.5, 0.8), normal(2.0, 1.5)), stats.norm(MEAN, SD)),
        (
            log_pool(LOGNORMAL, {"distribution": "lognormal", "mu": 2.0, "sigma": 1.5}),
            stats.lognorm(SD, scale=np.exp(MEAN)),
        ),
        (
            log_pool(
                {"distribution": "beta", "alpha": 2.0, "beta": 5.0}, {"distribution": "beta", "alpha": 4.0, "beta": 1.5}
            ),
            stats.beta(1 + 0.3 * 1.0 + 0.7 * 3.0, 1 + 0.3 * 4.0 + 0.7 * 0.5),
        ),
    ),
    "metalog": (
        ({"coefficients": (2.0, 3.0)}, stats.logistic(2.0, 3.0)),
        ({"coefficients": (0.5, 0.25), "lower": 0}, log_logistic(0.5, 0.25)),
        ({"coefficients": (0.0, 1.0), "lower": -2, "upper": 5}, stats.uniform(-2.0, 7.0)),
    ),
    "mixture": (
        (
            {"components": (POISSON, normal(1.0, 2.0)), "weights": (0.4, 0.6)},
            mixed((0.4, stats.poisson(2.5)), (0.6, stats.norm(1.0, 2.0))),
        ),
        (
            {"components": (normal(-9.0, 1.0), normal(9.0, 0.1))},
            mixed((0.5, stats.norm(-9)), (0.5, stats.norm(9, 0.1))),
        ),
    ),
    "negative_binomial": (({"mu": 3.0, "alpha": 0.75}, stats.nbinom(0.75, 0.2)),),
    "poisson": (({"mu": 3.5}, stats.poisson(3.5)), ({"mu": 800.0}, stats.poisson(800.0))),
    "quantile_table": (
        ({"probabilities": (0.1, 0.9), "values": (Z10, Z90)}, stats.norm()),
        ({"probabilities": (0.1, 0.9), "values": tuple(np.exp([Z10, Z90])), "tails": "lognormal"}, stats.lognorm(1.0)),
        (
            {"probabilities": (0.1, 0.8), "values": (2.0, 5.0), "tails": "bounded", "lower": 0, "upper": 9},
            Oracle(between_bounds, share_above),
        ),
    ),
    "scipy": (
        ({"distribution": "scipy:gamma", "a": 2.5, "scale": 3.0}, stats.gamma(2.5, scale=3.0)),
        ({"distribution": "scipy:skellam", "mu1": 3.0, "mu2": 4.5}, stats.skellam(3.0, 4.5)),
    ),
    "zero_inflated": (
        ({"probability": 0.2, "law": POISSON}, mixed((0.2, stats.randint(0, 1)), (0.8, stats.poisson(2.5)))),
        (
            {"probability": 0.2, "law": LOGNORMAL},
            mixed((0.2, stats.randint(0, 1)), (0.8, stats.lognorm(0.8, scale=np.exp(0.5)))),
        ),
    ),
}
CASES = [({"distribution": family, **row}, oracle) for family in sorted(PIECED) for row, oracle in PIECED[family]]


def law_of(row: Row) -> Law:
    return read_law(LawRow.model_validate(row))
