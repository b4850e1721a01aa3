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
    """Print a table, and draw the picture: nanoseconds a draw against the number of draws."""
    sizes = [size for size in SIZES if size <= 10 ** int(largest)]
    found: dict[str, dict[int, dict[str, float]]] = {kind: {} for kind in KINDS}
    for size in sizes:
        for kind in KINDS:
            if kind == "stored" and size > max(STORED):
                continue
            one = found[kind][size] = _measured(kind, size)
            print(
                f"W1, 10^{math.log10(size):.0f} draws, {kind}: {one['seconds']:.3f} s, "
                f"{1e9 * one['seconds'] / size:.1f} ns a draw ({1e9 * one['cpu'] / size:.1f} of processors), "
                f"peak {one['peak'] / 1e6:.0f} MB",
                flush=True,
            )
    if 10**7 in sizes and sizes[-1] > 10**7:
        for measure_of in ("seconds", "cpu"):
            ratio = found["two passes"][sizes[-1]][measure_of] / (
                found["two passes"][10**7][measure_of] * sizes[-1] / 10**7
            )
            print(f"{sizes[-1]:,} draws take {ratio:.2f} times as long as 10^7 do in proportion ({measure_of})")
    _draw(found)


def _draw(found: dict[str, dict[int, dict[str, float]]]) -> None:
    from mcdemand.report import axes
    from mcdemand.report.canvas import new_figure, save_figure

    figure = new_figure((9.0, 5.2), "constrained")
    time_axes, memory_axes = figure.subplots(1, 2)
    for kind, sizes in found.items():
        draws = [*sizes]
        time_axes.plot(draws, [1e9 * one["seconds"] / n for n, one in sizes.items()], marker="o", label=kind)
        memory_axes.plot(draws, [one["peak"] / 1e6 for one in sizes.values()], marker="o", label=kind)
    for ax, title in ((time_axes, "ns a draw (eleven years)"), (memory_axes, "peak memory, MB")):
        ax.set(xscale="log", yscale="log", xlabel="draws", title=title)
        axes.style(ax)
        ax.legend()
    save_figure(figure, FIGURE, overwrite=True)


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2]))
