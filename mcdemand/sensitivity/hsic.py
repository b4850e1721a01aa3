"""HSIC: whether an output depends on a parameter at all, in whatever shape, with a p-value."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from scipy.special import gammaincc

from mcdemand.crew import do_jobs
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.gram import add_likeness, add_products
from mcdemand.sensitivity._classes import check_whole
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._parts import NOTICE, part_stops
from mcdemand.sensitivity._picks import ratio

SAMPLE = 2000
LARGEST_SAMPLE = 10_000
GOLDEN = (math.sqrt(5) - 1) / 2
FEWEST = 5
"""So few draws or fewer have no variance under independence."""


def estimate(x: Floats, y: Floats, *, sample: int = SAMPLE) -> dict[str, Floats]:
    """Return the share r2_hsic in [0, 1] of each parameter for each row, and the p-value of independence.

    Parameters
    ----------
    x
        (parameter, draw), in any units. Codes of categories count as numbers.
    y
        (row, draw), in any units.
    sample
        The most draws to compare, 10 to 10,000: the cost goes with its square. If there are more, that many are taken,
        evenly spread.

    Raises
    ------
    InputError
        If `sample` is out of range.

    Notes
    -----
    HSIC(x, y) = tr(K H L H) / n^2 with H = I - 1/n (Gretton et al. 2005, equation 9, with n^2), and
    r2_hsic = HSIC(x, y) / sqrt(HSIC(x, x) HSIC(y, y)) (Da Veiga 2015). Kernels are exp(-(u - v)^2 / (2 s^2)), with s
    the standard deviation of all draws: it can detect dependence of any shape, but not shapes much finer than s, so
    long tails blunt it.

    p_value is that of n HSIC under independence, by the gamma law with its mean and variance (Gretton et al. 2008,
    equation 9), for draws that are independent of each other. Figures are those of OpenTURNS' `HSICVStat` with squared
    exponential kernels of these scales. A parameter or row that is constant in the sample has index 0 and p-value 1, as
    have all where there are fewer than six draws.

    Chance alone makes r2_hsic positive: where the output is independent of the parameter, about 2.4 / n if both are
    normal. `estimate_with_errors` takes that off.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((2, 500))
    >>> found = estimate(x, x[:1] ** 2)
    >>> found["r2_hsic"].round(3).tolist(), found["p_value"].round(3).tolist()
    ([[0.402], [0.005]], [[0.0], [0.343]])
    """
    sums = _sum(x, y, sample, 1, 1)
    return {"r2_hsic": np.clip(_share(sums, 1.0, 0.0), 0.0, 1.0), "p_value": _p_value(sums)}


def estimate_with_errors(
    x: Floats, y: Floats, chains: int, threads: int, *, sample: int = SAMPLE
) -> dict[str, Estimate]:
    """Return the same without what chance adds, with errors from independent chains of draws one after the other.

    Notes
    -----
    Each HSIC is the unbiased one, n (n - 3) HSIC = sum A B - 2 / (n - 2) sum_i A_ii B_ii + tr A tr B / ((n - 1)
    (n - 2)), A = H K H and B = H L H, the first sum over pairs of different draws (Song et al. 2012, equation 5, which
    is the same for A and for K): r2_hsic may lie a little below 0. It is what `HSICUStat` of OpenTURNS gives.

    The index is off by a sum over draws, 2 sum_j A_ij B_ij about its mean and the same of its norms, whose variance
    chains tell, and by one over pairs of draws, of variance 2 sum (A_ij B_ij)^2, as under independence. Chains hold
    this twice already. It is added all the same: a small index that comes out too small has too small an error.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((2, 16_000))
    >>> one = estimate_with_errors(x, x[:1] ** 2, chains=16, threads=1)["r2_hsic"]
    >>> one.value.round(2).tolist(), one.mcse.round(3).tolist()
    ([[0.42], [0.0]], [[0.008], [0.001]])
    """
    sums = _sum(x, y, sample, chains, threads)
    value = np.minimum(_share(sums, *_unbiased(sums.size)), 1.0)
    p_value = _p_value(sums)
    return {
        "r2_hsic": Estimate(value, _error(sums, value), len(sums.counts) - 1),
        "p_value": Estimate(p_value, np.full(p_value.shape, np.nan), np.nan),
    }


class _Sums(NamedTuple):
    """What is summed over pairs of different draws, of centred Gram matrices A of parameters and B of rows.

    Attributes
    ----------
    counts
        Draws by chain, of which some may be taken together.
    together
        sum A B by (chain, parameter, row): a pair is counted in the chains of both.
    norms
        sum A^2 by (chain, parameter), sum B^2 by (chain, row), likewise.
    squares
        sum A^2 B^2 by (parameter, row), each pair twice.
    own
        A_ii by (draw, parameter), B_ii by (draw, row).
    likeness
        Sums of the matrices before centring, but for pairs of a draw with itself, by (parameter) and by (row).
    """

    counts: Floats
    together: Floats
    norms: tuple[Floats, Floats]
    squares: Floats
    own: tuple[Floats, Floats]
    likeness: tuple[Floats, Floats]

    @property
    def size(self) -> int:
        """How many draws there are."""
        return len(self.own[0])


def _spread(draws: int, count: int) -> Integers:
    """Return the places of up to `count` draws, evenly spread.

    Not every k-th draw: those of a Sobol' sequence lie close together.
    """
    if draws <= count:
        return np.arange(draws)
    return np.sort(np.argsort(np.arange(draws) * GOLDEN % 1)[:count])


def _standardize(values: Floats, places: Integers) -> Floats:
    """Return some draws of rows in units of the standard deviation of all, 0 where a row is constant."""
    # Deviations from a draw, in units of the largest, are exactly 0 in a constant row, and their squares are finite.
    moved = values - values[:, :1]
    largest = np.abs(moved).max(axis=1, keepdims=True)
    moved /= np.where(largest > 0, largest, 1.0)
    spread = moved.std(axis=1, ddof=1, keepdims=True) if moved.shape[1] > 1 else 1.0
    standard: Floats = moved[:, places] / np.where(largest > 0, spread, 1.0)
    return standard


def _sum(x: Floats, y: Floats, sample: int, chains: int, threads: int) -> _Sums:
    """Sum over pairs twice: the centre must be known, and the matrices would take gigabytes."""
    places = _spread(x.shape[1], check_whole("sample", sample, 10, LARGEST_SAMPLE))
    values, split = np.ascontiguousarray(np.concatenate([_standardize(x, places), _standardize(y, places)]).T), len(x)
    size = len(values)
    alike = np.zeros(values.shape)
    add_likeness(values, alike)
    means = (alike + 1) / size
    center = means - means.mean(axis=0) / 2
    stops = np.searchsorted(places, part_stops(x.shape[1], chains))
    norms, together, squares = _add_up(values, center, split, stops, threads)
    cut = [(one[..., :split], one[..., split:]) for one in (norms, 1 - 2 * center, alike.sum(axis=0))]
    return _Sums(np.diff(stops, prepend=0), together, cut[0], 2 * squares, cut[1], cut[2])


def _add_up(values: Floats, center: Floats, split: int, stops: Integers, threads: int) -> tuple[Floats, Floats, Floats]:
    """Return the sums of A^2 and of A B by chain, and of A^2 B^2, each pair once, from those of each two chains."""
    chains, rows = len(stops), values.shape[1] - split
    starts = np.append(0, stops[:-1])

    def pairs(two: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        c, d = two
        found = np.zeros(split + rows), np.zeros((split, rows)), np.zeros((split, rows))
        add_products(values, center, (starts[c], stops[c], starts[d], stops[d]), split, *found)
        return found

    every = list(combinations_with_replacement(range(chains), 2))
    norms, together, squares = np.zeros((chains, split + rows)), *np.zeros((2, chains, split, rows))
    for two, found in zip(every, do_jobs(pairs, every, threads), strict=True):
        for chain in two:
            norms[chain] += found[0]
            together[chain] += found[1]
        squares[two[0]] += found[2]
    return norms, together, squares.sum(axis=0)


def _share(sums: _Sums, of_own: float, of_traces: float) -> Floats:
    """Return r2_hsic, each HSIC being a sum over pairs with so much of sum_i A_ii B_ii and of tr A tr B."""
    if sums.size <= FEWEST:
        return np.zeros(sums.squares.shape)
    traces = [one.sum(axis=0) for one in sums.own]
    whole = sums.together.sum(axis=0) + of_own * (sums.own[0].T @ sums.own[1]) + of_traces * np.outer(*traces)
    norms = [
        norm.sum(axis=0) + of_own * (own * own).sum(axis=0) + of_traces * trace**2
        for norm, own, trace in zip(sums.norms, sums.own, traces, strict=True)
    ]
    return ratio(whole, np.sqrt(np.maximum(np.outer(*norms), 0.0)))


def _unbiased(n: int) -> tuple[float, float]:
    """Return how much of sum_i A_ii B_ii and of tr A tr B an unbiased HSIC takes."""
    return -2 / (n - 2), 1 / ((n - 1) * (n - 2))


def _error(sums: _Sums, value: Floats) -> Floats:
    """Return the standard errors of r2_hsic."""
    chains, share = len(sums.counts), sums.counts / sums.size
    norms = [norm.sum(axis=0) for norm in sums.norms]
    whole = np.sqrt(np.outer(*norms))
    together, first, second = (
        ratio(one - np.multiply.outer(share, one.sum(axis=0)), scale)
        for one, scale in ((sums.together, whole), (sums.norms[0], norms[0]), (sums.norms[1], norms[1]))
    )
    off = 2 * together - value * (first[:, :, np.newaxis] + second[:, np.newaxis])
    of_pairs = ratio(2 * sums.squares, whole**2)
    error: Floats = np.sqrt(chains / (chains - 1) * (off**2).sum(axis=0) + of_pairs)
    return error


def _p_value(sums: _Sums) -> Floats:
    """Return the upper tail of the gamma law with the mean and variance that HSIC has under independence."""
    n = sums.size
    if n <= FEWEST:
        return np.ones(sums.squares.shape)
    mean = np.outer(*(1 - one / (n * (n - 1)) for one in sums.likeness)) / n
    variance = sums.squares * (2 * (n - 4) * (n - 5) / (n * (n - 1)) ** 2 / ((n - 2) * (n - 3)))
    rate = ratio(mean, variance)
    found = np.maximum(sums.together.sum(axis=0) + sums.own[0].T @ sums.own[1], 0.0) / n**2
    tail: Floats = gammaincc(np.where(variance > 0, mean * rate, 1.0), found * rate)
    return tail


METHOD = Method(
    name="hsic",
    title="Hilbert-Schmidt independence criterion",
    design="given_data",
    indices={
        "r2_hsic": Index("Dependence (R2-HSIC)"),
        "p_value": Index("p-value of independence (HSIC)", has_error=False, neutral=1.0),
    },
    estimate=estimate,
    estimate_with_errors=estimate_with_errors,
    notice=NOTICE,
    dependence="respected",
    options={"sample": SAMPLE},
)
