"""The run that a result's attributes state: every one looked at before it is used, as a stranger may have set it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcdemand.errors import InputError, IntegrityError
from mcdemand.prior_pool import POOL, PriorPool, load_beliefs
from mcdemand.prior_set import PriorSet
from mcdemand.run import MAX_CHAINS, MAX_DRAWS, MAX_SEED
from mcdemand.schema import FIRST_YEAR, LAST_YEAR

REMEDY = "the file was changed; simulate anew"
MAX_SHOWN = 60


@dataclass(frozen=True)
class Size:
    """Chains of a result, and the draws of all of them together."""

    chains: int
    draws: int

    @property
    def per_chain(self) -> int:
        """Draws of each chain."""
        return self.draws // self.chains


def stated_size(attributes: Mapping[Any, Any]) -> Size:
    """Return chains and draws.

    Raises
    ------
    IntegrityError
        If they are no whole numbers in range, or the draws no multiple of the chains.
    """
    size = Size(_whole_number(attributes, "chains", 1, MAX_CHAINS), _whole_number(attributes, "draws", 1, MAX_DRAWS))
    if size.draws % size.chains:
        raise _refused(f"draws: {size.draws}: must be a multiple of chains, {size.chains}")
    return size


def stated_seed(attributes: Mapping[Any, Any]) -> int:
    """Return the seed.

    Raises
    ------
    IntegrityError
        If it is no whole number in range.
    """
    return _whole_number(attributes, "seed", 0, MAX_SEED)


def stated_word(attributes: Mapping[Any, Any], key: str) -> str:
    """Return an attribute that is a word, such as the design.

    Raises
    ------
    IntegrityError
        If it is missing, empty or no text.
    """
    value = _present(attributes, key)
    if not isinstance(value, str) or not value:
        raise _refused(f"{key}: {_shown(value)}: must be text")
    return value


def stated_outputs(attributes: Mapping[Any, Any]) -> list[str]:
    """Return the names of the quantities that are kept; empty where a file has dropped the empty list.

    Raises
    ------
    IntegrityError
        If they are no text.
    """
    items = _items(attributes, "outputs")
    for item in items:
        if not isinstance(item, str):
            raise _refused(f"outputs: {_shown(item)}: must be names")
    return list(map(str, items))


def stated_years(attributes: Mapping[Any, Any]) -> tuple[int, ...]:
    """Return the years that are kept; empty where a file has dropped the empty list.

    Raises
    ------
    IntegrityError
        If they are no calendar years.
    """
    return tuple(_checked("years", item, FIRST_YEAR, LAST_YEAR) for item in _items(attributes, "years"))


def stated_priors(attributes: Mapping[Any, Any]) -> PriorSet | PriorPool:
    """Return the prior set, or the pool of them, from a document that must stand alone.

    Raises
    ------
    IntegrityError
        If there is no such document, or it is none of a prior set.
    """
    text = _present(attributes, "prior_set_document")
    try:
        document = _parsed(text)
        if any("extends" in _heading(one) for one in _documents(document)):
            raise InputError("prior_set.extends: a result holds its whole prior set")
        return load_beliefs(document)
    except InputError as error:
        reason = str(error).splitlines()[0][:200]
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
        reason = "must be a prior set as JSON"
    raise _refused(f"prior_set_document: cannot be read: {reason}")


def _parsed(text: Any) -> Any:
    if not isinstance(text, str):
        raise InputError(f"{_shown(text)}: must be text")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("must be JSON, and is none") from None


def _documents(document: Any) -> list[Mapping[str, Any]]:
    """Return the documents of all sets, none of them a name or a path that would be looked up."""
    if not isinstance(document, Mapping):
        raise InputError("must be a table of names and values")
    if POOL not in document:
        return [document]
    rows = document[POOL]
    if not isinstance(rows, list) or not all(
        isinstance(row, Mapping) and isinstance(row.get("document"), Mapping) for row in rows
    ):
        raise InputError("pool: must be a list of tables, each with document, a table, and weight")
    return [row["document"] for row in rows]


def _heading(document: Mapping[str, Any]) -> Mapping[str, Any]:
    heading = document.get("prior_set", {})
    if not isinstance(heading, Mapping):
        raise InputError(f"prior_set: {_shown(heading)}: must be a table of names and values")
    return heading


def _whole_number(attributes: Mapping[Any, Any], key: str, low: int, high: int) -> int:
    return _checked(key, _present(attributes, key), low, high)


def _checked(key: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise _refused(f"{key}: {_shown(value)}: must be a whole number from {low} to {high}")
    return int(value)


def _present(attributes: Mapping[Any, Any], key: str) -> Any:
    if key not in attributes:
        raise _refused(f"{key}: missing from its attributes")
    return attributes[key]


def _items(attributes: Mapping[Any, Any], key: str) -> list[Any]:
    """Return a list that a file may have made into an array, a single item into a scalar, an empty one into none."""
    value = attributes.get(key, ())
    return [] if isinstance(value, str) and not value else list(np.ravel(np.asarray(value, dtype=object)))


def _shown(value: Any) -> str:
    """Return a value in short, on one line and without the library's own words for its type."""
    plain = value.tolist() if isinstance(value, np.generic | np.ndarray) else value
    return f"{plain!r:.{MAX_SHOWN}}"


def _refused(what: str) -> IntegrityError:
    return IntegrityError(f"result: {what}; {REMEDY}")
