"""How often confidence intervals of indices hold: over many seeds, the exact index within its interval of 95 %."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from scipy.special import stdtrit

import mcdemand as mc
from benchmarks.problems import Array
from mcdemand.request import CHAINS, DRAWS, prepare_request
from mcdemand.sensitivity import methods, sobol
from mcdemand.study import Study
from mcdemand.study_draws import draw_study, estimate_from_draws
from tests.sensitivity import analytic_models as models
from tests.sensitivity.test_pick_freeze_methods import CORRELATED, explained, shapley_of

SEEDS, FIRST_SEED = 500, 1000
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

SIX_SD = (1.0, 0.5, 0.4, 1.0, 0.8, 0.7)
SIX_SLOPES = (1.0, 2.0, 3.0, 1.5, -1.0, 0.5)
SIX_TIES = ((0, 1, 0.6), (1, 2, -0.4), (3, 4, 0.5))
GIVEN_DATA_SEEDS = 200
LONG_RUN, LONG_SEED = 2**20, 10**6
LONG_SAMPLE, LONG_SAMPLES = 10_000, 4
"""Draws and seed of what given-data methods are measured against; `hsic` looks at so many draws of so many runs."""
GIVEN_DATA = ("rank", "delta", "pawn", "hsic", "src", "spearman", "prcc", "regional")
CONSENSUS = "consensus"
GIVEN_DATA_PROBLEMS = ("trade-off, log", "Ishigami", "g-function", "linear Gaussian", "segments", "borehole", CONSENSUS)

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


def six(x1, x2, x3, x4, x5, x6):
    """A linear model of more factors than have all their orders walked."""
    return x1 + 2.0 * x2 + 3.0 * x3 + 1.5 * x4 - x5 + 0.5 * x6


def six_case() -> Case:
    """Return Shapley effects of a linear model of six correlated normal parameters."""
    names = [f"x{k + 1}" for k in range(len(SIX_SD))]
    parameters = {name: models.law("normal", mu=0.0, sigma=sd) for name, sd in zip(names, SIX_SD, strict=True)}
    ties = [{"between": [names[i], names[j]], "latent": r} for i, j, r in SIX_TIES]
    exact = {name: _six_effect(i) for i, name in enumerate(names)}
    priors = {"parameters": parameters, "correlations": ties}
    return Case("six correlated", six, priors, {"shapley_effect": exact}, "shapley")


def _six_effect(i: int) -> float:
    """Return the mean over all sets of the others of what knowing a parameter adds (Owen and Prieur 2017)."""
    count, others = len(SIX_SD), [k for k in range(len(SIX_SD)) if k != i]
    steps = [
        (_six_explained((*known, i)) - _six_explained(known)) / (count * comb(count - 1, size))
        for size in range(count)
        for known in combinations(others, size)
    ]
    return sum(steps) / _six_explained(tuple(range(count)))


def _six_explained(known: tuple[int, ...]) -> float:
    """Return Var E[b'X | X_known]."""
    latent, b, k = np.eye(len(SIX_SD)), np.array(SIX_SLOPES), list(known)
    for i, j, r in SIX_TIES:
        latent[i, j] = latent[j, i] = r
    covariance = latent * np.outer(SIX_SD, SIX_SD)
    cross = covariance[:, k]
    return float(b @ cross @ np.linalg.solve(covariance[np.ix_(k, k)], cross.T) @ b) if k else 0.0


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
    """Print the table; words after the command's name choose the cases that begin with them, or `given_data`."""
    if arguments == ["given_data"]:
        print_given_data_errors()
        return
    print("| case | index | parameter | exact | held, % | true error | printed / true | bias, sd |")
    print("|---|---|---|---|---|---|---|---|")
    for case in [*analytic_cases(), *correlated_cases(), six_case()]:
        if not arguments or any(case.name.startswith(word) for word in arguments):
            for (index, parameter), found in measure(case, range(FIRST_SEED, FIRST_SEED + seeds)).items():
                print(line(case, index, parameter, found), flush=True)


def study(problem: str, draws: int, design: str, seed: int) -> Study:
    """Return what given-data methods are asked about."""
    sizes: dict[str, Any] = {"draws": draws, "chains": CHAINS, "design": design, "seed": seed}
    if problem == CONSENSUS:
        return Study.of(prepare_request(CONSENSUS, outputs="energy_served", years=2030, **sizes), None, threads=1)
    one = PROBLEMS[problem]
    model = mc.Model.from_functions([one.function])
    return Study.of(prepare_request({"parameters": one.parameters}, model=model, **sizes), None, threads=1)


def given_data_indices(
    problem: str, draws: int, design: str, seed: int, names: Iterable[str] = GIVEN_DATA
) -> dict[str, Array]:
    """Return (index and error, parameter) by the name of the index, on the problem's scale where the method may."""
    asked = study(problem, draws, design, seed)
    own_scale = "log" if problem == CONSENSUS else PROBLEMS[problem].scale
    data, found = draw_study(asked), {}
    for name in names:
        method = methods()[name]
        scale, options = "raw" if method.scale == "raw" else own_scale, dict(method.options)
        if draws == LONG_RUN and "sample" in options:
            options["sample"] = LONG_SAMPLE
        parts, _ = estimate_from_draws(method, asked, data, [scale], options, both=True)
        for index, about in method.indices.items():
            if about.has_error and about.dims == ("parameter",):
                one = parts[scale][index]
                found[f"{name}, {index}"] = np.array([one.value[:, 0], one.mcse[:, 0]])
    return found


def long_run_indices(problem: str) -> dict[str, Array]:
    """Return, by the name of the index, what given-data methods are measured against, by parameter."""
    found = given_data_indices(problem, LONG_RUN, "sobol", LONG_SEED)
    more = [given_data_indices(problem, LONG_RUN, "sobol", LONG_SEED + k, ["hsic"]) for k in range(1, LONG_SAMPLES)]
    return {
        name: np.mean([one[0], *(run[name][0] for run in more if name in run)], axis=0) for name, one in found.items()
    }


def print_given_data_errors(seeds: int = GIVEN_DATA_SEEDS) -> None:
    """Print least, median and largest over parameters of shares and ratios, by method."""
    width = float(stdtrit(CHAINS - 1, 0.975))
    print("| problem | design | index | held, % | held about own mean, % | printed / true | bias, sd |")
    print("|---|---|---|---|---|---|---|")
    for problem in GIVEN_DATA_PROBLEMS:
        exact = long_run_indices(problem)
        for design in ("sobol", "random"):
            runs = [given_data_indices(problem, DRAWS, design, seed) for seed in range(FIRST_SEED, FIRST_SEED + seeds)]
            for name in exact:
                value, error = np.array([run[name] for run in runs]).swapaxes(0, 1)
                cells = given_data_cells(value, error, exact[name], width)
                print(f"| {problem} | {design} | {name} | {' | '.join(cells)} |", flush=True)


def given_data_cells(value: Array, error: Array, exact: Array, width: float) -> list[str]:
    """Return cells from (seed, parameter) indices and errors; only parameters that matter count."""
    matters = (value != 0).any(axis=0)
    value, error, exact = value[:, matters], error[:, matters], exact[matters]
    mean, sd = value.mean(axis=0), value.std(axis=0, ddof=1)
    figures = [
        100 * (np.abs(value - exact) <= width * error).mean(axis=0),
        100 * (np.abs(value - mean) <= width * error).mean(axis=0),
        np.sqrt((error**2).mean(axis=0)) / sd,
        (mean - exact) / sd,
    ]
    return [", ".join(f"{one:.3g}" for one in np.quantile(figure, [0, 0.5, 1])) for figure in figures]
