"""How often confidence intervals of indices hold: over many seeds, the exact index within its interval of 95 %."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import mcdemand as mc
from benchmarks.problems import Array
from mcdemand.sensitivity import sobol
from tests.sensitivity import analytic_models as models
from tests.sensitivity.test_pick_freeze_methods import CORRELATED, explained, shapley_of

SEEDS = 500
ASKED = (0.92, 0.98)
"""Shares of seeds that intervals of 95 % may hold in."""
PROBLEMS = {
    "Ishigami": models.ISHIGAMI,
    "g-function": models.G_FUNCTION,
    "linear Gaussian": models.GAUSSIAN,
    "trade-off": models.TRADE_OFF,
    "trade-off, log": models.TRADE_OFF_ON_LOG,
    "segments": models.SEGMENTS,
    "borehole": models.BOREHOLE,
}
RANDOM = ("Ishigami", "trade-off")
"""Problems that are also looked at under the random design."""

type Exact = Mapping[str, Mapping[str, float]]
"""By index and parameter."""


@dataclass(frozen=True)
class Case:
    """A problem, a method and the exact indices."""

    problem: str
    model: Any
    priors: Mapping[str, Any]
    exact: Exact
    method: str
    scale: str = "raw"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The problem, the method and its options."""
        return ", ".join([self.problem, self.method, *map(str, self.options.values())])

    def estimate(self, seed: int) -> dict[tuple[str, str], tuple[float, float, bool]]:
        """Return by index and parameter: the miss, the error, and whether the interval holds the exact index."""
        given: dict[str, Any] = {"method": self.method, "scale": self.scale, "seed": seed, "threads": 1}
        model = mc.Model.from_functions([self.model])
        found = mc.sensitivity(self.priors, model=model, **given, **self.options).isel(output=0)
        return {
            (index, name): _judged(found.sel(parameter=name), index, exact)
            for index, by_name in self.exact.items()
            for name, exact in by_name.items()
        }


def _judged(found: Any, index: str, exact: float) -> tuple[float, float, bool]:
    lower, upper = found[f"ci_{index}"].values
    return float(found[index]) - exact, float(found[f"mcse_{index}"]), bool(lower <= exact <= upper)


def analytic_cases() -> Iterator[Case]:
    """Yield the problems with independent priors: each estimator of `sobol`, and `rank`."""
    for name, one in PROBLEMS.items():
        exact = {"first_order": one.first_order, "total_order": one.total_order}
        fixed = {"problem": name, "model": one.function, "priors": {"parameters": one.parameters}, "scale": one.scale}
        for k, estimator in enumerate(sobol.ESTIMATORS):
            # The total order is the same whatever the estimator of the first.
            yield Case(
                **fixed,
                exact=exact if k == 0 else {"first_order": one.first_order},
                method="sobol",
                options={"estimator": estimator},
            )
        if name in RANDOM:
            yield Case(**fixed, exact=exact, method="sobol", options={"design": "random"})
            yield Case(**fixed, exact={"first_order": one.first_order}, method="rank", options={"design": "random"})
        yield Case(**fixed, exact={"first_order": one.first_order}, method="rank")


def correlated_cases() -> Iterator[Case]:
    """Yield the linear Gaussian model with correlated priors."""
    every = explained((0, 1, 2))
    full = {f"x{i + 1}": explained((i,)) / every for i in range(3)}
    rest = {f"x{i + 1}": 1 - explained(tuple(k for k in range(3) if k != i)) / every for i in range(3)}
    exact: dict[str, Exact] = {
        "shapley": {"shapley_effect": {f"x{i + 1}": shapley_of(i) for i in range(3)}},
        "full_independent": {
            "full_first_order": full,
            "full_total_order": full,
            "independent_first_order": rest,
            "independent_total_order": rest,
        },
        "rank": {"first_order": full},
    }
    priors = {"parameters": models.GAUSSIAN.parameters, "correlations": CORRELATED}
    for method, indices in exact.items():
        yield Case("correlated Gaussian", models.linear, priors, indices, method)


def measure(case: Case, seeds: Iterable[int]) -> dict[tuple[str, str], Array]:
    """Return (seed, 3) by index and parameter: miss, error, and whether the interval holds."""
    runs = [case.estimate(seed) for seed in seeds]
    return {key: np.array([run[key] for run in runs], dtype=np.float64) for key in runs[0]}


def line(case: Case, index: str, parameter: str, found: Array) -> str:
    """Return a line of the table: the share that holds, the mean error beside the true one, and the bias in errors."""
    miss, error, holds = found.T
    true, share = float(np.sqrt((miss**2).mean())), float(holds.mean())
    mark = "" if ASKED[0] <= share <= ASKED[1] else " *"
    bias = float(miss.mean() / miss.std(ddof=1)) if miss.std() else 0.0
    cells = [case.name, index, parameter, f"{case.exact[index][parameter]:.3g}", f"{100 * share:.1f}{mark}"]
    return f"| {' | '.join([*cells, f'{true:.2g}', f'{error.mean() / true if true else 1:.2f}', f'{bias:+.2f}'])} |"


def print_sensitivity_coverage(arguments: list[str], seeds: int = SEEDS) -> None:
    """Print the table; words after the command's name choose the cases that begin with them."""
    print("| case | index | parameter | exact | held, % | true error | printed / true | bias, sd |")
    print("|---|---|---|---|---|---|---|---|")
    for case in [*analytic_cases(), *correlated_cases()]:
        if not arguments or any(case.name.startswith(word) for word in arguments):
            for (index, parameter), found in measure(case, range(seeds)).items():
                print(line(case, index, parameter, found), flush=True)
