"""A prior set: what somebody believes about every parameter, checked once, then trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mcdemand.dependence import Correlation, Dependence, Group, build_groups
from mcdemand.dependence_rows import Ties, read_ties
from mcdemand.document import Document, apply_overrides, read_document
from mcdemand.errors import InputError, PriorSetError
from mcdemand.prior import Prior, read_prior
from mcdemand.registry import nearest
from mcdemand.schema import PriorSetDocument, Row, known_keys

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

    def varies(self, name: str) -> bool:
        """Return whether a parameter varies by year."""
        return self.parameters[name].varies is not None

    def laws(self, name: str) -> dict[str, Prior]:
        """Return the law of a parameter, by set: there is one."""
        return {self.name: self.parameters[name]}


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
        raise PriorSetError([*_pydantic_lines(error, document), *_sound_rows(document)]) from None
    problems = list(_name_problems(parsed, document))
    parameters: dict[str, Prior] = {}
    for name, row in parsed.parameters.items():
        try:
            parameters[name] = read_prior(name, row)
        except InputError as error:
            problems.append(f"{document.row_labels.get(name, document.label)}: parameters.{name}.{error}")
    ties = read_ties(parsed, parameters, document)
    problems += ties.problems
    if problems:
        raise PriorSetError(problems)
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
    )


def _resolved(document: Document, parsed: PriorSetDocument, ties: Ties) -> dict[str, Any]:
    """Return the whole set as one mapping without ancestors."""
    lists = {"correlations", "inherited_correlations", "dependence", "inherited_dependence"}
    rest = {key: value for key, value in document.content.items() if key not in lists}
    return {**rest, **ties.resolved(parsed)}


def _pydantic_lines(error: ValidationError, document: Document) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        path = tuple(map(_shown, problem["loc"]))
        label = (
            document.row_labels.get(path[1], document.label) if path[0] == "parameters" and path[1:] else document.label
        )
        value = "" if problem["type"] in ("missing", "extra_forbidden") else f" {problem['input']!r:.80}:"
        rule = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            rule = f"unknown key; {nearest(path[-1], known_keys(path[:-1]))}"
        yield f"{label}: {'.'.join(path)}:{value} {rule}"


def _shown(part: int | str) -> str:
    """Return a key as it may be printed: one that is not plain text shows its escapes."""
    text = str(part)
    return text if text.isascii() and text.isprintable() else ascii(text)


def _sound_rows(document: Document) -> Iterator[str]:
    """Yield what the families find wrong in the rows whose shape is right, so that all problems come at once."""
    for name, content in document.content.get("parameters", {}).items():
        try:
            read_prior(name, Row.model_validate(content))
        except ValidationError:
            continue
        except InputError as error:
            yield f"{document.row_labels.get(name, document.label)}: parameters.{name}.{error}"


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
