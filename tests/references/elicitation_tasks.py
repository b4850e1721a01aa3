"""Write elicitation_tasks.json: published answers to elicitation tasks, each with what was stated and where it stands.

Run it from the root: `python -m tests.references.elicitation_tasks`. The numbers were read in the sources named here;
nothing is computed but the levels of SHELF's own tests, which state values and take their levels from a known law (by
SciPy, to 8 decimals), and two formulas. `within` is how far a number may be off: half a unit of the last printed digit,
or one unit where the source cuts digits off (PreliZ) or searches on a grid (LearnBayes). Left out: Student's t and
log-t of SHELF (3 degrees of freedom are given there, and quantiles alone do not state them).
"""

import json
import math
from pathlib import Path
from typing import Any

from scipy import stats

FILE = Path(__file__).with_name("elicitation_tasks.json")
Task = dict[str, Any]

SHELF = "SHELF 1.1 for R, J. Oakley 2016, vignette SHELF-overview.html of 2016-06-29, feedback of the consensus"
SHELF_TESTS = "SHELF for R, J. Oakley, tests/testthat/test-fitting.R"
PRELIZ = "PreliZ, ArviZ developers 2024, preliz/tests/test_quartile.py"
SQUIGGLEPY = "squigglepy, Rethink Priorities 2023, tests/test_distributions.py"
ALBERT = "LearnBayes for R, J. Albert 2018, example of beta.select"
MATHEMATICA = (
    "Mathematica Stack Exchange, shape parameters of a beta distribution from two quantiles, answer by FindRoot"
)
COX = "Cross Validated, mean and sd of a lognormal from two percentiles, answer in Mata"
KEELIN = "T. Keelin 2016, The Metalog Distributions, Decision Analysis 13(4), section 6.2.1 (formula)"
MALCOLM = "D. Malcolm et al. 1959, Operations Research 7(5): PERT's mean (lower + 4 mode + upper) / 6 (formula)"

CONSENSUS = {
    "normal": ({}, [12.5, 50.4], [0.288, 0.451, 0.772]),
    "gamma": ({"lower": 0}, [16.2, 53.2], [0.279, 0.461, 0.769]),
    "lognormal": ({"lower": 0}, [17.3, 55.3], [0.274, 0.466, 0.767]),
    "beta": ({"lower": 0, "upper": 100}, [15.2, 51.2], [0.283, 0.456, 0.770]),
}
"""Bounds, p5 and p95, and levels of 25, 30 and 40."""

QUARTILES = {
    "beta": ([0.3, 0.5, 0.7], {"alpha": 1.528, "beta": 1.528}),
    "cauchy": ([-1, 0, 1], {"alpha": 0, "beta": 1}),
    "exponential": ([0.5, 1, 2.5], {"lam": 0.611}),
    "gamma": ([0.5, 1, 2.5], {"alpha": 0.894, "beta": 0.523}),
    "gumbel": ([0.5, 1, 2.5], {"mu": 0.751, "beta": 1.265}),
    "half_normal": ([0.5, 1, 2], {"sigma": 1.613}),
    "half_student_t": ([0.5, 1, 2], {"nu": 2.393, "sigma": 1.311}),
    "inverse_gamma": ([0.2, 0.3, 0.4], {"alpha": 3.881, "beta": 1.019}),
    "kumaraswamy": ([0.2, 0.3, 0.4], {"a": 2.199, "b": 9.598}),
    "laplace": ([-1, 0, 1], {"mu": 0, "b": 1.442}),
    "log_logistic": ([1, 1.5, 2], {"alpha": 1.454, "beta": 3.143}),
    "logistic": ([-1, 0, 1], {"mu": 0, "s": 0.910}),
    "logit_normal": ([0.3, 0.45, 0.6], {"mu": -0.212, "sigma": 0.929}),
    "lognormal": ([0.5, 1, 2], {"mu": 0, "sigma": 1.027}),
    "normal": ([-1, 0, 1], {"mu": 0, "sigma": 1.482}),
    "pareto": ([0.5, 1, 4], {"alpha": 0.541, "m": 0.289}),
    "triangular": ([0, 1, 2], {"lower": -2.414, "mode": 1, "upper": 4.414}),
    "uniform": ([-1, 0, 1], {"lower": -2, "upper": 2}),
    "weibull": ([0.5, 1, 2], {"alpha": 1.109, "beta": 1.456}),
}


