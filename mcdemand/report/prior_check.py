"""What a check of a prior set found, for people."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mcdemand.prior_check import CheckedGroup, CheckedRow, PriorCheck
from mcdemand.report.layout import counted, new_table, print_notes, print_text
from mcdemand.report.numbers import cell_text, number_text
from mcdemand.report.prior_listing import law_words
from mcdemand.report.text import literal

HEADERS = ("p5", "p50", "p95", "mean")
INDENT = 2
MOST_COLUMNS = 10
SMALL_EIGENVALUE = 0.05


def print_check(console: Console, check: PriorCheck) -> None:
    """Print the verdict, what each row implies, the groups, and what to think over."""
    for line in verdict(check):
        print_text(console, line)
    console.print()
    _print_rows(console, check)
    for group in check.groups:
        console.print()
        _print_group(console, group)
    console.print()
    print_notes(console, [f"Warning: {one}" for one in check.warnings] or ["No warnings."])
    print_notes(console, [f"Note: {one}" for one in check.notes])


def verdict(check: PriorCheck) -> Iterator[str]:
    """Yield that the set is ok, and what is worth a note.

    Examples
    --------
    >>> from mcdemand import check_prior_set
    >>> next(verdict(check_prior_set("seed")))[:25]
    'ok: seed: 54 parameters ('
    """
    constants = sum(row.prior.is_constant for row in check.rows)
    yield (
        f"ok: {check.name}: {counted(len(check.rows), 'parameter')} ({constants} constant), "
        f"{counted(check.correlations, 'correlation')}, {counted(len(check.groups), 'dependent group')}; "
        f"the default outputs of {check.model} need {check.needed}"
    )
    yield from (f"Note: {notice}" for notice in check.notices)
    if check.unused:
        yield f"Note: no quantity of the model uses: {', '.join(check.unused)}"


def _print_rows(console: Console, check: PriorCheck) -> None:
    """Print a line of numbers for each row, and its law below."""
    width = max(len(row.prior.name) for row in check.rows)
    head = "".join(f"{header:>9}" for header in HEADERS)
    console.print(Text(f"{'parameter':<{width}}{head}  unit", style="bold"), soft_wrap=True)
    for row in check.rows:
        console.print(Text(f"{row.prior.name:<{width}}{''.join(_cells(row))}  {literal(row.unit)}"), soft_wrap=True)
        console.print(Padding(Text(law_words(row.prior)), (0, 0, 0, INDENT), expand=False))


def _cells(row: CheckedRow) -> list[str]:
    if not row.quantiles:
        return [" " * 9] * len(HEADERS)
    if row.prior.is_constant:
        return [" " * 9, f"{_number(row.mean, row.unit):>9}", " " * 9, " " * 9]
    return [f"{_number(x, row.unit):>9}" for x in (*row.quantiles, row.mean)]


def _number(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "none" if math.isnan(value) else "infinite"
    return number_text(value, unit) if unit == "year" else cell_text(value)


def _print_group(console: Console, group: CheckedGroup) -> None:
    """Print the correlations of a group, its members by number."""
    value = group.smallest_eigenvalue
    near = "; close to 0: some of them nearly determine another" if value < SMALL_EIGENVALUE else ""
    members = ", ".join(f"{k} {name}" for k, name in enumerate(group.names, start=1))
    family = group.label.partition(" group of ")[0]
    print_text(console, f"{family.capitalize()} group: {members}")
    print_text(console, f"{group.kind} correlations, smallest eigenvalue {value:.3g}{near}")
    for start in range(0, len(group.names), MOST_COLUMNS):
        columns = range(start, min(start + MOST_COLUMNS, len(group.names)))
        table = new_table("", ["", *(str(k + 1) for k in columns)])
        for i in range(len(group.names)):
            cells = [f"{group.matrix[i, j]:.2f}" if group.matrix[i, j] else "" for j in columns]
            table.add_row(str(i + 1), *cells)
        console.print(table)
