"""Squiggle: `name = 2 to 5` and other distributions of numbers, one prior row each; samples stay joint."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from mcdemand.errors import InputError
from mcdemand.files import read_text
from mcdemand.importers._importer import ImportedPriors, Importer
from mcdemand.importers._law_of import mixture_of
from mcdemand.importers._names import parameter_names
from mcdemand.importers._samples import fewer_note, joint_group, most_rows, thinned
from mcdemand.importers._squiggle_source import Call, Statement, read_source, refuse
from mcdemand.prior import read_prior
from mcdemand.registry import nearest
from mcdemand.schema import Row

MAX_BYTES = 5_000_000
MOST_NOTED = 4000
INTERVALS = ({"p5", "p95"}, {"p10", "p90"}, {"p25", "p75"})
MOMENTS = {"mean", "stdev"}
SYMBOLIC = "Sym."
SAMPLES = ("SampleSet.fromList", "fromList")

type Row_ = dict[str, Any]
type Maker = Callable[..., Row_]


def read(path: Path, *, draws: Any) -> ImportedPriors:
    """Return a row for every statement.

    Parameters
    ----------
    draws
        At most so many of every list of samples, evenly spaced; None: as many as a TOML file takes.

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        If a statement is anything but a distribution of numbers; it names the line. If `draws` is not sound.
    """
    text = read_text(path, str(path), MAX_BYTES, "leave out what is not wanted")
    try:
        return read_statements(read_source(text), draws)
    except InputError as error:
        raise error if str(error).startswith(f"{path}:") else InputError(f"{path}: {error}") from None


def read_statements(statements: list[Statement], draws: Any = None) -> ImportedPriors:
    """Return a row for every statement, and a group of those that are lists of samples.

    Raises
    ------
    InputError
        If a statement is anything but a distribution of numbers; the message begins with the line.
    """
    names = parameter_names(one.name for one in statements)
    rows: dict[str, Row_] = {}
    seen: set[str] = set()
    notes: list[str] = []
    for name, one in zip(names, statements, strict=True):
        if one.name in seen:
            refuse(one.line, f"{one.name}: is defined twice; keep one")
        seen.add(one.name)
        if name != one.name:
            notes.append(f"{one.name}: is called {name} here.")
        rows[name] = {**_law(one.value, one.line), **_about(one.tags)}
        _check(name, rows[name], one.line)
    if not rows:
        raise InputError("it has no statement such as growth = 2 to 5")
    notes += _thin(rows, draws)
    group, note = joint_group({name: row["samples"] for name, row in rows.items() if "samples" in row})
    return ImportedPriors(rows, group, (*notes, *note))


def _thin(rows: Mapping[str, Row_], draws: Any) -> list[str]:
    """Leave samples out, evenly spaced, where there are more than are kept; return what is said of it."""
    lists = [row for row in rows.values() if "samples" in row]
    most = most_rows(draws, len(lists) or 1)
    notes: dict[str, None] = {}
    for row in lists:
        kept, count = thinned({"samples": np.array(row["samples"])}, most)
        if kept["samples"].size < count:
            row["samples"] = kept["samples"].tolist()
            notes[fewer_note(most, count)] = None
    return list(notes)


def _about(tags: Mapping[str, str]) -> Row_:
    words = ": ".join(tags[key] for key in ("name", "doc") if tags.get(key))
    return {"note": words[:MOST_NOTED]} if words else {}


def _check(name: str, row: Row_, line: int) -> None:
    try:
        read_prior(name, Row.model_validate(row))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        refuse(line, f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
    except InputError as error:
        refuse(line, f"{name}: {error}")


def _law(value: Any, line: int) -> Row_:
    """Return the row of a value."""
    if isinstance(value, float):
        return {"distribution": "constant", "value": value}
    if not isinstance(value, Call):
        refuse(line, f"{str(value)!r:.60}: is no distribution")
    name = value.name.removeprefix(SYMBOLIC)
    if value.arguments is None:
        refuse(value.line, f"{value.name:.60}: another name; write its distribution, as nothing is computed here")
    maker = MAKERS.get(name)
    if maker is None:
        refuse(value.line, f"{value.name:.60}: no distribution that is read; {nearest(name, MAKERS)}")
    return maker(value)


def _numbers(call: Call, *keys: str) -> list[float]:
    """Return the arguments of a call, numbers all of them, one for each key."""
    given = call.arguments or ()
    if len(given) != len(keys) or not all(isinstance(one, float) for one in given):
        refuse(call.line, f"{call.name}: takes numbers only: {', '.join(keys)}")
    return [float(one) for one in given]


def plain(family: str, *keys: str) -> Maker:
    """Return what makes a row of numbers that a family calls by those names."""
    return lambda call: {"distribution": family, **dict(zip(keys, _numbers(call, *keys), strict=True))}


def by_record(family: str, keys: tuple[str, str], sets: tuple[set[str], ...], moments: tuple[str, str]) -> Maker:
    """Return what makes a row of numbers, of quantiles, or of a mean and a standard deviation."""

    def make(call: Call) -> Row_:
        given = call.arguments or ()
        if len(given) != 1 or not isinstance(given[0], dict):
            return plain(family, *keys)(call)
        record = given[0]
        allowed = [*map(sorted, sets), ["mean", "stdev"]]
        if sorted(record) not in allowed or not all(isinstance(one, float) for one in record.values()):
            known = " or ".join(f"{{{', '.join(one)}}}" for one in allowed)
            refuse(call.line, f"{call.name}: takes two numbers, or one of {known}")
        if set(record) == MOMENTS:
            return {"distribution": family, moments[0]: record["mean"], moments[1]: record["stdev"]}
        low, high = sorted(record, key=lambda key: int(key[1:]))
        return {"distribution": family, low: record[low], high: record[high]}

    return make


def interval(call: Call) -> Row_:
    """Return the log-normal row of `low to high`, which are p5 and p95."""
    low, high = _numbers(call, "low", "high")
    if low <= 0:
        refuse(
            call.line,
            f"{low:g} to {high:g}: log-normal, so above 0; or normal({{p5: {low:g}, p95: {high:g}}})",
        )
    return {"distribution": "lognormal", "p5": low, "p95": high}


def gamma(call: Call) -> Row_:
    """Return the row of a shape and a scale, which is one over our `beta`."""
    shape, scale = _numbers(call, "shape", "scale")
    if scale == 0:
        refuse(call.line, f"{call.name}: scale: must be above 0")
    return {"distribution": "gamma", "alpha": shape, "beta": 1 / scale}


def mixture(call: Call) -> Row_:
    """Return the row of some distributions, given one by one or as a list, and their weights."""
    given = list(call.arguments or ())
    if given and isinstance(given[0], list):
        parts, rest = given[0], given[1:]
    else:
        rest = given[-1:] if given and isinstance(given[-1], list) else []
        parts = given[: len(given) - len(rest)]
    weights = rest[0] if rest else [1.0] * len(parts)
    is_sound = len(rest) <= 1 and isinstance(weights, list) and all(isinstance(one, float) for one in weights)
    if not parts or not is_sound or len(weights) != len(parts):
        refuse(call.line, f"{call.name}: takes distributions and as many weights: mixture([1 to 2, 3 to 4], [0.3, 1])")
    return mixture_of([_law(one, call.line) for one in parts], weights)


def truncated(call: Call, lower: float, upper: float) -> Row_:
    """Return the row of a distribution kept within bounds, which may have been kept within others before."""
    row = _law((call.arguments or (None,))[0], call.line)
    if row["distribution"] == "constant":
        refuse(call.line, f"{call.name}: a number cannot be truncated")
    old = row.get("truncation", {})
    bounds = {"lower": max(lower, old.get("lower", -math.inf)), "upper": min(upper, old.get("upper", math.inf))}
    return {**row, "truncation": {key: one for key, one in bounds.items() if math.isfinite(one)}}


def _bounds(call: Call, *keys: str) -> list[float]:
    return _numbers(Call(call.name, (call.arguments or ())[1:], call.line), *keys)


def truncate(call: Call) -> Row_:
    """Return the row of `truncate(distribution, lower, upper)`."""
    return truncated(call, *_bounds(call, "lower", "upper"))


def truncate_left(call: Call) -> Row_:
    """Return the row of `truncateLeft(distribution, lower)`."""
    return truncated(call, _bounds(call, "lower")[0], math.inf)


def truncate_right(call: Call) -> Row_:
    """Return the row of `truncateRight(distribution, upper)`."""
    return truncated(call, -math.inf, _bounds(call, "upper")[0])


def samples(call: Call) -> Row_:
    """Return the row of a list of samples."""
    given = call.arguments or ()
    if len(given) != 1 or not isinstance(given[0], list) or not all(isinstance(one, float) for one in given[0]):
        refuse(call.line, f"{call.name}: takes one list of numbers")
    return {"distribution": "empirical", "samples": given[0]}


MAKERS: dict[str, Maker] = {
    "to": interval,
    "normal": by_record("normal", ("mu", "sigma"), INTERVALS, ("mu", "sigma")),
    "lognormal": by_record("lognormal", ("mu", "sigma"), INTERVALS, ("mean", "sd")),
    "beta": by_record("beta", ("alpha", "beta"), (), ("mean", "sd")),
    "uniform": plain("uniform", "lower", "upper"),
    "triangular": plain("triangular", "lower", "mode", "upper"),
    "pert": plain("pert", "lower", "mode", "upper"),
    "exponential": plain("exponential", "lam"),
    "cauchy": plain("cauchy", "alpha", "beta"),
    "logistic": plain("logistic", "mu", "s"),
    "gamma": gamma,
    "poisson": plain("poisson", "mu"),
    "binomial": plain("binomial", "n", "p"),
    "bernoulli": plain("bernoulli", "p"),
    "pointMass": plain("constant", "value"),
    "mixture": mixture,
    "mx": mixture,
    "truncate": truncate,
    "truncateLeft": truncate_left,
    "truncateRight": truncate_right,
    **dict.fromkeys(SAMPLES, samples),
}

IMPORTER = Importer(
    name="squiggle",
    title="Squiggle source: a distribution of numbers for each name",
    suffixes=(".squiggle",),
    read=read,
    owns_suffix=True,
    options={"draws": None},
    meanings={
        "draws": "of lists of samples: at most so many, evenly spaced",
    },
)
