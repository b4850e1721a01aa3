"""Distributions that other Python libraries hold in memory, as rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcdemand.errors import InputError
from mcdemand.importers._law_of import constant, number
from mcdemand.importers._preliz_laws import row_of_preliz
from mcdemand.importers._scipy_laws import row_of_frozen
from mcdemand.importers._squigglepy_laws import row_of_squiggle

READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "scipy": row_of_frozen,
    "squigglepy": row_of_squiggle,
    "preliz": row_of_preliz,
}


def row_of(law: Any) -> dict[str, Any]:
    """Return the row of a distribution, or of a number.

    Raises
    ------
    InputError
        If it is of no library that is known, or no row can state it.
    """
    for kind in type(law).__mro__:
        reader = READERS.get(kind.__module__.partition(".")[0])
        if reader is not None:
            try:
                return reader(law)
            except (AttributeError, TypeError) as error:
                reason = f"its numbers cannot be read: {error}"
                raise InputError(f"{kind.__module__:.60}: {kind.__name__:.60}: {reason:.120}") from None
    if isinstance(law, int | float) and not isinstance(law, bool):
        return constant(number(law, "value"))
    raise InputError(f"{type(law).__name__:.60}: no distribution of {', '.join(READERS)}")
