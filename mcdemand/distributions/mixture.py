"""A mixture: one of several laws, chosen by weight; the opinion of a pool of experts (linear pooling)."""

from __future__ import annotations

from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._mixture import Mixture, mixed_family, part_of

SUM_TOLERANCE = 1e-9


def mixture_of(values: Values) -> Mixture:
    """Return the components with weights in proportion to their sum."""
    total = sum(values["weights"])
    parts = [(law, weight) for law, weight in zip(values["components"], values["weights"], strict=True) if weight > 0]
    return Mixture([part_of(law) for law, _ in parts], [weight / total for _, weight in parts])


def check(values: Values) -> str | None:
    """Return the rule that the weights or the components break."""
    components, weights = values["components"], values["weights"]
    if len(components) != len(weights):
        return f"weights: {weights!r}: must be as many as components, {len(components)}"
    if min(weights) < 0:
        return f"weights: {weights!r}: must not be negative"
    if abs(sum(weights) - 1) > SUM_TOLERANCE:
        return f"weights: {weights!r}: must sum to 1; they sum to {sum(weights):g}"
    if any(law.family.score_of is None and law.family.score != "none" for law in components):
        return "components: a categorical law cannot be mixed; state its weights in one row"
    return None


DISTRIBUTION = mixed_family(
    "mixture", (Parameter("components", "laws"), Parameter("weights", "numbers")), mixture_of, check
)
