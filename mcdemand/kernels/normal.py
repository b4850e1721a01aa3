"""The normal distribution's quantile and distribution functions, free of branches like the elementary functions.

The coefficients come from tests/references/elementary_coefficients.py.
"""

from __future__ import annotations

import math

import numpy as np

from mcdemand.kernels.elementary import exp_pair, log, polynomial
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel

CENTRAL_HALF_WIDTH = 0.425
CENTRAL_SHIFT = 0.180625
"""CENTRAL_HALF_WIDTH**2."""
CENTRAL_NUMERATOR = (
    5959.04883665462,
    104075.74817400084,
    279883.1662989854,
    261719.5935249807,
    111009.40587231601,
    23942.956931364417,
    2711.461147902482,
    153.06124969062265,
    3.387132872796367,
)
CENTRAL_DENOMINATOR = (
    13843.961371117244,
    98929.50679888001,
    179605.49615393468,
    131851.97346883197,
    47249.35651503346,
    8988.7649658554,
    923.2963348901335,
    48.19428741245889,
    1.0,
)
"""z / q as a rational function of CENTRAL_SHIFT - q**2, q = u - 1/2, to 2e-18; highest powers first."""

TAIL_SHIFT = 1.6
TAIL_NUMERATOR = (
    8.556464466657354e-08,
    1.066128157481359e-05,
    0.0004370276235917938,
    0.008291192804792175,
    0.08539126833796375,
    0.5226072555213778,
    1.983885642973968,
    4.672878909232939,
    6.535507364457435,
    4.854765445174643,
    1.4234371107496837,
)
TAIL_DENOMINATOR = (
    8.615781188692721e-16,
    6.050294014446704e-08,
    7.442009680138149e-06,
    0.0002973261983831706,
    0.0054069573087136835,
    0.05237666100469,
    0.29531127316370254,
    1.0048199639225073,
    2.0253684826175515,
    2.2108576010058867,
    1.0,
)
"""-z as a rational function of sqrt(-log(u)) - TAIL_SHIFT for u in 1e-323..0.075: to 4e-17 above 0.001, 3e-16 below."""

MILLS_LIMIT = 40.0
"""Phi(-40) underflows to zero."""
MILLS_NUMERATOR = (
    2.653253973520101e-07,
    8.035499103095841e-06,
    0.00012005960001504811,
    0.001149051027146752,
    0.007739168579230838,
    0.03816139660020786,
    0.13928366284975416,
    0.37192452783763086,
    0.6982727602091924,
    0.8397238516497012,
    0.5,
)
MILLS_DENOMINATOR = (
    6.650721429802094e-07,
    2.014200925260325e-05,
    0.00030160986018029965,
    0.0029003858029829008,
    0.019698833422242146,
    0.09849639564512642,
    0.36793634334707037,
    1.0223739910768512,
    2.063602974742614,
    2.873170685924359,
    2.4773322641022686,
    1.0,
)
"""exp(t**2 / 2) Phi(-t) as a rational function of t for t in 0..MILLS_LIMIT, to 5e-18."""


@kernel
def normal_quantile(u):
    """The z with Phi(z) = u: q P(s - q**2) / Q(s - q**2) in the centre, P(r - 1.6) / Q(r - 1.6) with r = sqrt(-log u) in the tails.

    The two regions and their variables are those of Wichura (1988, AS 241); one rational function spans each tail.
    """
    q = u - 0.5
    square = fma(-q, q, CENTRAL_SHIFT)
    root = np.sqrt(-log(u if q < 0.0 else 1.0 - u)) - TAIL_SHIFT
    tail = polynomial(root, TAIL_NUMERATOR)
    tail = -tail if q < 0.0 else tail
    central = abs(q) <= CENTRAL_HALF_WIDTH
    numerator = q * polynomial(square, CENTRAL_NUMERATOR) if central else tail
    denominator = polynomial(square, CENTRAL_DENOMINATOR) if central else polynomial(root, TAIL_DENOMINATOR)
    value = numerator / denominator
    value = value if u > 0.0 else (-math.inf if u == 0.0 else math.nan)
    return value if u < 1.0 else (math.inf if u == 1.0 else math.nan)


@kernel
def normal_cdf(z):
    """Phi(z): exp(-z**2 / 2) times Mills' ratio for the lower tail, the complement above zero."""
    t = abs(z)
    t = t if t < MILLS_LIMIT else MILLS_LIMIT
    square = t * t
    density = exp_pair(-0.5 * square, -0.5 * fma(t, t, -square))
    tail = density * (polynomial(t, MILLS_NUMERATOR) / polynomial(t, MILLS_DENOMINATOR))
    value = tail if z < 0.0 else 1.0 - tail
    return value if z == z else z
