"""All programs of a case in turns: right first, then fast; seconds, phases, memory, and what a start costs."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.cases import cases
from benchmarks.cases._case import SINGLE_ROUNDING, Case
from benchmarks.contestant import PROCESSORS, Answer, Contestant, Program, running
from benchmarks.peers import peers

OURS = "mcdemand"
LONG_SECONDS, LONG_ROUNDS = 3.0, 3
"""A program that takes longer does so many rounds only."""
WARM_UP_SECONDS = 0.5
CHECK_SEED = 1000


def programs_of(case: Case, chosen: Iterable[str] | None = None) -> list[Program]:
    """Return the programs of a case, mcdemand's first; of the chosen peers, or of all."""
    wanted = peers() if chosen is None else {OURS, *chosen}
    found = [
        Program(peer, case.name, variant)
        for name, peer in peers().items()
        if name in wanted
        for variant in peer.programs.get(case.name, {})
    ]
    return sorted(found, key=lambda program: program.peer.name != OURS)


def check(program: Program, contestant: Contestant, draws: int) -> Answer:
    """Have the job done once and raise unless its figures are right."""
    answer = contestant(CHECK_SEED, draws)
    try:
        cases()[program.case].check(answer["figures"], draws, SINGLE_ROUNDING if program.is_single else 0.0)
    except AssertionError as error:
        raise AssertionError(f"{program.title}: {error}") from None
    return answer


def start_up(program: Program, draws: int, cache: Path) -> dict[str, Any]:
    """Return the seconds of importing, and of a small first job, with nothing compiled yet and with all of it."""
    seconds = []
    for _ in ("cold", "warm"):
        with running(program, cache) as contestant:
            seconds.append(check(program, contestant, min(draws, program.peer.most_draws))["seconds"])
            ready = contestant.ready
    return {**ready, "first_cold": seconds[0], "first_warm": seconds[1]}


def take_turns(case: Case, caches: Mapping[Program, Path], draws: int) -> dict[Program, list[Answer]]:
    """Return the answers of all programs, round after round.

    In each, a program does its job over and over and the last time counts, unless it takes long: while the others have
    their turns, caches and the memory that it keeps are taken from it.
    """
    found: dict[Program, list[Answer]] = {program: [] for program in caches}
    with ExitStack() as stack:
        started = {program: stack.enter_context(running(program, cache)) for program, cache in caches.items()}
        first = {program: check(program, one, min(draws, program.peer.most_draws)) for program, one in started.items()}
        for round_ in range(case.rounds):
            for program, one in started.items():
                is_long, size = first[program]["seconds"] > LONG_SECONDS, min(draws, program.peer.most_draws)
                if not is_long:
                    _warm_up(one, case.rounds + round_, size)
                if round_ < LONG_ROUNDS or not is_long:
                    found[program].append(one(round_, size))
    return found


def _warm_up(contestant: Contestant, seed: int, draws: int) -> None:
    until = time.perf_counter() + WARM_UP_SECONDS
    contestant(seed, draws)
    while time.perf_counter() < until:
        contestant(seed, draws)


def measure(case: Case, chosen: Iterable[str] | None = None, draws: int | None = None) -> dict[str, Any]:
    """Return, as JSON has it, what was measured of a case, mcdemand first."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    programs, size = programs_of(case, chosen), draws or case.draws[0]
    with tempfile.TemporaryDirectory() as folder:
        caches = {program: Path(folder, str(k)) for k, program in enumerate(programs)}
        starts = {program: start_up(program, case.draws[1], cache) for program, cache in caches.items()}
        answers = take_turns(case, caches, size)
    base = answers[programs[0]]
    rows = [_row(case, program, answers[program], base, starts[program], size) for program in programs]
    return {"case": case.name, "draws": size, "machine": machine(), "programs": rows, "cannot": cannot(case)}


def cannot(case: Case) -> dict[str, str]:
    """Return what peers lack for a case, by what tables call them."""
    return {peer.title: peer.cannot[case.name] for peer in peers().values() if case.name in peer.cannot}


def _row(
    case: Case, program: Program, answers: list[Answer], base: list[Answer], start: Mapping[str, Any], draws: int
) -> dict[str, Any]:
    own = min(draws, program.peer.most_draws)
    # Of fewer draws, as many seconds as all would take.
    scale = draws / own
    ratios = [scale * one["seconds"] / unit["seconds"] for one, unit in zip(answers, base, strict=False)]
    return {
        "peer": program.peer.name,
        "title": program.title,
        "versions": start["versions"],
        "python": start["python"],
        "processors": program.peer.processors_of(program.case, program.variant),
        "precision": "float32" if program.is_single else "float64",
        "draws": own,
        "rounds": len(answers),
        "seconds": scale * statistics.median(one["seconds"] for one in answers),
        "ratio": statistics.median(ratios),
        "ratios": sorted(ratios),
        "phases": {phase: scale * _median(answers, phase) for phase in answers[0]["phases"]},
        "phase_ratios": _phase_ratios(answers, base, scale),
        "import": start["import"],
        "first_cold": start["first_cold"],
        "first_warm": start["first_warm"],
        "peak_bytes": max(one["peak_bytes"] for one in answers),
        "error": {} if case.error is None else _errors(case, answers),
    }


def _median(answers: list[Answer], phase: str) -> float:
    return statistics.median(one["phases"][phase] for one in answers)


def _phase_ratios(answers: list[Answer], base: list[Answer], scale: float) -> dict[str, float]:
    """Return, of phases that mcdemand has too, the medians of the ratios within a round."""
    return {
        phase: statistics.median(
            scale * one["phases"][phase] / unit["phases"][phase] for one, unit in zip(answers, base, strict=False)
        )
        for phase in answers[0]["phases"]
        if phase in base[0]["phases"]
    }


def _errors(case: Case, answers: list[Answer]) -> dict[str, float]:
    """Return the root-mean-square error over the rounds."""
    assert case.error is not None
    found = [case.error(answer["figures"]) for answer in answers]
    return {name: statistics.fmean(one[name] ** 2 for one in found) ** 0.5 for name in found[0]}


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, as far as it can be told."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    width = "512-bit" if "avx512f" in flags else "256-bit" if "avx2" in flags else "128-bit"
    return {"processor": model or platform.processor(), "registers": width, "processors": PROCESSORS}
