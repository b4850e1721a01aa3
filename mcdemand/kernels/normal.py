"""The normal distribution's quantile and distribution functions, free of branches like the elementary functions.

The coefficients come from tests/references/elementary_coefficients.py.
"""

from __future__ import annotations

import math

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp_pair, log, polynomial
from mcdemand.kernels.intrinsics import float_bits, fma
from mcdemand.kernels.jit import kernel, loop

VECTOR = 8
"""Doubles in the widest register."""

SQRT_TWO_PI = 2.5066282746310007
SQRT_TWO_PI_LOW = -1.8328579980459167e-16
"""sqrt(2 pi) - SQRT_TWO_PI."""

CENTRAL_HALF_WIDTH = 0.425
CENTRAL_SHIFT = 0.180625
"""CENTRAL_HALF_WIDTH**2."""
CENTRAL_NUMERATOR = (
    530.4183051796986,
    34841.38404344929,
    82997.58482197605,
    60574.9862012643,
    18775.589148443836,
    2757.923336616564,
    189.27058926598977,
    4.874765941399952,
)
CENTRAL_DENOMINATOR = (
    18885.486550830108,
    65113.394737212235,
    67667.2926284592,
    30397.324301251472,
    6783.679101328449,
    784.4509752973962,
    44.850918225943786,
    1.0,
)
"""(z / q - sqrt(2 pi)) / q**2 as a rational function of CENTRAL_SHIFT - q**2, q = u - 1/2; highest powers first."""

TAIL_SHIFT = 1.6
TAIL_NUMERATOR = (
    2.926126105857581e-08,
    3.543670996871083e-06,
    0.00014130648227818143,
    0.0026020315983245642,
    0.025792184320457323,
    0.14929549690952984,
    0.5195332060148988,
    1.0541475571826764,
    1.088603419389188,
    0.3149860303730097,
    -0.17656288925031635,
)
TAIL_DENOMINATOR = (
    3.7627726657756646e-15,
    7.064123710611965e-08,
    8.442768479334477e-06,
    0.000328462022576727,
    0.005833052958897662,
    0.055359384011955524,
    0.30685886777050836,
    1.029973186484288,
    2.0542884698371617,
    2.2244915713291045,
    1.0,
)
"""-z - r as a rational function of r - TAIL_SHIFT, r = sqrt(-log(u)), for u in 1e-323..0.075."""

MILLS_LIMIT = 40.0
"""Phi(-40) underflows to zero."""
MILLS_NUMERATOR = (
    3.844587932898313e-07,
    1.1533669872474649e-05,
    0.0001686038038828502,
    0.0015583328605871757,
    0.009978511240964782,
    0.045829912820219976,
    0.1513577657163522,
    0.349762263415229,
    0.5259807523323436,
    0.4298558647372104,
    0.09576912160573071,
)
MILLS_DENOMINATOR = (
    3.8192727442629463e-07,
    1.221654977428147e-05,
    0.00019081478096484542,
    0.0018967677750637484,
    0.013208112794156132,
    0.06710807971656875,
    0.25174451520353996,
    0.6896673468123499,
    1.3269992252737428,
    1.635352996624708,
    1.0,
)
"""h(t) as a rational function of t with exp(-t**2 / 2) / Phi(-t) = 2 + 3 t / 2 + t h(t) for t in 0..MILLS_LIMIT."""


@kernel
def _with_sign(size: float, q: float) -> float:
    """The score of this size on the side of q."""
    return -size if q < 0.0 else size


@kernel
def _central_quantile(u: float) -> float:
    """Z = q sqrt(2 pi) + q**3 P/Q(s - q**2), q = u - 1/2."""
    q = u - 0.5
    distance = abs(q)
    r = fma(-q, q, CENTRAL_SHIFT)
    bottom = polynomial(r, CENTRAL_DENOMINATOR)
    top = distance * fma(q * q, polynomial(r, CENTRAL_NUMERATOR), SQRT_TWO_PI_LOW * bottom)
    return _with_sign(fma(distance, SQRT_TWO_PI, top / bottom), q)


@kernel
def _tail_quantile(u: float) -> float:
    """-Z = r + P/Q(r - 1.6), r = sqrt(-log(u)), mirrored in the upper tail."""
    q = u - 0.5
    root = np.sqrt(-log(u if q < 0.0 else 1.0 - u))
    t = root - TAIL_SHIFT
    value = _with_sign(root + polynomial(t, TAIL_NUMERATOR) / polynomial(t, TAIL_DENOMINATOR), q)
    value = value if u > 0.0 else (-math.inf if u == 0.0 else math.nan)
    return value if u < 1.0 else (math.inf if u == 1.0 else math.nan)


@kernel
def _is_central(u: float) -> bool:
    return abs(u - 0.5) <= CENTRAL_HALF_WIDTH


@kernel
def normal_quantile(u: float) -> float:
    """The z with Phi(z) = u.

    The regions and variables are those of Wichura (1988, AS 241). Only a correction is a quotient, so that the
    rounding errors of numerator and denominator count for little.
    """
    central = _central_quantile(u)
    return central if _is_central(u) else _tail_quantile(u)


@loop
def to_normal_scores(row: Floats, places: Floats, tails: Floats) -> None:
    """Z = Phi^-1(u) in place, the bits of `normal_quantile`: the tails, a seventh of the draws, are gathered first.

    `places` and `tails` are workspace of the row's size.
    """
    at, is_tail, count = places.view(np.int64), tails.view(np.int64), 0
    for i in range(row.size):
        is_tail[i] = not _is_central(row[i])
    for i in range(row.size):
        # Written without a branch: the place of a central draw is overwritten by the next one.
        at[np.uint64(count)] = i
        count += is_tail[i]
    for j in range(count):
        tails[j] = row[np.uint64(at[j])]
    for i in range(row.size):
        row[i] = _central_quantile(row[i])
    # Whole vectors: what is left over would run one by one. What stands behind the tails is looked at by nobody.
    for j in range(min(count + -count % VECTOR, row.size)):
        tails[j] = _tail_quantile(tails[j])
    for j in range(count):
        row[np.uint64(at[j])] = tails[j]


@kernel
def _lower_tail(t: float) -> float:
    """Phi(-t) for t >= 0: exp(-t**2 / 2) / (2 + 3 t / 2 + t h(t))."""
    t = t if t < MILLS_LIMIT else MILLS_LIMIT
    square = t * t
    density = exp_pair(-0.5 * square, -0.5 * fma(t, t, -square))
    bottom = polynomial(t, MILLS_DENOMINATOR)
    return density * bottom / fma(fma(1.5, t, 2.0), bottom, t * polynomial(t, MILLS_NUMERATOR))


@kernel
def normal_cdf(z: float) -> float:
    """Phi(z): the lower tail below zero and its complement above."""
    tail = _lower_tail(abs(z))
    value = tail if z < 0.0 else 1.0 - tail
    return value if z == z else z


@kernel
def tail_of_score(z: float) -> float:
    """The probability of the tail that a score lies in; negative, even where it is 0, in the upper one."""
    tail = _lower_tail(abs(z))
    return tail if z < 0.0 else -tail


@kernel
def score_of_tail(tail: float) -> float:
    """The score of a tail's probability: undoes `tail_of_score`."""
    score = normal_quantile(abs(tail))
    return -score if float_bits(tail) < 0 else score
