"""hubverse: model output of a forecast hub, with sample trajectories that keep one id over all dates.

A year's value is dated at its last day. Columns: origin_date, target, target_date, scenario_id, output_type,
output_type_id, value. Where output types mix, ids are text, as a hub declares by `output_type_id_datatype`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from mcdemand.errors import InputError
from mcdemand.exporters._column_summary import summarize_columns
from mcdemand.exporters._exporter import Exporter, check_installed
from mcdemand.exporters._hub_reading import KEY, PARQUET, claims, read
from mcdemand.exporters._hub_rows import SAMPLE, TITLES, TYPES, Id, Row, Task, round_thresholds, rows_of
from mcdemand.exporters._options import check_number, check_switch, check_whole, check_word, check_words
from mcdemand.exporters._selection import Column, Selection
from mcdemand.kernels.order_statistics import quantiles
from mcdemand.report.cells import text_cell
from mcdemand.report.text import literal

ID_TYPES = ("auto", "character", "double", "integer")
USUAL_SAMPLES, MOST_SAMPLES = 100, 100_000
ABBREVIATION = re.compile("[A-Za-z0-9_]{1,16}")
MISSING = "NA"


@dataclass(frozen=True)
class Submission:
    """What is the same in every row, and what the file should be named.

    Attributes
    ----------
    model_id
        `team-model`.
    id_type
        "character", "double" or "integer".
    """

    model_id: str
    origin_date: date
    scenario_id: str
    output_types: tuple[str, ...]
    id_type: str

    def path(self, suffix: str) -> str:
        """Return where a hub expects the file."""
        return f"model-output/{self.model_id}/{self.origin_date}-{self.model_id}{suffix}"


def write(
    selection: Selection,
    target: Path,
    /,
    *,
    samples: int,
    thresholds: Any,
    joint_targets: bool,
    **options: Any,
) -> Iterable[str]:
    """Write model output as CSV, or as Parquet by the file's ending.

    Parameters
    ----------
    samples
        At most so many trajectories, taken from the chains in turn.
    thresholds
        Of output type "cdf", in the unit of every target; None: round numbers over the range of each.
    joint_targets
        Whether an id of a sample is the same trajectory in every target, and not only on every date of one.
    options
        `team`, `model`: abbreviations that the file's name is made of; `origin_date`; `target`: the hub's name of the
        only output; `scenario_id`; `output_types`; `id_type`: the hub's `output_type_id_datatype`.

    Raises
    ------
    InputError
        If an option is not valid, or a variable has no years.
    """
    suffix = target.suffix.lower()
    labels = _targets(selection, options.pop("target"))
    submission = _submission(selection, **options)
    check_switch("joint_targets", joint_targets)
    count = check_whole("samples", samples, 1, MOST_SAMPLES)
    tasks = _tasks(selection, labels, count, _thresholds(thresholds), joint_targets=joint_targets)
    rows = chain.from_iterable(_rows(one, submission, selection) for one in tasks)
    if suffix == PARQUET:
        _write_parquet(target, submission, list(rows), _about(selection, tasks))
    else:
        _write_csv(target, submission, rows)
    return list(_notes(selection, tasks, submission, suffix, joint_targets=joint_targets))


def _targets(selection: Selection, target: str | None) -> dict[str, str]:
    """Return the hub's name of every variable."""
    years = {column.name: column.year for column in selection.columns(most=1)}
    for name, year in years.items():
        if year is None:
            raise InputError(f"outputs: {literal(name)!r:.80}: has no years, and a hub wants a date; leave it out")
    if target is None:
        return {name: literal(name) for name in years}
    if len(years) > 1:
        raise InputError(f"target: {target!r:.60}: names one output, and these are {len(years)}; name one by outputs")
    return {name: literal(target) for name in years}


def _submission(
    selection: Selection,
    *,
    team: str,
    model: str | None,
    origin_date: Any,
    scenario_id: str | None,
    output_types: str | Iterable[str],
    id_type: str,
) -> Submission:
    stated = selection.whole.attrs
    usual = re.sub("[^A-Za-z0-9_]+", "_", str(stated.get("prior_set", "")))[:16] or "mcdemand"
    parts = [_abbreviation("team", team), _abbreviation("model", usual if model is None else model)]
    scenario = stated.get("prior_set", "") if scenario_id is None else scenario_id
    types = check_words("output_types", output_types, TYPES)
    declared = check_word("id_type", id_type, ID_TYPES)
    if declared == "integer" and {"quantile", "cdf"} & {*types}:
        raise InputError("id_type: 'integer': levels of quantiles and thresholds are no whole numbers; say double")
    found = _id_type(types) if declared == "auto" else declared
    return Submission("-".join(parts), _date(origin_date, stated.get("base_year")), literal(scenario), types, found)


def _id_type(types: Sequence[str]) -> str:
    """Return the type of the ids: text if types mix."""
    with_ids = [one for one in types if one not in ("mean", "median")]
    if len(with_ids) > 1 or not with_ids:
        return "character"
    return "integer" if with_ids == [SAMPLE] else "double"


def _abbreviation(name: str, value: Any) -> str:
    if not isinstance(value, str) or not ABBREVIATION.fullmatch(value):
        raise InputError(f"{name}: {value!r:.60}: must be 1 to 16 letters, digits and underscores, as hubs have it")
    return value


def _date(value: Any, base_year: Any) -> date:
    try:
        return date(int(base_year), 12, 31) if value is None else date.fromisoformat(str(value))
    except (TypeError, ValueError):
        raise InputError(f"origin_date: {value!r:.60}: must be a date, such as 2025-01-31") from None


def _thresholds(values: Any) -> tuple[float, ...] | None:
    if values is None:
        return None
    numbers = values if isinstance(values, list | tuple) else [values]
    return tuple(sorted({check_number("thresholds", one) for one in numbers}))


