"""The shape of a prior set, checked by pydantic: every problem at once, each with its key path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from mcdemand.registry import nearest

MAX_YEARS = 1000
FIRST_YEAR, LAST_YEAR = 1, 9999
MAX_MEMBERS = 200
ABOUT_A_GROUP = frozenset({"family", "members", "source"})
UNSTATED = "unstated"
"""The unit of a row that states none, and so means the model's: a short form's, or that of an empty cell."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=4000)]
NAME_PATTERN, SET_NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,63}$", r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
ParameterName = Annotated[str, Field(pattern=NAME_PATTERN)]
Correlation = Annotated[float, Field(strict=True, ge=-1, le=1)]


def broken(rule: str) -> PydanticCustomError:
    """Return the error of a rule in our own words: pydantic puts its own before those of a ValueError."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


class Strict(BaseModel):
    """A table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class YearRange(Strict):
    """Years from start to stop, both included."""

    start: Annotated[int, Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)]
    stop: Annotated[int, Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)]
    step: Annotated[int, Field(strict=True, ge=1)] = 1

    @model_validator(mode="after")
    def _forward(self) -> YearRange:
        if not self.start <= self.stop or len(self.years()) > MAX_YEARS:
            raise broken(f"must run forward, over at most {MAX_YEARS} years")
        return self

    def years(self) -> tuple[int, ...]:
        """Return the years."""
        return tuple(range(self.start, self.stop + 1, self.step))


class Header(Strict):
    """What a prior set says of itself."""

    name: Annotated[str, Field(pattern=SET_NAME_PATTERN)] = "unnamed"
    title: Text = ""
    description: Text = ""
    model: Annotated[str, Field(max_length=64)] | None = None
    years: YearRange | None = None
    repair: Literal["nearest"] | None = None


class Truncation(Strict):
    """Bounds within which the law's probability is kept."""

    lower: Number | None = None
    upper: Number | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Truncation:
        if self.lower is None and self.upper is None:
            raise broken("states no bound; state lower, upper or both, or leave truncation out")
        return self


class Varies(BaseModel):
    """How a parameter moves from year to year; the other keys are checked by its kind."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str

    def keys(self) -> dict[str, Any]:
        """Return the keys that belong to the kind."""
        return dict(self.model_extra or {})


class LawRow(BaseModel):
    """What states a law; the keys that are not here are checked by its family."""

    model_config = ConfigDict(extra="allow", frozen=True)

    distribution: str
    truncation: Truncation | None = None
    fit: Literal["exact", "least_squares"] = "exact"

    def law(self) -> dict[str, Any]:
        """Return the keys that belong to the family."""
        return dict(self.model_extra or {})


class Row(LawRow):
    """A parameter's row."""

    unit: Annotated[str, Field(max_length=64)] = "1"
    source: Text = ""
    note: Text = ""
    varies: Varies | None = None


class CorrelationRow(Strict):
    """A dependence between two parameters: Spearman's or Kendall's rank correlation, or that of the latent normals."""

    between: Annotated[tuple[ParameterName, ParameterName], Field(strict=False)]
    rank: Correlation | None = None
    latent: Correlation | None = None
    kendall: Correlation | None = None
    source: Text = ""

    @model_validator(mode="after")
    def _one_of(self) -> CorrelationRow:
        if len(self.stated()) != 1:
            raise broken("needs one of rank, kendall and latent")
        if self.between[0] == self.between[1]:
            raise broken("between: must name two different parameters")
        return self

    def stated(self) -> dict[str, float]:
        """Return the correlation by its key."""
        return self.model_dump(exclude_none=True, include={"rank", "latent", "kendall"})


class DependenceRow(Strict):
    """A group of parameters under one copula; its family checks the numbers."""

    family: Annotated[str, Field(max_length=64)]
    members: Annotated[list[ParameterName], Field(min_length=2, max_length=MAX_MEMBERS)]
    degrees_of_freedom: Number | None = None
    correlations: list[CorrelationRow] | None = None
    rank: Correlation | None = None
    latent: Correlation | None = None
    kendall: Correlation | None = None
    theta: Number | None = None
    survival: Annotated[bool, Field(strict=True)] | None = None
    samples: Annotated[list[list[Number]], Field(max_length=MAX_MEMBERS)] | None = None
    source: Text = ""

    def stated(self) -> dict[str, Any]:
        """Return what is stated of the members, by key."""
        kept = {name: getattr(self, name) for name in type(self).model_fields if name not in ABOUT_A_GROUP}
        return {name: value for name, value in kept.items() if value is not None}


class PriorSetDocument(Strict):
    """A whole file, `extends` already followed."""

    prior_set: Header = Header()
    parameters: dict[ParameterName, Row]
    correlations: list[CorrelationRow] = []
    inherited_correlations: list[CorrelationRow] = []
    dependence: list[DependenceRow] = []
    inherited_dependence: list[DependenceRow] = []


