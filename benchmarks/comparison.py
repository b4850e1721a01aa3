"""`python -m benchmarks run [--cases A,B] [--peers A,B] [--draws N] [--write]`: mcdemand and its peers, in turns."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cases import cases
from benchmarks.contestant import running
from benchmarks.measuring import check, measure, programs_of
from benchmarks.peers import peers
from benchmarks.tables import section, store, write_tables


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def run(words: list[str]) -> None:
    """Measure cases and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks run", description=__doc__)
    parser.add_argument("--cases", type=_names, default=[*cases()], metavar="A,B", help=", ".join(cases()))
    parser.add_argument("--peers", type=_names, metavar="A,B", help=", ".join(peers()))
    parser.add_argument("--draws", type=int, help="instead of what the case has")
    parser.add_argument("--write", action="store_true", help="keep the results, and write the tables of README.md")
    chosen = parser.parse_args(words)
    for name in chosen.cases:
        found = measure(cases()[name], chosen.peers, chosen.draws)
        print(section(cases()[name], found), flush=True)
        if chosen.write:
            store(found)
            write_tables()


def check_programs(environment: str = "project") -> None:
    """Have every program of an environment do a small job, and raise unless its figures are right; time nothing."""
    programs = [program for case in cases().values() for program in programs_of(case)]
    with TemporaryDirectory() as folder:
        for program in programs:
            if program.peer.environment == environment:
                with running(program, Path(folder)) as contestant:
                    check(program, contestant, min(cases()[program.case].draws[1], program.peer.most_draws))
                print(f"{program.case}: {program.title}: right", flush=True)
