"""Parameters that depend on each other fall into groups; each group is drawn by itself, in the order of names.

So a new pair, or a new group, moves only the draws of its own group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from mcdemand.copulas import copulas
from mcdemand.copulas._copula import Copula
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.linear_algebra import cholesky

INVOLVED_SHARE = 0.3
HIGHAM_ITERATIONS = 200
REPAIRED_EIGENVALUE = 1e-8


@dataclass(frozen=True)
class Correlation:
    """A dependence between two parameters: `latent` is the correlation of their latent normals."""

    between: tuple[str, str]
    latent: float
    rank: float | None = None
    source: str = ""
    kendall: float | None = None

    def __str__(self) -> str:
        """Return what is stated, in words."""
        if self.rank is None and self.kendall is None:
            return f"latent {self.latent:g}"
        stated = f"rank {self.rank:g}" if self.rank is not None else f"kendall {self.kendall:g}"
        return f"{stated} (latent {self.latent:.4f})"


@dataclass(frozen=True)
class Dependence:
    """A group that is stated as one.

    Attributes
    ----------
    names
        The members, sorted.
    numbers
        The copula's numbers, such as theta.
    correlations
        Latent correlations of pairs, where the copula has such.
    stated
        What it is stated by, key by key.
    """

    names: tuple[str, ...]
    family: str
    numbers: Mapping[str, Any]
    correlations: tuple[Correlation, ...] = ()
    stated: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def __str__(self) -> str:
        """Return the members and what is stated of them, in words."""
        stated = [f"{key} {value}" if isinstance(value, bool) else f"{key} {value:g}" for key, value in self._told()]
        stated += [f"{' and '.join(one.between)} {one}" for one in self.correlations if self._is_by_pair]
        return f"{', '.join(self.names)}: {self.family}{''.join(f', {one}' for one in stated)}"

    @property
    def _is_by_pair(self) -> bool:
        return "correlations" in self.stated

    def _told(self) -> list[tuple[str, float]]:
        theta = {"theta": self.numbers["theta"]} if "theta" in self.numbers else {}
        told = {**{key: value for key, value in self.stated.items() if not isinstance(value, list)}, **theta}
        samples = self.stated.get("samples")
        return [*told.items(), *([("samples", len(samples[0]))] if samples else [])]


@dataclass(frozen=True)
class Group:
    """Parameters that depend on each other, by name.

    Attributes
    ----------
    latent, factor
        Latent correlations and their lower triangular factor; of a copula without such, the identity matrix.
    family, numbers
        The copula and its numbers.
    pairs
        Pairs whose dependence is stated.
    """

    names: tuple[str, ...]
    latent: Floats = field(compare=False)
    factor: Floats = field(compare=False)
    family: str = "gaussian"
    numbers: Mapping[str, Any] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def copula(self) -> Copula:
        """What the members are tied by."""
        return copulas()[self.family]

    @property
    def statement(self) -> tuple[Any, ...]:
        """What its draws depend on: equal in groups that are drawn alike."""
        return self.names, self.family, tuple(sorted(self.numbers.items())), self.factor.tobytes()

    @property
    def label(self) -> str:
        """The group in words."""
        return f"{self.family} group of {', '.join(self.names)}"

    def rank(self, first: str, second: str) -> float:
        """Return Spearman's rank correlation of two members, as the copula implies it."""
        i, j = self.names.index(first), self.names.index(second)
        return self.copula.rank_of(i, j, float(self.latent[i, j]), self.numbers)


def group_parameters(correlations: Iterable[Correlation]) -> list[tuple[str, ...]]:
    """Return the connected sets of names, each sorted, in name order."""
    groups: list[set[str]] = []
    for correlation in correlations:
        joined = set(correlation.between)
        apart = [group for group in groups if not group & joined]
        groups = [*apart, joined.union(*(group for group in groups if group & joined))]
    return sorted(tuple(sorted(group)) for group in groups)


def latent_matrix(names: tuple[str, ...], correlations: Iterable[Correlation]) -> Floats:
    """Return the symmetric matrix of latent correlations, 1 on its diagonal, 0 where nothing is stated."""
    matrix = np.eye(len(names))
    for correlation in correlations:
        if correlation.between[0] in names:
            i, j = (names.index(name) for name in correlation.between)
            matrix[i, j] = matrix[j, i] = correlation.latent
    return matrix


def build_groups(
    correlations: tuple[Correlation, ...], dependences: Iterable[Dependence] = (), *, repair: bool = False
) -> tuple[list[Group], list[str]]:
    """Return the groups with their factors, in the order of their names, and what was repaired, in words.

    Parameters
    ----------
    correlations
        Pairs of Gaussian groups: what they connect is one.
    dependences
        Groups that are stated as such.

    Raises
    ------
    InputError
        If a group's matrix is not positive definite and repair was not asked for; it names the smallest eigenvalue
        and the pairs involved.
    """
    gaussian = [
        Dependence(names, "gaussian", {}, tuple(one for one in correlations if one.between[0] in names))
        for names in group_parameters(correlations)
    ]
    notices: list[str] = []
    groups = [_build_group(one, notices, repair=repair) for one in (*gaussian, *dependences)]
    return sorted(groups, key=lambda group: group.names), notices


def _build_group(one: Dependence, notices: list[str], *, repair: bool) -> Group:
    """Return a group; what was repaired is added to the notices."""
    names, latent = one.names, latent_matrix(one.names, one.correlations)
    factor = _factor(latent)
    if not np.all(np.isfinite(factor)):
        if not repair:
            raise InputError(_not_positive_definite(names, latent))
        repaired = nearest_correlation(latent)
        change = float(np.linalg.norm(repaired - latent))
        notices.append(f"correlations of {', '.join(names)}: repaired, Frobenius change {change:.3g}")
        latent, factor = repaired, _factor(repaired)
    pairs = tuple(pair.between for pair in one.correlations) or tuple(combinations(names, 2))
    return Group(names, latent, factor, one.family, one.numbers, pairs)


def _factor(latent: Floats) -> Floats:
    """Return the lower triangular factor; NaN on the diagonal if there is none."""
    with np.errstate(all="ignore"):
        return np.asarray(cholesky(latent))


def nearest_correlation(matrix: Floats) -> Floats:
    """Return the nearest positive definite correlation matrix (Higham 2002, algorithm 3.3), slightly inside."""
    correction = np.zeros_like(matrix)
    nearest = matrix
    for _ in range(HIGHAM_ITERATIONS):
        shifted = nearest - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, REPAIRED_EIGENVALUE)) @ vectors.T
        correction = projected - shifted
        nearest = projected.copy()
        np.fill_diagonal(nearest, 1.0)
    shrink = 1 - 2 * REPAIRED_EIGENVALUE * len(matrix)
    return np.eye(len(matrix)) + shrink * (nearest - np.diag(np.diag(nearest)))


def _not_positive_definite(names: tuple[str, ...], latent: Floats) -> str:
    values, vectors = np.linalg.eigh(latent)
    weights = np.abs(vectors[:, 0])
    heavy = {name for name, weight in zip(names, weights, strict=True) if weight >= INVOLVED_SHARE * weights.max()}
    pairs = [
        f"{a} and {b}" for i, a in enumerate(names) for j, b in enumerate(names[:i]) if latent[i, j] and {a, b} <= heavy
    ]
    return (
        f"correlations: not positive definite, smallest eigenvalue {values[0]:.3g}; weaken {', '.join(pairs)}, "
        'or set prior_set.repair = "nearest"'
    )
