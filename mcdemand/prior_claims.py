"""Figures of the news article of 24 February 2025 that rows of the shipped model can contradict."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """What the article says of a parameter: no less than `lower`, no more than `upper`."""

    parameter: str
    words: str
    lower: float = -math.inf
    upper: float = math.inf

    def contradicts(self, p95: float) -> bool:
        """Tell whether a row whose 95 % quantile this is leaves the claim out."""
        return not self.lower <= p95 <= self.upper


# The rows of priors/seed.toml whose source states a figure; its judgements are none.
CLAIMS = {
    "ai_compute": (
        Claim("reasoning_multiplier", "reasoning usually takes more than 100 times the computing (Briski)", lower=100),
        Claim("efficiency_ceiling", "efficiency could cut demand to one tenth or even less (DeepSeek)", lower=10),
        Claim("request_ceiling", "the market could become up to 1000 times larger (Tunguz)", upper=1000),
        Claim("ai_share_of_big4_capex", "most of the 215 billion USD builds AI data centres", lower=0.5),
    )
}


def contradicted_claims(model: str, parameter: str, p95: float) -> Iterator[Claim]:
    """Yield the claims about a parameter of a model that a row's 95 % quantile contradicts.

    Examples
    --------
    >>> [claim.lower for claim in contradicted_claims("ai_compute", "reasoning_multiplier", 9.0)]
    [100]
    """
    for claim in CLAIMS.get(model, ()):
        if claim.parameter == parameter and claim.contradicts(p95):
            yield claim
