"""Squiggle: source text of one `SampleSet` a column, joint over all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.errors import InputError, IntegrityError
from mcdemand.exporters._column_summary import describe, state_levels, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._joint_columns import (
    Joint,
    chains_of,
    joint_tree,
    numbers_of,
    provenance,
    split_label,
    split_labels,
    statements,
)
from mcdemand.exporters._options import check_word
from mcdemand.exporters._restoring import reading
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import comment, comments, identifiers, text_literal
from mcdemand.files import read_text
from mcdemand.importers._squiggle_source import Call, Statement, read_source
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

ROWS = 1000
"""Lists of another length are resampled at random, each on its own, which ends the dependence between them."""
NUMBERS_PER_LINE = 8
SLOW_FROM = 12
"""Columns from which lists of numbers are tedious to wait for."""
LIST, TEXT = NUMBERS = ("list", "text")
READ_TEXT = "read_draws(text) = SampleSet.fromList(List.map(String.split(text, ' '), Danger.parseFloat))"
FUNCTIONS = """
    add subtract multiply divide pow mod exp log log2 log10 floor ceil abs round sum product min max mean quantile
    median geomean stdev variance sort cumsum cumprod diff mixture mx normal lognormal uniform beta cauchy gamma
    logistic exponential bernoulli triangular sparkline mode sample normalize truncate reverse concat map reduce
    filter equal unequal smaller larger inspect throw cdf pdf inv
"""
"""Words that a column's name would hide from the one who goes on writing."""
KEYWORD_STEMS = ("true", "false")
"""No name may begin with these: the parser takes them for the value."""
MARKED = str.maketrans({mark: f"\\{mark}" for mark in "\\`*[]<>&~"})
UNMARKED = re.compile(r"\\([\\`*\[\]<>&~])")
MAX_BYTES = 2**25
LABEL = re.compile(r"^//(.*)\n@name\(", re.MULTILINE)
LEVELS = re.compile(r"(?P<what>.*)(?:: |; )of [\d,]+ draws: .*")
"""What a label or a description is, before the quantiles of the column."""


def write(selection: Selection, target: Path, /, *, numbers: str) -> Iterable[str]:
    """Write the source text.

    Parameters
    ----------
    numbers
        "list": lists of numbers; "text": texts that are split into numbers when the source runs, which Squiggle reads
        18 times as fast (version 0.10.0), by a function that its authors do not promise to keep (`Danger.parseFloat`).

    Raises
    ------
    InputError
        If there are fewer than 1,000 draws, or `numbers` is neither.
    """
    check_word("numbers", numbers, NUMBERS)
    if selection.draws < ROWS:
        raise InputError(
            f"draws: {selection.draws}: Squiggle keeps draws joint in lists of {ROWS:,} only; simulate and export at "
            f"least {ROWS:,}, the same number of each chain"
        )
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _lines(selection, numbers))
    return list(_notes(selection, numbers))


def _lines(selection: Selection, numbers: str) -> Iterator[str]:
    yield "// Written by mcdemand: draws of a forecast, joint over all variables: row k of every list is one draw."
    yield from comments({**selection.about(), "draws_exported": ROWS}, "//")
    if numbers == TEXT:
        yield from ("", READ_TEXT)
    columns = selection.columns(most=ROWS)
    labels = (f"x_{one.label}" if one.label.lower().startswith(KEYWORD_STEMS) else one.label for one in columns)
    names = identifiers(labels, {*FUNCTIONS.split(), "read_draws"})
    for name, column, summary in zip(names, columns, summarize_columns(selection), strict=True):
        stated = state_levels(selection, summary)
        yield from ("", comment(f"{column.label}: {stated}", "//"))
        yield f"@name({text_literal(_title(column))})"
        # A description is shown as Markdown.
        yield f"@doc({text_literal(f'{describe(column)}; {stated}'.translate(MARKED))})"
        yield from _statement(name, column.values, numbers)


def _title(column: Column) -> str:
    year = "" if column.year is None else f" {column.year}"
    return f"{column.name}{year}" + (f" ({column.units})" if column.units else "")


def _statement(name: str, values: Floats, numbers: str) -> Iterator[str]:
    texts = [write_number(value) for value in values.tolist()]
    if numbers == TEXT:
        yield f"export {name} = read_draws('{' '.join(texts)}')"
        return
    yield f"export {name} = SampleSet.fromList(["
    for start in range(0, len(texts), NUMBERS_PER_LINE):
        yield f"  {', '.join(texts[start : start + NUMBERS_PER_LINE])},"
    yield "])"


