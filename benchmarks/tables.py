"""What was measured becomes the tables of `benchmarks/README.md`, between marks; a stale one is found out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.cases import cases
from benchmarks.cases._case import Case

RESULTS = Path(__file__).with_name("results")
PAGE = Path(__file__).with_name("README.md")
README = Path(__file__).resolve().parents[1] / "README.md"
SHORT = "peers"
"""The mark of the short table in the project's README."""
START, END = "<!-- {} -->\n", "<!-- end of {} -->\n"
HEADER = ("program", "seconds", "times as long", "phases", "import", "first job: cold, warm", "peak MB", "error")
OURS = "mcdemand"
FASTER = 0.95
"""Of mcdemand's seconds: below, a peer is called faster."""


def store(found: dict[str, Any]) -> Path:
    """Write what was measured of a case."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['case']}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return path


def stored(case: Case) -> dict[str, Any] | None:
    """Return what was measured of a case the last time."""
    path = RESULTS / f"{case.name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def section(case: Case, found: dict[str, Any]) -> str:
    """Return the table of a case in Markdown, with what it was measured on and who cannot do it."""
    lines = [f"### {case.title}", "", f"{case.says} {_conditions(found)}", ""]
    lines += _phase_table(found) if case.by_phase else _table(HEADER, map(_cells, found["programs"]))
    if faster := [name for row in found["programs"] for name in _faster(case, row)]:
        lines += ["", f"Faster than mcdemand: {'; '.join(faster)}."]
    if found["cannot"]:
        lines += ["", "Left out: " + "; ".join(f"{name} ({why})" for name, why in found["cannot"].items()) + "."]
    return "\n".join(lines) + "\n"


def _faster(case: Case, row: dict[str, Any]) -> list[str]:
    """Return what a peer does faster."""
    if case.by_phase:
        return [f"{row['title']} ({phase})" for phase, ratio in row["phase_ratios"].items() if ratio < FASTER]
    return [row["title"]] * (row["ratio"] < FASTER and row["peer"] != OURS)


def _phase_table(found: dict[str, Any]) -> list[str]:
    """Return a table with a line for each phase: nanoseconds a draw, and of peers how many times as long."""
    ours, *others = found["programs"]
    header = ["", f"{ours['title']}, ns a draw", *(f"{_name(row)}, ns" for row in others)]
    rows = []
    for phase in ours["phases"]:
        cells = [_phase_cell(row, phase, found["draws"]) for row in (ours, *others)]
        rows.append([phase, *cells])
    return _table(header, rows)


def _phase_cell(row: dict[str, Any], phase: str, draws: int) -> str:
    if phase not in row["phases"]:
        return ""
    ratio = row["phase_ratios"][phase]
    times = "" if row["peer"] == OURS else f", {number(ratio)} times"
    return f"{number(1e9 * row['phases'][phase] / draws)}{times}"


def _conditions(found: dict[str, Any]) -> str:
    machine = found["machine"]
    rounds = max(row["rounds"] for row in found["programs"])
    return (
        f"{found['draws']:,} draws, {rounds} rounds in turns, {machine['processors']} processors of an "
        f"{machine['processor']} with {machine['registers']} registers."
    )


def _cells(row: dict[str, Any]) -> list[str]:
    low, high = (row["ratios"][k] for k in _quartiles(len(row["ratios"])))
    phases = ", ".join(f"{name} {number(seconds)}" for name, seconds in row["phases"].items())
    errors = ", ".join(f"{name} {100 * error:.2g} %" for name, error in row["error"].items())
    ratio = f"{number(row['ratio'])} ({number(low)} to {number(high)})" if low < high else "1"
    first = f"{number(row['first_cold'])}, {number(row['first_warm'])}"
    peak = f"{row['peak_bytes'] / 1e6:.0f}"
    return [_name(row), number(row["seconds"]), ratio, phases, number(row["import"]), first, peak, errors]


def _name(row: dict[str, Any]) -> str:
    tool, *_ = row["versions"].values()
    details = [*filter(None, [tool]), f"{row['processors']} processor{'s' if row['processors'] > 1 else ''}"]
    return f"{row['title']} ({', '.join(details + [row['precision']] * (row['precision'] != 'float64'))})"


def _quartiles(count: int) -> tuple[int, int]:
    return (count - 1) // 4, count - 1 - (count - 1) // 4


def number(value: float) -> str:
    """Return three digits, as `0.0912`, `3.42` or `1,230`."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = [*header]
    return [f"| {' | '.join(line)} |" for line in (titles, ["---"] * len(titles), *rows)]


def short_table(found: dict[str, Any]) -> str:
    """Return who takes how long for a case, without details."""
    rows = [[row["title"], number(row["seconds"]), number(row["ratio"])] for row in found["programs"]]
    return "\n".join(_table(("", "seconds", "times as long"), rows)) + "\n"


def updated(text: str) -> str:
    """Return a page with the tables of all cases that were measured, where it has marks for them."""
    parts = {name: found for name, case in cases().items() if (found := stored(case))}
    for name, found in parts.items():
        text = _between(text, name, section(cases()[name], found))
    return _between(text, SHORT, short_table(parts["w1"])) if "w1" in parts else text


def _between(text: str, name: str, part: str) -> str:
    start, end = START.format(name), END.format(name)
    if start not in text or end not in text:
        return text
    before, rest = text.split(start)
    return f"{before}{start}{part}{end}{rest.split(end)[1]}"


def write_tables() -> None:
    """Put the tables into the pages."""
    for page in (PAGE, README):
        page.write_text(updated(page.read_text(encoding="utf-8")), encoding="utf-8")
