"""The measured part of `ROOFLINE.md`: what was found the last time, as tables between marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.tables import number

HERE = Path(__file__).parent
RESULT, PAGE = HERE / "results" / "roofline.json", HERE / "ROOFLINE.md"
START, END = "<!-- roofline -->\n", "<!-- end of roofline -->\n"
CEILINGS = {
    "multiplier_ns": "a packed multiply-add",
    "other_ns": "a packed operation on bits, which any pipe can do",
    "division_ns": "a packed division",
    "root_ns": "a packed square root",
    "exp_ns": "`exp` of a number",
    "uniform_ns": "a uniform of Philox4x32-10",
    "score_ns": "a normal score",
}
MEMORY = ("read", "write", "copy")
NARROW = {"multiplier": "multiplier pipes", "arithmetic": "all pipes", "divider": "divider"}
HEADER = ("part", "multiplier", "other", "divisions, roots", "floor, ns a draw", "of which", "found", "times the floor")
EQUATIONS, WHOLE = "W1: years", "W1: simulation, stored"
SMALL = 0.02
"""Of a floor: a smaller share is not named."""


def section(found: dict[str, Any]) -> str:
    """Return what was measured in Markdown: ceilings, parts beside their floors, verdicts."""
    lines = [_conditions(found["machine"]), "", *_ceiling_lines(found["ceilings"]), "", *_part_lines(found["parts"])]
    return "\n".join([*lines, "", *verdicts(found)]) + "\n"


def _conditions(machine: dict[str, Any]) -> str:
    return (
        f"Measured on one thread of {machine['processors']} processors of an {machine['processor']} with "
        f"{machine['registers']} registers; least times, of whole runs the processor's."
    )


def _ceiling_lines(ceiling: dict[str, float]) -> list[str]:
    rows = [(words, f"{number(ceiling[name])} ns") for name, words in CEILINGS.items()]
    for name in MEMORY:
        one, two = (number(ceiling[f"{name}_{threads}"]) for threads in (1, 2))
        rows.append((f"memory, {name}", f"{one} GB/s; two threads {two}"))
    return _table(("ceiling", ""), rows)


def _part_lines(parts: list[dict[str, Any]]) -> list[str]:
    return _table(HEADER, [_cells(part) for part in parts])


def _cells(part: dict[str, Any]) -> tuple[str, ...]:
    counts = {"multiplier": 0.0, "other": 0.0, "division": 0.0, "root": 0.0, **part["counts"]}
    numbers = (counts["multiplier"], counts["other"], counts["division"] + counts["root"])
    by_size = sorted(part["floors"].items(), key=lambda item: -item[1])
    shares = [f"{NARROW[kind]} {number(value)}" for kind, value in by_size if value > SMALL * part["floor"]]
    shares += [f"memory, meanwhile, {number(part['memory'])} for {part['stored']} bytes"] if part["stored"] else []
    floor, found, ratio = map(number, (part["floor"], part["found"], part["found"] / part["floor"]))
    return (part["name"], *map(number, numbers), floor, ", ".join(shares), found, ratio)


def verdicts(found: dict[str, Any]) -> list[str]:
    """Return whether what is asked holds, a line each."""
    ratios = {part["name"]: part["found"] / part["floor"] for part in found["parts"]}
    seconds, asked = found["seconds"], found["asked"]
    summaries = seconds["summarize"] / seconds["simulate"]
    of_summaries = f"{number(1e3 * seconds['summarize'])} ms, {number(summaries)} of the simulation's"
    return [
        f"- Simulating W1 takes {number(ratios[WHOLE])} times its floor; its equations alone take "
        f"{number(ratios[EQUATIONS])} times theirs. {_verdict(ratios[WHOLE], asked['simulation'])}",
        f"- Its exact summaries take {of_summaries} {number(1e3 * seconds['simulate'])} ms (10^6 draws, two threads, "
        f"medians in turns). {_verdict(summaries, asked['summaries'])}",
    ]


def _verdict(ratio: float, most: float) -> str:
    return f"At most {number(most)} was asked: {'reached' if ratio <= most else 'not reached'}."


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (header, ("---",) * len(header), *rows)]


def updated(text: str) -> str:
    """Return the page with what was measured between its marks."""
    before, rest = text.split(START)
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    return f"{before}{START}{section(found)}{END}{rest.split(END)[1]}"


def write_page() -> None:
    """Put what was measured into the page."""
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
