"""What the processor allows: instructions counted in the machine code, times what each takes at least on this machine.

A loop takes at least the longest of: its instructions for the multiplier pipes, all its packed arithmetic, its
divisions and roots, each at the rate that is measured in the same run. Loops follow one another, so their floors add
up. What is stored takes at least what the bandwidth of memory says, meanwhile. Reading, moving and looking up are not
counted.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import mcdemand as mc
from benchmarks import ceilings, w1
from benchmarks.ceilings import BYTES, least_seconds
from benchmarks.machine_code import Counts, Loop, loop_counts, total
from benchmarks.measuring import machine
from benchmarks.roofline_page import RESULT, section, write_page
from mcdemand.compiler import compile_trajectories
from mcdemand.designs import designs
from mcdemand.engine import TILE_DRAWS, empty_store, run_tiles
from mcdemand.kernels import rows as operations
from mcdemand.kernels.cache import cache_folder
from mcdemand.kernels.normal import CENTRAL_HALF_WIDTH
from mcdemand.request import prepare_request
from mcdemand.row_program import design_numbers, draw_parameters, operation_numbers
from mcdemand.run import YEAR_STEP, Run

DRAWS = 10**6
TURNS, WARM_UP_TURNS, WHOLE_ROUNDS = 15, 5, 7
TAIL_SHARE = 1 - 2 * CENTRAL_HALF_WIDTH
MOST_OF_FLOOR, MOST_OF_SIMULATION = 1.5, 0.5
"""What is asked: of the simulation in units of its floor, of the summaries in units of the simulation."""
REQUESTS: dict[str, dict[str, Any]] = {
    "W1": {"priors": w1.PRIORS, "model": w1.MODEL, "outputs": ["demand"]},
    "consensus": {"priors": "consensus"},
}

type Ceilings = dict[str, float]


@dataclass(frozen=True)
class Part:
    """A part of a run.

    Attributes
    ----------
    counts
        Packed instructions a draw, by kind.
    floors
        Nanoseconds a draw that its loops take at least, by what is narrowest in them.
    found
        Nanoseconds a draw that it takes, on one thread.
    stored, memory
        Bytes that it stores of a draw, and nanoseconds that memory needs for them.
    """

    name: str
    counts: dict[str, float]
    floors: dict[str, float]
    found: float
    stored: int = 0
    memory: float = 0.0

    @property
    def floor(self) -> float:
        """What it takes at least."""
        return max(sum(self.floors.values()), self.memory)


def part(name: str, loops: list[Counts], found: float, ceiling: Ceilings, stored: int = 0) -> Part:
    """Return a part that consists of some loops."""
    floors: Counts = Counter()
    for counts in loops:
        needed = needs(counts, ceiling)
        narrowest = max(needed, key=needed.__getitem__)
        floors[narrowest] += needed[narrowest]
    return Part(name, dict(total(loops)), dict(floors), found, stored, stored / ceiling["write_1"])


def needs(counts: Counts, ceiling: Ceilings) -> Ceilings:
    """Return nanoseconds a draw that each kind of instruction of a loop takes at least."""
    return {
        "multiplier": counts["multiplier"] * ceiling["multiplier_ns"],
        "arithmetic": (counts["multiplier"] + counts["other"]) * min(ceiling["other_ns"], ceiling["multiplier_ns"]),
        "divider": counts["division"] * ceiling["division_ns"] + counts["root"] * ceiling["root_ns"],
    }


def loops_of_years(run: Run) -> list[Counts]:
    """Return the loops of the model's kernel.

    Loops over the draws of a block lie within that over blocks; those of each year within that over years too. A
    function of its own is called for each row that is stored.
    """
    years = run.horizon + bool(run.plan.second_sweep)
    rounds = {1: max(1, len(run.years)) * len(run.plan.outputs), 2: 1, 3: years}
    return loop_counts(_kernel(run), lambda loop, _number: rounds[min(loop.depth, 3)])


def loops_of_parameters(run: Run) -> list[Counts]:
    """Return the loops of the row program: of each source and of each operation."""
    fills = [designs()[name].fill for name in design_numbers()]
    known = [*operation_numbers()]
    found = []
    for _, design, *_ in run.program.sources.tolist():
        # A call of the cipher makes two uniforms.
        found += loop_counts(fills[design], lambda *_: 0.5)
    for number, first, last, *_ in run.program.code.tolist():
        found += _loops_of_operation(known[number], last - first)
    return found


def _loops_of_operation(operation: Any, indices: int) -> list[Counts]:
    def rounds(loop: Loop, number: int) -> float:
        if operation is operations.combine:
            return indices - 1 if number else 1
        if operation is operations.select:
            return indices - 2
        # The tails' scores are found for the tails only; theirs is the loop that takes roots.
        is_tail = operation in (operations.to_normal, operations.truncate_normal) and loop.counts()["root"]
        return TAIL_SHARE if is_tail else 1

    return loop_counts(operation, rounds)


def _kernel(run: Run) -> Any:
    return compile_trajectories(run.model, run.plan, run.yearly())


def _prepared(name: str, draws: int) -> Run:
    return prepare_request(**REQUESTS[name], draws=draws, chains=1, design="random")


def _seconds_of_parts(run: Run) -> tuple[float, float]:
    """Return the least seconds of a tile's parameters and of its years, stored where they stay in a near cache."""
    size, years = run.draws_per_chain, max(1, len(run.years))
    tile, series = np.empty((run.program.row_count, size)), np.empty((len(run.plan.outputs), years, size))
    columns = np.full(run.horizon, -1)
    columns[[year - run.base_year for year in run.years]] = np.arange(years)
    kernel, rows = _kernel(run), run.plan_rows()
    parameters = least_seconds(lambda: draw_parameters(run.program, 0, 0, size, tile))
    return parameters, least_seconds(lambda: kernel(tile, size, *rows, run.base_year, YEAR_STEP, columns, series, 0))


