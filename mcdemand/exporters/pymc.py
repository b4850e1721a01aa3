"""PyMC: a Python file with one `pm.Interpolated` a column, on the log scale where the column is positive.

Marginals only: the variables are independent of each other in PyMC. A column of few different values becomes a
`pm.Categorical` over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import batched
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcdemand.exporters._checked_levels import CHECKED, ROUGH, misfit, named
from mcdemand.exporters._column_summary import describe, state_levels, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_whole
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import FIRST_LINES, comment, comments, identifiers, text_literal
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

MOST_VARIABLES = 100
MOST_VALUES = 64
FEWEST_BINS, MOST_BINS = 8, 400
NARROWEST = 1e-9
"""Half the range over the largest value: what is narrower is a constant."""
LEAST_DENSITY = 1e-5
NUMBERS_PER_LINE = 5
NAMES_OF_FILE = ("np", "pm", "add_forecast", "found", "values")


class Curve(NamedTuple):
    """A density between points, straight lines in between.

    Attributes
    ----------
    scale
        What a point is multiplied by; 0: points are logarithms.
    """

    points: Floats
    densities: Floats
    scale: float

    def quantiles(self, levels: Iterable[float]) -> Floats:
        """Return quantiles of the column itself, exact: below a straight line the probability is a parabola."""
        steps, d = np.diff(self.points), self.densities
        masses = np.concatenate([[0.0], np.cumsum(steps * (d[1:] + d[:-1]) / 2)])
        p = np.array(list(levels)) * masses[-1]
        k = np.clip(np.searchsorted(masses, p) - 1, 0, steps.size - 1)
        slope, rest = (d[k + 1] - d[k]) / steps[k], p - masses[k]
        # The root of d t + slope t^2 / 2 = rest, in the form that has no cancellation.
        t = 2 * rest / (d[k] + np.sqrt(np.maximum(d[k] ** 2 + 2 * slope * rest, 0.0)))
        x = self.points[k] + t
        return np.asarray(self.scale * x if self.scale else np.exp(x))


type Law = Curve | tuple[Floats, Floats]


def write(selection: Selection, target: Path, /, *, variables: int) -> Iterable[str]:
    """Write the source text.

    Raises
    ------
    InputError
        If `variables` is no whole number.
    """
    most = check_whole("variables", variables, 1, 1000)
    columns = selection.columns()
    kept = columns[:most]
    laws = [_law(column.values) for column in kept]
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _lines(selection, kept, laws))
    return list(_notes(columns, kept, laws))


def _law(values: Floats) -> Law:
    """Return a density, or the values and their probabilities if there are few."""
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size <= min(MOST_VALUES, max(1, values.size // 8)):
        return distinct, counts / values.size
    if distinct[-1] / 2 - distinct[0] / 2 <= NARROWEST * np.abs(distinct[[0, -1]]).max():
        return np.array([np.median(distinct)]), np.ones(1)
    return density(values)


def density(values: Floats) -> Curve:
    """Return a density of draws, by a histogram whose bars are joined at their middles.

    The number of bars grows as n^0.4: joining them adds about a quarter of a bar's width squared to the variance, which
    stays below the variance of the estimate itself. PyMC takes densities below 1e-8 for none, hence the scale; and a
    density of exactly 0 would stop a sampler, hence the least one.
    """
    scale = 0.0 if values.min() > 0 else float(np.abs(values).max())
    x = values / scale if scale else np.log(values)
    bins = int(np.clip(round(2 * values.size**0.4), FEWEST_BINS, MOST_BINS))
    shares, edges = np.histogram(x, bins)
    half = (edges[-1] - edges[0]) / bins / 2
    middles = np.concatenate([[edges[0] - half], (edges[:-1] + edges[1:]) / 2, [edges[-1] + half]])
    heights = np.concatenate([[0], shares, [0]]) / (values.size * 2 * half)
    return Curve(middles, np.maximum(heights, LEAST_DENSITY * heights.max()), scale)


def _lines(selection: Selection, columns: list[Column], laws: list[Law]) -> Iterator[str]:
    yield FIRST_LINES.rstrip("\n")
    yield from comments(selection.about())
    yield "# Marginals only: in PyMC the variables are independent of each other. Use draws where dependence matters."
    yield from ("import numpy as np", "import pymc as pm", "", "", "def add_forecast():")
    yield '    """Add the variables to the model in context; return them by name."""'
    yield "    found = {}"
    names = identifiers((column.label for column in columns), NAMES_OF_FILE)
    inner = identifiers((f"{_kind(law)}_{name}" for name, law in zip(names, laws, strict=True)), names)
    summaries = summarize_columns(selection)[: len(columns)]
    for name, base, column, summary, law in zip(names, inner, columns, summaries, laws, strict=True):
        yield from (f"    {comment(describe(column))}", f"    {comment(state_levels(selection, summary))}")
        yield from (f"    {line}" for line in _variable(name, base, column, law))
    yield from ("    return found", "", "", 'if __name__ == "__main__":', "    with pm.Model():")
    yield f"        print(pm.draw(add_forecast()[{text_literal(names[0])}], draws=10, random_seed=0))"


def _kind(law: Law) -> str:
    """Return what a column is made from in PyMC."""
    if not isinstance(law, Curve):
        return "index"
    return "scaled" if law.scale else "log"


def _variable(name: str, base: str, column: Column, law: Law) -> Iterator[str]:
    """Return the statements that add a variable, made from another one that is called `base`."""
    key, label = text_literal(name), f"    {text_literal(base)},"
    if not isinstance(law, Curve):
        values, shares = law
        if values.size == 1:
            yield f"found[{key}] = pm.Deterministic({key}, pm.math.constant({values.item()!r}))"
            return
        yield f"{name} = pm.Categorical("
        yield from (label, "    p=[", *_numbers(shares), "    ],", ")", "values = [", *_numbers(values), "]")
        yield f"found[{key}] = pm.Deterministic({key}, pm.math.constant(np.array(values))[{name}])"
        return
    yield comment(f"misfit of p5, p50 and p95: at most {100 * misfit(column.values, law.quantiles(CHECKED)):.2g} %")
    own = f"{law.scale!r} * {name}" if law.scale else f"pm.math.exp({name})"
    yield from (f"{name} = pm.Interpolated(", label)
    yield from ("    x_points=np.array([", *_numbers(law.points), "    ]),")
    yield from ("    pdf_points=np.array([", *_numbers(law.densities), "    ]),", ")")
    yield f"found[{key}] = pm.Deterministic({key}, {own})"


def _numbers(values: Floats) -> Iterator[str]:
    for row in batched(map(repr, values.tolist()), NUMBERS_PER_LINE):
        yield f"        {', '.join(row)},"


def _notes(columns: list[Column], kept: list[Column], laws: list[Law]) -> Iterator[str]:
    yield "Marginals only: the variables are independent of each other in PyMC."
    if len(kept) < len(columns):
        yield f"{len(kept)} of {len(columns)} variables: set the option variables to a larger number, or name outputs."
    rough = [
        literal(column.label)
        for column, law in zip(kept, laws, strict=True)
        if isinstance(law, Curve) and misfit(column.values, law.quantiles(CHECKED)) > ROUGH
    ]
    if rough:
        yield f"{named(rough)}: p5, p50 or p95 is off by more than {100 * ROUGH:.0f} %."


EXPORTER = Exporter(
    name="pymc",
    title="Python source of a PyMC variable for each column",
    suffixes=(".py",),
    keeps="marginals",
    write=write,
    states_quantiles=True,
    options={"variables": MOST_VARIABLES},
    meanings={
        "variables": "at most so many",
    },
)
