"""Prior sets that are to be compared: loaded, labelled, for one model, over the years that they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mcdemand.errors import InputError
from mcdemand.model import Model, load_model
from mcdemand.prior_pool import PriorPool, load_beliefs
from mcdemand.prior_set import PriorSet
from mcdemand.request import Beliefs

OVERRIDDEN = "+set"

type Named = dict[str, PriorSet | PriorPool]


def load_sets(
    sets: Beliefs | Sequence[Beliefs], overrides: Mapping[str, Any] | None = None
) -> dict[str, PriorSet | PriorPool]:
    """Return `{label: prior set}`, the baseline first: a single set stands against itself with the overrides.

    Labels are the sets' names; one that is taken gets a number behind a `+`, which no name contains.

    Raises
    ------
    InputError
        If there is a single set and nothing to change, or what is given is neither sets nor overrides.
    """
    if not isinstance(overrides, Mapping | None):
        raise InputError(f"set: {overrides!r}: must be overrides by key, such as {{'reasoning_multiplier.p50': 10}}")
    check_names(overrides or (), "set")
    sources = _sources(sets)
    if len(sources) + bool(overrides) < 2:
        count = "no prior set" if not sources else "a single prior set"
        raise InputError(f"compare: {count}; name another one, or change it with --set KEY=VALUE (in Python, set=)")
    loaded = [load_beliefs(source, overrides) for source in sources]
    labels = [one.name for one in loaded]
    if len(sources) == 1:
        loaded, labels = [load_beliefs(sources[0]), *loaded], [labels[0], labels[0] + OVERRIDDEN]
    numbers = [labels[:k].count(label) + 1 for k, label in enumerate(labels)]
    return {
        f"{label}+{number}" if number > 1 else label: one
        for label, number, one in zip(labels, numbers, loaded, strict=True)
    }


def _sources(sets: Any) -> list[Beliefs]:
    """Return what prior sets are to be loaded from."""
    if isinstance(sets, str | Path | Mapping | PriorSet | PriorPool):
        return [sets]
    if not isinstance(sets, Iterable):
        raise InputError(f"sets: {sets!r}: must be prior sets, such as ['consensus', 'liftoff']")
    found: list[Any] = list(sets)
    for source in found:
        if not isinstance(source, str | Path | Mapping | PriorSet | PriorPool):
            raise InputError(f"sets: {source!r}: must be the name of a prior set, a path, a mapping or a PriorSet")
    return found


def check_names(names: Iterable[Any], place: str) -> None:
    """Refuse what is no text where names belong.

    Raises
    ------
    InputError
        If one is not text.
    """
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"{place}: {name!r}: must be a name, as text")


def compared_years(named: Named, years: int | Iterable[int] | None) -> int | tuple[int, ...] | None:
    """Return the years to compare: those that are asked for, or else those that the sets have in common.

    Raises
    ------
    InputError
        If no year is named, or there is none in common.
    """
    if years is None:
        return common_years(named)
    if not isinstance(years, Iterable) or isinstance(years, str):
        return years
    found = tuple(years)
    if not found:
        raise InputError("years: empty; name a year, or leave years out for those that the sets have in common")
    return found


def common_model(named: Named, model: Model | str | None = None) -> Model:
    """Return the model of all sets.

    Raises
    ------
    InputError
        If they name different ones.
    """
    models = {label: one.model for label, one in named.items()}
    if model is None and len({*models.values()}) > 1:
        stated = ", ".join(f"{label}: {name}" for label, name in models.items())
        raise InputError(f"prior_set.model: {stated}; sets that are compared must be for one model")
    return load_model(model or next(iter(models.values())))


def common_years(named: Named) -> tuple[int, ...] | None:
    """Return the years that all sets have; None if none of them has time.

    Raises
    ------
    InputError
        If there is no such year.
    """
    years = {label: one.years for label, one in named.items() if one.years}
    if not years:
        return None
    common = frozenset.intersection(*map(frozenset, years.values()))
    if not common:
        stated = ", ".join(f"{label} {one[0]} to {one[-1]}" for label, one in years.items())
        raise InputError(f"years: {stated}: none in common; name years with --years (in Python, years=)")
    return tuple(sorted(common))
