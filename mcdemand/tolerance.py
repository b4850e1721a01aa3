"""How precise a figure is asked to be: a share of it, or an amount in its own unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.registry import look_up

PERCENT = "%"
WRITE = "write a percentage such as 1%, or for a single output a number in its unit"


@dataclass(frozen=True)
class Tolerance:
    """The largest error that is accepted: `amount`, or that share of the figure itself."""

    amount: float
    is_relative: bool

    def of(self, figures: Any) -> Any:
        """Return the errors that are accepted for some figures."""
        return np.abs(figures) * self.amount if self.is_relative else np.full(np.shape(figures), self.amount)

    def __str__(self) -> str:
        """Return the tolerance as it is written."""
        return f"{100 * self.amount:.10g} {PERCENT}" if self.is_relative else f"{self.amount:.10g}"


def read_tolerances(stated: str | Mapping[str, str | float], outputs: Iterable[str]) -> dict[str, Tolerance]:
    """Return the tolerance of every output that has one.

    Parameters
    ----------
    stated
        A percentage for all outputs, or by output a percentage or a number in the output's unit.

    Raises
    ------
    InputError
        If it is neither, is not above 0, or names an output that is not there.
    """
    outputs = list(outputs)
    if isinstance(stated, str):
        tolerance = read_tolerance(stated)
        if not tolerance.is_relative:
            raise InputError(f"precision: {stated}: a number without an output; {WRITE}")
        return dict.fromkeys(outputs, tolerance)
    if not isinstance(stated, Mapping) or not stated:
        raise InputError(f"precision: {stated!r}: {WRITE}")
    known = dict.fromkeys(outputs)
    for name in stated:
        look_up(str(name), known, "precision")
    return {str(name): read_tolerance(value, str(name)) for name, value in stated.items()}


def read_tolerance(stated: str | float, output: str | None = None) -> Tolerance:
    """Return the tolerance that "1%", "0.5" or 0.5 states, of an output where one is named.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> read_tolerance("1%")
    Tolerance(amount=0.01, is_relative=True)
    """
    text = str(stated).strip()
    is_relative = text.endswith(PERCENT)
    try:
        amount = float(text.removesuffix(PERCENT)) / (100 if is_relative else 1)
    except ValueError:
        amount = math.nan
    if isinstance(stated, bool) or not 0 < amount < math.inf:
        place = "" if output is None else f" {output}:"
        raise InputError(f"precision:{place} {stated}: must be a finite number above 0; {WRITE}")
    return Tolerance(amount, is_relative)
