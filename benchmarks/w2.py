"""Workload W2: Sobol' indices of W1 on two scales, by mcdemand for all years and by its peers for the last, in turns.

JAX also does all years.

Peers are processes of their own, run by the Python that they are installed in, and are told one after the other to do
the whole job once; `peers/` holds their programs. All of them, and mcdemand, have the same two processors.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import mcdemand as mc
from benchmarks import w1
from benchmarks.peers.problem import BASE_POINTS, NAMES, Array

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "benchmarks" / "w2_reference.json"
PEERS = {
    "SALib, one resample": ("salib_w2", "one_resample"),
    "OpenTURNS": ("openturns_w2",),
    "JAX, 64 bits": ("jax_w2", "float64", "last_year"),
    "JAX, 32 bits": ("jax_w2", "float32", "last_year"),
    "JAX, 64 bits, eleven years": ("jax_w2", "float64", "all_years"),
    "NumPy, equations as stated": ("numpy_w2", "as_stated"),
    "NumPy, rewritten for speed": ("numpy_w2", "rewritten"),
}
BOOTSTRAP = "SALib, its default of 100 resamples"
ONCE = {BOOTSTRAP: ("salib_w2", "default")}
"""Done in the first rounds only: it takes seconds."""
ONCE_ROUNDS = 3
OURS = "mcdemand, eleven years"
WITH_ERRORS = "mcdemand, eleven years, errors from 16 chains"
CHAINS = 16
SHIFTED = ("OpenTURNS",)
"""Peers whose points are shifted at random, and which divide by the variance of f_A alone."""
PROCESSORS = 2
ROUNDS = 31
WARM_UP = 3
SCALES, KINDS = ("raw", "log"), ("first", "total")
MARGIN, ERRORS, ROUNDING = 1.5, 5.0, 1e-5
"""How far an index may lie off: so many times the largest error of 1,000 single runs, and of the reference's."""
OWN_ERRORS = 7.0
"""Where errors are printed: beyond so many of them, of 15 degrees of freedom, once in 200,000."""

type Answer = dict[str, Any]
"""Seconds of a job, of its sampling (where it is told apart), and its indices."""
type Contestant = Callable[[int], Answer]


