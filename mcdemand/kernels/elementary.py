"""Elementary functions that melt into the loops that call them: the same bits on every machine, about one ulp.

Every function is free of branches, tables and calls, so that a loop over it vectorises: an argument is reduced through
the bits of a double, a polynomial is evaluated by written-out fused multiply-adds, special values come from selects.
No libm: its last bit differs by platform. The coefficients come from tests/references/elementary_coefficients.py.
The sign and payload of a NaN are unspecified.
"""

from __future__ import annotations

import math

from mcdemand.kernels.intrinsics import bits_float, float_bits, fma
from mcdemand.kernels.jit import kernel

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453
LN2_LOW = 2.3190468138462996e-17
"""log(2) - LN2."""

ROUNDER = 6755399441055744.0
"""1.5 * 2**52: added to a small number, it leaves the nearest integer in the low bits."""
ROUNDER_BITS = 4843621399236968448
ONE_BITS = 4607182418800017408
SQRT_HALF_BITS = 4604544271217802188
EXPONENT_SHIFT = 52
EXPONENT_MASK = -1 << 52
"""Keeps sign and exponent."""
EXPONENT_BIAS = 1023

SMALLEST_NORMAL = 2.2250738585072014e-308
TWO_54 = 18014398509481984.0
TINY = 5.551115123125783e-17
"""2**-54: below it, 1 + x rounds to 1."""

EXP_LOWEST = -746.0
EXP_HIGHEST = 710.0
EXPM1_LOWEST = -60.0

EXP_COEFFICIENTS = (
    2.09112987659402e-09,
    2.5100472505694996e-08,
    2.7557282838800484e-07,
    2.7557268276905696e-06,
    2.4801587317228724e-05,
    0.00019841269863171557,
    0.0013888888888886537,
    0.008333333333330039,
    0.041666666666666664,
    0.16666666666666669,
    0.5,
)
"""(exp(r) - 1 - r) / r**2 for abs(r) <= log(2) / 2, highest power first."""

LOG_COEFFICIENTS = (
    0.13088034850927555,
    0.13268638369266825,
    0.15386244737621665,
    0.18181795547521137,
    0.22222222392581045,
    0.28571428570799784,
    0.40000000000000885,
    0.6666666666666666,
)
"""(log((1 + s) / (1 - s)) / s - 2) / s**2 as a polynomial in s**2, highest power first."""

LOG_PAIR_COEFFICIENTS = (
    0.1076362151501126,
    0.10456195110401492,
    0.11766819021629554,
    0.13333296397963834,
    0.1538461576290815,
    0.1818181817964499,
    0.2222222222222847,
    0.28571428571428564,
    0.4,
)
"""The same less its constant 2 / 3, divided by s**2."""
TWO_THIRDS = 0.6666666666666666
TWO_THIRDS_LOW = 3.700743415417188e-17


@kernel
def polynomial(x: float, coefficients: tuple[float, ...]) -> float:
    """c[0] x**n + ... + c[n] by Horner's rule; the loop has a constant length and unrolls."""
    value = coefficients[0]
    for i in range(1, len(coefficients)):
        value = fma(value, x, coefficients[i])
    return value


@kernel
def _power_of_two(n: int) -> float:
    """2**n for an integer n in -1022..1023."""
    return bits_float((n + EXPONENT_BIAS) << EXPONENT_SHIFT)


@kernel
def _expm1_reduced(r: float) -> float:
    """exp(r) - 1 for abs(r) <= log(2) / 2."""
    return fma(r * r, polynomial(r, EXP_COEFFICIENTS), r)


@kernel
def _bounded(x: float, lowest: float, highest: float) -> float:
    """X within bounds; a NaN passes, because each comparison with it is false."""
    lower = highest if highest < x else x
    return lowest if lowest > lower else lower


@kernel
def _scaled(x: float, shifted_bits: int) -> float:
    """X 2**n for x near 1, rounded once, with n in the low bits: half of n is added to the exponent, half multiplied.

    No single power of two reaches from subnormal numbers to the largest ones.
    """
    half = (shifted_bits << (EXPONENT_SHIFT - 1)) & EXPONENT_MASK
    rest = (shifted_bits << EXPONENT_SHIFT) - half
    return bits_float(float_bits(x) + half) * bits_float(rest + ONE_BITS)


@kernel
def exp_pair(x: float, x_low: float) -> float:
    """exp(x + x_low) for abs(x_low) below an ulp of x, rounded once: 2**n exp(x - n log 2)."""
    bounded = _bounded(x, EXP_LOWEST, EXP_HIGHEST)
    shifted = fma(bounded, LOG2_E, ROUNDER)
    n = shifted - ROUNDER
    r = fma(n, -LN2_LOW, fma(n, -LN2, bounded) + x_low)
    return _scaled(1.0 + _expm1_reduced(r), float_bits(shifted))


@kernel
def exp(x: float) -> float:
    """e**x, below 1 ulp."""
    # Negative zero, because a compiler must not drop the addition of a positive one.
    return exp_pair(x, -0.0)


