"""How a parameter moves from year to year: one file a kind.

A member defines `VARIATION`, a `Variation` (see `_variation.py`): the keys of its TOML table and their rules, how its
rows are made from one score a year, its moments where they have a closed form, and what lying at a level means. It is
found by being in this folder; the tests of the folder then apply to it.

There is one row for each calendar year from the model's first on, whatever years are kept, so the time between two rows
is always one year. Between parameters, the scores of the same year are what correlations tie together.
"""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.registry import collect
from mcdemand.variations._variation import Variation


@cache
def variations() -> dict[str, Variation]:
    """Return every kind by name."""
    return collect(sys.modules[__name__], "VARIATION", Variation)
