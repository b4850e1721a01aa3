"""Time to equal error on W1: how long NumPy with random draws works until its figures are as precise as mcdemand's.

Both programs do the same job: draw eleven parameters, follow demand over eleven years, and find mean, p5, p50 and p95
of every year; errors are those of year 10. NumPy's error falls like n^-1/2, which is checked here, and its time grows
like n, so its time for mcdemand's error is its time for n draws times the square of the ratio of the errors.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import mcdemand as mc
from benchmarks import w1
from benchmarks.convergence import slopes
from benchmarks.peers._numpy_summary import quantiles_of_row
from benchmarks.peers._numpy_w1 import simulator
from benchmarks.peers.numpy import draw_as_stated
from benchmarks.problems import PROBABILITIES, USUAL, Array, workload

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- equal error -->\n", "<!-- end of equal error -->\n"
OUR_SEEDS = {2**14: 400, 2**17: 400, 2**20: 400, 2**22: 160}
"""Draws of mcdemand, and how many seeds its error is found from."""
CHAINS, THREADS = 16, 2
NUMPY_SEEDS = {10**4: 1000, 10**5: 400}
NUMPY_DRAWS = 10**6
ROUNDS = 15
YEAR = 10
PROGRAMS = ("as stated", "hand-tuned")


def run_mcdemand(draws: int) -> None:
    """Do the job by the public interface, as a user would, on two threads."""
    priors = mc.load_prior_set(w1.PRIORS)
    result = mc.simulate(priors, model=w1.MODEL, draws=draws, chains=CHAINS, outputs=["demand"], threads=2)
    mc.summarize(result, probabilities=PROBABILITIES, threads=2)


def run_stated(draws: int) -> None:
    """Do the job in NumPy and SciPy, the equations as they are stated; quantiles by partition."""
    demand = draw_as_stated(draws, 0)
    demand.mean(axis=1)
    np.quantile(demand, PROBABILITIES, axis=1)


def run_tuned(draws: int) -> None:
    """Do the job in NumPy by hand for speed, on two threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        demand = simulator(pool, THREADS)(0, draws)
        list(pool.map(lambda row: quantiles_of_row(row, PROBABILITIES), demand))


def our_error(draws: int) -> Array:
    """Return the root-mean-square error of each figure of year 10."""
    problem = workload()
    found = problem.estimate_all(draws, CHAINS, "sobol", range(OUR_SEEDS[draws])) - problem.exact
    return np.sqrt(np.mean(np.square(found[:, -1, : len(USUAL)]), axis=0))


def numpy_error(draws: int) -> Array:
    """Return the same of NumPy's program."""
    exact = workload().exact[-1, : len(USUAL)]
    found = []
    for seed in range(NUMPY_SEEDS[draws]):
        demand = draw_as_stated(draws, seed, [YEAR])[0]
        found.append([demand.mean(), *np.quantile(demand, PROBABILITIES)])
    return np.sqrt(np.mean(np.square(np.array(found) - exact), axis=0))


@dataclass(frozen=True)
class Line:
    """One size of mcdemand's run.

    Attributes
    ----------
    error
        Root-mean-square error of each figure, as a share of it.
    ratios
        (program, figure): NumPy's time for that error in units of mcdemand's.
    """

    draws: int
    seconds: float
    error: Array
    ratios: Array


def measure() -> tuple[list[Line], Array]:
    """Return a line for each size, and the slopes of NumPy's errors."""
    sizes = list(NUMPY_SEEDS)
    theirs = np.array([numpy_error(size) for size in sizes])
    one_draw = np.sqrt(np.mean(np.square(theirs) * np.array(sizes)[:, None], axis=0))
    ours = {draws: our_error(draws) for draws in OUR_SEEDS}
    exact = workload().exact[-1, : len(USUAL)]
    times = time_in_turns()
    lines = []
    for draws, error in ours.items():
        speed = [statistics.median(times[name][k] / times[draws][k] for k in range(ROUNDS)) for name in PROGRAMS]
        needed = np.square(one_draw / error) / NUMPY_DRAWS
        lines.append(Line(draws, statistics.median(times[draws]), error / exact, np.outer(speed, needed)))
    return lines, slopes(sizes, theirs)


def time_in_turns() -> dict[int | str, list[float]]:
    """Return the seconds of each round: mcdemand by draws, NumPy by program."""
    jobs: dict[int | str, Callable[[], None]] = {draws: lambda draws=draws: run_mcdemand(draws) for draws in OUR_SEEDS}
    jobs |= {
        name: lambda run=run: run(NUMPY_DRAWS) for name, run in zip(PROGRAMS, (run_stated, run_tuned), strict=True)
    }
    for job in jobs.values():
        job()
    times: dict[int | str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - start)
    return times


def table(lines: list[Line]) -> str:
    """Return the table in Markdown; beside each ratio, that to the program by hand for speed."""
    rows = [
        "| draws | seconds | " + " | ".join(USUAL) + " |",
        "|---|---|" + "---|" * len(USUAL),
    ]
    for line in lines:
        cells = [
            f"{100 * error:.2g} %: {_rounded(stated)}, {_rounded(tuned)}"
            for error, (stated, tuned) in zip(line.error, line.ratios.T, strict=True)
        ]
        rows.append(f"| 2^{line.draws.bit_length() - 1} | {line.seconds:.2g} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _rounded(ratio: float) -> str:
    """Return two significant digits."""
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def print_equal_error(*, write: bool = False) -> None:
    """Print the table; where asked, also put it between the README's marks, if they are there."""
    lines, found = measure()
    print("slopes of NumPy's errors:", *(f"{name} {slope:.2f}" for name, slope in zip(USUAL, found, strict=True)))
    print(table(lines))
    text = README.read_text(encoding="utf-8")
    if write and START in text and END in text:
        before, rest = text.split(START)
        after = rest.split(END)[1]
        README.write_text(f"{before}{START}{table(lines)}\n{END}{after}", encoding="utf-8")
