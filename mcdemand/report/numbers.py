"""Numbers of one draw as text: exact, so their digits are a matter of room."""

from __future__ import annotations

import math

import xarray as xr

from mcdemand.digits import format_value
from mcdemand.report.text import literal

WIDEST_NUMBER = 7
DECIMALS_BELOW = 0.01
PLAIN_UNITS = ("1", "category")


def cell_text(value: float) -> str:
    """Return a number of a column: four digits, fewer where they are too wide."""
    texts = [format_value(value, abs(value) * 10.0**-digits) for digits in (3, 2, 1)]
    return next((text for text in texts if len(text) <= WIDEST_NUMBER), texts[-1])


def number_text(value: float, unit: str = "") -> str:
    """Return a single number: four digits, none of them idle; a year to a tenth."""
    if unit.strip() == "year":
        return f"{value:.1f}".removesuffix(".0")
    mantissa, e, power = format_value(value, 0.0).partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + e + power


def constant_text(value: float) -> str:
    """Return a constant of a model as text.

    Examples
    --------
    >>> constant_text(2024.6), constant_text(1e9)
    ('2024.6', '1e9')
    """
    mantissa, e, power = f"{value:.6g}".partition("e")
    return f"{mantissa}e{int(power)}" if e else mantissa


def level_text(level: float) -> str:
    """Return a level as it is said: `p93`, with as many digits as a tail needs.

    Examples
    --------
    >>> level_text(0.934), level_text(0.9953), level_text(0.00042)
    ('p93', 'p99.5', 'p0.04')
    """
    tail = min(level, 1 - level)
    decimals = 0 if tail <= 0 or tail >= DECIMALS_BELOW else -math.floor(math.log10(100 * tail))
    return f"p{100 * level:.{decimals}f}"


def unit_text(found: xr.DataArray) -> str:
    """Return a unit with a space before it; nothing for a plain number."""
    unit = literal(found.attrs.get("units", "1"))
    return "" if unit in PLAIN_UNITS else f" {unit}"
