"""The law of one parameter: from a row of a prior set to numbers that a kernel reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from mcdemand.distributions._distribution import Distribution, Values
from mcdemand.distributions._law import Law
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.law_statement import read_law
from mcdemand.registry import nearest
from mcdemand.schema import LawRow, Row, problem_words
from mcdemand.short_forms import inner_row
from mcdemand.variations import variations
from mcdemand.variations._variation import StatedVariation


@dataclass(frozen=True)
class Prior:
    """The law of one parameter.

    Attributes
    ----------
    values
        The family's parameters, complete.
    stated
        What the row says, key by key, as written.
    truncation
        Bounds of the value within which the law's probability is kept.
    varies
        How the parameter moves from year to year; None if it is one number per draw.
    """

    name: str
    distribution: Distribution
    values: Values
    stated: Mapping[str, Any]
    unit: str = "1"
    source: str = ""
    note: str = ""
    truncation: tuple[float, float] | None = None
    varies: StatedVariation | None = None

    @property
    def law(self) -> Law:
        """The law that the parameter is drawn from."""
        return Law(self.distribution, tuple(self.values.items()), self.truncation)

    @property
    def is_constant(self) -> bool:
        """Whether the parameter is not uncertain."""
        return self.distribution.score == "none" and self.varies is None

    @property
    def is_tabulated(self) -> bool:
        """Whether the law is drawn from a table."""
        return self.distribution.tabulated

    @property
    def drawn_law(self) -> tuple[Any, ...]:
        """What the parameter is drawn from, however it is stated: equal in priors that are drawn alike."""
        return self.distribution.name, self.values, self.truncation, self.varies

    def kernel_numbers(self) -> Floats:
        """Return the constants of the law's kernel; a table is made once."""
        return self.law.kernel_numbers()

    def draw_numbers(self) -> Floats:
        """Return the constants of the row operation that the engine draws the law by."""
        return self.law.draw_numbers()


def read_prior(name: str, row: Row) -> Prior:
    """Return the prior that a row states.

    Raises
    ------
    InputError
        If the row's family or its numbers break a rule; the message starts with the key.
    """
    try:
        with np.errstate(all="ignore"):
            return _read(name, row)
    except InputError:
        raise
    except NumericalError as error:
        raise InputError(f"distribution: {error}") from None
    except (ArithmeticError, ValueError):
        # NumPy and SciPy, about numbers that are finite one by one.
        raise InputError(
            f"distribution: {row.distribution}: its numbers are too large, or too far apart, to compute with"
        ) from None


def _read(name: str, row: Row) -> Prior:
    law = read_law(row)
    return Prior(
        name=name,
        distribution=law.family,
        values=law.values,
        stated=row.law(),
        unit=row.unit,
        source=row.source,
        note=row.note,
        truncation=law.truncation,
        varies=_varies(law, row),
    )


def _varies(law: Law, row: Row) -> StatedVariation | None:
    if row.varies is None:
        return None
    kind = variations().get(row.varies.kind)
    if kind is None:
        raise InputError(f"varies.kind: {row.varies.kind!r:.80}: unknown; {nearest(row.varies.kind, variations())}")
    return kind.read(row.varies.keys(), law, read_nested)


def read_nested(role: str, content: Any) -> Prior:
    """Return the law that a table, a short form or a number inside a row states.

    Its name is its role, whatever parameter has it.

    Raises
    ------
    InputError
        If it breaks a rule; the message starts with the key.
    """
    try:
        stated = inner_row(content)
    except InputError as error:
        raise InputError(f"distribution: {error}") from None
    outer = sorted(stated.keys() & (Row.model_fields.keys() - LawRow.model_fields.keys()))
    if outer:
        raise InputError(f"{outer[0]}: belongs to the whole row, not to a law inside it; move it there")
    try:
        row = Row.model_validate(stated)
    except ValidationError as error:
        raise InputError(problem_words(error.errors(include_url=False)[0])) from None
    return read_prior(role, row)