def _tasks(
    selection: Selection,
    labels: dict[str, str],
    samples: int,
    thresholds: tuple[float, ...] | None,
    *,
    joint_targets: bool,
) -> list[Task]:
    columns, few, summaries = selection.columns(), selection.columns(most=samples), summarize_columns(selection)
    order = {name: 0 if joint_targets else k * few[0].values.size for k, name in enumerate(labels)}
    limits = {name: thresholds or _usual_thresholds(columns, name) for name in labels}
    return [
        Task(labels[column.name], column, summary, order[column.name], one.values, limits[column.name])
        for column, one, summary in zip(columns, few, summaries, strict=True)
    ]


def _usual_thresholds(columns: Iterable[Column], name: str) -> tuple[float, ...]:
    ends = [quantiles(column.values, [0.05, 0.95]).tolist() for column in columns if column.name == name]
    return round_thresholds(min(low for low, _ in ends), max(high for _, high in ends))


def _rows(task: Task, submission: Submission, selection: Selection) -> Iterator[Row]:
    median = float(quantiles(task.column.values, [0.5])[0])
    for output_type in submission.output_types:
        yield from rows_of(task, output_type, selection.probabilities, median)


def _write_csv(target: Path, submission: Submission, rows: Iterable[Row]) -> None:
    scenario, origin = text_cell(submission.scenario_id), submission.origin_date
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(TITLES)
        for row in rows:
            shown = _text(row.output_type_id) or MISSING
            table.writerow(
                [origin, text_cell(row.target), row.target_date, scenario, row.output_type, shown, repr(row.value)]
            )


def _text(key: Id) -> str | None:
    return None if key is None else repr(key)


def _write_parquet(target: Path, submission: Submission, rows: Sequence[Row], about: dict[str, Any]) -> None:
    check_installed(EXPORTER.name, "pyarrow", "export")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"character": pa.string(), "double": pa.float64(), "integer": pa.int32()}
    as_text = submission.id_type == "character"
    keys = [_text(row.output_type_id) if as_text else row.output_type_id for row in rows]
    columns = [
        pa.array([submission.origin_date] * len(rows), pa.date32()),
        pa.array([row.target for row in rows], pa.string()),
        pa.array([row.target_date for row in rows], pa.date32()),
        pa.array([submission.scenario_id] * len(rows), pa.string()),
        pa.array([row.output_type for row in rows], pa.string()),
        pa.array(keys, kinds[submission.id_type]),
        pa.array([row.value for row in rows], pa.float64()),
    ]
    table = pa.table(columns, names=TITLES)
    described = table.replace_schema_metadata({KEY: json.dumps(about, allow_nan=False)})
    pq.write_table(described, target, write_page_checksum=True)


def _about(selection: Selection, tasks: Iterable[Task]) -> dict[str, Any]:
    units = {task.target: literal(task.column.units) for task in tasks}
    errors = {f"{task.target} {task.column.year}": _errors(selection, task) for task in tasks}
    stated = {key: literal(value) if isinstance(value, str) else value for key, value in selection.about().items()}
    return {**stated, "units": units, "mcse": errors}


def _errors(selection: Selection, task: Task) -> dict[str, float | None]:
    """Return Monte Carlo standard errors by level; None of one that cannot be had."""
    found = {"mean": task.summary.mcse_mean}
    found |= {repr(p): one for p, one in zip(selection.probabilities, task.summary.mcse_quantiles, strict=True)}
    return {key: one if abs(one) < float("inf") else None for key, one in found.items()}


def _notes(
    selection: Selection, tasks: Sequence[Task], submission: Submission, suffix: str, *, joint_targets: bool
) -> Iterator[str]:
    yield f"A hub expects the file as {submission.path(suffix)}; ids are of type {submission.id_type}."
    yield "Years are dated at their last day."
    if SAMPLE in submission.output_types:
        fixed = ["origin_date", "scenario_id"] if joint_targets else ["origin_date", "scenario_id", "target"]
        kept = tasks[0].samples.size
        yield f"Samples: {kept:,} of {selection.draws:,} draws, with compound_taskid_set {json.dumps(fixed)}."
    else:
        yield "Draws are left out, and with them the dependence between dates and targets."
    unstable = [task for task in tasks if task.summary.mean_unstable]
    if unstable and "mean" in submission.output_types:
        yield f"{len(unstable)} of {len(tasks)} means may be infinite: their tails are too heavy for the draws to tell."
    if suffix != PARQUET:
        yield "CSV of hubverse has no room for units, seed and errors; Parquet has."


EXPORTER = Exporter(
    name="hubverse",
    title="hubverse model output: mean, median, quantiles, CDF and sample trajectories",
    suffixes=(".csv", PARQUET),
    keeps="joint draws",
    write=write,
    read_draws=read,
    claims=claims,
    states_quantiles=True,
    options={
        "team": "mcdemand",
        "model": None,
        "origin_date": None,
        "target": None,
        "scenario_id": None,
        "output_types": TYPES,
        "id_type": "auto",
        "samples": USUAL_SAMPLES,
        "thresholds": None,
        "joint_targets": True,
    },
    meanings={
        "team": "abbreviation of the team in the hub",
        "model": "abbreviation of the model; else the prior set",
        "origin_date": "date of the forecast; else the end of the base year",
        "target": "the hub's name of the only output; else its own",
        "scenario_id": "else the prior set",
        "output_types": "which of these",
        "id_type": "the hub's output_type_id_datatype: character, double, integer",
        "samples": "trajectories, 100 or as many as the hub wants",
        "thresholds": "of cdf, in the output's unit; else round numbers",
        "joint_targets": "whether a sample's id is the same draw in every target",
    },
)
