"""A SIPmath 3.0 library as its JSON, checked: what is of no use here is passed over, all else is strict and bounded."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcdemand.distributions.metalog import MOST_TERMS
from mcdemand.errors import InputError
from mcdemand.files import read_text
from mcdemand.report.text import literal
from mcdemand.sample_file import MOST_SAMPLES
from mcdemand.schema import Correlation, Number

MAX_BYTES = 50_000_000
MOST_SIPS = 1000
SHOWN = 40
GENERIC = "generic"

type Text = Annotated[str, Field(max_length=100_000)]


class Table(BaseModel):
    """A table whose other keys are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Ref(Table):
    """What a SIP takes its uniform numbers from."""

    source: Literal["rng", "copula"]
    name: Text
    layer: Text | None = Field(None, alias="copulaLayer")


class Sip(Table):
    """A distribution."""

    name: Text
    ref: Ref
    function: Text
    arguments: dict[str, Any]
    metadata: dict[str, Any] = {}
    environment: Text = GENERIC
    rounding: Any = None


class Stream(Table):
    """A generator of uniform numbers."""

    name: Text
    function: Text
    arguments: dict[str, Any] = {}


class Copula(Table):
    """Layers of uniform numbers that depend on each other."""

    name: Text
    function: Text
    arguments: dict[str, Any]
    layers: Annotated[list[Text], Field(max_length=MOST_SIPS)] = Field([], alias="copulaLayer")


class Uniforms(Table):
    """All sources of uniform numbers."""

    rng: Annotated[list[Stream], Field(max_length=MOST_SIPS)] = []
    copula: Annotated[list[Copula], Field(max_length=MOST_SIPS)] = []


class Variable(Table):
    """A named value."""

    name: Text
    value: Any = None


class Library(Table):
    """The whole file."""

    name: Text = ""
    provenance: Text = ""
    variables: Annotated[list[Variable], Field(max_length=MOST_SIPS)] = Field([], alias="globalVariables")
    uniforms: Uniforms = Field(Uniforms(), alias="U01")
    sips: Annotated[list[Sip], Field(min_length=1, max_length=MOST_SIPS)]


class MetalogArguments(Table):
    """What states a metalog."""

    coefficients: Annotated[list[Number], Field(min_length=1, max_length=MOST_TERMS)] = Field(alias="aCoefficients")
    lower: Number = Field(-math.inf, alias="lowerBound")
    upper: Number = Field(math.inf, alias="upperBound")


class ArrayArguments(Table):
    """What states trials."""

    type: Literal["array"]
    value: Annotated[list[Number], Field(min_length=1, max_length=MOST_SAMPLES)]


class Reference(Table):
    """The name of a global variable."""

    type: Literal["globalVariables"]
    value: Text


class GaussianArguments(Table):
    """What states a Gaussian copula."""

    matrix: Reference = Field(alias="correlationMatrix")


class Entry(Table):
    """A correlation."""

    row: Text
    col: Text
    value: Correlation


class Matrix(Table):
    """Correlations, of which one triangle may be left out."""

    rows: Annotated[list[Text], Field(max_length=MOST_SIPS)] = []
    matrix: Annotated[list[Entry], Field(min_length=1, max_length=MOST_SIPS**2)]


def read_json(path: Path) -> Any:
    """Return the content of a file.

    Raises
    ------
    FileError
        If it cannot be read.
    InputError
        If it is not JSON, or has a number that JSON does not have.
    """
    text = read_text(path, str(path), MAX_BYTES, "leave out what is not wanted")
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {literal(error)[:100]}") from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def parse[T: Table](kind: type[T], content: Any, where: str) -> T:
    """Return a table of some kind.

    Raises
    ------
    InputError
        If the content is none; the message starts with `where`.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise InputError(f"{where}: {literal(place)[:100] or 'library'}: {literal(problem['msg'])[:200]}") from None


def shown(text: object) -> str:
    """Return a stranger's text for a message."""
    return repr(literal(text)[:SHOWN])
