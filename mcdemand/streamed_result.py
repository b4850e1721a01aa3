"""Labels for a run that keeps no draws: its summary, how its draws are distributed, and the first draws as a sample."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.kernels.arrays import Floats
from mcdemand.reading import DISTRIBUTION, SUMMARY
from mcdemand.result import (
    SCHEMA,
    STREAM_SCHEMA,
    label_run,
    label_years,
    parameter_attributes,
    quantity_attributes,
    root_attributes,
)
from mcdemand.run import Run
from mcdemand.sinks import Store
from mcdemand.streaming.ladder import Ladder
from mcdemand.streaming.study import Answer, Question
from mcdemand.summary import error_words, tabulate

SAMPLE = "sample_"
BINS = 256
"""Bins of a histogram; each is one or more of those that draws were counted in."""


def label_answer(run: Run, question: Question, answer: Answer, sample: Store) -> xr.DataTree:
    """Return the tree of a streamed run; `sample` holds the first draws of each chain."""
    first = label_run(dataclasses.replace(run, draws_per_chain=sample.draws), sample)
    attributes = root_attributes(run) | {
        "schema": STREAM_SCHEMA,
        "exact": int(question.exact),
        "rank_correlations": first.attrs["rank_correlations"],
    }
    groups = {
        "/": xr.Dataset(attrs=attributes),
        f"/{SUMMARY}": _summary(run, question, answer),
        f"/{DISTRIBUTION}": _distribution(run, answer),
        **{f"/{SAMPLE}{name}": group.to_dataset() for name, group in first.children.items()},
    }
    tree = xr.DataTree.from_dict(groups)
    tree.name = None
    return tree


def sample_of(streamed: xr.DataTree) -> xr.DataTree:
    """Return the sample of a streamed result as a result of its own: the run with fewer draws."""
    groups = {name.removeprefix(SAMPLE): group for name, group in streamed.children.items() if name.startswith(SAMPLE)}
    sizes = groups["prior"].sizes
    attributes = streamed.attrs | {"schema": SCHEMA, "draws": sizes["chain"] * sizes["draw"]}
    del attributes["exact"]
    return xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs=attributes), **{f"/{name}": group.to_dataset() for name, group in groups.items()}}
    )


def _names(answer: Answer) -> list[str]:
    return list(dict.fromkeys(row.name for row in answer.rows))


def _attributes(run: Run, name: str) -> dict[str, Any]:
    return quantity_attributes(run, name) if name in run.plan.outputs else parameter_attributes(run, name)


def _years(run: Run, answer: Answer) -> xr.Variable | None:
    return label_years(run) if any(row.year is not None for row in answer.rows) else None


def _summary(run: Run, question: Question, answer: Answer) -> xr.Dataset:
    """Return what `summarize` does, and how far quantiles and interval ends can be from those of all draws."""
    rows = {
        name: [s for s, row in zip(answer.summaries, answer.rows, strict=True) if row.name == name]
        for name in _names(answer)
    }
    limits = {name: answer.limits[[row.name for row in answer.rows].index(name)] for name in rows}
    table = tabulate(rows, _years(run, answer), {name: _attributes(run, name) for name in rows}, answer.plan, limits)
    chains = run.chains if question.replicates else None
    group = "prior_predictive" if run.plan.outputs else "prior"
    table.attrs = {"group": group, "draws": answer.plan.size, **error_words(chains)}
    if not question.exact:
        count = len(question.probabilities)
        ends = answer.bounds[:, count:].reshape(len(answer.rows), 1, 2, -1).swapaxes(2, 3)
        bounds = {"quantiles": answer.bounds[:, :count], "interval": ends}
        for name, values in bounds.items():
            table[f"bound_{name}"] = table[name].copy(data=_by_output(answer, values, table.sizes.get("year")))
    return table


def _by_output(answer: Answer, values: Floats, years: int | None) -> Floats:
    """Return (output, year, ...) from (row, ...); an output without a year repeats."""
    blocks = [values[[row.name == name for row in answer.rows]] for name in _names(answer)]
    if years is None:
        return np.concatenate(blocks)
    return np.stack([np.broadcast_to(block, (years, *block.shape[1:])) for block in blocks])


def _distribution(run: Run, answer: Answer) -> xr.Dataset:
    """Return histograms: `edge` of bins, `count` in them, and `exceedance`, the share of draws at or above an edge."""
    tables = [_histogram(ladder) for ladder in answer.ladders]
    years = _years(run, answer)
    leading = ("output", "year") if years is not None else ("output",)
    variables = {}
    for name, dim, place in (("edge", "edge_number", 0), ("count", "bin", 1), ("exceedance", "edge_number", 2)):
        values = np.array([table[place] for table in tables])
        variables[name] = ((*leading, dim), _by_output(answer, values, years.size if years is not None else None))
    return xr.Dataset(variables, {"output": _names(answer)} | ({"year": years} if years is not None else {}))


def _histogram(ladder: Ladder) -> tuple[Floats, Floats, Floats]:
    """Return edges, counts between them, and the share of draws at or above each edge."""
    places = np.linspace(0, ladder.numbers.size, BINS + 1).astype(np.int64)
    edges = np.append(ladder.lowest, ladder.highest[-1])[places]
    below = np.append(ladder.starts, ladder.size)[places]
    return edges, np.diff(below).astype(np.float64), 1 - below / ladder.size
