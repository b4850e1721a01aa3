"""The shape of a prior set, checked by pydantic: every problem at once, each with its key path."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_YEARS = 1000
FIRST_YEAR, LAST_YEAR = 1, 9999
MAX_MEMBERS = 200
ABOUT_A_GROUP = frozenset({"family", "members", "source"})
UNSTATED = "unstated"
"""The unit of a row that states none, and so means the model's: a short form's, or that of an empty cell."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=4000)]
ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Correlation = Annotated[float, Field(strict=True, ge=-1, le=1)]


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
            raise ValueError(f"must run forward, over at most {MAX_YEARS} years")
        return self

    def years(self) -> tuple[int, ...]:
        """Return the years."""
        return tuple(range(self.start, self.stop + 1, self.step))


class Header(Strict):
    """What a prior set says of itself."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")] = "unnamed"
    title: Text = ""
    description: Text = ""
    model: Annotated[str, Field(max_length=64)] | None = None
    years: YearRange | None = None
    repair: Literal["nearest"] | None = None


class Truncation(Strict):
    """Bounds within which the law's probability is kept."""

    lower: Number | None = None
    upper: Number | None = None


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
            raise ValueError("needs one of rank, kendall and latent")
        if self.between[0] == self.between[1]:
            raise ValueError("between: must name two different parameters")
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


TABLES: dict[str, type[Strict]] = {
    "prior_set": Header,
    "years": YearRange,
    "truncation": Truncation,
    "correlations": CorrelationRow,
    "dependence": DependenceRow,
}


def known_keys(path: tuple[str, ...]) -> list[str]:
    """Return the keys that the table at a path may hold."""
    names = [part for part in path if not part.isdigit()]
    return sorted((TABLES[names[-1]] if names else PriorSetDocument).model_fields)
