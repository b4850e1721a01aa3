"""Rebound: cheaper compute draws more requests (Jevons, 1865).

The growth of requests already contains the price falls that everyone expects. Only efficiency beyond that reference
path adds requests, and efficiency short of it takes some away.
"""

from mcdemand.drivers._growth import log_gompertz
from mcdemand.math import exp, power
from mcdemand.units import PerYear, Ratio, Years


def reference_efficiency(
    t: Years,
    reference_efficiency_growth: PerYear,
    reference_efficiency_ceiling: Ratio,
    reference_chip_growth: PerYear,
    reference_chip_ceiling: Ratio,
) -> Ratio:
    """Tokens per joule that the growth of requests takes for granted, 2024 = 1.

    `G(t; reference_efficiency_growth, ..._ceiling) * G(t; reference_chip_growth, ..._ceiling)`
    """
    log_efficiency = log_gompertz(t, reference_efficiency_growth, reference_efficiency_ceiling)
    return exp(log_efficiency + log_gompertz(t, reference_chip_growth, reference_chip_ceiling))


def rebound(efficiency: Ratio, chip_efficiency: Ratio, reference_efficiency: Ratio, rebound_elasticity: Ratio) -> Ratio:
    """Requests per request that the reference path would have brought.

    `(efficiency * chip_efficiency / reference_efficiency)^rebound_elasticity`; constant elasticity, Khazzoom (1980).
    """
    return power(efficiency * chip_efficiency / reference_efficiency, rebound_elasticity)