def main() -> None:
    tasks = [*shelf(), *shelf_tests(), *preliz(), *two_quantiles(), *formulas()]
    FILE.write_text("[\n" + ",\n".join(f" {json.dumps(task)}" for task in tasks) + "\n]\n", encoding="ascii")


def task(source: str, family: str, stated: Task, published: dict[str, float], within: float, **more: Task) -> Task:
    return {"source": source, "family": family, "stated": stated, "parameters": published, "within": within, **more}


def quartiles(values: list[float]) -> dict[str, float]:
    return dict(zip(("p25", "p50", "p75"), values, strict=True))


def shelf() -> list[Task]:
    values = [25, 30, 40]
    return [
        task(
            SHELF,
            family,
            {"quantiles": quartiles(values), **bounds},
            {},
            0.05,
            quantiles={"0.05": ends[0], "0.95": ends[1]},
            levels=dict(zip(map(str, values), levels, strict=True)),
        )
        for family, (bounds, ends, levels) in CONSENSUS.items()
    ]


def shelf_tests() -> list[Task]:
    known = [
        ("normal", stats.norm(10, 20), [-10, 10, 50], {}, {"mu": 10, "sigma": 20}),
        ("lognormal", stats.lognorm(0.5, scale=30), [22, 30, 42], {"lower": 0}, {"mu": math.log(30), "sigma": 0.5}),
        ("beta", stats.beta(5, 20, 10, 50), [18, 20, 24], {"lower": 10, "upper": 60}, {"alpha": 5, "beta": 20}),
    ]
    return [
        task(
            SHELF_TESTS,
            family,
            {"quantiles": {f"{law.cdf(x):.8f}": x for x in values}, **bounds},
            published,
            0.001,
        )
        for family, law, values, bounds, published in known
    ]


def preliz() -> list[Task]:
    return [
        task(PRELIZ, family, {"quantiles": quartiles(values)}, published, 0.001)
        for family, (values, published) in QUARTILES.items()
    ]


def two_quantiles() -> list[Task]:
    interval = {"interval": [1, 2], "level": "90 %"}
    return [
        task(SQUIGGLEPY, "normal", interval, {"mu": 1.5, "sigma": 0.3}, 0.005),
        task(SQUIGGLEPY, "lognormal", interval, {"mu": 0.35, "sigma": 0.21}, 0.005),
        # It searches on a grid, so it misses the stated levels; the exact answer rounds to 7.36.
        task(ALBERT, "beta", {"quantiles": {"p50": 0.25, "p90": 0.45}}, {"alpha": 2.67, "beta": 7.37}, 0.01),
        task(MATHEMATICA, "beta", {"quantiles": {"p50": 0.1, "p90": 0.5}}, {"alpha": 0.4548, "beta": 2.0491}, 5e-5),
        task(COX, "lognormal", {"quantiles": {"p10": 42, "p90": 666}}, {"sigma": 1.078232092}, 5e-10, mean=299.0981759),
    ]


def formulas() -> list[Task]:
    low, middle, high, tail = 10.0, 25.0, 50.0, 0.1
    log_odds, width = math.log((1 - tail) / tail), high - low
    coefficients = [
        middle,
        width / 2 / log_odds,
        width * (1 - 2 * (middle - low) / width) / (1 - 2 * tail) / log_odds,
    ]
    levels = {"p10": low, "p50": middle, "p90": high}
    triple = {"lower": 1, "mode": 2, "upper": 5}
    return [
        {**task(KEELIN, "metalog", {"quantiles": levels}, {}, 1e-9), "coefficients": coefficients},
        {**task(MALCOLM, "pert", triple, {}, 1e-9), "mean": 14 / 6},
    ]


if __name__ == "__main__":
    main()
