"""Row programs of pick-freeze points: copies of all parameters, and what lies between two copies.

A pick keeps some parameters of one copy and draws the others anew, given those, with the luck of another copy. Without
correlations that is a choice of rows, which costs nothing. The scores z of a correlated group are normal, so

    z_i = z_i(luck) + C_i (z_K(kept) - z_K(luck)),    C = R_iK R_KK^-1,

has the law of z_i given z_K(kept), because z_i - C_i z_K does not depend on z_K.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mcdemand.dependence import Group
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.linear_algebra import cholesky
from mcdemand.kernels.normal import normal_quantile
from mcdemand.prior import Prior
from mcdemand.prior_set import PriorSet
from mcdemand.row_builder import Builder, Layout, fill_group_scores, fill_independent, fill_law
from mcdemand.row_program import RowProgram

SUFFIXES = ("", ":second", ":third")
"""What the names of each copy's uniforms end in; the first copy is what `simulate` draws."""
HELD = -1
"""The copy in which parameters lie at a level of their priors."""


@dataclass(frozen=True)
class Pick:
    """Parameters of one copy, the others given those with the luck of another."""

    copy: int
    kept: frozenset[str]
    luck: int

    def __str__(self) -> str:
        """Return the pick in words."""
        return f"copy {self.copy} of {', '.join(sorted(self.kept)) or 'nothing'}, the rest from copy {self.luck}"


@dataclass(frozen=True)
class Beliefs:
    """What picks are made of.

    Attributes
    ----------
    names
        The parameters that get rows, sorted.
    players
        Those that may be kept; a correlated parameter that is none is never conditioned on.
    groups
        The correlated groups; none if the priors are to be taken as if they were independent.
    steps
        Years of a parameter that varies by year.
    held
        Level of each parameter in the copy `HELD`.
    """

    priors: PriorSet
    names: tuple[str, ...]
    players: frozenset[str]
    groups: tuple[Group, ...]
    steps: int
    held: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PickProgram:
    """A row program, and where each pick finds each parameter: `first_row` (pick, parameter), `stride` (parameter)."""

    program: RowProgram
    first_row: Integers
    stride: Integers


