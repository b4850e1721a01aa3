"""HSIC: whether an output depends on a parameter at all, in whatever shape, with a p-value."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import gammaincc

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.gram import add_likeness, add_products
from mcdemand.sensitivity._classes import check_whole
from mcdemand.sensitivity._method import Index, Method

SAMPLE = 1000
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
        The most draws to use, 10 to 10,000: the cost goes with its square. If there are more, that many are taken,
        evenly spread.

    Raises
    ------
    InputError
        If `sample` is out of range.

    Notes
    -----
    HSIC(x, y) = tr(K H L H) / n^2 with H = I - 1/n (Gretton et al. 2005, equation 9, with n^2), and
    r2_hsic = HSIC(x, y) / sqrt(HSIC(x, x) HSIC(y, y)) (Da Veiga 2015). Kernels are exp(-(u - v)^2 / (2 s^2)), with s
    the standard deviation of the sample: it can detect dependence of any shape, but not shapes much finer than s, so
    long tails blunt it.

    p_value is that of n HSIC under independence, by the gamma law with its mean and variance (Gretton et al. 2008,
    equation 9), for draws that are independent of each other. Figures are those of OpenTURNS' `HSICVStat` with squared
    exponential kernels of these scales. A parameter or row that is constant in the sample has index 0 and p-value 1, as
    have all where there are fewer than six draws.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((2, 500))
    >>> found = estimate(x, x[:1] ** 2)
    >>> found["r2_hsic"].round(3).tolist(), found["p_value"].round(3).tolist()
    ([[0.402], [0.005]], [[0.0], [0.343]])
    """
    count = check_whole("sample", sample, 10, LARGEST_SAMPLE)
    if x.shape[1] <= FEWEST:
        return {"r2_hsic": np.zeros((len(x), len(y))), "p_value": np.ones((len(x), len(y)))}
    sums = _sum(_standardize(_spread(x, count)), _standardize(_spread(y, count)))
    return {"r2_hsic": _share(sums), "p_value": _p_value(sums)}


class _Sums(NamedTuple):
    """What is summed over pairs of draws, of centred Gram matrices K of parameters and L of rows.

    Attributes
    ----------
    size
        Draws.
    together
        sum K L by (parameter, row).
    squares
        sum K^2 L^2 by (parameter, row), but for pairs of a draw with itself.
    norms
        sum K^2 by (parameter), sum L^2 by (row).
    likeness
        Means of the matrices before centring, but for pairs of a draw with itself, by (parameter) and by (row).
    """

    size: int
    together: Floats
    squares: Floats
    norms: tuple[Floats, Floats]
    likeness: tuple[Floats, Floats]


def _spread(values: Floats, count: int) -> Floats:
    """Return up to `count` draws, evenly spread.

    Not every k-th draw: those of a Sobol' sequence lie close together.
    """
    draws = values.shape[1]
    if draws <= count:
        return values
    chosen = np.argsort(np.arange(draws) * GOLDEN % 1)[:count]
    return values[:, np.sort(chosen)]


def _standardize(values: Floats) -> Floats:
    """Return rows in units of their standard deviation, 0 where a row is constant."""
    # Deviations from a draw, in units of the largest, are exactly 0 in a constant row, and their squares are finite.
    moved = values - values[:, :1]
    largest = np.abs(moved).max(axis=1, keepdims=True)
    moved /= np.where(largest > 0, largest, 1.0)
    spread = moved.std(axis=1, ddof=1, keepdims=True)
    standard: Floats = moved / np.where(largest > 0, spread, 1.0)
    return standard


def _sum(x: Floats, y: Floats) -> _Sums:
    """Sum over pairs twice: the centre must be known, and the matrices would take gigabytes."""
    values, split = np.ascontiguousarray(np.concatenate([x, y]).T), len(x)
    size, variables = values.shape
    alike = np.zeros((size, variables))
    add_likeness(values, alike)
    means = (alike + 1) / size
    center = means - means.mean(axis=0) / 2
    norms, together, squares = np.zeros(variables), *np.zeros((2, split, variables - split))
    add_products(values, center, split, norms, together, squares)
    own = 1 - 2 * center
    together = 2 * together + own[:, :split].T @ own[:, split:]
    norms = 2 * norms + (own * own).sum(axis=0)
    likeness = alike.sum(axis=0) / (size * (size - 1))
    return _Sums(size, together, 2 * squares, (norms[:split], norms[split:]), (likeness[:split], likeness[split:]))


def _share(sums: _Sums) -> Floats:
    whole = np.sqrt(sums.norms[0][:, None] * sums.norms[1])
    return np.clip(np.divide(sums.together, whole, out=np.zeros_like(whole), where=whole > 0), 0.0, 1.0)


def _p_value(sums: _Sums) -> Floats:
    """Return the upper tail of the gamma law with the mean and variance that HSIC has under independence."""
    n = sums.size
    mean = (1 - sums.likeness[0][:, None]) * (1 - sums.likeness[1]) / n
    variance = sums.squares * (2 * (n - 4) * (n - 5) / (n * (n - 1)) ** 2 / ((n - 2) * (n - 3)))
    known = variance > 0
    ratio = np.divide(mean, variance, out=np.zeros_like(mean), where=known)
    tail: Floats = gammaincc(np.where(known, mean * ratio, 1.0), np.maximum(sums.together, 0.0) / n**2 * ratio)
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
    dependence="respected",
    options={"sample": SAMPLE},
)
