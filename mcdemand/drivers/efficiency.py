"""Efficiency: how many times less compute a token needs, from better models, serving and software.

Part of what is gained at fixed capability may be spent on better models: `capability_share` of the log gain.
"""

from mcdemand.drivers._growth import log_gompertz
from mcdemand.math import exp
from mcdemand.units import PerYear, Ratio, Years


def efficiency(t: Years, efficiency_growth: PerYear, efficiency_ceiling: Ratio, capability_share: Ratio) -> Ratio:
    """Tokens per compute, 2024 = 1.

    `G(t; efficiency_growth, efficiency_ceiling)^(1 - capability_share)`; Gompertz growth, Winsor (1932).
    """
    return exp((1.0 - capability_share) * log_gompertz(t, efficiency_growth, efficiency_ceiling))
