"""What was observed: rows of a TOML file, or mappings of the same shape, checked."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError, model_validator

from mcdemand.errors import FileError, InputError, IntegrityError
from mcdemand.evidence._likelihoods import LIKELIHOODS, Likelihood
from mcdemand.kernels.arrays import Floats
from mcdemand.schema import FIRST_YEAR, LAST_YEAR, Number, Strict, Text, broken, path_words, problem_words
from mcdemand.toml_file import read_toml

OBSERVATIONS = "observations"
MOST = 200
Z95 = 1.6448536269514722
POSITIVE = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
BOUNDS, ENDS = ("at_least", "at_most"), ("p5", "p95")
HOW = "state value with its error (distribution, sigma), both p5 and p95, or at_least or at_most"
BY_ENDS = ("normal", "lognormal")


class ObservationRow(Strict):
    """An observation as it is written."""

    output: Annotated[str, Field(max_length=200)]
    year: Annotated[int, Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)] | None = None
    unit: Annotated[str, Field(max_length=64)] = "1"
    distribution: str | None = None
    value: Number | None = None
    sigma: POSITIVE | None = None
    nu: Annotated[float, Field(strict=True, gt=0, le=1e6)] | None = None
    n: Annotated[int, Field(strict=True, ge=1, le=10**9)] | None = None
    p5: Number | None = None
    p95: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    source: Text = ""
    note: Text = ""

    @model_validator(mode="after")
    def _one_way(self) -> ObservationRow:
        bounded, by_ends = (any(getattr(self, key) is not None for key in keys) for keys in (BOUNDS, ENDS))
        given = [bounded, by_ends, self.value is not None]
        if sum(given) != 1:
            raise broken(f"must be one kind of observation; {HOW}")
        if bounded:
            self._check_bounds()
        else:
            self._check_error(by_ends=by_ends)
        return self

    def _check_bounds(self) -> None:
        self._has_only(BOUNDS, "bounds have no error")
        if None not in (self.at_least, self.at_most) and not self.at_least < self.at_most:  # type: ignore[operator]
            raise broken("at_least must be below at_most")

    def _check_error(self, *, by_ends: bool) -> None:
        name = self.distribution
        if name not in LIKELIHOODS:
            raise broken(f"distribution: {name!r}: must be one of {', '.join(LIKELIHOODS)}, the law of its error")
        if by_ends:
            if name not in BY_ENDS:
                raise broken(f"p5 and p95 state a {' or a '.join(BY_ENDS)}; else state value and sigma")
            self._has_only(("distribution", *ENDS), "p5 and p95 state value and sigma")
            if None in (self.p5, self.p95) or not self.p5 < self.p95:  # type: ignore[operator]
                raise broken("p5 and p95: both, the first below the second")
        else:
            likelihood = LIKELIHOODS[name]
            self._has_only(("distribution", "value", *likelihood.needs), f"{name} takes {_listed(likelihood.needs)}")
            self._check_value(likelihood)
        lowest = self.p5 if by_ends else self.value
        if name == "lognormal" and lowest is not None and lowest <= 0:
            raise broken(f"{lowest:g}: a lognormal value lies above 0")

    def _check_value(self, likelihood: Likelihood) -> None:
        absent = [key for key in likelihood.needs if getattr(self, key) is None]
        if absent:
            raise broken(f"{_listed(absent)}: missing; {self.distribution} takes {_listed(likelihood.needs)}")
        if likelihood.of_counts and not (self.value == int(self.value or 0) and 0 <= self.value <= (self.n or 0)):
            raise broken(f"value: {self.value:g}: must be a whole number from 0 to n, {self.n}")

    def _has_only(self, keys: Iterable[str], rule: str) -> None:
        numbers = ("distribution", "value", "sigma", "nu", "n", *ENDS, *BOUNDS)
        for key in numbers:
            if key not in {*keys} and getattr(self, key) is not None:
                raise broken(f"{key}: not beside {_listed(keys)}: {rule}; leave it out")


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(keys)


class ObservationsDocument(Strict):
    """A whole file."""

    title: Text = ""
    observations: Annotated[list[ObservationRow], Field(min_length=1, max_length=MOST)]


TABLES: dict[str, type[Strict]] = {"": ObservationsDocument, OBSERVATIONS: ObservationRow}


@dataclass(frozen=True)
class Observation:
    """One observation, checked.

    Attributes
    ----------
    row
        As it was written.
    where
        Where, for messages.
    """

    row: ObservationRow
    where: str

    @property
    def name(self) -> str:
        """The output, and the year if there is one."""
        return self.row.output if self.row.year is None else f"{self.row.output} {self.row.year}"

    @property
    def is_bound(self) -> bool:
        """Whether all that is known is a bound."""
        return self.row.distribution is None

    @property
    def has_value(self) -> bool:
        """Whether there is a value in the unit of the output, and an interval that it lies in."""
        return not self.is_bound and all(map(math.isfinite, self.interval()))

    @property
    def value(self) -> float:
        """The observed value; of p5 and p95 the one in the middle, on the scale of the error; NaN of a bound."""
        if self.row.p5 is None or self.row.p95 is None:
            return math.nan if self.row.value is None else self.row.value
        middle = math.sqrt(self.row.p5) * math.sqrt(self.row.p95)
        return middle if self.row.distribution == "lognormal" else self.row.p5 / 2 + self.row.p95 / 2

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers of the law of the error."""
        if self.row.p5 is not None and self.row.p95 is not None:
            ends = (self.row.p5, self.row.p95)
            low, high = map(math.log, ends) if self.row.distribution == "lognormal" else ends
            return ((high - low) / (2 * Z95),)
        return tuple(float(getattr(self.row, key)) for key in LIKELIHOODS[self.row.distribution or ""].needs)

    def interval(self) -> tuple[float, float]:
        """Return the ends between which the truth lies with 90 %, as far as the observation tells; or the bounds."""
        if self.is_bound:
            low, high = self.row.at_least, self.row.at_most
            return -math.inf if low is None else low, math.inf if high is None else high
        if LIKELIHOODS[self.row.distribution or ""].of_counts:
            return math.nan, math.nan
        reach = self._score95() * self.numbers[0]
        if self.row.distribution == "lognormal":
            with np.errstate(over="ignore"):
                return float(self.value * np.exp(-reach)), float(self.value * np.exp(reach))
        return self.value - reach, self.value + reach

    def _score95(self) -> float:
        """Return the 95 % quantile of the law of the error, in units of sigma."""
        if self.row.distribution != "student_t":
            return Z95
        from scipy.special import stdtrit

        return float(stdtrit(self.row.nu, 0.95))

    def log_likelihood(self, truth: Floats) -> Floats:
        """Return the logarithm of the density of what was observed, for each value the output may have had (draw)."""
        if not self.is_bound:
            # What overflows is infinitely far off.
            with np.errstate(over="ignore"):
                return LIKELIHOODS[self.row.distribution or ""].log_density(truth, self.value, *self.numbers)
        low, high = self.interval()
        return np.where((low <= truth) & (truth <= high), 0.0, -math.inf)

    def stated(self) -> dict[str, Any]:
        """Return the keys as they were written."""
        return self.row.model_dump(exclude_none=True, exclude_defaults=True)


