"""Observed values to draw over a forecast: which rows of `observations.csv` mean the same as which output.

Only world totals of AI alone are taken. Capital spending of the big four companies is for all purposes and stays out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from mcdemand.paths import priors_folder

MODEL = "ai_compute"
QUANTILE_INTERVALS = frozenset({"p5_p95", "p10_p90", "judgement_p5_p95"})


@dataclass(frozen=True)
class Rule:
    """Rows that observe an output.

    Attributes
    ----------
    partial
        Entities that are a part of the whole, so that their value is a lower bound.
    at_year_end
        Whether the output is the level at the end of a year; otherwise it is the mean or the sum of the year.
    """

    outputs: tuple[str, ...]
    metric: str
    units: frozenset[str]
    entities: frozenset[str]
    partial: frozenset[str] = frozenset()
    at_year_end: bool = False


RULES = (
    Rule(
        outputs=("energy", "energy_served"),
        metric="electricity",
        units=frozenset({"TWh", "TWh facility"}),
        entities=frozenset({"AI systems", "AI-optimised servers"}),
        partial=frozenset({"AI accelerators sold since 2022"}),
    ),
    Rule(
        outputs=("capacity",),
        metric="ai_power_capacity",
        units=frozenset({"GW facility"}),
        entities=frozenset({"World (Epoch / Stanford AI Index 2026)"}),
        at_year_end=True,
    ),
    Rule(
        outputs=("tokens", "tokens_served"),
        metric="tokens_processed",
        units=frozenset({"T/day"}),
        entities=frozenset({"World (central)", "World (top-down)", "World (year mean)"}),
        partial=frozenset({"World (floor of disclosures)"}),
    ),
)


@dataclass(frozen=True)
class Observation:
    """One observed value on the year axis of an output.

    Attributes
    ----------
    year
        A year label: 2026.0 is the mean of 2026, or its end for an output at the end of the year.
    bounds
        Lower and upper bound as published; None if there are none.
    kind
        "published", "derived" from published figures, a "forecast" known before its period was over, or a "partial"
        count.
    """

    identifier: str
    year: float
    value: float
    bounds: tuple[float, float] | None
    kind: str
    entity: str
    source: str


def observations_of(output: str) -> tuple[Observation, ...]:
    """Return what was observed of an output of the shipped model, by year.

    Examples
    --------
    >>> [round(one.value, 1) for one in observations_of("capacity")]
    [29.6]
    """
    rules = [rule for rule in RULES if output in rule.outputs]
    found = [_observation(row, rule) for rule in rules for row in _rows() if _matches(row, rule)]
    return tuple(sorted(found, key=lambda one: (one.year, one.identifier)))


def years_within(observations: Iterable[Observation], first: float, last: float) -> list[Observation]:
    """Return the observations of the years shown, half a year of margin included."""
    return [one for one in observations if first - 0.5 <= one.year <= last + 0.5]


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with (priors_folder() / "observations.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def _matches(row: dict[str, str], rule: Rule) -> bool:
    return row["metric"] == rule.metric and row["unit"] in rule.units and row["entity"] in rule.entities | rule.partial


def _observation(row: dict[str, str], rule: Rule) -> Observation:
    return Observation(
        identifier=row["id"],
        year=_year(row, at_year_end=rule.at_year_end),
        value=float(row["value"]),
        bounds=(float(row["lo"]), float(row["hi"])) if row["lo"] and row["hi"] else None,
        kind="partial" if row["entity"] in rule.partial else _kind(row),
        entity=row["entity"],
        source=row["source"],
    )


def _year(row: dict[str, str], *, at_year_end: bool) -> float:
    """Return the year label: a period's own year, or a date's place (a label is the middle or the end)."""
    end = date.fromisoformat(row["period_end"])
    if row["period_start"]:
        return float(end.year)
    passed = (end - date(end.year, 1, 1)).days + 1
    return end.year + passed / (date(end.year + 1, 1, 1) - date(end.year, 1, 1)).days - (1.0 if at_year_end else 0.5)


def _kind(row: dict[str, str]) -> str:
    if row["available_from"] < row["period_end"]:
        return "forecast"
    return "derived" if row["status"] == "DERIVED" else "published"