TABLES: Mapping[str, type[Strict]] = {
    "": PriorSetDocument,
    "prior_set": Header,
    "years": YearRange,
    "truncation": Truncation,
    "correlations": CorrelationRow,
    "dependence": DependenceRow,
}


def known_keys(path: tuple[str, ...], tables: Mapping[str, type[Strict]] = TABLES) -> list[str]:
    """Return the keys that the table at a path may hold."""
    names = ["", *(part for part in path if not part.isdigit())]
    return sorted(tables[names[-1]].model_fields)


NAME_RULES = {
    NAME_PATTERN: "must be a letter, then at most 63 letters, digits and _; rename it",
    SET_NAME_PATTERN: "must be a letter, then at most 63 letters, digits and _ . -; rename it",
}
RULES = {
    "missing": "missing; state it",
    "string_type": "must be text in quotes",
    "string_too_long": "must have at most {max_length} characters; shorten it",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "model_type": "must be a table, such as {{ key = value }}",
    "dict_type": "must be a table",
    "list_type": "must be a list",
    "tuple_type": "must be a list of two names",
    "bool_type": "must be true or false",
    "literal_error": "must be {expected}",
    "too_short": "must hold at least {min_length}, not {actual_length}; add some, or leave it out",
    "too_long": "must hold at most {max_length}; leave some out",
}
"""What is wrong, in our own words, by pydantic's type of it."""
REMEDIES = {
    "distribution": 'missing; name a family, such as "normal"; `mcdemand priors families` lists them',
    "parameters": "missing; state a row for each parameter, or name a CSV file",
    "between": "missing; name the two parameters",
    "members": "missing; name the parameters, at least two",
    "family": "missing; name a copula; `mcdemand priors families` lists them",
    "kind": "missing; name a way to vary; `mcdemand priors families` lists them",
}
"""What to do where a key is missing."""
ROW_RULE = 'must be a table, a short form such as "60 to 300", or a number'
VALUE_UNSHOWN = ("missing", "extra_forbidden")


def problem_words(problem: ErrorDetails, content: Any = None, tables: Mapping[str, type[Strict]] = TABLES) -> str:
    """Return a problem that pydantic found as `key: value: rule; remedy`, in our own words.

    Parameters
    ----------
    problem
        One of `ValidationError.errors()`.
    content
        What was checked: how long its lists are.
    tables
        What its tables may hold, by name; "" is the whole.

    Examples
    --------
    >>> from pydantic import ValidationError
    >>> content = {"parameters": {}, "dependence": [{"family": "frank", "members": ["a"]}]}
    >>> try:
    ...     PriorSetDocument.model_validate(content)
    ... except ValidationError as error:
    ...     print(problem_words(error.errors()[0], content))
    dependence[1 of 1].members: ['a']: must hold at least 2, not 1; add some, or leave it out
    """
    path = tuple(part for part in problem["loc"] if part != "[key]")
    value = "" if problem["type"] in VALUE_UNSHOWN else f" {problem['input']!r:.80}:"
    return f"{path_words(path, content)}:{value} {_rule(problem, path, tables)}"


def _rule(problem: ErrorDetails, path: tuple[int | str, ...], tables: Mapping[str, type[Strict]]) -> str:
    """Return the rule that is broken, and what to do."""
    kind, context, last = problem["type"], problem.get("ctx", {}), path[-1] if path else ""
    if kind == "extra_forbidden":
        return f"unknown key; {nearest(str(last), known_keys(tuple(map(str, path[:-1])), tables))}"
    if kind == "missing" and str(last) in REMEDIES:
        return REMEDIES[str(last)]
    if kind == "missing" and isinstance(last, int):
        return "missing; name two parameters"
    if kind == "model_type" and len(path) == 2 and path[0] == "parameters":
        return ROW_RULE
    if kind == "string_pattern_mismatch":
        return NAME_RULES[context["pattern"]]
    return RULES[kind].format_map(context) if kind in RULES else problem["msg"]


def path_words(path: tuple[int | str, ...], content: Any = None) -> str:
    """Return the path of a key; an item of a list by its place, from 1.

    Examples
    --------
    >>> path_words(("correlations", 0, "rank"), {"correlations": [{"rank": 2}]})
    'correlations[1 of 1].rank'
    """
    words = ""
    for part in path:
        if isinstance(part, int):
            is_there = isinstance(content, list | tuple) and part < len(content)
            words += item_words(part, len(content)) if is_there else f"[{part + 1}]"
            content = content[part] if is_there else None
        else:
            words += f".{plain(part)}" if words else plain(part)
            content = content.get(part) if isinstance(content, Mapping) else None
    return words


def item_words(place: int, count: int) -> str:
    """Return the place of an item in a list, counted from 1.

    Examples
    --------
    >>> item_words(0, 3)
    '[1 of 3]'
    """
    return f"[{place + 1} of {count}]"


def plain(name: str) -> str:
    """Return a name as it may be printed: one that is not plain text shows its escapes."""
    return name if name.isascii() and name.isprintable() else ascii(name)