type Stated = str | Path | Mapping[str, Any] | Iterable[Mapping[str, Any]] | tuple[Observation, ...]
"""A TOML file, a mapping of its shape, rows, or observations that were loaded before."""


def load_observations(source: Stated) -> tuple[Observation, ...]:
    """Return the observations of a TOML file, of a mapping of the same shape, or of a list of rows.

    Raises
    ------
    InputError
        If anything is not valid; the message names file, key, value, rule and remedy, a line for each problem.
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> row = {"output": "energy", "year": 2025, "distribution": "lognormal", "value": 93, "sigma": 0.2, "unit": "TWh"}
    >>> [one.name for one in load_observations([row])]
    ['energy 2025']
    """
    if isinstance(source, tuple) and source and all(isinstance(one, Observation) for one in source):
        return source
    content, at = _content(source)
    try:
        document = ObservationsDocument.model_validate(content)
    except ValidationError as error:
        problems = (problem_words(one, content, TABLES) for one in error.errors(include_url=False))
        raise InputError("\n".join(f"{at}{one}" for one in problems)) from None
    rows = document.observations
    return tuple(Observation(row, at + path_words((OBSERVATIONS, k), content)) for k, row in enumerate(rows))


def _content(source: Any) -> tuple[dict[str, Any], str]:
    """Return what is stated, and what begins the messages."""
    if isinstance(source, Mapping):
        return dict(source), ""
    if isinstance(source, str | Path):
        if not os.path.isfile(source):
            raise FileError(f"{source!s:.200}: no such file; give the path of a TOML file of observations")
        return read_toml(Path(source), str(source)), f"{source}: "
    if isinstance(source, Iterable):
        return {OBSERVATIONS: [dict(one) if isinstance(one, Mapping) else one for one in source]}, ""
    raise InputError(f"{OBSERVATIONS}: {source!r:.80}: must be a path, a mapping or a list of rows")


def observations_of(attributes: Mapping[Any, Any]) -> tuple[Observation, ...]:
    """Return the observations that a conditioned result states.

    Raises
    ------
    IntegrityError
        If it states none that are valid.
    """
    try:
        return load_observations(json.loads(attributes[OBSERVATIONS]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        reason = next(iter(str(error).splitlines()), "not JSON")
        raise IntegrityError(f"result: {OBSERVATIONS}: {reason:.200}; the file was changed; condition anew") from None
