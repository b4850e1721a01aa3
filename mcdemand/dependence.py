"""Correlated parameters fall into groups; each group is factored by itself, in the order of names.

So a new pair moves only the draws of its own group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from mcdemand.copulas import copulas
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats

INVOLVED_SHARE = 0.3
HIGHAM_ITERATIONS = 200
REPAIRED_EIGENVALUE = 1e-8


@dataclass(frozen=True)
class Correlation:
    """A dependence between two parameters: `latent` is the correlation of their normal scores."""

    between: tuple[str, str]
    latent: float
    rank: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Group:
    """Parameters that depend on each other, by name, with the matrix of their latent normals and its factor."""

    names: tuple[str, ...]
    latent: Floats = field(compare=False)
    factor: Floats = field(compare=False)


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


def build_groups(correlations: tuple[Correlation, ...], *, repair: bool = False) -> tuple[list[Group], list[str]]:
    """Return the groups with their factors, and what was repaired, in words.

    Raises
    ------
    InputError
        If a group's matrix is not positive definite and repair was not asked for; it names the smallest eigenvalue
        and the pairs involved.
    """
    groups, notices = [], []
    for names in group_parameters(correlations):
        latent = latent_matrix(names, correlations)
        factor = copulas()["gaussian"].factor(latent)
        if not np.all(np.isfinite(factor)):
            if not repair:
                raise InputError(_not_positive_definite(names, latent))
            repaired = nearest_correlation(latent)
            change = float(np.linalg.norm(repaired - latent))
            notices.append(f"correlations of {', '.join(names)}: repaired, Frobenius change {change:.3g}")
            latent, factor = repaired, copulas()["gaussian"].factor(repaired)
        groups.append(Group(names, latent, factor))
    return groups, notices


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
