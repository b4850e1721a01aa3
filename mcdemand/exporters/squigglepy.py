"""squigglepy: a Python file of joint draws, or of one fitted law a column; it needs no other file and no network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from mcdemand.exporters._column_summary import ColumnSummary, state_levels, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_whole, check_word
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import FIRST_LINES, comment, comments, identifiers, text_literal
from mcdemand.exporters._squigglepy_reading import read
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.order_statistics import quantiles

SAMPLES, QUANTILES = FORMS = ("samples", "quantiles")
USUAL_ROWS, MOST_ROWS = 1000, 100_000
NUMBERS_PER_LINE = 8
ROUGH = 0.1
"""A misfit from which a note is made."""
USE_OF_SAMPLES = '''

def sample(size, seed=0):
    """Return `size` joint draws of every variable: rows drawn with replacement, the same ones for all."""
    rows = np.random.default_rng(seed).integers(len(next(iter(DRAWS.values()))), size=size)
    return {name: values[rows] for name, values in DRAWS.items()}


def laws():
    """Return a squigglepy distribution of each variable on its own: they are independent of each other."""
    import squigglepy as sq

    return {name: sq.discrete(values.tolist()) for name, values in DRAWS.items()}


if __name__ == "__main__":
    for name, values in DRAWS.items():
        print(name, *np.quantile(values, [0.05, 0.5, 0.95]))
'''
USE_OF_QUANTILES = '''

def laws():
    """Return a squigglepy distribution of each variable on its own: they are independent of each other.

    Lognormal by the 5 % and 95 % quantiles if both are positive, otherwise normal.
    """
    import squigglepy as sq

    return {name: sq.to(low, high) if low < high else sq.const(low) for name, (low, high) in RANGES.items()}


if __name__ == "__main__":
    for name, values in QUANTILES.items():
        print(name, *values)
'''


class Entry(NamedTuple):
    """A column with its name in the file."""

    name: str
    column: Column
    summary: ColumnSummary


def write(selection: Selection, target: Path, /, *, form: str, rows: int) -> Iterable[str]:
    """Write the file.

    Parameters
    ----------
    form
        "samples": NumPy arrays of joint draws, `sample` that draws rows of them, and `laws`, a `sq.discrete` of each.
        "quantiles": quantiles, and `laws`, a `sq.to` from the 5 % to the 95 % quantile of each.
    rows
        Of "samples": at most so many draws, taken from the chains in turn.

    Raises
    ------
    InputError
        If an option is not valid.
    """
    check_word("form", form, FORMS)
    kept = min(check_whole("rows", rows, 1, MOST_ROWS), selection.draws)
    columns = selection.columns(most=kept if form == SAMPLES else None)
    names = identifiers(column.label for column in columns)
    entries = [Entry(*one) for one in zip(names, columns, summarize_columns(selection), strict=True)]
    lines = _lines_of_samples(entries) if form == SAMPLES else _lines_of_quantiles(entries, selection)
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.write(FIRST_LINES)
        file.writelines(
            f"{line}\n" for line in _heading(entries, selection, kept if form == SAMPLES else selection.draws)
        )
        file.writelines(f"{line}\n" for line in lines)
        file.write(USE_OF_SAMPLES if form == SAMPLES else USE_OF_QUANTILES)
    return list(_notes_of_samples(kept, selection) if form == SAMPLES else _notes_of_quantiles(entries))


def _heading(entries: Iterable[Entry], selection: Selection, kept: int) -> Iterator[str]:
    yield from comments({**selection.about(), "draws_exported": kept})
    yield from ("", "# What each variable is.", "VARIABLES = {")
    for name, column, summary in entries:
        yield f"    {comment(state_levels(selection, summary))}"
        stated = {"variable": column.name, "units": column.units, "long_name": column.long_name}
        texts = [f'"{key}": {text_literal(text)}' for key, text in stated.items()]
        yield f'    "{name}": {{{", ".join(texts)}, "year": {column.year}}},'
    yield "}"


def _lines_of_samples(entries: Iterable[Entry]) -> Iterator[str]:
    yield from ("", "import numpy as np", "", "# Row k of every array is one draw of the forecast.", "DRAWS = {")
    for name, column, _ in entries:
        yield from (f'    "{name}": np.array(', "        [", *_rows(column.values), "        ]", "    ),")
    yield "}"


def _rows(values: Floats) -> Iterator[str]:
    texts = [repr(value) for value in values.tolist()]
    for start in range(0, len(texts), NUMBERS_PER_LINE):
        yield f"            {', '.join(texts[start : start + NUMBERS_PER_LINE])},"


def _lines_of_quantiles(entries: Iterable[Entry], selection: Selection) -> Iterator[str]:
    yield from ("", f"LEVELS = {list(selection.probabilities)}", "QUANTILES = {")
    yield from (f'    "{name}": {list(summary.quantiles)},' for name, _, summary in entries)
    yield from ("}", "MCSE = {")
    yield from (f'    "{name}": {_stated(summary.mcse_quantiles)},' for name, _, summary in entries)
    yield from ("}", "# 5 % and 95 % quantiles.", "RANGES = {")
    for name, column, _ in entries:
        low, high = _range(column.values)
        yield f'    "{name}": ({low!r}, {high!r}),  # {_words(misfit(column.values))}'
    yield "}"


def _stated(errors: Iterable[float]) -> str:
    return f"[{', '.join('None' if math.isnan(error) else repr(error) for error in errors)}]"


def _range(values: Floats) -> tuple[float, float]:
    low, high = quantiles(values, [0.05, 0.95]).tolist()
    return low, high


def misfit(values: Floats) -> float:
    """Return how far the law from the 5 % to the 95 % quantile is off at 1, 25, 50, 75 and 99 %, as a share.

    Of a lognormal law, of the quantile itself; of a normal one, of the 90 % range.
    """
    low, high = _range(values)
    levels = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
    z = ndtri(levels) / ndtri(0.95)
    exact = quantiles(values, levels)
    if not low < high:
        return float(np.abs(exact - low).max() > 0)
    if low > 0:
        fitted = np.exp((math.log(low) + math.log(high)) / 2 + z * (math.log(high) - math.log(low)) / 2)
        return float(np.abs(fitted / exact - 1).max()) if exact[0] > 0 else math.inf
    fitted = (low + high) / 2 + z * (high - low) / 2
    return float(np.abs(fitted - exact).max() / (high - low))


def _words(share: float) -> str:
    return (
        f"the law is off by up to {share:.0%} between the 1 % and the 99 % quantile"
        if math.isfinite(share)
        else ("the law is lognormal, and some values are not positive")
    )


def _notes_of_samples(kept: int, selection: Selection) -> Iterator[str]:
    if kept < selection.draws:
        yield f"{kept:,} of {selection.draws:,} draws: set rows to keep more."
    yield "sample() keeps the dependence between variables; squigglepy's own distributions, laws(), are independent."


def _notes_of_quantiles(entries: Iterable[Entry]) -> Iterator[str]:
    yield "Draws are left out, and with them dependence; form=samples keeps both."
    rough = {entry.column.label: share for entry in entries if (share := misfit(entry.column.values)) > ROUGH}
    if rough:
        worst = max(rough, key=lambda label: rough[label])
        yield (
            f"{len(rough)} fitted laws are off by more than {ROUGH:.0%} between the 1 % and the 99 % quantile, the "
            f"worst of {text_literal(worst)}: {_words(rough[worst])}."
        )


EXPORTER = Exporter(
    name="squigglepy",
    title="Python file for squigglepy and NumPy: joint draws, or a fitted law of every variable",
    suffixes=(".py",),
    keeps="joint draws",
    write=write,
    read_draws=read,
    has_parameters=True,
    states_quantiles=True,
    options={"form": SAMPLES, "rows": USUAL_ROWS},
    meanings={
        "form": "samples: joint draws; quantiles: a fitted law of each variable",
        "rows": "of samples: joint draws, at most",
    },
)
