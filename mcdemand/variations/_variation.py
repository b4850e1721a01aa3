"""What a variation is: the root of the family, which every member imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from mcdemand.distributions._law import Law
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.registry import nearest
from mcdemand.variations._keys import Key, ReadLaw, in_words
from mcdemand.variations._rows import YearRows

Values = dict[str, Any]

FAR_SCORE = -7.0
ADDITIVE, MULTIPLICATIVE = "additive", "multiplicative"


class Moments(NamedTuple):
    """Mean and variance: of one law, or (year,) of every year."""

    mean: Any
    variance: Any


def axis_of(law: Law) -> str:
    """Return where a law lives: "real", "positive" or "bounded", as truncated ones are."""
    return "bounded" if law.truncation else law.family.axis(law.values)


def is_constant(law: Law) -> bool:
    """Return whether a law is a constant."""
    return law.family.score == "none"


def is_positive(law: Law) -> bool:
    """Return whether a law leaves no probability to numbers up to 0."""
    return law.support()[0] >= 0 and float(law.quantiles(np.array([FAR_SCORE]))[0]) > 0


def every_year(_values: Values, _first_year: int, years: int) -> int:
    """Return the number of years: all of them have the row's own law."""
    return years


def first_year_only(_values: Values, _first_year: int, _years: int) -> int:
    """Return 1: the row's own law is that of the first year."""
    return 1


def at_level(_values: Values, _role: str, _step: int, z: float) -> float:
    """Return the score itself."""
    return z


def as_stated(_own: Law, values: Values) -> Values:
    """Return the values: any law will do."""
    return values


def constant_path(_values: Values, start: Floats, _scores: Floats, years: int) -> Floats:
    """Return (year, level) values that stay where they start."""
    return np.tile(start, (years, 1))


@dataclass(frozen=True)
class Variation:
    """A kind of change from year to year: one file, one of these.

    Attributes
    ----------
    keys
        What the table holds beside `kind`.
    fill
        `fill(rows, values)` turns one normal score a year into the values of the years.
    level_scores
        `level_scores(values, z, years)` -> the scores of the years with which the parameter lies at the level of the
        normal score z.
    moments
        `moments(values, own, laws, first_year, years)` -> mean and variance by year from those of the row's own law and
        of the nested laws by role; of the logarithm where the variation multiplies; NaN where there is no closed form.
    complete
        `complete(own, values)` -> the values, with what depends on the row's own law filled in.
    own_years
        `own_years(values, first_year, years)` -> how many of the years, from the first on, have the row's own law.
    auxiliary_score
        `auxiliary_score(values, role, step, z)` -> the score of another draw at that level.
    level_path
        `level_path(values, start, scores, years)` -> (year, level) values at levels, where that is a closed form; None:
        the rows are filled from `level_scores`.
    takes_constants
        Whether the row's own law may be a constant.
    """

    name: str
    keys: tuple[Key, ...]
    fill: Callable[[YearRows, Values], None]
    level_scores: Callable[[Values, float, int], list[float]]
    moments: Callable[[Values, Moments, Mapping[str, Moments], int, int], Moments]
    complete: Callable[[Law, Values], Values] = as_stated
    own_years: Callable[[Values, int, int], int] = first_year_only
    auxiliary_score: Callable[[Values, str, int, float], float] = at_level
    level_path: Callable[[Values, Floats, Floats, int], Floats] | None = None
    takes_constants: bool = False

    def read(self, stated: Mapping[str, Any], own: Law, read_law: ReadLaw) -> StatedVariation:
        """Return what a table states.

        Parameters
        ----------
        stated
            The table without `kind`.
        read_law
            `read_law(role, content)` reads a nested law.

        Raises
        ------
        InputError
            If a key is unknown or missing, or its value breaks a rule.
        """
        known = [key.name for key in self.keys]
        for name in stated:
            if name not in known:
                raise InputError(f"varies.{name}: unknown; {self._remedy(name, known)}")
        if is_constant(own) and not self.takes_constants:
            raise InputError("varies: a constant does not vary")
        values: Values = {}
        for key in self.keys:
            if key.name not in stated and key.is_required:
                raise InputError(f"varies: {self.name} takes {key.name}, which is missing")
            values[key.name] = (
                key.read(f"varies.{key.name}", stated[key.name], read_law) if key.name in stated else key.default
            )
        return StatedVariation(self, self.complete(own, values), in_words(self.name, values))

    def _remedy(self, name: str, known: list[str]) -> str:
        if not known:
            return f"{self.name} takes neither this nor any other key"
        near = nearest(name, known)
        return near if near.startswith("did you mean") else f"{self.name} takes {', '.join(known)}"


@dataclass(frozen=True)
class StatedVariation:
    """How one parameter moves from year to year.

    Attributes
    ----------
    words
        The kind and its keys, as a report says them.
    """

    kind: Variation
    values: Values
    words: str = field(compare=False)

    def fill(self, rows: YearRows) -> None:
        """Turn one normal score a year into the values of the years."""
        self.kind.fill(rows, self.values)

    def level_scores(self, z: float, years: int) -> list[float]:
        """Return the scores of the years with which the parameter lies at the level of the normal score z."""
        return self.kind.level_scores(self.values, z, years)

    def auxiliary_score(self, role: str, step: int, z: float) -> float:
        """Return the score of another draw of the parameter at that level."""
        return self.kind.auxiliary_score(self.values, role, step, z)

    def level_path(self, start: Floats, scores: Floats, years: int) -> Floats | None:
        """Return (year, level) values at levels, given those of the row's own law; None if there is no closed form."""
        path = self.kind.level_path
        return None if path is None else path(self.values, start, scores, years)

    def own_years(self, first_year: int, years: int) -> int:
        """Return how many of the years, from the first on, have the row's own law."""
        return self.kind.own_years(self.values, first_year, years)

    def moments(self, own: Moments, laws: Mapping[str, Moments], first_year: int, years: int) -> Moments:
        """Return mean and variance (year,); see `Variation.moments`."""
        return self.kind.moments(self.values, own, laws, first_year, years)


def with_form(own: Law, values: Values) -> Values:
    """Return the values with `form`: the one stated, or what suits the axis of the row's own law.

    Raises
    ------
    InputError
        If the row's own law is categorical, or has a part of an axis and no form is stated.
    """
    refuse_categories(own)
    form = values["form"] or {"real": ADDITIVE, "positive": MULTIPLICATIVE}.get(axis_of(own))
    if form is None:
        law = "a constant" if is_constant(own) else "a law on a part of the axis"
        raise InputError(f'varies.form: missing; with {law}, state "{ADDITIVE}" or "{MULTIPLICATIVE}"')
    return {**values, "form": form}


def refuse_categories(own: Law) -> None:
    """Raise if the row's own law is categorical.

    Raises
    ------
    InputError
        If it is.
    """
    if "categories" in own.values:
        raise InputError("varies: categories have no sum; only independent, ar1 and an event that switches suit them")