class Peer:
    """A process that does the job once for each seed that it is sent."""

    def __init__(self, python: str, module: str, *arguments: str) -> None:
        command = [python, "-m", f"benchmarks.peers.{module}", *arguments]
        threads = {name: str(PROCESSORS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        # Paths of this project's own environment must not leak into the other.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**inherited, **threads}
        )
        self.read()

    def read(self) -> Answer:
        """Return the next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r}: ended with {self.process.wait()}")
        answer: Answer = json.loads(line)
        return answer

    def __call__(self, seed: int) -> Answer:
        """Have the job done once."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def independent_priors() -> mc.PriorSet:
    """Return W1's priors without their correlations."""
    return mc.load_prior_set({name: part for name, part in w1.PRIORS.items() if name != "correlations"})


def run_mcdemand(seed: int, chains: int = 1) -> Answer:
    """Do the job by the public interface, for all years, from a prior set that is read anew."""
    start = time.perf_counter()
    sizes = {"draws": BASE_POINTS, "chains": chains, "seed": seed}
    found = mc.sensitivity(
        independent_priors(), model=w1.MODEL, method="sobol", outputs=["demand"], scale=SCALES, **sizes
    )
    taken = time.perf_counter() - start
    return {"seconds": taken, "indices": last_year(found), "errors": last_year(found, "mcse_")}


def last_year(found: Any, prefix: str = "") -> dict[str, dict[str, list[float]]]:
    """Return the indices of the last year as peers do, or their errors."""
    chosen = found.sel(parameter=list(NAMES), output="demand").isel(year=-1)
    return {
        scale: {kind: chosen[f"{prefix}{kind}_order"].sel(scale=scale).values.tolist() for kind in KINDS}
        for scale in SCALES
    }


@contextmanager
def contestants(python: str) -> Iterator[dict[str, Contestant]]:
    """Have all programs ready and warm; mcdemand comes first."""
    peers: dict[str, Peer] = {}
    try:
        for name, (module, *arguments) in {**PEERS, **ONCE}.items():
            peers[name] = Peer(python, module, *arguments)
        yield {**ours(), **peers}
    finally:
        for peer in peers.values():
            peer.close()


def ours() -> dict[str, Contestant]:
    """Return mcdemand, warm."""
    programs: dict[str, Contestant] = {OURS: run_mcdemand, WITH_ERRORS: lambda seed: run_mcdemand(seed, CHAINS)}
    for program in programs.values():
        for seed in range(WARM_UP):
            program(seed)
    return programs


def table(found: dict[str, dict[str, list[float]]]) -> Array:
    """Return (scale, kind, parameter)."""
    return np.array([[found[scale][kind] for kind in KINDS] for scale in SCALES])


def check(name: str, answer: Answer) -> None:
    """Raise unless all indices lie where single runs do; with chains, which are shorter, within their own errors.

    Of 150 fresh seeds none failed for NumPy and JAX, two for OpenTURNS, whose Sobol' points are not SciPy's and leave
    larger errors; the seed that is checked is always the same.
    """
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    largest = np.array(stored["shifted_largest" if name in SHIFTED else "scrambled_largest"])
    own = OWN_ERRORS * table(answer["errors"]) if name == WITH_ERRORS else MARGIN * largest
    allowed = own + ERRORS * np.array(stored["errors"]) + ROUNDING
    found = table(answer["indices"])
    off: Array = np.abs(found - np.array(stored["figures"]))
    # Written so that NaN fails.
    if not np.all(off <= allowed):
        raise AssertionError(f"{name}: indices {found}, off by {off}, allowed {allowed}")


def measure(python: str, rounds: int) -> dict[str, list[Answer]]:
    """Return the answers of all programs, in turns, checked before any time counts."""
    found: dict[str, list[Answer]] = {}
    with contestants(python) as programs:
        for name, program in programs.items():
            check(name, program(WARM_UP))
        for round_ in range(rounds):
            for name, program in programs.items():
                if name not in ONCE or round_ < ONCE_ROUNDS:
                    found.setdefault(name, []).append(program(round_))
    return found


def row(name: str, answers: list[Answer], base: list[Answer]) -> str:
    """Return a line of the table: medians of seconds, least seconds, and the median of the ratios within a round."""
    seconds = [answer["seconds"] for answer in answers]
    sampling = [answer["sampling"] for answer in answers if "sampling" in answer]
    ratio = statistics.median(own / unit["seconds"] for own, unit in zip(seconds, base, strict=False))
    cells = [f"{1e3 * statistics.median(seconds):.3g}", f"{1e3 * statistics.median(sampling):.2g}" if sampling else ""]
    cells += [f"{1e3 * min(seconds):.3g}", f"{ratio:.3g}"]
    return f"| {name} | {' | '.join(cells)} |"


def peers_python(arguments: list[str]) -> str:
    """Return the path after `--peers-python`."""
    if "--peers-python" not in arguments[:-1]:
        raise SystemExit("w2: --peers-python PATH: the Python with SALib, OpenTURNS and JAX; see benchmarks/README.md")
    return arguments[arguments.index("--peers-python") + 1]


def print_w2(arguments: list[str], rounds: int = ROUNDS) -> None:
    """Print the table of W2; `arguments` are those of the command."""
    python = peers_python(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    found = measure(python, rounds)
    unit = next(iter(found))
    print(f"W2, {BASE_POINTS:,} base points, {rounds} rounds in turns\n")
    print(f"| program | ms | of which points | least ms | times {unit} |\n|---|---|---|---|---|")
    for name, answers in found.items():
        print(row(name, answers, found[unit]))


if __name__ == "__main__":
    print_w2(sys.argv)
