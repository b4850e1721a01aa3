"""Streamed runs of W1, from 10^4 draws to 10^9: time, memory, and what the same draws take if they are stored."""

from __future__ import annotations

import json
import math
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import w1

PROBABILITIES = (0.05, 0.5, 0.95, 0.999)
SIZES = tuple(10**k for k in range(4, 10))
STORED = (10**6, 10**7)
THREADS = 2
LONGEST_ROUNDS_SECONDS = 30.0
ROUNDS = 5
FIGURE = Path(__file__).with_name("figures") / "streaming.png"
RESULT = Path(__file__).with_name("results") / "streaming_sizes.json"
MODULE = "benchmarks.streaming"


def stream(draws: int, *, exact: bool = True) -> Any:
    """Return what so many draws of W1 come to."""
    import mcdemand as mc

    options: dict[str, Any] = {"design": "random", "chains": 16, "threads": THREADS, "outputs": "demand"}
    return mc.stream(w1.PRIORS, model=w1.MODEL, draws=draws, probabilities=PROBABILITIES, exact=exact, **options)


def store(draws: int) -> Any:
    """Return the summary of so many draws of W1 that are stored."""
    import mcdemand as mc

    options: dict[str, Any] = {"design": "random", "chains": 16, "threads": THREADS, "outputs": "demand"}
    result = mc.simulate(w1.PRIORS, model=w1.MODEL, draws=draws, **options)
    return mc.summarize(result, probabilities=PROBABILITIES, threads=THREADS)


KINDS = {"two passes": stream, "one pass": lambda draws: stream(draws, exact=False), "stored": store}


def measure(kind: str, draws: int) -> None:
    """Print, as JSON, the median time of a run and the peak memory of this process, which has done nothing else."""
    run = KINDS[kind]
    run(10_000)
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < LONGEST_ROUNDS_SECONDS:
        begun, used = time.perf_counter(), time.process_time()
        run(draws)
        times.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": statistics.median(times), "cpu": time.process_time() - used, "peak": peak}))


def _measured(kind: str, draws: int) -> dict[str, float]:
    command = [sys.executable, "-m", MODULE, kind, str(draws)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def print_streaming(largest: str = "9") -> None:
    """Print a line for each run, keep what was measured, and draw the picture: nanoseconds a draw against draws."""
    found: dict[str, dict[int, dict[str, float]]] = {kind: {} for kind in KINDS}
    for size in (size for size in SIZES if size <= 10 ** int(largest)):
        for kind in KINDS:
            if kind != "stored" or size <= max(STORED):
                found[kind][size] = _measured(kind, size)
                print(_line(kind, size, found[kind][size]), flush=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    draw(found)


def _line(kind: str, size: int, one: dict[str, float]) -> str:
    return (
        f"W1, 10^{math.log10(size):.0f} draws, {kind}: {one['seconds']:.3f} s, {1e9 * one['seconds'] / size:.1f} ns a "
        f"draw ({1e9 * one['cpu'] / size:.1f} of processors), peak {one['peak'] / 1e6:.0f} MB"
    )


def draw(found: dict[str, dict[int, dict[str, float]]]) -> None:
    """Draw time and memory against the number of draws."""
    from matplotlib.ticker import LogFormatterMathtext

    from mcdemand.report import axes
    from mcdemand.report.canvas import new_figure, save_figure

    figure = new_figure((9.0, 4.2), "constrained")
    time_axes, memory_axes = figure.subplots(1, 2)
    for kind, sizes in found.items():
        draws = [*sizes]
        time_axes.plot(draws, [1e9 * one["seconds"] / n for n, one in sizes.items()], marker="o", label=kind)
        memory_axes.plot(draws, [one["peak"] / 1e6 for one in sizes.values()], marker="o", label=kind)
    time_axes.set_yscale("log")
    for ax, title in ((time_axes, "Nanoseconds a draw of eleven years"), (memory_axes, "Peak memory, MB")):
        ax.set(xscale="log", xlabel="draws", title=title)
        axes.style(ax)
        ax.xaxis.set_major_formatter(LogFormatterMathtext())
    memory_axes.set_ylim(bottom=0)
    time_axes.legend(frameon=False)
    save_figure(figure, FIGURE, overwrite=True)


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2]))