@kernel
def expm1(x: float) -> float:
    """e**x - 1, below 2 ulp."""
    bounded = _bounded(x, EXPM1_LOWEST, EXP_HIGHEST)
    shifted = fma(bounded, LOG2_E, ROUNDER)
    n = shifted - ROUNDER
    r = fma(n, -LN2_LOW, fma(n, -LN2, bounded))
    half_scale = _power_of_two(float_bits(shifted) - ROUNDER_BITS - 1)
    value = 2.0 * fma(half_scale, _expm1_reduced(r), half_scale - 0.5)
    return x if abs(x) < TINY else value


@kernel
def _exponent(x: float) -> int:
    """The integer k for which x / 2**k lies in [sqrt(1/2), sqrt(2)), x normal."""
    return (float_bits(x) - SQRT_HALF_BITS) >> EXPONENT_SHIFT


@kernel
def _mantissa(x: float, k: int) -> float:
    """The exact x / 2**k."""
    return bits_float(float_bits(x) - (k << EXPONENT_SHIFT))


@kernel
def _to_float(k: int) -> float:
    """A small integer as a double, without the conversion that AVX2 lacks."""
    return bits_float(k + ROUNDER_BITS) - ROUNDER


@kernel
def _log_positive(x: float) -> float:
    """log(x) for 0 < x < inf: k log 2 + f - f**2 / 2 + s (f**2 / 2 + R(s**2)), s = f / (2 + f) (Ng, fdlibm 1993)."""
    subnormal = x < SMALLEST_NORMAL
    normal = x * TWO_54 if subnormal else x
    k = _exponent(normal)
    f = _mantissa(normal, k) - 1.0
    exponent = _to_float(k) - (54.0 if subnormal else 0.0)
    s = f / (2.0 + f)
    z = s * s
    correction = fma(s, fma(0.5 * f, f, z * polynomial(z, LOG_COEFFICIENTS)), exponent * LN2_LOW)
    return fma(exponent, LN2, f + fma(-0.5 * f, f, correction))


@kernel
def _log_special(x: float, value: float) -> float:
    """`value` for 0 < x < inf, else what log gives: log(0) = -inf, log(inf) = inf, NaN below zero."""
    value = value if x > 0.0 else (-math.inf if x == 0.0 else math.nan)
    return value if x < math.inf else x


@kernel
def log(x: float) -> float:
    """Natural logarithm, below 1 ulp."""
    return _log_special(x, _log_positive(x))


@kernel
def log1p(x: float) -> float:
    """log(1 + x), below 2 ulp: log(u) + (1 + x - u) / u with u = 1 + x rounded."""
    u = 1.0 + x
    rounded = u - 1.0
    lost = (1.0 - (u - rounded)) + (x - rounded)
    value = _log_positive(u) + lost / u
    value = x if abs(x) < TINY else value
    return _log_special(u, value)


@kernel
def _log_pair_quotient(mantissa: float) -> tuple[float, float]:
    """(s, its rounding error) for s = (m - 1) / (m + 1)."""
    numerator = mantissa - 1.0
    denominator = mantissa + 1.0
    denominator_low = mantissa - (denominator - 1.0)
    reciprocal = 1.0 / denominator
    s = numerator * reciprocal
    return s, fma(-s, denominator_low, fma(-s, denominator, numerator)) * reciprocal


@kernel
def _log_pair(x: float) -> tuple[float, float]:
    """(log(x), its rounding error) for 0 < x < inf, to about 2**-66: the series of `log`, its first terms in pairs."""
    subnormal = x < SMALLEST_NORMAL
    normal = x * TWO_54 if subnormal else x
    k = _exponent(normal)
    exponent = _to_float(k) - (54.0 if subnormal else 0.0)
    s, s_low = _log_pair_quotient(_mantissa(normal, k))
    z = s * s
    z_low = fma(s, s, -z) + 2.0 * s * s_low
    tail = fma(z, polynomial(z, LOG_PAIR_COEFFICIENTS), TWO_THIRDS_LOW)
    c = TWO_THIRDS + tail
    c_low = tail - (c - TWO_THIRDS)
    cubic = s * z
    cubic_low = fma(s, z, -cubic) + fma(s, z_low, s_low * z)
    term = cubic * c
    term_low = fma(cubic, c, -term) + fma(cubic, c_low, cubic_low * c)
    high = 2.0 * s + term
    high_low = (term - (high - 2.0 * s)) + (term_low + 2.0 * s_low)
    product = exponent * LN2
    product_low = fma(exponent, LN2, -product) + exponent * LN2_LOW
    total = product + high
    virtual = total - product
    low = (product - (total - virtual)) + (high - virtual)
    return total, low + (high_low + product_low)


@kernel
def power(x: float, y: float) -> float:
    """x**y for x >= 0, NaN below; within 2 ulp: exp(y log x) with the logarithm and the product in pairs."""
    logarithm, low = _log_pair(x)
    logarithm = _log_special(x, logarithm)
    exponent = y * logarithm
    correction = fma(y, logarithm, -exponent) + y * low
    correction = correction if abs(exponent) < -EXP_LOWEST else 0.0
    value = exp_pair(exponent, correction)
    return 1.0 if (y == 0.0) | (x == 1.0) else value


@kernel
def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), below 3 ulp: exp(-abs(x)) cannot overflow."""
    small = exp(-abs(x))
    return (small if x < 0.0 else 1.0) / (1.0 + small)
