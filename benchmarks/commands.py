"""What a person waits for: importing, `--help`, a first and a later run, a million draws."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
COLD_ROUNDS = 2
RUN = (sys.executable, "-m", "mcdemand", "run", "--overwrite", "--quiet")
MILLION = """
import statistics, time
import mcdemand as mc
mc.simulate("consensus", draws=1000)
times = []
for _ in range(7):
    start = time.perf_counter()
    result = mc.simulate("consensus", draws=10**6, threads=2, design="random")
    times.append(time.perf_counter() - start)
    del result
print(statistics.median(times), min(times))
"""


def wall_seconds(command: tuple[str, ...], folder: Path, **environment: str) -> float:
    """Return the seconds of a process."""
    start = time.perf_counter()
    # Byte code is kept, as it is on a user's machine.
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, cwd=folder, env={**given, **environment}, check=True, capture_output=True)
    return time.perf_counter() - start


def time_commands() -> None:
    """Print medians of what a person waits for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm = {
            "import mcdemand": (sys.executable, "-c", "import mcdemand"),
            "python -c pass": (sys.executable, "-c", "pass"),
            "mcdemand --help": (sys.executable, "-m", "mcdemand", "--help"),
            "mcdemand run": RUN,
        }
        for title, command in warm.items():
            wall_seconds(command, folder)
            print(f"{title}: {statistics.median(wall_seconds(command, folder) for _ in range(ROUNDS)):.2f} s")
        cold = [wall_seconds(RUN, folder, MCDEMAND_CACHE_DIR=str(folder / f"cache{k}")) for k in range(COLD_ROUNDS)]
        print(f"mcdemand run, nothing compiled yet: {statistics.median(cold):.1f} s")
    median, least = _output(MILLION).split()
    print(f"simulate consensus, 10^6 draws, two threads: median {float(median):.2f} s, least {float(least):.2f} s")


def _output(code: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    return done.stdout
