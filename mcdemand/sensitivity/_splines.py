"""Conditional means by regression on draws: splines in one parameter, class means, and groups of parameters.

A parameter enters by the normal scores of its ranks, so that its unit and its law do not matter; a conditional mean
does not change when its condition is stretched. Each basis is orthonormal, and its first columns are a smaller model:
how many are kept is chosen for every row by Akaike's criterion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations, product

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers

MOST_KNOTS, DRAWS_PER_KNOT = 17, 40
DRAWS_BEYOND_KNOTS, SHARE_BEYOND_KNOTS = 20, 0.001
MOST_CLASSES, FEWEST_COLUMNS = 32, 4
DRAWS_PER_COLUMN, MOST_COLUMNS, MOST_VALUES = 50, 100, 2**25
MAIN_COLUMNS, FURTHER_COLUMNS, CROSSED_COLUMNS = 3, 8, 2
NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Basis:
    """Orthonormal columns over the draws, the constant first.

    Attributes
    ----------
    columns
        (draw, column).
    stops
        How many of the first columns make a model.
    """

    columns: Floats
    stops: Integers


@dataclass(frozen=True)
class Regression:
    """Rows fitted on a basis, each by as many columns as it needs.

    Attributes
    ----------
    columns
        (draw, column), orthonormal: those of the basis that any row keeps.
    weights
        (row, column), 0 where a row does not keep the column.
    counts
        How many of the first columns each row keeps.
    """

    columns: Floats
    weights: Floats
    counts: Integers

    @property
    def fitted(self) -> Floats:
        """Conditional means (row, draw)."""
        found: Floats = self.weights @ self.columns.T
        return found

    def project(self, values: Floats) -> Floats:
        """Return the least-squares fit of other (row, draw) values, each on the columns that its row keeps."""
        kept = np.arange(self.columns.shape[1]) < self.counts[:, np.newaxis]
        found: Floats = (values @ self.columns * kept) @ self.columns.T
        return found

    def fitted_without(self, y: Floats, part: slice) -> Floats:
        """Return conditional means (row, draw) at all draws, as fitted to (row, draw) values outside a part."""
        columns = self.columns[part]
        others = np.eye(columns.shape[1]) - columns.T @ columns
        sums = y @ self.columns - y[:, part] @ columns
        weights = np.zeros_like(self.weights)
        for row, count in enumerate(self.counts):
            weights[row, :count] = np.linalg.lstsq(others[:count, :count], sums[row, :count])[0]
        found: Floats = weights @ self.columns.T
        return found


def regress(x: Sequence[Floats], y: Floats) -> Regression:
    """Return the conditional means of rows given one parameter or several together.

    Parameters
    ----------
    x
        The parameters, each (draw); one with few values is taken as classes.
    y
        (row, draw).

    Notes
    -----
    One parameter: natural cubic splines with up to 17 knots, equally far apart in normal scores, so at quantiles of the
    parameter; fewer where draws are few. Straight beyond the last knots, where 20 draws lie or 0.1 % of them. The
    number of columns, 1 or at least 4, minimises n log(RSS / n) + 2 k (Akaike 1974), so a parameter on which nothing
    depends mostly keeps the constant alone. Schwarz's criterion, with k log n, lost parameters that matter a little.

    Several: the splines of each and products of their first two columns for pairs, fitted to the rows and to the rows'
    normal scores; then splines of what was fitted, which find what a product of many factors or a payoff with a kink
    leaves over (a step of projection pursuit, Friedman and Stuetzle 1981). The scores undo such a kink first, as in
    Breiman and Friedman (1985). Members that explain most come first; at most one column for 50 draws, and at most 100
    before what was fitted: with 300, groups as large as a driver had the same values at several times the cost.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 401)
    >>> found = regress([x], np.stack([x**2, np.ones_like(x)]))
    >>> float(np.sqrt(np.mean((found.fitted[0] - x**2) ** 2))) < 0.02, int(found.counts[1])
    (True, 1)
    """
    if len(x) == 1:
        return _fit(basis_of(x[0]), y)
    varying = y[y.min(axis=1) < y.max(axis=1)]
    targets = np.concatenate([y, *(_normal_scores(row)[np.newaxis] for row in varying)])
    first = _fit(_joint_basis([basis_of(one) for one in x], targets), targets)
    blocks = [first.columns * np.sqrt(y.shape[1]), *(_scaled(basis_of(row)) for row in first.fitted)]
    return _fit(_orthonormal(_leading(blocks, first.columns.shape[1] + _room(y.shape[1]))), y)


def _fit(basis: Basis, y: Floats) -> Regression:
    weights = y @ basis.columns
    draws = y.shape[1]
    total = draws * y.var(axis=1)[:, np.newaxis]
    explained = np.cumsum(weights**2, axis=1)[:, basis.stops - 1] - weights[:, :1] ** 2
    # Below the rounding of the sums all models are as good, and the smallest is taken.
    left = np.maximum(total - explained, NEGLIGIBLE**2 * total + np.finfo(np.float64).tiny)
    counts = basis.stops[np.argmin(draws * np.log(left) + 2 * basis.stops, axis=1)]
    width = int(counts.max())
    kept = np.arange(width) < counts[:, np.newaxis]
    return Regression(basis.columns[:, :width], weights[:, :width] * kept, counts)


def basis_of(x: Floats) -> Basis:
    """Return the basis of one parameter (draw): class means, or splines in its normal scores."""
    values, places, counts = np.unique(x, return_inverse=True, return_counts=True)
    if values.size <= min(MOST_CLASSES, max(x.size // DRAWS_PER_COLUMN, 1)):
        members = (places[:, np.newaxis] == np.arange(1, values.size)).astype(np.float64)
        basis = _orthonormal(np.column_stack([np.ones(x.size), members]))
        return Basis(basis.columns, np.unique([1, basis.columns.shape[1]]))
    if values.size == x.size:
        shared = _basis_of_ranks(x.size)
        return Basis(shared.columns[places], shared.stops)
    return _spline_basis((np.cumsum(counts) - counts / 2).astype(np.float64), x.size, places)


@lru_cache(maxsize=1)
def _basis_of_ranks(draws: int) -> Basis:
    """Return the basis that all parameters without ties share, by rank."""
    return _spline_basis(np.arange(draws, dtype=np.float64) + 0.5, draws, slice(None))


def _normal_scores(row: Floats) -> Floats:
    """Return the normal scores (draw) of a row's ranks."""
    from scipy.special import ndtri

    _, places, counts = np.unique(row, return_inverse=True, return_counts=True)
    scores: Floats = ndtri((np.cumsum(counts) - counts / 2) / row.size)[places]
    return scores


