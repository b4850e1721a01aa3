"""First-order indices from ranks: draws next to each other along a parameter share what it does to the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcdemand.crew import do_jobs
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.products import cross_products
from mcdemand.kernels.rank_statistics import class_squares, pair_products
from mcdemand.sensitivity._dyads import Partners, freedom, variances
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._ranks import centered_ranks, pseudo_inverse, standardized

MOST_EXACT_COLUMNS = 4
SLACK = 3.0
"""In more columns than that, a neighbour may be 1 + SLACK times as far as the nearest: 20 times as fast, as good."""
MOST_COLUMNS, MOST_DRAWS = 8, 2**15
"""Of more columns than that, no more than about so many draws are paired: the search takes too long."""


MOST_NEIGHBOURS = 100


class _Pairs(NamedTuple):
    """Who is compared with whom.

    alone: draws whose value no other has, ascending; nearest: (neighbour, draw) draws next to these; together: the
    other draws, one class of equal values after the other; stops: where in it each class ends; low, high: (2, pair)
    pairs at the two ends of an order, of which `nearest` counts the low ones once and the high ones twice; order: all
    draws, those that are alike together; ends: where in it each class ends, a draw alone being one.
    """

    alone: Integers
    nearest: Integers
    together: Integers
    stops: Integers
    order: Integers
    ends: Integers
    low: Integers = np.empty((2, 0), dtype=np.int64)
    high: Integers = np.empty((2, 0), dtype=np.int64)


def estimate(
    x: Floats | Sequence[Floats], y: Floats, *, neighbours: int = 1, circular: bool = False
) -> dict[str, Floats]:
    """Return Var E[Y | X_j] / Var Y of every parameter or group and row, without a unit.

    Parameters
    ----------
    x
        (parameter, draw) values, or a (column, draw) array for each group.
    y
        (row, draw) outputs.
    neighbours
        With how many draws next to it a draw is compared.
    circular
        Whether the last draw is followed by the first. If not, the order is read both ways, and the draw at its end is
        followed by the one before it.

    Raises
    ------
    InputError
        If `neighbours` is not a whole number from 1 to 100 and half the number of draws, or `circular` not true or
        false.

    Notes
    -----
    A draw is multiplied by the one that follows it in the order of x_j, and
    S_j = (mean of y_i y_next(i) - mean^2) / variance, with n in the denominator (Gamboa, Gremaud, Klein and Lagnoux
    2022, after Chatterjee 2021). It holds for dependent parameters too, and includes what x_j does through those it is
    correlated with. It may lie a little below 0 or above 1. The paper's order is circular, and so the index of a
    parameter of normal prior that does all is too small by 4 log(n) / n, more than its standard error up to 10^5 draws;
    without that the bias is about -1/n.

    Draws with the same x_j are of one class, and the mean of a class stands for E[Y | X_j] there, in whatever order the
    categories are. Of m times its square is taken what chance adds, (1 - m/n) of the variance within the class. A draw
    alone with its value is multiplied by the one that follows, as above. A constant gives exactly 0.

    With m > 1 neighbours y_next is the mean of the next m: less noise for smooth outputs (Lin and Han 2023), and an
    index that is too small where E[Y | x_j] moves within m draws.

    A group of several columns: the next draw is the nearest other one in the space of the normal scores of each
    column's ranks (Azadkia and Chatterjee 2021; Broto, Bachoc and Depecker 2020), and draws equal in all columns are a
    class. In d columns neighbours are about n^(-1/d) apart, so the plain index is too small: for a linear output of
    which 11 independent columns explain 0.80, it is 0.67 at 10^5 draws. So y_next is moved by what the linear
    regression of y on the scores says of the step from it to the draw (Abadie and Imbens 2011): 0.80 there. What is not
    linear in the scores stays too small: 0.79 instead of 1 for a sine of the sum at 2 x 10^4 draws. The regression adds
    at most about columns / draws.

    Draws of one randomised Sobol' set repel or attract their neighbours in other parameters, which moves the index by
    up to 0.3 either way; in 16 such sets together neighbours are of different sets, and it is as from random draws.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1.0, 1.0, 1001)
    >>> estimate(np.array([x]), np.array([x**2]))["first_order"].round(3)
    array([[1.]])
    """
    check_options(neighbours, circular, y.shape[1])
    rows = standardized(y)
    indices = [_index(np.atleast_2d(columns), rows, neighbours, circular)[0] for columns in x]
    return {"first_order": np.array(indices).reshape(-1, len(y))}


def estimate_with_errors(
    x: Floats | Sequence[Floats],
    y: Floats,
    chains: int,
    threads: int,
    *,
    neighbours: int = 1,
    circular: bool = False,
) -> dict[str, Estimate]:
    """Return what `estimate` does, with errors from independent chains, one after the other.

    Notes
    -----
    See `_dyads.variances`. Calling `estimate` on parts of the draws would pair others than are paired in all of them,
    and a chain of a design that spreads its draws is no smaller sample of the same kind.

    Examples
    --------
    >>> import numpy as np
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 1, 1600))
    >>> one = estimate_with_errors(x, x + noise, chains=16, threads=1)["first_order"]
    >>> bool(abs(one.value - 0.5) < 3 * one.mcse)
    True
    """
    check_options(neighbours, circular, y.shape[1])
    rows, by_draw = standardized(y), np.arange(y.shape[1]) * chains // y.shape[1]
    found = do_jobs(lambda columns: _index(np.atleast_2d(columns), rows, neighbours, circular, by_draw), x, threads)
    parts = np.array([part for _, part in found]).reshape(-1, 2, len(y)).swapaxes(0, 1)
    value = np.array([one for one, _ in found]).reshape(-1, len(y))
    return {"first_order": Estimate(value, np.sqrt(parts.sum(axis=0)), freedom(parts, chains))}


def check_options(neighbours: int, circular: bool, draws: int) -> None:
    """Raise InputError unless so many neighbours can be found on either side."""
    most = min(MOST_NEIGHBOURS, draws // 2)
    if isinstance(neighbours, bool) or not isinstance(neighbours, int) or not 1 <= neighbours <= most:
        raise InputError(f"neighbours: {neighbours!r:.80}: must be a whole number from 1 to {most}; 1 is usual")
    if not isinstance(circular, bool):
        raise InputError(f"circular: {circular!r:.80}: must be true or false")


def _index(
    columns: Floats, rows: Floats, neighbours: int, circular: bool, chains: Integers | None = None
) -> tuple[Floats, Floats]:
    """The index of a group of columns for standardised rows; with the chains of the draws, parts of its variance."""
    step = -(-rows.shape[1] // MOST_DRAWS) if len(columns) > MOST_COLUMNS else 1
    columns, rows = columns[:, ::step], np.ascontiguousarray(rows[:, ::step])
    varying = columns[(columns != columns[:, :1]).any(axis=1)]
    if not len(varying):
        return np.zeros(len(rows)), np.zeros((2, len(rows)))
    if len(varying) == 1:
        lines, pairs = standardized(varying), _pairs_in_line(varying, neighbours, circular)
        value = _mean_product(rows, pairs)
    else:
        scores = _normal_scores(varying)
        pairs = _pairs_in_space(scores, neighbours)
        slopes = pseudo_inverse(cross_products(scores, scores)) @ cross_products(scores, rows)
        value = _mean_product(rows, pairs) + _mean_move(scores, rows, pairs, slopes)
        lines = slopes.T @ scores
    if chains is None:
        return value, np.empty((2, 0))
    return value, variances(rows, lines, value, _partners(pairs, is_line=len(varying) == 1), chains[::step])


def _mean_product(rows: Floats, pairs: _Pairs) -> Floats:
    """The mean of y_i times what stands for E[Y | x_i], by row."""
    products = class_squares(rows, pairs.together, pairs.stops)
    for nearest in pairs.nearest:
        products += pair_products(rows, pairs.alone, nearest) / len(pairs.nearest)
    ends = pair_products(rows, *pairs.low) - pair_products(rows, *pairs.high)
    mean: Floats = (products + ends / (2 * len(pairs.nearest))) / rows.shape[1]
    return mean


def _pairs_in_line(columns: Floats, neighbours: int, circular: bool) -> _Pairs:
    order, stops = _classes(columns)
    places = _places_alone(stops)
    steps = np.arange(1, neighbours + 1)[:, np.newaxis]
    following = places + steps
    following = np.where(following < order.size, following, following - order.size if circular else places - steps)
    pairs = _paired(order, stops, order[places], order[following])
    return pairs if circular else pairs._replace(**_ends(order, np.isin(np.arange(order.size), places), neighbours))


def _ends(order: Integers, is_alone: NDArray[np.bool_], neighbours: int) -> dict[str, Integers]:
    """The pairs by which an order read forwards differs from one read backwards."""
    steps = [(place, place + step) for step in range(1, neighbours + 1) for place in range(step)]
    low = np.array(steps).T
    high = order.size - 1 - low
    pairs = {"low": low, "high": high}
    return {name: np.ascontiguousarray(order[part[:, is_alone[part[0]]]]) for name, part in pairs.items()}


def _normal_scores(columns: Floats) -> Floats:
    """Phi^-1((r - 1/2) / n) of average ranks r = 1 ... n, standardised, by column."""
    from scipy.special import ndtri

    return standardized(ndtri(0.5 + centered_ranks(columns) / (2 * columns.shape[1])))


def _pairs_in_space(scores: Floats, neighbours: int) -> _Pairs:
    from scipy.spatial import cKDTree

    order, stops = _classes(scores)
    # One draw of each class: a tree of many equal points is searched in quadratic time.
    distinct = order[stops - 1]
    alone = order[_places_alone(stops)]
    count = min(neighbours, distinct.size - 1)
    points = scores[:, distinct].T
    slack = SLACK if len(scores) > MOST_EXACT_COLUMNS else 0.0
    # The nearest of all is the draw itself, since points differ.
    tree = cKDTree(points, balanced_tree=False)
    found = tree.query(scores[:, alone].T, k=count + 1, eps=slack)[1]
    pairs = _paired(order, stops, alone, distinct[found[:, 1:].T])
    # Leaves of the tree are next to each other in space.
    return pairs._replace(**_rearranged(order, stops, tree.indices))


def _rearranged(order: Integers, stops: Integers, turn: Integers) -> dict[str, Integers]:
    """The classes of an order one after the other as `turn` says."""
    sizes = np.diff(stops, prepend=0)
    ends = np.cumsum(sizes[turn])
    shifts = np.repeat(stops[turn] - ends, sizes[turn])
    return {"order": order[np.arange(order.size) + shifts], "ends": ends}


def _partners(pairs: _Pairs, *, is_line: bool) -> Partners:
    """With whom each draw is compared; one that shares its value, in place of all in its class, with the next there."""
    places = np.empty_like(pairs.order)
    places[pairs.order] = np.arange(places.size)
    following = np.arange(1, places.size + 1)
    following[pairs.ends - 1] = np.append(0, pairs.ends[:-1])
    nearest = np.tile(following, (len(pairs.nearest), 1))
    nearest[:, places[pairs.alone]] = places[pairs.nearest]
    return Partners(pairs.order, pairs.ends, nearest, is_line)


def _mean_move(scores: Floats, rows: Floats, pairs: _Pairs, slopes: Floats) -> Floats:
    """The mean of y_i b.(z_i - z_next(i)) by row: b is the regression of the row on the scores z."""
    steps = scores[:, pairs.alone] - scores[:, pairs.nearest].mean(axis=1)
    products = cross_products(np.ascontiguousarray(steps), np.ascontiguousarray(rows[:, pairs.alone]))
    mean: Floats = np.sum(slopes * products, axis=0) / rows.shape[1]
    return mean


def _classes(columns: Floats) -> tuple[Integers, Integers]:
    """The order of the draws by their columns, and where in it each class of equal ones ends."""
    order = np.lexsort(columns[::-1]).astype(np.int64)
    ordered = columns[:, order]
    is_last = np.append((ordered[:, 1:] != ordered[:, :-1]).any(axis=0), True)
    return order, np.flatnonzero(is_last) + 1


def _places_alone(stops: Integers) -> Integers:
    """Places in the order of the draws that are alone with their value."""
    places: Integers = stops[np.diff(stops, prepend=0) == 1] - 1
    return places


def _paired(order: Integers, stops: Integers, alone: Integers, nearest: Integers) -> _Pairs:
    sizes = np.diff(stops, prepend=0)
    shared = sizes > 1
    # Ascending, so that the row is read from its start to its end.
    turn = np.argsort(alone)
    return _Pairs(
        alone[turn],
        np.ascontiguousarray(nearest[:, turn]),
        np.ascontiguousarray(order[np.repeat(shared, sizes)]),
        np.cumsum(sizes[shared]),
        order,
        stops,
    )


METHOD = Method(
    name="rank",
    title="first-order indices from ranks",
    design="given_data",
    indices={"first_order": Index("first-order index")},
    estimate=estimate,
    estimate_with_errors=estimate_with_errors,
    dependence="respected",
    groups=True,
    options={"neighbours": 1, "circular": False},
)
