"""A prior set: what somebody believes about every parameter, checked once, then trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mcdemand.dependence import Correlation, Dependence, Group, build_groups
from mcdemand.dependence_rows import Ties, read_ties
from mcdemand.document import TABLE_SUFFIX, Document, apply_overrides, read_document
from mcdemand.errors import FileError, InputError, PriorSetError
from mcdemand.model import installed_models
from mcdemand.prior import Prior, read_prior
from mcdemand.schema import PriorSetDocument, Row, plain, problem_words

ROW_KEY = re.compile(r"parameters\.(\w+)")
RESERVED = frozenset({"chain", "draw", "year", "t", "dt", "parameter", "output", "quantile", "prior_set"})


@dataclass(frozen=True)
class PriorSet:
    """Every parameter's law and their dependence.

    Attributes
    ----------
    correlations, dependences
        What is stated of pairs, and of groups, of uncertain parameters.
    groups
        The parameters that depend on each other, as they are drawn.
    model
        Name of the installed model it is for; None for one's own.
    years
        Years asked for; empty if the model has no time.
    document
        The whole set as a mapping that `load_prior_set` reads back, for provenance.
    notices
        What loading changed and the reader should know, a line each.
    file, places
        Where the set, and each row, comes from, for messages.
    """

    name: str
    title: str
    model: str | None
    years: tuple[int, ...]
    parameters: Mapping[str, Prior]
    correlations: tuple[Correlation, ...]
    groups: tuple[Group, ...]
    document: Mapping[str, Any]
    description: str = ""
    notices: tuple[str, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    file: str = field(default="", compare=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)

    def varies(self, name: str) -> bool:
        """Return whether a parameter varies by year."""
        return self.parameters[name].varies is not None

    def located(self, problem: str) -> str:
        """Return a problem of a row, `parameters.NAME...: ...`, with the file and line that the row comes from."""
        key = ROW_KEY.match(problem)
        return f"{self.places.get(key[1] if key else '', self.file)}: {problem}"

    def laws(self, name: str) -> dict[str, Prior]:
        """Return the law of a parameter, by set: there is one."""
        return {self.name: self.parameters[name]}


def explain_no_model(priors: PriorSet) -> str:
    """Return what to do about a prior set that names no model."""
    state = f'model = "{next(iter(installed_models()))}"'
    own = "or pass --model FILE.py with your own functions"
    if priors.file.endswith(TABLE_SUFFIX):
        rows = f'parameters = "{plain(Path(priors.file).name)}"'
        return (
            f"{priors.file}: names no model, as a CSV file cannot; write a TOML file beside it with {rows} and, "
            f"under [prior_set], {state}, {own}"
        )
    return f"{priors.file}: prior_set.model: names no model; state {state}, {own}"


def load_prior_set(source: str | Path | Mapping[str, Any] | PriorSet, set: Mapping[str, Any] | None = None) -> PriorSet:
    """Return a checked prior set.

    Parameters
    ----------
    source
        The name of a shipped set (`"consensus"`), a path to a TOML or CSV file, or a mapping of the same shape.
    set
        Overrides, such as `{"reasoning_multiplier.p50": 10, "hardware_life": 4}`.

    Raises
    ------
    PriorSetError
        If anything is wrong; it lists every problem, a line each: file, key, value, rule, remedy.
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> load_prior_set("consensus").parameters["request_growth"].stated["p50"]
    1.9
    """
    if isinstance(source, PriorSet):
        if not set:
            return source
        source = source.document
    document = read_document(source)
    apply_overrides(document, set or {})
    return _check(document)


def _check(document: Document) -> PriorSet:
    try:
        parsed = PriorSetDocument.model_validate(document.content)
    except ValidationError as error:
        lines = (*_pydantic_lines(error, document), *map(str, document.unread.values()), *_sound_rows(document))
        raise PriorSetError(lines) from None
    problems = list(_name_problems(parsed, document))
    parameters: dict[str, Prior] = {}
    for name, row in parsed.parameters.items():
        if name in document.unread:
            continue
        try:
            parameters[name] = read_prior(name, row)
        except InputError as error:
            problems.append(f"{document.row_labels.get(name, document.label)}: parameters.{name}.{error}")
    ties = read_ties(parsed, parameters, document)
    problems += ties.problems
    _refuse(problems, document)
    try:
        correlations = (*ties.correlations.values(), *ties.idle.values())
        groups, repaired = build_groups(correlations, ties.groups, repair=parsed.prior_set.repair == "nearest")
    except InputError as error:
        raise PriorSetError([f"{document.label}: {error}"]) from None
    header = parsed.prior_set
    return PriorSet(
        name=header.name,
        title=header.title,
        description=header.description,
        model=header.model,
        years=header.years.years() if header.years else (),
        parameters=dict(sorted(parameters.items())),
        correlations=tuple(ties.correlations.values()),
        dependences=tuple(ties.dependences),
        groups=tuple(groups),
        document=_resolved(document, parsed, ties),
        notices=(*ties.notices, *repaired),
        file=document.label,
        places=document.row_labels,
    )


def _refuse(problems: Sequence[str], document: Document) -> None:
    """Raise what is wrong; where that is files only, as the error of a file."""
    unread = tuple(map(str, document.unread.values()))
    if unread and not problems and all(isinstance(error, FileError) for error in document.unread.values()):
        raise FileError("\n".join(unread))
    if problems or unread:
        raise PriorSetError([*unread, *problems])


def _resolved(document: Document, parsed: PriorSetDocument, ties: Ties) -> dict[str, Any]:
    """Return the whole set as one mapping without ancestors."""
    lists = {"correlations", "inherited_correlations", "dependence", "inherited_dependence"}
    rest = {key: value for key, value in document.content.items() if key not in lists}
    return {**rest, **ties.resolved(parsed)}


def _pydantic_lines(error: ValidationError, document: Document) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        table, name, *_ = (*map(str, problem["loc"]), "", "")
        label = document.row_labels.get(name, document.label) if table == "parameters" else document.label
        yield f"{label}: {problem_words(problem, document.content)}"


def _sound_rows(document: Document) -> Iterator[str]:
    """Yield what the families find wrong in the rows whose shape is right, so that all problems come at once."""
    for name, content in document.content.get("parameters", {}).items():
        if name in document.unread:
            continue
        try:
            read_prior(name, Row.model_validate(content))
        except ValidationError:
            continue
        except InputError as error:
            yield f"{document.row_labels.get(name, document.label)}: parameters.{plain(name)}.{error}"


def _name_problems(parsed: PriorSetDocument, document: Document) -> Iterator[str]:
    if not parsed.parameters:
        yield f"{document.label}: parameters: empty: state at least one"
    folded: dict[str, str] = {}
    for name in parsed.parameters:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            yield f"{document.label}: parameters.{name}: differs from {other} only in case; rename one"
        if name in RESERVED:
            yield f"{document.label}: parameters.{name}: the name is reserved for a dimension; rename it"
