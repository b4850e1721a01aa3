"""`mcdemand selftest`: problems of known answer, replayed by this installation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from mcdemand.commands.arguments import parse_count
from mcdemand.errors import NumericalError

if TYPE_CHECKING:
    from rich.table import Table

    from mcdemand.selftest.replay import Answer

FEWEST_DRAWS = 1000
INDICES_KEY = "S: first-order index; ST: total-order index; log: of the output's logarithm."
HEADERS = ("no.", "output", "figure", "exact", "estimate", "error/SE", "")


def selftest(
    *,
    draws: Annotated[str, Parameter(metavar="N", help="Draws of every problem.")] = "1e6",
    seed: Annotated[str, Parameter(metavar="N", help="Seed; another one is another test.")] = "0",
) -> None:
    """Replay problems of known answer: exact and estimated figures, PASS or DIFF; 5 standard errors are allowed."""
    from mcdemand.errors import InputError
    from mcdemand.report.layout import print_notes
    from mcdemand.report.text import console
    from mcdemand.selftest.problems import LEFT_OUT
    from mcdemand.selftest.replay import replay_all

    count = parse_count("--draws", draws)
    if count < FEWEST_DRAWS:
        raise InputError(f"--draws: {draws}: at least {FEWEST_DRAWS}, or the standard errors do not hold")
    answers = replay_all(count, parse_count("--seed", seed))
    different = [answer for answer in answers if not answer.passes]
    out = console(sys.stdout)
    out.print(_table(answers))
    print_notes(out, [f"{len(answers) - len(different)} of {len(answers)} figures agree.", INDICES_KEY, LEFT_OUT])
    if different:
        raise NumericalError(f"selftest: {len(different)} figures differ; report them with your versions and processor")


def _table(answers: list[Answer]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for header in HEADERS:
        table.add_column(header, justify="left" if header in ("output", "figure", "") else "right", no_wrap=True)
    for answer in answers:
        figure = answer.figure
        table.add_row(
            str(figure.problem),
            figure.output,
            _name(answer),
            f"{figure.exact:.6g}",
            f"{answer.estimate:.6g}",
            f"{answer.error:+.2f}",
            "PASS" if answer.passes else "DIFF",
        )
    return table


def _name(answer: Answer) -> str:
    figure = answer.figure
    if figure.parameter:
        order = "S" if figure.statistic == "first_order" else "ST"
        return f"{order} {figure.parameter}{', log' if figure.scale == 'log' else ''}"
    names = {"quantile": f"p{100 * figure.level:g}", "above": f"P(> {figure.level:g})"}
    if figure.statistic in ("lower", "upper"):
        return f"{100 * figure.level:g} % {figure.statistic}"
    year = f", {figure.year}" if figure.year else ""
    return names.get(figure.statistic, figure.statistic) + year
