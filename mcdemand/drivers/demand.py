"""Demand: from requests to tokens to compute, before any limit of supply.

`..._compute_index` is a class of work relative to its own 2024. `..._compute` is the same work as a part of all
compute, with all compute of 2024 as 1: conventional, reasoning, agentic, non-generative and training compute add up to
`compute_index`.
"""

from mcdemand.drivers._growth import gompertz
from mcdemand.math import power
from mcdemand.units import PerYear, Ratio, TokensPerDay, Years


def token_index(requests: Ratio, context: Ratio, mix: Ratio) -> Ratio:
    """Tokens weighted by compute, 2024 = 1.

    `requests * context * mix`
    """
    return requests * context * mix


def tokens(tokens_2024: TokensPerDay, token_index: Ratio) -> TokensPerDay:
    """Tokens weighted by compute.

    `tokens_2024 * token_index`
    """
    return tokens_2024 * token_index


def generative_compute_index(token_index: Ratio, token_exponent: Ratio, efficiency: Ratio) -> Ratio:
    """Compute of generative inference, its own 2024 = 1.

    `token_index^token_exponent / efficiency`
    """
    return power(token_index, token_exponent) / efficiency


def nongenerative_compute_index(t: Years, nongenerative_growth: PerYear, nongenerative_ceiling: Ratio) -> Ratio:
    """Compute of non-generative inference, its own 2024 = 1.

    `G(t; nongenerative_growth, nongenerative_ceiling)`; Gompertz growth, Winsor (1932).
    """
    return gompertz(t, nongenerative_growth, nongenerative_ceiling)


def generative_share_2024(training_share_2024: Ratio, generative_share_of_rest_2024: Ratio) -> Ratio:
    """Share of generative inference in all compute of 2024.

    `(1 - training_share_2024) generative_share_of_rest_2024`: stick-breaking, Connor and Mosimann (1969).
    """
    return (1.0 - training_share_2024) * generative_share_of_rest_2024


def nongenerative_share_2024(training_share_2024: Ratio, generative_share_2024: Ratio) -> Ratio:
    """Share of non-generative inference in all compute of 2024.

    `1 - training_share_2024 - generative_share_2024`
    """
    return 1.0 - training_share_2024 - generative_share_2024


def generative_compute(generative_share_2024: Ratio, generative_compute_index: Ratio) -> Ratio:
    """Compute of generative inference as a part of all compute, all compute of 2024 = 1.

    `generative_share_2024 * generative_compute_index`
    """
    return generative_share_2024 * generative_compute_index


def conventional_compute(generative_compute: Ratio, conventional_weight: Ratio, mix: Ratio) -> Ratio:
    """Compute of conventional requests as a part of all compute, all compute of 2024 = 1.

    `generative_compute * conventional_weight / mix`
    """
    return generative_compute * conventional_weight / mix


def reasoning_compute(
    generative_compute: Ratio, reasoning_weight: Ratio, reasoning_multiplier: Ratio, mix: Ratio
) -> Ratio:
    """Compute of reasoning requests as a part of all compute, all compute of 2024 = 1.

    `generative_compute * reasoning_weight * reasoning_multiplier / mix`
    """
    return generative_compute * reasoning_weight * reasoning_multiplier / mix


def agentic_compute(generative_compute: Ratio, agent_weight: Ratio, agent_multiplier_used: Ratio, mix: Ratio) -> Ratio:
    """Compute of agentic requests as a part of all compute, all compute of 2024 = 1.

    `generative_compute * agent_weight * agent_multiplier_used / mix`
    """
    return generative_compute * agent_weight * agent_multiplier_used / mix


def nongenerative_compute(nongenerative_share_2024: Ratio, nongenerative_compute_index: Ratio) -> Ratio:
    """Compute of non-generative inference as a part of all compute, all compute of 2024 = 1.

    `nongenerative_share_2024 * nongenerative_compute_index`
    """
    return nongenerative_share_2024 * nongenerative_compute_index


def compute_index(generative_compute: Ratio, nongenerative_compute: Ratio, training_compute: Ratio) -> Ratio:
    """All AI compute, 2024 = 1.

    `generative_compute + nongenerative_compute + training_compute`
    """
    return generative_compute + nongenerative_compute + training_compute


def generative_share(generative_compute: Ratio, compute_index: Ratio) -> Ratio:
    """Share of generative inference in all compute.

    `generative_compute / compute_index`
    """
    return generative_compute / compute_index