def _stored_bytes(run: Run) -> int:
    """Return what is stored of a draw."""
    return BYTES * (len(run.plan.outputs) * max(1, len(run.years)) + len(run.kept_rows()))


def _whole_seconds(run: Run) -> float:
    """Return the least seconds of the processor for all tiles on one thread, into memory that is there already."""
    store = empty_store(run)
    return least_seconds(lambda: run_tiles(run, store, threads=1), WHOLE_ROUNDS, time.process_time)


def measure_parts(ceiling: Ceilings) -> list[Part]:
    """Return the parts of W1 and of the shipped model, and each as a whole."""
    exponential = part("exp", loop_counts(ceilings.exponentials), ceiling["exp_ns"], ceiling)
    return [exponential, *(one for name in REQUESTS for one in _parts_of(name, ceiling))]


def _parts_of(name: str, ceiling: Ceilings) -> list[Part]:
    tile, whole = _prepared(name, TILE_DRAWS), _prepared(name, DRAWS)
    parameters, years = (1e9 * seconds / TILE_DRAWS for seconds in _seconds_of_parts(tile))
    of_parameters, of_years = loops_of_parameters(tile), loops_of_years(tile)
    together = 1e9 * _whole_seconds(whole) / DRAWS
    return [
        part(f"{name}: parameters", of_parameters, parameters, ceiling),
        part(f"{name}: years", of_years, years, ceiling),
        part(f"{name}: simulation, stored", of_parameters + of_years, together, ceiling, _stored_bytes(whole)),
    ]


def measure_wholes() -> dict[str, float]:
    """Return the median seconds of `simulate` and `summarize` on W1, two threads, in turns."""
    priors = mc.load_prior_set(w1.PRIORS)
    times: dict[str, list[float]] = {"simulate": [], "summarize": []}
    for _ in range(WARM_UP_TURNS + TURNS):
        start = time.perf_counter()
        result = mc.simulate(priors, model=w1.MODEL, outputs=["demand"], draws=DRAWS, design="random", threads=2)
        middle = time.perf_counter()
        mc.summarize(result, probabilities=w1.PROBABILITIES, ci_prob=w1.CI_PROB, ci_kind="hdi", threads=2)
        times["simulate"].append(middle - start)
        times["summarize"].append(time.perf_counter() - middle)
        # The next one takes its memory.
        del result
    return {name: statistics.median(found[WARM_UP_TURNS:]) for name, found in times.items()}


def measure_roofline() -> dict[str, Any]:
    """Return ceilings, parts and wholes, measured in one run."""
    # Machine code can be looked at only where it was just made.
    os.environ["MCDEMAND_CACHE_DIR"] = os.devnull
    cache_folder.cache_clear()
    ceiling = ceilings.measure_ceilings()
    parts = [{**asdict(one), "floor": one.floor} for one in measure_parts(ceiling)]
    found = {"machine": machine(), "ceilings": ceiling, "parts": parts, "seconds": measure_wholes()}
    return {**found, "asked": {"simulation": MOST_OF_FLOOR, "summaries": MOST_OF_SIMULATION}}


def print_roofline(*, write: bool = False) -> None:
    """Print ceilings, parts and verdicts; where asked, keep them and put them into the page."""
    found = measure_roofline()
    print(section(found))
    if write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        write_page()
