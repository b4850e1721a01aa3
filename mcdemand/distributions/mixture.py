"""A mixture: one of several laws, chosen by weight; the opinion of a pool of experts (linear pooling)."""

from __future__ import annotations

from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import family_of_forms
from mcdemand.distributions._mixture import Mixture, equal_weights, part_of, weight_problem


def mixture_of(values: Values) -> Mixture:
    """Return the components with weights in proportion to their sum."""
    total = sum(values["weights"])
    parts = [(law, weight) for law, weight in zip(values["components"], values["weights"], strict=True) if weight > 0]
    return Mixture([part_of(law) for law, _ in parts], [weight / total for _, weight in parts])


def check(values: Values) -> str | None:
    """Return the rule that the weights or the components break."""
    if any(law.family.score_of is None and law.family.score != "none" for law in values["components"]):
        return "components: a categorical law cannot be mixed; state its weights in one row"
    return weight_problem(values, "components")


DISTRIBUTION = family_of_forms(
    "mixture",
    (Parameter("components", "laws"), Parameter("weights", "numbers", equal_weights)),
    mixture_of,
    has_atoms=True,
    check=check,
)
