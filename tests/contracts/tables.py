"""Print the SHA-256 of every table that laws and copulas are drawn from, by name, to compare one process with another.

With the word `spoilt` NumPy's functions that have code of their own for some processors give other last bits first, as
on such a processor; linear algebra fails.
"""

import json
import sys
import warnings
from typing import Any

import numpy as np
from contract import sha256
from example_laws import EXAMPLES
from pieced_laws import CASES, law_of
from tuned_functions import ELEMENTARY, LINEAR, OF_LINALG

from mcdemand.copulas import copulas
from mcdemand.distributions._law import truncation_numbers

QUANTILES = {"p5": 1.0, "p25": 2.0, "p75": 4.2, "p95": 9.0}
SHARES = {"p5": 0.1, "p25": 0.22, "p75": 0.5, "p95": 0.75}
BOUNDED = ("beta", "kumaraswamy", "logit_normal")
FITTED = (
    *BOUNDED, "arcsine", "cauchy", "exponential", "gamma", "generalized_normal", "gumbel", "half_normal",
    "half_student_t", "inverse_gamma", "laplace", "log_logistic", "logistic", "lognormal", "metalog", "normal",
    "pareto", "pert", "power", "skew_normal", "student_t", "trapezoidal", "triangular", "weibull",
)  # fmt: skip
MOMENTS = (
    {"distribution": "beta", "mean": 0.3, "sd": 0.12},
    {"distribution": "gamma", "mean": 3.0, "sd": 0.7},
    {"distribution": "lognormal", "mean": 3.0, "sd": 0.7},
)
TRUNCATED = (
    {"distribution": "cauchy", "alpha": 1.0, "beta": 2.0, "truncation": {"lower": -3.0, "upper": 40.0}},
    {"distribution": "arcsine", "lower": 0.0, "upper": 1.0, "truncation": {"lower": 0.1, "upper": 0.7}},
    {"distribution": "gamma", "alpha": 2.5, "beta": 0.3, "truncation": {"lower": 1.0, "upper": 20.0}},
    {"distribution": "student_t", "nu": 4.0, "mu": 1.0, "sigma": 2.0, "truncation": {"lower": 0.0, "upper": 9.0}},
)
GROUPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("student_t", {"degrees_of_freedom": 4.0}),
    ("student_t", {"degrees_of_freedom": 1.0}),
    *((name, {"rank": rank}) for name in ("clayton", "frank", "gumbel") for rank in (0.2, 0.7)),
    *((name, {"rank": 0.5, "survival": True}) for name in ("clayton", "gumbel")),
    ("frank", {"rank": -0.4}),
    ("empirical", {"samples": ((1.0, 2.5, 2.5, 4.0), (0.3, 0.1, 0.7, 0.2))}),
)
RANK = 0.6


def spoil_numpy() -> None:
    """Give NumPy's functions other last bits."""

    def spoilt(function: Any) -> Any:
        return lambda *x, **options: np.nextafter(function(*x, **options), np.inf)

    def refused(*_: Any, **_options: Any) -> Any:
        raise AssertionError("linear algebra")

    for name in ELEMENTARY:
        setattr(np, name, spoilt(getattr(np, name)))
    for owner, names in ((np, LINEAR), (np.linalg, OF_LINALG)):
        for name in names:
            setattr(owner, name, refused)


def digest_laws() -> dict[str, str]:
    """Return the digests of the tables of laws, and of what they are fitted and truncated to."""
    fitted = [{"distribution": f, "fit": "least_squares", **(SHARES if f in BOUNDED else QUANTILES)} for f in FITTED]
    rows = [{"distribution": family, **values} for family, laws in EXAMPLES.items() for values in laws[:2]]
    # SciPy's own laws compute with NumPy's functions.
    rows += [row for row, _ in CASES if not row["distribution"].startswith("scipy:")]
    found = {}
    for row in (*rows, *fitted, *MOMENTS, *TRUNCATED):
        law = law_of(row)
        bounds = truncation_numbers(law.family, law.values, law.truncation) if law.truncation else ()
        found[str(row)] = sha256(np.concatenate([law.kernel_numbers(), law.draw_numbers(), bounds]))
    return found


def digest_copulas() -> dict[str, str]:
    """Return the digests of the tables of copulas, and of the latent correlation that has a rank correlation."""
    found = {}
    for name, stated in GROUPS:
        copula = copulas()[name]
        numbers = copula.read(["a", "b"], stated)
        found[f"{name} {stated}"] = sha256(
            np.concatenate([*copula.tables(numbers), [copula.latent("rank", RANK, numbers)]])
        )
    return found


if __name__ == "__main__":
    warnings.simplefilter("error")
    if sys.argv[1:] == ["spoilt"]:
        spoil_numpy()
    print(json.dumps({**digest_laws(), **digest_copulas()}))  # noqa: T201
