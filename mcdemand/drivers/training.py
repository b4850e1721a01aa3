"""Training: compute for training and research, in physical operations.

Training's own gains in algorithms are inside its growth rate, so the efficiency of inference does not divide it.
"""

from mcdemand.drivers._growth import gompertz
from mcdemand.units import PerYear, Ratio, Years


def training_compute_index(t: Years, training_growth: PerYear, training_ceiling: Ratio) -> Ratio:
    """Compute of training, its own 2024 = 1.

    `G(t; training_growth, training_ceiling)`; Gompertz growth, Winsor (1932).
    """
    return gompertz(t, training_growth, training_ceiling)


def training_compute(training_share_2024: Ratio, training_compute_index: Ratio) -> Ratio:
    """Compute of training as a part of all compute, all compute of 2024 = 1.

    `training_share_2024 * training_compute_index`
    """
    return training_share_2024 * training_compute_index


def training_share(training_compute: Ratio, compute_index: Ratio) -> Ratio:
    """Share of training in all compute.

    `training_compute / compute_index`
    """
    return training_compute / compute_index