def write_number(value: float) -> str:
    """Return the shortest text that stands for a number, one digit before the point.

    Squiggle reads the digits before the point as a whole number of their own, so those must be few.

    Examples
    --------
    >>> write_number(1234.5), write_number(-2e-30), write_number(7.0)
    ('1.2345e+03', '-2e-30', '7')
    """
    text = np.format_float_scientific(value, trim="-")
    return text.removesuffix("e+00")


def _notes(selection: Selection, numbers: str) -> Iterator[str]:
    if selection.draws > ROWS:
        yield f"{ROWS:,} of {selection.draws:,} draws: Squiggle keeps no more joint."
    count = len(selection.columns(most=1))
    if count >= SLOW_FROM and numbers == LIST:
        yield (
            f"Squiggle takes about {count / 4:.0f} seconds to read {count} lists; name fewer outputs or years, or set "
            "numbers=text, which it reads 18 times as fast."
        )


def read(path: Path) -> xr.DataTree:
    """Return the draws of Squiggle source, whose lists are read and nothing else."""
    with reading(path):
        try:
            text = read_text(path, str(path), MAX_BYTES, "export fewer outputs").replace("\r\n", "\n")
            found = read_source(text.replace(f"\n{READ_TEXT}\n", "\n\n", 1))
        except InputError as error:
            raise IntegrityError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
        columns = [*_columns(path, text, found)]
        attributes = provenance(statements(re.findall(r"^// (.*)$", text.partition("\n\n")[0], re.MULTILINE)))
        return joint_tree(path, columns, chains=chains_of(attributes), attributes=attributes)


def _columns(path: Path, text: str, found: list[Statement]) -> Iterator[Joint]:
    labels = [LEVELS.fullmatch(line.strip()) for line in LABEL.findall(text)]
    guesses = split_labels([one.name for one in found])
    if labels and len(labels) != len(found):
        raise IntegrityError(f"{path}: cut short or damaged: {len(found)} lists, and {len(labels)} labels")
    for one, guess, label in zip(found, guesses, labels or [None] * len(found), strict=True):
        name, year, about = (*guess, {}) if label is None else _described(label["what"], one.tags)
        yield Joint(name, year, _numbers(path, one), about)


def _described(label: str, tags: dict[str, str]) -> tuple[str, int | None, dict[str, str]]:
    """Return name, year, unit and long name, from a label, a title with the unit and a description with both names."""
    title, doc = tags.get("name", ""), LEVELS.fullmatch(UNMARKED.sub(r"\1", tags.get("doc", "")))
    split = split_label(label)
    in_year = literal(f"{split[0]} {split[1]}") if split else ""
    name, year = split if split and f"{title} ".startswith(f"{in_year} ") else (label, None)
    rest = title.removeprefix(label if year is None else in_year).strip()
    units = rest[1:-1] if rest.startswith("(") and rest.endswith(")") else ""
    long_name = doc["what"] if doc else ""
    for part in (units, "" if year is None else str(year)):
        long_name = long_name.removesuffix(f", {part}") if part else long_name
    return name, year, {"units": units, **({"long_name": long_name} if long_name not in ("", name) else {})}


def _numbers(path: Path, one: Statement) -> Floats:
    """Return the draws of a statement."""
    made = one.value
    given: Any = made.arguments[0] if isinstance(made, Call) and made.arguments and len(made.arguments) == 1 else None
    if isinstance(made, Call) and made.name == "read_draws" and isinstance(given, str):
        return numbers_of(given.split(" "))
    is_list = isinstance(given, list) and all(isinstance(value, float) for value in given)
    if not is_list or made.name != "SampleSet.fromList":
        raise IntegrityError(
            f"{path}: line {one.line}: is no list of draws, as --to squiggle writes them; laws are read by mcdemand "
            "priors import"
        )
    return np.array(given)


EXPORTER = Exporter(
    name="squiggle",
    title="Squiggle source, 1,000 joint draws of every variable",
    suffixes=(".squiggle",),
    keeps="joint draws",
    write=write,
    read_draws=read,
    owns_suffix=True,
    has_parameters=True,
    states_quantiles=True,
    options={"numbers": LIST},
    meanings={
        "numbers": "list, or text, which Squiggle reads 18 times as fast",
    },
)
