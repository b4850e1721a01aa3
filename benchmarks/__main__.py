"""`python -m benchmarks readme` rewrites what the README shows; `python -m benchmarks w1` times workload W1."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import w1

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "benchmarks" / "figures" / "consensus.png"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"
ROUNDS = 5
DRAWS = 10**6


def readme_table() -> str:
    """Return the beginning of what `mcdemand run` prints: the header and the first pair of tables."""
    command = [sys.executable, "-m", "mcdemand", "run", "--overwrite", "--plot", str(PICTURE)]
    command += ["--output", str(PICTURE.with_suffix(".nc"))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    PICTURE.with_suffix(".nc").unlink()
    tables = printed.split("\n\n")
    return "\n".join(line.rstrip() for line in "\n\n".join(tables[:2]).splitlines())


def write_readme() -> None:
    """Put the table between the README's marks."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    path.write_text(f"{before}{START}```text\n{readme_table()}\n```\n{END}{after}", encoding="utf-8")


def seconds(run: Callable[[int], object]) -> float:
    """Return the seconds of one run of W1."""
    start = time.perf_counter()
    run(DRAWS)
    return time.perf_counter() - start


def time_w1() -> None:
    """Time mcdemand and NumPy on W1 in turns; print medians and the median of the ratios."""
    w1.run_mcdemand(DRAWS)
    pairs = [(seconds(w1.run_mcdemand), seconds(w1.run_numpy)) for _ in range(ROUNDS)]
    ours, numpy = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(theirs / mine for mine, theirs in pairs)
    print(f"W1, {DRAWS:,} draws, {ROUNDS} rounds: mcdemand {ours:.3f} s, NumPy {numpy:.3f} s, ratio {ratio:.1f}")


if __name__ == "__main__":
    {"readme": write_readme, "w1": time_w1}[sys.argv[1]]()