def copy_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all copies, the axes of a design."""
    return tuple(name + suffix for suffix in SUFFIXES for name in names)


def build_picks(beliefs: Beliefs, layout: Layout, picks: Sequence[Pick]) -> PickProgram:
    """Return the program of some picks; `layout` knows the names of all copies."""
    rows = _Rows(beliefs, Builder(layout))
    first_row = np.array([[rows.of(name, pick) for name in beliefs.names] for pick in picks], dtype=np.int64)
    counts = [rows.count(name) for name in beliefs.names]
    program = rows.builder.program(beliefs.names, counts)
    # The rows are where picks say, not one parameter after the other.
    program = dataclasses.replace(program, first_row=first_row[0])
    return PickProgram(program, first_row, program.stride)


@dataclass
class _Rows:
    """Rows made when they are first asked for."""

    beliefs: Beliefs
    builder: Builder
    values: dict[tuple[Any, ...], int] = field(default_factory=dict)
    scores: dict[tuple[str, int], int] = field(default_factory=dict)

    def count(self, name: str) -> int:
        return self.beliefs.steps if self.beliefs.priors.varies(name) else 1

    def of(self, name: str, pick: Pick) -> int:
        """Return the first row of a parameter in a pick."""
        kept = pick.kept & self.beliefs.players
        if name in kept:
            return self._drawn(name, pick.copy)
        group = self._group_of(name)
        known = tuple(one for one in group.names if one in kept) if group else ()
        # Members that are drawn given others where the copula does not allow it are needed by none of the outputs.
        is_given = group is not None and bool(known) and group.copula.is_conditional
        weights = conditional_weights(group, known, name) if group and is_given else {}
        if not weights:
            return self._drawn(name, pick.luck)
        return self._given(name, pick, weights)

    def _group_of(self, name: str) -> Group | None:
        return next((group for group in self.beliefs.groups if name in group.names), None)

    def _drawn(self, name: str, copy: int) -> int:
        """Return the first row of a copy's own values."""
        key = (name, copy)
        if key not in self.values:
            self.values[key] = self.builder.rows(self.count(name))
            prior, group = self._copied(name, copy), self._group_of(name)
            if copy == HELD or group:
                self._combine(self._score(name, copy), {}, self.values[key], name, copy)
            else:
                fill_independent(self.builder, prior, self.values[key], self.count(name))
        return self.values[key]

    def _given(self, name: str, pick: Pick, weights: Mapping[str, float]) -> int:
        """Return the first row of values given the kept ones of the group."""
        key = (name, pick.copy, pick.luck, *weights)
        if key not in self.values:
            self.values[key] = self.builder.rows(self.count(name))
            terms = {self._score(one, pick.copy): weight for one, weight in weights.items()}
            terms |= {self._score(one, pick.luck): -weight for one, weight in weights.items()}
            self._combine(self._score(name, pick.luck), terms, self.values[key], name, pick.luck)
        return self.values[key]

    def _combine(self, score: int, terms: Mapping[int, float], target: int, name: str, copy: int) -> None:
        """Fill the rows of a parameter from its scores and multiples of others', with the other draws of a copy."""
        for step in range(self.count(name)):
            rows = [target + step, score + step, *(row + step for row in terms)]
            self.builder.do(operations.fill, rows[:1], [0.0])
            self.builder.do(operations.combine, rows, [0.0, 1.0, *terms.values()])
        held = float(normal_quantile(self.beliefs.held[name])) if copy == HELD else None
        fill_law(self.builder, self._copied(name, copy), target, self.count(name), is_normal=True, held=held)

    def _score(self, name: str, copy: int) -> int:
        """Return the first row of a parameter's scores, those of its whole group made at once."""
        if (name, copy) not in self.scores:
            if copy == HELD:
                self.scores[name, copy] = self._held_scores(name)
            else:
                group = self._group_of(name)
                assert group
                members = [self._copied(one, copy) for one in group.names]
                count = self.beliefs.steps if any(prior.varies for prior in members) else 1
                first = self.builder.rows(count * len(members))
                rows = [range(first + k * count, first + (k + 1) * count) for k in range(len(members))]
                fill_group_scores(self.builder, members, group, rows)
                self.scores |= {(one, copy): own.start for one, own in zip(group.names, rows, strict=True)}
        return self.scores[name, copy]

    def _held_scores(self, name: str) -> int:
        first = self.builder.rows(self.count(name))
        scores = level_scores(self.beliefs.priors.parameters[name], self.beliefs.held[name], self.count(name))
        for step, score in enumerate(scores):
            self.builder.do(operations.fill, [first + step], [score])
        return first

    def _copied(self, name: str, copy: int) -> Prior:
        prior = self.beliefs.priors.parameters[name]
        return prior if copy == HELD else dataclasses.replace(prior, name=name + SUFFIXES[copy])


def level_scores(prior: Prior, level: float, years: int) -> list[float]:
    """Return the scores of the years with which a parameter lies at a level of its prior, as its variation means it."""
    score = float(normal_quantile(level))
    return prior.varies.level_scores(score, years) if prior.varies else [score]


def conditional_weights(group: Group, known: Sequence[str], name: str) -> dict[str, float]:
    """Return the weights C of known scores in the mean of another one, those that are not 0.

    With L the Cholesky factor of the known ones' correlations and the other's below: C = l L^-1, l the last row.
    """
    places = [group.names.index(one) for one in (*known, name)]
    factor: Floats = cholesky(np.ascontiguousarray(group.latent[np.ix_(places, places)]))
    size = len(known)
    weights = [float(factor[size, k]) for k in range(size)]
    for k in reversed(range(size)):
        rest = weights[k] - sum(weights[j] * float(factor[j, k]) for j in range(k + 1, size))
        weights[k] = rest / float(factor[k, k])
    return {one: weight for one, weight in zip(known, weights, strict=True) if weight != 0.0}
