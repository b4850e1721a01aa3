"""A linear pool of rival prior sets: every draw belongs to one of them, chosen by weight."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

from mcdemand.distributions import distributions
from mcdemand.errors import InputError
from mcdemand.prior import Prior
from mcdemand.prior_set import PriorSet, load_prior_set

PRIOR_SET = "prior_set"
POOL = "pool"
SUM_TOLERANCE = 1e-9
NAME_SEPARATOR = "+"
ROW_KEYS = frozenset({"document", "weight"})


@dataclass(frozen=True)
class PriorPool:
    """Prior sets of one model and how much each is believed.

    Attributes
    ----------
    sets
        The sets, of different names.
    weights
        The probability that a draw belongs to each; they sum to 1.
    """

    sets: tuple[PriorSet, ...]
    weights: tuple[float, ...]

    @property
    def name(self) -> str:
        """The sets' names, joined."""
        return NAME_SEPARATOR.join(priors.name for priors in self.sets)

    @property
    def title(self) -> str:
        """Which sets are pooled, and their weights, in words."""
        parts = (f"{100 * w:.10g} % {priors.name}" for priors, w in zip(self.sets, self.weights, strict=True))
        return f"Linear pool: {', '.join(parts)}"

    @property
    def model(self) -> str | None:
        """Name of the installed model that the sets are for."""
        return self.sets[0].model

    @property
    def years(self) -> tuple[int, ...]:
        """Years asked for, the same in every set."""
        return self.sets[0].years

    @property
    def parameters(self) -> Mapping[str, Prior]:
        """The first set's prior of every parameter that all sets have."""
        common = set.intersection(*(set(priors.parameters) for priors in self.sets))
        return {name: prior for name, prior in self.sets[0].parameters.items() if name in common}

    @property
    def document(self) -> Mapping[str, Any]:
        """The pool as a mapping that `load_beliefs` reads back."""
        return {
            POOL: [{"weight": w, "document": p.document} for p, w in zip(self.sets, self.weights, strict=True)],
        }

    @property
    def notices(self) -> tuple[str, ...]:
        """What loading changed, by set."""
        return tuple(f"{priors.name}: {notice}" for priors in self.sets for notice in priors.notices)

    def varies(self, name: str) -> bool:
        """Return whether a parameter varies by year in any set."""
        return name != PRIOR_SET and any(priors.varies(name) for priors in self.sets)

    def laws(self, name: str) -> dict[str, Prior]:
        """Return the laws of a parameter, by set; of a draw's set, the weights."""
        if name == PRIOR_SET:
            return {self.name: self.selector()}
        return {priors.name: priors.parameters[name] for priors in self.sets}

    def selector(self) -> Prior:
        """Return the law of a draw's set: a categorical one."""
        family = distributions()["categorical"]
        values = {"categories": tuple(priors.name for priors in self.sets), "weights": self.weights}
        return Prior(PRIOR_SET, family, family.complete(values), stated=values, source="the pool's weights")

    def agreed(self) -> frozenset[str]:
        """Return the parameters that every set states alike, law and dependence."""
        first, *others = (_statements(priors) for priors in self.sets)
        return frozenset(name for name in first if all(other.get(name) == first[name] for other in others))


def _statements(priors: PriorSet) -> dict[str, Any]:
    """Return what is drawn for each parameter: its law, and the group that it belongs to."""
    groups = {name: group.statement for group in priors.groups for name in group.names}
    return {name: (prior.drawn_law, groups.get(name)) for name, prior in priors.parameters.items()}


def pool_prior_sets(
    weights: Mapping[str, float] | Mapping[Path, float], set: Mapping[str, Any] | None = None
) -> PriorPool:
    """Return the linear pool of some prior sets.

    Parameters
    ----------
    weights
        `{name or path: probability}`, at least two; they sum to 1.
    set
        Overrides, applied to every set.

    Raises
    ------
    InputError
        If the weights are no probabilities, or the sets are for different models or years.

    Notes
    -----
    Stone (1961), "The opinion pool": the pooled distribution is the mixture of the sets' own, so its median lies among
    theirs and its spread holds both their spreads and their disagreement.

    Examples
    --------
    >>> pool_prior_sets({"consensus": 0.75, "liftoff": 0.25}).name
    'consensus+liftoff'
    """
    if not isinstance(weights, Mapping):
        raise InputError(f"pool: {weights!r:.80}: must map each prior set to its weight, such as {{'consensus': 0.5}}")
    return _checked(tuple(load_prior_set(source, set) for source in weights), tuple(weights.values()))


def load_beliefs(source: Any, set: Mapping[str, Any] | None = None) -> PriorSet | PriorPool:
    """Return a pool, given itself or the mapping of one, and else what `load_prior_set` returns.

    Raises
    ------
    InputError
        If overrides are given for a pool that is made already, or anything is wrong.
    """
    if isinstance(source, PriorPool):
        if set:
            raise InputError("set: give the overrides to pool_prior_sets, which applies them to every set")
        return source
    if isinstance(source, Mapping) and POOL in source:
        rows = _rows(source[POOL])
        return _checked(
            tuple(load_prior_set(row["document"], set) for row in rows), tuple(row["weight"] for row in rows)
        )
    return load_prior_set(source, set)


def _rows(rows: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a pool's mapping."""
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and row.keys() == ROW_KEYS for row in rows):
        raise InputError(f"pool: must be a list of tables, each with {' and '.join(sorted(ROW_KEYS))} and nothing else")
    return rows


def _checked(sets: tuple[PriorSet, ...], weights: tuple[float, ...]) -> PriorPool:
    names = [priors.name for priors in sets]
    if len(sets) < 2:
        raise InputError("pool: needs at least two prior sets; name them with their weights")
    if len({*names}) < len(names):
        raise InputError(f"pool: {', '.join(names)}: two sets have one name; give each a prior_set.name of its own")
    if not all(isinstance(w, Real) and not isinstance(w, bool) and 0 < w < 1 for w in weights):
        raise InputError(f"pool: weights {list(weights)}: each must be a number between 0 and 1")
    if abs(math.fsum(weights) - 1) > SUM_TOLERANCE:
        scaled = ", ".join(f"{w / math.fsum(weights):.4g}" for w in weights)
        raise InputError(f"pool: weights sum to {math.fsum(weights):g}: must sum to 1; in proportion: {scaled}")
    for priors in sets[1:]:
        for what in ("model", "years"):
            if getattr(priors, what) != getattr(sets[0], what):
                raise InputError(f"pool: {priors.name} and {sets[0].name}: must be for the same {what}")
    return PriorPool(sets, tuple(map(float, weights)))
