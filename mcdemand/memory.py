"""Whether a run fits into memory, said before the first byte of it is taken.

One rule for the exit code: what this machine could not hold even if nothing else ran is a mistake in the request
(code 2); what only its other programs, `ulimit -v` or a control group keep from this process is a lack (code 4).
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

from mcdemand.control_group import bytes_left
from mcdemand.errors import InputError, ResourceError
from mcdemand.run import Run
from mcdemand.spare_memory import spare_bytes

BYTES_PER_NUMBER = 8
# Kept free for what no count of numbers foresees: libraries, compiled code, the picture, other programs.
FREE_SHARE = 0.1
RESERVE_BYTES = 100_000_000
# Stack and allocator's arena of a thread; only addresses, but `ulimit -v` counts those.
THREAD_BYTES = 72 * 2**20
# One thread and one number, a parameter's or a quantity's: measured on a processor of 2023, and rounded.
SECONDS_PER_NUMBER = 1e-9
SYSTEM = Path("/")
REMEDY = "ask for fewer draws, outputs or years, or stream, which keeps none: --stream, mc.stream"
UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def check_memory(run: Run, threads: int, tile_draws: int) -> None:
    """Refuse a run that would not fit.

    Raises
    ------
    InputError
        If the machine is too small for it.
    ResourceError
        If it is large enough, but not this much is free or allowed.
    """
    time = f"{duration(_seconds(run, threads))} on {threads} threads at {1e9 * SECONDS_PER_NUMBER:g} ns a number"
    check_bytes(
        f"draws: {run.chains * run.draws_per_chain}",
        needed_bytes(run, threads, tile_draws),
        REMEDY,
        aside=f", and it would take about {time}",
        threads=threads,
        reused=kept_numbers(run),
    )


def check_bytes(what: str, needed: int, remedy: str, *, aside: str = "", threads: int = 1, reused: int = 0) -> None:
    """Refuse what would not fit into memory.

    Parameters
    ----------
    aside
        What else is said of something that no machine like this one could do.
    reused
        Numbers whose memory an earlier result may have left behind.

    Raises
    ------
    InputError
        If the machine is too small for it.
    ResourceError
        If it is large enough, but not this much is free or allowed.
    """
    installed, left = _installed_bytes(), _bytes_left(threads, reused)
    if left is not None and needed > left:
        # Results that nobody holds any more hold each other, in circles that only the collector opens.
        gc.collect()
        left = _bytes_left(threads, reused)
    if installed is not None and needed > installed:
        raise InputError(f"{what}: needs {size_text(needed)}, this machine has {size_text(installed)}{aside}; {remedy}")
    if left is not None and needed > left:
        raise ResourceError(f"{what}: needs {size_text(needed)} of memory, {size_text(left)} are available; {remedy}")


def _bytes_left(threads: int, reused: int) -> int | None:
    """Return the bytes that are free, those that a result of some numbers left behind included."""
    left = available_bytes(threads)
    return None if left is None else left + spare_bytes(reused)


def needed_bytes(run: Run, threads: int, tile_draws: int) -> int:
    """Return the bytes that a run holds at its fullest.

    Every kept number once; the tile of each thread; and, while the result is summarized or written, one output of all
    years in another order, or a row in each thread.
    """
    draws = run.chains * run.draws_per_chain
    columns = max(1, len(run.years))
    tiles = threads * run.program.row_count * min(tile_draws, run.draws_per_chain)
    copies = max(columns, threads) * draws
    return (kept_numbers(run) + tiles + copies) * BYTES_PER_NUMBER


def kept_numbers(run: Run) -> int:
    """Return how many numbers a run keeps."""
    rows = len(run.kept_rows()) + len(run.plan.outputs) * max(1, len(run.years))
    return rows * run.chains * run.draws_per_chain


def _seconds(run: Run, threads: int) -> float:
    """Return a rough time: the numbers that are computed, kept or not, at a rate measured once."""
    quantities = len(run.plan.first_sweep) + len(run.plan.second_sweep)
    numbers = run.chains * run.draws_per_chain * (run.program.row_count + quantities * run.horizon)
    return numbers * SECONDS_PER_NUMBER / threads


def available_bytes(threads: int = 1) -> int | None:
    """Return the bytes that a run may take: the least that any limit leaves, less a reserve; None if unknown."""
    limits = [left for left in (_free_bytes(), bytes_left()) if left is not None]
    addresses = _addresses_left()
    limits += [] if addresses is None else [addresses - threads * THREAD_BYTES]
    return max(0, int((1 - FREE_SHARE) * min(limits)) - RESERVE_BYTES) if limits else None


def _installed_bytes() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _free_bytes() -> int | None:
    """Return what the system could give, the files that it merely keeps at hand included."""
    try:
        lines = (SYSTEM / "proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (ValueError, OSError, StopIteration):
        return _installed_bytes()


def _addresses_left() -> int | None:
    """Return what `ulimit -v` leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        used = int((SYSTEM / "proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, AttributeError, ValueError, OSError):
        return None
    return None if limit == resource.RLIM_INFINITY else max(0, limit - used)


def size_text(count: int) -> str:
    """Return a number of bytes as text, in a unit that suits it and exactly."""
    power = min(max(0, (len(str(count)) - 1) // 3), len(UNITS) - 1)
    return f"{count / 1000**power:.3g} {UNITS[power]} ({count} bytes)"


def duration(seconds: float) -> str:
    """Return a time as text."""
    for name, length in (("years", 31_557_600), ("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {name}"
    return f"{seconds:.0f} seconds"
