"""Context: the tokens of a conventional request, without what reasoning adds."""

from mcdemand.drivers._growth import gompertz
from mcdemand.units import PerYear, Ratio, Years


def context(t: Years, context_growth: PerYear, context_ceiling: Ratio) -> Ratio:
    """Tokens of a conventional request, 2024 = 1.

    `G(t; context_growth, context_ceiling)`; Gompertz growth, Winsor (1932).
    """
    return gompertz(t, context_growth, context_ceiling)
