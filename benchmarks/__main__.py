"""`python -m benchmarks NAME`: `readme` and `equal_error --write` rewrite what the README shows; the others measure."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import w1
from benchmarks.cluster import print_cluster
from benchmarks.commands import measure_memory, time_commands
from benchmarks.convergence import print_slopes, print_variance_saved
from benchmarks.coverage import print_coverage
from benchmarks.equal_error import print_equal_error
from benchmarks.exports import print_exports
from benchmarks.faulty_disk import print_faults
from benchmarks.floor import print_floor
from benchmarks.generation import print_generation
from benchmarks.given_data import print_given_data
from benchmarks.kills import print_kills
from benchmarks.laws import print_laws
from benchmarks.reference import write_reference
from benchmarks.sensitivity_coverage import print_sensitivity_coverage
from benchmarks.stopping import print_stopping
from benchmarks.streaming import print_streaming
from benchmarks.w2 import print_w2

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "benchmarks" / "figures" / "consensus.png"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"
ROUNDS = 9
DRAWS = 10**6


def readme_table() -> str:
    """Return the beginning of what `mcdemand run` prints: the header and the first pair of tables."""
    command = [sys.executable, "-m", "mcdemand", "run", "--overwrite", "--plot", str(PICTURE)]
    command += ["--output", str(PICTURE.with_suffix(".nc"))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    PICTURE.with_suffix(".nc").unlink()
    tables = printed.split("\n\n")
    return "\n".join(line.rstrip() for line in "\n\n".join(tables[:2]).splitlines())


def draw_sensitivity() -> None:
    """Draw the README's picture of sensitivity."""
    command = [sys.executable, "-m", "mcdemand", "sensitivity", "--quiet", "--overwrite", "--plot"]
    subprocess.run([*command, str(PICTURE.with_name("sensitivity.png"))], check=True)


def write_readme() -> None:
    """Put the table between the README's marks, and draw the pictures."""
    draw_sensitivity()
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    path.write_text(f"{before}{START}```text\n{readme_table()}\n```\n{END}{after}", encoding="utf-8")


def seconds(run: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def time_w1() -> None:
    """Time mcdemand and NumPy on W1 in turns; print medians, and the medians of the ratios within a round."""
    cases: dict[str, Callable[[], object]] = {
        "mcdemand": lambda: w1.run_mcdemand(DRAWS, threads=2),
        "NumPy, equations as stated": lambda: w1.run_numpy(DRAWS),
        "NumPy, rewritten for speed": lambda: w1.run_numpy(DRAWS, tuned=True),
    }
    w1.check_agreement(DRAWS)
    rounds = [{name: seconds(run) for name, run in cases.items()} for _ in range(ROUNDS)]
    for name in cases:
        median = statistics.median(times[name] for times in rounds)
        ratio = statistics.median(times[name] / times["mcdemand"] for times in rounds)
        print(f"W1, {DRAWS:,} draws, {ROUNDS} rounds: {name}: {median:.3f} s, {ratio:.1f} times mcdemand")


if __name__ == "__main__":
    parts = {
        "readme": write_readme,
        "w1": time_w1,
        "w2": lambda: print_w2(sys.argv),
        "given_data": print_given_data,
        "kills": lambda: print_kills(sys.argv[2:]),
        "laws": lambda: print_laws(sys.argv),
        "cluster": lambda: print_cluster(sys.argv[2:]),
        "memory": measure_memory,
        "commands": time_commands,
        "exports": print_exports,
        "faulty_disk": lambda: print_faults(sys.argv[2:]),
        "floor": print_floor,
        "reference": write_reference,
        "coverage": print_coverage,
        "sensitivity_coverage": lambda: print_sensitivity_coverage(sys.argv[2:]),
        "slopes": print_slopes,
        "variance": print_variance_saved,
        "equal_error": lambda: print_equal_error(write="--write" in sys.argv),
        "generation": print_generation,
        "stopping": print_stopping,
        "streaming": lambda: print_streaming(*sys.argv[2:]),
    }
    if sys.argv[1] == "floor":
        # Machine code can be looked at only where it was just made.
        os.environ["MCDEMAND_CACHE_DIR"] = os.devnull
    parts[sys.argv[1]]()
