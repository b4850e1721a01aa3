"""Numbers as text, with the digits that their Monte Carlo standard error supports."""

from __future__ import annotations

import math

MOST_DIGITS = 4
DIGITS_OF_UNKNOWN_ERROR = 2
SCIENTIFIC_FROM = 1e6
SCIENTIFIC_BELOW = 1e-4


def significant_digits(value: float, mcse: float) -> int:
    """Return how many digits of a value its MCSE supports: none finer than the MCSE's first, at least 1, at most 4.

    An unknown error (NaN) supports 2.

    Examples
    --------
    >>> significant_digits(241.09, 0.3)
    4
    """
    if value == 0 or not math.isfinite(value):
        return 1
    if math.isnan(mcse):
        return DIGITS_OF_UNKNOWN_ERROR
    if mcse == 0:
        return MOST_DIGITS
    return min(max(_exponent(value) - _exponent(mcse) + 1, 1), MOST_DIGITS) if math.isfinite(mcse) else 1


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def format_value(value: float, mcse: float) -> str:
    """Return a value as text, with the digits that its MCSE supports.

    Thousands are set apart below a million; from there on, and below 0.0001, powers of ten.

    Examples
    --------
    >>> format_value(1234.6, 2.0), format_value(11_234_567.0, 4e5)
    ('1,235', '1.12e7')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value + 0.0:g}"
    digits = significant_digits(value, mcse)
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    rounded = float(f"{mantissa}e{power}")
    if not SCIENTIFIC_BELOW <= abs(rounded) < SCIENTIFIC_FROM:
        return f"{mantissa}e{int(power)}"
    return f"{rounded:,.{max(digits - 1 - int(power), 0)}f}"
