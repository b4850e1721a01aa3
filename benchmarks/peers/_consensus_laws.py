"""The priors of `consensus` in NumPy and SciPy: what its TOML file states, read and drawn without mcdemand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.peers._rows import Array

PRIORS = Path(__file__).resolve().parents[2] / "priors" / "consensus.toml"
Z95 = 1.6448536269514722
UNUSED = {
    "electricity_price",
    "overhead_2024",
    "token_reporting_bias",
    "ai_share_of_big4_capex",
    "big4_share_of_ai_capex",
}
"""What none of the outputs depends on."""

type Law = dict[str, Any]
type Drawn = dict[str, Any]
"""(draw) by parameter, a number where it is constant."""


def two_piece(law: Law, z: Array) -> Array:
    """Return log-normal values above a bound, with a log sd of their own on either side of the median."""
    bound = law.get("lower", 0.0)
    below, middle, above = (law[name] - bound for name in ("p5", "p50", "p95"))
    exponent = np.minimum(z, 0) * (np.log(middle / below) / Z95) + np.maximum(z, 0) * (np.log(above / middle) / Z95)
    return bound + middle * np.exp(exponent)


def score(law: Law, x: float) -> float:
    """Return the normal score of a value."""
    if law["distribution"] == "normal":
        return float((x - law["mu"]) / law["sigma"])
    middle = law["p50"] - law.get("lower", 0.0)
    far = law["p5" if x < law["p50"] else "p95"] - law.get("lower", 0.0)
    with np.errstate(divide="ignore"):
        return float(Z95 * np.log((x - law.get("lower", 0.0)) / middle) / abs(np.log(far / middle)))


def scores(law: Law, rng: np.random.Generator, draws: int) -> Array:
    """Return normal scores, of a truncated law those between its bounds."""
    if "truncation" not in law:
        return rng.standard_normal(draws)
    bounds = law["truncation"]
    low = ndtr(score(law, bounds["lower"])) if "lower" in bounds else 0.0
    high = ndtr(score(law, bounds["upper"])) if "upper" in bounds else 1.0
    return np.asarray(ndtri(rng.uniform(low, high, draws)))


def from_scores(law: Law, z: Array) -> Array:
    """Return values of a law from normal scores."""
    return two_piece(law, z) if law["distribution"] == "two_piece_lognormal" else law["mu"] + law["sigma"] * z


def independent(law: Law, rng: np.random.Generator, draws: int) -> Any:
    """Return values of a law that no other goes with."""
    match law["distribution"]:
        case "constant":
            return law["value"]
        case "beta":
            return rng.beta(law["alpha"], law["beta"], draws)
        case "uniform":
            return rng.uniform(law["lower"], law["upper"], draws)
        case "categorical":
            return np.searchsorted(np.cumsum(law["weights"]), rng.random(draws), side="right")
        case _:
            return from_scores(law, scores(law, rng, draws))


class Priors:
    """The laws, and the Cholesky factor of those that go together."""

    def __init__(self) -> None:
        stated = tomllib.loads(PRIORS.read_text(encoding="utf-8"))
        self.laws: dict[str, Law] = {name: law for name, law in stated["parameters"].items() if name not in UNUSED}
        pairs = [(*pair["between"], 2 * np.sin(np.pi * pair["rank"] / 6)) for pair in stated["correlations"]]
        self.together = sorted({name for *names, _ in pairs for name in names})
        latent = np.eye(len(self.together))
        for first, second, correlation in pairs:
            i, j = self.together.index(first), self.together.index(second)
            latent[i, j] = latent[j, i] = correlation
        self.factor = np.linalg.cholesky(latent)

    def draw(self, rng: np.random.Generator, draws: int) -> Drawn:
        """Return draws of all parameters."""
        normal = self.factor @ rng.standard_normal((len(self.together), draws))
        found = {name: from_scores(self.laws[name], z) for name, z in zip(self.together, normal, strict=True)}
        rest = (name for name in self.laws if name not in found)
        return found | {name: independent(self.laws[name], rng, draws) for name in rest}
