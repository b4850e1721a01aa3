"""What changes in a row between two prior sets, in words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from mcdemand.prior import Prior
from mcdemand.prior_set import PriorSet

CORRELATIONS = "correlations"


def describe_change(row: str, start: PriorSet, end: PriorSet) -> str:
    """Return in words what changes in a row.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> changed = load_prior_set("consensus", {"pue_overhead_2025.p50": 0.25})
    >>> describe_change("pue_overhead_2025", load_prior_set("consensus"), changed)
    'p50 0.22 -> 0.25'
    """
    if row == CORRELATIONS:
        pairs = [_tied(each) for each in (start, end)]
        differing = sum(pairs[0].get(key) != pairs[1].get(key) for key in pairs[0].keys() | pairs[1].keys())
        return f"{differing} pair{'' if differing == 1 else 's'} of parameters"
    before, after = (_stated(one.parameters[row]) for one in (start, end))
    if before["distribution"] != after["distribution"]:
        return f"{_written(before)} -> {_written(after)}"
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return ", ".join(f"{key} {before.get(key, 'none')} -> {after.get(key, 'none')}" for key in keys)


def _tied(priors: PriorSet) -> dict[frozenset[str], Any]:
    """Return what is stated of each pair that depends on each other, by pair."""
    found: dict[frozenset[str], Any] = {frozenset(one.between): one.latent for one in priors.correlations}
    for group in priors.dependences:
        stated = {frozenset(one.between): one.latent for one in group.correlations}
        about = group.family, tuple(sorted(group.numbers.items()))
        found |= {pair: (*about, stated.get(pair)) for pair in map(frozenset, combinations(group.names, 2))}
    return found


def _stated(prior: Prior) -> dict[str, str]:
    """Return what a law is stated by, as text."""
    found = {"distribution": prior.distribution.name}
    found |= {
        key: f"{value:g}" if isinstance(value, int | float) else str(value) for key, value in prior.stated.items()
    }
    if prior.truncation:
        found["truncation"] = f"[{prior.truncation[0]:g}, {prior.truncation[1]:g}]"
    if prior.varies:
        found["varies"] = prior.varies.words
    return found


def _written(stated: Mapping[str, str]) -> str:
    family, *keys = stated
    if stated[family] == "constant":
        return f"constant {stated['value']}"
    return f"{stated[family]}({', '.join(f'{key} {stated[key]}' for key in keys)})"
