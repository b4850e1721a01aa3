"""Processes that are killed at random moments of a run whose progress is kept, and the run resumed: the same bits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.checkpoints import assert_same, begin, finish_anyhow, small_run, start_python

KILLS = 200
DRAWS, GROWN_DRAWS = 2**18, 2**20
THREADS = 2
WORK = "import sys; from benchmarks.kills import work; work(sys.argv[1], int(sys.argv[2]))"


def work(folder: str, draws: int) -> None:
    """Run, or go on, in spans of one leaf, so that much is written."""
    print("ready", flush=True)
    finish_anyhow(Path(folder), small_run(draws, chains=2), threads=THREADS)
    print("done", flush=True)


def kill_started(folder: Path, draws: int, after: float) -> bool:
    """Start Python, and kill it some seconds after its run began; return whether that was before its end."""
    process = start_python(WORK, str(folder), str(draws))
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    return said == "" and process.returncode == -signal.SIGKILL


def kill_forked(folder: Path, draws: int, after: float) -> bool:
    """Kill a copy of this process, which need not load anything, likewise."""
    process = os.fork()
    if not process:
        finish_anyhow(folder, small_run(draws, chains=2), threads=THREADS)
        os._exit(0)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def kill_often(kills: int, seed: int, kill: Callable[[Path, int, float], bool]) -> int:
    """Kill runs at random moments, several times each, and let them end with the same bits; return how many runs.

    Raises
    ------
    AssertionError
        If one ends with others.
    """
    chance, killed, runs = random.Random(seed), 0, 0
    sizes = (DRAWS, DRAWS, GROWN_DRAWS, GROWN_DRAWS)
    expected = {draws: begin(small_run(draws, chains=2), None, threads=THREADS) for draws in sizes}
    longest = _measure()
    while killed < kills:
        with tempfile.TemporaryDirectory() as place:
            folder, draws = Path(place, "progress"), DRAWS
            for draws in sizes[: kills - killed]:
                killed += kill(folder, draws, chance.uniform(0.0, longest[draws]))
            assert_same(finish_anyhow(folder, small_run(draws, chains=2), threads=THREADS), expected[draws])
        runs += 1
    return runs


def _measure() -> dict[int, float]:
    """Return about how many seconds it takes to run, and to grow."""
    with tempfile.TemporaryDirectory() as place:
        folder, found = Path(place, "progress"), {}
        for draws in (DRAWS, GROWN_DRAWS):
            begun = time.perf_counter()
            finish_anyhow(folder, small_run(draws, chains=2), threads=THREADS)
            found[draws] = time.perf_counter() - begun
    return found


def stop_by(sent: signal.Signals) -> tuple[int, float]:
    """Return the exit code of a command that is told to end while it streams, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "mcdemand", "run", "--stream", "--draws", "1e9", "--quiet"]
        options = ["--checkpoint", "progress", "--output", "a.nc", "--plot", "a.svg"]
        process = subprocess.Popen([*command, *options], cwd=place, stderr=subprocess.DEVNULL)
        while not Path(place, "progress", "tally.mcd").exists():
            time.sleep(0.05)
        begun = time.perf_counter()
        process.send_signal(sent)
        return process.wait(), time.perf_counter() - begun


def print_kills(words: Sequence[str]) -> None:
    """Print how many processes were killed, and how long one takes to end that is asked to."""
    kills = int(words[0]) if words else KILLS
    runs = kill_often(kills, 20261130, kill_forked)
    print(f"{kills} processes killed at random moments of {runs} runs; all ended with the same bits", flush=True)
    for sent in (signal.SIGINT, signal.SIGTERM):
        code, seconds = stop_by(sent)
        print(f"{sent.name}: exit code {code} after {seconds:.2f} s")