def _spline_basis(ranks: Floats, draws: int, places: Integers | slice) -> Basis:
    from scipy.special import ndtri

    basis = _orthonormal(_natural_columns(ndtri(ranks / draws), draws)[places])
    # A straight line for what is weak and bent misses most of its value, and the error would not show that.
    fewest = min(FEWEST_COLUMNS, basis.columns.shape[1])
    return Basis(basis.columns, np.unique([1, *range(fewest, basis.columns.shape[1] + 1)]))


def _natural_columns(z: Floats, draws: int) -> Floats:
    """Return 1, z and the natural cubic splines in z, coarse ones first (Hastie and others 2009, eq. 5.4)."""
    from scipy.special import ndtri

    count = min(MOST_KNOTS, draws // DRAWS_PER_KNOT)
    columns = [np.ones_like(z), z]
    if count > 2:
        end = -ndtri(max(DRAWS_BEYOND_KNOTS / draws, SHARE_BEYOND_KNOTS))
        knots = np.linspace(-end, end, count)
        cubes = np.maximum(z[:, np.newaxis] - knots, 0.0) ** 3
        slopes = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
        coarse_first = sorted(range(1, count - 1), key=lambda k: (-(k & -k), k))
        columns += [slopes[:, k - 1] - slopes[:, -1] for k in coarse_first]
    return np.column_stack(columns)


def _orthonormal(columns: Floats) -> Basis:
    """Return the basis of columns; one that the columns before it make up is left out."""
    scaled = columns / np.maximum(np.sqrt((columns**2).sum(axis=0)), np.finfo(np.float64).tiny)
    basis, triangle = np.linalg.qr(scaled)
    own = np.abs(np.diagonal(triangle)) > NEGLIGIBLE
    return Basis(np.ascontiguousarray(basis[:, own]), np.arange(1, int(own.sum()) + 1))


def _room(draws: int) -> int:
    """Return how many columns a basis may have."""
    return max(min(draws // DRAWS_PER_COLUMN, MOST_COLUMNS, MOST_VALUES // draws), 2)


def _joint_basis(bases: Sequence[Basis], y: Floats) -> Basis:
    """Return the basis of several parameters: their main columns, first products, further columns, other products."""
    ranked = [_scaled(basis) for basis in sorted(bases, key=lambda basis: -_explained(basis, y))]
    blocks = chain(
        [np.ones((y.shape[1], 1))],
        (columns[:, :MAIN_COLUMNS] for columns in ranked),
        _products(ranked, firsts=True),
        (columns[:, MAIN_COLUMNS:FURTHER_COLUMNS] for columns in ranked),
        _products(ranked, firsts=False),
    )
    return _orthonormal(_leading(blocks, _room(y.shape[1])))


def _explained(basis: Basis, y: Floats) -> float:
    """Return the part of the rows' spread that a basis explains, in units of each row's."""
    spread = np.maximum(y.var(axis=1), np.finfo(np.float64).tiny)
    return float((_fit(basis, y).fitted.var(axis=1) / spread).sum())


def _scaled(basis: Basis) -> Floats:
    """Return the columns without the constant, of mean square 1."""
    columns: Floats = basis.columns[:, 1 : 1 + FURTHER_COLUMNS] * np.sqrt(basis.columns.shape[0])
    return columns


def _products(members: Sequence[Floats], *, firsts: bool) -> Iterator[Floats]:
    """Yield (draw, 1) products of columns of two members: of their first columns, or all others of the crossed ones."""
    for one, other in combinations(members, 2):
        for i, j in product(range(CROSSED_COLUMNS), repeat=2):
            if (i == j == 0) is firsts and i < one.shape[1] and j < other.shape[1]:
                yield one[:, i : i + 1] * other[:, j : j + 1]


def _leading(blocks: Iterable[Floats], room: int) -> Floats:
    """Return the first columns of blocks that are made only as far as they are needed."""
    taken: list[Floats] = []
    for block in blocks:
        if room > 0:
            taken.append(block[:, :room])
            room -= block.shape[1]
        else:
            break
    return np.concatenate(taken, axis=1)
