"""Chips: the compute that the fleet gives per joule at the facility's meter.

Chips, servers and cooling are one curve for the mean of the fleet: there is no further lag and no separate PUE.
A prior set may cap the product of this gain and the gain in efficiency; the cap acts on the ceilings.
"""

from mcdemand.drivers._growth import gompertz
from mcdemand.math import maximum, minimum
from mcdemand.units import PerYear, Ratio, Years

# A growth curve needs a ceiling above 1.
LOWEST_CEILING = 1.0 + 1e-9


def chip_ceiling(
    chip_efficiency_ceiling: Ratio,
    joint_efficiency_cap: Ratio,
    efficiency_ceiling: Ratio,
    lowest_ceiling: Ratio = LOWEST_CEILING,
) -> Ratio:
    """Ceiling of chip efficiency under the joint cap, 2024 = 1.

    `max(lowest_ceiling, min(chip_efficiency_ceiling, joint_efficiency_cap / efficiency_ceiling))`
    """
    return maximum(lowest_ceiling, minimum(chip_efficiency_ceiling, joint_efficiency_cap / efficiency_ceiling))


def chip_efficiency(t: Years, chip_efficiency_growth: PerYear, chip_ceiling: Ratio) -> Ratio:
    """Compute per joule of the facility, mean of the fleet, 2024 = 1.

    `G(t; chip_efficiency_growth, chip_ceiling)`; Gompertz growth, Winsor (1932).
    """
    return gompertz(t, chip_efficiency_growth, chip_ceiling)
