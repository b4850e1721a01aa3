"""Reasoning: the share of requests answered by reasoning models and by agents, and what they cost.

A conventional request has weight 1; a reasoning request takes `reasoning_multiplier` and an agentic one
`agent_multiplier` times its compute. The shares are logistic in time and exactly 0 before the first products.
"""

from mcdemand.drivers._growth import share_since
from mcdemand.math import maximum
from mcdemand.units import PerYear, Ratio, YearLabel

# The mean of a calendar year sits at its label, so September 2024 is 2024.2 and February 2025 is 2024.6.
REASONING_START = 2024.2
AGENT_START = 2024.6


def reasoning_share(
    year: YearLabel,
    final_reasoning_share: Ratio,
    reasoning_midpoint: YearLabel,
    reasoning_steepness: PerYear,
    start: YearLabel = REASONING_START,
) -> Ratio:
    """Share of reasoning in the requests that are not agentic.

    `f logistic(k (year - m)) (1 - exp(-k max(0, year - start)))`; the first reasoning model opened in September 2024.
    """
    return share_since(year, final_reasoning_share, reasoning_midpoint, reasoning_steepness, start)


def agent_share(
    year: YearLabel,
    final_agent_share: Ratio,
    agent_midpoint: YearLabel,
    agent_steepness: PerYear,
    start: YearLabel = AGENT_START,
) -> Ratio:
    """Share of agentic requests in all requests.

    `f logistic(k (year - m)) (1 - exp(-k max(0, year - start)))`
    """
    return share_since(year, final_agent_share, agent_midpoint, agent_steepness, start)


def conventional_weight(agent_share: Ratio, reasoning_share: Ratio) -> Ratio:
    """Share of conventional requests in all requests.

    `(1 - agent_share) (1 - reasoning_share)`
    """
    return (1.0 - agent_share) * (1.0 - reasoning_share)


def reasoning_weight(agent_share: Ratio, reasoning_share: Ratio) -> Ratio:
    """Share of reasoning requests in all requests.

    `(1 - agent_share) reasoning_share`
    """
    return (1.0 - agent_share) * reasoning_share


def agent_weight(agent_share: Ratio) -> Ratio:
    """Share of agentic requests in all requests, as a weight of the mix.

    `agent_share`
    """
    return agent_share


def agent_multiplier_used(agent_multiplier: Ratio, reasoning_multiplier: Ratio) -> Ratio:
    """Compute of an agentic request in conventional requests, at least that of a reasoning request.

    `max(agent_multiplier, reasoning_multiplier)`
    """
    return maximum(agent_multiplier, reasoning_multiplier)


def mix(
    conventional_weight: Ratio,
    reasoning_weight: Ratio,
    agent_weight: Ratio,
    reasoning_multiplier: Ratio,
    agent_multiplier_used: Ratio,
) -> Ratio:
    """Compute of the mean request in conventional requests; 1 in 2024.

    `conventional_weight + reasoning_weight * reasoning_multiplier + agent_weight * agent_multiplier_used`
    """
    return conventional_weight + reasoning_weight * reasoning_multiplier + agent_weight * agent_multiplier_used
