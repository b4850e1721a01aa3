"""What a reader should know about a summary, a sentence each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from mcdemand.digits import format_value
from mcdemand.prior_pool import POOL, PRIOR_SET
from mcdemand.realized_dependence import FALSE_ALARM_RATE, RankCorrelation
from mcdemand.report.text import literal
from mcdemand.sample_limits import FEWEST_BEYOND, draws_for

PROBLEMS = {
    "budget": "the budget is spent",
    "memory": "more draws do not fit into memory",
    "stalled": "more draws do not make the error smaller, as where a figure lies on a tie",
}
OUT_OF_REACH = 1e6


def summary_notes(summary: xr.Dataset, attributes: Mapping[str, Any]) -> list[str]:
    """Return everything that a reader of a summary should know.

    Parameters
    ----------
    attributes
        Those of the result's root.
    """
    pool = summary.sel({PRIOR_SET: POOL}) if PRIOR_SET in summary.dims else summary
    notices = [f"Note: {notice}" for notice in str(attributes["notices"]).split("\n") if notice]
    one_chain = int(attributes["chains"]) == 1 and summary.attrs["mcse"] == "replicates"
    unknown = ["Note: errors come from chains, and there is only one; ask for 16."] if one_chain else []
    shortest = "hdi" in pool["ci_kind"].values and "precision" in attributes
    unseen = (
        ["Note: precise are the ends of the equal-tailed interval, not of the shortest one shown."] if shortest else []
    )
    return [
        *precision_notes(attributes),
        *unseen,
        *notices,
        *rank_notes(attributes),
        *unknown,
        *heavy_tail_notes(pool),
        *beyond_sample_notes(pool),
    ]


def rank_notes(attributes: Mapping[str, Any]) -> list[str]:
    """Return a warning of the pairs whose draws do not have the rank correlation that is stated.

    In a sound run that happens once in a million times.
    """
    rows = [{**row, "between": tuple(row["between"])} for row in json.loads(attributes.get("rank_correlations", "[]"))]
    found = [RankCorrelation(**row) for row in rows]
    return [
        f"Dependence: {' and '.join(one.between)} have the rank correlation {one.realized:.3f}, where "
        f"{one.stated:.3f} is stated: more than chance explains (a false alarm in {FALSE_ALARM_RATE:g} of all runs)."
        for one in found
        if one.is_off(len(found))
    ]


def precision_notes(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Yield what precision was asked for and what was reached."""
    if "precision" not in attributes:
        return
    found = json.loads(attributes["precision"])
    tolerances = {str(tolerance) for tolerance in found["asked"].values()}
    listed = ", ".join(f"{name} {tolerance}" for name, tolerance in found["asked"].items())
    asked = tolerances.pop() if len(tolerances) == 1 and len(found["asked"]) > 1 else listed
    looks = f"{found['looks']} look{'' if found['looks'] == 1 else 's'}"
    worst = f"the largest error bound is {_share(float(found['reached']))} what was accepted ({literal(found['at'])})"
    if found["stopped_by"] != "precision":
        yield f"Precision NOT reached: {asked} asked; after {looks} {PROBLEMS[found['stopped_by']]}; {worst}."
    elif found["confirmed"]:
        yield f"Precision: {asked} asked and reached after {looks}, confirmed by a fresh run; {worst}."
    else:
        yield f"Precision: {asked} asked and reached after {looks}; no room left for a run to confirm it; {worst}."


def _share(reached: float) -> str:
    """Return an error bound in units of what was accepted, in words."""
    if reached <= 1:
        return f"{max(100 * reached, 0.01):.2g} % of" if reached else "0 % of"
    return f"{format_value(reached, math.nan)} times" if reached < OUT_OF_REACH else "far beyond"


def heavy_tail_notes(summary: xr.Dataset) -> list[str]:
    """Return a warning of the outputs whose mean no number of draws like these settles."""
    unstable = summary["mean_unstable"]
    names = [str(name) for name in summary["output"].values if bool(unstable.sel(output=name).any())]
    if not names:
        return []
    shape = float(summary["pareto_k"].where(unstable).max())
    return [
        f"Heavy tails: {', '.join(names)} (Pareto k up to {shape:.2g}): the largest draws carry the mean, so read "
        "medians and intervals."
    ]


def beyond_sample_notes(summary: xr.Dataset) -> list[str]:
    """Return a warning for every interval whose ends fewer than 10 draws lie beyond."""
    notes = []
    for level, beyond in zip(summary["ci_prob"].values, summary["interval_beyond_sample"].values, strict=True):
        if beyond:
            needed = draws_for([(1 - level) / 2])
            notes.append(
                f"Beyond the sample: fewer than {FEWEST_BEYOND} draws lie on either side of the {100 * level:.10g} % "
                f"interval, so its ends hang on a few; {needed:,} draws would carry it."
            )
    return notes
