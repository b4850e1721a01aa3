"""Adoption: how many requests people and programs send to generative AI, relative to 2024.

Requests grow along a bounded curve (Gompertz, logistic or Bass; an exponential for comparison) and keep a residual
growth once the curve has saturated. What cheaper requests add on top is the rebound.
"""

from mcdemand.drivers._growth import log_growth, with_residual_growth
from mcdemand.math import exp
from mcdemand.units import GrowthShape, PerYear, Ratio, Years


def requests_unrebounded(
    t: Years,
    request_growth: PerYear,
    request_ceiling: Ratio,
    residual_growth: PerYear,
    growth_shape: GrowthShape,
    bass_innovation_share: Ratio,
) -> Ratio:
    """Requests at the efficiency of the reference path, 2024 = 1.

    `G exp(r (t - ln G / g))`, with `G` the growth curve of the drawn shape.
    """
    log_bounded = log_growth(t, request_growth, request_ceiling, growth_shape, bass_innovation_share)
    return exp(with_residual_growth(log_bounded, t, request_growth, residual_growth))


def requests(requests_unrebounded: Ratio, rebound: Ratio) -> Ratio:
    """Requests, 2024 = 1.

    `requests_unrebounded * rebound`
    """
    return requests_unrebounded * rebound
